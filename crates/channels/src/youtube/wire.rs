//! The JSON of YouTube's Data API, as far as it is read.

use serde::Deserialize;
use serde_json::Value;

use crate::fields::or_default;

/// A page of anything.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Page {
    #[serde(deserialize_with = "or_default")]
    pub(super) items: Vec<Value>,
    pub(super) next_page_token: Option<String>,
}

/// A comment below a video, with a few of the answers below it.
#[derive(Deserialize)]
pub(super) struct Thread {
    pub(super) id: String,
    pub(super) snippet: ThreadSnippet,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) replies: Replies,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThreadSnippet {
    pub(super) video_id: Option<String>,
    pub(super) top_level_comment: Comment,
    #[serde(default)]
    pub(super) total_reply_count: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Replies {
    #[serde(deserialize_with = "or_default")]
    pub(super) comments: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: String,
    pub(super) snippet: CommentSnippet,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentSnippet {
    pub(super) video_id: Option<String>,
    pub(super) parent_id: Option<String>,
    pub(super) text_original: Option<String>,
    pub(super) text_display: Option<String>,
    pub(super) author_display_name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) author_channel_id: AuthorChannel,
    pub(super) like_count: Option<u64>,
    pub(super) published_at: Option<String>,
    pub(super) updated_at: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AuthorChannel {
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Video {
    pub(super) id: String,
    pub(super) snippet: VideoSnippet,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) statistics: Statistics,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VideoSnippet {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) channel_id: String,
    #[serde(default)]
    pub(super) channel_title: String,
    pub(super) published_at: Option<String>,
}

/// YouTube writes these numbers as texts.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Statistics {
    #[serde(rename = "viewCount")]
    pub(super) views: Option<String>,
    #[serde(rename = "likeCount")]
    pub(super) likes: Option<String>,
    #[serde(rename = "commentCount")]
    pub(super) comments: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Refused {
    pub(super) error: Refusal,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) errors: Vec<Reason>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Reason {
    pub(super) reason: String,
}
