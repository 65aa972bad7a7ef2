//! Embedded SQLite: how a connection is opened and a statement is run.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::Purpose;
use super::value::{Row, Value};
use crate::error::StoreError;

/// How long a connection waits for another one's write.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// How long the write-ahead log may grow before it is begun anew, and what is kept of its file then:
/// 64 MB in pages.
pub(crate) const WAL_FRAMES: i64 = 16 * 1024;

/// Opens the file. Durable means WAL with a full sync at every commit.
pub(crate) fn open(path: &Path, purpose: Purpose) -> Result<Connection, StoreError> {
    let flags = match purpose {
        Purpose::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Purpose::Read => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 268435456;",
    )?;
    match purpose {
        Purpose::Write => connection.execute_batch(
            // Checkpoints are taken beside the writer, not by it.
            &format!(
                "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 0;
                 PRAGMA journal_size_limit = {};",
                WAL_FRAMES * 4096
            ),
        )?,
        Purpose::Read => {
            connection.execute_batch("PRAGMA cache_size = -4096; PRAGMA query_only = ON;")?;
        }
    }
    Ok(connection)
}

pub(crate) fn query<T>(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    map: &mut dyn FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection
        .prepare_cached(&numbered(sql))
        .map_err(|error| naming(error, sql))?;
    let mut rows = statement.query(params_from_iter(params))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(|error| naming(error, sql))? {
        found.push(map(&Row::Sqlite(row))?);
    }
    Ok(found)
}

pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    params: &[Value],
) -> Result<u64, StoreError> {
    let mut statement = connection
        .prepare_cached(&numbered(sql))
        .map_err(|error| naming(error, sql))?;
    if statement.column_count() > 0 {
        // A statement with RETURNING whose rows nobody wants.
        let mut rows = statement.query(params_from_iter(params))?;
        let mut changed = 0;
        while rows.next()?.is_some() {
            changed += 1;
        }
        return Ok(changed);
    }
    Ok(statement.execute(params_from_iter(params))? as u64)
}

/// Asks the same question with each of many rows.
pub(crate) fn query_each<T>(
    connection: &Connection,
    sql: &str,
    before: &[Value],
    rows: &[Vec<Value>],
    map: &mut dyn FnMut(&Row<'_>) -> Result<T, StoreError>,
    found: &mut Vec<T>,
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached(&numbered(sql))
        .map_err(|error| naming(error, sql))?;
    for row in rows {
        let mut answer = statement.query(params_from_iter(before.iter().chain(row)))?;
        while let Some(row) = answer.next().map_err(|error| naming(error, sql))? {
            found.push(map(&Row::Sqlite(row))?);
        }
    }
    Ok(())
}

/// Runs the same statement for each of many rows; returns how many rows of tables it changed.
pub(crate) fn execute_each(
    connection: &Connection,
    sql: &str,
    rows: &[Vec<Value>],
) -> Result<u64, StoreError> {
    let mut statement = connection
        .prepare_cached(&numbered(sql))
        .map_err(|error| naming(error, sql))?;
    let mut changed = 0;
    for row in rows {
        changed += statement.execute(params_from_iter(row))? as u64;
    }
    Ok(changed)
}

/// Turns `$1`, which SQLite would take for a name, into `?1`, which it takes for a number.
pub(crate) fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    for (place, part) in sql.split('$').enumerate() {
        if place > 0 {
            let is_number = part.starts_with(|first: char| first.is_ascii_digit());
            text.push(if is_number { '?' } else { '$' });
        }
        text.push_str(part);
    }
    text
}

/// Keeps the class of an error and adds which statement it was.
fn naming(error: rusqlite::Error, sql: &str) -> StoreError {
    match StoreError::from(error) {
        StoreError::Broken(words) => {
            let start: String = sql
                .split_whitespace()
                .take(12)
                .collect::<Vec<_>>()
                .join(" ");
            StoreError::Broken(format!("{words} in «{start}»"))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbers_in_both_databases() {
        assert_eq!(
            numbered("SELECT $2, '$', $1 FROM x WHERE y = $12"),
            "SELECT ?2, '$', ?1 FROM x WHERE y = ?12"
        );
        let connection = Connection::open_in_memory().expect("a database in memory");
        let answer = query(
            &connection,
            "SELECT $2, $1, $2",
            &[Value::Integer(1), Value::Integer(2)],
            &mut |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?)),
        )
        .expect("an answer");
        assert_eq!(answer, [(2, 1, 2)]);
    }

    #[test]
    fn a_writer_syncs_fully() {
        let folder = tempfile::tempdir().expect("a folder");
        let connection = open(&folder.path().join("x.db"), Purpose::Write).expect("a file");
        let answer = |pragma: &str| {
            connection
                .query_row(pragma, [], |row| row.get::<_, rusqlite::types::Value>(0))
                .expect("an answer")
        };
        assert_eq!(
            answer("PRAGMA synchronous"),
            rusqlite::types::Value::Integer(2)
        );
        assert_eq!(
            answer("PRAGMA journal_mode"),
            rusqlite::types::Value::Text("wal".into())
        );
    }
}
