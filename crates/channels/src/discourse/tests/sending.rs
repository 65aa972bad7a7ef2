//! What goes out: answers, topics, private messages, files, edits, deletes and likes.

use super::*;

#[tokio::test]
async fn answers_topics_and_private_messages_go_where_they_belong() {
    let cases = [
        (
            answer("Guten Tag"),
            json!({"topic_id": 77, "reply_to_post_number": 3, "raw": "Guten Tag"}),
        ),
        (
            Outbound {
                in_reply_to: Some("77/1".to_owned()),
                ..answer("Guten Tag")
            },
            json!({"topic_id": 77, "raw": "Guten Tag"}),
        ),
        (
            Outbound {
                in_reply_to: None,
                ..answer("Neuer Fahrplan ab Montag\nAlles Weitere …")
            },
            json!({"title": "Neuer Fahrplan ab Montag", "external_id": "kulant-9001", "category": 5,
                "raw": "Neuer Fahrplan ab Montag\nAlles Weitere …"}),
        ),
        (
            Outbound {
                thread: Some("77".to_owned()),
                ..private("Guten Tag")
            },
            json!({"topic_id": 77, "reply_to_post_number": 3, "raw": "Guten Tag"}),
        ),
        (
            Outbound {
                thread: Some("90".to_owned()),
                ..private("Guten Tag")
            },
            json!({"topic_id": 90, "raw": "Guten Tag"}),
        ),
        (
            Outbound {
                hand_over: true,
                ..private("Guten Tag, Anna")
            },
            json!({"title": "Guten Tag, Anna", "external_id": "kulant-9001",
                "archetype": "private_message", "target_recipients": "anna", "raw": "Guten Tag, Anna"}),
        ),
    ];
    for (outbound, expected) in cases {
        let network = FakeNetwork::start(vec![Script::json(
            200,
            &post(1005, 4, "nordbahn", "05:00:01"),
        )])
        .await;
        let account = account(&network);
        let receipt = Discourse.send(&account, &outbound, &fixture::http()).await;
        let receipt = receipt.expect("the forum takes it");
        assert_eq!(receipt.network_id, "77/4");
        assert_eq!(receipt.at.to_string(), "2026-11-22T05:00:01.000000Z");
        assert_eq!(receipt.url, Some(network.url("/t/s1/77/4")));
        let asked = network.last_asked();
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/posts.json")
        );
        assert_eq!(asked.header("api-key"), Some("hush"));
        assert_eq!(asked.header("api-username"), Some("nordbahn"));
        assert_eq!(asked.json(), expected);
    }
}

#[tokio::test]
async fn whom_a_private_message_goes_to_stands_at_the_post() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &post(1001, 3, "anna", "04:30:00")),
        Script::json(200, &post(1005, 1, "nordbahn", "05:00:01")),
    ])
    .await;
    let outbound = Outbound {
        recipient_handle: None,
        hand_over: true,
        ..private("Guten Tag")
    };
    let sent = Discourse
        .send(&account(&network), &outbound, &fixture::http())
        .await;
    assert!(sent.is_ok());
    assert_eq!(calls(&network)[0].1, "/posts/by_number/77/3.json");
    assert_eq!(network.last_asked().json()["target_recipients"], "anna");
}

#[tokio::test]
async fn files_are_uploaded_and_named_below_the_words() {
    let file = |name: &str, media_type: &str, alt: Option<&str>| OutboundAttachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes: b"content".to_vec(),
        alt: alt.map(str::to_owned),
    };
    let action = Action::Reply {
        body: "Siehe unten.".to_owned(),
        attachments: vec![
            file("plan.png", "image/png", Some("Der Plan [neu]")),
            file("karte.pdf", "application/pdf", None),
        ],
    };
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"id": 1, "short_url": "upload://a.png"})),
        Script::json(200, &json!({"id": 2, "short_url": "upload://b.pdf"})),
        Script::json(200, &post(1005, 4, "nordbahn", "05:00:01")),
        Script::Close,
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    Discourse
        .send(&account, &acting(action.clone()), &http)
        .await
        .expect("the forum takes it");
    assert_eq!(
        calls(&network)[0],
        ("POST".to_owned(), "/uploads.json".to_owned())
    );
    assert_eq!(
        network.last_asked().json()["raw"],
        "Siehe unten.\n\n![Der Plan neu](upload://a.png)\n\n[karte.pdf|attachment](upload://b.pdf)"
    );
    let lost = Discourse.send(&account, &acting(action), &http).await;
    assert_eq!(
        lost.expect_err("the upload is lost").class(),
        "retry_backoff",
        "nobody has seen anything yet"
    );
}

#[tokio::test]
async fn edits_deletes_and_likes_go_out() {
    let id = || "77/3".to_owned();
    let like = |added| Action::React {
        network_id: id(),
        kind: "like".to_owned(),
        added,
    };
    let edit = Action::Edit {
        network_id: id(),
        body: "neu".to_owned(),
    };
    let cases = [
        (
            edit,
            "PUT",
            "/posts/1001.json",
            json!({"post": {"raw": "neu"}}),
        ),
        (
            Action::Delete { network_id: id() },
            "DELETE",
            "/posts/1001.json",
            Value::Null,
        ),
        (
            like(true),
            "POST",
            "/post_actions.json",
            json!({"id": 1001, "post_action_type_id": 2}),
        ),
        (
            like(false),
            "DELETE",
            "/post_actions/1001.json?post_action_type_id=2",
            Value::Null,
        ),
    ];
    for (action, method, path, body) in cases {
        let network = FakeNetwork::start(vec![
            Script::json(200, &post(1001, 3, "nordbahn", "04:30:00")),
            Script::text(200, "{}"),
        ])
        .await;
        let sent = Discourse
            .send(&account(&network), &acting(action), &fixture::http())
            .await;
        assert_eq!(sent.expect("the forum takes it").network_id, "77/3");
        let expected = [
            ("GET".to_owned(), "/posts/by_number/77/3.json".to_owned()),
            (method.to_owned(), path.to_owned()),
        ];
        assert_eq!(calls(&network), expected);
        let sent: Value = serde_json::from_slice(&network.last_asked().body).unwrap_or(Value::Null);
        assert_eq!(sent, body);
    }
    let gone = FakeNetwork::start(vec![Script::text(404, "")]).await;
    let delete = acting(Action::Delete { network_id: id() });
    let sent = Discourse
        .send(&account(&gone), &delete, &fixture::http())
        .await;
    assert!(sent.is_ok(), "what is not there is deleted");
}
