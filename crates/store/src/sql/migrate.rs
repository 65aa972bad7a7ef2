//! Brings a database to the newest schema: forward only, each step one transaction.

use kulant_model::time::Timestamp;

use super::{Connection, Read, Tx};
use crate::error::StoreError;
use crate::params;
use crate::pool::Store;

/// The steps, oldest first. A step is never changed once it was released.
const MIGRATIONS: &[(i64, &str, &str)] = &[(
    1,
    "ground",
    include_str!("../../migrations/0001_ground.sql"),
)];

/// The newest schema that this program knows.
pub const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

const OLDEST_LINE: &str = "-- oldest compatible schema: ";

/// Where a database stands against this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Empty,
    Current,
    /// Needs the steps after this one.
    Behind(i64),
    /// Made by a newer program, and still readable by this one.
    AheadButCompatible(i64),
    /// Made by a newer program that says this one is too old.
    TooNew {
        schema: i64,
        oldest: i64,
    },
}

/// Returns the texts of the steps, oldest first.
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|(_, _, text)| *text)
}

/// Tells where a database stands.
pub fn standing(read: &mut Read<'_>) -> Result<Standing, StoreError> {
    if !table_exists(read)? {
        return Ok(Standing::Empty);
    }
    let newest = read.query_one(
        "SELECT version, oldest_compatible FROM schema_versions ORDER BY version DESC LIMIT 1",
        &[],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
    )?;
    Ok(match newest {
        None => Standing::Empty,
        Some((schema, _)) if schema == NEWEST => Standing::Current,
        Some((schema, _)) if schema < NEWEST => Standing::Behind(schema),
        Some((schema, oldest)) if oldest <= NEWEST => Standing::AheadButCompatible(schema),
        Some((schema, oldest)) => Standing::TooNew { schema, oldest },
    })
}

/// Takes every step that is missing. Two programs that start at once take each step once.
pub async fn migrate(store: &Store, now: Timestamp) -> Result<Vec<&'static str>, StoreError> {
    migrate_to(store, NEWEST, now).await
}

/// Takes the missing steps up to a schema, where older rows are to be written first.
pub async fn migrate_to(
    store: &Store,
    schema: i64,
    now: Timestamp,
) -> Result<Vec<&'static str>, StoreError> {
    let mut taken = Vec::new();
    for (version, name, text) in MIGRATIONS
        .iter()
        .filter(|(version, _, _)| *version <= schema)
    {
        let done = store
            .write(move |tx| step(tx, *version, name, text, now))
            .await?;
        if done {
            taken.push(*name);
        }
    }
    Ok(taken)
}

fn step(
    tx: &mut Tx<'_>,
    version: i64,
    name: &str,
    text: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let dialect = tx.dialect();
    if dialect == super::dialect::Dialect::Postgres {
        tx.execute("SELECT pg_advisory_xact_lock($1)", &params![version])?;
    }
    tx.execute_batch(&dialect.schema(
        "CREATE TABLE IF NOT EXISTS schema_versions (
               version BIGINT PRIMARY KEY,
               name @TEXT@ NOT NULL,
               oldest_compatible BIGINT NOT NULL,
               applied_at BIGINT NOT NULL
             )",
    ))?;
    let there = tx.query_one(
        "SELECT version FROM schema_versions WHERE version >= $1",
        &params![version],
        |row| row.get::<i64>(0),
    )?;
    if there.is_some() {
        return Ok(false);
    }
    tx.execute_batch(&dialect.schema(text))?;
    tx.execute(
        "INSERT INTO schema_versions (version, name, oldest_compatible, applied_at) VALUES ($1, $2, $3, $4)",
        &params![version, name, oldest_compatible(text), now],
    )?;
    Ok(true)
}

fn oldest_compatible(text: &str) -> i64 {
    text.lines()
        .find_map(|line| line.strip_prefix(OLDEST_LINE))
        .and_then(|number| number.trim().parse().ok())
        .expect("every migration says which schema is the oldest compatible one")
}

fn table_exists(read: &mut Read<'_>) -> Result<bool, StoreError> {
    let sql = match read.connection {
        Connection::Sqlite(_) => {
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'"
        }
        Connection::Postgres(_) => {
            "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_versions'"
        }
    };
    Ok(read
        .query_one(sql, &[], |row| row.get::<i64>(0))?
        .is_some_and(|count| count > 0))
}
