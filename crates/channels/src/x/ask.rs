//! How X is asked: addresses, tokens, and what its refusals mean.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::de::DeserializeOwned;

use super::wire::{Problem, slug};
use super::{BASE_URL, account_id, meter};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Method, Request};
use crate::oauth;
use crate::outbound::SendError;

/// How long to leave X alone where the credit is used up; filling it up helps at once.
const WITHOUT_CREDIT: Duration = Duration::from_secs(3_600);

/// In whose name something is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// The account that answers.
    Account,
    /// The app itself, which owns the hook.
    App,
}

pub(super) fn address(account: &Account, path: &str) -> String {
    let base = account.setting("base_url").unwrap_or(BASE_URL);
    format!("{}{path}", base.trim_end_matches('/'))
}

/// Returns the id of our own account.
pub(super) fn own(account: &Account) -> Result<&str, SendError> {
    account_id(account).ok_or_else(|| SendError::Forbidden("the inbox has no account".to_owned()))
}

/// Makes a request with the token of whoever asks.
pub(super) fn request(
    account: &Account,
    caller: Caller,
    (method, path): (Method, &str),
    body: Option<&serde_json::Value>,
) -> Result<Request, SendError> {
    let token = match caller {
        Caller::Account => oauth::token(account)?,
        Caller::App => account
            .secret("bearer_token")
            .ok_or_else(|| SendError::AuthBroken("the inbox has no bearer token".to_owned()))?,
    };
    let address = address(account, path);
    let mut request = match body {
        Some(body) => Request::post_json(address, body.to_string().into_bytes()),
        None => Request::get(address),
    };
    request.method = method;
    Ok(request.bearer(token))
}

/// Asks for something without changing anything.
pub(super) async fn ask(account: &Account, path: &str, http: &Http) -> Result<Answer, SendError> {
    ask_as(account, Caller::Account, path, http).await
}

pub(super) async fn ask_as(
    account: &Account,
    caller: Caller,
    path: &str,
    http: &Http,
) -> Result<Answer, SendError> {
    let request = request(account, caller, (Method::Get, path), None)?;
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => Ok(answer),
        408 | 504 => Err(SendError::RetryBackoff(detail(&answer))),
        _ => Err(refusal(account, &answer)),
    }
}

/// Asks for something and reads it.
pub(super) async fn ask_for<T: DeserializeOwned>(
    account: &Account,
    path: &str,
    http: &Http,
) -> Result<T, SendError> {
    read(&ask(account, path, http).await?)
}

pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, SendError> {
    serde_json::from_slice(&answer.body).map_err(|error| SendError::Unreadable(error.to_string()))
}

/// Reads a refusal by its class.
pub(super) fn refusal(account: &Account, answer: &Answer) -> SendError {
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    let kind = slug(problem.kind.as_deref());
    let detail = detail(answer);
    match (answer.status, kind) {
        // Counts by the month: trying again before it ends is of no use.
        (_, "usage-capped") => SendError::RetryAfter {
            wait: meter::until_new_cycle(account),
            detail,
        },
        (401, _) => SendError::AuthBroken(detail),
        (402, _) => SendError::RetryAfter {
            wait: WITHOUT_CREDIT,
            detail,
        },
        (403, _) if is_duplicate(&detail) => SendError::Duplicate { network_id: None },
        (403 | 300..=399, _) => SendError::Forbidden(detail),
        (404 | 410, _) => SendError::RecipientGone(detail),
        (400 | 413 | 415 | 422, _) => SendError::ContentRejected(detail),
        // Somebody on the way gave up waiting; X may have acted.
        (408 | 504, _) => SendError::Uncertain(detail),
        (429 | 503, _) => match until_reset(answer, account.now) {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        (409 | 500..=599, _) => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}

/// X has no word of its own for it.
fn is_duplicate(detail: &str) -> bool {
    detail.to_lowercase().contains("duplicate content")
}

pub(super) fn detail(answer: &Answer) -> String {
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = |problem: &Problem| {
        let words = problem.detail.as_ref().or(problem.message.as_ref());
        words.or(problem.title.as_ref()).cloned()
    };
    // The older shape wraps a list; the newer one says more in its list than in its own words.
    let inner = problem.errors.first().and_then(said);
    inner
        .or_else(|| said(&problem))
        .unwrap_or_else(|| format!("status {} {}", answer.status, answer.excerpt()))
}

fn until_reset(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let stated = answer.retry_after(now);
    stated.or_else(|| {
        let reset: i64 = answer.header("x-rate-limit-reset")?.trim().parse().ok()?;
        let at = Timestamp::from_seconds(reset.clamp(0, 1 << 40));
        Some(
            at.since(now)
                .clamp(Duration::from_secs(1), Duration::from_secs(86_400)),
        )
    })
}
