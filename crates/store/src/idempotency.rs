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
    pub answer: KeptAnswer,
    /// What the request wrote, where its transaction left word of it.
    pub message: Option<MessageId>,
    pub created_at: Timestamp,
}

/// What is left of the answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptAnswer {
    NotYet,
    Whole(StoredAnswer),
    /// The request was done; an erasure took its answer.
    Erased,
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
        "SELECT request_hash, message_id, status, headers, body, created_at
         FROM idempotency_keys
         WHERE agent_id = $1 AND idempotency_key = $2",
        &params![agent, key],
        |row| {
            let (status, headers, body) = (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(UsedKey {
                request_hash: row.get(0)?,
                message: row.get(1)?,
                answer: match (status, headers, body) {
                    (None, _, _) => KeptAnswer::NotYet,
                    (Some(status), Some(headers), Some(body)) => KeptAnswer::Whole(StoredAnswer {
                        status,
                        headers,
                        body,
                    }),
                    (Some(_), _, _) => KeptAnswer::Erased,
                },
                created_at: row.get(5)?,
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
        "UPDATE idempotency_keys SET message_id = $3
         WHERE agent_id = $1 AND idempotency_key = $2 AND status IS NULL AND message_id IS NULL",
        &params![agent, key, message],
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
           AND status IS NULL AND message_id IS NULL",
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

/// Forgets every answer that is kept, as an erasure must. The keys stay taken: freed, they would let
/// what was done be done again.
pub fn forget_answers(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE idempotency_keys SET headers = NULL, body = NULL WHERE body IS NOT NULL",
        &[],
    )
}
