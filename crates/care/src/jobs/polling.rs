//! Asks networks for news: those that do not tell by themselves at their own pace, and those that do
//! every while all the same, so that no gap stays.

use std::time::Duration;

use kulant_channels::capability::IntakeWay;
use kulant_channels::outbound::SendError;
use kulant_model::ids::{InboxId, JobId};
use kulant_store::inboxes::{self, Inbox};
use kulant_store::jobs::{Job, NewJob};
use serde_json::json;

use super::{Outcome, listening};
use crate::accounts::Opened;
use crate::error::CareError;
use crate::health::{self, Source, Trouble};
use crate::{Care, accept, renewing};

pub(super) const KIND: &str = "poll";

/// How often a network is asked that tells by itself.
const FOR_GAPS: Duration = Duration::from_mins(1);
/// How often a network is asked to which a connection is held.
const BESIDE_LISTENING: Duration = Duration::from_mins(5);
/// How long one look may take; after that another process may begin.
const TIME: Duration = Duration::from_secs(140);
/// The most deliveries that are stored by one commit.
const PORTION: usize = 200;

/// Returns the job that asks the network of an inbox, where it is to be asked.
pub(super) fn job_for(care: &Care, inbox: &Inbox) -> Option<NewJob> {
    let capabilities = kulant_channels::find(&inbox.channel)?.capabilities();
    let is_asked = capabilities.fills_gaps
        || matches!(capabilities.intake, IntakeWay::Poll | IntakeWay::Listen);
    if !is_asked || health::is_stopped(&inbox.trouble) {
        return None;
    }
    // A connection that is held looks at once by itself.
    let wait = match capabilities.intake {
        IntakeWay::Listen => FOR_GAPS,
        _ => Duration::ZERO,
    };
    Some(NewJob {
        id: JobId(care.id()),
        kind: KIND,
        key: Some(inbox.id.to_string()),
        inbox: None,
        run_at: care.now().after(wait),
        payload: json!({ "inbox": inbox.id }),
    })
}

/// Polls one inbox once.
pub(super) async fn poll(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(opened) = super::inbox_of(care, job).await? else {
        return Ok(Outcome::Done);
    };
    let id = opened.inbox.id;
    let account = opened.account(care.now());
    let cursor = opened.inbox.poll_cursor.clone();
    let asking = opened.channel.poll(&account, cursor.as_deref(), &care.http);
    let asked = tokio::time::timeout(TIME, asking)
        .await
        .unwrap_or_else(|_| Err(SendError::RetryBackoff("no answer in time".to_owned())));
    let asked = match asked {
        Ok(mut polled) => {
            if let Some(trouble) = polled.trouble.take() {
                let softened = renewing::soften(care, &opened, trouble.clone()).await;
                if softened != trouble {
                    polled.next_in = softened.wait();
                }
                polled.trouble = Some(softened);
            }
            Ok(polled)
        }
        Err(error) => Err(renewing::soften(care, &opened, error).await),
    };
    match asked {
        Ok(polled) => {
            let mut deliveries = polled.deliveries.into_iter().peekable();
            while deliveries.peek().is_some() {
                let portion = deliveries.by_ref().take(PORTION).collect();
                accept::store(care, id, portion).await?;
            }
            let seen = trouble_of(polled.trouble.as_ref(), polled.next_in.is_none());
            keep(care, id, (Some(polled.cursor), seen)).await?;
            Ok(match polled.next_in {
                Some(wait) => Outcome::Afresh(care.now().after(pace(care, &opened, wait))),
                None => Outcome::Done,
            })
        }
        Err(error) => {
            keep(care, id, (None, trouble_of(Some(&error), false))).await?;
            let pause = Duration::from_secs(60 << (job.attempts - 1).clamp(0, 6));
            let wait = error.wait().unwrap_or(pause);
            Ok(Outcome::Later(care.now().after(wait)))
        }
    }
}

/// How long until the next question; a network to which a connection is held needs fewer.
fn pace(care: &Care, opened: &Opened, wait: Duration) -> Duration {
    if listening::is_heard(care, opened) {
        wait.max(BESIDE_LISTENING)
    } else {
        wait
    }
}

/// Returns what is wrong, where something is; a network that asked to stop is not asked again.
pub(super) fn trouble_of(error: Option<&SendError>, stopped: bool) -> Option<Trouble> {
    let trouble = error.map(Trouble::of);
    if stopped {
        let silent = SendError::Forbidden("the network asked to stop".to_owned());
        Some(trouble.unwrap_or_else(|| Trouble::of(&silent)).stopping())
    } else {
        trouble
    }
}

/// Keeps the cursor and how the inbox is.
pub(super) async fn keep(
    care: &Care,
    id: InboxId,
    (cursor, seen): (Option<String>, Option<Trouble>),
) -> Result<(), CareError> {
    let (ids, now) = (care.ids(), care.now());
    care.store
        .write(move |tx| {
            if let Some(cursor) = cursor {
                inboxes::save_cursor(tx, id, &cursor, now)?;
            }
            health::note(tx, (id, Source::Asking), seen.as_ref(), (&ids, now))
        })
        .await
}
