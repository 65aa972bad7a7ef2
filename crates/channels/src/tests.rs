//! What holds for every network: no payload makes it panic, and what it publishes is well formed.

mod odd;

use std::collections::HashSet;
use std::io::Cursor;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::capability::{Counting, IntakeWay, count_length};
use crate::fixture::{self, FakeNetwork, NOW, SECRET};
use crate::import::reader::{Mapping, Rows};

/// Every kind of delivery that a channel keeps, and one that none does.
const KINDS: &[&str] = &[
    "webhook",
    "submission",
    "row",
    "item",
    "item_changed",
    "comment",
    "update",
    "message",
    "status",
    "listed",
    "post_created",
    "post_edited",
    "post_destroyed",
    "post_liked",
    "user_destroyed",
    "poll_notifications",
    "poll_statuses",
    "stream",
    "found",
    "graph",
    "signed_request",
    "poll_feed",
    "poll_media",
    "poll_comments",
    "poll_conversations",
    "poll_messages",
    "mention",
    "notifications",
    "records",
    "chat",
    "jetstream",
    "found_posts",
    "activity",
    "account_activity",
    "posts",
    "direct_messages",
    "found_tweets",
    "checked",
    "comment_threads",
    "replies",
    "videos",
    "missing",
    "reviews",
    "call",
    "folder",
    "page",
    "ping",
    "post_recovered",
    "something",
    "topic_created",
    "something else",
];

/// Gives one payload to everything that reads payloads.
fn read_everywhere(body: &[u8], text: &str) {
    let account = fixture::account(
        json!({"url": text, "time_zone": text, "own_authors": [text],
            // Deliveries of Meta are read for these accounts only.
            "page_id": "1784001", "account_id": "17841400", "phone_number_id": "106540",
        }),
    );
    for channel in CHANNELS {
        for kind in KINDS {
            let mut raw = fixture::delivery(kind, body);
            raw.headers = signature::sign(SECRET, "evt_1", NOW, body).expect("a good secret");
            let _ = channel.translate(&account, &raw);
            let _ = channel.verify(&account, &raw);
            for header in &mut raw.headers {
                text.clone_into(&mut header.1);
            }
            let _ = channel.verify(&account, &raw);
        }
        let _ = channel.validate_settings(&account.settings);
    }
    if let Ok(mut rows) = Rows::open(Cursor::new(body.to_vec()), Mapping::default()) {
        for raw in rows.next_batch(1_000, NOW).into_iter().flatten() {
            let _ = import::Import.translate(&account, &raw);
        }
    }
    feed::read_anything(body);
    let plain = text::html_to_text(text);
    for counting in [
        Counting::Characters,
        Counting::Graphemes,
        Counting::Bytes,
        Counting::Weighted,
        Counting::WeightedWide,
    ] {
        count_length(&plain, counting);
    }
    let _ = time::parse_time(text, &jiff::tz::TimeZone::UTC);
}

/// Every recorded payload, as it stands.
fn recorded() -> Vec<Vec<u8>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut payloads = Vec::new();
    for channel in CHANNELS {
        let folder = format!("{root}/{}/fixtures", channel.name());
        for entry in std::fs::read_dir(folder).expect("every network has fixtures") {
            let path = entry.expect("the folder is readable").path();
            let bytes = std::fs::read(&path).expect("a fixture is readable");
            let case = serde_json::from_slice::<Value>(&bytes).ok();
            payloads.push(match case.and_then(|case| case.get("body").cloned()) {
                Some(body) => body.to_string().into_bytes(),
                None => bytes,
            });
        }
    }
    payloads
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_anything_panic(body in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC*") {
        read_everywhere(&body, &text);
        read_everywhere(text.as_bytes(), &text);
    }

    #[test]
    fn no_broken_payload_makes_anything_panic(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let payloads = recorded();
        let mut body = which.get(&payloads).clone();
        for (place, byte, change) in cuts {
            if body.is_empty() {
                break;
            }
            let place = place.index(body.len());
            match change {
                0 => body[place] = byte,
                1 => body.truncate(place),
                _ => body.insert(place, byte),
            }
        }
        let text = String::from_utf8_lossy(&body).into_owned();
        read_everywhere(&body, &text);
    }

    #[test]
    fn scripts_never_survive(text in "[a-z<>/&;\"'= !?#-]{0,80}") {
        let plain = text::html_to_text(&format!("<p>{text}</p><script>alert(1)</script>"));
        prop_assert!(!plain.contains("alert(1)"));
    }
}

#[test]
fn names_and_settings_forms_are_well_formed() {
    let mut names = HashSet::new();
    for channel in CHANNELS {
        let name = channel.name();
        assert!(names.insert(name), "{name} stands twice in the list");
        assert_eq!(find(name).map(Channel::name), Some(name));

        let schema = channel.settings_schema();
        let properties = schema["properties"].as_object().expect("a form has fields");
        for (field, property) in properties {
            for text in ["title", "description"] {
                let key = format!("channel.{name}.{field}.{text}");
                assert_eq!(property[text], json!(key), "{name}.{field}");
            }
        }
        for required in schema["required"].as_array().expect("a list, maybe empty") {
            assert!(properties.contains_key(required.as_str().expect("a name")));
        }
    }
    assert!(find("nowhere").is_none());
}

#[test]
fn a_side_that_cannot_send_says_why() {
    for channel in CHANNELS {
        let capabilities = channel.capabilities();
        for side in [&capabilities.public, &capabilities.private]
            .into_iter()
            .flatten()
        {
            assert_eq!(side.send, side.reason.is_none(), "{}", channel.name());
        }
        // Some networks sign with a secret of their own; ours is for those that push.
        assert!(!capabilities.signed_hook || capabilities.intake == IntakeWay::Push);
    }
}

#[test]
fn capabilities_are_written_as_the_desk_reads_them() {
    let feed = serde_json::to_value(feed::Feed.capabilities()).expect("capabilities are JSON");
    assert_eq!(feed["intake"], "poll");
    assert_eq!(feed["private"], Value::Null);
    assert_eq!(feed["public"]["counts"], "graphemes");
    assert_eq!(feed["public"]["reason"], "channel.feed.reason.open_link");
    assert_eq!(feed["public"]["length"], Value::Null);
}

#[tokio::test]
async fn what_is_not_offered_is_refused() {
    let network = FakeNetwork::start(Vec::new()).await;
    let (account, http) = (
        fixture::account(json!({"url": network.url("/")})),
        fixture::http(),
    );
    let (import, webhook) = (import::Import, webhook::Webhook);
    let sent = import.send(&account, &fixture::reply("Hallo"), &http).await;
    assert_eq!(
        sent.expect_err("an import has nobody to answer").class(),
        "forbidden"
    );
    assert!(import.look_up(&account, "1", &http).await.is_err());
    assert!(!import.can_look_up(&account));
    assert!(webhook.poll(&account, None, &http).await.is_err());
    assert!(webhook.listen(&account, None, &http).is_none());
    assert_eq!(
        import.verify(&account, &fixture::delivery("row", "{}")),
        Err(VerifyError::NotOffered)
    );
    assert!(network.asked().is_empty());
}

#[test]
fn what_connecting_needs_and_fills_are_settings() {
    let with = |name: &str| match name {
        "email" => json!({"oauth_provider": "google"}),
        _ => json!({}),
    };
    let mut offered = Vec::new();
    for channel in CHANNELS {
        let schema = channel.settings_schema();
        let Some(connecting) = channel.connecting(&with(channel.name())) else {
            continue;
        };
        offered.push(channel.name());
        for name in connecting.needs.iter().chain(connecting.fills) {
            let known = schema["properties"].get(*name);
            assert!(known.is_some(), "{}: {name}", channel.name());
        }
        let both = |name| connecting.fills.contains(name);
        assert!(!connecting.needs.iter().any(both));
        assert!(!connecting.scopes.is_empty());
    }
    assert_eq!(
        offered,
        [
            "email",
            "facebook",
            "google_business",
            "instagram",
            "mastodon",
            "x",
            "youtube"
        ]
    );
    // Whoever types tokens in is offered no page.
    assert_eq!(email::Email.connecting(&json!({})), None);
    let alone = json!({"login": "instagram"});
    assert_eq!(instagram::Instagram.connecting(&alone), None);
}
