//! Takes a raw delivery from a network: is it genuine, is it stored? Nothing else happens here.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kulant_channels::delivery::{QUERY_HEADER, VerifyError};
use kulant_model::ids::{InboxId, IntakeId};
use kulant_model::time::Timestamp;
use kulant_store::{inboxes, intakes, intakes::NewIntake};

pub use kulant_channels::delivery::{HookAnswer, RawDelivery};
use tokio::sync::oneshot;

use crate::Care;
use crate::accounts;
use crate::erase::marks::drop_erased;
use crate::error::CareError;
use crate::wishes;

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

/// A request to a hook that brings something.
#[derive(Debug)]
pub struct Handed {
    /// The query of the request as it came, where there was one.
    pub query: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Checks and stores a delivery; it is durable when this returns, with what its network wants to read.
pub async fn accept(
    care: &Care,
    hook_key: &str,
    handed: Handed,
) -> Result<(Accepted, HookAnswer), NotAccepted> {
    let now = care.now();
    let open = accounts::find_by_hook_key(care, hook_key)
        .await?
        .ok_or(NotAccepted::NoInbox)?;
    let mut headers = handed.headers;
    if let Some(query) = handed.query {
        headers.push((QUERY_HEADER.to_owned(), query));
    }
    let mut raw = RawDelivery {
        kind: String::new(),
        key: String::new(),
        headers,
        body: handed.body,
        received_at: now,
    };
    let account = open.account(now);
    let name = open
        .channel
        .verify(&account, &raw)
        .map_err(NotAccepted::NotGenuine)?;
    raw.kind = name.kind;
    raw.key = name.key;
    let answer = open.channel.acknowledgement_of(&account, &raw);

    let accepted = store_soon(care, row(care, open.inbox.id, raw))
        .await?
        .ok_or(NotAccepted::NoInbox)?;
    Ok((accepted, answer))
}

/// Answers the question by which a network finds out whether a hook is ours; none where the network
/// has no such question, or no inbox has this hook.
pub async fn answer_handshake(
    care: &Care,
    hook_key: &str,
    query: &[(String, String)],
) -> Result<Option<HookAnswer>, CareError> {
    let open = accounts::find_by_hook_key(care, hook_key).await?;
    let Some(open) = open else {
        return Ok(None);
    };
    let account = open.account(care.now());
    if let Some(code) = open.channel.asked_wish(&account, query) {
        let standing = wishes::find(care, open.inbox.id, &code).await?;
        return Ok(Some(open.channel.wish_answer(&code, standing)));
    }
    Ok(open.channel.handshake(&account, query))
}

/// Stores deliveries that were fetched or made by ourselves; returns how many were new.
pub async fn store(
    care: &Care,
    inbox: InboxId,
    deliveries: Vec<RawDelivery>,
) -> Result<usize, CareError> {
    let mut rows = rows(care, inbox, deliveries);
    let marks = Arc::clone(&care.marks);
    care.store
        .write(move |tx| {
            // Removed while they were fetched: nobody would take them in.
            if inboxes::list_in_use(tx, &[inbox])?.is_empty() {
                return Ok(0);
            }
            drop_erased(tx, &marks, &mut rows)?;
            Ok(intakes::insert(tx, &rows)?.len())
        })
        .await
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
        // Whoever holds a connection counts the time by itself; nothing is received later than now.
        received_at: raw.received_at.min(care.now()),
    }
}

/// What became of a delivery; nothing where its inbox was removed just before.
type Told = Result<Option<Accepted>, String>;

/// Deliveries that wait for the next commit; while one is being made the next ones gather here.
#[derive(Default)]
pub(crate) struct Gathering {
    inner: Mutex<Gathered>,
}

#[derive(Default)]
struct Gathered {
    waiting: Vec<(NewIntake, oneshot::Sender<Told>)>,
    is_storing: bool,
    brake: Brake,
}

impl Gathering {
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores a delivery with all others that come at this moment, by one commit.
async fn store_soon(care: &Care, intake: NewIntake) -> Result<Option<Accepted>, CareError> {
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
        let (mut rows, answers): (Vec<NewIntake>, Vec<_>) = batch
            .into_iter()
            .map(|(row, answer)| {
                let (id, inbox) = (row.id, row.inbox);
                (row, (id, inbox, answer))
            })
            .unzip();
        let marks = Arc::clone(&care.marks);
        let outcome: Result<(HashSet<InboxId>, HashSet<IntakeId>), CareError> = care
            .store
            .write(move |tx| {
                // An inbox that was at hand may have been removed a moment ago.
                let named: BTreeSet<InboxId> = rows.iter().map(|row| row.inbox).collect();
                let in_use = inboxes::list_in_use(tx, &Vec::from_iter(named))?;
                let in_use: HashSet<InboxId> = in_use.into_iter().collect();
                rows.retain(|row| in_use.contains(&row.inbox));
                drop_erased(tx, &marks, &mut rows)?;
                let stored = intakes::insert(tx, &rows)?.into_iter().collect();
                Ok((in_use, stored))
            })
            .await;
        for (id, inbox, answer) in answers {
            let told: Told = match &outcome {
                Ok((_, stored)) if stored.contains(&id) => Ok(Some(Accepted::Stored)),
                Ok((in_use, _)) if in_use.contains(&inbox) => Ok(Some(Accepted::Duplicate)),
                Ok(_) => Ok(None),
                Err(error) => Err(error.to_string()),
            };
            match &told {
                Ok(Some(Accepted::Stored)) => crate::measures::count_accepted("new"),
                Ok(Some(Accepted::Duplicate)) => crate::measures::count_accepted("known"),
                Ok(None) => {}
                Err(_) => crate::measures::count_accepted("failed"),
            }
            // Whoever hung up meanwhile sends again and hears that it is there.
            drop(answer.send(told));
        }
        hold_back(&care).await;
    }
}

/// What is known of how far taking in lags behind.
#[derive(Default)]
struct Brake {
    looked_at: Timestamp,
    pause: Duration,
}

/// Holds the hooks back while what they stored is not taken in as fast: whoever delivers feels it as
/// slower answers, instead of deliveries growing old unseen.
async fn hold_back(care: &Care) {
    const LOOK: Duration = Duration::from_millis(100);
    let now = care.now();
    let known = {
        let gathered = care.gathering.lock();
        (now < gathered.brake.looked_at.after(LOOK)).then_some(gathered.brake.pause)
    };
    let pause = match known {
        Some(pause) => pause,
        None => look_at_lag(care, now).await,
    };
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

async fn look_at_lag(care: &Care, now: Timestamp) -> Duration {
    let oldest: Result<Option<Timestamp>, CareError> = care
        .store
        .read(move |read| intakes::find_oldest_due(read, now).map_err(CareError::from))
        .await;
    let lag = oldest.ok().flatten().map(|since| now.since(since));
    let pause = pause_for(lag.unwrap_or_default());
    care.gathering.lock().brake = Brake {
        looked_at: now,
        pause,
    };
    pause
}

/// From half a second's lag on a pause that grows with it, up to a quarter of a second: never a
/// standstill, for where the lag has another reason than too many deliveries, none may be lost.
fn pause_for(lag: Duration) -> Duration {
    const FREE: Duration = Duration::from_millis(500);
    const MOST: Duration = Duration::from_millis(250);
    (lag.saturating_sub(FREE) / 20).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_held_back_the_more_the_longer_deliveries_wait() {
        let pause = |lag| pause_for(Duration::from_millis(lag)).as_millis();
        assert_eq!(pause(0), 0);
        assert_eq!(pause(500), 0);
        assert_eq!(pause(1_500), 50);
        assert_eq!(pause(3_600_000), 250);
    }
}
