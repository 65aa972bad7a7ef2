//! What does not go out: refusals of the forum, and what is refused before it is asked.

use super::*;

#[tokio::test]
async fn every_refusal_has_its_class() {
    let limited = json!({"errors": ["Slow down"], "error_type": "rate_limit",
        "extras": {"wait_seconds": 6.2, "time_left": "7 seconds"}});
    let cases = [
        (refused(401, "no"), "auth_broken"),
        (
            refused(
                403,
                "You are not permitted to view the requested resource. The API username or key is invalid.",
            ),
            "auth_broken",
        ),
        (
            refused(403, "You are not permitted to view the requested resource."),
            "forbidden",
        ),
        (
            refused(404, "The requested URL or resource could not be found."),
            "recipient_gone",
        ),
        (refused(410, "gone"), "recipient_gone"),
        (refused(422, "Body is too short"), "content_rejected"),
        (refused(413, "too large"), "content_rejected"),
        (Script::json(429, &limited), "retry_after"),
        (
            Script::text(429, "Slow down").with("retry-after", "7"),
            "retry_after",
        ),
        (Script::text(429, "Slow down"), "retry_backoff"),
        (Script::text(502, "<html>"), "retry_backoff"),
        (
            Script::text(302, "").with("location", "/login"),
            "forbidden",
        ),
        (Script::text(418, ""), "bug"),
        (Script::text(200, "<html>log in</html>"), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, class) in cases {
        network.then(script.clone());
        let sent = Discourse
            .send(&account(&network), &answer("Hallo"), &fixture::http())
            .await;
        let error = sent.expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        match error {
            SendError::RetryAfter { wait, .. } => assert_eq!(wait, Duration::from_secs(7)),
            SendError::ContentRejected(detail) if detail.contains("short") => {
                assert_eq!(detail, "Body is too short");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_cannot_go_is_refused_before_anything_is_asked() {
    let network = FakeNetwork::start(Vec::new()).await;
    let long = Action::Edit {
        network_id: "77/3".to_owned(),
        body: "a".repeat(32_001),
    };
    let love = Action::React {
        network_id: "77/3".to_owned(),
        kind: "love".to_owned(),
        added: true,
    };
    let hide = Action::Hide {
        network_id: "77/3".to_owned(),
        hidden: true,
    };
    let nobody = Outbound {
        recipient_handle: None,
        in_reply_to: None,
        ..private("x")
    };
    let cases = [
        (answer(&"ü".repeat(32_001)), "content_rejected"),
        (answer(" \n"), "content_rejected"),
        (acting(long), "content_rejected"),
        (acting(love), "forbidden"),
        (acting(hide), "forbidden"),
        (
            Outbound {
                in_reply_to: Some("nonsense".to_owned()),
                ..answer("x")
            },
            "recipient_gone",
        ),
        (
            Outbound {
                thread: Some("nobody".to_owned()),
                ..private("x")
            },
            "recipient_gone",
        ),
        (nobody, "recipient_gone"),
    ];
    for (outbound, class) in cases {
        let sent = Discourse
            .send(&account(&network), &outbound, &fixture::http())
            .await;
        assert_eq!(
            sent.expect_err("it is refused").class(),
            class,
            "{outbound:?}"
        );
    }
    let without = fixture::account(json!({"base_url": network.url(""), "api_username": "n"}));
    let sent = Discourse
        .send(&without, &answer("x"), &fixture::http())
        .await;
    assert_eq!(sent.expect_err("there is no key").class(), "auth_broken");
    assert!(network.asked().is_empty());
}

#[tokio::test]
async fn what_waits_for_a_moderator_was_taken() {
    let enqueued = json!({"action": "enqueued", "success": true, "pending_count": 1});
    let network = FakeNetwork::start(vec![Script::json(200, &enqueued)]).await;
    let sent = Discourse
        .send(&account(&network), &answer("Hallo"), &fixture::http())
        .await;
    assert_eq!(sent.expect("it is taken").network_id, "");
}

#[tokio::test]
async fn a_refusal_of_the_same_words_is_a_reason_to_look_again() {
    let refused = json!({"errors": ["Body is too similar to what you recently posted"]});
    let there = json!({"id": 77, "post_stream": {"stream": [], "posts": [
        post(1004, 4, "nordbahn", "04:59:58")]}});
    let network = FakeNetwork::start(vec![
        Script::json(422, &refused),
        Script::json(422, &refused),
        Script::json(200, &there),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Discourse.send(&account, &answer("Guten Tag"), &http).await;
    assert_eq!(first.expect_err("said before").class(), "content_rejected");
    let second = Outbound {
        first_tried_at: Some(fixture::NOW),
        ..answer("Guten Tag")
    };
    let sent = Discourse.send(&account, &second, &http).await;
    assert_eq!(sent.expect("it is there").network_id, "77/4");
}
