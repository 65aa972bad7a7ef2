//! Feeds of every format from a fake site, asked again and again.

use kulant_model::time::Timestamp;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::inbound::{Inbound, Post};

const RSS: &str = include_str!("fixtures/blog.rss.xml");
const ATOM: &str = include_str!("fixtures/blog.atom.xml");
const JSON: &str = include_str!("fixtures/blog.feed.json.txt");
const COMMENTS: &[u8] = include_bytes!("fixtures/comments.rss.xml");

fn account(network: &FakeNetwork, more: &Value) -> Account {
    let mut settings = json!({"url": network.url("/feed")});
    let object = settings.as_object_mut().expect("settings are an object");
    object.extend(more.as_object().cloned().unwrap_or_default());
    fixture::account(settings)
}

async fn poll(account: &Account, cursor: Option<&str>) -> Polled {
    Feed.poll(account, cursor, &fixture::http())
        .await
        .expect("the settings are good")
}

fn translate(account: &Account, polled: &Polled) -> Vec<Inbound> {
    polled
        .deliveries
        .iter()
        .flat_map(|raw| Feed.translate(account, raw).expect("it is readable").taken)
        .collect()
}

fn posts(account: &Account, polled: &Polled) -> Vec<Post> {
    translate(account, polled)
        .into_iter()
        .filter_map(|inbound| match inbound {
            Inbound::Post(post) => Some(post),
            _ => None,
        })
        .collect()
}

#[test]
fn kept_items_are_translated() {
    fixture::run(&Feed);
}

#[tokio::test]
async fn an_rss_feed_with_comments_is_taken_in() {
    let network = FakeNetwork::start(Vec::new()).await;
    network.then(Script::text(
        200,
        &RSS.replace("COMMENTS", &network.url("/comments")),
    ));
    network.then(Script::Answer {
        status: 200,
        headers: Vec::new(),
        body: COMMENTS.to_vec(),
    });
    let account = account(&network, &json!({"own_authors": ["Telva Bahn"]}));
    let polled = poll(&account, None).await;
    assert_eq!(polled.trouble, None);
    assert_eq!(
        polled.next_in.map(|next| next.as_secs()),
        Some(3_600),
        "the ttl is heeded"
    );

    let posts = posts(&account, &polled);
    assert_eq!(posts.len(), 4);
    assert_eq!(posts[0].network_id, "https://bahnblog.example/ohne?seite=2");
    assert_eq!(posts[0].text, "Nur ein Satz.");
    assert_eq!(posts[0].author.name, "Bahnblog Nord");

    assert_eq!(posts[1].network_id, "https://bahnblog.example/?p=7");
    assert_eq!(
        posts[1].title.as_deref(),
        Some("Neuer Fahrplan & neue Züge")
    );
    assert_eq!(posts[1].author.name, "Anna Blüm");
    assert_eq!(
        posts[1].text,
        "Ab Dezember gilt der neue Fahrplan (https://nordtalbahn.example/plan).\n\n- mehr Züge\n- weniger Lücken"
    );
    assert_eq!(
        posts[1].platform_at.to_string(),
        "2026-11-22T04:00:00.000000Z"
    );
    assert_eq!(posts[1].attachments[0].name, "plan.pdf");

    assert!(posts[2].author.own, "our own comment is told by its author");
    assert_eq!(posts[2].text, "Danke fürs Weitersagen!");
    assert_eq!(posts[3].author.name, "Jörg");
    assert_eq!(posts[3].text, "Und was ist mit dem Anschluss in Lübeck?");
    assert_eq!(
        posts[3].parent.as_deref(),
        Some("https://bahnblog.example/?p=7")
    );
    assert_eq!(posts[3].title, None);
}

#[tokio::test]
async fn comments_can_be_left_out() {
    let network = FakeNetwork::start(Vec::new()).await;
    network.then(Script::text(
        200,
        &RSS.replace("COMMENTS", &network.url("/comments")),
    ));
    let account = account(&network, &json!({"comments": false}));
    assert_eq!(poll(&account, None).await.deliveries.len(), 2);
    assert_eq!(network.asked().len(), 1);
}

#[tokio::test]
async fn an_atom_feed_keeps_its_threads() {
    let network = FakeNetwork::start(vec![Script::text(200, ATOM)]).await;
    let account = account(&network, &json!({"comments": false}));
    let polled = poll(&account, None).await;
    let posts = posts(&account, &polled);
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[0].network_id, "tag:parcel.example,2026:2");
    assert_eq!(
        posts[0].parent.as_deref(),
        Some("tag:parcel.example,2026:1")
    );
    assert_eq!(posts[0].author.network_id, "sam@parcel.example");
    assert_eq!(posts[0].text, "Same here & nobody answers.");
    assert_eq!(posts[1].title.as_deref(), Some("Late again"));
    assert_eq!(
        posts[1].url.as_deref(),
        Some("https://parcel.example/posts/1")
    );
    assert_eq!(
        posts[1].text,
        "My parcel has been on its way for nine days."
    );
    assert_eq!(posts[1].author.network_id, "https://parcel.example/team");
    assert_eq!(posts[1].parent, None);
}

#[tokio::test]
async fn a_json_feed_with_numbers_as_ids_is_taken_in() {
    let network = FakeNetwork::start(vec![Script::text(200, JSON)]).await;
    let account = account(&network, &json!({}));
    let polled = poll(&account, None).await;
    assert_eq!(polled.trouble, None);
    let posts = posts(&account, &polled);
    assert_eq!(posts[0].network_id, "https://netz.example/18");
    assert_eq!(
        (posts[0].text.as_str(), posts[0].platform_at),
        ("Nur ein Titel", NOW)
    );
    assert_eq!(posts[1].network_id, "17");
    assert_eq!(posts[1].text, "Kein Netz in Jena.");
    assert_eq!(posts[1].author.network_id, "https://netz.example/@mia");
    assert_eq!(posts[1].attachments[0].size, Some(77));
    assert_eq!(posts[1].url.as_deref(), Some("https://netz.example/17"));
}

#[tokio::test]
async fn nothing_new_is_asked_for_and_told() {
    let network = FakeNetwork::start(vec![
        Script::text(200, JSON)
            .with("etag", "\"v1\"")
            .with("last-modified", "Sun, 22 Nov 2026 04:00:00 GMT")
            .with("cache-control", "public, max-age=1800"),
        Script::text(304, ""),
        Script::text(200, JSON),
    ])
    .await;
    let account = account(&network, &json!({}));
    let first = poll(&account, None).await;
    assert_eq!(first.deliveries.len(), 2);
    assert_eq!(first.next_in.map(|next| next.as_secs()), Some(1_800));

    let second = poll(&account, Some(&first.cursor)).await;
    let asked = network.last_asked();
    assert_eq!(asked.header("if-none-match"), Some("\"v1\""));
    assert_eq!(
        asked.header("if-modified-since"),
        Some("Sun, 22 Nov 2026 04:00:00 GMT")
    );
    assert!(second.deliveries.is_empty() && second.trouble.is_none());

    let third = poll(&account, Some(&second.cursor)).await;
    assert!(
        third.deliveries.is_empty(),
        "a server without conditions tells nothing new"
    );
    assert_eq!(third.next_in.map(|next| next.as_secs()), Some(900));
}

#[tokio::test]
async fn the_same_document_has_the_same_keys_whatever_the_cursor() {
    let network = FakeNetwork::start(vec![Script::text(200, JSON), Script::text(200, JSON)]).await;
    let account = account(&network, &json!({}));
    let (first, second) = (poll(&account, None).await, poll(&account, None).await);
    assert_eq!(first.deliveries, second.deliveries);
}

#[tokio::test]
async fn a_change_becomes_an_edit() {
    let changed = JSON.replace("Jena", "Jena und Gera");
    let network =
        FakeNetwork::start(vec![Script::text(200, JSON), Script::text(200, &changed)]).await;
    let account = account(&network, &json!({}));
    let first = poll(&account, None).await;
    let second = poll(&account, Some(&first.cursor)).await;
    assert_eq!(second.deliveries.len(), 1);
    assert_eq!(second.deliveries[0].kind, "item_changed");
    assert!(
        first
            .deliveries
            .iter()
            .all(|raw| raw.key != second.deliveries[0].key)
    );
    let told = translate(&account, &second);
    let Some(Inbound::Edit(edit)) = told.last() else {
        panic!("the change is told as an edit");
    };
    assert_eq!(edit.network_id, "17");
    assert_eq!(edit.text, "Kein Netz in Jena und Gera.");
}

#[tokio::test]
async fn a_feed_that_moved_for_good_is_asked_there() {
    let network = FakeNetwork::start(vec![
        Script::text(301, "").with("location", "/new"),
        Script::text(200, JSON),
        Script::text(304, ""),
        Script::text(410, ""),
    ])
    .await;
    let account = account(&network, &json!({}));
    let first = poll(&account, None).await;
    let second = poll(&account, Some(&first.cursor)).await;
    assert_eq!(network.last_asked().path, "/new");
    assert!(second.trouble.is_none());

    let third = poll(&account, Some(&second.cursor)).await;
    assert_eq!(third.next_in, None, "gone for good: never again");
    assert_eq!(
        third.trouble.map(|trouble| trouble.class()),
        Some("recipient_gone")
    );

    let elsewhere = fixture::account(json!({"url": network.url("/other")}));
    network.then(Script::text(200, JSON));
    let anew = poll(&elsewhere, Some(&third.cursor)).await;
    assert_eq!(
        network.last_asked().path,
        "/other",
        "a new address begins anew"
    );
    assert_eq!(anew.deliveries.len(), 2);
}

#[tokio::test]
async fn trouble_makes_pauses_grow_and_loses_nothing() {
    let network = FakeNetwork::start(vec![
        Script::text(200, JSON).with("etag", "\"v1\""),
        Script::text(500, ""),
        Script::text(503, "").with("retry-after", "7200"),
        Script::text(429, "").with("retry-after", "0"),
        Script::text(404, ""),
        Script::text(401, ""),
        Script::Close,
        Script::text(200, "<p>nothing here</p>"),
        Script::text(304, ""),
        Script::text(500, ""),
    ])
    .await;
    let account = account(&network, &json!({"minutes": 1}));
    let mut polled = poll(&account, None).await;
    let expected = [
        ("retry_backoff", 120),
        ("retry_after", 7_200),
        ("retry_after", 480),
        ("recipient_gone", 960),
        ("auth_broken", 1_920),
        ("retry_backoff", 3_840),
        ("unreadable", 7_680),
    ];
    for (class, seconds) in expected {
        polled = poll(&account, Some(&polled.cursor)).await;
        let trouble = polled.trouble.clone().expect("something is wrong");
        assert_eq!(trouble.class(), class, "{trouble}");
        assert_eq!(
            polled.next_in.map(|next| next.as_secs()),
            Some(seconds),
            "{class}"
        );
        assert!(polled.deliveries.is_empty());
    }
    polled = poll(&account, Some(&polled.cursor)).await;
    assert_eq!(network.last_asked().header("if-none-match"), Some("\"v1\""));
    assert_eq!(
        (polled.trouble, polled.next_in.map(|next| next.as_secs())),
        (None, Some(60))
    );
    polled = poll(&account, Some(&polled.cursor)).await;
    assert_eq!(
        polled.next_in.map(|next| next.as_secs()),
        Some(120),
        "the count begins anew"
    );
}

#[tokio::test]
async fn quiet_comment_feeds_are_asked_less_often() {
    let network = FakeNetwork::start(Vec::new()).await;
    let rss = RSS.replace("COMMENTS", &network.url("/comments"));
    let mut account = account(&network, &json!({"minutes": 1}));
    let mut cursor = None;
    let mut asked_at = Vec::new();
    for minute in 0..240 {
        account.now = Timestamp::from_seconds(NOW.as_seconds() + minute * 60);
        network.then(Script::text(200, &rss));
        network.then(Script::Answer {
            status: 200,
            headers: Vec::new(),
            body: COMMENTS.to_vec(),
        });
        let before = network.asked().len();
        cursor = Some(poll(&account, cursor.as_deref()).await.cursor);
        if network.asked().len() - before == 2 {
            asked_at.push(minute);
        } else {
            network.take_back();
        }
    }
    assert_eq!(asked_at, [0, 1, 3, 7, 15, 31, 63, 127]);
}

#[tokio::test]
async fn hours_of_rest_are_kept() {
    let rss = RSS.replace(
        "<ttl>60</ttl>",
        "<skipHours><hour>5</hour><hour>6</hour></skipHours>",
    );
    let network = FakeNetwork::start(vec![Script::text(200, &rss)]).await;
    let account = account(&network, &json!({"comments": false}));
    let polled = poll(&account, None).await;
    assert_eq!(
        polled.next_in.map(|next| next.as_secs()),
        Some(2 * 3_600),
        "from 5 to 7 o'clock"
    );
}

#[tokio::test]
async fn the_feed_of_a_page_is_found() {
    let page = "<html><head><title>Blog</title><link rel=stylesheet href=a.css>\
        <link rel=\"alternate\" type=\"application/rss+xml\" href=\"/feed.xml\"></head></html>";
    let network = FakeNetwork::start(vec![Script::text(200, page), Script::text(200, JSON)]).await;
    let account = account(&network, &json!({}));
    let first = poll(&account, None).await;
    assert_eq!((first.deliveries.len(), first.trouble), (2, None));
    network.then(Script::text(304, ""));
    poll(&account, Some(&first.cursor)).await;
    assert_eq!(network.last_asked().path, "/feed.xml");
}

#[tokio::test]
async fn an_inner_address_is_not_asked() {
    let account = fixture::account(json!({"url": "http://169.254.169.254/feed"}));
    let polled = poll(&account, None).await;
    assert_eq!(
        polled.trouble.map(|trouble| trouble.class()),
        Some("forbidden")
    );
    let without = Feed
        .poll(&fixture::account(json!({})), None, &fixture::http())
        .await;
    assert_eq!(
        without.expect_err("there is no address").class(),
        "forbidden"
    );
}

#[tokio::test]
async fn entities_are_not_expanded() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">\
        <!ENTITY f SYSTEM \"file:///etc/passwd\">]><rss version=\"2.0\"><channel><title>x</title>\
        <item><guid>1</guid><description>&b;&f;</description></item></channel></rss>";
    let network = FakeNetwork::start(vec![Script::text(200, bomb)]).await;
    let account = account(&network, &json!({}));
    let polled = poll(&account, None).await;
    for raw in &polled.deliveries {
        let body = String::from_utf8_lossy(&raw.body);
        assert!(!body.contains("aaaa") && !body.contains("root:"), "{body}");
    }
}

#[test]
fn a_feed_is_read_but_not_answered() {
    let account = fixture::account(json!({"url": "https://a.example/feed"}));
    let refusal = Feed.send_refusal(&account, kulant_model::message::Visibility::Public);
    assert_eq!(refusal, Some("channel.feed.reason.open_link"));
    assert_eq!(
        Feed.validate_settings(&json!({"url": "https://a.example/feed"})),
        []
    );
    assert_eq!(Feed.validate_settings(&json!({}))[0].field, "url");
}
