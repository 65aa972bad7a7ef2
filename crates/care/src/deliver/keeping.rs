//! Keeps what became of one try: held back, sent, or why not; each with its event, and with what a
//! person is called for.

use std::sync::Arc;

use kulant_channels::outbound::{Receipt, SendError};
use kulant_model::conversation::{self, Status};
use kulant_model::event::EventKind;
use kulant_model::ids::{AlertId, MessageId};
use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;
use kulant_store::alerts::{self, Alert};
use kulant_store::deliveries::Tries;
use kulant_store::messages::{self, Delivery, Failure};
use kulant_store::{conversations as rows, deliveries, inboxes, promises};
use serde_json::json;

use super::loading::Leaving;
use super::locked_out::{is_locked_out, lets_in};
use super::{clear_alert, conversation_of, event, is_a_try, state_of};
use crate::error::CareError;
use crate::health::{self, Source, Trouble};
use crate::intake::{self, world::Destination};
use crate::{Care, SYSTEM, change, holding, preferences};

/// Keeps a message queued that its network does not want yet, and tells when it leaves.
pub(super) async fn hold(care: &Care, id: MessageId, until: Timestamp) -> Result<(), CareError> {
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

pub(super) async fn keep_sent(
    care: &Care,
    leaving: Arc<Leaving>,
    receipt: Receipt,
) -> Result<(), CareError> {
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
pub(super) async fn keep_failure(
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
    let is_let_in = is_locked_out(&leaving.opened.inbox) && lets_in(error);
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
