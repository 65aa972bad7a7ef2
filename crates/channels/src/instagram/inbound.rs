//! An account's news → ours: comments in both variants of delivery, direct messages, what mentions
//! point at, and pages of history.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::Value;

use super::mention;
use super::wire::{
    MENTION, POLLED_COMMENTS, POLLED_CONVERSATIONS, POLLED_GONE, POLLED_MEDIA, POLLED_MESSAGES,
    POLLED_REPLIES,
};
use crate::delivery::{Account, RawDelivery};
use crate::fields::Fields;
use crate::graph::client::id_in;
use crate::graph::envelope::{self, Entry, Item, time};
use crate::graph::messaging::{item, kept_message};
use crate::graph::{DEAUTHORISED, GRAPH, SIGNED_REQUEST, history, hook};
use crate::inbound::{Author, Inbound, Post, TranslateError, Translation};

/// Who we are, by number and by name.
#[derive(Clone, Copy)]
struct Us<'a> {
    id: &'a str,
    username: Option<&'a str>,
}

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let us = Us {
        id: account.setting("account_id").unwrap_or_default(),
        username: account
            .setting("username")
            .map(|name| name.trim_start_matches('@')),
    };
    match raw.kind.as_str() {
        GRAPH => envelope::read(raw, "instagram", &|entry, item| read_item(us, entry, item)),
        SIGNED_REQUEST => hook::departure(account, raw),
        DEAUTHORISED => Ok(Translation::default()),
        MENTION => mentioned(raw, us).map(Translation::of),
        POLLED_MEDIA => history::translate(raw, &|media, _| kept_media(media, us)),
        POLLED_COMMENTS => history::translate(raw, &|comment, media| {
            let media = media.ok_or_else(|| TranslateError::missing("parent"))?;
            kept_comment(comment, media, us)
        }),
        POLLED_REPLIES => history::translate(raw, &|reply, comment| {
            let comment = comment.ok_or_else(|| TranslateError::missing("parent"))?;
            Ok(vec![one_comment(reply, comment, us)?])
        }),
        POLLED_GONE => history::gone(raw),
        POLLED_CONVERSATIONS => history::translate(raw, &|conversation, _| {
            let messages = conversation.pointer("/messages/data");
            let messages = messages.and_then(Value::as_array);
            messages
                .into_iter()
                .flatten()
                .rev()
                .map(|message| kept_message(message, us.id))
                .collect()
        }),
        POLLED_MESSAGES => {
            history::translate(raw, &|message, _| Ok(vec![kept_message(message, us.id)?]))
        }
        _ => Err(TranslateError::NotOffered),
    }
}

fn read_item(
    us: Us<'_>,
    entry: &Entry<'_>,
    item_of: &Item<'_>,
) -> Result<Vec<Inbound>, TranslateError> {
    if entry.id != us.id {
        return Ok(Vec::new());
    }
    match item_of {
        Item::Message(value) => item(entry, value),
        Item::Change {
            field: "comments" | "live_comments",
            value,
        } => comment(entry, value, us),
        // A mention is fetched; insights of stories and what may come say nothing for us.
        Item::Change { .. } => Ok(Vec::new()),
    }
}

/// Reads a comment of the hook, which has no time of its own but the entry's.
fn comment(entry: &Entry<'_>, value: &Value, us: Us<'_>) -> Result<Vec<Inbound>, TranslateError> {
    let fields = Fields::of(value)?;
    let network_id = fields.required_id("id")?;
    let mut author = author(fields, &network_id, us)?;
    if value.pointer("/from/self_ig_scoped_id").is_some() {
        author.own = true;
        us.id.clone_into(&mut author.network_id);
    }
    let media = fields.value("media").and_then(|media| id_in(media, "id"));
    Ok(vec![Inbound::Post(Post {
        text: fields.text("text")?.unwrap_or_default().to_owned(),
        parent: fields.id("parent_id")?.or(media),
        ..said(network_id, author, entry.at)
    })])
}

fn mentioned(raw: &RawDelivery, us: Us<'_>) -> Result<Inbound, TranslateError> {
    let body: Value = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let fields = Fields::of(&body)?;
    let media = fields.required_id("media_id")?;
    let comment = fields.id("comment_id")?;
    let network_id = mention::id_of(&media, comment.as_deref());
    let found = fields
        .value("found")
        .ok_or_else(|| TranslateError::missing("found"))?;
    let fields = Fields::of(found)?;
    let author = author(fields, &network_id, us)?;
    let text = fields.text("text")?.or(fields.text("caption")?);
    let url = fields.words("permalink")?.or_else(|| {
        let url = found.pointer("/media/permalink")?.as_str()?;
        Some(url.to_owned())
    });
    Ok(Inbound::Post(Post {
        text: text.unwrap_or_default().to_owned(),
        url,
        mentions_us: true,
        ..said(
            network_id,
            author,
            time(fields.value("timestamp")).unwrap_or(raw.received_at),
        )
    }))
}

/// Reads one of our media with the comments below it.
fn kept_media(media: &Value, us: Us<'_>) -> Result<Vec<Inbound>, TranslateError> {
    let fields = Fields::of(media)?;
    let network_id = fields.required_id("id")?;
    let handle = fields.words("username")?;
    let author = Author {
        network_id: us.id.to_owned(),
        name: handle.clone().unwrap_or_else(|| us.id.to_owned()),
        handle,
        own: true,
    };
    let mut read = vec![Inbound::Post(Post {
        text: fields.text("caption")?.unwrap_or_default().to_owned(),
        url: fields.words("permalink")?,
        ..said(network_id.clone(), author, stated_time(fields)?)
    })];
    let comments = media.pointer("/comments/data").and_then(Value::as_array);
    for comment in comments.into_iter().flatten().rev() {
        read.extend(kept_comment(comment, &network_id, us)?);
    }
    Ok(read)
}

/// Reads one comment as a list gives it, with the replies below it.
fn kept_comment(comment: &Value, above: &str, us: Us<'_>) -> Result<Vec<Inbound>, TranslateError> {
    let mut read = vec![one_comment(comment, above, us)?];
    let id = id_in(comment, "id").unwrap_or_default();
    let replies = comment.pointer("/replies/data").and_then(Value::as_array);
    for reply in replies.into_iter().flatten() {
        read.push(one_comment(reply, &id, us)?);
    }
    Ok(read)
}

fn one_comment(comment: &Value, above: &str, us: Us<'_>) -> Result<Inbound, TranslateError> {
    let fields = Fields::of(comment)?;
    let network_id = fields.required_id("id")?;
    let author = author(fields, &network_id, us)?;
    let parent = fields.id("parent_id")?;
    Ok(Inbound::Post(Post {
        text: fields.text("text")?.unwrap_or_default().to_owned(),
        parent: Some(parent.unwrap_or_else(|| above.to_owned())),
        ..said(network_id, author, stated_time(fields)?)
    }))
}

/// Reads the author; some lists tell only the name, which people can change.
fn author(fields: Fields<'_>, network_id: &str, us: Us<'_>) -> Result<Author, TranslateError> {
    let from = fields.value("from").map(Fields::of).transpose()?;
    let (id, handle) = match from {
        Some(from) => (from.id("id")?, from.words("username")?),
        None => (None, None),
    };
    let handle = match handle {
        Some(handle) => Some(handle),
        None => fields.words("username")?,
    };
    let own =
        id.as_deref() == Some(us.id) || (handle.is_some() && handle.as_deref() == us.username);
    let id = match (own, id, &handle) {
        (true, _, _) => us.id.to_owned(),
        (_, Some(id), _) => id,
        (_, None, Some(handle)) => format!("@{handle}"),
        (_, None, None) => format!("unnamed:{network_id}"),
    };
    Ok(Author {
        own,
        name: handle.clone().unwrap_or_else(|| id.clone()),
        network_id: id,
        handle,
    })
}

fn stated_time(fields: Fields<'_>) -> Result<Timestamp, TranslateError> {
    time(fields.value("timestamp")).ok_or_else(|| TranslateError::missing("timestamp"))
}

fn said(network_id: String, author: Author, at: Timestamp) -> Post {
    Post {
        network_id,
        author,
        text: String::new(),
        platform_at: at,
        parent: None,
        thread: None,
        visibility: Visibility::Public,
        url: None,
        title: None,
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    }
}
