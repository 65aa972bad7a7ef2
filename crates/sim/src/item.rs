//! What the network tells kulant: one item of the signed webhook format. Only its shape.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// Milliseconds since 1970, UTC.
pub type Millis = i64;

/// What an item says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemType {
    Post,
    Edit,
    Delete,
    Reaction,
    Unreaction,
}

/// Who can read an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    Public,
    Private,
}

/// Who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Author {
    pub id: String,
    pub name: String,
    pub handle: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// One thing that happened on the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Which company it is told to (index into the list of brands).
    #[serde(skip)]
    pub brand: usize,
    #[serde(rename = "type")]
    pub what: ItemType,
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    pub author: Author,
    #[serde(serialize_with = "write_time")]
    pub time: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    pub visibility: Visibility,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mentions_us: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// Writes milliseconds as RFC 3339.
pub(crate) fn rfc3339(time: Millis) -> String {
    Timestamp::from_millisecond(time).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn write_time<S: Serializer>(time: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time))
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_written_as_rfc_3339() {
        assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
