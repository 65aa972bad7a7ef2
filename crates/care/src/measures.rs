//! The numbers for those who watch over the process: how far everything lags behind, what waits,
//! what failed. Read when they are asked for; none of them speaks of a single person.

use std::collections::HashMap;

use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;
use kulant_store::{deliveries, events, inboxes, intakes, jobs, reading};
use metrics::{counter, gauge};

use crate::error::CareError;
use crate::{Care, access, followers};

/// Everything that one look at the database tells.
struct Standing {
    inboxes: Vec<(String, String, f64)>,
    quarantined: Vec<(String, i64)>,
    deliveries: Vec<(String, DeliveryState, i64)>,
    followers: Vec<(&'static str, i64)>,
    queues: Vec<(String, f64)>,
    jobs: Vec<(String, i64)>,
}

/// Sets every gauge to what the database tells now.
pub async fn record(care: &Care) -> Result<(), CareError> {
    let now = care.now();
    let standing = care.store.read(move |read| look(read, now)).await?;
    for (name, channel, lag) in standing.inboxes {
        gauge!("kulant_inbox_lag_seconds", "inbox" => name, "channel" => channel).set(lag);
    }
    for (name, count) in standing.quarantined {
        gauge!("kulant_quarantined", "inbox" => name).set(count as f64);
    }
    for (name, state, count) in standing.deliveries {
        gauge!("kulant_outgoing", "inbox" => name, "state" => state.word()).set(count as f64);
    }
    for (name, behind) in standing.followers {
        gauge!("kulant_follower_lag_events", "follower" => name).set(behind as f64);
    }
    for (team, age) in standing.queues {
        gauge!("kulant_queue_oldest_waiting_seconds", "team" => team).set(age);
    }
    for kind in crate::jobs::KINDS {
        let count = standing
            .jobs
            .iter()
            .find(|(known, _)| known == kind)
            .map_or(0, |(_, count)| *count);
        gauge!("kulant_jobs", "kind" => *kind).set(count as f64);
    }
    Ok(())
}

/// Counts a failure at a network by its class.
pub(crate) fn count_failure(class: &str) {
    counter!("kulant_delivery_failures_total", "class" => class.to_owned()).increment(1);
}

/// Counts what was accepted at a hook, new or known.
pub(crate) fn count_accepted(outcome: &'static str) {
    counter!("kulant_deliveries_accepted_total", "outcome" => outcome).increment(1);
}

/// Counts a fault of ours that somebody was told of.
pub fn count_fault() {
    counter!("kulant_internal_errors_total").increment(1);
}

fn look(read: &mut kulant_store::Read<'_>, now: Timestamp) -> Result<Standing, CareError> {
    let active = inboxes::list_active(read, 0, 1_000)?;
    let lags: HashMap<_, _> = intakes::list_lags(read)?.into_iter().collect();
    let held: HashMap<_, _> = intakes::count_quarantined_by_inbox(read)?
        .into_iter()
        .collect();
    let leaving: HashMap<_, _> = deliveries::count(read)?
        .into_iter()
        .map(|(inbox, state, count)| ((inbox, state), count))
        .collect();
    let states = [
        DeliveryState::Queued,
        DeliveryState::Sending,
        DeliveryState::Failed,
        DeliveryState::Uncertain,
    ];
    let newest = events::newest(read)?;
    let mut behind = Vec::new();
    for name in followers::NAMES {
        behind.push((*name, newest - events::follower(read, name)?));
    }
    let seconds = |since: Timestamp| now.since(since).as_secs_f64();
    Ok(Standing {
        quarantined: active
            .iter()
            .map(|inbox| {
                (
                    inbox.name.clone(),
                    held.get(&inbox.id).copied().unwrap_or(0),
                )
            })
            .collect(),
        deliveries: active
            .iter()
            .flat_map(|inbox| states.map(|state| (inbox, state)))
            .map(|(inbox, state)| {
                let count = leaving.get(&(inbox.id, state)).copied().unwrap_or(0);
                (inbox.name.clone(), state, count)
            })
            .collect(),
        queues: reading::list_queues(read, &access::scope_of_system())?
            .into_iter()
            .map(|queue| (queue.name, queue.oldest_waiting_since.map_or(0.0, seconds)))
            .collect(),
        jobs: jobs::count(read)?,
        followers: behind,
        inboxes: active
            .into_iter()
            .map(|inbox| {
                let lag = lags.get(&inbox.id).copied().map_or(0.0, seconds);
                (inbox.name, inbox.channel, lag)
            })
            .collect(),
    })
}
