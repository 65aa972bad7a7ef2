//! Reactions to messages, given and taken back.

use kulant_model::ids::{IdentityId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::Value;
use crate::sql::{Read, Tx};

/// A reaction of somebody to a message, given or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    pub message: MessageId,
    pub identity: IdentityId,
    pub kind: String,
    pub changed_at: Timestamp,
    pub removed_at: Option<Timestamp>,
}

/// The kind under which somebody takes back whatever they gave to a message.
pub const ANY: &str = "";

/// Keeps reactions; the latest word of somebody counts, and at the same time the taking back.
pub fn save(tx: &mut Tx<'_>, reactions: &[Reaction]) -> Result<u64, StoreError> {
    let rows: Vec<Vec<Value>> = reactions
        .iter()
        .map(|reaction| {
            params![
                reaction.message,
                reaction.identity,
                &reaction.kind,
                reaction.changed_at,
                reaction.removed_at
            ]
            .into()
        })
        .collect();
    tx.insert(
        "INSERT INTO reactions (message_id, identity_id, kind, changed_at, removed_at)",
        &rows,
        "ON CONFLICT (message_id, identity_id, kind) DO UPDATE SET
           changed_at = excluded.changed_at, removed_at = excluded.removed_at
         WHERE excluded.changed_at > reactions.changed_at
            OR (excluded.changed_at = reactions.changed_at AND excluded.removed_at IS NOT NULL)",
    )
}

/// Takes back what somebody gave to messages before they took back everything there, in whatever
/// order the two came.
pub fn settle(tx: &mut Tx<'_>, given: &[(MessageId, IdentityId)]) -> Result<(), StoreError> {
    for (message, identity) in given {
        tx.execute(
            "UPDATE reactions SET removed_at =
               (SELECT a.changed_at FROM reactions a
                WHERE a.message_id = $1 AND a.identity_id = $2 AND a.kind = $3)
             WHERE message_id = $1 AND identity_id = $2 AND kind <> $3 AND removed_at IS NULL
               AND changed_at <= (SELECT a.changed_at FROM reactions a
                                  WHERE a.message_id = $1 AND a.identity_id = $2 AND a.kind = $3)",
            &params![*message, *identity, ANY],
        )?;
    }
    Ok(())
}

/// Takes back what somebody gave to messages before their newest word there, in whatever order the
/// words came; of several at one moment one stays.
pub fn keep_newest(tx: &mut Tx<'_>, given: &[(MessageId, IdentityId)]) -> Result<(), StoreError> {
    for (message, identity) in given {
        tx.execute(
            "UPDATE reactions SET removed_at =
               (SELECT MAX(a.changed_at) FROM reactions a
                WHERE a.message_id = $1 AND a.identity_id = $2)
             WHERE message_id = $1 AND identity_id = $2 AND removed_at IS NULL
               AND EXISTS (SELECT 1 FROM reactions b
                           WHERE b.message_id = $1 AND b.identity_id = $2
                             AND (b.changed_at > reactions.changed_at
                                  OR (b.changed_at = reactions.changed_at AND b.removed_at IS NULL
                                      AND b.kind > reactions.kind)))",
            &params![*message, *identity],
        )?;
    }
    Ok(())
}

/// How many reacted to a message in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub message: MessageId,
    pub kind: String,
    pub count: i64,
    /// Whether we are one of them.
    pub ours: bool,
}

/// Counts the standing reactions of messages by kind, ours among them.
pub fn count(read: &mut Read<'_>, messages: &[MessageId]) -> Result<Vec<Counted>, StoreError> {
    let keys: Vec<Vec<Value>> = messages.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "WITH asked (id) AS (SELECT k.column1 FROM (VALUES {keys}) AS k)
         SELECT s.message_id, s.kind, COUNT(*), MAX(s.ours) FROM (
           SELECT r.message_id, r.kind, 0 AS ours FROM asked
           JOIN reactions r ON r.message_id = asked.id
           WHERE r.removed_at IS NULL
           UNION ALL
           SELECT o.message_id, o.kind, 1 AS ours FROM asked
           JOIN own_reactions o ON o.message_id = asked.id
         ) AS s
         GROUP BY s.message_id, s.kind
         ORDER BY s.message_id, s.kind",
        &[],
        &keys,
        |row| {
            Ok(Counted {
                message: row.get(0)?,
                kind: row.get(1)?,
                count: row.get(2)?,
                ours: row.get::<i64>(3)? == 1,
            })
        },
    )
}
