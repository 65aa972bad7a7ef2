//! What reads the log with a cursor of its own: the full-text index and the live stream.
//! Nobody calls a follower; it wakes up when something was committed.

pub mod live;
mod search;

use std::time::Duration;

use kulant_store::events;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::error;

use crate::Care;
use crate::jobs::nap;

/// Rather one larger step a moment later than many small ones: each ends in a commit.
const STEP: Duration = Duration::from_millis(200);

/// The followers whose cursor is kept in the database.
pub const NAMES: &[&str] = &[search::NAME];

/// Runs every follower until `stop` turns true.
pub(crate) async fn run(care: Care, stop: watch::Receiver<bool>) {
    let mut all = JoinSet::new();
    all.spawn(follow_search(care.clone(), stop.clone()));
    all.spawn(live::run(care, stop));
    while let Some(ended) = all.join_next().await {
        if let Err(error) = ended {
            error!(error = %error, "a follower of the log ended by a panic");
        }
    }
}

async fn follow_search(care: Care, mut stop: watch::Receiver<bool>) {
    let mut commits = care.store.commits();
    while !*stop.borrow() {
        commits.mark_unchanged();
        match search::follow(&care).await {
            Ok(0) => {
                tokio::select! {
                    _ = commits.changed() => {}
                    _ = stop.changed() => {}
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                }
                nap(&mut stop, STEP).await;
            }
            Ok(count) if (count as i64) < search::BATCH => nap(&mut stop, STEP).await,
            Ok(_) => {}
            Err(error) => {
                error!(error = %error, "the full-text index could not follow the log");
                nap(&mut stop, Duration::from_secs(1)).await;
            }
        }
    }
}

/// Lets the full-text index catch up with the log as it stands now, and not with what goes on being
/// written; returns how many events it read.
pub async fn catch_up(care: &Care) -> Result<usize, crate::CareError> {
    let newest: i64 = care
        .store
        .read(|read| events::newest(read).map_err(crate::CareError::from))
        .await?;
    let mut read = 0;
    loop {
        let there: i64 = care
            .store
            .read(|read| events::follower(read, search::NAME).map_err(crate::CareError::from))
            .await?;
        if there >= newest {
            return Ok(read);
        }
        match search::follow(care).await? {
            0 => return Ok(read),
            count => read += count,
        }
    }
}
