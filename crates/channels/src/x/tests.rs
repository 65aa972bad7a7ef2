//! X against recorded payloads and a fake network.

use std::time::Duration;

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment};
use crate::signature;

mod asking;
mod sending;

pub(super) const OWN: &str = "900";

pub(super) fn account(network: &FakeNetwork) -> Account {
    let mut account = fixture::account(json!({
        "account_id": OWN,
        "client_id": "app",
        "base_url": network.url(""),
    }));
    account.secrets = json!({
        "access_token": "token",
        "access_until": NOW.after(Duration::from_secs(60 * 86_400)).as_seconds().to_string(),
        "consumer_secret": "consumer-secret",
        "bearer_token": "bearer",
    });
    account
}

pub(super) fn set(mut account: Account, settings: &Value) -> Account {
    for (name, value) in settings.as_object().expect("settings by name") {
        account.settings[name] = value.clone();
    }
    account
}

pub(super) fn answer(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("1990".to_owned()),
        recipient: Some("41".to_owned()),
        ..fixture::reply(body)
    }
}

pub(super) fn private(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        in_reply_to: None,
        thread: Some("41".to_owned()),
        ..answer(body)
    }
}

pub(super) fn calls(network: &FakeNetwork) -> Vec<(String, String)> {
    let asked = network.asked().into_iter();
    asked
        .map(|asked| {
            let path = asked.path.split('?').next().unwrap_or_default();
            (asked.method, path.to_owned())
        })
        .collect()
}

pub(super) fn problem(status: u16, slug: &str, detail: &str) -> Script {
    Script::json(
        status,
        &json!({"title": "No", "detail": detail, "status": status,
            "type": format!("https://api.x.com/2/problems/{slug}")}),
    )
}

/// A post as it is given where somebody asks for it, naming us or not.
pub(super) fn post(id: &str, author: &str, text: &str, names: &[&str]) -> Value {
    let mentions: Vec<Value> = names.iter().map(|id| json!({"id": id})).collect();
    json!({"id": id, "text": text, "author_id": author, "created_at": "2026-11-22T04:59:30.000Z",
        "edit_history_tweet_ids": [id], "entities": {"mentions": mentions}})
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&X);
}

#[test]
fn the_challenge_is_answered_with_the_known_value() {
    let mut account = fixture::account(json!({"account_id": OWN}));
    account.secrets = json!({"consumer_secret": "consumer-secret"});
    let query = [("crc_token".to_owned(), "challenge".to_owned())];
    let answer = X.handshake(&account, &query).expect("a question of X");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        r#"{"response_token":"sha256=2RUZDVKjSpEV/C/r9ivMsVZJ4DFPAawjJFQQzY+6ba4="}"#
    );
    assert_eq!(X.handshake(&account, &[]), None);
    account.secrets = json!({});
    let refused = X.handshake(&account, &query).expect("a question of X");
    assert_eq!(
        refused.status, 403,
        "X tolerates that for a day, a wrong token not at all"
    );
    assert_eq!(X.acknowledgement().status, 200);
}

#[test]
fn nobody_gets_a_delivery_signed_by_asking_for_it() {
    let mut account = fixture::account(json!({"account_id": OWN}));
    account.secrets = json!({"consumer_secret": "consumer-secret"});
    let forged = r#"{"data":{"event_type":"post.create","payload":{"id":"17"},"filter":{}}}"#;
    for token in [forged, "", "[1]", "a b", "a\"b", &"a".repeat(129)] {
        let query = [("crc_token".to_owned(), token.to_owned())];
        let answer = X.handshake(&account, &query).expect("a question");
        assert_eq!(answer.status, 400, "{token}");
        assert!(!answer.body.contains("sha256="), "{token}");
    }
}

#[test]
fn a_delivery_is_believed_by_its_signature_over_the_raw_bytes() {
    let mut account = fixture::account(json!({"account_id": OWN}));
    account.secrets = json!({"consumer_secret": "consumer-secret"});
    let signed = |body: &str| {
        let mark = signature::hmac_base64(b"consumer-secret", body.as_bytes());
        let mut raw = fixture::delivery("", body);
        raw.headers = vec![(
            "X-Twitter-Webhooks-Signature".to_owned(),
            format!("sha256={mark}"),
        )];
        raw
    };
    let body = r#"{"data":{"event_type":"post.create","payload":{"id":"17"},"filter":{}}}"#;
    let key = X.verify(&account, &signed(body)).expect("it is genuine");
    assert_eq!(
        (key.kind.as_str(), key.key.as_str()),
        (ACTIVITY, "post.create 17")
    );
    let older = r#"{"for_user_id":"900","tweet_create_events":[]}"#;
    let key = X.verify(&account, &signed(older)).expect("it is genuine");
    assert_eq!(key.kind, ACCOUNT_ACTIVITY);
    assert_eq!(key.key, signature::sha256_hex(older.as_bytes()));
    assert!(
        X.verify(&account, &signed("not JSON")).is_ok(),
        "what cannot be read is kept"
    );

    let mut changed = signed(body);
    changed.body.push(b' ');
    assert_eq!(
        X.verify(&account, &changed),
        Err(VerifyError::WrongSignature)
    );
    let mut bare = signed(body);
    bare.headers[0].1 = bare.headers[0].1.replace("sha256=", "");
    let header = "x-twitter-webhooks-signature";
    assert_eq!(
        X.verify(&account, &bare),
        Err(VerifyError::BadHeader(header))
    );
    bare.headers.clear();
    assert_eq!(
        X.verify(&account, &bare),
        Err(VerifyError::MissingHeader(header))
    );
    account.secrets = json!({});
    assert_eq!(
        X.verify(&account, &signed(body)),
        Err(VerifyError::NoSecret)
    );
}

#[tokio::test]
async fn a_renewed_token_comes_with_a_new_one_to_renew_by() {
    let granted = json!({"token_type": "bearer", "expires_in": 7200, "access_token": "new",
        "scope": "tweet.read users.read", "refresh_token": "next"});
    let network = FakeNetwork::start(vec![
        Script::json(200, &granted),
        Script::json(
            400,
            &json!({"error": "invalid_request", "access_token": "hush"}),
        ),
        Script::text(503, ""),
    ])
    .await;
    let (mut account, http) = (account(&network), fixture::http());
    assert_eq!(X.renew_at(&account), None, "there is nothing to renew by");
    account.secrets["refresh_token"] = json!("old");
    let in_an_hour = NOW.after(Duration::from_secs(3_600)).as_seconds();
    account.secrets["access_until"] = json!(in_an_hour.to_string());
    account.secrets["client_secret"] = json!("hush");
    assert_eq!(
        X.renew_at(&account),
        Some(NOW.after(Duration::from_mins(50)))
    );
    account.now = NOW.after(Duration::from_secs(4_000));
    let early = X
        .send(&account, &private("Hallo"), &http)
        .await
        .unwrap_err();
    assert_eq!(early.class(), "retry_backoff", "it waits for the new token");
    account.now = NOW;

    let secrets = X.renew(&account, &http).await.expect("a token is given");
    let until = NOW
        .after(Duration::from_secs(7_200))
        .as_seconds()
        .to_string();
    assert_eq!(
        secrets,
        json!({"access_token": "new", "refresh_token": "next",
        "access_until": until, "granted_scopes": "tweet.read users.read"})
    );
    let asked = network.last_asked();
    assert_eq!(asked.path, "/2/oauth2/token");
    assert_eq!(asked.header("authorization"), Some("Basic YXBwOmh1c2g="));
    let form = String::from_utf8(asked.body).expect("a form");
    assert_eq!(
        form,
        "grant_type=refresh_token&client_id=app&refresh_token=old"
    );

    let refused = X.renew(&account, &http).await.unwrap_err();
    assert_eq!(refused.class(), "auth_broken");
    assert_eq!(refused.detail(), "no new token: invalid_request");
    let down = X.renew(&account, &http).await.unwrap_err();
    assert_eq!(down.class(), "retry_backoff");
}

#[tokio::test]
async fn the_probe_tells_what_is_wrong() {
    let me = |id: &str| Script::json(200, &json!({"data": {"id": id, "username": "nordbahn"}}));
    let network = FakeNetwork::start(Vec::new()).await;
    let (account, http) = (account(&network), fixture::http());

    network.then(me(OWN));
    assert_eq!(X.probe(&account, &http).await, Ok(Vec::new()));
    network.then(problem(401, "about:blank", "Unauthorized"));
    let found = X.probe(&account, &http).await.expect("a finding");
    assert_eq!(found[0].class, FindingClass::Token);
    network.then(problem(403, "client-forbidden", "suspended"));
    let found = X.probe(&account, &http).await.expect("a finding");
    assert_eq!(found[0].class, FindingClass::Restricted);
    network.then(me("901"));
    let found = X.probe(&account, &http).await.expect("a finding");
    assert_eq!(found[0].class, FindingClass::Token);
    assert!(found[0].detail.contains("@nordbahn (901)"));
    network.then(Script::text(502, ""));
    assert!(
        X.probe(&account, &http).await.is_err(),
        "that says nothing of the account"
    );

    let mut narrow = account.clone();
    narrow.secrets["granted_scopes"] = json!("tweet.read tweet.write users.read like.write");
    network.then(me(OWN));
    let found = X.probe(&narrow, &http).await.expect("findings");
    let missing: Vec<&str> = found.iter().map(|found| found.detail.as_str()).collect();
    assert_eq!(missing, ["tweet.moderate.write", "dm.read", "dm.write"]);
    assert!(
        found
            .iter()
            .all(|found| found.class == FindingClass::Permission)
    );
}

#[tokio::test]
async fn the_probe_tells_whether_x_still_pushes() {
    let me = || Script::json(200, &json!({"data": {"id": OWN}}));
    let hooks = |valid: bool| {
        Script::json(
            200,
            &json!({"data": [{"id": "5", "url": "https://other.example/"},
            {"id": "6", "url": "https://care.example/hooks/key", "valid": valid}]}),
        )
    };
    let subscriptions = |events: &[&str]| {
        let known: Vec<Value> = events
            .iter()
            .map(
                |event| json!({"event_type": event, "filter": {"user_id": OWN}, "webhook_id": "6"}),
            )
            .collect();
        Script::json(200, &json!({"data": known}))
    };
    let cases = [
        (vec![hooks(true), subscriptions(&hook::EVENTS)], None),
        (
            vec![hooks(true), subscriptions(&hook::EVENTS[..8])],
            Some("not subscribed: dm.sent"),
        ),
        (
            vec![hooks(false)],
            Some("X could not reach our hook and no longer delivers to it"),
        ),
        (
            vec![Script::json(200, &json!({"meta": {}}))],
            Some("X does not know our hook"),
        ),
    ];
    for (script, expected) in cases {
        let network = FakeNetwork::start([vec![me()], script].concat()).await;
        let account = set(account(&network), &json!({"push": true}));
        let found = X
            .probe(&account, &fixture::http())
            .await
            .expect("it answers");
        let details: Vec<&str> = found.iter().map(|found| found.detail.as_str()).collect();
        assert_eq!(details, expected.into_iter().collect::<Vec<_>>());
        assert!(
            found
                .iter()
                .all(|found| found.class == FindingClass::Subscription)
        );
        assert_eq!(
            network.asked()[1].header("authorization"),
            Some("Bearer bearer")
        );
    }
}

#[tokio::test]
async fn the_hook_is_registered_checked_and_subscribed() {
    let made = Script::json(
        200,
        &json!({"data": {"id": "6", "url": "x", "valid": true}}),
    );
    let empty = || Script::json(200, &json!({"data": []}));
    let yes = || Script::json(200, &json!({"data": {}}));
    let mut script = vec![empty(), made, empty()];
    script.extend((0..hook::EVENTS.len()).map(|_| yes()));
    let network = FakeNetwork::start(script).await;
    let wished = set(
        account(&network),
        &json!({"push": true, "direct_messages": false}),
    );
    hook::keep(&wished, &fixture::http())
        .await
        .expect("X takes it");
    let asked = network.asked();
    assert_eq!(
        asked[1].json(),
        json!({"url": "https://care.example/hooks/key"})
    );
    assert_eq!(asked[3].header("authorization"), Some("Bearer token"));
    assert_eq!(
        asked[3].json(),
        json!({"event_type": "post.create", "filter": {"user_id": OWN}, "tag": "kulant",
            "webhook_id": "6"})
    );
    assert_eq!(asked.len(), 3 + hook::EVENTS.len());

    let invalid =
        json!({"data": [{"id": "6", "url": "https://care.example/hooks/key", "valid": false}]});
    let network = FakeNetwork::start(vec![
        Script::json(200, &invalid),
        yes(),
        Script::json(200, &json!({"data": {"subscribed": false}})),
        yes(),
    ])
    .await;
    let older = set(
        account(&network),
        &json!({"push": true, "push_api": ACCOUNT_ACTIVITY}),
    );
    hook::keep(&older, &fixture::http())
        .await
        .expect("X takes it");
    let all = "/2/account_activity/webhooks/6/subscriptions/all";
    let expected = [
        ("GET", "/2/webhooks"),
        ("PUT", "/2/webhooks/6"),
        ("GET", all),
        ("POST", all),
    ];
    let expected = expected.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(calls(&network), expected);
}

/// A picture of so many bytes.
pub(super) fn picture(bytes: usize) -> OutboundAttachment {
    OutboundAttachment {
        name: "plan.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: vec![7; bytes],
        alt: Some("Der Plan".to_owned()),
    }
}

pub(super) fn acting(action: Action) -> Outbound {
    Outbound {
        action,
        ..answer("")
    }
}
