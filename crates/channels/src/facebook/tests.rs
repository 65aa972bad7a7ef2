//! A page against recorded payloads and a fake Graph API.

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment};

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

#[tokio::test]
async fn comments_and_own_posts_go_out() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"id": "55_90"})),
        Script::json(200, &json!({"id": "55_91"})),
        Script::json(200, &json!({"id": "1784001_61"})),
        Script::json(200, &json!({"id": "8", "post_id": "1784001_62"})),
    ])
    .await;
    let mut outbound = Outbound {
        in_reply_to: Some("55_71".to_owned()),
        ..fixture::reply("Um 14:02 Uhr & pünktlich.")
    };
    let receipt = send(&network, &outbound).await.expect("it is taken");
    assert_eq!((receipt.network_id.as_str(), receipt.at), ("55_90", NOW));
    assert_eq!(path(&network), "POST /v26.0/55_71/comments");
    assert_eq!(
        form(&network),
        [("message".to_owned(), "Um 14:02 Uhr & pünktlich.".to_owned())]
    );

    outbound.action = Action::Reply {
        body: "Hier entlang".to_owned(),
        attachments: vec![file("image/png")],
    };
    send(&network, &outbound).await.expect("it is taken");
    let asked = network.last_asked();
    let body = String::from_utf8_lossy(&asked.body).into_owned();
    assert!(body.contains("name=\"message\"\r\n\r\nHier entlang\r\n"));
    assert!(body.contains("name=\"source\"; filename=\"karte.png\""));
    assert!(body.contains("picture"));

    outbound.in_reply_to = None;
    outbound.action = fixture::reply("Ab Montag gilt der neue Fahrplan.").action;
    let receipt = send(&network, &outbound).await.expect("it is taken");
    assert_eq!(path(&network), "POST /v26.0/1784001/feed");
    assert_eq!(receipt.network_id, "1784001_61");

    outbound.action = Action::Reply {
        body: "Der neue Plan".to_owned(),
        attachments: vec![file("image/png")],
    };
    let receipt = send(&network, &outbound).await.expect("it is taken");
    assert_eq!(path(&network), "POST /v26.0/1784001/photos");
    assert_eq!(receipt.network_id, "1784001_62");
    let body = network.last_asked().body;
    assert!(String::from_utf8_lossy(&body).contains("Der Weg zu Gleis 9"));
}

#[tokio::test]
async fn edits_deletes_likes_and_hiding_go_out() {
    let id = || "55_90".to_owned();
    let cases = [
        (
            Action::Edit {
                network_id: id(),
                body: "neu".to_owned(),
            },
            "POST /v26.0/55_90",
            "message=neu",
        ),
        (
            Action::Delete { network_id: id() },
            "DELETE /v26.0/55_90",
            "",
        ),
        (
            Action::Hide {
                network_id: id(),
                hidden: true,
            },
            "POST /v26.0/55_90",
            "is_hidden=true",
        ),
        (
            Action::Hide {
                network_id: id(),
                hidden: false,
            },
            "POST /v26.0/55_90",
            "is_hidden=false",
        ),
        (
            Action::React {
                network_id: id(),
                kind: "like".to_owned(),
                added: true,
            },
            "POST /v26.0/55_90/likes",
            "{}",
        ),
        (
            Action::React {
                network_id: id(),
                kind: "like".to_owned(),
                added: false,
            },
            "DELETE /v26.0/55_90/likes",
            "",
        ),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (action, asked, body) in cases {
        network.then(Script::json(200, &json!({"success": true})));
        let outbound = Outbound {
            action,
            ..fixture::reply("")
        };
        let receipt = send(&network, &outbound).await.expect("it is done");
        assert_eq!(receipt.network_id, "55_90");
        assert_eq!(path(&network), asked);
        assert_eq!(String::from_utf8_lossy(&network.last_asked().body), body);

        network.then(Script::json(200, &json!({"success": false})));
        let error = send(&network, &outbound).await.expect_err("a no is a no");
        assert_eq!(error.class(), "forbidden");
    }
    network.then(refused(100, Some(33)));
    let outbound = Outbound {
        action: Action::Delete { network_id: id() },
        ..fixture::reply("")
    };
    assert!(send(&network, &outbound).await.is_ok(), "gone is gone");

    let before = network.asked().len();
    let love = Action::React {
        network_id: id(),
        kind: "love".to_owned(),
        added: true,
    };
    let outbound = Outbound {
        action: love,
        ..fixture::reply("")
    };
    let error = send(&network, &outbound)
        .await
        .expect_err("a page only likes");
    assert_eq!(error.class(), "content_rejected");
    let outbound = Outbound {
        action: Action::Delete { network_id: id() },
        ..private("")
    };
    let error = send(&network, &outbound)
        .await
        .expect_err("not in Messenger");
    assert_eq!(error.class(), "forbidden");
    assert_eq!(network.asked().len(), before);
}

#[tokio::test]
async fn messenger_answers_carry_our_id_and_a_person_may_answer_longer() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"recipient_id": "6600", "message_id": "m_20"})),
        refused(10, Some(2_018_278)),
        refused(10, Some(2_018_278)),
        Script::json(200, &json!({"recipient_id": "6600", "message_id": "m_21"})),
    ])
    .await;
    let receipt = send(&network, &private("Wir sehen nach."))
        .await
        .expect("it is taken");
    assert_eq!(receipt.network_id, "m_20");
    assert_eq!(path(&network), "POST /v26.0/1784001/messages");
    assert_eq!(
        network.last_asked().json(),
        json!({
            "recipient": {"id": "6600"},
            "messaging_type": "RESPONSE",
            "message": {"text": "Wir sehen nach.", "metadata": "kulant:9001"},
        })
    );
    let error = send(&network, &private("Zu spät"))
        .await
        .expect_err("the window is closed");
    assert_eq!(error.class(), "window_closed");

    let mut approved = account(&network);
    approved.settings["human_agent"] = json!(true);
    Facebook
        .send(&approved, &private("Später"), &fixture::http())
        .await
        .expect("a person may");
    let asked = network.last_asked().json();
    assert_eq!(
        (&asked["messaging_type"], &asked["tag"]),
        (&json!("MESSAGE_TAG"), &json!("HUMAN_AGENT"))
    );
    assert_eq!(network.asked().len(), 4);
}

#[tokio::test]
async fn a_comment_is_answered_in_private_by_its_own_id() {
    let network = FakeNetwork::start(Vec::new()).await;
    for (of, name) in [("55_71", "comment_id"), ("1784001_57", "post_id")] {
        network.then(Script::json(
            200,
            &json!({"recipient_id": "6600", "message_id": "m_30"}),
        ));
        let outbound = Outbound {
            in_reply_to: Some(of.to_owned()),
            thread: None,
            recipient: Some("9001001".to_owned()),
            hand_over: true,
            ..private("Bitte nennen Sie uns die Fahrkartennummer.")
        };
        send(&network, &outbound).await.expect("it is taken");
        assert_eq!(network.last_asked().json()["recipient"], json!({name: of}));

        let mut approved = account(&network);
        approved.settings["human_agent"] = json!(true);
        network.then(refused(10, Some(2_018_278)));
        let asked = network.asked().len();
        let error = Facebook.send(&approved, &outbound, &fixture::http()).await;
        assert_eq!(
            error.expect_err("seven days are over").class(),
            "window_closed"
        );
        assert_eq!(network.asked().len(), asked + 1, "no tag opens it");

        network.then(refused(10_900, None));
        let error = send(&network, &outbound)
            .await
            .expect_err("it was answered before");
        assert_eq!(error.class(), "forbidden");
    }
}

#[tokio::test]
async fn files_are_brought_before_anybody_sees_anything() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"attachment_id": "4"})),
        Script::json(200, &json!({"message_id": "m_40"})),
        Script::json(200, &json!({"message_id": "m_41"})),
        Script::Close,
        Script::json(200, &json!({"attachment_id": "5"})),
        Script::json(200, &json!({"message_id": "m_42"})),
        Script::json(500, &json!({"error": {"code": 2}})),
    ])
    .await;
    let outbound = Outbound {
        action: Action::Reply {
            body: "siehe Anhang".to_owned(),
            attachments: vec![file("application/pdf")],
        },
        ..private("")
    };
    let receipt = send(&network, &outbound).await.expect("it is taken");
    assert_eq!(receipt.network_id, "m_41");
    let asked = network.asked();
    assert!(
        asked[0]
            .path
            .starts_with("/v26.0/1784001/message_attachments")
    );
    assert!(String::from_utf8_lossy(&asked[0].body).contains("\"type\":\"file\""));
    let sent = asked[1].json();
    assert_eq!(
        sent["message"],
        json!({"attachment": {"type": "file", "payload": {"attachment_id": "4"}}})
    );
    assert_eq!(asked[2].json()["message"]["metadata"], "kulant:9001");

    let error = send(&network, &outbound)
        .await
        .expect_err("the file did not arrive");
    assert_eq!(error.class(), "retry_backoff", "nobody has seen anything");
    let error = send(&network, &outbound)
        .await
        .expect_err("only the file arrived");
    assert_eq!(error.class(), "uncertain");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_it_leaves() {
    let network = FakeNetwork::start(Vec::new()).await;
    let attached = |attachments| Action::Reply {
        body: String::new(),
        attachments,
    };
    let cases = [
        fixture::reply(&"ü".repeat(8_001)),
        private(&"ü".repeat(2_001)),
        fixture::reply(""),
        private(""),
        Outbound {
            action: attached(vec![file("application/pdf")]),
            ..fixture::reply("")
        },
        Outbound {
            action: attached(vec![file("image/png"); 2]),
            ..private("")
        },
        Outbound {
            action: Action::Edit {
                network_id: "1".to_owned(),
                body: "x".repeat(8_001),
            },
            ..fixture::reply("")
        },
    ];
    for outbound in cases {
        let error = send(&network, &outbound)
            .await
            .expect_err("it does not fit");
        assert_eq!(error.class(), "content_rejected", "{error}");
    }
    let note = Outbound {
        visibility: Visibility::Note,
        ..fixture::reply("x")
    };
    assert_eq!(
        send(&network, &note).await.expect_err("a note").class(),
        "forbidden"
    );
    assert!(network.asked().is_empty());

    network.then(Script::json(200, &json!({"id": "1"})));
    assert!(
        send(&network, &fixture::reply(&"ü".repeat(8_000)))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let cases = [
        (refused(190, Some(463)), "auth_broken"),
        (refused(200, None), "forbidden"),
        (refused(32, None), "retry_after"),
        (refused(1, None), "retry_backoff"),
        (refused(551, Some(1_545_041)), "recipient_gone"),
        (refused(100, None), "content_rejected"),
        (refused(506, None), "duplicate"),
        (Script::text(401, ""), "auth_broken"),
        (Script::text(403, "<h1>no</h1>"), "forbidden"),
        (Script::text(404, ""), "recipient_gone"),
        (Script::text(409, ""), "bug"),
        (Script::text(413, ""), "content_rejected"),
        (
            Script::text(429, "").with("retry-after", "7"),
            "retry_after",
        ),
        (Script::text(500, ""), "retry_backoff"),
        (
            Script::text(503, "").with("retry-after", "7"),
            "retry_after",
        ),
        (Script::text(504, ""), "uncertain"),
        (
            Script::text(302, "").with("location", "/login"),
            "forbidden",
        ),
        (Script::text(200, "<html>"), "uncertain"),
        (Script::json(200, &json!({"ok": 1})), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for outbound in [fixture::reply("Hallo"), private("Hallo")] {
        for (script, class) in &cases {
            network.then(script.clone());
            let error = send(&network, &outbound).await.expect_err("it is refused");
            assert_eq!(error.class(), *class, "{script:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_where_it_would_stand() {
    let own = json!({"id": PAGE, "name": "Nordbahn"});
    let said = |from: &serde_json::Value, text: &str, at: &str| json!({"id": "55_90", "message": text, "from": from, "created_time": at});
    let (fresh, old) = ("2026-11-22T04:59:30+0000", "2026-11-21T04:59:30+0000");
    let other = json!({"id": "9001001"});
    let network = FakeNetwork::start(Vec::new()).await;
    let outbound = Outbound {
        in_reply_to: Some("55_71".to_owned()),
        ..fixture::reply("Um 14:02 Uhr.\nGute Fahrt!")
    };
    let cases = [
        (said(&own, "Um 14:02 Uhr. Gute Fahrt!", fresh), true),
        (said(&own, "Um 14:02 Uhr.\r\nGute Fahrt!", old), false),
        (said(&other, "Um 14:02 Uhr.\nGute Fahrt!", fresh), false),
        (said(&own, "Um 15:02 Uhr.", fresh), false),
    ];
    let (http, account) = (fixture::http(), account(&network));
    assert!(Facebook.can_look_up(&account));
    for (item, found) in cases {
        network.then(Script::json(200, &json!({"data": [item]})));
        let receipt = Facebook.look_for(&account, &outbound, &http).await;
        let receipt = receipt.expect("the network answers");
        assert_eq!(receipt.is_some(), found, "{item}");
        assert!(receipt.is_none_or(|receipt| receipt.network_id == "55_90"));
        assert!(path(&network).starts_with("GET /v26.0/55_71/comments?"));

        network.then(Script::json(
            200,
            &json!({"data": [{"messages": {"data": [item]}}]}),
        ));
        let outbound = Outbound {
            action: outbound.action.clone(),
            ..private("")
        };
        let receipt = Facebook.look_for(&account, &outbound, &http).await;
        assert_eq!(
            receipt.expect("the network answers").is_some(),
            found,
            "{item}"
        );
        assert!(path(&network).contains("/1784001/conversations?platform=messenger&user_id=6600"));
    }
    let own_post = Outbound {
        in_reply_to: None,
        ..outbound.clone()
    };
    network.then(Script::json(200, &json!({"data": []})));
    assert_eq!(
        Facebook.look_for(&account, &own_post, &http).await,
        Ok(None)
    );
    assert!(path(&network).starts_with("GET /v26.0/1784001/feed?"));
    network.then(Script::text(500, ""));
    let error = Facebook.look_for(&account, &outbound, &http).await;
    assert_eq!(error.expect_err("it is down").class(), "retry_backoff");

    let asked = network.asked().len();
    let again = Outbound {
        hand_over: true,
        ..outbound.clone()
    };
    assert_eq!(Facebook.look_for(&account, &again, &http).await, Ok(None));
    let file = Outbound {
        action: Action::Reply {
            body: String::new(),
            attachments: vec![file("image/png")],
        },
        ..outbound
    };
    let error = Facebook.look_for(&account, &file, &http).await;
    assert_eq!(error.expect_err("nothing to look for").class(), "uncertain");
    assert_eq!(network.asked().len(), asked);
}

#[tokio::test]
async fn history_and_gaps_are_filled_page_by_page() {
    let day = |day: u32| format!("2026-11-{day:02}T05:00:00+0000");
    let from = json!({"id": "9001001", "name": "Anna"});
    let secret = "https://graph.facebook.com/v26.0/next?access_token=page-token";
    let comment = |id: &str, on: u32| json!({"id": id, "message": "x", "from": from, "created_time": day(on)});
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"data": [
            {"id": "1784001_1", "message": "Post", "from": from, "created_time": day(20),
             "comments": {"data": [comment("1_9", 21)], "paging": {"cursors": {"after": "C2"}, "next": secret}}},
        ], "paging": {"cursors": {"after": "P2"}, "next": secret}})),
        Script::json(200, &json!({"data": [comment("1_8", 1)], "paging": {"next": secret, "cursors": {"after": "C3"}}})),
        Script::json(200, &json!({"data": [], "paging": {"cursors": {"after": "P3"}}})),
        Script::json(200, &json!({"data": [
            {"id": "t_1", "updated_time": day(21), "messages": {"data": [
                {"id": "m_1", "message": "Hallo", "from": {"id": "6600", "name": "Anna"}, "created_time": day(21)}]}},
        ]}))
        .with("x-app-usage", r#"{"call_count":85}"#),
    ])
    .await;
    let account = account(&network);
    let polled = Facebook
        .poll(&account, None, &fixture::http())
        .await
        .expect("the network answers");
    assert_eq!(polled.trouble, None);
    assert_eq!(
        polled.next_in.map(|pause| pause.as_secs()),
        Some(2_400),
        "slower near a limit"
    );
    let kinds: Vec<&str> = polled
        .deliveries
        .iter()
        .map(|raw| raw.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        ["poll_feed", "poll_conversations"],
        "what is old is no news"
    );
    for raw in &polled.deliveries {
        assert!(!String::from_utf8_lossy(&raw.body).contains("page-token"));
        let read = Facebook.translate(&account, raw).expect("it is readable");
        assert!(read.unread.is_empty() && !read.taken.is_empty());
    }
    let asked = network.asked();
    assert!(asked[0].path.starts_with("/v26.0/1784001/feed?"));
    assert!(
        asked[0].path.contains("since=1794114000"),
        "{}",
        asked[0].path
    );
    assert!(asked[1].path.starts_with("/v26.0/1784001_1/comments?"));
    assert!(asked[1].path.contains("after=C2"));
    assert!(asked[2].path.contains("after=P2"));
    assert!(
        asked[3]
            .path
            .starts_with("/v26.0/1784001/conversations?platform=messenger")
    );
    assert_eq!(asked.len(), 4);

    // The next round gives only what is newer than the last one.
    network.then(Script::json(200, &json!({"data": [
        {"id": "1784001_1", "message": "Post", "from": from, "created_time": day(20), "comments": {"data": [comment("1_9", 21)]}},
        {"id": "1784001_2", "message": "Alt", "from": from, "created_time": day(19), "comments": {"data": [comment("2_1", 22)]}},
    ]})));
    network.then(refused(32, None));
    let polled = Facebook
        .poll(&account, Some(&polled.cursor), &fixture::http())
        .await
        .expect("trouble is told in the poll");
    assert_eq!(polled.deliveries.len(), 1);
    let body = String::from_utf8_lossy(&polled.deliveries[0].body).into_owned();
    assert!(body.contains("2_1") && !body.contains("1_9"));
    assert_eq!(polled.trouble.expect("a limit").class(), "retry_after");
    assert_eq!(polled.next_in.map(|pause| pause.as_secs()), Some(3_600));

    // And goes on where it was stopped.
    network.then(Script::json(200, &json!({"data": []})));
    let polled = Facebook
        .poll(&account, Some(&polled.cursor), &fixture::http())
        .await;
    assert!(path(&network).starts_with("GET /v26.0/1784001/conversations"));
    assert_eq!(polled.expect("the network answers").trouble, None);
}

#[tokio::test]
async fn a_long_history_is_read_in_several_polls() {
    let network = FakeNetwork::start(Vec::new()).await;
    for page in 0..11 {
        network.then(Script::json(200, &json!({
            "data": [{"id": format!("1784001_{page}"), "message": "x", "created_time": "2026-11-21T05:00:00+0000"}],
            "paging": {"cursors": {"after": format!("P{page}")}, "next": "https://x.example"},
        })));
    }
    let (account, http) = (account(&network), fixture::http());
    let polled = Facebook
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!((polled.deliveries.len(), network.asked().len()), (10, 10));
    assert_eq!(polled.next_in.map(|pause| pause.as_secs()), Some(5));
    let polled = Facebook.poll(&account, Some(&polled.cursor), &http).await;
    assert!(network.asked()[10].path.contains("after=P9"));
    assert_eq!(polled.expect("it answers").deliveries.len(), 1);
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
