//! Polls and searches, the history, gaps and the budget.

use super::*;

fn page(posts: &[Value], next: Option<&str>) -> Script {
    Script::json(200, &json!({"data": posts, "meta": {"next_token": next}}))
}

fn nothing() -> Script {
    Script::json(200, &json!({"meta": {"result_count": 0}}))
}

fn message(id: &str, at: &str) -> Value {
    json!({"id": id, "event_type": "MessageCreate", "text": "Hallo", "sender_id": "41",
        "dm_conversation_id": "41-900", "created_at": at})
}

fn ids(channel: &X, account: &Account, polled: &Polled) -> Vec<String> {
    polled
        .deliveries
        .iter()
        .flat_map(|raw| {
            let translation = channel.translate(account, raw).expect("it is readable");
            assert!(translation.unread.is_empty());
            translation.taken
        })
        .map(|one| one.network_id().to_owned())
        .collect()
}

#[tokio::test]
async fn the_first_poll_reads_the_history_and_the_next_one_what_is_new() {
    let mention = |id: &str| post(id, "41", "@nordbahn hilfe", &[OWN]);
    let network = FakeNetwork::start(vec![
        page(&[mention("1003"), mention("1002")], Some("p2")),
        page(&[mention("1001")], None),
        page(&[post("1004", OWN, "Ja", &[])], None),
        page(
            &[
                message("501", "2026-11-22T04:00:00Z"),
                message("500", "2026-11-01T04:00:00Z"),
            ],
            Some("more"),
        ),
        nothing(),
        nothing(),
        page(
            &[
                message("502", "2026-11-22T04:59:00Z"),
                message("501", "2026-11-22T04:00:00Z"),
            ],
            Some("more"),
        ),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = X.poll(&account, None, &http).await.expect("it answers");
    assert_eq!(first.trouble, None);
    assert_eq!(first.next_in, Some(Duration::from_secs(300)));
    assert_eq!(
        ids(&X, &account, &first),
        ["1001", "1002", "1003", "1004", "501"]
    );
    let asked = network.asked();
    assert!(asked[0].path.starts_with("/2/users/900/mentions?"));
    assert!(
        asked[0]
            .path
            .contains("&start_time=2026-11-15T05%3A00%3A00Z")
    );
    assert!(asked[1].path.contains("&pagination_token=p2"));
    assert!(asked[2].path.starts_with("/2/users/900/tweets?"));
    assert!(asked[3].path.starts_with("/2/dm_events?"));
    assert_eq!(asked.len(), 4, "what is older than a week is not asked for");

    let next = X
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(ids(&X, &account, &next), ["502"]);
    let asked = network.asked();
    assert!(asked[4].path.contains("&since_id=1003"));
    assert!(asked[5].path.contains("&since_id=1004"));
    let again = X
        .poll(&account, Some("no cursor"), &http)
        .await
        .expect("it answers");
    assert_eq!(
        again.trouble.map(|error| error.class()),
        Some("retry_backoff"),
        "the script is over"
    );
}

#[tokio::test]
async fn a_gap_that_was_cut_off_is_read_on_from_where_it_was() {
    let mention = |id: &str| post(id, "41", "@nordbahn hilfe", &[OWN]);
    let reset = NOW.after(Duration::from_secs(90)).as_seconds().to_string();
    let network = FakeNetwork::start(vec![
        page(&[mention("1001")], None),
        nothing(),
        page(&[mention("1005"), mention("1004")], Some("p2")),
        problem(429, "rate-limit-exceeded", "slow").with("x-rate-limit-reset", reset),
        page(&[mention("1003"), mention("1002")], None),
        nothing(),
        nothing(),
        nothing(),
    ])
    .await;
    let account = set(account(&network), &json!({"direct_messages": false}));
    let http = fixture::http();
    let first = X.poll(&account, None, &http).await.expect("it answers");
    let second = X
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(
        ids(&X, &account, &second),
        ["1004", "1005"],
        "what was read is kept"
    );
    assert_eq!(second.next_in, Some(Duration::from_secs(90)));
    assert_eq!(
        second.trouble.as_ref().map(SendError::class),
        Some("retry_after")
    );
    let third = X
        .poll(&account, Some(&second.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(ids(&X, &account, &third), ["1002", "1003"]);
    let path = &network.asked()[4].path;
    assert!(path.contains("&since_id=1001") && path.contains("&pagination_token=p2"));
    X.poll(&account, Some(&third.cursor), &http)
        .await
        .expect("it answers");
    assert!(network.asked()[6].path.contains("&since_id=1005"));
}

#[tokio::test]
async fn a_budget_is_never_overdrawn_and_survives_a_restart() {
    let mention = |id: u32| post(&id.to_string(), "41", "@nordbahn hilfe", &[OWN]);
    let seven: Vec<Value> = (1001..1008).map(mention).rev().collect();
    let limited = |script: Script| {
        script
            .with("x-rate-limit-limit", "450")
            .with("x-rate-limit-remaining", "449")
            .with(
                "x-rate-limit-reset",
                NOW.after(Duration::from_secs(900)).as_seconds().to_string(),
            )
    };
    let network = FakeNetwork::start(vec![
        limited(page(&seven, None)),
        nothing(),
        nothing(),
        nothing(),
    ])
    .await;
    let settings = json!({"direct_messages": false, "budget_posts": 12, "recheck_posts": 0});
    let account = set(account(&network), &settings);
    let http = fixture::http();
    let first = X.poll(&account, None, &http).await.expect("it answers");
    assert!(
        network.asked()[0].path.contains("&max_results=12&"),
        "no more than is left"
    );
    assert!(network.asked()[1].path.contains("&max_results=5&"));
    let usage = X.usage(&account, &first.cursor).expect("it counts");
    assert_eq!(
        (usage.unit, usage.used, usage.budget),
        ("posts", 7, Some(12))
    );
    assert_eq!(usage.until.to_string(), "2026-12-01T00:00:00.000000Z");
    assert_eq!(usage.limits[0].name, "mentions");
    assert_eq!(usage.limits[0].remaining, 449);

    let tight = set(account.clone(), &json!({"budget_posts": 11}));
    let spent = X
        .poll(&tight, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(network.asked().len(), 2, "nothing more is asked for");
    let trouble = spent.trouble.expect("it says why");
    assert_eq!(trouble.class(), "retry_after");
    assert!(trouble.detail().contains("budget of 11 posts"));
    assert_eq!(
        spent.next_in,
        Some(Duration::from_secs(86_400)),
        "it looks again every day"
    );

    let mut december = tight.clone();
    december.now = NOW.after(Duration::from_secs(10 * 86_400));
    let fresh = X
        .poll(&december, Some(&spent.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(fresh.trouble, None);
    assert_eq!(
        X.usage(&december, &fresh.cursor).map(|usage| usage.used),
        Some(0)
    );
    let other_day = set(tight, &json!({"budget_day": 25}));
    let usage = X.usage(&other_day, &spent.cursor).expect("it counts");
    assert_eq!(usage.until.to_string(), "2026-11-25T00:00:00.000000Z");
}

#[tokio::test]
async fn a_limit_that_is_used_up_is_waited_for_without_asking() {
    let reset = NOW.after(Duration::from_secs(400)).as_seconds().to_string();
    let last = nothing()
        .with("x-rate-limit-limit", "15")
        .with("x-rate-limit-remaining", "0")
        .with("x-rate-limit-reset", reset);
    let network = FakeNetwork::start(vec![nothing(), nothing(), last, nothing(), nothing()]).await;
    let (account, http) = (account(&network), fixture::http());
    let first = X.poll(&account, None, &http).await.expect("it answers");
    let second = X
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(network.asked().len(), 5, "direct messages are let be");
    assert_eq!(second.next_in, Some(Duration::from_secs(400)));
}

#[tokio::test]
async fn what_is_gone_is_found_by_asking_again_once_a_day() {
    let mention = |id: &str| post(id, "41", "@nordbahn hilfe", &[OWN]);
    let gone = json!({"data": [{"id": "1001"}], "errors": [{"resource_id": "1002",
        "type": "https://api.x.com/2/problems/resource-not-found"}]});
    let network = FakeNetwork::start(vec![
        page(&[mention("1002"), mention("1001")], None),
        page(&[post("1003", OWN, "Ja", &[])], None),
        nothing(),
        nothing(),
        nothing(),
        nothing(),
        Script::json(200, &gone),
    ])
    .await;
    let settings = json!({"direct_messages": false, "recheck_posts": 100});
    let mut account = set(account(&network), &settings);
    let http = fixture::http();
    let first = X.poll(&account, None, &http).await.expect("it answers");
    account.now = NOW.after(Duration::from_secs(3_600));
    let second = X
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(network.asked().len(), 4, "not before a day is over");
    account.now = NOW.after(Duration::from_secs(86_400));
    let third = X
        .poll(&account, Some(&second.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(network.last_asked().path, "/2/tweets?ids=1001,1002");
    let taken = X
        .translate(&account, &third.deliveries[0])
        .expect("readable")
        .taken;
    assert!(
        matches!(&taken[..], [crate::inbound::Inbound::Delete(gone)] if gone.network_id == "1002")
    );
}

#[tokio::test]
async fn a_hook_that_cannot_be_kept_does_not_stop_asking() {
    let network = FakeNetwork::start(vec![
        problem(403, "client-forbidden", "CrcValidationFailed"),
        page(&[post("1001", "41", "@nordbahn hilfe", &[OWN])], None),
        nothing(),
    ])
    .await;
    let settings = json!({"direct_messages": false, "push": true});
    let account = set(account(&network), &settings);
    let polled = X
        .poll(&account, None, &fixture::http())
        .await
        .expect("it answers");
    assert_eq!(ids(&X, &account, &polled), ["1001"]);
    assert_eq!(
        polled.trouble,
        Some(SendError::Forbidden("CrcValidationFailed".to_owned()))
    );
}

fn looking() -> Search {
    Search {
        any: vec!["S1 Störung".to_owned(), "nordbahn".to_owned()],
        hashtags: vec!["#s1".to_owned()],
        without: vec!["Hamburg".to_owned()],
        languages: vec!["de".to_owned(), "en-GB".to_owned()],
        most: 200,
    }
}

#[tokio::test]
async fn words_are_looked_for_within_a_budget_of_their_own() {
    let found = |id: &str| post(id, "41", "Die nordbahn wieder", &[]);
    let network = FakeNetwork::start(vec![
        page(&[found("1002"), found("1001")], None),
        problem(
            400,
            "invalid-request",
            "'since_id' must be a tweet id created after",
        ),
        page(&[found("1003")], None),
    ])
    .await;
    let account = set(account(&network), &json!({"search_budget_posts": 13}));
    let http = fixture::http();
    let first = X
        .search(&account, &looking(), None, &http)
        .await
        .expect("it answers");
    assert_eq!(ids(&X, &account, &first), ["1001", "1002"]);
    let asked = network.last_asked().path;
    let query = poll::encoded(
        r#"("S1 Störung" OR "nordbahn" OR #s1) -"Hamburg" -is:retweet (lang:de OR lang:en)"#,
    );
    assert!(
        asked.contains(&format!("?query={query}&max_results=13&")),
        "{asked}"
    );
    assert_eq!(
        X.usage(&account, &first.cursor).map(|usage| usage.used),
        Some(2)
    );

    let second = X
        .search(&account, &looking(), Some(&first.cursor), &http)
        .await;
    let second = second.expect("it answers");
    assert!(network.last_asked().path.contains("&since_id=1002"));
    assert_eq!(
        (second.deliveries.len(), second.trouble),
        (0, None),
        "too long ago: all is new"
    );
    let third = X
        .search(&account, &looking(), Some(&second.cursor), &http)
        .await;
    let third = third.expect("it answers");
    assert!(!network.last_asked().path.contains("since_id"));
    let spent = set(account.clone(), &json!({"search_budget_posts": 12}));
    let fourth = X
        .search(&spent, &looking(), Some(&third.cursor), &http)
        .await;
    assert_eq!(
        fourth
            .expect("it answers")
            .trouble
            .map(|error| error.class()),
        Some("retry_after")
    );
    assert_eq!(network.asked().len(), 3);

    // What is only tried counts on, and has seen nothing.
    let counted = X.usage(&account, &third.cursor).map(|usage| usage.used);
    let meter = X.meter_of(&third.cursor).expect("it counts");
    assert_eq!(X.usage(&account, &meter).map(|usage| usage.used), counted);
    assert!(!meter.contains("1003"), "{meter}");
}

#[tokio::test]
async fn a_long_question_is_asked_in_parts() {
    let network = FakeNetwork::start(vec![nothing(), nothing(), nothing()]).await;
    let search = Search {
        any: (0..60).map(|number| format!("Strecke {number}")).collect(),
        ..looking()
    };
    let polled = X
        .search(&account(&network), &search, None, &fixture::http())
        .await;
    assert_eq!(polled.expect("it answers").trouble, None);
    let asked = network.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    for asked in asked {
        let url = url::Url::parse(&format!("http://x{}", asked.path)).expect("an address");
        let (_, query) = url.query_pairs().next().expect("a question");
        assert!(query.chars().count() <= 512 && query.ends_with("(lang:de OR lang:en)"));
    }
}
