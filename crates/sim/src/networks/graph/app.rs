//! Apps, tokens and what a caller may do; who calls too often is told so by the meters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{refused, success};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Consents, Kit, Limit, Wish, sign};

/// Calls of one page, number or account in an hour.
const CALLS: Limit = Limit {
    name: "calls",
    most: 4_800,
    span: 3_600_000,
};
/// How long a token of a person lives.
const LONG_LIFE: Millis = 5_183_944_000;

/// A token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    /// The page, account or number that it speaks for.
    pub(crate) node: String,
    pub(crate) user: bool,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: Option<Millis>,
    /// Why it is no longer taken: the network's own number for it.
    pub(crate) dead: Option<i64>,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) node: String,
    pub(crate) scopes: Vec<String>,
    /// The app itself, by its secret.
    pub(crate) is_app: bool,
    pub(crate) user: bool,
}

/// One app and what people gave it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Platform {
    pub(crate) app_id: String,
    pub(crate) app_secret: String,
    pub(crate) verify_token: String,
    pub(crate) tokens: BTreeMap<String, Token>,
    /// What is subscribed at each node.
    pub(crate) subscribed: BTreeMap<String, Vec<String>>,
    /// Whether the hook of a node said that it is ours.
    #[serde(skip)]
    pub(crate) hooks: BTreeMap<String, &'static str>,
    /// Where people's wishes to be erased go.
    pub(crate) callbacks: BTreeMap<String, String>,
    /// What people agreed to.
    #[serde(skip)]
    pub(crate) consents: Consents,
}

impl Platform {
    /// Makes the app, where there is none yet, and takes what a test wants it to be called.
    pub(crate) fn found(&mut self, wish: &Wish, kit: &Kit) {
        if self.app_id.is_empty() {
            self.app_id = kit.ids.digits("app", 15);
            self.app_secret = kit.ids.signs("app_secret", 32, b"0123456789abcdef");
            self.verify_token = kit.ids.letters("verify_token", 20);
        }
        if let Some(secret) = wish.more("app_secret") {
            secret.clone_into(&mut self.app_secret);
        }
        if let Some(token) = wish.more("verify_token") {
            token.clone_into(&mut self.verify_token);
        }
    }

    /// Gives a token for a node.
    pub(crate) fn token(&mut self, node: &str, scopes: &[&str], user: bool, kit: &Kit) -> String {
        let token = format!(
            "EAA{}",
            kit.ids.signs(
                "token",
                120,
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            )
        );
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.tokens.insert(
            token.clone(),
            Token {
                node: node.to_owned(),
                user,
                scopes,
                expires: user.then(|| kit.now() + LONG_LIFE),
                dead: None,
            },
        );
        token
    }

    /// Ends all tokens of a node.
    pub(crate) fn end_tokens(&mut self, node: &str, subcode: i64) {
        for token in self.tokens.values_mut().filter(|token| token.node == node) {
            token.dead = Some(subcode);
        }
    }

    /// Lets a caller in, or says why not.
    pub(crate) fn admit(&self, call: &Call, kit: &Kit) -> Result<Caller, Answer> {
        let given = call.bearer().map(str::to_owned);
        let Some(token) = given.or_else(|| call.param("access_token")) else {
            return Err(refused(
                400,
                (104, 0),
                "An access token is required to request this resource.",
                kit,
            ));
        };
        if let Some(proof) = call.param("appsecret_proof")
            && proof != sign::sha256_hex(&self.app_secret, token.as_bytes())
        {
            let words = "Invalid appsecret_proof provided in the API argument";
            return Err(refused(400, (100, 0), words, kit));
        }
        if token == format!("{}|{}", self.app_id, self.app_secret) {
            return Ok(Caller {
                node: self.app_id.clone(),
                scopes: Vec::new(),
                is_app: true,
                user: false,
            });
        }
        let Some(known) = self.tokens.get(&token) else {
            let words = "Invalid OAuth access token - Cannot parse access token";
            return Err(refused(401, (190, 0), words, kit));
        };
        if let Some((subcode, words)) = known.ended(kit) {
            return Err(refused(401, (190, subcode), words, kit));
        }
        Ok(Caller {
            node: known.node.clone(),
            scopes: known.scopes.clone(),
            is_app: false,
            user: known.user,
        })
    }

    /// Counts a call and returns the meters; a refusal where they are full.
    pub(crate) fn meter(
        caller: &Caller,
        kind: &str,
        kit: &Kit,
    ) -> Result<Vec<(String, String)>, Answer> {
        let now = kit.now();
        let standing = kit.limits.take(CALLS, &caller.node, 1, now);
        let full = !standing.allowed;
        let minutes = if full {
            (standing.wait_seconds(now) + 59) / 60
        } else {
            0
        };
        let per_cent = if full { 100 } else { standing.percent() };
        let usage = json!({
            &caller.node: [{
                "type": kind,
                "call_count": per_cent,
                "total_cputime": per_cent / 3,
                "total_time": per_cent / 2,
                "estimated_time_to_regain_access": minutes,
            }],
        });
        let app = json!({"call_count": per_cent / 2, "total_time": 0, "total_cputime": 0});
        let headers = vec![
            ("x-business-use-case-usage".to_owned(), usage.to_string()),
            ("x-app-usage".to_owned(), app.to_string()),
            ("facebook-api-version".to_owned(), "v26.0".to_owned()),
        ];
        if !full {
            return Ok(headers);
        }
        let (code, what) = match kind {
            "instagram" => (80_002, "Instagram account"),
            "messenger" => (80_006, "Messenger account"),
            "whatsapp" => (80_007, "WhatsApp Business account"),
            _ => (80_001, "Page account"),
        };
        let words = format!(
            "(#{code}) There have been too many calls to this {what}. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting."
        );
        Err(refused(400, (code, 0), &words, kit).with_all(headers))
    }

    /// Answers what every app may ask, whatever the network.
    pub(crate) fn common(
        &mut self,
        call: &Call,
        path: &[&str],
        caller: &Caller,
        kit: &Kit,
    ) -> Option<Answer> {
        Some(match (call.method.as_str(), path) {
            ("GET", ["debug_token"]) => self.debug(call, caller, kit),
            ("GET" | "POST", ["oauth", "access_token"]) => self.exchange(call, kit),
            ("GET", ["refresh_access_token"]) => {
                let token = self.token(&caller.node, &[], true, kit);
                let scopes = caller.scopes.clone();
                if let Some(token) = self.tokens.get_mut(&token) {
                    token.scopes = scopes;
                }
                Answer::json(
                    200,
                    &json!({
                        "access_token": token,
                        "token_type": "bearer",
                        "expires_in": LONG_LIFE / 1_000,
                    }),
                )
            }
            ("GET", [node, "subscribed_apps"]) => {
                let mut data = Vec::new();
                if let Some(fields) = self.subscribed.get(*node) {
                    let app = json!({
                        "id": self.app_id,
                        "name": "Kundendienst",
                        "link": "https://care.example",
                        "category": "Business",
                        "subscribed_fields": fields,
                    });
                    let inner = json!({"whatsapp_business_api_data": app.clone()});
                    data.push(if kit.name == "whatsapp" { inner } else { app });
                }
                Answer::json(200, &json!({"data": data}))
            }
            ("POST", [node, "subscribed_apps"]) => {
                let fields = call.param("subscribed_fields").unwrap_or_default();
                let fields = fields
                    .split(',')
                    .map(|field| field.trim().to_owned())
                    .collect();
                self.subscribed.insert((*node).to_owned(), fields);
                success()
            }
            ("DELETE", [node, "subscribed_apps"]) => {
                self.subscribed.remove(*node);
                success()
            }
            _ => return None,
        })
    }

    fn debug(&self, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
        if !caller.is_app {
            let words = "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app";
            return refused(400, (100, 0), words, kit);
        }
        let wanted = call.param("input_token").unwrap_or_default();
        let Some(token) = self.tokens.get(&wanted) else {
            let error = json!({"code": 190, "message": "Invalid OAuth access token."});
            let data = json!({"error": error, "is_valid": false, "scopes": []});
            return Answer::json(200, &json!({"data": data}));
        };
        let mut data = json!({
            "app_id": self.app_id,
            "type": if token.user { "USER" } else { "PAGE" },
            "application": "Kundendienst",
            "expires_at": token.expires.map_or(0, |at| at / 1_000),
            "is_valid": true,
            "scopes": token.scopes,
            "profile_id": token.node,
        });
        if let Some((subcode, words)) = token.ended(kit) {
            data["is_valid"] = json!(false);
            data["error"] = json!({"code": 190, "message": words, "subcode": subcode});
        }
        Answer::json(200, &json!({"data": data}))
    }

    fn exchange(&mut self, call: &Call, kit: &Kit) -> Answer {
        let secret = call.param("client_secret").unwrap_or_default();
        if secret != self.app_secret {
            return refused(400, (1, 0), "Error validating client secret.", kit);
        }
        let old = call.param("fb_exchange_token").unwrap_or_default();
        match self.tokens.get(&old).cloned() {
            Some(token) if token.ended(kit).is_none() && token.user => {
                let scopes: Vec<&str> = token.scopes.iter().map(String::as_str).collect();
                let new = self.token(&token.node, &scopes, true, kit);
                Answer::json(
                    200,
                    &json!({
                        "access_token": new,
                        "token_type": "bearer",
                        "expires_in": LONG_LIFE / 1_000,
                    }),
                )
            }
            _ => refused(
                400,
                (190, 463),
                "Error validating access token: Session has expired",
                kit,
            ),
        }
    }

    /// Returns whether a field is subscribed at a node.
    pub(crate) fn hears(&self, node: &str, field: &str) -> bool {
        self.subscribed
            .get(node)
            .is_some_and(|fields| fields.iter().any(|known| known == field))
    }

    /// Tells what tests want to see.
    pub(crate) fn show(&self) -> Value {
        json!({"hooks": self.hooks, "subscribed": self.subscribed, "tokens": self.tokens.len()})
    }
}

impl Token {
    fn ended(&self, kit: &Kit) -> Option<(i64, &'static str)> {
        let expired = self.expires.is_some_and(|at| at <= kit.now());
        let subcode = self.dead.or(expired.then_some(463))?;
        let words = match subcode {
            463 => "Error validating access token: Session has expired",
            458 => "Error validating access token: The user has not authorized application",
            _ => {
                "Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons."
            }
        };
        Some((subcode, words))
    }
}

impl Caller {
    pub(crate) fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }
}
