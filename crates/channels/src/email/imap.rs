//! The mailbox over IMAP: signing in, what is new in a folder, one mail whole, the folder of what was
//! sent. Only looks, except for filing what we sent: marks of other programs stay as they are.

use std::collections::BTreeSet;

use async_imap::error::Error;
use async_imap::imap_proto::{
    AttributeValue, MailboxDatum, MessageSection, Response, SectionPath, Status,
};
use async_imap::types::Mailbox;
use async_imap::{Client, Session};
use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use jiff::fmt::strtime;

use super::connect::{self, Line, step};
use super::oauth::Xoauth2;
use super::setup::{Security, Setup};
use crate::http::Http;
use crate::outbound::SendError;

/// By which words a server refuses for now what is good.
const BUSY: [&str; 5] = [
    "Unavailable",
    "UNAVAILABLE",
    "INUSE",
    "LIMIT",
    "Too many simultaneous",
];

/// A mailbox that is open.
pub(super) struct Reader {
    pub(super) session: Session<Line>,
    /// Whether the server tells of new mail as it comes.
    pub(super) idles: bool,
}

/// What a folder says about one mail before it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) uid: u32,
    pub(super) size: u32,
    /// When the server took it, in unix seconds.
    pub(super) arrived: Option<i64>,
}

/// What a folder gave of one mail.
#[derive(Debug, Default)]
struct Given {
    uid: Option<u32>,
    size: Option<u32>,
    arrived: Option<i64>,
    body: Option<Vec<u8>>,
    header: Option<Vec<u8>>,
}

impl Reader {
    /// Connects and signs in.
    pub(super) async fn open(setup: &Setup, http: &Http) -> Result<Self, SendError> {
        let server = &setup.imap;
        let line = connect::open(setup, server, http).await?;
        let mut client = Client::new(line);
        greet(&mut client).await?;
        if server.security == Security::StartTls {
            step(client.run_command_and_check_ok("STARTTLS", None), failure).await?;
            // What came before the seal, unasked, is dropped with the old connection.
            let line = connect::seal(setup, server, client.into_inner()).await?;
            client = Client::new(line);
        }
        let refused = |(error, _): (Error, Client<Line>)| login_failure(error);
        let mut session = if server.by_token {
            let token = Xoauth2::new(&server.username, &server.password);
            step(client.authenticate("XOAUTH2", token), refused).await?
        } else {
            step(client.login(&server.username, &server.password), refused).await?
        };
        let abilities = step(session.capabilities(), failure).await?;
        Ok(Self {
            idles: abilities.has_str("IDLE"),
            session,
        })
    }

    /// Opens a folder for looking only.
    pub(super) async fn enter(&mut self, folder: &str) -> Result<Mailbox, SendError> {
        let entering = self.session.examine(encoded(folder));
        step(entering, |error| match error {
            Error::No(detail) if !is_busy(&detail) => {
                SendError::Forbidden(format!("the folder {folder}: {detail}"))
            }
            other => failure(other),
        })
        .await
    }

    /// Searches the folder and returns the numbers found, lowest first.
    pub(super) async fn search(&mut self, query: &str) -> Result<Vec<u32>, SendError> {
        let mut found = BTreeSet::new();
        self.ask(&format!("UID SEARCH {query}"), |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend(uids);
            }
        })
        .await?;
        Ok(found.into_iter().collect())
    }

    /// Returns size and arrival of these mails, in their order.
    pub(super) async fn entries(&mut self, uids: &[u32]) -> Result<Vec<Entry>, SendError> {
        let set: Vec<String> = uids.iter().map(u32::to_string).collect();
        let fetched = self
            .fetch(&set.join(","), "(UID RFC822.SIZE INTERNALDATE)")
            .await?;
        let mut entries: Vec<Entry> = fetched
            .into_iter()
            .filter_map(|given| {
                Some(Entry {
                    uid: given.uid?,
                    size: given.size?,
                    arrived: given.arrived,
                })
            })
            .filter(|entry| uids.contains(&entry.uid))
            .collect();
        entries.sort_by_key(|entry| entry.uid);
        Ok(entries)
    }

    /// Returns a mail as it stands, at most so many bytes; none where it is no longer there.
    pub(super) async fn fetch_mail(
        &mut self,
        uid: u32,
        most: Option<usize>,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let part = most.map_or_else(String::new, |most| format!("<0.{most}>"));
        let query = format!("(UID BODY.PEEK[]{part})");
        let fetched = self.fetch(&uid.to_string(), &query).await?;
        let mut of_mail = fetched.into_iter().filter(|given| given.uid == Some(uid));
        Ok(of_mail.find_map(|given| given.body))
    }

    /// Returns the header of a mail.
    pub(super) async fn fetch_header(&mut self, uid: u32) -> Result<Option<Vec<u8>>, SendError> {
        let fetched = self
            .fetch(&uid.to_string(), "(UID BODY.PEEK[HEADER])")
            .await?;
        Ok(fetched.into_iter().find_map(|given| given.header))
    }

    /// Files a mail in a folder, as read.
    pub(super) async fn file(&mut self, folder: &str, mail: &[u8]) -> Result<(), SendError> {
        let filing = self
            .session
            .append(encoded(folder), Some("(\\Seen)"), None, mail);
        step(filing, failure).await
    }

    /// Says good-bye; what happens then is of no matter.
    pub(super) async fn close(mut self) {
        let _ = step(self.session.logout(), failure).await;
    }

    async fn fetch(&mut self, set: &str, query: &str) -> Result<Vec<Given>, SendError> {
        let mut fetched = Vec::new();
        self.ask(&format!("UID FETCH {set} {query}"), |response| {
            if let Response::Fetch(_, values) = response {
                fetched.push(given(values));
            }
        })
        .await?;
        Ok(fetched)
    }

    /// Gives a command and takes its answers, which count only if the last of them says so: a server
    /// that refuses, or a connection that ends in between, is no empty folder.
    async fn ask(
        &mut self,
        command: &str,
        mut take: impl FnMut(&Response<'_>),
    ) -> Result<(), SendError> {
        let asking = async {
            let id = self.session.run_command(command).await?;
            while let Some(answer) = self.session.read_response().await? {
                match answer.parsed() {
                    Response::Done {
                        tag,
                        status,
                        outcome,
                        ..
                    } if *tag == id => {
                        let (code, words) = (&outcome.code, &outcome.information);
                        let detail = format!("code: {code:?}, info: {words:?}");
                        return match status {
                            Status::Ok => Ok(()),
                            Status::Bad => Err(Error::Bad(detail)),
                            _ => Err(Error::No(detail)),
                        };
                    }
                    response => take(response),
                }
            }
            Err(Error::ConnectionLost)
        };
        step(asking, failure).await
    }
}

fn given(values: &[AttributeValue<'_>]) -> Given {
    let mut given = Given::default();
    for value in values {
        match value {
            AttributeValue::Uid(uid) => given.uid = Some(*uid),
            AttributeValue::Rfc822Size(size) => given.size = Some(*size),
            AttributeValue::InternalDate(date) => given.arrived = arrived(date),
            AttributeValue::BodySection {
                section,
                data: Some(data),
                ..
            } => match section {
                None => given.body = Some(data.to_vec()),
                Some(SectionPath::Full(MessageSection::Header)) => {
                    given.header = Some(data.to_vec());
                }
                Some(_) => {}
            },
            _ => {}
        }
    }
    given
}

/// Reads when a server took a mail, in unix seconds.
fn arrived(date: &str) -> Option<i64> {
    let read = strtime::parse("%d-%b-%Y %H:%M:%S %z", date.trim()).ok()?;
    Some(read.to_timestamp().ok()?.as_second())
}

fn is_busy(detail: &str) -> bool {
    BUSY.iter().any(|word| detail.contains(word))
}

/// Writes a folder's name as IMAP does: what is beyond ASCII as UTF-16 in a base64 of its own.
fn encoded(folder: &str) -> String {
    let engine = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
    let mut name = String::new();
    let mut rest = folder;
    while !rest.is_empty() {
        let plain = |sign: char| matches!(sign, ' '..='~');
        let end = rest.find(|sign| !plain(sign)).unwrap_or(rest.len());
        name.push_str(&rest[..end].replace('&', "&-"));
        rest = &rest[end..];
        let end = rest.find(plain).unwrap_or(rest.len());
        if end > 0 {
            let units: Vec<u8> = rest[..end]
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect();
            name.push('&');
            name.push_str(&engine.encode(units));
            name.push('-');
        }
        rest = &rest[end..];
    }
    name
}

/// Looks whether the mailbox can be opened, with every folder that the settings name.
pub(super) async fn probe(setup: &Setup, http: &Http) -> Result<(), SendError> {
    let mut reader = Reader::open(setup, http).await?;
    reader.enter(&setup.folder).await?;
    if let Some(sent) = &setup.sent_folder {
        reader.enter(sent).await?;
    }
    reader.close().await;
    Ok(())
}

/// Reads the first line, by which the server says who it is or that it has no time.
async fn greet(client: &mut Client<Line>) -> Result<(), SendError> {
    let greeting = step(client.read_response(), |error| failure(Error::Io(error))).await?;
    let Some(greeting) = greeting else {
        return Err(failure(Error::ConnectionLost));
    };
    let said = format!("{:?}", greeting.parsed());
    if said.contains("status: Bye") {
        return Err(SendError::RetryBackoff(format!(
            "the server turned us away: {said}"
        )));
    }
    Ok(())
}

fn login_failure(error: Error) -> SendError {
    match error {
        Error::No(detail) if !is_busy(&detail) => SendError::AuthBroken(detail),
        other => failure(other),
    }
}

/// Reads a failure of a question: nothing happened, so it may be asked again.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it stands where errors are handed on"
)]
pub(super) fn failure(error: Error) -> SendError {
    match error {
        Error::Validate(_) => SendError::Forbidden(error.to_string()),
        Error::Bad(_) | Error::Parse(_) => SendError::Unreadable(error.to_string()),
        _ => SendError::RetryBackoff(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_imap_names_them() {
        let cases = [
            ("INBOX", "INBOX"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("A & B", "A &- B"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("ü", "&APw-"),
        ];
        for (name, written) in cases {
            assert_eq!(encoded(name), written, "{name}");
        }
    }

    #[test]
    fn the_time_of_arrival_is_read_in_every_zone() {
        assert_eq!(arrived("22-Nov-2026 05:00:00 +0000"), Some(1_795_323_600));
        assert_eq!(arrived(" 2-Nov-2026 06:00:00 +0100"), Some(1_793_595_600));
        assert_eq!(arrived("yesterday"), None);
    }
}
