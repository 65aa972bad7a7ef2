//! News by asking, because YouTube pushes no comments: new threads by time, threads known already by
//! their ids, because a new answer does not bring a thread to the top, and our videos with their figures.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{self, encoded};
use super::inbound;
use super::quota::{self, Quota};
use super::wire::{Page, Thread};
use super::{MISSING, REPLIES, THREADS, VIDEOS, channel_id};
use crate::delivery::{Account, Polled, RawDelivery, Usage};
use crate::http::Http;
use crate::outbound::SendError;
use crate::signature;

/// How far back the first call looks.
const HISTORY: Duration = Duration::from_secs(7 * 86_400);
/// How far a list is read again each time, because YouTube is not strictly in order.
const OVERLAP: Duration = Duration::from_secs(3_600);
/// The most pages of each list in one call.
const PAGES: usize = 8;
const SOON: Duration = Duration::from_secs(5);
const AFTER_TROUBLE: Duration = Duration::from_secs(120);
/// How often the threads that are known are read again.
const REREAD: Duration = Duration::from_secs(900);
/// How often our videos are looked at.
const VIDEOS_EVERY: Duration = Duration::from_secs(3_600);
/// How many threads, and how many answers below each, are remembered.
const THREADS_KEPT: usize = 300;
/// How many older threads are remembered besides, in which we said something.
const ANSWERED_KEPT: usize = 500;
const REPLIES_KEPT: usize = 200;
/// How many are asked for by their ids at once.
const AT_ONCE: usize = 50;

/// Where we stopped reading.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    channel: String,
    /// The newest comment that was seen, once everything before it was read.
    #[serde(default)]
    since: Option<Timestamp>,
    /// The same of the pages that are being read, and the next of these pages.
    #[serde(default)]
    newest: Option<Timestamp>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    threads: BTreeMap<String, Known>,
    #[serde(default)]
    reread_at: Option<Timestamp>,
    #[serde(default)]
    videos_at: Option<Timestamp>,
    #[serde(default)]
    quota: Quota,
}

/// A thread as it was seen last.
#[derive(Serialize, Deserialize, Default)]
struct Known {
    at: Option<Timestamp>,
    updated: String,
    total: u64,
    /// Whether something of ours stands in it: whoever answers that is to be heard, however late.
    #[serde(default)]
    answered: bool,
    /// The answers below it, each with when it was changed last.
    #[serde(default)]
    replies: BTreeMap<String, String>,
}

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let channel = channel_id(account)
        .ok_or_else(|| SendError::Forbidden("the inbox has no channel".to_owned()))?;
    let mut cursor = read_cursor(cursor)
        .filter(|cursor| cursor.channel == channel)
        .unwrap_or_else(|| Cursor {
            channel: channel.to_owned(),
            ..Cursor::default()
        });
    cursor.quota.roll(account);
    let mut polling = Polling {
        account,
        http,
        cursor,
        deliveries: Vec::new(),
    };
    let trouble = polling.gather().await.err();
    let Polling {
        cursor, deliveries, ..
    } = polling;
    let next_in = match &trouble {
        Some(trouble) => trouble.wait().unwrap_or(AFTER_TROUBLE),
        None if cursor.token.is_some() => SOON,
        None => pace(account),
    };
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(next_in),
        trouble,
    })
}

/// Returns what a cursor remembers of the day's units.
pub(super) fn usage(account: &Account, cursor: &str) -> Option<Usage> {
    read_cursor(Some(cursor)).map(|cursor| cursor.quota.usage(account))
}

fn read_cursor(text: Option<&str>) -> Option<Cursor> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

fn pace(account: &Account) -> Duration {
    let seconds = account.settings.get("poll_seconds").and_then(Value::as_u64);
    Duration::from_secs(seconds.unwrap_or(300).clamp(30, 3_600))
}

struct Polling<'a> {
    account: &'a Account,
    http: &'a Http,
    cursor: Cursor,
    deliveries: Vec<RawDelivery>,
}

impl Polling<'_> {
    async fn gather(&mut self) -> Result<(), SendError> {
        let now = self.account.now;
        let is_due =
            |last: Option<Timestamp>, every| last.is_none_or(|last| now.since(last) >= every);
        // The videos first, so that comments find what they stand below.
        if is_due(self.cursor.videos_at, VIDEOS_EVERY) {
            self.videos().await?;
            self.cursor.videos_at = Some(now);
        }
        self.new_threads().await?;
        if self.account.switch("held_comments").unwrap_or(false) {
            self.held().await?;
        }
        if self.cursor.reread_at.is_none() {
            // Everything was just read.
            self.cursor.reread_at = Some(now);
        } else if is_due(self.cursor.reread_at, REREAD) {
            self.known_threads().await?;
            self.cursor.reread_at = Some(now);
        }
        Ok(())
    }

    async fn ask(&mut self, path: &str) -> Result<Page, SendError> {
        self.cursor.quota.spend(self.account, quota::LIST)?;
        let asked = ask::ask_for(self.account, path, self.http).await;
        if let Err(SendError::RetryAfter { detail, .. }) = &asked
            && detail.starts_with("quotaExceeded")
        {
            self.cursor.quota.exhaust(self.account);
        }
        asked
    }

    /// Reads our newest videos with their figures.
    async fn videos(&mut self) -> Result<(), SendError> {
        let Some(rest) = self.cursor.channel.strip_prefix("UC") else {
            return Ok(());
        };
        // Every channel has a list of its uploads under the same name.
        let path = format!(
            "/playlistItems?part=contentDetails&maxResults=50&playlistId=UU{}",
            encoded(rest)
        );
        let page = match self.ask(&path).await {
            // A channel without videos has no such list.
            Err(SendError::RecipientGone(_)) => return Ok(()),
            other => other?,
        };
        let ids: Vec<&str> = page
            .items
            .iter()
            .filter_map(|item| item.pointer("/contentDetails/videoId")?.as_str())
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let path = format!(
            "/videos?part=statistics,snippet&maxResults=50&id={}",
            encoded(&ids.join(","))
        );
        let mut page = self.ask(&path).await?;
        page.items.reverse();
        self.deliver(VIDEOS, &page.items);
        Ok(())
    }

    /// Reads threads from the newest back to what was seen before.
    async fn new_threads(&mut self) -> Result<(), SendError> {
        let begin = match self.cursor.since {
            Some(since) => since.before(OVERLAP),
            None => self.account.now.before(HISTORY),
        };
        let mut pages = Vec::new();
        let mut trouble = None;
        for _ in 0..PAGES {
            let mut path = self.threads_path("");
            if let Some(token) = &self.cursor.token {
                path.push_str("&pageToken=");
                path.push_str(&encoded(token));
            }
            let page = match self.ask(&path).await {
                Ok(page) => page,
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            };
            let reached = page.items.iter().any(|item| made_at(item) < begin);
            let young: Vec<Value> = page
                .items
                .into_iter()
                .filter(|item| made_at(item) >= begin)
                .collect();
            let newest = young.iter().map(made_at).max();
            self.cursor.newest = self.cursor.newest.max(newest);
            pages.push(young);
            self.cursor.token = page.next_page_token.filter(|_| !reached);
            if self.cursor.token.is_none() {
                self.cursor.since = self.cursor.newest.take().max(self.cursor.since);
                break;
            }
        }
        // The place has moved on: what was read is delivered whatever fails below one of them.
        for page in pages.into_iter().rev() {
            if let Err(error) = self.take_threads(page).await {
                trouble.get_or_insert(error);
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// Reads what YouTube keeps back until we have looked at it.
    async fn held(&mut self) -> Result<(), SendError> {
        let page = self
            .ask(&self.threads_path("&moderationStatus=heldForReview"))
            .await?;
        self.take_threads(page.items).await
    }

    /// Returns which of these comments only wait for a look of ours: YouTube shows them in no other
    /// list and gives none of them by its id.
    async fn held_back(&mut self, of: &[String]) -> Result<BTreeSet<String>, SendError> {
        let mut held = BTreeSet::new();
        if of.is_empty() {
            return Ok(held);
        }
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let mut path = self.threads_path("&moderationStatus=heldForReview");
            if let Some(token) = &token {
                path.push_str("&pageToken=");
                path.push_str(&encoded(token));
            }
            let page = match self.ask(&path).await {
                // An account that may not look holds nothing back either.
                Err(SendError::Forbidden(_)) => break,
                other => other?,
            };
            for thread in &page.items {
                let below = thread
                    .pointer("/replies/comments")
                    .and_then(Value::as_array);
                let ids = std::iter::once(thread)
                    .chain(below.into_iter().flatten())
                    .filter_map(|comment| comment.get("id")?.as_str());
                held.extend(ids.map(str::to_owned));
            }
            token = page.next_page_token;
            if token.is_none() || of.iter().all(|id| held.contains(id)) {
                return Ok(held);
            }
        }
        if token.is_some() {
            // Too many wait to be read: nobody knows which of these do.
            held.extend(of.iter().cloned());
        }
        Ok(held)
    }

    fn threads_path(&self, more: &str) -> String {
        format!(
            "/commentThreads?part=snippet,replies&allThreadsRelatedToChannelId={}&order=time&maxResults=100&textFormat=plainText{more}",
            encoded(&self.cursor.channel)
        )
    }

    /// Reads the threads that are known once more: new answers, changed words, and what is gone.
    async fn known_threads(&mut self) -> Result<(), SendError> {
        let ids: Vec<String> = self.cursor.threads.keys().cloned().collect();
        for ids in ids.chunks(AT_ONCE) {
            let path = format!(
                "/commentThreads?part=snippet,replies&textFormat=plainText&id={}",
                encoded(&ids.join(","))
            );
            let page = self.ask(&path).await?;
            let there: BTreeSet<&str> = page
                .items
                .iter()
                .filter_map(|item| item.get("id")?.as_str())
                .collect();
            let gone: Vec<String> = ids
                .iter()
                .filter(|id| !there.contains(id.as_str()))
                .cloned()
                .collect();
            let mut missing = Vec::new();
            let held = self.held_back(&gone).await?;
            for id in gone.into_iter().filter(|id| !held.contains(id)) {
                // What stood below it went with it.
                let known = self.cursor.threads.remove(&id).unwrap_or_default();
                missing.push(id);
                missing.extend(known.replies.into_keys());
            }
            self.deliver_missing(&missing);
            self.take_threads(page.items).await?;
        }
        Ok(())
    }

    /// Delivers those threads that changed since they were seen, oldest first, with all their answers.
    async fn take_threads(&mut self, mut items: Vec<Value>) -> Result<(), SendError> {
        items.reverse();
        let mut changed = Vec::new();
        let mut unfinished = Vec::new();
        for item in items {
            let Ok(thread) = inbound::read::<Thread>(&item) else {
                // It is for translating to say what is wrong with it.
                changed.push(item);
                continue;
            };
            let total = thread.snippet.total_reply_count;
            let updated = thread.snippet.top_level_comment.snippet.updated_at;
            let updated = updated.unwrap_or_default();
            let shown = versions(&thread.replies.comments);
            let own = is_own(
                item.pointer("/snippet/topLevelComment"),
                &self.cursor.channel,
            ) || has_own(&thread.replies.comments, &self.cursor.channel);
            let known = self.cursor.threads.entry(thread.id.clone()).or_default();
            known.answered |= own;
            let same = known.at.is_some()
                && known.total == total
                && known.updated == updated
                && shown
                    .iter()
                    .all(|(id, updated)| known.replies.get(id) == Some(updated));
            if same {
                continue;
            }
            if total != shown.len() as u64 || known.replies.keys().any(|id| !shown.contains_key(id))
            {
                unfinished.push((thread.id.clone(), total));
            } else {
                known.replies = shown;
                known.total = total;
            }
            known.at = Some(made_at(&item));
            known.updated = updated;
            changed.push(item);
        }
        self.deliver(THREADS, &changed);
        for (id, total) in unfinished {
            self.replies(&id, total).await?;
        }
        self.forget_the_oldest();
        Ok(())
    }

    /// Reads all answers below a comment, of which the list of threads shows only a few.
    async fn replies(&mut self, parent: &str, total: u64) -> Result<(), SendError> {
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        let mut whole = false;
        for _ in 0..PAGES {
            let mut path = format!(
                "/comments?part=snippet&maxResults=100&textFormat=plainText&parentId={}",
                encoded(parent)
            );
            if let Some(token) = &token {
                path.push_str("&pageToken=");
                path.push_str(&encoded(token));
            }
            let page = self.ask(&path).await?;
            items.extend(page.items);
            token = page.next_page_token;
            whole = token.is_none();
            if whole {
                break;
            }
        }
        let there = versions(&items);
        let known = self.cursor.threads.get(parent);
        let before = known.map_or_else(BTreeMap::new, |known| known.replies.clone());
        let mut missing: Vec<String> = before
            .keys()
            .filter(|id| whole && !there.contains_key(*id))
            .cloned()
            .collect();
        let held = self.held_back(&missing).await?;
        missing.retain(|id| !held.contains(id));
        let own = has_own(&items, &self.cursor.channel);
        let known = self.cursor.threads.entry(parent.to_owned()).or_default();
        known.answered |= own;
        known.total = total;
        // What is held back is missed again next time, or is there again.
        let waiting = before.into_iter().filter(|(id, _)| held.contains(id));
        known.replies = there
            .into_iter()
            .take(REPLIES_KEPT)
            .chain(waiting)
            .collect();
        items.sort_by_key(|item| published(item.pointer("/snippet/publishedAt")));
        self.deliver(REPLIES, &items);
        self.deliver_missing(&missing);
        Ok(())
    }

    /// Forgets the oldest threads; those in which we said something last.
    fn forget_the_oldest(&mut self) {
        if self.cursor.threads.len() <= THREADS_KEPT {
            return;
        }
        let mut by_age: Vec<(Option<Timestamp>, bool, String)> = self
            .cursor
            .threads
            .iter()
            .map(|(id, known)| (known.at, known.answered, id.clone()))
            .collect();
        by_age.sort_unstable_by(|one, other| other.cmp(one));
        let mut answered = 0;
        for (_, ours, id) in by_age.into_iter().skip(THREADS_KEPT) {
            answered += usize::from(ours);
            if !ours || answered > ANSWERED_KEPT {
                self.cursor.threads.remove(&id);
            }
        }
    }

    fn deliver(&mut self, kind: &str, items: &[Value]) {
        if !items.is_empty() {
            let body = json!({"items": items});
            self.deliveries
                .push(delivery(kind, &body, self.account.now));
        }
    }

    fn deliver_missing(&mut self, ids: &[String]) {
        if !ids.is_empty() {
            let body = json!({"ids": ids});
            self.deliveries
                .push(delivery(MISSING, &body, self.account.now));
        }
    }
}

/// Makes a delivery of what was read; the same bytes are the same delivery.
fn delivery(kind: &str, body: &Value, now: Timestamp) -> RawDelivery {
    let body = body.to_string().into_bytes();
    RawDelivery {
        kind: kind.to_owned(),
        key: signature::sha256_hex(&body),
        headers: Vec::new(),
        body,
        received_at: now,
    }
}

/// Returns when each comment was changed last, by its id.
fn versions(comments: &[Value]) -> BTreeMap<String, String> {
    let version = |comment: &Value| {
        let updated = comment
            .pointer("/snippet/updatedAt")
            .and_then(Value::as_str);
        let id = comment.get("id")?.as_str()?;
        Some((id.to_owned(), updated.unwrap_or_default().to_owned()))
    };
    comments.iter().filter_map(version).collect()
}

fn has_own(comments: &[Value], channel: &str) -> bool {
    comments
        .iter()
        .any(|comment| is_own(Some(comment), channel))
}

fn is_own(comment: Option<&Value>, channel: &str) -> bool {
    let author = comment.and_then(|comment| comment.pointer("/snippet/authorChannelId/value"));
    author.and_then(Value::as_str) == Some(channel)
}

/// Returns when a thread began; one that does not say counts as new.
fn made_at(item: &Value) -> Timestamp {
    published(item.pointer("/snippet/topLevelComment/snippet/publishedAt"))
}

fn published(at: Option<&Value>) -> Timestamp {
    at.and_then(Value::as_str)
        .and_then(|at| at.parse().ok())
        .unwrap_or(Timestamp(i64::MAX))
}
