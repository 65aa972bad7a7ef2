//! Payloads that nobody has seen, made of every recorded one of every network: unknown fields, other
//! types, five megabytes, deep nesting, other encodings. Each is read or kept apart; none panics.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{CHANNELS, Channel, KINDS};
use crate::fixture::{self, Recorded};
use crate::inbound::{TranslateError, Translation};

/// Does something with every recorded payload that is JSON, as a document.
fn for_all(mut then: impl FnMut(&dyn Channel, &Recorded, Value)) {
    for channel in CHANNELS {
        for recorded in fixture::recorded(*channel) {
            if let Ok(body) = serde_json::from_slice(&recorded.raw.body) {
                then(*channel, &recorded, body);
            }
        }
    }
}

/// Reads a body in the place of a recorded one; what of it cannot be read must be kept.
fn read(
    channel: &dyn Channel,
    recorded: &Recorded,
    body: impl Into<Vec<u8>>,
) -> Result<Translation, TranslateError> {
    let mut raw = recorded.raw.clone();
    raw.body = body.into();
    let _ = channel.verify(&recorded.account, &raw);
    let _ = channel.figures(&raw);
    let read = channel.translate(&recorded.account, &raw);
    for unread in read.iter().flat_map(|read| &read.unread) {
        assert!(
            !unread.body.is_empty(),
            "{}: nothing is kept",
            recorded.name
        );
    }
    read
}

/// Puts something unknown into every object.
fn grow(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(grow);
            fields.insert("zzz_new".to_owned(), json!({"deep": [null, 1.5, "neu"]}));
        }
        Value::Array(items) => items.iter_mut().for_each(grow),
        _ => {}
    }
}

/// Returns the ways to every value of a document.
fn ways(value: &Value, way: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                ways(field, format!("{way}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                ways(item, format!("{way}/{place}"), all);
            }
        }
        _ => {}
    }
    all.push(way);
}

#[test]
fn every_recorded_kind_is_fuzzed() {
    let mut kinds = BTreeSet::new();
    for channel in CHANNELS {
        for recorded in fixture::recorded(*channel) {
            kinds.insert(recorded.raw.kind);
        }
    }
    let known: BTreeSet<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
    let missing: Vec<&String> = kinds.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn unknown_fields_change_nothing() {
    for_all(|channel, recorded, mut body| {
        let before = read(channel, recorded, body.to_string());
        grow(&mut body);
        let after = read(channel, recorded, body.to_string());
        let taken = |read: &Result<Translation, TranslateError>| {
            read.as_ref().ok().map(|read| read.taken.clone())
        };
        assert_eq!(taken(&before), taken(&after), "{}", recorded.name);
    });
}

#[test]
fn other_types_never_panic() {
    let others = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!("\u{0}\u{202e}"),
        json!([[]]),
        json!({"id": {}}),
        json!(true),
    ];
    for_all(|channel, recorded, body| {
        let mut all = Vec::new();
        ways(&body, String::new(), &mut all);
        for way in all.iter().take(300) {
            for other in &others {
                let mut changed = body.clone();
                if let Some(place) = changed.pointer_mut(way) {
                    place.clone_from(other);
                }
                let _ = read(channel, recorded, changed.to_string());
            }
        }
    });
}

#[test]
fn huge_and_deep_payloads_never_panic() {
    let huge = "ü".repeat((5 << 20) / 2);
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let mut seen = BTreeSet::new();
    for_all(|channel, recorded, body| {
        if !seen.insert((channel.name(), recorded.raw.kind.clone())) {
            return;
        }
        let mut all = Vec::new();
        ways(&body, String::new(), &mut all);
        // The longest text of a payload is what somebody said.
        let longest = all.iter().max_by_key(|way| {
            body.pointer(way)
                .and_then(Value::as_str)
                .map_or(0, str::len)
        });
        let mut large = body.clone();
        if let Some(place) = longest.and_then(|way| large.pointer_mut(way)) {
            *place = json!(huge);
        }
        let _ = read(channel, recorded, large.to_string());
        // As deep as the reader of JSON goes, and much deeper.
        for depth in [100, 100_000] {
            let text = body.to_string();
            let nested = text.replacen('{', &format!("{{\"zzz\":{},", deep(depth)), 1);
            let _ = read(channel, recorded, nested);
            let _ = read(channel, recorded, deep(depth));
            let _ = read(channel, recorded, "{\"a\":".repeat(depth));
        }
    });
    for channel in CHANNELS {
        if let Some(recorded) = fixture::recorded(*channel).first() {
            let _ = read(*channel, recorded, huge.as_bytes());
            let _ = read(*channel, recorded, "<a>".repeat(100_000));
        }
    }
}

#[test]
fn other_encodings_never_panic() {
    for channel in CHANNELS {
        for recorded in fixture::recorded(*channel) {
            let bytes = recorded.raw.body.clone();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let latin: Vec<u8> = text.chars().map(|sign| sign as u8).collect();
            for body in [
                [b"\xef\xbb\xbf", bytes.as_slice()].concat(),
                [b"\xff\xfe", little.as_slice()].concat(),
                big,
                latin,
                text.replace('e', "\u{0}").into_bytes(),
                text.replace("\":\"", "\":\"\\ud800").into_bytes(),
                [&bytes[..bytes.len() / 2], b"\xc3\x28\xa0\xa1".as_slice()].concat(),
                Vec::new(),
            ] {
                let _ = read(*channel, &recorded, body);
            }
        }
    }
}
