//! Work for later, written in the transaction of the change that asks for it.

use kulant_model::ids::{InboxId, JobId};
use kulant_model::time::Timestamp;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// A claimed piece of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub attempts: i64,
    pub payload: Json,
}

/// Work about to be written down. With a key, the same work stands there once.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub id: JobId,
    pub kind: &'static str,
    pub key: Option<String>,
    /// The inbox whose network it speaks to; of those, only some are claimed at a time.
    pub inbox: Option<InboxId>,
    pub run_at: Timestamp,
    pub payload: Json,
}

/// Writes work down; work with the same key that stands there already is done at the new time.
pub fn enqueue(tx: &mut Tx<'_>, job: &NewJob) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO jobs (id, kind, job_key, inbox_id, run_at, attempts, payload)
         VALUES ($1, $2, $3, $4, $5, 0, $6)
         ON CONFLICT (kind, job_key) DO UPDATE SET
           id = excluded.id, run_at = excluded.run_at, payload = excluded.payload, attempts = 0,
           claimed_until = NULL",
        &params![
            job.id,
            job.kind,
            job.key.as_deref(),
            job.inbox,
            job.run_at,
            &job.payload
        ],
    )?;
    Ok(())
}

/// Brings work forward that nobody has claimed yet.
pub fn hurry(tx: &mut Tx<'_>, kind: &str, key: &str, run_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE jobs SET run_at = $3 WHERE kind = $1 AND job_key = $2 AND claimed_until IS NULL",
        &params![kind, key, run_at],
    )?;
    Ok(())
}

/// Writes work down unless work with its key stands there.
pub fn enqueue_once(tx: &mut Tx<'_>, job: &NewJob) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO jobs (id, kind, job_key, inbox_id, run_at, attempts, payload)
         VALUES ($1, $2, $3, $4, $5, 0, $6)
         ON CONFLICT (kind, job_key) DO NOTHING",
        &params![
            job.id,
            job.kind,
            job.key.as_deref(),
            job.inbox,
            job.run_at,
            &job.payload
        ],
    )?;
    Ok(())
}

/// Due work that may be claimed: of one inbox, or of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimable {
    pub inbox: Option<InboxId>,
    /// Since when the oldest of it is due.
    pub due: Timestamp,
    /// How much more of it may be done beside what is being done now.
    pub room: i64,
}

/// Lists whose due work may be claimed, what waits longest first. Of an inbox no more than `most` is
/// done at a time, and of what belongs to none no more than `most_of_none`: networks that answer
/// nobody keep no other waiting.
pub fn list_claimable(
    read: &mut Read<'_>,
    now: Timestamp,
    most: i64,
    most_of_none: i64,
) -> Result<Vec<Claimable>, StoreError> {
    let mut found = read.query(
        "SELECT run_at,
           (SELECT COUNT(*) FROM jobs c WHERE c.inbox_id IS NULL AND c.claimed_until >= $1)
         FROM jobs
         WHERE inbox_id IS NULL AND run_at <= $1 AND (claimed_until IS NULL OR claimed_until < $1)
         ORDER BY run_at, id
         LIMIT 1",
        &params![now],
        |row| {
            Ok(Claimable {
                inbox: None,
                due: row.get(0)?,
                room: most_of_none - row.get::<i64>(1)?,
            })
        },
    )?;
    let of_inboxes = read.query(
        "SELECT i.id,
           (SELECT j.run_at FROM jobs j
            WHERE j.inbox_id = i.id AND j.run_at <= $1
              AND (j.claimed_until IS NULL OR j.claimed_until < $1)
            ORDER BY j.run_at, j.id
            LIMIT 1),
           (SELECT COUNT(*) FROM jobs c WHERE c.inbox_id = i.id AND c.claimed_until >= $1)
         FROM inboxes i",
        &params![now],
        |row| {
            let (inbox, due, claimed): (InboxId, Option<Timestamp>, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(due.map(|due| Claimable {
                inbox: Some(inbox),
                due,
                room: most - claimed,
            }))
        },
    )?;
    found.extend(of_inboxes.into_iter().flatten());
    found.retain(|one| one.room > 0);
    found.sort_by_key(|one| (one.due, one.inbox));
    Ok(found)
}

/// Claims due work of one inbox, or of none, so that nobody else does it until the given time.
pub fn claim(
    tx: &mut Tx<'_>,
    inbox: Option<InboxId>,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let skip = tx.dialect().skip_locked();
    let mut values: Vec<Value> = params![now, until, limit].into();
    let whose = if let Some(inbox) = inbox {
        values.push(inbox.into());
        "inbox_id = $4"
    } else {
        "inbox_id IS NULL"
    };
    tx.query(
        &format!(
            "UPDATE jobs SET claimed_until = $2, attempts = attempts + 1
             WHERE id IN (
               SELECT id FROM jobs
               WHERE {whose} AND run_at <= $1 AND (claimed_until IS NULL OR claimed_until < $1)
               ORDER BY run_at, id
               LIMIT $3 {skip}
             )
             RETURNING id, kind, attempts, payload"
        ),
        &values,
        job,
    )
}

/// Returns when the next work is due that nobody has claimed.
pub fn find_next_due(read: &mut Read<'_>) -> Result<Option<Timestamp>, StoreError> {
    read.query_one(
        "SELECT run_at FROM jobs WHERE claimed_until IS NULL ORDER BY run_at, id LIMIT 1",
        &[],
        |row| row.get(0),
    )
}

/// Returns whether somebody claimed work and ended before it was done.
pub fn has_abandoned(read: &mut Read<'_>, now: Timestamp) -> Result<bool, StoreError> {
    Ok(read
        .query_one(
            "SELECT id FROM jobs WHERE run_at <= $1 AND claimed_until < $1 LIMIT 1",
            &params![now],
            |row| row.get::<JobId>(0),
        )?
        .is_some())
}

/// Returns whether work with this key stands there.
pub fn exists(read: &mut Read<'_>, kind: &str, key: &str) -> Result<bool, StoreError> {
    Ok(read
        .query_one(
            "SELECT id FROM jobs WHERE kind = $1 AND job_key = $2",
            &params![kind, key],
            |row| row.get::<JobId>(0),
        )?
        .is_some())
}

/// Lists who does work of a kind now, in the order in which it was begun: its id and its key.
pub fn list_claimed(
    read: &mut Read<'_>,
    kind: &str,
    now: Timestamp,
) -> Result<Vec<(JobId, String)>, StoreError> {
    read.query(
        "SELECT id, COALESCE(job_key, '') FROM jobs WHERE kind = $1 AND claimed_until >= $2
         ORDER BY claimed_until, id",
        &params![kind, now],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Strikes work off, unless it was written down anew while it was being done.
pub fn finish(tx: &mut Tx<'_>, id: JobId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM jobs WHERE id = $1 AND claimed_until IS NOT NULL",
        &params![id],
    )?;
    Ok(())
}

/// Puts work off, with the reason if it failed.
pub fn put_off(
    tx: &mut Tx<'_>,
    id: JobId,
    run_at: Timestamp,
    error: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE jobs SET run_at = $2, claimed_until = NULL, last_error = $3
         WHERE id = $1 AND claimed_until IS NOT NULL",
        &params![id, run_at, error],
    )?;
    Ok(())
}

/// Puts work off that was not tried, or whose tries are counted anew from now on.
pub fn put_off_afresh(tx: &mut Tx<'_>, id: JobId, run_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE jobs SET run_at = $2, claimed_until = NULL, last_error = NULL, attempts = 0
         WHERE id = $1 AND claimed_until IS NOT NULL",
        &params![id, run_at],
    )?;
    Ok(())
}

/// Finds when the work of a kind is due that was written down before this one, with a key under the
/// same beginning; whoever does it may be at it now.
pub fn find_earlier(
    read: &mut Read<'_>,
    kind: &str,
    beginning: &str,
    id: JobId,
) -> Result<Option<Timestamp>, StoreError> {
    read.query_one(
        "SELECT run_at FROM jobs
         WHERE kind = $1 AND job_key >= $2 AND job_key < $3 AND id < $4
         ORDER BY run_at
         LIMIT 1",
        &params![kind, format!("{beginning}:"), format!("{beginning};"), id],
        |row| row.get(0),
    )
}

/// Takes work back that nobody does now and that was written down before this one, with a key under
/// the same beginning.
pub fn cancel_earlier(
    tx: &mut Tx<'_>,
    kind: &str,
    beginning: &str,
    id: JobId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM jobs
         WHERE kind = $1 AND job_key >= $2 AND job_key < $3 AND id < $4
           AND (claimed_until IS NULL OR claimed_until < $5)",
        &params![
            kind,
            format!("{beginning}:"),
            format!("{beginning};"),
            id,
            now
        ],
    )?;
    Ok(())
}

/// Takes work back by its key.
pub fn cancel(tx: &mut Tx<'_>, kind: &str, key: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM jobs WHERE kind = $1 AND job_key = $2",
        &params![kind, key],
    )?;
    Ok(())
}

/// Takes work back that nobody does now.
pub fn take_back(tx: &mut Tx<'_>, id: JobId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM jobs WHERE id = $1 AND claimed_until IS NULL",
        &params![id],
    )?;
    Ok(())
}

/// Lets go of all claims; only for whoever knows that nobody else works here.
pub fn free_claims(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE jobs SET claimed_until = NULL WHERE claimed_until IS NOT NULL",
        &[],
    )
}

/// Counts work that waits, by kind.
pub fn count(read: &mut Read<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    read.query(
        "SELECT kind, COUNT(*) FROM jobs GROUP BY kind ORDER BY kind",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn job(row: &Row<'_>) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        attempts: row.get(2)?,
        payload: row.get(3)?,
    })
}
