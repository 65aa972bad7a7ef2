//! `/quarantine`: what could not be read is looked at, taken in again, or discarded.

use axum::http::Method;
use serde_json::json;

use crate::houses;
use crate::network::post_of;

#[tokio::test]
async fn a_delivery_that_cannot_be_read_stops_nothing_and_is_shown() {
    for house in houses().await {
        let desk = house.desk().await;
        let broken = r#"{"type":"rant","id":"p0","text":"x"}"#;
        assert_eq!(desk.hook("d1", broken).await.status, 202);
        desk.happens(&[
            post_of("p1", "anna", "Hallo", 1, None),
            json!({"type": "post", "id": "p2"}),
        ])
        .await;
        desk.only_conversation(&desk.agent).await;

        let list = desk.administrator.get("/api/v1/quarantine").await;
        let items = list.json["items"].as_array().expect("items");
        assert_eq!(items.len(), 2, "{list:?}");
        let first = items
            .iter()
            .find(|item| item["reason"]["class"] == "unknown_type")
            .expect("the rant");
        assert_eq!(first["inbox"]["name"], "Hafenpost");
        assert_eq!(first["reason"]["facts"], json!({"type": "rant"}));
        assert_eq!(first["reason"]["detail"], "the type rant is unknown");
        let other = items
            .iter()
            .find(|item| item["reason"]["class"] == "missing_field")
            .expect("the post without words");
        assert_eq!(other["reason"]["facts"], json!({"field": "text"}));
        for client in [&desk.agent, &desk.supervisor] {
            assert_eq!(client.get("/api/v1/quarantine").await.status, 403);
        }
        let path = format!(
            "/api/v1/quarantine/{}",
            first["id"].as_str().expect("an id")
        );
        let opened = desk.administrator.get(&path).await;
        assert_eq!(opened.json["raw"], broken);
        assert!(opened.text.contains("webhook-id"));
        assert!(!opened.text.contains("webhook-signature"), "{opened:?}");

        let again = desk
            .administrator
            .post(&format!("{path}/retake"), json!({}))
            .await;
        assert_eq!(again.status, 204, "{again:?}");
        assert_eq!(desk.administrator.get(&path).await.status, 404);
        desk.take_in().await;
        let list = desk.administrator.get("/api/v1/quarantine").await;
        let items = list.json["items"].as_array().expect("items");
        assert_eq!(items.len(), 2, "still unreadable");

        for item in items {
            let path = format!("/api/v1/quarantine/{}", item["id"].as_str().expect("an id"));
            let gone = desk
                .administrator
                .send(Method::DELETE, &path, None, &[])
                .await;
            assert_eq!(gone.status, 204);
        }
        let list = desk.administrator.get("/api/v1/quarantine").await;
        assert_eq!(list.json["items"], json!([]));
        let counts = desk.administrator.get("/api/v1/conversations/counts").await;
        assert_eq!(counts.json["quarantine"]["count"], 0);
    }
}
