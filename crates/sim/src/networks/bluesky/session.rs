//! Sessions: short tokens that run out, long ones that are good for one renewal.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Bluesky, refused};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Kit, Limit};

const ACCESS_LIFE: Millis = 120 * 60_000;
const REFRESH_LIFE: Millis = 90 * 86_400_000;
const OPENINGS: Limit = Limit {
    name: "sessions",
    most: 30,
    span: 300_000,
};
const OPENINGS_A_DAY: Limit = Limit {
    name: "sessions_a_day",
    most: 300,
    span: 86_400_000,
};

/// Whose token it is, and until when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    did: String,
    expires: Millis,
}

/// Opens a session by an app password.
pub(super) fn create(net: &mut Bluesky, call: &Call, kit: &Kit) -> Answer {
    let identifier = call.param("identifier").unwrap_or_default();
    let password = call.param("password").unwrap_or_default();
    for limit in [OPENINGS, OPENINGS_A_DAY] {
        let standing = kit.limits.take(limit, &identifier, 1, kit.now());
        if !standing.allowed {
            return refused(429, "RateLimitExceeded", "Rate Limit Exceeded")
                .with("ratelimit-limit", standing.limit)
                .with("ratelimit-remaining", 0)
                .with("ratelimit-reset", standing.reset / 1_000)
                .with(
                    "ratelimit-policy",
                    format!("{};w={}", limit.most, limit.span / 1_000),
                );
        }
    }
    let person = net.person(&identifier);
    match person.filter(|person| !password.is_empty() && person.password == password) {
        Some(person) => {
            let did = person.did.clone();
            give(net, &did, kit)
        }
        None => refused(
            401,
            "AuthenticationRequired",
            "Invalid identifier or password",
        ),
    }
}

/// Renews a session; the token that did it is used up.
pub(super) fn renew(net: &mut Bluesky, call: &Call, kit: &Kit) -> Answer {
    let token = call.bearer().unwrap_or_default().to_owned();
    let known = net.refresh.remove(&token);
    match known.filter(|session| session.expires > kit.now()) {
        Some(session) => give(net, &session.did, kit),
        None => refused(400, "ExpiredToken", "Token has been revoked"),
    }
}

/// Finds out who calls.
pub(super) fn admit(net: &Bluesky, call: &Call, kit: &Kit) -> Result<String, Answer> {
    let Some(token) = call.bearer() else {
        return Err(refused(401, "AuthMissing", "Authentication Required"));
    };
    let Some(session) = net.access.get(token) else {
        return Err(refused(400, "InvalidToken", "Token could not be verified"));
    };
    if session.expires <= kit.now() {
        return Err(refused(400, "ExpiredToken", "Token has expired"));
    }
    let person = net.people.get(&session.did);
    match person {
        Some(person) if !person.gone => Ok(session.did.clone()),
        _ => Err(refused(
            401,
            "AccountTakedown",
            "Account has been taken down",
        )),
    }
}

/// Ends the sessions of an account, and its app password.
pub(super) fn revoke(net: &mut Bluesky, did: &str) {
    net.access.retain(|_, session| session.did != did);
    net.refresh.retain(|_, session| session.did != did);
    if let Some(person) = net.people.get_mut(did) {
        person.password.clear();
    }
}

pub(super) fn show(net: &Bluesky, did: &str) -> Value {
    let Some(person) = net.people.get(did) else {
        return Value::Null;
    };
    let mut shown = json!({
        "did": did,
        "handle": person.handle,
        "email": "konto@example.org",
        "emailConfirmed": true,
        "active": !person.suspended,
    });
    if person.suspended {
        shown["status"] = json!("suspended");
    }
    shown
}

fn give(net: &mut Bluesky, did: &str, kit: &Kit) -> Answer {
    let make = |scope: &str, life: Millis| {
        let now = kit.now();
        let claims = json!({
            "scope": scope,
            "sub": did,
            "iat": now / 1_000,
            "exp": (now + life) / 1_000,
            "aud": "did:web:social.example",
            "jti": kit.ids.letters("jti", 16),
        });
        let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"ES256K"}"#);
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        format!("{head}.{claims}.{}", kit.ids.letters("jwt", 43))
    };
    let access = make("com.atproto.appPass", ACCESS_LIFE);
    let refresh = make("com.atproto.refresh", REFRESH_LIFE);
    let session = |life| Session {
        did: did.to_owned(),
        expires: kit.now() + life,
    };
    net.access.insert(access.clone(), session(ACCESS_LIFE));
    net.refresh.insert(refresh.clone(), session(REFRESH_LIFE));
    let mut shown = show(net, did);
    shown["accessJwt"] = json!(access);
    shown["refreshJwt"] = json!(refresh);
    Answer::json(200, &shown)
}
