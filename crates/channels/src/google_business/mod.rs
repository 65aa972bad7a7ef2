//! Google Business Profile: what people write of one place on Google's map, and our one answer to each.
//! Needs no public address.

mod connect;
mod inbound;
mod outbound;
mod wire;

use async_trait::async_trait;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{Capabilities, Counting, IntakeWay, SideCapabilities};
use crate::connect::{Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting};
use crate::delivery::{Account, Finding, FindingClass, Polled, RawDelivery};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{LOOKS_AT_ONCE, Outbound, Receipt, SendError};
use crate::review::{Page, Review, Source};
use crate::{google, oauth, review};

const BASE_URL: &str = "https://mybusiness.googleapis.com";
const SCOPE: &str = "https://www.googleapis.com/auth/business.manage";

/// The channel of reviews at Google Business Profile.
pub struct GoogleBusiness;

const PUBLIC: SideCapabilities = SideCapabilities {
    send: true,
    counts: Counting::Bytes,
    // Not confirmed by the network's documentation.
    length: Some(4_096),
    edit: true,
    delete: true,
    ..SideCapabilities::READ_ONLY
};

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(PUBLIC),
    intake: IntakeWay::Poll,
    look_up: true,
    fills_gaps: true,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

/// Writes an address below the reviews of the place.
fn address(account: &Account, path: &str) -> Result<String, SendError> {
    let base = account.setting("base_url").unwrap_or(BASE_URL);
    let setting = |name: &str| {
        account
            .setting(name)
            .ok_or_else(|| SendError::Forbidden(format!("the inbox has no {name}")))
    };
    Ok(format!(
        "{}/v4/accounts/{}/locations/{}/reviews{path}",
        base.trim_end_matches('/'),
        setting("account_id")?,
        setting("location_id")?
    ))
}

/// The list of a place's reviews.
struct Reviews<'a> {
    account: &'a Account,
    http: &'a Http,
}

#[async_trait]
impl Source for Reviews<'_> {
    fn is_complete(&self) -> bool {
        true
    }

    async fn page(&self, token: Option<&str>) -> Result<Page, SendError> {
        let token = token.map_or(String::new(), |token| {
            let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            format!("&pageToken={token}")
        });
        let path = format!("?pageSize=50&orderBy=updateTime%20desc{token}");
        let address = address(self.account, &path)?;
        let list: wire::List = google::ask_for(self.account, address, self.http).await?;
        Ok(Page {
            items: list.reviews,
            next: list.next_page_token.filter(|token| !token.is_empty()),
        })
    }

    fn read(&self, item: &Value) -> Result<Review, TranslateError> {
        inbound::read(item)
    }
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
impl Channel for GoogleBusiness {
    fn name(&self) -> &'static str {
        "google_business"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let setting = |name: &str, mut more: Value| {
            more["title"] = json!(format!("channel.google_business.{name}.title"));
            more["description"] = json!(format!("channel.google_business.{name}.description"));
            more
        };
        let text = || json!({"type": "string"});
        let secret = || json!({"type": "string", "secret": true});
        let address =
            |default: &str| json!({"type": "string", "format": "uri", "default": default});
        json!({
            "type": "object",
            "required": ["account_id", "location_id", "client_id", "client_secret", "refresh_token"],
            "properties": {
                "account_id": setting("account_id", text()),
                "location_id": setting("location_id", text()),
                "client_id": setting("client_id", text()),
                "client_secret": setting("client_secret", secret()),
                "refresh_token": setting("refresh_token", secret()),
                "poll_seconds": setting("poll_seconds", json!({
                    "type": "integer", "minimum": 60, "maximum": 3_600, "default": 900,
                })),
                "base_url": setting("base_url", address(BASE_URL)),
                "token_url": setting("token_url", address(google::TOKEN_URL)),
                "authorise_url": setting("authorise_url", address(google::AUTHORISE_URL)),
            },
        })
    }

    fn translate(&self, _: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
        review::translate(raw, inbound::read)
    }

    async fn poll(
        &self,
        account: &Account,
        cursor: Option<&str>,
        http: &Http,
    ) -> Result<Polled, SendError> {
        review::poll(account, cursor, &Reviews { account, http }).await
    }

    async fn probe(&self, account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
        let found = |class, detail| Ok(vec![Finding { class, detail }]);
        if oauth::granted_scopes(account).is_some_and(|granted| !granted.contains(&SCOPE)) {
            return found(FindingClass::Permission, SCOPE.to_owned());
        }
        let address = address(account, "?pageSize=1")?;
        match google::ask_for::<Value>(account, address, http).await {
            Ok(_) => Ok(Vec::new()),
            Err(SendError::AuthBroken(detail)) => found(FindingClass::Token, detail),
            Err(SendError::Forbidden(detail) | SendError::RecipientGone(detail)) => {
                found(FindingClass::Permission, detail)
            }
            Err(error) => Err(error),
        }
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

    async fn send(
        &self,
        account: &Account,
        outbound: &Outbound,
        http: &Http,
    ) -> Result<Receipt, SendError> {
        outbound::send(account, outbound, http).await
    }

    fn looks_after(&self, _: &Account, _: &Outbound) -> &'static [u64] {
        // A second answer takes the place of the first.
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
