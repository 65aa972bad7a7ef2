//! Who of a conversation is its party, what that wrote last, and where an answer reaches it.

use kulant_model::ids::{ConversationId, IdentityId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
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
