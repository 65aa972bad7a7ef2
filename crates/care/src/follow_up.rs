//! Fetches what a delivery only points at, after it was taken in; what is fetched comes in like any
//! other delivery.

use std::time::Duration;

use kulant_channels::delivery::RawDelivery;
use kulant_model::ids::{InboxId, IntakeId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::intakes;
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::{StoreError, Tx};
use serde_json::json;
use tracing::warn;

use crate::error::CareError;
use crate::jobs::Outcome;
use crate::{Care, accept, accounts};

/// The word for this work in the table of jobs.
pub(crate) const KIND: &str = "follow_up";

/// How often a network is asked before it is given up.
const TRIES: i64 = 12;

/// A delivery that only points at something.
#[derive(Debug, Clone)]
pub(crate) struct Pointing {
    pub intake: IntakeId,
    pub inbox: InboxId,
    pub kind: String,
    pub key: String,
    pub received_at: Timestamp,
}

/// Writes down that what a delivery points at is to be fetched.
pub(crate) fn enqueue(
    tx: &mut Tx<'_>,
    id: JobId,
    pointing: &Pointing,
    now: Timestamp,
) -> Result<(), StoreError> {
    jobs::enqueue_once(
        tx,
        &NewJob {
            id,
            kind: KIND,
            key: Some(pointing.intake.to_string()),
            inbox: Some(pointing.inbox),
            run_at: now,
            payload: json!({
                "intake": pointing.intake,
                "inbox": pointing.inbox,
                "kind": pointing.kind,
                "key": pointing.key,
                "received_at": pointing.received_at.0,
            }),
        },
    )
}

/// Fetches what one delivery points at.
pub(crate) async fn follow_up(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let text = |name: &str| job.payload.get(name).and_then(|text| text.as_str());
    let (Some(intake), Some(inbox)) = (
        text("intake").and_then(|id| id.parse::<IntakeId>().ok()),
        text("inbox").and_then(|id| id.parse::<InboxId>().ok()),
    ) else {
        return Ok(Outcome::Done);
    };
    let raw = care
        .store
        .read(move |read| intakes::find_raw(read, intake).map_err(CareError::from))
        .await?;
    let (Some(opened), Some(raw)) = (accounts::find(care, inbox).await?, raw) else {
        return Ok(Outcome::Done);
    };
    let Some(body) = raw.body else {
        // Erased, or its time is over.
        return Ok(Outcome::Done);
    };
    let raw = RawDelivery {
        kind: text("kind").unwrap_or_default().to_owned(),
        key: text("key").unwrap_or_default().to_owned(),
        headers: serde_json::from_str(&raw.headers).unwrap_or_default(),
        body,
        received_at: Timestamp(job.payload["received_at"].as_i64().unwrap_or_default()),
    };

    let account = opened.account(care.now());
    match opened.channel.follow_up(&account, &raw, &care.http).await {
        Ok(deliveries) => {
            accept::store(care, inbox, deliveries).await?;
            Ok(Outcome::Done)
        }
        Err(error) if error.is_retryable() && job.attempts < TRIES => {
            let pause = Duration::from_secs(2 << job.attempts.clamp(0, 10));
            let wait = error.wait().unwrap_or(pause).max(pause);
            Ok(Outcome::Later(care.now().after(wait)))
        }
        Err(error) => {
            warn!(error = %error, intake.id = %intake, "what a delivery points at cannot be fetched");
            Ok(Outcome::Done)
        }
    }
}
