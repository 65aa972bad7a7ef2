//! Holding replies when their turn comes: one that was overtaken by the answer, by the resolution or
//! by the time that it names does not leave.

use kulant_model::conversation::Status;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{AlertId, IdMaker, InboxId, MessageId};
use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;
use kulant_store::alerts::{self, Alert};
use kulant_store::conversations::{self as rows, Conversation};
use kulant_store::messages::{self, Delivery, Failure};
use kulant_store::{Tx, deliveries, promises};
use serde_json::json;

use super::{event, state_of};
use crate::error::CareError;
use crate::{SYSTEM, change, holding};

/// Why a holding reply did not leave whose time was over.
const CLASS: &str = "promise_over";

/// Returns whether a message may leave; one that promises what is over is kept back here. Its
/// conversation is locked.
pub(super) fn may_leave(
    tx: &mut Tx<'_>,
    id: MessageId,
    row: Option<&Conversation>,
    (ids, now): (&IdMaker, Timestamp),
) -> Result<bool, CareError> {
    let (Some(next_word_at), Some(row)) = (promises::find(tx, id)?, row) else {
        return Ok(true);
    };
    let mut row = row.clone();
    if row.status == Status::Resolved || promises::is_answered(tx, id)? {
        holding::promised::take_back(tx, &row, (SYSTEM, now))?;
    } else if next_word_at <= now {
        fail(tx, id, &row, (ids, now))?;
    } else {
        return Ok(true);
    }
    change::add_up(tx, &mut row)?;
    rows::save(tx, &[row])?;
    Ok(false)
}

fn fail(
    tx: &mut Tx<'_>,
    id: MessageId,
    row: &Conversation,
    (ids, now): (&IdMaker, Timestamp),
) -> Result<(), CareError> {
    let queued =
        messages::find(tx, id)?.filter(|message| state_of(message) == Some(DeliveryState::Queued));
    let Some((message, delivery)) =
        queued.and_then(|message| message.delivery.clone().map(|delivery| (message, delivery)))
    else {
        return Ok(());
    };
    let failed = Delivery {
        state: DeliveryState::Failed,
        next_attempt_at: None,
        failure: Some(Failure {
            class: CLASS.to_owned(),
            detail: String::new(),
        }),
        ..delivery
    };
    deliveries::save(tx, id, &failed)?;
    tx.append(
        event(EventKind::MessageFailed, now, &message, Some(row)).facts(json!({"class": CLASS})),
    );
    raise(tx, (message.inbox, id), row, (ids, now))
}

fn raise(
    tx: &mut Tx<'_>,
    (inbox, message): (InboxId, MessageId),
    row: &Conversation,
    (ids, now): (&IdMaker, Timestamp),
) -> Result<(), CareError> {
    let alert = Alert {
        id: AlertId(ids.next(now)),
        kind: "message_not_sent".to_owned(),
        key: format!("message:{message}"),
        inbox: Some(inbox),
        conversation: Some(row.id),
        message: Some(message),
        facts: json!({"class": CLASS}),
        raised_at: now,
    };
    if alerts::raise(tx, &alert)? {
        tx.append(
            NewEvent::new(EventKind::AlertRaised, now, SYSTEM)
                .inbox(inbox)
                .message(message)
                .facts(json!({"alert": alert.id})),
        );
    }
    Ok(())
}
