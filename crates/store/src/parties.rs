//! Who of a conversation is its party, what that wrote last, and where an answer reaches it.

use kulant_model::ids::{ConversationId, IdentityId, InboxId};
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::messages::{self, Message};
use crate::params;
use crate::sql::{Read, Tx};

/// Marks anew who of a conversation is its party: whose matter it is, whoever spoke in private, and
/// below a comment that was joined in with it, the author of that comment. Others are bystanders.
pub fn mark(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    party: Option<IdentityId>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET is_party = CASE
           WHEN identity_id = $2 OR visibility = 'private' THEN 1
           WHEN EXISTS (
             SELECT 1 FROM messages r
             WHERE r.id = messages.root_id AND r.conversation_id = messages.conversation_id
               AND r.identity_id = messages.identity_id) THEN 1
           ELSE 0 END
         WHERE conversation_id = $1 AND direction = 'in' AND identity_id IS NOT NULL",
        &params![conversation, party],
    )?;
    Ok(())
}

/// Finds when the newest words of a conversation's party that are known now were written.
pub fn find_newest_words(
    read: &mut Read<'_>,
    conversation: ConversationId,
) -> Result<Option<Timestamp>, StoreError> {
    read.query_one(
        "SELECT platform_at FROM messages
         WHERE conversation_id = $1 AND direction = 'in' AND is_party = 1
         ORDER BY platform_at DESC LIMIT 1",
        &params![conversation],
        |row| row.get(0),
    )
}

/// Finds the newest words of a conversation's party in public or in private that are still there; of
/// one person alone, where one is named.
pub fn find_newest(
    read: &mut Read<'_>,
    conversation: ConversationId,
    visibility: Visibility,
    whose: Option<IdentityId>,
) -> Result<Option<Message>, StoreError> {
    read.query_one(
        &format!(
            "SELECT {} FROM messages m
             WHERE m.conversation_id = $1 AND m.direction = 'in' AND m.visibility = $2
               AND m.is_party = 1 AND m.deleted_at IS NULL AND COALESCE($3, m.identity_id) = m.identity_id
             ORDER BY m.platform_at DESC, m.id DESC
             LIMIT 1",
            messages::MESSAGE
        ),
        &params![conversation, visibility, whose],
        messages::message,
    )
}

/// Returns whether the party of a conversation is also reached elsewhere than where this message of
/// its stands: in another inbox or thread; in public, below another comment or as another person.
/// Who reads a private thread is the same whomever of it one answers.
pub fn is_elsewhere_too(read: &mut Read<'_>, message: &Message) -> Result<bool, StoreError> {
    let other: Option<i64> = read.query_one(
        "SELECT 1 FROM messages
         WHERE conversation_id = $1 AND direction = 'in' AND visibility = $2
           AND is_party = 1 AND deleted_at IS NULL
           AND (inbox_id <> $3 OR thread_key IS DISTINCT FROM $4
             OR (visibility = 'public'
               AND (identity_id IS DISTINCT FROM $5 OR root_id IS DISTINCT FROM $6)))
         LIMIT 1",
        &params![
            message.conversation,
            message.visibility,
            message.inbox,
            message.thread.as_deref(),
            message.identity,
            message.root
        ],
        |row| row.get(0),
    )?;
    Ok(other.is_some())
}

/// Finds the key of the private thread of a conversation in which one person is spoken to.
pub fn find_thread(
    read: &mut Read<'_>,
    conversation: ConversationId,
    inbox: InboxId,
    identity: IdentityId,
) -> Result<Option<String>, StoreError> {
    read.query_one(
        "SELECT m.thread_key FROM messages m
         LEFT JOIN messages p ON p.id = m.parent_id
         WHERE m.conversation_id = $1 AND m.inbox_id = $2 AND m.thread_key IS NOT NULL
           AND COALESCE(m.identity_id, p.identity_id) = $3
         ORDER BY m.platform_at DESC, m.id DESC
         LIMIT 1",
        &params![conversation, inbox, identity],
        |row| row.get(0),
    )
}
