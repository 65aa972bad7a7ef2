//! How YouTube is asked: addresses, the token, and what its refusals mean.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::Refused;
use super::{BASE_URL, quota};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Method, Request};
use crate::oauth;
use crate::outbound::SendError;

/// Makes a request with the account's token.
pub(super) fn request(
    account: &Account,
    (method, path): (Method, &str),
    body: Option<&Value>,
) -> Result<Request, SendError> {
    let base = account.setting("base_url").unwrap_or(BASE_URL);
    let address = format!("{}/youtube/v3{path}", base.trim_end_matches('/'));
    let mut request = match body {
        Some(body) => Request::post_json(address, body.to_string().into_bytes()),
        None => Request::get(address),
    };
    request.method = method;
    Ok(request.bearer(oauth::token(account)?))
}

/// Asks for something and reads it.
pub(super) async fn ask_for<T: DeserializeOwned>(
    account: &Account,
    path: &str,
    http: &Http,
) -> Result<T, SendError> {
    let request = request(account, (Method::Get, path), None)?;
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => serde_json::from_slice(&answer.body)
            .map_err(|error| SendError::Unreadable(error.to_string())),
        408 | 504 => Err(SendError::RetryBackoff(detail(&answer).1)),
        _ => Err(refusal(account, &answer)),
    }
}

/// Reads a refusal by its class: YouTube's own word first, the status where that says no more.
pub(super) fn refusal(account: &Account, answer: &Answer) -> SendError {
    let (reason, detail) = detail(answer);
    match (answer.status, reason.as_str()) {
        (_, "quotaExceeded" | "dailyLimitExceeded") => SendError::RetryAfter {
            wait: quota::until_midnight(account.now),
            detail,
        },
        (_, "rateLimitExceeded" | "userRateLimitExceeded") | (429 | 503, _) => {
            match answer.retry_after(account.now) {
                Some(wait) => SendError::RetryAfter { wait, detail },
                None => SendError::RetryBackoff(detail),
            }
        }
        (401, _) | (403, "insufficientPermissions" | "authError" | "accessNotConfigured") => {
            SendError::AuthBroken(detail)
        }
        (_, "commentTextRequired" | "commentTextTooLong" | "invalidCommentMetadata") => {
            SendError::ContentRejected(detail)
        }
        (_, "parentCommentIsPrivate" | "operationNotSupported" | "commentsDisabled") => {
            SendError::Forbidden(detail)
        }
        // Now and then a second try helps.
        (_, "processingFailure") => SendError::RetryBackoff(detail),
        (_, "parentIdMissing") => SendError::Bug(detail),
        (403 | 300..=399, _) => SendError::Forbidden(detail),
        (404 | 410, _) => SendError::RecipientGone(detail),
        (400 | 413 | 422, _) => SendError::ContentRejected(detail),
        // Somebody on the way gave up waiting; YouTube may have acted.
        (408 | 504, _) => SendError::Uncertain(detail),
        (409 | 500..=599, _) => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}

/// Returns YouTube's word for what is wrong, and its words.
fn detail(answer: &Answer) -> (String, String) {
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let reason = refused
        .error
        .errors
        .into_iter()
        .next()
        .map_or(String::new(), |reason| reason.reason);
    let message = refused.error.message;
    let detail = match (reason.as_str(), message.as_str()) {
        ("", "") => format!("status {} {}", answer.status, answer.excerpt()),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    };
    (reason, detail)
}

pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
