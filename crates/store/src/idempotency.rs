//! Answers to writes that were sent with an Idempotency-Key. Bodies come in sealed.

use kulant_model::ids::{AgentId, MessageId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::{Read, Tx};

/// A key that was used, with its answer once there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedKey {
    pub request_hash: Vec<u8>,
    pub answer: Option<StoredAnswer>,
    /// What the request wrote, where its transaction left word of it.
    pub message: Option<MessageId>,
    pub created_at: Timestamp,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: i64,
    /// A JSON list of names and values.
    pub headers: String,
    pub body: String,
}

/// Takes a key for a request; returns whether it was free.
pub fn take(
    tx: &mut Tx<'_>,
    agent: AgentId,
    key: &str,
    request_hash: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let taken = tx.execute(
        "INSERT INTO idempotency_keys (agent_id, idempotency_key, request_hash, created_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (agent_id, idempotency_key) DO NOTHING",
        &params![agent, key, request_hash.to_vec(), now],
    )?;
    Ok(taken == 1)
}

/// Finds what a key was used for.
pub fn find(read: &mut Read<'_>, agent: AgentId, key: &str) -> Result<Option<UsedKey>, StoreError> {
    read.query_one(
        "SELECT request_hash, status, headers, body, created_at
         FROM idempotency_keys
         WHERE agent_id = $1 AND idempotency_key = $2",
        &params![agent, key],
        |row| {
            let status: Option<i64> = row.get(1)?;
            let headers: Option<String> = row.get(2)?;
            let body: Option<String> = row.get(3)?;
            let word = headers.as_deref().filter(|_| status.is_none());
            Ok(UsedKey {
                request_hash: row.get(0)?,
                message: word.and_then(|word| word.parse().ok()),
                answer: status.map(|status| StoredAnswer {
                    status,
                    headers: headers.unwrap_or_default(),
                    body: body.unwrap_or_default(),
                }),
                created_at: row.get(4)?,
            })
        },
    )
}

/// Keeps the answer to the request that took a key.
pub fn keep_answer(
    tx: &mut Tx<'_>,
    agent: AgentId,
    key: &str,
    answer: &StoredAnswer,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idempotency_keys SET status = $3, headers = $4, body = $5
         WHERE agent_id = $1 AND idempotency_key = $2",
        &params![agent, key, answer.status, &answer.headers, &answer.body],
    )?;
    Ok(())
}

/// Leaves word of the message that the request under a key writes, in the transaction that writes
/// it; no if the key is not taken any more, or if word of another one stands there.
pub fn note_message(
    tx: &mut Tx<'_>,
    agent: AgentId,
    key: &str,
    message: MessageId,
) -> Result<bool, StoreError> {
    let noted = tx.execute(
        "UPDATE idempotency_keys SET headers = $3
         WHERE agent_id = $1 AND idempotency_key = $2 AND status IS NULL AND headers IS NULL",
        &params![agent, key, message.to_string()],
    )?;
    Ok(noted == 1)
}

/// Frees a key whose request did nothing.
pub fn free(tx: &mut Tx<'_>, agent: AgentId, key: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE agent_id = $1 AND idempotency_key = $2",
        &params![agent, key],
    )?;
    Ok(())
}

/// Frees a key that was taken before a time, and whose request left word neither of a message nor of
/// its answer.
pub fn free_wordless(
    tx: &mut Tx<'_>,
    agent: AgentId,
    key: &str,
    before: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idempotency_keys
         WHERE agent_id = $1 AND idempotency_key = $2 AND created_at < $3
           AND status IS NULL AND headers IS NULL",
        &params![agent, key, before],
    )
}

/// Forgets keys that were taken before a time.
pub fn remove_before(tx: &mut Tx<'_>, time: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE created_at < $1",
        &params![time],
    )
}

/// Forgets every answer that is kept, as an erasure must.
pub fn remove_all(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM idempotency_keys WHERE status IS NOT NULL", &[])
}
