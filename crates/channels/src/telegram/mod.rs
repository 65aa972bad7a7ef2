//! Telegram by a bot: private chats, business chats, groups and channels.
//! Asked by long polling, or pushed to our hook; a bot learns of no message it sent and of no
//! deletion outside business chats, and may not begin a private chat.

mod client;
mod hook;
mod inbound;
mod link;
mod outbound;
mod poll;
mod probe;
mod wire;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, Counting, HandOver, HandOverWay, IdentityRealm, IntakeWay,
    SideCapabilities, Tells,
};
use crate::delivery::{
    Account, DeliveryKey, Finding, HookAnswer, Polled, RawDelivery, VerifyError,
};
use crate::http::{Http, Request};
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};
use crate::signature;

/// The kind of a delivery that is one update, polled or pushed.
pub const UPDATE: &str = "update";

const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// The channel of Telegram.
pub struct Telegram;

const SIDE: SideCapabilities = SideCapabilities {
    send: true,
    length: Some(4_096),
    counts: Counting::Utf16,
    edit: true,
    delete: true,
    reactions: true,
    attachments: Some(AttachmentLimits {
        count: 10,
        bytes_each: 50 << 20,
    }),
    tells: Tells {
        edits: true,
        attachments: true,
        ..Tells::NOTHING
    },
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(SideCapabilities {
        tells: Tells {
            reactions: true,
            ..SIDE.tells
        },
        ..SIDE
    }),
    // In a private chat a bot is no administrator, and hears of no reactions.
    private: Some(SIDE),
    intake: IntakeWay::Poll,
    hand_over: Some(HandOver {
        way: HandOverWay::Link,
        within_seconds: None,
    }),
    own_posts: true,
    identity_realm: IdentityRealm::Network,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

/// Returns the bot's own id, which is the beginning of its token.
fn bot_id(account: &Account) -> Option<i64> {
    account.secret("token")?.split(':').next()?.parse().ok()
}

/// Returns whether updates are pushed to our hook.
fn is_pushed(account: &Account) -> bool {
    account.switch("push") == Some(true)
}

/// Returns the token that Telegram puts on what it pushes: made of the bot's token, so that nobody
/// has to keep another secret, and in the signs that Telegram takes.
fn hook_token(account: &Account) -> Option<String> {
    let token = account.secret("token")?;
    let name = format!("hook of inbox {}", account.inbox_id);
    Some(signature::hmac_hex(token.as_bytes(), name.as_bytes()))
}

#[async_trait]
impl Channel for Telegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["token"],
            "properties": {
                "token": {
                    "type": "string",
                    "secret": true,
                    "title": "channel.telegram.token.title",
                    "description": "channel.telegram.token.description",
                },
                "channel": {
                    "type": "string",
                    "title": "channel.telegram.channel.title",
                    "description": "channel.telegram.channel.description",
                },
                "own_authors": {
                    "type": "array",
                    "items": {"type": "string"},
                    "title": "channel.telegram.own_authors.title",
                    "description": "channel.telegram.own_authors.description",
                },
                "username": {
                    "type": "string",
                    "title": "channel.telegram.username.title",
                    "description": "channel.telegram.username.description",
                },
                "push": {
                    "type": "boolean",
                    "default": false,
                    "title": "channel.telegram.push.title",
                    "description": "channel.telegram.push.description",
                },
                "wait_seconds": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": 25,
                    "default": 20,
                    "title": "channel.telegram.wait_seconds.title",
                    "description": "channel.telegram.wait_seconds.description",
                },
                "base_url": {
                    "type": "string",
                    "format": "uri",
                    "default": "https://api.telegram.org",
                    "title": "channel.telegram.base_url.title",
                    "description": "channel.telegram.base_url.description",
                },
            },
        })
    }

    fn own_post_refusal(&self, account: &Account) -> Option<&'static str> {
        let named = account.setting("channel").is_some();
        (!named).then_some("channel.reason.no_channel_named")
    }

    fn acknowledgement(&self) -> HookAnswer {
        HookAnswer::json(200, "{}")
    }

    fn verify(&self, account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
        let expected = hook_token(account).ok_or(VerifyError::NoSecret)?;
        let given = raw
            .header(SECRET_HEADER)
            .ok_or(VerifyError::MissingHeader(SECRET_HEADER))?;
        if !signature::equal(given.as_bytes(), expected.as_bytes()) {
            return Err(VerifyError::WrongSignature);
        }
        let update: Option<Value> = serde_json::from_slice(&raw.body).ok();
        let id = update.as_ref().and_then(poll::update_id);
        Ok(DeliveryKey {
            kind: UPDATE.to_owned(),
            key: id.map_or_else(|| signature::sha256_hex(&raw.body), |id| id.to_string()),
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

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        probe::probe(account, http).await
    }

    async fn file_request(
        &self,
        account: &Account,
        address: &str,
        http: &Http,
    ) -> Result<Request, SendError> {
        let Some(file_id) = address.strip_prefix(inbound::FILE_SCHEME) else {
            return Ok(Request::get(address));
        };
        let file = client::ask(account, "getFile", &json!({"file_id": file_id}), http).await?;
        let path = file["file_path"]
            .as_str()
            .ok_or_else(|| SendError::RecipientGone("the file has no path".to_owned()))?;
        Ok(Request::get(client::file_address(account, path)?))
    }

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound, http).await
    }
}

#[cfg(test)]
mod tests;
