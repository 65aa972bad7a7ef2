//! Access by a token in place of a password (XOAUTH2): fetching a new one before the old one runs out.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::Account;
use crate::http::{Http, HttpError, Request};
use crate::outbound::SendError;

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_mins(10);
/// How long a token is good where the provider does not say.
const USUAL_SECONDS: u64 = 3_600;

/// What the provider gives; other fields are of no matter.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// Answers a server's question with the token, and its complaint with silence.
#[derive(Debug)]
pub(super) struct Xoauth2 {
    answer: Option<String>,
}

/// Whether the mailbox is opened by token.
pub(super) fn is_used(account: &Account) -> bool {
    account.setting("oauth_token_url").is_some()
}

/// Returns the token, where there is one that has not run out.
pub(super) fn token(account: &Account) -> Option<&str> {
    let until = until(account)?;
    account
        .secret("access_token")
        .filter(|_| until > account.now)
}

pub(super) fn renew_at(account: &Account) -> Option<Timestamp> {
    is_used(account).then(|| until(account).map_or(account.now, |until| until.before(EARLY)))
}

/// Fetches a new token; some providers give a new refresh token with it.
pub(super) async fn renew(account: &Account, http: &Http) -> Result<Value, SendError> {
    let missing = |name: &str| SendError::AuthBroken(format!("{name} is missing"));
    let setting = |name: &str| account.setting(name).ok_or_else(|| missing(name));
    let secret = |name: &str| account.secret(name).ok_or_else(|| missing(name));
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", setting("oauth_client_id")?),
        ("client_secret", secret("oauth_client_secret")?),
        ("refresh_token", secret("refresh_token")?),
    ];
    let answer = http
        .send(Request::post_form(setting("oauth_token_url")?, &fields))
        .await
        .map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => {}
        // The answer may hold the token: only its error is repeated.
        400..=403 => {
            let said = answer.json().unwrap_or_default();
            let word = said
                .get("error")
                .and_then(Value::as_str)
                .unwrap_or("refused");
            return Err(SendError::AuthBroken(format!("no new token: {word}")));
        }
        status => return Err(SendError::RetryBackoff(format!("status {status}"))),
    }
    let granted: Granted = serde_json::from_value(answer.json()?)
        .map_err(|error| SendError::Unreadable(error.to_string()))?;
    let lasts = Duration::from_secs(granted.expires_in.unwrap_or(USUAL_SECONDS));
    let mut secrets = json!({
        "access_token": granted.access_token,
        "access_until": account.now.after(lasts).as_seconds().to_string(),
    });
    if let Some(refresh_token) = granted.refresh_token {
        secrets["refresh_token"] = json!(refresh_token);
    }
    Ok(secrets)
}

fn until(account: &Account) -> Option<Timestamp> {
    let seconds = account.secret("access_until")?.parse().ok()?;
    Some(Timestamp::from_seconds(seconds))
}

impl Xoauth2 {
    pub(super) fn new(username: &str, token: &str) -> Self {
        Self {
            answer: Some(format!("user={username}\x01auth=Bearer {token}\x01\x01")),
        }
    }
}

impl async_imap::Authenticator for Xoauth2 {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        self.answer.take().unwrap_or_default()
    }
}
