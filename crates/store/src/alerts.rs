//! Alerts: failures that need a person, each standing once until it is cleared.

use kulant_model::ids::{AlertId, ConversationId, InboxId, MessageId};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub id: AlertId,
    pub kind: String,
    /// What makes it the same alert when it happens again.
    pub key: String,
    pub inbox: Option<InboxId>,
    pub conversation: Option<ConversationId>,
    pub message: Option<MessageId>,
    pub facts: Json,
    pub raised_at: Timestamp,
}

/// An alert that stands now, with what is known of its reason elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub alert: Alert,
    /// What the network said when the message of it failed.
    pub failure_detail: Option<String>,
    /// What is wrong with its inbox, null if nothing is.
    pub trouble: Json,
    pub inbox_name: Option<String>,
}

/// Raises an alert unless the same one stands; returns whether it is new.
pub fn raise(tx: &mut Tx<'_>, alert: &Alert) -> Result<bool, StoreError> {
    let raised = tx.execute(
        "INSERT INTO alerts (id, kind, alert_key, inbox_id, conversation_id, message_id, facts, raised_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (alert_key) WHERE cleared_at IS NULL DO NOTHING",
        &params![
            alert.id,
            &alert.kind,
            &alert.key,
            alert.inbox,
            alert.conversation,
            alert.message,
            &alert.facts,
            alert.raised_at
        ],
    )?;
    Ok(raised > 0)
}

/// Finds when the newest alert of a key was cleared; the inner none where it stands.
pub fn find_cleared(
    read: &mut Read<'_>,
    key: &str,
) -> Result<Option<Option<Timestamp>>, StoreError> {
    let found = read.query(
        "SELECT cleared_at FROM alerts WHERE alert_key = $1 ORDER BY id DESC LIMIT 1",
        &params![key],
        |row| row.get(0),
    )?;
    Ok(found.into_iter().next())
}

/// Clears the alerts of a kind that were raised before the first of two times, at the second.
pub fn clear_raised_before(
    tx: &mut Tx<'_>,
    kind: &str,
    (raised_before, now): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE alerts SET cleared_at = $3
         WHERE kind = $1 AND raised_at < $2 AND cleared_at IS NULL",
        &params![kind, raised_before, now],
    )?;
    Ok(())
}

/// Forgets alerts that were cleared before a time.
pub fn remove_cleared(tx: &mut Tx<'_>, cleared_before: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM alerts WHERE cleared_at < $1",
        &params![cleared_before],
    )?;
    Ok(())
}

/// Clears the standing alert of a key; returns whether there was one.
pub fn clear(tx: &mut Tx<'_>, key: &str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE alerts SET cleared_at = $2 WHERE alert_key = $1 AND cleared_at IS NULL",
        &params![key, now],
    )?;
    Ok(changed > 0)
}

/// Clears the standing alerts of keys; returns how many there were.
pub fn clear_all(tx: &mut Tx<'_>, keys: &[String], now: Timestamp) -> Result<u64, StoreError> {
    if keys.is_empty() {
        return Ok(0);
    }
    let keys: Vec<Vec<Value>> = keys.iter().map(|key| params![key].into()).collect();
    let cleared: Vec<AlertId> = tx.query_keys(
        "UPDATE alerts SET cleared_at = $1
         WHERE alert_key IN (VALUES {keys}) AND cleared_at IS NULL RETURNING id",
        &params![now],
        &keys,
        |row| row.get(0),
    )?;
    Ok(cleared.len() as u64)
}

/// Lists every standing alert, newest first.
pub fn list(read: &mut Read<'_>, limit: i64) -> Result<Vec<Standing>, StoreError> {
    select(read, "1 = 1", &params![limit])
}

/// Lists standing alerts within a scope, newest first: by the team of their conversation, or of
/// their inbox where they speak of none.
pub fn list_in_scope(
    read: &mut Read<'_>,
    scope: &Scope,
    limit: i64,
) -> Result<Vec<Standing>, StoreError> {
    let mut params: Vec<Value> = params![limit].into();
    let in_scope = match scope {
        Scope::Everything => "1 = 1".to_owned(),
        Scope::Teams(_) => {
            let of_conversation = scope::condition(scope, "c.team_id", &mut params);
            let of_inbox = scope::condition(scope, "i.team_id", &mut params);
            format!("({of_conversation} OR (a.conversation_id IS NULL AND {of_inbox}))")
        }
    };
    select(read, &in_scope, &params)
}

fn select(
    read: &mut Read<'_>,
    condition: &str,
    params: &[Value],
) -> Result<Vec<Standing>, StoreError> {
    read.query(
        &format!(
            "SELECT a.id, a.kind, a.alert_key, a.inbox_id, a.conversation_id, a.message_id, a.facts,
               a.raised_at, m.failure_detail, i.trouble, i.name
             FROM alerts a
             LEFT JOIN messages m ON m.id = a.message_id
             LEFT JOIN conversations c ON c.id = a.conversation_id
             LEFT JOIN inboxes i ON i.id = a.inbox_id
             WHERE a.cleared_at IS NULL AND {condition}
             ORDER BY a.id DESC LIMIT $1"
        ),
        params,
        |row| {
            Ok(Standing {
                alert: alert(row)?,
                failure_detail: row.get(8)?,
                trouble: row.get(9)?,
                inbox_name: row.get(10)?,
            })
        },
    )
}

fn alert(row: &Row<'_>) -> Result<Alert, StoreError> {
    Ok(Alert {
        id: row.get(0)?,
        kind: row.get(1)?,
        key: row.get(2)?,
        inbox: row.get(3)?,
        conversation: row.get(4)?,
        message: row.get(5)?,
        facts: row.get(6)?,
        raised_at: row.get(7)?,
    })
}
