//! The forms and the JSON of Twilio's messages, as far as they are read.

use serde::{Deserialize, Serialize};

/// The kind of a delivery that is a message pushed to our hook.
pub(super) const MESSAGE: &str = "message";
/// The kind of a delivery that says what became of a message of ours.
pub(super) const STATUS: &str = "status";
/// The kind of a delivery that is a message as the list of messages gives it.
pub(super) const LISTED: &str = "listed";

/// The name under which the address for a status carries our own message id.
pub(super) const OUR_MESSAGE: &str = "message";

/// One message of the list, or the answer to a message sent.
#[derive(Deserialize)]
pub(super) struct Record {
    pub(super) sid: String,
    #[serde(default)]
    pub(super) direction: String,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) body: Option<String>,
    pub(super) date_created: Option<String>,
    pub(super) date_sent: Option<String>,
    /// Twilio writes this number as a text.
    pub(super) num_media: Option<String>,
    /// Filled by a poll, which asks for the files of each message.
    #[serde(default)]
    pub(super) media: Vec<Media>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Media {
    pub(super) url: String,
    pub(super) content_type: String,
}

/// One page of the list of messages.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) messages: Vec<serde_json::Value>,
    pub(super) next_page_uri: Option<String>,
}

/// The files of one message.
#[derive(Deserialize)]
pub(super) struct MediaPage {
    #[serde(default)]
    pub(super) media_list: Vec<MediaRecord>,
}

#[derive(Deserialize)]
pub(super) struct MediaRecord {
    pub(super) uri: String,
    #[serde(default)]
    pub(super) content_type: String,
}

/// A refusal.
#[derive(Deserialize, Default)]
pub(super) struct Refused {
    pub(super) code: Option<u32>,
    #[serde(default)]
    pub(super) message: String,
}

/// What a poll remembers.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Cursor {
    /// Up to which second messages were seen.
    pub(super) until: Option<i64>,
    /// The messages of the last while, newest last.
    #[serde(default)]
    pub(super) seen: Vec<String>,
}

/// Returns the key of the private thread between a number of ours and one of somebody's.
pub(super) fn thread(ours: &str, theirs: &str) -> String {
    format!("{ours}/{theirs}")
}
