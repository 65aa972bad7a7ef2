//! Copies an embedded database whole, and judges such a copy. PostgreSQL goes by `dump`.

use std::path::Path;

use crate::error::StoreError;
use crate::sql::Purpose;
use crate::sql::sqlite;

/// Writes the database as it stands into a file that must not be there yet.
pub fn write(database: &Path, target: &Path) -> Result<(), StoreError> {
    let connection = sqlite::open(database, Purpose::Write)?;
    let name = target.to_str().ok_or_else(|| {
        StoreError::Broken("the name of the snapshot's file is not UTF-8".to_owned())
    })?;
    connection.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Reads a copy through, says whether it is whole, and empties its write-ahead log into it.
pub fn settle(copy: &Path) -> Result<(), StoreError> {
    let connection = sqlite::open(copy, Purpose::Write)?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StoreError::Broken(format!(
            "the copy is not whole: {verdict}"
        )));
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection
        .close()
        .map_err(|(_, error)| StoreError::from(error))
}
