//! The JSON of Mastodon's API as far as it is read; everything unknown is passed over.

use kulant_model::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::fields::or_default;

/// A post.
#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) id: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) uri: Option<String>,
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) edited_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) in_reply_to_id: Option<String>,
    #[serde(default)]
    pub(super) in_reply_to_account_id: Option<String>,
    #[serde(default)]
    pub(super) visibility: Option<String>,
    /// HTML.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) content: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) spoiler_text: String,
    pub(super) account: Person,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) mentions: Vec<Mention>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) media_attachments: Vec<Media>,
    /// The post that is passed on, where this is nothing else.
    #[serde(default)]
    pub(super) reblog: Option<Value>,
    #[serde(default)]
    pub(super) quote: Option<Quote>,
}

/// An account as it stands in posts and notifications.
#[derive(Deserialize)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) acct: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) display_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) bot: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) suspended: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) limited: bool,
}

/// Somebody named in a post.
#[derive(Deserialize)]
pub(super) struct Mention {
    pub(super) id: String,
}

/// A picture, a film or a sound.
#[derive(Deserialize)]
pub(super) struct Media {
    pub(super) id: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) remote_url: Option<String>,
    /// What is to be seen, for those who do not see it.
    #[serde(default)]
    pub(super) description: Option<String>,
}

/// What a post quotes: the whole of it, or its id where quotes lie in quotes.
#[derive(Deserialize)]
pub(super) struct Quote {
    #[serde(default)]
    pub(super) quoted_status: Option<Identified>,
    #[serde(default)]
    pub(super) quoted_status_id: Option<String>,
}

/// Anything of which only the id is read.
#[derive(Deserialize)]
pub(super) struct Identified {
    pub(super) id: String,
}

/// A notification of any kind.
#[derive(Deserialize)]
pub(super) struct Notification {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) created_at: Timestamp,
    #[serde(default)]
    pub(super) account: Option<Person>,
    #[serde(default)]
    pub(super) status: Option<Value>,
}

/// One text of the stream.
#[derive(Deserialize)]
pub(super) struct Frame {
    #[serde(default)]
    pub(super) event: Option<String>,
    /// JSON written as a text, or the bare id of what was deleted.
    #[serde(default)]
    pub(super) payload: Option<String>,
    #[serde(default)]
    pub(super) error: Option<String>,
}

/// What the server says of itself.
#[derive(Deserialize)]
pub(super) struct Instance {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) configuration: Configuration,
}

#[derive(Deserialize, Default)]
pub(super) struct Configuration {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) statuses: StatusLimits,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) urls: Addresses,
}

#[derive(Deserialize, Default)]
pub(super) struct StatusLimits {
    #[serde(default)]
    pub(super) max_characters: Option<usize>,
}

#[derive(Deserialize, Default)]
pub(super) struct Addresses {
    #[serde(default)]
    pub(super) streaming: Option<String>,
}

/// The application that the token belongs to.
#[derive(Deserialize)]
pub(super) struct Application {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) scopes: Vec<String>,
}

/// What the server says about a refusal.
#[derive(Deserialize)]
pub(super) struct Refused {
    pub(super) error: String,
}
