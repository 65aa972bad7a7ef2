//! Teams: agents who share a queue.

use kulant_model::ids::{AgentId, TeamId};
use kulant_model::team::TeamKind;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};
use crate::versions::{self, Versioned};

const COLUMNS: &str = "id, version, name, kind, signature, created_at, archived_at";

/// A team as it is kept, without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub version: i64,
    pub name: String,
    pub kind: TeamKind,
    pub signature: Option<String>,
    pub created_at: Timestamp,
    pub archived_at: Option<Timestamp>,
}

/// Keeps a new team; returns whether its name was free.
pub fn insert(tx: &mut Tx<'_>, team: &Team) -> Result<bool, StoreError> {
    let kept = tx.execute(
        &format!("INSERT INTO teams ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"),
        &params![
            team.id,
            team.version,
            &team.name,
            team.kind,
            team.signature.as_deref(),
            team.created_at,
            team.archived_at,
        ],
    )?;
    Ok(kept == 1)
}

/// Changes a team, if it still has the version it carries.
pub fn update(tx: &mut Tx<'_>, team: &Team) -> Result<Versioned, StoreError> {
    versions::update(
        tx,
        "UPDATE teams
         SET version = version + 1, name = $3, kind = $4, signature = $5, archived_at = $6
         WHERE id = $1 AND version = $2
         RETURNING version",
        &params![
            team.id,
            team.version,
            &team.name,
            team.kind,
            team.signature.as_deref(),
            team.archived_at,
        ],
        "SELECT version FROM teams WHERE id = $1",
        team.id,
    )
}

/// Finds a team, archived ones included.
pub fn find(read: &mut Read<'_>, id: TeamId) -> Result<Option<Team>, StoreError> {
    read.query_one(
        &format!("SELECT {COLUMNS} FROM teams WHERE id = $1"),
        &params![id],
        team,
    )
}

/// Finds a team by its name, archived ones included.
pub fn find_by_name(read: &mut Read<'_>, name: &str) -> Result<Option<Team>, StoreError> {
    read.query_one(
        &format!("SELECT {COLUMNS} FROM teams WHERE name = $1"),
        &params![name],
        team,
    )
}

/// Lists the teams in use after an id, oldest first.
pub fn list(read: &mut Read<'_>, after: i64, limit: i64) -> Result<Vec<Team>, StoreError> {
    read.query(
        &format!(
            "SELECT {COLUMNS} FROM teams
             WHERE archived_at IS NULL AND id > $1
             ORDER BY id LIMIT $2"
        ),
        &params![after, limit],
        team,
    )
}

/// Returns whether any inbox in use feeds the team's queue.
pub fn has_inboxes(read: &mut Read<'_>, id: TeamId) -> Result<bool, StoreError> {
    let found = read.query_one(
        "SELECT 1 FROM inboxes WHERE team_id = $1 AND archived_at IS NULL LIMIT 1",
        &params![id],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Returns whether the team has conversations that are not resolved.
pub fn has_open_conversations(read: &mut Read<'_>, id: TeamId) -> Result<bool, StoreError> {
    let found = read.query_one(
        "SELECT 1 FROM conversations
         WHERE team_id = $1 AND joined_into IS NULL AND status IN ('open', 'waiting', 'snoozed')
         LIMIT 1",
        &params![id],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Returns which of these ids are teams in use.
pub fn list_in_use(read: &mut Read<'_>, ids: &[TeamId]) -> Result<Vec<TeamId>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT t.id
         FROM (VALUES {keys}) AS k
         JOIN teams t ON t.id = k.column1
         WHERE t.archived_at IS NULL
         ORDER BY t.id",
        &[],
        &keys,
        |row| row.get(0),
    )
}

/// Lists the members of teams, disabled people left out.
pub fn list_members(
    read: &mut Read<'_>,
    teams: &[TeamId],
) -> Result<Vec<(TeamId, AgentId)>, StoreError> {
    let keys: Vec<Vec<Value>> = teams.iter().map(|team| params![*team].into()).collect();
    read.query_keys(
        "SELECT m.team_id, m.agent_id
         FROM (VALUES {keys}) AS k
         JOIN team_members m ON m.team_id = k.column1
         JOIN agents g ON g.id = m.agent_id
         WHERE g.disabled_at IS NULL
         ORDER BY m.team_id, m.agent_id",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Lists the teams in use that agents are in, with their names.
pub fn list_of_agents(
    read: &mut Read<'_>,
    agents: &[AgentId],
) -> Result<Vec<(AgentId, TeamId, String)>, StoreError> {
    let keys: Vec<Vec<Value>> = agents.iter().map(|agent| params![*agent].into()).collect();
    read.query_keys(
        "SELECT m.agent_id, t.id, t.name
         FROM (VALUES {keys}) AS k
         JOIN team_members m ON m.agent_id = k.column1
         JOIN teams t ON t.id = m.team_id
         WHERE t.archived_at IS NULL
         ORDER BY m.agent_id, t.id",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Makes these agents the members of a team, and nobody else.
pub fn replace_members(
    tx: &mut Tx<'_>,
    team: TeamId,
    agents: &[AgentId],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM team_members WHERE team_id = $1",
        &params![team],
    )?;
    let rows: Vec<Vec<Value>> = agents
        .iter()
        .map(|agent| params![team, *agent].into())
        .collect();
    insert_members(tx, &rows)
}

/// Makes these teams the ones that an agent is in, and no other.
pub fn replace_of_agent(
    tx: &mut Tx<'_>,
    agent: AgentId,
    teams: &[TeamId],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM team_members WHERE agent_id = $1",
        &params![agent],
    )?;
    let rows: Vec<Vec<Value>> = teams
        .iter()
        .map(|team| params![*team, agent].into())
        .collect();
    insert_members(tx, &rows)
}

fn insert_members(tx: &mut Tx<'_>, rows: &[Vec<Value>]) -> Result<(), StoreError> {
    tx.insert(
        "INSERT INTO team_members (team_id, agent_id)",
        rows,
        "ON CONFLICT (team_id, agent_id) DO NOTHING",
    )?;
    Ok(())
}

fn team(row: &Row<'_>) -> Result<Team, StoreError> {
    Ok(Team {
        id: row.get(0)?,
        version: row.get(1)?,
        name: row.get(2)?,
        kind: row.get(3)?,
        signature: row.get(4)?,
        created_at: row.get(5)?,
        archived_at: row.get(6)?,
    })
}
