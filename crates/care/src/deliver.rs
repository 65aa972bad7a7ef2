//! Hands queued messages to their network: the only way out. Marked *sending* before the network
//! hears of it; after a lost answer the network is asked before anything is sent again. What a
//! person decides about an answer under way is in `by_hand`.

mod by_hand;
mod locked_out;
mod lost;
mod promised;
mod room;

use std::sync::Arc;
use std::time::Duration;

use kulant_channels::outbound::{Action, Outbound, OutboundAttachment, Receipt, SendError};
use kulant_model::conversation::{self, Status};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{AlertId, IdentityId, InboxId, JobId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Visibility};
use kulant_model::time::Timestamp;
use kulant_store::alerts::{self, Alert};
use kulant_store::conversations::{self as rows, Conversation};
use kulant_store::deliveries::Tries;
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::messages::{self, Delivery, Failure, Message};
use kulant_store::{Read, StoreError, Tx, contacts, deliveries, inboxes, promises};
use serde_json::json;

use crate::accounts::{self, Opened};
use crate::change::{self, Changing};
use crate::error::CareError;
use crate::health::{self, Source, Trouble};
use crate::intake::{self, world::Destination};
use crate::jobs::Outcome;
use crate::{Care, SYSTEM, holding, preferences, renewing};

pub use by_hand::{cancel, check, retry};
use locked_out::{BROKEN_PAUSE, is_locked_out, lets_in, takes_turn, waits_for_account};
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
/// How many of the messages before it a message names at most.
const REFERENCES: i64 = 50;
/// How long one try may take.
const TIME: Duration = Duration::from_secs(60);

/// Everything that one try needs.
struct Leaving {
    message: Message,
    outbound: Outbound,
    tries: Tries,
    opened: Opened,
    /// Held as long as its attachments stand in memory.
    _room: room::Taken,
}

/// What is there to be sent.
enum Prepared {
    /// It left already or was taken back.
    Nothing,
    /// Its attachments do not fit in memory beside those of others.
    NoRoom,
    /// Its account is locked out and was tried a moment ago.
    LockedOut(Timestamp),
    Ready(Box<Leaving>),
}

/// The rows behind one try.
struct Loaded {
    message: Message,
    /// What is said to the network, without the files.
    outbound: Outbound,
    tries: Tries,
    /// The files by their names.
    files: Vec<(String, messages::Attachment)>,
}

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

/// Loads what leaves, with its attachments if there is room for them.
async fn prepare(care: &Care, id: MessageId) -> Result<Prepared, CareError> {
    let loaded: Option<Loaded> = care.store.read(move |read| load(read, id)).await?;
    let Some(loaded) = loaded else {
        return Ok(Prepared::Nothing);
    };
    let Loaded {
        message,
        mut outbound,
        tries,
        files,
    } = loaded;
    let Some(opened) = accounts::find(care, message.inbox).await? else {
        return Ok(Prepared::Nothing);
    };
    if state_of(&message) == Some(DeliveryState::Queued)
        && let Some(until) = waits_for_account(&opened, id, care.now())
    {
        return Ok(Prepared::LockedOut(until));
    }
    let bytes = files.iter().filter_map(|(_, file)| file.size).sum::<i64>();
    let Some(room) = care.room.take(bytes.unsigned_abs()) else {
        return Ok(Prepared::NoRoom);
    };
    if let Action::Reply { attachments, .. } = &mut outbound.action {
        for (name, file) in files {
            let bytes = match care.files.read(&name).await {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    let lost = SendError::Bug("the file of an attachment is gone".to_owned());
                    let leaving = Leaving {
                        message,
                        outbound,
                        tries,
                        opened,
                        _room: room,
                    };
                    keep_failure(care, leaving, DeliveryState::Failed, &lost, None).await?;
                    return Ok(Prepared::Nothing);
                }
                Err(error) => {
                    return Err(CareError::Unavailable(format!(
                        "an attachment cannot be read: {error}"
                    )));
                }
            };
            attachments.push(OutboundAttachment {
                name: file.name,
                media_type: file.media_type,
                bytes,
                alt: file.alt,
            });
        }
    }
    Ok(Prepared::Ready(Box::new(Leaving {
        message,
        outbound,
        tries,
        opened,
        _room: room,
    })))
}

fn load(read: &mut Read<'_>, id: MessageId) -> Result<Option<Loaded>, CareError> {
    let Some(message) = messages::find(read, id)? else {
        return Ok(None);
    };
    let due = message.direction == Direction::Out
        && message.deleted_at.is_none()
        && message.delivery.as_ref().is_some_and(|delivery| {
            matches!(
                delivery.state,
                DeliveryState::Queued | DeliveryState::Sending
            )
        });
    if !due {
        return Ok(None);
    }
    let parent = match message.parent {
        Some(parent) => messages::find(read, parent)?,
        None => None,
    };
    let files = messages::list_attachments(read, &[id])?
        .into_iter()
        .filter_map(|file| Some((file.file_name.clone()?, file)))
        .collect();
    let body = message.body.clone();
    let tries = deliveries::find_tries(read, id)?;
    let outbound = Outbound {
        first_tried_at: tries.first_at,
        action: Action::Reply {
            body,
            attachments: Vec::new(),
        },
        ..addressed(read, &message, parent.as_ref())?
    };
    Ok(Some(Loaded {
        message,
        outbound,
        tries,
        files,
    }))
}

/// Says of a message where it goes at its network and what it answers; what is to be done there is
/// for the caller to say.
pub(crate) fn addressed(
    read: &mut Read<'_>,
    message: &Message,
    parent: Option<&Message>,
) -> Result<Outbound, CareError> {
    let recipient = match recipient_of(read, message, parent)? {
        Some(identity) => contacts::find_identity(read, identity)?,
        None => None,
    };
    let (recipient, recipient_handle) = match recipient {
        Some(identity) => (Some(identity.network_id), identity.handle),
        None => (None, None),
    };
    let subject = match message.conversation {
        Some(conversation) => deliveries::find_title(read, conversation)?,
        None => None,
    };
    Ok(Outbound {
        message_id: message.id.to_string(),
        visibility: message.visibility,
        in_reply_to: parent.and_then(|parent| parent.network_id.clone()),
        references: deliveries::list_said_before(read, message, REFERENCES)?,
        first_tried_at: None,
        // Ours without anybody who wrote it: a machine did.
        automatic: message.direction == Direction::Out && message.agent.is_none(),
        subject,
        thread: message.thread.clone(),
        recipient,
        recipient_handle,
        hand_over: message.visibility == Visibility::Private
            && message.thread.is_none()
            && parent.is_some_and(|parent| parent.visibility == Visibility::Public),
        signature: message.signature.clone(),
        template: message
            .template
            .as_deref()
            .and_then(|template| serde_json::from_str(template).ok()),
        action: Action::Delete {
            network_id: String::new(),
        },
    })
}

/// Who a message is from or goes to: its author where that is not us, who said what it answers, else
/// in private the party.
pub(crate) fn recipient_of(
    read: &mut Read<'_>,
    message: &Message,
    parent: Option<&Message>,
) -> Result<Option<IdentityId>, StoreError> {
    let spoken_to = parent.and_then(|parent| parent.identity);
    if let Some(identity) = message.identity.or(spoken_to) {
        return Ok(Some(identity));
    }
    Ok(match message.conversation {
        Some(conversation) if message.visibility == Visibility::Private => {
            rows::find(read, conversation)?.and_then(|row| row.identity)
        }
        _ => None,
    })
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

/// Keeps a message queued that its network does not want yet, and tells when it leaves.
async fn hold(care: &Care, id: MessageId, until: Timestamp) -> Result<(), CareError> {
    let now = care.now();
    care.store
        .write(move |tx| {
            let Some(message) = messages::find(tx, id)? else {
                return Ok(());
            };
            let row = conversation_of(tx, &message)?;
            // Read again under the lock.
            let Some(message) = messages::find(tx, id)? else {
                return Ok(());
            };
            let queued = message
                .delivery
                .clone()
                .filter(|delivery| delivery.state == DeliveryState::Queued);
            let Some(delivery) = queued.filter(|delivery| delivery.next_attempt_at != Some(until))
            else {
                return Ok(());
            };
            let class = "retry_after";
            let delivery = Delivery {
                next_attempt_at: Some(until),
                failure: Some(Failure {
                    class: class.to_owned(),
                    detail: String::new(),
                }),
                ..delivery
            };
            deliveries::save(tx, id, &delivery)?;
            tx.append(
                event(EventKind::MessageQueued, now, &message, row.as_ref())
                    .facts(json!({"class": class, "next_attempt_at": until})),
            );
            Ok(())
        })
        .await
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

async fn keep_sent(care: &Care, leaving: Arc<Leaving>, receipt: Receipt) -> Result<(), CareError> {
    let (ids, now) = (care.ids(), care.now());
    let destination = Destination::of(&leaving.opened);
    care.store
        .write(move |tx| {
            let id = leaving.message.id;
            // The conversation is locked first, as everybody does.
            conversation_of(tx, &leaving.message)?;
            let mut network_id = Some(receipt.network_id.as_str()).filter(|id| !id.is_empty());
            if let Some(named) = network_id
                && !intake::adopt_network_id(tx, &ids, &destination, id, named, now)?
            {
                network_id = None;
            }
            let sent_at = receipt.at.min(now).max(leaving.message.stored_at);
            deliveries::confirm_sent(tx, id, network_id, receipt.url.as_deref(), sent_at)?;
            if let Some(pause) = receipt.pause {
                inboxes::keep_quiet(tx, leaving.message.inbox, now.after(pause))?;
            }
            let row = conversation_of(tx, &leaving.message)?;
            tx.append(event(
                EventKind::MessageSent,
                now,
                &leaving.message,
                row.as_ref(),
            ));
            if let Some(mut row) = row {
                if promises::find(tx, id)?.is_none() {
                    // The answer is there: nobody is told any more that it will come.
                    holding::promised::take_back(tx, &row, (SYSTEM, now))?;
                }
                change::add_up(tx, &mut row)?;
                if row.waiting_since.is_none() {
                    row.status = conversation::status_after_reply(row.status);
                }
                rows::save(tx, &[row])?;
            }
            clear_alert(tx, &format!("message:{id}"), now)?;
            if !leaving.opened.inbox.trouble.is_null() {
                health::note(tx, (destination.inbox, Source::Sending), None, (&ids, now))?;
            }
            Ok(())
        })
        .await
}

/// Keeps why a message has not arrived yet, or not for certain, and when it is tried or looked for
/// again: *sending* stands for one whose answer was lost.
async fn keep_failure(
    care: &Care,
    leaving: Leaving,
    state: DeliveryState,
    error: &SendError,
    next: Option<Timestamp>,
) -> Result<(), CareError> {
    let (ids, now) = (care.ids(), care.now());
    let (class, detail) = (error.class().to_owned(), error.detail().to_owned());
    let broken = error.stops_inbox();
    let trouble = broken.then(|| Trouble::of(error));
    let quiet_until = next.filter(|_| error.wait().is_some());
    let is_let_in = is_locked_out(&leaving.opened) && lets_in(error);
    let is_try = {
        let error = error.clone();
        move |attempts| is_a_try(&error, attempts)
    };
    // The network refused a first try as a whole, or was not reached: nothing of it is there.
    let arrived_in_no_part = leaving.tries.first_at.is_none()
        && !error.is_partly()
        && matches!(state, DeliveryState::Queued | DeliveryState::Failed);
    crate::measures::count_failure(&class);
    care.store
        .write(move |tx| {
            let message = &leaving.message;
            let row = conversation_of(tx, message)?;
            if is_let_in {
                // The network accepts the account again, whatever it said to this message.
                health::note(tx, (message.inbox, Source::Sending), None, (&ids, now))?;
            }
            let there = messages::find(tx, message.id)?;
            let still = there.as_ref().is_some_and(|there| {
                there.deleted_at.is_none()
                    && matches!(
                        state_of(there),
                        Some(DeliveryState::Sending | DeliveryState::Queued)
                    )
            });
            if !still {
                // Confirmed by its own echo, erased or taken back meanwhile.
                return Ok(());
            }
            if arrived_in_no_part {
                deliveries::save_tries(tx, message.id, Tries::default())?;
            }
            let before = message.delivery.clone();
            let attempts = before.as_ref().map_or(0, |before| before.attempts);
            let delivery = Delivery {
                state,
                send_at: before.as_ref().and_then(|before| before.send_at),
                sent_at: None,
                // Neither looking for it nor a locked account is a try of the message.
                attempts: attempts + i64::from(state != DeliveryState::Sending && is_try(attempts)),
                next_attempt_at: next,
                failure: Some(Failure {
                    class: class.clone(),
                    detail: detail.clone(),
                }),
            };
            deliveries::save(tx, message.id, &delivery)?;
            preferences::keep_refusal(tx, message, &class, now)?;
            let kind = match state {
                DeliveryState::Sending => EventKind::MessageSending,
                DeliveryState::Uncertain => EventKind::MessageUncertain,
                DeliveryState::Failed => EventKind::MessageFailed,
                _ => EventKind::MessageQueued,
            };
            tx.append(
                event(kind, now, message, row.as_ref())
                    .facts(json!({"class": class, "next_attempt_at": next})),
            );
            if let Some(mut row) = row
                && state == DeliveryState::Failed
            {
                change::add_up(tx, &mut row)?;
                if row.waiting_since.is_some() && row.status == Status::Waiting {
                    row.status = Status::Open;
                }
                rows::save(tx, &[row])?;
            }
            let alert = Alert {
                id: AlertId(ids.next(now)),
                kind: if broken {
                    "inbox_broken"
                } else {
                    "message_not_sent"
                }
                .to_owned(),
                key: if broken {
                    format!("inbox:{}", message.inbox)
                } else {
                    format!("message:{}", message.id)
                },
                inbox: Some(message.inbox),
                conversation: message.conversation,
                message: Some(message.id),
                facts: json!({"class": class}),
                raised_at: now,
            };
            if (broken || next.is_none()) && alerts::raise(tx, &alert)? {
                tx.append(
                    event(EventKind::AlertRaised, now, message, None)
                        .facts(json!({"alert": alert.id})),
                );
            }
            if let Some(until) = quiet_until {
                inboxes::keep_quiet(tx, message.inbox, until)?;
            }
            if trouble.is_some() {
                inboxes::knock(tx, message.inbox, now, now)?;
                let seen = (message.inbox, Source::Sending);
                health::note(tx, seen, trouble.as_ref(), (&ids, now))?;
            }
            Ok::<_, CareError>(())
        })
        .await
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
