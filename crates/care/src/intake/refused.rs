//! What the network says later of messages that we took as sent: they did not arrive after all.

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AlertId, MessageId};
use kulant_model::message::DeliveryState;
use kulant_store::alerts::{self, Alert};
use kulant_store::messages::{self, Delivery, Failure};
use kulant_store::{StoreError, Tx, deliveries};
use serde_json::json;

use super::world::World;
use crate::preferences;

/// Keeps that messages did not arrive, with an alert for each; returns those that count as failed
/// from now on.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    world: &World<'_>,
    actor: ActorId,
) -> Result<Vec<MessageId>, StoreError> {
    let mut failed = Vec::new();
    for refused in &world.refused {
        let Some(message) = messages::find(tx, refused.message)? else {
            continue;
        };
        // One that was taken back, or that failed before, is not news.
        let delivery = message.delivery.clone().filter(|delivery| {
            matches!(
                delivery.state,
                DeliveryState::Sent | DeliveryState::Sending | DeliveryState::Uncertain
            )
        });
        let Some(delivery) = delivery.filter(|_| message.deleted_at.is_none()) else {
            continue;
        };
        let delivery = Delivery {
            state: DeliveryState::Failed,
            sent_at: None,
            next_attempt_at: None,
            failure: Some(Failure {
                class: refused.class.clone(),
                detail: refused.detail.clone(),
            }),
            ..delivery
        };
        deliveries::save(tx, message.id, &delivery)?;
        preferences::keep_refusal(tx, &message, &refused.class, world.now)?;
        failed.push(message.id);
        let alert = Alert {
            id: AlertId(world.next_id()),
            kind: "message_not_sent".to_owned(),
            key: format!("message:{}", message.id),
            inbox: Some(message.inbox),
            conversation: message.conversation,
            message: Some(message.id),
            facts: json!({"class": refused.class}),
            raised_at: world.now,
        };
        if alerts::raise(tx, &alert)? {
            tx.append(
                NewEvent::new(EventKind::AlertRaised, world.now, actor)
                    .inbox(message.inbox)
                    .message(message.id)
                    .facts(json!({"alert": alert.id})),
            );
        }
    }
    Ok(failed)
}
