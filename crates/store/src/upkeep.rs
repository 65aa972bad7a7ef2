//! What keeps a database quick after much was written at once.

use std::time::Duration;

use crate::error::StoreError;
use crate::pool::DatabaseUrl;
use crate::sql::dialect::Dialect;
use crate::sql::postgres::Session;
use crate::sql::{Purpose, Read, sqlite};

/// Has PostgreSQL count anew what its planner goes by; SQLite plans without such counts here.
/// Blocks for as long as it takes: seconds for millions of rows.
pub fn refresh_statistics(url: &DatabaseUrl) -> Result<(), StoreError> {
    match url {
        DatabaseUrl::Sqlite(_) => Ok(()),
        DatabaseUrl::Postgres(url) => {
            Session::new(url, Purpose::Write).execute_batch("VACUUM ANALYZE")
        }
    }
}

/// Brings what stands in SQLite's write-ahead log into the file itself, so that the file is whole
/// without it. Blocks; whoever reads meanwhile is waited for only shortly.
pub fn gather(url: &DatabaseUrl) -> Result<(), StoreError> {
    let DatabaseUrl::Sqlite(path) = url else {
        return Ok(());
    };
    let connection = sqlite::open(path, Purpose::Write)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        return Err(StoreError::Busy("somebody still reads it".to_owned()));
    }
    connection
        .close()
        .map_err(|(_, error)| StoreError::from(error))
}

/// Returns what would make an acknowledged write disappear in a power cut; none where all is well.
pub fn find_weakness(read: &mut Read<'_>) -> Result<Option<String>, StoreError> {
    if read.dialect() == Dialect::Sqlite {
        let level = read.query_one("PRAGMA synchronous", &[], |row| row.get::<i64>(0))?;
        return Ok((level < Some(2)).then(|| "synchronous is not FULL".to_owned()));
    }
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let value = read.query_one(&format!("SHOW {setting}"), &[], |row| row.get::<String>(0))?;
        if value.as_deref() == Some("off") {
            return Ok(Some(format!("{setting} is off")));
        }
    }
    Ok(None)
}
