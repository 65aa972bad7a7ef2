//! The JSON of App Store Connect's customer reviews, as far as it is read.

use serde::Deserialize;
use serde_json::Value;

use crate::fields::or_default;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct List {
    #[serde(deserialize_with = "or_default")]
    pub(super) data: Vec<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) included: Vec<Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) links: Links,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Links {
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) attributes: Attributes,
    /// Put beside the review by us; Apple gives all answers of a page in a list of their own.
    pub(super) response: Option<Response>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attributes {
    pub(super) rating: Option<u64>,
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) body: String,
    pub(super) reviewer_nickname: Option<String>,
    pub(super) created_date: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Response {
    pub(super) id: String,
    pub(super) attributes: ResponseAttributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponseAttributes {
    #[serde(default)]
    pub(super) response_body: String,
    pub(super) last_modified_date: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Single {
    pub(super) data: Response,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Refused {
    pub(super) errors: Vec<Refusal>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Refusal {
    pub(super) title: String,
    pub(super) detail: String,
}
