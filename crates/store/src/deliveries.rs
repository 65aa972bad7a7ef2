//! How far outgoing messages have come on their way to the network.

use kulant_model::ids::{ConversationId, InboxId, MessageId};
use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::messages::{Delivery, Message};
use crate::params;
use crate::sql::{Read, Tx};

/// Gives a message of ours the network's id and time: it is there. One that was erased meanwhile gets
/// no address, which may name whom it answers.
pub fn confirm_sent(
    tx: &mut Tx<'_>,
    id: MessageId,
    network_id: Option<&str>,
    url: Option<&str>,
    sent_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET network_id = COALESCE($2, network_id),
         url = CASE WHEN deleted_at IS NULL THEN COALESCE($3, url) END,
         delivery_state = 'sent', sent_at = $4, next_attempt_at = NULL,
         failure_class = NULL, failure_detail = NULL
         WHERE id = $1",
        &params![id, network_id, url, sent_at],
    )?;
    Ok(())
}

/// Notes into which private thread a message of ours went, where that was not known when it left.
pub fn save_thread(tx: &mut Tx<'_>, id: MessageId, thread: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET thread_key = $2 WHERE id = $1 AND thread_key IS NULL",
        &params![id, thread],
    )?;
    Ok(())
}

/// Changes how far a delivery has come.
pub fn save(tx: &mut Tx<'_>, id: MessageId, delivery: &Delivery) -> Result<(), StoreError> {
    let failure = delivery.failure.as_ref();
    tx.execute(
        "UPDATE messages SET delivery_state = $2, send_at = $3, sent_at = $4, attempts = $5,
         next_attempt_at = $6, failure_class = $7, failure_detail = $8
         WHERE id = $1",
        &params![
            id,
            delivery.state,
            delivery.send_at,
            delivery.sent_at,
            delivery.attempts,
            delivery.next_attempt_at,
            failure.map(|failure| failure.class.as_str()),
            failure.map(|failure| failure.detail.as_str()),
        ],
    )?;
    Ok(())
}

/// What is known of the tries of a message whose answers were lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Since when one of them may have arrived.
    pub first_at: Option<Timestamp>,
    /// How often it was looked for since the last of them.
    pub looks: i64,
    /// How often it was sent again after it was looked for and not found.
    pub second: i64,
}

/// Finds what is known of the tries of a message.
pub fn find_tries(read: &mut Read<'_>, id: MessageId) -> Result<Tries, StoreError> {
    let found = read.query_one(
        "SELECT first_tried_at, looks, second_tries FROM messages WHERE id = $1",
        &params![id],
        |row| {
            Ok(Tries {
                first_at: row.get(0)?,
                looks: row.get(1)?,
                second: row.get(2)?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Keeps what is known of the tries of a message.
pub fn save_tries(tx: &mut Tx<'_>, id: MessageId, tries: Tries) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET first_tried_at = $2, looks = $3, second_tries = $4 WHERE id = $1",
        &params![id, tries.first_at, tries.looks, tries.second],
    )?;
    Ok(())
}

/// Marks a queued message as handed to the network at a time, without the reason why it was not until
/// now; no if it is not queued any more.
pub fn mark_sending(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE messages SET delivery_state = 'sending', next_attempt_at = NULL,
         failure_class = NULL, failure_detail = NULL,
         first_tried_at = COALESCE(first_tried_at, $2), looks = 0
         WHERE id = $1 AND delivery_state = 'queued'",
        &params![id, now],
    )?;
    Ok(changed > 0)
}

/// Keeps how far a message has come from changing until the transaction ends; for one that no
/// conversation stands for.
pub fn lock(tx: &mut Tx<'_>, id: MessageId) -> Result<(), StoreError> {
    let lock = tx.dialect().lock_rows("messages");
    tx.query_one(
        &format!("SELECT id FROM messages WHERE id = $1 {lock}"),
        &params![id],
        |row| row.get::<MessageId>(0),
    )?;
    Ok(())
}

/// Returns whether an earlier message of the same conversation is due and has not left yet. One that
/// only promises to say more lets an answer that is leaving go first, whichever was written first.
pub fn has_earlier_leaving(
    read: &mut Read<'_>,
    conversation: ConversationId,
    id: MessageId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(read
        .query_one(
            "SELECT id FROM messages
             WHERE conversation_id = $1 AND id <> $2 AND direction = 'out'
               AND ((delivery_state = 'sending'
                     AND (id < $2 OR EXISTS (SELECT 1 FROM messages h
                                             WHERE h.id = $2 AND h.next_word_at IS NOT NULL)))
                    OR (id < $2 AND delivery_state = 'queued' AND next_attempt_at <= $3))
             LIMIT 1",
            &params![conversation, id, now],
            |row| row.get::<MessageId>(0),
        )?
        .is_some())
}

/// Lists the network's ids of what was said before a message beside it, oldest first, no more than
/// the newest so many: in its conversation, in earlier ones of the same private thread, and in answer
/// to the same words.
pub fn list_said_before(
    read: &mut Read<'_>,
    message: &Message,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let mut said = read.query(
        "SELECT network_id FROM messages
         WHERE (conversation_id = $1 OR (inbox_id = $2 AND thread_key = $7) OR parent_id = $8)
           AND inbox_id = $2 AND visibility = $3 AND id <> $4
           AND network_id IS NOT NULL AND platform_at <= $5
         ORDER BY platform_at DESC, id DESC
         LIMIT $6",
        &params![
            message.conversation,
            message.inbox,
            message.visibility,
            message.id,
            message.platform_at,
            limit,
            message.thread.as_deref(),
            message.parent
        ],
        |row| row.get(0),
    )?;
    said.reverse();
    Ok(said)
}

/// Finds the title that the first message of a conversation with one had at its network.
pub fn find_title(
    read: &mut Read<'_>,
    conversation: ConversationId,
) -> Result<Option<String>, StoreError> {
    read.query_one(
        "SELECT title FROM messages
         WHERE conversation_id = $1 AND title IS NOT NULL AND visibility <> 'note'
         ORDER BY platform_at, id
         LIMIT 1",
        &params![conversation],
        |row| row.get(0),
    )
}

/// Returns whether something public has a private answer of ours already, or one on its way.
pub fn has_private_answer(read: &mut Read<'_>, public: MessageId) -> Result<bool, StoreError> {
    Ok(read
        .query_one(
            "SELECT id FROM messages
             WHERE parent_id = $1 AND direction = 'out' AND visibility = 'private'
               AND delivery_state NOT IN ('failed', 'cancelled')
             LIMIT 1",
            &params![public],
            |row| row.get::<MessageId>(0),
        )?
        .is_some())
}

/// Returns how many messages of an inbox are in a state that is not over.
pub fn count(read: &mut Read<'_>) -> Result<Vec<(InboxId, DeliveryState, i64)>, StoreError> {
    read.query(
        "SELECT inbox_id, delivery_state, COUNT(*) FROM messages
         WHERE delivery_state IN ('queued', 'sending', 'failed', 'uncertain')
         GROUP BY inbox_id, delivery_state
         ORDER BY inbox_id, delivery_state",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}
