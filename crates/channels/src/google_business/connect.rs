//! Connecting a place on Google's map: a person who manages it agrees on Google's page. Which place it
//! is stands in the settings.

use serde_json::{Value, json};

use super::{SCOPE, client};
use crate::connect::{
    Agreement, Attempt, Authorisation, ConnectError, Connected, Connecting, Grant, Permit,
};
use crate::delivery::Account;
use crate::http::Http;
use crate::{google, oauth};

const SCOPES: [Permit; 1] = [Permit::new(SCOPE, "channel.scope.reviews")];

pub(super) fn connecting() -> Connecting {
    Connecting {
        at: "Google",
        scopes: SCOPES.to_vec(),
        needs: &["account_id", "location_id", "client_id", "client_secret"],
        fills: &["refresh_token"],
    }
}

pub(super) fn authorise(
    account: &Account,
    attempt: &Attempt,
) -> Result<Authorisation, ConnectError> {
    let url = google::consent(account, &SCOPES, attempt)?;
    Ok(Authorisation {
        url,
        kept: Value::Null,
    })
}

pub(super) async fn connect(
    account: &Account,
    agreement: &Agreement,
    http: &Http,
) -> Result<Connected, ConnectError> {
    let secrets = oauth::exchange(account, &client(account)?, agreement, http).await?;
    Ok(Connected::Account(Grant {
        settings: json!({}),
        secrets,
    }))
}
