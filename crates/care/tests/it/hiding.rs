//! What others said in public is hidden and shown again, and our own signs stand below it.

use std::time::Duration;

use kulant_care::CareError;
use kulant_care::act::{self, Act};
use kulant_care::view;
use kulant_model::event::EventKind;
use kulant_model::ids::{ActorId, MessageId};
use kulant_model::role::Person;
use serde_json::{Value as Json, json};

use crate::conversations::row;
use crate::network::{Network, Turn, waiting, words, work};
use crate::{House, houses};

/// A colleague who may everything, and is not kulant itself.
fn colleague(house: &House) -> Person {
    Person {
        actor: ActorId(77),
        ..house.operator()
    }
}

async fn ask(house: &House, id: MessageId, act: Act) -> Result<(), CareError> {
    act::ask(&house.care, &colleague(house), id, act).await
}

async fn seen(house: &House, id: MessageId) -> view::MessageView {
    let found = view::find_message(&house.care, &house.operator(), id).await;
    found.expect("the message")
}

fn hides(network: &Network) -> Vec<(Json, Json)> {
    let taken = network.taken();
    taken
        .iter()
        .filter(|item| item["type"] != "reply")
        .map(|item| (item["type"].clone(), item["of"].clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_is_hidden_at_its_network_and_shown_again() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let comment = row(&house, id).await.root.expect("a first message");
        assert_eq!(seen(&house, comment).await.hidden_at, None);

        ask(&house, comment, Act::Hide { hidden: true })
            .await
            .expect("queued");
        assert_eq!(seen(&house, comment).await.hidden_at, None, "not yet");
        let hidden_at = house.care.now();
        work(&house, 1, Duration::from_secs(5)).await;
        assert_eq!(hides(&network), [(json!("hide"), json!("c1"))]);
        assert_eq!(seen(&house, comment).await.hidden_at, Some(hidden_at));
        let body = seen(&house, comment).await.message.body;
        assert_eq!(body, "Wo bleibt der Zug?", "colleagues still read it");

        ask(&house, comment, Act::Hide { hidden: false })
            .await
            .expect("queued");
        work(&house, 1, Duration::from_secs(5)).await;
        assert_eq!(hides(&network)[1].0, "unhide");
        assert_eq!(seen(&house, comment).await.hidden_at, None);

        let events = view::list_events(&house.care, &house.operator(), id, 0, 100)
            .await
            .expect("listed");
        let told: Vec<(i64, Json)> = events
            .items
            .iter()
            .map(|(event, _)| &event.event)
            .filter(|event| event.kind == EventKind::MessageHidden)
            .map(|event| (event.actor.0, event.facts["hidden"].clone()))
            .collect();
        assert_eq!(told, [(77, json!(true)), (77, json!(false))]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_hiding_and_showing_the_last_wish_counts() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let comment = row(&house, id).await.root.expect("a first message");
        for hidden in [true, false] {
            ask(&house, comment, Act::Hide { hidden })
                .await
                .expect("queued");
        }
        work(&house, 1, Duration::from_secs(5)).await;
        let done: Vec<Json> = hides(&network).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(done, ["unhide"], "what was taken back never left");

        // A network that does not want to is told to people, and nothing is hidden here.
        network.will(&[Turn::Answer(422, json!({"detail": "verboten"}))]);
        ask(&house, comment, Act::Hide { hidden: true })
            .await
            .expect("queued");
        work(&house, 1, Duration::from_secs(5)).await;
        assert_eq!(seen(&house, comment).await.hidden_at, None);
        let alerts = house
            .care
            .store
            .read(|read| kulant_store::alerts::list(read, 10));
        let alerts = alerts.await.expect("read");
        assert_eq!(alerts[0].alert.facts["act"], json!("hide"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_others_said_in_public_can_be_hidden() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let sent = kulant_care::reply::reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let mut private = crate::post("p1", "ben", "Meine Nummer ist 4711", 20, None);
        private["visibility"] = json!("private");
        private["thread"] = json!("ben");
        house.deliver(inbox, &[private]).await;
        house.take_in().await;
        let other = crate::network::conversations(&house, inbox).await;
        let other = other.into_iter().find(|other| *other != id).expect("ben's");
        let newest = row(&house, other).await.last_message;
        for message in [sent, newest] {
            let refused = ask(&house, message, Act::Hide { hidden: true }).await;
            assert!(
                matches!(&refused, Err(CareError::Refused(refusal))
                    if refusal.code == "network_cannot_do_this"),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_reaction_stands_below_a_comment_until_we_take_it_back() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let comment = row(&house, id).await.root.expect("a first message");
        let like = json!({
            "type": "reaction", "id": "r1", "of": "c1", "reaction": "like",
            "author": {"id": "ben", "name": "Ben"}, "time": house.care.now().to_string(),
        });
        house.deliver(inbox, &[like]).await;
        house.take_in().await;
        for (added, count) in [(true, 2), (false, 1)] {
            let kind = "like".to_owned();
            ask(&house, comment, Act::React { kind, added })
                .await
                .expect("queued");
            work(&house, 1, Duration::from_secs(5)).await;
            let [likes] = &seen(&house, comment).await.reactions[..] else {
                panic!("one kind of reaction");
            };
            assert_eq!((likes.count, likes.ours), (count, added));
        }
    }
}

#[tokio::test]
async fn what_we_hid_is_not_deleted_where_hidden_things_go_missing() {
    for house in houses().await {
        let settings = json!({"channel_id": "UCnordbahn", "access_token": "hush",
            "client_id": "app", "client_secret": "hush"});
        let inbox = house.connect("youtube", "YouTube", settings).await;
        let comment = |id: &str| {
            json!({"id": id, "snippet": {"textOriginal": "Hallo?", "authorDisplayName": "@anna",
                "authorChannelId": {"value": "UCanna"}, "publishedAt": "2026-11-22T04:30:00Z",
                "updatedAt": "2026-11-22T04:30:00Z", "parentId": "Ugx1"}})
        };
        let items = json!({"items": [comment("Ugx1.a"), comment("Ugx1.b")]});
        house
            .deliver_raw(inbox, "replies", &items.to_string())
            .await;
        house.take_in().await;
        let now = house.care.now();
        let found = house.care.store.write(move |tx| {
            let known = kulant_store::messages::list_known(tx, inbox, &["Ugx1.a", "Ugx1.b"])?;
            let hidden = known
                .iter()
                .find(|known| known.network_id.as_deref() == Some("Ugx1.a"))
                .expect("it was taken in");
            kulant_store::messages::set_hidden(tx, hidden.id, Some(now))?;
            Ok::<_, CareError>(known)
        });
        let found = found.await.expect("kept");

        let missing = json!({"ids": ["Ugx1.a", "Ugx1.b"]}).to_string();
        house.deliver_raw(inbox, "missing", &missing).await;
        house.take_in().await;
        for known in found {
            let message = seen(&house, known.id).await.message;
            let is_hidden = known.network_id.as_deref() == Some("Ugx1.a");
            assert_eq!(message.deleted_at.is_none(), is_hidden);
            assert_eq!(message.body == "Hallo?", is_hidden);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_messages_waits_as_the_network_asks() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let comment = row(&house, id).await.root.expect("a first message");
        let until = house.care.now().after(Duration::from_secs(600));
        house
            .care
            .store
            .write(move |tx| kulant_store::inboxes::keep_quiet(tx, inbox, until))
            .await
            .expect("kept");
        ask(&house, comment, Act::Hide { hidden: true })
            .await
            .expect("queued");
        work(&house, 1, Duration::from_secs(590)).await;
        work(&house, 1, Duration::from_secs(20)).await;
        assert_eq!(hides(&network), [], "not before it is over");
        work(&house, 1, Duration::from_secs(5)).await;
        assert_eq!(hides(&network), [(json!("hide"), json!("c1"))]);
    }
}
