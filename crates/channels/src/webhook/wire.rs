//! The JSON of the signed webhook, as the handbook documents it.

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The most items that one delivery may hold.
pub(super) const MOST_ITEMS: usize = 1_000;

/// What we POST to the answer address.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) message_id: &'a str,
    /// The network's id of what is edited, deleted or reacted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reaction: Option<&'a str>,
    pub(super) visibility: &'static str,
    pub(super) in_reply_to: Option<&'a str>,
    pub(super) thread: Option<&'a str>,
    pub(super) recipient: Option<&'a str>,
    pub(super) author: Author<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attachments: Vec<Attachment<'a>>,
}

/// Under which name an answer leaves.
#[derive(Serialize)]
pub(super) struct Author<'a> {
    pub(super) signature: Option<&'a str>,
}

/// A file of ours, its bytes in base64.
#[derive(Serialize)]
pub(super) struct Attachment<'a> {
    pub(super) name: &'a str,
    pub(super) media_type: &'a str,
    pub(super) size: usize,
    /// What it shows, for those who do not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alt: Option<&'a str>,
    pub(super) content: String,
}

/// What the receiver answers; its id may be a number.
#[derive(Deserialize)]
pub(super) struct Received {
    pub(super) id: Option<serde_json::Value>,
    pub(super) time: Option<Timestamp>,
    pub(super) url: Option<String>,
}

/// What the receiver says about a refusal.
#[derive(Deserialize)]
pub(super) struct Refused {
    pub(super) detail: String,
}
