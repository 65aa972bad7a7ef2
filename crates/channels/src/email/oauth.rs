//! Access by a token in place of a password (XOAUTH2): fetching a new one before the old one runs out.

use kulant_model::time::Timestamp;
use serde_json::Value;

use crate::delivery::Account;
use crate::http::Http;
use crate::oauth;
use crate::outbound::SendError;

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
    let until = oauth::until(account)?;
    account
        .secret("access_token")
        .filter(|_| until > account.now)
}

pub(super) fn renew_at(account: &Account) -> Option<Timestamp> {
    is_used(account)
        .then(|| oauth::until(account).map_or(account.now, |until| until.before(oauth::EARLY)))
}

/// Fetches a new token; some providers give a new refresh token with it.
pub(super) async fn renew(account: &Account, http: &Http) -> Result<Value, SendError> {
    let missing = |name: &str| SendError::AuthBroken(format!("{name} is missing"));
    let setting = |name: &str| account.setting(name).ok_or_else(|| missing(name));
    let client = oauth::Client {
        token_url: setting("oauth_token_url")?.to_owned(),
        id: setting("oauth_client_id")?,
        secret: Some(
            account
                .secret("oauth_client_secret")
                .ok_or_else(|| missing("oauth_client_secret"))?,
        ),
        by_header: false,
    };
    oauth::renew(account, &client, http).await
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
