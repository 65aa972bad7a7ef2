//! Lets go of what is kept for a time only: bodies of raw deliveries, sessions, keys, uploads.

use std::time::Duration;

use kulant_model::ids::JobId;
use kulant_store::jobs::{self, NewJob};
use kulant_store::{idempotency, intakes, messages, sessions};
use serde_json::json;
use tracing::warn;

use super::Outcome;
use crate::Care;
use crate::error::CareError;

pub(super) const KIND: &str = "retention";

const EVERY: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How many bodies go in one transaction, and how many files at a time.
const PORTION: i64 = 200;

/// Turns days of a setting into a duration.
pub fn keep_days(days: i64) -> Duration {
    DAY * u32::try_from(days.max(0)).unwrap_or(u32::MAX)
}

pub(super) async fn schedule(care: &Care) -> Result<(), CareError> {
    let there: bool = care
        .store
        .read(|read| jobs::exists(read, KIND, KIND).map_err(CareError::from))
        .await?;
    if there {
        return Ok(());
    }
    let job = NewJob {
        id: JobId(care.id()),
        kind: KIND,
        key: Some(KIND.to_owned()),
        inbox: None,
        run_at: care.now(),
        payload: json!({}),
    };
    care.store
        .write(move |tx| jobs::enqueue_once(tx, &job).map_err(CareError::from))
        .await
}

pub(super) async fn tidy(care: &Care) -> Result<Outcome, CareError> {
    let now = care.now();
    let old = now.before(keep_days(care.settings.keep_deliveries_days));
    loop {
        let gone = care
            .store
            .write(move |tx| intakes::drop_bodies(tx, old, PORTION).map_err(CareError::from))
            .await?;
        if gone < PORTION as u64 {
            break;
        }
    }
    care.store
        .write(move |tx| {
            sessions::remove_over(tx, now)?;
            sessions::remove_failures_before(tx, now.before(DAY))?;
            idempotency::remove_before(tx, now.before(DAY))?;
            messages::give_up_attachments(tx, now.before(DAY)).map_err(CareError::from)
        })
        .await?;
    while remove_files(care).await? {}
    Ok(Outcome::Later(now.after(EVERY)))
}

/// Removes files that were given up, first from the disk and then from the table; returns whether
/// there may be more.
async fn remove_files(care: &Care) -> Result<bool, CareError> {
    let free = care
        .store
        .read(|read| messages::list_given_up_attachments(read, PORTION).map_err(CareError::from))
        .await?;
    let mut gone = Vec::with_capacity(free.len());
    for (id, file) in &free {
        let removed = match file {
            Some(file) => care.files.remove(file).await,
            None => Ok(()),
        };
        match removed {
            Ok(()) => gone.push(*id),
            Err(error) => warn!(error = %error, "a file that was given up could not be removed"),
        }
    }
    let more = free.len() as i64 == PORTION && !gone.is_empty();
    care.store
        .write(move |tx| messages::forget_attachments(tx, &gone).map_err(CareError::from))
        .await?;
    Ok(more)
}
