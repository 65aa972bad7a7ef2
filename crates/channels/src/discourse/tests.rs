//! Discourse against recorded events and a fake forum.

use std::time::Duration;

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, SECRET, Script};
use crate::outbound::{Action, OutboundAttachment};

fn account(network: &FakeNetwork) -> Account {
    Account {
        secrets: json!({"api_key": "hush", "signing": [SECRET]}),
        ..fixture::account(json!({
            "base_url": network.url("/"),
            "api_username": "nordbahn",
            "category": "5",
        }))
    }
}

fn answer(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("77/3".to_owned()),
        ..fixture::reply(body)
    }
}

fn private(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        recipient_handle: Some("@anna".to_owned()),
        ..answer(body)
    }
}

fn acting(action: Action) -> Outbound {
    Outbound {
        action,
        ..answer("")
    }
}

fn post(id: i64, number: i64, username: &str, at: &str) -> Value {
    json!({"id": id, "topic_id": 77, "post_number": number, "user_id": 3, "username": username,
        "created_at": format!("2026-11-22T{at}.000Z"), "cooked": "<p>x</p>", "raw": "Guten Tag",
        "topic_slug": "s1", "version": 1, "post_type": 1})
}

fn refused(status: u16, words: &str) -> Script {
    Script::json(
        status,
        &json!({"errors": [words], "error_type": "invalid_access"}),
    )
}

fn calls(network: &FakeNetwork) -> Vec<(String, String)> {
    let asked = network.asked().into_iter();
    asked.map(|asked| (asked.method, asked.path)).collect()
}

#[test]
fn recorded_events_are_translated() {
    fixture::run(&Discourse);
}

#[test]
fn an_event_is_believed_by_its_signature() {
    let account = fixture::account(json!({}));
    let body = r#"{"ping":"OK"}"#;
    let signature = format!(
        "sha256={}",
        signature::hmac_hex(SECRET.as_bytes(), body.as_bytes())
    );
    let headers = |event: &str, id: &str| {
        vec![
            ("X-Discourse-Event".to_owned(), event.to_owned()),
            ("X-Discourse-Event-Id".to_owned(), id.to_owned()),
            ("X-Discourse-Event-Signature".to_owned(), signature.clone()),
        ]
    };
    let mut raw = fixture::delivery("", body);
    raw.headers = headers("post_created", "81");
    let key = Discourse.verify(&account, &raw).expect("it is genuine");
    assert_eq!(
        (key.kind.as_str(), key.key.as_str()),
        ("post_created", "81")
    );

    let long = "1".repeat(201);
    let cases = [
        ("Post Created", "81", VerifyError::BadHeader(EVENT_HEADER)),
        (
            "post_created",
            long.as_str(),
            VerifyError::BadHeader(EVENT_ID_HEADER),
        ),
        ("post_created", "", VerifyError::BadHeader(EVENT_ID_HEADER)),
    ];
    for (event, id, error) in cases {
        raw.headers = headers(event, id);
        assert_eq!(Discourse.verify(&account, &raw), Err(error));
    }
    raw.headers = headers("post_created", "81");
    for (absent, name) in [
        (0, EVENT_HEADER),
        (1, EVENT_ID_HEADER),
        (2, SIGNATURE_HEADER),
    ] {
        let mut fewer = raw.clone();
        fewer.headers.remove(absent);
        let missing = Err(VerifyError::MissingHeader(name));
        assert_eq!(Discourse.verify(&account, &fewer), missing);
    }
    raw.body.push(b' ');
    let wrong = Err(VerifyError::WrongSignature);
    assert_eq!(Discourse.verify(&account, &raw), wrong);
    for secrets in [json!({}), json!({"signing": [""]})] {
        let without = Account {
            secrets,
            ..account.clone()
        };
        assert_eq!(Discourse.verify(&without, &raw), Err(VerifyError::NoSecret));
    }
}

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

#[tokio::test]
async fn every_refusal_has_its_class() {
    let limited = json!({"errors": ["Slow down"], "error_type": "rate_limit",
        "extras": {"wait_seconds": 6.2, "time_left": "7 seconds"}});
    let cases = [
        (refused(401, "no"), "auth_broken"),
        (
            refused(
                403,
                "You are not permitted to view the requested resource. The API username or key is invalid.",
            ),
            "auth_broken",
        ),
        (
            refused(403, "You are not permitted to view the requested resource."),
            "forbidden",
        ),
        (
            refused(404, "The requested URL or resource could not be found."),
            "recipient_gone",
        ),
        (refused(410, "gone"), "recipient_gone"),
        (refused(422, "Body is too short"), "content_rejected"),
        (refused(413, "too large"), "content_rejected"),
        (Script::json(429, &limited), "retry_after"),
        (
            Script::text(429, "Slow down").with("retry-after", "7"),
            "retry_after",
        ),
        (Script::text(429, "Slow down"), "retry_backoff"),
        (Script::text(502, "<html>"), "retry_backoff"),
        (
            Script::text(302, "").with("location", "/login"),
            "forbidden",
        ),
        (Script::text(418, ""), "bug"),
        (
            Script::json(200, &json!({"action": "enqueued", "success": true})),
            "uncertain",
        ),
        (Script::text(200, "<html>log in</html>"), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, class) in cases {
        network.then(script.clone());
        let sent = Discourse
            .send(&account(&network), &answer("Hallo"), &fixture::http())
            .await;
        let error = sent.expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        match error {
            SendError::RetryAfter { wait, .. } => assert_eq!(wait, Duration::from_secs(7)),
            SendError::ContentRejected(detail) if detail.contains("short") => {
                assert_eq!(detail, "Body is too short");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_cannot_go_is_refused_before_anything_is_asked() {
    let network = FakeNetwork::start(Vec::new()).await;
    let long = Action::Edit {
        network_id: "77/3".to_owned(),
        body: "a".repeat(32_001),
    };
    let love = Action::React {
        network_id: "77/3".to_owned(),
        kind: "love".to_owned(),
        added: true,
    };
    let hide = Action::Hide {
        network_id: "77/3".to_owned(),
        hidden: true,
    };
    let nobody = Outbound {
        recipient_handle: None,
        in_reply_to: None,
        ..private("x")
    };
    let cases = [
        (answer(&"ü".repeat(32_001)), "content_rejected"),
        (answer(" \n"), "content_rejected"),
        (acting(long), "content_rejected"),
        (acting(love), "forbidden"),
        (acting(hide), "forbidden"),
        (
            Outbound {
                in_reply_to: Some("nonsense".to_owned()),
                ..answer("x")
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
        (nobody, "recipient_gone"),
    ];
    for (outbound, class) in cases {
        let sent = Discourse
            .send(&account(&network), &outbound, &fixture::http())
            .await;
        assert_eq!(
            sent.expect_err("it is refused").class(),
            class,
            "{outbound:?}"
        );
    }
    let without = fixture::account(json!({"base_url": network.url(""), "api_username": "n"}));
    let sent = Discourse
        .send(&without, &answer("x"), &fixture::http())
        .await;
    assert_eq!(sent.expect_err("there is no key").class(), "auth_broken");
    assert!(network.asked().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_found_in_its_topic() {
    let view = |posts: Vec<Value>, stream: Vec<i64>| {
        Script::json(
            200,
            &json!({"id": 77, "post_stream": {"posts": posts, "stream": stream}}),
        )
    };
    let network = FakeNetwork::start(vec![
        Script::Close,
        view(
            vec![post(1000, 1, "anna", "04:00:00")],
            vec![1000, 1004, 1005],
        ),
        Script::json(
            200,
            &json!({"post_stream": {"posts": [
            post(1004, 4, "nordbahn", "04:59:58"), post(1005, 5, "anna", "04:59:59")]}}),
        ),
        view(
            vec![
                post(1002, 2, "nordbahn", "03:59:00"),
                post(1003, 3, "anna", "04:59:00"),
            ],
            vec![],
        ),
        Script::text(500, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let lost = Discourse.send(&account, &answer("Guten Tag"), &http).await;
    assert_eq!(lost.expect_err("the answer is lost").class(), "uncertain");

    let found = Discourse
        .look_for(&account, &answer("Guten Tag"), &http)
        .await;
    let found = found.expect("it runs").expect("it is there");
    assert_eq!(found.network_id, "77/4");
    let paths: Vec<String> = calls(&network).into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        paths[1..],
        [
            "/t/77.json?include_raw=true",
            "/t/77/posts.json?post_ids%5B%5D=1004&post_ids%5B%5D=1005&include_raw=true"
        ]
    );
    assert_eq!(
        Discourse
            .look_for(&account, &answer("Guten Tag"), &http)
            .await,
        Ok(None),
        "older words, and other people's, are not ours"
    );
    let error = Discourse
        .look_for(&account, &answer("Guten Tag"), &http)
        .await;
    assert_eq!(error.expect_err("it is down").class(), "retry_backoff");
}

#[tokio::test]
async fn a_lost_topic_is_found_by_our_own_id() {
    let network = FakeNetwork::start(vec![
        Script::text(301, "").with("location", "/t/s1/90.json"),
        Script::json(200, &json!({"id": 90})),
        Script::text(404, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let topic = Outbound {
        in_reply_to: None,
        ..answer("Neuer Fahrplan")
    };
    let found = Discourse.look_for(&account, &topic, &http).await;
    assert_eq!(
        found.expect("it runs").expect("it is there").network_id,
        "90/1"
    );
    assert_eq!(calls(&network)[0].1, "/t/external_id/kulant-9001.json");
    assert_eq!(network.last_asked().header("api-key"), Some("hush"));
    assert_eq!(Discourse.look_for(&account, &topic, &http).await, Ok(None));

    let edit = acting(Action::Edit {
        network_id: "77/3".to_owned(),
        body: "x".to_owned(),
    });
    assert_eq!(Discourse.look_for(&account, &edit, &http).await, Ok(None));
    assert_eq!(
        network.asked().len(),
        3,
        "an edit is done again without looking"
    );
}

#[tokio::test]
async fn polling_fills_history_and_gaps_on_both_sides() {
    let latest = |posts: Vec<Value>| Script::json(200, &json!({"latest_posts": posts}));
    let topics = |topics: Value| Script::json(200, &json!({"topic_list": {"topics": topics}}));
    let old = json!({"id": 900, "topic_id": 70, "post_number": 1, "username": "anna", "user_id": 42,
        "created_at": "2026-11-01T00:00:00.000Z", "cooked": "<p>alt</p>", "version": 1});
    let network = FakeNetwork::start(vec![
        latest(vec![
            post(1003, 3, "anna", "04:30:00"),
            json!({"odd": 1}),
            post(1001, 2, "anna", "04:20:00"),
        ]),
        latest(vec![old]),
        topics(json!([
            {"id": 90, "title": "Meine Karte", "last_posted_at": "2026-11-22T04:00:00.000Z"},
            {"id": 80, "title": "Alt", "last_posted_at": "2026-01-01T00:00:00.000Z"}])),
        Script::json(
            200,
            &json!({"post_stream": {"stream": [950], "posts": [
            {"id": 950, "topic_id": 90, "post_number": 1, "username": "anna", "user_id": 42,
             "created_at": "2026-11-22T04:00:00.000Z", "cooked": "<p>Hilfe</p>", "version": 1}]}}),
        ),
        latest(vec![
            post(1004, 4, "anna", "04:40:00"),
            post(1003, 3, "anna", "04:30:00"),
        ]),
        latest(vec![post(1003, 3, "anna", "04:30:00")]),
        topics(json!([])),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let keys = |polled: &Polled| -> Vec<String> {
        polled
            .deliveries
            .iter()
            .map(|raw| raw.key.clone())
            .collect()
    };
    let first = Discourse
        .poll(&account, None, &http)
        .await
        .expect("it runs");
    assert_eq!(first.trouble, None);
    assert_eq!(
        keys(&first),
        ["polled 1001 1", "polled 1003 1", "polled 950 1"]
    );
    let paths: Vec<String> = calls(&network).into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        paths,
        [
            "/posts.json",
            "/posts.json?before=1001",
            "/topics/private-messages/nordbahn.json",
            "/t/90.json?include_raw=true"
        ]
    );
    let private = Discourse
        .translate(&account, &first.deliveries[2])
        .expect("it is readable");
    let private = serde_json::to_value(&private.taken[0]).expect("inbound is JSON");
    assert_eq!(private["thread"], "90");
    assert_eq!(private["title"], "Meine Karte");
    assert_eq!(private["visibility"], "private");

    let second = Discourse
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it runs");
    assert_eq!(keys(&second), ["polled 1004 1"]);
    assert_eq!(second.next_in, Some(Duration::from_mins(1)));
}

#[tokio::test]
async fn a_gap_too_large_for_one_reading_is_read_on() {
    let page = |id: i64| {
        Script::json(
            200,
            &json!({"latest_posts": [post(id, id, "anna", "04:30:00")]}),
        )
    };
    let topics = || Script::json(200, &json!({"topic_list": {"topics": []}}));
    let mut script: Vec<Script> = (0..10).map(|index| page(2_000 - index)).collect();
    script.push(topics());
    script.extend([
        page(1_990),
        page(1_004),
        topics(),
        page(2_001),
        page(2_000),
        topics(),
    ]);
    let network = FakeNetwork::start(script).await;
    let (account, http) = (account(&network), fixture::http());
    let mut cursor = r#"{"public":1004,"private":950}"#.to_owned();
    let mut counts = Vec::new();
    for _ in 0..3 {
        let polled = Discourse.poll(&account, Some(&cursor), &http).await;
        let polled = polled.expect("it runs");
        assert_eq!(polled.trouble, None);
        counts.push(polled.deliveries.len());
        cursor = polled.cursor;
    }
    assert_eq!(counts, [10, 1, 1]);
    assert_eq!(calls(&network)[11].1, "/posts.json?before=1991");
    assert_eq!(calls(&network)[14].1, "/posts.json");
    assert!(
        cursor.contains("\"public\":2001") && !cursor.contains("gap"),
        "{cursor}"
    );
}

#[tokio::test]
async fn more_private_topics_than_one_reading_takes_wait_for_the_next() {
    let topic = |id: i64| json!({"id": id, "title": "Karte", "last_posted_at": format!("2026-11-22T04:{id}:00.000Z")});
    let view = |topic: i64, id: i64| {
        Script::json(
            200,
            &json!({"post_stream": {"stream": [id], "posts": [
            {"id": id, "topic_id": topic, "post_number": 1, "username": "anna", "user_id": 42,
             "created_at": "2026-11-22T04:00:00.000Z", "cooked": "<p>Hilfe</p>"}]}}),
        )
    };
    let nothing = || Script::json(200, &json!({"latest_posts": []}));
    let list = |ids: &[i64]| {
        let topics: Vec<Value> = ids.iter().map(|id| topic(*id)).collect();
        Script::json(200, &json!({"topic_list": {"topics": topics}}))
    };
    let all = [21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11];
    let mut script = vec![nothing(), list(&all)];
    script.extend((11..=20).map(|id| view(id, 1_000 + id)));
    // The last topic's post is older than those of the others.
    script.extend([nothing(), list(&all), view(20, 1_020), view(21, 990)]);
    let network = FakeNetwork::start(script).await;
    let (account, http) = (account(&network), fixture::http());
    let cursor = r#"{"public":2000,"private":950}"#;
    let first = Discourse
        .poll(&account, Some(cursor), &http)
        .await
        .expect("it runs");
    assert_eq!((first.trouble, first.deliveries.len()), (None, 10));
    let second = Discourse
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it runs");
    let keys: Vec<&str> = second
        .deliveries
        .iter()
        .map(|raw| raw.key.as_str())
        .collect();
    assert_eq!(
        keys,
        ["polled 990 0", "polled 1020 0"],
        "the second is known by its key"
    );
    assert!(
        second.cursor.contains("\"private\":1020"),
        "{}",
        second.cursor
    );
}

#[tokio::test]
async fn troubles_of_polling_keep_the_cursor() {
    let cursor = r#"{"public":1004,"private":950}"#;
    let limited = json!({"errors": ["Slow down"], "extras": {"wait_seconds": 33}});
    let cases = [
        (vec![Script::json(429, &limited)], "retry_after", 33),
        (vec![Script::text(500, "")], "retry_backoff", 120),
        (vec![Script::text(200, "<html>")], "unreadable", 120),
        (vec![Script::Close], "retry_backoff", 120),
    ];
    for (script, class, seconds) in cases {
        let network = FakeNetwork::start(script).await;
        let polled = Discourse
            .poll(&account(&network), Some(cursor), &fixture::http())
            .await;
        let polled = polled.expect("trouble is told beside the cursor");
        assert_eq!(polled.trouble.expect("something is wrong").class(), class);
        assert_eq!(polled.next_in, Some(Duration::from_secs(seconds)));
        assert_eq!(polled.cursor, cursor);
    }
    // What was read before the trouble is kept, and its side of the cursor with it.
    let news = json!({"latest_posts": [post(1005, 5, "anna", "04:50:00")]});
    let network = FakeNetwork::start(vec![
        Script::json(200, &news),
        Script::json(200, &json!({"latest_posts": []})),
        Script::text(500, ""),
    ])
    .await;
    let polled = Discourse
        .poll(&account(&network), Some(cursor), &fixture::http())
        .await;
    let polled = polled.expect("it is told");
    assert_eq!(polled.deliveries.len(), 1);
    assert_eq!(polled.deliveries[0].received_at, NOW);
    assert_eq!(polled.cursor, r#"{"public":1005,"private":950}"#);
    assert!(polled.trouble.is_some());
}

#[tokio::test]
async fn a_probe_names_what_is_wrong() {
    let current = |own: Value| Script::json(200, &json!({"current_user": own}));
    let invalid =
        "You are not permitted to view the requested resource. The API username or key is invalid.";
    let cases = [
        (current(json!({"username": "nordbahn"})), None),
        (
            current(json!({"username": "nordbahn", "silenced_till": "2026-12-01T00:00:00Z"})),
            Some(FindingClass::Restricted),
        ),
        (refused(403, invalid), Some(FindingClass::Token)),
        (Script::text(404, ""), Some(FindingClass::Token)),
        (
            refused(403, "You are not permitted."),
            Some(FindingClass::Permission),
        ),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, expected) in cases {
        network.then(script);
        let findings = Discourse.probe(&account(&network), &fixture::http()).await;
        let findings = findings.expect("it can be asked");
        assert_eq!(findings.first().map(|finding| finding.class), expected);
    }
    assert_eq!(network.last_asked().path, "/session/current.json");
    network.then(Script::text(500, ""));
    let down = Discourse.probe(&account(&network), &fixture::http()).await;
    assert_eq!(down.expect_err("it is down").class(), "retry_backoff");
}
