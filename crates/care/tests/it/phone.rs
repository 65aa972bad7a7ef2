//! Calls that colleagues write down: the number is who called, a call can belong to any conversation,
//! and what was promised comes back on top.

use std::time::Duration;

use kulant_care::admin::agents::{self, AgentChange};
use kulant_care::admin::teams::{self, TeamChange};
use kulant_care::phone::{NewCall, note, note_once};
use kulant_care::{CareError, conversations, overview, view};
use kulant_model::conversation::Status;
use kulant_model::ids::{InboxId, IntakeId};
use kulant_model::message::Direction;
use kulant_model::role::{Person, Role, Scope};
use kulant_model::time::Timestamp;
use kulant_store::{StoreError, inboxes, intakes, leases};
use serde_json::json;

use crate::conversations::{all, row};
use crate::{House, START, houses, post};

async fn phone(house: &House) -> InboxId {
    house.connect("phone", "Hotline", json!({})).await
}

fn call(number: &str, said: &str) -> NewCall {
    NewCall {
        number: Some(number.to_owned()),
        said: said.to_owned(),
        ..NewCall::default()
    }
}

#[tokio::test]
async fn a_call_comes_back_on_top_when_we_promised_to_call() {
    const HOUR: Duration = Duration::from_hours(1);
    for house in houses().await {
        let (inbox, person) = (phone(&house).await, house.operator());
        let at = house.care.now().after(HOUR);
        let first = NewCall {
            name: Some("Anna Beispiel".to_owned()),
            call_back_at: Some(at),
            ..call("030 123456", "Der Anschluss ist tot.")
        };
        let id = note(&house.care, &person, inbox, first)
            .await
            .expect("kept");
        let seen = row(&house, id).await;
        assert_eq!(
            (seen.status, seen.snoozed_until),
            (Status::Snoozed, Some(at))
        );
        assert!(seen.waiting_since.is_some(), "nobody answered yet");

        house.clock.pass(Duration::from_mins(10));
        let other = call("040 987654", "Wo bleibt die Rechnung?");
        let other = note(&house.care, &person, inbox, other).await;
        let other = other.expect("kept");
        assert_ne!(other, id, "another number is somebody else");
        assert_eq!(all(&house).await, [other, id]);
        assert_eq!(conversations::wake(&house.care).await.expect("looked"), 0);

        house.clock.pass(HOUR);
        assert_eq!(conversations::wake(&house.care).await.expect("woken"), 1);
        assert_eq!(row(&house, id).await.status, Status::Open);
        assert_eq!(all(&house).await, [id, other], "what is due is on top");

        // The same number in another way of writing is the same person and the same matter.
        let again = call("+49 (0)30 12 34-56", "Geht immer noch nicht.");
        let again = note(&house.care, &person, inbox, again).await;
        assert_eq!(again.expect("kept"), id);
        let seen = row(&house, id).await;
        assert_eq!((seen.message_count, seen.voices), (2, 1));
    }
}

#[tokio::test]
async fn what_was_answered_in_the_call_is_an_answer() {
    for house in houses().await {
        let (inbox, person) = (phone(&house).await, house.operator());
        let new = NewCall {
            answered: Some("Morgen um acht kommt jemand.".to_owned()),
            ..call("030 123456", "Wann kommt der Techniker?")
        };
        let id = note(&house.care, &person, inbox, new).await.expect("kept");
        let seen = row(&house, id).await;
        assert_eq!(seen.message_count, 2);
        assert_eq!(seen.waiting_since, None);
        assert!(seen.first_response_at.is_some());
        assert_eq!(seen.visibility, "private");
    }
}

#[tokio::test]
async fn colleagues_see_who_wrote_a_call_down() {
    for house in houses().await {
        let inbox = phone(&house).await;
        let vera = AgentChange {
            email: Some("vera@example.de".to_owned()),
            name: Some("Vera Nord".to_owned()),
            ..AgentChange::default()
        };
        let writer = agents::create(&house.care, &house.operator(), vera)
            .await
            .expect("an agent");
        let person = Person {
            agent: writer.id,
            ..house.operator()
        };
        let new = NewCall {
            answered: Some("Morgen um acht kommt jemand.".to_owned()),
            ..call("030 123456", "Wann kommt der Techniker?")
        };
        let id = note(&house.care, &person, inbox, new).await.expect("kept");
        let listed = view::list_messages(&house.care, &person, id, false, None, 10).await;
        let told: Vec<(Direction, Option<String>, Option<String>)> = listed
            .expect("listed")
            .items
            .into_iter()
            .map(|one| {
                let author = one.author;
                (
                    one.message.direction,
                    author.agent_name,
                    one.message.signature,
                )
            })
            .collect();
        let vera = || Some("Vera Nord".to_owned());
        assert_eq!(
            told,
            [
                (Direction::In, vera(), None),
                (Direction::Out, vera(), None)
            ],
            "and nothing of it is signed for the outside"
        );
    }
}

#[tokio::test]
async fn a_call_belongs_to_the_conversation_that_it_was_about() {
    for house in houses().await {
        let (inbox, person) = (phone(&house).await, house.operator());
        let page = house.inbox("page", json!({})).await;
        let items = [post("a", "anna", "Meine Rechnung stimmt nicht.", 0, None)];
        house.deliver(page, &items).await;
        house.take_in().await;
        let id = all(&house).await[0];
        let before = row(&house, id).await;

        let about = NewCall {
            conversation: Some(id),
            number: None,
            ..call("", "Sie hat die Gutschrift bekommen.")
        };
        let placed = note(&house.care, &person, inbox, about.clone()).await;
        assert_eq!(placed.expect("kept"), id);
        let seen = row(&house, id).await;
        assert_eq!((seen.message_count, seen.contact), (2, before.contact));
        assert_eq!(seen.visibility, "mixed");
        assert_eq!(all(&house).await, [id], "no conversation beside it");

        // Her number, told with another call, is hers from now on.
        let told = NewCall {
            number: Some("030 123456".to_owned()),
            ..about
        };
        let placed = note(&house.care, &person, inbox, told).await;
        assert_eq!(placed.expect("kept"), id);
        let later = call("030 123456", "Eine andere Frage.");
        let later = note(&house.care, &person, inbox, later).await;
        let later = row(&house, later.expect("kept")).await;
        assert_ne!(later.id, id, "a call of its own is a matter of its own");
        assert_eq!(later.contact, before.contact);
    }
}

#[tokio::test]
async fn what_is_no_call_is_refused() {
    for house in houses().await {
        let (inbox, person) = (phone(&house).await, house.operator());
        let page = house.inbox("page", json!({})).await;
        let refused = note(&house.care, &person, page, call("110", "Hallo")).await;
        let CareError::Refused(refusal) = refused.expect_err("a webhook is no phone") else {
            panic!("refused by a rule");
        };
        assert_eq!(refusal.code, "inbox_takes_no_calls");

        for (new, field) in [
            (call("110", "  "), "said"),
            (call("1234567", "Hallo"), "number"),
            (call("", "Hallo"), "number"),
        ] {
            let refused = note(&house.care, &person, inbox, new).await;
            let Err(CareError::Invalid(faults)) = refused else {
                panic!("{field} cannot be taken: {refused:?}");
            };
            assert_eq!(faults[0].field, field);
        }
        let past = NewCall {
            call_back_at: Some(house.care.now()),
            ..call("110", "Hallo")
        };
        let refused = note(&house.care, &person, inbox, past).await;
        assert!(matches!(refused, Err(CareError::Refused(_))), "{refused:?}");
        assert_eq!(all(&house).await, []);

        let nobody = NewCall {
            name: Some("Herr Meier".to_owned()),
            number: None,
            ..call("", "Ruft wieder an.")
        };
        let kept = note(&house.care, &person, inbox, nobody).await;
        assert!(kept.is_ok(), "a name is enough: {kept:?}");
    }
}

/// Somebody of the hotline's team alone.
async fn colleague(house: &House, inbox: InboxId) -> Person {
    let read = house
        .care
        .store
        .read(move |read| inboxes::find(read, inbox));
    let team = read.await.expect("read").expect("the inbox").team;
    Person {
        role: Role::Agent,
        scope: Scope::Teams([team].into()),
        ..house.operator()
    }
}

#[tokio::test]
async fn a_call_shows_nobody_what_another_team_has() {
    for house in houses().await {
        let (inbox, operator) = (phone(&house).await, house.operator());
        let person = colleague(&house, inbox).await;
        let first = call("030 123456", "Ich verklage Sie.");
        let legal = note(&house.care, &person, inbox, first)
            .await
            .expect("kept");
        let new = TeamChange {
            name: Some("Legal".to_owned()),
            ..TeamChange::default()
        };
        let team = teams::create(&house.care, &operator, new).await;
        let team = team.expect("a team").id;
        let version = row(&house, legal).await.version;
        let to = conversations::Assignment::Team(team);
        conversations::assign(&house.care, &operator, legal, version, to)
            .await
            .expect("handed over");

        let at = house.care.now().after(Duration::from_hours(1));
        let again = NewCall {
            call_back_at: Some(at),
            ..call("030 123456", "Und meine Rechnung?")
        };
        let own = note(&house.care, &person, inbox, again.clone()).await;
        let own = own.expect("kept");
        assert_ne!(own, legal);
        assert!(view::find(&house.care, &person, own).await.is_ok());
        assert_eq!(row(&house, own).await.snoozed_until, Some(at));
        assert_eq!(row(&house, legal).await.message_count, 1);
        // The next one goes on there, and whoever sees both goes on with the first.
        assert_eq!(
            note(&house.care, &person, inbox, again.clone())
                .await
                .expect("kept"),
            own
        );
        let seen = note(&house.care, &operator, inbox, again).await;
        assert_eq!(seen.expect("kept"), legal);
    }
}

#[tokio::test]
async fn the_same_request_again_is_the_same_call() {
    for house in houses().await {
        let (inbox, person) = (phone(&house).await, house.operator());
        let at = house.care.now().after(Duration::from_hours(1));
        let new = NewCall {
            answered: Some("Morgen.".to_owned()),
            call_back_at: Some(at),
            ..call("030 123456", "Wann kommt der Techniker?")
        };
        let once = async |key: &str| {
            let placed = note_once(&house.care, &person, inbox, new.clone(), key).await;
            placed.expect("kept")
        };
        let id = once("a").await;
        assert_eq!(once("a").await, id);
        assert_eq!(row(&house, id).await.message_count, 2);
        assert_eq!(once("b").await, id);
        assert_eq!(row(&house, id).await.message_count, 4);

        let corrected = [
            NewCall {
                said: "Wann kommt die Technikerin?".to_owned(),
                ..new.clone()
            },
            NewCall {
                call_back_at: None,
                ..new.clone()
            },
        ];
        for other in corrected {
            let told = note_once(&house.care, &person, inbox, other, "a").await;
            let Err(CareError::Refused(refusal)) = told else {
                panic!("another call under the same key: {told:?}");
            };
            assert_eq!(refusal.code, "idempotency_key_reused");
        }
        assert_eq!(row(&house, id).await.message_count, 4);
    }
}

#[tokio::test]
async fn a_promise_outlives_a_call_that_is_taken_in_later() {
    for house in houses().await {
        let (inbox, person) = (phone(&house).await, house.operator());
        let at = house.care.now().after(Duration::from_hours(1));
        let new = NewCall {
            call_back_at: Some(at),
            ..call("030 123456", "Der Anschluss ist tot.")
        };
        // Another process holds the inbox at that moment, and goes on holding it.
        let held = house.care.store.write(move |tx| {
            let until = Timestamp(i64::MAX);
            leases::take(tx, &format!("intake:{inbox}"), "other", START, until)
        });
        held.await.expect("held");
        let told = note(&house.care, &person, inbox, new).await;
        assert!(matches!(told, Err(CareError::Unavailable(_))), "{told:?}");
        let over = house
            .care
            .store
            .write(move |tx| leases::give_back(tx, &format!("intake:{inbox}"), "other"));
        over.await.expect("given back");
        house.take_in().await;
        let id = all(&house).await[0];
        assert_eq!(row(&house, id).await.status, Status::Open);
        crate::network::work(&house, 3, Duration::from_secs(20)).await;
        let seen = row(&house, id).await;
        assert_eq!(
            (seen.status, seen.snoozed_until),
            (Status::Snoozed, Some(at))
        );
    }
}

/// Notes a call that another process holds back, and lets two hours pass, after half of which it was
/// to be returned.
async fn held_back(house: &House, inbox: InboxId) -> Timestamp {
    let held = house.care.store.write(move |tx| {
        let until = Timestamp(i64::MAX);
        leases::take(tx, &format!("intake:{inbox}"), "other", START, until)
    });
    held.await.expect("held");
    let at = house.care.now().after(Duration::from_hours(1));
    let new = NewCall {
        call_back_at: Some(at),
        ..call("030 123456", "Der Anschluss ist tot.")
    };
    let person = house.operator();
    let noting = note(&house.care, &person, inbox, new);
    let told = tokio::time::timeout(Duration::from_millis(500), noting).await;
    assert!(told.is_err(), "somebody else takes it in: {told:?}");
    // More often than anybody looks so soon.
    crate::network::work(house, 59, Duration::from_mins(1)).await;
    assert!(alerts(house).await.is_empty(), "its time has not come");
    crate::network::work(house, 60, Duration::from_mins(1)).await;
    assert_eq!(alerts(house).await, ["call_back_due"]);
    at
}

async fn alerts(house: &House) -> Vec<String> {
    let listed = overview::list_alerts(&house.care, &house.operator()).await;
    let listed = listed.expect("alerts").into_iter();
    listed.map(|standing| standing.alert.kind).collect()
}

#[tokio::test]
async fn a_promise_whose_call_does_not_come_in_calls_a_person() {
    for house in houses().await {
        let inbox = phone(&house).await;
        let at = held_back(&house, inbox).await;
        let over = house
            .care
            .store
            .write(move |tx| leases::give_back(tx, &format!("intake:{inbox}"), "other"));
        over.await.expect("given back");
        house.take_in().await;
        crate::network::work(&house, 2, Duration::from_mins(5)).await;
        let id = all(&house).await[0];
        assert_eq!(row(&house, id).await.snoozed_until, Some(at));
        assert_eq!(conversations::wake(&house.care).await.expect("woken"), 1);
        assert!(alerts(&house).await.is_empty(), "it is at hand");
    }
}

#[tokio::test]
async fn a_promise_goes_with_a_call_that_somebody_discarded() {
    for house in houses().await {
        let inbox = phone(&house).await;
        held_back(&house, inbox).await;
        let now = house.care.now();
        let gone = house.care.store.write(move |tx| -> Result<(), StoreError> {
            let waiting = intakes::list_waiting(tx, inbox, IntakeId(0), now, 9)?;
            let ids: Vec<IntakeId> = waiting.iter().map(|delivery| delivery.id).collect();
            assert_eq!(intakes::finish(tx, &ids)?.len(), 1);
            Ok(())
        });
        gone.await.expect("discarded");
        crate::network::work(&house, 2, Duration::from_mins(5)).await;
        assert!(alerts(&house).await.is_empty());
    }
}
