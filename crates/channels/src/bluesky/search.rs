//! The listening post: words and hashtags by the network's own search, since the time seen last.

use std::collections::BTreeMap;
use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{Call, Caller, encoded};
use super::{FOUND, poll};
use crate::delivery::{Account, Polled, Search};
use crate::http::Http;
use crate::outbound::SendError;

/// The most pages of one question that are read in one look.
const PAGES: usize = 10;

/// How far each question was answered, by the question.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    #[serde(default)]
    seen_at: BTreeMap<String, Timestamp>,
    /// Where reading broke off before it came to what was seen.
    #[serde(default)]
    gaps: BTreeMap<String, Gap>,
    /// Whose turn is next.
    #[serde(default)]
    next: usize,
}

/// What lies between what was seen and the oldest that was read since.
#[derive(Serialize, Deserialize, Clone, Copy)]
struct Gap {
    until: Timestamp,
    /// Up to when all is seen once it is filled.
    newest: Timestamp,
}

/// What one look has gathered.
struct News {
    now: Timestamp,
    found: BTreeMap<(Timestamp, String), Value>,
    fetched: usize,
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
    let mut news = News {
        now: account.now,
        found: BTreeMap::new(),
        fetched: 0,
    };
    let mut trouble = None;
    let questions = questions(search);
    let mut asked = 0;
    while search.goes_on(asked, questions.len(), news.fetched) {
        let question = &questions[(cursor.next + asked) % questions.len()];
        if let Err(error) = read_on(&mut caller, (search, question), &mut cursor, &mut news).await {
            trouble = Some(error);
            break;
        }
        asked += 1;
    }
    cursor.next = (cursor.next + asked) % questions.len().max(1);

    let posts: Vec<Value> = news.found.into_values().collect();
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

/// Reads what is new for one question, newest first, down to what was seen. Where that is too much
/// for one look, the next one goes on with what is older.
async fn read_on(
    caller: &mut Caller<'_>,
    (search, question): (&Search, &str),
    cursor: &mut Cursor,
    news: &mut News,
) -> Result<(), SendError> {
    let seen_at = cursor.seen_at.get(question).copied();
    let gap = cursor.gaps.get(question).copied();
    let mut path = format!("app.bsky.feed.searchPosts?sort=latest&limit=100&{question}");
    if let Some(seen_at) = seen_at {
        path.push_str("&since=");
        path.push_str(&encoded(&seen_at.to_string()));
    }
    if let Some(gap) = gap {
        path.push_str("&until=");
        path.push_str(&encoded(&gap.until.to_string()));
    }
    let mut newest = gap.map(|gap| gap.newest);
    let mut oldest = gap.map(|gap| gap.until);
    let mut page_cursor: Option<String> = None;
    for number in 1..=PAGES {
        let page_of = page_cursor.as_deref().map_or(String::new(), |cursor| {
            format!("&cursor={}", encoded(cursor))
        });
        let page: Value = match caller.read(&Call::ask(format!("{path}{page_of}"))).await {
            Ok(page) => page,
            Err(error) => {
                keep_gap(cursor, question, (oldest, newest));
                return Err(error);
            }
        };
        let posts = poll::list(&page, "posts");
        let mut reached = posts.is_empty();
        for post in posts {
            news.fetched += 1;
            let field = |name: &str| post.get(name).and_then(Value::as_str).unwrap_or_default();
            let at: Timestamp = field("indexedAt").parse().unwrap_or(news.now);
            if seen_at.is_some_and(|seen_at| at <= seen_at) {
                reached = true;
                continue;
            }
            newest = newest.max(Some(at));
            oldest = Some(oldest.map_or(at, |oldest| oldest.min(at)));
            if !is_excluded(search, post) {
                news.found
                    .insert((at, field("uri").to_owned()), post.clone());
            }
        }
        page_cursor = page
            .get("cursor")
            .and_then(Value::as_str)
            .map(str::to_owned);
        // What was said before a search began is no news: one page of it.
        if reached || seen_at.is_none() || page_cursor.is_none() {
            break;
        }
        if number == PAGES || news.fetched >= search.most {
            keep_gap(cursor, question, (oldest, newest));
            return Ok(());
        }
    }
    cursor.gaps.remove(question);
    if let Some(newest) = newest {
        cursor.seen_at.insert(question.to_owned(), newest);
    }
    Ok(())
}

fn keep_gap(
    cursor: &mut Cursor,
    question: &str,
    (oldest, newest): (Option<Timestamp>, Option<Timestamp>),
) {
    let (Some(until), Some(newest)) = (oldest, newest) else {
        return;
    };
    if cursor.seen_at.contains_key(question) {
        // The network leaves out what was said at that very moment.
        let until = until.after(Duration::from_millis(1));
        cursor
            .gaps
            .insert(question.to_owned(), Gap { until, newest });
    }
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
