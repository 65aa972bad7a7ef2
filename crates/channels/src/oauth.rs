//! Access by tokens that run out: fetching a new one by the refresh token before the old one ends.
//! Where tokens are asked for, and by whom, every channel says itself.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kulant_model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connect::Agreement;
use crate::delivery::Account;
use crate::http::{Http, HttpError, Request};
use crate::outbound::SendError;

/// How long before its end a token is renewed.
pub(crate) const EARLY: Duration = Duration::from_mins(10);
/// How long a token is good where the provider does not say.
const USUAL_SECONDS: u64 = 3_600;

/// Where a token is asked for, and in whose name.
pub(crate) struct Client<'a> {
    pub(crate) token_url: String,
    pub(crate) id: &'a str,
    pub(crate) secret: Option<&'a str>,
    /// Whether name and secret go in a header, and not among the fields.
    pub(crate) by_header: bool,
}

/// What the provider gives; other fields are of no matter.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    scope: Option<String>,
}

/// Returns the token, unless it has run out; one whose end is unknown counts as good.
pub(crate) fn token(account: &Account) -> Result<&str, SendError> {
    let ended = until(account).is_some_and(|until| until <= account.now);
    match account.secret("access_token") {
        Some(token) if !ended => Ok(token),
        _ if account.secret("refresh_token").is_some() => Err(SendError::RetryBackoff(
            "the access token has run out and is being renewed".to_owned(),
        )),
        Some(_) => Err(SendError::AuthBroken(
            "the access token has run out and there is none to renew it".to_owned(),
        )),
        None => Err(SendError::AuthBroken(
            "the inbox has no access token".to_owned(),
        )),
    }
}

/// Returns when to renew; never, where there is nothing to renew by.
pub(crate) fn renew_at(account: &Account) -> Option<Timestamp> {
    account.secret("refresh_token")?;
    Some(until(account).map_or(account.now, |until| until.before(EARLY)))
}

/// Returns what the token was allowed when it was last renewed.
pub(crate) fn granted_scopes(account: &Account) -> Option<Vec<&str>> {
    let scopes = account.secret("granted_scopes")?;
    Some(scopes.split_whitespace().collect())
}

/// Fetches a new token; where a new refresh token comes with it, the old one is dead from then on.
pub(crate) async fn renew(
    account: &Account,
    client: &Client<'_>,
    http: &Http,
) -> Result<Value, SendError> {
    let refresh_token = account
        .secret("refresh_token")
        .ok_or_else(|| SendError::AuthBroken("refresh_token is missing".to_owned()))?;
    let mut fields = vec![("grant_type", "refresh_token"), ("client_id", client.id)];
    if let Some(secret) = client.secret.filter(|_| !client.by_header) {
        fields.push(("client_secret", secret));
    }
    fields.push(("refresh_token", refresh_token));
    fetch(account, client.request(&fields), http).await
}

/// Exchanges what a person agreed to for tokens.
pub(crate) async fn exchange(
    account: &Account,
    client: &Client<'_>,
    agreement: &Agreement,
    http: &Http,
) -> Result<Value, SendError> {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", client.id),
        ("code", agreement.code.as_str()),
        ("redirect_uri", agreement.redirect_url.as_str()),
        ("code_verifier", agreement.verifier.as_str()),
    ];
    if let Some(secret) = client.secret.filter(|_| !client.by_header) {
        fields.push(("client_secret", secret));
    }
    fetch(account, client.request(&fields), http).await
}

impl Client<'_> {
    /// Makes a request with these fields, the client's name and secret in a header where they go there.
    fn request(&self, fields: &[(&str, &str)]) -> Request {
        let request = Request::post_form(self.token_url.as_str(), fields);
        match self.secret.filter(|_| self.by_header) {
            Some(secret) => {
                let basic = STANDARD.encode(format!("{}:{secret}", self.id));
                request.header("authorization", format!("Basic {basic}"))
            }
            None => request,
        }
    }
}

/// Asks for a token by a request that says everything.
pub(crate) async fn fetch(
    account: &Account,
    request: Request,
    http: &Http,
) -> Result<Value, SendError> {
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
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
    if let Some(scope) = granted.scope {
        secrets["granted_scopes"] = json!(scope);
    }
    Ok(secrets)
}

/// Returns when the token runs out, where that is known.
pub(crate) fn until(account: &Account) -> Option<Timestamp> {
    let seconds = account.secret("access_until")?.parse().ok()?;
    Some(Timestamp::from_seconds(seconds))
}
