//! Inboxes: connected accounts with their settings, secrets, cursor and health.

use kulant_model::ids::{BrandId, InboxId, TeamId};
use kulant_model::role::Scope;
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::scope;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};
use crate::versions::{self, Versioned};

const SELECT: &str = "SELECT i.id, i.version, i.channel, i.name, i.brand_id, b.name, i.team_id, t.name, \
     i.hook_key, i.slug, i.settings, i.secrets, i.poll_cursor, i.trouble, i.checked_at, \
     i.last_received_at, i.created_at, i.paused_at, i.archived_at, i.quiet_until, i.knocked_at \
     FROM inboxes i JOIN brands b ON b.id = i.brand_id JOIN teams t ON t.id = i.team_id";

/// An inbox as it is kept.
#[derive(Clone, PartialEq)]
pub struct Inbox {
    pub id: InboxId,
    pub version: i64,
    pub channel: String,
    pub name: String,
    pub brand: BrandId,
    pub brand_name: String,
    pub team: TeamId,
    pub team_name: String,
    /// The unguessable part of its hook's path.
    pub hook_key: String,
    /// The part of its public page's path.
    pub slug: String,
    pub settings: Json,
    /// Sealed; `care` alone opens it.
    pub secrets: Vec<u8>,
    pub poll_cursor: Option<String>,
    /// What is wrong with it, null if nothing is known to be.
    pub trouble: Json,
    pub checked_at: Option<Timestamp>,
    pub last_received_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub paused_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    /// Until when its network asked us to send nothing.
    pub quiet_until: Option<Timestamp>,
    /// When a message last tried it although it was locked out.
    pub knocked_at: Option<Timestamp>,
}

/// Keeps a new inbox, without the names of brand and team; returns whether its own name, its slug
/// and its hook key were free.
pub fn insert(tx: &mut Tx<'_>, inbox: &Inbox) -> Result<bool, StoreError> {
    let kept = tx.execute(
        "INSERT INTO inboxes (id, version, channel, name, brand_id, team_id, hook_key, slug,
                              settings, secrets, created_at, paused_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT DO NOTHING",
        &params![
            inbox.id,
            inbox.version,
            &inbox.channel,
            &inbox.name,
            inbox.brand,
            inbox.team,
            &inbox.hook_key,
            &inbox.slug,
            &inbox.settings,
            inbox.secrets.clone(),
            inbox.created_at,
            inbox.paused_at,
        ],
    )?;
    Ok(kept == 1)
}

/// Changes what administrators set, if the inbox still has the version it carries.
pub fn update(tx: &mut Tx<'_>, inbox: &Inbox) -> Result<Versioned, StoreError> {
    versions::update(
        tx,
        "UPDATE inboxes
         SET version = version + 1, name = $3, brand_id = $4, team_id = $5, settings = $6,
             secrets = $7, paused_at = $8, archived_at = $9
         WHERE id = $1 AND version = $2
         RETURNING version",
        &params![
            inbox.id,
            inbox.version,
            &inbox.name,
            inbox.brand,
            inbox.team,
            &inbox.settings,
            inbox.secrets.clone(),
            inbox.paused_at,
            inbox.archived_at,
        ],
        "SELECT version FROM inboxes WHERE id = $1",
        inbox.id,
    )
}

/// Finds an inbox, archived ones included.
pub fn find(read: &mut Read<'_>, id: InboxId) -> Result<Option<Inbox>, StoreError> {
    read.query_one(&format!("{SELECT} WHERE i.id = $1"), &params![id], inbox)
}

/// Finds the inbox in use that a hook's path belongs to.
pub fn find_by_hook_key(read: &mut Read<'_>, key: &str) -> Result<Option<Inbox>, StoreError> {
    read.query_one(
        &format!("{SELECT} WHERE i.hook_key = $1 AND i.archived_at IS NULL"),
        &params![key],
        inbox,
    )
}

/// Finds the inbox in use that a public page belongs to.
pub fn find_by_slug(read: &mut Read<'_>, slug: &str) -> Result<Option<Inbox>, StoreError> {
    read.query_one(
        &format!("{SELECT} WHERE i.slug = $1 AND i.archived_at IS NULL"),
        &params![slug],
        inbox,
    )
}

/// Finds an inbox by its name, archived ones included.
pub fn find_by_name(read: &mut Read<'_>, name: &str) -> Result<Option<Inbox>, StoreError> {
    read.query_one(
        &format!("{SELECT} WHERE i.name = $1"),
        &params![name],
        inbox,
    )
}

/// Returns whether a slug is taken, by an archived inbox too.
pub fn has_slug(read: &mut Read<'_>, slug: &str) -> Result<bool, StoreError> {
    let found = read.query_one(
        "SELECT 1 FROM inboxes WHERE slug = $1",
        &params![slug],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Lists the inboxes within a scope that are not archived after an id, oldest first.
pub fn list(
    read: &mut Read<'_>,
    scope: &Scope,
    after: i64,
    limit: i64,
) -> Result<Vec<Inbox>, StoreError> {
    let mut params: Vec<Value> = params![after, limit].into();
    let within = scope::condition(scope, "i.team_id", &mut params);
    read.query(
        &format!(
            "{SELECT} WHERE i.archived_at IS NULL AND i.id > $1 AND {within} ORDER BY i.id LIMIT $2"
        ),
        &params,
        inbox,
    )
}

/// Lists the inboxes that are neither paused nor archived after an id, oldest first.
pub fn list_active(read: &mut Read<'_>, after: i64, limit: i64) -> Result<Vec<Inbox>, StoreError> {
    read.query(
        &format!(
            "{SELECT} WHERE i.archived_at IS NULL AND i.paused_at IS NULL AND i.id > $1
             ORDER BY i.id LIMIT $2"
        ),
        &params![after, limit],
        inbox,
    )
}

/// Lists which of these inboxes are in use, and keeps them from being removed until this transaction
/// ends; anything else of them may change beside it.
pub fn list_in_use(tx: &mut Tx<'_>, ids: &[InboxId]) -> Result<Vec<InboxId>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    let lock = tx.dialect().keep_rows();
    tx.query_keys(
        &format!(
            "SELECT id FROM inboxes WHERE id IN (VALUES {{keys}}) AND archived_at IS NULL {lock}"
        ),
        &[],
        &keys,
        |row| row.get(0),
    )
}

/// Returns whether a delivery, a message or a conversation speaks of the inbox, once nothing is being
/// stored for it any more.
pub fn is_referred_to(tx: &mut Tx<'_>, id: InboxId) -> Result<bool, StoreError> {
    let lock = tx.dialect().lock_rows("inboxes");
    tx.query_one(
        &format!("SELECT id FROM inboxes WHERE id = $1 {lock}"),
        &params![id],
        |row| row.get::<InboxId>(0),
    )?;
    let found = tx.query_one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM intakes WHERE inbox_id = $1)
            OR EXISTS (SELECT 1 FROM conversations WHERE inbox_id = $1)
            OR EXISTS (SELECT 1 FROM search_inboxes WHERE inbox_id = $1)
            OR EXISTS (SELECT 1 FROM messages WHERE inbox_id = $1 AND network_id IS NOT NULL)",
        &params![id],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

/// Removes an inbox that nothing refers to.
pub fn remove(tx: &mut Tx<'_>, id: InboxId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM search_trials WHERE inbox_id = $1",
        "DELETE FROM inboxes WHERE id = $1",
    ] {
        tx.execute(sql, &params![id])?;
    }
    Ok(())
}

/// Returns when the oldest delivery was received that an inbox has not taken in yet.
pub fn oldest_waiting(
    read: &mut Read<'_>,
    ids: &[InboxId],
) -> Result<Vec<(InboxId, Timestamp)>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT n.inbox_id, n.received_at
         FROM (VALUES {keys}) AS k
         JOIN intakes n ON n.id = (SELECT MIN(j.intake_id) FROM intake_jobs j
                                   WHERE j.inbox_id = k.column1)",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Returns the names and channels of inboxes.
pub fn list_names(
    read: &mut Read<'_>,
    ids: &[InboxId],
) -> Result<Vec<(InboxId, String, String)>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT i.id, i.name, i.channel FROM (VALUES {keys}) AS k JOIN inboxes i ON i.id = k.column1",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Keeps where to go on asking the network, and that it was asked.
pub fn save_cursor(
    tx: &mut Tx<'_>,
    id: InboxId,
    cursor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inboxes SET poll_cursor = $2, checked_at = $3 WHERE id = $1",
        &params![id, cursor, now],
    )?;
    Ok(())
}

/// Keeps what is wrong with an inbox, null if nothing is, and when that was seen.
pub fn save_trouble(
    tx: &mut Tx<'_>,
    id: InboxId,
    trouble: &Json,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inboxes SET trouble = $2, checked_at = $3 WHERE id = $1",
        &params![id, (!trouble.is_null()).then(|| trouble.to_string()), now],
    )?;
    Ok(())
}

/// Notes that a message tries an inbox which is locked out, unless one did after a time; returns
/// whether to try.
pub fn knock(
    tx: &mut Tx<'_>,
    id: InboxId,
    knocked_until: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE inboxes SET knocked_at = $3
         WHERE id = $1 AND (knocked_at IS NULL OR knocked_at <= $2)",
        &params![id, knocked_until, now],
    )?;
    Ok(changed > 0)
}

/// Forgets what was wrong with an inbox, as when it is set up anew.
pub fn forget_trouble(tx: &mut Tx<'_>, id: InboxId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inboxes SET trouble = NULL WHERE id = $1",
        &params![id],
    )?;
    Ok(())
}

/// Keeps sealed secrets without a new version, as when they are sealed under another key.
pub fn save_secrets(tx: &mut Tx<'_>, id: InboxId, secrets: &[u8]) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inboxes SET secrets = $2 WHERE id = $1",
        &params![id, secrets.to_vec()],
    )?;
    Ok(())
}

/// Notes until when its network asked us to send nothing; a longer wait known before counts.
pub fn keep_quiet(tx: &mut Tx<'_>, id: InboxId, until: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inboxes SET quiet_until = $2
         WHERE id = $1 AND (quiet_until IS NULL OR quiet_until < $2)",
        &params![id, until],
    )?;
    Ok(())
}

/// Notes that its network refused a token, unless it did so after a time already; returns since when.
pub fn note_refused(
    tx: &mut Tx<'_>,
    id: InboxId,
    now: Timestamp,
    after: Timestamp,
) -> Result<Timestamp, StoreError> {
    tx.execute(
        "UPDATE inboxes SET refused_at = $2
         WHERE id = $1 AND (refused_at IS NULL OR refused_at < $3)",
        &params![id, now, after],
    )?;
    let since = tx.query_one(
        "SELECT refused_at FROM inboxes WHERE id = $1",
        &params![id],
        |row| row.get(0),
    )?;
    Ok(since.unwrap_or(now))
}

/// Notes that an inbox received something.
pub fn touch_received(tx: &mut Tx<'_>, id: InboxId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE inboxes SET last_received_at = $2
         WHERE id = $1 AND (last_received_at IS NULL OR last_received_at < $2)",
        &params![id, now],
    )?;
    Ok(())
}

fn inbox(row: &Row<'_>) -> Result<Inbox, StoreError> {
    Ok(Inbox {
        id: row.get(0)?,
        version: row.get(1)?,
        channel: row.get(2)?,
        name: row.get(3)?,
        brand: row.get(4)?,
        brand_name: row.get(5)?,
        team: row.get(6)?,
        team_name: row.get(7)?,
        hook_key: row.get(8)?,
        slug: row.get(9)?,
        settings: row.get(10)?,
        secrets: row.get(11)?,
        poll_cursor: row.get(12)?,
        trouble: row.get(13)?,
        checked_at: row.get(14)?,
        last_received_at: row.get(15)?,
        created_at: row.get(16)?,
        paused_at: row.get(17)?,
        archived_at: row.get(18)?,
        quiet_until: row.get(19)?,
        knocked_at: row.get(20)?,
    })
}

/// Leaves settings, hook and secrets out, so that no log shows them.
impl std::fmt::Debug for Inbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Inbox")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}
