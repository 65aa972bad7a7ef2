//! Apps that register themselves, the page where a person agrees, and tokens for its codes.

use serde_json::{Value, json};

use super::{Mastodon, Token};
use crate::item::Millis;
use crate::networks::kit::{Agreed, Answer, Call, Kit};

/// How long a code is good.
const CODE_LIFE: Millis = 600_000;
const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// An app that registered itself.
#[derive(Debug, Clone)]
pub(super) struct App {
    secret: String,
    redirects: Vec<String>,
    scopes: Vec<String>,
}

pub(super) fn register(server: &mut Mastodon, call: &Call, kit: &Kit) -> Answer {
    let param = |name: &str| call.param(name).unwrap_or_default();
    let name = param("client_name");
    let mut redirects = call.params("redirect_uris");
    redirects = redirects
        .iter()
        .flat_map(|several| several.lines().map(str::to_owned))
        .collect();
    if name.is_empty() {
        return refused(422, "Validation failed: Application name can't be blank");
    }
    let absolute = |uri: &String| uri.starts_with("https://") || uri.starts_with("http://");
    if redirects.is_empty() || !redirects.iter().all(absolute) {
        return refused(
            422,
            "Validation failed: Redirect URI must be an absolute URI.",
        );
    }
    let scopes: Vec<String> = param("scopes")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let id = kit.ids.signs("client", 43, SIGNS);
    let app = App {
        secret: kit.ids.signs("client_secret", 43, SIGNS),
        redirects,
        scopes,
    };
    let shown = json!({
        "id": kit.ids.count("application").to_string(),
        "name": name,
        "website": null,
        "scopes": app.scopes,
        "redirect_uris": app.redirects,
        "redirect_uri": app.redirects.join("\n"),
        "client_id": id,
        "client_secret": app.secret,
        "client_secret_expires_at": 0,
    });
    server.apps.insert(id, app);
    Answer::json(200, &shown)
}

pub(super) fn authorise(server: &mut Mastodon, call: &Call, kit: &Kit) -> Answer {
    let param = |name: &str| call.param(name).unwrap_or_default();
    let Some(app) = server.apps.get(&param("client_id")) else {
        return page(
            401,
            "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
        );
    };
    if !app.redirects.contains(&param("redirect_uri")) {
        return page(
            400,
            "The requested redirect uri is malformed or doesn't match client redirect URI.",
        );
    }
    let within = |scope: &str| app.scopes.iter().any(|known| known == scope);
    if !param("scope").split_whitespace().all(within) {
        return page(
            400,
            "The requested scope is invalid, unknown, or malformed.",
        );
    }
    let ours: Vec<(String, String)> = server
        .ours()
        .map(|user| (user.acct.clone(), user.acct.clone()))
        .collect();
    server
        .consents
        .page(call, ("Mastodon", &ours), CODE_LIFE, kit)
}

pub(super) fn token(server: &mut Mastodon, call: &Call, kit: &Kit) -> Answer {
    let param = |name: &str| call.param(name).unwrap_or_default();
    let client = param("client_id");
    let known = server.apps.get(&client);
    if known.is_none_or(|app| app.secret != param("client_secret")) {
        return failed(
            401,
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
        );
    }
    if param("grant_type") != "authorization_code" {
        return failed(
            400,
            "unsupported_grant_type",
            "The authorization grant type is not supported by the authorization server.",
        );
    }
    let agreed = server.consents.redeem(call, &client, kit.now());
    let user = agreed
        .as_ref()
        .ok()
        .and_then(|agreed: &Agreed| server.by_acct(&agreed.account));
    let (Ok(agreed), Some(user)) = (agreed, user) else {
        return failed(
            400,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
        );
    };
    let token = kit.ids.signs("token", 43, SIGNS);
    let answer = json!({
        "access_token": token,
        "token_type": "Bearer",
        "scope": agreed.scopes.join(" "),
        "created_at": kit.now() / 1_000,
    });
    server.tokens.insert(
        token,
        Token {
            user,
            scopes: agreed.scopes,
        },
    );
    Answer::json(200, &answer)
}

fn refused(status: u16, words: &str) -> Answer {
    Answer::json(status, &json!({"error": words}))
}

fn failed(status: u16, error: &str, words: &str) -> Answer {
    let body: Value = json!({"error": error, "error_description": words});
    Answer::json(status, &body)
}

fn page(status: u16, words: &str) -> Answer {
    Answer::html(status, &format!("<!doctype html><p>{words}</p>"))
}
