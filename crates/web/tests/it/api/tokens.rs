//! `/tokens`: shown once, never wider than their person, revoked at once.

use std::time::Duration;

use axum::http::Method;
use kulant_model::role::Role;
use serde_json::{Value, json};

use crate::houses;

const TOKENS: &str = "/api/v1/tokens";

#[tokio::test]
async fn a_token_is_shown_once_and_works_until_it_is_revoked() {
    for house in houses().await {
        let chef = house.administrator().await;
        let made = chef.post(TOKENS, json!({"name": "Bericht"})).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = made.json["token"].as_str().expect("a token").to_owned();
        assert!(token.starts_with("kt_"));

        let listed = chef.get(TOKENS).await;
        assert_eq!(listed.json["items"][0]["name"], "Bericht");
        assert_eq!(listed.json["items"][0]["last_used_at"], Value::Null);
        assert!(!listed.text.contains(&token));

        let mut program = house.stranger();
        program.bearer = Some(token);
        let tag = program.post("/api/v1/tags", json!({"name": "x"})).await;
        assert_eq!(tag.status, 201, "a token needs no X-CSRF-Token: {tag:?}");
        let listed = chef.get(TOKENS).await;
        assert_eq!(
            listed.json["items"][0]["last_used_at"],
            "2026-11-18T11:06:40.000000Z"
        );

        let path = format!("{TOKENS}/{}", made.id());
        assert_eq!(
            chef.send(Method::DELETE, &path, None, &[]).await.status,
            204
        );
        assert_eq!(program.get("/api/v1/tags").await.status, 401);
        assert_eq!(
            chef.send(Method::DELETE, &path, None, &[]).await.status,
            404
        );
        assert_eq!(chef.get(TOKENS).await.json["items"], json!([]));
    }
}

#[tokio::test]
async fn a_token_narrows_and_never_widens() {
    for house in houses().await {
        let team = house.team("Bahn").await;
        house.agent("anna@example.org", Role::Agent, &[team]).await;
        let anna = house.sign_in("anna@example.org").await;
        let scopes = json!({"name": "t", "scopes": ["conversations:read", "people:write"]});
        let made = anna.post(TOKENS, scopes).await;
        let mut program = house.stranger();
        program.bearer = made.json["token"].as_str().map(str::to_owned);

        let session = program.get("/api/v1/session").await;
        assert_eq!(session.json["permissions"], json!(["conversations:read"]));
        assert_eq!(session.json["csrf_token"], Value::Null);
        let tag = program.post("/api/v1/tags", json!({"name": "x"})).await;
        assert_eq!(
            (tag.status, tag.code()),
            (403, "forbidden"),
            "not in its scopes"
        );
        let agent = json!({"name": "B", "email": "b@example.org"});
        assert_eq!(
            program.post("/api/v1/agents", agent).await.status,
            403,
            "not in hers"
        );

        for (path, body) in [
            (TOKENS, json!({"name": "child"})),
            (
                "/api/v1/session/password",
                json!({"current": "x", "new": "y"}),
            ),
        ] {
            assert_eq!(program.post(path, body).await.status, 403, "{path}");
        }
        let path = "/api/v1/session/preferences";
        let answer = program
            .send(Method::PATCH, path, Some(json!({})), &[])
            .await;
        assert_eq!(answer.status, 403);
        assert_eq!(program.get(TOKENS).await.status, 403);
        let answer = program
            .send(Method::DELETE, "/api/v1/session", None, &[])
            .await;
        assert_eq!(answer.status, 403);
    }
}

#[tokio::test]
async fn what_cannot_be_a_token_is_refused() {
    for house in houses().await {
        let chef = house.administrator().await;
        for (body, fault) in [
            (json!({"name": " "}), ("name", "required")),
            (json!({"name": "x", "scopes": []}), ("scopes", "required")),
            (
                json!({"name": "x", "scopes": ["root"]}),
                ("scopes", "not_a_choice"),
            ),
            (json!({"scopes": ["tags:write"]}), ("name", "required")),
            (
                json!({"name": "x", "scope": "tags:write"}),
                ("scope", "unknown"),
            ),
        ] {
            let answer = chef.post(TOKENS, body).await;
            assert_eq!((answer.status, answer.fault()), (422, fault));
        }
        let mut program = house.stranger();
        for bearer in ["kt_wrong", "", "x"] {
            program.bearer = Some(bearer.to_owned());
            assert_eq!(program.get("/api/v1/session").await.status, 401);
        }
        let mut basic = house.stranger();
        basic.cookie = chef.cookie.clone();
        let answer = basic
            .send(
                Method::GET,
                "/api/v1/session",
                None,
                &[("authorization", "Basic eDp5")],
            )
            .await;
        assert_eq!(
            answer.status, 401,
            "another way in does not fall back to the cookie"
        );
    }
}

#[tokio::test]
async fn a_token_ends_with_its_person() {
    for house in houses().await {
        let chef = house.administrator().await;
        let id = house.agent("anna@example.org", Role::Agent, &[]).await;
        let anna = house.sign_in("anna@example.org").await;
        let made = anna.post(TOKENS, json!({"name": "t"})).await;
        let mut program = house.stranger();
        program.bearer = made.json["token"].as_str().map(str::to_owned);
        house.clock.pass(Duration::from_hours(24 * 365));
        assert_eq!(
            program.get("/api/v1/session").await.status,
            200,
            "tokens do not age"
        );

        drop(chef);
        let chef = house.sign_in("chef@example.org").await;
        let disabled = chef
            .patch(
                &format!("/api/v1/agents/{id}"),
                1,
                json!({"disabled": true}),
            )
            .await;
        assert_eq!(disabled.status, 200, "{disabled:?}");
        assert_eq!(program.get("/api/v1/session").await.status, 401);
        assert_eq!(anna.get("/api/v1/session").await.status, 401);
    }
}
