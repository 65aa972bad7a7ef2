//! Feeds: RSS, Atom and JSON Feed of blogs and news, with the comments below their items.
//! Asked every while, politely; there is no way to answer but to open the page.

mod inbound;
mod parse;
mod poll;
mod wire;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::Channel;
use crate::capability::{Capabilities, IntakeWay, SideCapabilities, Tells};
use crate::delivery::{Account, Polled, RawDelivery};
use crate::http::Http;
use crate::inbound::{TranslateError, Translation};
use crate::outbound::SendError;

/// The channel of feeds.
pub struct Feed;

static CAPABILITIES: Capabilities = Capabilities {
    public: Some(SideCapabilities {
        reason: Some("channel.feed.reason.open_link"),
        tells: Tells {
            edits: true,
            attachments: true,
            ..Tells::NOTHING
        },
        ..SideCapabilities::READ_ONLY
    }),
    intake: IntakeWay::Poll,
    checked_on: "2026-11-22",
    ..Capabilities::NONE
};

#[async_trait]
impl Channel for Feed {
    fn name(&self) -> &'static str {
        "feed"
    }

    fn capabilities(&self) -> &'static Capabilities {
        &CAPABILITIES
    }

    fn coverage(&self) -> &'static str {
        "channel.coverage.feed"
    }

    fn settings_schema(&self) -> Value {
        json!({
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": {
                    "type": "string",
                    "format": "uri",
                    "title": "channel.feed.url.title",
                    "description": "channel.feed.url.description",
                },
                "minutes": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 1440,
                    "default": 15,
                    "title": "channel.feed.minutes.title",
                    "description": "channel.feed.minutes.description",
                },
                "comments": {
                    "type": "boolean",
                    "default": true,
                    "title": "channel.feed.comments.title",
                    "description": "channel.feed.comments.description",
                },
                "only_listen": {
                    "type": "boolean",
                    "default": false,
                    "title": "channel.feed.only_listen.title",
                    "description": "channel.feed.only_listen.description",
                },
                "own": {
                    "type": "boolean",
                    "default": false,
                    "title": "channel.feed.own.title",
                    "description": "channel.feed.own.description",
                },
                "own_authors": {
                    "type": "array",
                    "items": {"type": "string"},
                    "title": "channel.feed.own_authors.title",
                    "description": "channel.feed.own_authors.description",
                },
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

    fn only_listens(&self, account: &Account) -> bool {
        account.switch("only_listen").unwrap_or(false)
    }

    async fn poll(
        &self,
        account: &Account,
        cursor: Option<&str>,
        http: &Http,
    ) -> Result<Polled, SendError> {
        poll::poll(account, cursor, http).await
    }
}

/// Reads bytes as a feed and as a page, for the test that nothing makes either panic.
#[cfg(test)]
pub(crate) fn read_anything(bytes: &[u8]) {
    let _ = parse::parse(bytes, "https://a.example/");
    let _ = parse::find_feed_in_page(bytes, "https://a.example/");
}

#[cfg(test)]
mod tests;
