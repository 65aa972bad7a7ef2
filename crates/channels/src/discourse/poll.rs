//! Reads what is new in the forum and in our private messages: the history when an inbox begins,
//! and later what the forum's hook did not bring. Every post is an event as the hook would tell it.

use std::time::Duration;

use jiff::tz::TimeZone;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::client::ask;
use super::wire::{Cursor, Gap, Latest, Listing, POST_CREATED, Post, TopicPage, TopicView};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::Http;
use crate::outbound::SendError;
use crate::time::parse_time;

const PACE: Duration = Duration::from_mins(1);
const AFTER_TROUBLE: Duration = Duration::from_mins(2);
/// How far back the first poll looks.
const HISTORY: Duration = Duration::from_hours(7 * 24);
/// How many pages of a list and how many topics are read in one poll, and how many posts of a topic
/// at once; a forum allows about sixty requests a minute.
const PAGES: usize = 10;
const TOPICS: usize = 10;
pub(super) const POSTS_OF_A_TOPIC: usize = 50;

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let mut cursor: Cursor = cursor
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let mut deliveries = Vec::new();
    let read = read(account, &mut cursor, &mut deliveries, http).await;
    let (next_in, trouble) = match read {
        Ok(()) => (PACE, None),
        Err(trouble) => (trouble.wait().unwrap_or(AFTER_TROUBLE), Some(trouble)),
    };
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(next_in),
        trouble,
    })
}

/// Each side moves its own cursor on, and only when it was read whole.
async fn read(
    account: &Account,
    cursor: &mut Cursor,
    deliveries: &mut Vec<RawDelivery>,
    http: &Http,
) -> Result<(), SendError> {
    deliveries.extend(public(account, cursor, http).await?);
    deliveries.extend(private(account, cursor, http).await?);
    Ok(())
}

/// Returns the public posts after the one seen last, oldest first; those of a gap before newer ones.
async fn public(
    account: &Account,
    cursor: &mut Cursor,
    http: &Http,
) -> Result<Vec<RawDelivery>, SendError> {
    let seen = match cursor.gap {
        Some(gap) => gap.after,
        None => cursor.public,
    };
    let mut before = cursor.gap.map(|gap| gap.before);
    let mut newest = cursor.public;
    let mut news = Vec::new();
    let mut is_whole = false;
    for _ in 0..PAGES {
        let path = match before {
            Some(before) => format!("/posts.json?before={before}"),
            None => "/posts.json".to_owned(),
        };
        let latest: Latest = ask(account, &path, http).await?;
        let mut page = Vec::new();
        for value in latest.latest_posts {
            let Ok(post) = serde_json::from_value::<Post>(value.clone()) else {
                continue;
            };
            newest = newest.max(Some(post.id));
            before = Some(before.map_or(post.id, |before| before.min(post.id)));
            if is_new(&post, seen, account.now) {
                page.push(delivery(&post, &value, account.now));
            }
        }
        // A page without anything new is followed by older ones only.
        if page.is_empty() {
            is_whole = true;
            break;
        }
        news.extend(page);
    }
    cursor.public = newest;
    cursor.gap = before.filter(|_| !is_whole).map(|before| Gap {
        before,
        after: seen,
    });
    news.reverse();
    Ok(news)
}

/// Returns the posts of our private messages after the one seen last. The topics with news are listed
/// to the end first, and then read few at a time, so that none is stepped over.
async fn private(
    account: &Account,
    cursor: &mut Cursor,
    http: &Http,
) -> Result<Vec<RawDelivery>, SendError> {
    list_private(account, cursor, http).await?;
    let mut news = Vec::new();
    let topics: Vec<i64> = cursor.waiting.keys().copied().take(TOPICS).collect();
    let mut trouble = None;
    for topic in topics {
        let found = match posts(account, topic, cursor.private, http).await {
            Ok(found) => found,
            // Deleted, or we were taken out of it.
            Err(SendError::RecipientGone(_) | SendError::Forbidden(_)) => Vec::new(),
            Err(error) => {
                trouble = Some(error);
                break;
            }
        };
        let title = cursor.waiting.remove(&topic);
        for mut value in found {
            let Ok(post) = serde_json::from_value::<Post>(value.clone()) else {
                continue;
            };
            cursor.private_newest = cursor.private_newest.max(Some(post.id));
            if is_new(&post, cursor.private, account.now) {
                value["topic_archetype"] = json!("private_message");
                value["topic_title"] = json!(title);
                news.push((post.id, delivery(&post, &value, account.now)));
            }
        }
    }
    // Topics that wait for the next time may hold older posts than those read now.
    if cursor.waiting.is_empty() && cursor.listing.is_none() {
        cursor.private = cursor.private.max(cursor.private_newest.take());
    }
    match trouble {
        Some(error) if news.is_empty() => Err(error),
        _ => {
            news.sort_by_key(|(id, _)| *id);
            Ok(news.into_iter().map(|(_, raw)| raw).collect())
        }
    }
}

/// Notes the topics of private messages with something new, page by page down to what was listed.
async fn list_private(
    account: &Account,
    cursor: &mut Cursor,
    http: &Http,
) -> Result<(), SendError> {
    let name = account.setting("api_username").unwrap_or_default();
    let since = cursor
        .private_until
        .unwrap_or_else(|| account.now.before(HISTORY).as_seconds());
    for _ in 0..PAGES {
        let listing = cursor.listing.unwrap_or_default();
        let mut path = format!("/topics/private-messages/{name}.json");
        if listing.page > 0 {
            path = format!("{path}?page={}", listing.page);
        }
        let page: TopicPage = ask(account, &path, http).await?;
        let mut newest = listing.newest;
        let mut reached = page.topic_list.more_topics_url.is_none();
        for topic in page.topic_list.topics {
            let posted = topic
                .last_posted_at
                .as_deref()
                .and_then(|at| parse_time(at, &TimeZone::UTC));
            let Some(posted) = posted.map(Timestamp::as_seconds) else {
                continue;
            };
            if posted < since {
                reached = true;
                continue;
            }
            newest = newest.max(Some(posted));
            cursor
                .waiting
                .insert(topic.id, topic.title.unwrap_or_default());
        }
        if reached {
            cursor.listing = None;
            cursor.private_until = cursor.private_until.max(newest);
            return Ok(());
        }
        cursor.listing = Some(Listing {
            page: listing.page + 1,
            newest,
        });
    }
    Ok(())
}

/// Returns the posts of a topic that may not have been seen; of one never read the newest alone.
pub(super) async fn posts(
    account: &Account,
    topic: i64,
    seen: Option<i64>,
    http: &Http,
) -> Result<Vec<Value>, SendError> {
    let path = format!("/t/{topic}.json?include_raw=true");
    let view: TopicView = ask(account, &path, http).await?;
    let known: Vec<i64> = view
        .post_stream
        .posts
        .iter()
        .filter_map(|post| post["id"].as_i64())
        .collect();
    let mut missing: Vec<i64> = view
        .post_stream
        .stream
        .into_iter()
        .filter(|id| Some(*id) > seen && !known.contains(id))
        .collect();
    if seen.is_none() {
        let surplus = missing.len().saturating_sub(POSTS_OF_A_TOPIC);
        missing.drain(..surplus);
    }
    let mut posts = view.post_stream.posts;
    for missing in missing.chunks(POSTS_OF_A_TOPIC) {
        let ids: Vec<String> = missing
            .iter()
            .map(|id| format!("post_ids%5B%5D={id}"))
            .collect();
        let path = format!("/t/{topic}/posts.json?{}&include_raw=true", ids.join("&"));
        let more: TopicView = ask(account, &path, http).await?;
        posts.extend(more.post_stream.posts);
    }
    Ok(posts)
}

fn is_new(post: &Post, seen: Option<i64>, now: Timestamp) -> bool {
    match seen {
        Some(seen) => post.id > seen,
        None => post
            .created_at
            .as_deref()
            .and_then(|at| parse_time(at, &TimeZone::UTC))
            .is_none_or(|at| at >= now.before(HISTORY)),
    }
}

fn delivery(post: &Post, value: &Value, now: Timestamp) -> RawDelivery {
    RawDelivery {
        kind: POST_CREATED.to_owned(),
        key: format!("polled {} {}", post.id, post.version),
        headers: Vec::new(),
        body: json!({"post": value}).to_string().into_bytes(),
        received_at: now,
    }
}
