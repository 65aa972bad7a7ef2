//! News: by asking, by Jetstream and by searching.

use super::*;

fn notification(key: &str, at: &str) -> Value {
    json!({"uri": format!("at://did:plc:anna/app.bsky.feed.like/{key}"), "cid": "c", "reason": "like",
        "reasonSubject": "at://did:plc:own/app.bsky.feed.post/1", "record": {}, "indexedAt": at,
        "author": {"did": "did:plc:anna", "handle": "anna.bsky.social"}})
}

fn quiet() -> Vec<Script> {
    vec![
        Script::json(200, &json!({"records": []})),
        Script::json(200, &json!({"notifications": []})),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
    ]
}

#[tokio::test]
async fn the_first_poll_reads_the_last_days_and_the_next_goes_on() {
    let message = json!({"id": "m1", "rev": "r", "text": "Hallo", "sender": {"did": "did:plc:anna"}, "sentAt": "2026-11-22T04:00:00.000Z"});
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"records": [{"uri": "at://did:plc:own/app.bsky.feed.post/3b", "cid": "c",
            "value": {"text": "Aus der App", "createdAt": "2026-11-22T03:00:00.000Z"}}]})),
        Script::json(200, &json!({"cursor": "p2", "notifications": [
            notification("3", "2026-11-22T04:00:00.000Z"), notification("2", "2026-11-22T03:00:00.000Z")]})),
        Script::json(200, &json!({"cursor": "p3", "notifications": [
            notification("1", "2026-11-21T04:00:00.000Z"), notification("0", "2026-10-21T04:00:00.000Z")]})),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
        Script::json(200, &json!({"convos": [{"id": "convo1", "lastMessage": message}]})),
        Script::json(200, &json!({"messages": [message]})),
        Script::json(200, &json!({"profiles": [{"did": "did:plc:anna", "handle": "anna.bsky.social", "displayName": "Anna"}]})),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Bluesky
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.trouble, None);
    let told: Vec<Inbound> = first
        .deliveries
        .iter()
        .flat_map(|raw| Bluesky.translate(&account, raw).expect("readable").taken)
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(matches!(&told[0], Inbound::Post(post) if post.author.own));
    assert!(
        matches!(&told[1], Inbound::Reaction(reaction) if reaction.at.to_string().starts_with("2026-11-21"))
    );
    assert!(
        matches!(&told[4], Inbound::Post(post) if post.thread.as_deref() == Some("convo1") && post.author.name == "Anna")
    );

    network.then(Script::json(
        200,
        &json!({"records": [{"uri": "at://did:plc:own/app.bsky.feed.post/3b", "value": {}}]}),
    ));
    network.then(Script::json(200, &json!({"cursor": "p2", "notifications": [
        notification("4", "2026-11-22T04:30:00.000Z"), notification("3", "2026-11-22T04:00:00.000Z"),
        notification("2", "2026-11-22T03:00:00.000Z")]})));
    network.then(Script::json(200, &json!({"logs": [], "cursor": "log1"})));
    let second = Bluesky
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(second.deliveries.len(), 1);
    let told = Bluesky
        .translate(&account, &second.deliveries[0])
        .expect("readable")
        .taken;
    assert_eq!(told.len(), 1, "only what is new");
    assert!(network.last_asked().path.ends_with("getLog?cursor=log1"));
}

#[tokio::test]
async fn trouble_in_the_middle_loses_nothing() {
    let reset = (NOW.as_seconds() + 120).to_string();
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"records": []})),
        Script::json(200, &json!({"cursor": "p2", "notifications": [notification("3", "2026-11-22T04:00:00.000Z")]})),
        Script::text(429, "").with("ratelimit-reset", reset),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let polled = Bluesky
        .poll(&account, None, &http)
        .await
        .expect("half of it");
    assert!(polled.deliveries.is_empty());
    assert_eq!(
        polled.trouble.map(|trouble| trouble.class()),
        Some("retry_after")
    );
    assert_eq!(polled.next_in.map(|next| next.as_secs()), Some(120));

    for script in [
        Script::json(200, &json!({"records": []})),
        Script::json(
            200,
            &json!({"notifications": [notification("3", "2026-11-22T04:00:00.000Z")]}),
        ),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
        Script::json(200, &json!({"convos": []})),
    ] {
        network.then(script);
    }
    let again = Bluesky
        .poll(&account, Some(&polled.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(again.deliveries.len(), 1);
}

#[tokio::test]
async fn jetstream_tells_what_is_for_us() {
    let event = |did: &str, operation: &str, record: Value| {
        json!({"did": did, "time_us": 1_795_323_500_000_000_i64, "kind": "commit", "commit": {
            "operation": operation, "collection": "app.bsky.feed.post", "rkey": "3a", "record": record}})
        .to_string()
    };
    let answer = json!({"text": "Ja", "reply": {
        "root": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "c"},
        "parent": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "c"}}});
    let account_gone = json!({"did": "did:plc:anna", "time_us": 1_795_323_500_000_001_i64, "kind": "account",
        "account": {"active": false, "status": "deleted"}});
    let network = FakeNetwork::start(vec![Script::Socket(vec![
        event("did:plc:ben", "create", json!({"text": "Guten Morgen"})),
        event("did:plc:ben", "create", answer),
        event("did:plc:carl", "delete", Value::Null),
        event("did:plc:anna", "delete", Value::Null),
        account_gone.to_string(),
    ])])
    .await;
    let mut scripts = quiet();
    scripts[1] = Script::json(
        200,
        &json!({"notifications": [notification("3", "2026-11-22T04:00:00.000Z")]}),
    );
    scripts.push(Script::json(200, &json!({"convos": []})));
    let ben = json!({"did": "did:plc:ben", "handle": "ben.example", "displayName": "Ben"});
    scripts.push(Script::json(200, &json!({"profiles": [ben]})));
    for script in scripts {
        network.then(script);
    }
    let mut account = account(&network);
    let http = fixture::http();
    assert!(
        Bluesky.listen(&account, None, &http).is_none(),
        "only where it is set"
    );
    account.settings["jetstream_url"] = json!(network.url(""));
    let listening = Bluesky.listen(&account, None, &http).expect("it is set");
    let heard: Vec<Polled> = listening
        .map(|heard| heard.expect("all is well"))
        .collect()
        .await;
    let told: Vec<Inbound> = heard[1..]
        .iter()
        .flat_map(|polled| &polled.deliveries)
        .flat_map(|raw| Bluesky.translate(&account, raw).expect("readable").taken)
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(matches!(&told[0], Inbound::Post(post)
        if post.author.network_id == "did:plc:ben" && post.author.name == "Ben"));
    assert!(
        matches!(&told[1], Inbound::Delete(delete) if delete.network_id.contains("did:plc:anna"))
    );
    assert!(
        matches!(&told[2], Inbound::Departure(departure) if departure.person == "did:plc:anna")
    );
    assert_eq!(
        network.asked()[0].path,
        "/subscribe?wantedCollections=app.bsky.feed.post"
    );

    network.then(Script::Socket(Vec::new()));
    for script in quiet() {
        network.then(script);
    }
    let count = network.asked().len();
    let cursor = heard.last().map(|polled| polled.cursor.clone());
    let again: Vec<_> = Bluesky
        .listen(&account, cursor.as_deref(), &http)
        .expect("set")
        .collect()
        .await;
    assert_eq!(again.len(), 1);
    assert!(
        network.asked()[count]
            .path
            .ends_with("&cursor=1795323495000001"),
        "a little earlier"
    );
}

#[tokio::test]
async fn what_is_looked_for_comes_once() {
    let post = |key: &str, text: &str, at: &str| {
        json!({"uri": format!("at://did:plc:anna/app.bsky.feed.post/{key}"), "cid": "c", "indexedAt": at,
            "author": {"did": "did:plc:anna", "handle": "anna.bsky.social"}, "record": {"text": text}})
    };
    let page = json!({"posts": [
        post("3", "Nordtalbahn zu spät", "2026-11-22T04:00:00.000Z"),
        post("2", "Nordtalbahn Modellbau", "2026-11-22T03:00:00.000Z"),
        post("1", "Nordtalbahn kalt", "2026-11-22T02:00:00.000Z"),
    ]});
    let network =
        FakeNetwork::start(vec![Script::json(200, &page), Script::json(200, &page)]).await;
    let search = Search {
        any: vec!["nordtalbahn".to_owned()],
        hashtags: Vec::new(),
        without: vec!["Modellbau".to_owned()],
        languages: vec!["de".to_owned()],
        most: 200,
    };
    let (account, http) = (account(&network), fixture::http());
    let first = Bluesky
        .search(&account, &search, None, &http)
        .await
        .expect("it answers");
    let found = Bluesky
        .translate(&account, &first.deliveries[0])
        .expect("readable")
        .taken;
    let ids: Vec<&str> = found.iter().map(Inbound::network_id).collect();
    assert!(
        ids[0].ends_with("/1") && ids[1].ends_with("/3") && ids.len() == 2,
        "newest last"
    );
    let second = Bluesky
        .search(&account, &search, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert!(second.deliveries.is_empty());
    let asked = network.last_asked();
    assert!(
        asked
            .path
            .contains("q=nordtalbahn&lang=de&since=2026-11-22T04%3A00%3A00"),
        "{}",
        asked.path
    );
}

#[tokio::test]
async fn what_is_more_than_a_page_is_read_down_to_what_was_seen() {
    let post = |minute: u32| {
        json!({"uri": format!("at://did:plc:anna/app.bsky.feed.post/{minute}"), "cid": "c",
            "indexedAt": format!("2026-11-22T04:{minute:02}:00.000Z"), "record": {"text": "Lumenau"},
            "author": {"did": "did:plc:anna", "handle": "anna.bsky.social"}})
    };
    let page = |minutes: &[u32], cursor: Option<&str>| {
        let posts: Vec<Value> = minutes.iter().map(|minute| post(*minute)).collect();
        Script::json(200, &json!({"posts": posts, "cursor": cursor}))
    };
    let network = FakeNetwork::start(vec![
        page(&[1], Some("older")),
        // A storm: the second page is read, the third is too much for this look.
        page(&[9, 8], Some("p2")),
        page(&[7, 6], Some("p3")),
        page(&[6, 5, 4], Some("p4")),
        page(&[3, 2, 1], None),
        page(&[10], None),
    ])
    .await;
    let search = Search {
        any: vec!["lumenau".to_owned()],
        hashtags: Vec::new(),
        without: Vec::new(),
        languages: Vec::new(),
        most: 4,
    };
    let (account, http) = (account(&network), fixture::http());
    let mut cursor: Option<String> = None;
    let mut looks: Vec<Vec<String>> = Vec::new();
    for _ in 0..4 {
        let polled = Bluesky
            .search(&account, &search, cursor.as_deref(), &http)
            .await
            .expect("it answers");
        let ids = polled.deliveries.iter().flat_map(|raw| {
            let read = Bluesky.translate(&account, raw).expect("readable");
            read.taken
        });
        let minute = |inbound: Inbound| {
            let id = inbound.network_id().rsplit('/').next();
            id.unwrap_or_default().to_owned()
        };
        looks.push(ids.map(minute).collect());
        cursor = Some(polled.cursor);
    }
    assert_eq!(
        looks,
        [
            vec!["1"],
            vec!["6", "7", "8", "9"],
            vec!["2", "3", "4", "5", "6"],
            vec!["10"]
        ]
    );
    let asked = network.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert!(paths[2].ends_with("&cursor=p2"), "{paths:?}");
    assert!(
        paths[3].contains("since=2026-11-22T04%3A01")
            && paths[3].contains("until=2026-11-22T04%3A06"),
        "{paths:?}"
    );
    assert!(paths[5].contains("since=2026-11-22T04%3A09"), "{paths:?}");
}

#[tokio::test]
async fn one_look_asks_some_questions_and_the_next_look_the_others() {
    let nothing = || Script::json(200, &json!({"posts": []}));
    let network = FakeNetwork::start((0..50).map(|_| nothing()).collect()).await;
    let search = Search {
        any: (0..25).map(|number| format!("wort{number}")).collect(),
        hashtags: Vec::new(),
        without: Vec::new(),
        languages: Vec::new(),
        most: 200,
    };
    let (account, http) = (account(&network), fixture::http());
    let look = async |cursor: Option<String>| {
        let polled = Bluesky
            .search(&account, &search, cursor.as_deref(), &http)
            .await;
        polled.expect("it answers").cursor
    };
    let first = look(None).await;
    assert_eq!(network.asked().len(), 20);
    look(Some(first)).await;
    let asked = network.asked();
    assert_eq!(asked.len(), 40);
    for (place, number) in [(20, 20), (24, 24), (25, 0)] {
        let path = &asked[place].path;
        assert!(path.contains(&format!("q=wort{number}")), "{path}");
    }
}
