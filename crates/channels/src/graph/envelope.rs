//! The envelope of every delivery: entries of one account, each with changes or private messages.
//! Each item is read by itself; one that cannot be read is kept apart in an envelope of its own.

use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use crate::delivery::RawDelivery;
use crate::inbound::{Inbound, TranslateError, Translation, Unread};
use crate::time::parse_unix;

/// The most items that one delivery may hold; Meta batches up to 1000 updates.
const MOST_ITEMS: usize = 5_000;

/// What an entry says of itself.
pub(crate) struct Entry<'a> {
    /// Whose news this is: the page, the Instagram account or the business account.
    pub(crate) id: &'a str,
    /// When Meta wrote the entry, or when we got it.
    pub(crate) at: Timestamp,
}

/// One item of an entry.
pub(crate) enum Item<'a> {
    Change {
        field: &'a str,
        value: &'a Value,
    },
    /// A private message or something about one; of another app's thread too.
    Message(&'a Value),
}

/// Reads one item into what it says.
pub(crate) type ReadItem<'r> =
    dyn Fn(&Entry<'_>, &Item<'_>) -> Result<Vec<Inbound>, TranslateError> + 'r;

/// Opens a delivery about `object` and reads every item.
pub(crate) fn read(
    raw: &RawDelivery,
    object: &str,
    read_item: &ReadItem<'_>,
) -> Result<Translation, TranslateError> {
    let body: Value = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    match body.get("object").and_then(Value::as_str) {
        Some(known) if known == object => {}
        Some(other) => return Err(TranslateError::UnknownType(other.to_owned())),
        None => return Err(TranslateError::missing("object")),
    }
    let entries = body
        .get("entry")
        .and_then(Value::as_array)
        .ok_or_else(|| TranslateError::missing("entry"))?;

    let mut translation = Translation::default();
    let mut index = 0;
    for entry in entries {
        let id = entry.get("id").and_then(Value::as_str).unwrap_or_default();
        let known = Entry {
            id,
            at: time(entry.get("time")).unwrap_or(raw.received_at),
        };
        for (list, value) in items_of(entry) {
            if index >= MOST_ITEMS {
                return Err(TranslateError::TooManyItems { limit: MOST_ITEMS });
            }
            match opened(list, value).and_then(|item| read_item(&known, &item)) {
                Ok(taken) => taken
                    .into_iter()
                    .for_each(|inbound| translation.take(inbound)),
                Err(error) => translation.unread.push(Unread {
                    index,
                    error,
                    body: alone(object, entry, list, value),
                }),
            }
            index += 1;
        }
    }
    Ok(translation)
}

/// Reads a time in seconds or milliseconds, a number or a text.
pub(crate) fn time(value: Option<&Value>) -> Option<Timestamp> {
    match value? {
        Value::Number(number) => parse_unix(&number.to_string()),
        Value::String(text) => crate::time::parse_time(text, &jiff::tz::TimeZone::UTC),
        _ => None,
    }
}

/// An entry whose `field` and `value` stand in it directly is a change too: so Instagram writes
/// comments for accounts that are connected without a page.
fn items_of(entry: &Value) -> Vec<(&'static str, &Value)> {
    let mut items = Vec::new();
    for list in ["changes", "messaging", "standby"] {
        let values = entry.get(list).and_then(Value::as_array);
        items.extend(values.into_iter().flatten().map(|value| (list, value)));
    }
    if entry.get("field").is_some() {
        items.push(("", entry));
    }
    items
}

fn opened<'a>(list: &str, value: &'a Value) -> Result<Item<'a>, TranslateError> {
    if matches!(list, "messaging" | "standby") {
        return Ok(Item::Message(value));
    }
    Ok(Item::Change {
        field: value
            .get("field")
            .and_then(Value::as_str)
            .ok_or_else(|| TranslateError::missing("field"))?,
        value: value
            .get("value")
            .ok_or_else(|| TranslateError::missing("value"))?,
    })
}

fn alone(object: &str, entry: &Value, list: &str, value: &Value) -> Vec<u8> {
    let entry = if list.is_empty() {
        entry.clone()
    } else {
        json!({"id": entry.get("id"), "time": entry.get("time"), list: [value]})
    };
    json!({"object": object, "entry": [entry]})
        .to_string()
        .into_bytes()
}
