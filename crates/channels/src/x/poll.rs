//! News by asking: mentions, our own posts and direct messages since the ids seen last, the history on
//! the first call; once a day whether what was read is still there. Where X pushes, this fills gaps.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::Caller;
use super::meter::{self, Meter};
use super::wire::Page;
use super::{CHECKED, MESSAGES, POSTS, account_id, ask, hook, is_pushed};
use crate::delivery::{Account, Polled, RawDelivery, Usage};
use crate::http::Http;
use crate::outbound::SendError;
use crate::signature;

/// How far back the first call looks.
const HISTORY: Duration = Duration::from_secs(7 * 86_400);
/// The most pages of each kind in one call; direct messages may be asked for 15 times in 15 minutes.
const PAGES: usize = 5;
/// The pause when more is there than one call took.
const SOON: Duration = Duration::from_secs(5);
const AFTER_TROUBLE: Duration = Duration::from_secs(120);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// How many posts are asked for again where nothing else is set.
pub(super) const RECHECKED: u64 = 100;
/// How many times as much of the budget must be left as asking for them costs.
const BESIDE: u64 = 10;
/// The fewest posts that X gives at once, by what is asked for.
const FEWEST: u64 = 5;
pub(super) const POST_FIELDS: &str = "tweet.fields=attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,note_tweet,referenced_tweets&expansions=author_id,attachments.media_keys,referenced_tweets.id&user.fields=name,username&media.fields=alt_text,preview_image_url,type,url,variants";
const MESSAGE_FIELDS: &str = "event_types=MessageCreate&dm_event.fields=attachments,created_at,dm_conversation_id,entities,event_type,participant_ids,sender_id,text&expansions=sender_id,attachments.media_keys&user.fields=name,username&media.fields=alt_text,preview_image_url,type,url,variants";
/// How much may be read in a month, besides by searching.
pub(super) const BUDGET: &str = "budget_posts";

/// Where we stopped reading.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    account: String,
    #[serde(default)]
    mentions: Place,
    #[serde(default)]
    own: Place,
    #[serde(default)]
    messages: Place,
    #[serde(default)]
    meter: Meter,
    #[serde(default)]
    hook_at: Option<Timestamp>,
    #[serde(default)]
    checked_at: Option<Timestamp>,
    #[serde(default)]
    counted_at: Option<Timestamp>,
    /// The newest posts of others, oldest first, which are asked for again.
    #[serde(default)]
    recent: Vec<String>,
}

/// Where one list stands. It comes newest first, so that a gap can remain below what was read.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Place {
    /// Everything up to here was read.
    #[serde(default)]
    since: Option<String>,
    /// The newest of the pages that are being read.
    #[serde(default)]
    newest: Option<String>,
    /// The next of these pages.
    #[serde(default)]
    token: Option<String>,
}

#[derive(Default)]
struct News {
    deliveries: Vec<RawDelivery>,
    trouble: Option<SendError>,
    more: bool,
}

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let own = ask::own(account)?;
    let mut cursor = Cursor::read(cursor)
        .filter(|cursor| cursor.account == own)
        .unwrap_or_else(|| Cursor {
            account: own.to_owned(),
            ..Cursor::default()
        });
    cursor.meter.roll(account);
    let mut news = News::default();
    gather(account, &mut cursor, &mut news, http).await;

    let wait = news.trouble.as_ref().map(|trouble| {
        let wait = trouble.wait().unwrap_or(AFTER_TROUBLE);
        wait.min(DAY)
    });
    let next_in = match (wait, news.more) {
        (Some(wait), _) => wait,
        (None, true) => SOON,
        (None, false) => pace(account),
    };
    Ok(Polled {
        deliveries: news.deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(next_in),
        trouble: news.trouble,
    })
}

pub(super) fn pace(account: &Account) -> Duration {
    let seconds = meter::number(account, "poll_seconds").unwrap_or(300);
    Duration::from_secs(seconds.clamp(15, 3_600))
}

/// Returns what a cursor of this poll remembers of the budget.
pub(super) fn usage(account: &Account, cursor: &str) -> Option<Usage> {
    Cursor::read(Some(cursor)).map(|cursor| cursor.meter.usage(account, BUDGET))
}

async fn gather(account: &Account, cursor: &mut Cursor, news: &mut News, http: &Http) {
    if is_pushed(account) && is_due(cursor.hook_at, HOUR, account.now) {
        match hook::keep(account, http).await {
            Ok(()) => cursor.hook_at = Some(account.now),
            // What can be asked for is asked for all the same.
            Err(trouble) => news.trouble = Some(trouble),
        }
    }
    let read = async {
        let mentions = Source {
            name: "mentions",
            kind: POSTS,
            fewest: FEWEST,
        };
        mentions
            .read(
                account,
                (&mut cursor.mentions, &mut cursor.meter),
                news,
                http,
            )
            .await?;
        let own = Source {
            name: "tweets",
            ..mentions
        };
        own.read(account, (&mut cursor.own, &mut cursor.meter), news, http)
            .await?;
        if account.switch("direct_messages").unwrap_or(true) {
            let messages = Source {
                name: "dm_events",
                kind: MESSAGES,
                fewest: 1,
            };
            messages
                .read(
                    account,
                    (&mut cursor.messages, &mut cursor.meter),
                    news,
                    http,
                )
                .await?;
        }
        Ok(())
    };
    if let Err(trouble) = read.await {
        news.trouble = Some(trouble);
    }
    remember(account, cursor, &news.deliveries);
    if news.trouble.is_none()
        && is_due(cursor.checked_at, DAY, account.now)
        && let Err(trouble) = recheck(account, cursor, news, http).await
    {
        news.trouble = Some(trouble);
    }
    if is_pushed(account)
        && account.secret("bearer_token").is_some()
        && is_due(cursor.counted_at, HOUR, account.now)
    {
        cursor.counted_at = Some(account.now);
        // What is pushed costs as well, and is seen by nobody here; where X does not say, we count.
        if let Ok(answer) = ask::ask_as(account, Caller::App, "/2/usage/tweets", http).await
            && let Ok(told) = answer.json()
        {
            cursor.meter.hear(account, &told);
        }
    }
}

fn is_due(last: Option<Timestamp>, every: Duration, now: Timestamp) -> bool {
    last.is_none_or(|last| now.since(last) >= every)
}

/// One of X's lists.
#[derive(Clone, Copy)]
struct Source {
    name: &'static str,
    kind: &'static str,
    fewest: u64,
}

impl Source {
    async fn read(
        self,
        account: &Account,
        (place, meter): (&mut Place, &mut Meter),
        news: &mut News,
        http: &Http,
    ) -> Result<(), SendError> {
        let mut pages = Vec::new();
        let mut trouble = None;
        for _ in 0..PAGES {
            let page = match self.page(account, place, meter, http).await {
                Ok(page) => page,
                // X knows a page only for a while; what was begun is read anew from its newest.
                Err(SendError::ContentRejected(_)) if place.token.is_some() && pages.is_empty() => {
                    place.token = None;
                    continue;
                }
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            };
            let (young, reached) = self.young(account, place, page.data);
            for item in &young {
                let id = id(item);
                if is_newer(id, place.newest.as_deref()) {
                    place.newest = Some(id.to_owned());
                }
            }
            if !young.is_empty() {
                let body = json!({"data": young, "includes": {"users": page.includes.users,
                    "media": page.includes.media, "tweets": page.includes.tweets}});
                pages.push(delivery(self.kind, &body, account.now));
            }
            place.token = page.meta.next_token.filter(|_| !reached);
            if place.token.is_none() {
                place.since = place.newest.take().or(place.since.take());
                break;
            }
        }
        news.more |= place.token.is_some();
        news.deliveries.extend(pages.into_iter().rev());
        trouble.map_or(Ok(()), Err)
    }

    async fn page(
        self,
        account: &Account,
        place: &Place,
        meter: &mut Meter,
        http: &Http,
    ) -> Result<Page, SendError> {
        let count = meter.page(account, BUDGET, (self.name, self.fewest))?;
        let mut path = if self.kind == MESSAGES {
            format!("/2/dm_events?{MESSAGE_FIELDS}&max_results={count}")
        } else {
            let own = ask::own(account)?;
            let mut path = format!(
                "/2/users/{own}/{}?{POST_FIELDS}&max_results={count}",
                self.name
            );
            if let Some(since) = &place.since {
                add(&mut path, "since_id", since);
            } else {
                let begin = seconds(account.now.before(HISTORY));
                add(&mut path, "start_time", &begin);
            }
            if self.name == "tweets" {
                path.push_str("&exclude=retweets");
            }
            path
        };
        if let Some(token) = &place.token {
            add(&mut path, "pagination_token", token);
        }
        let answer = ask::ask(account, &path, http).await?;
        let page: Page = ask::read(&answer)?;
        meter.note(self.name, &answer, page.data.len());
        Ok(page)
    }

    /// Returns what is new of a page, oldest first, and whether what was read before is reached.
    /// Direct messages cannot be asked for since an id.
    fn young(self, account: &Account, place: &Place, data: Vec<Value>) -> (Vec<Value>, bool) {
        let begin = account.now.before(HISTORY);
        let all = data.len();
        let mut young: Vec<Value> = data
            .into_iter()
            .filter(|item| match &place.since {
                Some(since) => is_newer(id(item), Some(since)),
                None => made_at(item) >= begin,
            })
            .collect();
        young.reverse();
        let reached = self.kind == MESSAGES && young.len() < all;
        (young, reached)
    }
}

/// Keeps the ids of what others said, to look later whether it is still there.
fn remember(account: &Account, cursor: &mut Cursor, deliveries: &[RawDelivery]) {
    let set = account
        .settings
        .get("recheck_posts")
        .and_then(Value::as_u64);
    let most = set.unwrap_or(RECHECKED) as usize;
    for raw in deliveries.iter().filter(|raw| raw.kind == POSTS) {
        let page: Page = serde_json::from_slice(&raw.body).unwrap_or_default();
        let theirs = page
            .data
            .iter()
            .filter(|post| post.get("author_id").and_then(Value::as_str) != account_id(account));
        let ids = theirs.map(|post| {
            let versions = post.get("edit_history_tweet_ids");
            let first = versions.and_then(|versions| versions.get(0)?.as_str());
            first.unwrap_or_else(|| id(post)).to_owned()
        });
        cursor.recent.extend(ids.filter(|id| !id.is_empty()));
    }
    let surplus = cursor.recent.len().saturating_sub(most);
    cursor.recent.drain(..surplus);
}

/// Asks once a day whether the newest posts are still there; what is not must go here as well.
async fn recheck(
    account: &Account,
    cursor: &mut Cursor,
    news: &mut News,
    http: &Http,
) -> Result<(), SendError> {
    if cursor.recent.is_empty() || cursor.checked_at.is_none() {
        cursor.checked_at = Some(account.now);
        return Ok(());
    }
    let wanted = cursor.recent.len() as u64 * BESIDE;
    if cursor
        .meter
        .page(account, BUDGET, ("lookup", wanted))
        .is_err()
    {
        // What is left is for what people say.
        cursor.checked_at = Some(account.now);
        return Ok(());
    }
    let mut gone = Vec::new();
    for ids in cursor.recent.chunks(100) {
        let path = format!("/2/tweets?ids={}", ids.join(","));
        let answer = ask::ask(account, &path, http).await?;
        let page: Page = ask::read(&answer)?;
        cursor.meter.note("lookup", &answer, page.data.len());
        let errors = answer.json()?;
        let errors = errors.get("errors").and_then(Value::as_array).cloned();
        gone.extend(errors.into_iter().flatten());
    }
    if !gone.is_empty() {
        let body = json!({"errors": gone});
        news.deliveries.push(delivery(CHECKED, &body, account.now));
        let is_gone = |id: &String| {
            gone.iter()
                .any(|error| error.get("resource_id").and_then(Value::as_str) == Some(id))
        };
        cursor.recent.retain(|id| !is_gone(id));
    }
    cursor.checked_at = Some(account.now);
    Ok(())
}

impl Cursor {
    fn read(text: Option<&str>) -> Option<Self> {
        text.and_then(|text| serde_json::from_str(text).ok())
    }
}

/// Makes a delivery of what was read; the same bytes are the same delivery.
pub(super) fn delivery(kind: &str, body: &Value, now: Timestamp) -> RawDelivery {
    let body = body.to_string().into_bytes();
    RawDelivery {
        kind: kind.to_owned(),
        key: signature::sha256_hex(&body),
        headers: Vec::new(),
        body,
        received_at: now,
    }
}

/// Orders ids, which are numbers that only grow, and texts to us.
pub(super) fn is_newer(id: &str, than: Option<&str>) -> bool {
    than.is_none_or(|than| (id.len(), id) > (than.len(), than))
}

pub(super) fn id(item: &Value) -> &str {
    item.get("id").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn add(path: &mut String, name: &str, value: &str) {
    path.push('&');
    path.push_str(name);
    path.push('=');
    path.push_str(&encoded(value));
}

pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Writes a time as X takes it: to the second.
fn seconds(at: Timestamp) -> String {
    Timestamp::from_seconds(at.as_seconds())
        .to_string()
        .replace(".000000Z", "Z")
}

/// Returns when an item was made; one that does not say counts as new.
fn made_at(item: &Value) -> Timestamp {
    item.get("created_at")
        .and_then(Value::as_str)
        .and_then(|time| time.parse().ok())
        .unwrap_or(Timestamp(i64::MAX))
}
