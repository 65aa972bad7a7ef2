//! What ends at once: taking in when the process stops, and an inbox that is removed.

use kulant_care::accept::{self, Accepted, Handed, NotAccepted};
use kulant_care::admin::inboxes::{self, Inbox, NewInbox};
use kulant_care::{has_hook, jobs, signature};
use kulant_model::ids::InboxId;
use kulant_store::intakes;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{House, houses, post};

/// Which inboxes have deliveries that wait.
async fn waiting(house: &House) -> Vec<InboxId> {
    let waiting = house.care.store.read(intakes::list_lags).await;
    let waiting = waiting.expect("read");
    waiting.into_iter().map(|(inbox, _)| inbox).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_does_not_wait_until_everything_is_taken_in() {
    for house in houses().await {
        for number in 0..40 {
            let inbox = house.inbox(&format!("page {number}"), json!({})).await;
            let words = |item: i64| post(&format!("p{item}"), "anna", "Hallo", item, None);
            let items: Vec<_> = (0..50).map(words).collect();
            house.deliver(inbox, &items).await;
        }
        assert_eq!(waiting(&house).await.len(), 40);
        let (stop, stopped) = watch::channel(false);
        let mut commits = house.care.store.commits();
        commits.mark_unchanged();
        let mut running = JoinSet::new();
        running.spawn(jobs::run(house.care.clone(), stopped));
        commits.changed().await.expect("something is taken in");
        stop.send(true).expect("somebody listens");
        running.join_next().await.expect("a task").expect("ended");
        assert!(!waiting(&house).await.is_empty(), "the rest waits");
    }
}

/// An inbox with the key and the secret of its hook.
async fn hook(house: &House) -> (Inbox, String, String) {
    let new = NewInbox {
        name: "page".to_owned(),
        channel: "webhook".to_owned(),
        brand: None,
        team: None,
        settings: Some(json!({})),
    };
    let (inbox, secret) = inboxes::create(&house.care, &house.operator(), new)
        .await
        .expect("an inbox");
    let managed = inbox.managed.as_ref().expect("for managers");
    let path = managed.hook_path.as_ref().expect("a hook");
    let key = path.rsplit('/').next().expect("a key").to_owned();
    (inbox, key, secret.expect("a secret"))
}

/// Brings the same delivery, signed.
async fn deliver(house: &House, key: &str, secret: &str) -> Result<Accepted, NotAccepted> {
    let body = json!({"items": [post("p1", "anna", "Hallo", 0, None)]}).to_string();
    let headers = signature::sign(secret, "d1", house.care.now(), body.as_bytes());
    let headers = headers.expect("a secret");
    let handed = Handed {
        query: None,
        headers,
        body: body.into_bytes(),
    };
    let accepted = accept::accept(&house.care, key, handed).await;
    accepted.map(|(accepted, _)| accepted)
}

#[tokio::test]
async fn a_removed_inbox_takes_nothing_any_more() {
    for house in houses().await {
        let (inbox, key, secret) = hook(&house).await;
        // The hook is at hand, as for every request of the same second.
        assert!(has_hook(&house.care, &key).await.expect("asked"));
        inboxes::archive(&house.care, &house.operator(), inbox.id, inbox.version)
            .await
            .expect("removed");
        let answer = deliver(&house, &key, &secret).await;
        assert!(matches!(answer, Err(NotAccepted::NoInbox)), "{answer:?}");
        assert!(waiting(&house).await.is_empty());
    }
}

#[tokio::test]
async fn a_delivery_that_comes_twice_is_known() {
    for house in houses().await {
        let (_, key, secret) = hook(&house).await;
        for outcome in [Accepted::Stored, Accepted::Duplicate] {
            let answer = deliver(&house, &key, &secret).await;
            assert_eq!(answer.expect("accepted"), outcome);
        }
    }
}
