//! Takes a raw delivery from a network: is it genuine, is it stored? Nothing else happens here.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kulant_channels::delivery::VerifyError;
use kulant_model::ids::{InboxId, IntakeId};
use kulant_store::{intakes, intakes::NewIntake};

pub use kulant_channels::delivery::RawDelivery;
use tokio::sync::oneshot;

use crate::Care;
use crate::accounts;
use crate::error::CareError;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Stored durably; it will be taken in.
    Stored,
    /// It was there before.
    Duplicate,
}

/// Why a delivery was turned away.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    #[error("no inbox has this hook")]
    NoInbox,
    #[error("not genuine: {0}")]
    NotGenuine(VerifyError),
    #[error(transparent)]
    Care(#[from] CareError),
}

/// Checks and stores a delivery; it is durable when this returns.
pub async fn accept(
    care: &Care,
    hook_key: &str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
) -> Result<Accepted, NotAccepted> {
    let now = care.now();
    let open = accounts::find_by_hook_key(care, hook_key)
        .await?
        .ok_or(NotAccepted::NoInbox)?;
    let mut raw = RawDelivery {
        kind: String::new(),
        key: String::new(),
        headers,
        body,
        received_at: now,
    };
    let name = open
        .channel
        .verify(&open.account(now), &raw)
        .map_err(NotAccepted::NotGenuine)?;
    raw.kind = name.kind;
    raw.key = name.key;

    Ok(store_soon(care, row(care, open.inbox.id, raw)).await?)
}

/// Stores deliveries that were fetched or made by ourselves; returns how many were new.
pub async fn store(
    care: &Care,
    inbox: InboxId,
    deliveries: Vec<RawDelivery>,
) -> Result<usize, CareError> {
    let rows = rows(care, inbox, deliveries);
    let stored: Result<_, CareError> = care
        .store
        .write(move |tx| Ok(intakes::insert(tx, &rows)?.len()))
        .await;
    stored
}

/// Makes the rows of deliveries that are to be stored together with something else.
pub(crate) fn rows(care: &Care, inbox: InboxId, deliveries: Vec<RawDelivery>) -> Vec<NewIntake> {
    deliveries
        .into_iter()
        .map(|raw| row(care, inbox, raw))
        .collect()
}

fn row(care: &Care, inbox: InboxId, raw: RawDelivery) -> NewIntake {
    NewIntake {
        id: IntakeId(care.id()),
        inbox,
        kind: raw.kind,
        key: raw.key,
        headers: serde_json::to_string(&raw.headers).unwrap_or_else(|_| "[]".to_owned()),
        body: raw.body,
        received_at: raw.received_at,
    }
}

/// Deliveries that wait for the next commit; while one is being made the next ones gather here.
#[derive(Default)]
pub(crate) struct Gathering {
    inner: Mutex<Gathered>,
}

#[derive(Default)]
struct Gathered {
    waiting: Vec<(NewIntake, oneshot::Sender<Result<Accepted, String>>)>,
    is_storing: bool,
}

impl Gathering {
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores a delivery with all others that come at this moment, by one commit.
async fn store_soon(care: &Care, intake: NewIntake) -> Result<Accepted, CareError> {
    let (answer, answered) = oneshot::channel();
    let begins = {
        let mut gathered = care.gathering.lock();
        gathered.waiting.push((intake, answer));
        !std::mem::replace(&mut gathered.is_storing, true)
    };
    if begins {
        #[expect(
            clippy::disallowed_methods,
            reason = "must outlive the request that began it, for others wait for it too"
        )]
        drop(tokio::spawn(store_gathered(care.clone())));
    }
    answered
        .await
        .map_err(|_| CareError::Unavailable("the delivery could not be stored".to_owned()))?
        .map_err(CareError::Unavailable)
}

async fn store_gathered(care: Care) {
    loop {
        let batch = {
            let mut gathered = care.gathering.lock();
            if gathered.waiting.is_empty() {
                gathered.is_storing = false;
                return;
            }
            std::mem::take(&mut gathered.waiting)
        };
        let (rows, answers): (Vec<NewIntake>, Vec<_>) = batch
            .into_iter()
            .map(|(row, answer)| {
                let id = row.id;
                (row, (id, answer))
            })
            .unzip();
        let stored: Result<HashSet<IntakeId>, CareError> = care
            .store
            .write(move |tx| Ok(intakes::insert(tx, &rows)?.into_iter().collect()))
            .await;
        for (id, answer) in answers {
            // Whoever hung up meanwhile sends again and hears that it is there.
            crate::measures::count_accepted(match &stored {
                Ok(stored) if stored.contains(&id) => "new",
                Ok(_) => "known",
                Err(_) => "failed",
            });
            drop(answer.send(match &stored {
                Ok(stored) if stored.contains(&id) => Ok(Accepted::Stored),
                Ok(_) => Ok(Accepted::Duplicate),
                Err(error) => Err(error.to_string()),
            }));
        }
    }
}
