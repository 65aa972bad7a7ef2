//! Whether the account still works: the session, the account's state, and direct messages.

use serde_json::Value;

use super::ask::{Call, Caller};
use super::has_chat;
use crate::delivery::{Account, Finding, FindingClass};
use crate::http::Http;
use crate::outbound::SendError;

pub(super) async fn probe(account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
    let asked = ask(account, http).await;
    match asked {
        Err(SendError::AuthBroken(detail)) => Ok(vec![Finding::new(FindingClass::Token, detail)]),
        other => other,
    }
}

async fn ask(account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
    let mut caller = Caller::new(account, http).await?;
    let session: Value = caller
        .read(&Call::ask("com.atproto.server.getSession"))
        .await?;
    let mut findings = Vec::new();
    if session.get("active").and_then(Value::as_bool) == Some(false) {
        let status = session.get("status").and_then(Value::as_str);
        let status = status.unwrap_or("not active");
        findings.push(Finding::new(FindingClass::Restricted, status));
    }
    if has_chat(account) {
        let call = Call::ask("chat.bsky.convo.listConvos?limit=1").in_chat();
        match caller.call(&call).await {
            Err(SendError::Forbidden(detail)) => {
                findings.push(Finding::new(FindingClass::Permission, detail));
            }
            Err(SendError::WindowClosed(detail)) => {
                findings.push(Finding::new(FindingClass::Restricted, detail));
            }
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(findings)
}
