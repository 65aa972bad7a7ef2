//! How App Store Connect is asked: with a token signed by our own key, and what its refusals mean.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::BASE_URL;
use super::wire::Refused;
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Method, Request};
use crate::jwt;
use crate::outbound::SendError;

/// How long a token is good; Apple takes none that lasts longer than 20 minutes.
const LASTS_SECONDS: i64 = 600;
const AUDIENCE: &str = "appstoreconnect-v1";

pub(super) fn address(account: &Account, path: &str) -> String {
    let base = account.setting("base_url").unwrap_or(BASE_URL);
    format!("{}{path}", base.trim_end_matches('/'))
}

fn request(
    account: &Account,
    (method, address): (Method, String),
    body: Option<&Value>,
) -> Result<Request, SendError> {
    let missing = |name: &str| SendError::AuthBroken(format!("{name} is missing"));
    let setting = |name: &str| account.setting(name).ok_or_else(|| missing(name));
    let key = account
        .secret("private_key")
        .ok_or_else(|| missing("private_key"))?;
    let now = account.now.as_seconds();
    let claims = json!({"iss": setting("issuer_id")?, "aud": AUDIENCE, "iat": now,
        "exp": now + LASTS_SECONDS});
    let token = jwt::signed(key, Some(setting("key_id")?), &claims)?;
    let mut request = match body {
        Some(body) => Request::post_json(address, body.to_string().into_bytes()),
        None => Request::get(address),
    };
    request.method = method;
    Ok(request.bearer(&token))
}

/// Asks for something and reads it.
pub(super) async fn ask_for<T: DeserializeOwned>(
    account: &Account,
    address: String,
    http: &Http,
) -> Result<T, SendError> {
    let request = request(account, (Method::Get, address), None)?;
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => serde_json::from_slice(&answer.body)
            .map_err(|error| SendError::Unreadable(error.to_string())),
        408 | 504 => Err(SendError::RetryBackoff(detail(&answer))),
        _ => Err(refusal(account, &answer)),
    }
}

/// Asks for something to be done.
pub(super) async fn act(
    account: &Account,
    place: (Method, String),
    wish: Option<&Value>,
    http: &Http,
) -> Result<Answer, SendError> {
    let answer = http.send(request(account, place, wish)?).await?;
    match answer.status {
        200..=299 => Ok(answer),
        _ => Err(refusal(account, &answer)),
    }
}

fn refusal(account: &Account, answer: &Answer) -> SendError {
    let detail = detail(answer);
    match answer.status {
        401 => SendError::AuthBroken(detail),
        300..=399 | 403 => SendError::Forbidden(detail),
        404 | 410 => SendError::RecipientGone(detail),
        400 | 409 | 413 | 422 => SendError::ContentRejected(detail),
        // Somebody on the way gave up waiting; Apple may have acted.
        408 | 504 => SendError::Uncertain(detail),
        429 | 503 => match answer.retry_after(account.now) {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        500..=599 => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}

fn detail(answer: &Answer) -> String {
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    match refused.errors.into_iter().next() {
        Some(refusal) if !refusal.detail.is_empty() => refusal.detail,
        Some(refusal) if !refusal.title.is_empty() => refusal.title,
        _ => format!("status {} {}", answer.status, answer.excerpt()),
    }
}
