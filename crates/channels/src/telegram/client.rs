//! One call of the Bot API: address, JSON, and the classes of its refusals.

use std::time::Duration;

use serde_json::{Value, json};

use super::wire;
use crate::delivery::Account;
use crate::http::{self, Http, HttpError, Request};
use crate::outbound::SendError;

const DEFAULT_BASE: &str = "https://api.telegram.org";

/// What a call gave.
pub(super) enum Called {
    Done(Value),
    /// Nothing was done: the group became another chat.
    Moved(i64),
}

/// Returns the address of a method, which holds the token and is never shown or stored.
pub(super) fn address(account: &Account, method: &str) -> Result<String, SendError> {
    Ok(format!("{}/bot{}/{method}", base(account), token(account)?))
}

/// Returns the address of a file, which holds the token too.
pub(super) fn file_address(account: &Account, path: &str) -> Result<String, SendError> {
    Ok(format!(
        "{}/file/bot{}/{path}",
        base(account),
        token(account)?
    ))
}

fn base(account: &Account) -> &str {
    account
        .setting("base_url")
        .unwrap_or(DEFAULT_BASE)
        .trim_end_matches('/')
}

fn token(account: &Account) -> Result<&str, SendError> {
    account
        .secret("token")
        .ok_or_else(|| SendError::AuthBroken("the inbox has no token".to_owned()))
}

/// Asks something that changes nothing.
pub(super) async fn ask(
    account: &Account,
    method: &str,
    parameters: &Value,
    http: &Http,
) -> Result<Value, SendError> {
    let request = Request::post_json(
        address(account, method)?,
        parameters.to_string().into_bytes(),
    );
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match read(account, &answer) {
        Ok(Called::Done(result)) => Ok(result),
        Ok(Called::Moved(chat)) => Err(SendError::RecipientGone(format!("moved to {chat}"))),
        // An answer that cannot be read is asked for again.
        Err(SendError::Uncertain(detail)) => Err(SendError::Unreadable(detail)),
        Err(error) => Err(error),
    }
}

/// Makes a request that changes something.
pub(super) async fn call(
    account: &Account,
    request: Request,
    http: &Http,
) -> Result<Called, SendError> {
    let answer = http.send(request).await?;
    read(account, &answer)
}

/// Returns the bot's name without the @: what the settings say, or what Telegram does.
pub(super) async fn username(account: &Account, http: &Http) -> Result<String, SendError> {
    if let Some(name) = account.setting("username") {
        return Ok(name.trim_start_matches('@').to_owned());
    }
    let me = ask(account, "getMe", &json!({}), http).await?;
    me["username"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| SendError::Unreadable("the bot has no name".to_owned()))
}

fn read(account: &Account, answer: &http::Answer) -> Result<Called, SendError> {
    let Ok(read) = serde_json::from_slice::<wire::Answer>(&answer.body) else {
        // Somebody on the way may have written the address, and with it the token, into a page.
        let detail = format!("status {} {}", answer.status, answer.excerpt());
        let detail = detail.replace(token(account)?, "…");
        return Err(match answer.status {
            200..=299 => SendError::Uncertain(detail),
            _ => refusal(account, answer, &wire::Parameters::default(), detail),
        });
    };
    match (read.ok, read.result) {
        (true, Some(result)) => Ok(Called::Done(result)),
        (true, None) => Err(SendError::Uncertain("no result".to_owned())),
        (false, _) => match read.parameters.migrate_to_chat_id {
            Some(chat) if answer.status == 400 => Ok(Called::Moved(chat)),
            _ => Err(refusal(account, answer, &read.parameters, read.description)),
        },
    }
}

/// Finds the class by the status; the words are only a hint where one status has several.
fn refusal(
    account: &Account,
    answer: &http::Answer,
    parameters: &wire::Parameters,
    detail: String,
) -> SendError {
    let says = |hints: &[&str]| {
        let detail = detail.to_ascii_lowercase();
        hints.iter().any(|hint| detail.contains(hint))
    };
    match answer.status {
        400 if says(&["business_peer_usage_missing"]) => SendError::WindowClosed(detail),
        400 if says(&[
            "not found",
            "peer_id_invalid",
            "chat_id_invalid",
            "deactivated",
        ]) =>
        {
            SendError::RecipientGone(detail)
        }
        400 if says(&[
            "rights",
            "forbidden",
            "can't be edited",
            "can't be deleted",
            "topic_closed",
            "admin_required",
            "restricted",
        ]) =>
        {
            SendError::Forbidden(detail)
        }
        400 | 413 | 422 => SendError::ContentRejected(detail),
        // A token that was never one is answered with 404.
        401 | 404 => SendError::AuthBroken(detail),
        403 if says(&["rights", "not an administrator"]) => SendError::Forbidden(detail),
        403 => SendError::RecipientGone(detail),
        409 => SendError::Forbidden(detail),
        429 => match parameters
            .retry_after
            .map(Duration::from_secs)
            .or_else(|| answer.retry_after(account.now))
        {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        500..=599 => SendError::RetryBackoff(detail),
        _ => SendError::Bug(format!("status {}: {detail}", answer.status)),
    }
}
