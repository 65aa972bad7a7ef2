//! Messages as they are kept; how far they have come on their way out is in `deliveries`, and how
//! conversations are listed for people in `reading`.

mod attachments;
mod fetching;
mod known;
mod marks;

use kulant_model::ids::{AgentId, ConversationId, IdentityId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Kind, Visibility};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

pub(crate) use attachments::{ATTACHMENT, attachment};
pub use attachments::{
    Attachment, delete_attachment, delete_attachments, describe_attachment, find_attachment,
    forget_attachments, give_up_attachments, insert_attachments, list_attachments,
    list_files_known, list_given_up_attachments, tie_attachment,
};
pub use fetching::{
    Fetched, begin_fetch, fetch_files_of, give_up_fetch, keep_fetched, list_inboxes_to_fetch,
    list_to_fetch, put_off_fetch,
};
pub use known::{
    Known, find_network_id_that_begins, list_known, list_known_below, list_known_by_id,
};
pub use marks::{Figures, Marks, list_marks, save_figures, set_hidden, set_own_reaction};

/// A whole row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub inbox: InboxId,
    pub conversation: Option<ConversationId>,
    pub network_id: Option<String>,
    pub direction: Direction,
    pub visibility: Visibility,
    pub identity: Option<IdentityId>,
    pub agent: Option<AgentId>,
    pub is_party: bool,
    pub kind: Option<Kind>,
    pub title: Option<String>,
    pub body: String,
    pub url: Option<String>,
    pub parent: Option<MessageId>,
    pub root: Option<MessageId>,
    pub top: Option<MessageId>,
    pub thread: Option<String>,
    pub seen_at: Option<Timestamp>,
    pub platform_at: Timestamp,
    pub received_at: Timestamp,
    pub stored_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    pub signature: Option<String>,
    /// The approved text that is sent in the place of the body, as JSON.
    pub template: Option<String>,
    pub answers_until: Option<Timestamp>,
    pub delivery: Option<Delivery>,
}

/// How far an outgoing message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub state: DeliveryState,
    pub send_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub attempts: i64,
    pub next_attempt_at: Option<Timestamp>,
    pub failure: Option<Failure>,
}

/// Why a delivery did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub class: String,
    pub detail: String,
}

pub(crate) const MESSAGE: &str = "m.id, m.inbox_id, m.conversation_id, m.network_id, m.direction, m.visibility, \
     m.identity_id, m.agent_id, m.is_party, m.kind, m.title, m.body, m.url, m.parent_id, m.root_id, \
     m.top_id, m.thread_key, m.seen_at, m.platform_at, m.received_at, m.stored_at, m.edited_at, \
     m.deleted_at, m.signature, m.answers_until, m.delivery_state, m.send_at, m.sent_at, m.attempts, \
     m.next_attempt_at, m.failure_class, m.failure_detail, m.template";

/// Lists to which conversations messages belong now.
pub fn list_conversations(
    read: &mut Read<'_>,
    ids: &[MessageId],
) -> Result<Vec<(MessageId, Option<ConversationId>)>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT m.id, m.conversation_id FROM (VALUES {keys}) AS k
         JOIN messages m ON m.id = k.column1",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Keeps new rows, and fills rows that were placeholders.
pub fn save(tx: &mut Tx<'_>, messages: &[Message]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = messages
        .iter()
        .map(|message| {
            let delivery = message.delivery.as_ref();
            params![
                message.id,
                message.inbox,
                message.conversation,
                message.network_id.as_deref(),
                message.direction,
                message.visibility,
                message.identity,
                message.agent,
                message.is_party,
                message.kind,
                message.title.as_deref(),
                &message.body,
                message.url.as_deref(),
                message.parent,
                message.root,
                message.top,
                message.thread.as_deref(),
                message.seen_at,
                message.platform_at,
                message.received_at,
                message.stored_at,
                message.edited_at,
                message.deleted_at,
                message.signature.as_deref(),
                message.answers_until,
                delivery.map(|delivery| delivery.state),
                delivery.and_then(|delivery| delivery.send_at),
                delivery.and_then(|delivery| delivery.sent_at),
                delivery.map_or(0, |delivery| delivery.attempts),
                delivery.and_then(|delivery| delivery.next_attempt_at),
                message.template.as_deref(),
            ]
            .into()
        })
        .collect();
    tx.insert(
        "INSERT INTO messages (id, inbox_id, conversation_id, network_id, direction, visibility, \
         identity_id, agent_id, is_party, kind, title, body, url, parent_id, root_id, top_id, \
         thread_key, seen_at, platform_at, received_at, stored_at, edited_at, deleted_at, signature, \
         answers_until, delivery_state, send_at, sent_at, attempts, next_attempt_at, template)",
        &rows,
        "ON CONFLICT (id) DO UPDATE SET
           conversation_id = excluded.conversation_id, direction = excluded.direction,
           visibility = excluded.visibility, identity_id = excluded.identity_id,
           is_party = excluded.is_party, title = excluded.title, body = excluded.body,
           url = excluded.url, parent_id = excluded.parent_id, root_id = excluded.root_id,
           top_id = excluded.top_id, thread_key = excluded.thread_key, seen_at = excluded.seen_at,
           platform_at = excluded.platform_at, received_at = excluded.received_at,
           stored_at = excluded.stored_at, edited_at = excluded.edited_at,
           deleted_at = excluded.deleted_at, answers_until = excluded.answers_until,
           delivery_state = excluded.delivery_state, sent_at = excluded.sent_at",
    )?;
    Ok(())
}

/// Gives messages another place in the graph: root, top and conversation.
pub fn move_to(tx: &mut Tx<'_>, places: &[Known]) -> Result<(), StoreError> {
    for place in places {
        tx.execute(
            "UPDATE messages SET root_id = $2, top_id = $3, conversation_id = $4 WHERE id = $1",
            &params![place.id, place.root, place.top, place.conversation],
        )?;
    }
    Ok(())
}

/// Moves everything of one conversation into another, notes and answers included.
pub fn move_conversation(
    tx: &mut Tx<'_>,
    from: ConversationId,
    into: ConversationId,
) -> Result<(), StoreError> {
    for sql in [
        "UPDATE messages SET conversation_id = $2 WHERE conversation_id = $1",
        "UPDATE mentions SET conversation_id = $2 WHERE conversation_id = $1",
        "UPDATE threads SET conversation_id = $2 WHERE conversation_id = $1",
    ] {
        tx.execute(sql, &params![from, into])?;
    }
    Ok(())
}

/// Gives a message new words, unless it has none any more.
pub fn edit(
    tx: &mut Tx<'_>,
    id: MessageId,
    body: &str,
    edited_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET body = $2, edited_at = $3 WHERE id = $1 AND deleted_at IS NULL",
        &params![id, body, edited_at],
    )?;
    Ok(())
}

/// Gives a message more words than came with its first piece; that is no edit.
pub fn complete(tx: &mut Tx<'_>, id: MessageId, body: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET body = $2 WHERE id = $1 AND deleted_at IS NULL",
        &params![id, body],
    )?;
    Ok(())
}

/// Takes the words of a message away; its row stays for the times and the counts.
pub fn delete(tx: &mut Tx<'_>, id: MessageId, deleted_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET body = '', title = NULL, url = NULL, signature = NULL, template = NULL, edited_at = NULL, deleted_at = $2,
         failure_detail = NULL WHERE id = $1",
        &params![id, deleted_at],
    )?;
    Ok(())
}

/// Lists how many bytes the words of messages have.
pub fn list_sizes(
    read: &mut Read<'_>,
    ids: &[MessageId],
) -> Result<Vec<(MessageId, i64)>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT m.id, octet_length(m.body) FROM (VALUES {keys}) AS k
         JOIN messages m ON m.id = k.column1",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Removes a row that stood for the same message as another one, which takes its place.
pub fn replace(tx: &mut Tx<'_>, old: MessageId, new: MessageId) -> Result<(), StoreError> {
    for sql in [
        "UPDATE messages SET parent_id = $2 WHERE parent_id = $1",
        "UPDATE messages SET top_id = $2 WHERE top_id = $1",
        "UPDATE attachments SET message_id = $2 WHERE message_id = $1",
        "DELETE FROM reactions WHERE message_id = $1 AND EXISTS (
           SELECT 1 FROM reactions o WHERE o.message_id = $2
             AND o.identity_id = reactions.identity_id AND o.kind = reactions.kind)",
        "UPDATE reactions SET message_id = $2 WHERE message_id = $1",
        "UPDATE own_reactions SET message_id = $2 WHERE message_id = $1",
        "UPDATE figures SET message_id = $2 WHERE message_id = $1",
        "UPDATE conversations SET post_id = $2 WHERE post_id = $1",
    ] {
        tx.execute(sql, &params![old, new])?;
    }
    tx.execute("DELETE FROM messages WHERE id = $1", &params![old])?;
    Ok(())
}

pub fn find(read: &mut Read<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    read.query_one(
        &format!("SELECT {MESSAGE} FROM messages m WHERE m.id = $1"),
        &params![id],
        message,
    )
}

/// Finds the newest message of the party in a conversation, in public or in private.
pub fn find_newest_incoming(
    read: &mut Read<'_>,
    conversation: ConversationId,
    visibility: Visibility,
) -> Result<Option<Message>, StoreError> {
    read.query_one(
        &format!(
            "SELECT {MESSAGE} FROM messages m
             WHERE m.conversation_id = $1 AND m.direction = 'in' AND m.visibility = $2
               AND m.seen_at IS NOT NULL AND m.deleted_at IS NULL
             ORDER BY m.is_party DESC, m.platform_at DESC, m.id DESC
             LIMIT 1"
        ),
        &params![conversation, visibility],
        message,
    )
}

/// Finds the first message of a conversation, by its time, that came after a place in the log.
pub fn find_first_received_after(
    read: &mut Read<'_>,
    conversation: ConversationId,
    sequence: i64,
) -> Result<Option<MessageId>, StoreError> {
    read.query_one(
        "SELECT m.id FROM events e
         JOIN messages m ON m.id = e.message_id
         WHERE e.conversation_id = $1 AND e.sequence > $2 AND e.kind = 'message_received'
           AND m.conversation_id = $1
         ORDER BY m.platform_at, m.id LIMIT 1",
        &params![conversation, sequence],
        |row| row.get(0),
    )
}

/// Lists a conversation's messages in the order of their times, after a given place.
pub fn list(
    read: &mut Read<'_>,
    conversation: ConversationId,
    after: (Timestamp, MessageId),
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    read.query(
        &format!(
            "SELECT {MESSAGE} FROM messages m
             WHERE m.conversation_id = $1
               AND (m.platform_at > $2 OR (m.platform_at = $2 AND m.id > $3))
             ORDER BY m.platform_at, m.id
             LIMIT $4"
        ),
        &params![conversation, after.0, after.1, limit],
        message,
    )
}

/// As `list`, from the newest backwards.
pub fn list_newest(
    read: &mut Read<'_>,
    conversation: ConversationId,
    before: (Timestamp, MessageId),
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    read.query(
        &format!(
            "SELECT {MESSAGE} FROM messages m
             WHERE m.conversation_id = $1
               AND (m.platform_at < $2 OR (m.platform_at = $2 AND m.id < $3))
             ORDER BY m.platform_at DESC, m.id DESC
             LIMIT $4"
        ),
        &params![conversation, before.0, before.1, limit],
        message,
    )
}

/// Lists messages by their ids, in no particular order.
pub fn list_by_id(read: &mut Read<'_>, ids: &[MessageId]) -> Result<Vec<Message>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT {MESSAGE} FROM (VALUES {{keys}}) AS k JOIN messages m ON m.id = k.column1"
        ),
        &[],
        &keys,
        message,
    )
}

/// Lists who answers whom in a conversation: message and parent.
pub fn list_parents(
    read: &mut Read<'_>,
    conversation: ConversationId,
) -> Result<Vec<(MessageId, Option<MessageId>)>, StoreError> {
    read.query(
        "SELECT id, parent_id FROM messages WHERE conversation_id = $1 LIMIT 20000",
        &params![conversation],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Tells how deep a message lies in its conversation, by who answers whom.
pub fn depth(read: &mut Read<'_>, id: MessageId) -> Result<i64, StoreError> {
    Ok(read
        .query_one(
            "WITH RECURSIVE above (id, parent_id, conversation_id, depth) AS (
               SELECT m.id, m.parent_id, m.conversation_id, CAST(0 AS BIGINT)
               FROM messages m WHERE m.id = $1
               UNION ALL
               SELECT p.id, p.parent_id, p.conversation_id, a.depth + 1
               FROM above a
               JOIN messages p ON p.id = a.parent_id AND p.conversation_id = a.conversation_id
               WHERE a.depth < 50
             )
             SELECT COALESCE(MAX(depth), 0) FROM above",
            &params![id],
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Sets what a message is about.
pub fn set_kind(tx: &mut Tx<'_>, id: MessageId, kind: Option<Kind>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET kind = $2 WHERE id = $1",
        &params![id, kind],
    )?;
    Ok(())
}

pub(crate) fn message(row: &Row<'_>) -> Result<Message, StoreError> {
    let delivery = match row.get::<Option<DeliveryState>>(25)? {
        None => None,
        Some(state) => Some(Delivery {
            state,
            send_at: row.get(26)?,
            sent_at: row.get(27)?,
            attempts: row.get(28)?,
            next_attempt_at: row.get(29)?,
            failure: row
                .get::<Option<String>>(30)?
                .map(|class| -> Result<_, StoreError> {
                    Ok(Failure {
                        class,
                        detail: row.get::<Option<String>>(31)?.unwrap_or_default(),
                    })
                })
                .transpose()?,
        }),
    };
    Ok(Message {
        id: row.get(0)?,
        inbox: row.get(1)?,
        conversation: row.get(2)?,
        network_id: row.get(3)?,
        direction: row.get(4)?,
        visibility: row.get(5)?,
        identity: row.get(6)?,
        agent: row.get(7)?,
        is_party: row.get(8)?,
        kind: row.get(9)?,
        title: row.get(10)?,
        body: row.get(11)?,
        url: row.get(12)?,
        parent: row.get(13)?,
        root: row.get(14)?,
        top: row.get(15)?,
        thread: row.get(16)?,
        seen_at: row.get(17)?,
        platform_at: row.get(18)?,
        received_at: row.get(19)?,
        stored_at: row.get(20)?,
        edited_at: row.get(21)?,
        deleted_at: row.get(22)?,
        signature: row.get(23)?,
        template: row.get(32)?,
        answers_until: row.get(24)?,
        delivery,
    })
}
