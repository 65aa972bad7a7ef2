//! Pseudonymous keys under which the log names whoever acted; this table alone resolves them.

use kulant_model::ids::{ActorId, AgentId};

use crate::error::StoreError;
use crate::params;
use crate::sql::{Read, Tx};

/// Keeps the actor for what kulant does by itself.
pub fn keep_system(tx: &mut Tx<'_>, actor: ActorId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO actors (id, kind, agent_id) VALUES ($1, 'system', NULL) ON CONFLICT (id) DO NOTHING",
        &params![actor],
    )?;
    Ok(())
}

/// Keeps the actor of an agent.
pub fn insert(tx: &mut Tx<'_>, actor: ActorId, agent: AgentId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO actors (id, kind, agent_id) VALUES ($1, 'agent', $2)",
        &params![actor, agent],
    )?;
    Ok(())
}

/// Finds the actor of an agent.
pub fn find_of_agent(read: &mut Read<'_>, agent: AgentId) -> Result<Option<ActorId>, StoreError> {
    read.query_one(
        "SELECT id FROM actors WHERE agent_id = $1",
        &params![agent],
        |row| row.get(0),
    )
}

/// Resolves actors to the names of agents, for those who may know them.
pub fn list_names(
    read: &mut Read<'_>,
    actors: &[ActorId],
) -> Result<Vec<(ActorId, String)>, StoreError> {
    let keys: Vec<Vec<_>> = actors.iter().map(|actor| params![*actor].into()).collect();
    read.query_keys(
        "SELECT a.id, g.name
         FROM (VALUES {keys}) AS k
         JOIN actors a ON a.id = k.column1
         JOIN agents g ON g.id = a.agent_id",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
