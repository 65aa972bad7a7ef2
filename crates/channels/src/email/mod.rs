//! E-mail: one mailbox, read over IMAP and told of new mail as it comes, answered over SMTP.
//! Threads are kept by the graph of message ids, and by signed addresses and ids of our own.

mod body;
mod bounce;
mod compose;
mod connect;
mod consent;
mod dkim;
mod imap;
mod inbound;
mod listen;
mod marks;
mod oauth;
mod outbound;
mod poll;
mod sender;
mod setup;
mod smtp;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    AttachmentLimits, Capabilities, IdentityRealm, IntakeWay, SideCapabilities, Tells,
};
use crate::connect::{Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting};
use crate::delivery::{Account, Finding, FindingClass, Polled, RawDelivery};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};
use crate::settings::SettingFault;

use setup::Setup;

/// The channel of e-mail.
pub struct Email;

/// How many files go out with one mail, and how large each.
const FILES: AttachmentLimits = AttachmentLimits {
    count: 10,
    bytes_each: 10 << 20,
};

static CAPABILITIES: Capabilities = Capabilities {
    private: Some(SideCapabilities {
        send: true,
        attachments: Some(FILES),
        // Of our own mails it tells where a folder of sent mail is named.
        tells: Tells {
            attachments: true,
            echoes: true,
            native: true,
            ..Tells::NOTHING
        },
        ..SideCapabilities::READ_ONLY
    }),
    intake: IntakeWay::Listen,
    look_up: true,
    fills_gaps: true,
    own_posts: false,
    identity_realm: IdentityRealm::Network,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let mut properties = serde_json::Map::new();
        for (name, mut property) in fields() {
            for text in ["title", "description"] {
                property[text] = json!(format!("channel.email.{name}.{text}"));
            }
            properties.insert(name.to_owned(), property);
        }
        json!({
            "type": "object",
            "required": ["address", "imap_host", "smtp_host"],
            "properties": properties,
        })
    }

    fn validate_settings(&self, settings: &Value) -> Vec<SettingFault> {
        let mut faults = crate::settings::validate(&self.settings_schema(), settings);
        if faults.is_empty() {
            faults.extend(setup::faults(settings));
        }
        faults
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
        poll::poll(&Setup::read(account)?, account, cursor, http).await
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
        let setup = Setup::read(account)?;
        let mut findings = Vec::new();
        for tried in [
            imap::probe(&setup, http).await,
            smtp::probe(&setup, http).await,
        ] {
            let class = match tried {
                Ok(()) => continue,
                Err(SendError::AuthBroken(_)) => FindingClass::Token,
                Err(SendError::Forbidden(_)) => FindingClass::Permission,
                Err(error) => return Err(error),
            };
            let detail = tried.err().map(|error| error.detail().to_owned());
            findings.push(Finding {
                class,
                detail: detail.unwrap_or_default(),
            });
        }
        Ok(findings)
    }

    fn renew_at(&self, account: &Account) -> Option<Timestamp> {
        oauth::renew_at(account)
    }

    async fn renew(&self, account: &Account, http: &Http) -> Result<Value, SendError> {
        oauth::renew(account, http).await
    }

    fn connecting(&self, settings: &Value) -> Option<Connecting> {
        consent::connecting(settings)
    }

    async fn authorise(
        &self,
        account: &Account,
        attempt: &Attempt,
        _: &Http,
    ) -> Result<Authorisation, ConnectError> {
        consent::authorise(account, attempt)
    }

    async fn connect(
        &self,
        account: &Account,
        agreement: &Agreement,
        http: &Http,
    ) -> Result<Connected, ConnectError> {
        consent::connect(account, agreement, http).await
    }

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(&Setup::read(account)?, account, outbound, http).await
    }

    fn patience(&self) -> Duration {
        // As long as mail servers keep a mail that the next one does not take yet.
        Duration::from_hours(5 * 24)
    }

    fn can_look_up(&self, account: &Account) -> bool {
        account.setting("sent_folder").is_some()
    }

    async fn look_up(
        &self,
        account: &Account,
        message_id: &str,
        http: &Http,
    ) -> Result<Option<Receipt>, SendError> {
        outbound::look_up(&Setup::read(account)?, account, message_id, http).await
    }
}

/// The fields of the settings form, without their titles.
fn fields() -> Vec<(&'static str, Value)> {
    let text = || json!({"type": "string"});
    let secret = || json!({"type": "string", "secret": true});
    let port =
        |usual: u16| json!({"type": "integer", "minimum": 1, "maximum": 65535, "default": usual});
    let security =
        || json!({"type": "string", "enum": ["tls", "starttls", "none"], "default": "tls"});
    vec![
        ("address", text()),
        ("name", text()),
        ("imap_host", text()),
        ("imap_port", port(993)),
        ("imap_security", security()),
        ("username", text()),
        ("password", secret()),
        ("folder", json!({"type": "string", "default": "INBOX"})),
        ("sent_folder", text()),
        (
            "sent_by_server",
            json!({"type": "boolean", "default": false}),
        ),
        ("smtp_host", text()),
        ("smtp_port", port(465)),
        ("smtp_security", security()),
        ("smtp_username", text()),
        ("smtp_password", secret()),
        (
            "oauth_provider",
            json!({"type": "string", "enum": ["google", "microsoft"]}),
        ),
        (
            "oauth_token_url",
            json!({"type": "string", "format": "uri"}),
        ),
        ("oauth_client_id", text()),
        ("oauth_client_secret", secret()),
        ("refresh_token", secret()),
        ("reply_pattern", text()),
        (
            "mails_trouble",
            json!({"type": "boolean", "default": false}),
        ),
        (
            "own_addresses",
            json!({"type": "array", "items": {"type": "string"}}),
        ),
        (
            "history_days",
            json!({"type": "integer", "minimum": 0, "maximum": 3650, "default": 30}),
        ),
        ("certificate", json!({"type": "string", "multiline": true})),
        ("dkim_domain", text()),
        ("dkim_selector", text()),
        (
            "dkim_key",
            json!({"type": "string", "secret": true, "multiline": true}),
        ),
    ]
}

#[cfg(test)]
mod tests;
