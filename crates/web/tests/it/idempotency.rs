//! `Idempotency-Key`: one effect, one answer, for one person.

use axum::http::Method;
use kulant_model::role::Role;
use serde_json::json;
use std::time::Duration;

use crate::{Answer, Client, houses};

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
        house.agent("anna@example.org", Role::Agent, &[]).await;
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
        let body = kept.answer.expect("answered").body;
        assert!(!body.is_empty() && !body.contains("kt_"));
    }
}
