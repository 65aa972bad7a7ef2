//! `/tags`: free words, in the order of their names.

use axum::http::Method;
use serde_json::json;

use crate::houses;

const TAGS: &str = "/api/v1/tags";

#[tokio::test]
async fn tags_are_made_changed_listed_and_removed() {
    for house in houses().await {
        let chef = house.administrator().await;
        for name in ["wlan", "ausfall", "lob"] {
            let made = chef
                .post(TAGS, json!({"name": name, "colour": "#112233"}))
                .await;
            assert_eq!((made.status, &made.json["uses"]), (201, &json!(0)));
        }
        let first = chef.get(&format!("{TAGS}?limit=2")).await;
        let names = |answer: &crate::Answer| {
            let items = answer.json["items"].as_array().expect("a list").clone();
            items
                .iter()
                .map(|tag| tag["name"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&first), ["ausfall", "lob"]);
        let cursor = first.json["next_cursor"].as_str().expect("more follows");
        let second = chef.get(&format!("{TAGS}?limit=2&cursor={cursor}")).await;
        assert_eq!(names(&second), ["wlan"]);

        let path = format!(
            "{TAGS}/{}",
            first.json["items"][0]["id"].as_str().expect("an id")
        );
        let patch = |body| chef.send(Method::PATCH, &path, Some(body), &[]);
        let changed = patch(json!({"name": "Störung"})).await;
        assert_eq!(
            (&changed.json["name"], &changed.json["colour"]),
            (&json!("Störung"), &json!("#112233"))
        );
        let taken = patch(json!({"name": "lob"})).await;
        assert_eq!((taken.status, taken.fault()), (422, ("name", "taken")));
        let comma = patch(json!({"name": "a,b"})).await;
        assert_eq!((comma.status, comma.fault()), (422, ("name", "has_comma")));
        let taken = chef.post(TAGS, json!({"name": "lob"})).await;
        assert_eq!((taken.status, taken.fault()), (422, ("name", "taken")));
        assert_eq!(
            chef.send(Method::DELETE, &path, None, &[]).await.status,
            204
        );
        assert_eq!(
            chef.send(Method::DELETE, &path, None, &[]).await.status,
            404
        );
    }
}
