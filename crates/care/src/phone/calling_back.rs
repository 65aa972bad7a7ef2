//! Promises to call back: kept with the call itself, so that none is lost where the call is taken in
//! only later.

use std::time::Duration;

use kulant_model::conversation::Status;
use kulant_model::ids::{ActorId, InboxId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::{StoreError, Tx, conversations as rows, messages};
use serde_json::json;

use crate::change::Changing;
use crate::conversations::apply_status;
use crate::error::CareError;
use crate::jobs::Outcome;
use crate::{Care, access};

/// The word for this work in the table of jobs.
pub(crate) const KIND: &str = "call_back";

/// How long whoever wrote the call down has to see to it.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often one looks whether the call has been taken in.
const TRIES: i64 = 20;

/// A promise to call back.
#[derive(Debug, Clone)]
pub(super) struct Promised {
    pub inbox: InboxId,
    /// The id of the call.
    pub call: String,
    pub at: Timestamp,
    /// Who promised it.
    pub by: ActorId,
}

impl Promised {
    /// Writes it down beside the call.
    pub(super) fn enqueue(
        &self,
        tx: &mut Tx<'_>,
        id: JobId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let payload = json!({"inbox": self.inbox, "call": self.call, "at": self.at, "by": self.by});
        jobs::enqueue_once(
            tx,
            &NewJob {
                id,
                kind: KIND,
                key: Some(self.call.clone()),
                inbox: None,
                run_at: now.after(PATIENCE),
                payload,
            },
        )
    }

    fn read(job: &Job) -> Option<Self> {
        let word = |name: &str| job.payload.get(name)?.as_str();
        Some(Self {
            inbox: word("inbox")?.parse().ok()?,
            call: word("call")?.to_owned(),
            at: word("at")?.parse().ok()?,
            by: word("by")?.parse().ok()?,
        })
    }
}

/// Sees to a promise whose call was taken in only later.
pub(crate) async fn call_back(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(promised) = Promised::read(job) else {
        return Ok(Outcome::Done);
    };
    let is_kept = keep(care, promised).await?;
    if is_kept || job.attempts >= TRIES {
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Later(care.now().after(PATIENCE)))
}

/// Lets the conversation of a call sleep until we call back, wherever it is now; it comes back on top
/// of its queue. Done once; no while the call is not taken in.
pub(super) async fn keep(care: &Care, promised: Promised) -> Result<bool, CareError> {
    let mut changing = Changing::new(care, &access::operator());
    changing.person.actor = promised.by;
    care.store
        .write(move |tx| {
            if !jobs::exists(tx, KIND, &promised.call)? {
                return Ok(true);
            }
            let known = messages::list_known(tx, promised.inbox, &[&promised.call])?;
            let Some(conversation) = known.first().and_then(|known| known.conversation) else {
                return Ok(false);
            };
            for mut row in rows::list_locked(tx, &[conversation])? {
                apply_status(tx, &mut row, &changing, Status::Snoozed, Some(promised.at))?;
                rows::save(tx, &[row])?;
            }
            jobs::cancel(tx, KIND, &promised.call)?;
            Ok(true)
        })
        .await
}
