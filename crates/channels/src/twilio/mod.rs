//! SMS, and WhatsApp under the same roof, by Twilio: signed forms at our hook, the list of messages
//! for history and gaps, and what became of each message of ours.

mod inbound;
mod outbound;
mod poll;
mod request;
mod wire;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{
    Capabilities, Counting, IdentityRealm, IntakeWay, SideCapabilities, Tells,
};
use crate::delivery::{
    Account, DeliveryKey, Finding, FindingClass, HookAnswer, Polled, RawDelivery, VerifyError,
};
use crate::http::{Http, HttpError, Request};
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{Outbound, Receipt, SendError};

const DEFAULT_BASE: &str = "https://api.twilio.com";
const VERSION: &str = "2010-04-01";

/// The channel of Twilio.
pub struct Twilio;

const SIDE: SideCapabilities = SideCapabilities {
    send: true,
    length: Some(1_600),
    counts: Counting::Sms,
    tells: Tells {
        attachments: true,
        arrivals: true,
        ..Tells::NOTHING
    },
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    private: Some(SIDE),
    intake: IntakeWay::Push,
    look_up: true,
    fills_gaps: true,
    identity_realm: IdentityRealm::Network,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

/// Returns where Twilio's interface begins, without a path.
fn origin(account: &Account) -> &str {
    account
        .setting("base_url")
        .unwrap_or(DEFAULT_BASE)
        .trim_end_matches('/')
}

/// Returns an address below that of the account.
fn address(account: &Account, path: &str) -> Result<String, SendError> {
    let sid = account
        .setting("account_sid")
        .ok_or_else(|| SendError::AuthBroken("the inbox has no account".to_owned()))?;
    Ok(format!(
        "{}/{VERSION}/Accounts/{sid}{path}",
        origin(account)
    ))
}

/// Says who asks: a key where there is one, which can be taken back alone, else the account.
fn authorised(account: &Account, request: Request) -> Result<Request, SendError> {
    let key = account.setting("api_key").zip(account.secret("api_secret"));
    let (name, secret) = key
        .or_else(|| {
            account
                .setting("account_sid")
                .zip(account.secret("auth_token"))
        })
        .ok_or_else(|| SendError::AuthBroken("the inbox has no token".to_owned()))?;
    let basic = STANDARD.encode(format!("{name}:{secret}"));
    Ok(request.header("authorization", format!("Basic {basic}")))
}

#[async_trait]
impl Channel for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let field = |name: &str| {
            json!({
                "type": "string",
                "title": format!("channel.twilio.{name}.title"),
                "description": format!("channel.twilio.{name}.description"),
            })
        };
        let with = |mut field: Value, name: &str, value: Value| {
            field[name] = value;
            field
        };
        let base_url = with(field("base_url"), "format", json!("uri"));
        json!({
            "type": "object",
            "required": ["account_sid", "auth_token"],
            "properties": {
                "account_sid": field("account_sid"),
                "auth_token": with(field("auth_token"), "secret", json!(true)),
                "number": field("number"),
                "messaging_service": field("messaging_service"),
                "api_key": field("api_key"),
                "api_secret": with(field("api_secret"), "secret", json!(true)),
                "base_url": with(base_url, "default", json!(DEFAULT_BASE)),
            },
        })
    }

    /// An empty answer: what we say goes out by itself, later.
    fn acknowledgement(&self) -> HookAnswer {
        HookAnswer {
            status: 200,
            media_type: "text/xml",
            body: "<Response></Response>".to_owned(),
        }
    }

    fn verify(&self, account: &Account, raw: &RawDelivery) -> Result<DeliveryKey, VerifyError> {
        request::verify(account, raw)?;
        let form = request::read_form(&raw.body);
        let sid = inbound::field(&form, "MessageSid").map_or_else(
            || crate::signature::sha256_hex(&raw.body),
            |sid| sid.chars().take(100).collect(),
        );
        Ok(match inbound::field(&form, "MessageStatus") {
            Some(status) => DeliveryKey {
                kind: wire::STATUS.to_owned(),
                key: format!("{sid} {}", status.chars().take(50).collect::<String>()),
            },
            None => DeliveryKey {
                kind: wire::MESSAGE.to_owned(),
                key: sid,
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

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        let request = authorised(account, Request::get(address(account, ".json")?))?;
        let answer = http.send(request).await.map_err(HttpError::when_asking)?;
        let found = |class, detail: String| Ok(vec![Finding { class, detail }]);
        if !matches!(answer.status, 200..=299) {
            return match outbound::refusal(account, &answer) {
                SendError::AuthBroken(detail) => found(FindingClass::Token, detail),
                SendError::Forbidden(detail) => found(FindingClass::Permission, detail),
                error => Err(error),
            };
        }
        match answer.json()?["status"].as_str() {
            Some("active") => Ok(Vec::new()),
            Some(status) => found(FindingClass::Restricted, format!("the account is {status}")),
            None => Err(SendError::Unreadable(
                "the account has no status".to_owned(),
            )),
        }
    }

    /// Files of messages open with the account's token where the account is set so.
    async fn file_request(
        &self,
        account: &Account,
        address: &str,
        _: &Http,
    ) -> Result<Request, SendError> {
        let request = Request::get(address);
        let is_theirs = address.starts_with(&format!("{}/", origin(account)));
        if is_theirs {
            authorised(account, request)
        } else {
            Ok(request)
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
