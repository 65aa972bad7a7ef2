//! What the intake knows of messages that have a row already: enough to thread, and no more.

use kulant_model::ids::{AgentId, ConversationId, IdentityId, InboxId, MessageId};
use kulant_model::message::{Direction, Visibility};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::Read;
use crate::sql::value::{Row, Value};

/// What the intake knows of a message that has a row already, seen or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: MessageId,
    pub network_id: Option<String>,
    pub direction: Direction,
    pub visibility: Visibility,
    pub identity: Option<IdentityId>,
    /// Who of us wrote it here; none for what was written at the network.
    pub agent: Option<AgentId>,
    pub conversation: Option<ConversationId>,
    pub parent: Option<MessageId>,
    pub root: Option<MessageId>,
    pub top: Option<MessageId>,
    /// The key of the private thread it belongs to.
    pub thread: Option<String>,
    /// When it was taken in; none for a placeholder, which stands for a message not seen yet.
    pub seen_at: Option<Timestamp>,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    pub body: String,
}

impl Known {
    /// Returns whether it only stands for a message of ours until we know the network's id of that:
    /// a placeholder, or our own words as the network delivered them. Everything else is a message
    /// of its own, whatever id a network gives twice.
    pub fn stands_in(&self) -> bool {
        self.agent.is_none() && (self.seen_at.is_none() || self.direction == Direction::Out)
    }
}

const KNOWN: &str = "m.id, m.network_id, m.direction, m.visibility, m.identity_id, m.agent_id, \
     m.conversation_id, m.parent_id, m.root_id, m.top_id, m.seen_at, m.edited_at, m.deleted_at, m.body, \
     m.thread_key";

/// Lists what is known of messages by the network's ids.
pub fn list_known(
    read: &mut Read<'_>,
    inbox: InboxId,
    network_ids: &[&str],
) -> Result<Vec<Known>, StoreError> {
    let keys: Vec<Vec<Value>> = network_ids
        .iter()
        .map(|id| params![inbox, *id].into())
        .collect();
    read.query_keys(
        &format!(
            "SELECT {KNOWN} FROM (VALUES {{keys}}) AS k
             JOIN messages m ON m.inbox_id = k.column1 AND m.network_id = k.column2"
        ),
        &[],
        &keys,
        known,
    )
}

/// Finds the first of the network's ids in an inbox that begin so.
pub fn find_network_id_that_begins(
    read: &mut Read<'_>,
    inbox: InboxId,
    begin: &str,
) -> Result<Option<String>, StoreError> {
    read.query_one(
        "SELECT m.network_id FROM messages m
         WHERE m.inbox_id = $1 AND m.network_id >= $2 AND m.network_id < $3
         ORDER BY m.network_id LIMIT 1",
        &params![inbox, begin, format!("{begin}\u{10ffff}")],
        |row| row.get(0),
    )
}

/// Lists what is known of messages of an inbox by our own ids; notes never went to a network.
pub fn list_known_by_id(
    read: &mut Read<'_>,
    inbox: InboxId,
    ids: &[MessageId],
) -> Result<Vec<Known>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT {KNOWN} FROM (VALUES {{keys}}) AS k JOIN messages m ON m.id = k.column1
               AND m.inbox_id = $1 AND m.visibility <> 'note'"
        ),
        &params![inbox],
        &keys,
        known,
    )
}

/// Lists what is known of everything below these topmost messages.
pub fn list_known_below(read: &mut Read<'_>, tops: &[MessageId]) -> Result<Vec<Known>, StoreError> {
    let keys: Vec<Vec<Value>> = tops.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT {KNOWN} FROM (VALUES {{keys}}) AS k
             JOIN messages m ON m.top_id = k.column1 AND m.id <> k.column1"
        ),
        &[],
        &keys,
        known,
    )
}

fn known(row: &Row<'_>) -> Result<Known, StoreError> {
    Ok(Known {
        id: row.get(0)?,
        network_id: row.get(1)?,
        direction: row.get(2)?,
        visibility: row.get(3)?,
        identity: row.get(4)?,
        agent: row.get(5)?,
        conversation: row.get(6)?,
        parent: row.get(7)?,
        root: row.get(8)?,
        top: row.get(9)?,
        seen_at: row.get(10)?,
        edited_at: row.get(11)?,
        deleted_at: row.get(12)?,
        body: row.get(13)?,
        thread: row.get(14)?,
    })
}
