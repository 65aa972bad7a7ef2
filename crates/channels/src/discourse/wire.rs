//! The JSON of Discourse, as far as it is read. A post is known by its topic and its number in it,
//! which is how posts name each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The header that names an event.
pub(super) const EVENT_HEADER: &str = "x-discourse-event";
/// The header by which an event is the same when it comes again.
pub(super) const EVENT_ID_HEADER: &str = "x-discourse-event-id";
pub(super) const SIGNATURE_HEADER: &str = "x-discourse-event-signature";

/// The kind of a delivery that holds a new post; a poll's are called the same.
pub(super) const POST_CREATED: &str = "post_created";

/// Posts of these kinds are words of people; others tell of topics moved and closed, or are staff's.
pub(super) const POST_TYPES: [i64; 2] = [1, 2];

/// What an event is about.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) post: Option<Post>,
    pub(super) like: Option<Like>,
    pub(super) user: Option<User>,
}

#[derive(Deserialize)]
pub(super) struct Like {
    pub(super) post: Post,
    pub(super) user: User,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) username: String,
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Post {
    pub(super) id: i64,
    pub(super) topic_id: i64,
    #[serde(rename = "post_number")]
    pub(super) number: i64,
    #[serde(default)]
    pub(super) user_id: i64,
    #[serde(default)]
    pub(super) username: String,
    pub(super) name: Option<String>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    #[serde(default)]
    pub(super) cooked: String,
    pub(super) raw: Option<String>,
    #[serde(rename = "post_type")]
    pub(super) kind: Option<i64>,
    #[serde(default)]
    pub(super) version: i64,
    pub(super) reply_to_post_number: Option<i64>,
    pub(super) reply_to_user: Option<ReplyTo>,
    pub(super) topic_slug: Option<String>,
    pub(super) topic_title: Option<String>,
    pub(super) topic_archetype: Option<String>,
    #[serde(default)]
    pub(super) user_deleted: bool,
    pub(super) deleted_at: Option<String>,
    #[serde(default)]
    pub(super) actions_summary: Vec<Action>,
}

/// What can be done to a post, such as liking it.
#[derive(Deserialize)]
pub(super) struct Action {
    pub(super) id: i64,
    /// Whether whoever asks did it already.
    #[serde(default)]
    pub(super) acted: bool,
}

#[derive(Deserialize)]
pub(super) struct ReplyTo {
    #[serde(default)]
    pub(super) username: String,
}

/// The newest posts of the whole forum.
#[derive(Deserialize)]
pub(super) struct Latest {
    #[serde(default)]
    pub(super) latest_posts: Vec<Value>,
}

/// The private topics of an account.
#[derive(Deserialize)]
pub(super) struct TopicPage {
    pub(super) topic_list: TopicList,
}

#[derive(Deserialize)]
pub(super) struct TopicList {
    #[serde(default)]
    pub(super) topics: Vec<Topic>,
    /// Where the next page is, if there is one.
    pub(super) more_topics_url: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Topic {
    pub(super) id: i64,
    pub(super) title: Option<String>,
    pub(super) last_posted_at: Option<String>,
}

/// A topic with its first posts and the ids of all, or some posts of it.
#[derive(Deserialize)]
pub(super) struct TopicView {
    pub(super) post_stream: PostStream,
}

#[derive(Deserialize)]
pub(super) struct PostStream {
    #[serde(default)]
    pub(super) posts: Vec<Value>,
    #[serde(default)]
    pub(super) stream: Vec<i64>,
}

/// What an upload is called inside a post.
#[derive(Deserialize)]
pub(super) struct Upload {
    pub(super) short_url: String,
}

/// A refusal.
#[derive(Deserialize, Default)]
pub(super) struct Refused {
    #[serde(default)]
    pub(super) errors: Vec<String>,
    #[serde(default)]
    pub(super) extras: Extras,
}

#[derive(Deserialize, Default)]
pub(super) struct Extras {
    pub(super) wait_seconds: Option<f64>,
}

/// What a poll remembers.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Cursor {
    /// The newest public post seen.
    pub(super) public: Option<i64>,
    /// What lies between two readings and was too much for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gap: Option<Gap>,
    /// The newest post seen in our private messages.
    pub(super) private: Option<i64>,
    /// The same of those that are being read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) private_newest: Option<i64>,
    /// Up to which second topics of private messages were listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) private_until: Option<i64>,
    /// Where listing them broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) listing: Option<Listing>,
    /// The topics of private messages that are still to be read, with their titles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) waiting: BTreeMap<i64, String>,
}

/// The next page of topics, and the newest second of those before it.
#[derive(Serialize, Deserialize, Clone, Copy, Default)]
pub(super) struct Listing {
    pub(super) page: u64,
    pub(super) newest: Option<i64>,
}

/// Public posts before one and after another that are still to be read.
#[derive(Serialize, Deserialize, Clone, Copy)]
pub(super) struct Gap {
    pub(super) before: i64,
    pub(super) after: Option<i64>,
}

/// Returns the id of a post.
pub(super) fn network_id(topic: i64, number: i64) -> String {
    format!("{topic}/{number}")
}

/// Reads the id of a post.
pub(super) fn read_id(id: &str) -> Option<(i64, i64)> {
    let (topic, number) = id.split_once('/')?;
    Some((topic.parse().ok()?, number.parse().ok()?))
}
