//! What trials fetch from networks: it is charged like any other look, so it is counted, a day for each
//! inbox and by the network's own meter, and there is an end to it.

use std::time::Duration;

use kulant_model::ids::InboxId;
use kulant_model::time::Timestamp;
use kulant_store::trials::{self, Trials};

use super::{BUDGET, day_of};
use crate::Care;
use crate::error::CareError;

/// What a trial may do at the network of an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// It may ask for so many posts, with what the network's meter says.
    Ask { most: i64, meter: Option<String> },
    /// Not now, for this reason.
    Wait(String),
}

/// Takes the turn of a trial at the network of an inbox, for as long as it may take.
pub(super) async fn begin(
    care: &Care,
    inbox: InboxId,
    (most, lasts): (i64, Duration),
) -> Result<Turn, CareError> {
    let now = care.now();
    care.store
        .write(move |tx| {
            let trials = of_today(trials::find_locked(tx, inbox)?, now);
            if trials.busy_until > now {
                return Ok(Turn::Wait("another trial is under way".to_owned()));
            }
            let left = BUDGET - trials.used;
            if left <= 0 {
                let words = format!("trials fetched the {BUDGET} posts of the day");
                return Ok(Turn::Wait(words));
            }
            let meter = trials.cursor.clone();
            let busy = Trials {
                busy_until: now.after(lasts),
                ..trials
            };
            trials::save(tx, inbox, &busy)?;
            let most = most.min(left);
            Ok(Turn::Ask { most, meter })
        })
        .await
}

/// Ends the turn of a trial: so many posts were fetched, and this the network's meter says now.
pub(super) async fn end(
    care: &Care,
    inbox: InboxId,
    fetched: usize,
    meter: Option<String>,
) -> Result<(), CareError> {
    let now = care.now();
    let fetched = i64::try_from(fetched).unwrap_or(i64::MAX);
    care.store
        .write(move |tx| {
            let trials = of_today(trials::find_locked(tx, inbox)?, now);
            let over = Trials {
                used: trials.used.saturating_add(fetched),
                busy_until: now,
                cursor: meter.or(trials.cursor),
                ..trials
            };
            trials::save(tx, inbox, &over).map_err(CareError::from)
        })
        .await
}

/// A new day begins with nothing.
fn of_today(trials: Trials, now: Timestamp) -> Trials {
    let today = day_of(now);
    Trials {
        used: if trials.used_on == today {
            trials.used
        } else {
            0
        },
        used_on: today,
        ..trials
    }
}
