//! Searches of the listening post: what is looked for, on which inboxes, and how far each has come.
//! What they found is in `hits`; how people search what is stored is in `search`.

use kulant_model::ids::{BrandId, InboxId, SearchId};
use kulant_model::listening::SearchState;
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};
use crate::versions::{self, Versioned};

const SELECT: &str = "SELECT s.id, s.version, s.brand_id, b.name, s.name, s.terms, s.take_up, s.state, \
     s.created_at FROM searches s JOIN brands b ON b.id = s.brand_id";
const INBOX: &str = "SELECT si.search_id, si.inbox_id, i.name, i.channel, si.budget, si.used, si.used_on, \
     si.cursor_text, si.asked_at, si.next_at, si.trouble \
     FROM search_inboxes si JOIN inboxes i ON i.id = si.inbox_id";

/// How many searches may be set to run on one inbox.
pub const MOST_ON_INBOX: i64 = 100;

/// A search as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    pub id: SearchId,
    pub version: i64,
    pub brand: BrandId,
    pub brand_name: String,
    pub name: String,
    pub terms: Json,
    /// Null where nothing becomes a conversation by itself.
    pub take_up: Json,
    pub state: SearchState,
    pub created_at: Timestamp,
}

/// An inbox on which a search runs, and how far it has come there.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchInbox {
    pub search: SearchId,
    pub inbox: InboxId,
    pub name: String,
    pub channel: String,
    /// How many posts a day it may fetch.
    pub budget: i64,
    /// How many it fetched on the day `used_on`, counted since 1970.
    pub used: i64,
    pub used_on: i64,
    pub cursor: Option<String>,
    pub asked_at: Option<Timestamp>,
    pub next_at: Option<Timestamp>,
    /// What is wrong, null if nothing is.
    pub trouble: Json,
}

/// How a look at a network ended.
#[derive(Debug, Clone)]
pub struct Look {
    /// None leaves the cursor as it is.
    pub cursor: Option<String>,
    /// How many posts were fetched on which day.
    pub fetched: i64,
    pub day: i64,
    pub at: Timestamp,
    pub next_at: Option<Timestamp>,
    pub trouble: Json,
}

/// Where a search has come to on an inbox, as its network remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub inbox: InboxId,
    pub search: SearchId,
    pub name: String,
    pub cursor: String,
}

/// Lists how far searches have come on these inboxes.
pub fn list_places(read: &mut Read<'_>, inboxes: &[InboxId]) -> Result<Vec<Place>, StoreError> {
    let keys: Vec<Vec<Value>> = inboxes.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT si.inbox_id, si.search_id, s.name, si.cursor_text FROM (VALUES {keys}) AS k
         JOIN search_inboxes si ON si.inbox_id = k.column1
         JOIN searches s ON s.id = si.search_id
         WHERE si.cursor_text IS NOT NULL
         ORDER BY si.inbox_id, si.search_id",
        &[],
        &keys,
        |row| {
            Ok(Place {
                inbox: row.get(0)?,
                search: row.get(1)?,
                name: row.get(2)?,
                cursor: row.get(3)?,
            })
        },
    )
}

/// Keeps a new search, without the name of its brand.
pub fn insert(tx: &mut Tx<'_>, search: &Search) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO searches (id, version, brand_id, name, terms, take_up, state, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &params![
            search.id,
            search.version,
            search.brand,
            &search.name,
            &search.terms,
            &search.take_up,
            search.state,
            search.created_at
        ],
    )?;
    Ok(())
}

/// Changes a search, if it still has the version it carries.
pub fn update(tx: &mut Tx<'_>, search: &Search) -> Result<Versioned, StoreError> {
    versions::update(
        tx,
        "UPDATE searches
         SET version = version + 1, name = $3, terms = $4, take_up = $5, state = $6
         WHERE id = $1 AND version = $2
         RETURNING version",
        &params![
            search.id,
            search.version,
            &search.name,
            &search.terms,
            &search.take_up,
            search.state
        ],
        "SELECT version FROM searches WHERE id = $1",
        search.id,
    )
}

/// Removes a search with its hits; what it found is let go of by `found`.
pub fn remove(tx: &mut Tx<'_>, id: SearchId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM hits WHERE search_id = $1",
        "DELETE FROM search_inboxes WHERE search_id = $1",
        "DELETE FROM searches WHERE id = $1",
    ] {
        tx.execute(sql, &params![id])?;
    }
    Ok(())
}

pub fn find(read: &mut Read<'_>, id: SearchId) -> Result<Option<Search>, StoreError> {
    read.query_one(&format!("{SELECT} WHERE s.id = $1"), &params![id], search)
}

/// Finds a search that runs on an inbox within a scope.
pub fn find_seen(
    read: &mut Read<'_>,
    scope: &Scope,
    id: SearchId,
) -> Result<Option<Search>, StoreError> {
    let mut params: Vec<Value> = params![id].into();
    let within = within(scope, &mut params);
    read.query_one(
        &format!("{SELECT} WHERE s.id = $1 AND {within}"),
        &params,
        search,
    )
}

/// Lists the searches that run on an inbox within a scope after an id, oldest first.
pub fn list(
    read: &mut Read<'_>,
    scope: &Scope,
    after: i64,
    limit: i64,
) -> Result<Vec<Search>, StoreError> {
    let mut params: Vec<Value> = params![after, limit].into();
    let within = within(scope, &mut params);
    read.query(
        &format!("{SELECT} WHERE s.id > $1 AND {within} ORDER BY s.id LIMIT $2"),
        &params,
        search,
    )
}

fn within(scope: &Scope, params: &mut Vec<Value>) -> String {
    if *scope == Scope::Everything {
        return "1 = 1".to_owned();
    }
    let condition = scope::condition(scope, "i.team_id", params);
    format!(
        "EXISTS (SELECT 1 FROM search_inboxes si JOIN inboxes i ON i.id = si.inbox_id
                 WHERE si.search_id = s.id AND {condition})"
    )
}

/// Lists the searches that run on an inbox now.
pub fn list_running_on(read: &mut Read<'_>, inbox: InboxId) -> Result<Vec<Search>, StoreError> {
    read.query(
        &format!(
            "{SELECT} JOIN search_inboxes si ON si.search_id = s.id
             WHERE si.inbox_id = $1 AND s.state <> 'draft' ORDER BY s.id LIMIT {MOST_ON_INBOX}"
        ),
        &params![inbox],
        search,
    )
}

/// Counts the other searches that are set to run on an inbox.
pub fn count_others_on(
    read: &mut Read<'_>,
    inbox: InboxId,
    id: SearchId,
) -> Result<i64, StoreError> {
    let count = read.query_one(
        "SELECT COUNT(*) FROM search_inboxes WHERE inbox_id = $1 AND search_id <> $2",
        &params![inbox, id],
        |row| row.get(0),
    )?;
    Ok(count.unwrap_or(0))
}

/// Lists the inboxes of searches, in the order of their names.
pub fn list_inboxes(read: &mut Read<'_>, ids: &[SearchId]) -> Result<Vec<SearchInbox>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    let mut found = read.query_keys(
        &format!("{INBOX} WHERE si.search_id IN (VALUES {{keys}})"),
        &[],
        &keys,
        search_inbox,
    )?;
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Finds how far a search has come on an inbox.
pub fn find_inbox(
    read: &mut Read<'_>,
    id: SearchId,
    inbox: InboxId,
) -> Result<Option<SearchInbox>, StoreError> {
    read.query_one(
        &format!("{INBOX} WHERE si.search_id = $1 AND si.inbox_id = $2"),
        &params![id, inbox],
        search_inbox,
    )
}

/// Lists where searches run now, on inboxes in use.
pub fn list_running(read: &mut Read<'_>) -> Result<Vec<(SearchId, InboxId)>, StoreError> {
    read.query(
        "SELECT si.search_id, si.inbox_id FROM search_inboxes si
         JOIN searches s ON s.id = si.search_id
         JOIN inboxes i ON i.id = si.inbox_id
         WHERE s.state <> 'draft' AND i.paused_at IS NULL AND i.archived_at IS NULL
         ORDER BY si.search_id, si.inbox_id
         LIMIT 10000",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Sets on which inboxes a search runs and with which budgets; what was used and where it stopped stays.
pub fn set_inboxes(
    tx: &mut Tx<'_>,
    id: SearchId,
    inboxes: &[(InboxId, i64)],
) -> Result<(), StoreError> {
    let keys: Vec<String> = inboxes.iter().map(|(inbox, _)| inbox.to_string()).collect();
    let others = if keys.is_empty() {
        String::new()
    } else {
        format!(" AND inbox_id NOT IN ({})", keys.join(", "))
    };
    tx.execute(
        &format!("DELETE FROM search_inboxes WHERE search_id = $1{others}"),
        &params![id],
    )?;
    for (inbox, budget) in inboxes {
        tx.execute(
            "INSERT INTO search_inboxes (search_id, inbox_id, budget, used, used_on)
             VALUES ($1, $2, $3, 0, 0)
             ON CONFLICT (search_id, inbox_id) DO UPDATE SET budget = excluded.budget",
            &params![id, *inbox, *budget],
        )?;
    }
    Ok(())
}

/// Notes when a search looks next on an inbox.
pub fn put_off(
    tx: &mut Tx<'_>,
    id: SearchId,
    inbox: InboxId,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE search_inboxes SET next_at = $3 WHERE search_id = $1 AND inbox_id = $2",
        &params![id, inbox, next_at],
    )?;
    Ok(())
}

/// Keeps how a look ended; what was fetched is added to what was fetched that day.
pub fn save_look(
    tx: &mut Tx<'_>,
    id: SearchId,
    inbox: InboxId,
    look: &Look,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE search_inboxes
         SET used = CASE WHEN used_on = $4 THEN used + $3 ELSE $3 END, used_on = $4,
             cursor_text = COALESCE($5, cursor_text), asked_at = $6, next_at = $7, trouble = $8
         WHERE search_id = $1 AND inbox_id = $2",
        &params![
            id,
            inbox,
            look.fetched,
            look.day,
            look.cursor.as_deref(),
            look.at,
            look.next_at,
            &look.trouble
        ],
    )?;
    Ok(())
}

fn search(row: &Row<'_>) -> Result<Search, StoreError> {
    Ok(Search {
        id: row.get(0)?,
        version: row.get(1)?,
        brand: row.get(2)?,
        brand_name: row.get(3)?,
        name: row.get(4)?,
        terms: row.get(5)?,
        take_up: row.get(6)?,
        state: row.get(7)?,
        created_at: row.get(8)?,
    })
}

fn search_inbox(row: &Row<'_>) -> Result<SearchInbox, StoreError> {
    Ok(SearchInbox {
        search: row.get(0)?,
        inbox: row.get(1)?,
        name: row.get(2)?,
        channel: row.get(3)?,
        budget: row.get(4)?,
        used: row.get(5)?,
        used_on: row.get(6)?,
        cursor: row.get(7)?,
        asked_at: row.get(8)?,
        next_at: row.get(9)?,
        trouble: row.get(10)?,
    })
}
