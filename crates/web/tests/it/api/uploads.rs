//! `/uploads` and `/attachments`: files handed in, read by whoever may, and nobody else.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::network::post_of;
use crate::{Answer, Client, houses};

async fn upload(client: &Client, name: &str, bytes: &[u8]) -> Answer {
    let mut body = format!(
        "--frame\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: text/html\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--frame--\r\n");
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/uploads")
        .header("content-type", "multipart/form-data; boundary=frame");
    for (name, value) in [("cookie", &client.cookie), ("x-csrf-token", &client.csrf)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    client
        .call(request.body(Body::from(body)).expect("a request"))
        .await
}

#[tokio::test]
async fn a_file_goes_with_its_message_and_is_read_within_the_scope() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let seen = desk.only_conversation(&desk.agent).await;
        let id = seen["id"].as_str().expect("an id");
        let file = upload(&desk.agent, "../../Fahrplan.pdf", b"%PDF-1.7 Abfahrt").await;
        assert_eq!(file.status, 201, "{file:?}");
        assert_eq!(file.json["name"], "Fahrplan.pdf");
        assert_eq!(file.json["media_type"], "application/pdf");
        let path = format!("/api/v1/attachments/{}", file.id());
        assert_eq!(desk.agent.get(&path).await.text, "%PDF-1.7 Abfahrt");
        assert_eq!(desk.administrator.get(&path).await.status, 404);

        let own = format!("/api/v1/uploads/{}", file.id());
        let words = json!({"alt": " Abfahrten ab Husum, stündlich. "});
        let told = desk.agent.patch(&own, 0, words.clone()).await;
        assert_eq!(told.json["alt"], "Abfahrten ab Husum, stündlich.");
        assert_eq!(desk.administrator.patch(&own, 0, words).await.status, 404);
        let long = json!({"alt": "ä".repeat(1_001)});
        let long = desk.agent.patch(&own, 0, long).await;
        assert_eq!(long.fault(), ("alt", "too_long"));

        let messages = format!("/api/v1/conversations/{id}/messages");
        let reply = json!({"body": "Bitte:", "visibility": "public", "attachments": [file.id()]});
        let stolen = desk.supervisor.post(&messages, reply.clone()).await;
        assert_eq!(stolen.fault(), ("attachments", "unknown"));
        let sent = desk.agent.post(&messages, reply.clone()).await;
        assert_eq!(sent.json["attachments"][0]["url"], path);
        assert_eq!(
            sent.json["attachments"][0]["alt"],
            "Abfahrten ab Husum, stündlich."
        );
        let late = desk.agent.patch(&own, 0, json!({"alt": "x"})).await;
        assert_eq!(late.status, 404, "it has gone with its message");
        assert_eq!(
            desk.agent.post(&messages, reply).await.fault(),
            ("attachments", "unknown")
        );
        desk.work().await;
        assert_eq!(
            desk.network.taken()[0]["attachments"][0]["name"],
            "Fahrplan.pdf"
        );

        let read = desk.administrator.get(&path).await;
        assert_eq!(read.status, 200);
        assert_eq!(read.header("x-content-type-options"), "nosniff");
        assert!(
            read.header("content-disposition")
                .starts_with("attachment; ")
        );
        assert_eq!(desk.outsider.get(&path).await.status, 404);
        assert_eq!(house.stranger().get(&path).await.status, 401);
        assert_eq!(desk.agent.get("/api/v1/attachments/1").await.status, 404);
    }
}

#[tokio::test]
async fn what_a_browser_would_run_is_text() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    let page = upload(&desk.agent, "x.html", b"<script>alert(1)</script>").await;
    assert_eq!(page.json["media_type"], "text/plain");
    let read = desk
        .agent
        .get(&format!("/api/v1/attachments/{}", page.id()))
        .await;
    assert_eq!(read.header("content-type"), "text/plain");
}

#[tokio::test]
async fn files_that_are_empty_missing_or_too_large_are_turned_away() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    let most = usize::try_from(house.care.settings.largest_file_bytes).expect("a size");
    let empty = upload(&desk.agent, "x.txt", b"").await;
    assert_eq!(empty.fault(), ("file", "required"));
    let large = upload(&desk.agent, "x.bin", &vec![7; most + 1]).await;
    assert_eq!((large.status, large.code()), (413, "too_large"));
    let just = upload(&desk.agent, "x.bin", &vec![7; most]).await;
    assert_eq!(just.status, 201);
    let none = desk.agent.post("/api/v1/uploads", json!({})).await;
    assert!((400..=422).contains(&none.status), "{none:?}");
    assert_eq!(upload(&house.stranger(), "x.txt", b"x").await.status, 401);
}

#[tokio::test]
async fn a_file_at_the_network_is_fetched_for_those_who_may() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    let mut item = post_of("p1", "anna", "Schaut", 1, None);
    item["attachments"] = json!([{"url": "http://127.0.0.1:9/x.png", "name": "x.png"}]);
    desk.happens(&[item]).await;
    let seen = desk.only_conversation(&desk.agent).await;
    let message = desk
        .newest_message(seen["id"].as_str().expect("an id"))
        .await;
    let url = message["attachments"][0]["url"].as_str().expect("a path");
    assert!(!message.to_string().contains("127.0.0.1"));
    let gone = desk.agent.get(url).await;
    assert_eq!((gone.status, gone.code()), (409, "file_not_at_network"));
    assert_eq!(desk.outsider.get(url).await.status, 404);
}
