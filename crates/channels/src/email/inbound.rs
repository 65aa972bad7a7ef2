//! Reads one mail: who wrote it, which thread it belongs to, what it says, what came along, and
//! whether a machine sent it.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use mail_parser::{Address, Message, MessageParser, MimeHeaders as _, PartType};

use super::body;
use super::bounce::{self, ids};
use super::marks::{Marks, thread_key};
use super::sender;
use super::setup::one_line;
use super::wire::{ARRIVED, CUT, MESSAGE};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{
    AttachmentSource, Inbound, InboundAttachment, LONGEST_ID, Post, TranslateError, Translation,
};
use crate::outbound::NOTICE;
use crate::signature::sha256_hex;

/// How many files of one mail are kept.
const FILES: usize = 100;
/// How far a mail's own date may lie before its arrival; servers try to deliver for some days.
const OLDEST: i64 = 7 * 86_400;
/// What stands where a mail was too large to be fetched whole.
const REST: &str = "[…]";
/// Where a server writes to whom a mail was really sent.
const ENVELOPES: [&str; 4] = [
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
];

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    if raw.kind != MESSAGE {
        return Err(TranslateError::UnknownType(raw.kind.clone()));
    }
    let message = MessageParser::default()
        .parse(&raw.body)
        .ok_or_else(|| TranslateError::Unreadable("there is no mail in it".to_owned()))?;
    let marks = Marks::of(account);
    let at = written_at(&message, raw);
    if let Some(statuses) = bounce::read(&message, &marks, at) {
        let mut translation = Translation::default();
        for status in statuses {
            translation.take(status);
        }
        return Ok(translation);
    }

    let network_id = id_of(Some(&message), &raw.body);
    let own_id = marks.read_id(&network_id);
    let author = sender::read(account, raw, &message, own_id.is_some())?;
    let chain = chain(&message);
    let thread = thread(&message, &marks, &chain, &network_id);
    let subject = message.subject().map(one_line).unwrap_or_default();
    if own_id
        .as_ref()
        .is_some_and(|own| own.message_id.starts_with(NOTICE))
    {
        return Ok(Translation::default());
    }
    let title = body::strip_prefixes(&subject);
    let cut = raw.header(CUT).is_some();
    let mut text = body::text(&message);
    if cut {
        text = format!("{text}\n\n{REST}");
    }
    let attachments = if cut {
        Vec::new()
    } else {
        attachments(&message)
    };
    if text.trim().is_empty() && attachments.is_empty() {
        // Some people write all they have to say into the subject.
        text.clone_from(&subject);
    }
    Ok(Translation::of(Inbound::Post(Post {
        author,
        text,
        platform_at: at,
        parent: chain.last().cloned(),
        thread: Some(thread),
        visibility: Visibility::Private,
        url: None,
        title: (!title.is_empty()).then(|| title.to_owned()),
        attachments,
        mentions_us: false,
        echo_of: own_id.map(|own| own.message_id),
        automatic: is_automatic(&message),
        network_id,
    })))
}

/// Returns the id of a mail: its own, or one made from its bytes where it has none that can be kept.
pub(super) fn id_of(message: Option<&Message<'_>>, body: &[u8]) -> String {
    let id = message.and_then(Message::message_id).map(str::trim);
    match id {
        Some(id) if is_id(id) => id.to_owned(),
        _ => format!("sha256:{}", sha256_hex(body)),
    }
}

/// Whether a text can stand for a mail or a person: short, and without what no database keeps.
pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST_ID && !id.contains(char::is_control)
}

/// Returns when it was written; a clock that is plainly wrong is not believed.
fn written_at(message: &Message<'_>, raw: &RawDelivery) -> Timestamp {
    let arrived = raw
        .header(ARRIVED)
        .and_then(|seconds| seconds.parse().ok())
        .map_or(raw.received_at, Timestamp::from_seconds);
    let written = message
        .date()
        .filter(|date| date.is_valid())
        .map(|date| Timestamp::from_seconds(date.to_timestamp()));
    match written {
        Some(written)
            if written <= arrived
                && (raw.header(ARRIVED).is_none()
                    || arrived.as_seconds() - written.as_seconds() <= OLDEST) =>
        {
            written
        }
        _ => arrived,
    }
}

/// Returns the ids of what was said before, oldest first, the answered one last.
fn chain(message: &Message<'_>) -> Vec<String> {
    let listed = |name: &str| -> Vec<String> {
        message
            .header_raw(name)
            .map(|value| {
                ids(value)
                    .filter(|id| id.len() <= LONGEST_ID)
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default()
    };
    let mut chain = listed("References");
    let answered = listed("In-Reply-To");
    // Both name the same mail as a rule; where they differ, the chain of references goes on longer.
    if let Some(answered) = answered.into_iter().next_back()
        && !chain.contains(&answered)
    {
        chain.push(answered);
    }
    chain
}

/// Finds the thread: by our signed address, by the newest of our signed ids, by the first id of all.
fn thread(message: &Message<'_>, marks: &Marks, chain: &[String], network_id: &str) -> String {
    let addressed = [message.to(), message.cc()]
        .into_iter()
        .flatten()
        .flat_map(Address::iter)
        .filter_map(|address| address.address.as_deref())
        .find_map(|address| marks.read_address(address.trim()));
    addressed
        .or_else(|| {
            ENVELOPES
                .iter()
                .filter_map(|name| message.header_raw(*name))
                .find_map(|address| marks.read_address(address.trim().trim_matches(['<', '>'])))
        })
        .or_else(|| marks.read_id(network_id).map(|own| own.thread))
        .or_else(|| {
            let own = chain.iter().rev().find_map(|id| marks.read_id(id));
            own.map(|own| own.thread)
        })
        .unwrap_or_else(|| thread_key(chain.first().map_or(network_id, String::as_str)))
}

/// Whether a machine sent it: nobody waits for an answer, and none must be sent by a machine.
fn is_automatic(message: &Message<'_>) -> bool {
    let value = |name: &str| {
        message
            .header_raw(name)
            .map(|value| value.trim().to_ascii_lowercase())
    };
    let said = |name: &str, words: &[&str]| {
        value(name).is_some_and(|value| words.iter().any(|word| value.starts_with(word)))
    };
    value("Auto-Submitted").is_some_and(|value| !value.starts_with("no"))
        || said(
            "Precedence",
            &["bulk", "list", "junk", "auto_reply", "auto-reply"],
        )
        || value("List-Id").is_some()
        || value("X-Autoreply").is_some()
        || value("X-Autorespond").is_some()
        || value("Return-Path").is_some_and(|value| value == "<>")
        || value("X-Failed-Recipients").is_some()
}

fn attachments(message: &Message<'_>) -> Vec<InboundAttachment> {
    let mut parts = message.attachments.clone();
    // Pictures between the words stand among the words.
    for id in message.text_body.iter().chain(&message.html_body) {
        let words = message
            .part(*id)
            .is_none_or(|part| matches!(part.body, PartType::Text(_) | PartType::Html(_)));
        if !words && !parts.contains(id) {
            parts.push(*id);
        }
    }
    parts
        .into_iter()
        .filter_map(|id| message.part(id))
        .take(FILES)
        .enumerate()
        .map(|(index, part)| {
            let bytes = match &part.body {
                PartType::Message(inner) => inner.raw_message().to_vec(),
                _ => part.contents().to_vec(),
            };
            let media_type = part.content_type().map_or_else(
                || "application/octet-stream".to_owned(),
                |kind| match kind.subtype() {
                    Some(subtype) => format!("{}/{subtype}", kind.ctype()).to_lowercase(),
                    None => kind.ctype().to_lowercase(),
                },
            );
            let ending = match media_type.as_str() {
                "message/rfc822" => ".eml",
                "image/png" => ".png",
                "image/jpeg" => ".jpg",
                "image/gif" => ".gif",
                "text/calendar" => ".ics",
                _ => "",
            };
            InboundAttachment {
                name: part
                    .attachment_name()
                    .map(one_line)
                    .filter(|name| !name.is_empty())
                    .unwrap_or_else(|| format!("{}{ending}", index + 1)),
                size: Some(bytes.len() as u64),
                source: AttachmentSource::Bytes(bytes),
                media_type,
                alt: None,
            }
        })
        .collect()
}
