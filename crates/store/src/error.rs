//! What can go wrong in a database, in three classes: try again, somebody was faster, broken.

use thiserror::Error;

/// A failure of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else was faster, or a key is taken.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The database is locked, starting, out of reach or out of room; the same call may go through
    /// later.
    #[error("the database cannot be used now: {0}")]
    Busy(String),
    /// Nothing that trying again would mend.
    #[error("the database failed: {0}")]
    Broken(String),
}

impl StoreError {
    /// A column that holds what this program cannot read.
    pub fn unreadable(index: usize, what: &str) -> Self {
        Self::Broken(format!("column {index} cannot be read: {what}"))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => Self::Conflict(error.to_string()),
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory,
            ) => Self::Busy(error.to_string()),
            _ => Self::Broken(error.to_string()),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState;
        let Some(state) = error.code() else {
            // Without a state the connection itself failed.
            let cause = std::error::Error::source(&error);
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            return Self::Busy(format!("{error}{cause}"));
        };
        let words = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |cause| cause.message().to_owned());
        match state {
            state if *state == SqlState::UNIQUE_VIOLATION => Self::Conflict(words),
            state if may_pass(state) => Self::Busy(words),
            state => Self::Broken(format!("{words} ({})", state.code())),
        }
    }
}

/// Returns whether a failure of PostgreSQL may be over at the next try: somebody in the way, a server
/// that goes, comes or stands by, or one that has no room.
fn may_pass(state: &postgres::error::SqlState) -> bool {
    const STATES: [&str; 5] = ["40001", "40P01", "55P03", "25006", "25P03"];
    const CLASSES: [&str; 4] = ["08", "53", "57", "58"];
    let code = state.code();
    STATES.contains(&code) || CLASSES.iter().any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use postgres::error::SqlState;

    use super::*;

    #[test]
    fn what_may_pass_is_no_fault_of_what_was_asked() {
        for state in [
            SqlState::DISK_FULL,
            SqlState::CRASH_SHUTDOWN,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IO_ERROR,
        ] {
            assert!(may_pass(&state), "{}", state.code());
        }
        assert!(!may_pass(&SqlState::UNDEFINED_TABLE));
        assert!(!may_pass(&SqlState::PROGRAM_LIMIT_EXCEEDED));
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        let full = rusqlite::Error::SqliteFailure(full, None);
        assert!(matches!(StoreError::from(full), StoreError::Busy(_)));
    }
}
