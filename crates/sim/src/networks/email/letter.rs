//! Writes mails as people's programs and servers do: headers, a text, files, and the reports of mail
//! that did not arrive (RFC 3464).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_parser::MessageParser;

use crate::item::Millis;
use crate::networks::kit::{FileWish, Kit};

/// The longest line of an encoded text.
const LINE: usize = 72;
/// How many bytes of a text go into one encoded word of a header.
const WORD: usize = 39;

/// A mail to be written.
#[derive(Debug, Default)]
pub(super) struct Letter<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) from: (&'a str, &'a str),
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    /// The ids of what was said before, the answered one last.
    pub(super) references: &'a [String],
    pub(super) text: &'a str,
    /// Whether the text comes as HTML and nothing else.
    pub(super) html: bool,
    pub(super) files: &'a [FileWish],
    /// Headers besides.
    pub(super) more: Vec<(&'static str, String)>,
}

impl Letter<'_> {
    pub(super) fn write(&self, at: Millis, kit: &Kit) -> Vec<u8> {
        let mut mail = String::new();
        let mut header = |name: &str, value: &str| mail.extend([name, ": ", value, "\r\n"]);
        header("Date", &date(at));
        header("From", &mailbox(self.from.0, self.from.1));
        header("To", &format!("<{}>", self.to));
        header("Subject", &encoded(self.subject));
        if let Some(id) = self.id {
            header("Message-ID", &format!("<{id}>"));
        }
        if let Some(answered) = self.references.last() {
            header("In-Reply-To", &format!("<{answered}>"));
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            header("References", &all.join("\r\n "));
        }
        for (name, value) in &self.more {
            header(name, value);
        }
        header("MIME-Version", "1.0");
        let text = self.text_part();
        if self.files.is_empty() {
            mail.push_str(&text);
            return mail.into_bytes();
        }
        let mark = format!("=_{}", kit.ids.letters("boundary", 16));
        mail.extend([
            "Content-Type: multipart/mixed; boundary=\"",
            &mark,
            "\"\r\n\r\n",
        ]);
        mail.extend(["--", &mark, "\r\n", &text]);
        for file in self.files {
            mail.extend(["\r\n--", &mark, "\r\n", &file_part(file)]);
        }
        mail.extend(["\r\n--", &mark, "--\r\n"]);
        mail.into_bytes()
    }

    fn text_part(&self) -> String {
        let (kind, text) = if self.html {
            let text = self.text.replace('&', "&amp;").replace('<', "&lt;");
            let text = text.replace('\n', "<br>\n");
            ("html", format!("<html><body><p>{text}</p></body></html>"))
        } else {
            ("plain", self.text.to_owned())
        };
        format!(
            "Content-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{}",
            quoted_printable(&text)
        )
    }
}

/// Writes the report that a mail of ours did not reach somebody.
pub(super) fn report(to: &str, sender: &str, mail: &[u8], trouble: &str, kit: &Kit) -> Vec<u8> {
    let read = MessageParser::default().parse_headers(mail);
    let id = read
        .as_ref()
        .and_then(|read| read.message_id())
        .unwrap_or_default();
    let subject = read
        .as_ref()
        .and_then(|read| read.subject())
        .unwrap_or_default();
    let domain = to.rsplit('@').next().unwrap_or_default();
    let (code, words) = trouble.split_once(' ').unwrap_or((trouble, ""));
    let status = words.split(' ').next().unwrap_or_default();
    let action = if code.starts_with('4') {
        "delayed"
    } else {
        "failed"
    };
    let mark = format!("=_{}", kit.ids.letters("boundary", 16));
    let own = kit.ids.letters("report", 16);
    let date = date(kit.now());
    format!(
        "Return-Path: <>\r\nDate: {date}\r\nFrom: Mail Delivery System <mailer-daemon@nordpost.example>\r\n\
         To: <{sender}>\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Message-ID: <{own}@nordpost.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"{mark}\"\r\n\r\n\
         --{mark}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         <{to}>: {code} {words}\r\n\r\n\
         --{mark}\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mail.nordpost.example\r\nArrival-Date: {date}\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n\
         Remote-MTA: dns; mx.{domain}\r\nDiagnostic-Code: smtp; {code} {words}\r\n\r\n\
         --{mark}\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         From: <{sender}>\r\nTo: <{to}>\r\nSubject: {}\r\nMessage-ID: <{id}>\r\n\r\n--{mark}--\r\n",
        encoded(subject),
    )
    .into_bytes()
}

/// Writes a time as mail writes times.
fn date(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or_default();
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

fn mailbox(name: &str, address: &str) -> String {
    if name.is_empty() || name == address {
        return format!("<{address}>");
    }
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, ' ' | '-' | '_');
    if name.chars().all(plain) {
        format!("\"{name}\" <{address}>")
    } else {
        format!("{} <{address}>", encoded(name))
    }
}

/// Writes a text for a header: as it is where it is plain, else in encoded words (RFC 2047).
fn encoded(text: &str) -> String {
    let plain = |sign: char| matches!(sign, ' '..='~');
    if text.chars().all(plain) && !text.contains("=?") && text.len() < 900 {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for sign in text.chars() {
        if words
            .last()
            .is_some_and(|word| word.len() + sign.len_utf8() > WORD)
        {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(if sign.is_control() { ' ' } else { sign });
        }
    }
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    words.join("\r\n ")
}

fn quoted_printable(text: &str) -> String {
    let mut written = String::new();
    for line in text.lines() {
        let bytes = line.as_bytes();
        let mut length = 0;
        for (place, byte) in bytes.iter().enumerate() {
            let at_the_end = place + 1 == bytes.len();
            let sign = match byte {
                b'=' => "=3D".to_owned(),
                b' ' | b'\t' if at_the_end => format!("={byte:02X}"),
                b' '..=b'~' | b'\t' => char::from(*byte).to_string(),
                byte => format!("={byte:02X}"),
            };
            if length + sign.len() > LINE {
                written.push_str("=\r\n");
                length = 0;
            }
            length += sign.len();
            written.push_str(&sign);
        }
        written.push_str("\r\n");
    }
    written
}

fn file_part(file: &FileWish) -> String {
    let content = STANDARD.encode(file.bytes());
    let lines: Vec<&str> = content
        .as_bytes()
        .chunks(76)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!(
        "Content-Type: {}\r\nContent-Disposition: attachment; filename=\"{}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        file.media_type,
        file.name.replace(['"', '\r', '\n'], "_"),
        lines.join("\r\n"),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mail_parser::{MessageParser, MimeHeaders as _};

    use super::*;
    use crate::networks::kit::{Ids, SimClock};

    #[test]
    fn what_is_written_is_read_again() {
        let clock = Arc::new(SimClock::new(Some(1_795_323_600_000), true));
        let kit = Kit::new("email", String::new(), clock, Ids::new(1, 0));
        let text = format!(
            "Grüße = {} und 🚆\n\nZeile am Ende ",
            "sehr lang ".repeat(20)
        );
        let references = ["a@b".to_owned(), "c@d".to_owned()];
        let letter = Letter {
            id: Some("x@y"),
            from: ("Jörg Öhlmann", "joerg@post.example"),
            to: "service@nordtal.example",
            subject: "Störung auf der Strecke von Oberholm nach Unterholm über Mittelholm",
            references: &references,
            text: &text,
            files: &[serde_json::from_str("{}").expect("a file of any kind")],
            ..Letter::default()
        };
        let mail = letter.write(kit.now(), &kit);
        assert!(
            mail.split(|byte| *byte == b'\n')
                .all(|line| line.len() <= 100)
        );
        let read = MessageParser::default().parse(&mail).expect("it is a mail");
        assert_eq!(read.message_id(), Some("x@y"));
        assert_eq!(read.subject(), Some(letter.subject));
        let from = read
            .from()
            .and_then(|from| from.first())
            .expect("an author");
        assert_eq!(from.name.as_deref(), Some("Jörg Öhlmann"));
        let words = read.body_text(0).expect("a text").replace("\r\n", "\n");
        assert_eq!(words.trim_end(), text.trim_end());
        assert_eq!(super::super::references(&read), references);
        let file = read.attachment(0).expect("a file");
        assert_eq!(file.attachment_name(), Some("bild.png"));
        assert!(file.contents().starts_with(b"\x89PNG"));
        assert_eq!(
            read.date().map(mail_parser::DateTime::to_timestamp),
            Some(1_795_323_600)
        );
    }
}
