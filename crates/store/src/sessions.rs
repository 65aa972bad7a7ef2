//! Sessions of signed-in people, found by the digest of their secret, and failed sign-ins.

use kulant_model::ids::AgentId;
use kulant_model::time::Timestamp;

use crate::agents::{self, Access};
use crate::error::StoreError;
use crate::params;
use crate::sql::{Read, Tx};

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub agent: AgentId,
    pub csrf_token: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
}

/// How often signing in with one address failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    pub count: i64,
    pub failed_at: Timestamp,
    pub locked_until: Option<Timestamp>,
}

/// Keeps a new session by the digest of its secret.
pub fn insert(tx: &mut Tx<'_>, secret_hash: &[u8], session: &Session) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sessions (secret_hash, agent_id, csrf_token, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &params![
            secret_hash.to_vec(),
            session.agent,
            &session.csrf_token,
            session.created_at,
            session.seen_at,
            session.expires_at,
        ],
    )?;
    Ok(())
}

/// Finds a session and what its person may, in one question.
pub fn find(
    read: &mut Read<'_>,
    secret_hash: &[u8],
) -> Result<Option<(Session, Access)>, StoreError> {
    read.query_one(
        "SELECT s.agent_id, s.csrf_token, s.created_at, s.seen_at, s.expires_at,
                g.id, a.id, g.name, g.role, g.disabled_at
         FROM sessions s
         JOIN agents g ON g.id = s.agent_id
         JOIN actors a ON a.agent_id = g.id
         WHERE s.secret_hash = $1",
        &params![secret_hash.to_vec()],
        |row| {
            let session = Session {
                agent: row.get(0)?,
                csrf_token: row.get(1)?,
                created_at: row.get(2)?,
                seen_at: row.get(3)?,
                expires_at: row.get(4)?,
            };
            Ok((session, agents::access(row, 5)?))
        },
    )
}

/// Notes that a session is in use.
pub fn touch(tx: &mut Tx<'_>, secret_hash: &[u8], now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE sessions SET seen_at = $2 WHERE secret_hash = $1 AND seen_at < $2",
        &params![secret_hash.to_vec(), now],
    )?;
    Ok(())
}

/// Ends a session; returns whether it was there.
pub fn remove(tx: &mut Tx<'_>, secret_hash: &[u8]) -> Result<bool, StoreError> {
    let removed = tx.execute(
        "DELETE FROM sessions WHERE secret_hash = $1",
        &params![secret_hash.to_vec()],
    )?;
    Ok(removed == 1)
}

/// Ends every session of an agent.
pub fn remove_of_agent(tx: &mut Tx<'_>, agent: AgentId) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM sessions WHERE agent_id = $1", &params![agent])
}

/// Removes the sessions of an agent that are over.
pub fn remove_expired(
    tx: &mut Tx<'_>,
    agent: AgentId,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM sessions WHERE agent_id = $1 AND (expires_at <= $2 OR seen_at <= $3)",
        &params![agent, now, idle_since],
    )
}

/// Removes every session whose longest time is over.
pub fn remove_over(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM sessions WHERE expires_at <= $1", &params![now])
}

/// Finds how often signing in with an address failed.
pub fn find_failures(
    read: &mut Read<'_>,
    address_hash: &[u8],
) -> Result<Option<Failures>, StoreError> {
    read.query_one(
        "SELECT failures, failed_at, locked_until FROM sign_in_failures WHERE address_hash = $1",
        &params![address_hash.to_vec()],
        |row| {
            Ok(Failures {
                count: row.get(0)?,
                failed_at: row.get(1)?,
                locked_until: row.get(2)?,
            })
        },
    )
}

/// Counts one more failed sign-in with an address and returns how many there were.
pub fn add_failure(
    tx: &mut Tx<'_>,
    address_hash: &[u8],
    now: Timestamp,
) -> Result<i64, StoreError> {
    Ok(tx
        .query_one(
            "INSERT INTO sign_in_failures (address_hash, failures, failed_at, locked_until)
             VALUES ($1, 1, $2, NULL)
             ON CONFLICT (address_hash) DO UPDATE
             SET failures = sign_in_failures.failures + 1, failed_at = excluded.failed_at
             RETURNING failures",
            &params![address_hash.to_vec(), now],
            |row| row.get(0),
        )?
        .unwrap_or(1))
}

/// Locks an address for sign-in until a time.
pub fn lock(tx: &mut Tx<'_>, address_hash: &[u8], until: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE sign_in_failures SET locked_until = $2 WHERE address_hash = $1",
        &params![address_hash.to_vec(), until],
    )?;
    Ok(())
}

/// Forgets the failed sign-ins with an address.
pub fn remove_failures(tx: &mut Tx<'_>, address_hash: &[u8]) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM sign_in_failures WHERE address_hash = $1",
        &params![address_hash.to_vec()],
    )?;
    Ok(())
}

/// Forgets the failed sign-ins with every address whose hash begins with a given one.
pub fn remove_failures_below(tx: &mut Tx<'_>, beginning: &[u8]) -> Result<(), StoreError> {
    // No hash is longer than this one with every bit set.
    let mut end = beginning.to_vec();
    end.extend([u8::MAX; 64]);
    tx.execute(
        "DELETE FROM sign_in_failures WHERE address_hash >= $1 AND address_hash <= $2",
        &params![beginning.to_vec(), end],
    )?;
    Ok(())
}

/// Forgets the failed sign-ins that are older than a time.
pub fn remove_failures_before(tx: &mut Tx<'_>, time: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM sign_in_failures WHERE failed_at < $1",
        &params![time],
    )
}
