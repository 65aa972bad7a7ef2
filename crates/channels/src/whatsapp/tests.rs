//! A number against recorded payloads and a fake Cloud API.

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment, Template};

const PERSON: &str = "DE.13491208655302741918";

fn account(network: &FakeNetwork) -> Account {
    Account {
        secrets: json!({
            "app_secret": "app-secret",
            "verify_token": "verify-me",
            "access_token": "system-token",
        }),
        ..fixture::account(json!({
            "phone_number_id": "106540",
            "account_id": "102290",
            "app_id": "1517",
            "base_url": network.url(""),
        }))
    }
}

fn private(action: Action) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        in_reply_to: Some("wamid.1".to_owned()),
        thread: Some(PERSON.to_owned()),
        recipient: Some(PERSON.to_owned()),
        recipient_handle: Some("+4915112345678".to_owned()),
        action,
        ..fixture::reply("")
    }
}

fn text(body: &str) -> Action {
    Action::Reply {
        body: body.to_owned(),
        attachments: Vec::new(),
    }
}

fn with_file(body: &str, media_type: &str) -> Action {
    Action::Reply {
        body: body.to_owned(),
        attachments: vec![OutboundAttachment {
            name: "Karte.pdf".to_owned(),
            media_type: media_type.to_owned(),
            bytes: b"bytes".to_vec(),
            alt: None,
        }],
    }
}

fn taken() -> Script {
    Script::json(
        200,
        &json!({"messaging_product": "whatsapp", "contacts": [{"input": "x"}], "messages": [{"id": "wamid.99"}]}),
    )
}

fn refused(code: i64) -> Script {
    let error = json!({"message": "(#1) no", "type": "OAuthException", "code": code, "error_data": {"details": "Genauer"}});
    Script::json(400, &json!({"error": error}))
}

async fn send(network: &FakeNetwork, outbound: &Outbound) -> Result<Receipt, SendError> {
    WhatsApp
        .send(&account(network), outbound, &fixture::http())
        .await
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&WhatsApp);
}

#[test]
fn an_unread_message_of_a_batch_can_be_taken_in_again_by_itself() {
    let account = fixture::account(json!({"phone_number_id": "106540"}));
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": {
        "metadata": {"phone_number_id": "106540"},
        "messages": [
            {"id": "wamid.1", "from": "49", "timestamp": "1795323400", "type": "text", "text": {"body": "gut"}},
            {"id": "wamid.2", "from": "49", "timestamp": "1795323400", "type": "text", "text": {}},
        ],
    }}]}]});
    let raw = fixture::delivery(graph::GRAPH, body.to_string());
    let first = WhatsApp.translate(&account, &raw).expect("it is readable");
    assert_eq!((first.taken.len(), first.unread.len()), (1, 1));
    let again = fixture::delivery(graph::GRAPH, first.unread[0].body.clone());
    let again = WhatsApp
        .translate(&account, &again)
        .expect("it is readable");
    assert_eq!(
        (again.taken.len(), &again.unread[0].error),
        (0, &first.unread[0].error)
    );
}

#[tokio::test]
async fn texts_go_to_numbers_or_business_scoped_ids_and_carry_our_id() {
    let network = FakeNetwork::start(Vec::new()).await;
    let by_handle = |handle: Option<&str>, thread: &str| Outbound {
        recipient_handle: handle.map(str::to_owned),
        thread: Some(thread.to_owned()),
        ..private(text("Guten Tag"))
    };
    let cases = [
        (
            by_handle(Some("+4915112345678"), PERSON),
            "to",
            "4915112345678",
        ),
        (by_handle(Some("@anna"), PERSON), "recipient", PERSON),
        (by_handle(None, PERSON), "recipient", PERSON),
        (by_handle(None, "4915112345678"), "to", "4915112345678"),
    ];
    for (outbound, field, to) in cases {
        network.then(taken());
        let receipt = send(&network, &outbound).await.expect("it is taken");
        assert_eq!((receipt.network_id.as_str(), receipt.at), ("wamid.99", NOW));
        let asked = network.last_asked();
        assert!(
            asked
                .path
                .starts_with("/v26.0/106540/messages?appsecret_proof=")
        );
        assert_eq!(asked.header("authorization"), Some("Bearer system-token"));
        assert_eq!(
            asked.json(),
            json!({
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                field: to,
                "biz_opaque_callback_data": "kulant:9001",
                "context": {"message_id": "wamid.1"},
                "type": "text",
                "text": {"body": "Guten Tag", "preview_url": false},
            })
        );
    }
}

#[tokio::test]
async fn templates_and_reactions_go_out() {
    let network = FakeNetwork::start(Vec::new()).await;
    let template = |parameters: &[&str]| Outbound {
        template: Some(Template {
            name: "antwort_da".to_owned(),
            language: "de".to_owned(),
            parameters: parameters.iter().map(|text| (*text).to_owned()).collect(),
        }),
        ..private(text("Ihre Antwort ist da."))
    };
    network.then(taken());
    send(&network, &template(&["Anna", "4711"]))
        .await
        .expect("it is taken");
    let asked = network.last_asked().json();
    assert_eq!(asked["type"], "template");
    assert_eq!(asked.get("context"), None, "after a day nothing is quoted");
    assert_eq!(
        asked["template"],
        json!({"name": "antwort_da", "language": {"code": "de"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Anna"}, {"type": "text", "text": "4711"}]},
        ]})
    );
    network.then(taken());
    send(&network, &template(&[])).await.expect("it is taken");
    assert_eq!(
        network.last_asked().json()["template"].get("components"),
        None
    );

    for (kind, added, emoji) in [
        ("like", true, "👍"),
        ("🚂", true, "🚂"),
        ("like", false, ""),
    ] {
        network.then(taken());
        let action = Action::React {
            network_id: "wamid.1".to_owned(),
            kind: kind.to_owned(),
            added,
        };
        send(&network, &private(action)).await.expect("it is taken");
        let asked = network.last_asked().json();
        assert_eq!(
            asked["reaction"],
            json!({"message_id": "wamid.1", "emoji": emoji})
        );
        assert_eq!(asked.get("context"), None);
    }
}

#[tokio::test]
async fn files_are_brought_first_and_shown_as_what_they_are() {
    let network = FakeNetwork::start(Vec::new()).await;
    let cases = [
        (
            "image/png",
            "Der Weg",
            "image",
            json!({"id": "m1", "caption": "Der Weg"}),
        ),
        ("video/mp4", "", "video", json!({"id": "m1"})),
        ("audio/mpeg", "", "audio", json!({"id": "m1"})),
        (
            "audio/mpeg",
            "Anhören",
            "document",
            json!({"id": "m1", "caption": "Anhören", "filename": "Karte.pdf"}),
        ),
        (
            "application/pdf",
            "",
            "document",
            json!({"id": "m1", "filename": "Karte.pdf"}),
        ),
    ];
    for (media_type, body, kind, content) in cases {
        network.then(Script::json(200, &json!({"id": "m1"})));
        network.then(taken());
        send(&network, &private(with_file(body, media_type)))
            .await
            .expect("it is taken");
        let sent = network.last_asked().json();
        assert_eq!((&sent["type"], &sent[kind]), (&json!(kind), &content));
        let asked = network.asked();
        let brought = &asked[asked.len() - 2];
        assert!(brought.path.starts_with("/v26.0/106540/media"));
        assert!(String::from_utf8_lossy(&brought.body).contains(media_type));
    }
    network.then(Script::Close);
    let error = send(&network, &private(with_file("", "image/png"))).await;
    assert_eq!(
        error.expect_err("it did not arrive").class(),
        "retry_backoff"
    );
}

#[tokio::test]
async fn files_are_fetched_with_the_token_through_their_id() {
    let network = FakeNetwork::start(Vec::new()).await;
    let (account, http) = (account(&network), fixture::http());
    network.then(Script::json(
        200,
        &json!({"url": network.url("/lookaside/1"), "mime_type": "image/jpeg"}),
    ));
    network.then(Script::text(200, "bytes"));
    let bytes = WhatsApp
        .fetch_file(&account, "whatsapp:900", 10, &http)
        .await;
    assert_eq!(bytes.expect("it is there"), b"bytes");
    let asked = network.asked();
    assert!(
        asked[0]
            .path
            .starts_with("/v26.0/900?phone_number_id=106540")
    );
    assert_eq!(asked[1].path, "/lookaside/1");
    assert_eq!(
        asked[1].header("authorization"),
        Some("Bearer system-token")
    );

    network.then(Script::json(
        200,
        &json!({"url": network.url("/lookaside/1")}),
    ));
    network.then(Script::text(200, "more than four"));
    assert!(
        WhatsApp
            .fetch_file(&account, "whatsapp:900", 4, &http)
            .await
            .is_err()
    );
    network.then(Script::json(
        200,
        &json!({"url": network.url("/lookaside/1")}),
    ));
    network.then(Script::text(404, ""));
    let error = WhatsApp
        .fetch_file(&account, "whatsapp:900", 10, &http)
        .await;
    assert_eq!(error.expect_err("it is gone").class(), "recipient_gone");
    let asked = network.asked().len();
    let error = WhatsApp
        .fetch_file(&account, "https://evil.example/", 10, &http)
        .await;
    assert_eq!(error.expect_err("no such file").class(), "forbidden");
    assert_eq!(network.asked().len(), asked, "the token goes nowhere else");
}

#[tokio::test]
async fn what_does_not_fit_or_is_not_offered_never_leaves() {
    let network = FakeNetwork::start(Vec::new()).await;
    let id = || "wamid.1".to_owned();
    let shrug = Action::React {
        network_id: id(),
        kind: "shrug".to_owned(),
        added: true,
    };
    let two = match with_file("", "image/png") {
        Action::Reply { body, attachments } => Action::Reply {
            body,
            attachments: [attachments.clone(), attachments].concat(),
        },
        other => other,
    };
    let cases = [
        (private(text(&"ü".repeat(4_097))), "content_rejected"),
        (private(text("")), "content_rejected"),
        (
            private(with_file(&"ü".repeat(1_025), "image/png")),
            "content_rejected",
        ),
        (private(two), "content_rejected"),
        (private(shrug), "content_rejected"),
        (
            private(Action::Edit {
                network_id: id(),
                body: "x".to_owned(),
            }),
            "forbidden",
        ),
        (private(Action::Delete { network_id: id() }), "forbidden"),
        (
            private(Action::Hide {
                network_id: id(),
                hidden: true,
            }),
            "forbidden",
        ),
        (
            Outbound {
                visibility: Visibility::Public,
                ..private(text("x"))
            },
            "forbidden",
        ),
        (
            Outbound {
                visibility: Visibility::Note,
                ..private(text("x"))
            },
            "forbidden",
        ),
    ];
    for (outbound, class) in cases {
        let error = send(&network, &outbound).await.expect_err("it is refused");
        assert_eq!(error.class(), class, "{outbound:?}");
    }
    assert!(network.asked().is_empty());
    network.then(taken());
    assert!(
        send(&network, &private(text(&"ü".repeat(4_096))))
            .await
            .is_ok()
    );
    assert!(
        !WhatsApp.can_look_up(&account(&network)),
        "only what is told later brings our id"
    );
    assert!(
        WhatsApp
            .send_refusal(&account(&network), Visibility::Public)
            .is_some()
    );
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let cases = [
        (refused(0), "auth_broken"),
        (refused(190), "auth_broken"),
        (refused(10), "forbidden"),
        (refused(131_047), "window_closed"),
        (refused(131_026), "recipient_gone"),
        (refused(131_051), "content_rejected"),
        (refused(131_062), "content_rejected"),
        (refused(132_001), "content_rejected"),
        (refused(132_015), "forbidden"),
        (refused(368), "forbidden"),
        (refused(130_429), "retry_after"),
        (refused(131_056), "retry_after"),
        (refused(80_007), "retry_after"),
        (refused(131_016), "retry_backoff"),
        (Script::text(401, ""), "auth_broken"),
        (Script::text(500, ""), "retry_backoff"),
        (Script::text(200, "no JSON"), "uncertain"),
        (Script::json(200, &json!({"messages": []})), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, class) in cases {
        network.then(script.clone());
        let error = send(&network, &private(text("Hallo")))
            .await
            .expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        if class == "window_closed" {
            assert_eq!(error.detail(), "Genauer (131047)");
        }
    }
}

#[tokio::test]
async fn the_probe_looks_at_token_subscription_and_number() {
    let healthy = json!({"data": {"is_valid": true, "scopes": wire::SCOPES}});
    let subscribed =
        json!({"data": [{"whatsapp_business_api_data": {"id": "1517", "name": "kulant"}}]});
    let network = FakeNetwork::start(Vec::new()).await;
    let (account, http) = (account(&network), fixture::http());
    for (status, expected) in [
        ("CONNECTED", Vec::new()),
        (
            "RESTRICTED",
            vec![Finding::new(
                FindingClass::Restricted,
                "the number is RESTRICTED",
            )],
        ),
    ] {
        network.then(Script::json(200, &healthy));
        network.then(Script::json(200, &subscribed));
        network.then(Script::json(
            200,
            &json!({"id": "106540", "status": status}),
        ));
        assert_eq!(WhatsApp.probe(&account, &http).await, Ok(expected));
    }
    let asked = network.asked();
    assert!(asked[1].path.starts_with("/v26.0/102290/subscribed_apps"));
    assert!(asked[2].path.starts_with("/v26.0/106540?fields=status"));

    network.then(Script::json(
        200,
        &json!({"data": {"is_valid": true, "scopes": []}}),
    ));
    network.then(Script::json(200, &json!({"data": []})));
    network.then(refused(200));
    let found = WhatsApp.probe(&account, &http).await.expect("it answers");
    let classes: Vec<FindingClass> = found.iter().map(|finding| finding.class).collect();
    assert_eq!(
        classes,
        [
            FindingClass::Permission,
            FindingClass::Permission,
            FindingClass::Subscription,
            FindingClass::Permission
        ]
    );
    network.then(Script::json(200, &json!({"data": {"is_valid": false}})));
    let asked = network.asked().len();
    let found = WhatsApp.probe(&account, &http).await.expect("it answers");
    assert_eq!(found[0].class, FindingClass::Token);
    assert_eq!(network.asked().len(), asked + 1);
}
