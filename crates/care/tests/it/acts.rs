//! Edits and deletions of ours at the network: in their order, and kept here once they are done.

use std::time::Duration;

use kulant_care::act::{self, Act};
use kulant_care::admin::{self, inboxes::InboxChange};
use kulant_care::jobs;
use kulant_care::reply::reply;
use serde_json::{Value as Json, json};

use crate::houses;
use crate::network::{Network, Turn, state, waiting, words, work};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_failed_is_no_alert_any_more_once_it_is_done() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let alerts = async || {
            let listed = house
                .care
                .store
                .read(|read| kulant_store::alerts::list(read, 10));
            listed.await.expect("read").len()
        };
        network.will(&[Turn::Answer(422, json!({"detail": "verboten"}))]);
        for standing in [1, 0] {
            let act = Act::Edit {
                body: "Gleis 8".to_owned(),
            };
            act::ask(&house.care, &house.operator(), sent, act)
                .await
                .expect("queued");
            work(&house, 2, Duration::from_secs(5)).await;
            assert_eq!(alerts().await, standing);
        }
        assert_eq!(state(&house, sent).await.body, "Gleis 8");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_edits_in_quick_succession_the_later_one_counts() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let ask = async |body: &str| {
            let act = Act::Edit {
                body: body.to_owned(),
            };
            act::ask(&house.care, &house.operator(), sent, act)
                .await
                .expect("queued");
        };
        let edits = || -> Vec<Json> {
            let taken = network.taken();
            let edits = taken.iter().filter(|item| item["type"] == json!("edit"));
            edits.map(|item| item["body"].clone()).collect()
        };

        network.will(&[Turn::TakeSlowly]);
        ask("Gleis 8").await;
        let running = tokio::join!(jobs::run_due(&house.care), async {
            while edits().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // The network has the first edit and has not answered yet.
            ask("Gleis 9").await;
            jobs::run_due(&house.care).await.expect("jobs");
            assert_eq!(edits(), ["Gleis 8"], "the later one waits");
        });
        running.0.expect("jobs");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(edits(), ["Gleis 8", "Gleis 9"]);
        assert_eq!(state(&house, sent).await.body, "Gleis 9");

        // One that failed and waits to be tried again is given up for the next.
        network.will(&[Turn::Answer(503, json!({}))]);
        ask("Gleis 10").await;
        jobs::run_due(&house.care).await.expect("jobs");
        ask("Gleis 11").await;
        work(&house, 4, Duration::from_secs(60)).await;
        assert_eq!(edits()[2..], ["Gleis 11"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_and_a_deletion_of_one_message_leave_in_the_order_asked_for() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let ask = async |message, act| {
            act::ask(&house.care, &house.operator(), message, act)
                .await
                .expect("queued");
        };
        let edit = |body: &str| Act::Edit {
            body: body.to_owned(),
        };
        let answer = async || {
            let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
                .await
                .expect("queued");
            work(&house, 2, Duration::from_secs(5)).await;
            sent
        };
        let acts = |skipped: usize| -> Vec<Json> {
            let taken = network.taken();
            let kinds = taken.iter().map(|item| item["type"].clone());
            kinds
                .filter(|kind| *kind != "reply")
                .skip(skipped)
                .collect()
        };

        // An edit that the network has and has not answered yet.
        let sent = answer().await;
        network.will(&[Turn::TakeSlowly]);
        ask(sent, edit("Gleis 8")).await;
        let running = tokio::join!(jobs::run_due(&house.care), async {
            while acts(0).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            ask(sent, Act::Delete).await;
            jobs::run_due(&house.care).await.expect("jobs");
            assert_eq!(acts(0), ["edit"], "the deletion waits");
        });
        running.0.expect("jobs");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(acts(0), ["edit", "delete"]);
        assert!(state(&house, sent).await.deleted_at.is_some());

        // An edit that waits to be tried again is given up for the deletion.
        let sent = answer().await;
        network.will(&[Turn::Answer(503, json!({}))]);
        ask(sent, edit("Gleis 8")).await;
        jobs::run_due(&house.care).await.expect("jobs");
        ask(sent, Act::Delete).await;
        work(&house, 4, Duration::from_secs(60)).await;
        assert_eq!(acts(2), ["delete"]);
        assert!(state(&house, sent).await.deleted_at.is_some());

        // A deletion that waits to be tried again is done before the edit, which is not done then.
        let sent = answer().await;
        network.will(&[Turn::Answer(503, json!({}))]);
        ask(sent, Act::Delete).await;
        jobs::run_due(&house.care).await.expect("jobs");
        ask(sent, edit("Gleis 8")).await;
        work(&house, 4, Duration::from_secs(60)).await;
        assert_eq!(acts(3), ["delete"]);
        assert!(state(&house, sent).await.deleted_at.is_some());

        // Where the network refuses the deletion, the edit counts.
        let sent = answer().await;
        network.will(&[
            Turn::Answer(503, json!({})),
            Turn::Answer(422, json!({"detail": "verboten"})),
        ]);
        ask(sent, Act::Delete).await;
        jobs::run_due(&house.care).await.expect("jobs");
        ask(sent, edit("Gleis 8")).await;
        work(&house, 4, Duration::from_secs(60)).await;
        assert_eq!(acts(4), ["edit"]);
        assert_eq!(state(&house, sent).await.body, "Gleis 8");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_ends_the_alert_of_an_edit_that_failed() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        network.will(&[Turn::Answer(422, json!({"detail": "verboten"}))]);
        let edit = Act::Edit {
            body: "Gleis 8".to_owned(),
        };
        for (act, standing) in [(edit, 1), (Act::Delete, 0)] {
            act::ask(&house.care, &house.operator(), sent, act)
                .await
                .expect("queued");
            work(&house, 2, Duration::from_secs(5)).await;
            let alerts = house
                .care
                .store
                .read(|read| kulant_store::alerts::list(read, 10));
            assert_eq!(alerts.await.expect("read").len(), standing);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trouble_of_an_inbox_ends_with_a_success_or_with_new_settings() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let find = async || {
            let found = admin::inboxes::find(&house.care, &house.operator(), inbox).await;
            found.expect("the inbox")
        };
        for lifts in [false, true] {
            network.will(&[Turn::Answer(401, json!({}))]);
            let edit = Act::Edit {
                body: "Gleis 8".to_owned(),
            };
            act::ask(&house.care, &house.operator(), sent, edit)
                .await
                .expect("queued");
            work(&house, 1, Duration::from_secs(5)).await;
            let broken = find().await;
            assert_eq!(broken.trouble["class"], json!("auth_broken"));
            if lifts {
                let settings = broken.managed.expect("for managers").settings;
                let change = InboxChange {
                    settings: Some(settings),
                    ..InboxChange::default()
                };
                let seen = (broken.version, change);
                admin::inboxes::change(&house.care, &house.operator(), inbox, seen)
                    .await
                    .expect("changed");
            } else {
                reply(&house.care, &house.operator(), words(id, "Gleis 9"))
                    .await
                    .expect("queued");
                work(&house, 3, Duration::from_secs(60)).await;
            }
            assert_eq!(find().await.trouble, Json::Null, "lifted by hand: {lifts}");
        }
    }
}
