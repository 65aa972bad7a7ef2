//! One item of a feed as it is kept among the raw deliveries, and the cursor of a feed.

use std::collections::BTreeMap;

use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The kinds of this channel's deliveries: seen for the first time, or changed since.
pub(super) const ITEM: &str = "item";
pub(super) const ITEM_CHANGED: &str = "item_changed";
pub(super) const COMMENT: &str = "comment";
pub(super) const COMMENT_CHANGED: &str = "comment_changed";

/// One item, in the feed's own markup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) url: Option<String>,
    pub(super) title: Option<Words>,
    pub(super) content: Option<Words>,
    pub(super) author: Option<Person>,
    pub(super) published: Option<Timestamp>,
    pub(super) updated: Option<Timestamp>,
    /// What it answers, where the feed says so or is the comment feed of an item.
    pub(super) parent: Option<String>,
    #[serde(default)]
    pub(super) files: Vec<File>,
    /// The name of the feed, for items that name nobody.
    pub(super) feed: Option<String>,
    /// Where the comments on it are to be read.
    #[serde(skip)]
    pub(super) comments: Option<String>,
}

/// A text with or without markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) html: bool,
}

/// Whoever wrote an item, as far as the feed says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
    pub(super) email: Option<String>,
}

/// A file that an item names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct File {
    pub(super) url: String,
    pub(super) media_type: Option<String>,
    pub(super) size: Option<u64>,
}

/// What is to be remembered between two polls of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    /// The address of the settings that this cursor belongs to.
    pub(super) url: String,
    /// Where the feed has moved to for good.
    pub(super) moved_to: Option<String>,
    pub(super) page: Page,
    /// The comment feeds of the newest items, by address.
    pub(super) comments: BTreeMap<String, CommentFeed>,
}

/// The comment feed of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CommentFeed {
    /// The item that is commented on.
    pub(super) parent: String,
    pub(super) next_at: Timestamp,
    pub(super) page: Page,
}

/// What is remembered of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// How often in a row it could not be read, or brought nothing new.
    pub(super) failures: u32,
    pub(super) quiet: u32,
    /// Items seen with the version seen last, newest first, both as short hashes.
    pub(super) seen: Vec<(String, String)>,
    /// What its sender asked for at the last whole reading, in seconds.
    pub(super) wanted_seconds: u64,
    /// Hours of the day, UTC, in which its sender does not want to be asked.
    pub(super) skip_hours: Vec<u8>,
}
