//! Connecting a mailbox at Google or Microsoft: a person agrees on the provider's page, and a token
//! stands in the place of the password from then on.

use serde_json::{Value, json};

use super::imap::Reader;
use super::oauth::{self as token, Provider};
use super::setup::Setup;
use crate::connect::{
    self, Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting, Grant, Permit,
};
use crate::delivery::Account;
use crate::http::Http;
use crate::oauth;
use crate::outbound::SendError;

const GOOGLE: [Permit; 1] = [Permit::new(
    "https://mail.google.com/",
    "channel.scope.mailbox",
)];
const MICROSOFT: [Permit; 3] = [
    Permit::new(
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "channel.scope.mail_read",
    ),
    Permit::new(
        "https://outlook.office.com/SMTP.Send",
        "channel.scope.mail_send",
    ),
    Permit::new("offline_access", "channel.scope.offline"),
];

pub(super) fn connecting(settings: &Value) -> Option<Connecting> {
    let provider = Provider::of(settings)?;
    Some(Connecting {
        at: match provider {
            Provider::Google => "Google",
            Provider::Microsoft => "Microsoft",
        },
        scopes: scopes(provider).to_vec(),
        needs: &[
            "address",
            "imap_host",
            "smtp_host",
            "oauth_client_id",
            "oauth_client_secret",
        ],
        fills: &["refresh_token"],
    })
}

const fn scopes(provider: Provider) -> &'static [Permit] {
    match provider {
        Provider::Google => &GOOGLE,
        Provider::Microsoft => &MICROSOFT,
    }
}

pub(super) fn authorise(
    account: &Account,
    attempt: &Attempt,
) -> Result<Authorisation, ConnectError> {
    let provider = provider(account)?;
    let address = connect::needed(account.setting("username"), "username")
        .or_else(|_| connect::needed(account.setting("address"), "address"))?;
    let client = connect::needed(account.setting("oauth_client_id"), "oauth_client_id")?;
    let scopes = connect::names(scopes(provider), " ");
    let mut more = vec![("prompt", "consent"), ("login_hint", address)];
    if provider == Provider::Google {
        more.push(("access_type", "offline"));
    }
    let page = provider.page(account);
    Ok(Authorisation {
        url: connect::page_with_proof(&page, (client, &scopes), attempt, &more)?,
        kept: Value::Null,
    })
}

pub(super) async fn connect(
    account: &Account,
    agreement: &Agreement,
    http: &Http,
) -> Result<Connected, ConnectError> {
    let secrets = oauth::exchange(account, &token::client(account)?, agreement, http).await?;
    must_open(account, &secrets, http).await?;
    Ok(Connected::Account(Grant {
        settings: json!({}),
        secrets,
    }))
}

/// Signs in to the mailbox with what was granted: whoever agreed may be signed in as somebody else,
/// and what opens another mailbox must not replace what opens this one.
async fn must_open(account: &Account, secrets: &Value, http: &Http) -> Result<(), ConnectError> {
    let connected = connect::with_secrets(account, secrets);
    let setup = Setup::read(&connected)?;
    match Reader::open(&setup, http).await {
        Ok(reader) => {
            reader.close().await;
            Ok(())
        }
        Err(SendError::AuthBroken(found)) => Err(ConnectError::OtherAccount {
            wanted: setup.imap.username.clone(),
            found,
        }),
        Err(error) => Err(error.into()),
    }
}

fn provider(account: &Account) -> Result<Provider, SendError> {
    Provider::of(&account.settings)
        .ok_or_else(|| SendError::Forbidden("oauth_provider is not set".to_owned()))
}
