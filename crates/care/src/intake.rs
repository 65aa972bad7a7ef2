//! Takes stored deliveries in: translate, identify, thread, promise, keep. Every step can be
//! repeated, because the delivery is kept; a delivery that cannot be read stops nothing.

mod decide;
mod keep;
mod leases;
mod load;
mod refused;
mod renamed;
mod seek;
pub(crate) mod world;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kulant_channels::delivery::RawDelivery;
use kulant_channels::inbound::{AttachmentSource, Figures, Inbound, TranslateError, Translation};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AttachmentId, IdMaker, InboxId, IntakeId, JobId, MessageId};
use kulant_model::time::Timestamp;
use kulant_store::intakes::{self, Quarantined, Waiting};
use kulant_store::messages::{self, Attachment};
use kulant_store::{StoreError, Tx, erasing};
use serde_json::{Value as Json, json};
use tracing::{error, warn};

use crate::accounts::{self, Opened};
use crate::erase::marks::Marks;
use crate::error::CareError;
use crate::follow_up::{self, Pointing};
use crate::{Care, SYSTEM};
pub(crate) use decide::awaited;
pub(crate) use leases::Leases;
pub use leases::give_leases_back;
use leases::hold_lease;
use seek::Seeking;
use world::{Destination, Item, World};

/// How many deliveries are taken in by one commit.
const BATCH: i64 = 200;
/// How many batches of one inbox are taken in before the next inbox has its turn.
const TURN: usize = 4;
/// How many things of one commit at most, when deliveries hold many each.
const ITEMS: usize = 1_000;
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
    let (portions, faults) =
        read_deliveries(care, (opened, &seeking), destination, waiting).await?;
    let mut pointing = list_pointing(opened, waiting);
    let mut figures = list_figures(opened, waiting);
    let (mut faults, mut finished) = (faults, waiting.iter().map(|one| one.id).collect::<Vec<_>>());
    let mut repeating: Vec<IntakeId> = Vec::new();
    let last = portions.len().saturating_sub(1);
    for (index, mut items) in portions.into_iter().enumerate() {
        // Deliveries are struck off with their last portion: what is repeated has no effect.
        let (mut faults, finished) = if index == last {
            (std::mem::take(&mut faults), std::mem::take(&mut finished))
        } else {
            (Vec::new(), Vec::new())
        };
        let (ids, now, destination) = (care.ids(), care.now(), destination.clone());
        let (marks, over) = (Arc::clone(&care.marks), index == last);
        let pointing = if over {
            std::mem::take(&mut pointing)
        } else {
            Vec::new()
        };
        let figures = if over {
            std::mem::take(&mut figures)
        } else {
            Vec::new()
        };
        let mut again = std::mem::take(&mut repeating);
        let (files, again): (Vec<String>, Vec<IntakeId>) = care
            .store
            .write(move |tx| {
                erasing::keep_erasures_out(tx)?;
                let mut pointing = pointing;
                if finished.is_empty() {
                    // More of them follows; what was erased meanwhile must not come back by it.
                    let there: BTreeSet<IntakeId> = items.iter().map(|item| item.intake).collect();
                    let there = intakes::list_unfinished(tx, &Vec::from_iter(there))?;
                    items.retain(|item| there.contains(&item.intake));
                } else {
                    let mine = intakes::finish(tx, &finished)?;
                    if mine.is_empty() {
                        // Another process was faster with every one of them.
                        return Ok::<_, CareError>((Vec::new(), Vec::new()));
                    }
                    if mine.len() < finished.len() {
                        // Taken in by another process, or erased since they were read.
                        let mine: HashSet<IntakeId> = mine.into_iter().collect();
                        items.retain(|item| mine.contains(&item.intake));
                        faults.retain(|fault| mine.contains(&fault.intake));
                        pointing.retain(|delivery| mine.contains(&delivery.intake));
                    }
                }
                let mut world = World::new(&destination, &ids, now);
                load::load(tx, &mut world, &items, &marks)?;
                for item in &items {
                    decide::take_in(&mut world, item);
                }
                let files = keep::keep(tx, &mut world, SYSTEM)?;
                keep_figures(tx, destination.inbox, &figures)?;
                put_into_quarantine(tx, &faults)?;
                for delivery in &pointing {
                    follow_up::enqueue(tx, JobId(ids.next(now)), delivery, now)?;
                }
                if let Some(newest) = items.iter().map(|item| item.received_at).max() {
                    kulant_store::inboxes::touch_received(tx, destination.inbox, newest)?;
                }
                again.extend(list_repeating(&world, &items));
                if over {
                    // What was erased says nothing here once more, once all of it is taken in.
                    again.retain(|intake| faults.iter().all(|fault| fault.intake != *intake));
                    intakes::empty_bodies(tx, &again)?;
                }
                Ok((files, again))
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

/// Reads what deliveries tell of how messages are doing, and when each was received.
fn list_figures(opened: &Opened, waiting: &[Waiting]) -> Vec<(Timestamp, Figures)> {
    let told = |delivery: &Waiting| {
        let raw = raw_of(delivery);
        let reading = std::panic::AssertUnwindSafe(|| opened.channel.figures(&raw));
        // What cannot be read lies in quarantine already, and tells no figures.
        std::panic::catch_unwind(reading).unwrap_or_default()
    };
    waiting
        .iter()
        .flat_map(|delivery| {
            let figures = told(delivery).into_iter();
            figures.map(|figures| (delivery.received_at, figures))
        })
        .collect()
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

/// Lists the deliveries that only point at something, which is fetched after they are taken in.
fn list_pointing(opened: &Opened, waiting: &[Waiting]) -> Vec<Pointing> {
    waiting
        .iter()
        .filter(|delivery| {
            let account = opened.account(delivery.received_at);
            opened.channel.points_elsewhere(&account, &raw_of(delivery))
        })
        .map(|delivery| Pointing {
            intake: delivery.id,
            inbox: opened.inbox.id,
            kind: delivery.kind.clone(),
            key: delivery.key.clone(),
            received_at: delivery.received_at,
        })
        .collect()
}

fn raw_of(delivery: &Waiting) -> RawDelivery {
    RawDelivery {
        kind: delivery.kind.clone(),
        key: delivery.key.clone(),
        headers: serde_json::from_str(&delivery.headers).unwrap_or_default(),
        body: delivery.body.clone(),
        received_at: delivery.received_at,
    }
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

/// Translates deliveries into portions that one commit takes each, and what could not be read.
async fn read_deliveries(
    care: &Care,
    (opened, seeking): (&Opened, &Seeking),
    destination: &Destination,
    waiting: &[Waiting],
) -> Result<(Vec<Vec<Item>>, Vec<Quarantined>), CareError> {
    let mut portions = vec![Vec::new()];
    let mut faults = Vec::new();
    for delivery in waiting {
        let account = opened.account(delivery.received_at);
        let raw = raw_of(delivery);
        let translated = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            opened.channel.translate(&account, &raw)
        }));
        let Translation {
            taken,
            unread: unread_items,
        } = match translated {
            Ok(Ok(translation)) => translation,
            Ok(Err(error)) => {
                faults.push(unread(care, destination, delivery.id, 0, &error));
                continue;
            }
            Err(_) => {
                let words = "the translation panicked";
                faults.push(broken(care, destination, delivery.id, &words));
                continue;
            }
        };
        for item in unread_items {
            let index = item.index as i64;
            faults.push(unread(care, destination, delivery.id, index, &item.error));
        }
        for (mut inbound, sought) in seeking.sift(&raw, taken) {
            keep_bytes(care, destination.inbox, &mut inbound).await?;
            let is_renaming = matches!(inbound, Inbound::Renaming(_));
            if portions
                .last()
                .is_some_and(|items| is_full(items) || (is_renaming && !items.is_empty()))
            {
                portions.push(Vec::new());
            }
            if let Some(items) = portions.last_mut() {
                items.push(Item {
                    intake: delivery.id,
                    received_at: delivery.received_at,
                    inbound,
                    sought,
                });
            }
            if is_renaming {
                // What follows is read under the names that count from here on.
                portions.push(Vec::new());
            }
        }
    }
    Ok((portions, faults))
}

/// Returns whether a commit has enough to do; what belongs to the next thing stays with it.
fn is_full(items: &[Item]) -> bool {
    let is_piece = |item: &Item| matches!(item.inbound, Inbound::Piece(_));
    items.len() >= ITEMS && !items.last().is_some_and(is_piece)
}

/// Puts files that came inside a delivery on disk, as uploads that wait for their message.
async fn keep_bytes(care: &Care, inbox: InboxId, inbound: &mut Inbound) -> Result<(), CareError> {
    let Inbound::Post(post) = inbound else {
        return Ok(());
    };
    for file in &mut post.attachments {
        let AttachmentSource::Bytes(bytes) = &mut file.source else {
            continue;
        };
        let bytes = std::mem::take(bytes);
        let row = Attachment {
            id: AttachmentId(care.id()),
            message: None,
            inbox: Some(inbox),
            agent: None,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: Some(bytes.len() as i64),
            source_url: None,
            file_name: Some(care.secret()),
            alt: None,
            created_at: care.now(),
            fetch_at: None,
            missing: None,
        };
        let name = row.file_name.clone().unwrap_or_default();
        care.files.keep(&name, bytes).await.map_err(|error| {
            CareError::Unavailable(format!("a file could not be kept: {error}"))
        })?;
        file.source = AttachmentSource::Upload(row.id.to_string());
        care.store
            .write(move |tx| messages::insert_attachments(tx, &[row]).map_err(CareError::from))
            .await?;
    }
    Ok(())
}

/// Takes one thing in that somebody chose, in the transaction of that choice.
pub(crate) fn take_in_by_hand(
    tx: &mut Tx<'_>,
    (destination, ids, now): (&Destination, &IdMaker, Timestamp),
    marks: &Marks,
    item: &Item,
    actor: ActorId,
) -> Result<(), StoreError> {
    let mut world = World::new(destination, ids, now);
    load::load(tx, &mut world, std::slice::from_ref(item), marks)?;
    decide::take_in(&mut world, item);
    // Nothing is deleted by it, so no file is to go.
    keep::keep(tx, &mut world, actor)?;
    Ok(())
}

/// Puts a message of ours, whose network id is known now, in the place of a row that stood for it.
/// Returns false where another message has that id: then it is not to be kept.
pub(crate) fn adopt_network_id(
    tx: &mut Tx<'_>,
    care_ids: &kulant_model::ids::IdMaker,
    destination: &Destination,
    ours: MessageId,
    network_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let old = messages::list_known(tx, destination.inbox, &[network_id])?
        .into_iter()
        .find(|known| known.id != ours);
    let Some(old) = old else {
        return Ok(true);
    };
    if !old.stands_in() {
        decide::warn_of_reused_id(ours);
        return Ok(false);
    }
    let mut world = World::new(destination, care_ids, now);
    let old_id = old.id;
    world.learn(old);
    for known in messages::list_known_by_id(tx, destination.inbox, &[ours])? {
        world.learn(known);
    }
    load::load_below(tx, &mut world, &[old_id])?;
    load::load_matters(tx, &mut world)?;
    decide::adopt(&mut world, ours, old_id);
    messages::replace(tx, old_id, ours)?;
    keep::keep(tx, &mut world, SYSTEM)?;
    Ok(true)
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

/// A fault of theirs: what came could not be read.
fn unread(
    care: &Care,
    destination: &Destination,
    intake: IntakeId,
    item: i64,
    error: &TranslateError,
) -> Quarantined {
    let facts: BTreeMap<_, _> = error.facts().into_iter().collect();
    let reason = json!({"code": error.code(), "facts": facts, "detail": error.to_string()});
    quarantined(care, destination, (intake, item), &reason)
}

/// A fault of ours: what came could not be taken in.
fn broken(
    care: &Care,
    destination: &Destination,
    intake: IntakeId,
    detail: &dyn std::fmt::Display,
) -> Quarantined {
    let reason = json!({"code": "internal", "detail": detail.to_string()});
    quarantined(care, destination, (intake, 0), &reason)
}

fn quarantined(
    care: &Care,
    destination: &Destination,
    (intake, item): (IntakeId, i64),
    reason: &Json,
) -> Quarantined {
    Quarantined {
        id: care.id(),
        intake,
        inbox: destination.inbox,
        item,
        reason: reason.to_string(),
        at: care.now(),
        received_at: care.now(),
    }
}
