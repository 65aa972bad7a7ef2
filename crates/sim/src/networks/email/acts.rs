//! What people do who write to our mailboxes from elsewhere, and our own people in a mail program.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::letter::{self, Letter};
use super::{ELSEWHERE, Email, INBOX, Known, SENT};
use crate::networks::kit::{Act, Done, Kit, Refused};

/// The longest subject that is made of a text.
const SUBJECT: usize = 60;
/// What a server says of an address that is no longer there, and of others.
const GONE: &str = "550 5.1.1 there is nobody of that name";
const FULL: &str = "552 5.2.2 the mailbox is full";
const REFUSES: &str = "550 5.7.1 this person takes no mail from you";

pub(super) fn act(net: &mut Email, act: &Act, kit: &Kit) -> Done {
    let account = net.account(act.to.as_deref())?.address.clone();
    match act.what.as_str() {
        "dm" | "reply" => {
            if act.what == "reply" {
                act.target()?;
            }
            Ok(write(net, act, &account, kit))
        }
        "native_reply" => native_reply(net, act, &account, kit),
        "deliver" => deliver(net, act, &account, kit),
        "depart" => Ok(trouble(net, act, Some(GONE))),
        "fill" => Ok(trouble(net, act, Some(FULL))),
        "block" => Ok(trouble(net, act, Some(REFUSES))),
        "unblock" | "return" => {
            person(net, act).absence = None;
            Ok(trouble(net, act, None))
        }
        "leave_note" => {
            person(net, act).absence = Some(act.text.clone());
            Ok(json!({"person": address_of(&act.by)}))
        }
        "bounce" => bounce(net, act, kit),
        "revoke_token" => {
            change(net, &account, |account| account.revoked = true);
            net.throw_out(&account, kit);
            Ok(json!({}))
        }
        "expire_token" => {
            change(net, &account, |account| {
                if let Some(token) = &mut account.token {
                    token.expire();
                }
            });
            Ok(json!({}))
        }
        "renumber" => {
            change(net, &account, |account| {
                for folder in account.folders.values_mut() {
                    folder.renumber();
                }
            });
            // Nobody can go on with numbers that are worth nothing.
            net.throw_out(&account, kit);
            Ok(json!({}))
        }
        _ => Err(act.unknown()),
    }
}

fn change(net: &mut Email, address: &str, change: impl FnOnce(&mut super::Account)) {
    if let Some(account) = net.accounts.get_mut(address) {
        change(account);
    }
}

/// Returns where somebody writes from: their address, or one made of their handle.
fn address_of(handle: &str) -> String {
    let handle = handle.trim().trim_start_matches('@').to_lowercase();
    if handle.contains('@') {
        return handle;
    }
    let local: String = handle
        .chars()
        .map(|sign| match sign {
            'ä' => "ae".to_owned(),
            'ö' => "oe".to_owned(),
            'ü' => "ue".to_owned(),
            'ß' => "ss".to_owned(),
            sign if sign.is_ascii_alphanumeric() || matches!(sign, '.' | '_' | '-') => {
                sign.to_string()
            }
            _ => "-".to_owned(),
        })
        .collect();
    let local = local.trim_matches(['-', '.']);
    let local = if local.is_empty() { "someone" } else { local };
    format!("{local}@{ELSEWHERE}")
}

fn person<'a>(net: &'a mut Email, act: &Act) -> &'a mut super::Person {
    let person = net.people.entry(address_of(&act.by)).or_default();
    if act.name.is_some() || person.name.is_empty() {
        act.called().clone_into(&mut person.name);
    }
    person
}

fn trouble(net: &mut Email, act: &Act, trouble: Option<&str>) -> Value {
    person(net, act).trouble = trouble.map(str::to_owned);
    json!({"person": address_of(&act.by)})
}

/// Makes an id that no mail had before, not even before a restart.
fn new_id(domain: &str, kit: &Kit) -> String {
    let letters = kit.ids.letters("mail", 12);
    format!("{}.{letters}@{domain}", kit.now())
}

/// Makes a subject of the beginning of a text.
fn subject_of(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty());
    let line = line.unwrap_or_default().trim();
    let sentence = line.split_inclusive(['.', '?', '!']).next().unwrap_or(line);
    if sentence.chars().count() <= SUBJECT {
        return sentence.trim_end_matches('.').to_owned();
    }
    let cut: String = sentence.chars().take(SUBJECT).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{} …", &cut[..end])
}

/// Returns what somebody answers: the ids before, the subject, and where the answer goes.
fn answered(net: &Email, of: Option<&str>, account: &str) -> Option<(Vec<String>, String, String)> {
    let of = of?;
    let known = net.known.get(of).cloned().unwrap_or_default();
    let mut references = known.references;
    references.push(of.to_owned());
    let subject = known.subject.trim_start_matches("Re: ").to_owned();
    // Whoever adds to words of their own writes to us all the same.
    let to = if known.own {
        known.answers_to
    } else {
        account.to_owned()
    };
    Some((references, format!("Re: {subject}"), to))
}

/// Lets somebody write to one of our mailboxes, in answer to something or of themselves.
fn write(net: &mut Email, act: &Act, account: &str, kit: &Kit) -> Value {
    let name = person(net, act).name.clone();
    let from = address_of(&act.by);
    let newest = net.newest.get(&thread_of(&from, account)).cloned();
    let of = act
        .of
        .as_deref()
        .or_else(|| newest.as_deref().filter(|_| act.flag("goes_on")));
    // A mail that is answered says to which mailbox the answer goes.
    let account = of
        .and_then(|of| net.known.get(of))
        .map_or_else(|| account.to_owned(), |known| known.account.clone());
    let (mut references, subject, to) = answered(net, of, &account)
        .unwrap_or_else(|| (Vec::new(), subject_of(&act.text), account.clone()));
    let subject = act.more("subject").map_or(subject, str::to_owned);
    if act.flag("without_references") {
        references.clear();
    }
    let domain = from.rsplit('@').next().unwrap_or(ELSEWHERE);
    let id = new_id(domain, kit);
    let mut more = vec![("Delivered-To", to.clone())];
    if act.flag("automatic") {
        more.push(("Auto-Submitted", "auto-replied".to_owned()));
    }
    if let Some(reply_to) = act.more("reply_to") {
        more.push(("Reply-To", format!("<{reply_to}>")));
    }
    let letter = Letter {
        id: (!act.flag("without_id")).then_some(id.as_str()),
        from: (&name, &from),
        to: &to,
        subject: &subject,
        references: &references,
        text: &act.text,
        html: act.flag("html"),
        files: &act.attachments,
        more,
    };
    let mail = letter.write(kit.now(), kit);
    net.arrive(&account, INBOX, &mail, kit);
    let root = references.first().unwrap_or(&id).clone();
    let known = Known {
        subject,
        answers_to: act.more("reply_to").unwrap_or(&from).to_owned(),
        references,
        account,
        own: false,
    };
    net.newest
        .insert(thread_of(&from, &known.account), id.clone());
    net.known.insert(id.clone(), known);
    json!({"id": id, "person": from, "root": root})
}

/// Names what two have written to each other.
pub(super) fn thread_of(person: &str, account: &str) -> String {
    format!("{person} {account}")
}

/// Lets our own people answer in a mail program, which files what it sends by itself.
fn native_reply(net: &mut Email, act: &Act, account: &str, kit: &Kit) -> Done {
    let of = act.target()?;
    let known = net
        .known
        .get(of)
        .cloned()
        .ok_or_else(|| Refused::not_found("the answered mail"))?;
    let account = if known.account.is_empty() {
        account
    } else {
        &known.account
    };
    let mut references = known.references.clone();
    references.push(of.to_owned());
    let domain = account.rsplit('@').next().unwrap_or(ELSEWHERE);
    let id = new_id(domain, kit);
    let subject = format!("Re: {}", known.subject.trim_start_matches("Re: "));
    let name = net
        .accounts
        .get(account)
        .map(|account| account.name.clone());
    let letter = Letter {
        id: Some(&id),
        from: (name.as_deref().unwrap_or_default(), account),
        to: &known.answers_to,
        subject: &subject,
        references: &references,
        text: &act.text,
        files: &act.attachments,
        ..Letter::default()
    };
    let mail = letter.write(kit.now(), kit);
    let filed_by_server = net
        .accounts
        .get(account)
        .is_some_and(|account| account.files_sent);
    let recipient = known.answers_to.clone();
    net.leave(account, &[recipient], &mail, kit);
    if !filed_by_server {
        net.arrive(account, SENT, &mail, kit);
    }
    Ok(json!({"id": id}))
}

/// Lets any mail arrive as it stands: `text`, or `base64` where it is no text.
fn deliver(net: &mut Email, act: &Act, account: &str, kit: &Kit) -> Done {
    let mail = match act.more("base64") {
        Some(text) => STANDARD
            .decode(text)
            .map_err(|error| Refused(422, error.to_string()))?,
        None => act
            .text
            .replace("\r\n", "\n")
            .replace('\n', "\r\n")
            .into_bytes(),
    };
    let folder = act.more("folder").unwrap_or(INBOX);
    let uid = net.arrive(account, folder, &mail, kit);
    Ok(json!({"uid": uid}))
}

/// Lets a mail of ours come back, with these words of a server or the usual ones.
fn bounce(net: &mut Email, act: &Act, kit: &Kit) -> Done {
    let of = act.target()?;
    let known = net
        .known
        .get(of)
        .filter(|known| known.own)
        .cloned()
        .ok_or_else(|| Refused::not_found("the mail of ours"))?;
    let words = if act.text.is_empty() { GONE } else { &act.text };
    let header = format!("Message-ID: <{of}>\r\nSubject: {}\r\n\r\n", known.subject);
    let to = address_of(&act.by);
    let report = letter::report(&to, &known.account, header.as_bytes(), words, kit);
    net.arrive(&known.account, INBOX, &report, kit);
    Ok(json!({}))
}

/// Lets a machine answer in the place of somebody who is away.
pub(super) fn answer_by_machine(net: &mut Email, person: &str, of: &str, text: &str, kit: &Kit) {
    let mut more = serde_json::Map::new();
    more.insert("automatic".to_owned(), Value::Bool(true));
    let note = Act {
        what: "dm".to_owned(),
        by: person.to_owned(),
        of: Some(of.to_owned()),
        text: text.to_owned(),
        more,
        ..Act::default()
    };
    let account = net.known.get(of).map(|known| known.account.clone());
    if let Some(account) = account {
        write(net, &note, &account, kit);
    }
}
