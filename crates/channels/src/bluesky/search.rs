//! The listening post: words and hashtags by the network's own search, since the time seen last.

use std::collections::BTreeMap;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{Call, Caller, encoded};
use super::{FOUND, poll};
use crate::delivery::{Account, Polled, Search};
use crate::http::Http;
use crate::outbound::SendError;

/// Until when each question was asked, by the question.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    #[serde(default)]
    seen_at: BTreeMap<String, Timestamp>,
}

pub(super) async fn search(
    account: &Account,
    search: &Search,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let mut cursor: Cursor = cursor
        .and_then(|cursor| serde_json::from_str(cursor).ok())
        .unwrap_or_default();
    let mut caller = Caller::new(account, http).await?;
    let mut found: BTreeMap<(Timestamp, String), Value> = BTreeMap::new();
    let mut trouble = None;
    for question in questions(search) {
        let mut name = format!("app.bsky.feed.searchPosts?sort=latest&limit=100&{question}");
        let seen_at = cursor.seen_at.get(&question).copied();
        if let Some(seen_at) = seen_at {
            name.push_str("&since=");
            name.push_str(&encoded(&seen_at.to_string()));
        }
        let page: Value = match caller.read(&Call::ask(name)).await {
            Ok(page) => page,
            Err(error) => {
                trouble = Some(error);
                break;
            }
        };
        for post in poll::list(&page, "posts") {
            let field = |name: &str| post.get(name).and_then(Value::as_str).unwrap_or_default();
            let at: Timestamp = field("indexedAt").parse().unwrap_or(account.now);
            if seen_at.is_some_and(|seen_at| at <= seen_at) {
                continue;
            }
            let newest = cursor.seen_at.entry(question.clone()).or_insert(at);
            *newest = at.max(*newest);
            if !is_excluded(search, post) {
                found.insert((at, field("uri").to_owned()), post.clone());
            }
        }
    }

    let posts: Vec<Value> = found.into_values().collect();
    let deliveries = if posts.is_empty() {
        Vec::new()
    } else {
        let body = json!({"posts": posts});
        vec![poll::delivery(FOUND, &caller.did, &body, account.now)]
    };
    let wait = trouble.as_ref().and_then(SendError::wait);
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(wait.unwrap_or_else(|| poll::pace(account))),
        trouble,
    })
}

/// Writes each question as the query that asks it, once for each language.
fn questions(search: &Search) -> Vec<String> {
    let words = search.any.iter().map(|words| {
        if words.contains(char::is_whitespace) {
            format!("\"{words}\"")
        } else {
            words.clone()
        }
    });
    let hashtags = search
        .hashtags
        .iter()
        .map(|tag| format!("#{}", tag.trim_start_matches('#')));
    let languages: Vec<String> = if search.languages.is_empty() {
        vec![String::new()]
    } else {
        let languages = search.languages.iter();
        languages
            .map(|language| format!("&lang={}", encoded(language)))
            .collect()
    };
    words
        .chain(hashtags)
        .flat_map(|words| {
            let query = format!("q={}", encoded(&words));
            languages
                .iter()
                .map(move |language| format!("{query}{language}"))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn is_excluded(search: &Search, post: &Value) -> bool {
    let text = post.pointer("/record/text").and_then(Value::as_str);
    let text = text.unwrap_or_default().to_lowercase();
    search
        .without
        .iter()
        .any(|words| text.contains(&words.to_lowercase()))
}
