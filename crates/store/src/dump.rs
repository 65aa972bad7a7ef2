//! The whole database as rows, read in one consistent look and written in one transaction, from
//! either database into either. It knows tables and columns, not what they mean.

use std::collections::BTreeMap;
use std::path::Path;

use postgres::types::Type;
use rusqlite::types::ValueRef;

use crate::error::StoreError;
use crate::params;
use crate::pool::DatabaseUrl;
use crate::sql::dialect::Dialect;
use crate::sql::migrate;
use crate::sql::postgres::Session;
use crate::sql::sqlite;
use crate::sql::value::{FromColumn, Row, Value};
use crate::sql::{Connection, Purpose, Tx};

/// What is about running processes and signed-in people, not about the installation.
const LEFT_OUT: [&str; 3] = ["connection_attempts", "leases", "sessions"];
/// How many rows PostgreSQL hands over at a time, and how many are written by one statement.
const PORTION: usize = 256;

/// A piece of a database, in the order in which it can be written again.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// The rows that follow are of this table.
    Table {
        name: String,
        columns: Vec<String>,
    },
    Row(Vec<Value>),
}

/// Takes the pieces of a database one by one.
pub type Sink<'s> = dyn FnMut(Piece) -> Result<(), StoreError> + 's;
/// Gives the pieces of a database one by one, until there is none.
pub type Source<'s> = dyn FnMut() -> Result<Option<Piece>, StoreError> + 's;

/// Reads the whole database, as it stood at one moment while others write; blocks.
pub fn read(url: &DatabaseUrl, sink: &mut Sink<'_>) -> Result<(), StoreError> {
    match url {
        DatabaseUrl::Sqlite(path) => read_sqlite(path, sink),
        DatabaseUrl::Postgres(url) => read_postgres(url, sink),
    }
}

/// Writes a whole database in place of what is there, and returns how many rows each table has
/// then; blocks. The schema must be the one from which the pieces were read. Nothing of it stays
/// unless all of it is written and counted.
pub fn write(
    url: &DatabaseUrl,
    source: &mut Source<'_>,
) -> Result<BTreeMap<String, u64>, StoreError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let connection = sqlite::open(path, Purpose::Write)?;
            // Whoever refers may come before whom it refers to.
            connection.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")?;
            let outcome = write_all(&mut Tx::new(Connection::Sqlite(&connection)), source);
            let end = if outcome.is_ok() {
                "COMMIT"
            } else {
                "ROLLBACK"
            };
            connection.execute_batch(end)?;
            outcome
        }
        DatabaseUrl::Postgres(url) => {
            let mut session = Session::new(url, Purpose::Write);
            session.begin()?;
            // Between the last row and the commit the attachments are put on the disk.
            session.execute_batch("SET LOCAL idle_in_transaction_session_timeout = 0")?;
            let outcome = write_all(&mut Tx::new(Connection::Postgres(&mut session)), source);
            session.end(if outcome.is_ok() {
                "COMMIT"
            } else {
                "ROLLBACK"
            })?;
            outcome
        }
    }
}

fn read_sqlite(path: &Path, sink: &mut Sink<'_>) -> Result<(), StoreError> {
    let connection = sqlite::open(path, Purpose::Read)?;
    // The look begins with the first statement after this and lasts until the end.
    connection.execute_batch("BEGIN DEFERRED")?;
    for table in tables() {
        let mut columns = Vec::new();
        sqlite::query(
            &connection,
            "SELECT name FROM pragma_table_info($1) ORDER BY cid",
            &params![table],
            &mut |row| {
                columns.push(row.get::<String>(0)?);
                Ok(())
            },
        )?;
        if columns.is_empty() {
            continue;
        }
        let (select, width) = (select(table, &columns), columns.len());
        sink(Piece::Table {
            name: table.to_owned(),
            columns,
        })?;
        sqlite::query(&connection, &select, &[], &mut |row| {
            sink(Piece::Row(values(row, width)?))
        })?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

fn read_postgres(url: &str, sink: &mut Sink<'_>) -> Result<(), StoreError> {
    let mut session = Session::new(url, Purpose::Read);
    session.execute_batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    for table in tables() {
        let columns: Vec<String> = session.query(
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1
             ORDER BY ordinal_position",
            &params![table],
            &mut |row| row.get(0),
        )?;
        if columns.is_empty() {
            continue;
        }
        let (select, width) = (select(table, &columns), columns.len());
        sink(Piece::Table {
            name: table.to_owned(),
            columns,
        })?;
        session.execute_batch(&format!(
            "DECLARE dump_{table} NO SCROLL CURSOR FOR {select}"
        ))?;
        loop {
            let mut count = 0;
            session.query(
                &format!("FETCH {PORTION} FROM dump_{table}"),
                &[],
                &mut |row| {
                    count += 1;
                    sink(Piece::Row(values(row, width)?))
                },
            )?;
            if count == 0 {
                break;
            }
        }
        session.execute_batch(&format!("CLOSE dump_{table}"))?;
    }
    session.execute_batch("COMMIT")
}

fn write_all(
    tx: &mut Tx<'_>,
    source: &mut Source<'_>,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let known: Vec<&str> = tables().collect();
    for table in known.iter().rev() {
        tx.execute_batch(&format!("DELETE FROM {table}"))?;
    }
    crate::search::clear(tx)?;

    let mut counts = BTreeMap::new();
    let mut into: Option<(String, String)> = None;
    let mut rows: Vec<Vec<Value>> = Vec::new();
    loop {
        let piece = source()?;
        if let Some(Piece::Row(values)) = piece {
            rows.push(values);
            if rows.len() < PORTION {
                continue;
            }
            flush(tx, into.as_ref(), &mut rows)?;
            continue;
        }
        flush(tx, into.as_ref(), &mut rows)?;
        let Some(Piece::Table { name, columns }) = piece else {
            break;
        };
        if !known.contains(&name.as_str()) || !columns.iter().all(|column| is_plain(column)) {
            return Err(StoreError::Broken(format!("there is no table {name}")));
        }
        let before = format!("INSERT INTO {name} ({})", columns.join(", "));
        into = Some((name, before));
    }

    settle(tx)?;
    for table in known {
        let count = tx.query_one(&format!("SELECT COUNT(*) FROM {table}"), &[], |row| {
            row.get::<i64>(0)
        })?;
        counts.insert(table.to_owned(), count.unwrap_or(0).unsigned_abs());
    }
    Ok(counts)
}

fn flush(
    tx: &mut Tx<'_>,
    into: Option<&(String, String)>,
    rows: &mut Vec<Vec<Value>>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let (_, before) = into.ok_or_else(|| StoreError::Broken("a row of no table".to_owned()))?;
    tx.insert(before, rows, "")?;
    rows.clear();
    Ok(())
}

/// Brings what depends on the place or the time into line: the index is built again from the log,
/// and what stood in the queue may have left since, so that it is looked for before it is sent.
fn settle(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE followers SET sequence = 0 WHERE name = 'search'",
        &[],
    )?;
    tx.execute(
        "UPDATE messages SET delivery_state = 'sending' WHERE delivery_state = 'queued'",
        &[],
    )?;
    if tx.dialect() == Dialect::Postgres {
        tx.query(
            "SELECT setval(pg_get_serial_sequence('events', 'sequence'),
                           GREATEST((SELECT MAX(sequence) FROM events), 1))",
            &[],
            |_| Ok(()),
        )?;
    }
    Ok(())
}

/// Lists the tables in the order in which they were made, so that who is referred to comes first.
fn tables() -> impl Iterator<Item = &'static str> {
    migrate::texts()
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix("CREATE TABLE "))
        .filter_map(|rest| rest.split([' ', '(']).next())
        .filter(|table| !LEFT_OUT.contains(table))
}

fn select(table: &str, columns: &[String]) -> String {
    // In the order of the first column, which is or begins the key: a copy is as the original.
    format!("SELECT {} FROM {table} ORDER BY 1", columns.join(", "))
}

fn is_plain(column: &str) -> bool {
    !column.is_empty()
        && column
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn values(row: &Row<'_>, width: usize) -> Result<Vec<Value>, StoreError> {
    (0..width).map(|index| row.get(index)).collect()
}

impl FromColumn for Value {
    /// Reads a column as what it is.
    fn from_column(row: &Row<'_>, index: usize) -> Result<Self, StoreError> {
        match row {
            Row::Sqlite(row) => Ok(match row.get_ref(index)? {
                ValueRef::Null => Self::Null,
                ValueRef::Integer(number) => Self::Integer(number),
                ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Self::Bytes(bytes.to_vec()),
                ValueRef::Real(_) => {
                    return Err(StoreError::unreadable(index, "a broken number"));
                }
            }),
            Row::Postgres(inner) => {
                let kind = inner.columns()[index].type_();
                Ok(match *kind {
                    Type::BYTEA => row.get::<Option<Vec<u8>>>(index)?.into(),
                    Type::TEXT | Type::VARCHAR => row.get::<Option<String>>(index)?.into(),
                    _ => row.get::<Option<i64>>(index)?.into(),
                })
            }
        }
    }
}
