//! Hands queued messages to their network: the only way out. Marked *sending* before the network
//! hears of it; after a lost answer the network is asked before anything is sent again. What a
//! person decides about an answer under way is in `by_hand`, what a try needs in `loading`, what
//! became of it in `keeping`.

mod by_hand;
mod keeping;
mod loading;
mod locked_out;
mod lost;
mod promised;
mod room;

use std::sync::Arc;
use std::time::Duration;

use kulant_channels::outbound::{Receipt, SendError};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{InboxId, JobId, MessageId};
use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;
use kulant_store::conversations::{self as rows, Conversation};
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::messages::{self, Message};
use kulant_store::{Tx, alerts, deliveries};
use serde_json::json;

use crate::accounts::Opened;
use crate::change::Changing;
use crate::error::CareError;
use crate::jobs::Outcome;
use crate::{Care, SYSTEM, preferences, renewing};

pub use by_hand::{cancel, check, retry};
use keeping::{hold, keep_failure, keep_sent};
use loading::{Leaving, Prepared, prepare};
pub(crate) use loading::{addressed, recipient_of};
pub(crate) use locked_out::waits_for_account;
use locked_out::{BROKEN_PAUSE, takes_turn};
pub(crate) use room::Room;

/// The word for this work in the table of jobs.
pub(crate) const KIND: &str = "deliver";

/// The pauses between tries where the network was not reached, in seconds; then it has failed.
const PAUSES: [u64; 12] = [
    2, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800,
];
/// How long a message waits while the attachments of others fill the memory.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(500);
/// How long that goes on, where a channel has no more patience than usual.
const USUAL_PATIENCE: Duration = Duration::from_hours(24);
/// How long nothing is done about a message of which a part arrived: the network shows late what it has.
const PARTLY_PAUSE: Duration = Duration::from_mins(2);
/// How long one try may take.
const TIME: Duration = Duration::from_secs(60);

/// Does one delivery job.
pub(crate) async fn deliver(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(id) = job
        .payload
        .get("message")
        .and_then(|id| id.as_str())
        .and_then(|id| id.parse::<MessageId>().ok())
    else {
        return Ok(Outcome::Done);
    };
    let leaving = match prepare(care, id).await? {
        Prepared::Nothing => return Ok(Outcome::Done),
        Prepared::NoRoom => return Ok(Outcome::Afresh(care.now().after(NO_ROOM_PAUSE))),
        Prepared::LockedOut(until) => return Ok(Outcome::Afresh(until)),
        Prepared::Ready(leaving) => *leaving,
    };
    let state = leaving
        .message
        .delivery
        .as_ref()
        .map(|delivery| delivery.state);
    match state {
        Some(DeliveryState::Queued) => {
            // What may have left already waits for nothing: what is earlier may wait for it.
            if waits_for_earlier(care, &leaving.message).await? {
                return Ok(Outcome::Afresh(
                    care.now().after(Duration::from_millis(500)),
                ));
            }
            if let Some(until) = quiet_until(&leaving, care.now()) {
                hold(care, id, until).await?;
                return Ok(Outcome::Afresh(until));
            }
            if let Some(at) = takes_turn(care, &leaving.opened, id).await? {
                return Ok(Outcome::Afresh(at));
            }
            if is_refused(care, &leaving.message).await? {
                let refused = SendError::OptedOut("told before".to_owned());
                let failed = DeliveryState::Failed;
                keep_failure(care, leaving, failed, &refused, None).await?;
                return Ok(Outcome::Done);
            }
            if !mark_sending(care, id).await? {
                return Ok(Outcome::Done);
            }
            let sent = send(care, &leaving).await;
            settle(care, leaving, sent, false).await
        }
        // A process ended between the network's yes and our commit, or the answer was lost.
        Some(DeliveryState::Sending) => Box::pin(lost::look(care, job, leaving)).await,
        _ => Ok(Outcome::Done),
    }
}

/// Answers within one conversation leave in the order in which they were written.
async fn waits_for_earlier(care: &Care, message: &Message) -> Result<bool, CareError> {
    let Some(conversation) = message.conversation else {
        return Ok(false);
    };
    let (id, now) = (message.id, care.now());
    care.store
        .read(move |read| {
            deliveries::has_earlier_leaving(read, conversation, id, now).map_err(CareError::from)
        })
        .await
}

/// Returns whether the person wants nothing from us, also since it was written.
async fn is_refused(care: &Care, message: &Message) -> Result<bool, CareError> {
    let message = message.clone();
    care.store
        .read(move |read| preferences::is_refused(read, &message).map_err(CareError::from))
        .await
}

/// Marks a queued message as handed over; no if somebody took it back meanwhile.
async fn mark_sending(care: &Care, id: MessageId) -> Result<bool, CareError> {
    let (ids, now) = (care.ids(), care.now());
    care.store
        .write(move |tx| {
            let Some(message) = messages::find(tx, id)? else {
                return Ok(false);
            };
            // The conversation is locked first, as everybody does.
            let row = conversation_of(tx, &message)?;
            if !promised::may_leave(tx, id, row.as_ref(), (&ids, now))? {
                return Ok(false);
            }
            let marked = deliveries::mark_sending(tx, id, now)?;
            if marked {
                tx.append(event(
                    EventKind::MessageSending,
                    now,
                    &message,
                    row.as_ref(),
                ));
            }
            Ok(marked)
        })
        .await
}

async fn send(care: &Care, leaving: &Leaving) -> Result<Receipt, SendError> {
    let account = leaving.opened.account(care.now());
    let sending = leaving
        .opened
        .channel
        .send(&account, &leaving.outbound, &care.http);
    match tokio::time::timeout(TIME, sending).await {
        Ok(Ok(receipt)) => Ok(receipt),
        Ok(Err(error)) => Err(renewing::soften(care, &leaving.opened, error).await),
        Err(_) => Err(SendError::Uncertain("no answer within a minute".to_owned())),
    }
}

/// Returns whether the network of an inbox can be asked whether it has a message of ours.
pub(crate) fn can_look_up(opened: &Opened, now: Timestamp) -> bool {
    opened.channel.can_look_up(&opened.account(now))
}

/// Until when the network of a message asked us to send nothing, where that is not over.
fn quiet_until(leaving: &Leaving, now: Timestamp) -> Option<Timestamp> {
    leaving
        .opened
        .inbox
        .quiet_until
        .filter(|until| *until > now)
}

/// Decides what the network's answer means, and keeps it.
async fn settle(
    care: &Care,
    leaving: Leaving,
    answer: Result<Receipt, SendError>,
    looked_up: bool,
) -> Result<Outcome, CareError> {
    let now = care.now();
    let receipt = match answer {
        Ok(receipt) => receipt,
        Err(SendError::Duplicate { network_id }) => Receipt {
            pause: None,
            network_id: network_id.unwrap_or_default(),
            at: now,
            url: None,
        },
        Err(error @ SendError::Uncertain(_)) => {
            if !looked_up && can_look_up(&leaving.opened, now) {
                // Still marked as sending: the next try looks before it sends, and only the looking
                // is counted from here on.
                let at = now.after(lost::first_look(&leaving, now));
                keep_failure(care, leaving, DeliveryState::Sending, &error, Some(at)).await?;
                return Ok(Outcome::Afresh(at));
            }
            keep_failure(care, leaving, DeliveryState::Uncertain, &error, None).await?;
            return Ok(Outcome::Done);
        }
        Err(error) => return put_off_or_fail(care, leaving, &error).await,
    };
    // The network has it: the commit is repeated, never the sending.
    let leaving = Arc::new(leaving);
    let mut tries = 0;
    while let Err(error) = keep_sent(care, Arc::clone(&leaving), receipt.clone()).await {
        tries += 1;
        if tries == 5 {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(100 << tries)).await;
    }
    Ok(Outcome::Done)
}

async fn put_off_or_fail(
    care: &Care,
    leaving: Leaving,
    error: &SendError,
) -> Result<Outcome, CareError> {
    let attempts = leaving
        .message
        .delivery
        .as_ref()
        .map_or(0, |delivery| delivery.attempts);
    let wait = match error {
        error if error.stops_inbox() => Some(BROKEN_PAUSE),
        // A network that asks for less than our own pause would be asked without end.
        error if error.is_retryable() => (attempts < most_tries(leaving.opened.channel.patience()))
            .then(|| pause(attempts).max(error.wait().unwrap_or_default())),
        _ => None,
    };
    let Some(wait) = wait else {
        keep_failure(care, leaving, DeliveryState::Failed, error, None).await?;
        return Ok(Outcome::Done);
    };
    let wait = if error.is_partly() {
        wait.max(PARTLY_PAUSE)
    } else {
        wait
    };
    let at = care.now().after(wait);
    keep_failure(care, leaving, DeliveryState::Queued, error, Some(at)).await?;
    Ok(Outcome::Later(at))
}

/// How often something is tried within a time.
fn most_tries(patience: Duration) -> i64 {
    let more = patience.saturating_sub(USUAL_PATIENCE).as_secs() / PAUSES[PAUSES.len() - 1];
    PAUSES.len() as i64 + i64::try_from(more).unwrap_or_default()
}

/// Returns whether what the network said was a try of the message: a limit that is waited out as it
/// asks is none, so that nothing is dropped for a limit.
fn is_a_try(error: &SendError, attempts: i64) -> bool {
    !error.stops_inbox() && error.wait().is_none_or(|wait| wait < pause(attempts))
}

fn pause(attempts: i64) -> Duration {
    let index = usize::try_from(attempts).unwrap_or(0).min(PAUSES.len() - 1);
    Duration::from_secs(PAUSES[index])
}

/// Writes down that a message is to be handed to its network at a time.
pub(crate) fn enqueue(
    tx: &mut Tx<'_>,
    changing: &Changing,
    (id, inbox): (MessageId, InboxId),
    run_at: Timestamp,
) -> Result<(), CareError> {
    Ok(jobs::enqueue(
        tx,
        &NewJob {
            id: JobId(changing.next_id()),
            kind: KIND,
            key: Some(id.to_string()),
            inbox: Some(inbox),
            run_at,
            payload: json!({ "message": id }),
        },
    )?)
}

fn state_of(message: &Message) -> Option<DeliveryState> {
    message.delivery.as_ref().map(|delivery| delivery.state)
}

fn conversation_of(tx: &mut Tx<'_>, message: &Message) -> Result<Option<Conversation>, CareError> {
    let Some(conversation) = messages::find(tx, message.id)?.and_then(|row| row.conversation)
    else {
        // One of no conversation is locked itself.
        deliveries::lock(tx, message.id)?;
        return Ok(None);
    };
    Ok(rows::list_locked(tx, &[conversation])?.into_iter().next())
}

fn event(
    kind: EventKind,
    now: Timestamp,
    message: &Message,
    row: Option<&Conversation>,
) -> NewEvent {
    let event = NewEvent::new(kind, now, SYSTEM)
        .inbox(message.inbox)
        .message(message.id);
    match row {
        Some(row) => event.conversation(row.id).team(row.team).brand(row.brand),
        None => event,
    }
}

pub(crate) fn clear_alert(tx: &mut Tx<'_>, key: &str, now: Timestamp) -> Result<bool, CareError> {
    let cleared = alerts::clear(tx, key, now)?;
    if cleared {
        tx.append(NewEvent::new(EventKind::AlertCleared, now, SYSTEM));
    }
    Ok(cleared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_channel_is_tried_for_days() {
        assert_eq!(most_tries(USUAL_PATIENCE), 12);
        let days = |days: u64| most_tries(Duration::from_hours(24 * days));
        assert_eq!((days(0), days(5)), (12, 24));
        let all: u64 = (0..days(5)).map(|tries| pause(tries).as_secs()).sum();
        assert!(all >= 5 * 86_400 - 3_600, "{all}");
    }
}
