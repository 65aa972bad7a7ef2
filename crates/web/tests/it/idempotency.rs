//! `Idempotency-Key`: one effect, one answer, for one person.

use axum::http::Method;
use kulant_care::idempotency::{Proof, Turn, take};
use kulant_care::reply::{self, NewReply};
use kulant_model::ids::AgentId;
use kulant_model::message::Visibility;
use kulant_model::role::{Person, Role, Scope};
use kulant_store::idempotency::{KeptAnswer, StoredAnswer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

use crate::network::post_of;
use crate::{Answer, Client, House, houses};

const TAGS: &str = "/api/v1/tags";

async fn post(client: &Client, key: &str, name: &str) -> Answer {
    let body = Some(json!({"name": name}));
    client
        .send(Method::POST, TAGS, body, &[("idempotency-key", key)])
        .await
}

#[tokio::test]
async fn the_same_request_twice_has_one_effect_and_one_answer() {
    for house in houses().await {
        let chef = house.administrator().await;
        let first = post(&chef, "k1", "zug").await;
        let second = post(&chef, "k1", "zug").await;
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(first.text, second.text);
        assert_eq!(second.header("content-type"), "application/json");
        assert_eq!(second.header("idempotency-replayed"), "true");
        assert_eq!(first.header("idempotency-replayed"), "");

        let other = post(&chef, "k1", "bus").await;
        assert_eq!(
            (other.status, other.code()),
            (422, "idempotency_key_reused")
        );
        let fresh = post(&chef, "k2", "zug").await;
        assert_eq!((fresh.status, fresh.fault()), (422, ("name", "taken")));
        house.clock.pass(Duration::from_hours(25));
        let chef = house.sign_in("chef@example.org").await;
        assert_eq!(
            post(&chef, "k1", "bus").await.status,
            201,
            "forgotten after a day"
        );
    }
}

#[tokio::test]
async fn a_key_that_a_call_was_written_down_under_is_no_other_calls() {
    for house in houses().await {
        let chef = house.administrator().await;
        let new = json!({"name": "Hotline", "channel": "phone", "settings": {}});
        let made = chef.post("/api/v1/inboxes", new).await;
        assert_eq!(made.status, 201, "{made:?}");
        let path = format!("/api/v1/inboxes/{}/calls", made.id());
        let note = async |client: &Client, said: &str| {
            let body = Some(json!({"number": "030 123456", "said": said}));
            let key = [("idempotency-key", "k1")];
            client.send(Method::POST, &path, body, &key).await
        };
        let first = note(&chef, "Der Anschluss ist tot.").await;
        assert_eq!(first.status, 201, "{first:?}");
        // The answer is forgotten after a day, the call is not.
        house.clock.pass(Duration::from_hours(25));
        let chef = house.sign_in("chef@example.org").await;
        let again = note(&chef, "Der Anschluss ist tot.").await;
        assert_eq!((again.status, again.id()), (201, first.id()));
        house.clock.pass(Duration::from_hours(25));
        let chef = house.sign_in("chef@example.org").await;
        let other = note(&chef, "Der Anschluss geht wieder.").await;
        let told = (other.status, other.code());
        assert_eq!(told, (422, "idempotency_key_reused"));
        assert_eq!(again.json["message_count"], 1);
    }
}

#[tokio::test]
async fn the_same_change_of_another_version_is_another_request() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let chef = house.sign_in("chef@example.org").await;
        let listed = chef.get("/api/v1/conversations").await;
        let id = listed.json["items"][0]["id"].as_str().expect("an id");
        let path = format!("/api/v1/conversations/{id}/priority");
        let seen = listed.json["items"][0]["version"]
            .as_i64()
            .expect("a version");
        let urgent = async |version: i64| {
            let version = format!("\"{version}\"");
            let headers = [("if-match", version.as_str()), ("idempotency-key", "k")];
            let body = Some(json!({"priority": "urgent"}));
            chef.send(Method::POST, &path, body, &headers).await
        };
        assert_eq!(urgent(seen).await.status, 200);
        let again = urgent(seen).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        let other = urgent(seen + 1).await;
        assert_eq!(
            (other.status, other.code()),
            (422, "idempotency_key_reused")
        );
    }
}

#[tokio::test]
async fn a_request_that_failed_did_nothing_and_frees_its_key() {
    for house in houses().await {
        let chef = house.administrator().await;
        assert_eq!(post(&chef, "k", "a,b").await.status, 422);
        assert_eq!(post(&chef, "k", "ab").await.status, 201);
        let mut forger = chef.clone();
        forger.csrf = None;
        assert_eq!(post(&forger, "k", "ab").await.status, 403);
        let empty = post(&chef, "", "x").await;
        assert_eq!(
            (empty.status, empty.fault()),
            (422, ("Idempotency-Key", "unreadable"))
        );
    }
}

#[tokio::test]
async fn keys_are_each_persons_own() {
    for house in houses().await {
        let chef = house.administrator().await;
        house.agent("anna@example.org", Role::Supervisor, &[]).await;
        let anna = house.sign_in("anna@example.org").await;
        let one = post(&chef, "k", "zug").await;
        let other = post(&anna, "k", "bus").await;
        assert_eq!((one.status, other.status), (201, 201));
        assert_ne!(one.id(), other.id());
        assert_eq!(post(&house.stranger(), "k", "zug").await.status, 401);
    }
}

#[tokio::test]
async fn many_at_once_have_one_effect() {
    for house in houses().await {
        let chef = house.administrator().await;
        let answers = tokio::join!(
            post(&chef, "k", "zug"),
            post(&chef, "k", "zug"),
            post(&chef, "k", "zug"),
            post(&chef, "k", "zug"),
        );
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            let fine = answer.status == 201
                || (answer.status == 409 && answer.code() == "idempotency_key_in_progress");
            assert!(fine, "{answer:?}");
        }
        assert_eq!(
            chef.get(TAGS).await.json["items"].as_array().map(Vec::len),
            Some(1)
        );
    }
}

#[tokio::test]
async fn a_secret_in_a_kept_answer_is_sealed() {
    for house in houses().await {
        let chef = house.administrator().await;
        let body = Some(json!({"name": "t"}));
        let key = [("idempotency-key", "k")];
        let made = chef
            .send(Method::POST, "/api/v1/tokens", body.clone(), &key)
            .await;
        let again = chef.send(Method::POST, "/api/v1/tokens", body, &key).await;
        assert_eq!(made.text, again.text);
        let agent = chef.get("/api/v1/session").await.json["agent"]["id"].clone();
        let agent = agent.as_str().expect("an id").parse().expect("an id");
        let kept = house
            .care
            .store
            .read(move |read| kulant_store::idempotency::find(read, agent, "k"))
            .await
            .expect("read")
            .expect("kept");
        let KeptAnswer::Whole(StoredAnswer { body, .. }) = kept.answer else {
            panic!("it was answered: {kept:?}");
        };
        assert!(!body.is_empty() && !body.contains("kt_"));
    }
}

/// Takes a key for a request as a process does that ends before it is answered.
async fn begin(house: &House, agent: AgentId, path: &str, body: &Value, proof: Proof) {
    let hash = Sha256::new()
        .chain_update(path.trim_start_matches("/api/v1"))
        .chain_update([0, 0])
        .chain_update(body.to_string())
        .finalize();
    let turn = take(&house.care, agent, "k", hash.to_vec(), proof).await;
    assert_eq!(turn.expect("taken"), Turn::First);
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_not_written_again() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Wo bleibt der Zug?", 1, None)])
            .await;
        let conversation = desk.only_conversation(&desk.agent).await["id"].clone();
        let conversation = conversation.as_str().expect("an id");
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let key = [("idempotency-key", "k")];
        let send = |body: Value, client: Client| {
            let path = path.clone();
            async move { client.send(Method::POST, &path, Some(body), &key).await }
        };
        let body = json!({"body": "In vier Minuten.", "visibility": "public"});
        begin(&house, desk.agent_id, &path, &body, Proof::Message).await;
        let person = Person {
            agent: desk.agent_id,
            scope: Scope::Teams([desk.team].into()),
            ..kulant_care::access::operator()
        };
        let reply = NewReply {
            conversation: conversation.parse().expect("an id"),
            body: "In vier Minuten.".to_owned(),
            visibility: Visibility::Public,
            in_reply_to: None,
            send_at: None,
            mentions: Vec::new(),
            attachments: Vec::new(),
            template: None,
            resolve: false,
        };
        let written = reply::reply_once(&house.care, &person, reply.clone(), "k").await;
        let written = written.expect("written").to_string();

        // Here the process ended. At once and later the same message is shown.
        for minutes in [0, 5, 60] {
            house.clock.pass(Duration::from_mins(minutes));
            let again = send(body.clone(), desk.agent.clone()).await;
            assert_eq!((again.status, again.id()), (202, written.clone()));
            assert_eq!(again.header("idempotency-replayed"), "true");
        }
        let second = reply::reply_once(&house.care, &person, reply, "k").await;
        assert!(second.is_err(), "who comes late writes nothing");
        let messages = desk.agent.get(&path).await.json;
        let bodies = messages["items"].as_array().map(Vec::len);
        assert_eq!(bodies, Some(2), "the post and one answer");
    }
}

#[tokio::test]
async fn a_message_that_was_not_written_is_written_later() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Wo bleibt der Zug?", 1, None)])
            .await;
        let conversation = desk.only_conversation(&desk.agent).await["id"].clone();
        let path = format!(
            "/api/v1/conversations/{}/messages",
            conversation.as_str().expect("an id")
        );
        let body = json!({"body": "In vier Minuten.", "visibility": "public"});
        begin(&house, desk.agent_id, &path, &body, Proof::Message).await;
        let key = [("idempotency-key", "k")];
        let send = || {
            desk.agent
                .send(Method::POST, &path, Some(body.clone()), &key)
        };
        let soon = send().await;
        assert_eq!(
            (soon.status, soon.code()),
            (409, "idempotency_key_in_progress")
        );
        house.clock.pass(Duration::from_mins(3));
        let (first, second) = (send().await, send().await);
        assert_eq!((first.status, second.status), (202, 202));
        assert_eq!(first.id(), second.id());
        assert_eq!(first.header("idempotency-replayed"), "");
        desk.work().await;
        assert_eq!(desk.network.taken().len(), 1);
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_by_itself() {
    for house in houses().await {
        let chef = house.administrator().await;
        let agent = chef.get("/api/v1/session").await.json["agent"]["id"].clone();
        let agent = agent.as_str().expect("an id").parse().expect("an id");
        let body = json!({"name": "zug"});
        begin(&house, agent, TAGS, &body, Proof::None).await;
        let soon = post(&chef, "k", "zug").await;
        assert_eq!(
            (soon.status, soon.code()),
            (409, "idempotency_key_in_progress")
        );
        for minutes in [3, 600] {
            house.clock.pass(Duration::from_mins(minutes));
            let later = post(&chef, "k", "zug").await;
            assert_eq!((later.status, later.code()), (409, "outcome_unknown"));
        }
        assert_eq!(post(&chef, "other", "zug").await.status, 201);
        house.clock.pass(Duration::from_hours(15));
        let chef = house.sign_in("chef@example.org").await;
        assert_eq!(post(&chef, "k", "bus").await.status, 201);
    }
}

#[tokio::test]
async fn an_erasure_frees_no_key() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Wo bleibt der Zug?", 1, None)])
            .await;
        let asked = desk.only_conversation(&desk.agent).await;
        desk.happens(&[post_of("p2", "ben", "Und meiner?", 2, None)])
            .await;
        let path = format!(
            "/api/v1/conversations/{}/messages",
            asked["id"].as_str().expect("an id")
        );
        let body = json!({"body": "In vier Minuten.", "visibility": "public"});
        let key = [("idempotency-key", "k")];
        let send = || {
            desk.agent
                .send(Method::POST, &path, Some(body.clone()), &key)
        };
        let first = send().await;
        assert_eq!(post(&desk.administrator, "t", "zug").await.status, 201);

        let contacts = desk.administrator.get("/api/v1/contacts?q=ben").await.json;
        let ben = &contacts["items"][0];
        let erased = desk
            .administrator
            .delete(
                &format!("/api/v1/contacts/{}", ben["id"].as_str().expect("an id")),
                ben["version"].as_i64().expect("a version"),
            )
            .await;
        assert_eq!(erased.status, 204, "{erased:?}");

        let again = send().await;
        assert_eq!((again.status, again.id()), (202, first.id()));
        assert_eq!(again.header("idempotency-replayed"), "true");
        let tag = post(&desk.administrator, "t", "zug").await;
        assert_eq!((tag.status, tag.code()), (409, "answer_erased"));
        desk.work().await;
        assert_eq!(desk.network.taken().len(), 1);
    }
}
