//! Colleagues whom notes speak to, and whether they have read it.

use kulant_model::ids::{AgentId, ConversationId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::Value;
use crate::sql::{Read, Tx};

/// Notes which colleagues a note speaks to.
pub fn insert(
    tx: &mut Tx<'_>,
    message: MessageId,
    conversation: ConversationId,
    agents: &[AgentId],
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = agents
        .iter()
        .map(|agent| params![message, *agent, conversation].into())
        .collect();
    tx.insert(
        "INSERT INTO mentions (message_id, agent_id, conversation_id)",
        &rows,
        "ON CONFLICT (message_id, agent_id) DO NOTHING",
    )?;
    Ok(())
}

/// Lists which colleagues notes speak to.
pub fn list(
    read: &mut Read<'_>,
    messages: &[MessageId],
) -> Result<Vec<(MessageId, AgentId)>, StoreError> {
    let keys: Vec<Vec<Value>> = messages.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT n.message_id, n.agent_id FROM (VALUES {keys}) AS k
         JOIN mentions n ON n.message_id = k.column1
         ORDER BY n.message_id, n.agent_id",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Marks the mentions of somebody in a conversation as read.
pub fn mark_read(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    agent: AgentId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE mentions SET read_at = $3 WHERE agent_id = $2 AND conversation_id = $1 AND read_at IS NULL",
        &params![conversation, agent, now],
    )?;
    Ok(())
}
