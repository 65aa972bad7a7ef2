//! Polls: history and gaps, page by page.

use super::*;

#[tokio::test]
async fn history_and_gaps_are_filled_page_by_page() {
    let day = |day: u32| format!("2026-11-{day:02}T05:00:00+0000");
    let from = json!({"id": "9001001", "name": "Anna"});
    let secret = "https://graph.facebook.com/v26.0/next?access_token=page-token";
    let comment = |id: &str, on: u32| json!({"id": id, "message": "x", "from": from, "created_time": day(on)});
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"data": [
            {"id": "1784001_1", "message": "Post", "from": from, "created_time": day(20),
             "comments": {"data": [comment("1_9", 21)], "paging": {"cursors": {"after": "C2"}, "next": secret}}},
        ], "paging": {"cursors": {"after": "P2"}, "next": secret}})),
        Script::json(200, &json!({"data": [comment("1_8", 1)], "paging": {"next": secret, "cursors": {"after": "C3"}}})),
        Script::json(200, &json!({"data": [], "paging": {"cursors": {"after": "P3"}}})),
        Script::json(200, &json!({"data": [
            {"id": "t_1", "updated_time": day(21), "messages": {"data": [
                {"id": "m_1", "message": "Hallo", "from": {"id": "6600", "name": "Anna"}, "created_time": day(21)}]}},
        ]})),
        Script::json(200, &json!({"data": [
            {"id": "77_1", "message": "@Laden", "from": from, "created_time": day(21)},
        ]}))
        .with("x-app-usage", r#"{"call_count":85}"#),
    ])
    .await;
    let account = account(&network);
    let polled = Facebook
        .poll(&account, None, &fixture::http())
        .await
        .expect("the network answers");
    assert_eq!(polled.trouble, None);
    assert_eq!(
        polled.next_in.map(|pause| pause.as_secs()),
        Some(2_400),
        "slower near a limit"
    );
    let kinds: Vec<&str> = polled
        .deliveries
        .iter()
        .map(|raw| raw.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        ["poll_feed", "poll_conversations", "poll_tagged"],
        "what is old is no news"
    );
    for raw in &polled.deliveries {
        assert!(!String::from_utf8_lossy(&raw.body).contains("page-token"));
        let read = Facebook.translate(&account, raw).expect("it is readable");
        assert!(read.unread.is_empty() && !read.taken.is_empty());
    }
    let asked = network.asked();
    assert!(asked[0].path.starts_with("/v26.0/1784001/feed?"));
    assert!(
        asked[0].path.contains("since=1787547600"),
        "three months: {}",
        asked[0].path
    );
    assert!(asked[1].path.starts_with("/v26.0/1784001_1/comments?"));
    assert!(asked[1].path.contains("after=C2"));
    assert!(asked[2].path.contains("after=P2"));
    assert!(
        asked[3]
            .path
            .starts_with("/v26.0/1784001/conversations?platform=messenger")
    );
    assert!(asked[4].path.starts_with("/v26.0/1784001/tagged?"));
    assert_eq!(asked.len(), 5);

    // The next round gives only what is newer than the last one.
    network.then(Script::json(200, &json!({"data": [
        {"id": "1784001_1", "message": "Post", "from": from, "created_time": day(20), "comments": {"data": [comment("1_9", 21)]}},
        {"id": "1784001_2", "message": "Alt", "from": from, "created_time": day(19), "comments": {"data": [comment("2_1", 22)]}},
    ]})));
    network.then(refused(32, None));
    let polled = Facebook
        .poll(&account, Some(&polled.cursor), &fixture::http())
        .await
        .expect("trouble is told in the poll");
    assert!(network.asked()[5].path.contains("since=1794114000"));
    assert_eq!(polled.deliveries.len(), 1);
    let body = String::from_utf8_lossy(&polled.deliveries[0].body).into_owned();
    assert!(body.contains("2_1") && !body.contains("1_9"));
    assert_eq!(polled.trouble.expect("a limit").class(), "retry_after");
    assert_eq!(polled.next_in.map(|pause| pause.as_secs()), Some(3_600));

    // And goes on where it was stopped.
    network.then(Script::json(200, &json!({"data": []})));
    network.then(Script::json(200, &json!({"data": []})));
    let polled = Facebook
        .poll(&account, Some(&polled.cursor), &fixture::http())
        .await;
    assert!(
        network.asked()[7]
            .path
            .starts_with("/v26.0/1784001/conversations")
    );
    assert!(network.asked()[8].path.starts_with("/v26.0/1784001/tagged"));
    assert_eq!(polled.expect("the network answers").trouble, None);
}

#[tokio::test]
async fn a_long_history_is_read_in_several_polls() {
    let network = FakeNetwork::start(Vec::new()).await;
    for page in 0..11 {
        network.then(Script::json(200, &json!({
            "data": [{"id": format!("1784001_{page}"), "message": "x", "created_time": "2026-11-21T05:00:00+0000"}],
            "paging": {"cursors": {"after": format!("P{page}")}, "next": "https://x.example"},
        })));
    }
    let (account, http) = (account(&network), fixture::http());
    let polled = Facebook
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!((polled.deliveries.len(), network.asked().len()), (10, 10));
    assert_eq!(polled.next_in.map(|pause| pause.as_secs()), Some(5));
    let polled = Facebook.poll(&account, Some(&polled.cursor), &http).await;
    assert!(network.asked()[10].path.contains("after=P9"));
    assert_eq!(polled.expect("it answers").deliveries.len(), 1);
}
