//! News by asking: notifications newest first down to the last one seen, our own records, and the
//! log of direct messages. The first call reads the last days.

use std::collections::BTreeSet;
use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ask::{Call, Caller, breather, encoded};
use super::{CHAT, CHECKED, NOTIFICATIONS, OWN_ACCOUNT, POST, RECORDS, has_chat};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::Http;
use crate::outbound::SendError;
use crate::signature;

/// How far back the first call looks.
const HISTORY: Duration = Duration::from_secs(7 * 86_400);
/// The most pages of each kind in one call.
const PAGES: usize = 40;
/// How many people are remembered, of whom Jetstream may tell that they left or took something back.
const PEOPLE: usize = 500;
/// How many conversations are read on the first call, and how many people are asked for at once.
const CONVERSATIONS: usize = 50;
const PROFILES: usize = 25;
/// How many posts of others are asked for again, how often, and how many at once.
const RECENT: usize = 500;
const RECHECK: Duration = Duration::from_secs(86_400);
const POSTS_AT_ONCE: usize = 25;
/// How many missing posts are asked for one by one in a day.
const SINGLY: usize = 20;
const REASONS: &str = "reasons=mention&reasons=reply&reasons=quote&reasons=like&reasons=repost";

/// Where we stopped reading.
#[derive(Serialize, Deserialize, Default, Clone)]
pub(super) struct Cursor {
    /// Our own account.
    pub(super) did: String,
    /// When the newest notification was made, and which were made just then.
    #[serde(default)]
    notified_at: Option<Timestamp>,
    #[serde(default)]
    notified: BTreeSet<String>,
    /// The newest of our own records.
    #[serde(default)]
    record: Option<String>,
    #[serde(default)]
    chat: Option<String>,
    #[serde(default)]
    pub(super) jetstream: Option<i64>,
    /// Who spoke to us lately.
    #[serde(default)]
    pub(super) people: Vec<String>,
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
    let mut caller = Caller::new(account, http).await?;
    let known: Option<Cursor> = cursor.and_then(|cursor| serde_json::from_str(cursor).ok());
    let known = known.filter(|cursor| cursor.did == caller.did);
    let mut reading = Reading {
        account,
        cursor: known.unwrap_or_else(|| Cursor {
            did: caller.did.clone(),
            ..Cursor::default()
        }),
        deliveries: Vec::new(),
        breather: None,
    };

    let trouble = reading.read(&mut caller).await.err();

    let wait = trouble
        .as_ref()
        .and_then(SendError::wait)
        .or(reading.breather);
    Ok(Polled {
        deliveries: reading.deliveries,
        cursor: reading.cursor.write(),
        next_in: Some(wait.unwrap_or_else(|| pace(account))),
        trouble,
    })
}

/// Returns the pause between two polls.
pub(super) fn pace(account: &Account) -> Duration {
    let seconds = account.settings.get("poll_seconds").and_then(Value::as_u64);
    Duration::from_secs(seconds.unwrap_or(60).clamp(15, 3_600))
}

/// Makes a delivery of what was read; the same bytes are the same delivery.
pub(super) fn delivery(kind: &str, did: &str, body: &Value, now: Timestamp) -> RawDelivery {
    let body = body.to_string().into_bytes();
    RawDelivery {
        kind: kind.to_owned(),
        key: signature::sha256_hex(&body),
        headers: vec![(OWN_ACCOUNT.to_owned(), did.to_owned())],
        body,
        received_at: now,
    }
}

impl Cursor {
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("a cursor is plain JSON")
    }

    /// Keeps in mind who spoke to us, so that it is heard when they take it back.
    pub(super) fn remember(&mut self, did: &str) {
        self.people.retain(|known| known != did);
        self.people.push(did.to_owned());
        let surplus = self.people.len().saturating_sub(PEOPLE);
        self.people.drain(..surplus);
    }
}

struct Reading<'a> {
    account: &'a Account,
    cursor: Cursor,
    deliveries: Vec<RawDelivery>,
    breather: Option<Duration>,
}

impl Reading<'_> {
    async fn read(&mut self, caller: &mut Caller<'_>) -> Result<(), SendError> {
        self.records(caller).await?;
        self.notifications(caller).await?;
        if has_chat(self.account) {
            self.chat(caller).await?;
        }
        self.recheck(caller).await
    }

    /// Asks once a day whether what others said is still there; what is not must go here as well.
    async fn recheck(&mut self, caller: &mut Caller<'_>) -> Result<(), SendError> {
        let now = self.account.now;
        let last = *self.cursor.checked_at.get_or_insert(now);
        if now.since(last) < RECHECK {
            return Ok(());
        }
        let mut missing = Vec::new();
        for some in self.cursor.recent.clone().chunks(POSTS_AT_ONCE) {
            let uris: Vec<String> = some
                .iter()
                .map(|uri| format!("uris={}", encoded(uri)))
                .collect();
            let name = format!("app.bsky.feed.getPosts?{}", uris.join("&"));
            let page = match self.ask(caller, Call::ask(name)).await {
                Err(error) if error.stops_inbox() => return Err(error),
                // Tomorrow again.
                Err(_) => break,
                Ok(page) => page,
            };
            let there: BTreeSet<&str> = list(&page, "posts")
                .iter()
                .map(|post| text(post, "uri"))
                .collect();
            let missed = some.iter().filter(|uri| !there.contains(uri.as_str()));
            missing.extend(missed.cloned());
        }
        // Some of them each day: those who block us stay missing, and must not keep the others waiting.
        let day = usize::try_from(now.as_seconds() / 86_400).unwrap_or_default();
        let first = day.saturating_mul(SINGLY) % missing.len().max(1);
        missing.rotate_left(first);
        let mut gone = Vec::new();
        for uri in missing.into_iter().take(SINGLY) {
            match is_gone(caller, &uri).await {
                Ok(true) => gone.push(uri),
                Err(error) if error.stops_inbox() => return Err(error),
                // It is there, or nobody knows.
                Ok(false) | Err(_) => {}
            }
        }
        self.cursor.recent.retain(|uri| !gone.contains(uri));
        if !gone.is_empty() {
            self.take(CHECKED, &json!({"uris": gone}));
        }
        self.cursor.checked_at = Some(now);
        Ok(())
    }

    async fn ask(&mut self, caller: &mut Caller<'_>, call: Call<'_>) -> Result<Value, SendError> {
        let answer = caller.call(&call).await?;
        self.breather = self.breather.or(breather(&answer, self.account.now));
        answer.json()
    }

    fn take(&mut self, kind: &str, body: &Value) {
        let raw = delivery(kind, &self.cursor.did, body, self.account.now);
        self.deliveries.push(raw);
    }

    async fn notifications(&mut self, caller: &mut Caller<'_>) -> Result<(), SendError> {
        let since = self.cursor.notified_at;
        let begin = since.unwrap_or_else(|| self.account.now.before(HISTORY));
        let mut fresh: Vec<Value> = Vec::new();
        let mut page_mark: Option<String> = None;
        for _ in 0..PAGES {
            let mut name = format!("app.bsky.notification.listNotifications?{REASONS}&limit=100");
            if let Some(mark) = &page_mark {
                name.push_str("&cursor=");
                name.push_str(&encoded(mark));
            }
            let page = self.ask(caller, Call::ask(name)).await?;
            let items = list(&page, "notifications");
            let mut older = items.is_empty();
            for item in items {
                let at = time(item, "indexedAt");
                older |= at < begin;
                if at >= begin && !self.cursor.notified.contains(text(item, "uri")) {
                    fresh.push(item.clone());
                }
            }
            page_mark = page
                .get("cursor")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if older || page_mark.is_none() {
                break;
            }
        }

        // Only a whole reading moves the mark: after trouble, everything is read once more.
        let newest = fresh.iter().map(|item| time(item, "indexedAt")).max();
        if let Some(newest) = newest {
            if since != Some(newest) {
                self.cursor.notified.clear();
            }
            self.cursor.notified_at = Some(newest);
        } else if since.is_none() {
            self.cursor.notified_at = Some(begin);
        }
        fresh.reverse();
        for item in &fresh {
            if Some(time(item, "indexedAt")) == self.cursor.notified_at {
                self.cursor.notified.insert(text(item, "uri").to_owned());
            }
            if let Some(did) = item.pointer("/author/did").and_then(Value::as_str) {
                self.cursor.remember(did);
            }
            if matches!(text(item, "reason"), "mention" | "reply" | "quote") {
                self.cursor.recent.push(text(item, "uri").to_owned());
            }
        }
        let surplus = self.cursor.recent.len().saturating_sub(RECENT);
        self.cursor.recent.drain(..surplus);
        for page in fresh.chunks(100) {
            self.take(NOTIFICATIONS, &json!({"notifications": page}));
        }
        Ok(())
    }

    async fn records(&mut self, caller: &mut Caller<'_>) -> Result<(), SendError> {
        let did = self.cursor.did.clone();
        let begin = self.account.now.before(HISTORY);
        let mut fresh: Vec<Value> = Vec::new();
        let mut page_mark: Option<String> = None;
        for _ in 0..PAGES {
            let mut name = format!(
                "com.atproto.repo.listRecords?repo={}&collection={POST}&limit=100",
                encoded(&did)
            );
            if let Some(mark) = &page_mark {
                name.push_str("&cursor=");
                name.push_str(&encoded(mark));
            }
            let page = self.ask(caller, Call::ask(name)).await?;
            let items = list(&page, "records");
            let mut older = items.is_empty();
            for item in items {
                let seen = if let Some(record) = &self.cursor.record {
                    text(item, "uri") <= record.as_str()
                } else {
                    let written = item.pointer("/value/createdAt").and_then(Value::as_str);
                    let written = written.and_then(|at| at.parse().ok());
                    written.is_some_and(|at: Timestamp| at < begin)
                };
                older |= seen;
                if !seen {
                    fresh.push(item.clone());
                }
            }
            page_mark = page
                .get("cursor")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if older || page_mark.is_none() {
                break;
            }
        }
        let newest = fresh
            .iter()
            .map(|item| text(item, "uri"))
            .max()
            .map(str::to_owned);
        self.cursor.record = newest
            .max(self.cursor.record.take())
            .or_else(|| Some(String::new()));
        fresh.reverse();
        for page in fresh.chunks(100) {
            self.take(RECORDS, &json!({"records": page}));
        }
        Ok(())
    }

    async fn chat(&mut self, caller: &mut Caller<'_>) -> Result<(), SendError> {
        let first = self.cursor.chat.is_none();
        for _ in 0..PAGES {
            let mut name = "chat.bsky.convo.getLog".to_owned();
            if let Some(mark) = &self.cursor.chat {
                name.push_str("?cursor=");
                name.push_str(&encoded(mark));
            }
            let page = self.ask(caller, Call::ask(name).in_chat()).await?;
            let mut logs = list(&page, "logs").to_vec();
            let mark = page
                .get("cursor")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let still = mark.is_none() || mark == self.cursor.chat;
            if first && self.cursor.chat.is_none() {
                // The log reaches back as far as the service likes; what was said stands there.
                logs = self
                    .chat_history(caller)
                    .await?
                    .into_iter()
                    .chain(logs)
                    .collect();
            }
            let empty = logs.is_empty();
            if !empty {
                let profiles = self.profiles(caller, &logs).await?;
                self.take(CHAT, &json!({"logs": logs, "profiles": profiles}));
            }
            self.cursor.chat = mark.or(self.cursor.chat.take());
            if empty || still {
                break;
            }
        }
        Ok(())
    }

    /// Reads what was said in the last days, written as lines of the log.
    async fn chat_history(&mut self, caller: &mut Caller<'_>) -> Result<Vec<Value>, SendError> {
        let begin = self.account.now.before(HISTORY);
        let name = format!("chat.bsky.convo.listConvos?limit={CONVERSATIONS}");
        let page = self.ask(caller, Call::ask(name).in_chat()).await?;
        let mut lines = Vec::new();
        for convo in list(&page, "convos") {
            let last = convo.get("lastMessage").unwrap_or(&Value::Null);
            if time(last, "sentAt") < begin {
                continue;
            }
            let id = text(convo, "id").to_owned();
            let name = format!(
                "chat.bsky.convo.getMessages?convoId={}&limit=100",
                encoded(&id)
            );
            let messages = self.ask(caller, Call::ask(name).in_chat()).await?;
            for message in list(&messages, "messages").iter().rev() {
                let deleted = message.get("text").is_none();
                if !deleted && time(message, "sentAt") >= begin {
                    lines.push(json!({
                        "$type": "chat.bsky.convo.defs#logCreateMessage",
                        "convoId": id,
                        "message": message,
                    }));
                }
            }
        }
        Ok(lines)
    }

    /// Asks what the people are called whom the log knows only by number.
    async fn profiles(
        &mut self,
        caller: &mut Caller<'_>,
        logs: &[Value],
    ) -> Result<Vec<Value>, SendError> {
        let people: BTreeSet<&str> = logs
            .iter()
            .flat_map(|line| {
                ["/message/sender/did", "/reaction/sender/did"].map(|place| line.pointer(place))
            })
            .filter_map(|did| did?.as_str())
            .filter(|did| *did != self.cursor.did)
            .collect();
        let people: Vec<String> = people.into_iter().map(str::to_owned).collect();
        let profiles = profiles(caller, &people).await?;
        for profile in &profiles {
            self.cursor.remember(text(profile, "did"));
        }
        Ok(profiles)
    }
}

/// Asks what people are called who are known only by number, many at once.
pub(super) async fn profiles(
    caller: &mut Caller<'_>,
    people: &[String],
) -> Result<Vec<Value>, SendError> {
    let mut profiles = Vec::new();
    for some in people.chunks(PROFILES) {
        let actors: Vec<String> = some
            .iter()
            .map(|did| format!("actors={}", encoded(did)))
            .collect();
        let name = format!("app.bsky.actor.getProfiles?{}", actors.join("&"));
        let page: Value = caller.read(&Call::ask(name)).await?;
        for profile in list(&page, "profiles") {
            profiles.push(json!({
                "did": profile["did"],
                "handle": profile["handle"],
                "displayName": profile["displayName"],
            }));
        }
    }
    Ok(profiles)
}

/// Returns whether a post is no more; the view leaves out those of people who block us as well.
async fn is_gone(caller: &mut Caller<'_>, uri: &str) -> Result<bool, SendError> {
    let mut parts = uri.trim_start_matches("at://").splitn(3, '/');
    let (Some(did), Some(collection), Some(key)) = (parts.next(), parts.next(), parts.next())
    else {
        return Ok(false);
    };
    let name = format!(
        "com.atproto.repo.getRecord?repo={}&collection={collection}&rkey={}",
        encoded(did),
        encoded(key)
    );
    match caller.call(&Call::ask(name)).await {
        Ok(_) => Ok(false),
        Err(error) if error.is_retryable() || error.stops_inbox() => Err(error),
        Err(error) => {
            // Of an account that is only switched off it is said that there is no such repository.
            let words = ["Could not locate record", "RecordNotFound"];
            Ok(words.iter().any(|words| error.detail().contains(words)))
        }
    }
}

pub(super) fn list<'a>(page: &'a Value, name: &str) -> &'a [Value] {
    page.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns a time; what does not say counts as of now, so that it is not passed over.
fn time(item: &Value, name: &str) -> Timestamp {
    text(item, name).parse().unwrap_or(Timestamp(i64::MAX))
}
