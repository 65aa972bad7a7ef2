//! Imports a file of past messages: its rows are deliveries of an inbox of their own and are taken
//! in like everybody's. Run twice, nothing doubles; stopped, it is started again.
//! What went into quarantine is read again by the next run.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use kulant_channels::delivery::RawDelivery;
pub use kulant_channels::import::reader::Mapping;
use kulant_channels::import::reader::{ImportError, Rows};
use kulant_channels::{Channel as _, import::Import};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::InboxId;
use kulant_model::role::{Permission, Person};
use kulant_store::{StoreError, events, inboxes as rows, intakes};
use serde_json::json;

use crate::access::require;
use crate::admin::inboxes::{self, NewInbox};
use crate::error::CareError;
use crate::{Care, accept, followers, intake};

/// How many rows are stored by one commit: beside a server, more would hold its answers up.
const BATCH: usize = 200;
/// After how many stored batches they are taken in, where nobody else does it.
const BATCHES_AT_ONCE: usize = 10;
/// What lets a server write between two batches of ours.
const PAUSE: Duration = Duration::from_millis(5);
/// How long nothing may move before we take in ourselves what another was expected to.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct Order {
    pub file: PathBuf,
    /// The name of the inbox, which is made where it is missing.
    pub inbox: String,
    pub mapping: Mapping,
    pub company: Company,
}

/// Who takes in what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Nobody but us works on this database.
    Alone,
    /// A server runs, and its worker takes in.
    BesideServer,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Rows are read and stored.
    Reading { bytes: u64, rows: u64 },
    /// Everything is stored; the rest is being taken in and indexed.
    TakingIn,
}

/// What an import did: each row is one of the three.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub taken_in: u64,
    /// Rows that an earlier run has taken in.
    pub known: u64,
    /// Rows that lie in quarantine now, whenever they came there.
    pub unreadable: u64,
}

impl Imported {
    pub const fn rows(&self) -> u64 {
        self.taken_in + self.known + self.unreadable
    }
}

/// Why an import ended early; what is stored stays, and the next run goes on.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    #[error("{path} cannot be opened")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Rows(#[from] ImportError),
    #[error("the inbox {0} is no inbox of imports; name another or a new one")]
    OtherChannel(String),
    #[error(transparent)]
    Care(#[from] CareError),
}

/// Imports a file; returns when everything of it is taken in and found by search.
pub async fn import(
    care: &Care,
    person: &Person,
    order: Order,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, NotImported> {
    require(person, Permission::ManageInboxes)?;
    let file = File::open(&order.file).map_err(|source| NotImported::File {
        path: order.file.display().to_string(),
        source,
    })?;
    let mut file = Rows::open(file, order.mapping)?;
    let inbox = find_or_make(care, person, &order.inbox).await?;
    let before = count_quarantined(care, inbox).await?;

    // Stored for the first time, and once more read from quarantine.
    let (mut new, mut again) = (0, 0);
    let mut batches = 0;
    loop {
        let batch = file.next_batch(BATCH, care.now())?;
        if batch.is_empty() {
            break;
        }
        if before > 0 {
            again += take_up_again(care, person, inbox, &batch).await? as u64;
        }
        new += accept::store(care, inbox, batch).await? as u64;
        progress(Progress::Reading {
            bytes: file.bytes_read(),
            rows: file.rows_read(),
        });
        batches += 1;
        match order.company {
            Company::Alone if batches % BATCHES_AT_ONCE == 0 => {
                intake::take_in_inbox(care, inbox).await?;
            }
            Company::Alone => {}
            Company::BesideServer => tokio::time::sleep(PAUSE).await,
        }
    }

    progress(Progress::TakingIn);
    match order.company {
        Company::Alone => {
            intake::take_in_inbox(care, inbox).await?;
            intake::give_leases_back(care).await?;
            followers::catch_up(care).await?;
        }
        Company::BesideServer => wait_for_others(care, inbox).await?,
    }
    refresh_statistics(care, new).await;
    // What lies there besides came from other files.
    let others = before.saturating_sub(again);
    let left = count_quarantined(care, inbox).await?.saturating_sub(others);
    let unreadable = left.min(new + again);
    Ok(Imported {
        taken_in: new + again - unreadable,
        known: file.rows_read().saturating_sub(new + again),
        unreadable,
    })
}

async fn find_or_make(care: &Care, person: &Person, name: &str) -> Result<InboxId, NotImported> {
    if let Some(inbox) = inboxes::find_by_name(care, person, name).await? {
        if !Import.takes(&inbox.channel) {
            return Err(NotImported::OtherChannel(inbox.name));
        }
        return Ok(inbox.id);
    }
    let new = NewInbox {
        name: name.to_owned(),
        channel: Import.name().to_owned(),
        ..NewInbox::default()
    };
    Ok(inboxes::create(care, person, new).await?.0.id)
}

/// Lets rows that are in quarantine be taken in again as this run reads them: with another mapping
/// they may be readable.
async fn take_up_again(
    care: &Care,
    person: &Person,
    inbox: InboxId,
    batch: &[RawDelivery],
) -> Result<usize, CareError> {
    let rows = accept::rows(care, inbox, batch.to_vec());
    let (now, actor) = (care.now(), person.actor);
    care.store
        .write(move |tx| {
            let renewed = intakes::renew_quarantined(tx, inbox, &rows)?;
            for intake in &renewed {
                tx.append(
                    NewEvent::new(EventKind::DeliveryRetaken, now, actor)
                        .inbox(inbox)
                        .facts(json!({"intake": intake})),
                );
            }
            Ok::<_, CareError>(renewed.len())
        })
        .await
}

/// Waits until the server's worker has taken everything in and its index has followed. Where
/// nothing moves for a while, as with a server that only answers, we do the work ourselves.
async fn wait_for_others(care: &Care, inbox: InboxId) -> Result<(), CareError> {
    let mut seen = standing(care, inbox).await?;
    let goal = seen.newest_event;
    let mut moved_at = care.now();
    loop {
        let waits = seen.oldest_waiting.is_some();
        if !waits && seen.indexed_up_to >= goal.max(seen.newest_when_done) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
        let now = standing(care, inbox).await?;
        let moved =
            now.oldest_waiting != seen.oldest_waiting || now.indexed_up_to != seen.indexed_up_to;
        if moved {
            moved_at = care.now();
        } else if care.now().since(moved_at) > PATIENCE {
            intake::take_in_inbox(care, inbox).await?;
            intake::give_leases_back(care).await?;
            followers::catch_up(care).await?;
            moved_at = care.now();
        }
        // The log grows with others' work too: what counts is where it was when ours was done.
        let newest_when_done = match (waits, now.oldest_waiting.is_some()) {
            (true, false) => now.newest_event,
            _ => seen.newest_when_done,
        };
        seen = Standing {
            newest_when_done,
            ..now
        };
    }
}

#[derive(Clone, Copy)]
struct Standing {
    oldest_waiting: Option<kulant_model::time::Timestamp>,
    newest_event: i64,
    newest_when_done: i64,
    indexed_up_to: i64,
}

async fn standing(care: &Care, inbox: InboxId) -> Result<Standing, CareError> {
    care.store
        .read(move |read| {
            let mut indexed_up_to = i64::MAX;
            for name in followers::NAMES {
                indexed_up_to = indexed_up_to.min(events::follower(read, name)?);
            }
            Ok::<_, StoreError>(Standing {
                oldest_waiting: rows::oldest_waiting(read, &[inbox])?
                    .first()
                    .map(|(_, at)| *at),
                newest_event: events::newest(read)?,
                newest_when_done: 0,
                indexed_up_to,
            })
        })
        .await
        .map_err(CareError::from)
}

async fn count_quarantined(care: &Care, inbox: InboxId) -> Result<u64, CareError> {
    let counts = care
        .store
        .read(intakes::count_quarantined_by_inbox)
        .await
        .map_err(|error: StoreError| CareError::from(error))?;
    Ok(counts
        .iter()
        .find(|(id, _)| *id == inbox)
        .map_or(0, |(_, count)| count.unsigned_abs()))
}

/// After many new rows the planner of PostgreSQL has to hear of them, or search stays slow.
async fn refresh_statistics(care: &Care, new: u64) {
    const MANY: u64 = 10_000;
    if new < MANY {
        return;
    }
    let url = care.store.url().clone();
    let refreshed =
        tokio::task::spawn_blocking(move || kulant_store::upkeep::refresh_statistics(&url)).await;
    if let Ok(Err(error)) = refreshed {
        tracing::warn!(error = %error, "the statistics of the database could not be refreshed");
    }
}
