//! The thin executor over the native drivers: the only place that knows a driver.

pub mod dialect;
pub mod migrate;
pub(crate) mod postgres;
pub(crate) mod sqlite;
mod tls;
pub mod value;

use kulant_model::event::NewEvent;

use crate::error::StoreError;
use dialect::Dialect;
use value::{Row, Value};

/// What a connection is for; on SQLite a reader cannot write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Write,
    Read,
}

/// A connection as the statements see it.
pub(crate) enum Connection<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut postgres::Session),
}

/// Something to read from.
pub struct Read<'c> {
    connection: Connection<'c>,
}

/// A write transaction. Events appended to it reach the log when it commits, last of all.
pub struct Tx<'c> {
    read: Read<'c>,
    pub(crate) events: Vec<NewEvent>,
}

impl<'c> std::ops::Deref for Tx<'c> {
    type Target = Read<'c>;

    fn deref(&self) -> &Read<'c> {
        &self.read
    }
}

impl std::ops::DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}

impl<'c> Read<'c> {
    pub(crate) fn new(connection: Connection<'c>) -> Self {
        Self { connection }
    }

    pub fn dialect(&self) -> Dialect {
        match self.connection {
            Connection::Sqlite(_) => Dialect::Sqlite,
            Connection::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Reads every row of an answer.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        mut map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => sqlite::query(connection, sql, params, &mut map),
            Connection::Postgres(session) => session.query(sql, params, &mut map),
        }
    }

    /// Reads the first row of an answer, if there is one.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.query(sql, params, map)?.into_iter().next())
    }

    /// Asks for many keys at once. `{keys}` in the statement becomes a `VALUES` whose columns are
    /// called `column1`, `column2`, ...; `before` are the parameters `$1..` ahead of them. What an
    /// index holds before the key goes into the keys too: left ahead of them, PostgreSQL may plan
    /// on an empty table to read the index by that alone, once for every key.
    pub fn query_keys<T>(
        &mut self,
        sql: &str,
        before: &[Value],
        keys: &[Vec<Value>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let text = |dialect: Dialect, portion: &[Vec<Value>]| {
            sql.replace("{keys}", &dialect.values(portion, before.len() + 1, true))
        };
        self.query_rows(text, before, keys, &mut map)
    }

    /// Runs the statement that `text` writes for a portion of rows over all of them.
    fn query_rows<T>(
        &mut self,
        text: impl Fn(Dialect, &[Vec<Value>]) -> String,
        before: &[Value],
        rows: &[Vec<Value>],
        map: &mut dyn FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let dialect = self.dialect();
        let mut found = Vec::new();
        for portion in dialect.portions(rows) {
            let sql = text(dialect, portion);
            match &mut self.connection {
                Connection::Sqlite(connection) => {
                    sqlite::query_each(connection, &sql, before, portion, map, &mut found)?;
                }
                Connection::Postgres(session) => {
                    found.extend(session.query(
                        &sql,
                        before.iter().chain(portion.iter().flatten()),
                        map,
                    )?);
                }
            }
        }
        Ok(found)
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: Connection<'c>) -> Self {
        Self {
            read: Read::new(connection),
            events: Vec::new(),
        }
    }

    /// Runs a statement and returns how many rows it changed.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        match &mut self.read.connection {
            Connection::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Connection::Postgres(session) => session.execute(sql, params),
        }
    }

    /// Runs a statement over many rows: `before VALUES rows after`. Returns the changed rows.
    pub fn insert(
        &mut self,
        before: &str,
        rows: &[Vec<Value>],
        after: &str,
    ) -> Result<u64, StoreError> {
        self.execute_portions(rows, |dialect, portion| {
            format!(
                "{before} VALUES {} {after}",
                dialect.values(portion, 1, false)
            )
        })
    }

    /// As `insert`, and reads what the statement returns for each row that it changed.
    pub fn insert_returning<T>(
        &mut self,
        before: &str,
        rows: &[Vec<Value>],
        after: &str,
        mut map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let text = |dialect: Dialect, portion: &[Vec<Value>]| {
            format!(
                "{before} VALUES {} {after}",
                dialect.values(portion, 1, false)
            )
        };
        self.read.query_rows(text, &[], rows, &mut map)
    }

    /// Runs a statement that takes `{rows}` as a typed `VALUES` for many rows at once.
    pub fn execute_rows(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        self.execute_portions(rows, |dialect, portion| {
            sql.replace("{rows}", &dialect.values(portion, 1, true))
        })
    }

    fn execute_portions(
        &mut self,
        rows: &[Vec<Value>],
        text: impl Fn(Dialect, &[Vec<Value>]) -> String,
    ) -> Result<u64, StoreError> {
        let dialect = self.dialect();
        let mut changed = 0;
        for portion in dialect.portions(rows) {
            let sql = text(dialect, portion);
            changed += match &mut self.read.connection {
                Connection::Sqlite(connection) => sqlite::execute_each(connection, &sql, portion)?,
                Connection::Postgres(session) => session.execute(&sql, portion.iter().flatten())?,
            };
        }
        Ok(changed)
    }

    /// Puts an event into the log when this transaction commits.
    pub fn append(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Runs several statements without parameters, as migrations do.
    pub(crate) fn execute_batch(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.read.connection {
            Connection::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Connection::Postgres(session) => session.execute_batch(sql),
        }
    }

    /// Writes the appended events, after everything else, under the lock of the log.
    pub(crate) fn write_events(&mut self) -> Result<usize, StoreError> {
        if self.events.is_empty() {
            return Ok(0);
        }
        let events = std::mem::take(&mut self.events);
        if self.dialect() == Dialect::Postgres {
            self.execute(
                "SELECT pg_advisory_xact_lock($1)",
                &[Value::Integer(dialect::LOG_LOCK)],
            )?;
        }
        crate::events::insert(self, &events)?;
        Ok(events.len())
    }
}
