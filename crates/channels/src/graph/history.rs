//! The lists of an account: what is asked of them, how their pages are kept as deliveries, and how they
//! are read item by item.

use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::delivery::RawDelivery;
use crate::inbound::{Delete, Inbound, TranslateError, Translation, Unread};
use crate::signature;

/// Where an item keeps what stands below it.
const BELOW: [&str; 4] = [
    "/comments/data",
    "/messages/data",
    "/comments/data/0/replies/data",
    "/replies/data",
];

/// One list of an account, and the list that hangs below each of its items.
pub(crate) struct Walk<'a> {
    /// The kind of the deliveries that its pages become.
    pub(crate) kind: &'static str,
    pub(crate) path: Vec<&'a str>,
    pub(crate) query: Vec<(&'static str, String)>,
    /// The field with the time of an item; items stand newest first.
    pub(crate) time: &'static str,
    /// Whether items come to the front when something is said below them, so that a page without
    /// anything new ends the list. Others end where they are older than the span that is wanted.
    pub(crate) moves_up: bool,
    /// Whether the round goes on where the network does not let us read this list.
    pub(crate) optional: bool,
    pub(crate) below: Option<&'static Below>,
    /// The kind of the delivery that tells which items below were deleted; none where the network
    /// tells by itself.
    pub(crate) gone: Option<&'static str>,
}

/// A list below an item: comments below a post, messages below a conversation.
pub(crate) struct Below {
    pub(crate) kind: &'static str,
    pub(crate) edge: &'static str,
    pub(crate) fields: &'static str,
    /// What else is asked with it.
    pub(crate) query: &'static [(&'static str, &'static str)],
    pub(crate) time: &'static str,
    /// The list below each item of the list, oldest first: what is new stands at its end.
    pub(crate) replies: Option<&'static Below>,
}

/// Reads one item of a page of history, given the item that the page hangs below.
pub(crate) type ReadKept<'r> =
    dyn Fn(&Value, Option<&str>) -> Result<Vec<Inbound>, TranslateError> + 'r;

/// Reads a page of history item by item, oldest first, as far as each can be read.
pub(crate) fn translate(
    raw: &RawDelivery,
    read: &ReadKept<'_>,
) -> Result<Translation, TranslateError> {
    let body: Value = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let parent = body.get("parent").and_then(Value::as_str);
    let items = body
        .get("data")
        .and_then(Value::as_array)
        .ok_or_else(|| TranslateError::missing("data"))?;
    let mut reading = Reading {
        parent,
        read,
        in_pieces: false,
        translation: Translation::default(),
    };
    for (index, item) in items.iter().enumerate().rev() {
        reading.in_pieces = false;
        reading.take(index, item);
    }
    Ok(reading.translation)
}

/// A page of history while it is read.
struct Reading<'r> {
    parent: Option<&'r str>,
    read: &'r ReadKept<'r>,
    /// Whether pieces of one item are read, each of which tells of the item once more.
    in_pieces: bool,
    translation: Translation,
}

impl Reading<'_> {
    /// Reads an item. Where something below it cannot be read, that alone is kept apart: an item with
    /// one thing below it is of the same kind, and can be taken in again by itself.
    fn take(&mut self, index: usize, item: &Value) {
        let error = match (self.read)(item, self.parent) {
            Ok(taken) => {
                for inbound in taken {
                    if !(self.in_pieces && self.translation.taken.contains(&inbound)) {
                        self.translation.take(inbound);
                    }
                }
                return;
            }
            Err(error) => error,
        };
        for place in BELOW {
            let Some(below) = item.pointer(place).and_then(Value::as_array) else {
                continue;
            };
            let bare = with_below(item, place, Vec::new());
            if below.is_empty() || (self.read)(&bare, self.parent).is_err() {
                continue;
            }
            self.in_pieces = true;
            self.take(index, &bare);
            if below.len() > 1 {
                for one in below.iter().rev() {
                    self.take(index, &with_below(&bare, place, vec![one.clone()]));
                }
                return;
            }
        }
        self.translation.unread.push(Unread {
            index,
            error,
            body: json!({"parent": self.parent, "data": [item]})
                .to_string()
                .into_bytes(),
        });
    }
}

fn with_below(item: &Value, place: &str, below: Vec<Value>) -> Value {
    let mut item = item.clone();
    if let Some(list) = item.pointer_mut(place) {
        *list = Value::Array(below);
    }
    item
}

/// Reads what turned out to be deleted.
pub(crate) fn gone(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let body: Value = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let ids = body
        .get("gone")
        .and_then(Value::as_array)
        .ok_or_else(|| TranslateError::missing("gone"))?;
    let mut translation = Translation::default();
    for id in ids.iter().filter_map(Value::as_str) {
        translation.take(Inbound::Delete(Delete {
            network_id: id.to_owned(),
            deleted_at: raw.received_at,
        }));
    }
    Ok(translation)
}

/// Returns the cursor of the next page, where there is one. The address that stands there too is not
/// followed: it has the token in it.
pub(super) fn next(page: &Value) -> Option<&str> {
    page.pointer("/paging/next")?;
    page.pointer("/paging/cursors/after")?.as_str()
}

pub(super) fn delivery(kind: &str, mut page: Value, now: Timestamp) -> RawDelivery {
    forget_addresses(&mut page, 0);
    let body = page.to_string().into_bytes();
    RawDelivery {
        kind: kind.to_owned(),
        key: signature::sha256_hex(&body),
        headers: Vec::new(),
        body,
        received_at: now,
    }
}

/// Takes out the addresses of further pages, because Meta writes the token into them.
fn forget_addresses(value: &mut Value, depth: usize) {
    match value {
        Value::Object(fields) if depth < 16 => {
            fields.remove("paging");
            for inner in fields.values_mut() {
                forget_addresses(inner, depth + 1);
            }
        }
        Value::Array(list) if depth < 16 => {
            for inner in list {
                forget_addresses(inner, depth + 1);
            }
        }
        _ => {}
    }
}
