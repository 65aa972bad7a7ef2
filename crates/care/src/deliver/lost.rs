//! A message whose answer was lost: looked for as often as its network shows late what it has, sent
//! again a few times where it is not there, and at last left to a person.

use std::time::Duration;

use kulant_channels::outbound::{Receipt, SECOND_TRIES, SendError};
use kulant_model::conversation::Status;
use kulant_model::message::DeliveryState;
use kulant_model::time::Timestamp;
use kulant_store::deliveries::{self, Tries};
use kulant_store::jobs::Job;
use kulant_store::{messages, promises};

use super::{
    Leaving, TIME, can_look_up, conversation_of, keep_failure, pause, send, settle, state_of,
};
use crate::Care;
use crate::error::CareError;
use crate::jobs::Outcome;

/// How often a network that cannot be asked is asked before a person must decide.
const LOOK_UPS: i64 = 10;

/// Returns how long after a lost answer it is looked for first.
pub(super) fn first_look(leaving: &Leaving, now: Timestamp) -> Duration {
    Duration::from_secs(looks_after(leaving, now).first().copied().unwrap_or(2))
}

/// Looks for a message, and sends it again where it is not there for certain.
pub(super) async fn look(care: &Care, job: &Job, leaving: Leaving) -> Result<Outcome, CareError> {
    if !can_look_up(&leaving.opened, care.now()) {
        let lost = "the answer of the network was lost";
        return leave_to_a_person(care, leaving, lost).await;
    }
    match look_up(care, &leaving).await {
        Ok(Some(receipt)) => settle(care, leaving, Ok(receipt), true).await,
        Ok(None) => not_there(care, leaving).await,
        // The network cannot say it, or cannot be asked after all.
        Err(SendError::Uncertain(detail)) => leave_to_a_person(care, leaving, &detail).await,
        Err(error) if job.attempts >= LOOK_UPS => {
            leave_to_a_person(care, leaving, error.detail()).await
        }
        Err(error) => {
            let id = leaving.message.id;
            tracing::warn!(error = %error, message.id = %id, "a lost answer cannot be looked for yet");
            let wait = error.wait().unwrap_or_default();
            let at = care.now().after(pause(job.attempts).max(wait));
            keep_failure(care, leaving, DeliveryState::Sending, &error, Some(at)).await?;
            Ok(Outcome::Later(at))
        }
    }
}

async fn not_there(care: &Care, leaving: Leaving) -> Result<Outcome, CareError> {
    let now = care.now();
    let tries = leaving.tries;
    if let Some(wait) = until_next_look(looks_after(&leaving, now), tries.looks) {
        let looks = tries.looks + 1;
        keep_tries(care, &leaving, Tries { looks, ..tries }).await?;
        let at = now.after(wait);
        let late = SendError::Uncertain("the network does not show it yet".to_owned());
        keep_failure(care, leaving, DeliveryState::Sending, &late, Some(at)).await?;
        return Ok(Outcome::Afresh(at));
    }
    if tries.second >= SECOND_TRIES {
        let lost = "it was sent again, and the network shows none of it";
        return leave_to_a_person(care, leaving, lost).await;
    }
    let again = Tries {
        looks: 0,
        second: tries.second + 1,
        ..tries
    };
    match goes_again(care, &leaving, again).await? {
        Again::Settled => Ok(Outcome::Done),
        Again::Over => {
            let over = "the time of what it promises is over";
            leave_to_a_person(care, leaving, over).await
        }
        Again::Goes => {
            let sent = send(care, &leaving).await;
            settle(care, leaving, sent, false).await
        }
    }
}

/// What became of a message while it was looked for.
enum Again {
    /// Its echo came, or it was taken back or erased.
    Settled,
    /// It promises what is over.
    Over,
    Goes,
}

/// Decides on the rows as they are now, and writes the try down before it begins.
async fn goes_again(care: &Care, leaving: &Leaving, tries: Tries) -> Result<Again, CareError> {
    let (id, now) = (leaving.message.id, care.now());
    care.store
        .write(move |tx| {
            let Some(message) = messages::find(tx, id)? else {
                return Ok(Again::Settled);
            };
            let row = conversation_of(tx, &message)?;
            // What was read before the lock may be old.
            let sending = messages::find(tx, id)?.filter(|message| {
                state_of(message) == Some(DeliveryState::Sending) && message.deleted_at.is_none()
            });
            if sending.is_none() {
                return Ok(Again::Settled);
            }
            if let (Some(next_word_at), Some(row)) = (promises::find(tx, id)?, row)
                && (next_word_at <= now
                    || row.status == Status::Resolved
                    || promises::is_answered(tx, id)?)
            {
                return Ok(Again::Over);
            }
            deliveries::save_tries(tx, id, tries)?;
            Ok::<_, CareError>(Again::Goes)
        })
        .await
}

/// Returns how long after this look the next one is due, if there is one.
fn until_next_look(after: &[u64], looks: i64) -> Option<Duration> {
    let place = usize::try_from(looks).ok()?;
    let (this, next) = (after.get(place)?, after.get(place + 1)?);
    Some(Duration::from_secs(next.saturating_sub(*this)))
}

fn looks_after(leaving: &Leaving, now: Timestamp) -> &'static [u64] {
    let account = leaving.opened.account(now);
    leaving
        .opened
        .channel
        .looks_after(&account, &leaving.outbound)
}

async fn leave_to_a_person(care: &Care, leaving: Leaving, why: &str) -> Result<Outcome, CareError> {
    let lost = SendError::Uncertain(why.to_owned());
    settle(care, leaving, Err(lost), true).await
}

async fn look_up(care: &Care, leaving: &Leaving) -> Result<Option<Receipt>, SendError> {
    let account = leaving.opened.account(care.now());
    let looking = leaving
        .opened
        .channel
        .look_for(&account, &leaving.outbound, &care.http);
    tokio::time::timeout(TIME, looking)
        .await
        .unwrap_or_else(|_| {
            Err(SendError::RetryBackoff(
                "no answer within a minute".to_owned(),
            ))
        })
}

async fn keep_tries(care: &Care, leaving: &Leaving, tries: Tries) -> Result<(), CareError> {
    let id = leaving.message.id;
    care.store
        .write(move |tx| deliveries::save_tries(tx, id, tries).map_err(CareError::from))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_looks_are_spaced_as_the_channel_says_and_come_to_an_end() {
        let wait = |looks| until_next_look(&[5, 30, 120], looks).map(|wait| wait.as_secs());
        assert_eq!(
            [wait(0), wait(1), wait(2), wait(3)],
            [Some(25), Some(90), None, None]
        );
        assert_eq!(until_next_look(&[2], 0), None);
        assert_eq!(until_next_look(&[], 0), None);
    }
}
