//! The JSON of AT Protocol and Bluesky as far as it is read; everything unknown is passed over.

use kulant_model::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::fields::or_default;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    pub(super) access_jwt: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) refresh_jwt: String,
    pub(super) did: String,
}

/// What a token says of itself.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) exp: i64,
}

/// What the server says about a refusal.
#[derive(Deserialize)]
pub(super) struct Refused {
    pub(super) error: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) message: String,
}

/// Somebody.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) did: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) handle: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification {
    pub(super) uri: String,
    pub(super) author: Person,
    pub(super) reason: String,
    #[serde(default)]
    pub(super) reason_subject: Option<String>,
    #[serde(default)]
    pub(super) record: Value,
    pub(super) indexed_at: Timestamp,
}

/// A post as it is looked up or found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostView {
    pub(super) uri: String,
    pub(super) cid: String,
    pub(super) author: Person,
    pub(super) record: Value,
    pub(super) indexed_at: Timestamp,
}

/// What somebody wrote.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) text: String,
    #[serde(default)]
    pub(super) created_at: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) facets: Vec<Facet>,
    #[serde(default)]
    pub(super) reply: Option<ReplyRef>,
    #[serde(default)]
    pub(super) embed: Value,
}

/// What a stretch of text means.
#[derive(Deserialize)]
pub(super) struct Facet {
    pub(super) index: Stretch,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) features: Vec<Feature>,
}

/// From which byte to which.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stretch {
    pub(super) byte_start: usize,
    pub(super) byte_end: usize,
}

#[derive(Deserialize)]
pub(super) struct Feature {
    #[serde(default)]
    pub(super) did: Option<String>,
    #[serde(default)]
    pub(super) uri: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ReplyRef {
    pub(super) root: StrongRef,
    pub(super) parent: StrongRef,
}

/// Names one version of a record.
#[derive(Deserialize, Clone)]
pub(super) struct StrongRef {
    pub(super) uri: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cid: String,
}

#[derive(Deserialize)]
pub(super) struct Stored {
    pub(super) uri: String,
    #[serde(default)]
    pub(super) value: Value,
}

/// One line of the log of direct messages.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogLine {
    #[serde(rename = "$type", default, deserialize_with = "or_default")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) convo_id: String,
    #[serde(default)]
    pub(super) message: Option<ChatMessage>,
    #[serde(default)]
    pub(super) reaction: Option<ChatReaction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChatMessage {
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) facets: Vec<Facet>,
    pub(super) sender: Sender,
    pub(super) sent_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChatReaction {
    pub(super) value: String,
    pub(super) sender: Sender,
    #[serde(default)]
    pub(super) created_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Sender {
    pub(super) did: String,
}

/// One event of Jetstream.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) did: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) time_us: i64,
    #[serde(default)]
    pub(super) commit: Option<Commit>,
    #[serde(default)]
    pub(super) account: Option<AccountState>,
    /// What the author is called; put there by whoever listened, because the stream does not say.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) profile: Option<Person>,
}

#[derive(Deserialize)]
pub(super) struct Commit {
    pub(super) operation: String,
    pub(super) collection: String,
    pub(super) rkey: String,
    #[serde(default)]
    pub(super) record: Value,
}

#[derive(Deserialize)]
pub(super) struct AccountState {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) active: bool,
    #[serde(default)]
    pub(super) status: Option<String>,
}
