//! Attempts to connect an inbox at its network's own page, found by the session that began them.

use kulant_model::ids::InboxId;
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::Row;
use crate::sql::{Read, Tx};

const SELECT: &str = "SELECT id, inbox_id, session_hash, state_hash, kept, expires_at \
     FROM connection_attempts";

/// An attempt as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: i64,
    pub inbox: InboxId,
    pub session_hash: Vec<u8>,
    /// What the network's page must bring back, none once it did.
    pub state_hash: Option<Vec<u8>>,
    /// Sealed; `care` alone opens it.
    pub kept: Vec<u8>,
    pub expires_at: Timestamp,
}

/// Keeps an attempt in place of the one that the session made for the same inbox before.
pub fn keep(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO connection_attempts (id, inbox_id, session_hash, state_hash, kept, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (session_hash, inbox_id) DO UPDATE
         SET id = excluded.id, state_hash = excluded.state_hash, kept = excluded.kept,
             expires_at = excluded.expires_at",
        &params![
            attempt.id,
            attempt.inbox,
            attempt.session_hash.clone(),
            attempt.state_hash.clone(),
            attempt.kept.clone(),
            attempt.expires_at,
        ],
    )?;
    Ok(())
}

/// Lists the attempts of a session that count at a time.
pub fn list_of_session(
    read: &mut Read<'_>,
    session_hash: &[u8],
    now: Timestamp,
) -> Result<Vec<Attempt>, StoreError> {
    read.query(
        &format!("{SELECT} WHERE session_hash = $1 AND expires_at > $2 ORDER BY id"),
        &params![session_hash.to_vec(), now],
        attempt,
    )
}

/// Ends an attempt; returns whether it was there, so that nobody uses it twice.
pub fn remove(tx: &mut Tx<'_>, id: i64) -> Result<bool, StoreError> {
    let removed = tx.execute(
        "DELETE FROM connection_attempts WHERE id = $1",
        &params![id],
    )?;
    Ok(removed == 1)
}

/// Removes the attempts that are over.
pub fn remove_over(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM connection_attempts WHERE expires_at <= $1",
        &params![now],
    )
}

fn attempt(row: &Row<'_>) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        id: row.get(0)?,
        inbox: row.get(1)?,
        session_hash: row.get(2)?,
        state_hash: row.get(3)?,
        kept: row.get(4)?,
        expires_at: row.get(5)?,
    })
}

/// Leaves digests and secrets out, so that no log shows them.
impl std::fmt::Debug for Attempt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Attempt")
            .field("id", &self.id)
            .field("inbox", &self.inbox)
            .finish_non_exhaustive()
    }
}
