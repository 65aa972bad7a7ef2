//! Bluesky against recorded payloads and a fake server: sessions, what is sent, how refusals are
//! read, how news come in by asking and by Jetstream.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::StreamExt as _;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::inbound::Inbound;
use crate::outbound::{Action, OutboundAttachment};

mod asking;
mod refusing;
mod sending;

const PARENT: &str = "at://did:plc:anna/app.bsky.feed.post/3a";

fn token(expires_in: i64) -> String {
    let claims = json!({"sub": "did:plc:own", "exp": NOW.as_seconds() + expires_in}).to_string();
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
}

fn account(network: &FakeNetwork) -> Account {
    Account {
        secrets: json!({"app_password": "hush", "session_access": token(3_600), "session_refresh": "again"}),
        ..fixture::account(json!({
            "base_url": network.url("/"), "identifier": "nordtalbahn.example", "chat": true,
        }))
    }
}

fn refused(status: u16, error: &str) -> Script {
    Script::json(status, &json!({"error": error, "message": "no"}))
}

fn opened() -> Script {
    let session = json!({"accessJwt": token(7_200), "refreshJwt": "next", "did": "did:plc:own"});
    Script::json(200, &session)
}

/// The post that is answered, itself an answer to another.
fn parent() -> Script {
    Script::json(
        200,
        &json!({"posts": [{
            "uri": PARENT, "cid": "cid-parent", "indexedAt": "2026-11-22T04:31:00.000Z",
            "author": {"did": "did:plc:anna", "handle": "anna.bsky.social"},
            "record": {"text": "x", "reply": {
                "root": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "cid-root"},
                "parent": {"uri": "at://did:plc:own/app.bsky.feed.post/2", "cid": "c2"},
            }},
        }]}),
    )
}

fn made() -> Script {
    let uri = format!(
        "at://did:plc:own/app.bsky.feed.post/{}",
        key::for_message("9001")
    );
    Script::json(200, &json!({"uri": uri, "cid": "cid-new"}))
}

fn reply(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some(PARENT.to_owned()),
        recipient: Some("did:plc:anna".to_owned()),
        ..fixture::reply(body)
    }
}

fn own_post(body: &str) -> Outbound {
    Outbound {
        in_reply_to: None,
        ..reply(body)
    }
}

fn private(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        thread: Some("convo1".to_owned()),
        ..own_post(body)
    }
}

fn act(action: Action) -> Outbound {
    Outbound {
        action,
        ..reply("")
    }
}

async fn send(network: &FakeNetwork, outbound: &Outbound) -> Result<Receipt, SendError> {
    Bluesky
        .send(&account(network), outbound, &fixture::http())
        .await
}

#[test]
fn recorded_payloads_are_read() {
    fixture::run(&Bluesky);
}

#[tokio::test]
async fn sessions_are_renewed_and_replaced() {
    let network = FakeNetwork::start(vec![opened(), refused(400, "ExpiredToken"), opened()]).await;
    let (account, http) = (account(&network), fixture::http());
    let due = Bluesky.renew_at(&account).expect("sessions run out");
    assert_eq!(due.since(NOW).as_secs(), 3_000, "ten minutes early");
    let fresh = Bluesky.renew(&account, &http).await.expect("renewed");
    assert_eq!(
        fresh,
        json!({"session_access": token(7_200), "session_refresh": "next"})
    );
    assert_eq!(
        network.last_asked().header("authorization"),
        Some("Bearer again")
    );

    assert!(
        Bluesky.renew(&account, &http).await.is_ok(),
        "opened anew by the app password"
    );
    let asked = network.last_asked();
    assert_eq!(asked.path, "/xrpc/com.atproto.server.createSession");
    assert_eq!(
        asked.json(),
        json!({"identifier": "nordtalbahn.example", "password": "hush"})
    );

    // A session that the server ended early is renewed by whoever can keep the new one.
    network.then(refused(400, "ExpiredToken"));
    let over = send(&network, &own_post("Hallo")).await;
    assert_eq!(over.expect_err("it is over").class(), "auth_broken");
    assert!(
        network
            .last_asked()
            .path
            .ends_with("com.atproto.repo.createRecord")
    );

    let unopened = Account {
        secrets: json!({"app_password": "wrong"}),
        ..account.clone()
    };
    assert_eq!(Bluesky.renew_at(&unopened), Some(NOW));
    network.then(refused(401, "AuthenticationRequired"));
    let error = Bluesky
        .renew(&unopened, &http)
        .await
        .expect_err("wrong password");
    assert_eq!(error.class(), "auth_broken");
}

#[tokio::test]
async fn the_probe_finds_what_is_wrong() {
    let fine = || Script::json(200, &json!({"did": "did:plc:own", "active": true}));
    let closed = Script::json(
        200,
        &json!({"did": "did:plc:own", "active": false, "status": "suspended"}),
    );
    let convos = || Script::json(200, &json!({"convos": []}));
    let bad = Script::json(
        400,
        &json!({"error": "InvalidRequest", "message": "Bad token method"}),
    );
    let cases: Vec<(Vec<Script>, Vec<FindingClass>)> = vec![
        (vec![fine(), convos()], vec![]),
        (vec![refused(401, "AuthMissing")], vec![FindingClass::Token]),
        (
            vec![refused(400, "ExpiredToken")],
            vec![FindingClass::Token],
        ),
        (vec![fine(), bad], vec![FindingClass::Permission]),
        (vec![closed, convos()], vec![FindingClass::Restricted]),
    ];
    for (script, expected) in cases {
        let network = FakeNetwork::start(script).await;
        let findings = Bluesky.probe(&account(&network), &fixture::http()).await;
        let classes: Vec<FindingClass> = findings
            .expect("it answers")
            .into_iter()
            .map(|finding| finding.class)
            .collect();
        assert_eq!(classes, expected);
    }
}
