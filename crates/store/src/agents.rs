//! Agents: the people who answer for the company, their passwords and their invitations.

use kulant_model::ids::{ActorId, AgentId};
use kulant_model::role::Role;
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};
use crate::versions::{self, Versioned};

const COLUMNS: &str = "id, version, email, name, role, password_hash, initials, \
     initials_consented_at, preferences, created_at, disabled_at";

/// An agent as it is kept.
#[derive(Clone, PartialEq)]
pub struct Agent {
    pub id: AgentId,
    pub version: i64,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Absent until an invitation was accepted.
    pub password_hash: Option<String>,
    pub initials: Option<String>,
    pub initials_consented_at: Option<Timestamp>,
    pub preferences: Json,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

/// What is known of an agent at every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub agent: AgentId,
    pub actor: ActorId,
    pub name: String,
    pub role: Role,
    pub disabled_at: Option<Timestamp>,
}

/// An invitation, found by the digest of its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub agent: AgentId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// Keeps a new agent; returns whether the address was free.
pub fn insert(tx: &mut Tx<'_>, agent: &Agent) -> Result<bool, StoreError> {
    let kept = tx.execute(
        &format!(
            "INSERT INTO agents ({COLUMNS})
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT DO NOTHING"
        ),
        &params![
            agent.id,
            agent.version,
            &agent.email,
            &agent.name,
            agent.role,
            agent.password_hash.as_deref(),
            agent.initials.as_deref(),
            agent.initials_consented_at,
            &agent.preferences,
            agent.created_at,
            agent.disabled_at,
        ],
    )?;
    Ok(kept == 1)
}

/// Changes what administrators set, if the agent still has the version it carries.
pub fn update(tx: &mut Tx<'_>, agent: &Agent) -> Result<Versioned, StoreError> {
    versions::update(
        tx,
        "UPDATE agents
         SET version = version + 1, email = $3, name = $4, role = $5, disabled_at = $6
         WHERE id = $1 AND version = $2
         RETURNING version",
        &params![
            agent.id,
            agent.version,
            &agent.email,
            &agent.name,
            agent.role,
            agent.disabled_at,
        ],
        "SELECT version FROM agents WHERE id = $1",
        agent.id,
    )
}

/// Changes what a person sets for themselves.
pub fn save_preferences(
    tx: &mut Tx<'_>,
    id: AgentId,
    preferences: &Json,
    initials: Option<&str>,
    initials_consented_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE agents
         SET preferences = $2, initials = $3, initials_consented_at = $4
         WHERE id = $1",
        &params![id, preferences, initials, initials_consented_at],
    )?;
    Ok(())
}

/// Keeps the digest of a new password.
pub fn save_password(tx: &mut Tx<'_>, id: AgentId, hash: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE agents SET password_hash = $2 WHERE id = $1",
        &params![id, hash],
    )?;
    Ok(())
}

/// Finds an agent, disabled ones included.
pub fn find(read: &mut Read<'_>, id: AgentId) -> Result<Option<Agent>, StoreError> {
    read.query_one(
        &format!("SELECT {COLUMNS} FROM agents WHERE id = $1"),
        &params![id],
        agent,
    )
}

/// Finds an agent by an address in its kept form, disabled ones included.
pub fn find_by_email(read: &mut Read<'_>, email: &str) -> Result<Option<Agent>, StoreError> {
    read.query_one(
        &format!("SELECT {COLUMNS} FROM agents WHERE email = $1"),
        &params![email],
        agent,
    )
}

/// Lists agents after an id, oldest first, disabled ones included.
pub fn list(read: &mut Read<'_>, after: i64, limit: i64) -> Result<Vec<Agent>, StoreError> {
    read.query(
        &format!("SELECT {COLUMNS} FROM agents WHERE id > $1 ORDER BY id LIMIT $2"),
        &params![after, limit],
        agent,
    )
}

/// Finds what is needed to tell what an agent may.
pub fn find_access(read: &mut Read<'_>, id: AgentId) -> Result<Option<Access>, StoreError> {
    read.query_one(
        "SELECT g.id, a.id, g.name, g.role, g.disabled_at
         FROM agents g
         JOIN actors a ON a.agent_id = g.id
         WHERE g.id = $1",
        &params![id],
        |row| access(row, 0),
    )
}

/// Returns the names of agents.
pub fn list_names(
    read: &mut Read<'_>,
    ids: &[AgentId],
) -> Result<std::collections::HashMap<AgentId, String>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    Ok(read
        .query_keys(
            "SELECT g.id, g.name FROM (VALUES {keys}) AS k JOIN agents g ON g.id = k.column1",
            &[],
            &keys,
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .into_iter()
        .collect())
}

/// Counts the agents there are.
pub fn count(read: &mut Read<'_>) -> Result<i64, StoreError> {
    Ok(read
        .query_one("SELECT COUNT(*) FROM agents", &[], |row| row.get(0))?
        .unwrap_or(0))
}

/// Keeps the agents of a role from being changed beside this transaction, so that counting them
/// means something.
pub fn lock_role(tx: &mut Tx<'_>, role: Role) -> Result<(), StoreError> {
    let lock = tx.dialect().lock_rows("agents");
    tx.query(
        &format!("SELECT id FROM agents WHERE role = $1 ORDER BY id {lock}"),
        &params![role],
        |row| row.get::<AgentId>(0),
    )?;
    Ok(())
}

/// Counts the agents of a role who have a password and are not disabled.
pub fn count_signing_in(read: &mut Read<'_>, role: Role) -> Result<i64, StoreError> {
    Ok(read
        .query_one(
            "SELECT COUNT(*) FROM agents
             WHERE role = $1 AND password_hash IS NOT NULL AND disabled_at IS NULL",
            &params![role],
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Returns which of these ids are agents that are not disabled.
pub fn list_enabled(read: &mut Read<'_>, ids: &[AgentId]) -> Result<Vec<AgentId>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT g.id
         FROM (VALUES {keys}) AS k
         JOIN agents g ON g.id = k.column1
         WHERE g.disabled_at IS NULL
         ORDER BY g.id",
        &[],
        &keys,
        |row| row.get(0),
    )
}

/// Keeps an invitation by the digest of its secret.
pub fn insert_invitation(
    tx: &mut Tx<'_>,
    secret_hash: &[u8],
    invitation: &Invitation,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO invitations (secret_hash, agent_id, created_at, expires_at, used_at)
         VALUES ($1, $2, $3, $4, $5)",
        &params![
            secret_hash.to_vec(),
            invitation.agent,
            invitation.created_at,
            invitation.expires_at,
            invitation.used_at,
        ],
    )?;
    Ok(())
}

/// Finds an invitation by the digest of its secret.
pub fn find_invitation(
    read: &mut Read<'_>,
    secret_hash: &[u8],
) -> Result<Option<Invitation>, StoreError> {
    read.query_one(
        "SELECT agent_id, created_at, expires_at, used_at
         FROM invitations
         WHERE secret_hash = $1",
        &params![secret_hash.to_vec()],
        |row| {
            Ok(Invitation {
                agent: row.get(0)?,
                created_at: row.get(1)?,
                expires_at: row.get(2)?,
                used_at: row.get(3)?,
            })
        },
    )
}

/// Marks an invitation as used; returns whether it was unused until now.
pub fn use_invitation(
    tx: &mut Tx<'_>,
    secret_hash: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE invitations SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL",
        &params![secret_hash.to_vec(), now],
    )?;
    Ok(changed == 1)
}

/// Removes the invitations of an agent that were not used.
pub fn remove_open_invitations(tx: &mut Tx<'_>, id: AgentId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM invitations WHERE agent_id = $1 AND used_at IS NULL",
        &params![id],
    )?;
    Ok(())
}

/// Reads the columns of `Access` from a place on.
pub(crate) fn access(row: &Row<'_>, first: usize) -> Result<Access, StoreError> {
    Ok(Access {
        agent: row.get(first)?,
        actor: row.get(first + 1)?,
        name: row.get(first + 2)?,
        role: row.get(first + 3)?,
        disabled_at: row.get(first + 4)?,
    })
}

fn agent(row: &Row<'_>) -> Result<Agent, StoreError> {
    Ok(Agent {
        id: row.get(0)?,
        version: row.get(1)?,
        email: row.get(2)?,
        name: row.get(3)?,
        role: row.get(4)?,
        password_hash: row.get(5)?,
        initials: row.get(6)?,
        initials_consented_at: row.get(7)?,
        preferences: row.get(8)?,
        created_at: row.get(9)?,
        disabled_at: row.get(10)?,
    })
}

/// Leaves the password's digest and the address out, so that no log shows them.
impl std::fmt::Debug for Agent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Agent")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
