//! Whether requests can be served: the database answers and has the schema this program needs.

use kulant_store::sql::migrate::{Standing, standing};

use crate::Care;
use crate::error::CareError;

/// Says what is missing, if anything is.
pub async fn check(care: &Care) -> Result<(), CareError> {
    let standing: Standing = care
        .store
        .read(|read| standing(read).map_err(CareError::from))
        .await?;
    match standing {
        Standing::Current | Standing::AheadButCompatible(_) => Ok(()),
        other => Err(CareError::Unavailable(format!("the schema is {other:?}"))),
    }
}
