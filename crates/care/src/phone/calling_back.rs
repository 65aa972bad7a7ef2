//! Promises to call back: kept with the call itself, so that none is lost where the call is taken in
//! only later; where that is too late, a person is told.

use std::time::Duration;

use kulant_channels::phone;
use kulant_model::conversation::Status;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AlertId, ConversationId, InboxId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::alerts::{self, Alert};
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::{Read, StoreError, Tx, conversations as rows, intakes, messages};
use serde_json::json;

use crate::change::Changing;
use crate::conversations::apply_status;
use crate::deliver::clear_alert;
use crate::error::CareError;
use crate::jobs::Outcome;
use crate::{Care, SYSTEM, access};

/// The word for this work in the table of jobs.
pub(crate) const KIND: &str = "call_back";

/// How long whoever wrote the call down has to see to it.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often one looks so soon whether the call has been taken in, and how often after that.
const TRIES: i64 = 20;
const SELDOM: Duration = Duration::from_mins(5);

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

/// Sees to a promise whose call was taken in only later. Where its time comes before the call does,
/// a person is called, and it goes on until the call is here or somebody discarded it.
pub(crate) async fn call_back(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(promised) = Promised::read(job) else {
        return Ok(Outcome::Done);
    };
    let at = promised.at;
    if keep(care, promised.clone()).await? {
        return Ok(Outcome::Done);
    }
    let now = care.now();
    if at <= now && !call_somebody(care, promised).await? {
        return Ok(Outcome::Done);
    }
    let pause = if job.attempts < TRIES {
        PATIENCE
    } else {
        SELDOM
    };
    let next = now.after(pause);
    Ok(Outcome::Later(if at > now { next.min(at) } else { next }))
}

/// Tells that a call is to be returned that is not here yet; no where it will not come any more.
async fn call_somebody(care: &Care, promised: Promised) -> Result<bool, CareError> {
    let (ids, now) = (care.ids(), care.now());
    care.store
        .write(move |tx| {
            let (inbox, call) = (promised.inbox, promised.call.as_str());
            if placed(tx, &promised)?.is_some() {
                // Taken in at this very moment.
                return Ok(true);
            }
            if !intakes::is_unsettled(tx, inbox, (phone::KIND, call))? {
                // Discarded, or erased with whoever called.
                clear_alert(tx, &alert_key(call), now)?;
                return Ok(false);
            }
            let alert = Alert {
                id: AlertId(ids.next(now)),
                kind: "call_back_due".to_owned(),
                key: alert_key(call),
                inbox: Some(inbox),
                conversation: None,
                message: None,
                facts: json!({"call_back_at": promised.at}),
                raised_at: now,
            };
            if alerts::raise(tx, &alert)? {
                tx.append(
                    NewEvent::new(EventKind::AlertRaised, now, SYSTEM)
                        .inbox(inbox)
                        .facts(json!({"alert": alert.id})),
                );
            }
            Ok(true)
        })
        .await
}

/// Finds the conversation that a call stands in by now.
fn placed(read: &mut Read<'_>, promised: &Promised) -> Result<Option<ConversationId>, StoreError> {
    let known = messages::list_known(read, promised.inbox, &[&promised.call])?;
    Ok(known.first().and_then(|known| known.conversation))
}

fn alert_key(call: &str) -> String {
    format!("call_back:{call}")
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
            let Some(conversation) = placed(tx, &promised)? else {
                return Ok(false);
            };
            for mut row in rows::list_locked(tx, &[conversation])? {
                apply_status(tx, &mut row, &changing, Status::Snoozed, Some(promised.at))?;
                rows::save(tx, &[row])?;
            }
            jobs::cancel(tx, KIND, &promised.call)?;
            clear_alert(tx, &alert_key(&promised.call), changing.now)?;
            Ok(true)
        })
        .await
}
