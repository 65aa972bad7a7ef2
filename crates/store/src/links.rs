//! Private links of the contact form's conversations, and what their holders read: one private
//! thread, without notes and without what has not left yet. The secret itself is never stored.

use kulant_model::ids::{AttachmentId, InboxId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::messages::{self, Attachment, Message};
use crate::params;
use crate::sql::{Read, Tx};

/// The thread that a private link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub inbox: InboxId,
    pub thread: String,
    pub created_at: Timestamp,
}

/// What the holder of a link may see of messages.
const SEEN_BY_HOLDER: &str = "m.inbox_id = $1 AND m.thread_key = $2 AND m.visibility = 'private'
       AND m.seen_at IS NOT NULL AND (m.direction = 'in' OR m.delivery_state = 'sent')";

/// Keeps a link under the hash of its secret; one that is there stays as it is.
pub fn insert(tx: &mut Tx<'_>, secret_hash: &[u8], link: &Link) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO conversation_links (secret_hash, inbox_id, thread_key, created_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (secret_hash) DO NOTHING",
        &params![
            secret_hash.to_vec(),
            link.inbox,
            &link.thread,
            link.created_at
        ],
    )?;
    Ok(())
}

pub fn find(read: &mut Read<'_>, secret_hash: &[u8]) -> Result<Option<Link>, StoreError> {
    read.query_one(
        "SELECT inbox_id, thread_key, created_at FROM conversation_links WHERE secret_hash = $1",
        &params![secret_hash.to_vec()],
        |row| {
            Ok(Link {
                inbox: row.get(0)?,
                thread: row.get(1)?,
                created_at: row.get(2)?,
            })
        },
    )
}

/// Lists the newest messages of a thread that its holder may see, oldest first.
pub fn list_messages(
    read: &mut Read<'_>,
    link: &Link,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let mut newest = read.query(
        &format!(
            "SELECT {} FROM messages m WHERE {SEEN_BY_HOLDER}
             ORDER BY m.platform_at DESC, m.id DESC
             LIMIT $3",
            messages::MESSAGE
        ),
        &params![link.inbox, &link.thread, limit],
        messages::message,
    )?;
    newest.reverse();
    Ok(newest)
}

/// Finds a file of a thread that its holder may see.
pub fn find_attachment(
    read: &mut Read<'_>,
    link: &Link,
    id: AttachmentId,
) -> Result<Option<Attachment>, StoreError> {
    read.query_one(
        &format!(
            "SELECT {} FROM attachments a JOIN messages m ON m.id = a.message_id
             WHERE {SEEN_BY_HOLDER} AND m.deleted_at IS NULL AND a.id = $3",
            messages::ATTACHMENT
        ),
        &params![link.inbox, &link.thread, id],
        messages::attachment,
    )
}

/// Lists the bodies of the newest deliveries of an inbox that are not taken in yet, oldest first.
pub fn list_waiting_bodies(
    read: &mut Read<'_>,
    inbox: InboxId,
    limit: i64,
) -> Result<Vec<(Vec<u8>, Timestamp)>, StoreError> {
    let mut newest = read.query(
        "SELECT i.body, i.received_at FROM intake_jobs j
         JOIN intakes i ON i.id = j.intake_id
         WHERE j.inbox_id = $1
         ORDER BY j.intake_id DESC
         LIMIT $2",
        &params![inbox, limit],
        |row| {
            Ok((
                row.get::<Option<Vec<u8>>>(0)?.unwrap_or_default(),
                row.get(1)?,
            ))
        },
    )?;
    newest.reverse();
    Ok(newest)
}

/// Lists how long the newest conversations of an inbox waited for their first answer, in
/// microseconds: none where it never came. Those settled without an answer are left out.
pub fn list_first_waits(
    read: &mut Read<'_>,
    inbox: InboxId,
    opened_since: Timestamp,
    limit: i64,
) -> Result<Vec<Option<i64>>, StoreError> {
    read.query(
        "SELECT c.first_response_at - c.opened_at FROM conversations c
         WHERE c.inbox_id = $1 AND c.surfaced_at >= $2 AND c.opened_at >= $2
           AND c.joined_into IS NULL AND (c.kind IS NULL OR c.kind <> 'spam')
           AND (c.first_response_at IS NOT NULL
                OR (c.settled_at IS NULL AND c.status <> 'resolved'))
         ORDER BY c.surfaced_at DESC, c.id DESC
         LIMIT $3",
        &params![inbox, opened_since, limit],
        |row| row.get::<Option<i64>>(0),
    )
}
