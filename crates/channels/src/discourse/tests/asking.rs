//! Polls: history, gaps on both sides, and troubles on the way.

use super::*;

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
    script.extend([nothing(), list(&all), view(21, 990)]);
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
    assert_eq!(keys, ["polled 990 0"], "the others were read");
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
