//! The door at which mail leaves: submission over SMTP (RFC 6409), for those who have signed in, under
//! their own address, to people one at a time or many.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Email, signing};
use crate::item::Millis;
use crate::networks::kit::{FileKind, Kit, Limit, Said, Step, Want};

/// The largest mail that is taken.
const LARGEST: usize = 35 << 20;
const MAILS: &[FileKind] = &[FileKind {
    types: &[""],
    most: LARGEST,
}];
/// How many people one mail may go to.
const MOST_RECIPIENTS: usize = 100;
/// How long a first mail to somebody has to wait where that is the custom.
const GREY: Millis = 300_000;
/// Mails in an hour by one mailbox.
const SENDS: Limit = Limit {
    name: "sends",
    most: 1_000,
    span: 3_600_000,
};

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) account: Option<String>,
    greeted: bool,
    sender: Option<String>,
    recipients: Vec<String>,
    /// Whether the next words are a mail.
    content: bool,
    signing_in: Option<SigningIn>,
}

#[derive(Debug)]
enum SigningIn {
    /// What this mechanism says is still to come.
    Initial(String),
    User,
    Password(String),
    /// The token was refused, and the client is to hear why.
    Complained,
}

pub(super) fn greeting() -> Said {
    Said::new(220, "220 mail.nordpost.example ESMTP ready\r\n")
}

fn answer(status: u16, words: &str) -> Said {
    Said::new(status, format!("{status} {words}\r\n"))
}

impl Session {
    /// Returns what is asked for; what belongs to signing in is no request of its own.
    pub(super) fn overheard(&self, input: &[u8]) -> Option<Step> {
        if self.signing_in.is_some() {
            return None;
        }
        let (name, body) = if self.content {
            ("content".to_owned(), input.to_vec())
        } else {
            let text = String::from_utf8_lossy(input);
            let name = text.split([' ', ':']).next().unwrap_or_default();
            let name = name.trim().to_ascii_lowercase();
            let secret = name == "auth";
            (name, if secret { Vec::new() } else { input.to_vec() })
        };
        Some(Step {
            method: "smtp",
            path: format!("/{name}"),
            body,
        })
    }

    /// Refuses in the protocol's own numbers. What HTTP calls so is translated; other numbers are taken
    /// as they are.
    pub(super) fn refuse(&mut self, status: u16, words: Option<&str>) -> Said {
        self.forget();
        if status < 400 {
            let words = words.unwrap_or("250 2.0.0 ok");
            return Said::new(status, format!("{words}\r\n"));
        }
        let (code, usual) = match status {
            400 | 422 => (554, "5.6.0 the content is refused"),
            401 => (535, "5.7.8 wrong name or password"),
            403 => (550, "5.7.1 not allowed"),
            404 => (550, "5.1.1 there is nobody of that name"),
            409 => (554, "5.5.0 not now, and not later"),
            429 => (452, "4.7.1 too many mails, come back later"),
            500 => (451, "4.3.0 something is broken here"),
            502 => (451, "4.4.0 something behind us is broken"),
            503 | 504 => (421, "4.3.2 not available, come back later"),
            other if other < 500 => (other, "4.0.0 not now"),
            other => (other, "5.0.0 refused"),
        };
        let said = answer(code, words.unwrap_or(usual));
        if code == 421 { said.last() } else { said }
    }

    fn forget(&mut self) {
        self.sender = None;
        self.recipients.clear();
        self.content = false;
    }
}

/// Hears the next words and answers them.
pub(super) fn hear(net: &mut Email, session: &mut Session, input: &[u8], kit: &Kit) -> Said {
    if session.content {
        return take(net, session, input, kit);
    }
    let text = String::from_utf8_lossy(input);
    let line = text.trim();
    if let Some(signing_in) = session.signing_in.take() {
        return go_on_signing_in(net, session, signing_in, line, kit);
    }
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => {
            session.greeted = true;
            session.forget();
            let offers = format!(
                "250-mail.nordpost.example\r\n250-AUTH PLAIN LOGIN XOAUTH2\r\n250-SIZE {LARGEST}\r\n\
                 250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
            );
            Said::new(250, offers)
        }
        "HELO" => {
            session.greeted = true;
            answer(250, "mail.nordpost.example")
        }
        "NOOP" => answer(250, "2.0.0 ok"),
        "RSET" => {
            session.forget();
            answer(250, "2.0.0 forgotten")
        }
        "QUIT" => answer(221, "2.0.0 until then").last(),
        "VRFY" => answer(252, "2.5.0 nobody says"),
        "AUTH" | "MAIL" | "RCPT" | "DATA" if !session.greeted => {
            answer(503, "5.5.1 say EHLO first")
        }
        "AUTH" => sign_in(net, session, rest, kit),
        "MAIL" => mail(net, session, rest, kit),
        "RCPT" => recipient(net, session, rest, kit),
        "DATA" if session.recipients.is_empty() => answer(503, "5.5.1 to whom?"),
        "DATA" => {
            session.content = true;
            answer(354, "go ahead").wanting(Want::Dot)
        }
        _ => answer(500, "5.5.2 not understood"),
    }
}

fn sign_in(net: &mut Email, session: &mut Session, rest: &str, kit: &Kit) -> Said {
    if session.account.is_some() {
        return answer(503, "5.5.1 you have signed in");
    }
    let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
    let mechanism = mechanism.to_ascii_uppercase();
    match mechanism.as_str() {
        "PLAIN" | "XOAUTH2" => {
            let signing_in = SigningIn::Initial(mechanism);
            if initial.is_empty() {
                session.signing_in = Some(signing_in);
                return answer(334, "");
            }
            go_on_signing_in(net, session, signing_in, initial, kit)
        }
        "LOGIN" => {
            session.signing_in = Some(SigningIn::User);
            answer(334, "VXNlcm5hbWU6")
        }
        _ => answer(504, "5.5.4 not known here"),
    }
}

fn go_on_signing_in(
    net: &mut Email,
    session: &mut Session,
    signing_in: SigningIn,
    line: &str,
    kit: &Kit,
) -> Said {
    let said = STANDARD.decode(line).unwrap_or_default();
    let text = || String::from_utf8_lossy(&said).into_owned();
    let mut token_refused = false;
    let opened = match signing_in {
        SigningIn::Initial(mechanism) => {
            token_refused = mechanism == "XOAUTH2";
            signing::signed_in(net, &mechanism, &said, kit)
        }
        SigningIn::User => {
            session.signing_in = Some(SigningIn::Password(text().to_lowercase()));
            return answer(334, "UGFzc3dvcmQ6");
        }
        SigningIn::Password(user) => {
            let account = net.accounts.get(&user);
            let opens = account.is_some_and(|account| account.is_opened_by(&text()));
            opens.then_some(user)
        }
        SigningIn::Complained => None,
    };
    if let Some(address) = opened {
        session.account = Some(address);
        return answer(235, "2.7.0 signed in");
    }
    if token_refused {
        session.signing_in = Some(SigningIn::Complained);
        return answer(334, "eyJzdGF0dXMiOiI0MDEifQ==");
    }
    answer(535, "5.7.8 wrong name or password")
}

/// Returns what stands between the angle brackets behind `FROM:` or `TO:`.
fn address(rest: &str, word: &str) -> Option<String> {
    let (before, rest) = rest.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    let named = before.trim().eq_ignore_ascii_case(word);
    named.then(|| address.trim().to_lowercase())
}

fn mail(net: &Email, session: &mut Session, rest: &str, kit: &Kit) -> Said {
    let Some(account) = &session.account else {
        return answer(530, "5.7.0 sign in first");
    };
    let Some(sender) = address(rest, "FROM:") else {
        return answer(501, "5.5.4 from whom?");
    };
    let revoked = net
        .accounts
        .get(account)
        .is_none_or(|account| account.revoked);
    if revoked {
        return answer(535, "5.7.8 the password was changed");
    }
    if sender != *account {
        return answer(553, "5.7.1 this is not your address");
    }
    if !kit.limits.take(SENDS, account, 1, kit.now()).allowed {
        return answer(450, "4.7.1 too many mails, come back later");
    }
    session.forget();
    session.sender = Some(sender);
    answer(250, "2.1.0 ok")
}

fn recipient(net: &mut Email, session: &mut Session, rest: &str, kit: &Kit) -> Said {
    let Some(sender) = session.sender.clone() else {
        return answer(503, "5.5.1 from whom?");
    };
    let Some(recipient) = address(rest, "TO:").filter(|address| address.contains('@')) else {
        return answer(501, "5.1.3 that is no address");
    };
    if session.recipients.len() == MOST_RECIPIENTS {
        return answer(452, "4.5.3 too many recipients");
    }
    // The server knows its own people; of others it hears later.
    let domain = |address: &str| address.rsplit('@').next().unwrap_or_default().to_owned();
    if domain(&recipient) == domain(&sender) && !net.accounts.contains_key(&recipient) {
        return answer(
            550,
            &format!("5.1.1 <{recipient}>: there is nobody of that name"),
        );
    }
    if let Some(account) = net.accounts.get_mut(&sender)
        && account.greylists
    {
        let since = *account
            .waiting
            .entry(recipient.clone())
            .or_insert(kit.now());
        if kit.now() - since < GREY {
            return answer(450, "4.2.0 greylisted, come back later");
        }
    }
    session.recipients.push(recipient);
    answer(250, "2.1.5 ok")
}

/// Takes a mail, whose lines that begin with a dot have one more.
fn take(net: &mut Email, session: &mut Session, input: &[u8], kit: &Kit) -> Said {
    let (sender, recipients) = (
        session.sender.take(),
        std::mem::take(&mut session.recipients),
    );
    session.forget();
    let content = input.strip_suffix(b".\r\n").unwrap_or(input);
    let largest = kit.limits.misfit(MAILS, "", content.len());
    if largest.is_some() {
        return answer(552, "5.3.4 too large");
    }
    let mut mail = Vec::with_capacity(content.len());
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    let Some(sender) = sender else {
        return answer(503, "5.5.1 from whom?");
    };
    net.leave(&sender, &recipients, &mail, kit);
    answer(
        250,
        &format!("2.0.0 queued as {}", kit.ids.letters("queue", 12)),
    )
}
