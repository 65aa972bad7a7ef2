//! `/invitations`: links that work once, and the first administrator's way in.

use std::time::Duration;

use kulant_care::people::invitations::first_administrator;
use kulant_model::role::Role;
use serde_json::json;

use crate::{PASSWORD, houses};

fn path(link: &str) -> String {
    format!(
        "/api/v1/invitations/{}",
        link.rsplit('/').next().expect("a secret")
    )
}

#[tokio::test]
async fn an_invitation_is_accepted_once() {
    for house in houses().await {
        let chef = house.administrator().await;
        let new =
            json!({"name": "Anna", "email": "anna@example.org", "role": "agent", "teams": []});
        let agent = chef.post("/api/v1/agents", new).await;
        assert_eq!((agent.status, &agent.json["invited"]), (201, &json!(true)));
        let invite = format!("/api/v1/agents/{}/invitation", agent.id());
        let old = chef.post(&invite, json!({})).await;
        let new = chef.post(&invite, json!({})).await;
        assert_eq!(new.status, 201);
        let token = chef.post("/api/v1/tokens", json!({"name": "x"})).await;
        let mut program = house.stranger();
        program.bearer = token.json["token"].as_str().map(str::to_owned);
        let refused = program.post(&invite, json!({})).await;
        assert_eq!(
            (refused.status, refused.code()),
            (403, "forbidden"),
            "a password would outlive the token"
        );
        let link = new.json["link"].as_str().expect("a link");
        assert!(link.starts_with("http://127.0.0.1:8080/desk/invitation/"));
        let ended = path(old.json["link"].as_str().expect("a link"));
        assert_eq!(
            house.stranger().get(&ended).await.status,
            404,
            "a new link ends the old"
        );

        let mut anna = house.stranger();
        let shown = anna.get(&path(link)).await;
        assert_eq!(
            shown.json,
            json!({"name": "Anna", "email": "anna@example.org"})
        );
        let weak = anna.post(&path(link), json!({"password": "anna"})).await;
        assert_eq!(
            (weak.status, weak.fault()),
            (422, ("password", "too_short"))
        );
        let wanted = json!({"password": PASSWORD, "name": "Chefin", "email": "x@example.org"});
        let accepted = anna.post(&path(link), wanted).await;
        assert_eq!(accepted.status, 200, "{accepted:?}");
        assert_eq!(
            accepted.json["agent"]["name"], "Anna",
            "names are the inviter's to give"
        );
        assert_eq!(accepted.json["agent"]["email"], "anna@example.org");
        anna.keep(&accepted);
        assert_eq!(anna.get("/api/v1/session").await.status, 200);

        for answer in [
            house.stranger().get(&path(link)).await,
            house
                .stranger()
                .post(&path(link), json!({"password": PASSWORD}))
                .await,
        ] {
            assert_eq!((answer.status, answer.code()), (404, "not_found"));
        }
        let shown = chef.get(&format!("/api/v1/agents/{}", agent.id())).await;
        assert_eq!(shown.json["invited"], false);
    }
}

#[tokio::test]
async fn an_invitation_ends_after_two_days_or_with_the_account() {
    for house in houses().await {
        let chef = house.administrator().await;
        let new = json!({"name": "Anna", "email": "anna@example.org"});
        let agent = chef.post("/api/v1/agents", new).await;
        let invite = format!("/api/v1/agents/{}/invitation", agent.id());
        let link = chef.post(&invite, json!({})).await.json["link"].clone();
        let path = path(link.as_str().expect("a link"));
        house
            .clock
            .pass(Duration::from_hours(48) - Duration::from_secs(1));
        assert_eq!(house.stranger().get(&path).await.status, 200);
        house.clock.pass(Duration::from_secs(1));
        assert_eq!(house.stranger().get(&path).await.status, 404);

        let chef = house.sign_in("chef@example.org").await;
        let gone = chef
            .delete(&format!("/api/v1/agents/{}", agent.id()), 1)
            .await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let refused = chef.post(&invite, json!({})).await;
        assert_eq!((refused.status, refused.code()), (409, "agent_is_disabled"));
    }
}

#[tokio::test]
async fn the_first_administrator_gets_in_by_a_link_that_a_restart_renews() {
    for house in houses().await {
        let first = first_administrator(&house.care)
            .await
            .expect("asked")
            .expect("a link");
        let second = first_administrator(&house.care)
            .await
            .expect("asked")
            .expect("a link");
        assert_eq!(house.stranger().get(&path(&first)).await.status, 404);
        let mut chef = house.stranger();
        let wanted = json!({"password": PASSWORD, "name": "Clara", "email": "Clara@Example.org"});
        let accepted = chef.post(&path(&second), wanted).await;
        assert_eq!(accepted.status, 200, "{accepted:?}");
        assert_eq!(accepted.json["agent"]["name"], "Clara");
        assert_eq!(accepted.json["agent"]["role"], "administrator");
        chef.sign_in("clara@example.org", PASSWORD).await;
        assert_eq!(chef.get("/api/v1/session").await.status, 200);
        assert_eq!(first_administrator(&house.care).await.expect("asked"), None);
    }
}

#[tokio::test]
async fn there_is_no_such_link_where_somebody_was_invited_by_the_command_line() {
    for house in houses().await {
        house
            .agent("chef@example.org", Role::Administrator, &[])
            .await;
        assert_eq!(first_administrator(&house.care).await.expect("asked"), None);
    }
}
