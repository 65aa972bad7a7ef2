//! Mastodon and servers that speak its API: posts that name us, direct posts as the private side,
//! favourites, edits and deletes; by a held stream and by asking. Needs no public address.

mod ask;
mod connect;
mod inbound;
mod listen;
mod media;
mod outbound;
mod poll;
mod probe;
mod search;
mod wire;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, Counting, HandOver, HandOverWay, IdentityRealm, IntakeWay,
    SideCapabilities, Tells,
};
use crate::connect::{Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting};
use crate::delivery::{Account, Finding, Polled, RawDelivery, Search};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{LOOKS_AT_ONCE, Outbound, Receipt, SendError};

/// A page of notifications.
pub const NOTIFICATIONS: &str = "poll_notifications";
/// A page of our own account's posts.
pub const STATUSES: &str = "poll_statuses";
/// Posts that were asked for again and are no longer there.
pub const CHECKED: &str = "checked";
/// One text of the stream.
pub const STREAM: &str = "stream";
/// Posts that were looked for.
pub const FOUND: &str = "found";

/// The header of a delivery that names our own account.
const OWN_ACCOUNT: &str = "own-account";

/// The channel of Mastodon.
pub struct Mastodon;

const SIDE: SideCapabilities = SideCapabilities {
    send: true,
    // What a server allows where nobody changed it; a longer text asks the server.
    length: Some(500),
    counts: Counting::Weighted,
    edit: true,
    delete: true,
    reactions: true,
    attachments: Some(AttachmentLimits {
        count: 4,
        bytes_each: 16 << 20,
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

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(SIDE),
    private: Some(SIDE),
    intake: IntakeWay::Listen,
    look_up: true,
    fills_gaps: true,
    hand_over: Some(HandOver {
        way: HandOverWay::Message,
        within_seconds: None,
    }),
    own_posts: true,
    search: true,
    // An account has another id on every server.
    identity_realm: IdentityRealm::Inbox,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Mastodon {
    fn name(&self) -> &'static str {
        "mastodon"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn coverage(&self) -> &'static str {
        "channel.coverage.mastodon"
    }

    fn settings_schema(&self) -> Value {
        let setting = |name: &str, mut more: Value| {
            more["title"] = json!(format!("channel.mastodon.{name}.title"));
            more["description"] = json!(format!("channel.mastodon.{name}.description"));
            more
        };
        let address = || json!({"type": "string", "format": "uri"});
        json!({
            "type": "object",
            "required": ["base_url", "access_token"],
            "properties": {
                "base_url": setting("base_url", json!({
                    "type": "string", "format": "uri", "default": "https://mastodon.social",
                })),
                "account": setting("account", json!({"type": "string"})),
                "access_token": setting("access_token", json!({"type": "string", "secret": true})),
                "reply_visibility": setting("reply_visibility", json!({
                    "type": "string", "enum": ["public", "unlisted"], "default": "public",
                })),
                "streaming_url": setting("streaming_url", address()),
                "poll_seconds": setting("poll_seconds", json!({
                    "type": "integer", "minimum": 15, "maximum": 3_600, "default": 60,
                })),
            },
        })
    }

    fn translate(&self, _: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
        inbound::translate(raw)
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
        Some(listen::listen(account, cursor, http))
    }

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        probe::probe(account, http).await
    }

    fn connecting(&self, _: &Value) -> Option<Connecting> {
        Some(connect::connecting())
    }

    async fn authorise(
        &self,
        account: &Account,
        attempt: &Attempt,
        http: &Http,
    ) -> Result<Authorisation, ConnectError> {
        connect::authorise(account, attempt, http).await
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

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound, http).await
    }

    fn looks_after(&self, _: &Account, _: &Outbound) -> &'static [u64] {
        // A second try with the same key is no second post.
        LOOKS_AT_ONCE
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
