//! `/brands`: every field, every fault, and the one that is always there.

use serde_json::{Value, json};

use crate::houses;

const BRANDS: &str = "/api/v1/brands";

#[tokio::test]
async fn there_is_a_brand_and_a_team_from_the_start() {
    for house in houses().await {
        let chef = house.administrator().await;
        let brands = chef.get(BRANDS).await;
        assert_eq!(brands.json["items"][0]["name"], "kulant");
        assert_eq!(brands.json["next_cursor"], Value::Null);
        let teams = chef.get("/api/v1/teams").await;
        assert_eq!(teams.json["items"][0]["name"], "Service");
        let path = format!(
            "{BRANDS}/{}",
            brands.json["items"][0]["id"].as_str().expect("an id")
        );
        let refused = chef.delete(&path, 1).await;
        assert_eq!((refused.status, refused.code()), (409, "last_brand"));
    }
}

#[tokio::test]
async fn a_brand_is_made_and_changed() {
    for house in houses().await {
        let chef = house.administrator().await;
        let new = json!({"name": "Straßenbahn Süd", "voice": "du", "languages": ["de", "en"],
            "colour": "#0B6E6E", "signature": "Deine Bahn", "imprint_url": "https://bahn.example/i",
            "hours": [{"day": 1, "open": "08:00", "close": "20:00"}], "hours_note": "Mo"});
        let made = chef.post(BRANDS, new).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.json["slug"], "strassenbahn-sued");
        assert_eq!(made.json["colour"], "#0b6e6e");
        assert_eq!(made.json["time_zone"], "Europe/Berlin");
        assert_eq!(
            made.json["hours"],
            json!([{"day": 1, "open": "08:00", "close": "20:00"}])
        );

        let path = format!("{BRANDS}/{}", made.id());
        let changed = chef
            .patch(
                &path,
                1,
                json!({"colour": null, "time_zone": "Europe/Vienna"}),
            )
            .await;
        assert_eq!(changed.json["colour"], Value::Null);
        assert_eq!(changed.json["voice"], "du");
        assert_eq!(chef.get(&path).await.header("etag"), "\"2\"");
        let same = chef.post(BRANDS, json!({"name": "Straßenbahn Süd"})).await;
        assert_eq!((same.status, same.fault()), (422, ("slug", "taken")));
        assert_eq!(chef.delete(&path, 2).await.status, 204);
        assert_eq!(chef.get(&path).await.status, 404);
        let again = chef.post(BRANDS, json!({"name": "Straßenbahn Süd"})).await;
        assert_eq!(again.status, 201, "nothing spoke of it, so it is gone");
    }
}

#[tokio::test]
async fn every_fault_is_named() {
    for house in houses().await {
        let chef = house.administrator().await;
        for (fields, fault) in [
            (json!({}), ("name", "required")),
            (json!({"name": "x".repeat(81)}), ("name", "too_long")),
            (json!({"name": "x", "slug": "Ä"}), ("slug", "not_a_slug")),
            (
                json!({"name": "x", "voice": "ihr"}),
                ("voice", "wrong_type"),
            ),
            (
                json!({"name": "x", "languages": ["fr"]}),
                ("languages", "not_a_choice"),
            ),
            (
                json!({"name": "x", "colour": "red"}),
                ("colour", "not_a_colour"),
            ),
            (
                json!({"name": "x", "imprint_url": "javascript:x"}),
                ("imprint_url", "not_an_address"),
            ),
            (
                json!({"name": "x", "time_zone": "Mars/Base"}),
                ("time_zone", "unknown"),
            ),
            (
                json!({"name": "x", "hours": [{"day": 8, "open": "08:00", "close": "09:00"}]}),
                ("hours", "not_a_span"),
            ),
            (
                json!({"name": "x", "hours": [{"day": 1}]}),
                ("hours[0].open", "required"),
            ),
            (json!({"name": "x", "logo": 1}), ("logo", "unknown")),
        ] {
            let answer = chef.post(BRANDS, fields.clone()).await;
            assert_eq!(
                (answer.status, answer.code(), answer.fault()),
                (422, "validation_failed", fault),
                "{fields}"
            );
        }
    }
}
