//! `/hooks/{key}`: genuine deliveries are stored, others are not, and nothing is read before.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::StreamExt;
use kulant_care::signature;
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
        assert_eq!(asked.status, 404, "this network asks nothing");
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

#[tokio::test]
async fn a_network_that_asks_whether_the_hook_is_ours_is_answered_as_it_wants() {
    for house in houses().await {
        let administrator = house.administrator().await;
        let settings = json!({"page_id": "1784001", "access_token": "t", "app_secret": "s",
            "verify_token": "ours"});
        let body = json!({"name": "Seite", "channel": "facebook", "settings": settings});
        let inbox = administrator.post("/api/v1/inboxes", body).await;
        assert_eq!(inbox.status, 201, "{inbox:?}");
        assert!(
            inbox.json.get("hook_secret").is_none(),
            "Meta signs with its own"
        );
        let hook = inbox.json["hook_path"].as_str().expect("a hook").to_owned();
        let asks = async |token: &str| {
            let question =
                format!("{hook}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=4711");
            house.stranger().get(&question).await
        };
        let shaken = asks("ours").await;
        assert_eq!((shaken.status, shaken.text.as_str()), (200, "4711"));
        assert_eq!(asks("theirs").await.status, 403);
        assert_eq!(house.stranger().get(&hook).await.status, 404);

        let news = r#"{"object":"page","entry":[]}"#;
        let mark = signature::hmac_hex(b"s", news.as_bytes());
        let send = async || {
            let request = Request::builder()
                .method(Method::POST)
                .uri(&hook)
                .header("x-hub-signature-256", format!("sha256={mark}"))
                .body(Body::from(news));
            house.stranger().call(request.expect("a request")).await
        };
        let taken = send().await;
        assert_eq!((taken.status, taken.text.as_str()), (200, "EVENT_RECEIVED"));
        let again = send().await;
        assert_eq!((again.status, again.text.as_str()), (200, "EVENT_RECEIVED"));

        // A wish to be erased comes as a form and hears where it may be followed.
        let wish = json!({"algorithm": "HMAC-SHA256", "user_id": "9", "issued_at": 1_795_000_000});
        let payload = URL_SAFE_NO_PAD.encode(wish.to_string());
        let mark = STANDARD.decode(signature::hmac_base64(b"s", payload.as_bytes()));
        let mark = URL_SAFE_NO_PAD.encode(mark.expect("base64"));
        let request = Request::builder()
            .method(Method::POST)
            .uri(&hook)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("signed_request={mark}.{payload}")));
        let answer = house.stranger().call(request.expect("a request")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let url = answer.json["url"].as_str().expect("an address").to_owned();
        let (_, path) = url.split_once(&hook).expect("our own hook");
        let page = house.stranger().get(&format!("{hook}{path}")).await;
        assert_eq!(page.status, 200);
    }
}

#[tokio::test]
async fn the_query_of_a_delivery_is_kept_with_it() {
    for house in houses().await {
        let administrator = house.administrator().await;
        let settings = json!({"account_sid": "AC1", "auth_token": "t", "number": "+4930123456"});
        let body = json!({"name": "SMS", "channel": "twilio", "settings": settings});
        let inbox = administrator.post("/api/v1/inboxes", body).await;
        assert_eq!(inbox.status, 201, "{inbox:?}");
        let hook = inbox.json["hook_path"].as_str().expect("a hook").to_owned();
        let address = format!("{}{hook}?message=77", house.care.settings.public_url);
        let form = "MessageSid=SM1&MessageStatus=delivered";
        let signed = format!("{address}MessageSidSM1MessageStatusdelivered");
        let request = |uri: String| {
            let request = Request::builder()
                .method(Method::POST)
                .uri(uri)
                .header("content-type", "application/x-www-form-urlencoded")
                .header(
                    "x-twilio-signature",
                    signature::hmac_sha1_base64(b"t", signed.as_bytes()),
                )
                .body(Body::from(form));
            request.expect("a request")
        };
        let stranger = house.stranger();
        let taken = stranger.call(request(format!("{hook}?message=77"))).await;
        assert_eq!(taken.status / 100, 2, "{taken:?}");
        let other = stranger.call(request(format!("{hook}?message=78"))).await;
        assert_eq!(other.status, 401, "the query is signed with the rest");
    }
}
