//! One account's requests to the Graph API: address, version, token and the proof that the token is
//! used by the app it was made for. The token travels in a header, so that no log of addresses has it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::refusal;
use super::usage::Usage;
use super::{BASE_URL, INSTAGRAM_BASE_URL, VERSION};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Method, Request};
use crate::outbound::{OutboundAttachment, Receipt, SendError};
use crate::signature;

/// The Graph API as one account sees it.
pub(crate) struct Graph<'a> {
    pub(crate) account: &'a Account,
    http: &'a Http,
    base: Url,
    token: &'a str,
    proof: Option<String>,
    /// How much of the limits was used up after the last thing that was done.
    used: Mutex<Usage>,
}

/// What a question gave, with how much of the limits is used up.
pub(crate) struct Reading {
    pub(crate) body: Value,
    pub(crate) usage: Usage,
}

impl<'a> Graph<'a> {
    pub(crate) fn open(account: &'a Account, http: &'a Http) -> Result<Self, SendError> {
        let token = account
            .secret("access_token")
            .ok_or_else(|| SendError::AuthBroken("the inbox has no access token".to_owned()))?;
        Self::with_token(account, http, token)
    }

    /// Speaks with another token of the same account.
    pub(crate) fn with_token(
        account: &'a Account,
        http: &'a Http,
        token: &'a str,
    ) -> Result<Self, SendError> {
        let base = base_url(account);
        let base = Url::parse(base)
            .ok()
            .filter(Url::has_host)
            .ok_or_else(|| SendError::Forbidden(format!("{base} is no address to ask")))?;
        let proof = account
            .secret("app_secret")
            .map(|secret| signature::hmac_hex(secret.as_bytes(), token.as_bytes()));
        Ok(Self {
            account,
            http,
            base,
            token,
            proof,
            used: Mutex::new(Usage::default()),
        })
    }

    /// Asks without changing anything.
    pub(crate) async fn ask(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reading, SendError> {
        let request = Request::get(self.url(path, query)).bearer(self.token);
        let answer = self
            .http
            .send(request)
            .await
            .map_err(HttpError::when_asking)?;
        let usage = Usage::of(&answer);
        match self.read(&answer) {
            Ok(body) => Ok(Reading { body, usage }),
            Err(SendError::Uncertain(detail)) if answer.status < 300 => {
                Err(SendError::Unreadable(detail))
            }
            Err(SendError::Uncertain(detail)) => Err(SendError::RetryBackoff(detail)),
            Err(error) => Err(error),
        }
    }

    /// Does something that is written as JSON.
    pub(crate) async fn post(&self, path: &[&str], body: &Value) -> Result<Value, SendError> {
        let request = Request::post_json(self.url(path, &[]), body.to_string().into_bytes());
        self.change(request).await
    }

    /// Does something that is written as a form.
    pub(crate) async fn post_form(
        &self,
        path: &[&str],
        fields: &[(&str, &str)],
    ) -> Result<Value, SendError> {
        self.change(Request::post_form(self.url(path, &[]), fields))
            .await
    }

    /// Brings a file, with fields beside it.
    pub(crate) async fn post_file(
        &self,
        path: &[&str],
        fields: &[(&str, &str)],
        (name, file): (&str, &OutboundAttachment),
    ) -> Result<Value, SendError> {
        let mark = format!("kulant-{}", signature::sha256_hex(&file.bytes));
        let request = Request::post_file(self.url(path, &[]), fields, (name, file), &mark);
        self.change(request).await
    }

    /// Takes something away.
    pub(crate) async fn delete(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Value, SendError> {
        let request = Request {
            method: Method::Delete,
            ..Request::get(self.url(path, query))
        };
        self.change(request).await
    }

    /// Reads `{"success": true}`; a no without a reason is a no.
    pub(crate) fn done(&self, answer: &Value, network_id: &str) -> Result<Receipt, SendError> {
        if answer.get("success").and_then(Value::as_bool) == Some(false) {
            return Err(SendError::Forbidden("the network did not do it".to_owned()));
        }
        Ok(self.receipt(network_id))
    }

    /// Makes the receipt of something done now; Meta states no time.
    pub(crate) fn receipt(&self, network_id: &str) -> Receipt {
        Receipt {
            pause: self.pause(),
            network_id: network_id.to_owned(),
            at: self.account.now,
            url: None,
        }
    }

    /// Returns for how long nothing more should be sent after what was done.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.pause_after_sending()
    }

    async fn change(&self, request: Request) -> Result<Value, SendError> {
        let answer = self.http.send(request.bearer(self.token)).await?;
        let used = Usage::of(&answer);
        let mut known = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        *known = known.or(used);
        drop(known);
        self.read(&answer)
    }

    fn read(&self, answer: &Answer) -> Result<Value, SendError> {
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        match body {
            Some(body) if answer.status < 300 && body.get("error").is_none() => Ok(body),
            None if answer.status < 300 => Err(SendError::Uncertain(format!(
                "the answer is not understood: {}",
                answer.excerpt()
            ))),
            body => Err(refusal::of_answer(answer, body.as_ref(), self.account.now)),
        }
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            let version = self.account.setting("version").unwrap_or(VERSION);
            segments.pop_if_empty().push(version).extend(path);
        }
        let proof = self
            .proof
            .as_deref()
            .map(|proof| ("appsecret_proof", proof));
        if !query.is_empty() || proof.is_some() {
            url.query_pairs_mut()
                .extend_pairs(query)
                .extend_pairs(proof);
        }
        url
    }
}

/// Returns the address of the Graph API for this inbox. A form may have kept the usual address for an
/// account without a page, which has another.
pub(crate) fn base_url(account: &Account) -> &str {
    let alone = account.setting("login") == Some("instagram");
    match account.setting("base_url") {
        Some(given) if !alone || given.trim_end_matches('/') != BASE_URL => given,
        _ if alone => INSTAGRAM_BASE_URL,
        _ => BASE_URL,
    }
}

/// Returns an id in an answer: a text or a number.
pub(crate) fn id_in(body: &Value, name: &str) -> Option<String> {
    match body.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
