//! X: posts that name, answer or quote us, likes, direct messages as the private side; pushed to our
//! hook where the app has one, and asked for within a budget everywhere. Works without a public address.

mod account_activity;
mod ask;
mod connect;
mod hook;
mod inbound;
mod meter;
mod outbound;
mod poll;
mod probe;
mod search;
mod wire;
mod words;

use async_trait::async_trait;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, Counting, HandOver, HandOverWay, IdentityRealm, IntakeWay,
    SideCapabilities, Tells,
};
use crate::connect::{Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting};
use crate::delivery::{
    Account, DeliveryKey, Finding, HookAnswer, Polled, RawDelivery, Search, Usage, VerifyError,
};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::oauth;
use crate::outbound::{Outbound, Receipt, SendError};

/// An event of the Activity API.
pub const ACTIVITY: &str = "activity";
/// A delivery of the older Account Activity API.
pub const ACCOUNT_ACTIVITY: &str = "account_activity";
/// A page of posts: mentions, or our own.
pub const POSTS: &str = "posts";
/// A page of direct messages.
pub const MESSAGES: &str = "direct_messages";
/// Posts that were looked for.
pub const FOUND: &str = "found_tweets";
/// Posts that were asked for again and are no longer there.
pub const CHECKED: &str = "checked";

/// What stands before the key of a thread of more than two people.
const GROUP: &str = "group:";
const BASE_URL: &str = "https://api.x.com";

/// The channel of X.
pub struct X;

const PUBLIC: SideCapabilities = SideCapabilities {
    send: true,
    length: Some(280),
    counts: Counting::WeightedWide,
    delete: true,
    hide: true,
    reactions: true,
    attachments: Some(AttachmentLimits {
        count: 4,
        bytes_each: 5 << 20,
    }),
    tells: Tells {
        edits: true,
        deletes: true,
        reactions: true,
        attachments: true,
        echoes: true,
        native: true,
        ..Tells::NOTHING
    },
    ..SideCapabilities::READ_ONLY
};

const PRIVATE: SideCapabilities = SideCapabilities {
    send: true,
    // Not confirmed by the network's documentation.
    length: Some(10_000),
    counts: Counting::Characters,
    tells: Tells {
        echoes: true,
        native: true,
        ..Tells::NOTHING
    },
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(PUBLIC),
    private: Some(PRIVATE),
    intake: IntakeWay::Push,
    look_up: true,
    fills_gaps: true,
    hand_over: Some(HandOver {
        way: HandOverWay::Message,
        within_seconds: None,
    }),
    own_posts: true,
    search: true,
    identity_realm: IdentityRealm::Network,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

fn account_id(account: &Account) -> Option<&str> {
    account.setting("account_id")
}

/// Returns whether X is to push to our hook.
fn is_pushed(account: &Account) -> bool {
    account.switch("push").unwrap_or(false)
}

/// Returns whether direct messages are read and answered.
fn is_with_messages(settings: &Value) -> bool {
    let set = settings.get("direct_messages").and_then(Value::as_bool);
    set.unwrap_or(true)
}

fn schema() -> Value {
    let setting = |name: &str, mut more: Value| {
        more["title"] = json!(format!("channel.x.{name}.title"));
        more["description"] = json!(format!("channel.x.{name}.description"));
        more
    };
    let text = || json!({"type": "string"});
    let secret = || json!({"type": "string", "secret": true});
    let switch = |on: bool| json!({"type": "boolean", "default": on});
    let number = |most: u64, usual: u64| json!({"type": "integer", "minimum": 0, "maximum": most, "default": usual});
    let choice = json!({
        "type": "string", "enum": [ACTIVITY, ACCOUNT_ACTIVITY], "default": ACTIVITY,
    });
    json!({
        "type": "object",
        "required": ["account_id", "access_token"],
        "properties": {
            "account_id": setting("account_id", text()),
            "access_token": setting("access_token", secret()),
            "refresh_token": setting("refresh_token", secret()),
            "client_id": setting("client_id", text()),
            "client_secret": setting("client_secret", secret()),
            "push": setting("push", switch(false)),
            "push_api": setting("push_api", choice),
            "consumer_secret": setting("consumer_secret", secret()),
            "bearer_token": setting("bearer_token", secret()),
            "direct_messages": setting("direct_messages", switch(true)),
            "summoned_rule": setting("summoned_rule", switch(true)),
            "budget_posts": setting("budget_posts", number(100_000_000, 0)),
            "search_budget_posts": setting("search_budget_posts", number(100_000_000, 1_000)),
            "budget_day": setting("budget_day", json!({
                "type": "integer", "minimum": 1, "maximum": 28, "default": 1,
            })),
            "recheck_posts": setting("recheck_posts", number(500, poll::RECHECKED)),
            "poll_seconds": setting("poll_seconds", json!({
                "type": "integer", "minimum": 15, "maximum": 3_600, "default": 300,
            })),
            "base_url": setting("base_url", json!({
                "type": "string", "format": "uri", "default": BASE_URL,
            })),
            "authorise_url": setting("authorise_url", json!({
                "type": "string", "format": "uri", "default": connect::AUTHORISE_URL,
            })),
        },
    })
}

#[async_trait]
impl Channel for X {
    fn name(&self) -> &'static str {
        "x"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn coverage(&self) -> &'static str {
        "channel.coverage.x"
    }

    fn settings_schema(&self) -> Value {
        schema()
    }

    fn handshake(&self, account: &Account, query: &[(String, String)]) -> Option<HookAnswer> {
        hook::handshake(account, query)
    }

    fn acknowledgement(&self) -> HookAnswer {
        HookAnswer::json(200, "{}")
    }

    fn verify(&self, account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
        hook::verify(account, raw)
    }

    fn translate(
        &self,
        account: &Account,
        raw: &RawDelivery,
    ) -> Result<Translation, TranslateError> {
        inbound::translate(account, raw)
    }

    async fn poll(
        &self,
        account: &Account,
        cursor: Option<&str>,
        http: &Http,
    ) -> Result<Polled, SendError> {
        poll::poll(account, cursor, http).await
    }

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        probe::probe(account, http).await
    }

    fn renew_at(&self, account: &Account) -> Option<Timestamp> {
        oauth::renew_at(account)
    }

    async fn renew(&self, account: &Account, http: &Http) -> Result<Value, SendError> {
        oauth::renew(account, &connect::client(account)?, http).await
    }

    fn connecting(&self, settings: &Value) -> Option<Connecting> {
        Some(connect::connecting(settings))
    }

    async fn authorise(
        &self,
        account: &Account,
        attempt: &Attempt,
        _: &Http,
    ) -> Result<Authorisation, ConnectError> {
        connect::authorise(account, attempt)
    }

    async fn connect(
        &self,
        account: &Account,
        agreement: &Agreement,
        http: &Http,
    ) -> Result<Connected, ConnectError> {
        connect::connect(account, agreement, http).await
    }

    async fn search(
        &self,
        account: &Account,
        search: &Search,
        cursor: Option<&str>,
        http: &Http,
    ) -> Result<Polled, SendError> {
        search::search(account, search, cursor, http).await
    }

    fn meter_of(&self, cursor: &str) -> Option<String> {
        search::meter_of(cursor)
    }

    fn usage(&self, account: &Account, cursor: &str) -> Option<Usage> {
        poll::usage(account, cursor).or_else(|| search::usage(account, cursor))
    }

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound, http).await
    }

    async fn look_for(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        outbound::look_for(account, outbound, http).await
    }
}

#[cfg(test)]
mod tests;
