//! Answers as they leave, read back as a customer's mail program reads them.

use mail_parser::{Message, MessageParser, MimeHeaders as _};

use super::super::compose::compose;
use super::super::marks::thread_key;
use super::*;
use crate::outbound::OutboundAttachment;

fn account() -> Account {
    let mut account = fixture::account(json!({
        "address": "service@nordbahn.example",
        "name": "Nordbahn\r\nBcc: x@y.example",
        "imap_host": "mail.nordbahn.example",
        "smtp_host": "mail.nordbahn.example",
        "reply_pattern": "service+{token}@nordbahn.example",
    }));
    account.secrets["password"] = json!("geheim");
    account
}

fn answer() -> Outbound {
    Outbound {
        recipient: Some("anna@mail.example".to_owned()),
        in_reply_to: Some("m1@mail.example".to_owned()),
        subject: Some("AW: Störung\r\nBcc: x@y.example".to_owned()),
        ..fixture::reply("")
    }
}

fn written(account: &Account, outbound: &Outbound, files: &[OutboundAttachment]) -> String {
    let setup = Setup::read(account).expect("the settings are good");
    let mail = compose(&setup, outbound, "Grüße", files).expect("it can be written");
    String::from_utf8(mail.bytes).expect("what leaves is ASCII")
}

fn header(mail: &str, name: &str) -> Option<String> {
    let message = MessageParser::default().parse(mail)?;
    message
        .header_raw(name)
        .map(|value| value.trim().to_owned())
}

#[test]
fn nothing_in_a_header_begins_another() {
    let mail = written(&account(), &answer(), &[]);
    assert_eq!(header(&mail, "Bcc"), None, "{mail}");
    let message: Message<'_> = MessageParser::default().parse(&mail).expect("it is a mail");
    assert_eq!(message.subject(), Some("Re: Störung Bcc: x@y.example"));
    assert!(mail.is_ascii() && !mail.replace("\r\n", "").contains('\n'));
    let mut chained = answer();
    chained.references = vec!["a@b>\r\nBcc: <x@y".to_owned(), "no-at".to_owned()];
    let mail = written(&account(), &chained, &[]);
    assert_eq!(
        header(&mail, "References").as_deref(),
        Some("<m1@mail.example>")
    );
}

#[test]
fn the_chain_keeps_its_first_and_its_newest_ids() {
    let mut long = answer();
    long.references = (0..60)
        .map(|index| format!("r{index}@mail.example"))
        .collect();
    let references = header(&written(&account(), &long, &[]), "References").expect("a chain");
    let ids: Vec<&str> = references.split_whitespace().collect();
    assert_eq!(ids.len(), 21);
    assert_eq!(
        (ids[0], ids[1]),
        ("<r0@mail.example>", "<r41@mail.example>")
    );
    assert_eq!(ids[20], "<m1@mail.example>");

    let mut first = answer();
    (first.in_reply_to, first.subject) = (None, Some("Ihre Fahrkarte".to_owned()));
    let mail = written(&account(), &first, &[]);
    assert_eq!(header(&mail, "References"), None);
    assert_eq!(header(&mail, "Subject").as_deref(), Some("Ihre Fahrkarte"));
}

#[test]
fn marks_bring_the_thread_back() {
    let account = account();
    let marks = Setup::read(&account).expect("good settings").marks;
    let thread = thread_key("m1@mail.example");
    let mail = written(&account, &answer(), &[]);
    let message = MessageParser::default().parse(&mail).expect("it is a mail");
    let own = marks
        .read_id(message.message_id().expect("an id"))
        .expect("it is ours");
    assert_eq!((own.message_id.as_str(), &own.thread), ("9001", &thread));
    let reply_to = message
        .reply_to()
        .and_then(|to| to.first())
        .expect("an address");
    let address = reply_to.address.as_deref().expect("an address");
    assert_eq!(marks.read_address(address), Some(thread.clone()));
    assert!(
        address
            .split('@')
            .next()
            .is_some_and(|local| local.len() <= 64)
    );

    // Another inbox, and a secret that was taken away, do not know it; an older secret does.
    let mut other = account.clone();
    other.inbox_id = "4712".to_owned();
    assert_eq!(
        Setup::read(&other)
            .expect("good")
            .marks
            .read_address(address),
        None
    );
    other = account.clone();
    other.secrets["signing"] = json!(["whsec_bmV1", fixture::SECRET]);
    assert_eq!(
        Setup::read(&other)
            .expect("good")
            .marks
            .read_address(address),
        Some(thread)
    );
    other.secrets["signing"] = json!(["whsec_bmV1"]);
    assert_eq!(
        Setup::read(&other)
            .expect("good")
            .marks
            .read_address(address),
        None
    );
}

#[test]
fn files_and_what_a_machine_wrote() {
    let mut automatic = answer();
    automatic.automatic = true;
    automatic.recipient_handle = Some("otto@mail.example".to_owned());
    let file = OutboundAttachment {
        name: "Fahrkarte für Anna.pdf".to_owned(),
        media_type: "no type".to_owned(),
        bytes: b"%PDF-1\r\n.\r\n".to_vec(),
        alt: None,
    };
    let mail = written(&account(), &automatic, &[file]);
    assert_eq!(
        header(&mail, "Auto-Submitted").as_deref(),
        Some("auto-replied")
    );
    assert_eq!(header(&mail, "To").as_deref(), Some("otto@mail.example"));
    let message = MessageParser::default().parse(&mail).expect("it is a mail");
    let part = message.attachment(0).expect("the file came along");
    assert_eq!(part.attachment_name(), Some("Fahrkarte für Anna.pdf"));
    assert_eq!(part.contents(), b"%PDF-1\r\n.\r\n");
    assert_eq!(
        message.body_text(0).as_deref().map(str::trim_end),
        Some("Grüße\r\n\r\n-- \r\nTeam Bahnsteig")
    );
    assert_eq!(
        header(&written(&account(), &answer(), &[]), "Auto-Submitted"),
        None
    );
}

#[test]
fn a_key_of_the_domain_signs() {
    let mut account = account();
    account.secrets["dkim_key"] = json!(KEY);
    assert!(
        Setup::read(&account).is_err(),
        "a key that DKIM does not know"
    );
    account.secrets["dkim_key"] = json!(include_str!("dkim.key.pem"));
    let mail = written(&account, &answer(), &[]);
    assert!(
        mail.starts_with(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=nordbahn.example; s=kulant;"
        ),
        "{mail}"
    );
    assert_eq!(
        mail,
        written(&account, &answer(), &[]),
        "a second try is the same mail"
    );
}

#[test]
fn settings_that_cannot_work_are_named() {
    let good = json!({
        "address": "service@nordbahn.example",
        "password": "geheim",
        "imap_host": "imap.nordbahn.example",
        "smtp_host": "smtp.nordbahn.example",
        "reply_pattern": "service+{token}@nordbahn.example",
    });
    assert_eq!(Email.validate_settings(&good), []);
    let cases = [
        ("address", "service", "not_an_email"),
        ("reply_pattern", "service@nordbahn.example", "not_a_pattern"),
        (
            "reply_pattern",
            "{token}{token}@nordbahn.example",
            "not_a_pattern",
        ),
        (
            "reply_pattern",
            "a-very-long-service-address-of-ours+{token}@nordbahn.example",
            "not_a_pattern",
        ),
        ("dkim_key", "no key", "not_a_key"),
        ("imap_security", "ssl", "not_a_choice"),
        ("password", "", "required"),
        ("oauth_client_id", "", "required"),
    ];
    for (field, value, code) in cases {
        let mut settings = good.clone();
        if field == "oauth_client_id" {
            settings["oauth_token_url"] = json!("https://login.example/token");
            settings["oauth_client_secret"] = json!("hush");
            settings["refresh_token"] = json!("hush");
        }
        settings[field] = json!(value);
        let faults = Email.validate_settings(&settings);
        assert_eq!(faults.len(), 1, "{field} {value}");
        assert_eq!((faults[0].field.as_str(), faults[0].code), (field, code));
    }
}
