//! X: posts, answers and direct messages by its second interface, pushed by the Activity API to a hook
//! that is asked again and again whether it is the app's own.

mod acts;
mod api;
mod fields;
mod hooks;
mod lists;
mod oauth;
mod posting;
mod weight;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kit::kept;
use super::kit::{
    Act, Answer, Ask, Call, Consents, Done, Heard, Hook, Kit, Network, Reply, Wish, sign,
};
use crate::item::{Millis, rfc3339};
use hooks::{Subscription, Webhook};

/// How long an access token lives.
const TOKEN_LIFE: Millis = 2 * 3_600_000;
const SCOPES: &str = "tweet.read tweet.write users.read dm.read dm.write like.write tweet.moderate.write offline.access";

/// Somebody with an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct User {
    id: String,
    username: String,
    name: String,
    ours: bool,
    /// Whether messages are taken from everybody.
    open: bool,
    blocks: BTreeSet<String>,
    gone: bool,
    /// Whether a contract lets our account answer everybody.
    enterprise: bool,
}

/// A post.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Post {
    id: String,
    author: String,
    text: String,
    at: Millis,
    parent: Option<String>,
    quotes: Option<String>,
    conversation: String,
    mentions: Vec<String>,
    media: Vec<String>,
    likes: BTreeSet<String>,
    hidden: bool,
    /// Every version, the first one first.
    history: Vec<String>,
    language: String,
}

/// A direct message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    id: String,
    from: String,
    to: String,
    text: String,
    at: Millis,
}

/// Whose token it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    user: String,
    expires: Millis,
    scopes: Vec<String>,
}

/// The network, with one app on it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct X {
    users: BTreeMap<String, User>,
    posts: BTreeMap<String, Post>,
    messages: Vec<Message>,
    media: BTreeMap<String, (String, Option<String>)>,
    /// What links of posts lead to.
    links: BTreeMap<String, String>,
    tokens: BTreeMap<String, Token>,
    refresh: BTreeMap<String, String>,
    #[serde(skip)]
    consents: Consents,
    bearer: String,
    client: (String, String),
    consumer_secret: String,
    webhooks: BTreeMap<String, Webhook>,
    subscriptions: Vec<Subscription>,
    /// Accounts whose older events go to a hook.
    older: BTreeSet<(String, String)>,
    /// How many posts and messages were given or pushed since the beginning, which all cost.
    #[serde(default)]
    billed: Cell<u64>,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(X::default())
}

impl X {
    fn join(&mut self, handle: &str, name: &str, kit: &Kit) -> String {
        let username = handle.trim_start_matches('@');
        if let Some(user) = self.by_name(username) {
            return user.id.clone();
        }
        let id = kit
            .ids
            .rising("user", 1_600_000_000_000_000_000)
            .to_string();
        let user = User {
            id: id.clone(),
            username: username.to_owned(),
            name: name.to_owned(),
            ours: false,
            open: false,
            blocks: BTreeSet::new(),
            gone: false,
            enterprise: false,
        };
        self.users.insert(id.clone(), user);
        id
    }

    fn by_name(&self, username: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| !user.gone && user.username.eq_ignore_ascii_case(username))
    }

    /// Gives a pair of tokens; the refresh token is good for once.
    fn give(&mut self, user: &str, scopes: &str, kit: &Kit) -> (String, String) {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        let access = kit.ids.signs("access", 92, letters);
        let refresh = kit.ids.signs("refresh", 92, letters);
        let token = Token {
            user: user.to_owned(),
            expires: kit.now() + TOKEN_LIFE,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        };
        self.tokens.insert(access.clone(), token);
        self.refresh.insert(refresh.clone(), user.to_owned());
        (access, refresh)
    }

    fn show_user(&self, id: &str) -> Value {
        match self.users.get(id) {
            Some(user) => json!({"id": id, "username": user.username, "name": user.name}),
            None => json!({"id": id}),
        }
    }
}

impl Network for X {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit)
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        if self.bearer.is_empty() {
            self.bearer = format!("AAAA{}", kit.ids.letters("bearer", 100));
            self.client = (
                kit.ids.letters("client", 34),
                kit.ids.letters("client_secret", 50),
            );
            self.consumer_secret = kit.ids.letters("consumer_secret", 50);
        }
        let id = self.join(&wish.handle, wish.called(), kit);
        if let Some(user) = self.users.get_mut(&id) {
            user.ours = true;
            user.enterprise = wish.flag("enterprise");
        }
        let scopes = wish.more("scopes").unwrap_or(SCOPES).to_owned();
        let (access, refresh) = self.give(&id, &scopes, kit);
        Ok(json!({
            "id": id,
            "handle": wish.handle,
            "settings": {
                "base_url": kit.base,
                "authorise_url": format!("{}/i/oauth2/authorize", kit.base),
                "account_id": id,
                "client_id": self.client.0,
                "push": wish.flag("push"),
                "summoned_rule": !wish.flag("enterprise"),
            },
            "secrets": {
                "access_token": access,
                "refresh_token": refresh,
                "client_secret": self.client.1,
                "consumer_secret": self.consumer_secret,
                "bearer_token": self.bearer,
            },
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, kit: &Kit) -> Answer {
        match status {
            429 => api::problem(429, "about:blank", "Too Many Requests", "Too Many Requests")
                .with("x-rate-limit-limit", 100)
                .with("x-rate-limit-remaining", 0)
                .with("x-rate-limit-reset", kit.clock.seconds() + 60),
            401 => api::unauthorised(),
            403 => api::forbidden("You are not permitted to perform this action."),
            404 => api::problem(
                404,
                "resource-not-found",
                "Not Found Error",
                "Could not find the requested resource.",
            ),
            400 => api::invalid("One or more parameters to your request was invalid."),
            503 => api::problem(
                503,
                "about:blank",
                "Service Unavailable",
                "Service Unavailable",
            ),
            _ => api::problem(
                status,
                "about:blank",
                "Internal Server Error",
                "Something is broken. This is usually a temporary error.",
            ),
        }
    }

    fn pack(&self, hook: &Hook, items: &[Value], _: &Kit) -> Ask {
        let body = items.first().cloned().unwrap_or_default().to_string();
        let signature = sign::sha256_base64(&hook.secret, body.as_bytes());
        Ask::post(hook.url.clone(), "application/json", body).signed(
            "x-twitter-webhooks-signature",
            format!("sha256={signature}"),
        )
    }

    fn retry_seconds(&self, attempt: u32) -> Option<i64> {
        // Three tries; what was missed can be asked to be played again.
        [10, 60].get(attempt as usize).copied()
    }

    fn heard(&mut self, mark: &str, heard: &Heard, kit: &Kit) -> Reply {
        hooks::heard(self, mark, heard, kit)
    }

    fn tick(&mut self, kit: &Kit) {
        hooks::tick(self, kit);
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, kit: &Kit) -> bool {
        let read = kept::read(self, written);
        for id in self.webhooks.keys() {
            hooks::connect(self, id, kit);
        }
        read
    }

    fn show(&self) -> Value {
        let hooks: Vec<Value> = self
            .webhooks
            .values()
            .map(|hook| json!({"url": hook.url, "valid": hook.valid}))
            .collect();
        json!({
            "users": self.users.len(),
            "posts": self.posts.len(),
            "messages": self.messages.len(),
            "webhooks": hooks,
            "subscriptions": self.subscriptions.len(),
        })
    }
}

/// Writes a time as X does.
fn written(at: Millis) -> String {
    rfc3339(at)
}
