//! An account against recorded payloads and a fake Graph API.

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment};

const OWN: &str = "17841400";

fn account(network: &FakeNetwork) -> Account {
    Account {
        secrets: json!({
            "app_secret": "app-secret",
            "verify_token": "verify-me",
            "access_token": "page-token",
        }),
        ..fixture::account(json!({
            "account_id": OWN,
            "username": "nordbahn",
            "page_id": "1784001",
            "app_id": "1517",
            "base_url": network.url(""),
        }))
    }
}

/// The same account, connected without a page.
fn alone(network: &FakeNetwork) -> Account {
    let mut account = account(network);
    account.settings["login"] = json!("instagram");
    account
}

fn public(action: Action) -> Outbound {
    Outbound {
        in_reply_to: Some("17901".to_owned()),
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

fn private(action: Action) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        thread: Some("5501".to_owned()),
        ..public(action)
    }
}

fn refused(code: i64, subcode: Option<i64>) -> Script {
    let error = json!({"error": {"message": "no", "code": code, "error_subcode": subcode}});
    Script::json(400, &error)
}

fn path(network: &FakeNetwork) -> String {
    let asked = network.last_asked();
    let path = asked.path.split("appsecret_proof=").next().unwrap_or("");
    format!("{} {}", asked.method, path.trim_end_matches(['?', '&']))
}

fn written(network: &FakeNetwork) -> String {
    String::from_utf8_lossy(&network.last_asked().body).into_owned()
}

async fn send(network: &FakeNetwork, outbound: &Outbound) -> Result<Receipt, SendError> {
    Instagram
        .send(&account(network), outbound, &fixture::http())
        .await
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&Instagram);
}

#[test]
fn both_variants_of_an_unread_comment_can_be_taken_in_again() {
    let account = fixture::account(json!({"account_id": OWN}));
    let bad = json!({"field": "comments", "value": {"text": "x"}});
    let straight = json!({"id": OWN, "time": 1, "field": "comments", "value": {"text": "x"}});
    for entry in [json!({"id": OWN, "changes": [bad]}), straight] {
        let body = json!({"object": "instagram", "entry": [entry]}).to_string();
        let first = Instagram.translate(&account, &fixture::delivery(graph::GRAPH, body));
        let first = first.expect("it is readable").unread.remove(0);
        let again = fixture::delivery(graph::GRAPH, first.body);
        let again = Instagram
            .translate(&account, &again)
            .expect("it is readable");
        assert_eq!(again.unread[0].error, first.error);
    }
}

#[tokio::test]
async fn replies_deletes_and_hiding_go_out() {
    let id = || "17903".to_owned();
    let cases = [
        (
            public(text("Um 14:02 Uhr.")),
            "POST /v26.0/17901/replies",
            "message=Um+14%3A02+Uhr.",
        ),
        (
            public(Action::Delete { network_id: id() }),
            "DELETE /v26.0/17903",
            "",
        ),
        (
            public(Action::Hide {
                network_id: id(),
                hidden: true,
            }),
            "POST /v26.0/17903",
            "hide=true",
        ),
        (
            public(Action::Hide {
                network_id: id(),
                hidden: false,
            }),
            "POST /v26.0/17903",
            "hide=false",
        ),
        (
            Outbound {
                in_reply_to: Some("mention:18090:17990".to_owned()),
                ..public(text("Danke!"))
            },
            "POST /v26.0/17841400/mentions",
            "message=Danke%21&media_id=18090&comment_id=17990",
        ),
        (
            Outbound {
                in_reply_to: Some("mention:18091".to_owned()),
                ..public(text("Danke!"))
            },
            "POST /v26.0/17841400/mentions",
            "message=Danke%21&media_id=18091",
        ),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (outbound, asked, body) in cases {
        network.then(Script::json(200, &json!({"id": "17903", "success": true})));
        let receipt = send(&network, &outbound).await.expect("it is taken");
        assert_eq!((receipt.network_id.as_str(), receipt.at), ("17903", NOW));
        assert_eq!(
            (path(&network).as_str(), written(&network).as_str()),
            (asked, body)
        );
    }
}

#[tokio::test]
async fn direct_messages_go_out_in_the_name_that_connected() {
    let network = FakeNetwork::start(Vec::new()).await;
    let answer = json!({"recipient_id": "5501", "message_id": "aWd_9"});
    let mut unmarked = account(&network);
    unmarked.settings["metadata"] = json!(false);
    let marked = json!({"text": "Gern.", "metadata": "kulant:9001"});
    for (account, asked, message) in [
        (
            account(&network),
            "POST /v26.0/1784001/messages",
            marked.clone(),
        ),
        (alone(&network), "POST /v26.0/17841400/messages", marked),
        (
            unmarked,
            "POST /v26.0/1784001/messages",
            json!({"text": "Gern."}),
        ),
    ] {
        network.then(Script::json(200, &answer));
        let outbound = private(text("Gern."));
        let receipt = Instagram.send(&account, &outbound, &fixture::http()).await;
        assert_eq!(receipt.expect("it is taken").network_id, "aWd_9");
        assert_eq!(path(&network), asked);
        assert_eq!(network.last_asked().json()["message"], message);
        assert_eq!(
            network.last_asked().json()["recipient"],
            json!({"id": "5501"})
        );
    }

    network.then(Script::json(200, &answer));
    let first = Outbound {
        hand_over: true,
        thread: None,
        ..private(text("Bitte hier weiter."))
    };
    send(&network, &first).await.expect("it is taken");
    assert_eq!(
        network.last_asked().json()["recipient"],
        json!({"comment_id": "17901"})
    );

    for (added, action) in [(true, "react"), (false, "unreact")] {
        network.then(Script::json(200, &json!({"recipient_id": "5501"})));
        let heart = Action::React {
            network_id: "aWd_1".to_owned(),
            kind: "like".to_owned(),
            added,
        };
        send(&network, &private(heart)).await.expect("it is taken");
        let asked = network.last_asked().json();
        assert_eq!(
            (
                asked["sender_action"].as_str(),
                asked["payload"]["message_id"].as_str()
            ),
            (Some(action), Some("aWd_1"))
        );
        assert_eq!(asked["payload"].get("reaction").is_some(), added);
    }

    network.then(refused(10, Some(2_534_022)));
    let error = send(&network, &private(text("Zu spät")))
        .await
        .expect_err("closed");
    assert_eq!(error.class(), "window_closed");
    let mut approved = account(&network);
    approved.settings["human_agent"] = json!(true);
    network.then(refused(10, Some(2_534_022)));
    network.then(Script::json(200, &answer));
    let outbound = private(text("Später"));
    assert!(
        Instagram
            .send(&approved, &outbound, &fixture::http())
            .await
            .is_ok()
    );
    assert_eq!(network.last_asked().json()["tag"], "HUMAN_AGENT");
}

#[tokio::test]
async fn a_picture_is_brought_first() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"attachment_id": "4"})),
        Script::json(200, &json!({"message_id": "aWd_10"})),
    ])
    .await;
    let file = OutboundAttachment {
        name: "karte.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: b"picture".to_vec(),
        alt: None,
    };
    let action = Action::Reply {
        body: String::new(),
        attachments: vec![file],
    };
    let receipt = send(&network, &private(action.clone()))
        .await
        .expect("it is taken");
    assert_eq!(receipt.network_id, "aWd_10");
    let brought = String::from_utf8_lossy(&network.asked()[0].body).into_owned();
    assert!(brought.contains("name=\"platform\"\r\n\r\ninstagram"));
    assert_eq!(
        network.last_asked().json()["message"]["metadata"],
        "kulant:9001"
    );
    let error = send(&network, &public(action))
        .await
        .expect_err("comments hold no files");
    assert_eq!(error.class(), "content_rejected");
}

#[tokio::test]
async fn what_does_not_fit_or_is_not_offered_never_leaves() {
    let network = FakeNetwork::start(Vec::new()).await;
    let id = || "1".to_owned();
    let love = Action::React {
        network_id: id(),
        kind: "love".to_owned(),
        added: true,
    };
    let angry = Action::React {
        network_id: id(),
        kind: "angry".to_owned(),
        added: true,
    };
    let edit = Action::Edit {
        network_id: id(),
        body: "x".to_owned(),
    };
    let cases = [
        (public(text(&"ü".repeat(2_201))), "content_rejected"),
        (private(text(&"ü".repeat(501))), "content_rejected"),
        (public(text(" ")), "content_rejected"),
        (private(text("")), "content_rejected"),
        (private(angry), "content_rejected"),
        (public(love), "forbidden"),
        (public(edit.clone()), "forbidden"),
        (private(edit), "forbidden"),
        (
            Outbound {
                in_reply_to: None,
                ..public(text("Eigener Beitrag"))
            },
            "forbidden",
        ),
        (
            Outbound {
                visibility: Visibility::Note,
                ..public(text("x"))
            },
            "forbidden",
        ),
    ];
    for (outbound, class) in cases {
        let error = send(&network, &outbound).await.expect_err("it is refused");
        assert_eq!(error.class(), class, "{outbound:?}");
    }
    assert!(network.asked().is_empty());
    network.then(Script::json(200, &json!({"message_id": "1"})));
    assert!(
        send(&network, &private(text(&"ü".repeat(500))))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let cases = [
        (refused(190, None), "auth_broken"),
        (refused(10, None), "forbidden"),
        (refused(4, None), "retry_after"),
        (refused(2, None), "retry_backoff"),
        (refused(551, None), "recipient_gone"),
        (refused(100, None), "content_rejected"),
        (Script::text(404, ""), "recipient_gone"),
        (Script::text(429, ""), "retry_after"),
        (Script::text(502, ""), "retry_backoff"),
        (Script::text(200, "no JSON"), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for outbound in [public(text("Hallo")), private(text("Hallo"))] {
        for (script, class) in &cases {
            network.then(script.clone());
            let error = send(&network, &outbound).await.expect_err("it is refused");
            assert_eq!(error.class(), *class, "{script:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_for() {
    let network = FakeNetwork::start(Vec::new()).await;
    let (account, http) = (account(&network), fixture::http());
    let at = "2026-11-22T04:59:30+0000";
    for (username, found) in [("nordbahn", true), ("annab", false)] {
        let items = json!({"data": [{"id": "17903", "text": "Um 14:02 Uhr.", "username": username, "timestamp": at}]});
        network.then(Script::json(
            200,
            &json!({"id": "17901", "parent_id": "17900"}),
        ));
        network.then(Script::json(200, &items));
        if !found {
            network.then(Script::json(200, &json!({"data": []})));
        }
        let receipt = Instagram
            .look_for(&account, &public(text("Um 14:02 Uhr.")), &http)
            .await;
        assert_eq!(receipt.expect("it answers").is_some(), found);
        // Answers to answers stand below the comment above them.
        let of = if found { "17900" } else { "17901" };
        assert!(path(&network).starts_with(&format!("GET /v26.0/{of}/replies?")));
    }
    let items = json!({"data": [{"messages": {"data": [{"id": "aWd_9", "message": "Gern.", "from": {"id": OWN}, "created_time": at}]}}]});
    network.then(Script::json(200, &items));
    let receipt = Instagram
        .look_for(&account, &private(text("Gern.")), &http)
        .await;
    assert_eq!(
        receipt
            .expect("it answers")
            .expect("it is there")
            .network_id,
        "aWd_9"
    );
    assert!(path(&network).contains("platform=instagram&user_id=5501"));

    let mention = Outbound {
        in_reply_to: Some("mention:1:2".to_owned()),
        ..public(text("Danke!"))
    };
    let error = Instagram.look_for(&account, &mention, &http).await;
    assert_eq!(error.expect_err("nobody to ask").class(), "uncertain");
    let first = Outbound {
        hand_over: true,
        ..private(text("Hallo"))
    };
    assert_eq!(Instagram.look_for(&account, &first, &http).await, Ok(None));
    let asked = network.asked().len();
    let first = Outbound {
        in_reply_to: mention.in_reply_to,
        ..first
    };
    let refused = Instagram.send(&account, &first, &http).await;
    assert_eq!(refused.expect_err("not ours").class(), "forbidden");
    assert_eq!(network.asked().len(), asked);
}

#[tokio::test]
async fn what_a_mention_points_at_is_fetched() {
    let found = json!({"id": "17990", "text": "@nordbahn?", "username": "annab", "timestamp": "2026-11-22T04:00:00+0000"});
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"mentioned_comment": found, "id": OWN})),
        Script::json(
            200,
            &json!({"mentioned_media": {"caption": "Danke", "username": "annab"}, "id": OWN}),
        ),
        refused(100, Some(33)),
        refused(10, None),
        Script::json(
            200,
            &json!({"mentioned_media": {"caption": "Danke", "username": "annab"}, "id": OWN}),
        ),
        Script::text(500, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let told = |values: &[Value]| {
        let changes: Vec<Value> = values
            .iter()
            .map(|value| json!({"field": "mentions", "value": value}))
            .collect();
        let body = json!({"object": "instagram", "entry": [{"id": OWN, "changes": changes}]});
        fixture::delivery(graph::GRAPH, body.to_string())
    };
    let both = told(&[
        json!({"media_id": "18090", "comment_id": "17990"}),
        json!({"media_id": "18091"}),
    ]);
    let fetched = Instagram
        .follow_up(&account, &both, &http)
        .await
        .expect("it answers");
    assert_eq!(fetched.len(), 2);
    assert!(
        network.asked()[0]
            .path
            .contains("mentioned_comment.comment_id%2817990%29")
    );
    for raw in &fetched {
        let read = Instagram.translate(&account, raw).expect("it is readable");
        assert_eq!(read.taken.len(), 1);
    }
    let one = told(&[json!({"media_id": "18090"})]);
    assert_eq!(
        Instagram.follow_up(&account, &one, &http).await,
        Ok(Vec::new()),
        "gone"
    );
    let fetched = Instagram.follow_up(&account, &both, &http).await;
    assert_eq!(
        fetched.map(|fetched| fetched.len()),
        Ok(1),
        "one is forbidden"
    );
    let error = Instagram.follow_up(&account, &one, &http).await;
    assert_eq!(error.expect_err("it is down").class(), "retry_backoff");

    let asked = network.asked().len();
    let tricks = told(&[json!({"media_id": "1){id}"}), json!({})]);
    assert_eq!(
        Instagram.follow_up(&account, &tricks, &http).await,
        Ok(Vec::new())
    );
    assert_eq!(network.asked().len(), asked);
}

#[tokio::test]
async fn history_ends_where_the_span_ends() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"data": [
            {"id": "18001", "caption": "neu", "timestamp": "2026-11-20T05:00:00+0000", "username": "nordbahn"},
            {"id": "17000", "caption": "alt", "timestamp": "2026-08-01T05:00:00+0000", "username": "nordbahn",
             "comments": {"data": [{"id": "1", "text": "alt", "timestamp": "2026-08-01T05:00:00+0000",
                "replies": {"data": [{"id": "2", "text": "neu", "timestamp": "2026-11-21T05:00:00+0000"}]}}]}},
        ], "paging": {"cursors": {"after": "A"}, "next": "https://x.example"}})),
        Script::json(200, &json!({"data": []})),
    ])
    .await;
    let account = account(&network);
    let polled = Instagram
        .poll(&account, None, &fixture::http())
        .await
        .expect("it answers");
    assert_eq!(polled.trouble, None);
    assert_eq!(network.asked().len(), 2, "older media are not asked for");
    assert!(path(&network).starts_with("GET /v26.0/1784001/conversations?platform=instagram"));
    let body = String::from_utf8_lossy(&polled.deliveries[0].body).into_owned();
    assert!(
        body.contains("18001") && body.contains("17000"),
        "a new reply below an old comment"
    );
    let again = Instagram
        .translate(&account, &polled.deliveries[0])
        .expect("it is readable");
    assert!(again.unread.is_empty());
}

#[tokio::test]
async fn the_probe_and_new_tokens_depend_on_how_it_was_connected() {
    let network = FakeNetwork::start(vec![
        Script::json(
            200,
            &json!({"data": {"is_valid": true, "scopes": wire::SCOPES}}),
        ),
        Script::json(200, &json!({"data": [{"id": "1517"}]})),
        Script::json(
            200,
            &json!({"data": [{"id": "1517", "subscribed_fields": ["comments", "mentions"]}]}),
        ),
        refused(190, Some(463)),
        Script::json(
            200,
            &json!({"access_token": "ig-2", "token_type": "bearer", "expires_in": 5_183_944}),
        ),
    ])
    .await;
    let http = fixture::http();
    assert_eq!(
        Instagram.probe(&account(&network), &http).await,
        Ok(Vec::new())
    );
    assert!(path(&network).starts_with("GET /v26.0/1784001/subscribed_apps"));
    let found = Instagram
        .probe(&alone(&network), &http)
        .await
        .expect("it answers");
    assert!(path(&network).starts_with("GET /v26.0/17841400/subscribed_apps"));
    assert_eq!(
        found,
        [Finding::new(
            FindingClass::Subscription,
            "not subscribed: messages"
        )]
    );
    let found = Instagram
        .probe(&alone(&network), &http)
        .await
        .expect("it answers");
    assert_eq!(found[0].class, FindingClass::Token);

    assert_eq!(Instagram.renew_at(&account(&network)), None);
    assert_eq!(Instagram.renew_at(&alone(&network)), Some(NOW));
    let renewed = Instagram
        .renew(&alone(&network), &http)
        .await
        .expect("it answers");
    assert_eq!(renewed["access_token"], "ig-2");
    assert!(
        network
            .last_asked()
            .path
            .contains("grant_type=ig_refresh_token")
    );
}
