//! Conversations that sleep until somebody is to look at them again, and where lists show them then.

use std::time::Duration;

use kulant_care::conversations as care;
use kulant_model::conversation::Status;
use kulant_model::message::Kind;
use serde_json::json;

use crate::conversations::{all, row};
use crate::{houses, post};

#[tokio::test]
async fn snoozed_ones_wake_up_at_their_time() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        house
            .deliver(inbox, &[post("a", "anna", "Hallo", 0, None)])
            .await;
        house.take_in().await;
        let id = all(&house).await[0];
        let version = row(&house, id).await.version;
        let until = house.care.now().after(Duration::from_secs(60));
        care::set_status(
            &house.care,
            &house.operator(),
            id,
            version,
            Status::Snoozed,
            Some(until),
        )
        .await
        .expect("snoozed");
        assert_eq!(care::wake(&house.care).await.expect("woken"), 0);
        house.clock.pass(Duration::from_secs(61));
        assert_eq!(care::wake(&house.care).await.expect("woken"), 1);
        let woken = row(&house, id).await;
        assert_eq!(woken.status, Status::Open);
        assert!(
            woken.last_message_at < until,
            "nobody said anything meanwhile"
        );
        assert_eq!(woken.surfaced_at, house.care.now());
    }
}

#[tokio::test]
async fn what_woke_up_stays_on_top_until_something_newer_is_said() {
    for house in houses().await {
        let inbox = house.inbox("page", json!({})).await;
        let items = [
            post("a", "anna", "Hallo", 0, None),
            post("b", "ben", "Auch ich", 10, None),
        ];
        house.deliver(inbox, &items).await;
        house.take_in().await;
        let (ben, anna) = match all(&house).await[..] {
            [newest, oldest] => (newest, oldest),
            ref other => panic!("two conversations: {other:?}"),
        };
        let until = house.care.now().after(Duration::from_secs(60));
        let version = row(&house, anna).await.version;
        let snoozed = (Status::Snoozed, Some(until));
        care::set_status(
            &house.care,
            &house.operator(),
            anna,
            version,
            snoozed.0,
            snoozed.1,
        )
        .await
        .expect("snoozed");
        house.clock.pass(Duration::from_secs(61));
        care::wake(&house.care).await.expect("woken");
        assert_eq!(all(&house).await, [anna, ben]);
        let woken_at = row(&house, anna).await.surfaced_at;

        // What is added up anew leaves it where it is.
        let root = row(&house, anna).await.root.expect("a first message");
        care::set_message_kind(&house.care, &house.operator(), root, Some(Kind::Question))
            .await
            .expect("set");
        assert_eq!(row(&house, anna).await.surfaced_at, woken_at);
        assert_eq!(all(&house).await, [anna, ben]);

        house.clock.pass(Duration::from_secs(60));
        let mut newer = post("c", "ben", "Und jetzt?", 0, Some("b"));
        newer["time"] = json!(house.care.now().to_string());
        house.deliver(inbox, &[newer]).await;
        house.take_in().await;
        assert_eq!(all(&house).await, [ben, anna]);
        let seen = row(&house, ben).await;
        assert_eq!(seen.surfaced_at, seen.last_message_at);
    }
}
