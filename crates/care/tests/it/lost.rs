//! Answers that are lost on the way: looked for late and more than once, sent again only so often, and
//! then left to a person.

use std::time::Duration;

use kulant_care::conversations as care;
use kulant_care::reply::{NewReply, reply};
use kulant_model::conversation::Status;
use kulant_model::ids::MessageId;
use kulant_model::message::{DeliveryState, Visibility};
use kulant_model::time::Timestamp;
use kulant_store::deliveries::{self, Tries};
use kulant_store::{conversations as rows, messages};
use serde_json::json;

use crate::network::{Network, Turn, conversations, delivery, state, waiting, words, work};
use crate::networks::{Graph, comment, only, page};
use crate::{House, START, houses, post};

const SAID: &str = "POST /v26.0/55_71/comments";
const LOOKED: &str = "GET /v26.0/55_71/comments";

async fn tries(house: &House, id: MessageId) -> Tries {
    let read = house
        .care
        .store
        .read(move |read| deliveries::find_tries(read, id));
    read.await.expect("read")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_never_found_is_sent_again_twice_and_then_left_to_a_person() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&vec![Turn::HangUp; 40]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt")).await;
        let sent = sent.expect("queued");
        work(&house, 30, Duration::from_secs(10)).await;
        let message = state(&house, sent).await;
        assert_eq!(delivery(&message), DeliveryState::Uncertain);
        assert_eq!(network.asked(), 3, "once, and twice again");

        // Whoever decides to send it again gets as many tries as at first.
        kulant_care::deliver::retry(&house.care, &house.operator(), sent)
            .await
            .expect("queued again");
        work(&house, 30, Duration::from_secs(10)).await;
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Uncertain
        );
        assert_eq!(network.asked(), 6);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_shows_late_is_looked_at_three_times_before_anything_is_sent_again() {
    for house in houses().await {
        let graph = Graph::default();
        let inbox = page(&house, &graph).await;
        comment(&house, inbox, "55_71", START.as_seconds() - 60).await;
        graph.says(SAID, 504, json!({}));
        let queued = words(only(&house).await.id, "Kommt");
        let queued = reply(&house.care, &house.operator(), queued).await;
        let queued = queued.expect("queued");
        for (pass, looked, said) in [(5, 0, 1), (25, 1, 1), (80, 2, 1), (10, 2, 1), (0, 3, 2)] {
            work(&house, 1, Duration::from_secs(pass)).await;
            assert_eq!(graph.told(LOOKED).len(), looked, "before {pass} s");
            assert_eq!(graph.told(SAID).len(), said, "before {pass} s");
        }
        let now = tries(&house, queued).await;
        assert_eq!((now.looks, now.second), (0, 1));
        assert_eq!(
            delivery(&state(&house, queued).await),
            DeliveryState::Sending
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_looked_for_since_it_was_first_tried_however_long_ago() {
    for house in houses().await {
        let graph = Graph::default();
        let inbox = page(&house, &graph).await;
        comment(&house, inbox, "55_71", START.as_seconds() - 60).await;
        graph.says(SAID, 504, json!({}));
        graph.says("GET /v26.0/", 503, json!({}));
        let queued = words(only(&house).await.id, "Kommt");
        let queued = reply(&house.care, &house.operator(), queued).await;
        let queued = queued.expect("queued");
        let tried_at = house.care.now();
        work(&house, 1, Duration::from_secs(5)).await;
        assert_eq!(tries(&house, queued).await.first_at, Some(tried_at));
        // The network is away for hours.
        work(&house, 6, Duration::from_hours(1)).await;
        let ours = json!({"id": "55_90", "message": "Kommt", "from": {"id": "1784001"},
            "created_time": tried_at.as_seconds()});
        graph.says("GET /v26.0/", 200, json!({"data": [ours]}));
        work(&house, 2, Duration::from_hours(4)).await;
        let message = state(&house, queued).await;
        assert_eq!(delivery(&message), DeliveryState::Sent);
        assert_eq!(message.network_id.as_deref(), Some("55_90"));
        assert_eq!(graph.told(SAID).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_no_try_that_may_have_arrived() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&[Turn::Answer(503, json!({})), Turn::HangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt")).await;
        let sent = sent.expect("queued");
        work(&house, 1, Duration::from_secs(3)).await;
        assert_eq!(tries(&house, sent).await, Tries::default());
        let second = house.care.now();
        work(&house, 1, Duration::from_secs(3)).await;
        assert_eq!(tries(&house, sent).await.first_at, Some(second));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_dropped_for_a_limit_that_is_waited_out() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&vec![Turn::AskToWait(3_600); 30]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt")).await;
        let sent = sent.expect("queued");
        work(&house, 30, Duration::from_secs(3_601)).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Queued);
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
        assert_eq!(network.asked(), 31);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_before_in_a_private_thread_outlasts_its_conversation() {
    let private = |id: &str, second: i64| {
        let mut post = post(id, "anna", "Danke", second, None);
        post["visibility"] = json!("private");
        post["thread"] = json!("t1");
        post
    };
    for house in houses().await {
        let network = Network::default();
        let (inbox, _) = waiting(&house, &network, true).await;
        house.deliver(inbox, &[private("p1", 20)]).await;
        house.take_in().await;
        let first = conversations(&house, inbox).await[0];
        let said = |id| NewReply {
            visibility: Visibility::Private,
            ..words(id, "Gern geschehen")
        };
        let operator = house.operator();
        let old = reply(&house.care, &operator, said(first)).await;
        let old = old.expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let version = house
            .care
            .store
            .read(move |read| rows::find(read, first))
            .await
            .expect("read")
            .expect("the conversation")
            .version;
        care::set_status(
            &house.care,
            &operator,
            first,
            version,
            Status::Resolved,
            None,
        )
        .await
        .expect("resolved");

        house.clock.pass(Duration::from_hours(24 * 90));
        let at = Timestamp(house.care.now().0 - 1_000_000);
        let mut next = private("p2", 0);
        next["time"] = json!(at.to_string());
        house.deliver(inbox, &[next]).await;
        house.take_in().await;
        let second = conversations(&house, inbox).await[0];
        assert_ne!(first, second, "it is another matter");
        let new = reply(&house.care, &operator, said(second)).await;
        let new = new.expect("queued");
        let known = house.care.store.read(move |read| {
            let message = messages::find(read, new)?.expect("it is there");
            deliveries::list_said_before(read, &message, 50)
        });
        let known = known.await.expect("read");
        assert!(known.contains(&format!("at-network-{old}")), "{known:?}");
    }
}
