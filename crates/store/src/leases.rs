//! Leases: who does a piece of work that only one may do at a time.

use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::Tx;

/// Takes or renews a lease; returns whether the holder has it until then.
pub fn take(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, $4)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
         WHERE leases.holder = excluded.holder OR leases.held_until < $3",
        &params![name, holder, now, until],
    )?;
    Ok(changed > 0)
}

/// Ends all leases; only for whoever knows that nobody else works here.
pub fn end_all(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM leases", &[])
}

/// Gives a lease back early.
pub fn give_back(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM leases WHERE name = $1 AND holder = $2",
        &params![name, holder],
    )?;
    Ok(())
}
