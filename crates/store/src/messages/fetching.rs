//! Files that lie at a network and are still to be fetched: when, how often that was tried, and what
//! became of it. Which of them are wanted is decided where their rows are made.

use kulant_model::ids::{AttachmentId, InboxId, MessageId};
use kulant_model::time::Timestamp;

use super::attachments::{ATTACHMENT, Attachment, attachment};
use crate::error::StoreError;
use crate::params;
use crate::sql::{Read, Tx};

/// A file as it is kept once it is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub file_name: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
}

/// Lists the inboxes in use that have files to be fetched now.
pub fn list_inboxes_to_fetch(
    read: &mut Read<'_>,
    now: Timestamp,
) -> Result<Vec<InboxId>, StoreError> {
    read.query(
        "SELECT i.id FROM inboxes i
         WHERE i.archived_at IS NULL AND EXISTS (
           SELECT 1 FROM attachments a
           WHERE a.inbox_id = i.id AND a.fetch_at IS NOT NULL AND a.fetch_at <= $1)
         ORDER BY i.id",
        &params![now],
        |row| row.get(0),
    )
}

/// Lists the files of an inbox that are to be fetched now, the longest due first, and how often each
/// was tried.
pub fn list_to_fetch(
    read: &mut Read<'_>,
    inbox: InboxId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(Attachment, i64)>, StoreError> {
    read.query(
        &format!(
            "SELECT {ATTACHMENT}, a.fetches FROM attachments a
             WHERE a.inbox_id = $1 AND a.fetch_at IS NOT NULL AND a.fetch_at <= $2
             ORDER BY a.fetch_at, a.id
             LIMIT $3"
        ),
        &params![inbox, now, limit],
        |row| Ok((attachment(row)?, row.get(13)?)),
    )
}

/// Notes that a file is being fetched, before it is: whatever becomes of this try, the next one is not
/// before a time. Returns whether nobody else began.
pub fn begin_fetch(
    tx: &mut Tx<'_>,
    id: AttachmentId,
    due: Timestamp,
    next: Timestamp,
) -> Result<bool, StoreError> {
    let begun = tx.execute(
        "UPDATE attachments SET fetches = fetches + 1, fetch_at = $3
         WHERE id = $1 AND fetch_at = $2",
        &params![id, due, next],
    )?;
    Ok(begun > 0)
}

/// Keeps where a fetched file lies and what it is; its address at the network goes. Returns whether it
/// was still wanted: its message may have been deleted meanwhile.
pub fn keep_fetched(tx: &mut Tx<'_>, id: AttachmentId, file: &Fetched) -> Result<bool, StoreError> {
    let kept = tx.execute(
        "UPDATE attachments
         SET file_name = $2, name = $3, media_type = $4, size = $5, source_url = NULL,
             fetch_at = NULL, missing = NULL
         WHERE id = $1 AND file_name IS NULL AND fetch_at IS NOT NULL",
        &params![id, &file.file_name, &file.name, &file.media_type, file.size],
    )?;
    Ok(kept > 0)
}

/// Gives a file up, with the word that says why.
pub fn give_up_fetch(tx: &mut Tx<'_>, id: AttachmentId, why: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE attachments SET fetch_at = NULL, missing = $2
         WHERE id = $1 AND fetch_at IS NOT NULL",
        &params![id, why],
    )?;
    Ok(())
}

/// Puts a file off that is not to blame: the try that was begun does not count.
pub fn put_off_fetch(
    tx: &mut Tx<'_>,
    id: AttachmentId,
    until: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE attachments SET fetch_at = $2, fetches = fetches - 1
         WHERE id = $1 AND fetch_at IS NOT NULL",
        &params![id, until],
    )?;
    Ok(())
}

/// Has the files of a message fetched that nobody wanted until now.
pub fn fetch_files_of(
    tx: &mut Tx<'_>,
    message: MessageId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE attachments SET fetch_at = $2
         WHERE message_id = $1 AND fetch_at IS NULL AND file_name IS NULL
           AND source_url IS NOT NULL AND missing IS NULL",
        &params![message, now],
    )?;
    Ok(())
}
