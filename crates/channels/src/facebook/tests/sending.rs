//! What goes out: comments, own posts, messages, files, edits, deletes, likes and hiding.

use super::*;

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
    assert!(error.is_partly(), "{error:?}");
    assert_eq!(
        error.class(),
        "retry_backoff",
        "of the text it is known that it is not there"
    );
}

#[tokio::test]
async fn a_second_try_brings_no_file_that_is_there_already() {
    let there = json!({"data": [{"id": "t_1", "messages": {"data": [{
        "id": "m_40", "from": {"id": PAGE}, "created_time": "2026-11-22T04:59:30+0000",
        "attachments": {"data": [{"file_url": "https://cdn.example/1"}]},
    }]}}]});
    let network = FakeNetwork::start(vec![
        Script::json(200, &there),
        Script::json(200, &json!({"message_id": "m_41"})),
    ])
    .await;
    let outbound = Outbound {
        first_tried_at: Some(fixture::NOW),
        action: Action::Reply {
            body: "siehe Anhang".to_owned(),
            attachments: vec![file("application/pdf")],
        },
        ..private("")
    };
    let receipt = send(&network, &outbound).await.expect("it is taken");
    assert_eq!(receipt.network_id, "m_41");
    let asked = network.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].json()["message"]["text"], "siehe Anhang");
}

#[tokio::test]
async fn what_was_answered_in_private_by_a_lost_try_is_answered() {
    let network = FakeNetwork::start(vec![refused(10_900, None), refused(10_900, None)]).await;
    let first = Outbound {
        hand_over: true,
        in_reply_to: Some("55_71".to_owned()),
        ..private("Hallo")
    };
    let error = send(&network, &first).await.expect_err("somebody answered");
    assert_eq!(error.class(), "forbidden");
    let second = Outbound {
        first_tried_at: Some(fixture::NOW),
        ..first
    };
    let error = send(&network, &second).await.expect_err("it is there");
    assert_eq!(error.class(), "duplicate");
}

#[tokio::test]
async fn a_machine_does_not_answer_as_a_person_after_the_window() {
    let network = FakeNetwork::start(vec![refused(10, Some(2_018_278))]).await;
    let mut account = account(&network);
    account.settings["human_agent"] = json!(true);
    let automatic = Outbound {
        automatic: true,
        ..private("Hallo")
    };
    let error = Facebook
        .send(&account, &automatic, &fixture::http())
        .await
        .expect_err("the window is closed");
    assert_eq!(error.class(), "window_closed");
    assert_eq!(network.asked().len(), 1);
}
