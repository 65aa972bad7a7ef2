//! Discourse against recorded events and a fake forum.

use std::time::Duration;

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, SECRET, Script};
use crate::outbound::{Action, OutboundAttachment};

mod asking;
mod finding;
mod refusing;
mod sending;

fn account(network: &FakeNetwork) -> Account {
    Account {
        secrets: json!({"api_key": "hush", "signing": [SECRET]}),
        ..fixture::account(json!({
            "base_url": network.url("/"),
            "api_username": "nordbahn",
            "category": "5",
        }))
    }
}

fn answer(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("77/3".to_owned()),
        ..fixture::reply(body)
    }
}

fn private(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        recipient_handle: Some("@anna".to_owned()),
        ..answer(body)
    }
}

fn acting(action: Action) -> Outbound {
    Outbound {
        action,
        ..answer("")
    }
}

fn post(id: i64, number: i64, username: &str, at: &str) -> Value {
    json!({"id": id, "topic_id": 77, "post_number": number, "user_id": 3, "username": username,
        "created_at": format!("2026-11-22T{at}.000Z"), "cooked": "<p>x</p>", "raw": "Guten Tag",
        "topic_slug": "s1", "version": 1, "post_type": 1})
}

fn refused(status: u16, words: &str) -> Script {
    Script::json(
        status,
        &json!({"errors": [words], "error_type": "invalid_access"}),
    )
}

fn calls(network: &FakeNetwork) -> Vec<(String, String)> {
    let asked = network.asked().into_iter();
    asked.map(|asked| (asked.method, asked.path)).collect()
}

#[test]
fn recorded_events_are_translated() {
    fixture::run(&Discourse);
}

#[test]
fn an_event_is_believed_by_its_signature() {
    let account = fixture::account(json!({}));
    let body = r#"{"ping":"OK"}"#;
    let signature = format!(
        "sha256={}",
        signature::hmac_hex(SECRET.as_bytes(), body.as_bytes())
    );
    let headers = |event: &str, id: &str| {
        vec![
            ("X-Discourse-Event".to_owned(), event.to_owned()),
            ("X-Discourse-Event-Id".to_owned(), id.to_owned()),
            ("X-Discourse-Event-Signature".to_owned(), signature.clone()),
        ]
    };
    let mut raw = fixture::delivery("", body);
    raw.headers = headers("post_created", "81");
    let key = Discourse.verify(&account, &raw).expect("it is genuine");
    assert_eq!(
        (key.kind.as_str(), key.key.as_str()),
        ("post_created", "81")
    );

    let long = "1".repeat(201);
    let cases = [
        ("Post Created", "81", VerifyError::BadHeader(EVENT_HEADER)),
        (
            "post_created",
            long.as_str(),
            VerifyError::BadHeader(EVENT_ID_HEADER),
        ),
        ("post_created", "", VerifyError::BadHeader(EVENT_ID_HEADER)),
    ];
    for (event, id, error) in cases {
        raw.headers = headers(event, id);
        assert_eq!(Discourse.verify(&account, &raw), Err(error));
    }
    raw.headers = headers("post_created", "81");
    for (absent, name) in [
        (0, EVENT_HEADER),
        (1, EVENT_ID_HEADER),
        (2, SIGNATURE_HEADER),
    ] {
        let mut fewer = raw.clone();
        fewer.headers.remove(absent);
        let missing = Err(VerifyError::MissingHeader(name));
        assert_eq!(Discourse.verify(&account, &fewer), missing);
    }
    raw.body.push(b' ');
    let wrong = Err(VerifyError::WrongSignature);
    assert_eq!(Discourse.verify(&account, &raw), wrong);
    for secrets in [json!({}), json!({"signing": [""]})] {
        let without = Account {
            secrets,
            ..account.clone()
        };
        assert_eq!(Discourse.verify(&without, &raw), Err(VerifyError::NoSecret));
    }
}

#[tokio::test]
async fn a_probe_names_what_is_wrong() {
    let current = |own: Value| Script::json(200, &json!({"current_user": own}));
    let invalid =
        "You are not permitted to view the requested resource. The API username or key is invalid.";
    let cases = [
        (current(json!({"username": "nordbahn"})), None),
        (
            current(json!({"username": "nordbahn", "silenced_till": "2026-12-01T00:00:00Z"})),
            Some(FindingClass::Restricted),
        ),
        (refused(403, invalid), Some(FindingClass::Token)),
        (Script::text(404, ""), Some(FindingClass::Token)),
        (
            refused(403, "You are not permitted."),
            Some(FindingClass::Permission),
        ),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, expected) in cases {
        network.then(script);
        let findings = Discourse.probe(&account(&network), &fixture::http()).await;
        let findings = findings.expect("it can be asked");
        assert_eq!(findings.first().map(|finding| finding.class), expected);
    }
    assert_eq!(network.last_asked().path, "/session/current.json");
    network.then(Script::text(500, ""));
    let down = Discourse.probe(&account(&network), &fixture::http()).await;
    assert_eq!(down.expect_err("it is down").class(), "retry_backoff");
}
