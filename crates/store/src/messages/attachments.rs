//! Files of messages: rows that speak of what lies on the disk or at a network, and the way of those
//! that are to go. How they come here from their network is in `fetching`.

use std::time::Duration;

use kulant_model::ids::{AgentId, AttachmentId, InboxId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub message: Option<MessageId>,
    pub inbox: Option<InboxId>,
    pub agent: Option<AgentId>,
    pub name: String,
    pub media_type: String,
    pub size: Option<i64>,
    pub source_url: Option<String>,
    pub file_name: Option<String>,
    /// What it shows, for those who do not see it.
    pub alt: Option<String>,
    pub created_at: Timestamp,
    /// When it is to be fetched from its network; none once it is here, or was given up.
    pub fetch_at: Option<Timestamp>,
    /// Why it was given up.
    pub missing: Option<String>,
}

pub(crate) const ATTACHMENT: &str = "a.id, a.message_id, a.inbox_id, a.agent_id, a.name, a.media_type, a.size, a.source_url, a.file_name, a.alt, a.created_at, a.fetch_at, a.missing";

pub fn insert_attachments(tx: &mut Tx<'_>, attachments: &[Attachment]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = attachments
        .iter()
        .map(|file| {
            params![
                file.id,
                file.message,
                file.inbox,
                file.agent,
                &file.name,
                &file.media_type,
                file.size,
                file.source_url.as_deref(),
                file.file_name.as_deref(),
                file.alt.as_deref(),
                file.created_at,
                file.fetch_at,
                0_i64,
                file.missing.as_deref()
            ]
            .into()
        })
        .collect();
    tx.insert(
        "INSERT INTO attachments (id, message_id, inbox_id, agent_id, name, media_type, size, source_url, file_name, alt, created_at, fetch_at, fetches, missing)",
        &rows,
        "",
    )?;
    Ok(())
}

/// Ties an upload to the message it was made for; only one that is still free.
pub fn tie_attachment(
    tx: &mut Tx<'_>,
    id: AttachmentId,
    message: MessageId,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE attachments SET message_id = $2
         WHERE id = $1 AND message_id IS NULL AND created_at > 0",
        &params![id, message],
    )?;
    Ok(changed > 0)
}

/// Says what an upload shows; only while no message has claimed it, and only for whose it is.
pub fn describe_attachment(
    tx: &mut Tx<'_>,
    id: AttachmentId,
    agent: AgentId,
    alt: Option<&str>,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE attachments SET alt = $3
         WHERE id = $1 AND agent_id = $2 AND message_id IS NULL AND created_at > 0",
        &params![id, agent, alt],
    )?;
    Ok(changed > 0)
}

pub fn find_attachment(
    read: &mut Read<'_>,
    id: AttachmentId,
) -> Result<Option<Attachment>, StoreError> {
    read.query_one(
        &format!("SELECT {ATTACHMENT} FROM attachments a WHERE a.id = $1"),
        &params![id],
        attachment,
    )
}

/// Lists the files of messages.
pub fn list_attachments(
    read: &mut Read<'_>,
    messages: &[MessageId],
) -> Result<Vec<Attachment>, StoreError> {
    let keys: Vec<Vec<Value>> = messages.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT {ATTACHMENT} FROM (VALUES {{keys}}) AS k
             JOIN attachments a ON a.message_id = k.column1
             ORDER BY a.id"
        ),
        &[],
        &keys,
        attachment,
    )
}

/// Takes one file of a message away; returns the name of what lies on the disk of it.
pub fn delete_attachment(tx: &mut Tx<'_>, id: AttachmentId) -> Result<Option<String>, StoreError> {
    tx.execute(
        "DELETE FROM attachments WHERE id = $1 AND file_name IS NULL",
        &params![id],
    )?;
    tx.query_one(
        &format!("UPDATE attachments SET {GIVEN_UP} WHERE id = $1 RETURNING file_name"),
        &params![id],
        |row| row.get(0),
    )
}

/// What is left of a row whose file is to go: nothing that was said of it, and no time, by which it is
/// known. The row goes after the file, so that none stays on the disk unknown to everybody.
const GIVEN_UP: &str = "message_id = NULL, inbox_id = NULL, agent_id = NULL, name = '', \
     media_type = '', size = NULL, source_url = NULL, alt = NULL, fetch_at = NULL, missing = NULL, created_at = 0";

/// Takes a message's files away; returns the names under which they lie, given up until they are gone
/// from the disk.
pub fn delete_attachments(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<String>, StoreError> {
    tx.execute(
        "DELETE FROM attachments WHERE message_id = $1 AND file_name IS NULL",
        &params![message],
    )?;
    tx.query(
        &format!("UPDATE attachments SET {GIVEN_UP} WHERE message_id = $1 RETURNING file_name"),
        &params![message],
        |row| row.get(0),
    )
}

/// Gives uploads up that no message claimed in time. Those that may belong to a delivery that still
/// waits or lies in quarantine stay: it was received in the given time after they were made.
pub fn give_up_attachments(
    tx: &mut Tx<'_>,
    made_before: Timestamp,
    delivered_within: Duration,
) -> Result<(), StoreError> {
    let within = i64::try_from(delivered_within.as_micros()).unwrap_or(i64::MAX);
    tx.execute(
        &format!(
            "UPDATE attachments SET {GIVEN_UP}
             WHERE message_id IS NULL AND created_at > 0 AND created_at < $1
               AND NOT EXISTS (
                 SELECT 1 FROM quarantine q JOIN intakes i ON i.id = q.intake_id
                 WHERE q.inbox_id = attachments.inbox_id
                   AND i.received_at BETWEEN attachments.created_at AND attachments.created_at + $2)
               AND NOT EXISTS (
                 SELECT 1 FROM intake_jobs j JOIN intakes i ON i.id = j.intake_id
                 WHERE j.inbox_id = attachments.inbox_id
                   AND i.received_at BETWEEN attachments.created_at AND attachments.created_at + $2)"
        ),
        &params![made_before, within],
    )?;
    Ok(())
}

/// Lists files that were given up and may still be on the disk.
pub fn list_given_up_attachments(
    read: &mut Read<'_>,
    limit: i64,
) -> Result<Vec<(AttachmentId, Option<String>)>, StoreError> {
    read.query(
        "SELECT id, file_name FROM attachments
         WHERE message_id IS NULL AND created_at = 0
         ORDER BY id
         LIMIT $1",
        &params![limit],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Forgets files that were given up and are gone from the disk.
pub fn forget_attachments(tx: &mut Tx<'_>, ids: &[AttachmentId]) -> Result<(), StoreError> {
    for id in ids {
        tx.execute(
            "DELETE FROM attachments WHERE id = $1 AND created_at = 0",
            &params![*id],
        )?;
    }
    Ok(())
}

/// Lists which of these files on the disk a row speaks of.
pub fn list_files_known(read: &mut Read<'_>, names: &[&str]) -> Result<Vec<String>, StoreError> {
    let keys: Vec<Vec<Value>> = names.iter().map(|name| params![*name].into()).collect();
    read.query_keys(
        "SELECT a.file_name FROM (VALUES {keys}) AS k JOIN attachments a ON a.file_name = k.column1",
        &[],
        &keys,
        |row| row.get(0),
    )
}

pub(crate) fn attachment(row: &Row<'_>) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        id: row.get(0)?,
        message: row.get(1)?,
        inbox: row.get(2)?,
        agent: row.get(3)?,
        name: row.get(4)?,
        media_type: row.get(5)?,
        size: row.get(6)?,
        source_url: row.get(7)?,
        file_name: row.get(8)?,
        alt: row.get(9)?,
        created_at: row.get(10)?,
        fetch_at: row.get(11)?,
        missing: row.get(12)?,
    })
}
