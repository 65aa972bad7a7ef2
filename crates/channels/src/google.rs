//! What the interfaces of Google have in common: where a person agrees; and for reviews, how they are
//! asked and how they refuse.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connect::{self, Attempt, Permit};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Method, Request};
use crate::oauth;
use crate::outbound::SendError;

pub(crate) const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// Where a person agrees, unless an inbox says otherwise.
pub(crate) const AUTHORISE_URL: &str = "https://accounts.google.com/o/oauth2/v2/auth";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
    error: Refusal,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    message: String,
    status: String,
}

/// Writes the address of Google's page. Only whoever asks for it there, each time anew, is given a
/// token to renew by.
pub(crate) fn consent(
    account: &Account,
    scopes: &[Permit],
    attempt: &Attempt,
) -> Result<String, SendError> {
    let address = account.setting("authorise_url").unwrap_or(AUTHORISE_URL);
    let client = connect::needed(account.setting("client_id"), "client_id")?;
    let more = [("access_type", "offline"), ("prompt", "consent")];
    let scopes = connect::names(scopes, " ");
    connect::page_with_proof(address, (client, &scopes), attempt, &more)
}

pub(crate) fn request(
    account: &Account,
    method: Method,
    address: String,
    body: Option<&Value>,
) -> Result<Request, SendError> {
    let mut request = match body {
        Some(body) => Request::post_json(address, body.to_string().into_bytes()),
        None => Request::get(address),
    };
    request.method = method;
    Ok(request.bearer(oauth::token(account)?))
}

/// Asks for something and reads it.
pub(crate) async fn ask_for<T: DeserializeOwned>(
    account: &Account,
    address: String,
    http: &Http,
) -> Result<T, SendError> {
    let request = request(account, Method::Get, address, None)?;
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => serde_json::from_slice(&answer.body)
            .map_err(|error| SendError::Unreadable(error.to_string())),
        408 | 504 => Err(SendError::RetryBackoff(answer.excerpt())),
        _ => Err(refusal(account, &answer)),
    }
}

/// Asks for something to be done.
pub(crate) async fn act(
    account: &Account,
    (method, address): (Method, String),
    wish: Option<&Value>,
    http: &Http,
) -> Result<Answer, SendError> {
    let answer = http.send(request(account, method, address, wish)?).await?;
    match answer.status {
        200..=299 => Ok(answer),
        _ => Err(refusal(account, &answer)),
    }
}

/// Reads a refusal by its class.
fn refusal(account: &Account, answer: &Answer) -> SendError {
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let detail = match refused.error.message.as_str() {
        "" => format!("status {} {}", answer.status, answer.excerpt()),
        message => message.to_owned(),
    };
    match (answer.status, refused.error.status.as_str()) {
        (401, _) => SendError::AuthBroken(detail),
        (429 | 503, _) | (_, "RESOURCE_EXHAUSTED") => match answer.retry_after(account.now) {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        (403 | 300..=399, _) => SendError::Forbidden(detail),
        (404 | 410, _) => SendError::RecipientGone(detail),
        (400 | 413 | 422, _) => SendError::ContentRejected(detail),
        // Somebody on the way gave up waiting; Google may have acted.
        (408 | 504, _) => SendError::Uncertain(detail),
        (409 | 500..=599, _) => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}
