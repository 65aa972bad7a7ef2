//! Fills history and gaps: walks the lists an account has, page by page, as far back as is not known,
//! and gives back every page with something new as a delivery. Where it stands is in the cursor.
//! Most rounds look at the posts of two weeks; every six hours one looks at those of three months.

use std::collections::BTreeMap;
use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Graph;
use super::envelope::time;
use super::history::{Below, Walk, delivery, next};
use super::missing::Known;
use super::usage::Usage;
use crate::delivery::{Polled, RawDelivery};
use crate::outbound::SendError;

/// How far back history is filled when an inbox is connected, and how old the posts are whose comments
/// are asked for in every round.
const SPAN: Duration = Duration::from_secs(14 * 86_400);
/// How old posts are whose comments are asked for in a long round, and how often there is one.
const LONG_SPAN: Duration = Duration::from_secs(90 * 86_400);
const LONG_PACE: Duration = Duration::from_secs(6 * 3_600);
/// How long a post is kept in mind after the last words below it, and how many posts.
const TALK: Duration = Duration::from_secs(90 * 86_400);
const MOST_TALKS: usize = 300;
/// How much is asked again, because what is written may be readable only a little later.
const OVERLAP: Duration = Duration::from_secs(600);
/// The pause between two rounds; the hook brings the news, this only fills gaps.
const PACE: Duration = Duration::from_secs(600);
/// The pause where a round is not done.
const NEXT_PAGE: Duration = Duration::from_secs(5);
/// How many pages are asked at one poll.
const PAGES: usize = 10;
/// How many lists below a list wait to be read on at most.
const MOST_DEEPER: usize = 2_000;

/// Where a round stands.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    /// Everything before, in seconds, is known.
    since: i64,
    /// When this round began.
    begun: i64,
    /// Whether a round is under way.
    #[serde(default)]
    running: bool,
    walk: usize,
    after: Option<String>,
    /// Lists below items that go on.
    #[serde(default)]
    deeper: Vec<Deeper>,
    /// Whether this is a long round.
    #[serde(default)]
    long: bool,
    /// What a long round knows; nothing before the first.
    #[serde(default)]
    long_since: Option<i64>,
    /// Posts below which something was said.
    #[serde(default)]
    talks: BTreeMap<String, Talk>,
    #[serde(default)]
    known: Known,
}

/// A list below an item, or below an item of that, which goes on behind a place.
#[derive(Serialize, Deserialize, Clone)]
struct Deeper {
    walk: usize,
    replies: bool,
    /// The post that all of it stands below.
    post: String,
    item: String,
    /// From the beginning where there is none.
    after: Option<String>,
}

/// When a post was made, and when something was said below it last.
#[derive(Serialize, Deserialize)]
struct Talk {
    walk: usize,
    made: i64,
    said: i64,
}

/// Walks on from the cursor; `walks` are asked for with the time since when posts are wanted.
pub(crate) async fn poll<'w>(
    graph: &Graph<'_>,
    cursor: Option<&str>,
    walks: impl Fn(Timestamp) -> Vec<Walk<'w>>,
) -> Result<Polled, SendError> {
    let now = graph.account.now;
    let known: Option<Cursor> = cursor.and_then(|text| serde_json::from_str(text).ok());
    let mut cursor = known.unwrap_or_else(|| Cursor {
        since: now.before(SPAN).as_seconds(),
        ..Cursor::default()
    });
    if !cursor.running {
        cursor.begin(now);
    }
    let walks = walks(cursor.span(now));
    let mut deliveries = Vec::new();
    let (mut usage, mut trouble) = (Usage::default(), None);
    for _ in 0..PAGES {
        if cursor.is_done(&walks) || usage.per_cent >= 100 {
            break;
        }
        match cursor.step(graph, &walks, &mut deliveries).await {
            Ok(used) => usage = usage.or(used),
            Err(error) => {
                trouble = Some(error);
                break;
            }
        }
    }
    let mut unasked = false;
    for walk in &walks {
        if trouble.is_some() || usage.per_cent >= 100 {
            break;
        }
        if walk.gone.is_some() {
            let checked = cursor.known.check(graph, walk, &mut deliveries).await;
            usage = usage.or(checked.usage);
            (trouble, unasked) = (checked.trouble, checked.unasked);
        }
    }

    let usual = if cursor.is_done(&walks) {
        cursor.end();
        if unasked { NEXT_PAGE } else { PACE }
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
    fn begin(&mut self, now: Timestamp) {
        self.begun = now.as_seconds();
        self.running = true;
        self.long = self.long_since.is_none_or(|since| {
            let since = Timestamp::from_seconds(since).after(OVERLAP);
            now.since(since) >= LONG_PACE
        });
        let forgotten = now.before(TALK).as_seconds();
        self.talks.retain(|_, talk| talk.said >= forgotten);
        while self.talks.len() > MOST_TALKS {
            let stillest = self.talks.iter().min_by_key(|(_, talk)| talk.said);
            let Some(id) = stillest.map(|(id, _)| id.clone()) else {
                break;
            };
            self.talks.remove(&id);
        }
        if self.long {
            // What is older than the lists reach is asked for one by one.
            let listed = now.before(LONG_SPAN).as_seconds();
            let older = self.talks.iter().filter(|(_, talk)| talk.made < listed);
            self.deeper = older
                .map(|(id, talk)| Deeper {
                    walk: talk.walk,
                    replies: false,
                    post: id.clone(),
                    item: id.clone(),
                    after: None,
                })
                .collect();
        }
    }

    fn end(&mut self) {
        let begun = Timestamp::from_seconds(self.begun);
        self.since = begun.before(OVERLAP).as_seconds();
        if self.long {
            self.long_since = Some(self.since);
        }
        (self.walk, self.after, self.long) = (0, None, false);
        self.running = false;
    }

    /// Returns since when posts are wanted in this round.
    fn span(&self, now: Timestamp) -> Timestamp {
        now.before(if self.long { LONG_SPAN } else { SPAN })
    }

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
        if let Some(deeper) = self.deeper.first().cloned() {
            let read = self.read_below(graph, walks, &deeper, deliveries).await;
            // What has been deleted meanwhile, or may not be read, keeps back nothing else.
            let used = match read {
                Err(error) if error.is_retryable() || error.stops_inbox() => return Err(error),
                Err(SendError::Unreadable(detail)) => return Err(SendError::Unreadable(detail)),
                Err(_) => Usage::default(),
                Ok(used) => used,
            };
            self.deeper.remove(0);
            return Ok(used);
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
        let reading = match graph.ask(&walk.path, &query).await {
            Err(SendError::Forbidden(_) | SendError::ContentRejected(_)) if walk.optional => {
                (self.walk, self.after) = (self.walk + 1, None);
                return Ok(Usage::default());
            }
            reading => reading?,
        };
        let items = reading.body.get("data").and_then(Value::as_array);
        let items = items
            .ok_or_else(|| SendError::Unreadable("the answer has no list of data".to_owned()))?;
        let mut news = Vec::new();
        for item in items {
            let new_below = self.look_below(graph, walk, item);
            if self.is_new(item, walk.time) || new_below {
                news.push(item.clone());
            }
        }
        let span = self.span(graph.account.now);
        let behind = items
            .last()
            .and_then(|item| time(item.get(walk.time)))
            .is_some_and(|at| at < span);
        let over = if walk.moves_up {
            news.is_empty()
        } else {
            behind
        };
        if !news.is_empty() {
            let page = json!({"data": news});
            deliveries.push(delivery(walk.kind, page, graph.account.now));
        }
        self.after = next(&reading.body).filter(|_| !over).map(str::to_owned);
        if self.after.is_none() {
            self.walk += 1;
        }
        Ok(reading.usage)
    }

    /// Looks at the first page below an item of a list: whether something on it is new.
    fn look_below(&mut self, graph: &Graph<'_>, walk: &Walk<'_>, item: &Value) -> bool {
        let (Some(below), Some(id)) = (walk.below, item.get("id").and_then(Value::as_str)) else {
            return false;
        };
        let Some(page) = item.get(below.edge) else {
            return false;
        };
        let new_below = self.any_new(page, below);
        if new_below && !walk.moves_up {
            let made = time(item.get(walk.time)).map_or(0, Timestamp::as_seconds);
            let talk = Talk {
                walk: self.walk,
                made,
                said: graph.account.now.as_seconds(),
            };
            self.talks.insert(id.to_owned(), talk);
        }
        let here = Deeper {
            walk: self.walk,
            replies: false,
            post: id.to_owned(),
            item: id.to_owned(),
            after: None,
        };
        self.go_on(graph, (walk, below), here, page);
        new_below
    }

    /// Asks for one page of a list below an item.
    async fn read_below(
        &mut self,
        graph: &Graph<'_>,
        walks: &[Walk<'_>],
        deeper: &Deeper,
        deliveries: &mut Vec<RawDelivery>,
    ) -> Result<Usage, SendError> {
        let walk = walks.get(deeper.walk);
        let below = walk.and_then(|walk| walk.below);
        let below = if deeper.replies {
            below.and_then(|below| below.replies)
        } else {
            below
        };
        let (Some(walk), Some(below)) = (walk, below) else {
            return Ok(Usage::default());
        };
        let mut query = vec![("fields", below.fields), ("limit", "100")];
        query.extend(below.query);
        if let Some(after) = &deeper.after {
            query.push(("after", after));
        }
        let reading = graph.ask(&[&deeper.item, below.edge], &query).await?;
        if self.any_new(&reading.body, below) {
            let page = json!({"parent": deeper.item, "data": reading.body.get("data")});
            deliveries.push(delivery(below.kind, page, graph.account.now));
            if let Some(talk) = self.talks.get_mut(&deeper.item) {
                talk.said = graph.account.now.as_seconds();
            }
        }
        self.go_on(graph, (walk, below), deeper.clone(), &reading.body);
        Ok(reading.usage)
    }

    /// Keeps in mind what is there, and what is to be read on: the list itself, and the replies below
    /// its items.
    fn go_on(
        &mut self,
        graph: &Graph<'_>,
        (walk, below): (&Walk<'_>, &Below),
        here: Deeper,
        page: &Value,
    ) {
        let now = graph.account.now;
        let items = page.get("data").and_then(Value::as_array);
        let items = items.map(Vec::as_slice).unwrap_or_default();
        for item in items {
            let Some(id) = item.get("id").and_then(Value::as_str) else {
                continue;
            };
            if walk.gone.is_some() {
                self.known
                    .see(id, &here.post, time(item.get(below.time)), now);
            }
            let Some(replies) = below.replies else {
                continue;
            };
            let page = item.get(replies.edge).unwrap_or(&Value::Null);
            let below_it = Deeper {
                replies: true,
                item: id.to_owned(),
                ..here.clone()
            };
            self.go_on(graph, (walk, replies), below_it, page);
        }
        let Some(after) = next(page) else {
            return;
        };
        let span = self.span(now);
        let in_span = items
            .last()
            .is_none_or(|item| time(item.get(below.time)).is_none_or(|at| at >= span));
        let goes_on = if here.replies {
            // What is new stands at the end.
            true
        } else if below.replies.is_some() && self.long {
            // Something new may stand below something old.
            in_span
        } else {
            items.iter().all(|item| self.is_new(item, below.time))
        };
        if goes_on && self.deeper.len() < MOST_DEEPER {
            self.deeper.push(Deeper {
                after: Some(after.to_owned()),
                ..here
            });
        }
    }

    fn is_new(&self, item: &Value, field: &str) -> bool {
        let since = match self.long_since {
            Some(since) if self.long => since,
            _ => self.since,
        };
        time(item.get(field)).is_none_or(|at| at.as_seconds() >= since)
    }

    fn any_new(&self, page: &Value, below: &Below) -> bool {
        let items = page.get("data").and_then(Value::as_array);
        items.into_iter().flatten().any(|item| {
            let replies = below.replies.filter(|replies| {
                let page = item.get(replies.edge).unwrap_or(&Value::Null);
                self.any_new(page, replies)
            });
            self.is_new(item, below.time) || replies.is_some()
        })
    }
}
