//! Mastodon against recorded payloads and a fake server: what is sent, how refusals are read, how
//! history, gaps and the stream come in.

use futures::StreamExt as _;
use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::inbound::Inbound;
use crate::outbound::{Action, OutboundAttachment};

mod asking;
mod double;
mod refusing;
mod sending;

fn account_at(base_url: &str) -> Account {
    Account {
        secrets: json!({"access_token": "hush"}),
        ..fixture::account(json!({"base_url": base_url}))
    }
}

fn account(network: &FakeNetwork) -> Account {
    account_at(&network.url("/"))
}

fn status(id: &str, content: &str) -> Value {
    json!({
        "id": id, "created_at": "2026-11-22T04:59:00.000Z", "content": content,
        "url": format!("https://sozial.example/@nordtalbahn/{id}"), "visibility": "public",
        "account": {"id": "900", "acct": "nordtalbahn", "display_name": "Nordtalbahn"},
        "in_reply_to_id": "post-1",
    })
}

fn own() -> Script {
    Script::json(200, &json!({"id": "900", "acct": "nordtalbahn"}))
}

fn reply(body: &str, handle: Option<&str>) -> Outbound {
    Outbound {
        recipient: handle.is_none().then(|| "41".to_owned()),
        recipient_handle: handle.map(str::to_owned),
        ..fixture::reply(body)
    }
}

async fn send(network: &FakeNetwork, outbound: &Outbound) -> Result<Receipt, SendError> {
    Mastodon
        .send(&account(network), outbound, &fixture::http())
        .await
}

#[test]
fn recorded_payloads_are_read() {
    fixture::run(&Mastodon);
}

#[tokio::test]
async fn the_probe_finds_what_is_wrong() {
    let all = json!({"scopes": ["read", "write:statuses", "write:media", "write:favourites"]});
    let few = json!({"scopes": ["read", "write:statuses", "write:favourites"]});
    let limited = json!({"id": "900", "acct": "nordtalbahn", "limited": true});
    let note = || Script::json(200, &json!([]));
    let cases: Vec<(Vec<Script>, Vec<FindingClass>)> = vec![
        (vec![own(), Script::json(200, &all), note()], vec![]),
        (vec![own(), Script::text(404, ""), note()], vec![]),
        (
            vec![Script::json(401, &json!({"error": "revoked"}))],
            vec![FindingClass::Token],
        ),
        (
            vec![own(), Script::json(200, &few), note()],
            vec![FindingClass::Permission],
        ),
        (
            vec![own(), Script::json(200, &json!({})), Script::text(403, "")],
            vec![FindingClass::Permission],
        ),
        (
            vec![Script::json(200, &limited), Script::json(200, &all), note()],
            vec![FindingClass::Restricted],
        ),
    ];
    for (script, expected) in cases {
        let network = FakeNetwork::start(script).await;
        let findings = Mastodon.probe(&account(&network), &fixture::http()).await;
        let classes: Vec<FindingClass> = findings
            .expect("it answers")
            .into_iter()
            .map(|finding| finding.class)
            .collect();
        assert_eq!(classes, expected);
    }
    let network = FakeNetwork::start(vec![Script::text(500, "")]).await;
    assert!(
        Mastodon
            .probe(&account(&network), &fixture::http())
            .await
            .is_err()
    );
}

#[test]
fn ids_are_ordered_by_length_first() {
    assert!(poll::is_newer("1000", Some("999")));
    assert!(!poll::is_newer("999", Some("1000")));
    assert!(!poll::is_newer("1000", Some("1000")));
    assert!(poll::is_newer("01HZ9", None));
}
