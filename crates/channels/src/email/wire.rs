//! What is kept between two looks into a mailbox: how far each folder was read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The kind of every delivery of this channel: one mail as it came.
pub(super) const MESSAGE: &str = "message";
/// The folder in which the mail lay, as a header of the delivery.
pub(super) const FOLDER: &str = "folder";
/// When the server took the mail, in unix seconds, as a header of the delivery.
pub(super) const ARRIVED: &str = "arrived";
/// Set where the mail was too large to be fetched whole, as a header of the delivery.
pub(super) const CUT: &str = "cut";

/// How far the mailbox was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    #[serde(default)]
    pub(super) folders: BTreeMap<String, Place>,
}

/// How far one folder was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The server's mark for the numbers below; when it changes, they mean nothing.
    pub(super) validity: u32,
    /// The number of the last mail that was taken.
    pub(super) last: u32,
}

impl Cursor {
    /// Reads a cursor; one that cannot be read begins anew.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("a cursor is plain JSON")
    }
}
