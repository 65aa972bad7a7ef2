//! `/agents`: accounts, roles and who stays in charge.

use kulant_model::role::Role;
use serde_json::{Value, json};

use crate::{PASSWORD, houses};

const AGENTS: &str = "/api/v1/agents";

#[tokio::test]
async fn accounts_are_made_changed_and_listed_in_pages() {
    for house in houses().await {
        let chef = house.administrator().await;
        let team = house.team("Bahn").await;
        for number in 1..=4 {
            let new = json!({"name": format!("A {number}"), "email": format!("{number}@example.org"),
                "role": "supervisor", "teams": [team]});
            let made = chef.post(AGENTS, new).await;
            assert_eq!(made.status, 201, "{made:?}");
            assert_eq!(made.header("etag"), "\"1\"");
            assert_eq!(made.json["teams"][0]["name"], "Bahn");
        }
        let mut seen = Vec::new();
        let mut path = format!("{AGENTS}?limit=2");
        loop {
            let page = chef.get(&path).await;
            let items = page.json["items"].as_array().expect("a list").clone();
            seen.extend(
                items
                    .iter()
                    .map(|item| item["id"].as_str().map(str::to_owned)),
            );
            let Some(cursor) = page.json["next_cursor"].as_str() else {
                break;
            };
            path = format!("{AGENTS}?limit=2&cursor={cursor}");
        }
        assert_eq!(seen.len(), 5);
        seen.dedup();
        assert_eq!(seen.len(), 5);

        let taken = chef
            .post(AGENTS, json!({"name": "B", "email": "1@EXAMPLE.org"}))
            .await;
        assert_eq!((taken.status, taken.fault()), (422, ("email", "taken")));
        let unknown = json!({"name": "B", "email": "b@example.org", "teams": ["7"]});
        let unknown = chef.post(AGENTS, unknown).await;
        assert_eq!(
            (unknown.status, unknown.fault()),
            (422, ("teams", "unknown"))
        );
    }
}

#[tokio::test]
async fn colleagues_see_names_and_no_addresses() {
    for house in houses().await {
        house.administrator().await;
        house.agent("anna@example.org", Role::Agent, &[]).await;
        let anna = house.sign_in("anna@example.org").await;
        let listed = anna.get(AGENTS).await;
        assert_eq!(listed.json["items"][0]["name"], "chef");
        assert_eq!(listed.json["items"][0]["email"], Value::Null);
        assert!(!listed.text.contains('@'));
    }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    for house in houses().await {
        let chef = house.administrator().await;
        let own = chef.get("/api/v1/session").await.json["agent"]["id"].clone();
        let path = format!("{AGENTS}/{}", own.as_str().expect("an id"));
        for change in [json!({"role": "agent"}), json!({"disabled": true})] {
            let refused = chef.patch(&path, 1, change).await;
            assert_eq!(
                (refused.status, refused.code()),
                (409, "last_administrator")
            );
        }
        house
            .agent("zwei@example.org", Role::Administrator, &[])
            .await;
        assert_eq!(chef.delete(&path, 1).await.status, 204);
        assert_eq!(chef.get("/api/v1/session").await.status, 401, "out at once");
        let mut again = house.stranger();
        assert_eq!(
            again.sign_in("chef@example.org", PASSWORD).await.status,
            401
        );
    }
}

#[tokio::test]
async fn a_role_counts_at_once() {
    for house in houses().await {
        let chef = house.administrator().await;
        let id = house.agent("anna@example.org", Role::Agent, &[]).await;
        let anna = house.sign_in("anna@example.org").await;
        let team = json!({"name": "Neu"});
        assert_eq!(anna.post("/api/v1/teams", team.clone()).await.status, 403);
        let path = format!("{AGENTS}/{id}");
        assert_eq!(
            chef.patch(&path, 1, json!({"role": "supervisor"}))
                .await
                .status,
            200
        );
        assert_eq!(anna.post("/api/v1/teams", team).await.status, 201);
    }
}
