//! Answers on their way out: one effect at the network, whatever the network does.

use std::time::Duration;

use kulant_care::admin::{self, inboxes::InboxChange};
use kulant_care::reply::{NewReply, reply};
use kulant_care::{CareError, deliver, view};
use kulant_model::conversation::Status;
use kulant_model::message::DeliveryState;
use kulant_model::role::Scope;
use kulant_store::reading::{self, Filter, Sort};
use kulant_store::{conversations, messages};
use serde_json::json;

use crate::network::{Network, Turn, delivery, state, waiting, words, work};
use crate::{houses, post};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_arrives_once_and_stops_the_clock() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let sent = reply(
            &house.care,
            &house.operator(),
            words(id, "Gleis 7, in 4 Minuten."),
        )
        .await
        .expect("queued");
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Queued);
        work(&house, 3, Duration::from_secs(5)).await;

        let message = state(&house, sent).await;
        assert_eq!(delivery(&message), DeliveryState::Sent);
        assert_eq!(message.network_id, Some(format!("at-network-{sent}")));
        let taken = network.taken();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0]["in_reply_to"], json!("c1"));
        let row = house
            .care
            .store
            .read(move |read| conversations::find(read, id))
            .await
            .expect("read")
            .expect("the conversation");
        assert_eq!(row.status, Status::Waiting);
        assert!(row.waiting_since.is_none() && row.first_response_at.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_for_and_never_sent_twice() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt gleich."))
            .await
            .expect("queued");
        work(&house, 5, Duration::from_secs(10)).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
        assert_eq!(network.taken().len(), 1, "found, not repeated");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_that_fails_is_told_with_the_time_of_the_next() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&[Turn::TakeAndHangUp]);
        network.turn_deaf(1);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt gleich."))
            .await
            .expect("queued");
        let class = |shown: &messages::Delivery| {
            let failure = shown.failure.as_ref().expect("a reason");
            failure.class.clone()
        };
        let shown = async || {
            let message = state(&house, sent).await;
            message.delivery.expect("a delivery")
        };

        work(&house, 1, Duration::from_secs(2)).await;
        let lost = shown().await;
        assert_eq!(lost.state, DeliveryState::Sending);
        assert_eq!(class(&lost), "uncertain");
        assert_eq!(lost.next_attempt_at, Some(house.care.now()));

        work(&house, 1, Duration::ZERO).await;
        let unheard = shown().await;
        assert_eq!(unheard.state, DeliveryState::Sending);
        assert_eq!(class(&unheard), "retry_backoff");
        assert!(unheard.next_attempt_at > Some(house.care.now()));
        assert_eq!(unheard.attempts, 0, "looking for it is no try");

        work(&house, 3, Duration::from_secs(10)).await;
        let there = shown().await;
        assert_eq!(there.state, DeliveryState::Sent);
        assert!(there.failure.is_none() && there.next_attempt_at.is_none());
        assert_eq!(network.taken().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_be_asked_a_person_decides() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, false).await;
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt gleich."))
            .await
            .expect("queued");
        work(&house, 6, Duration::from_secs(600)).await;
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Uncertain
        );
        assert_eq!(network.taken().len(), 1, "never sent again by itself");
        let alerts = house
            .care
            .store
            .read(|read| kulant_store::alerts::list(read, 10))
            .await
            .expect("read");
        assert_eq!(alerts.len(), 1);

        let asked = deliver::check(&house.care, &house.operator(), sent).await;
        assert!(matches!(asked, Err(CareError::Refused(_))));
        deliver::retry(&house.care, &house.operator(), sent)
            .await
            .expect("a person may send it again");
        work(&house, 3, Duration::from_secs(5)).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_offers_to_ask_only_a_network_that_can_be_asked() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, false).await;
        let operator = house.operator();
        let can_check = async |id| {
            let view = view::find_message(&house.care, &operator, id).await;
            view.expect("the message").can_check
        };
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &operator, words(id, "Kommt gleich.")).await;
        let sent = sent.expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Uncertain
        );
        assert!(!can_check(sent).await, "there is nobody to ask");

        let found = admin::inboxes::find(&house.care, &operator, inbox).await;
        let found = found.expect("the inbox");
        let mut settings = found.managed.expect("for managers").settings;
        settings["lookup_url"] = settings["answer_url"].clone();
        let change = InboxChange {
            settings: Some(settings),
            ..InboxChange::default()
        };
        admin::inboxes::change(&house.care, &operator, inbox, (found.version, change))
            .await
            .expect("changed");
        assert!(can_check(sent).await);
        deliver::check(&house.care, &operator, sent)
            .await
            .expect("asked for");
        assert!(!can_check(sent).await, "it is being looked for");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
        assert!(!can_check(sent).await);
        assert_eq!(network.taken().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_go_by_their_class() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        network.will(&[
            Turn::Answer(503, json!({})),
            Turn::Answer(429, json!({})),
            Turn::Answer(500, json!({})),
        ]);
        let patient = reply(&house.care, &house.operator(), words(id, "Geduld"))
            .await
            .expect("queued");
        work(&house, 8, Duration::from_secs(120)).await;
        assert_eq!(delivery(&state(&house, patient).await), DeliveryState::Sent);

        network.will(&[Turn::Answer(422, json!({"detail": "verboten"}))]);
        let refused = reply(&house.care, &house.operator(), words(id, "Nein"))
            .await
            .expect("queued");
        work(&house, 3, Duration::from_secs(5)).await;
        let message = state(&house, refused).await;
        assert_eq!(delivery(&message), DeliveryState::Failed);
        let failure = message
            .delivery
            .and_then(|delivery| delivery.failure)
            .expect("a reason");
        assert_eq!(failure.class, "content_rejected");

        network.will(&[Turn::Answer(401, json!({}))]);
        let locked_out = reply(&house.care, &house.operator(), words(id, "Schlüssel weg"))
            .await
            .expect("queued");
        work(&house, 1, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, locked_out).await),
            DeliveryState::Queued
        );
        let trouble = house
            .care
            .store
            .read(move |read| kulant_store::inboxes::find(read, inbox))
            .await
            .expect("read")
            .expect("the inbox")
            .trouble;
        assert_eq!(trouble["class"], json!("auth_broken"));
        work(&house, 3, Duration::from_secs(120)).await;
        assert_eq!(
            delivery(&state(&house, locked_out).await),
            DeliveryState::Sent
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_can_be_taken_back_until_it_leaves() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let in_five_seconds = house.care.now().after(Duration::from_secs(5));
        let taken_back = reply(
            &house.care,
            &house.operator(),
            NewReply {
                send_at: Some(in_five_seconds),
                ..words(id, "Zu früh")
            },
        )
        .await
        .expect("queued");
        deliver::cancel(&house.care, &house.operator(), taken_back)
            .await
            .expect("taken back");
        work(&house, 4, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, taken_back).await),
            DeliveryState::Cancelled
        );
        assert!(network.taken().is_empty());

        let gone = reply(&house.care, &house.operator(), words(id, "Jetzt"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(1)).await;
        let too_late = deliver::cancel(&house.care, &house.operator(), gone).await;
        assert!(matches!(too_late, Err(CareError::Refused(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_word_under_our_answer_joins_it_even_before_the_receipt() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Bitte?"))
            .await
            .expect("queued");
        // The customer answers at the network before our own receipt is kept.
        let below = format!("at-network-{sent}");
        house
            .deliver(inbox, &[post("c2", "anna", "Danke!", 99, Some(&below))])
            .await;
        house.take_in().await;
        work(&house, 3, Duration::from_secs(5)).await;
        let row = house
            .care
            .store
            .read(move |read| conversations::find(read, id))
            .await
            .expect("read")
            .expect("the conversation");
        assert_eq!(row.message_count, 3, "question, answer and thanks are one");
        let open = house
            .care
            .store
            .read(move |read| {
                let filter = Filter {
                    inboxes: vec![inbox],
                    ..Filter::default()
                };
                reading::list_ids(read, &Scope::Everything, &filter, Sort::Newest, None, 10)
            })
            .await
            .expect("read");
        assert_eq!(open.len(), 1, "no second conversation is left in the list");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_confirms_what_the_answer_did_not() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, false).await;
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Uncertain
        );
        let mut echo = post("ours-1", "us", "Kommt", 120, Some("c1"));
        echo["echo_of"] = json!(sent.to_string());
        house.deliver(inbox, &[echo]).await;
        house.take_in().await;
        let message = state(&house, sent).await;
        assert_eq!(delivery(&message), DeliveryState::Sent);
        assert_eq!(message.network_id.as_deref(), Some("ours-1"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_an_earlier_answer_is_no_try() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let operator = house.operator();
        let first = reply(&house.care, &operator, words(id, "Eins")).await;
        let second = reply(&house.care, &operator, words(id, "Zwei")).await;
        let (first, second) = (first.expect("queued"), second.expect("queued"));
        // The first one is held up in the middle, so that the second one waits long.
        let hold = |state: DeliveryState| {
            let store = house.care.store.clone();
            async move {
                store
                    .write(move |tx| -> Result<(), kulant_store::StoreError> {
                        let message = messages::find(tx, first)?.expect("the message");
                        let delivery = messages::Delivery {
                            state,
                            ..message.delivery.expect("a delivery")
                        };
                        kulant_store::deliveries::save(tx, first, &delivery)
                    })
                    .await
                    .expect("kept");
            }
        };
        let key = first.to_string();
        house
            .care
            .store
            .write(move |tx| kulant_store::jobs::cancel(tx, "deliver", &key))
            .await
            .expect("cancelled");
        hold(DeliveryState::Sending).await;
        work(&house, 15, Duration::from_secs(1)).await;
        assert_eq!(
            delivery(&state(&house, second).await),
            DeliveryState::Queued
        );

        // Now the second one leaves, its answer is lost, and one look-up fails.
        hold(DeliveryState::Sent).await;
        network.will(&[Turn::TakeAndHangUp]);
        network.turn_deaf(1);
        work(&house, 6, Duration::from_secs(10)).await;
        assert_eq!(delivery(&state(&house, second).await), DeliveryState::Sent);
        assert_eq!(network.taken().len(), 1);
    }
}
