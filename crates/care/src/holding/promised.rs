//! What becomes of holding replies that have not left: once there is a real answer, or nothing to
//! answer any more, nobody is told that more will be said.

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::ActorId;
use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;
use kulant_store::conversations::Conversation;
use kulant_store::messages::{self, Delivery};
use kulant_store::{Tx, deliveries, jobs, promises};

use crate::deliver;
use crate::error::CareError;

/// Takes back the holding replies of a conversation that still wait; returns whether there were any.
/// What the conversation adds up to, its promise included, is for the caller to add up again.
pub(crate) fn take_back(
    tx: &mut Tx<'_>,
    row: &Conversation,
    (actor, now): (ActorId, Timestamp),
) -> Result<bool, CareError> {
    let queued = promises::list_queued(tx, row.id)?;
    for id in &queued {
        let Some(message) = messages::find(tx, *id)? else {
            continue;
        };
        let Some(delivery) = message.delivery else {
            continue;
        };
        let cancelled = Delivery {
            state: DeliveryState::Cancelled,
            next_attempt_at: None,
            ..delivery
        };
        deliveries::save(tx, *id, &cancelled)?;
        jobs::cancel(tx, deliver::KIND, &id.to_string())?;
        tx.append(
            NewEvent::new(EventKind::MessageCancelled, now, actor)
                .conversation(row.id)
                .inbox(message.inbox)
                .brand(row.brand)
                .team(row.team)
                .message(*id),
        );
    }
    Ok(!queued.is_empty())
}
