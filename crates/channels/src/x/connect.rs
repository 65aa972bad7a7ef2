//! Connecting an account at X: a person agrees on X's page (OAuth 2.0 with PKCE), and the code that comes
//! back is exchanged for a token of two hours and one to renew it by.

use serde_json::{Value, json};

use super::{ask, is_with_messages};
use crate::connect::{
    self, Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting, Grant, Permit,
};
use crate::delivery::Account;
use crate::http::Http;
use crate::oauth;
use crate::outbound::SendError;

pub(super) const AUTHORISE_URL: &str = "https://x.com/i/oauth2/authorize";

const SCOPES: [Permit; 7] = [
    Permit::new("tweet.read", "channel.scope.read_public"),
    Permit::new("tweet.write", "channel.scope.write_public"),
    Permit::new("users.read", "channel.scope.account"),
    Permit::new("like.write", "channel.scope.react"),
    Permit::new("tweet.moderate.write", "channel.scope.hide"),
    Permit::new("media.write", "channel.scope.files"),
    Permit::new("offline.access", "channel.scope.offline"),
];
const MESSAGE_SCOPES: [Permit; 2] = [
    Permit::new("dm.read", "channel.scope.read_private"),
    Permit::new("dm.write", "channel.scope.write_private"),
];

pub(super) fn connecting(settings: &Value) -> Connecting {
    Connecting {
        at: "X",
        scopes: scopes(settings),
        needs: &["client_id"],
        fills: &["account_id", "access_token", "refresh_token"],
    }
}

fn scopes(settings: &Value) -> Vec<Permit> {
    let messages = is_with_messages(settings);
    let wanted = MESSAGE_SCOPES.iter().filter(|_| messages);
    SCOPES.iter().chain(wanted).copied().collect()
}

pub(super) fn authorise(
    account: &Account,
    attempt: &Attempt,
) -> Result<Authorisation, ConnectError> {
    let address = account.setting("authorise_url").unwrap_or(AUTHORISE_URL);
    let client = connect::needed(account.setting("client_id"), "client_id")?;
    let scopes = connect::names(&scopes(&account.settings), " ");
    Ok(Authorisation {
        url: connect::page_with_proof(address, (client, &scopes), attempt, &[])?,
        kept: Value::Null,
    })
}

pub(super) async fn connect(
    account: &Account,
    agreement: &Agreement,
    http: &Http,
) -> Result<Connected, ConnectError> {
    let client = client(account)?;
    let secrets = oauth::exchange(account, &client, agreement, http).await?;
    let connected = connect::with_secrets(account, &secrets);
    let own: Value = ask::ask_for(&connected, "/2/users/me", http).await?;
    let id = own
        .pointer("/data/id")
        .and_then(Value::as_str)
        .ok_or_else(|| SendError::Unreadable("the account has no id".to_owned()))?;
    connect::same_account(super::account_id(account), id)?;
    Ok(Connected::Account(Grant {
        settings: json!({"account_id": id}),
        secrets,
    }))
}

/// Returns who asks for tokens, and where.
pub(super) fn client(account: &Account) -> Result<oauth::Client<'_>, SendError> {
    Ok(oauth::Client {
        token_url: ask::address(account, "/2/oauth2/token"),
        id: connect::needed(account.setting("client_id"), "client_id")?,
        secret: account.secret("client_secret"),
        by_header: true,
    })
}
