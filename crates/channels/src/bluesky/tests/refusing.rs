//! What does not go out, and what went out although its answer was lost.

use super::*;

#[tokio::test]
async fn what_is_too_long_is_never_sent() {
    let network = FakeNetwork::start(Vec::new()).await;
    // 300 families are 300 signs, and 18 bytes each.
    let cases = [
        own_post(&"a".repeat(301)),
        own_post(&"👩‍👩‍👧".repeat(200)),
        private(&"a".repeat(1_001)),
    ];
    for outbound in cases {
        let error = send(&network, &outbound).await.expect_err("too long");
        assert_eq!(error.class(), "content_rejected");
    }
    assert!(network.asked().is_empty());
    network.then(made());
    assert!(send(&network, &own_post(&"ü".repeat(300))).await.is_ok());
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let reset = (NOW.as_seconds() + 90).to_string();
    let cases = [
        (refused(401, "AuthenticationRequired"), "auth_broken", 1),
        (refused(400, "AccountTakedown"), "auth_broken", 1),
        (refused(403, "Forbidden"), "forbidden", 1),
        (
            Script::json(
                400,
                &json!({"error": "InvalidToken2", "message": "Bad token scope"}),
            ),
            "forbidden",
            1,
        ),
        (refused(404, "XRPCNotSupported"), "recipient_gone", 1),
        (
            Script::json(
                400,
                &json!({"error": "InvalidRequest", "message": "grapheme too big (maximum 300, got 301)"}),
            ),
            "content_rejected",
            2,
        ),
        (refused(413, "PayloadTooLarge"), "content_rejected", 2),
        (
            Script::text(429, "").with("ratelimit-reset", reset),
            "retry_after",
            1,
        ),
        (Script::text(429, ""), "retry_backoff", 2),
        (refused(502, "UpstreamFailure"), "retry_backoff", 2),
        (Script::text(500, "<h1>Oops</h1>"), "retry_backoff", 2),
        (Script::text(504, ""), "uncertain", 1),
        (Script::text(418, ""), "bug", 2),
        (Script::text(200, "<html>log in</html>"), "uncertain", 1),
        (Script::Close, "uncertain", 1),
        (Script::Truncate, "uncertain", 1),
        (Script::Stall, "uncertain", 1),
    ];
    for (script, class, requests) in cases {
        // Where a refusal may mean that the key is taken, the record is looked for.
        let network =
            FakeNetwork::start(vec![script.clone(), refused(400, "RecordNotFound")]).await;
        let error = send(&network, &own_post("Hallo"))
            .await
            .expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        assert_eq!(network.asked().len(), requests, "{script:?}");
    }
    let network = FakeNetwork::start(vec![Script::json(200, &json!({"posts": []}))]).await;
    let error = send(&network, &reply("Hallo"))
        .await
        .expect_err("nothing to answer");
    assert_eq!(error.class(), "recipient_gone");
}

#[tokio::test]
async fn sending_twice_makes_one_post() {
    let uri = format!(
        "at://did:plc:own/app.bsky.feed.post/{}",
        key::for_message("9001")
    );
    let there = json!({"uri": uri, "cid": "c", "value": {"createdAt": "2026-11-22T04:59:00.000Z"}});
    let network = FakeNetwork::start(vec![
        Script::Stall,
        Script::json(200, &there),
        refused(400, "InvalidRequest"),
        Script::json(200, &there),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let outbound = own_post("Hallo");
    let lost = Bluesky.send(&account, &outbound, &http).await;
    assert_eq!(lost.expect_err("the answer is lost").class(), "uncertain");
    let found = Bluesky.look_for(&account, &outbound, &http).await;
    assert_eq!(found.expect("asked").expect("found").network_id, uri);
    assert!(
        network
            .last_asked()
            .path
            .ends_with(&format!("&rkey={}", key::for_message("9001")))
    );
    let again = Bluesky
        .send(&account, &outbound, &http)
        .await
        .expect("the server has it");
    assert_eq!(again.network_id, uri);

    for (status, error) in [(400, "RecordNotFound"), (404, "NotFound")] {
        network.then(refused(status, error));
        assert_eq!(Bluesky.look_up(&account, "9001", &http).await, Ok(None));
    }
    network.then(refused(502, "UpstreamFailure"));
    assert!(Bluesky.look_up(&account, "9001", &http).await.is_err());
}

#[tokio::test]
async fn a_lost_direct_message_is_found_by_its_words() {
    let message = |id: &str, did: &str, at: &str| json!({"id": id, "text": "Hallo", "sender": {"did": did}, "sentAt": at});
    let old = message("m1", "did:plc:own", "2026-11-21T04:59:00.000Z");
    let theirs = message("m2", "did:plc:anna", "2026-11-22T04:59:30.000Z");
    let ours = message("m3", "did:plc:own", "2026-11-22T04:59:00.000Z");
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"messages": [theirs, ours, old]})),
        Script::json(200, &json!({"messages": [theirs, old]})),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let found = Bluesky.look_for(&account, &private("Hallo"), &http).await;
    assert_eq!(
        found.expect("asked").expect("found").network_id,
        "convo1/m3"
    );
    assert_eq!(
        Bluesky.look_for(&account, &private("Hallo"), &http).await,
        Ok(None)
    );
}
