//! Jetstream: what happens in all repositories, as JSON on a socket, from a cursor on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Bluesky, Record};
use crate::item::rfc3339;
use crate::networks::kit::{Call, Kit};

/// How far back a cursor reaches, in microseconds.
const LOOK_BACK: i64 = 36 * 3_600_000_000;

/// One event.
#[derive(Debug, Clone)]
pub(super) struct Event {
    time_us: i64,
    did: String,
    /// None for what is told to everybody.
    collection: Option<String>,
    text: String,
}

/// What somebody wants to hear.
#[derive(Debug, Clone, Default)]
pub(super) struct Listener {
    collections: BTreeSet<String>,
    dids: BTreeSet<String>,
}

impl Bluesky {
    /// Tells that a record was written, changed or taken away.
    pub(super) fn commit(&mut self, record: &Record, operation: &str, kit: &Kit) {
        let mut commit = json!({
            "rev": kit.ids.letters("rev", 13),
            "operation": operation,
            "collection": record.collection,
            "rkey": record.rkey,
        });
        if operation != "delete" {
            commit["record"] = record.value.clone();
            commit["cid"] = json!(record.cid);
        }
        let event = json!({"kind": "commit", "commit": commit});
        self.event(&record.did, Some(&record.collection), event, kit);
    }

    /// Tells that an account is gone or back.
    pub(super) fn account_event(&mut self, did: &str, status: Option<&str>, kit: &Kit) {
        let mut account = json!({
            "active": status.is_none(),
            "did": did,
            "seq": kit.ids.rising("seq", 1_400_000_000),
            "time": rfc3339(kit.now()),
        });
        if let Some(status) = status {
            account["status"] = json!(status);
        }
        let event = json!({"kind": "account", "account": account});
        self.event(did, None, event, kit);
    }

    fn event(&mut self, did: &str, collection: Option<&str>, mut event: Value, kit: &Kit) {
        self.last_event = (self.last_event + 1).max(kit.now() * 1_000);
        event["did"] = json!(did);
        event["time_us"] = json!(self.last_event);
        let event = Event {
            time_us: self.last_event,
            did: did.to_owned(),
            collection: collection.map(str::to_owned),
            text: event.to_string(),
        };
        for (stream, listener) in &self.listeners {
            if listener.wants(&event) {
                kit.streams.tell(*stream, event.text.clone());
            }
        }
        self.events.push(event);
    }
}

impl Listener {
    fn wants(&self, event: &Event) -> bool {
        let collection = event.collection.as_ref().is_none_or(|collection| {
            self.collections.is_empty() || self.collections.contains(collection)
        });
        collection && (self.dids.is_empty() || self.dids.contains(&event.did))
    }
}

/// Opens a stream, and says again what happened since the cursor.
pub(super) fn open(net: &mut Bluesky, stream: u64, call: &Call, kit: &Kit) {
    let listener = Listener {
        collections: call.params("wantedCollections").into_iter().collect(),
        dids: call.params("wantedDids").into_iter().collect(),
    };
    if let Some(cursor) = call.number("cursor") {
        let begin = cursor.max(kit.now() * 1_000 - LOOK_BACK);
        for event in net.events.iter().filter(|event| event.time_us >= begin) {
            if listener.wants(event) {
                kit.streams.tell(stream, event.text.clone());
            }
        }
    }
    net.listeners.insert(stream, listener);
}

/// Takes new wishes in the middle of a stream.
pub(super) fn options(net: &mut Bluesky, stream: u64, text: &str) {
    let told: Value = serde_json::from_str(text).unwrap_or_default();
    if told["type"] != "options_update" {
        return;
    }
    let list = |name: &str| -> BTreeSet<String> {
        let values = told["payload"][name].as_array();
        values
            .into_iter()
            .flatten()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    if let Some(listener) = net.listeners.get_mut(&stream) {
        listener.collections = list("wantedCollections");
        listener.dids = list("wantedDids");
    }
}
