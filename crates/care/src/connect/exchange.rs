//! What an agreement is exchanged for, done to its end: a network grants it once, whether or not
//! somebody still waits for the answer.

use kulant_channels::connect::{Agreement, Connected};
use kulant_model::role::Person;
use kulant_store::connecting::Attempt;

use super::{Kept, Outcome, TIME, keep, keep_attempt, open, open_kept, outcome_of, redirect_url};
use crate::Care;
use crate::accounts::Opened;
use crate::error::CareError;

/// Does to its end what uses up a word of the network, also when nobody waits for it any more: what it
/// granted is not given a second time.
pub(super) async fn to_the_end(
    connecting: impl Future<Output = Result<Outcome, CareError>> + Send + 'static,
) -> Result<Outcome, CareError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "must outlive the request that began it, which ends when whoever asked hangs up"
    )]
    let connecting = tokio::spawn(connecting);
    connecting
        .await
        .map_err(|error| CareError::Internal(error.to_string()))?
}

/// Exchanges what the network's page brought back for what an account is spoken for with.
pub(super) async fn exchange(
    care: &Care,
    person: &Person,
    session: &str,
    (attempt, code): (Attempt, String),
) -> Result<Outcome, CareError> {
    let id = attempt.inbox;
    let kept = open_kept(care, &attempt)?;
    let opened = open(care, id).await?;
    let account = opened.account(care.now());
    if account.settings != kept.settings {
        return Ok(Outcome::Changed);
    }
    let agreement = Agreement {
        code,
        redirect_url: redirect_url(care),
        verifier: kept.verifier.clone(),
        kept: kept.channel.clone(),
    };
    let connecting = opened.channel.connect(&account, &agreement, &care.http);
    let grant = match tokio::time::timeout(TIME, connecting).await {
        Ok(Ok(Connected::Account(grant))) => grant,
        Ok(Ok(Connected::Choice { kept: channel, of })) => {
            let kept = Kept {
                channel,
                choices: of.into_iter().map(|one| (one.id, one.name)).collect(),
                ..kept
            };
            keep_attempt(care, (id, session), None, &kept).await?;
            return Ok(Outcome::Choose);
        }
        Ok(Err(error)) => return Ok(outcome_of(id, &error)),
        Err(_) => return Ok(Outcome::Unreachable),
    };
    keep::keep(care, person, (id, kept.settings), grant).await
}

/// Asks for what the account that was chosen is spoken for with.
pub(super) async fn connect_chosen(
    care: &Care,
    person: &Person,
    (opened, kept): (Opened, Kept),
    choice: &str,
) -> Result<Outcome, CareError> {
    let id = opened.inbox.id;
    let account = opened.account(care.now());
    if account.settings != kept.settings {
        return Ok(Outcome::Changed);
    }
    let connecting = opened
        .channel
        .connect_chosen(&account, &kept.channel, choice, &care.http);
    match tokio::time::timeout(TIME, connecting).await {
        Ok(Ok(grant)) => keep::keep(care, person, (id, kept.settings), grant).await,
        Ok(Err(error)) => Ok(outcome_of(id, &error)),
        Err(_) => Ok(Outcome::Unreachable),
    }
}
