//! How often a network is asked that does not take an answer.

use std::collections::BTreeSet;
use std::time::Duration;

use kulant_care::reply::reply;
use kulant_care::{jobs, view};
use kulant_model::message::DeliveryState;
use kulant_store::inboxes;
use serde_json::json;

use crate::network::{Network, Turn, conversations, delivery, state, waiting, words, work};
use crate::networks::{Graph, comment, only, page};
use crate::{START, houses};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_asks_for_no_wait_is_not_asked_without_end() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&vec![Turn::AskToWait(0); 40]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt")).await;
        let sent = sent.expect("queued");
        work(&house, 1, Duration::ZERO).await;
        let first = state(&house, sent).await.delivery.expect("a delivery");
        assert_eq!((first.state, first.attempts), (DeliveryState::Queued, 1));
        let pause = Duration::from_secs(2);
        assert!(first.next_attempt_at >= Some(house.care.now().after(pause)));

        work(&house, 13, Duration::from_secs(30_000)).await;
        let last = state(&house, sent).await;
        assert_eq!(delivery(&last), DeliveryState::Failed);
        assert_eq!(last.delivery.expect("a delivery").attempts, 13);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_asks_for_a_longer_wait_gets_it() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&[Turn::AskToWait(900)]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt")).await;
        let sent = sent.expect("queued");
        work(&house, 1, Duration::from_secs(800)).await;
        work(&house, 1, Duration::from_secs(101)).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Queued);
        work(&house, 1, Duration::ZERO).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_account_is_locked_out_one_answer_knocks() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let operator = house.operator();
        // Each in a conversation of its own, so that none waits for another by its order.
        let mut sent = Vec::new();
        for number in 0..8 {
            let post = crate::post(
                &format!("p{number}"),
                &format!("b{number}"),
                "Hallo",
                20,
                None,
            );
            house.deliver(inbox, &[post]).await;
        }
        house.take_in().await;
        let all = conversations(&house, inbox).await;
        assert_eq!(all.len(), 9);
        assert!(all.contains(&id));
        network.will(&vec![Turn::Answer(401, serde_json::json!({})); 100]);
        for id in all {
            let queued = reply(&house.care, &operator, words(id, "Kommt")).await;
            sent.push(queued.expect("queued"));
        }
        work(&house, 1, Duration::from_secs(121)).await;
        let first = network.asked();
        assert!(
            (1..=4).contains(&first),
            "those that left together: {first}"
        );
        work(&house, 5, Duration::from_secs(121)).await;
        let knocks = network.asked() - first;
        assert!((4..=6).contains(&knocks), "one each time: {knocks}");

        // The account is let in again: all of them leave, none has used up its tries.
        network.forget_turns();
        work(&house, 3, Duration::from_secs(121)).await;
        for id in sent {
            assert_eq!(delivery(&state(&house, id).await), DeliveryState::Sent);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_one_conversation_wait_for_their_account_in_peace() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let operator = house.operator();
        network.will(&vec![Turn::Answer(401, serde_json::json!({})); 100]);
        let mut sent = Vec::new();
        for text in ["Kommt", "Gleich", "Sofort"] {
            let queued = reply(&house.care, &operator, words(id, text)).await;
            sent.push(queued.expect("queued"));
        }
        work(&house, 3, Duration::from_secs(1)).await;
        let mut begun = 0;
        for _ in 0..100 {
            house.clock.pass(Duration::from_secs(1));
            begun += jobs::run_due(&house.care).await.expect("jobs");
        }
        assert!(begun <= 3, "{begun} times somebody looked");
        for id in &sent {
            let shown = view::find_message(&house.care, &operator, *id).await;
            let shown = shown.expect("seen").message.delivery.expect("a delivery");
            let (at, now) = (shown.next_attempt_at, house.care.now());
            assert!(
                at > Some(now),
                "tried next at {at:?}, and it is {now} already"
            );
        }

        // It is let in: also an answer that the network does not want shows that.
        network.forget_turns();
        network.will(&[Turn::Answer(404, serde_json::json!({}))]);
        work(&house, 4, Duration::from_secs(31)).await;
        let mut states = Vec::new();
        for id in sent {
            states.push(delivery(&state(&house, id).await));
        }
        let (failed, left) = (DeliveryState::Failed, DeliveryState::Sent);
        assert_eq!(states, [failed, left, left]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_to_a_locked_out_account_put_off_nobody_who_knocks() {
    const STRIDE: Duration = Duration::from_secs(10);
    for house in houses().await {
        let graph = Graph::default();
        let inbox = page(&house, &graph).await;
        comment(&house, inbox, "55_71", START.as_seconds() - 60).await;
        let queued = words(only(&house).await.id, "Kommt");
        let queued = reply(&house.care, &house.operator(), queued).await;
        let queued = queued.expect("queued");
        let dead = json!({"error": {"code": 190, "message": "expired", "type": "OAuthException"}});
        graph.says("/", 400, dead);
        jobs::schedule(&house.care).await.expect("scheduled");

        // Meanwhile the account is probed and asked for news at their own pace.
        let (mut knocked, mut looked) = (Vec::new(), BTreeSet::new());
        for _ in 0..360 {
            let (now, before) = (house.care.now(), graph.told("POST ").len());
            work(&house, 1, STRIDE).await;
            if graph.told("POST ").len() > before {
                knocked.push(now);
            }
            let row = house
                .care
                .store
                .read(move |read| inboxes::find(read, inbox));
            let row = row.await.expect("read").expect("the inbox");
            looked.extend(row.checked_at);
        }
        looked.retain(|at| !knocked.contains(at));
        assert!(looked.len() >= 5, "somebody else looked: {looked:?}");
        let longest = Duration::from_secs(120) + 2 * STRIDE;
        for pair in knocked.windows(2) {
            let pause = pair[1].since(pair[0]);
            assert!(pause <= longest, "{pause:?} between two knocks");
        }
        assert!(knocked.len() >= 25, "{} knocks", knocked.len());

        graph.says("/55_71/comments", 200, json!({"id": "55_72"}));
        work(&house, 2, Duration::from_secs(131)).await;
        assert_eq!(delivery(&state(&house, queued).await), DeliveryState::Sent);
    }
}
