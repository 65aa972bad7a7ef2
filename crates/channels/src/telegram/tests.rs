//! Telegram against recorded updates and a fake Bot API.

use std::time::Duration;

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, Script};
use crate::outbound::{Action, OutboundAttachment};

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
async fn polling_confirms_what_is_kept_and_tells_the_bots_name() {
    let update = |id: i64| {
        json!({"update_id": id, "message": {"message_id": id, "date": 1,
        "chat": {"id": 1, "type": "private"}, "from": {"id": 1, "first_name": "A"}, "text": "hi"}})
    };
    let network = FakeNetwork::start(vec![
        done(&json!({"id": 123_456, "username": "NordbahnBot"})),
        done(&json!([update(10), update(12)])),
        done(&json!([])),
    ])
    .await;
    let (account, http) = (account(&network, json!({})), fixture::http());
    let first = Telegram.poll(&account, None, &http).await.expect("it runs");
    let keys: Vec<(&str, &str)> = first
        .deliveries
        .iter()
        .map(|raw| (raw.kind.as_str(), raw.key.as_str()))
        .collect();
    assert_eq!(keys, [("update", "10"), ("update", "12")]);
    assert_eq!(
        first.deliveries[0].header("bot-username"),
        Some("NordbahnBot")
    );
    assert_eq!(first.trouble, None);
    assert!(first.next_in < Some(Duration::from_secs(1)));

    let second = Telegram.poll(&account, Some(&first.cursor), &http).await;
    assert!(second.expect("it runs").deliveries.is_empty());
    let calls = calls(&network);
    let methods: Vec<&str> = calls.iter().map(|(method, _)| method.as_str()).collect();
    assert_eq!(methods, ["getMe", "getUpdates", "getUpdates"]);
    assert_eq!(calls[1].1.get("offset"), None);
    assert_eq!(calls[2].1["offset"], 13);
    let kinds = calls[2].1["allowed_updates"].to_string();
    assert!(
        kinds.contains("message_reaction"),
        "reactions are left out unless asked for"
    );
}

#[tokio::test]
async fn the_pieces_of_an_album_become_one_message() {
    let piece = |id: i64, album: &str| {
        json!({"update_id": id, "message": {"message_id": id, "date": 1,
        "media_group_id": album, "chat": {"id": 1, "type": "private"},
        "from": {"id": 1, "first_name": "A"}, "photo": [{"file_id": format!("f{id}")}]}})
    };
    let network = FakeNetwork::start(vec![
        done(&json!([piece(10, "a")])),
        done(&json!([piece(10, "a"), piece(11, "a"), piece(12, "b")])),
    ])
    .await;
    let account = account(&network, json!({"username": "NordbahnBot"}));
    let polled = Telegram.poll(&account, None, &fixture::http()).await;
    let polled = polled.expect("it runs");
    let keys: Vec<(&str, &str)> = polled
        .deliveries
        .iter()
        .map(|raw| (raw.kind.as_str(), raw.key.as_str()))
        .collect();
    assert_eq!(keys, [("album", "10-11"), ("update", "12")]);
    let album = Telegram.translate(&account, &polled.deliveries[0]);
    let crate::inbound::Inbound::Post(post) = &album.expect("it is readable").taken[0] else {
        panic!("an album is a post");
    };
    assert_eq!(
        (post.network_id.as_str(), post.attachments.len()),
        ("1:10", 2)
    );
    let asked = calls(&network);
    assert_eq!(
        asked[1].1.get("offset"),
        None,
        "nothing is confirmed in between"
    );
    assert!(polled.cursor.contains("13"));
}

#[tokio::test]
async fn troubles_of_polling_name_when_to_ask_again() {
    let mut limited = json!({"ok": false, "error_code": 429, "description": "Too Many Requests"});
    limited["parameters"] = json!({"retry_after": 35});
    let cases = [
        (vec![Script::json(429, &limited)], "retry_after", 35),
        (vec![refused(502, "Bad Gateway")], "retry_backoff", 15),
        (vec![refused(401, "Unauthorized")], "auth_broken", 15),
        (vec![Script::text(200, "<html>")], "unreadable", 15),
        (vec![Script::Close], "retry_backoff", 15),
        (
            vec![
                refused(
                    409,
                    "Conflict: can't use getUpdates while webhook is active",
                ),
                done(&json!({"url": "https://other.example/hook"})),
            ],
            "forbidden",
            15,
        ),
    ];
    for (script, class, seconds) in cases {
        let network = FakeNetwork::start(script).await;
        let account = account(&network, json!({"username": "b"}));
        let cursor = r#"{"offset":5,"username":"b"}"#;
        let polled = Telegram
            .poll(&account, Some(cursor), &fixture::http())
            .await
            .expect("trouble is told beside the cursor");
        let trouble = polled.trouble.expect("something is wrong");
        assert_eq!(trouble.class(), class, "{trouble}");
        assert_eq!(polled.next_in, Some(Duration::from_secs(seconds)));
        assert!(polled.cursor.contains("\"offset\":5"), "{}", polled.cursor);
        assert!(!format!("{trouble:?}").contains(TOKEN));
    }
}

#[tokio::test]
async fn our_own_hook_makes_room_for_polling_and_is_set_for_pushing() {
    let network = FakeNetwork::start(vec![
        refused(
            409,
            "Conflict: can't use getUpdates while webhook is active",
        ),
        done(&json!({"url": "https://care.example/hooks/key"})),
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
    let pushed = account(&network, json!({"push": true}));
    let polled = Telegram.poll(&pushed, None, &fixture::http()).await;
    assert_eq!(
        polled.expect("it runs").next_in,
        Some(Duration::from_mins(5))
    );
    let (method, hook) = calls(&network).pop().expect("something was asked");
    assert_eq!(method, "setWebhook");
    assert_eq!(hook["url"], "https://care.example/hooks/key");
    assert_eq!(hook["secret_token"], json!(hook_token(&pushed)));
}

#[tokio::test]
async fn texts_go_where_they_belong() {
    let cases = [
        (
            public("Wir sehen nach."),
            json!({"chat_id": -1_001_234_567_890_i64, "text": "Wir sehen nach.",
                "reply_parameters": {"message_id": 301}}),
            sent(-1_001_234_567_890, 302),
            "-1001234567890:302",
            Some("https://t.me/c/1234567890/302"),
        ),
        (
            private("Guten Tag"),
            json!({"chat_id": 4242, "text": "Guten Tag"}),
            sent(4242, 9),
            "4242:9",
            None,
        ),
        (
            Outbound {
                thread: None,
                recipient: Some("4242".to_owned()),
                in_reply_to: Some("4242:7".to_owned()),
                ..private("Guten Tag")
            },
            json!({"chat_id": 4242, "text": "Guten Tag", "reply_parameters": {"message_id": 7}}),
            sent(4242, 9),
            "4242:9",
            None,
        ),
        (
            Outbound {
                thread: Some("4242@conn9".to_owned()),
                in_reply_to: Some("4242:7@conn9".to_owned()),
                ..private("Guten Tag")
            },
            json!({"chat_id": 4242, "text": "Guten Tag", "business_connection_id": "conn9",
                "reply_parameters": {"message_id": 7}}),
            sent(4242, 9),
            "4242:9@conn9",
            None,
        ),
        (
            Outbound {
                in_reply_to: None,
                ..public("Heute Störung")
            },
            json!({"chat_id": "@nordbahn", "text": "Heute Störung"}),
            sent(-1_009_876_543_210, 56),
            "-1009876543210:56",
            Some("https://t.me/c/9876543210/56"),
        ),
    ];
    for (outbound, expected, answer, id, url) in cases {
        let network = FakeNetwork::start(vec![answer]).await;
        let account = account(&network, json!({"channel": "@nordbahn"}));
        let receipt = Telegram.send(&account, &outbound, &fixture::http()).await;
        let receipt = receipt.expect("Telegram takes it");
        assert_eq!(
            (receipt.network_id.as_str(), receipt.url.as_deref()),
            (id, url)
        );
        assert_eq!(receipt.at.as_seconds(), 1_795_323_601);
        assert_eq!(calls(&network), [("sendMessage".to_owned(), expected)]);
    }
}

#[tokio::test]
async fn a_hand_over_leads_to_the_bot_and_its_start_back_to_the_message() {
    let network = FakeNetwork::start(vec![
        done(&json!({"username": "NordbahnBot"})),
        sent(-1_001_234_567_890, 303),
    ])
    .await;
    let account = account(&network, json!({}));
    let outbound = Outbound {
        visibility: Visibility::Private,
        hand_over: true,
        ..public("Schreiben Sie uns bitte privat:")
    };
    Telegram
        .send(&account, &outbound, &fixture::http())
        .await
        .expect("Telegram takes it");
    let (_, asked) = calls(&network).pop().expect("something was asked");
    assert_eq!(asked["reply_parameters"]["message_id"], 301);
    let text = asked["text"].as_str().expect("a text");
    let (_, payload) = text
        .split_once("\n\nhttps://t.me/NordbahnBot?start=")
        .expect("the link ends the text");
    assert!(payload.len() <= 64, "{payload}");

    let start = |payload: &str| {
        let body = json!({"update_id": 1, "message": {"message_id": 1, "date": 1,
            "chat": {"id": 4242, "type": "private"}, "from": {"id": 4242, "first_name": "Anna"},
            "text": format!("/start {payload}")}});
        let raw = fixture::delivery(UPDATE, body.to_string());
        let translated = Telegram.translate(&account, &raw).expect("it is readable");
        serde_json::to_value(&translated.taken[0]).expect("inbound is JSON")["parent"].clone()
    };
    assert_eq!(start(payload), "-1001234567890:301");
    assert_eq!(start(&payload.replace("301", "302")), Value::Null);
    assert_eq!(start("anything"), Value::Null);
}

/// Files by name and type, the method that takes them, and what stands in the request.
type Files = (
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static [&'static str],
);

#[tokio::test]
async fn files_go_as_pictures_documents_or_albums() {
    let cases: [Files; 4] = [
        (
            &[("plan.png", "image/png")],
            "sendPhoto",
            &["name=\"photo\"; filename=\"plan.png\"", "siehe Anhang"],
        ),
        (
            &[("plan.pdf", "application/pdf")],
            "sendDocument",
            &["name=\"document\"", "name=\"caption\""],
        ),
        (
            &[("a.png", "image/png"), ("b.jpg", "image/jpeg")],
            "sendMediaGroup",
            &["\"type\":\"photo\"", "attach://file1", "name=\"file1\""],
        ),
        (
            &[("a.png", "image/png"), ("b.pdf", "application/pdf")],
            "sendMediaGroup",
            &["\"type\":\"document\"", "\"caption\":\"siehe Anhang\""],
        ),
    ];
    for (files, method, parts) in cases {
        let message = json!({"message_id": 9, "date": 1, "chat": {"id": 4242, "type": "private"}});
        let answer = if files.len() > 1 {
            done(&json!([message, message]))
        } else {
            done(&message)
        };
        let network = FakeNetwork::start(vec![answer]).await;
        let outbound = with_files(private("siehe Anhang"), files);
        let account = account(&network, json!({}));
        let receipt = Telegram.send(&account, &outbound, &fixture::http()).await;
        assert_eq!(receipt.expect("Telegram takes it").network_id, "4242:9");
        let asked = network.last_asked();
        assert!(asked.path.ends_with(method), "{}", asked.path);
        let body = String::from_utf8_lossy(&asked.body);
        for part in parts {
            assert!(body.contains(part), "{part} in {body}");
        }
    }
}

#[tokio::test]
async fn a_group_that_moved_is_followed_once() {
    let moved = json!({"ok": false, "error_code": 400, "description":
        "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -1_001_234_567_890_i64}});
    let network = FakeNetwork::start(vec![
        Script::json(400, &moved),
        sent(-1_001_234_567_890, 2),
        Script::json(400, &moved),
        Script::json(400, &moved),
    ])
    .await;
    let account = account(&network, json!({}));
    let outbound = Outbound {
        in_reply_to: Some("-500:88".to_owned()),
        ..fixture::reply("Hallo")
    };
    let receipt = Telegram.send(&account, &outbound, &fixture::http()).await;
    assert_eq!(
        receipt.expect("it is followed").network_id,
        "-1001234567890:2"
    );
    assert_eq!(calls(&network)[1].1.get("reply_parameters"), None);
    let error = Telegram.send(&account, &outbound, &fixture::http()).await;
    assert_eq!(error.expect_err("it runs").class(), "recipient_gone");
}

#[tokio::test]
async fn edits_deletes_and_reactions_go_out() {
    let id = "-1001234567890:302".to_owned();
    let chat = -1_001_234_567_890_i64;
    let edit = |network_id: &str| Action::Edit {
        network_id: network_id.to_owned(),
        body: "neu".to_owned(),
    };
    let react = |added| Action::React {
        network_id: "-1001234567890:302".to_owned(),
        kind: "thanks".to_owned(),
        added,
    };
    let no_text = "Bad Request: there is no text in the message to edit";
    let cases = [
        (
            edit(&id),
            vec![done(&json!({}))],
            "editMessageText",
            json!({"chat_id": chat, "message_id": 302, "text": "neu"}),
        ),
        (
            edit(&id),
            vec![refused(400, no_text), done(&json!({}))],
            "editMessageCaption",
            json!({"chat_id": chat, "message_id": 302, "caption": "neu"}),
        ),
        (
            edit(&id),
            vec![refused(400, "Bad Request: message is not modified")],
            "editMessageText",
            json!({"chat_id": chat, "message_id": 302, "text": "neu"}),
        ),
        (
            edit("1:2@c"),
            vec![done(&json!(true))],
            "editMessageText",
            json!({"chat_id": 1, "message_id": 2, "text": "neu", "business_connection_id": "c"}),
        ),
        (
            Action::Delete {
                network_id: id.clone(),
            },
            vec![done(&json!(true))],
            "deleteMessage",
            json!({"chat_id": chat, "message_id": 302}),
        ),
        (
            Action::Delete {
                network_id: id.clone(),
            },
            vec![refused(400, "Bad Request: message to delete not found")],
            "deleteMessage",
            json!({"chat_id": chat, "message_id": 302}),
        ),
        (
            Action::Delete {
                network_id: "1:2@c".to_owned(),
            },
            vec![done(&json!(true))],
            "deleteBusinessMessages",
            json!({"business_connection_id": "c", "message_ids": [2]}),
        ),
        (
            react(true),
            vec![done(&json!(true))],
            "setMessageReaction",
            json!({"chat_id": chat, "message_id": 302, "reaction": [{"type": "emoji", "emoji": "🙏"}]}),
        ),
        (
            react(false),
            vec![done(&json!(true))],
            "setMessageReaction",
            json!({"chat_id": chat, "message_id": 302, "reaction": []}),
        ),
    ];
    for (action, script, method, expected) in cases {
        let network = FakeNetwork::start(script).await;
        let account = account(&network, json!({}));
        Telegram
            .send(&account, &acting(action), &fixture::http())
            .await
            .expect("Telegram takes it");
        let last = calls(&network).pop().expect("something was asked");
        assert_eq!(last, (method.to_owned(), expected));
    }
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let mut limited = json!({"ok": false, "error_code": 429, "description": "Too Many Requests"});
    limited["parameters"] = json!({"retry_after": 7});
    let cases = [
        (refused(401, "Unauthorized"), "auth_broken"),
        (refused(404, "Not Found"), "auth_broken"),
        (
            refused(403, "Forbidden: bot was blocked by the user"),
            "recipient_gone",
        ),
        (
            refused(403, "Forbidden: user is deactivated"),
            "recipient_gone",
        ),
        (
            refused(403, "Forbidden: bot was kicked from the supergroup chat"),
            "recipient_gone",
        ),
        (
            refused(
                403,
                "Forbidden: not enough rights to send text messages to the chat",
            ),
            "forbidden",
        ),
        (
            refused(400, "Bad Request: chat not found"),
            "recipient_gone",
        ),
        (
            refused(400, "Bad Request: message to be replied not found"),
            "recipient_gone",
        ),
        (
            refused(400, "Bad Request: message is too long"),
            "content_rejected",
        ),
        (
            refused(400, "Bad Request: not enough rights to send photos"),
            "forbidden",
        ),
        (
            refused(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING"),
            "window_closed",
        ),
        (refused(413, "Request Entity Too Large"), "content_rejected"),
        (Script::json(429, &limited), "retry_after"),
        (refused(429, "Too Many Requests"), "retry_backoff"),
        (refused(500, "Internal Server Error"), "retry_backoff"),
        (Script::text(502, "<html>nginx</html>"), "retry_backoff"),
        (Script::text(418, "{}"), "bug"),
        (Script::text(200, "<html>log in</html>"), "uncertain"),
        (done(&json!({"odd": true})), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script.clone()]).await;
        let error = Telegram
            .send(
                &account(&network, json!({})),
                &public("Hallo"),
                &fixture::http(),
            )
            .await
            .expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        if let SendError::RetryAfter { wait, .. } = &error {
            assert_eq!(wait.as_secs(), 7);
        }
        assert_eq!(network.asked().len(), 1);
        assert!(!format!("{error:?}").contains(TOKEN));
    }
    assert!(!Telegram.can_look_up(&with_token(json!({}))));
}

#[tokio::test]
async fn what_cannot_go_is_refused_before_anything_is_asked() {
    let network = FakeNetwork::start(Vec::new()).await;
    let account = account(&network, json!({}));
    let files: Vec<(&str, &str)> = vec![("a.png", "image/png"); 11];
    let cases = [
        // 2,048 signs of two UTF-16 units fit, one unit more does not.
        (
            public(&format!("{}a", "😕".repeat(2_048))),
            "content_rejected",
        ),
        (public(" "), "content_rejected"),
        (
            with_files(public(&"a".repeat(1_025)), &files[..1]),
            "content_rejected",
        ),
        (with_files(public("x"), &files), "content_rejected"),
        (
            Outbound {
                in_reply_to: None,
                ..public("x")
            },
            "forbidden",
        ),
        (
            Outbound {
                in_reply_to: Some("nonsense".to_owned()),
                ..public("x")
            },
            "recipient_gone",
        ),
        (
            Outbound {
                thread: Some("nobody".to_owned()),
                ..private("x")
            },
            "recipient_gone",
        ),
        (
            acting(Action::Hide {
                network_id: "1:2".to_owned(),
                hidden: true,
            }),
            "forbidden",
        ),
    ];
    for (outbound, class) in cases {
        let error = Telegram.send(&account, &outbound, &fixture::http()).await;
        assert_eq!(
            error.expect_err("it is refused").class(),
            class,
            "{outbound:?}"
        );
    }
    assert!(network.asked().is_empty());
    network.then(sent(-1_001_234_567_890, 1));
    let longest = public(&"😕".repeat(2_048));
    assert!(
        Telegram
            .send(&account, &longest, &fixture::http())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_file_is_fetched_without_its_address_being_kept() {
    let network = FakeNetwork::start(vec![
        done(&json!({"file_id": "AgAC-l", "file_path": "photos/file_2.jpg"})),
        Script::text(200, "picture"),
        refused(
            400,
            "Bad Request: wrong file_id or the file is temporarily unavailable",
        ),
    ])
    .await;
    let (account, http) = (account(&network, json!({})), fixture::http());
    let fetch = || Telegram.fetch_file(&account, "telegram:file/AgAC-l", 100, &http);
    assert_eq!(fetch().await, Ok(b"picture".to_vec()));
    assert_eq!(
        network.last_asked().path,
        format!("/file/bot{TOKEN}/photos/file_2.jpg")
    );
    assert!(fetch().await.is_err());
}

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
