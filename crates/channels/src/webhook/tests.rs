//! The signed webhook against recorded payloads and a fake receiver.

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, SECRET, Script};
use crate::outbound::{Action, OutboundAttachment};

fn account(network: &FakeNetwork) -> Account {
    fixture::account(json!({
        "answer_url": network.url("/answers?a=1"),
        "lookup_url": network.url("/look-up?b=2"),
    }))
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&Webhook);
}

#[test]
fn an_unread_item_can_be_taken_in_again_by_itself() {
    let body = r#"{"items":[{"type":"poll","id":"1"},{"type":"delete","id":"2"}]}"#;
    let account = fixture::account(json!({}));
    let first = Webhook
        .translate(&account, &fixture::delivery(KIND, body))
        .expect("the delivery is readable");
    assert_eq!(first.taken.len(), 1);
    let unread = &first.unread[0];
    assert_eq!(
        unread.error,
        TranslateError::UnknownType("poll".to_owned()),
        "the type is named"
    );
    let again = Webhook.translate(&account, &fixture::delivery(KIND, unread.body.clone()));
    assert_eq!(again, Err(unread.error.clone()));
}

#[test]
fn too_large_batches_and_too_long_ids_are_refused() {
    let account = fixture::account(json!({}));
    let item = json!({"type": "delete", "id": "1"});
    for (count, fits) in [(1_000, true), (1_001, false)] {
        let body = json!({"items": vec![item.clone(); count]}).to_string();
        let translated = Webhook.translate(&account, &fixture::delivery(KIND, body));
        assert_eq!(translated.is_ok(), fits, "{count}");
    }
    for (length, fits) in [(500, true), (501, false)] {
        let body = json!({"type": "delete", "id": "ü".repeat(length)}).to_string();
        let translated = Webhook.translate(&account, &fixture::delivery(KIND, body));
        assert_eq!(translated.is_ok(), fits, "{length}");
    }
}

#[test]
fn a_signed_delivery_is_named_by_its_id() {
    let account = fixture::account(json!({}));
    let mut raw = fixture::delivery(KIND, "{}");
    raw.headers = signature::sign(SECRET, "evt_1", NOW, b"{}").expect("the secret is readable");
    let key = Webhook.verify(&account, &raw).expect("it is genuine");
    assert_eq!((key.kind.as_str(), key.key.as_str()), (KIND, "evt_1"));
    raw.body.push(b' ');
    assert_eq!(
        Webhook.verify(&account, &raw),
        Err(VerifyError::WrongSignature)
    );
    let long = "x".repeat(201);
    raw.headers = signature::sign(SECRET, &long, NOW, &raw.body).expect("the secret is readable");
    assert_eq!(
        Webhook.verify(&account, &raw),
        Err(VerifyError::BadHeader(ID_HEADER))
    );
}

#[tokio::test]
async fn a_reply_goes_out_signed_and_comes_back_with_its_id() {
    let network = FakeNetwork::start(vec![Script::json(
        201,
        &json!({"id": "reply-7", "time": "2026-11-22T05:00:01Z", "url": "https://social.example/7"}),
    )])
    .await;
    let receipt = Webhook
        .send(
            &account(&network),
            &fixture::reply("Guten Tag, wir helfen."),
            &fixture::http(),
        )
        .await
        .expect("the receiver takes it");
    assert_eq!(receipt.network_id, "reply-7");
    assert_eq!(receipt.at.to_string(), "2026-11-22T05:00:01.000000Z");
    assert_eq!(receipt.url.as_deref(), Some("https://social.example/7"));

    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/answers?a=1")
    );
    assert_eq!(
        signature::verify(&[SECRET], &asked.headers, &asked.body, NOW),
        Ok("msg_9001")
    );
    assert_eq!(
        asked.json(),
        json!({
            "type": "reply",
            "message_id": "9001",
            "body": "Guten Tag, wir helfen.",
            "visibility": "public",
            "in_reply_to": "post-1",
            "thread": null,
            "recipient": "anna",
            "author": {"signature": "Team Bahnsteig"},
        })
    );
}

#[tokio::test]
async fn edits_deletes_reactions_and_files_go_out() {
    let file = OutboundAttachment {
        name: "karte.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: b"Gleis 7".to_vec(),
        alt: None,
    };
    let network_id = "reply-7".to_owned();
    let cases = [
        (
            Action::Reply {
                body: "siehe Anhang".to_owned(),
                attachments: vec![file],
            },
            json!({"type": "reply", "body": "siehe Anhang", "attachments": [
                {"name": "karte.txt", "media_type": "text/plain", "size": 7, "content": "R2xlaXMgNw=="},
            ]}),
            "9001",
        ),
        (
            Action::Edit {
                network_id: network_id.clone(),
                body: "neu".to_owned(),
            },
            json!({"type": "edit", "of": "reply-7", "body": "neu"}),
            "reply-7",
        ),
        (
            Action::Delete {
                network_id: network_id.clone(),
            },
            json!({"type": "delete", "of": "reply-7"}),
            "reply-7",
        ),
        (
            Action::React {
                network_id: network_id.clone(),
                kind: "like".to_owned(),
                added: true,
            },
            json!({"type": "reaction", "of": "reply-7", "reaction": "like"}),
            "reply-7",
        ),
        (
            Action::React {
                network_id,
                kind: "like".to_owned(),
                added: false,
            },
            json!({"type": "unreaction", "of": "reply-7", "reaction": "like"}),
            "reply-7",
        ),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    let mut ids = Vec::new();
    for (action, expected, known_as) in cases {
        network.then(Script::text(204, ""));
        let outbound = Outbound {
            action,
            ..fixture::reply("")
        };
        let receipt = Webhook
            .send(&account(&network), &outbound, &fixture::http())
            .await
            .expect("the receiver takes it");
        assert_eq!((receipt.network_id.as_str(), receipt.at), (known_as, NOW));
        let asked = network.last_asked();
        let sent = asked.json();
        for (field, value) in expected.as_object().expect("the table holds objects") {
            assert_eq!(&sent[field], value, "{field} of {sent}");
        }
        ids.push(asked.header("webhook-id").unwrap_or_default().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5, "different deeds have different ids");
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let detail = json!({"detail": "Wort verboten", "id": "reply-7"});
    let cases = [
        (Script::json(401, &detail), "auth_broken"),
        (Script::json(403, &detail), "forbidden"),
        (Script::json(404, &detail), "recipient_gone"),
        (Script::json(410, &detail), "recipient_gone"),
        (Script::json(409, &detail), "duplicate"),
        (Script::json(422, &detail), "content_rejected"),
        (Script::text(413, "too large"), "content_rejected"),
        (
            Script::text(429, "").with("retry-after", "7"),
            "retry_after",
        ),
        (Script::text(429, ""), "retry_backoff"),
        (Script::text(500, "<h1>Oops</h1>"), "retry_backoff"),
        (Script::text(502, ""), "retry_backoff"),
        (
            Script::text(503, "").with("retry-after", "60"),
            "retry_after",
        ),
        (Script::text(504, ""), "uncertain"),
        (
            Script::text(302, "").with("location", "/elsewhere"),
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
        let error = Webhook
            .send(
                &account(&network),
                &fixture::reply("Hallo"),
                &fixture::http(),
            )
            .await
            .expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        match error {
            SendError::RetryAfter { wait, .. } => assert!([7, 60].contains(&wait.as_secs())),
            SendError::Duplicate { network_id } => {
                assert_eq!(network_id.as_deref(), Some("reply-7"));
            }
            SendError::ContentRejected(detail) if detail.contains("Wort") => {
                assert_eq!(detail, "Wort verboten");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_was_not_reached() {
    let gone = FakeNetwork::start(Vec::new()).await.url("/");
    tokio::task::yield_now().await;
    let account = fixture::account(json!({"answer_url": gone}));
    let error = Webhook
        .send(&account, &fixture::reply("Hallo"), &fixture::http())
        .await
        .expect_err("nobody listens");
    assert_eq!(error.class(), "retry_backoff");

    let nowhere = fixture::account(json!({"answer_url": "http://does-not-exist.invalid/"}));
    let error = Webhook
        .send(&nowhere, &fixture::reply("Hallo"), &fixture::http())
        .await
        .expect_err("the name does not exist");
    assert_eq!(error.class(), "retry_backoff");
}

#[tokio::test]
async fn a_lost_message_is_looked_for() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"id": 77})),
        Script::text(404, ""),
        Script::text(500, ""),
        Script::Close,
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let found = Webhook.look_up(&account, "9001", &http).await;
    assert_eq!(
        found.expect("it is there").expect("it is there").network_id,
        "77"
    );
    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("GET", "/look-up?b=2&message_id=9001")
    );
    assert!(signature::verify(&[SECRET], &asked.headers, b"", NOW).is_ok());

    assert_eq!(Webhook.look_up(&account, "9001", &http).await, Ok(None));
    for _ in 0..2 {
        let error = Webhook.look_up(&account, "9001", &http).await;
        assert_eq!(error.expect_err("it is down").class(), "retry_backoff");
    }

    let without = fixture::account(json!({}));
    assert!(Webhook.can_look_up(&account) && !Webhook.can_look_up(&without));
    let error = Webhook.look_up(&without, "9001", &http).await;
    assert_eq!(error.expect_err("nobody to ask").class(), "uncertain");
}

#[test]
fn without_an_answer_address_nothing_is_sent() {
    let without = fixture::account(json!({}));
    let with = fixture::account(json!({"answer_url": "https://social.example/answers"}));
    assert_eq!(
        Webhook.send_refusal(&without, Visibility::Public),
        Some("channel.webhook.reason.no_answer_url")
    );
    assert_eq!(Webhook.send_refusal(&with, Visibility::Private), None);
    assert!(Webhook.send_refusal(&with, Visibility::Note).is_some());
}
