//! Small facts of the whole installation, by name.

use kulant_model::ids::NODES;

use crate::error::StoreError;
use crate::params;
use crate::sql::{Read, Tx};

/// Gives this process the next number for its ids, so that two on one database never share one.
pub fn next_node(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let given = tx.query_one(
        "INSERT INTO settings (name, content) VALUES ('newest_node', '1')
         ON CONFLICT (name) DO UPDATE SET content = CAST(CAST(settings.content AS BIGINT) + 1 AS TEXT)
         RETURNING content",
        &[],
        |row| row.get::<String>(0),
    )?;
    let number: i64 = given.and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(number % NODES)
}

/// Finds the content of a setting.
pub fn find(read: &mut Read<'_>, name: &str) -> Result<Option<String>, StoreError> {
    read.query_one(
        "SELECT content FROM settings WHERE name = $1",
        &params![name],
        |row| row.get(0),
    )
}

/// Keeps a setting unless there is one; returns what there is now.
pub fn keep_first(tx: &mut Tx<'_>, name: &str, content: &str) -> Result<String, StoreError> {
    tx.execute(
        "INSERT INTO settings (name, content) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        &params![name, content],
    )?;
    Ok(find(tx, name)?.unwrap_or_else(|| content.to_owned()))
}

/// Keeps a setting.
pub fn keep(tx: &mut Tx<'_>, name: &str, content: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO settings (name, content) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET content = excluded.content",
        &params![name, content],
    )?;
    Ok(())
}
