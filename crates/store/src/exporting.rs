//! The ids of everything within a scope, oldest first, so that all of it can be read page by page
//! while others write.

use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::role::Scope;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::Read;

/// Lists the conversations after an id, those that were joined into another included.
pub fn list_conversations_after(
    read: &mut Read<'_>,
    scope: &Scope,
    after: ConversationId,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let mut params = params![after, limit].to_vec();
    let within = scope::condition(scope, "team_id", &mut params);
    read.query(
        &format!(
            "SELECT id FROM conversations
             WHERE id > $1 AND {within}
             ORDER BY id
             LIMIT $2"
        ),
        &params,
        |row| row.get(0),
    )
}

/// Lists the messages after an id; those of no conversation belong to everybody's matters and are
/// within no team's scope.
pub fn list_messages_after(
    read: &mut Read<'_>,
    scope: &Scope,
    after: MessageId,
    limit: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let mut params = params![after, limit].to_vec();
    let sql = if *scope == Scope::Everything {
        "SELECT id FROM messages WHERE id > $1 ORDER BY id LIMIT $2".to_owned()
    } else {
        let within = scope::condition(scope, "c.team_id", &mut params);
        format!(
            "SELECT m.id FROM messages m
             JOIN conversations c ON c.id = m.conversation_id
             WHERE m.id > $1 AND {within}
             ORDER BY m.id
             LIMIT $2"
        )
    };
    read.query(&sql, &params, |row| row.get(0))
}
