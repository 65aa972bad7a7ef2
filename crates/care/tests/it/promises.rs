//! Promises to say more: overtaken by the answer, by the resolution or by their own time, nobody is
//! told any more; and what was told stands until a real answer has left.

use std::time::Duration;

use kulant_care::conversations::set_status;
use kulant_care::deliver;
use kulant_care::holding::{self, Held, NewHoldingReplies};
use kulant_care::reply::reply;
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;
use serde_json::json;

use crate::conversations::row;
use crate::network::{Network, Turn, delivery, state, waiting, words, work};
use crate::{House, houses, post};

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// Promises the next word after some hours, to leave over so many minutes.
async fn hold(house: &House, ids: &[ConversationId], hours: u32, minutes: u32) -> Held {
    let new = NewHoldingReplies {
        conversations: ids.to_vec(),
        texts: vec![
            "Wir sind dran, mehr {next_word}.".to_owned(),
            "Die Technik prüft. Neues {next_word}.".to_owned(),
        ],
        next_word_at: house.care.now().after(hours * HOUR),
        spread: MINUTE * minutes,
    };
    let held = holding::hold(&house.care, &house.operator(), new).await;
    held.expect("told")
}

async fn answer(house: &House, id: ConversationId, text: &str) -> MessageId {
    let new = words(id, text);
    let sent = reply(&house.care, &house.operator(), new).await;
    sent.expect("queued")
}

async fn resolve(house: &House, id: ConversationId) {
    let version = row(house, id).await.version;
    let person = house.operator();
    let done = set_status(&house.care, &person, id, version, Status::Resolved, None);
    done.await.expect("resolved");
}

async fn standing(house: &House, id: ConversationId) -> Option<Timestamp> {
    row(house, id).await.next_word_at
}

async fn stands(house: &House, id: MessageId) -> DeliveryState {
    delivery(&state(house, id).await)
}

fn said(network: &Network) -> Vec<String> {
    let body = |item: &serde_json::Value| item["body"].as_str().unwrap_or_default().to_owned();
    network.taken().iter().map(body).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_put_off_below_the_answer_or_after_the_resolution() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, anna) = waiting(&house, &network, true).await;
        let other = post("c2", "bert", "Bei mir auch nicht!", 20, None);
        house.deliver(inbox, &[other]).await;
        house.take_in().await;
        let mut all = crate::network::conversations(&house, inbox).await;
        all.sort_by_key(|id| *id != anna);
        let bert = all[1];
        // One leaves at once, the other one in an hour.
        house.clock.pass(MINUTE);
        let held = hold(&house, &[anna, bert], 3, 120).await;
        work(&house, 3, Duration::from_secs(10)).await;
        assert_eq!(said(&network).len(), 1);

        answer(&house, bert, "Behoben.").await;
        work(&house, 3, Duration::from_secs(2)).await;
        assert_eq!(
            stands(&house, held.queued[1].message).await,
            DeliveryState::Cancelled
        );
        assert_eq!(standing(&house, bert).await, None);
        resolve(&house, anna).await;
        let refused = hold(&house, &[anna], 3, 0).await.refused;
        assert_eq!(refused[0].1.code, "conversation_is_resolved");

        let more = post("c3", "cora", "Hallo?", 30, None);
        house.deliver(inbox, &[more]).await;
        house.take_in().await;
        let cora = crate::network::conversations(&house, inbox).await;
        let cora = cora.into_iter().find(|id| !all.contains(id));
        let cora = cora.expect("her conversation");
        let held = hold(&house, &[cora], 3, 0).await;
        resolve(&house, cora).await;
        work(&house, 8, HOUR / 2).await;
        assert_eq!(
            stands(&house, held.queued[0].message).await,
            DeliveryState::Cancelled
        );
        let said = said(&network);
        assert_eq!(said.len(), 2, "{said:?}");
        assert_eq!(said[1], "Behoben.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_given_at_the_network_itself_counts_too() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let held = hold(&house, &[id], 3, 0).await;
        house.clock.pass(Duration::from_secs(5));
        let mut native = post("n1", "us", "Behoben.", 0, Some("c1"));
        native["time"] = json!(house.care.now().to_string());
        house.deliver(inbox, &[native]).await;
        house.take_in().await;
        assert_eq!(standing(&house, id).await, None);
        work(&house, 3, MINUTE).await;
        assert_eq!(said(&network), [""; 0]);
        assert_eq!(
            stands(&house, held.queued[0].message).await,
            DeliveryState::Cancelled
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_network_held_up_until_its_time_was_over_does_not_leave() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&[Turn::AskToWait(4 * 3_600)]);
        let held = hold(&house, &[id], 3, 0).await;
        work(&house, 2, MINUTE).await;
        work(&house, 2, 4 * HOUR).await;
        work(&house, 2, MINUTE).await;

        assert_eq!(said(&network), [""; 0]);
        let message = state(&house, held.queued[0].message).await;
        assert_eq!(delivery(&message), DeliveryState::Failed);
        let failure = message.delivery.and_then(|delivery| delivery.failure);
        assert_eq!(failure.expect("a reason").class, "promise_over");
        assert_eq!(standing(&house, id).await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_stands_until_an_answer_has_left() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        hold(&house, &[id], 3, 0).await;
        work(&house, 3, Duration::from_secs(10)).await;
        let told = standing(&house, id).await;
        assert!(told.is_some());
        assert_eq!(
            row(&house, id).await.first_response_at,
            None,
            "who is put off has no answer"
        );

        // Queued, and taken back.
        let undone = answer(&house, id, "Behoben?").await;
        assert_eq!(standing(&house, id).await, told);
        let person = house.operator();
        deliver::cancel(&house.care, &person, undone)
            .await
            .expect("back");
        assert_eq!(standing(&house, id).await, told);

        // Refused by the network.
        network.will(&[Turn::Answer(422, json!({"detail": "too rude"}))]);
        let failed = answer(&house, id, "Behoben!").await;
        work(&house, 2, Duration::from_secs(2)).await;
        assert_eq!(stands(&house, failed).await, DeliveryState::Failed);
        assert_eq!(standing(&house, id).await, told);

        answer(&house, id, "Behoben.").await;
        work(&house, 2, Duration::from_secs(2)).await;
        let row = row(&house, id).await;
        assert_eq!(row.next_word_at, None);
        assert!(row.first_response_at.is_some());
        deliver::cancel(&house.care, &person, failed)
            .await
            .expect("back");
        assert_eq!(standing(&house, id).await, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calling_one_word_back_leaves_the_promise_of_the_other() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        hold(&house, &[id], 3, 0).await;
        work(&house, 3, Duration::from_secs(10)).await;
        let told = standing(&house, id).await;
        house.clock.pass(MINUTE);

        let second = hold(&house, &[id], 6, 0).await.queued[0].message;
        assert_ne!(standing(&house, id).await, told);
        let person = house.operator();
        let back = holding::call_back(&house.care, &person, &[second]).await;
        assert_eq!(back.expect("back"), [second]);
        assert_eq!(standing(&house, id).await, told, "it was told");
    }
}
