//! Google Play: what people write of one app, and our one answer to each. The list holds the last week
//! alone. Needs no public address.

mod inbound;
mod outbound;
mod wire;

use async_trait::async_trait;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{Capabilities, Counting, IntakeWay, SideCapabilities};
use crate::delivery::{Account, Finding, FindingClass, Polled, RawDelivery};
use crate::http::{Http, Request};
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{LOOKS_AT_ONCE, Outbound, Receipt, SendError};
use crate::review::{Page, Review, Source};
use crate::{google, jwt, oauth, review};

const BASE_URL: &str = "https://androidpublisher.googleapis.com";
const SCOPE: &str = "https://www.googleapis.com/auth/androidpublisher";
/// How long a token signed by us may be used to ask for one of theirs.
const SIGNED_SECONDS: i64 = 3_600;

/// The channel of reviews at Google Play.
pub struct GooglePlay;

const PUBLIC: SideCapabilities = SideCapabilities {
    send: true,
    length: Some(350),
    counts: Counting::Characters,
    edit: true,
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

/// Writes an address below the app's reviews.
fn address(account: &Account, path: &str) -> Result<String, SendError> {
    let base = account.setting("base_url").unwrap_or(BASE_URL);
    let package = account
        .setting("package_name")
        .ok_or_else(|| SendError::Forbidden("the inbox has no app".to_owned()))?;
    Ok(format!(
        "{}/androidpublisher/v3/applications/{package}/reviews{path}",
        base.trim_end_matches('/')
    ))
}

/// The list of an app's reviews.
struct Reviews<'a> {
    account: &'a Account,
    http: &'a Http,
}

#[async_trait]
impl Source for Reviews<'_> {
    fn is_complete(&self) -> bool {
        false
    }

    async fn page(&self, token: Option<&str>) -> Result<Page, SendError> {
        let token = token.map_or(String::new(), |token| {
            let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            format!("&token={token}")
        });
        let address = address(self.account, &format!("?maxResults=100{token}"))?;
        let list: wire::List = google::ask_for(self.account, address, self.http).await?;
        Ok(Page {
            items: list.reviews,
            next: list.token_pagination.next_page_token,
        })
    }

    fn read(&self, item: &Value) -> Result<Review, TranslateError> {
        inbound::read(item)
    }
}

#[async_trait]
impl Channel for GooglePlay {
    fn name(&self) -> &'static str {
        "google_play"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let setting = |name: &str, mut more: Value| {
            more["title"] = json!(format!("channel.google_play.{name}.title"));
            more["description"] = json!(format!("channel.google_play.{name}.description"));
            more
        };
        let address =
            |default: &str| json!({"type": "string", "format": "uri", "default": default});
        json!({
            "type": "object",
            "required": ["package_name", "service_account", "private_key"],
            "properties": {
                "package_name": setting("package_name", json!({"type": "string"})),
                "service_account": setting("service_account", json!({"type": "string"})),
                "private_key": setting("private_key", json!({
                    "type": "string", "secret": true, "multiline": true,
                })),
                "poll_seconds": setting("poll_seconds", json!({
                    "type": "integer", "minimum": 60, "maximum": 3_600, "default": 900,
                })),
                "base_url": setting("base_url", address(BASE_URL)),
                "token_url": setting("token_url", address(google::TOKEN_URL)),
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
        let address = address(account, "?maxResults=1")?;
        let found = |class, detail| Ok(vec![Finding { class, detail }]);
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
        account.secret("private_key")?;
        let until = oauth::until(account);
        Some(until.map_or(account.now, |until| until.before(oauth::EARLY)))
    }

    /// Asks for a token in the name of the service account, which proves itself by its key.
    async fn renew(&self, account: &Account, http: &Http) -> Result<Value, SendError> {
        let missing = |name: &str| SendError::AuthBroken(format!("{name} is missing"));
        let who = account
            .setting("service_account")
            .ok_or_else(|| missing("service_account"))?;
        let key = account
            .secret("private_key")
            .ok_or_else(|| missing("private_key"))?;
        let token_url = account.setting("token_url").unwrap_or(google::TOKEN_URL);
        let now = account.now.as_seconds();
        let claims = json!({"iss": who, "scope": SCOPE, "aud": token_url,
            "iat": now, "exp": now + SIGNED_SECONDS});
        let signed = jwt::signed(key, None, &claims)?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", signed.as_str()),
        ];
        oauth::fetch(account, Request::post_form(token_url, &fields), http).await
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
