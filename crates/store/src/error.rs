//! What can go wrong in a database, in three classes: try again, somebody was faster, broken.

use thiserror::Error;

/// A failure of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else was faster, or a key is taken.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The database is locked, starting or out of reach; the same call may go through later.
    #[error("the database is busy: {0}")]
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
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy(error.to_string())
            }
            _ => Self::Broken(error.to_string()),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState;
        let Some(state) = error.code() else {
            // Without a state the connection itself failed.
            return Self::Busy(error.to_string());
        };
        let words = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |cause| cause.message().to_owned());
        match state {
            state if *state == SqlState::UNIQUE_VIOLATION => Self::Conflict(words),
            state
                if *state == SqlState::T_R_SERIALIZATION_FAILURE
                    || *state == SqlState::T_R_DEADLOCK_DETECTED
                    || *state == SqlState::LOCK_NOT_AVAILABLE
                    || *state == SqlState::ADMIN_SHUTDOWN
                    || *state == SqlState::CANNOT_CONNECT_NOW
                    || *state == SqlState::TOO_MANY_CONNECTIONS =>
            {
                Self::Busy(words)
            }
            state => Self::Broken(format!("{words} ({})", state.code())),
        }
    }
}
