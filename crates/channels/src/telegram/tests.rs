//! Telegram against recorded updates and a fake Bot API.

use std::time::Duration;

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, Script};
use crate::outbound::{Action, OutboundAttachment};

mod asking;
mod refusing;
mod sending;

const TOKEN: &str = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

fn account(network: &FakeNetwork, mut settings: Value) -> Account {
    settings["base_url"] = json!(network.url(""));
    with_token(settings)
}

fn with_token(settings: Value) -> Account {
    Account {
        secrets: json!({"token": TOKEN}),
        ..fixture::account(settings)
    }
}

fn public(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("-1001234567890:301".to_owned()),
        ..fixture::reply(body)
    }
}

fn private(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        in_reply_to: None,
        thread: Some("4242".to_owned()),
        ..fixture::reply(body)
    }
}

fn with_files(outbound: Outbound, files: &[(&str, &str)]) -> Outbound {
    let body = outbound.body().unwrap_or_default().to_owned();
    let attachments = files
        .iter()
        .map(|(name, media_type)| OutboundAttachment {
            name: (*name).to_owned(),
            media_type: (*media_type).to_owned(),
            bytes: b"content".to_vec(),
            alt: None,
        })
        .collect();
    Outbound {
        action: Action::Reply { body, attachments },
        ..outbound
    }
}

fn acting(action: Action) -> Outbound {
    Outbound {
        action,
        ..fixture::reply("")
    }
}

fn done(result: &Value) -> Script {
    Script::json(200, &json!({"ok": true, "result": result}))
}

fn refused(status: u16, description: &str) -> Script {
    let body = json!({"ok": false, "error_code": status, "description": description});
    Script::json(status, &body)
}

fn sent(chat: i64, message_id: i64) -> Script {
    done(
        &json!({"message_id": message_id, "date": 1_795_323_601, "text": "x", "chat":
        {"id": chat, "type": if chat > 0 { "private" } else { "supergroup" }, "title": "Treff"}}),
    )
}

/// Returns the method and the JSON of every request, with the token in its place.
fn calls(network: &FakeNetwork) -> Vec<(String, Value)> {
    let asked = network.asked().into_iter();
    asked
        .map(|asked| {
            let method = asked.path.strip_prefix(&format!("/bot{TOKEN}/"));
            let method = method.expect("the token stands in the address").to_owned();
            (
                method,
                serde_json::from_slice(&asked.body).unwrap_or(Value::Null),
            )
        })
        .collect()
}

#[test]
fn recorded_updates_are_translated() {
    fixture::run(&Telegram);
}

#[test]
fn a_pushed_update_is_believed_by_its_token_alone() {
    let account = with_token(json!({"push": true}));
    let mut raw = fixture::delivery("hook", r#"{"update_id":77,"message":{}}"#);
    let missing = Err(VerifyError::MissingHeader(SECRET_HEADER));
    assert_eq!(Telegram.verify(&account, &raw), missing);
    let token = hook_token(&account).expect("the account has a token");
    assert!(token.len() <= 256 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    raw.headers = vec![("X-Telegram-Bot-Api-Secret-Token".to_owned(), token)];
    let key = Telegram.verify(&account, &raw).expect("it is genuine");
    assert_eq!((key.kind.as_str(), key.key.as_str()), ("update", "77"));

    let other = Account {
        inbox_id: "4712".to_owned(),
        ..account.clone()
    };
    assert_eq!(
        Telegram.verify(&other, &raw),
        Err(VerifyError::WrongSignature)
    );
    assert_eq!(
        Telegram.verify(&fixture::account(json!({})), &raw),
        Err(VerifyError::NoSecret)
    );
}

#[tokio::test]
async fn our_own_hook_makes_room_for_polling_and_is_set_for_pushing() {
    let network = FakeNetwork::start(vec![
        refused(
            409,
            "Conflict: can't use getUpdates while webhook is active",
        ),
        done(&json!({"url": "https://care.example/hooks/key?bot=b&set=1"})),
        done(&json!(true)),
        done(&json!([])),
    ])
    .await;
    let polling = account(&network, json!({"username": "b"}));
    let polled = Telegram.poll(&polling, None, &fixture::http()).await;
    assert_eq!(polled.expect("it runs").trouble, None);
    assert_eq!(calls(&network)[2].0, "deleteWebhook");

    network.then(done(&json!({"url": ""})));
    network.then(done(&json!(true)));
    let pushed = account(&network, json!({"push": true, "username": "b"}));
    let polled = Telegram.poll(&pushed, None, &fixture::http()).await;
    assert_eq!(
        polled.expect("it runs").next_in,
        Some(Duration::from_mins(5))
    );
    let (method, hook) = calls(&network).pop().expect("something was asked");
    assert_eq!(method, "setWebhook");
    let url = hook["url"].as_str().unwrap_or_default();
    assert!(
        url.starts_with("https://care.example/hooks/key?bot=b&set="),
        "{url}"
    );
    assert_eq!(hook["secret_token"], json!(hook_token(&pushed)));
}

/// Files by name and type, the method that takes them, and what stands in the request.
type Files = (
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static [&'static str],
);

#[tokio::test]
async fn a_probe_names_what_is_wrong() {
    let me = || done(&json!({"id": 123_456, "username": "NordbahnBot"}));
    let hook = |url: &str| {
        done(
            &json!({"url": url, "pending_update_count": 3, "last_error_message": "Wrong response: 502"}),
        )
    };
    let ours = "https://care.example/hooks/key";
    let member =
        |status: &str, may: bool| done(&json!({"status": status, "can_post_messages": may}));
    let cases = [
        (json!({}), vec![me(), hook("")], vec![]),
        (
            json!({}),
            vec![refused(401, "Unauthorized")],
            vec![FindingClass::Token],
        ),
        (
            json!({}),
            vec![me(), hook("https://other.example")],
            vec![FindingClass::Subscription],
        ),
        (
            json!({"push": true}),
            vec![me(), hook("")],
            vec![FindingClass::Subscription],
        ),
        (
            json!({"push": true}),
            vec![me(), hook(ours)],
            vec![FindingClass::Subscription],
        ),
        (
            json!({"channel": "@n"}),
            vec![me(), hook(""), member("administrator", true)],
            vec![],
        ),
        (
            json!({"channel": "@n"}),
            vec![me(), hook(""), member("administrator", false)],
            vec![FindingClass::Permission],
        ),
        (
            json!({"channel": "@n"}),
            vec![me(), hook(""), refused(400, "Bad Request: chat not found")],
            vec![FindingClass::Permission],
        ),
    ];
    for (settings, script, expected) in cases {
        let network = FakeNetwork::start(script).await;
        let findings = Telegram
            .probe(&account(&network, settings.clone()), &fixture::http())
            .await
            .expect("it can be asked");
        let classes: Vec<FindingClass> = findings.iter().map(|finding| finding.class).collect();
        assert_eq!(classes, expected, "{settings} {findings:?}");
    }
    let down = FakeNetwork::start(vec![Script::text(500, "")]).await;
    let probed = Telegram
        .probe(&account(&down, json!({})), &fixture::http())
        .await;
    assert_eq!(probed.expect_err("it is down").class(), "retry_backoff");
}
