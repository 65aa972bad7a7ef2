//! Signing in at the door at which mail is read, and what a mailbox is opened by at both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::imap::Session;
use super::{Account, Email};
use crate::networks::kit::{Kit, Said};

/// What a server says that knows the token but not any more, in base64.
const COMPLAINT: &str = "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=";

/// Somebody who is signing in.
#[derive(Debug)]
pub(super) struct SigningIn {
    mark: String,
    mechanism: String,
    complained: bool,
}

impl SigningIn {
    pub(super) const fn new(mark: String, mechanism: String) -> Self {
        Self {
            mark,
            mechanism,
            complained: false,
        }
    }
}

/// Hears what a mechanism has to say, and signs in or refuses.
pub(super) fn go_on(
    net: &mut Email,
    session: &mut Session,
    mut signing_in: SigningIn,
    input: &[u8],
    kit: &Kit,
) -> Said {
    let mark = signing_in.mark.clone();
    let no = |mark: &str| {
        Said::new(
            401,
            format!("{mark} NO [AUTHENTICATIONFAILED] wrong name or password\r\n"),
        )
    };
    if signing_in.complained {
        return no(&mark);
    }
    let said = STANDARD.decode(input.trim_ascii()).unwrap_or_default();
    let opened = signed_in(net, &signing_in.mechanism, &said, kit);
    if let Some(address) = opened {
        session.account = Some(address);
        return Said::new(200, format!("{mark} OK signed in\r\n"));
    }
    if signing_in.mechanism == "XOAUTH2" {
        signing_in.complained = true;
        session.signing_in = Some(signing_in);
        return Said::new(401, format!("+ {COMPLAINT}\r\n"));
    }
    no(&mark)
}

/// Returns the mailbox that somebody opens by what SASL said.
pub(super) fn signed_in(net: &Email, mechanism: &str, said: &[u8], kit: &Kit) -> Option<String> {
    let text = String::from_utf8_lossy(said).into_owned();
    match mechanism {
        "PLAIN" => {
            let mut parts = text.split('\0').skip(1);
            let (user, password) = (parts.next()?.to_lowercase(), parts.next()?);
            let account = net.accounts.get(&user)?;
            account.is_opened_by(password).then_some(user)
        }
        "XOAUTH2" => {
            let user = text
                .strip_prefix("user=")?
                .split('\x01')
                .next()?
                .to_lowercase();
            let account = net.accounts.get(&user)?;
            let token = account.token.as_ref().filter(|_| !account.revoked)?;
            token.opens(&text, &user, kit.now()).then_some(user)
        }
        _ => None,
    }
}

impl Account {
    pub(super) fn is_opened_by(&self, password: &str) -> bool {
        !self.revoked && self.token.is_none() && self.password == password
    }
}
