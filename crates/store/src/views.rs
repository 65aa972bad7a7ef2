//! Views: saved filters, of one person or shared by all.

use kulant_model::ids::{AgentId, ViewId};
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::Row;
use crate::sql::{Read, Tx};

const COLUMNS: &str = "id, agent_id, name, filter, created_at";

/// A view as it is kept; without an agent it is shared.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub id: ViewId,
    pub agent: Option<AgentId>,
    pub name: String,
    pub filter: Json,
    pub created_at: Timestamp,
}

/// Keeps a new view.
pub fn insert(tx: &mut Tx<'_>, view: &View) -> Result<(), StoreError> {
    tx.execute(
        &format!("INSERT INTO views ({COLUMNS}) VALUES ($1, $2, $3, $4, $5)"),
        &params![
            view.id,
            view.agent,
            &view.name,
            &view.filter,
            view.created_at
        ],
    )?;
    Ok(())
}

/// Changes a view.
pub fn update(tx: &mut Tx<'_>, view: &View) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE views SET agent_id = $2, name = $3, filter = $4 WHERE id = $1",
        &params![view.id, view.agent, &view.name, &view.filter],
    )?;
    Ok(())
}

/// Removes a view.
pub fn remove(tx: &mut Tx<'_>, id: ViewId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM views WHERE id = $1", &params![id])?;
    Ok(())
}

/// Finds a view that is shared or belongs to this agent.
pub fn find(read: &mut Read<'_>, agent: AgentId, id: ViewId) -> Result<Option<View>, StoreError> {
    read.query_one(
        &format!(
            "SELECT {COLUMNS} FROM views
             WHERE id = $1 AND (agent_id IS NULL OR agent_id = $2)"
        ),
        &params![id, agent],
        view,
    )
}

/// Lists the shared views and those of an agent after an id, oldest first.
pub fn list(
    read: &mut Read<'_>,
    agent: AgentId,
    after: i64,
    limit: i64,
) -> Result<Vec<View>, StoreError> {
    read.query(
        &format!(
            "SELECT {COLUMNS} FROM views
             WHERE (agent_id IS NULL OR agent_id = $1) AND id > $2
             ORDER BY id LIMIT $3"
        ),
        &params![agent, after, limit],
        view,
    )
}

fn view(row: &Row<'_>) -> Result<View, StoreError> {
    Ok(View {
        id: row.get(0)?,
        agent: row.get(1)?,
        name: row.get(2)?,
        filter: row.get(3)?,
        created_at: row.get(4)?,
    })
}
