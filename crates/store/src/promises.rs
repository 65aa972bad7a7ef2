//! Which messages of ours answer nothing but promise to say more, until when, and whether that still
//! holds.

use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::{Read, Tx};

/// A real answer of ours that stands at its network, as `a`.
const ANSWER: &str = "a.direction = 'out' AND a.visibility <> 'note' AND a.next_word_at IS NULL \
     AND a.delivery_state = 'sent'";
/// Written here after the promise `h`, whatever the network's clock says of it.
const WRITTEN_LATER: &str = "(a.agent_id IS NOT NULL AND a.id > h.id)";

/// Notes of a message of ours until when it promises to say more.
pub fn note(tx: &mut Tx<'_>, id: MessageId, next_word_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET next_word_at = $2 WHERE id = $1",
        &params![id, next_word_at],
    )?;
    Ok(())
}

/// Finds until when a message of ours promises to say more; none where it does not.
pub fn find(read: &mut Read<'_>, id: MessageId) -> Result<Option<Timestamp>, StoreError> {
    let found = read.query_one(
        "SELECT next_word_at FROM messages WHERE id = $1",
        &params![id],
        |row| row.get::<Option<Timestamp>>(0),
    )?;
    Ok(found.flatten())
}

/// Finds what was promised last in a conversation and is on its way or told, unless a real answer
/// has left since.
pub fn find_standing(
    read: &mut Read<'_>,
    conversation: ConversationId,
) -> Result<Option<Timestamp>, StoreError> {
    let found = read.query_one(
        &format!(
            "SELECT h.next_word_at FROM messages h
             WHERE h.conversation_id = $1 AND h.next_word_at IS NOT NULL AND h.deleted_at IS NULL
               AND h.delivery_state IN ('queued', 'sending', 'sent', 'uncertain')
               AND NOT EXISTS (
                 SELECT 1 FROM messages a
                 WHERE a.conversation_id = h.conversation_id AND {ANSWER}
                   AND (COALESCE(a.sent_at, a.platform_at) >= COALESCE(h.sent_at, h.stored_at)
                        OR {WRITTEN_LATER}))
             ORDER BY h.id DESC LIMIT 1"
        ),
        &params![conversation],
        |row| row.get::<Option<Timestamp>>(0),
    )?;
    Ok(found.flatten())
}

/// Returns whether a real answer left after a message of ours was written.
pub fn is_answered(read: &mut Read<'_>, id: MessageId) -> Result<bool, StoreError> {
    let found: Option<i64> = read.query_one(
        &format!(
            "SELECT 1 FROM messages h
             JOIN messages a ON a.conversation_id = h.conversation_id
             WHERE h.id = $1 AND {ANSWER}
               AND (COALESCE(a.sent_at, a.platform_at) >= h.stored_at OR {WRITTEN_LATER})
             LIMIT 1"
        ),
        &params![id],
        |row| row.get(0),
    )?;
    Ok(found.is_some())
}

/// Lists the messages of a conversation that promise to say more and have not left.
pub fn list_queued(
    read: &mut Read<'_>,
    conversation: ConversationId,
) -> Result<Vec<MessageId>, StoreError> {
    read.query(
        "SELECT id FROM messages
         WHERE conversation_id = $1 AND next_word_at IS NOT NULL AND delivery_state = 'queued'
         ORDER BY id",
        &params![conversation],
        |row| row.get(0),
    )
}
