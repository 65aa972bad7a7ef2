//! Connecting a channel at Google: a person agrees on Google's page, and one of their channels becomes
//! the inbox's.

use serde_json::{Value, json};

use super::{SCOPE, ask, channel_id, client, wire};
use crate::connect::{
    self, Agreement, Attempt, Authorisation, Choice, ConnectError, Connected, Connecting, Grant,
    Permit,
};
use crate::delivery::Account;
use crate::http::Http;
use crate::{google, oauth};

const SCOPES: [Permit; 1] = [Permit::new(SCOPE, "channel.scope.comments")];

pub(super) fn connecting() -> Connecting {
    Connecting {
        at: "Google",
        scopes: SCOPES.to_vec(),
        needs: &["client_id", "client_secret"],
        fills: &["channel_id", "refresh_token", "access_token"],
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
    let connected = connect::with_secrets(account, &secrets);
    let path = "/channels?part=id,snippet&mine=true&maxResults=50";
    let page: wire::Page = ask::ask_for(&connected, path, http).await?;
    let own: Vec<Choice> = page.items.iter().filter_map(choice).collect();
    if let Some(wanted) = channel_id(account) {
        let found: Vec<&str> = own.iter().map(|channel| channel.id.as_str()).collect();
        if !found.contains(&wanted) {
            return Err(ConnectError::OtherAccount {
                wanted: wanted.to_owned(),
                found: found.join(", "),
            });
        }
        return Ok(Connected::Account(grant(wanted, &secrets)));
    }
    match own.as_slice() {
        [] => Err(ConnectError::NoAccount),
        [one] => Ok(Connected::Account(grant(&one.id, &secrets))),
        _ => Ok(Connected::Choice {
            kept: secrets,
            of: own,
        }),
    }
}

pub(super) fn grant(channel: &str, secrets: &Value) -> Grant {
    Grant {
        settings: json!({"channel_id": channel}),
        secrets: secrets.clone(),
    }
}

fn choice(channel: &Value) -> Option<Choice> {
    let id = channel.get("id")?.as_str()?;
    let name = channel.pointer("/snippet/title").and_then(Value::as_str);
    Some(Choice {
        id: id.to_owned(),
        name: name.unwrap_or(id).to_owned(),
    })
}
