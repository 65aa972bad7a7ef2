//! What we say of ourselves on several accounts at once. The words and what becomes of them stand
//! in `messages`; here is only what belongs together.

use kulant_model::ids::{AgentId, AnnouncementId, BrandId, MessageId};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// A whole row, with the names that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub brand: BrandId,
    pub brand_name: String,
    pub agent: AgentId,
    pub agent_name: Option<String>,
    pub created_at: Timestamp,
}

const COLUMNS: &str = "n.id, n.brand_id, b.name, n.agent_id, g.name, n.created_at";

/// Keeps a new announcement, without the names, and which messages it consists of.
pub fn insert(
    tx: &mut Tx<'_>,
    new: &Announcement,
    messages: &[MessageId],
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO announcements (id, brand_id, agent_id, created_at) VALUES ($1, $2, $3, $4)",
        &params![new.id, new.brand, new.agent, new.created_at],
    )?;
    let rows: Vec<Vec<Value>> = messages
        .iter()
        .map(|message| params![new.id, *message].into())
        .collect();
    tx.insert(
        "INSERT INTO announcement_messages (announcement_id, message_id)",
        &rows,
        "",
    )?;
    Ok(())
}

/// Lists announcements before an id, newest first: those of which an account lies within a scope.
pub fn list(
    read: &mut Read<'_>,
    scope: &Scope,
    brand: Option<BrandId>,
    before: AnnouncementId,
    limit: i64,
) -> Result<Vec<Announcement>, StoreError> {
    let mut params: Vec<Value> = params![before, limit].into();
    let of_brand = match brand {
        Some(brand) => {
            params.push(Value::from(brand));
            format!("n.brand_id = ${}", params.len())
        }
        None => "1 = 1".to_owned(),
    };
    let seen = seen(scope, &mut params);
    read.query(
        &format!(
            "SELECT {COLUMNS} FROM announcements n
             JOIN brands b ON b.id = n.brand_id
             LEFT JOIN agents g ON g.id = n.agent_id
             WHERE n.id < $1 AND {of_brand} AND {seen}
             ORDER BY n.id DESC LIMIT $2"
        ),
        &params,
        announcement,
    )
}

/// Finds an announcement of which an account lies within a scope.
pub fn find(
    read: &mut Read<'_>,
    scope: &Scope,
    id: AnnouncementId,
) -> Result<Option<Announcement>, StoreError> {
    let mut params: Vec<Value> = params![id].into();
    let seen = seen(scope, &mut params);
    read.query_one(
        &format!(
            "SELECT {COLUMNS} FROM announcements n
             JOIN brands b ON b.id = n.brand_id
             LEFT JOIN agents g ON g.id = n.agent_id
             WHERE n.id = $1 AND {seen}"
        ),
        &params,
        announcement,
    )
}

/// Finds to which announcement a message belongs, if its account lies within a scope.
pub fn find_by_message(
    read: &mut Read<'_>,
    scope: &Scope,
    message: MessageId,
) -> Result<Option<AnnouncementId>, StoreError> {
    let mut params: Vec<Value> = params![message].into();
    let within = scope::condition(scope, "i.team_id", &mut params);
    read.query_one(
        &format!(
            "SELECT a.announcement_id FROM announcement_messages a
             JOIN messages m ON m.id = a.message_id
             JOIN inboxes i ON i.id = m.inbox_id
             WHERE a.message_id = $1 AND {within}"
        ),
        &params,
        |row| row.get(0),
    )
}

/// Lists the messages of announcements whose accounts lie within a scope, in the order of their ids.
pub fn list_messages(
    read: &mut Read<'_>,
    scope: &Scope,
    ids: &[AnnouncementId],
) -> Result<Vec<(AnnouncementId, MessageId)>, StoreError> {
    let mut params: Vec<Value> = Vec::new();
    let within = scope::condition(scope, "i.team_id", &mut params);
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT a.announcement_id, a.message_id FROM (VALUES {{keys}}) AS k
             JOIN announcement_messages a ON a.announcement_id = k.column1
             JOIN messages m ON m.id = a.message_id
             JOIN inboxes i ON i.id = m.inbox_id
             WHERE {within}
             ORDER BY a.announcement_id, a.message_id"
        ),
        &params,
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Counts the conversations within a scope that comments below messages of ours opened.
pub fn count_conversations_below(
    read: &mut Read<'_>,
    scope: &Scope,
    messages: &[MessageId],
) -> Result<Vec<(MessageId, i64)>, StoreError> {
    let mut params: Vec<Value> = Vec::new();
    let within = scope::condition(scope, "c.team_id", &mut params);
    let keys: Vec<Vec<Value>> = messages.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT c.post_id, COUNT(*) FROM (VALUES {{keys}}) AS k
             JOIN conversations c ON c.post_id = k.column1
             WHERE c.joined_into IS NULL AND {within}
             GROUP BY c.post_id"
        ),
        &params,
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The condition that an account of an announcement lies within a scope.
fn seen(scope: &Scope, params: &mut Vec<Value>) -> String {
    let within = scope::condition(scope, "i.team_id", params);
    format!(
        "EXISTS (SELECT 1 FROM announcement_messages a
                 JOIN messages m ON m.id = a.message_id
                 JOIN inboxes i ON i.id = m.inbox_id
                 WHERE a.announcement_id = n.id AND {within})"
    )
}

fn announcement(row: &Row<'_>) -> Result<Announcement, StoreError> {
    Ok(Announcement {
        id: row.get(0)?,
        brand: row.get(1)?,
        brand_name: row.get(2)?,
        agent: row.get(3)?,
        agent_name: row.get(4)?,
        created_at: row.get(5)?,
    })
}
