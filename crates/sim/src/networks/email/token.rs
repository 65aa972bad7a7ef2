//! Access by token in place of a password, and the address at which tokens are renewed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Email;
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Kit};

/// How long a token is good.
const GOOD_SECONDS: i64 = 3_600;

/// What a mailbox is opened by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    client: String,
    client_secret: String,
    refresh: String,
    access: String,
    until: Millis,
}

impl Token {
    pub(super) fn new(kit: &Kit) -> Self {
        Self {
            client: kit.ids.letters("client", 20),
            client_secret: kit.ids.letters("client_secret", 32),
            refresh: kit.ids.letters("refresh", 40),
            access: kit.ids.letters("access", 40),
            until: kit.now() + GOOD_SECONDS * 1_000,
        }
    }

    /// Tells an inbox where tokens are renewed, and in whose name.
    pub(super) fn tell(&self, settings: &mut Value, kit: &Kit) {
        settings["oauth_token_url"] = json!(format!("{}/token", kit.base));
        settings["oauth_client_id"] = json!(self.client);
    }

    pub(super) fn secrets(&self) -> Value {
        json!({
            "oauth_client_secret": self.client_secret,
            "refresh_token": self.refresh,
            "access_token": self.access,
            "access_until": (self.until / 1_000).to_string(),
        })
    }

    /// Whether this is what SASL's XOAUTH2 says for the mailbox.
    pub(super) fn opens(&self, said: &str, address: &str, now: Millis) -> bool {
        let expected = format!("user={address}\x01auth=Bearer {}\x01\x01", self.access);
        said == expected && now < self.until
    }

    /// Lets the token run out.
    pub(super) fn expire(&mut self) {
        self.until = Millis::MIN;
    }
}

/// Renews a token; the old refresh token is dead from then on.
pub(super) fn answer(net: &mut Email, call: &Call, kit: &Kit) -> Answer {
    if (call.method.as_str(), call.path().as_slice()) != ("POST", ["token"].as_slice()) {
        return Answer::json(404, &json!({"error": "not_found"}));
    }
    let field = |name: &str| call.param(name).unwrap_or_default();
    if field("grant_type") == "authorization_code" {
        return agreed(net, call, kit);
    }
    if field("grant_type") != "refresh_token" {
        return Answer::json(400, &json!({"error": "unsupported_grant_type"}));
    }
    let account = net.accounts.values_mut().find(|account| {
        let token = account.token.as_ref();
        token.is_some_and(|token| token.client == field("client_id"))
    });
    let Some(account) = account else {
        return Answer::json(401, &json!({"error": "invalid_client"}));
    };
    let Some(token) = &mut account.token else {
        return Answer::json(401, &json!({"error": "invalid_client"}));
    };
    if token.client_secret != field("client_secret") {
        return Answer::json(401, &json!({"error": "invalid_client"}));
    }
    if account.revoked || token.refresh != field("refresh_token") {
        return Answer::json(400, &json!({"error": "invalid_grant"}));
    }
    token.access = kit.ids.letters("access", 40);
    token.refresh = kit.ids.letters("refresh", 40);
    token.until = kit.now() + GOOD_SECONDS * 1_000;
    Answer::json(
        200,
        &json!({
            "token_type": "Bearer",
            "access_token": token.access,
            "refresh_token": token.refresh,
            "expires_in": GOOD_SECONDS,
        }),
    )
}

/// Gives tokens of the mailbox that whoever agreed is signed in as, whichever one was meant: the code
/// is its address.
fn agreed(net: &mut Email, call: &Call, kit: &Kit) -> Answer {
    let field = |name: &str| call.param(name).unwrap_or_default();
    let is_client = net.accounts.values().any(|account| {
        account.token.as_ref().is_some_and(|token| {
            token.client == field("client_id") && token.client_secret == field("client_secret")
        })
    });
    if !is_client {
        return Answer::json(401, &json!({"error": "invalid_client"}));
    }
    let code = field("code");
    let signed_in = net
        .accounts
        .values_mut()
        .find(|account| account.address == code);
    let Some(token) = signed_in.and_then(|account| account.token.as_mut()) else {
        return Answer::json(400, &json!({"error": "invalid_grant"}));
    };
    token.access = kit.ids.letters("access", 40);
    token.refresh = kit.ids.letters("refresh", 40);
    token.until = kit.now() + GOOD_SECONDS * 1_000;
    Answer::json(
        200,
        &json!({
            "token_type": "Bearer",
            "access_token": token.access,
            "refresh_token": token.refresh,
            "expires_in": GOOD_SECONDS,
        }),
    )
}
