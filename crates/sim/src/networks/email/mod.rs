//! E-mail: a provider at which companies have their mailboxes, spoken to over IMAP and SMTP, and people
//! elsewhere who write, answer, are away or have gone. Tokens are given over HTTP, as providers do.

mod acts;
mod fetch;
mod folder;
mod imap;
mod letter;
mod search;
mod signing;
mod smtp;
mod token;
mod words;

use std::collections::BTreeMap;

use mail_parser::{HeaderValue, Message, MessageParser};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::kit::{
    Act, Answer, Call, Done, Frame, Kit, Network, OwnWord, Refused, Reply, Said, Step, Wish, kept,
};
use crate::item::Millis;
use folder::Folder;
use token::Token;

/// The folder of new mail, and that of what our people sent.
const INBOX: &str = "INBOX";
const SENT: &str = "Sent";
/// Where people live who are named by a handle alone.
const ELSEWHERE: &str = "post.example";

/// A company's mailbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Account {
    address: String,
    handle: String,
    name: String,
    password: String,
    /// Set where it is opened by token, and by no password.
    token: Option<Token>,
    folders: BTreeMap<String, Folder>,
    /// Whether the provider files what leaves by itself.
    files_sent: bool,
    /// Whether a first mail to somebody is sent away for a while, and since when each has waited.
    greylists: bool,
    waiting: BTreeMap<String, Millis>,
    /// Whether the password is taken back.
    revoked: bool,
}

/// Somebody who writes from elsewhere.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Person {
    name: String,
    /// Why mail does not reach them, as servers say it; none where it does.
    trouble: Option<String>,
    /// What they answer by machine while they are away.
    absence: Option<String>,
}

/// What an answer to a mail has to know of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Known {
    subject: String,
    /// Where answers go.
    answers_to: String,
    /// The ids of what was said before it.
    references: Vec<String>,
    /// The mailbox that it came to or left from.
    account: String,
    /// Whether it is ours.
    own: bool,
}

/// A connection at one of the doors.
#[derive(Debug)]
enum Session {
    Imap(imap::Session),
    Smtp(smtp::Session),
}

/// The provider, and everybody who writes to its customers.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Email {
    /// By address.
    accounts: BTreeMap<String, Account>,
    people: BTreeMap<String, Person>,
    known: BTreeMap<String, Known>,
    /// The newest mail between somebody and one of our mailboxes.
    newest: BTreeMap<String, String>,
    #[serde(skip)]
    sessions: BTreeMap<u64, Session>,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Email::default())
}

impl Email {
    /// Finds one of our mailboxes by its handle or address; the first, where none is named.
    fn account(&self, wanted: Option<&str>) -> Result<&Account, Refused> {
        self.accounts
            .values()
            .find(|account| {
                wanted.is_none_or(|wanted| {
                    account.handle == wanted || account.address == wanted.to_lowercase()
                })
            })
            .ok_or_else(|| Refused::not_found("the mailbox"))
    }

    /// Puts a mail into a folder, and tells those who wait for that.
    fn arrive(&mut self, address: &str, folder: &str, mail: &[u8], kit: &Kit) -> Option<u32> {
        let account = self.accounts.get_mut(address)?;
        let place = account.folders.entry(folder.to_owned()).or_default();
        let uid = place.add(mail, kit.now());
        let count = place.mails.len();
        for (id, session) in &mut self.sessions {
            if let Session::Imap(session) = session
                && session.waits_in(address, folder)
            {
                session.seen = count;
                kit.streams.tell(*id, format!("* {count} EXISTS\r\n"));
            }
        }
        Some(uid)
    }

    /// Ends every connection of a mailbox, as servers do whose password changed.
    fn throw_out(&mut self, address: &str, kit: &Kit) {
        for (id, session) in &self.sessions {
            let (account, words) = match session {
                Session::Imap(session) => (&session.account, "* BYE signed out\r\n"),
                Session::Smtp(session) => (&session.account, "421 4.7.0 signed out\r\n"),
            };
            if account.as_deref() == Some(address) {
                kit.streams.tell(*id, words);
                kit.streams.put(*id, Frame::Close);
            }
        }
    }

    /// Takes a mail of ours to where it is to go. What comes back comes by mail.
    fn leave(&mut self, from: &str, recipients: &[String], mail: &[u8], kit: &Kit) {
        let Some(read) = MessageParser::default().parse(mail) else {
            return;
        };
        let id = read.message_id().unwrap_or_default().to_owned();
        let known = Known {
            subject: read.subject().unwrap_or_default().to_owned(),
            answers_to: addressed(&read).unwrap_or_else(|| from.to_owned()),
            references: references(&read),
            account: from.to_owned(),
            own: true,
        };
        self.known.insert(id.clone(), known);
        if self
            .accounts
            .get(from)
            .is_some_and(|account| account.files_sent)
        {
            self.arrive(from, SENT, mail, kit);
        }
        for recipient in recipients {
            if self.accounts.contains_key(recipient) {
                self.arrive(recipient, INBOX, mail, kit);
                continue;
            }
            let person = self.people.get(recipient).cloned().unwrap_or_default();
            if let Some(trouble) = &person.trouble {
                let report = letter::report(recipient, from, mail, trouble, kit);
                self.arrive(from, INBOX, &report, kit);
                continue;
            }
            let thread = acts::thread_of(recipient, from);
            self.newest.insert(thread, id.clone());
            kit.own_words.note(OwnWord {
                id: id.clone(),
                by: from.to_owned(),
                of: references(&read).pop(),
                to: Some(recipient.clone()),
                text: words_of(&read),
                private: true,
            });
            if let Some(absence) = person.absence {
                acts::answer_by_machine(self, recipient, &id, &absence, kit);
            }
        }
    }

    fn show_mails(account: &Account) -> Map<String, Value> {
        let show = |folder: &Folder| -> Value {
            let mails: Vec<Value> = folder
                .mails
                .iter()
                .map(|mail| {
                    let read = MessageParser::default().parse_headers(&mail.bytes);
                    let read = read.as_ref();
                    json!({
                        "uid": mail.uid,
                        "id": read.and_then(Message::message_id),
                        "subject": read.and_then(Message::subject),
                        "from": read.and_then(|read| first(read.from())),
                        "to": read.and_then(|read| first(read.to())),
                        "flags": mail.flags,
                    })
                })
                .collect();
            json!({"uid_validity": folder.validity, "mails": mails})
        };
        let folders = account.folders.iter();
        folders
            .map(|(name, folder)| (name.clone(), show(folder)))
            .collect()
    }
}

/// Returns the first of some addresses, in small letters.
fn first(addresses: Option<&mail_parser::Address<'_>>) -> Option<String> {
    let first = addresses?.first()?;
    Some(first.address.as_deref()?.trim().to_lowercase())
}

/// Returns where answers to a mail go.
fn addressed(mail: &Message<'_>) -> Option<String> {
    first(mail.reply_to()).or_else(|| first(mail.from()))
}

/// Returns the ids of what was said before a mail, the answered one last.
fn references(mail: &Message<'_>) -> Vec<String> {
    let ids = |value: &HeaderValue<'_>| -> Vec<String> {
        match value {
            HeaderValue::Text(id) => vec![id.to_string()],
            HeaderValue::TextList(ids) => ids.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    };
    let mut all = ids(mail.references());
    for answered in ids(mail.in_reply_to()) {
        all.retain(|id| *id != answered);
        all.push(answered);
    }
    all
}

/// Returns what a mail says, without the signature below it.
fn words_of(mail: &Message<'_>) -> String {
    let text = mail.body_text(0).unwrap_or_default().replace("\r\n", "\n");
    let words = text.split("\n-- \n").next().unwrap_or_default();
    words.trim().to_owned()
}

impl Network for Email {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        token::answer(self, call, kit).into()
    }

    fn doors(&self) -> &'static [&'static str] {
        &["imap", "smtp"]
    }

    fn turn_away(&self, door: &str) -> Said {
        let words: &[u8] = match door {
            "imap" => b"* BYE [UNAVAILABLE] not available, come back later\r\n",
            _ => b"421 4.3.2 not available, come back later\r\n",
        };
        Said::new(421, words).last()
    }

    fn come_in(&mut self, door: &str, session: u64, _: &Kit) -> Said {
        let (new, said) = match door {
            "imap" => (Session::Imap(imap::Session::default()), imap::greeting()),
            _ => (Session::Smtp(smtp::Session::default()), smtp::greeting()),
        };
        self.sessions.insert(session, new);
        said
    }

    fn overheard(&self, session: u64, input: &[u8]) -> Option<Step> {
        match self.sessions.get(&session)? {
            Session::Imap(session) => session.overheard(input),
            Session::Smtp(session) => session.overheard(input),
        }
    }

    fn hear(&mut self, session: u64, input: &[u8], kit: &Kit) -> Said {
        let Some(mut open) = self.sessions.remove(&session) else {
            return Said::nothing().last();
        };
        let said = match &mut open {
            Session::Imap(session) => imap::hear(self, session, input, kit),
            Session::Smtp(session) => smtp::hear(self, session, input, kit),
        };
        self.sessions.insert(session, open);
        said
    }

    fn refuse(
        &mut self,
        session: u64,
        step: &Step,
        input: &[u8],
        status: u16,
        words: Option<&str>,
    ) -> Said {
        match self.sessions.get_mut(&session) {
            Some(Session::Imap(session)) => session.refuse(input, status, words),
            Some(Session::Smtp(session)) => session.refuse(status, words),
            None if step.method == "imap" => imap::refused_at_the_door(status, words),
            None => smtp::Session::default().refuse(status, words).last(),
        }
    }

    fn closed(&mut self, session: u64) {
        self.sessions.remove(&session);
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        let address = if wish.handle.contains('@') {
            wish.handle.to_lowercase()
        } else {
            format!("service@{}.example", wish.handle.to_lowercase())
        };
        let known = self.accounts.get(&address).cloned();
        let mut account = known.unwrap_or_else(|| Account {
            address: address.clone(),
            handle: wish.handle.clone(),
            name: wish.called().to_owned(),
            password: kit.ids.letters("password", 16),
            token: wish.flag("by_token").then(|| Token::new(kit)),
            folders: [INBOX, SENT]
                .map(|name| (name.to_owned(), Folder::default()))
                .into(),
            files_sent: wish.more.get("files_sent") != Some(&Value::Bool(false)),
            greylists: wish.flag("greylists"),
            waiting: BTreeMap::new(),
            revoked: false,
        });
        if account.revoked {
            // Whoever opens the mailbox again chooses another password.
            account.password = kit.ids.letters("password", 16);
            account.token = account.token.map(|_| Token::new(kit));
            account.revoked = false;
        }
        let port = |door: &str| kit.door(door).map(|address| address.port());
        let host = |door: &str| kit.door(door).map(|address| address.ip().to_string());
        let mut settings = json!({
            "address": account.address,
            "name": account.name,
            "imap_host": host("imap"),
            "imap_port": port("imap"),
            "imap_security": "none",
            "smtp_host": host("smtp"),
            "smtp_port": port("smtp"),
            "smtp_security": "none",
            "sent_folder": SENT,
            "sent_by_server": account.files_sent,
        });
        let secrets = match &account.token {
            Some(token) => {
                token.tell(&mut settings, kit);
                token.secrets()
            }
            None => json!({"password": account.password}),
        };
        self.accounts.insert(address.clone(), account);
        Ok(json!({
            "id": address,
            "handle": wish.handle,
            "settings": settings,
            "secrets": secrets,
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, _: &Kit) -> Answer {
        Answer::json(status, &json!({"error": "temporarily_unavailable"}))
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        let accounts: Map<String, Value> = self
            .accounts
            .iter()
            .map(|(address, account)| (address.clone(), Value::Object(Self::show_mails(account))))
            .collect();
        json!({"accounts": accounts, "connections": self.sessions.len()})
    }
}
