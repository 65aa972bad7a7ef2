//! Twilio's forms and list → ours: messages from people, and what became of ours.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use url::form_urlencoded;

use super::outbound::class_of;
use super::request::{self, Form};
use super::wire::{self, LISTED, MESSAGE, OUR_MESSAGE, Record, STATUS};
use crate::delivery::{QUERY_HEADER, RawDelivery};
use crate::inbound::{
    AttachmentSource, Author, Inbound, InboundAttachment, LONGEST_ID, Post, Preference, Status,
    TranslateError, Translation,
};

/// How many files one message has at most.
const MOST_FILES: usize = 10;

pub(super) fn translate(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    match raw.kind.as_str() {
        MESSAGE => message(raw).map(|(post, told)| with_preference(post, told)),
        STATUS => status(raw).map(|status| match status {
            Some(status) => Translation::of(Inbound::Status(status)),
            None => Translation::default(),
        }),
        LISTED => listed(raw)
            .map(|post| post.map_or_else(Translation::default, |post| with_preference(post, None))),
        _ => Err(TranslateError::NotOffered),
    }
}

/// Words that are a whole message and tell Twilio to write no more, or to write again, where the number
/// has no opt-out of its own making.
const STOP: &[&str] = &["stop", "stopall", "unsubscribe", "cancel", "end", "quit"];
const START: &[&str] = &["start", "yes", "unstop"];

/// Adds to a message what its author wants of us from now on, as Twilio tells it or as the words do.
fn with_preference(post: Post, told: Option<bool>) -> Translation {
    let said = post.text.trim().to_lowercase();
    let refuses = told
        .or_else(|| STOP.contains(&said.as_str()).then_some(true))
        .or_else(|| START.contains(&said.as_str()).then_some(false));
    let preference = refuses.map(|refuses| Preference {
        person: post.author.network_id.clone(),
        refuses,
        at: post.platform_at,
    });
    let mut translation = Translation::of(Inbound::Post(post));
    if let Some(preference) = preference {
        translation.take(Inbound::Preference(preference));
    }
    translation
}

/// Returns the first value of a field that says something.
pub(super) fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    let value = form.get(name)?.first()?.trim();
    (!value.is_empty()).then_some(value)
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, TranslateError> {
    let value = field(form, name).ok_or_else(|| TranslateError::missing(name))?;
    short(name, value)
}

fn short<'a>(name: &str, value: &'a str) -> Result<&'a str, TranslateError> {
    // Two of them make the key of a thread.
    if value.chars().count() > LONGEST_ID / 3 {
        return Err(TranslateError::bad(name, "too long for an id"));
    }
    Ok(value)
}

/// Reads a message, and what Twilio says that its author wants: no more, or more again.
fn message(raw: &RawDelivery) -> Result<(Post, Option<bool>), TranslateError> {
    let form = request::read_form(&raw.body);
    let (from, to) = (required(&form, "From")?, required(&form, "To")?);
    let count: usize = field(&form, "NumMedia")
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let attachments = (0..count.min(MOST_FILES))
        .filter_map(|index| {
            let url = field(&form, &format!("MediaUrl{index}"))?;
            let media_type = field(&form, &format!("MediaContentType{index}"));
            Some(attachment(index, url.to_owned(), media_type.unwrap_or("")))
        })
        .collect();
    let place = field(&form, "Latitude").zip(field(&form, "Longitude"));
    let text = match (field(&form, "Body"), place) {
        (Some(text), _) => text.to_owned(),
        (None, Some((latitude, longitude))) => format!("geo:{latitude},{longitude}"),
        (None, None) => String::new(),
    };
    let parent = field(&form, "OriginalRepliedMessageSid");
    let refuses = match field(&form, "OptOutType") {
        Some("STOP") => Some(true),
        Some("START") => Some(false),
        _ => None,
    };
    let post = Post {
        network_id: required(&form, "MessageSid")?.to_owned(),
        author: author(from, field(&form, "ProfileName")),
        text,
        platform_at: raw.received_at,
        parent: parent.map(str::to_owned),
        thread: Some(wire::thread(to, from)),
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments,
        mentions_us: false,
        echo_of: None,
        automatic: false,
    };
    Ok((post, refuses))
}

/// Reads a message of the list, which also holds those we sent.
fn listed(raw: &RawDelivery) -> Result<Option<Post>, TranslateError> {
    let record: Record = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    if record.direction != "inbound" {
        return Ok(None);
    }
    let missing = |name: &'static str| move || TranslateError::missing(name);
    let (from, to) = (
        short("from", record.from.as_deref().ok_or_else(missing("from"))?)?,
        short("to", record.to.as_deref().ok_or_else(missing("to"))?)?,
    );
    let sent = record.date_sent.or(record.date_created);
    let attachments = record.media.into_iter().take(MOST_FILES).enumerate();
    Ok(Some(Post {
        network_id: short("sid", &record.sid)?.to_owned(),
        author: author(from, None),
        text: record.body.unwrap_or_default(),
        platform_at: sent.as_deref().and_then(at).unwrap_or(raw.received_at),
        parent: None,
        thread: Some(wire::thread(to, from)),
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments: attachments
            .map(|(index, file)| attachment(index, file.url, &file.content_type))
            .collect(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    }))
}

/// Reads what became of a message; on the way is no news.
fn status(raw: &RawDelivery) -> Result<Option<Status>, TranslateError> {
    let form = request::read_form(&raw.body);
    let failure = match required(&form, "MessageStatus")? {
        "delivered" | "read" => None,
        "undelivered" | "failed" | "canceled" => {
            let code = field(&form, "ErrorCode").and_then(|code| code.parse().ok());
            let words = field(&form, "ErrorMessage").unwrap_or("not delivered");
            let detail = code.map_or_else(|| words.to_owned(), |code| format!("{code}: {words}"));
            Some((class_of(code).to_owned(), detail))
        }
        _ => return Ok(None),
    };
    let ours = raw.header(QUERY_HEADER).and_then(|query| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == OUR_MESSAGE)
            .map(|(_, value)| value.into_owned())
    });
    Ok(Some(Status {
        network_id: required(&form, "MessageSid")?.to_owned(),
        echo_of: ours,
        at: raw.received_at,
        failure,
    }))
}

fn author(number: &str, name: Option<&str>) -> Author {
    // WhatsApp's numbers come with the network's name before them.
    let bare = number.rsplit(':').next().unwrap_or(number);
    Author {
        network_id: number.to_owned(),
        name: name.unwrap_or(bare).to_owned(),
        handle: Some(bare.to_owned()),
        own: false,
    }
}

fn attachment(index: usize, url: String, media_type: &str) -> InboundAttachment {
    let media_type = if media_type.is_empty() {
        "application/octet-stream"
    } else {
        media_type
    };
    let ending = match media_type {
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "video/mp4" => ".mp4",
        "video/3gpp" => ".3gp",
        "audio/ogg" => ".ogg",
        "audio/mpeg" => ".mp3",
        "audio/amr" => ".amr",
        "application/pdf" => ".pdf",
        "text/vcard" | "text/x-vcard" => ".vcf",
        _ => "",
    };
    InboundAttachment {
        source: AttachmentSource::Url(url),
        name: format!("file-{}{ending}", index + 1),
        media_type: media_type.to_owned(),
        size: None,
        alt: None,
    }
}

/// Reads the time of a list, which is written as in an e-mail.
pub(super) fn at(text: &str) -> Option<Timestamp> {
    crate::time::parse_time(text, &jiff::tz::TimeZone::UTC)
}
