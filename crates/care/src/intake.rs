//! Takes stored deliveries in: translate, identify, thread, promise, keep. Every step can be
//! repeated, because the delivery is kept; a delivery that cannot be read stops nothing.

mod decide;
mod keep;
mod leases;
mod load;
mod reading;
mod refused;
mod renamed;
mod seek;
mod single;
pub(crate) mod world;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kulant_channels::inbound::{Figures, Inbound};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{IdMaker, InboxId, IntakeId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::intakes::{self, Quarantined, Waiting};
use kulant_store::{StoreError, Tx, erasing, messages};
use serde_json::json;
use tracing::{error, warn};

use crate::accounts::{self, Opened};
use crate::erase::marks::{self, Marks};
use crate::error::CareError;
use crate::{Care, SYSTEM, follow_up};
pub(crate) use decide::awaited;
pub(crate) use leases::Leases;
pub use leases::give_leases_back;
use leases::hold_lease;
use reading::{Rest, broken, raw_of};
use seek::Seeking;
pub(crate) use single::{adopt_network_id, take_in_by_hand};
use world::{Destination, Item, World};

/// How many deliveries are taken in by one commit.
const BATCH: i64 = 200;
/// How many batches of one inbox are taken in before the next inbox has its turn.
const TURN: usize = 4;
/// After how many failures of ours a delivery is put into quarantine instead of tried again.
const ATTEMPTS: i64 = 5;

/// Takes in everything that waits in every inbox, in turns, so that a full one keeps no other
/// waiting; returns how many deliveries that were.
pub async fn take_in_waiting(care: &Care) -> Result<usize, CareError> {
    take_in_until(care, IntakeId(i64::MAX), || false).await
}

/// As `take_in_waiting`, but what was stored before this moment, and not what goes on coming.
pub(crate) async fn take_in_what_is_there(care: &Care) -> Result<usize, CareError> {
    let newest: Option<IntakeId> = care
        .store
        .read(|read| intakes::find_newest_waiting(read).map_err(CareError::from))
        .await?;
    match newest {
        Some(newest) => take_in_until(care, newest, || false).await,
        None => Ok(0),
    }
}

/// Takes in what waits, until a delivery or until it is to stop.
pub(crate) async fn take_in_until(
    care: &Care,
    newest: IntakeId,
    stops: impl Fn() -> bool,
) -> Result<usize, CareError> {
    let mut taken = 0;
    loop {
        let now = care.now();
        let waiting: Vec<InboxId> = care
            .store
            .read(move |read| {
                intakes::list_inboxes_waiting(read, newest, now).map_err(CareError::from)
            })
            .await?;
        let mut turn = 0;
        for inbox in waiting {
            if stops() {
                return Ok(taken + turn);
            }
            match take_in_batches(care, inbox, TURN).await {
                Ok(count) => turn += count,
                Err(error) => {
                    error!(error = %error, inbox.id = %inbox, "an inbox could not be taken in");
                }
            }
        }
        if turn == 0 {
            return Ok(taken);
        }
        taken += turn;
    }
}

/// Takes in everything that waits in one inbox.
pub async fn take_in_inbox(care: &Care, inbox: InboxId) -> Result<usize, CareError> {
    take_in_batches(care, inbox, usize::MAX).await
}

/// Takes in what waits in one inbox, oldest first, under its lease, so many batches at most.
async fn take_in_batches(care: &Care, inbox: InboxId, most: usize) -> Result<usize, CareError> {
    let Some(opened) = accounts::find(care, inbox).await? else {
        return Ok(0);
    };
    let destination = Destination::of(&opened);
    let mut taken = 0;
    let mut waiting = list_waiting(care, inbox, IntakeId(0)).await?;
    let mut batches = 0;
    while !waiting.is_empty() && batches < most {
        batches += 1;
        if !hold_lease(care, inbox).await? {
            return Ok(taken);
        }
        let last = waiting.last().map_or(IntakeId(0), |delivery| delivery.id);
        // The next batch is fetched while this one is being written.
        let (outcome, next) = tokio::join!(
            take_in_batch(care, &opened, &destination, &waiting),
            list_waiting(care, inbox, last)
        );
        match outcome {
            Ok(()) => taken += waiting.len(),
            Err(error) => {
                warn!(error = %error, inbox.id = %inbox, "a batch could not be taken in as one");
                taken += take_in_singly(care, &opened, &destination, &waiting).await?;
            }
        }
        waiting = next?;
    }
    Ok(taken)
}

async fn list_waiting(
    care: &Care,
    inbox: InboxId,
    after: IntakeId,
) -> Result<Vec<Waiting>, CareError> {
    let now = care.now();
    care.store
        .read(move |read| {
            intakes::list_waiting(read, inbox, after, now, BATCH).map_err(CareError::from)
        })
        .await
}

/// After a batch failed: one by one, so that a single bad delivery takes nobody along.
async fn take_in_singly(
    care: &Care,
    opened: &Opened,
    destination: &Destination,
    waiting: &[Waiting],
) -> Result<usize, CareError> {
    let mut taken = 0;
    for delivery in waiting {
        let one = std::slice::from_ref(delivery);
        match take_in_batch(care, opened, destination, one).await {
            Ok(()) => taken += 1,
            Err(error) if delivery.attempts + 1 >= most_attempts(&error) => {
                error!(error = %error, intake.id = %delivery.id, "a delivery goes to quarantine");
                let fault = broken(care, destination, delivery.id, &error);
                let intake = delivery.id;
                care.store
                    .write(move |tx| -> Result<(), CareError> {
                        put_into_quarantine(tx, &[fault])?;
                        intakes::finish(tx, &[intake])?;
                        Ok(())
                    })
                    .await?;
            }
            Err(error) => {
                let pause = Duration::from_secs(1 << delivery.attempts.clamp(0, 10));
                let (intake, run_at) = (delivery.id, care.now().after(pause));
                warn!(error = %error, intake.id = %intake, "a delivery is put off");
                care.store
                    .write(move |tx| intakes::put_off(tx, intake, run_at).map_err(CareError::from))
                    .await?;
            }
        }
    }
    Ok(taken)
}

/// Trouble that may pass is waited for longer: a full disk makes no delivery bad.
fn most_attempts(error: &CareError) -> i64 {
    if matches!(error, CareError::Unavailable(_)) {
        ATTEMPTS * 4
    } else {
        ATTEMPTS
    }
}

/// Takes in deliveries by one commit: all of them or none.
async fn take_in_batch(
    care: &Care,
    opened: &Opened,
    destination: &Destination,
    waiting: &[Waiting],
) -> Result<(), CareError> {
    let seeking = Seeking::load(care, opened, waiting).await?;
    let read = reading::read(care, (opened, &seeking), destination, waiting).await?;
    let mut rest = Some(read.rest);
    let mut repeating: Vec<IntakeId> = Vec::new();
    let last = read.portions.len().saturating_sub(1);
    for (index, items) in read.portions.into_iter().enumerate() {
        // Deliveries are struck off with their last portion: what is repeated has no effect.
        let rest = rest.take_if(|_| index == last);
        let (ids, now, destination) = (care.ids(), care.now(), destination.clone());
        let marks = Arc::clone(&care.marks);
        let again = std::mem::take(&mut repeating);
        let (files, again): (Vec<String>, Vec<IntakeId>) = care
            .store
            .write(move |tx| {
                let place = (&destination, ids.as_ref(), now);
                take_in_portion(tx, place, &marks, (items, rest), again)
            })
            .await?;
        repeating = again;
        for file in files {
            if let Err(error) = care.files.remove(&file).await {
                warn!(error = %error, "the file of a deleted message could not be removed");
            }
        }
    }
    Ok(())
}

/// Takes in what one commit takes, the last time with the rest of what was read. Returns the names of
/// files that are to go, and the deliveries so far that bring words of erased messages once more.
fn take_in_portion(
    tx: &mut Tx<'_>,
    (destination, ids, now): (&Destination, &IdMaker, Timestamp),
    marks: &Marks,
    (mut items, rest): (Vec<Item>, Option<Rest>),
    mut again: Vec<IntakeId>,
) -> Result<(Vec<String>, Vec<IntakeId>), CareError> {
    erasing::keep_erasures_out(tx)?;
    let over = rest.is_some();
    let mut rest = rest.unwrap_or_default();
    if over {
        let mine = intakes::finish(tx, &rest.finished)?;
        if mine.is_empty() {
            // Another process was faster with every one of them.
            return Ok((Vec::new(), Vec::new()));
        }
        if mine.len() < rest.finished.len() {
            // Taken in by another process, or erased since they were read.
            let mine: HashSet<IntakeId> = mine.into_iter().collect();
            items.retain(|item| mine.contains(&item.intake));
            rest.faults.retain(|fault| mine.contains(&fault.intake));
            rest.pointing
                .retain(|delivery| mine.contains(&delivery.intake));
        }
    } else {
        // More of them follows; what was erased meanwhile must not come back by it.
        let there: BTreeSet<IntakeId> = items.iter().map(|item| item.intake).collect();
        let there = intakes::list_unfinished(tx, &Vec::from_iter(there))?;
        items.retain(|item| there.contains(&item.intake));
    }
    let mut world = World::new(destination, ids, now);
    load::load(tx, &mut world, &items, marks)?;
    for item in &items {
        decide::take_in(&mut world, item);
    }
    let files = keep::keep(tx, &mut world, SYSTEM)?;
    keep_figures(tx, destination.inbox, &rest.figures)?;
    put_into_quarantine(tx, &rest.faults)?;
    for delivery in &rest.pointing {
        follow_up::enqueue(tx, JobId(ids.next(now)), delivery, now)?;
    }
    if let Some(newest) = items.iter().map(|item| item.received_at).max() {
        kulant_store::inboxes::touch_received(tx, destination.inbox, newest)?;
    }
    again.extend(list_repeating(&world, &items));
    if over {
        again.extend(list_left_out(tx, marks, destination.inbox, &rest.left_out)?);
        // What was erased says nothing here once more, once all of it is taken in.
        again.retain(|intake| rest.faults.iter().all(|fault| fault.intake != *intake));
        intakes::empty_bodies(tx, &again)?;
    }
    Ok((files, again))
}

fn keep_figures(
    tx: &mut Tx<'_>,
    inbox: InboxId,
    told: &[(Timestamp, Figures)],
) -> Result<(), StoreError> {
    let number = |number: Option<u64>| number.and_then(|number| i64::try_from(number).ok());
    let told: Vec<(&str, messages::Figures)> = told
        .iter()
        .map(|(told_at, figures)| {
            let kept = messages::Figures {
                views: number(figures.views),
                likes: number(figures.likes),
                replies: number(figures.replies),
                told_at: *told_at,
            };
            (figures.network_id.as_str(), kept)
        })
        .collect();
    messages::save_figures(tx, inbox, &told)
}

/// Lists the deliveries with words of erased messages that no search wants.
fn list_left_out(
    tx: &mut Tx<'_>,
    marks: &Marks,
    inbox: InboxId,
    left_out: &[(IntakeId, String)],
) -> Result<Vec<IntakeId>, StoreError> {
    let ids: BTreeSet<&str> = left_out.iter().map(|(_, id)| id.as_str()).collect();
    let erased = marks::list_erased(tx, marks, inbox, &Vec::from_iter(ids))?;
    let erased: BTreeSet<String> = erased
        .into_iter()
        .filter_map(|known| known.network_id)
        .collect();
    let repeating = left_out.iter().filter(|(_, id)| erased.contains(id));
    Ok(repeating.map(|(intake, _)| *intake).collect())
}

/// Lists the deliveries that bring words of erased messages once more.
fn list_repeating(world: &World<'_>, items: &[Item]) -> Vec<IntakeId> {
    items
        .iter()
        .filter(|item| !item.inbound.is_of_person())
        .filter(|item| !matches!(item.inbound, Inbound::Reaction(_)))
        .filter(|item| world.erased.contains(item.inbound.network_id()))
        .map(|item| item.intake)
        .collect()
}

fn put_into_quarantine(tx: &mut Tx<'_>, faults: &[Quarantined]) -> Result<(), StoreError> {
    intakes::quarantine(tx, faults)?;
    for fault in faults {
        tx.append(
            NewEvent::new(EventKind::DeliveryQuarantined, fault.at, SYSTEM)
                .inbox(fault.inbox)
                .facts(json!({"intake": fault.intake, "item": fault.item})),
        );
    }
    Ok(())
}
