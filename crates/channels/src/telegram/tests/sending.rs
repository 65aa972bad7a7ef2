//! What goes out: texts, hand-overs, files, edits, deletes and reactions.

use super::*;

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
