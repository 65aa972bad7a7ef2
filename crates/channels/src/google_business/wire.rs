//! The JSON of reviews at Google Business Profile, as far as it is read.

use serde::Deserialize;
use serde_json::Value;

use crate::fields::or_default;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct List {
    #[serde(deserialize_with = "or_default")]
    pub(super) reviews: Vec<Value>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) review_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) reviewer: Reviewer,
    /// A word: `ONE` to `FIVE`.
    #[serde(default)]
    pub(super) star_rating: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) comment: String,
    pub(super) create_time: Option<String>,
    pub(super) update_time: Option<String>,
    pub(super) review_reply: Option<Reply>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reviewer {
    pub(super) display_name: Option<String>,
    pub(super) is_anonymous: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    #[serde(default)]
    pub(super) comment: String,
    pub(super) update_time: Option<String>,
}
