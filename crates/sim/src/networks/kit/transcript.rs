//! What networks were asked and what they delivered, for tests to look at.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::faults::lock;

const MOST_ENTRIES: usize = 20_000;
const LONGEST_BODY: usize = 64 << 10;

/// Whether a network was asked or delivered something itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    Call,
    Delivery,
}

/// One exchange.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) at: String,
    pub(crate) network: String,
    pub(crate) direction: Direction,
    pub(crate) method: String,
    /// The path of a call, the whole address of a delivery.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Map<String, Value>,
    pub(crate) body: String,
    /// What was answered, or would have been; none where nothing was.
    pub(crate) status: Option<u16>,
    pub(crate) answer: String,
    pub(crate) fault: Option<String>,
}

/// The exchanges, oldest first; the oldest go when there are too many.
#[derive(Default)]
pub(crate) struct Transcript {
    entries: Mutex<(VecDeque<Entry>, u64)>,
}

impl Transcript {
    pub(crate) fn note(&self, mut entry: Entry) {
        let mut guard = lock(&self.entries);
        let (entries, seq) = &mut *guard;
        *seq += 1;
        entry.seq = *seq;
        if entries.len() == MOST_ENTRIES {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// Returns what one network, or every one, did after an entry.
    pub(crate) fn list(&self, network: Option<&str>, after: u64) -> Vec<Entry> {
        lock(&self.entries)
            .0
            .iter()
            .filter(|entry| entry.seq > after)
            .filter(|entry| network.is_none_or(|network| entry.network == network))
            .cloned()
            .collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.entries).0.clear();
    }
}

/// Returns the beginning of a body as text.
pub(crate) fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(LONGEST_BODY)]).into_owned()
}
