//! Facebook's page where a person agrees, codes for tokens, and the pages that the person manages.

use serde_json::{Value, json};

use super::{Platform, refused};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, Fault, Kit};

const CODE_LIFE: Millis = 600_000;
/// How long the token lives that a code is exchanged for.
const SHORT_LIFE: Millis = 5_400_000;
/// Whoever gives access to every page that they manage.
const ALL: &str = "all";

impl Platform {
    /// Answers what needs no token: the page, and a code that is exchanged.
    pub(crate) fn before_tokens(
        &mut self,
        call: &Call,
        path: &[&str],
        pages: &[(String, String)],
        kit: &Kit,
    ) -> Option<Answer> {
        match (call.method.as_str(), path) {
            ("GET" | "POST", ["dialog", "oauth"]) => Some(self.dialog(call, pages, kit)),
            ("GET" | "POST", ["oauth", "access_token"]) if call.param("code").is_some() => {
                Some(self.redeem(call, kit))
            }
            _ => None,
        }
    }

    fn dialog(&mut self, call: &Call, pages: &[(String, String)], kit: &Kit) -> Answer {
        let known = call.param("client_id").as_deref() == Some(self.app_id.as_str());
        let redirect = call.param("redirect_uri").unwrap_or_default();
        if !known || redirect.is_empty() {
            let page = "<!doctype html><h1>Invalid App ID</h1><p>The provided app ID does not look like a valid app ID.</p>";
            return Answer::html(400, page);
        }
        let mut choice = pages.to_vec();
        if pages.len() > 1 {
            choice.insert(0, (ALL.to_owned(), "All pages".to_owned()));
        }
        self.consents
            .page(call, ("Facebook", &choice), CODE_LIFE, kit)
    }

    fn redeem(&mut self, call: &Call, kit: &Kit) -> Answer {
        if call.param("client_secret").as_deref() != Some(self.app_secret.as_str()) {
            return refused(400, (1, 0), "Error validating client secret.", kit);
        }
        let client = call.param("client_id").unwrap_or_default();
        match self.consents.redeem(call, &client, kit.now()) {
            Ok(agreed) => {
                let scopes: Vec<&str> = agreed.scopes.iter().map(String::as_str).collect();
                let token = self.token(&agreed.account, &scopes, true, kit);
                if let Some(token) = self.tokens.get_mut(&token) {
                    token.expires = Some(kit.now() + SHORT_LIFE);
                }
                let body = json!({
                    "access_token": token,
                    "token_type": "bearer",
                    "expires_in": SHORT_LIFE / 1_000,
                });
                Answer::json(200, &body)
            }
            Err(Fault::Expired) => refused(
                400,
                (100, 36_007),
                "This authorization code has expired.",
                kit,
            ),
            Err(Fault::OtherRedirect) => refused(
                400,
                (100, 36_008),
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request",
                kit,
            ),
            Err(_) => refused(
                400,
                (100, 36_009),
                "This authorization code has been used.",
                kit,
            ),
        }
    }

    /// Returns whether a person's token speaks for a page.
    pub(crate) fn manages(node: &str, page: &str) -> bool {
        node == page || node == ALL
    }

    /// Lists the pages that a person's token speaks for, each with a token of its own.
    pub(crate) fn accounts(
        &mut self,
        (node, scopes): (&str, &[String]),
        pages: &[(String, Value)],
        kit: &Kit,
    ) -> Answer {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let mut data = Vec::new();
        for (id, shown) in pages.iter().filter(|(id, _)| Self::manages(node, id)) {
            let mut shown = shown.clone();
            shown["access_token"] = json!(self.token(id, &scopes, false, kit));
            data.push(shown);
        }
        Answer::json(
            200,
            &json!({"data": data, "paging": {"cursors": {"before": "MA", "after": "MQ"}}}),
        )
    }
}
