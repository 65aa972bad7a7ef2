//! What ends an alert about an answer: its own echo, or a person who takes it back.

use std::time::Duration;

use kulant_care::deliver;
use kulant_care::reply::reply;
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, InboxId, MessageId};
use kulant_model::message::DeliveryState;
use kulant_store::{alerts, conversations};
use serde_json::json;

use crate::network::{Network, Turn, delivery, state, waiting, words, work};
use crate::{House, houses, post};

/// How many alerts stand.
async fn alerts(house: &House) -> usize {
    let listed = house.care.store.read(|read| alerts::list(read, 10));
    listed.await.expect("read").len()
}

/// Queues an answer and lets the network have its turn.
async fn answer(
    house: &House,
    network: &Network,
    turn: Turn,
) -> (InboxId, ConversationId, MessageId) {
    let (inbox, id) = waiting(house, network, false).await;
    network.will(&[turn]);
    let sent = reply(&house.care, &house.operator(), words(id, "Kommt")).await;
    work(house, 2, Duration::from_secs(5)).await;
    (inbox, id, sent.expect("queued"))
}

async fn echo(house: &House, inbox: InboxId, sent: MessageId) {
    let mut echo = post("ours-1", "us", "Kommt", 120, Some("c1"));
    echo["echo_of"] = json!(sent.to_string());
    house.deliver(inbox, &[echo]).await;
    house.take_in().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_echo_of_an_uncertain_answer_ends_its_alert() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, _, sent) = answer(&house, &network, Turn::TakeAndHangUp).await;
        assert_eq!(alerts(&house).await, 1);
        echo(&house, inbox, sent).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
        assert_eq!(alerts(&house).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_failed_can_be_taken_back() {
    for house in houses().await {
        let network = Network::default();
        let (_, id, sent) = answer(&house, &network, Turn::Answer(422, json!({}))).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Failed);
        assert_eq!(alerts(&house).await, 1);
        deliver::cancel(&house.care, &house.operator(), sent)
            .await
            .expect("taken back");
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Cancelled
        );
        assert_eq!(alerts(&house).await, 0);
        let row = house
            .care
            .store
            .read(move |read| conversations::find(read, id))
            .await
            .expect("read")
            .expect("the conversation");
        assert_eq!(row.status, Status::Open);
        assert!(row.waiting_since.is_some(), "nobody has answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_uncertain_answer_that_was_taken_back_is_believed_to_its_echo() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, _, sent) = answer(&house, &network, Turn::TakeAndHangUp).await;
        deliver::cancel(&house.care, &house.operator(), sent)
            .await
            .expect("taken back");
        assert_eq!(alerts(&house).await, 0);
        work(&house, 3, Duration::from_secs(600)).await;
        assert_eq!(network.taken().len(), 1, "never sent again");
        echo(&house, inbox, sent).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
    }
}
