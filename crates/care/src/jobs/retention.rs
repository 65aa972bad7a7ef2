//! Lets go of what is kept for a time only: bodies of raw deliveries, sessions, keys, uploads,
//! cleared alerts, what was found and not taken up, and files that nothing names.

use std::collections::HashSet;
use std::time::Duration;

use kulant_model::ids::JobId;
use kulant_model::time::Timestamp;
use kulant_store::jobs::{self, NewJob};
use kulant_store::{
    StoreError, Tx, alerts, connecting, erasing, found, idempotency, intakes, messages, sessions,
    settings,
};
use serde_json::json;
use tracing::warn;

use super::Outcome;
use crate::Care;
use crate::error::CareError;

pub(super) const KIND: &str = "retention";

const EVERY: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long after a file its delivery is received at most: both come in one request.
const HANDED_IN: Duration = Duration::from_secs(3_600);
/// How long an alert that was cleared can still be looked up.
const CLEARED: Duration = Duration::from_secs(90 * 24 * 3_600);
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
            connecting::remove_over(tx, now)?;
            sessions::remove_failures_before(tx, now.before(DAY))?;
            idempotency::remove_before(tx, now.before(DAY))?;
            crate::wishes::end_old(tx, now)?;
            alerts::remove_cleared(tx, now.before(CLEARED))?;
            messages::give_up_attachments(tx, now.before(DAY), HANDED_IN).map_err(CareError::from)
        })
        .await?;
    forget_found(care, now).await?;
    while remove_files(care).await? {}
    sweep_files(care, now).await?;
    Ok(Outcome::Later(now.after(EVERY)))
}

/// Has what nobody may keep any more let go of at once.
pub(crate) fn forget_soon(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    jobs::hurry(tx, KIND, KIND, now)
}

/// Lets go of what the listening post found and nobody took up in time, and of what was found by
/// searches that are no more.
async fn forget_found(care: &Care, now: Timestamp) -> Result<(), CareError> {
    let old = now.before(keep_days(care.settings.keep_found_days));
    loop {
        let there: usize = care
            .store
            .write(move |tx| {
                // Nobody takes one of them in at the same moment.
                erasing::keep_intakes_out(tx)?;
                let mut ids = found::list_strays(tx, PORTION)?;
                ids.extend(found::list_before(tx, old, PORTION)?);
                ids.sort_unstable();
                ids.dedup();
                found::forget(tx, &ids)?;
                Ok::<_, CareError>(ids.len())
            })
            .await?;
        if there == 0 {
            return Ok(());
        }
    }
}

/// Removes files of yesterday and before that no row names, once a day: a process may end between
/// keeping a file and keeping its row.
async fn sweep_files(care: &Care, now: Timestamp) -> Result<(), CareError> {
    const SWEPT: &str = "files_swept_at";
    let swept: Option<Timestamp> = care
        .store
        .read(|read| settings::find(read, SWEPT).map_err(CareError::from))
        .await?
        .and_then(|text| text.parse().ok())
        .map(Timestamp);
    if swept.is_some_and(|swept| now < swept.after(DAY)) {
        return Ok(());
    }
    if is_folder_ours(care).await? {
        remove_orphans(care, now).await?;
    }
    care.store
        .write(move |tx| settings::keep(tx, SWEPT, &now.0.to_string()).map_err(CareError::from))
        .await
}

/// Returns whether the folder belongs to this database: a new or a wrong one knows no file of it and
/// would remove them all. One that belongs to nobody yet is taken, and swept the next time.
async fn is_folder_ours(care: &Care) -> Result<bool, CareError> {
    const OURS: &str = "files_mark";
    let unreadable =
        |error| CareError::Unavailable(format!("the folder of files cannot be used: {error}"));
    let mark = care.files.mark().await.map_err(unreadable)?;
    let ours: Option<String> = care
        .store
        .read(|read| settings::find(read, OURS).map_err(CareError::from))
        .await?;
    if mark.is_some() {
        let same = mark == ours;
        if !same {
            warn!(
                folder = %care.files.folder().display(),
                "the files belong to another database; none that this one does not know is removed"
            );
        }
        return Ok(same);
    }
    let fresh = care.secret();
    let ours: String = care
        .store
        .write(move |tx| settings::keep_first(tx, OURS, &fresh).map_err(CareError::from))
        .await?;
    care.files.keep_mark(&ours).await.map_err(unreadable)?;
    Ok(false)
}

async fn remove_orphans(care: &Care, now: Timestamp) -> Result<(), CareError> {
    let old = care
        .files
        .list_made_before(now.before(DAY))
        .await
        .map_err(|error| CareError::Unavailable(format!("files cannot be listed: {error}")))?;
    for portion in old.chunks(PORTION as usize) {
        let names = portion.to_vec();
        let orphans: Vec<String> = care
            .store
            .read(move |read| {
                let asked: Vec<&str> = names.iter().map(String::as_str).collect();
                let known = messages::list_files_known(read, &asked)?;
                let known: HashSet<String> = known.into_iter().collect();
                Ok::<_, CareError>(
                    names
                        .into_iter()
                        .filter(|name| !known.contains(name))
                        .collect(),
                )
            })
            .await?;
        for name in orphans {
            if let Err(error) = care.files.remove(&name).await {
                warn!(error = %error, "a file that nothing names could not be removed");
            }
        }
    }
    Ok(())
}

/// Removes files that were given up, first from the disk and then from the table; returns whether
/// there may be more.
pub(crate) async fn remove_files(care: &Care) -> Result<bool, CareError> {
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
