//! The signed webhook: any system delivers posts to our hook and receives our answers, in the
//! documented JSON, signed by Standard Webhooks 1.0.0 both ways.

mod inbound;
mod outbound;
mod wire;

use async_trait::async_trait;
use kulant_model::message::Visibility;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{AttachmentLimits, Capabilities, IntakeWay, SideCapabilities, Tells};
use crate::delivery::{Account, DeliveryKey, RawDelivery, VerifyError};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{LOOKS_AT_ONCE, Outbound, Receipt, SendError};
use crate::signature::{self, ID_HEADER};

/// The kind of every delivery of this channel.
pub const KIND: &str = "webhook";

/// The longest delivery id that is kept.
const LONGEST_KEY: usize = 200;

/// The channel of the signed webhook.
pub struct Webhook;

/// How many files go out with one answer, and how large each.
const FILES: AttachmentLimits = AttachmentLimits {
    count: 10,
    bytes_each: 10 << 20,
};

const SIDE: SideCapabilities = SideCapabilities {
    send: true,
    edit: true,
    delete: true,
    reactions: true,
    attachments: Some(FILES),
    tells: Tells {
        edits: true,
        deletes: true,
        reactions: true,
        attachments: true,
        echoes: true,
        ..Tells::NOTHING
    },
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(SideCapabilities { hide: true, ..SIDE }),
    private: Some(SIDE),
    intake: IntakeWay::Push,
    needs_public_address: true,
    signed_hook: true,
    look_up: true,
    own_posts: true,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": [],
            "properties": {
                "answer_url": {
                    "type": "string",
                    "format": "uri",
                    "title": "channel.webhook.answer_url.title",
                    "description": "channel.webhook.answer_url.description",
                },
                "lookup_url": {
                    "type": "string",
                    "format": "uri",
                    "title": "channel.webhook.lookup_url.title",
                    "description": "channel.webhook.lookup_url.description",
                },
            },
        })
    }

    fn verify(&self, account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
        let secrets = account.signing_secrets();
        let key = signature::verify(&secrets, &raw.headers, &raw.body, account.now)?;
        if key.chars().count() > LONGEST_KEY {
            return Err(VerifyError::BadHeader(ID_HEADER));
        }
        Ok(DeliveryKey {
            kind: KIND.to_owned(),
            key: key.to_owned(),
        })
    }

    fn translate(&self, _: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
        inbound::translate(raw)
    }

    fn send_refusal(&self, account: &Account, visibility: Visibility) -> Option<&'static str> {
        match visibility {
            Visibility::Note => Some("channel.reason.no_such_side"),
            _ if account.setting("answer_url").is_none() => {
                Some("channel.webhook.reason.no_answer_url")
            }
            _ => None,
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

    fn can_look_up(&self, account: &Account) -> bool {
        account.setting("lookup_url").is_some()
    }

    fn looks_after(&self, _: &Account, _: &Outbound) -> &'static [u64] {
        // The look-up address goes by our message id.
        LOOKS_AT_ONCE
    }

    async fn look_up(
        &self,
        account: &Account,
        message_id: &str,
        http: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        outbound::look_up(account, message_id, http).await
    }
}

#[cfg(test)]
mod tests;
