//! `/inboxes` and `/channels`: secrets go in and never come out, scopes hold.

use axum::http::Method;
use kulant_care::access;
use kulant_care::admin::inboxes;
use kulant_model::role::Role;
use serde_json::{Value, json};

use crate::network::post_of;
use crate::{START, houses};

const INBOXES: &str = "/api/v1/inboxes";

#[tokio::test]
async fn an_inbox_tells_its_secret_once() {
    for house in houses().await {
        let chef = house.administrator().await;
        let new = json!({"name": "Posteingang Züge", "channel": "webhook",
            "settings": {"answer_url": "https://example.org/answer"}});
        let made = chef.post(INBOXES, new).await;
        assert_eq!(made.status, 201, "{made:?}");
        let secret = made.json["hook_secret"]
            .as_str()
            .expect("a secret")
            .to_owned();
        assert!(secret.starts_with("whsec_"));
        assert_eq!(made.json["state"], "active");
        assert_eq!(made.json["brand"]["name"], "kulant");
        assert_eq!(made.json["team"]["name"], "Service");
        assert_eq!(made.json["health"]["lag_seconds"], 0);

        let path = format!("{INBOXES}/{}", made.id());
        let shown = chef.get(&path).await;
        assert_eq!(shown.json["hook_secret"], Value::Null);
        assert_eq!(shown.json["hook_path"], made.json["hook_path"]);
        assert_eq!(
            shown.json["settings"]["answer_url"],
            "https://example.org/answer"
        );
        let hook = shown.json["hook_path"].as_str().expect("a path");
        assert!(hook.starts_with("/hooks/") && hook.len() > 30, "{hook}");
        assert!(!shown.text.contains("whsec_"));

        let rotated = chef
            .send(
                Method::POST,
                &format!("{path}/secret"),
                None,
                &[("if-match", "\"1\"")],
            )
            .await;
        assert_eq!(rotated.status, 200, "{rotated:?}");
        let new = rotated.json["hook_secret"].as_str().expect("a secret");
        assert_ne!(new, secret);
        assert_eq!(rotated.header("etag"), "\"2\"");

        // What lies in the database is sealed.
        let id = made.id().parse().expect("an id");
        let row = house
            .care
            .store
            .read(move |read| kulant_store::inboxes::find(read, id))
            .await
            .expect("read")
            .expect("there");
        assert!(!String::from_utf8_lossy(&row.secrets).contains("whsec"));
    }
}

#[tokio::test]
async fn an_inbox_is_changed_paused_and_taken_out_of_use() {
    for house in houses().await {
        let chef = house.administrator().await;
        let team = house.team("Agentur").await;
        let made = chef
            .post(INBOXES, json!({"name": "Post", "channel": "webhook"}))
            .await;
        let path = format!("{INBOXES}/{}", made.id());
        let change = json!({"state": "paused", "team": team, "name": "Brief",
            "settings": {"answer_url": "https://example.org/a"}});
        let changed = chef.patch(&path, 1, change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(changed.json["state"], "paused");
        assert_eq!(changed.json["team"]["name"], "Agentur");
        assert_eq!(changed.json["name"], "Brief");
        let active = chef.patch(&path, 2, json!({"state": "active"})).await;
        assert_eq!(active.json["state"], "active");
        assert_eq!(
            active.json["settings"]["answer_url"],
            "https://example.org/a"
        );

        for strange in [
            json!({"paused": null}),
            json!({"active": {}}),
            json!(["paused"]),
        ] {
            let strange = chef.patch(&path, 3, json!({"state": strange})).await;
            assert_eq!(
                (strange.status, strange.fault()),
                (422, ("state", "wrong_type"))
            );
        }

        let same = chef
            .post(INBOXES, json!({"name": "Brief", "channel": "webhook"}))
            .await;
        assert_eq!((same.status, same.fault()), (422, ("name", "taken")));
        assert_eq!(chef.delete(&path, 3).await.status, 204);
        assert_eq!(chef.get(&path).await.status, 404);
        let again = chef
            .post(INBOXES, json!({"name": "Brief", "channel": "webhook"}))
            .await;
        assert_eq!(again.status, 201, "nothing spoke of it, so it is gone");
    }
}

#[tokio::test]
async fn an_archived_inbox_gives_its_name_up_and_stays_with_its_conversations() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let chef = &desk.administrator;
        let path = format!("{INBOXES}/{}", desk.inbox);
        assert_eq!(chef.delete(&path, 1).await.status, 204);
        let again = json!({"name": "Hafenpost", "channel": "webhook"});
        let made = chef.post(INBOXES, again.clone()).await;
        assert_eq!(made.status, 201, "{made:?}");
        let taken = chef.post(INBOXES, again).await;
        assert_eq!((taken.status, taken.fault()), (422, ("name", "taken")));
        let conversation = desk.only_conversation(chef).await;
        let name = conversation["inbox"]["name"].as_str().expect("a name");
        let day = START.to_string();
        assert_eq!(name, format!("Hafenpost ({})", &day[..10]));
    }
}

#[tokio::test]
async fn the_channel_says_what_is_wrong_with_its_settings() {
    for house in houses().await {
        let chef = house.administrator().await;
        for (fields, fault) in [
            (
                json!({"name": "x", "channel": "pigeon"}),
                ("channel", "not_a_choice"),
            ),
            (
                json!({"name": "", "channel": "webhook"}),
                ("name", "required"),
            ),
            (
                json!({"name": "x", "channel": "webhook", "settings": {"answer_url": "ftp://x"}}),
                ("settings.answer_url", "not_an_address"),
            ),
            (
                json!({"name": "x", "channel": "webhook", "settings": {"colour": "red"}}),
                ("settings.colour", "unknown"),
            ),
            (
                json!({"name": "x", "channel": "webhook", "settings": 7}),
                ("settings", "not_an_object"),
            ),
            (
                json!({"name": "x", "channel": "webhook", "brand": "7"}),
                ("brand", "unknown"),
            ),
            (
                json!({"name": "x", "channel": "webhook", "team": "7"}),
                ("team", "unknown"),
            ),
        ] {
            let answer = chef.post(INBOXES, fields.clone()).await;
            assert_eq!((answer.status, answer.fault()), (422, fault), "{fields}");
        }
    }
}

#[tokio::test]
async fn an_agent_sees_the_inboxes_of_their_teams_without_their_settings() {
    for house in houses().await {
        let chef = house.administrator().await;
        let (own, other) = (house.team("Eigen").await, house.team("Fremd").await);
        house.agent("anna@example.org", Role::Agent, &[own]).await;
        let anna = house.sign_in("anna@example.org").await;
        let mut paths = Vec::new();
        for (name, team) in [("Unsere", own), ("Deren", other)] {
            let new = json!({"name": name, "channel": "webhook", "team": team,
                "settings": {"answer_url": "https://example.org/secret"}});
            let made = chef.post(INBOXES, new).await;
            paths.push(format!("{INBOXES}/{}", made.id()));
        }
        let listed = anna.get(INBOXES).await;
        let items = listed.json["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["name"], "Unsere");
        assert_eq!(items[0]["settings"], json!({}));
        assert!(!listed.text.contains("/hooks/") && !listed.text.contains("Deren"));
        assert_eq!(anna.get(&paths[0]).await.status, 200);
        assert_eq!(anna.get(&paths[1]).await.status, 404);
        assert_eq!(
            chef.get(INBOXES).await.json["items"]
                .as_array()
                .map(Vec::len),
            Some(2)
        );
    }
}

#[tokio::test]
async fn channels_say_what_they_can_do() {
    for house in houses().await {
        let chef = house.administrator().await;
        let channels = chef.get("/api/v1/channels").await;
        let webhook = channels.json["items"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|channel| channel["channel"] == "webhook")
            .expect("the webhook")
            .clone();
        assert_eq!(channels.json["next_cursor"], json!(null));
        assert_eq!(webhook["needs_public_address"], true);
        assert_eq!(webhook["capabilities"]["public"]["send"], true);
        assert!(webhook["settings_schema"]["properties"]["answer_url"].is_object());
    }
}

#[tokio::test]
async fn a_changed_key_seals_everything_anew() {
    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const NEW: &str = "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA";
    for house in houses().await {
        let chef = house.administrator().await;
        let new = json!({"name": "Post", "channel": "webhook"});
        assert_eq!(chef.post(INBOXES, new).await.status, 201);

        let both = house.with_keys(&format!("{NEW}\n{OLD}\n")).await;
        assert_eq!(inboxes::seal_anew(&both).await.expect("sealed"), 1);
        assert_eq!(inboxes::seal_anew(&both).await.expect("sealed"), 0);
        let operator = access::operator();
        let only_new = house.with_keys(NEW).await;
        assert_eq!(
            inboxes::list(&only_new, &operator, 0, 9)
                .await
                .expect("opened")
                .len(),
            1
        );
        let only_old = house.with_keys(OLD).await;
        assert!(
            inboxes::seal_anew(&only_old).await.is_err(),
            "nothing opens with a key that is gone"
        );
        assert_eq!(
            inboxes::list(&only_old, &operator, 0, 9)
                .await
                .expect("still listed")
                .len(),
            1
        );
    }
}
