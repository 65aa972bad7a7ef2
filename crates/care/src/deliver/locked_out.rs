//! Accounts that their network no longer accepts: everything of an inbox waits, and one message finds
//! out now and then whether it still must.

use std::time::Duration;

use kulant_channels::outbound::SendError;
use kulant_model::ids::MessageId;
use kulant_model::time::Timestamp;
use kulant_store::inboxes::{self, Inbox};

use crate::Care;
use crate::accounts::Opened;
use crate::error::CareError;
use crate::health;

/// How long messages wait before one of them tries.
pub(super) const BROKEN_PAUSE: Duration = Duration::from_secs(120);
/// Over how long those who waited come back.
const SPREAD_MILLIS: u64 = 10_000;

/// Returns until when a message waits because its account was tried a moment ago; nothing is loaded
/// or written for it until then.
pub(crate) fn waits_for_account(
    inbox: &Inbox,
    message: MessageId,
    now: Timestamp,
) -> Option<Timestamp> {
    let knocked_at = inbox
        .knocked_at
        .filter(|knocked_at| is_locked_out(inbox) && now.since(*knocked_at) < BROKEN_PAUSE)?;
    Some(knocked_at.after(BROKEN_PAUSE).after(spread(message)))
}

/// While an account is locked out, the one message whose turn it is finds out whether it still is;
/// returns until when any other waits.
pub(super) async fn takes_turn(
    care: &Care,
    opened: &Opened,
    message: MessageId,
) -> Result<Option<Timestamp>, CareError> {
    if !is_locked_out(&opened.inbox) {
        return Ok(None);
    }
    let (inbox, now) = (opened.inbox.id, care.now());
    let tries: bool = care
        .store
        .write(move |tx| {
            inboxes::knock(tx, inbox, now.before(BROKEN_PAUSE), now).map_err(CareError::from)
        })
        .await?;
    Ok((!tries).then(|| now.after(BROKEN_PAUSE).after(spread(message))))
}

/// Returns whether an answer of the network shows that it accepts the account.
pub(super) fn lets_in(error: &SendError) -> bool {
    match error {
        SendError::RetryAfter { .. }
        | SendError::WindowClosed(_)
        | SendError::RecipientGone(_)
        | SendError::ContentRejected(_)
        | SendError::OptedOut(_)
        | SendError::Duplicate { .. } => true,
        SendError::Partly(rest) => !rest.stops_inbox(),
        SendError::AuthBroken(_)
        | SendError::RetryBackoff(_)
        | SendError::Forbidden(_)
        | SendError::Uncertain(_)
        | SendError::Unreadable(_)
        | SendError::Bug(_) => false,
    }
}

/// Those who wait do not all come back at the same moment.
fn spread(message: MessageId) -> Duration {
    Duration::from_millis(message.0.unsigned_abs() % SPREAD_MILLIS)
}

pub(super) fn is_locked_out(inbox: &Inbox) -> bool {
    health::is_locked_out(&inbox.trouble)
}
