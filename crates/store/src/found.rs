//! What the listening post found and nobody took up, when it is let go of: the words, the files, and
//! the people of whom nothing else is known. Its row stays as one that only stands for a message.

use kulant_model::ids::{ContactId, IdentityId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::messages;
use crate::params;
use crate::sql::{Read, Tx};

/// Nobody's matter, and found by a search alone.
const UNCLAIMED: &str =
    "m.found_at IS NOT NULL AND m.conversation_id IS NULL AND m.seen_at IS NULL";

/// Lists what no search that is still there has found.
pub fn list_strays(read: &mut Read<'_>, limit: i64) -> Result<Vec<MessageId>, StoreError> {
    read.query(
        &format!(
            "SELECT m.id FROM messages m
             WHERE {UNCLAIMED} AND NOT EXISTS (SELECT 1 FROM hits h WHERE h.message_id = m.id)
             ORDER BY m.found_at LIMIT $1"
        ),
        &params![limit],
        |row| row.get(0),
    )
}

/// Lists what was found before a time and never taken up.
pub fn list_before(
    read: &mut Read<'_>,
    time: Timestamp,
    limit: i64,
) -> Result<Vec<MessageId>, StoreError> {
    read.query(
        &format!(
            "SELECT m.id FROM messages m WHERE {UNCLAIMED} AND m.found_at < $1
             ORDER BY m.found_at LIMIT $2"
        ),
        &params![time, limit],
        |row| row.get(0),
    )
}

/// Lets go of what is still nobody's matter among these. Returns the names of files that are to go
/// from the disk.
pub fn forget(tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<Vec<String>, StoreError> {
    let mut files = Vec::new();
    for id in ids {
        let lock = tx.dialect().lock_rows("m");
        let unclaimed = tx.query_one(
            &format!("SELECT m.identity_id FROM messages m WHERE m.id = $1 AND {UNCLAIMED} {lock}"),
            &params![*id],
            |row| row.get::<Option<IdentityId>>(0),
        )?;
        let Some(identity) = unclaimed else {
            continue;
        };
        files.extend(messages::delete_attachments(tx, *id)?);
        for sql in [
            "DELETE FROM hits WHERE message_id = $1",
            "DELETE FROM reactions WHERE message_id = $1",
            "DELETE FROM figures WHERE message_id = $1",
            // What is said of its edits goes as well: when it comes by itself it has its words again.
            "UPDATE messages SET body = '', title = NULL, url = NULL, identity_id = NULL,
             parent_id = NULL, edited_at = NULL, found_at = NULL
             WHERE id = $1",
        ] {
            tx.execute(sql, &params![*id])?;
        }
        if let Some(identity) = identity {
            forget_stranger(tx, identity)?;
        }
    }
    Ok(files)
}

/// Lets go of a person of whom nothing is here any more, unless a colleague noted something.
fn forget_stranger(tx: &mut Tx<'_>, identity: IdentityId) -> Result<(), StoreError> {
    let contact = tx.query_one(
        "SELECT i.contact_id FROM identities i JOIN contacts c ON c.id = i.contact_id
         WHERE i.id = $1 AND c.note IS NULL
           AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.identity_id = i.id)
           AND NOT EXISTS (SELECT 1 FROM reactions r WHERE r.identity_id = i.id)
           AND NOT EXISTS (SELECT 1 FROM conversations v WHERE v.contact_id = i.contact_id)",
        &params![identity],
        |row| row.get::<ContactId>(0),
    )?;
    let Some(contact) = contact else {
        return Ok(());
    };
    tx.execute("DELETE FROM identities WHERE id = $1", &params![identity])?;
    tx.execute(
        "DELETE FROM contacts WHERE id = $1 AND erased_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.contact_id = contacts.id)",
        &params![contact],
    )?;
    Ok(())
}
