//! What the listening post found: messages of no conversation, until somebody takes them up. The words
//! themselves stand in `messages`.

use kulant_model::ids::{BrandId, ConversationId, InboxId, MessageId, SearchId};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// That a search found a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub search: SearchId,
    pub message: MessageId,
    pub inbox: InboxId,
    pub found_at: Timestamp,
    pub dismissed_at: Option<Timestamp>,
}

/// Which hits are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that nobody took up or dismissed.
    Open,
    TakenUp,
    Dismissed,
    All,
}

/// Keeps hits; what a search found already stays as it is. Returns those that are new.
pub fn insert(tx: &mut Tx<'_>, hits: &[Hit]) -> Result<Vec<Hit>, StoreError> {
    let mut new = Vec::new();
    for hit in hits {
        let kept = tx.execute(
            "INSERT INTO hits (search_id, message_id, inbox_id, found_at, taken_up)
             SELECT $1, $2, $3, $4,
                    CASE WHEN EXISTS (SELECT 1 FROM messages m
                                      WHERE m.id = $2 AND m.conversation_id IS NOT NULL)
                         THEN 1 ELSE 0 END
             WHERE EXISTS (SELECT 1 FROM searches WHERE id = $1)
             ON CONFLICT (search_id, message_id) DO NOTHING",
            &params![hit.search, hit.message, hit.inbox, hit.found_at],
        )?;
        if kept == 1 {
            new.push(*hit);
        }
    }
    Ok(new)
}

/// Notes that found messages belong to conversations now.
pub fn note_taken_up(tx: &mut Tx<'_>, messages: &[MessageId]) -> Result<(), StoreError> {
    for message in messages {
        tx.execute(
            "UPDATE hits SET taken_up = 1 WHERE message_id = $1",
            &params![*message],
        )?;
    }
    Ok(())
}

/// Keeps what was found under these ids, and is nobody's matter yet, from being taken up beside this
/// transaction.
pub fn lock_found(tx: &mut Tx<'_>, inbox: InboxId, network_ids: &[&str]) -> Result<(), StoreError> {
    if !tx.dialect().has_other_writers() {
        return Ok(());
    }
    let lock = tx.dialect().lock_rows("m");
    let keys: Vec<Vec<Value>> = network_ids
        .iter()
        .map(|id| params![inbox, *id].into())
        .collect();
    tx.query_keys(
        &format!(
            "SELECT m.id FROM (VALUES {{keys}}) AS k
             JOIN messages m ON m.inbox_id = k.column1 AND m.network_id = k.column2
             WHERE m.found_at IS NOT NULL AND m.conversation_id IS NULL AND m.seen_at IS NULL
             ORDER BY m.id {lock}"
        ),
        &[],
        &keys,
        |row| row.get::<MessageId>(0),
    )?;
    Ok(())
}

/// Marks messages as found.
pub fn mark(tx: &mut Tx<'_>, messages: &[MessageId], at: Timestamp) -> Result<(), StoreError> {
    for message in messages {
        tx.execute(
            "UPDATE messages SET found_at = $2 WHERE id = $1 AND found_at IS NULL",
            &params![*message, at],
        )?;
    }
    Ok(())
}

/// Lists what a search found within a scope, newest first, before a message.
pub fn list(
    read: &mut Read<'_>,
    (scope, id): (&Scope, SearchId),
    wanted: Wanted,
    before: MessageId,
    limit: i64,
) -> Result<Vec<Hit>, StoreError> {
    let mut params: Vec<Value> = params![id, before, limit].into();
    let within = within(scope, &mut params);
    let wanted = condition(wanted);
    read.query(
        &format!(
            "SELECT h.search_id, h.message_id, h.inbox_id, h.found_at, h.dismissed_at
             FROM hits h
             JOIN messages m ON m.id = h.message_id
             JOIN inboxes i ON i.id = h.inbox_id
             LEFT JOIN conversations c ON c.id = m.conversation_id
             WHERE h.search_id = $1 AND h.message_id < $2 AND m.deleted_at IS NULL
               AND {wanted} AND {within}
             ORDER BY h.message_id DESC LIMIT $3"
        ),
        &params,
        hit,
    )
}

/// Counts the hits of searches within a scope that wait for somebody, each up to a bound.
pub fn count_open(
    read: &mut Read<'_>,
    scope: &Scope,
    searches: &[SearchId],
    most: i64,
) -> Result<Vec<(SearchId, i64)>, StoreError> {
    let keys: Vec<Vec<Value>> = searches.iter().map(|id| params![*id].into()).collect();
    let mut params: Vec<Value> = params![most].into();
    let within = scope::condition(scope, "i.team_id", &mut params);
    let open = condition(Wanted::Open);
    read.query_keys(
        &format!(
            "SELECT k.column1, (
               SELECT COUNT(*) FROM (
                 SELECT h.message_id FROM hits h
                 JOIN messages m ON m.id = h.message_id
                 JOIN inboxes i ON i.id = h.inbox_id
                 WHERE h.search_id = k.column1 AND m.deleted_at IS NULL AND {open} AND {within}
                 LIMIT $1
               ) AS found
             ) FROM (VALUES {{keys}}) AS k"
        ),
        &params,
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Finds where a found message belongs, if it is nobody's matter on an inbox within a scope, or that of
/// a conversation within it.
pub fn find(
    read: &mut Read<'_>,
    scope: &Scope,
    message: MessageId,
) -> Result<Option<(InboxId, Option<ConversationId>)>, StoreError> {
    let mut params: Vec<Value> = params![message].into();
    let within = within(scope, &mut params);
    read.query_one(
        &format!(
            "SELECT h.inbox_id, m.conversation_id FROM hits h
             JOIN messages m ON m.id = h.message_id
             JOIN inboxes i ON i.id = h.inbox_id
             LEFT JOIN conversations c ON c.id = m.conversation_id
             WHERE h.message_id = $1 AND m.deleted_at IS NULL AND {within} LIMIT 1"
        ),
        &params,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Puts a found message aside in every search, or brings it back.
pub fn dismiss(
    tx: &mut Tx<'_>,
    message: MessageId,
    at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE hits SET dismissed_at = $2 WHERE message_id = $1",
        &params![message, at],
    )?;
    Ok(())
}

/// A stored text that a search is tried on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastText {
    pub message: MessageId,
    pub title: Option<String>,
    pub body: String,
}

/// Lists what customers said in public to a brand since an id, newest first.
pub fn list_past(
    read: &mut Read<'_>,
    (scope, brand): (&Scope, BrandId),
    since: MessageId,
    limit: i64,
) -> Result<Vec<PastText>, StoreError> {
    let mut params: Vec<Value> = params![brand, since, limit].into();
    let within = scope::condition(scope, "i.team_id", &mut params);
    read.query(
        &format!(
            "SELECT m.id, m.title, m.body FROM messages m
             JOIN inboxes i ON i.id = m.inbox_id
             WHERE i.brand_id = $1 AND m.id > $2 AND m.direction = 'in' AND m.visibility = 'public'
               AND m.deleted_at IS NULL AND m.body <> '' AND {within}
             ORDER BY m.id DESC LIMIT $3"
        ),
        &params,
        |row| {
            Ok(PastText {
                message: row.get(0)?,
                title: row.get(1)?,
                body: row.get(2)?,
            })
        },
    )
}

/// The inbox's team sees what is nobody's matter; what was taken up is its conversation's team's.
fn within(scope: &Scope, params: &mut Vec<Value>) -> String {
    let of_inbox = scope::condition(scope, "i.team_id", params);
    let of_conversation = scope::condition(scope, "c.team_id", params);
    format!(
        "((m.conversation_id IS NULL AND {of_inbox})
          OR (m.conversation_id IS NOT NULL AND {of_conversation}))"
    )
}

const fn condition(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Open => "h.dismissed_at IS NULL AND h.taken_up = 0 AND m.conversation_id IS NULL",
        Wanted::TakenUp => "m.conversation_id IS NOT NULL",
        Wanted::Dismissed => "h.dismissed_at IS NOT NULL AND m.conversation_id IS NULL",
        Wanted::All => "1 = 1",
    }
}

fn hit(row: &Row<'_>) -> Result<Hit, StoreError> {
    Ok(Hit {
        search: row.get(0)?,
        message: row.get(1)?,
        inbox: row.get(2)?,
        found_at: row.get(3)?,
        dismissed_at: row.get(4)?,
    })
}
