//! The door at which mail is read: IMAP4rev1 as mail programs use it, with IDLE, CONDSTORE and UIDPLUS.

use super::folder::Folder;
use super::signing::{SigningIn, go_on};
use super::words::{self, Word, counted};
use super::{Account, Email, INBOX, fetch, search};
use crate::networks::kit::{Kit, Said, Step, Want};

const ABILITIES: &str = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 IDLE CONDSTORE UIDPLUS";
/// The largest mail that is taken.
const LARGEST: usize = 50 << 20;

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The mailbox, once somebody has signed in.
    pub(super) account: Option<String>,
    folder: Option<String>,
    read_only: bool,
    /// How many mails of the folder this side knows of.
    pub(super) seen: usize,
    /// What was said of a command so far that goes on.
    half: Vec<u8>,
    /// Whether a counted text is being said.
    counting: bool,
    /// The mark of the command during which news are told.
    idling: Option<String>,
    pub(super) signing_in: Option<SigningIn>,
}

/// How a command ended.
enum Outcome {
    Ok(String),
    No(String),
    Bad(String),
}

pub(super) fn greeting() -> Said {
    Said::new(200, format!("* OK [CAPABILITY {ABILITIES}] ready\r\n"))
}

pub(super) fn refused_at_the_door(status: u16, words: Option<&str>) -> Said {
    match words {
        Some(words) if status < 400 => Said::new(status, format!("{words}\r\n")),
        words => {
            let words = words.unwrap_or("[UNAVAILABLE] come back later");
            Said::new(status, format!("* BYE {words}\r\n")).last()
        }
    }
}

impl Session {
    /// Whether it is to be told of new mail in this folder.
    pub(super) fn waits_in(&self, address: &str, folder: &str) -> bool {
        self.idling.is_some()
            && self.account.as_deref() == Some(address)
            && self.folder.as_deref() == Some(folder)
    }

    /// Returns what is asked for, where this is the end of a command.
    pub(super) fn overheard(&self, input: &[u8]) -> Option<Step> {
        if self.counting || self.signing_in.is_some() || counted(input).is_some() {
            return None;
        }
        let (name, body) = if self.idling.is_some() {
            ("done".to_owned(), input.to_vec())
        } else {
            let command = [self.half.as_slice(), input].concat();
            let text = String::from_utf8_lossy(&command).into_owned();
            let mut words = text.split_ascii_whitespace().skip(1);
            let mut name = words.next().unwrap_or_default().to_ascii_lowercase();
            if name == "uid" {
                name = format!(
                    "uid-{}",
                    words.next().unwrap_or_default().to_ascii_lowercase()
                );
            }
            let secret = matches!(name.as_str(), "login" | "authenticate");
            (name, if secret { Vec::new() } else { command })
        };
        Some(Step {
            method: "imap",
            path: format!("/{name}"),
            body,
        })
    }

    /// Refuses a command in the protocol's own words, for faults that name only a status.
    pub(super) fn refuse(&mut self, input: &[u8], status: u16, words: Option<&str>) -> Said {
        let mut command = std::mem::take(&mut self.half);
        command.extend_from_slice(input);
        let text = String::from_utf8_lossy(&command);
        let mark = match self.idling.take() {
            Some(mark) => mark,
            None => text.split(' ').next().unwrap_or("*").to_owned(),
        };
        if status < 400 {
            let words = words.unwrap_or("* OK");
            return Said::new(status, format!("{words}\r\n"));
        }
        let (result, usual) = match status {
            401 => ("NO", "[AUTHENTICATIONFAILED] wrong name or password"),
            403 => ("NO", "[NOPERM] not allowed"),
            404 => ("NO", "[NONEXISTENT] there is no such folder"),
            400 | 422 => ("BAD", "not understood"),
            429 => ("NO", "[LIMIT] too much at once"),
            _ => ("NO", "[UNAVAILABLE] not available, come back later"),
        };
        let words = match words {
            Some(words) => format!("[UNAVAILABLE] {words}"),
            None => usual.to_owned(),
        };
        Said::new(status, format!("{mark} {result} {words}\r\n"))
    }

    fn place<'a>(&self, net: &'a mut Email) -> Option<(&'a mut Folder, bool)> {
        let account = net.accounts.get_mut(self.account.as_deref()?)?;
        let folder = account.folders.get_mut(self.folder.as_deref()?)?;
        Some((folder, self.read_only))
    }

    /// Returns what is new in the folder since this side was told.
    fn news(&mut self, net: &mut Email) -> String {
        let count = self
            .place(net)
            .map_or(self.seen, |(folder, _)| folder.mails.len());
        if count == self.seen {
            return String::new();
        }
        self.seen = count;
        format!("* {count} EXISTS\r\n")
    }
}

/// Hears the next words and answers them, once they are a whole command.
pub(super) fn hear(net: &mut Email, session: &mut Session, input: &[u8], kit: &Kit) -> Said {
    if session.counting {
        session.counting = false;
        session.half.extend_from_slice(input);
        return Said::nothing();
    }
    if let Some(signing_in) = session.signing_in.take() {
        return go_on(net, session, signing_in, input, kit);
    }
    if let Some(mark) = session.idling.take() {
        if !input.trim_ascii().eq_ignore_ascii_case(b"DONE") {
            return Said::new(400, format!("{mark} BAD expected DONE\r\n"));
        }
        let news = session.news(net);
        return Said::new(200, format!("{news}{mark} OK IDLE completed\r\n"));
    }
    session.half.extend_from_slice(input);
    if let Some(count) = counted(input) {
        if count > LARGEST {
            session.half.clear();
            return Said::new(413, "* BYE [TOOBIG] too large\r\n").last();
        }
        session.counting = true;
        return Said::new(200, "+ go on\r\n").wanting(Want::Bytes(count));
    }
    let command = std::mem::take(&mut session.half);
    let Some(words) = words::read(&command).filter(|words| words.len() >= 2) else {
        let text = String::from_utf8_lossy(&command);
        let mark = text.split_ascii_whitespace().next().unwrap_or("*");
        return Said::new(400, format!("{mark} BAD not understood\r\n"));
    };
    let (mark, name) = (words[0].text(), words[1].name());
    match (name.as_str(), &words[2..]) {
        ("IDLE", []) => idle(net, session, mark),
        ("AUTHENTICATE", [mechanism, rest @ ..]) => {
            let signing_in = SigningIn::new(mark, mechanism.name());
            if let Some(initial) = rest.first() {
                let initial = initial.text();
                go_on(net, session, signing_in, initial.as_bytes(), kit)
            } else {
                session.signing_in = Some(signing_in);
                Said::new(200, "+ \r\n")
            }
        }
        ("LOGOUT", []) => Said::new(
            200,
            format!("* BYE until then\r\n{mark} OK LOGOUT completed\r\n"),
        )
        .last(),
        (name, words) => {
            let mut told = Vec::new();
            let outcome = command_of(net, session, (name, words), &mut told, kit);
            told.extend(session.news(net).into_bytes());
            let (status, last) = match outcome {
                Outcome::Ok(words) => (200, format!("{mark} OK {words}\r\n")),
                Outcome::No(words) => (404, format!("{mark} NO {words}\r\n")),
                Outcome::Bad(words) => (400, format!("{mark} BAD {words}\r\n")),
            };
            told.extend(last.into_bytes());
            Said::new(status, told)
        }
    }
}

fn idle(net: &mut Email, session: &mut Session, mark: String) -> Said {
    if session.account.is_none() {
        return Said::new(400, format!("{mark} BAD sign in first\r\n"));
    }
    let news = session.news(net);
    session.idling = Some(mark);
    Said::new(200, format!("+ idling\r\n{news}"))
}

fn command_of(
    net: &mut Email,
    session: &mut Session,
    (name, words): (&str, &[Word]),
    told: &mut Vec<u8>,
    kit: &Kit,
) -> Outcome {
    let mut tell = |line: String| told.extend(format!("{line}\r\n").into_bytes());
    let done = |name: &str| Outcome::Ok(format!("{name} completed"));
    match (name, words) {
        ("CAPABILITY", []) => tell(format!("* CAPABILITY {ABILITIES}")),
        ("NOOP" | "CHECK", []) => {}
        ("LOGIN", [user, password]) => {
            let (user, password) = (user.text(), password.text());
            let account = net.accounts.get(&user.to_lowercase());
            let good = account.is_some_and(|account| account.is_opened_by(&password));
            if !good {
                return Outcome::No("[AUTHENTICATIONFAILED] wrong name or password".to_owned());
            }
            session.account = Some(user.to_lowercase());
        }
        _ if session.account.is_none() => return Outcome::No("sign in first".to_owned()),
        ("SELECT" | "EXAMINE", [folder, ..]) => {
            return open(net, session, &folder.text(), name == "EXAMINE", &mut tell);
        }
        ("CLOSE" | "UNSELECT", []) => session.folder = None,
        ("LIST" | "LSUB", [_, _]) => {
            for folder in account(net, session)
                .into_iter()
                .flat_map(|account| account.folders.keys())
            {
                tell(format!("* {name} () \"/\" \"{folder}\""));
            }
        }
        ("CREATE", [folder]) => {
            if let Some(account) = session
                .account
                .as_ref()
                .and_then(|key| net.accounts.get_mut(key))
            {
                account.folders.entry(folder.text()).or_default();
            }
        }
        ("STATUS", [folder, _]) => {
            let wanted = known_name(&folder.text());
            let found = account(net, session).and_then(|account| account.folders.get(&wanted));
            let Some(found) = found else {
                return missing();
            };
            tell(format!(
                "* STATUS \"{wanted}\" (MESSAGES {} UIDNEXT {} UIDVALIDITY {} HIGHESTMODSEQ {})",
                found.mails.len(),
                found.next,
                found.validity,
                found.changes,
            ));
        }
        ("APPEND", [folder, rest @ ..]) => return append(net, session, folder, rest, kit),
        ("SEARCH" | "FETCH" | "STORE" | "UID", _) => {
            return in_folder(net, session, (name, words), told);
        }
        _ => return Outcome::Bad("not understood".to_owned()),
    }
    done(name)
}

fn account<'a>(net: &'a Email, session: &Session) -> Option<&'a Account> {
    net.accounts.get(session.account.as_deref()?)
}

/// The name of the first folder may be written in any way.
fn known_name(name: &str) -> String {
    if name.eq_ignore_ascii_case(INBOX) {
        INBOX.to_owned()
    } else {
        name.to_owned()
    }
}

fn missing() -> Outcome {
    Outcome::No("[NONEXISTENT] there is no such folder".to_owned())
}

fn open(
    net: &mut Email,
    session: &mut Session,
    folder: &str,
    read_only: bool,
    tell: &mut impl FnMut(String),
) -> Outcome {
    let folder = known_name(folder);
    session.folder = None;
    let Some(found) = account(net, session).and_then(|account| account.folders.get(&folder)) else {
        return missing();
    };
    tell("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)".to_owned());
    tell(
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags"
            .to_owned(),
    );
    tell(format!("* {} EXISTS", found.mails.len()));
    tell("* 0 RECENT".to_owned());
    tell(format!("* OK [UIDVALIDITY {}] valid", found.validity));
    tell(format!("* OK [UIDNEXT {}] next", found.next));
    tell(format!("* OK [HIGHESTMODSEQ {}] changes", found.changes));
    session.seen = found.mails.len();
    session.folder = Some(folder);
    session.read_only = read_only;
    Outcome::Ok(if read_only {
        "[READ-ONLY] Examine completed".to_owned()
    } else {
        "[READ-WRITE] Select completed".to_owned()
    })
}

fn append(net: &mut Email, session: &Session, folder: &Word, rest: &[Word], kit: &Kit) -> Outcome {
    let folder = known_name(&folder.text());
    let Some(Word::Text(mail)) = rest.last() else {
        return Outcome::Bad("there is no mail".to_owned());
    };
    let Some(key) = session.account.clone() else {
        return missing();
    };
    if !account(net, session).is_some_and(|account| account.folders.contains_key(&folder)) {
        return Outcome::No("[TRYCREATE] there is no such folder".to_owned());
    }
    let uid = net.arrive(&key, &folder, mail, kit);
    let place = net
        .accounts
        .get_mut(&key)
        .and_then(|account| account.folders.get_mut(&folder));
    let (Some(uid), Some(place)) = (uid, place) else {
        return missing();
    };
    if let (Some(Word::List(flags)), Some(mail)) = (rest.first(), place.mails.last_mut()) {
        mail.flags.extend(flags.iter().map(Word::text));
    }
    Outcome::Ok(format!(
        "[APPENDUID {} {uid}] APPEND completed",
        place.validity
    ))
}

/// Searches, fetches and marks, by number or by place.
fn in_folder(
    net: &mut Email,
    session: &Session,
    (name, words): (&str, &[Word]),
    told: &mut Vec<u8>,
) -> Outcome {
    let (name, words, by_uid) = match (name, words) {
        ("UID", [name, words @ ..]) => (name.name(), words, true),
        (name, words) => (name.to_owned(), words, false),
    };
    let Some((folder, read_only)) = session.place(net) else {
        return Outcome::Bad("open a folder first".to_owned());
    };
    let worked = match (name.as_str(), words) {
        ("SEARCH", criteria) => search::search(folder, criteria, by_uid).map(|found| {
            let numbers: Vec<String> = found.iter().map(u32::to_string).collect();
            told.extend(format!("* SEARCH {}", numbers.join(" ")).trim_end().bytes());
            told.extend(b"\r\n");
        }),
        ("FETCH", [set, items, rest @ ..]) => {
            fetch::fetch(folder, (&set.text(), by_uid), items, rest, read_only, told)
        }
        ("STORE", [set, how, flags]) if !read_only => {
            fetch::store(folder, (&set.text(), by_uid), &how.name(), flags, told)
        }
        ("STORE", _) => return Outcome::No("the folder is open for looking only".to_owned()),
        _ => None,
    };
    match worked {
        Some(()) => Outcome::Ok(format!("{name} completed")),
        None => Outcome::Bad("not understood".to_owned()),
    }
}
