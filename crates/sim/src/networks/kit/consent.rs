//! The page where a person agrees, and the codes that come of it: each good once, for a while, for the
//! app, the address and the proof that it was asked for with. The words of refusals are the networks' own.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::{Answer, Call, Kit, encoded};
use crate::item::Millis;

/// What the page adds to its own address when somebody decides.
const DECISION: &str = "_decision";

/// Something that a person agreed to.
#[derive(Debug, Clone)]
pub(crate) struct Agreed {
    pub(crate) client: String,
    /// For which of their accounts.
    pub(crate) account: String,
    pub(crate) scopes: Vec<String>,
    /// Whether a token to renew by was asked for.
    pub(crate) offline: bool,
    redirect: String,
    challenge: Option<String>,
    until: Millis,
}

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no such code, or it was used.
    Unknown,
    Expired,
    OtherClient,
    OtherRedirect,
    /// The proof does not fit what the page was told.
    WrongVerifier,
}

/// The codes of one network that are not used yet.
#[derive(Default)]
pub(crate) struct Consents {
    codes: BTreeMap<String, Agreed>,
}

impl Consents {
    /// Shows the page, or leads back once somebody decided on it. `accounts` are those of whoever sits
    /// before it, by id and name; `lasts` is how long a code is good.
    pub(crate) fn page(
        &mut self,
        call: &Call,
        (network, accounts): (&str, &[(String, String)]),
        lasts: Millis,
        kit: &Kit,
    ) -> Answer {
        let param = |name: &str| call.param(name).unwrap_or_default();
        let back = param("redirect_uri");
        let join = if back.contains('?') { '&' } else { '?' };
        let state = encoded(&param("state"));
        match param(DECISION).as_str() {
            "" => {
                let kept = call.query_without(&[DECISION, "_account"]);
                let kept = kept.trim_start_matches('&');
                Answer::html(200, &page(network, kept, accounts))
            }
            "deny" => redirect(&format!(
                "{back}{join}error=access_denied&error_description=The+user+denied+the+request&state={state}"
            )),
            _ => {
                let code = kit.ids.letters("code", 48);
                let account = call.param("_account");
                let first = accounts.first().map(|(id, _)| id.clone());
                let agreed = Agreed {
                    client: param("client_id"),
                    account: account.or(first).unwrap_or_default(),
                    scopes: param("scope")
                        .split([' ', ','])
                        .filter(|scope| !scope.is_empty())
                        .map(str::to_owned)
                        .collect(),
                    offline: param("access_type") == "offline",
                    challenge: call.param("code_challenge"),
                    until: kit.now() + lasts,
                    redirect: back.clone(),
                };
                self.codes.insert(code.clone(), agreed);
                redirect(&format!("{back}{join}code={code}&state={state}"))
            }
        }
    }

    /// Takes a code, which is used up by that whatever comes of it.
    pub(crate) fn redeem(
        &mut self,
        call: &Call,
        client: &str,
        now: Millis,
    ) -> Result<Agreed, Fault> {
        let code = call.param("code").unwrap_or_default();
        let agreed = self.codes.remove(&code).ok_or(Fault::Unknown)?;
        if agreed.until <= now {
            return Err(Fault::Expired);
        }
        if agreed.client != client {
            return Err(Fault::OtherClient);
        }
        if call.param("redirect_uri").as_deref() != Some(agreed.redirect.as_str()) {
            return Err(Fault::OtherRedirect);
        }
        if let Some(challenge) = &agreed.challenge {
            let verifier = call.param("code_verifier").unwrap_or_default();
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
            if digest != *challenge {
                return Err(Fault::WrongVerifier);
            }
        }
        Ok(agreed)
    }
}

fn redirect(to: &str) -> Answer {
    Answer::text(302, "").with("location", to)
}

fn page(network: &str, kept: &str, accounts: &[(String, String)]) -> String {
    let kept = escaped(kept);
    let mut links = String::new();
    for (id, name) in accounts {
        let (id, name) = (encoded(id), escaped(name));
        let _ = write!(
            links,
            "<li><a href=\"?{kept}&amp;{DECISION}=allow&amp;_account={id}\">{name}</a></li>"
        );
    }
    format!(
        "<!doctype html><html lang=\"en\"><title>{network}</title><h1>{network}</h1>\
         <p>An app asks for access. Allow it for:</p><ul>{links}</ul>\
         <p><a href=\"?{kept}&amp;{DECISION}=deny\">Deny</a></p></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
