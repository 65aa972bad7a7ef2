//! Rows → messages. What a row does not say is filled in: the moment of import, an unknown author,
//! in public.

use jiff::tz::TimeZone;
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Map, Value};

use super::wire::{REASON, UNREAD};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{Author, Inbound, LONGEST_ID, Post, TranslateError, Translation};
use crate::signature::sha256_hex;
use crate::time::parse_time;

/// Who said what nobody is named for.
const UNKNOWN: &str = "unknown";
/// What other programs write where there is nothing.
const NOTHING: [&str; 5] = ["nan", "null", "none", "n/a", "<na>"];

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let row: Map<String, Value> = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    if row.contains_key(UNREAD) {
        let reason = row.get(REASON).and_then(Value::as_str).unwrap_or_default();
        return Err(TranslateError::Unreadable(reason.to_owned()));
    }

    let text = match row.get("text") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        None | Some(Value::Null) => String::new(),
        Some(_) => return Err(TranslateError::bad("text", "not a text")),
    };
    if text.trim().is_empty() {
        return Err(TranslateError::missing("text"));
    }
    let thread = id(&row, "thread");
    let visibility = visibility(&row, thread.is_some())?;
    let mut author = author(&row);
    author.own = match row.get("own") {
        None => false,
        Some(value) if is_nothing(value) => false,
        Some(value) => {
            truth(value).ok_or_else(|| TranslateError::bad("own", "neither yes nor no"))?
        }
    } || is_ours(account, &author);
    Ok(Translation::of(Inbound::Post(Post {
        network_id: row_id(&row).unwrap_or_else(|| raw.key.clone()),
        platform_at: time(account, &row)?.unwrap_or(raw.received_at),
        parent: id(&row, "parent"),
        url: words(&row, "url"),
        title: words(&row, "title"),
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
        author,
        text,
        thread,
        visibility,
    })))
}

/// Returns a row's own id, where it has one.
pub(super) fn row_id(row: &Map<String, Value>) -> Option<String> {
    id(row, "id")
}

/// Reads what stands for yes or no.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "1" | "1.0" | "yes" | "y" | "ja" | "j" | "wahr" => Some(true),
            "false" | "0" | "0.0" | "no" | "n" | "nein" | "falsch" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Returns an id, without the fraction that programs add to whole numbers beside empty cells.
fn id(row: &Map<String, Value>, field: &str) -> Option<String> {
    let text = words(row, field)?;
    let whole = text
        .strip_suffix(".0")
        .filter(|whole| whole.bytes().all(|byte| byte.is_ascii_digit()));
    Some(shortened(whole.unwrap_or(&text)))
}

/// Returns an id short enough to be kept; a longer one is known by its hash.
fn shortened(id: &str) -> String {
    if id.chars().count() > LONGEST_ID {
        format!("sha256:{}", sha256_hex(id.as_bytes()))
    } else {
        id.to_owned()
    }
}

fn words(row: &Map<String, Value>, field: &str) -> Option<String> {
    row.get(field).and_then(plain)
}

/// Returns a value as a text that says something.
fn plain(value: &Value) -> Option<String> {
    if is_nothing(value) {
        return None;
    }
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => {
            let text = text.trim();
            text.is_empty() || NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word))
        }
        _ => false,
    }
}

/// Reads an author: a name or number, or an object as networks write it.
fn author(row: &Map<String, Value>) -> Author {
    let first = |object: &Map<String, Value>, names: &[&str]| {
        names
            .iter()
            .find_map(|name| object.get(*name).and_then(plain))
    };
    let (network_id, name, handle) = match row.get("author") {
        Some(Value::Object(object)) => {
            let handle = first(object, &["handle", "screen_name", "username"]);
            let name = first(object, &["name", "display_name"]).or_else(|| handle.clone());
            let id = first(object, &["id_str", "id"]).or_else(|| name.clone());
            (id, name, handle)
        }
        _ => (id(row, "author"), None, None),
    };
    let network_id = network_id.map_or_else(|| UNKNOWN.to_owned(), |id| shortened(&id));
    Author {
        name: name.unwrap_or_else(|| network_id.clone()),
        network_id,
        handle,
        own: false,
    }
}

fn is_ours(account: &Account, author: &Author) -> bool {
    let ours = account
        .settings
        .get("own_authors")
        .and_then(Value::as_array);
    ours.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::trim)
        .any(|own| own == author.network_id || Some(own) == author.handle.as_deref())
}

fn visibility(row: &Map<String, Value>, in_thread: bool) -> Result<Visibility, TranslateError> {
    match words(row, "visibility")
        .map(|word| word.to_lowercase())
        .as_deref()
    {
        None if in_thread => Ok(Visibility::Private),
        None | Some("public" | "öffentlich") => Ok(Visibility::Public),
        Some("private" | "privat") => Ok(Visibility::Private),
        Some(_) => Err(TranslateError::bad(
            "visibility",
            "neither public nor private",
        )),
    }
}

fn time(account: &Account, row: &Map<String, Value>) -> Result<Option<Timestamp>, TranslateError> {
    let Some(text) = words(row, "time") else {
        return Ok(None);
    };
    let zone = account
        .setting("time_zone")
        .and_then(|name| TimeZone::get(name).ok())
        .unwrap_or(TimeZone::UTC);
    parse_time(&text, &zone)
        .map(Some)
        .ok_or_else(|| TranslateError::bad("time", format!("{text:?} is no time")))
}
