//! What a person decides about an answer under way: taken back, sent again, looked for.

use kulant_model::conversation::Status;
use kulant_model::event::EventKind;
use kulant_model::ids::MessageId;
use kulant_model::message::{DeliveryState, Direction};
use kulant_model::refusal::Refusal;
use kulant_model::role::Person;
use kulant_store::conversations::{self as rows, Conversation};
use kulant_store::deliveries::Tries;
use kulant_store::messages::{self, Delivery, Message};
use kulant_store::{Tx, deliveries, jobs, promises};

use super::{KIND, can_look_up, clear_alert, enqueue, state_of};
use crate::change::{self, Changing};
use crate::error::CareError;
use crate::{Care, accounts};

/// Takes a message back before it leaves, or one that has not arrived and is not to be sent again;
/// the desk gives the words back to the composer.
pub async fn cancel(care: &Care, person: &Person, id: MessageId) -> Result<(), CareError> {
    change_delivery(care, person, id, |tx, message, mut row, changing| {
        let stays = matches!(
            state_of(message),
            Some(DeliveryState::Queued | DeliveryState::Failed | DeliveryState::Uncertain)
        );
        if !stays {
            return Err(Refusal::new("message_has_left").into());
        }
        let delivery = Delivery {
            state: DeliveryState::Cancelled,
            next_attempt_at: None,
            ..delivery_of(message)
        };
        deliveries::save(tx, message.id, &delivery)?;
        jobs::cancel(tx, KIND, &message.id.to_string())?;
        clear_alert(tx, &format!("message:{}", message.id), changing.now)?;
        if let Some(row) = row.as_deref_mut() {
            change::add_up(tx, row)?;
            if row.waiting_since.is_some() && row.status == Status::Waiting {
                row.status = Status::Open;
            }
        }
        tx.append(changing.event_of(EventKind::MessageCancelled, message, row.as_deref()));
        Ok(())
    })
    .await
}

/// Sends a failed message again, or one whose fate nobody knows: a person decided so.
pub async fn retry(care: &Care, person: &Person, id: MessageId) -> Result<(), CareError> {
    change_delivery(care, person, id, |tx, message, mut row, changing| {
        let again = matches!(
            state_of(message),
            Some(DeliveryState::Failed | DeliveryState::Uncertain | DeliveryState::Queued)
        );
        if !again {
            return Err(Refusal::new("message_needs_no_retry").into());
        }
        let delivery = Delivery {
            state: DeliveryState::Queued,
            attempts: 0,
            next_attempt_at: Some(changing.now),
            failure: None,
            ..delivery_of(message)
        };
        deliveries::save(tx, message.id, &delivery)?;
        begin_anew(tx, message.id)?;
        if state_of(message) == Some(DeliveryState::Queued) {
            jobs::hurry(tx, KIND, &message.id.to_string(), changing.now)?;
        } else {
            enqueue(tx, changing, (message.id, message.inbox), changing.now)?;
        }
        if let (Some(row), Some(_)) = (row.as_deref_mut(), promises::find(tx, message.id)?) {
            row.next_word_at = promises::find_standing(tx, row.id)?;
        }
        tx.append(changing.event_of(EventKind::MessageQueued, message, row.as_deref()));
        Ok(())
    })
    .await
}

/// Looks for a message of uncertain fate at the network, where the network can be asked.
pub async fn check(care: &Care, person: &Person, id: MessageId) -> Result<(), CareError> {
    let message: Option<Message> = care
        .store
        .read(move |read| messages::find(read, id).map_err(CareError::from))
        .await?;
    let message = message.ok_or(CareError::NotFound)?;
    let can_ask = accounts::find(care, message.inbox)
        .await?
        .is_some_and(|opened| can_look_up(&opened, care.now()));
    change_delivery(care, person, id, move |tx, message, row, changing| {
        if state_of(message) != Some(DeliveryState::Uncertain) {
            return Err(Refusal::new("message_is_not_uncertain").into());
        }
        if !can_ask {
            return Err(Refusal::new("network_cannot_be_asked").into());
        }
        let delivery = Delivery {
            state: DeliveryState::Sending,
            failure: None,
            ..delivery_of(message)
        };
        deliveries::save(tx, message.id, &delivery)?;
        let tries = deliveries::find_tries(tx, message.id)?;
        deliveries::save_tries(tx, message.id, Tries { looks: 0, ..tries })?;
        enqueue(tx, changing, (message.id, message.inbox), changing.now)?;
        tx.append(changing.event_of(EventKind::MessageSending, message, row.as_deref()));
        Ok(())
    })
    .await
}

/// Lets a message be looked for and sent again as often as a new one; since when it may have arrived
/// stays as it is.
fn begin_anew(tx: &mut Tx<'_>, id: MessageId) -> Result<(), CareError> {
    let tries = Tries {
        first_at: deliveries::find_tries(tx, id)?.first_at,
        ..Tries::default()
    };
    Ok(deliveries::save_tries(tx, id, tries)?)
}

async fn change_delivery<F>(
    care: &Care,
    person: &Person,
    id: MessageId,
    work: F,
) -> Result<(), CareError>
where
    F: FnOnce(&mut Tx<'_>, &Message, Option<&mut Conversation>, &Changing) -> Result<(), CareError>
        + Send
        + 'static,
{
    change::require_words(person)?;
    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let found = messages::find(tx, id)?.ok_or(CareError::NotFound)?;
            let mut row = change::load_of(tx, &changing.person, &found)?;
            // Read again under the lock of the conversation, or of the message itself.
            let message = messages::find(tx, id)?
                .filter(|message| message.direction == Direction::Out && message.delivery.is_some())
                // One that was taken back or erased has no words left to send.
                .filter(|message| message.deleted_at.is_none())
                .ok_or(CareError::NotFound)?;
            work(tx, &message, row.as_mut(), &changing)?;
            Ok(rows::save(tx, &Vec::from_iter(row))?)
        })
        .await
}

fn delivery_of(message: &Message) -> Delivery {
    message.delivery.clone().unwrap_or(Delivery {
        state: DeliveryState::Queued,
        send_at: None,
        sent_at: None,
        attempts: 0,
        next_attempt_at: None,
        failure: None,
    })
}
