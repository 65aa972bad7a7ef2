//! Google's page where a person agrees, and tokens for its codes.

use serde_json::json;

use super::{SIGNS, TOKEN_LIFE, Youtube};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Fault, Kit};

const CODE_LIFE: Millis = 600_000;

pub(super) fn authorise(net: &mut Youtube, call: &Call, kit: &Kit) -> Answer {
    let param = |name: &str| call.param(name).unwrap_or_default();
    let wrong = |words: &str| {
        let page =
            format!("<!doctype html><h1>Access blocked: Authorization Error</h1><p>{words}</p>");
        Answer::html(400, &page)
    };
    if param("client_id") != net.client.0 {
        return wrong("Error 401: invalid_client");
    }
    if param("response_type") != "code" || param("redirect_uri").is_empty() {
        return wrong("Error 400: invalid_request");
    }
    let ours: Vec<(String, String)> = net
        .channels
        .values()
        .filter(|channel| channel.ours && !channel.gone)
        .map(|channel| (channel.id.clone(), channel.name.clone()))
        .collect();
    net.consents.page(call, ("Google", &ours), CODE_LIFE, kit)
}

/// Gives tokens for a code; who asks was looked at before.
pub(super) fn exchange(net: &mut Youtube, call: &Call, kit: &Kit) -> Answer {
    let client = net.client.0.clone();
    let agreed = match net.consents.redeem(call, &client, kit.now()) {
        Ok(agreed) => agreed,
        Err(fault) => {
            let (error, words) = match fault {
                Fault::OtherRedirect => ("redirect_uri_mismatch", "Bad Request"),
                Fault::WrongVerifier => ("invalid_grant", "Invalid code verifier."),
                Fault::OtherClient => ("unauthorized_client", "Unauthorized"),
                Fault::Unknown | Fault::Expired => ("invalid_grant", "Bad Request"),
            };
            let body = json!({"error": error, "error_description": words});
            return Answer::json(400, &body);
        }
    };
    let access = format!("ya29.{}", kit.ids.signs("access", 120, SIGNS));
    let until = kit.now() + TOKEN_LIFE;
    net.tokens
        .insert(access.clone(), (agreed.account.clone(), until));
    let mut body = json!({
        "access_token": access,
        "expires_in": TOKEN_LIFE / 1_000 - 1,
        "scope": agreed.scopes.join(" "),
        "token_type": "Bearer",
    });
    // Only whoever asks to stay connected is given a token to renew by.
    if agreed.offline {
        let refresh = format!("1//{}", kit.ids.signs("refresh", 90, SIGNS));
        net.refresh.insert(refresh.clone(), agreed.account);
        body["refresh_token"] = json!(refresh);
    }
    Answer::json(200, &body)
}
