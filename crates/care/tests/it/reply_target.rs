//! Whom an answer reaches: the one it was written for, never a merged person or a bystander.

use std::time::Duration;

use kulant_care::act::{self, Act};
use kulant_care::conversations as care;
use kulant_care::reply::{NewReply, reply};
use kulant_care::{CareError, uploads};
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, InboxId, MessageId};
use kulant_model::message::Visibility;
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;
use kulant_store::messages;
use kulant_store::reading::{self, Filter, Sort};
use serde_json::{Value as Json, json};

use crate::conversations::row;
use crate::network::{Network, state, waiting, words, work};
use crate::{House, START, houses, post};

async fn id_of(house: &House, inbox: InboxId, network_id: &'static str) -> MessageId {
    let found = house
        .care
        .store
        .read(move |read| messages::list_known(read, inbox, &[network_id]));
    found.await.expect("read")[0].id
}

/// Lets Ben comment beside Anna, and joins his conversation into hers.
async fn ben_is_joined(house: &House, inbox: InboxId, anna: ConversationId) {
    house
        .deliver(inbox, &[post("b1", "ben", "Das frage ich auch", 20, None)])
        .await;
    house.take_in().await;
    join_all(house, anna).await;
}

async fn join_all(house: &House, into: ConversationId) {
    let found = house.care.store.read(move |read| {
        let filter = Filter::default();
        reading::list_ids(read, &Scope::Everything, &filter, Sort::Oldest, None, 100)
    });
    for (_, id) in found.await.expect("read") {
        if id != into {
            let version = row(house, id).await.version;
            care::join(&house.care, &house.operator(), id, version, into)
                .await
                .expect("joined");
        }
    }
}

fn private(id: &str, author: &str, thread: &str, second: i64) -> Json {
    let mut item = post(id, author, "Meine Nummer ist 7", second, None);
    item["visibility"] = json!("private");
    item["thread"] = json!(thread);
    item
}

fn deleted(id: &str) -> Json {
    json!({"type": "delete", "id": id, "time": START.to_string()})
}

async fn try_reply(house: &House, new: NewReply) -> Result<MessageId, CareError> {
    reply(&house.care, &house.operator(), new).await
}

fn code<T: std::fmt::Debug>(outcome: Result<T, CareError>) -> String {
    match outcome {
        Err(CareError::Refused(refusal)) => refusal.code.to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn with_two_parties_in_public_the_agent_says_who_is_meant() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, anna) = waiting(&house, &network, false).await;
        house
            .deliver(inbox, &[post("c2", "anna", "Hallo?", 15, Some("c1"))])
            .await;
        house.take_in().await;
        try_reply(&house, words(anna, "Gleich"))
            .await
            .expect("her words are one place");
        ben_is_joined(&house, inbox, anna).await;
        let refused = try_reply(&house, words(anna, "In zehn Minuten")).await;
        assert_eq!(code(refused), "ambiguous_reply_target");
        let meant = NewReply {
            in_reply_to: Some(id_of(&house, inbox, "b1").await),
            ..words(anna, "In zehn Minuten")
        };
        try_reply(&house, meant).await.expect("queued");
        work(&house, 3, Duration::from_secs(1)).await;
        assert_eq!(network.taken()[1]["in_reply_to"], json!("b1"));
    }
}

#[tokio::test]
async fn a_private_answer_reaches_the_party_and_nobody_else() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, anna) = waiting(&house, &network, false).await;
        house
            .deliver(inbox, &[post("c2", "cem", "Ich auch", 30, Some("c1"))])
            .await;
        house.take_in().await;
        ben_is_joined(&house, inbox, anna).await;
        let secret = || NewReply {
            visibility: Visibility::Private,
            ..words(anna, "Ihre Nummer?")
        };
        let sent = try_reply(&house, secret()).await.expect("queued");
        assert_eq!(
            state(&house, sent).await.parent,
            Some(id_of(&house, inbox, "c1").await),
            "whose conversation it is"
        );
        house.deliver(inbox, &[deleted("c1"), deleted("b1")]).await;
        house.take_in().await;
        assert_eq!(code(try_reply(&house, secret()).await), "nothing_to_answer");
    }
}

#[tokio::test]
async fn a_private_answer_goes_into_the_thread_of_the_one_it_answers() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, anna) = waiting(&house, &network, false).await;
        house
            .deliver(inbox, &[private("p1", "anna", "t-anna", 12)])
            .await;
        house.take_in().await;
        ben_is_joined(&house, inbox, anna).await;
        let to = async |network_id, body: &str| {
            let new = NewReply {
                visibility: Visibility::Private,
                in_reply_to: Some(id_of(&house, inbox, network_id).await),
                ..words(anna, body)
            };
            let sent = try_reply(&house, new).await.expect("queued");
            state(&house, sent).await.thread
        };
        assert_eq!(to("b1", "Für Ben").await.as_deref(), Some("ben"));
        assert_eq!(to("c1", "Für Anna").await.as_deref(), Some("t-anna"));
    }
}

#[tokio::test]
async fn only_what_stands_at_the_network_is_answered() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, anna) = waiting(&house, &network, false).await;
        let note = NewReply {
            visibility: Visibility::Note,
            ..words(anna, "Wer kennt sie?")
        };
        let note = try_reply(&house, note).await.expect("noted");
        let queued = NewReply {
            send_at: Some(house.care.now().after(Duration::from_secs(3_600))),
            ..words(anna, "Morgen mehr")
        };
        let queued = try_reply(&house, queued).await.expect("queued");
        house
            .deliver(inbox, &[post("c2", "anna", "Falsch", 20, Some("c1"))])
            .await;
        house.deliver(inbox, &[deleted("c2")]).await;
        house.take_in().await;
        let gone = id_of(&house, inbox, "c2").await;
        for unfit in [note, queued, gone] {
            for visibility in [Visibility::Public, Visibility::Private] {
                let new = NewReply {
                    in_reply_to: Some(unfit),
                    visibility,
                    ..words(anna, "Dazu")
                };
                let refused = try_reply(&house, new).await;
                assert!(
                    matches!(&refused, Err(CareError::Invalid(fields))
                        if fields[0].field == "in_reply_to"),
                    "{visibility:?} {refused:?}"
                );
            }
            let note = NewReply {
                in_reply_to: Some(unfit),
                visibility: Visibility::Note,
                ..words(anna, "Dazu")
            };
            try_reply(&house, note).await.expect("a note may");
        }
        let sent = try_reply(&house, words(anna, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(1)).await;
        let below = NewReply {
            in_reply_to: Some(sent),
            ..words(anna, "Doch Gleis 8")
        };
        try_reply(&house, below)
            .await
            .expect("below our own answer");
        let aside = NewReply {
            in_reply_to: Some(sent),
            visibility: Visibility::Private,
            ..words(anna, "Wohin?")
        };
        assert_eq!(code(try_reply(&house, aside).await), "nothing_to_answer");
    }
}

#[tokio::test]
async fn a_file_is_as_large_as_the_network_takes() {
    const MOST: usize = 10 << 20;
    for house in houses().await {
        let network = Network::default();
        let (_, anna) = waiting(&house, &network, false).await;
        for (size, fits) in [(MOST + 1, false), (MOST, true)] {
            let bytes = vec![b'a'; size];
            let file = uploads::upload_by_agent(&house.care, &house.operator(), "plan.txt", bytes)
                .await
                .expect("kept");
            let with_file = |visibility| NewReply {
                attachments: vec![file.id],
                visibility,
                ..words(anna, "Siehe Anhang")
            };
            let outcome = try_reply(&house, with_file(Visibility::Public)).await;
            if fits {
                outcome.expect("queued");
                continue;
            }
            assert_eq!(code(outcome), "attachment_too_large");
            let note = with_file(Visibility::Note);
            try_reply(&house, note)
                .await
                .expect("a note leaves nothing");
        }
    }
}

#[tokio::test]
async fn an_answer_taken_back_leaves_her_waiting() {
    for house in houses().await {
        let network = Network::default();
        let (_, anna) = waiting(&house, &network, false).await;
        let asked = row(&house, anna).await.waiting_since;
        let sent = try_reply(&house, words(anna, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(1)).await;
        assert_eq!(row(&house, anna).await.status, Status::Waiting);
        act::ask(&house.care, &house.operator(), sent, Act::Delete)
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(1)).await;
        assert!(state(&house, sent).await.deleted_at.is_some());
        let again = row(&house, anna).await;
        assert_eq!((again.status, again.waiting_since), (Status::Open, asked));
        assert!(again.waiting_since > Some(Timestamp(0)));
        assert!(again.first_response_at.is_some(), "it was there once");
    }
}
