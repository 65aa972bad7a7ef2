//! What does not go out: refusals of the network, and what is refused before it is asked.

use super::*;

#[tokio::test]
async fn every_refusal_has_its_class() {
    let mut limited = json!({"ok": false, "error_code": 429, "description": "Too Many Requests"});
    limited["parameters"] = json!({"retry_after": 7});
    let cases = [
        (refused(401, "Unauthorized"), "auth_broken"),
        (refused(404, "Not Found"), "auth_broken"),
        (
            refused(403, "Forbidden: bot was blocked by the user"),
            "recipient_gone",
        ),
        (
            refused(403, "Forbidden: user is deactivated"),
            "recipient_gone",
        ),
        (
            refused(403, "Forbidden: bot was kicked from the supergroup chat"),
            "recipient_gone",
        ),
        (
            refused(
                403,
                "Forbidden: not enough rights to send text messages to the chat",
            ),
            "forbidden",
        ),
        (
            refused(400, "Bad Request: chat not found"),
            "recipient_gone",
        ),
        (
            refused(400, "Bad Request: message to be replied not found"),
            "recipient_gone",
        ),
        (
            refused(400, "Bad Request: message is too long"),
            "content_rejected",
        ),
        (
            refused(400, "Bad Request: not enough rights to send photos"),
            "forbidden",
        ),
        (
            refused(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING"),
            "window_closed",
        ),
        (refused(413, "Request Entity Too Large"), "content_rejected"),
        (Script::json(429, &limited), "retry_after"),
        (refused(429, "Too Many Requests"), "retry_backoff"),
        (refused(500, "Internal Server Error"), "retry_backoff"),
        (Script::text(502, "<html>nginx</html>"), "retry_backoff"),
        (Script::text(418, "{}"), "bug"),
        (Script::text(200, "<html>log in</html>"), "uncertain"),
        (done(&json!({"odd": true})), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script.clone()]).await;
        let error = Telegram
            .send(
                &account(&network, json!({})),
                &public("Hallo"),
                &fixture::http(),
            )
            .await
            .expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        if let SendError::RetryAfter { wait, .. } = &error {
            assert_eq!(wait.as_secs(), 7);
        }
        assert_eq!(network.asked().len(), 1);
        assert!(!format!("{error:?}").contains(TOKEN));
    }
    assert!(!Telegram.can_look_up(&with_token(json!({}))));
}

#[tokio::test]
async fn what_cannot_go_is_refused_before_anything_is_asked() {
    let network = FakeNetwork::start(Vec::new()).await;
    let account = account(&network, json!({}));
    let files: Vec<(&str, &str)> = vec![("a.png", "image/png"); 11];
    let cases = [
        // 2,048 signs of two UTF-16 units fit, one unit more does not.
        (
            public(&format!("{}a", "😕".repeat(2_048))),
            "content_rejected",
        ),
        (public(" "), "content_rejected"),
        (
            with_files(public(&"a".repeat(1_025)), &files[..1]),
            "content_rejected",
        ),
        (with_files(public("x"), &files), "content_rejected"),
        (
            Outbound {
                in_reply_to: None,
                ..public("x")
            },
            "forbidden",
        ),
        (
            Outbound {
                in_reply_to: Some("nonsense".to_owned()),
                ..public("x")
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
        (
            acting(Action::Hide {
                network_id: "1:2".to_owned(),
                hidden: true,
            }),
            "forbidden",
        ),
    ];
    for (outbound, class) in cases {
        let error = Telegram.send(&account, &outbound, &fixture::http()).await;
        assert_eq!(
            error.expect_err("it is refused").class(),
            class,
            "{outbound:?}"
        );
    }
    assert!(network.asked().is_empty());
    network.then(sent(-1_001_234_567_890, 1));
    let longest = public(&"😕".repeat(2_048));
    assert!(
        Telegram
            .send(&account, &longest, &fixture::http())
            .await
            .is_ok()
    );
}
