//! X's page where a person agrees, and tokens for its codes (OAuth 2.0 with PKCE).

use serde_json::json;

use super::{TOKEN_LIFE, X};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Fault, Kit};

/// A code at X is good for half a minute.
const CODE_LIFE: Millis = 30_000;

pub(super) fn authorise(net: &mut X, call: &Call, kit: &Kit) -> Answer {
    let param = |name: &str| call.param(name).unwrap_or_default();
    // Without a proof nobody is asked anything here.
    let whole = param("client_id") == net.client.0
        && param("response_type") == "code"
        && !param("state").is_empty()
        && !param("redirect_uri").is_empty()
        && !param("code_challenge").is_empty();
    if !whole {
        let page = "<!doctype html><h1>Something went wrong</h1><p>You weren't able to give access to the App. Go back and try logging in again.</p>";
        return Answer::html(400, page);
    }
    let ours: Vec<(String, String)> = net
        .users
        .values()
        .filter(|user| user.ours && !user.gone)
        .map(|user| (user.id.clone(), format!("@{}", user.username)))
        .collect();
    net.consents.page(call, ("X", &ours), CODE_LIFE, kit)
}

/// Gives tokens for a code; who asks was looked at before.
pub(super) fn exchange(net: &mut X, call: &Call, kit: &Kit) -> Answer {
    let client = net.client.0.clone();
    let agreed = match net.consents.redeem(call, &client, kit.now()) {
        Ok(agreed) => agreed,
        Err(fault) => {
            let words = match fault {
                Fault::WrongVerifier => {
                    "Value passed for the code verifier did not match the code challenge."
                }
                Fault::OtherRedirect => {
                    "Value passed for the redirect uri did not match the uri of the authorization code."
                }
                _ => "Value passed for the authorization code was invalid.",
            };
            let body = json!({"error": "invalid_request", "error_description": words});
            return Answer::json(400, &body);
        }
    };
    let scopes = agreed.scopes.join(" ");
    let (access, refresh) = net.give(&agreed.account, &scopes, kit);
    let mut body = json!({
        "token_type": "bearer",
        "expires_in": TOKEN_LIFE / 1_000,
        "access_token": access,
        "scope": scopes,
    });
    if agreed.scopes.iter().any(|scope| scope == "offline.access") {
        body["refresh_token"] = json!(refresh);
    }
    Answer::json(200, &body)
}
