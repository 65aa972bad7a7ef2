//! What erased messages and deliveries leave in the place of their network's ids and keys: a mark by
//! which they are known when they are delivered once more, and from which nobody reads the id. The
//! key of the marks is made at the first erasure; before that, nothing is looked for.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use kulant_channels::signature::hmac_hex;
use kulant_model::ids::InboxId;
use kulant_store::intakes::{self, NewIntake};
use kulant_store::messages::{self, Known};
use kulant_store::pieces::{self, Piece};
use kulant_store::{Read, StoreError, Tx, erasing, settings};

/// The name of the setting that holds the key.
const SETTING: &str = "erasure_key";

/// Makes marks. A mark counts for one inbox alone.
#[derive(Debug, Clone)]
pub(crate) struct Marker(String);

impl Marker {
    pub(super) fn of_message(&self, inbox: InboxId, network_id: &str) -> String {
        self.mark(&["message", &inbox.to_string(), network_id])
    }

    pub(super) fn of_delivery(&self, inbox: InboxId, kind: &str, key: &str) -> String {
        self.mark(&["delivery", &inbox.to_string(), kind, key])
    }

    fn mark(&self, parts: &[&str]) -> String {
        // As both databases keep it: no NUL stands in an id.
        let parts: Vec<String> = parts
            .iter()
            .map(|part| part.replace('\0', "\u{fffd}"))
            .collect();
        let words = parts.join("\0");
        format!(
            "{}{}",
            erasing::MARK,
            hmac_hex(self.0.as_bytes(), words.as_bytes())
        )
    }
}

/// Remembers the key once there is one; it never changes.
#[derive(Default)]
pub(crate) struct Marks {
    marker: OnceLock<Marker>,
}

impl Marks {
    /// Finds what makes the marks; none while nothing was ever erased.
    pub(crate) fn find(&self, read: &mut Read<'_>) -> Result<Option<Marker>, StoreError> {
        if let Some(marker) = self.marker.get() {
            return Ok(Some(marker.clone()));
        }
        let found = settings::find(read, SETTING)?.map(Marker);
        Ok(found.map(|marker| self.marker.get_or_init(|| marker).clone()))
    }
}

/// Finds what makes the marks, or makes it of a fresh secret.
pub(super) fn find_or_make(tx: &mut Tx<'_>, fresh: &str) -> Result<Marker, StoreError> {
    settings::keep_first(tx, SETTING, fresh).map(Marker)
}

/// Takes those deliveries out that were erased and come once more.
pub(crate) fn drop_erased(
    tx: &mut Tx<'_>,
    marks: &Marks,
    rows: &mut Vec<NewIntake>,
) -> Result<(), StoreError> {
    let Some(marker) = marks.find(tx)? else {
        return Ok(());
    };
    let mut kinds: BTreeMap<(InboxId, String), Vec<String>> = BTreeMap::new();
    for row in rows.iter() {
        let mark = marker.of_delivery(row.inbox, &row.kind, &row.key);
        let kind = kinds.entry((row.inbox, row.kind.clone())).or_default();
        kind.push(mark);
    }
    for ((inbox, kind), marks) in kinds {
        if !erasing::has_deliveries(tx, inbox, &kind)? {
            continue;
        }
        let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
        let there = intakes::list_keys(tx, inbox, &kind, &marks)?;
        rows.retain(|row| {
            row.inbox != inbox
                || row.kind != kind
                || !there.contains(&marker.of_delivery(inbox, &kind, &row.key))
        });
    }
    Ok(())
}

/// Lists which of these ids of messages were erased, with what is known of them: under the id that
/// came, and as seen, so that nothing of them is filled in again.
pub(crate) fn list_erased(
    tx: &mut Tx<'_>,
    marks: &Marks,
    inbox: InboxId,
    network_ids: &[&str],
) -> Result<Vec<Known>, StoreError> {
    if network_ids.is_empty() {
        return Ok(Vec::new());
    }
    let Some(marker) = marks.find(tx)? else {
        return Ok(Vec::new());
    };
    if !erasing::has_messages(tx, inbox)? {
        return Ok(Vec::new());
    }
    let by_mark: HashMap<String, &str> = network_ids
        .iter()
        .map(|id| (marker.of_message(inbox, id), *id))
        .collect();
    let marks: Vec<&str> = by_mark.keys().map(String::as_str).collect();
    let found = messages::list_known(tx, inbox, &marks)?;
    Ok(found
        .into_iter()
        .filter_map(|known| {
            let came_as = by_mark.get(known.network_id.as_deref()?)?;
            Some(Known {
                thread: None,
                network_id: Some((*came_as).to_owned()),
                seen_at: known.seen_at.or(known.deleted_at),
                ..known
            })
        })
        .collect())
}

/// Lists the pieces of erased albums that are known by these ids or keys, under what came.
pub(crate) fn list_erased_pieces(
    tx: &mut Tx<'_>,
    marks: &Marks,
    inbox: InboxId,
    came: &[&str],
) -> Result<Vec<Piece>, StoreError> {
    let Some(marker) = marks.find(tx)?.filter(|_| !came.is_empty()) else {
        return Ok(Vec::new());
    };
    if !erasing::has_messages(tx, inbox)? {
        return Ok(Vec::new());
    }
    let by_mark: HashMap<String, &str> = came
        .iter()
        .map(|id| (marker.of_message(inbox, id), *id))
        .collect();
    let marks: Vec<&str> = by_mark.keys().map(String::as_str).collect();
    let mut found = pieces::list_beside(tx, inbox, &marks)?;
    found.extend(pieces::list_of_albums(tx, inbox, &marks)?);
    let came_as = |mark: String| by_mark.get(&mark).map_or(mark, |id| (*id).to_owned());
    Ok(found
        .into_iter()
        .map(|piece| Piece {
            network_id: came_as(piece.network_id),
            album: came_as(piece.album),
            ..piece
        })
        .collect())
}
