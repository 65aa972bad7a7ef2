//! A forum that runs Discourse: its topics in public, its messages in private. Told by the forum's
//! hook, and read every minute, so that it works without one.

mod client;
mod inbound;
mod outbound;
mod poll;
mod wire;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, Counting, HandOver, HandOverWay, IntakeWay, SideCapabilities,
    Tells,
};
use crate::delivery::{
    Account, DeliveryKey, Finding, FindingClass, HookAnswer, Polled, RawDelivery, VerifyError,
};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};
use crate::signature;

use wire::{EVENT_HEADER, EVENT_ID_HEADER, SIGNATURE_HEADER};

/// The longest name of an event, and the longest id of one, that are kept.
const LONGEST_NAME: usize = 50;
const LONGEST_KEY: usize = 200;

/// The channel of Discourse.
pub struct Discourse;

const SIDE: SideCapabilities = SideCapabilities {
    send: true,
    length: Some(32_000),
    counts: Counting::Characters,
    edit: true,
    delete: true,
    reactions: true,
    attachments: Some(AttachmentLimits {
        count: 10,
        bytes_each: 4 << 20,
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
    intake: IntakeWay::Push,
    signed_hook: true,
    look_up: true,
    fills_gaps: true,
    hand_over: Some(HandOver {
        way: HandOverWay::Message,
        within_seconds: None,
    }),
    own_posts: true,
    departures: true,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Discourse {
    fn name(&self) -> &'static str {
        "discourse"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let field = |name: &str| {
            json!({
                "type": "string",
                "title": format!("channel.discourse.{name}.title"),
                "description": format!("channel.discourse.{name}.description"),
            })
        };
        let with = |mut field: Value, name: &str, value: Value| {
            field[name] = value;
            field
        };
        let own_authors = with(field("own_authors"), "type", json!("array"));
        json!({
            "type": "object",
            "required": ["base_url", "api_key", "api_username"],
            "properties": {
                "base_url": with(field("base_url"), "format", json!("uri")),
                "api_key": with(field("api_key"), "secret", json!(true)),
                "api_username": field("api_username"),
                "own_authors": with(own_authors, "items", json!({"type": "string"})),
                "category": field("category"),
            },
        })
    }

    fn acknowledgement(&self) -> HookAnswer {
        HookAnswer::json(200, r#"{"accepted":true}"#)
    }

    fn verify(&self, account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
        let secrets = account.signing_secrets();
        if secrets.iter().all(|secret| secret.is_empty()) {
            return Err(VerifyError::NoSecret);
        }
        let header = |name| raw.header(name).ok_or(VerifyError::MissingHeader(name));
        let given = header(SIGNATURE_HEADER)?;
        let believed = secrets
            .iter()
            .filter(|secret| !secret.is_empty())
            .any(|secret| {
                let expected = format!(
                    "sha256={}",
                    signature::hmac_hex(secret.as_bytes(), &raw.body)
                );
                signature::equal(given.as_bytes(), expected.as_bytes())
            });
        if !believed {
            return Err(VerifyError::WrongSignature);
        }
        let event = header(EVENT_HEADER)?;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if event.len() > LONGEST_NAME || !event.bytes().all(is_name) {
            return Err(VerifyError::BadHeader(EVENT_HEADER));
        }
        let key = header(EVENT_ID_HEADER)?;
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(VerifyError::BadHeader(EVENT_ID_HEADER));
        }
        Ok(DeliveryKey {
            kind: event.to_owned(),
            key: key.to_owned(),
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
        let found = |class, detail: String| Ok(vec![Finding { class, detail }]);
        let session = match client::find::<Value>(account, "/session/current.json", http).await {
            Ok(Some(session)) => session,
            // Nobody is logged in by this key.
            Ok(None) => {
                return found(FindingClass::Token, "the key opens no account".to_owned());
            }
            Err(SendError::AuthBroken(detail)) => return found(FindingClass::Token, detail),
            Err(SendError::Forbidden(detail)) => return found(FindingClass::Permission, detail),
            Err(error) => return Err(error),
        };
        let own = &session["current_user"];
        for trouble in ["suspended_till", "silenced_till"] {
            if let Some(until) = own[trouble].as_str() {
                return found(FindingClass::Restricted, format!("{trouble} {until}"));
            }
        }
        Ok(Vec::new())
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
