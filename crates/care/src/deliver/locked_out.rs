//! Accounts that their network no longer accepts: everything of an inbox waits, and one message finds
//! out now and then whether it still must.

use std::time::Duration;

use kulant_channels::outbound::SendError;
use kulant_model::time::Timestamp;
use kulant_store::inboxes;

use crate::Care;
use crate::accounts::Opened;
use crate::error::CareError;

/// How long messages wait before one of them tries.
pub(super) const BROKEN_PAUSE: Duration = Duration::from_secs(120);
/// How long a message waits at least that found another one trying.
const AT_LEAST: Duration = Duration::from_secs(1);

/// While an account is locked out, one message finds out now and then whether it still is; returns
/// until when the others wait.
pub(super) async fn waits_for_account(
    care: &Care,
    opened: &Opened,
) -> Result<Option<Timestamp>, CareError> {
    if !is_locked_out(opened) {
        return Ok(None);
    }
    let (inbox, now) = (opened.inbox.id, care.now());
    let tries: bool = care
        .store
        .write(move |tx| {
            inboxes::check_again(tx, inbox, now.before(BROKEN_PAUSE), now).map_err(CareError::from)
        })
        .await?;
    let checked_at = opened.inbox.checked_at.unwrap_or(now);
    Ok((!tries).then(|| checked_at.after(BROKEN_PAUSE).max(now.after(AT_LEAST))))
}

fn is_locked_out(opened: &Opened) -> bool {
    let class = opened.inbox.trouble.get("class");
    class.is_some_and(|class| class == SendError::AuthBroken(String::new()).class())
}
