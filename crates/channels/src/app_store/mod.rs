//! Apple's App Store: what people write of one app, and our one answer to each. Needs no public address.

mod ask;
mod inbound;
mod outbound;
mod wire;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{Capabilities, Counting, IntakeWay, SideCapabilities};
use crate::delivery::{Account, Finding, FindingClass, Polled, RawDelivery};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::{LOOKS_AT_ONCE, Outbound, Receipt, SendError};
use crate::review;
use crate::review::{Page, Review, Source};

const BASE_URL: &str = "https://api.appstoreconnect.apple.com";

/// The channel of reviews in Apple's App Store.
pub struct AppStore;

const PUBLIC: SideCapabilities = SideCapabilities {
    send: true,
    // Not confirmed by the network's documentation.
    length: Some(5_970),
    counts: Counting::Characters,
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

fn reviews(account: &Account, query: &str) -> Result<String, SendError> {
    let app = account
        .setting("app_id")
        .ok_or_else(|| SendError::Forbidden("the inbox has no app".to_owned()))?;
    Ok(ask::address(
        account,
        &format!("/v1/apps/{app}/customerReviews?{query}"),
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
        true
    }

    async fn page(&self, token: Option<&str>) -> Result<Page, SendError> {
        let address = match token {
            Some(next) => next.to_owned(),
            None => reviews(self.account, "sort=-createdDate&limit=200&include=response")?,
        };
        // The next page stands as a whole address; our token goes to Apple's alone.
        if !address.starts_with(&ask::address(self.account, "/")) {
            let detail = "the next page is somewhere else".to_owned();
            return Err(SendError::Unreadable(detail));
        }
        let list: wire::List = ask::ask_for(self.account, address, self.http).await?;
        let answers = list.included;
        let beside = |mut item: Value| {
            let response = item.pointer("/relationships/response/data/id").cloned();
            let known = answers
                .iter()
                .find(|answer| response.is_some() && answer.get("id") == response.as_ref());
            if let (Some(known), Some(fields)) = (known, item.as_object_mut()) {
                fields.insert("response".to_owned(), known.clone());
            }
            item
        };
        Ok(Page {
            items: list.data.into_iter().map(beside).collect(),
            next: list.links.next,
        })
    }

    fn read(&self, item: &Value) -> Result<Review, TranslateError> {
        inbound::read(item)
    }
}

#[async_trait]
impl Channel for AppStore {
    fn name(&self) -> &'static str {
        "app_store"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn settings_schema(&self) -> Value {
        let setting = |name: &str, mut more: Value| {
            more["title"] = json!(format!("channel.app_store.{name}.title"));
            more["description"] = json!(format!("channel.app_store.{name}.description"));
            more
        };
        let text = || json!({"type": "string"});
        json!({
            "type": "object",
            "required": ["app_id", "issuer_id", "key_id", "private_key"],
            "properties": {
                "app_id": setting("app_id", text()),
                "issuer_id": setting("issuer_id", text()),
                "key_id": setting("key_id", text()),
                "private_key": setting("private_key", json!({
                    "type": "string", "secret": true, "multiline": true,
                })),
                "poll_seconds": setting("poll_seconds", json!({
                    "type": "integer", "minimum": 60, "maximum": 3_600, "default": 900,
                })),
                "base_url": setting("base_url", json!({
                    "type": "string", "format": "uri", "default": BASE_URL,
                })),
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
        match ask::ask_for::<Value>(account, reviews(account, "limit=1")?, http).await {
            Ok(_) => Ok(Vec::new()),
            Err(SendError::AuthBroken(detail)) => found(FindingClass::Token, detail),
            Err(SendError::Forbidden(detail) | SendError::RecipientGone(detail)) => {
                found(FindingClass::Permission, detail)
            }
            Err(error) => Err(error),
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
