//! Whether the account still works: the token, whose it is, what it may do, and whether X still pushes.

use serde_json::Value;

use super::{ask, hook, is_pushed, is_with_messages};
use crate::delivery::{Account, Finding, FindingClass};
use crate::http::Http;
use crate::oauth;
use crate::outbound::SendError;

/// What the token must allow.
const SCOPES: [&str; 5] = [
    "tweet.read",
    "tweet.write",
    "users.read",
    "like.write",
    "tweet.moderate.write",
];
/// What it must allow where direct messages are read and answered.
const MESSAGE_SCOPES: [&str; 2] = ["dm.read", "dm.write"];

pub(super) async fn probe(account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
    let own: Value = match ask::ask_for(account, "/2/users/me", http).await {
        Ok(own) => own,
        Err(SendError::AuthBroken(detail)) => {
            return Ok(vec![Finding::new(FindingClass::Token, detail)]);
        }
        Err(SendError::Forbidden(detail)) => {
            return Ok(vec![Finding::new(FindingClass::Restricted, detail)]);
        }
        Err(error) => return Err(error),
    };
    let mut findings = Vec::new();
    let told = own.pointer("/data/id").and_then(Value::as_str);
    if told != Some(ask::own(account)?) {
        let name = own.pointer("/data/username").and_then(Value::as_str);
        let detail = format!(
            "the token is that of @{} ({}), not of the account of this inbox",
            name.unwrap_or_default(),
            told.unwrap_or_default()
        );
        findings.push(Finding::new(FindingClass::Token, detail));
    }
    if let Some(granted) = oauth::granted_scopes(account) {
        let messages = is_with_messages(&account.settings);
        let needed = SCOPES
            .iter()
            .chain(MESSAGE_SCOPES.iter().filter(|_| messages));
        for scope in needed.filter(|scope| !granted.contains(scope)) {
            findings.push(Finding::new(FindingClass::Permission, *scope));
        }
    }
    if is_pushed(account) {
        findings.extend(hook::probe(account, http).await?);
    }
    Ok(findings)
}
