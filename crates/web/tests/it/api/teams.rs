//! `/teams`: members, versions and what keeps a team in use.

use kulant_model::role::Role;
use serde_json::{Value, json};

use crate::houses;

const TEAMS: &str = "/api/v1/teams";

#[tokio::test]
async fn a_team_is_made_changed_and_archived() {
    for house in houses().await {
        let chef = house.administrator().await;
        let anna = house.agent("anna@example.org", Role::Agent, &[]).await;
        let new = json!({"name": "Agentur", "kind": "agency", "signature": "Ihr Team",
            "members": [anna]});
        let made = chef.post(TEAMS, new).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.json["members"], json!([anna.to_string()]));
        let path = format!("{TEAMS}/{}", made.id());

        let changed = chef
            .patch(&path, 1, json!({"signature": null, "members": []}))
            .await;
        assert_eq!(changed.header("etag"), "\"2\"");
        assert_eq!(changed.json["signature"], Value::Null);
        assert_eq!(changed.json["kind"], "agency", "what is left out stays");
        assert_eq!(chef.get(&path).await.json, changed.json);

        let late = chef.patch(&path, 1, json!({"name": "Zu spät"})).await;
        assert_eq!((late.status, late.code()), (412, "version_conflict"));
        assert_eq!(late.json["current_version"], 2);
        let blind = chef
            .send(
                axum::http::Method::PATCH,
                &path,
                Some(json!({"name": "x"})),
                &[],
            )
            .await;
        assert_eq!((blind.status, blind.code()), (428, "if_match_required"));

        assert_eq!(chef.delete(&path, 1).await.status, 412);
        assert_eq!(chef.delete(&path, 2).await.status, 204);
        assert_eq!(chef.get(&path).await.status, 404);
    }
}

#[tokio::test]
async fn an_archived_team_gives_its_name_up_to_the_next_one() {
    for house in houses().await {
        let chef = house.administrator().await;
        let name = json!({"name": "Agentur"});
        let keeps = chef.post(TEAMS, json!({"name": "Nacht"})).await;
        for round in 0..3 {
            let made = chef.post(TEAMS, name.clone()).await;
            assert_eq!(made.status, 201, "{round}: {made:?}");
            let taken = chef.post(TEAMS, name.clone()).await;
            assert_eq!((taken.status, taken.fault()), (422, ("name", "taken")));
            let path = format!("{TEAMS}/{}", made.id());
            assert_eq!(chef.delete(&path, 1).await.status, 204);
        }
        let path = format!("{TEAMS}/{}", keeps.id());
        let renamed = chef.patch(&path, 1, name).await;
        assert_eq!(renamed.json["name"], "Agentur", "{renamed:?}");
    }
}

#[tokio::test]
async fn a_team_that_an_inbox_feeds_stays() {
    for house in houses().await {
        let chef = house.administrator().await;
        let inbox = json!({"name": "Post", "channel": "webhook"});
        let inbox = chef.post("/api/v1/inboxes", inbox).await;
        let team = inbox.json["team"]["id"].as_str().expect("an id");
        let refused = chef.delete(&format!("{TEAMS}/{team}"), 1).await;
        assert_eq!((refused.status, refused.code()), (409, "team_has_inboxes"));
    }
}

#[tokio::test]
async fn of_two_writers_one_wins_and_the_other_is_told() {
    for house in houses().await {
        let chef = house.administrator().await;
        let id = house.team("Bahn").await;
        let path = format!("{TEAMS}/{id}");
        let (one, other) = tokio::join!(
            chef.patch(&path, 1, json!({"name": "Eins"})),
            chef.patch(&path, 1, json!({"name": "Zwei"})),
        );
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
    }
}
