//! YouTube: comments and answers below our videos, by asking within a day's quota; our videos as our own
//! posts with their figures. There are no private messages. Needs no public address.

mod ask;
mod connect;
mod inbound;
mod outbound;
mod poll;
mod quota;
mod wire;

use async_trait::async_trait;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    Capabilities, Counting, IdentityRealm, IntakeWay, SideCapabilities, Tells,
};
use crate::connect::{
    Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting, Grant,
};
use crate::delivery::{Account, Finding, FindingClass, Polled, RawDelivery, Usage};
use crate::http::Http;
use crate::inbound::{Figures, TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};
use crate::{google, oauth};

/// A page of comments, each with a few answers.
pub const THREADS: &str = "comment_threads";
/// All answers below one comment.
pub const REPLIES: &str = "replies";
/// Our own videos with their figures.
pub const VIDEOS: &str = "videos";
/// Comments that are no longer there.
pub const MISSING: &str = "missing";

const BASE_URL: &str = "https://www.googleapis.com";
/// The state of a comment that only the channel's owner sees, and may publish later.
const HELD: &str = "heldForReview";
/// What the token must allow.
const SCOPE: &str = "https://www.googleapis.com/auth/youtube.force-ssl";

/// The channel of YouTube.
pub struct Youtube;

const PUBLIC: SideCapabilities = SideCapabilities {
    send: true,
    // Not confirmed by the network's documentation.
    length: Some(10_000),
    counts: Counting::Characters,
    edit: true,
    delete: true,
    hide: true,
    tells: Tells {
        edits: true,
        deletes: true,
        echoes: true,
        native: true,
        ..Tells::NOTHING
    },
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(PUBLIC),
    intake: IntakeWay::Poll,
    look_up: true,
    fills_gaps: true,
    identity_realm: IdentityRealm::Network,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

fn channel_id(account: &Account) -> Option<&str> {
    account.setting("channel_id")
}

/// Returns who asks for tokens, and where.
fn client(account: &Account) -> Result<oauth::Client<'_>, SendError> {
    let token_url = account.setting("token_url").unwrap_or(google::TOKEN_URL);
    Ok(oauth::Client {
        token_url: token_url.to_owned(),
        id: crate::connect::needed(account.setting("client_id"), "client_id")?,
        secret: account.secret("client_secret"),
        by_header: false,
    })
}

#[async_trait]
impl Channel for Youtube {
    fn name(&self) -> &'static str {
        "youtube"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn coverage(&self) -> &'static str {
        "channel.coverage.youtube"
    }

    fn settings_schema(&self) -> Value {
        let setting = |name: &str, mut more: Value| {
            more["title"] = json!(format!("channel.youtube.{name}.title"));
            more["description"] = json!(format!("channel.youtube.{name}.description"));
            more
        };
        let text = || json!({"type": "string"});
        let secret = || json!({"type": "string", "secret": true});
        let number = |least: u64, most: u64, usual: u64| json!({"type": "integer", "minimum": least, "maximum": most, "default": usual});
        let address =
            |default: &str| json!({"type": "string", "format": "uri", "default": default});
        let hide_as = json!({"type": "string", "enum": [HELD, "rejected"], "default": HELD});
        json!({
            "type": "object",
            "required": ["channel_id", "client_id", "client_secret", "refresh_token"],
            "properties": {
                "channel_id": setting("channel_id", text()),
                "client_id": setting("client_id", text()),
                "client_secret": setting("client_secret", secret()),
                "refresh_token": setting("refresh_token", secret()),
                "access_token": setting("access_token", secret()),
                "held_comments": setting("held_comments", json!({"type": "boolean", "default": false})),
                "hide_as": setting("hide_as", hide_as),
                "quota_units": setting("quota_units", number(0, 100_000_000, quota::GRANTED)),
                "reserved_units": setting("reserved_units", number(0, 100_000_000, quota::RESERVED)),
                "poll_seconds": setting("poll_seconds", number(30, 3_600, 300)),
                "base_url": setting("base_url", address(BASE_URL)),
                "token_url": setting("token_url", address(google::TOKEN_URL)),
                "authorise_url": setting("authorise_url", address(google::AUTHORISE_URL)),
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

    fn figures(&self, raw: &RawDelivery) -> Vec<Figures> {
        inbound::figures(raw)
    }

    fn hidden_goes_missing(&self) -> bool {
        // What was rejected stands in no list.
        true
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
        let found = |class, detail: String| Ok(vec![Finding::new(class, detail)]);
        if oauth::granted_scopes(account).is_some_and(|granted| !granted.contains(&SCOPE)) {
            return found(FindingClass::Permission, SCOPE.to_owned());
        }
        let asked: Result<wire::Page, SendError> =
            ask::ask_for(account, "/channels?part=id&mine=true", http).await;
        let page = match asked {
            Ok(page) => page,
            Err(SendError::AuthBroken(detail)) => return found(FindingClass::Token, detail),
            Err(SendError::Forbidden(detail)) => return found(FindingClass::Restricted, detail),
            // The day's units are used up: that says nothing against the account.
            Err(SendError::RetryAfter { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let own: Vec<&str> = page
            .items
            .iter()
            .filter_map(|channel| channel.get("id")?.as_str())
            .collect();
        if channel_id(account).is_some_and(|channel| own.contains(&channel)) {
            return Ok(Vec::new());
        }
        let detail = format!("the token is for {}, not for this channel", own.join(", "));
        found(FindingClass::Token, detail)
    }

    fn renew_at(&self, account: &Account) -> Option<Timestamp> {
        oauth::renew_at(account)
    }

    async fn renew(&self, account: &Account, http: &Http) -> Result<Value, SendError> {
        oauth::renew(account, &client(account)?, http).await
    }

    fn connecting(&self, _: &Value) -> Option<Connecting> {
        Some(connect::connecting())
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

    async fn connect_chosen(
        &self,
        _: &Account,
        kept: &Value,
        choice: &str,
        _: &Http,
    ) -> Result<Grant, ConnectError> {
        Ok(connect::grant(choice, kept))
    }

    fn usage(&self, account: &Account, cursor: &str) -> Option<Usage> {
        poll::usage(account, cursor)
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
