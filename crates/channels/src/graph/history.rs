//! Fills history and gaps: walks the lists an account has, page by page, as far back as is not known,
//! and gives back every page with something new as a delivery. Where it stands is in the cursor.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Graph;
use super::envelope::time;
use super::usage::Usage;
use crate::delivery::{Polled, RawDelivery};
use crate::inbound::{Inbound, TranslateError, Translation, Unread};
use crate::outbound::SendError;
use crate::signature;

/// How far back history is filled when an inbox is connected.
const FIRST_SPAN: Duration = Duration::from_secs(14 * 86_400);
/// How much is asked again, because what is written may be readable only a little later.
const OVERLAP: Duration = Duration::from_secs(600);
/// The pause between two rounds; the hook brings the news, this only fills gaps.
const PACE: Duration = Duration::from_secs(600);
/// The pause where a round is not done.
const NEXT_PAGE: Duration = Duration::from_secs(5);
/// How many pages are asked at one poll.
const PAGES: usize = 10;
/// Where an item keeps what stands below it.
const BELOW: [&str; 4] = [
    "/comments/data",
    "/messages/data",
    "/comments/data/0/replies/data",
    "/replies/data",
];
/// How many lists below a list wait to be read on at most.
const MOST_DEEPER: usize = 500;

/// One list of an account, and the list that hangs below each of its items.
pub(crate) struct Walk<'a> {
    /// The kind of the deliveries that its pages become.
    pub(crate) kind: &'static str,
    pub(crate) path: Vec<&'a str>,
    pub(crate) query: Vec<(&'static str, String)>,
    /// The field with the time of an item; items stand newest first.
    pub(crate) time: &'static str,
    /// Whether a page without anything new ends the list.
    pub(crate) ends_early: bool,
    /// Whether the list ends where items are older than the span that is wanted at all.
    pub(crate) ends_with_span: bool,
    pub(crate) below: Below,
}

/// A list below an item: comments below a post, messages below a conversation.
pub(crate) struct Below {
    pub(crate) kind: &'static str,
    pub(crate) edge: &'static str,
    pub(crate) fields: &'static str,
    pub(crate) time: &'static str,
}

/// Where a round stands.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// Everything before, in seconds, is known.
    since: i64,
    /// When this round began.
    begun: i64,
    walk: usize,
    after: Option<String>,
    /// Lists below items that go on: walk, item, cursor.
    #[serde(default)]
    deeper: Vec<(usize, String, String)>,
}

/// Returns since when history is wanted at all.
pub(crate) fn first_span(now: Timestamp) -> Timestamp {
    now.before(FIRST_SPAN)
}

/// Reads one item of a page of history, given the item that the page hangs below.
pub(crate) type ReadKept<'r> =
    dyn Fn(&Value, Option<&str>) -> Result<Vec<Inbound>, TranslateError> + 'r;

/// Reads a page of history item by item, oldest first, as far as each can be read.
pub(crate) fn translate(
    raw: &RawDelivery,
    read: &ReadKept<'_>,
) -> Result<Translation, TranslateError> {
    let body: Value = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let parent = body.get("parent").and_then(Value::as_str);
    let items = body
        .get("data")
        .and_then(Value::as_array)
        .ok_or_else(|| TranslateError::missing("data"))?;
    let mut reading = Reading {
        parent,
        read,
        in_pieces: false,
        translation: Translation::default(),
    };
    for (index, item) in items.iter().enumerate().rev() {
        reading.in_pieces = false;
        reading.take(index, item);
    }
    Ok(reading.translation)
}

/// A page of history while it is read.
struct Reading<'r> {
    parent: Option<&'r str>,
    read: &'r ReadKept<'r>,
    /// Whether pieces of one item are read, each of which tells of the item once more.
    in_pieces: bool,
    translation: Translation,
}

impl Reading<'_> {
    /// Reads an item. Where something below it cannot be read, that alone is kept apart: an item with
    /// one thing below it is of the same kind, and can be taken in again by itself.
    fn take(&mut self, index: usize, item: &Value) {
        let error = match (self.read)(item, self.parent) {
            Ok(taken) => {
                for inbound in taken {
                    if !(self.in_pieces && self.translation.taken.contains(&inbound)) {
                        self.translation.take(inbound);
                    }
                }
                return;
            }
            Err(error) => error,
        };
        for place in BELOW {
            let Some(below) = item.pointer(place).and_then(Value::as_array) else {
                continue;
            };
            let bare = with_below(item, place, Vec::new());
            if below.is_empty() || (self.read)(&bare, self.parent).is_err() {
                continue;
            }
            self.in_pieces = true;
            self.take(index, &bare);
            if below.len() > 1 {
                for one in below.iter().rev() {
                    self.take(index, &with_below(&bare, place, vec![one.clone()]));
                }
                return;
            }
        }
        self.translation.unread.push(Unread {
            index,
            error,
            body: json!({"parent": self.parent, "data": [item]})
                .to_string()
                .into_bytes(),
        });
    }
}

fn with_below(item: &Value, place: &str, below: Vec<Value>) -> Value {
    let mut item = item.clone();
    if let Some(list) = item.pointer_mut(place) {
        *list = Value::Array(below);
    }
    item
}

/// Walks on from the cursor.
pub(crate) async fn poll(
    graph: &Graph<'_>,
    cursor: Option<&str>,
    walks: &[Walk<'_>],
) -> Result<Polled, SendError> {
    let now = graph.account.now;
    let known: Option<Cursor> = cursor.and_then(|text| serde_json::from_str(text).ok());
    let mut cursor = known.unwrap_or_else(|| Cursor {
        since: first_span(now).as_seconds(),
        begun: now.as_seconds(),
        walk: 0,
        after: None,
        deeper: Vec::new(),
    });
    if cursor.walk == 0 && cursor.after.is_none() && cursor.deeper.is_empty() {
        cursor.begun = now.as_seconds();
    }

    let mut deliveries = Vec::new();
    let (mut usage, mut trouble) = (Usage::default(), None);
    for _ in 0..PAGES {
        if cursor.is_done(walks) || usage.per_cent >= 100 {
            break;
        }
        match cursor.step(graph, walks, &mut deliveries).await {
            Ok(used) => usage = usage.or(used),
            Err(error) => {
                trouble = Some(error);
                break;
            }
        }
    }

    let usual = if cursor.is_done(walks) {
        cursor.since = Timestamp::from_seconds(cursor.begun)
            .before(OVERLAP)
            .as_seconds();
        (cursor.walk, cursor.after) = (0, None);
        PACE
    } else {
        NEXT_PAGE
    };
    let next_in = match &trouble {
        Some(error) => error.wait().unwrap_or(PACE).max(PACE),
        None => usage.pause(usual),
    };
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(next_in),
        trouble,
    })
}

impl Cursor {
    fn is_done(&self, walks: &[Walk<'_>]) -> bool {
        self.walk >= walks.len() && self.deeper.is_empty()
    }

    /// Asks for one page: first of what hangs below items, then of the list itself.
    async fn step(
        &mut self,
        graph: &Graph<'_>,
        walks: &[Walk<'_>],
        deliveries: &mut Vec<RawDelivery>,
    ) -> Result<Usage, SendError> {
        if let Some((walk, item, after)) = self.deeper.first().cloned() {
            let Some(walk_of) = walks.get(walk) else {
                self.deeper.remove(0);
                return Ok(Usage::default());
            };
            let below = &walk_of.below;
            let query = [
                ("fields", below.fields),
                ("limit", "100"),
                ("order", "reverse_chronological"),
                ("filter", "stream"),
                ("after", after.as_str()),
            ];
            // Only comments know an order and a filter.
            let query = if below.edge == "comments" {
                vec![query[0], query[1], query[2], query[3], query[4]]
            } else {
                vec![query[0], query[1], query[4]]
            };
            let asked = graph.ask(&[&item, below.edge], &query).await;
            self.deeper.remove(0);
            let reading = match asked {
                // What has been deleted meanwhile has no comments either.
                Err(SendError::RecipientGone(_)) => return Ok(Usage::default()),
                Err(error) => {
                    self.deeper.insert(0, (walk, item, after));
                    return Err(error);
                }
                Ok(reading) => reading,
            };
            if self.any_new(&reading.body, below.time) {
                let page = json!({"parent": item, "data": reading.body.get("data")});
                deliveries.push(delivery(below.kind, page, graph.account.now));
                if self.all_new(&reading.body, below.time) {
                    self.go_deeper(walk, &item, &reading.body);
                }
            }
            return Ok(reading.usage);
        }

        let Some(walk) = walks.get(self.walk) else {
            return Ok(Usage::default());
        };
        let mut query: Vec<(&str, &str)> = walk
            .query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        if let Some(after) = &self.after {
            query.push(("after", after));
        }
        let reading = graph.ask(&walk.path, &query).await?;
        let items = reading.body.get("data").and_then(Value::as_array);
        let items = items
            .ok_or_else(|| SendError::Unreadable("the answer has no list of data".to_owned()))?;
        let mut news = Vec::new();
        for item in items {
            let below = item.get(walk.below.edge).unwrap_or(&Value::Null);
            let new_below = self.any_new(below, walk.below.time);
            if self.is_new(item, walk.time) || new_below {
                news.push(item.clone());
            }
            if new_below
                && self.all_new(below, walk.below.time)
                && let Some(id) = item.get("id").and_then(Value::as_str)
            {
                self.go_deeper(self.walk, id, below);
            }
        }
        let span = first_span(graph.account.now);
        let behind = items
            .last()
            .and_then(|item| time(item.get(walk.time)))
            .is_some_and(|at| at < span);
        let over = (walk.ends_early && news.is_empty()) || (walk.ends_with_span && behind);
        if !news.is_empty() {
            deliveries.push(delivery(
                walk.kind,
                json!({"data": news}),
                graph.account.now,
            ));
        }
        self.after = next(&reading.body).filter(|_| !over).map(str::to_owned);
        if self.after.is_none() {
            self.walk += 1;
        }
        Ok(reading.usage)
    }

    fn go_deeper(&mut self, walk: usize, item: &str, page: &Value) {
        if let Some(after) = next(page)
            && self.deeper.len() < MOST_DEEPER
        {
            self.deeper.push((walk, item.to_owned(), after.to_owned()));
        }
    }

    fn is_new(&self, item: &Value, field: &str) -> bool {
        time(item.get(field)).is_none_or(|at| at.as_seconds() >= self.since)
    }

    fn any_new(&self, page: &Value, field: &str) -> bool {
        let items = page.get("data").and_then(Value::as_array);
        items.into_iter().flatten().any(|item| {
            let replies = item.pointer("/replies/data").and_then(Value::as_array);
            let mut replies = replies.into_iter().flatten();
            self.is_new(item, field) || replies.any(|reply| self.is_new(reply, field))
        })
    }

    fn all_new(&self, page: &Value, field: &str) -> bool {
        let items = page.get("data").and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .all(|item| self.is_new(item, field))
    }
}

/// Returns the cursor of the next page, where there is one. The address that stands there too is not
/// followed: it has the token in it.
pub(super) fn next(page: &Value) -> Option<&str> {
    page.pointer("/paging/next")?;
    page.pointer("/paging/cursors/after")?.as_str()
}

fn delivery(kind: &str, mut page: Value, now: Timestamp) -> RawDelivery {
    forget_addresses(&mut page, 0);
    let body = page.to_string().into_bytes();
    RawDelivery {
        kind: kind.to_owned(),
        key: signature::sha256_hex(&body),
        headers: Vec::new(),
        body,
        received_at: now,
    }
}

/// Takes out the addresses of further pages, because Meta writes the token into them.
fn forget_addresses(value: &mut Value, depth: usize) {
    match value {
        Value::Object(fields) if depth < 16 => {
            fields.remove("paging");
            for inner in fields.values_mut() {
                forget_addresses(inner, depth + 1);
            }
        }
        Value::Array(list) if depth < 16 => {
            for inner in list {
                forget_addresses(inner, depth + 1);
            }
        }
        _ => {}
    }
}
