//! The log: what happened, in the order of commits.

use kulant_model::event::{Event, EventKind, NewEvent};
use kulant_model::ids::ConversationId;
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

const COLUMNS: &str =
    "sequence, at, kind, actor_id, conversation_id, message_id, inbox_id, team_id, brand_id, facts";

/// Writes events at the end of the log; called by the executor alone, just before the commit.
pub(crate) fn insert(tx: &mut Tx<'_>, events: &[NewEvent]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = events
        .iter()
        .map(|event| {
            params![
                event.at,
                event.kind,
                event.actor,
                event.conversation,
                event.message,
                event.inbox,
                event.team,
                event.brand,
                (!event.facts.is_null()).then(|| event.facts.to_string()),
            ]
            .into()
        })
        .collect();
    tx.insert(
        "INSERT INTO events (at, kind, actor_id, conversation_id, message_id, inbox_id, team_id, brand_id, facts)",
        &rows,
        "",
    )?;
    Ok(())
}

/// Lists events after a place in the log, oldest first.
pub fn list_after(
    read: &mut Read<'_>,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    read.query(
        &format!("SELECT {COLUMNS} FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2"),
        &params![sequence, limit],
        event,
    )
}

/// Lists the events of a conversation after a place in the log, oldest first.
pub fn list_of_conversation(
    read: &mut Read<'_>,
    conversation: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    read.query(
        &format!(
            "SELECT {COLUMNS} FROM events
             WHERE conversation_id = $1 AND sequence > $2
             ORDER BY sequence LIMIT $3"
        ),
        &params![conversation, after, limit],
        event,
    )
}

/// Finds the newest event of some kinds that happened to a conversation before a place in the log.
pub fn find_newest_of(
    read: &mut Read<'_>,
    conversation: ConversationId,
    kinds: &[EventKind],
    before: i64,
) -> Result<Option<Event>, StoreError> {
    let mut params: Vec<Value> = params![conversation, before].into();
    let places: Vec<String> = kinds
        .iter()
        .map(|kind| {
            params.push((*kind).into());
            format!("${}", params.len())
        })
        .collect();
    read.query_one(
        &format!(
            "SELECT {COLUMNS} FROM events
             WHERE conversation_id = $1 AND sequence < $2 AND kind IN ({})
             ORDER BY sequence DESC LIMIT 1",
            places.join(", ")
        ),
        &params,
        event,
    )
}

/// Returns the place of the newest event, 0 in an empty log.
pub fn newest(read: &mut Read<'_>) -> Result<i64, StoreError> {
    Ok(read
        .query_one(
            "SELECT COALESCE(MAX(sequence), 0) FROM events",
            &[],
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Returns how far a follower has read; 0 if it never read.
pub fn follower(read: &mut Read<'_>, name: &str) -> Result<i64, StoreError> {
    Ok(read
        .query_one(
            "SELECT sequence FROM followers WHERE name = $1",
            &params![name],
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Saves how far a follower has read, in the transaction of what it did.
pub fn save_follower(
    tx: &mut Tx<'_>,
    name: &str,
    sequence: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO followers (name, sequence, followed_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence, followed_at = excluded.followed_at",
        &params![name, sequence, now],
    )?;
    Ok(())
}

/// Moves a follower on, if it still stands where it was read: two that follow beside each other,
/// or one that was overtaken by an erasure, must not write what they read before.
pub fn advance_follower(
    tx: &mut Tx<'_>,
    name: &str,
    (from, to): (i64, i64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "INSERT INTO followers (name, sequence, followed_at)
         SELECT CAST($1 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT)
         WHERE CAST($2 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM followers WHERE name = $1)
         ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence, followed_at = excluded.followed_at
         WHERE followers.sequence = $2",
        &params![name, from, to, now],
    )?;
    Ok(changed > 0)
}

fn event(row: &Row<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        sequence: row.get(0)?,
        event: NewEvent {
            at: row.get(1)?,
            kind: row.get(2)?,
            actor: row.get(3)?,
            conversation: row.get(4)?,
            message: row.get(5)?,
            inbox: row.get(6)?,
            team: row.get(7)?,
            brand: row.get(8)?,
            facts: row.get::<Json>(9)?,
        },
    })
}
