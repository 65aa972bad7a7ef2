//! The thin executor over the native drivers: the only place that knows a driver.

pub mod dialect;
pub mod migrate;
pub(crate) mod postgres;
pub(crate) mod sqlite;
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
    /// called `column1`, `column2`, ...; `before` are the parameters `$1..` ahead of them.
    pub fn query_keys<T>(
        &mut self,
        sql: &str,
        before: &[Value],
        keys: &[Vec<Value>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let dialect = self.dialect();
        let mut found = Vec::new();
        for portion in dialect.portions(keys) {
            let text = sql.replace("{keys}", &dialect.values(portion, before.len() + 1, true));
            let mut params = before.to_vec();
            params.extend(portion.iter().flatten().cloned());
            found.extend(self.query(&text, &params, &mut map)?);
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
        let dialect = self.dialect();
        let mut changed = 0;
        for portion in dialect.portions(rows) {
            let sql = format!(
                "{before} VALUES {} {after}",
                dialect.values(portion, 1, false)
            );
            let params: Vec<Value> = portion.iter().flatten().cloned().collect();
            changed += self.execute(&sql, &params)?;
        }
        Ok(changed)
    }

    /// As `insert`, and reads what the statement returns for each row that it changed.
    pub fn insert_returning<T>(
        &mut self,
        before: &str,
        rows: &[Vec<Value>],
        after: &str,
        mut map: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let dialect = self.dialect();
        let mut returned = Vec::new();
        for portion in dialect.portions(rows) {
            let sql = format!(
                "{before} VALUES {} {after}",
                dialect.values(portion, 1, false)
            );
            let params: Vec<Value> = portion.iter().flatten().cloned().collect();
            returned.extend(self.query(&sql, &params, &mut map)?);
        }
        Ok(returned)
    }

    /// Runs a statement that takes `{rows}` as a typed `VALUES` for many rows at once.
    pub fn execute_rows(&mut self, sql: &str, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let dialect = self.dialect();
        let mut changed = 0;
        for portion in dialect.portions(rows) {
            let text = sql.replace("{rows}", &dialect.values(portion, 1, true));
            let params: Vec<Value> = portion.iter().flatten().cloned().collect();
            changed += self.execute(&text, &params)?;
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
