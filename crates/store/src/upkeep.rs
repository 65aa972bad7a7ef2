//! What keeps a database quick after much was written at once.

use crate::error::StoreError;
use crate::pool::DatabaseUrl;
use crate::sql::Purpose;
use crate::sql::postgres::Session;

/// Has PostgreSQL count anew what its planner goes by; SQLite plans without such counts here.
/// Blocks for as long as it takes: seconds for millions of rows.
pub fn refresh_statistics(url: &DatabaseUrl) -> Result<(), StoreError> {
    match url {
        DatabaseUrl::Sqlite(_) => Ok(()),
        DatabaseUrl::Postgres(url) => Session::new(url, Purpose::Write).execute_batch("VACUUM ANALYZE"),
    }
}
