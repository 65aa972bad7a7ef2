//! How a Bluesky server is asked: sessions, addresses, and what its refusals mean by their names.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kulant_model::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::wire::{Claims, Refused, Session};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Method, Request};
use crate::outbound::SendError;

/// The secrets that a session is kept in.
pub(super) const ACCESS: &str = "session_access";
const REFRESH: &str = "session_refresh";
/// A session is renewed this long before it runs out.
const MARGIN: Duration = Duration::from_secs(600);
/// With fewer requests left than this, we wait until the network counts anew.
const FEW_LEFT: u64 = 10;

/// An open session with the server.
#[derive(Clone)]
pub(super) struct Caller<'a> {
    account: &'a Account,
    http: &'a Http,
    token: String,
    pub(super) did: String,
}

/// One call: a method of the protocol, with what it is given.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// The name of the method and its query.
    pub(super) name: String,
    pub(super) body: Vec<u8>,
    pub(super) media_type: &'a str,
    /// Whether the service for direct messages is meant.
    pub(super) chat: bool,
}

impl Call<'_> {
    pub(super) fn ask(name: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            name: name.into(),
            body: Vec::new(),
            media_type: "",
            chat: false,
        }
    }

    pub(super) fn tell(name: impl Into<String>, body: &Value) -> Self {
        Self {
            method: Method::Post,
            name: name.into(),
            body: body.to_string().into_bytes(),
            media_type: "application/json",
            chat: false,
        }
    }

    pub(super) const fn in_chat(mut self) -> Self {
        self.chat = true;
        self
    }
}

/// Returns when the session is to be renewed; at once where there is none.
pub(super) fn renew_at(account: &Account) -> Timestamp {
    account
        .secret(ACCESS)
        .and_then(claims)
        .map_or(account.now, |claims| {
            Timestamp::from_seconds(claims.exp.clamp(0, 1 << 40)).before(MARGIN)
        })
}

/// Renews the session; where that is refused, a new one is opened by the app password.
pub(super) async fn renew(account: &Account, http: &Http) -> Result<Value, SendError> {
    let refreshed = match account.secret(REFRESH) {
        None => None,
        Some(token) => {
            let path = "com.atproto.server.refreshSession";
            let mut request = Request::get(address(account, path)).bearer(token);
            request.method = Method::Post;
            let answer = http.send(request).await.map_err(HttpError::when_asking)?;
            match answer.status {
                200..=299 => Some(answer),
                400 | 401 => None,
                _ => return Err(refusal(&answer, account.now)),
            }
        }
    };
    let answer = match refreshed {
        Some(answer) => answer,
        None => open(account, http).await?,
    };
    let session = session(&answer)?;
    Ok(json!({ACCESS: session.access_jwt, REFRESH: session.refresh_jwt}))
}

impl<'a> Caller<'a> {
    /// Takes the kept session, or opens one where there is none.
    pub(super) async fn new(account: &'a Account, http: &'a Http) -> Result<Self, SendError> {
        let kept = account
            .secret(ACCESS)
            .and_then(|token| Some((token.to_owned(), claims(token)?)))
            .filter(|(_, claims)| claims.exp > account.now.as_seconds());
        if let Some((token, claims)) = kept {
            return Ok(Self {
                account,
                http,
                token,
                did: claims.sub,
            });
        }
        let session = session(&open(account, http).await?)?;
        Ok(Self {
            account,
            http,
            token: session.access_jwt,
            did: session.did,
        })
    }

    /// Calls a method. A session that was ended meanwhile is not replaced here, where nobody could
    /// keep another one: the server counts how often one is opened.
    pub(super) async fn call(&mut self, call: &Call<'_>) -> Result<Answer, SendError> {
        let answer = self.once(call).await?;
        match answer.status {
            200..=299 => Ok(answer),
            408 | 504 if call.method == Method::Get => {
                Err(SendError::RetryBackoff(detail(&answer)))
            }
            _ => Err(refusal(&answer, self.account.now)),
        }
    }

    /// Calls a method and reads what it gives.
    pub(super) async fn read<T: DeserializeOwned>(
        &mut self,
        call: &Call<'_>,
    ) -> Result<T, SendError> {
        let answer = self.call(call).await?;
        serde_json::from_slice(&answer.body).map_err(|error| {
            if call.method == Method::Get {
                SendError::Unreadable(error.to_string())
            } else {
                SendError::Uncertain(format!("the answer is not understood: {error}"))
            }
        })
    }

    async fn once(&self, call: &Call<'_>) -> Result<Answer, SendError> {
        let mut request = Request::get(address(self.account, &call.name)).bearer(&self.token);
        request.method = call.method;
        request.body.clone_from(&call.body);
        if !call.media_type.is_empty() {
            request = request.header("content-type", call.media_type);
        }
        if call.chat {
            let service = self.account.setting("chat_proxy");
            request = request.header("atproto-proxy", service.unwrap_or(super::CHAT_SERVICE));
        }
        let sent = self.http.send(request).await;
        if call.method == Method::Get {
            sent.map_err(HttpError::when_asking)
        } else {
            Ok(sent?)
        }
    }
}

/// Returns how long to leave the server alone, where hardly a request is left.
pub(super) fn breather(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let left: u64 = answer.header("ratelimit-remaining")?.trim().parse().ok()?;
    (left < FEW_LEFT)
        .then(|| until_reset(answer, now))
        .flatten()
}

/// Writes a value for a query.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn address(account: &Account, name: &str) -> String {
    let base = account.setting("base_url").unwrap_or(super::SERVER);
    format!("{}/xrpc/{name}", base.trim_end_matches('/'))
}

async fn open(account: &Account, http: &Http) -> Result<Answer, SendError> {
    let (Some(identifier), Some(password)) = (
        account.setting("identifier"),
        account.secret("app_password"),
    ) else {
        let detail = "the inbox has no account or no app password";
        return Err(SendError::AuthBroken(detail.to_owned()));
    };
    let body = json!({"identifier": identifier.trim_start_matches('@'), "password": password});
    let address = address(account, "com.atproto.server.createSession");
    let answer = http
        .send(Request::post_json(address, body.to_string().into_bytes()))
        .await
        .map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => Ok(answer),
        408 | 504 => Err(SendError::RetryBackoff(detail(&answer))),
        _ => Err(refusal(&answer, account.now)),
    }
}

fn session(answer: &Answer) -> Result<Session, SendError> {
    serde_json::from_slice(&answer.body).map_err(|error| SendError::Unreadable(error.to_string()))
}

/// Reads whose token it is and until when; whether it is genuine is for the server to say.
fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Returns whether a session is good, and only not for what was asked.
fn lacks_right(detail: &str) -> bool {
    detail.contains("Bad token")
}

fn name(answer: &Answer) -> String {
    serde_json::from_slice::<Refused>(&answer.body)
        .map_or_else(|_| String::new(), |told| told.error)
}

/// Reads a refusal by its name first, then by its status.
pub(super) fn refusal(answer: &Answer, now: Timestamp) -> SendError {
    let (name, detail) = (name(answer), detail(answer));
    match (answer.status, name.as_str()) {
        (429 | 503, _) => match answer.retry_after(now).or_else(|| until_reset(answer, now)) {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        (
            _,
            "BlockedActor"
            | "BlockedByActor"
            | "MessagesDisabled"
            | "NotFollowedBySender"
            | "RecipientNotFound"
            | "AccountSuspended"
            | "ConvoLocked",
        ) => SendError::WindowClosed(detail),
        (_, "RecordNotFound" | "InvalidConvo" | "ReplyTargetNotFound" | "NotFound") => {
            SendError::RecipientGone(detail)
        }
        // An app password without the right for direct messages; the name is that of a dead session.
        (400 | 401 | 403, _) if lacks_right(&detail) => SendError::Forbidden(detail),
        (
            400 | 403,
            "ExpiredToken"
            | "InvalidToken"
            | "AccountTakedown"
            | "AccountDeactivated"
            | "AuthFactorTokenRequired"
            | "AuthenticationRequired"
            | "AuthMissing",
        )
        | (401, _) => SendError::AuthBroken(detail),
        (300..=399 | 403 | 451, _) => SendError::Forbidden(detail),
        (404 | 410, _) => SendError::RecipientGone(detail),
        (400 | 413 | 415 | 422, _) => SendError::ContentRejected(detail),
        (408 | 504, _) => SendError::Uncertain(detail),
        (409 | 500..=599, _) => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}

fn detail(answer: &Answer) -> String {
    match serde_json::from_slice::<Refused>(&answer.body) {
        Ok(Refused { error, message }) if message.is_empty() => error,
        Ok(Refused { error, message }) => format!("{error}: {message}"),
        Err(_) => format!("status {} {}", answer.status, answer.excerpt()),
    }
}

fn until_reset(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let reset: i64 = answer.header("ratelimit-reset")?.trim().parse().ok()?;
    let wait = Timestamp::from_seconds(reset.clamp(0, 1 << 40)).since(now);
    Some(wait.clamp(Duration::from_secs(1), Duration::from_secs(86_400)))
}
