//! Access by a token in place of a password (XOAUTH2): fetching a new one before the old one runs out.

use kulant_model::time::Timestamp;
use serde_json::Value;

use crate::connect::needed;
use crate::delivery::Account;
use crate::google;
use crate::http::Http;
use crate::oauth;
use crate::outbound::SendError;

/// Answers a server's question with the token, and its complaint with silence.
#[derive(Debug)]
pub(super) struct Xoauth2 {
    answer: Option<String>,
}

/// Whose page gives the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    Google,
    Microsoft,
}

impl Provider {
    /// Reads which one the settings name; none where tokens are typed in.
    pub(super) fn of(settings: &Value) -> Option<Self> {
        match settings.get("oauth_provider")?.as_str()? {
            "google" => Some(Self::Google),
            "microsoft" => Some(Self::Microsoft),
            _ => None,
        }
    }

    const fn token_url(self) -> &'static str {
        match self {
            Self::Google => google::TOKEN_URL,
            Self::Microsoft => "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        }
    }

    /// Returns the address of the page where a person agrees. A company at Microsoft may have its own
    /// address for tokens, and then has its own page beside it.
    pub(super) fn page(self, account: &Account) -> String {
        match self {
            Self::Google => google::AUTHORISE_URL.to_owned(),
            Self::Microsoft => {
                let token_url = account.setting("oauth_token_url");
                let token_url = token_url.unwrap_or(self.token_url());
                let before = token_url.strip_suffix("/token").unwrap_or(token_url);
                format!("{before}/authorize")
            }
        }
    }
}

/// Whether the mailbox is opened by token.
pub(super) fn is_used(account: &Account) -> bool {
    account.setting("oauth_token_url").is_some() || Provider::of(&account.settings).is_some()
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
    oauth::renew(account, &client(account)?, http).await
}

/// Returns who asks for tokens, and where.
pub(super) fn client(account: &Account) -> Result<oauth::Client<'_>, SendError> {
    let of_provider = Provider::of(&account.settings).map(Provider::token_url);
    let token_url = account.setting("oauth_token_url").or(of_provider);
    Ok(oauth::Client {
        token_url: needed(token_url, "oauth_token_url")?.to_owned(),
        id: needed(account.setting("oauth_client_id"), "oauth_client_id")?,
        secret: Some(needed(
            account.secret("oauth_client_secret"),
            "oauth_client_secret",
        )?),
        by_header: false,
    })
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
