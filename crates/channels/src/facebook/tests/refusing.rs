//! What does not go out, and where it is looked for when the answer was lost.

use super::*;

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
        network.then(Script::json(200, &json!({"id": "55_71"})));
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
    assert_eq!(network.asked().len(), asked);
}

#[tokio::test]
async fn the_same_words_twice_are_there_only_where_they_may_be() {
    let network = FakeNetwork::start(vec![refused(506, None), refused(506, None)]).await;
    let first = fixture::reply("Hallo");
    let error = send(&network, &first).await.expect_err("it is refused");
    assert_eq!(error.class(), "content_rejected", "others were said before");
    let second = Outbound {
        first_tried_at: Some(NOW),
        ..first
    };
    let error = send(&network, &second).await.expect_err("it is refused");
    assert_eq!(error.class(), "duplicate");
}

#[tokio::test]
async fn a_lost_file_is_looked_for_by_being_one() {
    let said = |id: &str, text: &str| {
        json!({"id": id, "message": text, "from": {"id": PAGE},
            "created_time": "2026-11-22T04:59:30+0000",
            "attachments": {"data": [{"image_data": {"url": "https://cdn.example/1"}}]}})
    };
    let page = json!({"data": [{"id": "t_1", "messages": {"data": [said("m_2", "Plan"), said("m_1", "")]}}]});
    let network = FakeNetwork::start(vec![Script::json(200, &page)]).await;
    let outbound = Outbound {
        action: Action::Reply {
            body: String::new(),
            attachments: vec![file("image/png")],
        },
        ..private("")
    };
    let found = Facebook
        .look_for(&account(&network), &outbound, &fixture::http())
        .await;
    assert_eq!(
        found.expect("it answers").expect("it is there").network_id,
        "m_1"
    );
}

#[tokio::test]
async fn an_answer_to_an_answer_is_looked_for_below_the_comment_above_it_page_by_page() {
    let item = |id: &str, text: &str, at: &str| json!({"id": id, "message": text, "from": {"id": PAGE}, "created_time": at});
    let page = |item: Value, after: &str| json!({"data": [item], "paging": {"next": "https://graph.example/next", "cursors": {"after": after}}});
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"id": "55_72", "parent": {"id": "55_71"}})),
        Script::json(
            200,
            &page(item("55_93", "Anderes", "2026-11-22T04:59:40+0000"), "A1"),
        ),
        Script::json(
            200,
            &page(
                item("55_92", "Um 14:02 Uhr.", "2026-11-22T02:59:40+0000"),
                "A2",
            ),
        ),
    ])
    .await;
    let outbound = Outbound {
        in_reply_to: Some("55_72".to_owned()),
        first_tried_at: Some("2026-11-22T03:00:00Z".parse().expect("a time")),
        ..fixture::reply("Um 14:02 Uhr.")
    };
    let found = Facebook
        .look_for(&account(&network), &outbound, &fixture::http())
        .await;
    assert_eq!(
        found.expect("it answers").expect("it is there").network_id,
        "55_92",
        "two hours later it is still ours"
    );
    let asked = path(&network);
    assert!(asked.starts_with("GET /v26.0/55_71/comments?"), "{asked}");
    assert!(asked.contains("&after=A1"), "{asked}");
}
