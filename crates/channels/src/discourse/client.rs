//! Requests to a forum under our name, and the classes of its refusals.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::wire::{Extras, Refused};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Request};
use crate::outbound::SendError;

/// Returns the forum's address without a slash at its end.
pub(super) fn base(account: &Account) -> Result<&str, SendError> {
    account
        .setting("base_url")
        .map(|base| base.trim_end_matches('/'))
        .ok_or_else(|| SendError::Forbidden("the inbox has no address of a forum".to_owned()))
}

/// Returns an address of the forum.
pub(super) fn address(account: &Account, path: &str) -> Result<String, SendError> {
    Ok(format!("{}{path}", base(account)?))
}

/// Says who asks.
pub(super) fn authorised(account: &Account, request: Request) -> Result<Request, SendError> {
    let (key, name) = account
        .secret("api_key")
        .zip(account.setting("api_username"))
        .ok_or_else(|| SendError::AuthBroken("the inbox has no key or no name".to_owned()))?;
    Ok(request
        .header("api-key", key)
        .header("api-username", name)
        .header("accept", "application/json"))
}

/// Asks for something; none where it is not there.
pub(super) async fn find<T: DeserializeOwned>(
    account: &Account,
    path: &str,
    http: &Http,
) -> Result<Option<T>, SendError> {
    let request = authorised(account, Request::get(address(account, path)?))?;
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => serde_json::from_slice(&answer.body)
            .map(Some)
            .map_err(|error| SendError::Unreadable(error.to_string())),
        404 | 410 => Ok(None),
        _ => Err(refusal(account, &answer)),
    }
}

/// Asks for something that must be there.
pub(super) async fn ask<T: DeserializeOwned>(
    account: &Account,
    path: &str,
    http: &Http,
) -> Result<T, SendError> {
    find(account, path, http)
        .await?
        .ok_or_else(|| SendError::RecipientGone(format!("{path} is not there")))
}

/// Makes a request that changes something.
pub(super) async fn change(
    account: &Account,
    request: Request,
    http: &Http,
) -> Result<Answer, SendError> {
    let answer = http.send(authorised(account, request)?).await?;
    match answer.status {
        200..=299 => Ok(answer),
        _ => Err(refusal(account, &answer)),
    }
}

fn refusal(account: &Account, answer: &Answer) -> SendError {
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let detail = if refused.errors.is_empty() {
        format!("status {} {}", answer.status, answer.excerpt())
    } else {
        refused.errors.join(" ")
    };
    match answer.status {
        401 => SendError::AuthBroken(detail),
        // A dead key and a missing right have one status and one type; the words differ.
        403 if detail.contains("API username or key") => SendError::AuthBroken(detail),
        403 | 300..=399 => SendError::Forbidden(detail),
        404 | 410 => SendError::RecipientGone(detail),
        400 | 413 | 422 => SendError::ContentRejected(detail),
        429 => match wait(&refused.extras).or_else(|| answer.retry_after(account.now)) {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        409 | 500..=599 => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}

fn wait(extras: &Extras) -> Option<Duration> {
    let seconds = extras.wait_seconds?.clamp(0.0, 86_400.0).ceil();
    Some(Duration::from_secs(seconds as u64))
}
