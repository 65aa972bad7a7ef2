//! Connecting an account at its network's own page: what is asked for there and why, where a person
//! agrees, and what comes of it. Who may do so and how long an attempt counts is decided elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::delivery::Account;
use crate::outbound::SendError;

/// What connecting takes on a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connecting {
    /// Whose page it is: a name, the same in every language.
    pub at: &'static str,
    pub scopes: Vec<Permit>,
    /// The settings that must have a value before.
    pub needs: &'static [&'static str],
    /// The settings that come of it, so that nobody has to type them in.
    pub fills: &'static [&'static str],
}

/// A permission that a person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// What the network calls it.
    pub name: &'static str,
    /// What it is for, as a key of the locale files.
    pub purpose: &'static str,
}

/// An attempt as the network's page is told of it.
#[derive(Clone)]
pub struct Attempt {
    /// Where the network's page leads back to.
    pub redirect_url: String,
    /// What it brings back, by which the attempt is known again.
    pub state: String,
    /// What proves at the end that we began it (PKCE).
    pub verifier: String,
}

/// Where a person agrees.
#[derive(Clone)]
pub struct Authorisation {
    pub url: String,
    /// What the exchange needs besides; kept sealed until then.
    pub kept: Value,
}

/// What the network's page brought back.
#[derive(Clone)]
pub struct Agreement {
    pub code: String,
    pub redirect_url: String,
    pub verifier: String,
    pub kept: Value,
}

/// What came of an agreement.
#[derive(Clone)]
pub enum Connected {
    Account(Grant),
    /// The person has several accounts there, and one of them must be chosen.
    Choice {
        /// What the choice needs; kept sealed until then.
        kept: Value,
        of: Vec<Choice>,
    },
}

/// Settings and secrets that replace those of the same names.
#[derive(Clone)]
pub struct Grant {
    pub settings: Value,
    pub secrets: Value,
}

/// One of several accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub id: String,
    pub name: String,
}

/// Why an account was not connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    #[error("{0}")]
    Network(#[from] SendError),
    /// Somebody agreed for another account than the inbox's.
    #[error("the inbox is that of {wanted}, and not of {found}")]
    OtherAccount { wanted: String, found: String },
    /// Whoever agreed has no account that an inbox could be.
    #[error("there is no account to connect")]
    NoAccount,
}

impl Permit {
    pub(crate) const fn new(name: &'static str, purpose: &'static str) -> Self {
        Self { name, purpose }
    }
}

impl Attempt {
    /// Returns what stands for the verifier until it is shown: its digest (S256).
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}

/// Returns the account with other secrets, as it will be once they are kept.
pub(crate) fn with_secrets(account: &Account, secrets: &Value) -> Account {
    let mut account = account.clone();
    if !account.secrets.is_object() {
        account.secrets = json!({});
    }
    if let (Some(known), Some(new)) = (account.secrets.as_object_mut(), secrets.as_object()) {
        known.extend(new.clone());
    }
    account
}

/// Writes the address of the page where a person agrees, with what every such page is told.
pub(crate) fn page(
    address: &str,
    (client, scopes): (&str, &str),
    attempt: &Attempt,
    more: &[(&str, &str)],
) -> Result<String, SendError> {
    let mut url = Url::parse(address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| SendError::Forbidden(format!("{address} is no address of a page")))?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client)
        .append_pair("redirect_uri", &attempt.redirect_url)
        .append_pair("scope", scopes)
        .append_pair("state", &attempt.state)
        .extend_pairs(more);
    Ok(url.into())
}

/// The same, with the digest by which the exchange is bound to the attempt.
pub(crate) fn page_with_proof(
    address: &str,
    client: (&str, &str),
    attempt: &Attempt,
    more: &[(&str, &str)],
) -> Result<String, SendError> {
    let challenge = attempt.challenge();
    let proof = [
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let more: Vec<(&str, &str)> = proof.iter().chain(more).copied().collect();
    page(address, client, attempt, &more)
}

/// Writes the names of permissions one after the other.
pub(crate) fn names(scopes: &[Permit], between: &str) -> String {
    let names: Vec<&str> = scopes.iter().map(|scope| scope.name).collect();
    names.join(between)
}

/// Returns the account of the inbox if somebody agreed for it, or for whichever it is where the inbox
/// has none yet.
pub(crate) fn same_account(wanted: Option<&str>, found: &str) -> Result<(), ConnectError> {
    match wanted {
        Some(wanted) if !wanted.eq_ignore_ascii_case(found) => Err(ConnectError::OtherAccount {
            wanted: wanted.to_owned(),
            found: found.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Returns a setting or a secret that must be there.
pub(crate) fn needed<'a>(value: Option<&'a str>, name: &str) -> Result<&'a str, SendError> {
    value.ok_or_else(|| SendError::AuthBroken(format!("{name} is missing")))
}

/// Leaves everything out that a log must not show.
macro_rules! hushed {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
hushed!(Attempt, Authorisation, Agreement, Connected, Grant);

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> Attempt {
        Attempt {
            redirect_url: "https://care.example/connect/callback".to_owned(),
            state: "st&ate".to_owned(),
            // The example of RFC 7636, appendix B.
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        }
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        assert_eq!(
            attempt().challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn the_page_is_told_everything_and_nothing_breaks_out_of_its_place() {
        let scopes = [
            Permit::new("read", "channel.scope.read_public"),
            Permit::new("write", "channel.scope.write_public"),
        ];
        let names = names(&scopes, " ");
        let url = page_with_proof(
            "https://x.example/authorize?version=2",
            ("id", &names),
            &attempt(),
            &[("prompt", "consent")],
        )
        .expect("an address");
        assert_eq!(
            url,
            "https://x.example/authorize?version=2&response_type=code&client_id=id\
             &redirect_uri=https%3A%2F%2Fcare.example%2Fconnect%2Fcallback&scope=read+write\
             &state=st%26ate&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256&prompt=consent"
        );
        let refused = page("javascript:alert(1)", ("id", ""), &attempt(), &[]);
        assert_eq!(refused.expect_err("no page").class(), "forbidden");
    }

    #[test]
    fn an_attempt_is_never_printed() {
        assert_eq!(format!("{:?}", attempt()), "Attempt { .. }");
    }

    #[test]
    fn only_the_account_of_the_inbox_is_taken() {
        assert_eq!(same_account(None, "anna"), Ok(()));
        assert_eq!(same_account(Some("Anna"), "anna"), Ok(()));
        assert!(same_account(Some("ben"), "anna").is_err());
    }
}
