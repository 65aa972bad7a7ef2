//! How a write to a versioned row ends: the change is in, or somebody else was faster.

use crate::error::StoreError;
use crate::sql::Tx;
use crate::sql::value::Value;

/// The end of a write that named the version it was made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioned {
    /// The row has this version now.
    Done { version: i64 },
    /// Somebody else was faster; the row has this version.
    Lost { current: i64 },
    /// There is no such row.
    Missing,
}

/// Runs an update that ends with `RETURNING version`; if it changes nothing, asks the second
/// statement, whose one parameter is the id, which version the row has.
pub(crate) fn update(
    tx: &mut Tx<'_>,
    sql: &str,
    params: &[Value],
    version_sql: &str,
    id: impl Into<Value>,
) -> Result<Versioned, StoreError> {
    if let Some(version) = tx.query_one(sql, params, |row| row.get(0))? {
        return Ok(Versioned::Done { version });
    }
    let current = tx.query_one(version_sql, &[id.into()], |row| row.get(0))?;
    Ok(current.map_or(Versioned::Missing, |current| Versioned::Lost { current }))
}
