//! Asks a feed and its comment feeds for news: conditional requests, the sender's wishes heeded,
//! growing pauses where something is wrong. Everything remembered is in the cursor.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::pin::pin;
use std::time::Duration;

use kulant_model::time::Timestamp;

use super::parse::{self, Document, short_hash};
use super::wire::{COMMENT, COMMENT_CHANGED, CommentFeed, Cursor, ITEM, ITEM_CHANGED, Item, Page};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::{Answer, Http, HttpError, Request};
use crate::outbound::SendError;

const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/feed+json, \
     application/xml;q=0.9, application/json;q=0.9, text/xml;q=0.9, */*;q=0.5";
const DEFAULT_MINUTES: u64 = 15;
const LONGEST_PAUSE_SECONDS: u64 = 24 * 3_600;
/// How many items are remembered at least, even when they have left the document.
const REMEMBERED_ITEMS: usize = 500;
/// How many comment feeds are kept, and how many of them are asked at one poll.
const COMMENT_FEEDS: usize = 50;
const COMMENT_FEEDS_AT_ONCE: usize = 20;
/// How long comment feeds are asked at one poll; what is left waits for the next one.
const COMMENTS_TIME: Duration = Duration::from_secs(45);
/// After how many failures of comment feeds a poll leaves the others for the next time.
const COMMENT_FAILURES: usize = 3;
/// After how many failures in a row a new address is given up for the one in the settings.
const FAILURES_AT_NEW_ADDRESS: u32 = 5;

/// What asking for one document gave.
enum Fetched {
    Unchanged(Answer),
    Document(Document, Answer),
    /// An HTML page that names this address as its feed.
    Page(String),
    Gone,
    Failed {
        trouble: SendError,
        wait: Option<Duration>,
    },
}

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let url = account
        .setting("url")
        .ok_or_else(|| SendError::Forbidden("the inbox has no address to ask".to_owned()))?;
    let mut cursor = Cursor::read(cursor, url);
    let pace = pace_seconds(account);
    let mut deliveries = Vec::new();

    let address = cursor.moved_to.clone().unwrap_or_else(|| url.to_owned());
    let mut fetched = fetch(http, &address, &cursor.page, account.now).await;
    if let Fetched::Page(feed) = fetched {
        fetched = fetch(http, &feed, &cursor.page, account.now).await;
        cursor.moved_to = Some(feed);
    }
    let (next_in, trouble) = match fetched {
        Fetched::Page(_) => {
            cursor.moved_to = None;
            let trouble = SendError::Unreadable("the page names a page as its feed".to_owned());
            (Some(growing(pace, 1)), Some(trouble))
        }
        Fetched::Gone => {
            let trouble = SendError::RecipientGone("the feed is gone for good (410)".to_owned());
            (None, Some(trouble))
        }
        Fetched::Failed { trouble, wait } => {
            cursor.page.failures = cursor.page.failures.saturating_add(1);
            if cursor.page.failures >= FAILURES_AT_NEW_ADDRESS {
                cursor.moved_to = None;
            }
            let pause = growing(pace, cursor.page.failures);
            (Some(pause.max(wait.unwrap_or_default())), Some(trouble))
        }
        Fetched::Unchanged(answer) => {
            cursor.note_address(&answer);
            cursor.page.note_answer(&answer);
            (Some(cursor.page.next_in(pace, account.now)), None)
        }
        Fetched::Document(document, answer) => {
            cursor.note_address(&answer);
            if account.switch("comments").unwrap_or(true) {
                cursor.note_comment_feeds(&document.items, account.now);
            } else {
                cursor.comments.clear();
            }
            let news = cursor
                .page
                .take(document, &answer, [ITEM, ITEM_CHANGED], account.now);
            deliveries.extend(news);
            (Some(cursor.page.next_in(pace, account.now)), None)
        }
    };
    if trouble.is_none() {
        deliveries.extend(poll_comments(&mut cursor, pace, account.now, http).await);
    }
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in,
        trouble,
    })
}

async fn poll_comments(
    cursor: &mut Cursor,
    pace: u64,
    now: Timestamp,
    http: &Http,
) -> Vec<RawDelivery> {
    let mut due: Vec<(Timestamp, String)> = cursor
        .comments
        .iter()
        .filter(|(_, feed)| feed.next_at <= now)
        .map(|(address, feed)| (feed.next_at, address.clone()))
        .collect();
    due.sort();

    let mut deliveries = Vec::new();
    let mut failures = 0;
    let mut over = pin!(tokio::time::sleep(COMMENTS_TIME));
    for (_, address) in due.into_iter().take(COMMENT_FEEDS_AT_ONCE) {
        let Some(feed) = cursor.comments.get_mut(&address) else {
            continue;
        };
        let fetched = tokio::select! {
            fetched = fetch(http, &address, &feed.page, now) => fetched,
            () = &mut over => {
                failures = COMMENT_FAILURES;
                let trouble = SendError::RetryBackoff("no answer in time".to_owned());
                Fetched::Failed { trouble, wait: None }
            }
        };
        let pause = match fetched {
            Fetched::Gone | Fetched::Page(_) => Duration::from_secs(30 * LONGEST_PAUSE_SECONDS),
            Fetched::Failed { wait, .. } => {
                failures += 1;
                feed.page.failures = feed.page.failures.saturating_add(1);
                growing(pace, feed.page.failures).max(wait.unwrap_or_default())
            }
            Fetched::Unchanged(answer) => {
                feed.page.note_answer(&answer);
                feed.quieter(pace, now)
            }
            Fetched::Document(mut document, answer) => {
                for item in &mut document.items {
                    item.parent.get_or_insert_with(|| feed.parent.clone());
                }
                let kinds = [COMMENT, COMMENT_CHANGED];
                let news = feed.page.take(document, &answer, kinds, now);
                if news.is_empty() {
                    feed.quieter(pace, now)
                } else {
                    feed.page.quiet = 0;
                    deliveries.extend(news);
                    feed.page.next_in(pace, now)
                }
            }
        };
        feed.next_at = now.after(pause);
        if failures >= COMMENT_FAILURES {
            break;
        }
    }
    deliveries
}

async fn fetch(http: &Http, address: &str, page: &Page, now: Timestamp) -> Fetched {
    let mut request = Request::get(address).header("accept", ACCEPT);
    if let Some(etag) = &page.etag {
        request = request.header("if-none-match", etag);
    }
    if let Some(last_modified) = &page.last_modified {
        request = request.header("if-modified-since", last_modified);
    }
    let answer = match http.send(request).await {
        Ok(answer) => answer,
        Err(error) => {
            return Fetched::Failed {
                trouble: HttpError::when_asking(error),
                wait: None,
            };
        }
    };
    let wait = answer.retry_after(now);
    let detail = format!("status {}", answer.status);
    let trouble = match answer.status {
        304 => return Fetched::Unchanged(answer),
        410 => return Fetched::Gone,
        200..=299 => match parse::parse(&answer.body, &answer.url) {
            Ok(document) => return Fetched::Document(document, answer),
            Err(error) => match parse::find_feed_in_page(&answer.body, &answer.url) {
                Some(address) => return Fetched::Page(address),
                None => SendError::Unreadable(format!("no feed is to be read there: {error}")),
            },
        },
        401 => SendError::AuthBroken(detail),
        403 | 451 => SendError::Forbidden(detail),
        404 => SendError::RecipientGone(detail),
        408 | 425 | 429 | 500..=599 => match wait {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        _ => SendError::Unreadable(detail),
    };
    Fetched::Failed { trouble, wait }
}

fn pace_seconds(account: &Account) -> u64 {
    let minutes = account
        .settings
        .get("minutes")
        .and_then(serde_json::Value::as_u64);
    minutes.unwrap_or(DEFAULT_MINUTES).clamp(1, 1_440) * 60
}

/// Doubles a pause with every failure, up to a day.
fn growing(pace: u64, failures: u32) -> Duration {
    let factor = 1_u64 << failures.min(10);
    Duration::from_secs((pace * factor).min(LONGEST_PAUSE_SECONDS))
}

impl Cursor {
    /// Reads a cursor; one that cannot be read, or is of another address, begins anew.
    fn read(cursor: Option<&str>, url: &str) -> Self {
        let known: Option<Self> = cursor.and_then(|text| serde_json::from_str(text).ok());
        known
            .filter(|cursor| cursor.url == url)
            .unwrap_or_else(|| Self {
                url: url.to_owned(),
                ..Self::default()
            })
    }

    fn note_address(&mut self, answer: &Answer) {
        if let Some(moved_to) = &answer.moved_to {
            self.moved_to = Some(moved_to.clone());
        }
    }

    /// Keeps the comment feeds of the newest items; those of older ones go.
    fn note_comment_feeds(&mut self, items: &[Item], now: Timestamp) {
        let mut newest: Vec<&Item> = items
            .iter()
            .filter(|item| item.comments.is_some())
            .collect();
        newest.sort_by_key(|item| Reverse(item.published));
        newest.truncate(COMMENT_FEEDS);
        let mut kept = BTreeMap::new();
        for item in newest {
            let Some(address) = &item.comments else {
                continue;
            };
            let feed = self
                .comments
                .remove(address)
                .unwrap_or_else(|| CommentFeed {
                    parent: item.id.clone(),
                    next_at: now,
                    page: Page::default(),
                });
            kept.insert(address.clone(), feed);
        }
        self.comments = kept;
    }
}

impl CommentFeed {
    /// Returns the pause before asking again where nothing was new: longer every time.
    fn quieter(&mut self, pace: u64, now: Timestamp) -> Duration {
        self.page.quiet = self.page.quiet.saturating_add(1);
        self.page
            .next_in(pace, now)
            .max(growing(pace, self.page.quiet))
    }
}

impl Page {
    /// Takes a whole document: remembers it and returns what is new or changed, oldest first.
    fn take(
        &mut self,
        document: Document,
        answer: &Answer,
        [new, changed]: [&str; 2],
        now: Timestamp,
    ) -> Vec<RawDelivery> {
        self.etag = answer.header("etag").map(str::to_owned);
        self.last_modified = answer.header("last-modified").map(str::to_owned);
        self.skip_hours = document.skip_hours;
        self.wanted_seconds = document
            .ttl_minutes
            .map_or(0, |minutes| u64::from(minutes) * 60);
        self.note_answer(answer);

        // Newest first: where an id stands twice in a document, its first place counts.
        let mut ids = HashSet::new();
        let mut items = document.items;
        items.retain(|item| ids.insert(item.id.clone()));
        let remembered = REMEMBERED_ITEMS.max(items.len());

        let mut deliveries = Vec::new();
        for item in items.into_iter().rev() {
            let (id, version) = (short_hash(&item.id), item.version());
            let known = self.seen.iter().position(|(seen, _)| *seen == id);
            let kind = match known {
                None => new,
                Some(place) if self.seen[place].1 == version => {
                    let entry = self.seen.remove(place);
                    self.seen.insert(0, entry);
                    continue;
                }
                Some(place) => {
                    self.seen.remove(place);
                    changed
                }
            };
            deliveries.push(RawDelivery {
                kind: kind.to_owned(),
                key: format!("{id}-{version}"),
                headers: Vec::new(),
                body: serde_json::to_vec(&item).expect("an item is plain JSON"),
                received_at: now,
            });
            self.seen.insert(0, (id, version));
        }
        self.seen.truncate(remembered);
        deliveries
    }

    fn note_answer(&mut self, answer: &Answer) {
        self.failures = 0;
        let max_age = answer
            .header("cache-control")
            .into_iter()
            .flat_map(|value| value.split(','))
            .find_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u64>().ok());
        self.wanted_seconds = self.wanted_seconds.max(max_age.unwrap_or(0));
    }

    /// Returns the pause that heeds our own pace and the sender's wishes.
    fn next_in(&self, pace: u64, now: Timestamp) -> Duration {
        let mut seconds = pace.max(self.wanted_seconds).min(LONGEST_PAUSE_SECONDS);
        for _ in 0..24 {
            let at = now.as_seconds() + seconds as i64;
            let hour = at.rem_euclid(86_400) / 3_600;
            if !self.skip_hours.contains(&(hour as u8)) {
                break;
            }
            seconds += 3_600 - at.rem_euclid(3_600) as u64;
        }
        Duration::from_secs(seconds)
    }
}
