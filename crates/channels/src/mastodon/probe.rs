//! Whether the account still works: the token, what it may do, and what the server thinks of us.

use super::ask;
use super::wire::{Application, Person};
use crate::delivery::{Account, Finding, FindingClass};
use crate::http::Http;
use crate::outbound::SendError;

/// What the token must allow.
const SCOPES: [&str; 6] = [
    "read:accounts",
    "read:notifications",
    "read:statuses",
    "write:favourites",
    "write:media",
    "write:statuses",
];

pub(super) async fn probe(account: &Account, http: &Http) -> Result<Vec<Finding>, SendError> {
    let mut findings = Vec::new();
    let own = ask::ask_for::<Person>(account, "/api/v1/accounts/verify_credentials", http).await;
    match own {
        Ok(own) => {
            if own.suspended || own.limited {
                let detail = format!("@{} is restricted by its server", own.acct);
                findings.push(Finding::new(FindingClass::Restricted, detail));
            }
        }
        Err(SendError::AuthBroken(detail)) => {
            return Ok(vec![Finding::new(FindingClass::Token, detail)]);
        }
        Err(SendError::Forbidden(detail)) => {
            return Ok(vec![Finding::new(FindingClass::Permission, detail)]);
        }
        Err(error) => return Err(error),
    }

    // The application's rights, as far as the server tells them; a token has these or fewer.
    let path = "/api/v1/apps/verify_credentials";
    if let Ok(application) = ask::ask_for::<Application>(account, path, http).await
        && !application.scopes.is_empty()
    {
        for scope in SCOPES {
            let family = scope.split(':').next().unwrap_or(scope);
            let granted = application
                .scopes
                .iter()
                .any(|granted| granted == scope || granted == family);
            if !granted {
                findings.push(Finding::new(FindingClass::Permission, scope));
            }
        }
    }
    match ask::ask(account, "/api/v1/notifications?limit=1", http).await {
        Err(SendError::Forbidden(detail)) if findings.is_empty() => {
            findings.push(Finding::new(FindingClass::Permission, detail));
        }
        Err(SendError::Forbidden(_)) | Ok(_) => {}
        Err(error) => return Err(error),
    }
    Ok(findings)
}
