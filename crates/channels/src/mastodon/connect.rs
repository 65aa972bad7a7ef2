//! Connecting an account on its own server: kulant registers itself there, a person agrees on the
//! server's page, and the code that comes back is exchanged for a token that does not run out.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ask;
use super::wire::Person;
use crate::connect::{
    self, Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting, Grant, Permit,
};
use crate::delivery::Account;
use crate::http::{Http, HttpError, Request};
use crate::outbound::SendError;

/// What is asked for. The probe wants all of them but the last, which only the listening post needs.
const SCOPES: [Permit; 7] = [
    Permit::new("read:accounts", "channel.scope.account"),
    Permit::new("read:notifications", "channel.scope.notifications"),
    Permit::new("read:statuses", "channel.scope.read_both"),
    Permit::new("write:statuses", "channel.scope.write_both"),
    Permit::new("write:media", "channel.scope.files"),
    Permit::new("write:favourites", "channel.scope.react"),
    Permit::new("read:search", "channel.scope.search"),
];

/// What a server gives whoever registers.
#[derive(Deserialize)]
struct Registered {
    client_id: String,
    client_secret: String,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

pub(super) fn connecting() -> Connecting {
    Connecting {
        at: "Mastodon",
        scopes: SCOPES.to_vec(),
        needs: &["base_url"],
        fills: &["access_token", "account"],
    }
}

pub(super) async fn authorise(
    account: &Account,
    attempt: &Attempt,
    http: &Http,
) -> Result<Authorisation, ConnectError> {
    let scopes = connect::names(&SCOPES, " ");
    let registration = Request::post_form(
        ask::address(account, "/api/v1/apps")?,
        &[
            ("client_name", "kulant"),
            ("redirect_uris", &attempt.redirect_url),
            ("scopes", &scopes),
        ],
    );
    let registered: Registered = answer(account, registration, http).await?;
    let address = ask::address(account, "/oauth/authorize")?;
    let client = (registered.client_id.as_str(), scopes.as_str());
    Ok(Authorisation {
        url: connect::page_with_proof(&address, client, attempt, &[])?,
        kept: json!({
            "client_id": registered.client_id,
            "client_secret": registered.client_secret,
        }),
    })
}

pub(super) async fn connect(
    account: &Account,
    agreement: &Agreement,
    http: &Http,
) -> Result<Connected, ConnectError> {
    let client = |name: &str| agreement.kept.get(name).and_then(Value::as_str);
    let exchange = Request::post_form(
        ask::address(account, "/oauth/token")?,
        &[
            ("grant_type", "authorization_code"),
            ("code", &agreement.code),
            (
                "client_id",
                connect::needed(client("client_id"), "client_id")?,
            ),
            (
                "client_secret",
                connect::needed(client("client_secret"), "client_secret")?,
            ),
            ("redirect_uri", &agreement.redirect_url),
            ("code_verifier", &agreement.verifier),
        ],
    );
    let granted: Granted = answer(account, exchange, http).await?;
    let secrets = json!({"access_token": granted.access_token});
    let connected = connect::with_secrets(account, &secrets);
    let path = "/api/v1/accounts/verify_credentials";
    let own: Person = ask::ask_for(&connected, path, http).await?;
    connect::same_account(account.setting("account"), &own.acct)?;
    Ok(Connected::Account(Grant {
        settings: json!({"account": own.acct}),
        secrets,
    }))
}

/// Makes a request that no token stands behind yet, and reads the answer. Its body is never repeated:
/// it may hold secrets.
async fn answer<T: DeserializeOwned>(
    account: &Account,
    request: Request,
    http: &Http,
) -> Result<T, SendError> {
    let answer = http.send(request).await.map_err(HttpError::when_asking)?;
    match answer.status {
        200..=299 => answer.json().and_then(|body| {
            serde_json::from_value(body).map_err(|error| SendError::Unreadable(error.to_string()))
        }),
        400..=403 | 422 => Err(SendError::AuthBroken(ask::detail(&answer))),
        408 | 504 => Err(SendError::RetryBackoff(format!("status {}", answer.status))),
        _ => Err(ask::refusal(&answer, account.now)),
    }
}
