//! A network that names one id for several messages: none of them is lost.

use std::time::Duration;

use kulant_care::reply::reply;
use kulant_model::ids::MessageId;
use kulant_model::message::DeliveryState;
use kulant_store::{StoreError, params};
use serde_json::json;

use crate::network::{Network, Turn, delivery, state, waiting, words, work};
use crate::{House, houses, post};

/// Counts the messages that say something.
async fn count(house: &House, body: &'static str) -> i64 {
    let counted = house.care.store.read(move |read| {
        let sql = "SELECT COUNT(*) FROM messages WHERE body = $1";
        let found = read.query_one(sql, &params![body], |row| row.get::<i64>(0));
        Ok::<_, StoreError>(found?.unwrap_or(0))
    });
    counted.await.expect("read")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_the_receiver_gives_twice_takes_no_message_away() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let operator = house.operator();
        let mut sent: Vec<MessageId> = Vec::new();
        // The same word for every answer, and once the customer's own id.
        for (body, named) in [("Eins", "ok"), ("Zwei", "ok"), ("Drei", "c1")] {
            network.will(&[Turn::Answer(200, json!({"id": named}))]);
            let queued = reply(&house.care, &operator, words(id, body)).await;
            sent.push(queued.expect("queued"));
            work(&house, 2, Duration::from_secs(5)).await;
        }
        let mut ids = Vec::new();
        for message in &sent {
            let message = state(&house, *message).await;
            assert_eq!(delivery(&message), DeliveryState::Sent);
            ids.push(message.network_id);
        }
        assert_eq!(ids, [Some("ok".to_owned()), None, None]);
        for body in ["Wo bleibt der Zug?", "Eins", "Zwei", "Drei"] {
            assert_eq!(count(&house, body).await, 1, "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_under_the_id_of_another_message_takes_it_not_away() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, false).await;
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt")).await;
        let sent = sent.expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Uncertain
        );
        let mut echo = post("c1", "us", "Kommt", 120, None);
        echo["echo_of"] = json!(sent.to_string());
        house.deliver(inbox, &[echo]).await;
        house.take_in().await;
        let message = state(&house, sent).await;
        assert_eq!(delivery(&message), DeliveryState::Sent, "it did arrive");
        assert_eq!(message.network_id, None);
        assert_eq!(count(&house, "Wo bleibt der Zug?").await, 1);
    }
}
