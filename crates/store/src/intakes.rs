//! Raw deliveries as they came, the work they still need, and those that could not be read.

use kulant_model::ids::{InboxId, IntakeId};
use kulant_model::time::Timestamp;

use crate::error::StoreError;
use crate::params;
use crate::sql::value::{Row, Value};
use crate::sql::{Read, Tx};

/// A delivery about to be stored.
#[derive(Debug, Clone)]
pub struct NewIntake {
    pub id: IntakeId,
    pub inbox: InboxId,
    pub kind: String,
    pub key: String,
    /// JSON: a list of pairs.
    pub headers: String,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

/// A delivery that waits to be taken in.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: IntakeId,
    pub kind: String,
    pub key: String,
    pub headers: String,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
    pub attempts: i64,
}

/// A delivery as it came.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    /// JSON: a list of pairs.
    pub headers: String,
    /// None once its time is over.
    pub body: Option<Vec<u8>>,
}

/// A delivery, or one item of it, that could not be read.
#[derive(Debug, Clone)]
pub struct Quarantined {
    pub id: i64,
    pub intake: IntakeId,
    pub inbox: InboxId,
    pub item: i64,
    pub reason: String,
    pub at: Timestamp,
    pub received_at: Timestamp,
}

/// Stores deliveries with the work they need; returns those that were not there before.
pub fn insert(tx: &mut Tx<'_>, intakes: &[NewIntake]) -> Result<Vec<IntakeId>, StoreError> {
    let rows: Vec<Vec<Value>> = intakes
        .iter()
        .map(|intake| {
            params![
                intake.id,
                intake.inbox,
                &intake.kind,
                &intake.key,
                &intake.headers,
                intake.body.clone(),
                intake.received_at
            ]
            .into()
        })
        .collect();
    let stored = tx.insert_returning(
        "INSERT INTO intakes (id, inbox_id, kind, delivery_key, headers, body, received_at)",
        &rows,
        "ON CONFLICT (inbox_id, kind, delivery_key) DO NOTHING RETURNING id, inbox_id, received_at",
        |row| {
            Ok((
                row.get::<IntakeId>(0)?,
                row.get::<InboxId>(1)?,
                row.get::<Timestamp>(2)?,
            ))
        },
    )?;
    let jobs: Vec<Vec<Value>> = stored
        .iter()
        .map(|(id, inbox, at)| params![*id, *inbox, *at, 0_i64].into())
        .collect();
    tx.insert(
        "INSERT INTO intake_jobs (intake_id, inbox_id, run_at, attempts)",
        &jobs,
        "",
    )?;
    Ok(stored.into_iter().map(|(id, _, _)| id).collect())
}

/// Lists which of these keys deliveries of an inbox and a kind have.
pub fn list_keys(
    read: &mut Read<'_>,
    inbox: InboxId,
    kind: &str,
    keys: &[&str],
) -> Result<Vec<String>, StoreError> {
    let keys: Vec<Vec<Value>> = keys
        .iter()
        .map(|key| params![inbox, kind, *key].into())
        .collect();
    read.query_keys(
        "SELECT i.delivery_key FROM (VALUES {keys}) AS k
         JOIN intakes i ON i.inbox_id = k.column1 AND i.kind = k.column2
           AND i.delivery_key = k.column3",
        &[],
        &keys,
        |row| row.get(0),
    )
}

/// Removes what deliveries said; the rows stay as proof.
pub fn empty_bodies(tx: &mut Tx<'_>, intakes: &[IntakeId]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = intakes.iter().map(|id| params![*id].into()).collect();
    tx.execute_rows(
        "UPDATE intakes SET body = NULL, headers = '[]' WHERE id IN (VALUES {rows})",
        &rows,
    )?;
    Ok(())
}

/// Lists the inboxes that have deliveries waiting, up to a delivery.
pub fn list_inboxes_waiting(
    read: &mut Read<'_>,
    newest: IntakeId,
    now: Timestamp,
) -> Result<Vec<InboxId>, StoreError> {
    read.query(
        "SELECT i.id FROM inboxes i
         WHERE EXISTS (SELECT 1 FROM intake_jobs j
                       WHERE j.inbox_id = i.id AND j.run_at <= $1 AND j.intake_id <= $2)
         ORDER BY i.id",
        &params![now, newest],
        |row| row.get(0),
    )
}

/// Finds the newest delivery that waits.
pub fn find_newest_waiting(read: &mut Read<'_>) -> Result<Option<IntakeId>, StoreError> {
    read.query_one(
        "SELECT intake_id FROM intake_jobs ORDER BY intake_id DESC LIMIT 1",
        &[],
        |row| row.get(0),
    )
}

/// How many bytes of bodies are loaded at once.
pub(crate) const MOST_BYTES: i64 = 16 * 1024 * 1024;

/// Lists the oldest deliveries of an inbox that wait, after a given one, so many as fit in memory.
pub fn list_waiting(
    read: &mut Read<'_>,
    inbox: InboxId,
    after: IntakeId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let sizes = read.query(
        "SELECT length(i.body)
         FROM intake_jobs j
         JOIN intakes i ON i.id = j.intake_id
         WHERE j.inbox_id = $1 AND j.intake_id > $2 AND j.run_at <= $3
         ORDER BY j.intake_id
         LIMIT $4",
        &params![inbox, after, now, limit],
        |row| row.get::<Option<i64>>(0),
    )?;
    let limit = count_fitting(&sizes, MOST_BYTES);
    read.query(
        "SELECT i.id, i.kind, i.delivery_key, i.headers, i.body, i.received_at, j.attempts
         FROM intake_jobs j
         JOIN intakes i ON i.id = j.intake_id
         WHERE j.inbox_id = $1 AND j.intake_id > $2 AND j.run_at <= $3
         ORDER BY j.intake_id
         LIMIT $4",
        &params![inbox, after, now, limit],
        |row| {
            Ok(Waiting {
                id: row.get(0)?,
                kind: row.get(1)?,
                key: row.get(2)?,
                headers: row.get(3)?,
                body: row.get::<Option<Vec<u8>>>(4)?.unwrap_or_default(),
                received_at: row.get(5)?,
                attempts: row.get(6)?,
            })
        },
    )
}

/// Counts how many bodies of these sizes fit into a number of bytes: the first one always, however
/// large it is.
pub(crate) fn count_fitting(sizes: &[Option<i64>], most: i64) -> usize {
    let mut bytes = 0;
    sizes
        .iter()
        .take_while(|size| {
            let before = bytes;
            bytes += size.unwrap_or(0);
            before == 0 || bytes <= most
        })
        .count()
}

/// Strikes off deliveries whose work is done; returns which were still there to be struck off.
pub fn finish(tx: &mut Tx<'_>, intakes: &[IntakeId]) -> Result<Vec<IntakeId>, StoreError> {
    let keys: Vec<Vec<Value>> = intakes.iter().map(|id| params![*id].into()).collect();
    tx.query_keys(
        "DELETE FROM intake_jobs WHERE intake_id IN (VALUES {keys}) RETURNING intake_id",
        &[],
        &keys,
        |row| row.get(0),
    )
}

/// Lists which of these deliveries still need work.
pub fn list_unfinished(
    read: &mut Read<'_>,
    intakes: &[IntakeId],
) -> Result<Vec<IntakeId>, StoreError> {
    let keys: Vec<Vec<Value>> = intakes.iter().map(|id| params![*id].into()).collect();
    read.query_keys(
        "SELECT intake_id FROM intake_jobs WHERE intake_id IN (VALUES {keys})",
        &[],
        &keys,
        |row| row.get(0),
    )
}

/// Returns whether a delivery waits to be taken in, or lies in quarantine.
pub fn is_unsettled(
    read: &mut Read<'_>,
    inbox: InboxId,
    (kind, key): (&str, &str),
) -> Result<bool, StoreError> {
    Ok(read
        .query_one(
            "SELECT i.id FROM intakes i
             WHERE i.inbox_id = $1 AND i.kind = $2 AND i.delivery_key = $3
               AND (EXISTS (SELECT 1 FROM intake_jobs j WHERE j.intake_id = i.id)
                 OR EXISTS (SELECT 1 FROM quarantine q WHERE q.intake_id = i.id))",
            &params![inbox, kind, key],
            |row| row.get::<IntakeId>(0),
        )?
        .is_some())
}

/// Puts a delivery off after a failure that may pass.
pub fn put_off(tx: &mut Tx<'_>, intake: IntakeId, run_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE intake_jobs SET run_at = $2, attempts = attempts + 1 WHERE intake_id = $1",
        &params![intake, run_at],
    )?;
    Ok(())
}

/// Notes that a delivery, or one item of it, could not be read.
pub fn quarantine(tx: &mut Tx<'_>, rows: &[Quarantined]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| params![row.id, row.intake, row.inbox, row.item, &row.reason, row.at].into())
        .collect();
    tx.insert(
        "INSERT INTO quarantine (id, intake_id, inbox_id, item, reason, at)",
        &rows,
        "ON CONFLICT (intake_id, item) DO UPDATE SET reason = excluded.reason, at = excluded.at",
    )?;
    Ok(())
}

/// Lists the quarantine, newest first, before a given row.
pub fn list_quarantined(
    read: &mut Read<'_>,
    before: i64,
    limit: i64,
) -> Result<Vec<Quarantined>, StoreError> {
    read.query(
        "SELECT q.id, q.intake_id, q.inbox_id, q.item, q.reason, q.at, i.received_at
         FROM quarantine q
         JOIN intakes i ON i.id = q.intake_id
         WHERE q.id < $1
         ORDER BY q.id DESC
         LIMIT $2",
        &params![before, limit],
        quarantined,
    )
}

pub fn find_quarantined(read: &mut Read<'_>, id: i64) -> Result<Option<Quarantined>, StoreError> {
    read.query_one(
        "SELECT q.id, q.intake_id, q.inbox_id, q.item, q.reason, q.at, i.received_at
         FROM quarantine q
         JOIN intakes i ON i.id = q.intake_id
         WHERE q.id = $1",
        &params![id],
        quarantined,
    )
}

/// Returns how many rows the quarantine has, at most `cap`.
pub fn count_quarantined(read: &mut Read<'_>, cap: i64) -> Result<i64, StoreError> {
    Ok(read
        .query_one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM quarantine LIMIT $1) AS counted",
            &params![cap],
            |row| row.get(0),
        )?
        .unwrap_or(0))
}

/// Returns how many rows of the quarantine each inbox has.
pub fn count_quarantined_by_inbox(read: &mut Read<'_>) -> Result<Vec<(InboxId, i64)>, StoreError> {
    read.query(
        "SELECT inbox_id, COUNT(*) FROM quarantine GROUP BY inbox_id ORDER BY inbox_id",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Finds the raw body of a delivery; none once its time is over.
pub fn find_body(read: &mut Read<'_>, intake: IntakeId) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(read
        .query_one(
            "SELECT body FROM intakes WHERE id = $1",
            &params![intake],
            |row| row.get::<Option<Vec<u8>>>(0),
        )?
        .flatten())
}

/// Finds a delivery as it came.
pub fn find_raw(read: &mut Read<'_>, intake: IntakeId) -> Result<Option<Raw>, StoreError> {
    read.query_one(
        "SELECT headers, body FROM intakes WHERE id = $1",
        &params![intake],
        |row| {
            Ok(Raw {
                headers: row.get(0)?,
                body: row.get(1)?,
            })
        },
    )
}

/// Lets a quarantined delivery be taken in again.
pub fn retake(
    tx: &mut Tx<'_>,
    intake: IntakeId,
    inbox: InboxId,
    now: Timestamp,
) -> Result<(), StoreError> {
    discard(tx, intake)?;
    tx.execute(
        "INSERT INTO intake_jobs (intake_id, inbox_id, run_at, attempts) VALUES ($1, $2, $3, 0)
         ON CONFLICT (intake_id) DO UPDATE SET run_at = excluded.run_at",
        &params![intake, inbox, now],
    )?;
    Ok(())
}

/// Lets deliveries that are in quarantine be taken in again as they come now; returns which.
pub fn renew_quarantined(
    tx: &mut Tx<'_>,
    inbox: InboxId,
    deliveries: &[NewIntake],
) -> Result<Vec<IntakeId>, StoreError> {
    let keys: Vec<Vec<Value>> = deliveries
        .iter()
        .enumerate()
        .map(|(place, one)| params![inbox, &one.kind, &one.key, place as i64].into())
        .collect();
    let there: Vec<(IntakeId, i64)> = tx.query_keys(
        "SELECT i.id, k.column4 FROM (VALUES {keys}) AS k
         JOIN intakes i ON i.inbox_id = k.column1 AND i.kind = k.column2
           AND i.delivery_key = k.column3
         WHERE EXISTS (SELECT 1 FROM quarantine q WHERE q.intake_id = i.id)",
        &[],
        &keys,
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (id, place) in &there {
        let Some(one) = usize::try_from(*place)
            .ok()
            .and_then(|place| deliveries.get(place))
        else {
            continue;
        };
        tx.execute(
            "UPDATE intakes SET headers = $2, body = $3, received_at = $4 WHERE id = $1",
            &params![*id, &one.headers, one.body.clone(), one.received_at],
        )?;
        retake(tx, *id, inbox, one.received_at)?;
    }
    Ok(there.into_iter().map(|(id, _)| id).collect())
}

/// Takes a delivery out of the quarantine.
pub fn discard(tx: &mut Tx<'_>, intake: IntakeId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM quarantine WHERE intake_id = $1",
        &params![intake],
    )?;
    Ok(())
}

/// Takes one item of a delivery out of the quarantine.
pub fn discard_item(tx: &mut Tx<'_>, id: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM quarantine WHERE id = $1", &params![id])?;
    Ok(())
}

/// Removes the bodies of deliveries received before a time that need no more work; returns how many.
pub fn drop_bodies(
    tx: &mut Tx<'_>,
    received_before: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE intakes SET body = NULL, headers = '[]'
         WHERE id IN (
           SELECT i.id FROM intakes i
           WHERE i.received_at < $1 AND i.body IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM intake_jobs j WHERE j.intake_id = i.id)
             AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.intake_id = i.id)
           ORDER BY i.received_at
           LIMIT $2
         )",
        &params![received_before, limit],
    )
}

/// Returns since when the delivery has waited that is to be taken in next, whatever its inbox.
pub fn find_oldest_due(
    read: &mut Read<'_>,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    read.query_one(
        "SELECT j.run_at FROM intake_jobs j
         WHERE j.run_at <= $1 AND EXISTS (SELECT 1 FROM inboxes i WHERE i.id = j.inbox_id)
         ORDER BY j.intake_id LIMIT 1",
        &params![now],
        |row| row.get(0),
    )
}

/// Returns when the oldest waiting delivery of each inbox was received.
pub fn list_lags(read: &mut Read<'_>) -> Result<Vec<(InboxId, Timestamp)>, StoreError> {
    read.query(
        "SELECT i.id, (SELECT j.run_at FROM intake_jobs j WHERE j.inbox_id = i.id ORDER BY j.intake_id LIMIT 1)
         FROM inboxes i
         WHERE EXISTS (SELECT 1 FROM intake_jobs j WHERE j.inbox_id = i.id)
         ORDER BY i.id",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn quarantined(row: &Row<'_>) -> Result<Quarantined, StoreError> {
    Ok(Quarantined {
        id: row.get(0)?,
        intake: row.get(1)?,
        inbox: row.get(2)?,
        item: row.get(3)?,
        reason: row.get(4)?,
        at: row.get(5)?,
        received_at: row.get(6)?,
    })
}
