//! The JSON of X, as far as it is read: its second interface, and the older shapes of Account Activity.

use serde::Deserialize;
use serde_json::Value;

use crate::fields::or_default;

/// A list of things, with what they refer to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Page {
    #[serde(deserialize_with = "or_default")]
    pub(super) data: Vec<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) includes: Includes,
    #[serde(deserialize_with = "or_default")]
    pub(super) meta: Meta,
    #[serde(deserialize_with = "or_default")]
    pub(super) errors: Vec<Problem>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Meta {
    pub(super) next_token: Option<String>,
}

/// What a list refers to; kept as it came, because some events wrap it once more.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Includes {
    #[serde(deserialize_with = "or_default")]
    pub(super) users: Vec<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) media: Vec<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) tweets: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) username: String,
}

#[derive(Deserialize)]
pub(super) struct Tweet {
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) text: String,
    pub(super) author_id: Option<String>,
    pub(super) created_at: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) entities: Entities,
    /// Every version of it, the first one first.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) edit_history_tweet_ids: Vec<String>,
    pub(super) in_reply_to_tweet_id: Option<String>,
    #[serde(default, alias = "referenced_posts", deserialize_with = "or_default")]
    pub(super) referenced_tweets: Vec<Reference>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) attachments: Attached,
    /// The whole text of a long post.
    #[serde(rename = "note_tweet")]
    pub(super) note: Option<Note>,
}

#[derive(Deserialize)]
pub(super) struct Note {
    #[serde(default)]
    pub(super) text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) entities: Entities,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Entities {
    #[serde(deserialize_with = "or_default")]
    pub(super) mentions: Vec<Mention>,
    #[serde(deserialize_with = "or_default")]
    pub(super) urls: Vec<Link>,
}

#[derive(Deserialize)]
pub(super) struct Mention {
    #[serde(default, alias = "id_str", deserialize_with = "or_default")]
    pub(super) id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    pub(super) url: String,
    pub(super) expanded_url: Option<String>,
    /// Set where the link is a picture of the post itself.
    pub(super) media_key: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Attached {
    #[serde(deserialize_with = "or_default")]
    pub(super) media_keys: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Media {
    #[serde(rename = "media_key")]
    pub(super) key: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) url: Option<String>,
    pub(super) preview_image_url: Option<String>,
    pub(super) alt_text: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) variants: Vec<Variant>,
}

/// One file of a film.
#[derive(Deserialize)]
pub(super) struct Variant {
    #[serde(default, alias = "bitrate")]
    pub(super) bit_rate: Option<u64>,
    #[serde(default)]
    pub(super) content_type: String,
    pub(super) url: Option<String>,
}

/// A direct message.
#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) event_type: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) text: String,
    pub(super) sender_id: Option<String>,
    pub(super) dm_conversation_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) participant_ids: Vec<String>,
    pub(super) created_at: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) attachments: Attached,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) entities: Entities,
}

/// An event of the Activity API.
#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "event_type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) filter: Filter,
    #[serde(default)]
    pub(super) payload: Value,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) includes: Includes,
}

#[derive(Deserialize, Default)]
pub(super) struct Filter {
    pub(super) user_id: Option<String>,
}

/// What X says where something is wrong.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Problem {
    pub(super) title: Option<String>,
    pub(super) detail: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) resource_id: Option<String>,
    /// The older shape.
    pub(super) message: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) errors: Vec<Problem>,
}

/// The last word of the address that names a kind of problem.
pub(super) fn slug(kind: Option<&str>) -> &str {
    kind.unwrap_or_default()
        .rsplit('/')
        .next()
        .unwrap_or_default()
}
