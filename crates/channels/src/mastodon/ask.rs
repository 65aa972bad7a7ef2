//! How a Mastodon server is asked: addresses, the token, and what its refusals mean.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::de::DeserializeOwned;

use super::wire::{Instance, Refused};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Request};
use crate::outbound::SendError;

/// With fewer requests left than this, we wait until the network counts anew.
const FEW_LEFT: u64 = 10;

/// Writes an address on the account's own server.
pub(super) fn address(account: &Account, path: &str) -> Result<String, SendError> {
    let base = account
        .setting("base_url")
        .ok_or_else(|| SendError::Forbidden("the inbox has no server".to_owned()))?;
    Ok(format!("{}{path}", base.trim_end_matches('/')))
}

/// Adds the token.
pub(super) fn authorised(account: &Account, request: Request) -> Result<Request, SendError> {
    let token = account
        .secret("access_token")
        .ok_or_else(|| SendError::AuthBroken("the inbox has no access token".to_owned()))?;
    Ok(request.bearer(token))
}

/// Asks for something without changing anything.
pub(super) async fn ask(account: &Account, path: &str, http: &Http) -> Result<Answer, SendError> {
    let request = authorised(account, Request::get(address(account, path)?))?;
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => Ok(answer),
        408 | 504 => Err(SendError::RetryBackoff(detail(&answer))),
        _ => Err(refusal(&answer, account.now)),
    }
}

/// Asks for something and reads it.
pub(super) async fn ask_for<T: DeserializeOwned>(
    account: &Account,
    path: &str,
    http: &Http,
) -> Result<T, SendError> {
    let answer = ask(account, path, http).await?;
    serde_json::from_slice(&answer.body).map_err(|error| SendError::Unreadable(error.to_string()))
}

/// Asks what the server allows.
pub(super) async fn instance(account: &Account, http: &Http) -> Result<Instance, SendError> {
    ask_for(account, "/api/v2/instance", http).await
}

/// Returns how long to leave the server alone, where hardly a request is left.
pub(super) fn breather(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let left: u64 = answer
        .header("x-ratelimit-remaining")?
        .trim()
        .parse()
        .ok()?;
    (left < FEW_LEFT)
        .then(|| until_reset(answer, now))
        .flatten()
}

/// Reads a refusal by its class.
pub(super) fn refusal(answer: &Answer, now: Timestamp) -> SendError {
    let detail = detail(answer);
    match answer.status {
        401 => SendError::AuthBroken(detail),
        300..=399 | 403 | 451 => SendError::Forbidden(detail),
        404 | 410 => SendError::RecipientGone(detail),
        400 | 413 | 415 | 422 => SendError::ContentRejected(detail),
        // Somebody on the way gave up waiting; the server may have acted.
        408 | 504 => SendError::Uncertain(detail),
        429 | 503 => match answer.retry_after(now).or_else(|| until_reset(answer, now)) {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        409 | 500..=599 => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}

pub(super) fn detail(answer: &Answer) -> String {
    serde_json::from_slice::<Refused>(&answer.body).map_or_else(
        |_| format!("status {} {}", answer.status, answer.excerpt()),
        |refused| refused.error,
    )
}

/// Reads when the limit is counted anew: a date on Mastodon, a number on some of its kin.
fn until_reset(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let reset = answer.header("x-ratelimit-reset")?.trim();
    let at = match reset.parse::<i64>() {
        Ok(seconds) => Timestamp::from_seconds(seconds.clamp(0, 1 << 40)),
        Err(_) => reset.parse().ok()?,
    };
    Some(
        at.since(now)
            .clamp(Duration::from_secs(1), Duration::from_secs(86_400)),
    )
}
