//! Work for later and what runs it: one loop claims due jobs, one takes deliveries in, one keeps
//! the followers of the log going. Every job can be repeated.

mod checking;
mod fetching;
mod listening;
mod polling;
mod retention;
mod searching;

use std::time::Duration;

use kulant_model::ids::{InboxId, IntakeId};
use kulant_model::time::Timestamp;
use kulant_store::inboxes::{self, Inbox};
use kulant_store::jobs::{self, Claimable, Job, NewJob};
use kulant_store::{StoreError, Tx};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::{Care, conversations, deliver, followers, intake};

pub use retention::keep_days;
pub(crate) use retention::{forget_soon, remove_files};
pub(crate) use searching::look_soon;

/// How a job ended.
pub(crate) enum Outcome {
    Done,
    Later(Timestamp),
    /// Later, and what was done until now is no try that counts.
    Afresh(Timestamp),
}

/// How many jobs run beside each other.
const BESIDE: usize = 16;
/// How many of those may speak to the network of one inbox, which may keep silent for long.
const BESIDE_OF_INBOX: i64 = 4;
/// How many of them may ask networks for news, or tidy up: the others stay free for answers.
const BESIDE_OF_NONE: i64 = 8;
/// After this time another process may take a job over: its first one has ended.
const CLAIM: Duration = Duration::from_secs(150);
/// Jobs that only ask a network: they wait long for others, and are given up when we stop.
const ASKING: &[&str] = &[polling::KIND, searching::KIND, fetching::KIND];
/// How long deliveries gather before the next ones are taken in.
const GATHER: Duration = Duration::from_millis(15);
/// How long a loop sleeps at most when nothing wakes it.
const NAP: Duration = Duration::from_millis(500);

/// The words for every kind of job.
pub(crate) const KINDS: &[&str] = &[
    deliver::KIND,
    polling::KIND,
    checking::KIND,
    fetching::KIND,
    retention::KIND,
    searching::KIND,
    crate::act::KIND,
    crate::erase::KIND,
    crate::erase::DEPARTED,
    crate::follow_up::KIND,
    crate::phone::KIND,
    crate::trouble_mail::KIND,
];

/// Every kind of job, one line each.
async fn perform(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    match job.kind.as_str() {
        deliver::KIND => Box::pin(deliver::deliver(care, job)).await,
        polling::KIND => polling::poll(care, job).await,
        checking::KIND => checking::check(care, job).await,
        fetching::KIND => fetching::fetch(care, job).await,
        retention::KIND => retention::tidy(care).await,
        searching::KIND => searching::search(care, job).await,
        crate::act::KIND => crate::act::act(care, job).await,
        crate::erase::DEPARTED => crate::erase::erase_departed(care, job).await,
        crate::follow_up::KIND => crate::follow_up::follow_up(care, job).await,
        crate::phone::KIND => crate::phone::call_back(care, job).await,
        crate::trouble_mail::KIND => crate::trouble_mail::mail(care, job).await,
        crate::erase::KIND => crate::erase::finish(care).await,
        other => {
            warn!(
                job.kind = other,
                "a job of an unknown kind waits for a newer program"
            );
            Ok(Outcome::Later(care.now().after(Duration::from_secs(3_600))))
        }
    }
}

/// Has the network of an inbox asked at once, if it is one that is asked.
pub(crate) fn ask_soon(tx: &mut Tx<'_>, inbox: InboxId, now: Timestamp) -> Result<(), StoreError> {
    jobs::hurry(tx, polling::KIND, &inbox.to_string(), now)
}

/// Has it looked at once how an inbox is, as when it is set up anew.
pub(crate) fn check_soon(
    tx: &mut Tx<'_>,
    inbox: InboxId,
    now: Timestamp,
) -> Result<(), StoreError> {
    jobs::hurry(tx, checking::KIND, &inbox.to_string(), now)
}

/// Opens the inbox that a job is about; none if it is out of use.
async fn inbox_of(care: &Care, job: &Job) -> Result<Option<Opened>, CareError> {
    let id = job.payload.get("inbox").and_then(|id| id.as_str());
    let Some(id) = id.and_then(|id| id.parse::<InboxId>().ok()) else {
        return Ok(None);
    };
    let opened = accounts::find(care, id).await?;
    Ok(opened
        .filter(|opened| opened.inbox.paused_at.is_none() && opened.inbox.archived_at.is_none()))
}

/// Sees to it that regular work stands in the table: what each inbox needs, and what is let go of.
pub async fn schedule(care: &Care) -> Result<(), CareError> {
    let inboxes: Vec<Inbox> = care
        .store
        .read(|read| inboxes::list_active(read, 0, 10_000).map_err(CareError::from))
        .await?;
    let searches = searching::list_wanted(care).await?;
    let wanted: Vec<NewJob> = inboxes
        .iter()
        .flat_map(|inbox| {
            let polls = polling::job_for(care, inbox);
            polls.into_iter().chain([checking::job_for(care, inbox.id)])
        })
        .chain(searches)
        .collect();
    let missing: Vec<NewJob> = care
        .store
        .read(move |read| -> Result<_, CareError> {
            let mut missing = Vec::new();
            for job in wanted {
                if !jobs::exists(read, job.kind, job.key.as_deref().unwrap_or_default())? {
                    missing.push(job);
                }
            }
            Ok(missing)
        })
        .await?;
    if !missing.is_empty() {
        care.store
            .write(move |tx| -> Result<(), CareError> {
                for job in &missing {
                    jobs::enqueue_once(tx, job)?;
                }
                Ok(())
            })
            .await?;
    }
    fetching::schedule(care).await?;
    retention::schedule(care).await
}

/// Takes over at once what a process before us held when it died. Only for whoever holds the lock of
/// an embedded database; elsewhere claims and leases run out by themselves.
pub async fn take_over(care: &Care) -> Result<(), CareError> {
    care.store
        .write(|tx| {
            jobs::free_claims(tx)?;
            kulant_store::leases::end_all(tx)?;
            Ok(())
        })
        .await
}

/// Runs everything that works in the background until `stop` turns true.
pub async fn run(care: Care, stop: watch::Receiver<bool>) {
    let mut loops = JoinSet::new();
    loops.spawn(run_intake(care.clone(), stop.clone()));
    loops.spawn(run_jobs(care.clone(), stop.clone()));
    loops.spawn(followers::run(care.clone(), stop.clone()));
    loops.spawn(listening::run(care.clone(), stop.clone()));
    loops.spawn(run_upkeep(care.clone(), stop));
    while let Some(ended) = loops.join_next().await {
        if let Err(error) = ended {
            error!(error = %error, "a background loop ended by a panic");
        }
    }
    if let Err(error) = intake::give_leases_back(&care).await {
        warn!(error = %error, "inboxes could not be given back and stay for some seconds");
    }
}

async fn run_intake(care: Care, mut stop: watch::Receiver<bool>) {
    let mut commits = care.store.commits();
    while !*stop.borrow() {
        commits.mark_unchanged();
        let stops = || *stop.borrow();
        match intake::take_in_until(&care, IntakeId(i64::MAX), stops).await {
            Ok(0) => sleep(&mut commits, &mut stop, NAP).await,
            // In a rush a moment's wait makes the next commit take more at once.
            Ok(_) => nap(&mut stop, GATHER).await,
            Err(error) => {
                error!(error = %error, "deliveries could not be taken in");
                nap(&mut stop, Duration::from_secs(1)).await;
            }
        }
    }
}

async fn run_jobs(care: Care, mut stop: watch::Receiver<bool>) {
    let mut commits = care.store.commits();
    let mut running: JoinSet<()> = JoinSet::new();
    // Some networks hold a question until there is something to tell; that keeps no other work.
    let mut asking: JoinSet<()> = JoinSet::new();
    while !*stop.borrow() {
        commits.mark_unchanged();
        while let Some(ended) = running.try_join_next().or_else(|| asking.try_join_next()) {
            if let Err(error) = ended {
                error!(error = %error, "a job ended by a panic and is taken up again later");
            }
        }
        let free = BESIDE - running.len();
        if free == 0 {
            running.join_next().await;
            continue;
        }
        match claim(&care, free).await {
            Ok(claimed) if claimed.is_empty() => sleep(&mut commits, &mut stop, NAP).await,
            Ok(claimed) => {
                for job in claimed {
                    let care = care.clone();
                    if ASKING.contains(&job.kind.as_str()) {
                        let stop = stop.clone();
                        asking.spawn(async move { ask(&care, job, stop).await });
                    } else {
                        running.spawn(async move { run_job(&care, job).await });
                    }
                }
            }
            Err(error) => {
                error!(error = %error, "jobs could not be claimed");
                nap(&mut stop, Duration::from_secs(1)).await;
            }
        }
    }
    // What was begun is ended; what was only claimed is taken over later.
    while running.join_next().await.is_some() {}
    while asking.join_next().await.is_some() {}
}

/// Does a job that asks a network, and gives it up when we stop: the next process asks anew.
async fn ask(care: &Care, job: Job, mut stop: watch::Receiver<bool>) {
    let id = job.id;
    tokio::select! {
        () = run_job(care, job) => {}
        () = stopped(&mut stop) => {
            let now = care.now();
            let put_off: Result<(), CareError> = care
                .store
                .write(move |tx| jobs::put_off_afresh(tx, id, now).map_err(CareError::from))
                .await;
            if let Err(error) = put_off {
                warn!(error = %error, job.id = %id, "a question could not be given up");
            }
        }
    }
}

async fn claim(care: &Care, limit: usize) -> Result<Vec<Job>, CareError> {
    let now = care.now();
    let due: Option<Timestamp> = care
        .store
        .read(move |read| jobs::find_next_due(read).map_err(CareError::from))
        .await?;
    let overdue: bool = match due {
        Some(due) if due <= now => true,
        _ => {
            care.store
                .read(move |read| jobs::has_abandoned(read, now).map_err(CareError::from))
                .await?
        }
    };
    if !overdue {
        return Ok(Vec::new());
    }
    let claimable: Vec<Claimable> = care
        .store
        .read(move |read| {
            jobs::list_claimable(read, now, BESIDE_OF_INBOX, BESIDE_OF_NONE)
                .map_err(CareError::from)
        })
        .await?;
    // Without a look before, every try would be a commit, and every commit wakes the next try.
    if claimable.is_empty() {
        return Ok(Vec::new());
    }
    care.store
        .write(move |tx| {
            let mut claimed = Vec::new();
            for one in claimable {
                let free = (limit - claimed.len()) as i64;
                if free == 0 {
                    break;
                }
                let most = free.min(one.room);
                claimed.extend(jobs::claim(tx, one.inbox, now, now.after(CLAIM), most)?);
            }
            Ok(claimed)
        })
        .await
}

/// Does one claimed job and strikes it off or puts it off.
pub(crate) async fn run_job(care: &Care, job: Job) {
    let outcome = perform(care, &job).await;
    let (id, now) = (job.id, care.now());
    let kept: Result<(), CareError> = match outcome {
        Ok(Outcome::Done) => {
            care.store
                .write(move |tx| jobs::finish(tx, id).map_err(CareError::from))
                .await
        }
        Ok(Outcome::Later(at)) => {
            care.store
                .write(move |tx| jobs::put_off(tx, id, at, None).map_err(CareError::from))
                .await
        }
        Ok(Outcome::Afresh(at)) => {
            care.store
                .write(move |tx| jobs::put_off_afresh(tx, id, at).map_err(CareError::from))
                .await
        }
        Err(error) => {
            error!(error = %error, job.kind = job.kind, job.id = %id, "a job failed and is put off");
            let pause = Duration::from_secs(1 << job.attempts.clamp(0, 11));
            let words = error.to_string();
            care.store
                .write(move |tx| {
                    jobs::put_off(tx, id, now.after(pause), Some(&words)).map_err(CareError::from)
                })
                .await
        }
    };
    if let Err(error) = kept {
        error!(error = %error, job.id = %id, "the end of a job could not be kept");
    }
}

/// Claims and does everything that is due now, for tests and for commands without a server.
pub async fn run_due(care: &Care) -> Result<usize, CareError> {
    let claimed = claim(care, BESIDE).await?;
    let count = claimed.len();
    for job in claimed {
        run_job(care, job).await;
    }
    Ok(count)
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        if stop.changed().await.is_err() {
            return;
        }
    }
}

/// Wakes the snoozed and sees to it that regular work stands in the table.
async fn run_upkeep(care: Care, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        care.presence.forget_silent(care.now());
        for outcome in [
            conversations::wake(&care).await.map(drop),
            schedule(&care).await,
        ] {
            if let Err(error) = outcome {
                warn!(error = %error, "upkeep failed and is tried again");
            }
        }
        nap(&mut stop, Duration::from_secs(1)).await;
    }
}

/// Sleeps until something was committed, at most for a nap.
async fn sleep(
    commits: &mut watch::Receiver<u64>,
    stop: &mut watch::Receiver<bool>,
    longest: Duration,
) {
    tokio::select! {
        _ = commits.changed() => {}
        _ = stop.changed() => {}
        () = tokio::time::sleep(longest) => {}
    }
}

pub(crate) async fn nap(stop: &mut watch::Receiver<bool>, longest: Duration) {
    tokio::select! {
        _ = stop.changed() => {}
        () = tokio::time::sleep(longest) => {}
    }
}
