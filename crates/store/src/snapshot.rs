//! Copies an embedded database whole, and judges such a copy. PostgreSQL goes by `dump`.

use std::path::Path;

use crate::error::StoreError;
use crate::sql::sqlite::{self, Purpose};

/// Writes the database as it stands into a file that must not be there yet.
pub fn write(database: &Path, target: &Path) -> Result<(), StoreError> {
    let connection = sqlite::open(database, Purpose::Write)?;
    let name = target.to_str().ok_or_else(|| {
        StoreError::Broken("the name of the snapshot's file is not UTF-8".to_owned())
    })?;
    connection.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Reads a copy through and says whether it is whole.
pub fn check(copy: &Path) -> Result<(), StoreError> {
    let connection = rusqlite::Connection::open_with_flags(
        copy,
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Broken(format!(
            "the copy is not whole: {verdict}"
        )))
    }
}
