//! A Mastodon server: accounts, posts and notifications, the streaming socket, and the API over them.

mod acts;
mod api;
mod lists;
mod oauth;
mod posting;
mod show;
mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kit::kept;
use super::kit::{Act, Answer, Call, Consents, Done, Kit, Network, Reply, Standing, Wish};
use crate::item::{Millis, rfc3339};

/// An account here or on another server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct User {
    id: u64,
    /// `name`, or `name@domain` on another server.
    acct: String,
    name: String,
    bot: bool,
    ours: bool,
    suspended: bool,
    gone: bool,
    created: Millis,
    blocks: BTreeSet<u64>,
    follows: BTreeSet<u64>,
    /// Whether it follows everybody who turns up.
    follows_all: bool,
}

/// A post.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Status {
    id: u64,
    author: u64,
    text: String,
    spoiler: String,
    visibility: String,
    parent: Option<u64>,
    mentions: Vec<u64>,
    media: Vec<u64>,
    language: String,
    created: Millis,
    edited: Option<Millis>,
    favourites: BTreeSet<u64>,
    reblogs: BTreeSet<u64>,
    quotes: Option<u64>,
    history: Vec<(String, Millis)>,
}

/// A file of a post.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Media {
    id: u64,
    owner: u64,
    kind: String,
    path: String,
    description: Option<String>,
    ready: Millis,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Notification {
    id: u64,
    to: u64,
    from: u64,
    kind: Cow<'static, str>,
    status: Option<u64>,
    created: Millis,
}

/// What a token may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    user: u64,
    scopes: Vec<String>,
}

/// What a socket listens to.
#[derive(Debug, Clone, Default)]
pub(super) struct Listener {
    user: u64,
    streams: BTreeSet<String>,
    /// Whether it reads server-sent events, and not a socket.
    events: bool,
}

/// The server.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Mastodon {
    users: BTreeMap<u64, User>,
    statuses: BTreeMap<u64, Status>,
    media: BTreeMap<u64, Media>,
    notifications: BTreeMap<u64, Notification>,
    tokens: BTreeMap<String, Token>,
    /// What was posted under an idempotency key, and when.
    #[serde(with = "kept::pairs")]
    keys: BTreeMap<(u64, String), (u64, Millis)>,
    #[serde(skip)]
    listeners: BTreeMap<u64, Listener>,
    /// Apps that registered themselves.
    #[serde(skip)]
    apps: BTreeMap<String, oauth::App>,
    #[serde(skip)]
    consents: Consents,
    max_characters: usize,
}

/// What a token may do where an account is opened without saying so.
const SCOPES: &str = "read write push profile";
/// How long an idempotency key is remembered.
const KEY_LIFE: Millis = 3_600_000;

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Mastodon {
        max_characters: 500,
        ..Mastodon::default()
    })
}

impl Mastodon {
    fn join(&mut self, acct: &str, name: &str, ours: bool, kit: &Kit) -> u64 {
        if let Some(user) = self.by_acct(acct) {
            return user;
        }
        let id = kit.ids.rising("account", 109_000_000_000_000_000);
        let user = User {
            id,
            acct: acct.trim_start_matches('@').to_owned(),
            name: name.to_owned(),
            bot: false,
            ours,
            suspended: false,
            gone: false,
            created: kit.now(),
            blocks: BTreeSet::new(),
            follows: BTreeSet::new(),
            follows_all: false,
        };
        self.users.insert(id, user);
        for other in self.users.values_mut().filter(|other| other.follows_all) {
            other.follows.insert(id);
        }
        id
    }

    fn by_acct(&self, acct: &str) -> Option<u64> {
        let acct = acct.trim_start_matches('@');
        let acct = acct
            .strip_suffix(text::DOMAIN)
            .and_then(|acct| acct.strip_suffix('@'))
            .unwrap_or(acct);
        self.users
            .values()
            .find(|user| !user.gone && user.acct.eq_ignore_ascii_case(acct))
            .map(|user| user.id)
    }

    fn ours(&self) -> impl Iterator<Item = &User> {
        self.users.values().filter(|user| user.ours)
    }

    /// Returns the pages of names, for links.
    fn page_of(&self, name: &str) -> Option<String> {
        let user = self.users.get(&self.by_acct(name)?)?;
        Some(user.page())
    }

    /// Tells an account something, by notification and on its open streams.
    fn notify(&mut self, to: u64, from: u64, kind: &'static str, status: Option<u64>, kit: &Kit) {
        let Some(user) = self.users.get(&to) else {
            return;
        };
        if to == from || !user.ours || user.blocks.contains(&from) {
            return;
        }
        let known = self.notifications.values().any(|known| {
            known.to == to && known.from == from && known.kind == kind && known.status == status
        });
        if known && kind != "update" {
            return;
        }
        let notification = Notification {
            id: kit.ids.rising("notification", 34_000_000),
            to,
            from,
            kind: Cow::Borrowed(kind),
            status,
            created: kit.now(),
        };
        let told = self.show_notification(&notification, kit).to_string();
        self.notifications.insert(notification.id, notification);
        self.stream(
            to,
            &["user", "user:notification"],
            "notification",
            &told,
            kit,
        );
    }

    /// Says something on the streams of an account.
    fn stream(&self, user: u64, streams: &[&str], event: &str, payload: &str, kit: &Kit) {
        for (id, listener) in &self.listeners {
            if listener.user != user {
                continue;
            }
            for stream in streams {
                if !listener.streams.contains(*stream) {
                    continue;
                }
                let frame = if listener.events {
                    format!("event: {event}\ndata: {payload}\n\n")
                } else {
                    json!({"stream": [stream], "event": event, "payload": payload}).to_string()
                };
                kit.streams.tell(*id, frame);
            }
        }
    }
}

impl User {
    fn username(&self) -> &str {
        self.acct.split('@').next().unwrap_or(&self.acct)
    }

    fn page(&self) -> String {
        let (name, domain) = self
            .acct
            .split_once('@')
            .unwrap_or((&self.acct, text::DOMAIN));
        format!("https://{domain}/@{name}")
    }
}

impl Network for Mastodon {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit)
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        if let Some(limit) = wish.more.get("max_characters").and_then(Value::as_u64) {
            self.max_characters = limit as usize;
        }
        let id = self.join(&wish.handle, wish.called(), true, kit);
        if let Some(user) = self.users.get_mut(&id) {
            user.ours = true;
            user.follows_all = wish.flag("follows_everybody");
        }
        let token = kit.ids.signs(
            "token",
            43,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        );
        let scopes = wish.more("scopes").unwrap_or(SCOPES);
        let scopes = scopes.split_whitespace().map(str::to_owned).collect();
        self.tokens
            .insert(token.clone(), Token { user: id, scopes });
        Ok(json!({
            "id": id.to_string(),
            "handle": wish.handle,
            "settings": {"base_url": kit.base},
            "secrets": {"access_token": token},
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, kit: &Kit) -> Answer {
        let words = match status {
            401 => "The access token is invalid",
            403 => "This action is not allowed",
            404 => "Record not found",
            410 => "Gone",
            422 => "Validation failed: Text can't be blank",
            429 => "Too many requests",
            503 => "Service Unavailable",
            _ => "We're sorry, but something went wrong on our end.",
        };
        let answer = Answer::json(status, &json!({"error": words}));
        if status != 429 {
            return answer;
        }
        let now = kit.now();
        answer
            .with("x-ratelimit-limit", 300)
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-reset", reset_time(now + 60_000))
    }

    fn opened(&mut self, stream: u64, mark: &str, call: &Call, _: &Kit) {
        // Events name their stream in the path: `user`, or `user/notification`.
        let named = call.segments.get(3..).map(|names| names.join(":"));
        let named = named.filter(|name| !name.is_empty());
        let listener = Listener {
            user: mark.parse().unwrap_or_default(),
            events: named.is_some(),
            streams: named.or_else(|| call.param("stream")).into_iter().collect(),
        };
        self.listeners.insert(stream, listener);
    }

    fn said(&mut self, stream: u64, text: &str, kit: &Kit) {
        let wish: Value = serde_json::from_str(text).unwrap_or_default();
        let name = wish["stream"].as_str().unwrap_or_default();
        let known = matches!(
            name,
            "user" | "user:notification" | "direct" | "public" | "public:local" | "public:remote"
        ) || (name == "hashtag" && wish["tag"].is_string());
        let Some(listener) = self.listeners.get_mut(&stream) else {
            return;
        };
        match wish["type"].as_str() {
            _ if !known => {
                let error = json!({"error": "Unknown stream type", "status": 400});
                kit.streams.tell(stream, error.to_string());
            }
            Some("subscribe") => {
                listener.streams.insert(name.to_owned());
            }
            Some("unsubscribe") => {
                listener.streams.remove(name);
            }
            _ => {}
        }
    }

    fn closed(&mut self, stream: u64) {
        self.listeners.remove(&stream);
    }

    fn tick(&mut self, kit: &Kit) {
        let old = kit.now() - KEY_LIFE;
        self.keys.retain(|_, (_, at)| *at > old);
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        let ours: Vec<&str> = self.ours().map(|user| user.acct.as_str()).collect();
        json!({
            "accounts": ours,
            "users": self.users.len(),
            "statuses": self.statuses.len(),
            "listeners": self.listeners.len(),
        })
    }
}

/// Writes how somebody stands, as every answer tells it.
fn standing_headers(standing: Standing) -> Vec<(String, String)> {
    vec![
        ("x-ratelimit-limit".to_owned(), standing.limit.to_string()),
        (
            "x-ratelimit-remaining".to_owned(),
            standing.remaining.to_string(),
        ),
        ("x-ratelimit-reset".to_owned(), reset_time(standing.reset)),
    ]
}

fn reset_time(at: Millis) -> String {
    rfc3339(at).replace('Z', "000Z")
}
