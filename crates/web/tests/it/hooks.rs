//! `/hooks/{key}`: genuine deliveries are stored, others are not, and nothing is read before.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use futures::StreamExt;
use serde_json::json;

use crate::houses;
use crate::network::post_of;

#[tokio::test]
async fn a_genuine_delivery_is_stored_once() {
    for house in houses().await {
        let desk = house.desk().await;
        let body = post_of("p1", "anna", "Wo bleibt der Zug?", 1, None).to_string();
        let first = desk.hook("d1", &body).await;
        assert_eq!(
            (first.status, &first.json),
            (202, &json!({"accepted": true}))
        );
        let again = desk.hook("d1", &body).await;
        let twice = json!({"accepted": true, "duplicate": true});
        assert_eq!((again.status, &again.json), (200, &twice));
        desk.take_in().await;
        desk.hook("d2", &body).await;
        desk.take_in().await;
        let conversation = desk.only_conversation(&desk.agent).await;
        assert_eq!(conversation["message_count"], 1);
    }
}

#[tokio::test]
async fn what_is_not_genuine_leaves_no_trace() {
    for house in houses().await {
        let desk = house.desk().await;
        let body = post_of("p1", "anna", "Hallo", 1, None).to_string();
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let forged = desk.hook_signed("d1", &body, other).await;
        assert_eq!((forged.status, forged.code()), (401, "not_genuine"));
        let unsigned = house.stranger().post(desk.hook_path(), json!({})).await;
        assert_eq!((unsigned.status, unsigned.code()), (401, "not_genuine"));
        let unknown = house.stranger().post("/hooks/nobody", json!({})).await;
        assert_eq!((unknown.status, unknown.code()), (404, "not_found"));
        let asked = house.stranger().get(desk.hook_path()).await;
        assert_eq!(asked.status, 405);
        desk.take_in().await;
        let list = desk.administrator.get("/api/v1/conversations").await;
        assert_eq!(list.json["items"], json!([]));
        // The same id may still come genuinely.
        assert_eq!(desk.hook("d1", &body).await.status, 202);
    }
}

#[tokio::test]
async fn a_delivery_that_is_too_long_is_turned_away() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    let most = house.care.settings.longest_delivery_bytes;
    let long = "x".repeat(most + 1);
    let answer = desk.hook("d1", &long).await;
    assert_eq!((answer.status, answer.code()), (413, "too_large"));
    // Whoever lies about the length is turned away at once.
    let request = Request::builder()
        .method(Method::POST)
        .uri(desk.hook_path())
        .header("content-length", (most + 1).to_string())
        .body(Body::from("{}"));
    let answer = house.stranger().call(request.expect("a request")).await;
    assert_eq!(answer.status, 413);
    let just = desk.hook("d2", &"x".repeat(most)).await;
    assert_eq!(just.status, 202);
}

#[tokio::test]
async fn the_body_under_an_unknown_key_is_not_read() {
    for house in houses().await {
        let desk = house.desk().await;
        let read = Arc::new(AtomicUsize::new(0));
        for (path, status) in [("/hooks/nobody", 404), (desk.hook_path(), 401)] {
            let counted = Arc::clone(&read);
            let chunks = futures::stream::iter(0..4).map(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>(Bytes::from_static(b"{}"))
            });
            let request = Request::builder()
                .method(Method::POST)
                .uri(path)
                .body(Body::from_stream(chunks));
            let answer = house.stranger().call(request.expect("a request")).await;
            assert_eq!(answer.status, status);
            let chunks = if status == 404 { 0 } else { 4 };
            assert_eq!(read.load(Ordering::Relaxed), chunks, "{path}");
        }
    }
}
