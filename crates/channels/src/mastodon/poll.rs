//! News by asking: notifications and our own posts since the ids seen last, oldest first, and the
//! history of the last days on the first call. Whatever was missed while no connection stood comes here.

use std::collections::BTreeMap;
use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ask;
use super::wire::Person;
use super::{CHECKED, NOTIFICATIONS, OWN_ACCOUNT, STATUSES};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::{Answer, Http, HttpError, Request};
use crate::outbound::SendError;
use crate::signature;

/// How far back the first call looks.
const HISTORY: Duration = Duration::from_secs(7 * 86_400);
/// The most pages of each kind in one call.
const PAGES: usize = 8;
/// The pause when more is there than one call took.
const SOON: Duration = Duration::from_secs(1);
/// How many posts of others are asked for again, how often, and how many at once.
const RECENT: usize = 200;
const RECHECK: Duration = Duration::from_secs(86_400);
const AT_ONCE: usize = 20;
/// How many missing posts are asked for one by one in a day.
const SINGLY: usize = 20;
const WANTED: &str = "types[]=mention&types[]=status&types[]=favourite&types[]=reblog&types[]=update&types[]=quote&types[]=quoted_update";

/// Where we stopped reading.
#[derive(Serialize, Deserialize, Default, Clone)]
pub(super) struct Cursor {
    /// Server and token that this is true for.
    account: String,
    /// Our own account's id there.
    pub(super) own: String,
    #[serde(default)]
    pub(super) notification: Option<String>,
    #[serde(default)]
    pub(super) status: Option<String>,
    /// Below what the history is still to be read, by the kind of what stands in it.
    #[serde(default)]
    history: BTreeMap<String, String>,
    /// The newest posts of others, oldest first, and when it was asked whether they are still there.
    #[serde(default)]
    recent: Vec<String>,
    #[serde(default)]
    checked_at: Option<Timestamp>,
}

pub(super) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let mut cursor = Cursor::read(account, cursor, http).await?;
    let mut news = News::default();
    let statuses = format!(
        "/api/v1/accounts/{}/statuses?exclude_reblogs=true&limit=40",
        cursor.own
    );
    let notifications = format!("/api/v1/notifications?{WANTED}&limit=80");
    let own = cursor.own.clone();
    let mut unread = std::mem::take(&mut cursor.history);
    let sources = [
        (STATUSES, statuses, &mut cursor.status),
        (NOTIFICATIONS, notifications, &mut cursor.notification),
    ];

    for (kind, path, seen) in sources {
        let source = Source {
            kind,
            path,
            own: &own,
        };
        let below = unread.get(kind).cloned();
        let read = if seen.is_some() && below.is_none() {
            source.forward(account, seen, &mut news, http).await
        } else {
            let left = source.history(account, (seen, below), &mut news, http);
            left.await.map(|left| match left {
                Some(left) => {
                    unread.insert(kind.to_owned(), left);
                }
                None => {
                    unread.remove(kind);
                }
            })
        };
        if let Err(error) = read {
            news.trouble = Some(error);
            break;
        }
    }
    cursor.history = unread;
    for raw in &news.deliveries {
        cursor.remember_all(raw);
    }
    if news.trouble.is_none()
        && let Err(error) = recheck(account, &mut cursor, &mut news, http).await
    {
        news.trouble = Some(error);
    }

    let wait = news.trouble.as_ref().and_then(SendError::wait);
    let next_in = match (wait.or(news.breather), news.more) {
        (Some(wait), _) => wait,
        (None, true) => SOON,
        (None, false) => pace(account),
    };
    Ok(Polled {
        deliveries: news.deliveries,
        cursor: cursor.write(),
        next_in: Some(next_in),
        trouble: news.trouble,
    })
}

/// Asks once a day whether what others said is still there: the stream tells it only to whoever
/// listened just then. What is not must go here as well.
async fn recheck(
    account: &Account,
    cursor: &mut Cursor,
    news: &mut News,
    http: &Http,
) -> Result<(), SendError> {
    let last = *cursor.checked_at.get_or_insert(account.now);
    if account.now.since(last) < RECHECK {
        return Ok(());
    }
    let gone = match list_gone(account, &cursor.recent, http).await {
        Ok(gone) => gone,
        Err(error) if error.stops_inbox() => return Err(error),
        // A server of before 4.3 does not give several at once; any other is asked tomorrow.
        Err(_) => Vec::new(),
    };
    cursor.recent.retain(|id| !gone.contains(id));
    if !gone.is_empty() {
        let body = serde_json::to_vec(&gone).expect("ids are plain JSON");
        news.deliveries
            .push(delivery(CHECKED, &cursor.own, body, account.now));
    }
    cursor.checked_at = Some(account.now);
    Ok(())
}

/// Lists which posts are no more; those of people who block us are hidden and not gone.
async fn list_gone(
    account: &Account,
    posts: &[String],
    http: &Http,
) -> Result<Vec<String>, SendError> {
    let mut missing: Vec<&String> = Vec::new();
    for some in posts.chunks(AT_ONCE) {
        let ids: Vec<String> = some
            .iter()
            .map(|post| format!("id[]={}", encoded(post)))
            .collect();
        let path = format!("/api/v1/statuses?{}", ids.join("&"));
        let there: Vec<Value> = ask::ask_for(account, &path, http).await?;
        let is_there = |post: &str| there.iter().any(|item| id(item) == Some(post));
        missing.extend(some.iter().filter(|post| !is_there(post)));
    }
    // Some of them each day: those who block us stay missing, and must not keep the others waiting.
    let day = usize::try_from(account.now.as_seconds() / 86_400).unwrap_or_default();
    let first = day.saturating_mul(SINGLY) % missing.len().max(1);
    missing.rotate_left(first);
    missing.truncate(SINGLY);
    let mut gone = Vec::new();
    for post in missing {
        let path = format!("/api/v1/statuses/{}", encoded(post));
        // A list leaves out people who are muted or limited; asked for by itself, a post is shown.
        match ask::ask_for::<Value>(account, &path, http).await {
            Err(SendError::RecipientGone(_)) => {}
            Err(error) if error.stops_inbox() => return Err(error),
            // It is there, or nobody knows.
            _ => continue,
        }
        // Whoever blocks us hides from us alone: a stranger is shown what is public.
        let request = Request::get(ask::address(account, &path)?);
        let answer = http.send(request).await.map_err(HttpError::when_asking)?;
        match answer.status {
            404 | 410 => gone.push(post.clone()),
            // It is there, or nobody knows.
            _ => {}
        }
    }
    Ok(gone)
}

/// Returns the pause between two polls.
pub(super) fn pace(account: &Account) -> Duration {
    let seconds = account.settings.get("poll_seconds").and_then(Value::as_u64);
    Duration::from_secs(seconds.unwrap_or(60).clamp(15, 3_600))
}

/// Orders ids, which are numbers of any length on Mastodon and only texts to us.
pub(super) fn is_newer(id: &str, than: Option<&str>) -> bool {
    than.is_none_or(|than| (id.len(), id) > (than.len(), than))
}

impl Cursor {
    pub(super) async fn read(
        account: &Account,
        text: Option<&str>,
        http: &Http,
    ) -> Result<Self, SendError> {
        let known: Option<Self> = text.and_then(|text| serde_json::from_str(text).ok());
        let mark = format!(
            "{} {}",
            account.setting("base_url").unwrap_or_default(),
            account.secret("access_token").unwrap_or_default()
        );
        let mark = signature::sha256_hex(mark.as_bytes())[..16].to_owned();
        match known {
            Some(cursor) if cursor.account == mark => Ok(cursor),
            known => {
                let own: Person =
                    ask::ask_for(account, "/api/v1/accounts/verify_credentials", http).await?;
                // A new token of the same account goes on where the old one stopped.
                let known = known
                    .filter(|cursor| cursor.own == own.id)
                    .unwrap_or_default();
                Ok(Self {
                    account: mark,
                    own: own.id,
                    ..known
                })
            }
        }
    }

    fn remember_all(&mut self, raw: &RawDelivery) {
        if raw.kind != NOTIFICATIONS {
            return;
        }
        let items: Vec<Value> = serde_json::from_slice(&raw.body).unwrap_or_default();
        for item in &items {
            self.remember(item);
        }
    }

    /// Keeps in mind what somebody said to us, to look later whether it is still there.
    pub(super) fn remember(&mut self, notification: &Value) {
        let kind = notification.get("type").and_then(Value::as_str);
        if !matches!(kind, Some("mention" | "status" | "quote")) {
            return;
        }
        let text = |place: &str| notification.pointer(place)?.as_str().map(str::to_owned);
        let (Some(id), Some(author)) = (text("/status/id"), text("/status/account/id")) else {
            return;
        };
        if author == self.own || self.recent.contains(&id) {
            return;
        }
        self.recent.push(id);
        let surplus = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..surplus);
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("a cursor is plain JSON")
    }
}

#[derive(Default)]
struct News {
    deliveries: Vec<RawDelivery>,
    trouble: Option<SendError>,
    breather: Option<Duration>,
    more: bool,
}

/// A list of the server that is read page by page.
struct Source<'a> {
    kind: &'static str,
    path: String,
    own: &'a str,
}

impl Source<'_> {
    /// Reads what came after the last id, oldest first.
    async fn forward(
        &self,
        account: &Account,
        seen: &mut Option<String>,
        news: &mut News,
        http: &Http,
    ) -> Result<(), SendError> {
        for _ in 0..PAGES {
            let after = seen.as_deref().unwrap_or("0");
            let path = format!("{}&min_id={}", self.path, encoded(after));
            let (answer, items) = self.page(account, &path, news, http).await?;
            let newest = items.iter().filter_map(id).fold(None, newest);
            match newest.filter(|id| is_newer(id, seen.as_deref())) {
                Some(id) => *seen = Some(id.to_owned()),
                None => return Ok(()),
            }
            news.deliveries
                .push(self.delivery(answer.body, account.now));
        }
        news.more = true;
        Ok(())
    }

    /// Reads back into the last days; what is older stays where it is. Returns below what there is
    /// more than one call takes.
    async fn history(
        &self,
        account: &Account,
        (seen, below): (&mut Option<String>, Option<String>),
        news: &mut News,
        http: &Http,
    ) -> Result<Option<String>, SendError> {
        let begin = account.now.before(HISTORY);
        let mut pages = Vec::new();
        let older_than = |id: &str| format!("{}&max_id={}", self.path, encoded(id));
        let mut path = below.as_deref().map_or(self.path.clone(), older_than);
        let mut left = below;
        let mut last = seen.clone();
        for _ in 0..PAGES {
            let (answer, items) = self.page(account, &path, news, http).await?;
            let ids: Vec<&str> = items.iter().filter_map(id).collect();
            let Some(oldest) = ids.iter().min_by_key(|id| (id.len(), **id)) else {
                left = None;
                break;
            };
            last = ids
                .iter()
                .copied()
                .fold(last.as_deref(), newest)
                .map(str::to_owned);
            let older = older_than(oldest);
            left = Some((*oldest).to_owned());
            let done = older == path || items.iter().any(|item| made_at(item) < begin);
            path = older;
            let young: Vec<&Value> = items.iter().filter(|item| made_at(item) >= begin).collect();
            if young.len() == items.len() {
                pages.push(answer.body);
            } else if !young.is_empty() {
                pages.push(serde_json::to_vec(&young).expect("JSON stays JSON"));
            }
            if done {
                left = None;
                break;
            }
        }
        news.more |= left.is_some();
        for page in pages.into_iter().rev() {
            news.deliveries.push(self.delivery(page, account.now));
        }
        // An account without anything yet begins at the beginning next time.
        *seen = Some(last.unwrap_or_else(|| "0".to_owned()));
        Ok(left)
    }

    async fn page(
        &self,
        account: &Account,
        path: &str,
        news: &mut News,
        http: &Http,
    ) -> Result<(Answer, Vec<Value>), SendError> {
        let answer = ask::ask(account, path, http).await?;
        news.breather = news.breather.or(ask::breather(&answer, account.now));
        let items = serde_json::from_slice(&answer.body)
            .map_err(|error| SendError::Unreadable(error.to_string()))?;
        Ok((answer, items))
    }

    fn delivery(&self, body: Vec<u8>, now: Timestamp) -> RawDelivery {
        delivery(self.kind, self.own, body, now)
    }
}

/// Makes a delivery of what was read; the same bytes are the same delivery.
pub(super) fn delivery(kind: &str, own: &str, body: Vec<u8>, now: Timestamp) -> RawDelivery {
    RawDelivery {
        kind: kind.to_owned(),
        key: signature::sha256_hex(&body),
        headers: vec![(OWN_ACCOUNT.to_owned(), own.to_owned())],
        body,
        received_at: now,
    }
}

pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(super) fn id(item: &Value) -> Option<&str> {
    item.get("id").and_then(Value::as_str)
}

fn newest<'a>(newest: Option<&'a str>, id: &'a str) -> Option<&'a str> {
    if is_newer(id, newest) {
        Some(id)
    } else {
        newest
    }
}

/// Returns when an item was made; one that does not say counts as new.
fn made_at(item: &Value) -> Timestamp {
    item.get("created_at")
        .and_then(Value::as_str)
        .and_then(|time| time.parse().ok())
        .unwrap_or(Timestamp(i64::MAX))
}
