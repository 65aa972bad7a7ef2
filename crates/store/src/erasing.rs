//! What an erasure touches: everything that stands about a contact, found and emptied. Rows stay for
//! times and counts; what a person said, was called, or could be reached by goes.

use std::thread;
use std::time::Duration;

use kulant_model::ids::{ContactId, ConversationId, IdentityId, InboxId, IntakeId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::intakes;
use crate::params;
use crate::pieces;
use crate::pool::DatabaseUrl;
use crate::sql::dialect::Dialect;
use crate::sql::postgres::Session;
use crate::sql::value::{Row, Value};
use crate::sql::{Purpose, sqlite};
use crate::sql::{Read, Tx};

/// A message that an erasure empties or looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    pub id: MessageId,
    pub inbox: InboxId,
    pub conversation: Option<ConversationId>,
    /// Whether it is one of ours: an answer or a note.
    pub ours: bool,
    pub private: bool,
    pub network_id: Option<String>,
    pub thread: Option<String>,
    pub title: Option<String>,
    pub body: String,
    pub received_at: Timestamp,
}

/// A raw delivery as an erasure looks at it.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: IntakeId,
    pub inbox: InboxId,
    pub key: String,
    pub headers: String,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
    /// Whether somebody or something still wants to read it.
    pub wanted: bool,
}

const TRACE: &str = "m.id, m.inbox_id, m.conversation_id, m.direction, m.visibility, m.network_id, \
     m.thread_key, m.title, m.body, m.received_at";

/// Lists a contact's conversations, and those into which one of them was joined.
pub fn list_conversations(
    read: &mut Read<'_>,
    contact: ContactId,
) -> Result<Vec<ConversationId>, StoreError> {
    read.query(
        "WITH RECURSIVE touched (id) AS (
           SELECT c.id FROM conversations c WHERE c.contact_id = $1
           UNION
           SELECT c.joined_into FROM touched t JOIN conversations c ON c.id = t.id
           WHERE c.joined_into IS NOT NULL
         )
         SELECT id FROM touched ORDER BY id",
        &params![contact],
        |row| row.get(0),
    )
}

/// Lists what an identity wrote, and our answers to it.
pub fn list_of_identity(
    read: &mut Read<'_>,
    identity: IdentityId,
) -> Result<Vec<Trace>, StoreError> {
    read.query(
        &format!(
            "SELECT {TRACE} FROM messages m WHERE m.identity_id = $1
             UNION
             SELECT {TRACE} FROM messages p
             JOIN messages m ON m.parent_id = p.id AND m.direction = 'out'
               AND m.conversation_id = p.conversation_id
             WHERE p.identity_id = $1"
        ),
        &params![identity],
        trace,
    )
}

/// Lists everything in a conversation: theirs, other people's, our answers and notes.
pub fn list_of_conversation(
    read: &mut Read<'_>,
    conversation: ConversationId,
) -> Result<Vec<Trace>, StoreError> {
    read.query(
        &format!("SELECT {TRACE} FROM messages m WHERE m.conversation_id = $1 ORDER BY m.id"),
        &params![conversation],
        trace,
    )
}

/// Lists raw deliveries after one that still say something, oldest first, so many as fit in memory and
/// one at least.
pub fn list_deliveries(
    read: &mut Read<'_>,
    after: IntakeId,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    let sizes = read.query(
        "SELECT length(body) FROM intakes WHERE id > $1 AND body IS NOT NULL ORDER BY id LIMIT $2",
        &params![after, limit],
        |row| row.get::<Option<i64>>(0),
    )?;
    let limit = intakes::count_fitting(&sizes, intakes::MOST_BYTES);
    read.query(
        "SELECT i.id, i.inbox_id, i.delivery_key, i.headers, i.body, i.received_at,
           CASE WHEN EXISTS (SELECT 1 FROM intake_jobs j WHERE j.intake_id = i.id)
                  OR EXISTS (SELECT 1 FROM quarantine q WHERE q.intake_id = i.id)
                THEN 1 ELSE 0 END
         FROM intakes i
         WHERE i.id > $1 AND i.body IS NOT NULL
         ORDER BY i.id
         LIMIT $2",
        &params![after, limit],
        |row| {
            Ok(Delivery {
                id: row.get(0)?,
                inbox: row.get(1)?,
                key: row.get(2)?,
                headers: row.get(3)?,
                body: row.get::<Option<Vec<u8>>>(4)?.unwrap_or_default(),
                received_at: row.get(5)?,
                wanted: row.get(6)?,
            })
        },
    )
}

/// Lists deliveries that say nothing any more and whose key is one of these.
pub fn list_emptied_by_key(
    read: &mut Read<'_>,
    keys: &[&str],
) -> Result<Vec<IntakeId>, StoreError> {
    let keys: Vec<Vec<Value>> = keys.iter().map(|key| params![*key].into()).collect();
    read.query_keys(
        "SELECT id FROM intakes WHERE body IS NULL AND delivery_key IN (VALUES {keys})",
        &[],
        &keys,
        |row| row.get(0),
    )
}

/// With what the mark begins that stands in the place of a network's id or a delivery's key.
pub const MARK: &str = "erased:";
/// Between this and `MARK` lies every mark, in the order of code points.
const AFTER_MARKS: &str = "erased;";

/// The advisory lock by which erasures and intakes keep out of each other's way on PostgreSQL.
const LOCK: i64 = 0x6572_6173_696e;

/// Waits for intakes that have begun and keeps others from beginning until this transaction ends, so
/// that an erasure sees everything. SQLite has one writer at a time. Taken before any other lock.
pub fn keep_intakes_out(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.execute("SELECT pg_advisory_xact_lock($1)", &params![LOCK])?;
    }
    Ok(())
}

/// Keeps erasures out until this transaction ends; any number of intakes go beside each other.
pub fn keep_erasures_out(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.execute("SELECT pg_advisory_xact_lock_shared($1)", &params![LOCK])?;
    }
    Ok(())
}

/// Lists the deliveries that an inbox received at a moment and that still say something.
pub fn list_received(
    read: &mut Read<'_>,
    inbox: InboxId,
    at: Timestamp,
) -> Result<Vec<IntakeId>, StoreError> {
    read.query(
        "SELECT id FROM intakes WHERE received_at = $2 AND inbox_id = $1 AND body IS NOT NULL",
        &params![inbox, at],
        |row| row.get(0),
    )
}

/// Returns whether an inbox has messages that were erased; the first one found says so.
pub fn has_messages(read: &mut Read<'_>, inbox: InboxId) -> Result<bool, StoreError> {
    Ok(read
        .query_one(
            "SELECT id FROM messages
             WHERE inbox_id = $1 AND network_id >= $2 AND network_id < $3 LIMIT 1",
            &params![inbox, MARK, AFTER_MARKS],
            |row| row.get::<MessageId>(0),
        )?
        .is_some())
}

/// Returns whether an inbox has deliveries of a kind that were erased.
pub fn has_deliveries(read: &mut Read<'_>, inbox: InboxId, kind: &str) -> Result<bool, StoreError> {
    Ok(read
        .query_one(
            "SELECT id FROM intakes
             WHERE inbox_id = $1 AND kind = $2 AND delivery_key >= $3 AND delivery_key < $4 LIMIT 1",
            &params![inbox, kind, MARK, AFTER_MARKS],
            |row| row.get::<IntakeId>(0),
        )?
        .is_some())
}

/// Empties messages: no words, no addresses, and a mark in the place of the network's id. What waits
/// to leave stays.
pub fn empty_messages(
    tx: &mut Tx<'_>,
    traces: &[Trace],
    marked: impl Fn(InboxId, &str) -> String,
    now: Timestamp,
) -> Result<(), StoreError> {
    for trace in traces {
        let mark = match trace.network_id.as_deref() {
            Some(id) if !id.starts_with(MARK) => Some(marked(trace.inbox, id)),
            kept => kept.map(str::to_owned),
        };
        tx.execute(
            "UPDATE messages SET body = '', title = NULL, url = NULL, signature = NULL, template = NULL,
               thread_key = NULL, failure_detail = NULL, next_attempt_at = NULL,
               network_id = CASE WHEN EXISTS (SELECT 1 FROM messages other
                                              WHERE other.inbox_id = messages.inbox_id
                                                AND other.network_id = $3 AND other.id <> $1)
                                 THEN 'erased:' || CAST(id AS TEXT) ELSE $3 END,
               deleted_at = COALESCE(deleted_at, $2),
               delivery_state = CASE delivery_state WHEN 'queued' THEN 'cancelled'
                                                    WHEN 'sending' THEN 'uncertain'
                                                    ELSE delivery_state END
             WHERE id = $1",
            &params![trace.id, now, mark],
        )?;
        let id = trace.id;
        pieces::erase(tx, id, |text| marked(trace.inbox, text))?;
        tx.execute(
            "DELETE FROM jobs
             WHERE (kind = 'deliver' AND job_key = $1)
                OR (kind = 'act' AND job_key >= $2 AND job_key < $3)",
            &params![id.to_string(), format!("{id}:"), format!("{id};")],
        )?;
    }
    // What a network said when something failed may repeat an address.
    let erased: Vec<Vec<Value>> = traces.iter().map(|one| params![one.id].into()).collect();
    tx.execute_rows(
        "DELETE FROM alerts WHERE message_id IN (VALUES {rows})",
        &erased,
    )?;
    tx.execute(
        "UPDATE jobs SET last_error = NULL WHERE last_error IS NOT NULL",
        &[],
    )?;
    Ok(())
}

/// Gives somebody else's message words in which the contact is not named.
pub fn rewrite(
    tx: &mut Tx<'_>,
    id: MessageId,
    title: Option<&str>,
    body: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET title = $2, body = $3 WHERE id = $1",
        &params![id, title, body],
    )?;
    Ok(())
}

/// Empties deliveries; the rows stay as proof that something was received then, with a mark in the
/// place of the key.
pub fn empty_deliveries(
    tx: &mut Tx<'_>,
    ids: &[IntakeId],
    mark: impl Fn(InboxId, &str, &str) -> String,
) -> Result<(), StoreError> {
    for id in ids {
        let named: Option<(InboxId, String, String)> = tx.query_one(
            "SELECT inbox_id, kind, delivery_key FROM intakes WHERE id = $1",
            &params![*id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let Some((inbox, kind, key)) = named else {
            continue;
        };
        let mark = if key.starts_with(MARK) {
            key
        } else {
            mark(inbox, &kind, &key)
        };
        tx.execute(
            "UPDATE intakes SET body = NULL, headers = '[]',
               delivery_key = CASE WHEN EXISTS (SELECT 1 FROM intakes other
                                                WHERE other.inbox_id = intakes.inbox_id
                                                  AND other.kind = intakes.kind
                                                  AND other.delivery_key = $2 AND other.id <> $1)
                                   THEN 'erased:' || CAST(id AS TEXT) ELSE $2 END
             WHERE id = $1",
            &params![*id, mark],
        )?;
        for sql in [
            "DELETE FROM intake_jobs WHERE intake_id = $1",
            "DELETE FROM quarantine WHERE intake_id = $1",
        ] {
            tx.execute(sql, &params![*id])?;
        }
    }
    Ok(())
}

/// Forgets which conversation private threads belong to, and the links that open them.
pub fn forget_threads(tx: &mut Tx<'_>, threads: &[(InboxId, String)]) -> Result<(), StoreError> {
    for (inbox, key) in threads {
        for sql in [
            "DELETE FROM threads WHERE inbox_id = $1 AND thread_key = $2",
            "DELETE FROM conversation_links WHERE inbox_id = $1 AND thread_key = $2",
        ] {
            tx.execute(sql, &params![*inbox, key])?;
        }
    }
    Ok(())
}

/// Empties the contact and its identities, and takes its reactions away.
pub fn empty_contact(
    tx: &mut Tx<'_>,
    contact: ContactId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM reactions WHERE identity_id IN (SELECT id FROM identities WHERE contact_id = $1)",
        &params![contact],
    )?;
    tx.execute(
        "UPDATE identities SET name = NULL, handle = NULL,
           network_id = 'erased:' || CAST(id AS TEXT)
         WHERE contact_id = $1",
        &params![contact],
    )?;
    tx.execute(
        "UPDATE contacts SET name = NULL, note = NULL, erased_at = $2, version = version + 1
         WHERE id = $1",
        &params![contact, now],
    )?;
    Ok(())
}

/// Sees to it that what was deleted or overwritten is in no file any more. Blocks for as long as it
/// takes; on SQLite the write-ahead log is emptied, the database itself overwrites what it deletes.
/// While somebody reads the log it is tried now and then, each time so shortly that writers hardly
/// notice, and given up for another time.
pub fn let_go(url: &DatabaseUrl) -> Result<(), StoreError> {
    const TRIES: usize = 12;
    /// How long readers are waited for: nobody can write meanwhile.
    const EMPTYING: Duration = Duration::from_millis(200);
    const REST: Duration = Duration::from_secs(1);
    match url {
        DatabaseUrl::Sqlite(path) => {
            let connection = sqlite::open(path, Purpose::Write)?;
            connection.busy_timeout(EMPTYING)?;
            for _ in 0..TRIES {
                // Most of it beside the writers, so that the rest is short.
                connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
                let busy: i64 =
                    connection
                        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
                if busy == 0 {
                    return Ok(());
                }
                thread::sleep(REST);
            }
            Err(StoreError::Busy(
                "the write-ahead log could not be emptied".to_owned(),
            ))
        }
        DatabaseUrl::Postgres(url) => {
            let mut session = Session::new(url, Purpose::Write);
            for table in [
                "messages",
                "identities",
                "contacts",
                "conversations",
                "intakes",
                "quarantine",
                "jobs",
                "alerts",
                "attachments",
                "idempotency_keys",
                "pieces",
                "threads",
                "conversation_links",
                "search",
            ] {
                session.execute_batch(&format!("VACUUM {table}"))?;
            }
            Ok(())
        }
    }
}

fn trace(row: &Row<'_>) -> Result<Trace, StoreError> {
    Ok(Trace {
        id: row.get(0)?,
        inbox: row.get(1)?,
        conversation: row.get(2)?,
        ours: row.get::<String>(3)? == "out",
        private: row.get::<String>(4)? != "public",
        network_id: row.get(5)?,
        thread: row.get(6)?,
        title: row.get(7)?,
        body: row.get(8)?,
        received_at: row.get(9)?,
    })
}
