//! A page against recorded payloads and a fake Graph API.

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment};

mod asking;
mod refusing;
mod sending;

const PAGE: &str = "1784001";

fn account(network: &FakeNetwork) -> Account {
    Account {
        secrets: json!({
            "app_secret": "app-secret",
            "verify_token": "verify-me",
            "access_token": "page-token",
        }),
        ..fixture::account(json!({
            "page_id": PAGE,
            "app_id": "1517",
            "base_url": network.url(""),
            "version": "v26.0",
        }))
    }
}

fn private(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        in_reply_to: Some("m_1".to_owned()),
        thread: Some("6600".to_owned()),
        ..fixture::reply(body)
    }
}

fn file(media_type: &str) -> OutboundAttachment {
    OutboundAttachment {
        name: "karte.png".to_owned(),
        media_type: media_type.to_owned(),
        bytes: b"picture".to_vec(),
        alt: Some("Der Weg zu Gleis 9".to_owned()),
    }
}

fn refused(code: i64, subcode: Option<i64>) -> Script {
    let error = json!({"error": {"message": "no", "type": "OAuthException", "code": code, "error_subcode": subcode}});
    Script::json(400, &error)
}

/// The path of what was asked last, without the proof.
fn path(network: &FakeNetwork) -> String {
    let asked = network.last_asked();
    let path = asked.path.split("appsecret_proof=").next().unwrap_or("");
    format!("{} {}", asked.method, path.trim_end_matches(['?', '&']))
}

fn form(network: &FakeNetwork) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&network.last_asked().body)
        .into_owned()
        .collect()
}

async fn send(network: &FakeNetwork, outbound: &Outbound) -> Result<Receipt, SendError> {
    Facebook
        .send(&account(network), outbound, &fixture::http())
        .await
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&Facebook);
}

#[test]
fn an_unread_item_can_be_taken_in_again_by_itself() {
    let account = fixture::account(json!({"page_id": PAGE}));
    let body = json!({"object": "page", "entry": [{"id": PAGE, "time": 1_795_323_500, "changes": [
        {"field": "feed", "value": {"item": "comment"}},
    ]}]});
    let raw = fixture::delivery(graph::GRAPH, body.to_string());
    let first = Facebook.translate(&account, &raw).expect("it is readable");
    let again = fixture::delivery(graph::GRAPH, first.unread[0].body.clone());
    let again = Facebook
        .translate(&account, &again)
        .expect("it is readable");
    assert_eq!(again.unread[0].error, first.unread[0].error);
}

#[test]
fn the_hook_answers_as_meta_expects() {
    let account = Account {
        secrets: json!({"app_secret": "app-secret", "verify_token": "verify-me"}),
        ..fixture::account(json!({"page_id": PAGE}))
    };
    let query = [
        ("hub.mode", "subscribe"),
        ("hub.verify_token", "verify-me"),
        ("hub.challenge", "77"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = Facebook.handshake(&account, &query).expect("a question");
    assert_eq!((answer.status, answer.body.as_str()), (200, "77"));
    let raw = fixture::delivery(graph::GRAPH, "{}");
    assert_eq!(Facebook.acknowledgement_of(&account, &raw).status, 200);
    assert_eq!(Facebook.acknowledgement().status, 200);
}

fn healthy() -> serde_json::Value {
    json!({"data": {"is_valid": true, "expires_at": 0, "scopes": wire::SCOPES}})
}

#[tokio::test]
async fn the_probe_finds_what_is_wrong() {
    let subscribed =
        json!({"data": [{"id": "1517", "subscribed_fields": wire::SUBSCRIBED_FIELDS}]});
    let network = FakeNetwork::start(vec![
        Script::json(200, &healthy()),
        Script::json(200, &subscribed),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    assert_eq!(Facebook.probe(&account, &http).await, Ok(Vec::new()));
    let asked = network.asked();
    assert_eq!(
        asked[0].header("authorization"),
        Some("Bearer 1517|app-secret")
    );
    assert!(
        asked[0]
            .path
            .starts_with("/v26.0/debug_token?input_token=page-token")
    );
    assert!(asked[1].path.starts_with("/v26.0/1784001/subscribed_apps"));

    let class = FindingClass::Token;
    let dead = json!({"data": {"is_valid": false, "error": {"code": 190, "message": "Session has expired"}}});
    network.then(Script::json(200, &dead));
    let found = Facebook.probe(&account, &http).await.expect("it answers");
    assert_eq!(found, [Finding::new(class, "Session has expired")]);

    let narrow = json!({"data": {"is_valid": true, "scopes": &wire::SCOPES[..5], "expires_at": 1_795_496_400}});
    let other = json!({"data": [{"id": "99", "subscribed_fields": ["feed"]}]});
    network.then(Script::json(200, &narrow));
    let found = Facebook.probe(&account, &http).await.expect("it answers");
    assert_eq!(found[0].class, class);
    assert!(found[0].detail.contains("2026-11-24"), "{:?}", found[0]);
    assert_eq!(
        found[1],
        Finding::new(FindingClass::Permission, "pages_messaging")
    );
    for (answer, detail) in [
        (other, "subscribed_apps"),
        (
            json!({"data": [{"id": "1517", "subscribed_fields": ["feed"]}]}),
            "messages",
        ),
    ] {
        network.then(Script::json(200, &healthy()));
        network.then(Script::json(200, &answer));
        let found = Facebook.probe(&account, &http).await.expect("it answers");
        assert_eq!(found[0].class, FindingClass::Subscription);
        assert!(found[0].detail.contains(detail), "{found:?}");
    }
    network.then(Script::json(200, &healthy()));
    network.then(refused(190, None));
    let found = Facebook.probe(&account, &http).await.expect("it answers");
    assert_eq!(found[0].class, class);
    network.then(Script::text(500, ""));
    assert!(
        Facebook.probe(&account, &http).await.is_err(),
        "no word about the account"
    );
}

#[tokio::test]
async fn tokens_are_exchanged_before_they_run_out() {
    let network = FakeNetwork::start(vec![
        Script::json(
            200,
            &json!({"access_token": "user-2", "expires_in": 5_183_944}),
        ),
        Script::json(200, &json!({"access_token": "page-2", "id": PAGE})),
        refused(190, Some(463)),
    ])
    .await;
    let (mut account, http) = (account(&network), fixture::http());
    assert_eq!(
        Facebook.renew_at(&account),
        None,
        "a page's own token does not run out"
    );
    account.secrets["user_token"] = json!("user-1");
    assert_eq!(Facebook.renew_at(&account), Some(NOW));
    let renewed = Facebook.renew(&account, &http).await.expect("it answers");
    assert_eq!(
        renewed,
        json!({"user_token": "user-2", "access_token": "page-2", "renewed_at": NOW.as_seconds()})
    );
    let asked = network.asked();
    assert!(asked[0].path.contains("grant_type=fb_exchange_token&client_id=1517&client_secret=app-secret&fb_exchange_token=user-1"));
    assert_eq!(asked[1].header("authorization"), Some("Bearer user-2"));

    account.secrets["renewed_at"] = renewed["renewed_at"].clone();
    let next = Facebook.renew_at(&account).expect("again in a month");
    assert_eq!(next.since(NOW).as_secs(), 30 * DAY);
    let error = Facebook
        .renew(&account, &http)
        .await
        .expect_err("it ran out");
    assert_eq!(error.class(), "auth_broken");
}

#[test]
fn connecting_asks_for_everything_that_the_probe_wants() {
    let asked = Facebook.connecting(&json!({})).expect("it has a page");
    for scope in wire::SCOPES {
        assert!(asked.scopes.iter().any(|one| one.name == scope), "{scope}");
    }
}
