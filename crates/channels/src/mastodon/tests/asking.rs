//! News: history and gaps by asking, the stream, and searching.

use super::*;

fn notification(id: &str, made_at: &str) -> Value {
    json!({"id": id, "type": "favourite", "created_at": made_at,
        "account": {"id": "41", "acct": "anna"}, "status": status("105", "")})
}

#[tokio::test]
async fn the_first_poll_reads_the_last_days_and_the_next_goes_on() {
    let network = FakeNetwork::start(vec![
        own(),
        Script::json(200, &json!([])),
        Script::json(
            200,
            &json!([
                notification("1000", "2026-11-22T04:00:00Z"),
                notification("999", "2026-11-21T04:00:00Z"),
            ]),
        ),
        Script::json(
            200,
            &json!([
                notification("998", "2026-11-20T04:00:00Z"),
                notification("500", "2026-10-20T04:00:00Z"),
            ]),
        ),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Mastodon
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.trouble, None);
    assert_eq!(first.next_in.map(|next| next.as_secs()), Some(60));
    let asked = network.asked();
    assert_eq!(asked[0].path, "/api/v1/accounts/verify_credentials");
    assert!(asked[1].path.starts_with("/api/v1/accounts/900/statuses?"));
    assert!(asked[2].path.contains("types[]=mention") && !asked[2].path.contains("_id="));
    assert!(asked[3].path.ends_with("&max_id=999"));
    let told: Vec<usize> = first
        .deliveries
        .iter()
        .map(|raw| {
            Mastodon
                .translate(&account, raw)
                .expect("readable")
                .taken
                .len()
        })
        .collect();
    assert_eq!(told, [1, 2], "oldest first, without what is too old");

    network.then(Script::json(
        200,
        &json!([status("2000", "<p>Aus der App</p>")]),
    ));
    network.then(Script::json(200, &json!([])));
    network.then(Script::json(
        200,
        &json!([notification("1001", "2026-11-22T04:30:00Z")]),
    ));
    network.then(Script::json(200, &json!([])));
    let second = Mastodon
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    let asked = network.asked();
    assert!(asked[4].path.ends_with("&min_id=0"), "{}", asked[4].path);
    assert!(asked[5].path.ends_with("&min_id=2000"));
    assert!(asked[6].path.ends_with("&min_id=1000"));
    assert!(asked[7].path.ends_with("&min_id=1001"));
    let post = Mastodon
        .translate(&account, &second.deliveries[0])
        .expect("readable");
    let Inbound::Post(post) = &post.taken[0] else {
        panic!("a post of our own comes back");
    };
    assert!(post.author.own);
    assert_eq!(second.deliveries.len(), 2);
}

#[tokio::test]
async fn trouble_in_the_middle_keeps_what_was_read() {
    let network = FakeNetwork::start(vec![
        own(),
        Script::json(200, &json!([status("2000", "<p>Hallo</p>")])),
        Script::json(200, &json!([])),
        Script::text(429, "").with("x-ratelimit-reset", "2026-11-22T05:02:00Z"),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let polled = Mastodon
        .poll(&account, None, &http)
        .await
        .expect("half of it");
    assert_eq!(polled.deliveries.len(), 1);
    assert_eq!(
        polled.trouble.map(|trouble| trouble.class()),
        Some("retry_after")
    );
    assert_eq!(polled.next_in.map(|next| next.as_secs()), Some(120));
    assert!(polled.cursor.contains("2000"));

    network.then(Script::json(
        401,
        &json!({"error": "The access token was revoked"}),
    ));
    let dead = Mastodon.poll(&account, None, &http).await;
    assert_eq!(dead.expect_err("nothing to be had").class(), "auth_broken");
}

#[tokio::test]
async fn few_requests_left_make_it_wait() {
    let empty = || Script::json(200, &json!([]));
    let network = FakeNetwork::start(vec![
        own(),
        empty(),
        empty()
            .with("x-ratelimit-remaining", "3")
            .with("x-ratelimit-reset", "2026-11-22T05:04:00Z"),
    ])
    .await;
    let polled = Mastodon
        .poll(&account(&network), None, &fixture::http())
        .await;
    let next_in = polled.expect("it answers").next_in;
    assert_eq!(next_in.map(|next| next.as_secs()), Some(240));
}

#[tokio::test]
async fn the_stream_catches_up_and_then_tells() {
    let frame = |event: &str, payload: &str| {
        json!({"stream": ["user"], "event": event, "payload": payload}).to_string()
    };
    let note = notification("1003", "2026-11-22T04:59:59Z").to_string();
    let mut stranger = status("300", "<p>Guten Morgen</p>");
    stranger["account"]["id"] = json!("77");
    let network = FakeNetwork::start(Vec::new()).await;
    let streaming = network.url("").replace("http://", "ws://");
    network.then(Script::json(
        200,
        &json!({"configuration": {"urls": {"streaming": streaming}}}),
    ));
    network.then(Script::Socket(vec![
        frame("update", &stranger.to_string()),
        frame("notification", &note),
        frame("delete", "101"),
    ]));
    network.then(own());
    network.then(Script::json(200, &json!([])));
    network.then(Script::json(
        200,
        &json!([notification("1002", "2026-11-22T04:59:00Z")]),
    ));
    network.then(Script::json(200, &json!([])));

    let (account, http) = (account(&network), fixture::http());
    let listening = Mastodon.listen(&account, None, &http).expect("it streams");
    let heard: Vec<Polled> = listening
        .map(|heard| heard.expect("all is well"))
        .collect()
        .await;
    assert_eq!(heard.len(), 3, "the stranger's post is not kept: {heard:?}");
    assert_eq!(heard[0].deliveries[0].kind, NOTIFICATIONS);
    let told: Vec<Inbound> = heard[1..]
        .iter()
        .flat_map(|polled| {
            Mastodon
                .translate(&account, &polled.deliveries[0])
                .expect("readable")
                .taken
        })
        .collect();
    assert!(matches!(&told[0], Inbound::Reaction(reaction) if reaction.of == "105"));
    assert!(matches!(&told[1], Inbound::Delete(delete) if delete.network_id == "101"));
    assert!(heard[1].cursor.contains("\"notification\":\"1003\""));
    let asked = network.asked();
    assert_eq!(asked[1].path, "/api/v1/streaming");
    assert_eq!(asked[1].header("authorization"), Some("Bearer hush"));

    // After a drop, the gap is read from where the stream stopped.
    network.then(Script::json(
        200,
        &json!({"configuration": {"urls": {"streaming": streaming}}}),
    ));
    network.then(Script::Socket(Vec::new()));
    network.then(Script::json(200, &json!([])));
    network.then(Script::json(200, &json!([])));
    let count = network.asked().len();
    let again = Mastodon
        .listen(&account, Some(&heard[2].cursor), &http)
        .expect("it streams");
    let heard: Vec<Result<Polled, SendError>> = again.collect().await;
    assert_eq!(heard.len(), 1);
    assert!(network.asked()[count + 3].path.ends_with("&min_id=1003"));
}

#[tokio::test]
async fn a_stream_that_is_refused_says_why() {
    let network = FakeNetwork::start(vec![Script::text(401, "no")]).await;
    let account = Account {
        settings: json!({"base_url": network.url(""), "streaming_url": network.url("")}),
        ..account(&network)
    };
    let http = fixture::http();
    let heard: Vec<_> = Mastodon
        .listen(&account, None, &http)
        .expect("it streams")
        .collect()
        .await;
    let classes: Vec<&str> = heard
        .iter()
        .filter_map(|heard| heard.as_ref().err().map(SendError::class))
        .collect();
    assert_eq!((heard.len(), classes), (1, vec!["auth_broken"]));
}

#[tokio::test]
async fn what_is_looked_for_comes_once() {
    let post = |id: &str, text: &str, language: &str| {
        let mut post = status(id, &format!("<p>{text}</p>"));
        post["account"]["id"] = json!("77");
        post["language"] = json!(language);
        post
    };
    let network = FakeNetwork::start(vec![
        own(),
        Script::json(
            200,
            &json!({"statuses": [
                post("1000", "Nordtalbahn zu spät", "de"), post("999", "Nordtalbahn Modellbau", "de"),
                post("998", "Nordtalbahn late", "en"),
            ]}),
        ),
        Script::json(
            200,
            &json!([
                post("1000", "Nordtalbahn zu spät", "de"),
                post("997", "#Nordtalbahn", "de-AT")
            ]),
        ),
    ])
    .await;
    let search = Search {
        any: vec!["nordtalbahn spät".to_owned()],
        hashtags: vec!["#nordtalbahn".to_owned()],
        without: vec!["Modellbau".to_owned()],
        languages: vec!["de".to_owned()],
        most: 200,
    };
    let (account, http) = (account(&network), fixture::http());
    let first = Mastodon
        .search(&account, &search, None, &http)
        .await
        .expect("it answers");
    let asked = network.asked();
    assert_eq!(
        asked[1].path,
        "/api/v2/search?type=statuses&limit=40&q=%22nordtalbahn+sp%C3%A4t%22"
    );
    assert_eq!(asked[2].path, "/api/v1/timelines/tag/nordtalbahn?limit=40");
    let found = Mastodon
        .translate(&account, &first.deliveries[0])
        .expect("readable")
        .taken;
    let ids: Vec<&str> = found.iter().map(Inbound::network_id).collect();
    assert_eq!(ids, ["997", "1000"], "newest last, each once");

    network.then(Script::json(200, &json!({"statuses": []})));
    network.then(Script::json(200, &json!([])));
    let second = Mastodon
        .search(&account, &search, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert!(second.deliveries.is_empty());
    assert!(network.last_asked().path.ends_with("&min_id=1000"));
}
