//! Answers, messages and the rest on their way out, and looking for them.

use super::*;

fn summoned() -> Script {
    Script::json(
        200,
        &json!({"data": [post("1990", "41", "@nordbahn hilfe", &[OWN])]}),
    )
}

fn made() -> Script {
    Script::json(
        201,
        &json!({"data": {"id": "2001", "text": "x", "edit_history_tweet_ids": ["2001"]}}),
    )
}

#[tokio::test]
async fn answers_and_own_posts_go_out() {
    let network = FakeNetwork::start(vec![summoned(), made(), made(), summoned(), made()]).await;
    let (account, http) = (account(&network), fixture::http());
    let receipt = X
        .send(&account, &answer("Guten Tag"), &http)
        .await
        .expect("X takes it");
    assert_eq!(receipt.network_id, "2001");
    assert_eq!(receipt.url.as_deref(), Some("https://x.com/i/status/2001"));
    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/2/tweets")
    );
    assert_eq!(asked.header("authorization"), Some("Bearer token"));
    let reply = json!({"in_reply_to_tweet_id": "1990", "auto_populate_reply_metadata": true});
    assert_eq!(asked.json(), json!({"text": "Guten Tag", "reply": reply}));

    let own = Outbound {
        in_reply_to: None,
        automatic: true,
        ..answer("Sperrung ab Montag")
    };
    X.send(&account, &own, &http).await.expect("X takes it");
    let expected = json!({"text": "Sperrung ab Montag", "made_with_ai": true});
    assert_eq!(
        network.last_asked().json(),
        expected,
        "nobody is asked who summoned us"
    );

    let button = Outbound {
        hand_over: true,
        ..answer("Schreiben Sie uns")
    };
    X.send(&account, &button, &http).await.expect("X takes it");
    assert_eq!(
        network.last_asked().json()["direct_message_deep_link"],
        "https://x.com/messages/compose?recipient_id=900"
    );
}

#[tokio::test]
async fn only_who_named_or_quoted_us_is_answered() {
    let quote = json!({"data": [{"id": "1990", "text": "so", "author_id": "41",
        "referenced_tweets": [{"type": "quoted", "id": "7"}]}],
        "includes": {"tweets": [{"id": "7", "text": "x", "author_id": OWN}]}});
    let gone = json!({"errors": [{"resource_id": "1990",
        "type": "https://api.x.com/2/problems/resource-not-found"}]});
    let cases = [
        (
            json!({"data": [post("1990", "41", "hilfe", &["901"])]}),
            Err("forbidden"),
        ),
        (
            json!({"data": [post("1990", OWN, "unser Faden", &[])]}),
            Ok(()),
        ),
        (quote, Ok(())),
        (gone, Err("recipient_gone")),
    ];
    for (parent, expected) in cases {
        let network = FakeNetwork::start(vec![Script::json(200, &parent), made()]).await;
        let sent = X
            .send(&account(&network), &answer("Guten Tag"), &fixture::http())
            .await;
        let told = sent.as_ref().map(|_| ()).map_err(SendError::class);
        assert_eq!(told, expected, "{parent}");
        if told == Err("forbidden") {
            assert!(sent.unwrap_err().detail().starts_with("not summoned"));
        }
    }
    let network = FakeNetwork::start(vec![made()]).await;
    let enterprise = set(account(&network), &json!({"summoned_rule": false}));
    let sent = X
        .send(&enterprise, &answer("Guten Tag"), &fixture::http())
        .await;
    assert!(sent.is_ok());
    assert_eq!(network.asked().len(), 1);
}

#[tokio::test]
async fn messages_pictures_deletes_likes_and_hiding_go_out() {
    let yes = || Script::json(200, &json!({"data": {"done": true}}));
    let told = || {
        Script::json(
            201,
            &json!({"data": {"dm_conversation_id": "41-900", "dm_event_id": "3001"}}),
        )
    };
    let id = || "1990".to_owned();
    let like = |added| {
        acting(Action::React {
            network_id: id(),
            kind: "like".to_owned(),
            added,
        })
    };
    let hide = acting(Action::Hide {
        network_id: id(),
        hidden: true,
    });
    let group = Outbound {
        thread: Some("group:55".to_owned()),
        ..private("Hallo")
    };
    let over = Outbound {
        hand_over: true,
        thread: Some("group:55".to_owned()),
        ..private("Hallo")
    };
    let text = json!({"text": "Hallo"});
    let with = "/2/dm_conversations/with/41/messages";
    let cases = [
        (private("Hallo"), told(), "POST", with, text.clone(), "3001"),
        (
            group,
            told(),
            "POST",
            "/2/dm_conversations/55/messages",
            text.clone(),
            "3001",
        ),
        (over, told(), "POST", with, text, "3001"),
        (
            acting(Action::Delete { network_id: id() }),
            yes(),
            "DELETE",
            "/2/tweets/1990",
            Value::Null,
            "1990",
        ),
        (
            acting(Action::Delete { network_id: id() }),
            Script::text(404, "{}"),
            "DELETE",
            "/2/tweets/1990",
            Value::Null,
            "1990",
        ),
        (
            like(true),
            yes(),
            "POST",
            "/2/users/900/likes",
            json!({"tweet_id": "1990"}),
            "1990",
        ),
        (
            like(false),
            yes(),
            "DELETE",
            "/2/users/900/likes/1990",
            Value::Null,
            "1990",
        ),
        (
            hide,
            yes(),
            "PUT",
            "/2/tweets/1990/hidden",
            json!({"hidden": true}),
            "1990",
        ),
    ];
    for (outbound, script, method, path, body, network_id) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let sent = X
            .send(&account(&network), &outbound, &fixture::http())
            .await;
        assert_eq!(sent.expect("X takes it").network_id, network_id);
        let asked = network.last_asked();
        assert_eq!((asked.method.as_str(), asked.path.as_str()), (method, path));
        let sent: Value = serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
        assert_eq!(sent, body);
    }

    let pictured = Outbound {
        in_reply_to: None,
        ..acting(Action::Reply {
            body: "Der Plan".to_owned(),
            attachments: vec![picture(10)],
        })
    };
    let media = Script::json(200, &json!({"data": {"id": "88", "media_key": "3_88"}}));
    let network = FakeNetwork::start(vec![media, yes(), made(), Script::Close]).await;
    let (account, http) = (account(&network), fixture::http());
    X.send(&account, &pictured, &http)
        .await
        .expect("X takes it");
    let asked = network.asked();
    assert_eq!(asked[0].path, "/2/media/upload");
    assert_eq!(
        asked[1].json(),
        json!({"id": "88", "metadata": {"alt_text": {"text": "Der Plan"}}})
    );
    assert_eq!(asked[2].json()["media"], json!({"media_ids": ["88"]}));
    let lost = X.send(&account, &pictured, &http).await.unwrap_err();
    assert_eq!(
        lost.class(),
        "retry_backoff",
        "nobody has seen the picture yet"
    );
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let capped = "UsageCapExceeded: Monthly product cap";
    let limited = || problem(429, "rate-limit-exceeded", "Too Many Requests");
    let in_a_minute = NOW.after(Duration::from_secs(60)).as_seconds().to_string();
    let cases = [
        (
            problem(400, "invalid-request", "One or more parameters"),
            "content_rejected",
            None,
        ),
        (
            problem(401, "about:blank", "Unauthorized"),
            "auth_broken",
            None,
        ),
        (
            problem(402, "credits", "CreditsDepleted"),
            "retry_after",
            Some(3_600),
        ),
        (
            problem(403, "client-forbidden", "not permitted"),
            "forbidden",
            None,
        ),
        (
            problem(403, "not-authorized-for-resource", "protected"),
            "forbidden",
            None,
        ),
        (
            problem(404, "resource-not-found", "gone"),
            "recipient_gone",
            None,
        ),
        (
            limited().with("x-rate-limit-reset", in_a_minute),
            "retry_after",
            Some(60),
        ),
        (limited(), "retry_backoff", None),
        // From the 22nd at five until the month is over.
        (
            problem(429, "usage-capped", capped),
            "retry_after",
            Some(8 * 86_400 + 19 * 3_600),
        ),
        (Script::text(500, ""), "retry_backoff", None),
        (Script::text(503, ""), "retry_backoff", None),
        (Script::text(504, ""), "uncertain", None),
        (Script::text(418, ""), "bug", None),
        (
            Script::text(301, "").with("location", "/"),
            "forbidden",
            None,
        ),
        (Script::json(200, &json!({"data": {}})), "uncertain", None),
        (Script::text(201, "<html>"), "uncertain", None),
        (Script::Close, "uncertain", None),
        (Script::Truncate, "uncertain", None),
        (Script::Stall, "uncertain", None),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    let account = set(account(&network), &json!({"summoned_rule": false}));
    for (script, class, wait) in cases {
        network.then(script.clone());
        let sent = X.send(&account, &answer("Hallo"), &fixture::http()).await;
        let error = sent.expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        assert_eq!(error.wait(), wait.map(Duration::from_secs), "{script:?}");
    }
    network.then(problem(
        403,
        "client-forbidden",
        "You cannot send messages to this user",
    ));
    let closed = X.send(&account, &private("Hallo"), &fixture::http()).await;
    assert_eq!(closed.unwrap_err().class(), "window_closed");
}

#[tokio::test]
async fn what_cannot_go_is_refused_before_anything_is_asked() {
    let network = FakeNetwork::start(Vec::new()).await;
    let pictures = |count: usize, bytes: usize| Action::Reply {
        body: "Plan".to_owned(),
        attachments: (0..count).map(|_| picture(bytes)).collect(),
    };
    let edit = Action::Edit {
        network_id: "1".to_owned(),
        body: "neu".to_owned(),
    };
    let love = Action::React {
        network_id: "1".to_owned(),
        kind: "love".to_owned(),
        added: true,
    };
    let cases = [
        (answer(&"ä".repeat(281)), "content_rejected"),
        (answer(&"日".repeat(141)), "content_rejected"),
        (
            answer(&format!("{} example.de", "a".repeat(257))),
            "content_rejected",
        ),
        (answer(" \n"), "content_rejected"),
        (private(&"a".repeat(10_001)), "content_rejected"),
        (acting(pictures(5, 1)), "content_rejected"),
        (acting(pictures(1, (5 << 20) + 1)), "content_rejected"),
        (
            Outbound {
                visibility: Visibility::Private,
                ..acting(pictures(1, 1))
            },
            "content_rejected",
        ),
        (acting(edit), "forbidden"),
        (acting(love), "forbidden"),
        (
            Outbound {
                thread: None,
                recipient: None,
                ..private("Hallo")
            },
            "recipient_gone",
        ),
    ];
    for (outbound, class) in cases {
        let sent = X
            .send(&account(&network), &outbound, &fixture::http())
            .await;
        assert_eq!(sent.expect_err("it is refused").class(), class);
    }
    let mut without = account(&network);
    without.secrets = json!({});
    let sent = X.send(&without, &private("x"), &fixture::http()).await;
    assert_eq!(sent.unwrap_err().class(), "auth_broken");
    assert!(network.asked().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_found_on_our_own_timeline() {
    let mut ours = post("2001", OWN, "@anna Guten Tag &amp; https://t.co/a", &[]);
    ours["referenced_tweets"] = json!([{"type": "replied_to", "id": "1990"}]);
    ours["entities"] =
        json!({"urls": [{"url": "https://t.co/a", "expanded_url": "http://nordbahn.example"}]});
    let mut elsewhere = ours.clone();
    elsewhere["referenced_tweets"] = json!([{"type": "replied_to", "id": "1991"}]);
    let mut old = ours.clone();
    old["created_at"] = json!("2026-11-22T03:59:00.000Z");
    let network = FakeNetwork::start(vec![
        Script::Close,
        Script::json(200, &json!({"data": [elsewhere, old]})),
        Script::json(200, &json!({"data": [elsewhere, ours]})),
        problem(
            403,
            "client-forbidden",
            "You are not allowed to create a Tweet with duplicate content.",
        ),
        Script::json(200, &json!({"data": [ours]})),
        problem(
            403,
            "client-forbidden",
            "You are not allowed to create a Tweet with duplicate content.",
        ),
        Script::json(200, &json!({"meta": {"result_count": 0}})),
    ])
    .await;
    let account = set(account(&network), &json!({"summoned_rule": false}));
    let (outbound, http) = (answer("Guten Tag & nordbahn.example"), fixture::http());
    let lost = X.send(&account, &outbound, &http).await.unwrap_err();
    assert_eq!(lost.class(), "uncertain");
    assert_eq!(X.look_for(&account, &outbound, &http).await, Ok(None));
    let found = X
        .look_for(&account, &outbound, &http)
        .await
        .expect("it answers");
    let found = found.expect("it is there");
    assert_eq!(found.network_id, "2001");
    assert_eq!(found.at.to_string(), "2026-11-22T04:59:30.000000Z");
    assert!(
        network
            .last_asked()
            .path
            .starts_with("/2/users/900/tweets?")
    );

    let twice = X.send(&account, &outbound, &http).await.unwrap_err();
    assert_eq!(
        twice,
        SendError::Duplicate {
            network_id: Some("2001".to_owned())
        }
    );
    let elsewhere = X.send(&account, &outbound, &http).await.unwrap_err();
    assert_eq!(
        elsewhere.class(),
        "content_rejected",
        "the words stand under another post"
    );

    let like = acting(Action::Delete {
        network_id: "1".to_owned(),
    });
    assert_eq!(
        X.look_for(&account, &like, &http).await,
        Ok(None),
        "it may be done twice"
    );
}

#[tokio::test]
async fn a_lost_message_is_found_in_its_thread() {
    let said = |id: &str, sender: &str, at: &str| {
        json!({"id": id, "event_type": "MessageCreate", "text": "Hallo", "sender_id": sender,
            "created_at": format!("2026-11-22T{at}.000Z")})
    };
    let network = FakeNetwork::start(vec![
        Script::Stall,
        Script::json(
            200,
            &json!({"data": [said("1", "41", "04:59:59"), said("2", OWN, "03:00:00")]}),
        ),
        Script::json(200, &json!({"data": [said("3", OWN, "04:59:59")]})),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let lost = X
        .send(&account, &private("Hallo"), &http)
        .await
        .unwrap_err();
    assert_eq!(lost.class(), "uncertain");
    assert_eq!(
        X.look_for(&account, &private("Hallo"), &http).await,
        Ok(None)
    );
    let found = X
        .look_for(&account, &private("Hallo"), &http)
        .await
        .expect("it answers");
    assert_eq!(
        found.map(|receipt| receipt.network_id).as_deref(),
        Some("3")
    );
    let path = network.last_asked().path;
    assert!(path.starts_with("/2/dm_conversations/with/41/dm_events?"));
}
