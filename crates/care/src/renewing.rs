//! Tokens that a network refuses before their stated end: they are renewed once at once, before
//! anything stops and before anybody is told.

use std::time::Duration;

use kulant_channels::outbound::SendError;
use kulant_model::time::Timestamp;
use kulant_store::inboxes;
use serde_json::{Value as Json, json};
use tracing::warn;

use crate::Care;
use crate::accounts::Opened;
use crate::error::CareError;
use crate::health;
use crate::jobs::check_soon;

/// The secret in which it stands when a token was renewed before its time.
const MARK: &str = "renewed_early_at";
/// How long after that a refusal is believed.
const BELIEVED: Duration = Duration::from_hours(1);
/// How long a refusal is waited out while the token is renewed; then it is told.
const PATIENCE: Duration = Duration::from_mins(2);
/// When to try again with the new token.
const SOON: Duration = Duration::from_secs(15);

/// Returns whether a refused token is worth being renewed: there is something to renew it by, and it
/// was not done a moment ago.
pub(crate) fn is_worth_it(opened: &Opened, now: Timestamp) -> bool {
    let account = opened.account(now);
    let last = account
        .secret(MARK)
        .and_then(|seconds| seconds.parse().ok())
        .map(Timestamp::from_seconds);
    !health::is_locked_out(&opened.inbox.trouble)
        && opened.channel.renew_at(&account).is_some()
        && last.is_none_or(|last| now.since(last) >= BELIEVED)
}

/// Notes among fresh secrets that they came before their time.
pub(crate) fn mark(fresh: &mut Json, now: Timestamp) {
    fresh[MARK] = json!(now.as_seconds().to_string());
}

/// Has a refused token renewed at once where that may help; then it is only waited for.
pub(crate) async fn soften(care: &Care, opened: &Opened, error: SendError) -> SendError {
    let now = care.now();
    if !matches!(error, SendError::AuthBroken(_)) || !is_worth_it(opened, now) {
        return error;
    }
    let inbox = opened.inbox.id;
    let since = care
        .store
        .write(move |tx| {
            let since = inboxes::note_refused(tx, inbox, now, now.before(BELIEVED))?;
            if since == now {
                check_soon(tx, inbox, now)?;
            }
            Ok::<_, CareError>(since)
        })
        .await;
    match since {
        Ok(since) if now.since(since) <= PATIENCE => {}
        // It was renewed in vain, or not at all: a person has to look.
        Ok(_) => return error,
        Err(failure) => {
            warn!(error = %failure, inbox.id = %inbox, "a renewal waits for its turn");
            return error;
        }
    }
    SendError::RetryAfter {
        wait: SOON,
        detail: error.detail().to_owned(),
    }
}
