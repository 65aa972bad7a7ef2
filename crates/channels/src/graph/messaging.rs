//! Private messages of Messenger and Instagram, which share one shape: as the hook delivers them and
//! as a conversation's history lists them.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::Value;

use super::client::id_in;
use super::envelope::{Entry, time};
use super::sending::our_id;
use crate::fields::Fields;
use crate::inbound::{
    AttachmentSource, Author, Delete, Edit, Inbound, InboundAttachment, Post, Reaction, Status,
    TranslateError,
};

/// Reads one item of `messaging` or `standby`; kinds that say nothing for us are nothing.
pub(crate) fn item(entry: &Entry<'_>, value: &Value) -> Result<Vec<Inbound>, TranslateError> {
    let fields = Fields::of(value)?;
    let at = time(fields.value("timestamp")).unwrap_or(entry.at);
    let sender = person(fields, "sender")?;
    let recipient = person(fields, "recipient")?;
    if let Some(message) = fields.value("message") {
        return message_item(entry, (&sender, &recipient), message, at);
    }
    if let Some(edit) = fields.value("message_edit") {
        let edit = Fields::of(edit)?;
        return Ok(vec![Inbound::Edit(Edit {
            network_id: edit.required_id("mid")?,
            text: edit
                .text("text")?
                .ok_or_else(|| TranslateError::missing("text"))?
                .to_owned(),
            edited_at: at,
        })]);
    }
    if let Some(reaction) = fields.value("reaction") {
        let reaction = Fields::of(reaction)?;
        let author = sender.ok_or_else(|| TranslateError::missing("sender.id"))?;
        let named = reaction.words("reaction")?;
        return Ok(vec![Inbound::Reaction(Reaction {
            of: reaction.required_id("mid")?,
            author: author_of(author, entry.id),
            kind: kind_of_reaction(named.as_deref(), reaction.words("emoji")?),
            at,
            added: reaction.text("action")? != Some("unreact"),
        })]);
    }
    if let Some(postback) = fields.value("postback") {
        let postback = Fields::of(postback)?;
        let (Some(author), Some(network_id)) = (sender, postback.id("mid")?) else {
            return Ok(Vec::new());
        };
        let text = match postback.words("title")? {
            Some(title) => title,
            None => postback.words("payload")?.unwrap_or_default(),
        };
        return Ok(vec![Inbound::Post(Post {
            text,
            ..said(network_id, author_of(author, entry.id), at)
        })]);
    }
    if let Some(delivery) = fields.value("delivery") {
        let mids = delivery.get("mids").and_then(Value::as_array);
        return Ok(mids
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|mid| {
                Inbound::Status(Status {
                    network_id: mid.to_owned(),
                    echo_of: None,
                    at,
                    failure: None,
                })
            })
            .collect());
    }
    // Read marks, referrals, opt-ins and threads handed from app to app.
    Ok(Vec::new())
}

fn message_item(
    entry: &Entry<'_>,
    (sender, recipient): (&Option<String>, &Option<String>),
    value: &Value,
    at: Timestamp,
) -> Result<Vec<Inbound>, TranslateError> {
    let message = Fields::of(value)?;
    let network_id = message.required_id("mid")?;
    if message.switch("is_deleted")? {
        return Ok(vec![Inbound::Delete(Delete {
            network_id,
            deleted_at: at,
        })]);
    }
    let sender = sender
        .clone()
        .ok_or_else(|| TranslateError::missing("sender.id"))?;
    let own = message.switch("is_echo")? || sender == entry.id;
    let thread = if own {
        recipient
            .clone()
            .ok_or_else(|| TranslateError::missing("recipient.id"))?
    } else {
        sender.clone()
    };
    let (attachments, links) = attachments(value);
    let mut text = message.text("text")?.unwrap_or_default().to_owned();
    for link in links {
        // A shared post carries its own text as the message's.
        if !text.contains(&link) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&link);
        }
    }
    if text.is_empty() && attachments.is_empty() {
        text.push_str("[unsupported]");
    }
    let story = value.pointer("/reply_to/story").and_then(story_file);
    let told_of_us = value
        .get("attachments")
        .and_then(Value::as_array)
        .is_some_and(|list| list.iter().any(|one| kind_of(one) == "story_mention"));
    Ok(vec![Inbound::Post(Post {
        text,
        parent: value
            .get("reply_to")
            .and_then(|quoted| id_in(quoted, "mid")),
        thread: Some(thread),
        attachments: attachments.into_iter().chain(story).collect(),
        mentions_us: told_of_us,
        echo_of: message.words("metadata")?.as_deref().and_then(our_id),
        ..said(
            network_id,
            Author {
                own,
                ..author_of(sender, entry.id)
            },
            at,
        )
    })])
}

/// Reads one message of a conversation's history; `own` is our account's id.
pub(crate) fn kept_message(value: &Value, own: &str) -> Result<Inbound, TranslateError> {
    let message = Fields::of(value)?;
    let network_id = message.required_id("id")?;
    let from = message
        .value("from")
        .ok_or_else(|| TranslateError::missing("from"))?;
    let sender = id_in(from, "id").ok_or_else(|| TranslateError::missing("from.id"))?;
    let thread = if sender == own {
        value
            .pointer("/to/data/0")
            .and_then(|to| id_in(to, "id"))
            .ok_or_else(|| TranslateError::missing("to"))?
    } else {
        sender.clone()
    };
    let at = time(message.value("created_time"))
        .ok_or_else(|| TranslateError::missing("created_time"))?;
    let attachments = value.pointer("/attachments/data").and_then(Value::as_array);
    let attachments: Vec<InboundAttachment> = attachments
        .into_iter()
        .flatten()
        .filter_map(kept_attachment)
        .collect();
    let mut text = message.text("message")?.unwrap_or_default().to_owned();
    if text.is_empty() && attachments.is_empty() {
        text.push_str("[unsupported]");
    }
    let mut author = author_of(sender, own);
    let from = Fields::of(from)?;
    author.handle = from.words("username")?;
    if let Some(name) = from.words("name")?.or_else(|| author.handle.clone()) {
        author.name = name;
    }
    Ok(Inbound::Post(Post {
        text,
        thread: Some(thread),
        attachments,
        ..said(network_id, author, at)
    }))
}

/// Makes an attachment of an address.
pub(crate) fn file_at(url: &str, kind: &str) -> InboundAttachment {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().unwrap_or_default();
    let media_type = match kind {
        "image" | "photo" | "sticker" => "image/jpeg",
        "video" | "reel" | "ig_reel" => "video/mp4",
        "audio" => "audio/mp4",
        _ => "application/octet-stream",
    };
    InboundAttachment {
        source: AttachmentSource::Url(url.to_owned()),
        name: if name.is_empty() { kind } else { name }.to_owned(),
        media_type: media_type.to_owned(),
        size: None,
        alt: None,
    }
}

/// Returns Meta's words for feelings as ours.
pub(crate) fn kind_of_reaction(named: Option<&str>, emoji: Option<String>) -> String {
    match named {
        Some("haha" | "smile") => "laugh".to_owned(),
        Some("other") | None => emoji.unwrap_or_else(|| "like".to_owned()),
        Some(other) => other.to_lowercase(),
    }
}

/// Makes an author of an id; the hook tells no names of those who write in private.
fn author_of(id: String, own: &str) -> Author {
    Author {
        own: id == own,
        name: id.clone(),
        network_id: id,
        handle: None,
    }
}

fn said(network_id: String, author: Author, at: Timestamp) -> Post {
    Post {
        network_id,
        thread: Some(author.network_id.clone()),
        author,
        text: String::new(),
        platform_at: at,
        parent: None,
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    }
}

fn person(fields: Fields<'_>, name: &str) -> Result<Option<String>, TranslateError> {
    match fields.value(name) {
        Some(person) => Fields::of(person)?.id("id"),
        None => Ok(None),
    }
}

fn kind_of(attachment: &Value) -> &str {
    attachment
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Returns the files of a message, and the addresses that it shares.
fn attachments(message: &Value) -> (Vec<InboundAttachment>, Vec<String>) {
    let (mut files, mut links) = (Vec::new(), Vec::new());
    let list = message.get("attachments").and_then(Value::as_array);
    for one in list.into_iter().flatten() {
        let kind = kind_of(one);
        let url = one
            .pointer("/payload/url")
            .or_else(|| one.get("url"))
            .and_then(Value::as_str);
        match (url, kind) {
            (None, _) => {}
            (Some(url), "fallback" | "template" | "share") => links.push(url.to_owned()),
            (Some(url), _) => files.push(file_at(url, kind)),
        }
    }
    (files, links)
}

fn story_file(story: &Value) -> Option<InboundAttachment> {
    let url = story.get("url").and_then(Value::as_str)?;
    Some(InboundAttachment {
        name: "story".to_owned(),
        ..file_at(url, "story")
    })
}

fn kept_attachment(value: &Value) -> Option<InboundAttachment> {
    let url = ["/image_data/url", "/video_data/url", "/file_url"]
        .iter()
        .find_map(|place| value.pointer(place).and_then(Value::as_str))?;
    let mut file = file_at(url, "file");
    if let Some(name) = value.get("name").and_then(Value::as_str) {
        name.clone_into(&mut file.name);
    }
    if let Some(media_type) = value.get("mime_type").and_then(Value::as_str) {
        media_type.clone_into(&mut file.media_type);
    }
    file.size = value.get("size").and_then(Value::as_u64);
    Some(file)
}
