//! Why a use case did not do what it was asked; `web` turns it into an answer, jobs into a retry.

use kulant_model::refusal::Refusal;
use kulant_store::StoreError;
use thiserror::Error;

/// The outcome of a use case that did not happen.
#[derive(Debug, Error)]
pub enum CareError {
    /// A rule says no; not a fault.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// Fields that cannot be taken, each with a stable word.
    #[error("{} field(s) cannot be taken", .0.len())]
    Invalid(Vec<FieldFault>),
    /// There is no such thing within the scope of whoever asked.
    #[error("not found")]
    NotFound,
    /// Nobody is known by what was shown: a wrong password, an ended session.
    #[error("not signed in")]
    Unauthenticated,
    /// Too often; the same call may go through after a while.
    #[error("too often, wait {retry_after_seconds} s")]
    TooOften { retry_after_seconds: u64 },
    /// This person, or this token, may not do that.
    #[error("not permitted")]
    Forbidden,
    /// Somebody else was faster.
    #[error("the version is {current} by now")]
    Conflict { current: i64 },
    /// May go through later; says why in a sentence.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal: {0}")]
    Internal(String),
}

/// One field of a request that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub field: String,
    pub code: &'static str,
    pub detail: String,
}

impl CareError {
    /// A single field that cannot be taken.
    pub fn invalid(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault {
            field: field.to_owned(),
            code,
            detail: detail.into(),
        }])
    }
}

impl From<Refusal> for CareError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for CareError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) => Self::Unavailable(error.to_string()),
            StoreError::Conflict(detail) | StoreError::Broken(detail) => Self::Internal(detail),
        }
    }
}
