//! API tokens, found by the digest of their secret.

use kulant_model::ids::{AgentId, TokenId};
use kulant_model::time::Timestamp;

use crate::agents::{self, Access};
use crate::error::StoreError;
use crate::params;
use crate::sql::value::Row;
use crate::sql::{Read, Tx};

const COLUMNS: &str = "id, agent_id, name, scopes, created_at, used_at, revoked_at";

/// A token as it is kept, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub agent: AgentId,
    pub name: String,
    /// Words of `model::role::Permission` with a space between; absent means all the person may.
    pub scopes: Option<String>,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Keeps a new token by the digest of its secret.
pub fn insert(tx: &mut Tx<'_>, secret_hash: &[u8], token: &Token) -> Result<(), StoreError> {
    tx.execute(
        &format!(
            "INSERT INTO tokens ({COLUMNS}, secret_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        &params![
            token.id,
            token.agent,
            &token.name,
            token.scopes.as_deref(),
            token.created_at,
            token.used_at,
            token.revoked_at,
            secret_hash.to_vec(),
        ],
    )?;
    Ok(())
}

/// Finds a token that is not revoked, and what its person may, in one question.
pub fn find_by_secret(
    read: &mut Read<'_>,
    secret_hash: &[u8],
) -> Result<Option<(Token, Access)>, StoreError> {
    read.query_one(
        "SELECT t.id, t.agent_id, t.name, t.scopes, t.created_at, t.used_at, t.revoked_at,
                g.id, a.id, g.name, g.role, g.disabled_at
         FROM tokens t
         JOIN agents g ON g.id = t.agent_id
         JOIN actors a ON a.agent_id = g.id
         WHERE t.secret_hash = $1 AND t.revoked_at IS NULL",
        &params![secret_hash.to_vec()],
        |row| Ok((token(row)?, agents::access(row, 7)?)),
    )
}

/// Lists the tokens of an agent that are not revoked after an id, oldest first.
pub fn list_of_agent(
    read: &mut Read<'_>,
    agent: AgentId,
    after: i64,
    limit: i64,
) -> Result<Vec<Token>, StoreError> {
    read.query(
        &format!(
            "SELECT {COLUMNS} FROM tokens
             WHERE agent_id = $1 AND revoked_at IS NULL AND id > $2
             ORDER BY id LIMIT $3"
        ),
        &params![agent, after, limit],
        token,
    )
}

/// Notes that a token was used.
pub fn touch(tx: &mut Tx<'_>, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE tokens SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)",
        &params![id, now],
    )?;
    Ok(())
}

/// Revokes a token of an agent; returns whether it was in force.
pub fn revoke(
    tx: &mut Tx<'_>,
    agent: AgentId,
    id: TokenId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE tokens SET revoked_at = $3
         WHERE id = $1 AND agent_id = $2 AND revoked_at IS NULL",
        &params![id, agent, now],
    )?;
    Ok(changed == 1)
}

/// Revokes every token of an agent.
pub fn revoke_of_agent(tx: &mut Tx<'_>, agent: AgentId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE tokens SET revoked_at = $2 WHERE agent_id = $1 AND revoked_at IS NULL",
        &params![agent, now],
    )
}

fn token(row: &Row<'_>) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.get(0)?,
        agent: row.get(1)?,
        name: row.get(2)?,
        scopes: row.get(3)?,
        created_at: row.get(4)?,
        used_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}
