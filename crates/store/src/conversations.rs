//! Conversations as they are written: what the messages add up to, and what people decide.
//! How they are listed for people is in `reading`.

use kulant_model::conversation::{Priority, Status};
use kulant_model::ids::{
    AgentId, BrandId, ContactId, ConversationId, IdentityId, InboxId, MessageId, TagId, TeamId,
};
use kulant_model::message::Kind;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// A conversation's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    pub version: i64,
    pub brand: BrandId,
    pub inbox: InboxId,
    pub team: Option<TeamId>,
    pub agent: Option<AgentId>,
    pub contact: Option<ContactId>,
    pub identity: Option<IdentityId>,
    pub root: Option<MessageId>,
    pub post: Option<MessageId>,
    pub subject: Option<String>,
    pub status: Status,
    pub snoozed_until: Option<Timestamp>,
    pub priority: Priority,
    pub kind: Option<Kind>,
    pub visibility: String,
    pub unread: bool,
    pub opened_at: Timestamp,
    pub last_message_at: Timestamp,
    /// By what lists are sorted: when something was said last, or when it came back after its snooze.
    pub surfaced_at: Timestamp,
    pub last_message: MessageId,
    pub message_count: i64,
    pub voices: i64,
    pub waiting_since: Option<Timestamp>,
    /// The party's words written up to this time need no answer any more: somebody said so. Never
    /// later than words that were known then, so that what crosses with the saying is not meant.
    pub settled_at: Option<Timestamp>,
    pub first_response_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub joined_into: Option<ConversationId>,
    pub linked_to: Option<ConversationId>,
    /// When we promised to say more; none once a real answer went out.
    pub next_word_at: Option<Timestamp>,
}

/// What the messages of a conversation add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub conversation: ConversationId,
    pub message_count: i64,
    pub voices: i64,
    pub opened_at: Timestamp,
    pub last_message_at: Timestamp,
    pub last_message: MessageId,
    pub has_public: bool,
    pub has_private: bool,
    pub waiting_since: Option<Timestamp>,
    pub first_response_at: Option<Timestamp>,
}

pub(crate) const COLUMNS: &str = "c.id, c.version, c.brand_id, c.inbox_id, c.team_id, c.agent_id, c.contact_id, \
     c.identity_id, c.root_message_id, c.post_id, c.subject, c.status, c.snoozed_until, c.priority, \
     c.kind, c.visibility, c.unread, c.opened_at, c.last_message_at, c.last_message_id, \
     c.message_count, c.voices, c.waiting_since, c.settled_at, c.first_response_at, c.resolved_at, \
     c.joined_into, c.linked_to, c.next_word_at, c.surfaced_at";

pub fn find(read: &mut Read<'_>, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    read.query_one(
        &format!("SELECT {COLUMNS} FROM conversations c WHERE c.id = $1"),
        &params![id],
        conversation,
    )
}

pub fn list_by_id(
    read: &mut Read<'_>,
    ids: &[ConversationId],
) -> Result<Vec<Conversation>, StoreError> {
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        &format!(
            "SELECT {COLUMNS} FROM (VALUES {{keys}}) AS k JOIN conversations c ON c.id = k.column1"
        ),
        &[],
        &keys,
        conversation,
    )
}

/// As `list_by_id`, and keeps the rows from being changed beside this transaction.
pub fn list_locked(
    tx: &mut Tx<'_>,
    ids: &[ConversationId],
) -> Result<Vec<Conversation>, StoreError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let lock = tx.dialect().lock_rows("c");
    let keys: Vec<Vec<Value>> = ids.iter().map(|id| params![*id].into()).collect();
    tx.query_keys(
        &format!(
            "SELECT {COLUMNS} FROM (VALUES {{keys}}) AS k JOIN conversations c ON c.id = k.column1
             ORDER BY c.id {lock}"
        ),
        &[],
        &keys,
        conversation,
    )
}

/// Lists the conversations that were joined into another.
pub fn list_joined(
    read: &mut Read<'_>,
    into: ConversationId,
) -> Result<Vec<ConversationId>, StoreError> {
    read.query(
        "SELECT id FROM conversations WHERE joined_into = $1 ORDER BY id LIMIT 1000",
        &params![into],
        |row| row.get(0),
    )
}

/// Lists which conversation private threads belong to now.
pub fn list_of_threads(
    read: &mut Read<'_>,
    inbox: InboxId,
    threads: &[&str],
) -> Result<Vec<(String, ConversationId)>, StoreError> {
    let keys: Vec<Vec<Value>> = threads
        .iter()
        .map(|key| params![inbox, *key].into())
        .collect();
    read.query_keys(
        "SELECT t.thread_key, t.conversation_id FROM (VALUES {keys}) AS k
         JOIN threads t ON t.inbox_id = k.column1 AND t.thread_key = k.column2",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Notes which conversation private threads belong to from now on.
pub fn save_threads(
    tx: &mut Tx<'_>,
    inbox: InboxId,
    threads: &[(String, ConversationId)],
) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = threads
        .iter()
        .map(|(key, conversation)| params![inbox, key, *conversation].into())
        .collect();
    tx.insert(
        "INSERT INTO threads (inbox_id, thread_key, conversation_id)",
        &rows,
        "ON CONFLICT (inbox_id, thread_key) DO UPDATE SET conversation_id = excluded.conversation_id",
    )?;
    Ok(())
}

/// Adds up the messages of conversations, whether these have a row already or not. Up to when a
/// conversation is answered is found once for it, which `MATERIALIZED` sees to, not for each message.
pub fn tally(
    read: &mut Read<'_>,
    conversations: &[ConversationId],
) -> Result<Vec<Tally>, StoreError> {
    let keys: Vec<Vec<Value>> = conversations.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "WITH s AS MATERIALIZED (
           SELECT k.column1 AS id,
             COALESCE(c.settled_at, -9000000000000000) AS settled_at,
             COALESCE((SELECT MAX(r.answers_until) FROM messages r
                       WHERE r.conversation_id = k.column1 AND r.direction = 'out'
                         AND r.visibility <> 'note' AND r.delivery_state = 'sent'
                         AND r.deleted_at IS NULL),
                      -9000000000000000) AS answered_until
           FROM (VALUES {keys}) AS k
           LEFT JOIN conversations c ON c.id = k.column1
         )
         SELECT s.id, COUNT(*),
           COUNT(DISTINCT CASE WHEN m.direction = 'in' THEN m.identity_id END),
           MIN(m.platform_at), MAX(m.platform_at),
           (SELECT x.id FROM messages x
            WHERE x.conversation_id = s.id AND x.visibility <> 'note'
              AND (x.delivery_state IS NULL OR x.delivery_state <> 'cancelled')
            ORDER BY x.platform_at DESC, x.id DESC LIMIT 1),
           MAX(CASE WHEN m.visibility = 'public' THEN 1 ELSE 0 END),
           MAX(CASE WHEN m.visibility = 'private' THEN 1 ELSE 0 END),
           MIN(CASE WHEN m.direction = 'in' AND m.is_party = 1 AND m.deleted_at IS NULL
                     AND (m.kind IS NULL OR m.kind IN ('request', 'question', 'complaint'))
                     AND m.platform_at > s.settled_at AND m.platform_at > s.answered_until
                    THEN m.platform_at END),
           MIN(CASE WHEN m.direction = 'out' AND m.delivery_state = 'sent'
                     AND m.next_word_at IS NULL
                    THEN COALESCE(m.sent_at, m.platform_at) END)
         FROM s
         JOIN messages m ON m.conversation_id = s.id
         WHERE m.visibility <> 'note'
           AND (m.delivery_state IS NULL OR m.delivery_state <> 'cancelled')
         GROUP BY s.id, s.settled_at, s.answered_until",
        &[],
        &keys,
        |row| {
            Ok(Tally {
                conversation: row.get(0)?,
                message_count: row.get(1)?,
                voices: row.get(2)?,
                opened_at: row.get(3)?,
                last_message_at: row.get(4)?,
                last_message: row.get(5)?,
                has_public: row.get(6)?,
                has_private: row.get(7)?,
                waiting_since: row.get(8)?,
                first_response_at: row.get(9)?,
            })
        },
    )
}

/// Keeps conversations as they stand now, each with its next version.
pub fn save(tx: &mut Tx<'_>, conversations: &[Conversation]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = conversations
        .iter()
        .map(|c| {
            params![
                c.id,
                c.version,
                c.brand,
                c.inbox,
                c.team,
                c.agent,
                c.contact,
                c.identity,
                c.root,
                c.post,
                c.subject.as_deref(),
                c.status,
                c.snoozed_until,
                c.priority,
                c.kind,
                &c.visibility,
                c.unread,
                c.opened_at,
                c.last_message_at,
                c.last_message,
                c.message_count,
                c.voices,
                c.waiting_since,
                c.settled_at,
                c.first_response_at,
                c.resolved_at,
                c.joined_into,
                c.linked_to,
                c.next_word_at,
                c.surfaced_at
            ]
            .into()
        })
        .collect();
    tx.insert(
        "INSERT INTO conversations (id, version, brand_id, inbox_id, team_id, agent_id, contact_id, \
         identity_id, root_message_id, post_id, subject, status, snoozed_until, priority, kind, \
         visibility, unread, opened_at, last_message_at, last_message_id, message_count, voices, \
         waiting_since, settled_at, first_response_at, resolved_at, joined_into, linked_to, \
         next_word_at, surfaced_at)",
        &rows,
        "ON CONFLICT (id) DO UPDATE SET
           version = conversations.version + 1, team_id = excluded.team_id,
           agent_id = excluded.agent_id, contact_id = excluded.contact_id,
           identity_id = excluded.identity_id, root_message_id = excluded.root_message_id,
           post_id = excluded.post_id, subject = excluded.subject, status = excluded.status,
           snoozed_until = excluded.snoozed_until, priority = excluded.priority,
           kind = excluded.kind, visibility = excluded.visibility, unread = excluded.unread,
           opened_at = excluded.opened_at, last_message_at = excluded.last_message_at,
           last_message_id = excluded.last_message_id, message_count = excluded.message_count,
           voices = excluded.voices, waiting_since = excluded.waiting_since,
           settled_at = excluded.settled_at, first_response_at = excluded.first_response_at,
           resolved_at = excluded.resolved_at, joined_into = excluded.joined_into,
           linked_to = excluded.linked_to, next_word_at = excluded.next_word_at,
           surfaced_at = excluded.surfaced_at",
    )?;
    Ok(())
}

/// Marks a conversation read or unread; not a change that races with others.
pub fn set_unread(tx: &mut Tx<'_>, id: ConversationId, unread: bool) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE conversations SET unread = $2 WHERE id = $1",
        &params![id, unread],
    )?;
    Ok(())
}

/// Notes up to when the party's words need no answer, before they are added up again.
pub fn set_settled(
    tx: &mut Tx<'_>,
    id: ConversationId,
    settled_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE conversations SET settled_at = $2 WHERE id = $1",
        &params![id, settled_at],
    )?;
    Ok(())
}

/// Lists the messages of a conversation, notes included.
pub fn list_message_ids(
    read: &mut Read<'_>,
    id: ConversationId,
) -> Result<Vec<MessageId>, StoreError> {
    read.query(
        "SELECT id FROM messages WHERE conversation_id = $1 ORDER BY platform_at, id LIMIT 20000",
        &params![id],
        |row| row.get(0),
    )
}

/// Lists the messages that came along when a person joined one conversation into another.
pub fn list_joined_messages(
    read: &mut Read<'_>,
    into: ConversationId,
    joined: ConversationId,
) -> Result<Vec<MessageId>, StoreError> {
    let facts = read.query(
        "SELECT facts FROM events
         WHERE conversation_id = $1 AND kind = 'conversation_joined'
         ORDER BY sequence DESC LIMIT 1000",
        &params![into],
        |row| row.get::<serde_json::Value>(0),
    )?;
    let wanted = joined.to_string();
    Ok(facts
        .iter()
        .find(|facts| facts.get("joined").and_then(|id| id.as_str()) == Some(wanted.as_str()))
        .and_then(|facts| facts.get("messages")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str()?.parse().ok())
        .collect())
}

/// Puts messages of one conversation into another; those that left it meanwhile stay where they are.
pub fn move_messages(
    tx: &mut Tx<'_>,
    messages: &[MessageId],
    from: ConversationId,
    into: ConversationId,
) -> Result<(), StoreError> {
    for message in messages {
        for sql in [
            "UPDATE messages SET conversation_id = $2 WHERE id = $1 AND conversation_id = $3",
            "UPDATE mentions SET conversation_id = $2 WHERE message_id = $1 AND conversation_id = $3",
        ] {
            tx.execute(sql, &params![*message, into, from])?;
        }
    }
    Ok(())
}

/// Lets the private threads of a conversation's messages lead to it again.
pub fn take_threads_back(
    tx: &mut Tx<'_>,
    from: ConversationId,
    into: ConversationId,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE threads SET conversation_id = $2
         WHERE conversation_id = $1 AND EXISTS (
           SELECT 1 FROM messages m
           WHERE m.conversation_id = $2 AND m.inbox_id = threads.inbox_id
             AND m.thread_key = threads.thread_key
         )",
        &params![from, into],
    )?;
    Ok(())
}

/// Notes inboxes other than its own from which a conversation has messages.
pub fn save_inboxes(tx: &mut Tx<'_>, rows: &[(InboxId, ConversationId)]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|(inbox, conversation)| params![*inbox, *conversation].into())
        .collect();
    tx.insert(
        "INSERT INTO conversation_inboxes (inbox_id, conversation_id)",
        &rows,
        "ON CONFLICT (inbox_id, conversation_id) DO NOTHING",
    )?;
    Ok(())
}

/// Notes anew from which inboxes other than its own a conversation has messages, after some came or
/// went.
pub fn renew_inboxes(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    own: InboxId,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM conversation_inboxes
         WHERE conversation_id = $1 AND inbox_id IN (SELECT id FROM inboxes)",
        &params![conversation],
    )?;
    tx.execute(
        "INSERT INTO conversation_inboxes (inbox_id, conversation_id)
         SELECT DISTINCT inbox_id, conversation_id FROM messages
         WHERE conversation_id = $1 AND inbox_id <> $2 AND visibility <> 'note'",
        &params![conversation, own],
    )?;
    Ok(())
}

/// Gives the tags of one conversation to another as well.
pub fn copy_tags(
    tx: &mut Tx<'_>,
    from: ConversationId,
    into: ConversationId,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO conversation_tags (tag_id, conversation_id)
         SELECT tag_id, CAST($2 AS BIGINT) FROM conversation_tags WHERE conversation_id = $1
         ON CONFLICT (tag_id, conversation_id) DO NOTHING",
        &params![from, into],
    )?;
    Ok(())
}

/// Lists the tags of conversations by their names.
pub fn list_tags(
    read: &mut Read<'_>,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, TagId, String, String)>, StoreError> {
    let keys: Vec<Vec<Value>> = conversations.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT ct.conversation_id, t.id, t.name, t.colour FROM (VALUES {keys}) AS k
         JOIN conversation_tags ct ON ct.conversation_id = k.column1
         JOIN tags t ON t.id = ct.tag_id
         ORDER BY ct.conversation_id, t.name",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}

pub fn add_tag(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    tag: TagId,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "INSERT INTO conversation_tags (tag_id, conversation_id) VALUES ($1, $2)
         ON CONFLICT (tag_id, conversation_id) DO NOTHING",
        &params![tag, conversation],
    )?;
    Ok(changed > 0)
}

pub fn remove_tag(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    tag: TagId,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "DELETE FROM conversation_tags WHERE tag_id = $1 AND conversation_id = $2",
        &params![tag, conversation],
    )?;
    Ok(changed > 0)
}

/// Lists snoozed conversations whose time has come.
pub fn list_waking(
    read: &mut Read<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    read.query(
        "SELECT id FROM conversations WHERE snoozed_until IS NOT NULL AND snoozed_until <= $1
         ORDER BY snoozed_until LIMIT $2",
        &params![now, limit],
        |row| row.get(0),
    )
}

pub(crate) fn conversation(row: &Row<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: row.get(0)?,
        version: row.get(1)?,
        brand: row.get(2)?,
        inbox: row.get(3)?,
        team: row.get(4)?,
        agent: row.get(5)?,
        contact: row.get(6)?,
        identity: row.get(7)?,
        root: row.get(8)?,
        post: row.get(9)?,
        subject: row.get(10)?,
        status: row.get(11)?,
        snoozed_until: row.get(12)?,
        priority: row.get(13)?,
        kind: row.get(14)?,
        visibility: row.get(15)?,
        unread: row.get(16)?,
        opened_at: row.get(17)?,
        last_message_at: row.get(18)?,
        last_message: row.get(19)?,
        message_count: row.get(20)?,
        voices: row.get(21)?,
        waiting_since: row.get(22)?,
        settled_at: row.get(23)?,
        first_response_at: row.get(24)?,
        resolved_at: row.get(25)?,
        joined_into: row.get(26)?,
        linked_to: row.get(27)?,
        next_word_at: row.get(28)?,
        surfaced_at: row.get(29)?,
    })
}
