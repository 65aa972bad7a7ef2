//! Bluesky and other servers of AT Protocol: posts that name, answer or quote us, likes, direct
//! messages as the private side; by asking, and by Jetstream where it is set. Needs no public address.

mod ask;
mod inbound;
mod key;
mod listen;
mod outbound;
mod poll;
mod probe;
mod rich_text;
mod search;
mod wire;

use async_trait::async_trait;
use futures::stream::BoxStream;
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, Counting, HandOver, HandOverWay, IdentityRealm, IntakeWay,
    SideCapabilities, Tells,
};
use crate::delivery::{Account, Finding, Polled, RawDelivery, Search};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};

/// Notifications of the account.
pub const NOTIFICATIONS: &str = "notifications";
/// Posts of our own account, as its repository holds them.
pub const RECORDS: &str = "records";
/// Lines of the log of direct messages.
pub const CHAT: &str = "chat";
/// One event of Jetstream.
pub const JETSTREAM: &str = "jetstream";
/// Posts that were looked for.
pub const FOUND: &str = "found_posts";
/// Posts that were asked for again and are no longer there.
pub const CHECKED: &str = "checked";

/// The header of a delivery that names our own account.
const OWN_ACCOUNT: &str = "own-account";
/// The collection that posts are in.
const POST: &str = "app.bsky.feed.post";
const SERVER: &str = "https://bsky.social";
const IMAGES: &str = "https://cdn.bsky.app";
const CHAT_SERVICE: &str = "did:web:api.bsky.chat#bsky_chat";

/// The channel of Bluesky.
pub struct Bluesky;

const PUBLIC: SideCapabilities = SideCapabilities {
    send: true,
    length: Some(300),
    counts: Counting::Graphemes,
    bytes: Some(3_000),
    delete: true,
    reactions: true,
    attachments: Some(AttachmentLimits {
        count: 4,
        bytes_each: 1_000_000,
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
    length: Some(1_000),
    counts: Counting::Graphemes,
    bytes: Some(10_000),
    tells: Tells {
        deletes: true,
        reactions: true,
        echoes: true,
        ..Tells::NOTHING
    },
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(PUBLIC),
    private: Some(PRIVATE),
    intake: IntakeWay::Poll,
    look_up: true,
    fills_gaps: true,
    hand_over: Some(HandOver {
        way: HandOverWay::Message,
        within_seconds: None,
    }),
    own_posts: true,
    search: true,
    identity_realm: IdentityRealm::Network,
    departures: true,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

/// Returns whether the account's direct messages are read and answered.
fn has_chat(account: &Account) -> bool {
    account.switch("chat").unwrap_or(false)
}

#[async_trait]
impl Channel for Bluesky {
    fn name(&self) -> &'static str {
        "bluesky"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn coverage(&self) -> &'static str {
        "channel.coverage.bluesky"
    }

    fn settings_schema(&self) -> Value {
        let setting = |name: &str, mut more: Value| {
            more["title"] = json!(format!("channel.bluesky.{name}.title"));
            more["description"] = json!(format!("channel.bluesky.{name}.description"));
            more
        };
        let address =
            |default: &str| json!({"type": "string", "format": "uri", "default": default});
        json!({
            "type": "object",
            "required": ["identifier", "app_password"],
            "properties": {
                "identifier": setting("identifier", json!({"type": "string"})),
                "app_password": setting("app_password", json!({"type": "string", "secret": true})),
                "chat": setting("chat", json!({"type": "boolean", "default": false})),
                "base_url": setting("base_url", address(SERVER)),
                "jetstream_url": setting("jetstream_url", json!({"type": "string", "format": "uri"})),
                "image_url": setting("image_url", address(IMAGES)),
                "chat_proxy": setting("chat_proxy", json!({
                    "type": "string", "default": CHAT_SERVICE,
                })),
                "poll_seconds": setting("poll_seconds", json!({
                    "type": "integer", "minimum": 15, "maximum": 3_600, "default": 60,
                })),
            },
        })
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

    fn listen<'a>(
        &'a self,
        account: &'a Account,
        cursor: Option<&'a str>,
        http: &'a Http,
    ) -> Option<BoxStream<'a, Result<Polled, SendError>>> {
        let address = account.setting("jetstream_url")?;
        Some(listen::listen(account, address, cursor, http))
    }

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        probe::probe(account, http).await
    }

    fn renew_at(&self, account: &Account) -> Option<Timestamp> {
        Some(ask::renew_at(account))
    }

    async fn renew(&self, account: &Account, http: &Http) -> Result<Value, SendError> {
        ask::renew(account, http).await
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

    fn send_refusal(&self, account: &Account, visibility: Visibility) -> Option<&'static str> {
        match visibility {
            Visibility::Public => None,
            Visibility::Private if has_chat(account) => None,
            Visibility::Private => Some("channel.bluesky.reason.no_chat"),
            Visibility::Note => Some("channel.reason.no_such_side"),
        }
    }

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound, http).await
    }

    fn looks_after(&self, _: &Account, outbound: &Outbound) -> &'static [u64] {
        outbound::looks_after(outbound)
    }

    async fn look_up(
        &self,
        account: &Account,
        message_id: &str,
        http: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        outbound::look_up(account, message_id, http).await
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
