//! What crosses with a decision of ours: the customer wrote before it, and it came in after it.

use std::time::Duration;

use kulant_care::conversations as care;
use kulant_care::reply::{NewReply, reply};
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, InboxId, MessageId};
use kulant_model::message::DeliveryState;

use crate::conversations::row;
use crate::network::{Network, delivery, state, waiting, words, work};
use crate::{House, houses, post};

/// Lets Anna's second comment come in, which she wrote before our answer to the first.
async fn her_second_comment_comes(house: &House, inbox: InboxId) {
    let comment = post("c2", "anna", "Und der Anschluss?", 20, Some("c1"));
    house.deliver(inbox, &[comment]).await;
    house.take_in().await;
}

async fn answer(house: &House, conversation: ConversationId, resolve: bool) -> MessageId {
    let new = NewReply {
        resolve,
        ..words(conversation, "In zehn Minuten.")
    };
    let id = reply(&house.care, &house.operator(), new)
        .await
        .expect("queued");
    work(house, 2, Duration::from_secs(1)).await;
    assert_eq!(delivery(&state(house, id).await), DeliveryState::Sent);
    id
}

async fn assert_she_waits(house: &House, conversation: ConversationId) {
    let row = row(house, conversation).await;
    let written_at = kulant_model::time::Timestamp(crate::START.0 - 1_000_000_000 + 20_000_000);
    assert_eq!(row.waiting_since, Some(written_at), "{row:?}");
    assert_eq!((row.status, row.resolved_at), (Status::Open, None));
}

#[tokio::test]
async fn a_comment_that_crosses_with_answer_and_resolve_opens_again() {
    for house in houses().await {
        let (inbox, id) = waiting(&house, &Network::default(), false).await;
        answer(&house, id, true).await;
        let resolved = row(&house, id).await;
        assert_eq!(resolved.status, Status::Resolved);
        assert_eq!(resolved.waiting_since, None);
        her_second_comment_comes(&house, inbox).await;
        assert_she_waits(&house, id).await;
    }
}

#[tokio::test]
async fn a_comment_that_crosses_with_the_second_answer_in_a_row_waits() {
    for house in houses().await {
        let (inbox, id) = waiting(&house, &Network::default(), false).await;
        answer(&house, id, false).await;
        answer(&house, id, false).await;
        assert_eq!(row(&house, id).await.status, Status::Waiting);
        her_second_comment_comes(&house, inbox).await;
        assert_she_waits(&house, id).await;
        answer(&house, id, false).await;
        let answered = row(&house, id).await;
        assert_eq!(
            (answered.status, answered.waiting_since),
            (Status::Waiting, None),
            "what was known when we wrote is answered"
        );
    }
}

#[tokio::test]
async fn a_comment_that_crosses_with_a_resolution_or_no_answer_needed_waits() {
    for resolve in [true, false] {
        for house in houses().await {
            let (inbox, id) = waiting(&house, &Network::default(), false).await;
            answer(&house, id, false).await;
            let version = row(&house, id).await.version;
            let person = house.operator();
            if resolve {
                let to = Status::Resolved;
                care::set_status(&house.care, &person, id, version, to, None)
                    .await
                    .expect("resolved");
            } else {
                care::need_no_answer(&house.care, &person, id, version)
                    .await
                    .expect("settled");
            }
            assert_eq!(row(&house, id).await.waiting_since, None);
            her_second_comment_comes(&house, inbox).await;
            assert_she_waits(&house, id).await;
        }
    }
}
