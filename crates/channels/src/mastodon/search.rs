//! The listening post: words by the server's search, hashtags by their timelines, since the ids seen
//! last. A server finds only what it knows, and words only where its search is switched on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::poll::{self, encoded, is_newer};
use super::{FOUND, ask, inbound};
use crate::delivery::{Account, Polled, Search};
use crate::http::Http;
use crate::outbound::SendError;

/// Where each question stopped, by the question.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    account: poll::Cursor,
    #[serde(default)]
    seen: BTreeMap<String, String>,
    /// Whose turn is next.
    #[serde(default)]
    next: usize,
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
    let known = serde_json::to_string(&cursor.account).ok();
    cursor.account = poll::Cursor::read(account, known.as_deref(), http).await?;

    let mut found: BTreeMap<(usize, String), Value> = BTreeMap::new();
    let mut trouble = None;
    let questions = questions(search);
    let (mut asked, mut fetched) = (0, 0);
    while search.goes_on(asked, questions.len(), fetched) {
        let (question, path) = questions[(cursor.next + asked) % questions.len()].clone();
        let seen = cursor.seen.get(&question);
        let path = seen.map_or(path.clone(), |seen| {
            format!("{path}&min_id={}", encoded(seen))
        });
        let answer: Value = match ask::ask_for(account, &path, http).await {
            Ok(answer) => answer,
            Err(error) => {
                trouble = Some(error);
                break;
            }
        };
        asked += 1;
        let posts = answer.get("statuses").unwrap_or(&answer).as_array();
        fetched += posts.map_or(0, Vec::len);
        for post in posts.into_iter().flatten() {
            let Some(id) = poll::id(post).map(str::to_owned) else {
                continue;
            };
            if is_newer(&id, cursor.seen.get(&question).map(String::as_str)) {
                cursor.seen.insert(question.clone(), id.clone());
            }
            if is_wanted(search, post) {
                found.insert((id.len(), id), post.clone());
            }
        }
    }

    cursor.next = (cursor.next + asked) % questions.len().max(1);
    let posts: Vec<Value> = found.into_values().collect();
    let deliveries = if posts.is_empty() {
        Vec::new()
    } else {
        let body = Value::Array(posts).to_string().into_bytes();
        vec![poll::delivery(
            FOUND,
            &cursor.account.own,
            body,
            account.now,
        )]
    };
    let wait = trouble.as_ref().and_then(SendError::wait);
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(wait.unwrap_or_else(|| poll::pace(account))),
        trouble,
    })
}

/// Writes each question with the path that asks it.
fn questions(search: &Search) -> Vec<(String, String)> {
    let words = search.any.iter().map(|words| {
        let quoted = if words.contains(char::is_whitespace) {
            format!("\"{words}\"")
        } else {
            words.clone()
        };
        let path = format!(
            "/api/v2/search?type=statuses&limit=40&q={}",
            encoded(&quoted)
        );
        (words.clone(), path)
    });
    let hashtags = search.hashtags.iter().map(|tag| {
        let tag = tag.trim_start_matches('#');
        let name = encoded(tag).replace('+', "%20");
        (
            format!("#{tag}"),
            format!("/api/v1/timelines/tag/{name}?limit=40"),
        )
    });
    words.chain(hashtags).collect()
}

fn is_wanted(search: &Search, post: &Value) -> bool {
    let field = |name: &str| post.get(name).and_then(Value::as_str);
    let text = inbound::content_text(field("content").unwrap_or_default()).to_lowercase();
    let excluded = search
        .without
        .iter()
        .any(|words| text.contains(&words.to_lowercase()));
    let language = field("language").is_none_or(|language| {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
        search.languages.is_empty()
            || search
                .languages
                .iter()
                .any(|wanted| primary(wanted) == primary(language))
    });
    !excluded && language
}
