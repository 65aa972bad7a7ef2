//! Who is the party of a joined conversation, and from which inboxes it has messages.

use kulant_care::conversations as care;
use kulant_care::{CareError, view};
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, InboxId};
use kulant_model::role::Scope;
use kulant_store::messages::{self, Message};
use kulant_store::reading::{self, Filter, Sort};
use serde_json::json;

use crate::conversations::row;
use crate::{House, houses, post};

/// Lists the conversations that have messages from an inbox, oldest first.
async fn of(house: &House, inbox: InboxId) -> Vec<ConversationId> {
    let found = house.care.store.read(move |read| {
        let filter = Filter {
            inboxes: vec![inbox],
            ..Filter::default()
        };
        reading::list_ids(read, &Scope::Everything, &filter, Sort::Oldest, None, 100)
    });
    let found = found.await.expect("read");
    found.into_iter().map(|(_, id)| id).collect()
}

async fn message(house: &House, inbox: InboxId, network_id: &'static str) -> Message {
    let found = house.care.store.read(move |read| {
        let known = messages::list_known(read, inbox, &[network_id])?;
        messages::find(read, known[0].id)
    });
    found.await.expect("read").expect("the message")
}

async fn join(house: &House, id: ConversationId, into: ConversationId) {
    let version = row(house, id).await.version;
    care::join(&house.care, &house.operator(), id, version, into)
        .await
        .expect("joined");
}

async fn unjoin(house: &House, id: ConversationId) -> Result<(), CareError> {
    let version = row(house, id).await.version;
    care::unjoin(&house.care, &house.operator(), id, version).await
}

async fn resolve(house: &House, id: ConversationId) {
    let version = row(house, id).await.version;
    let (person, to) = (house.operator(), Status::Resolved);
    care::set_status(&house.care, &person, id, version, to, None)
        .await
        .expect("resolved");
}

/// An inbox with a comment by Anna and one by Ben, each a conversation.
async fn two_matters(house: &House) -> (InboxId, ConversationId, ConversationId) {
    let inbox = house.inbox("page", json!({})).await;
    house
        .deliver(
            inbox,
            &[
                post("a", "anna", "Wo bleibt der Zug?", 0, None),
                post("b", "ben", "Das frage ich auch", 10, None),
            ],
        )
        .await;
    house.take_in().await;
    let ids = of(house, inbox).await;
    (inbox, ids[0], ids[1])
}

#[tokio::test]
async fn who_was_joined_in_opens_the_conversation_again() {
    for house in houses().await {
        let (inbox, anna, ben) = two_matters(&house).await;
        join(&house, ben, anna).await;
        resolve(&house, anna).await;
        house
            .deliver(
                inbox,
                &[
                    post("b2", "ben", "Immer noch nichts", 20, Some("b")),
                    post("c", "cem", "Bei mir auch nicht", 15, Some("b")),
                ],
            )
            .await;
        house.take_in().await;
        let again = row(&house, anna).await;
        let his = message(&house, inbox, "b2").await;
        assert!(his.is_party && his.conversation == Some(anna));
        assert_eq!(
            (again.status, again.waiting_since),
            (Status::Open, Some(his.platform_at)),
            "below his own comment he is no bystander"
        );
        assert!(!message(&house, inbox, "c").await.is_party);
        unjoin(&house, ben).await.expect("undone");
        assert!(message(&house, inbox, "b").await.is_party);
    }
}

#[tokio::test]
async fn a_bystander_who_is_split_off_and_joined_back_is_one_again() {
    for house in houses().await {
        let (inbox, anna, _) = two_matters(&house).await;
        house
            .deliver(inbox, &[post("c", "cem", "Und ich?", 20, Some("a"))])
            .await;
        house.take_in().await;
        let version = row(&house, anna).await.version;
        care::need_no_answer(&house.care, &house.operator(), anna, version)
            .await
            .expect("settled");
        let version = row(&house, anna).await.version;
        let his = message(&house, inbox, "c").await.id;
        let own = care::split(&house.care, &house.operator(), anna, version, vec![his])
            .await
            .expect("split");
        assert!(message(&house, inbox, "c").await.is_party);
        join(&house, own, anna).await;
        assert!(!message(&house, inbox, "c").await.is_party);
        assert_eq!(row(&house, anna).await.waiting_since, None);
        house
            .deliver(inbox, &[post("c2", "cem", "Hallo?", 30, Some("c"))])
            .await;
        house.take_in().await;
        assert_eq!(row(&house, anna).await.waiting_since, None);
        unjoin(&house, own).await.expect("undone");
        assert!(
            message(&house, inbox, "c").await.is_party,
            "his own matter again"
        );
        assert!(row(&house, own).await.waiting_since.is_some());
    }
}

#[tokio::test]
async fn a_late_parent_leaves_those_who_were_joined_in_their_part() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(
                inbox,
                &[
                    post("a", "anna", "Wo bleibt der Zug?", 0, Some("p")),
                    post("b", "ben", "Das frage ich auch", 10, None),
                ],
            )
            .await;
        house.take_in().await;
        let ids = of(&house, inbox).await;
        join(&house, ids[1], ids[0]).await;
        house
            .deliver(inbox, &[post("p", "paul", "Der Zug steht", -10, None)])
            .await;
        house.take_in().await;
        assert!(message(&house, inbox, "p").await.is_party);
        assert!(
            !message(&house, inbox, "a").await.is_party,
            "she spoke below his"
        );
        assert!(message(&house, inbox, "b").await.is_party);
    }
}

#[tokio::test]
async fn a_conversation_is_found_by_every_inbox_it_has_messages_from() {
    for house in houses().await {
        let mut inboxes = Vec::new();
        let mut ids = Vec::new();
        for (second, name) in [(0, "one"), (10, "two"), (20, "three")] {
            let inbox = house.inbox(name, json!({})).await;
            house
                .deliver(inbox, &[post(name, name, "Hallo", second, None)])
                .await;
            house.take_in().await;
            inboxes.push(inbox);
            ids.push(of(&house, inbox).await[0]);
        }
        join(&house, ids[2], ids[1]).await;
        join(&house, ids[1], ids[0]).await;
        for inbox in &inboxes {
            assert_eq!(of(&house, *inbox).await, [ids[0]]);
        }
        let refused = unjoin(&house, ids[2]).await;
        assert!(
            matches!(&refused, Err(CareError::Refused(refusal)) if refusal.code == "joined_further"),
            "its messages went on with the other one: {refused:?}"
        );
        assert_eq!(row(&house, ids[0]).await.message_count, 3);

        unjoin(&house, ids[1]).await.expect("undone");
        assert_eq!(of(&house, inboxes[0]).await, [ids[0]]);
        assert_eq!(of(&house, inboxes[1]).await, [ids[1]]);
        assert_eq!(of(&house, inboxes[2]).await, [ids[1]]);

        // What is split off takes the places of its messages along.
        let moving = message(&house, inboxes[2], "three").await.id;
        let (version, person) = (row(&house, ids[1]).await.version, house.operator());
        let own = care::split(&house.care, &person, ids[1], version, vec![moving])
            .await
            .expect("split");
        assert_eq!(of(&house, inboxes[1]).await, [ids[1]]);
        assert_eq!(of(&house, inboxes[2]).await, [own]);
        join(&house, ids[1], own).await;
        assert_eq!(of(&house, inboxes[1]).await, [own]);
        assert_eq!(of(&house, inboxes[2]).await, [own]);
        let opened = view::open(&house.care, &person, own).await.expect("opened");
        assert_eq!(opened.summary.row.message_count, 2);

        let gone = message(&house, inboxes[1], "two").await.id;
        let version = row(&house, own).await.version;
        care::split(&house.care, &person, own, version, vec![gone])
            .await
            .expect("split");
        let refused = unjoin(&house, ids[1]).await;
        assert!(
            matches!(&refused, Err(CareError::Refused(refusal)) if refusal.code == "nothing_to_take_back"),
            "{refused:?}"
        );
    }
}
