//! The JSON of Google Play's reviews, as far as it is read.

use serde::Deserialize;
use serde_json::Value;

use crate::fields::or_default;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct List {
    #[serde(deserialize_with = "or_default")]
    pub(super) reviews: Vec<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) token_pagination: Pagination,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Pagination {
    pub(super) next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) review_id: String,
    pub(super) author_name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) comments: Vec<Entry>,
}

/// What either side said; one of the two is there.
#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "userComment")]
    pub(super) user: Option<Said>,
    #[serde(rename = "developerComment")]
    pub(super) developer: Option<Said>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Said {
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) last_modified: Moment,
    pub(super) star_rating: Option<u64>,
}

/// Seconds, which Google writes as a text.
#[derive(Deserialize, Default)]
pub(super) struct Moment {
    #[serde(default)]
    pub(super) seconds: Value,
}

/// The answer to an answer.
#[derive(Deserialize)]
pub(super) struct Replied {
    pub(super) result: ReplyResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReplyResult {
    #[serde(default)]
    pub(super) last_edited: Moment,
}
