//! Their deliveries → ours: one object or a list of items, each read by itself.
//! Unknown fields are passed over; an item that cannot be read stops none of its neighbours.

use kulant_model::message::Visibility;
use serde_json::Value;

use super::wire::MOST_ITEMS;
use crate::delivery::RawDelivery;
use crate::fields::Fields;
use crate::inbound::{
    AttachmentSource, Author, Delete, Edit, Inbound, InboundAttachment, Post, Reaction,
    TranslateError, Translation, Unread, described,
};

pub(super) fn translate(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let body: Value = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let items = match body.get("items") {
        Some(items) if body.get("type").is_none() => items,
        _ => return Ok(Translation::of(item(raw, &body)?)),
    };
    let items = items
        .as_array()
        .ok_or_else(|| TranslateError::bad("items", "not a list"))?;
    if items.len() > MOST_ITEMS {
        return Err(TranslateError::TooManyItems { limit: MOST_ITEMS });
    }

    let mut translation = Translation::default();
    for (index, value) in items.iter().enumerate() {
        match item(raw, value) {
            Ok(inbound) => translation.take(inbound),
            Err(error) => translation.unread.push(Unread {
                index,
                error,
                body: value.to_string().into_bytes(),
            }),
        }
    }
    Ok(translation)
}

fn item(raw: &RawDelivery, value: &Value) -> Result<Inbound, TranslateError> {
    let item = Fields::of(value)?;
    let at = item.time("time")?.unwrap_or(raw.received_at);
    let kind = item
        .text("type")?
        .ok_or_else(|| TranslateError::missing("type"))?;
    match kind {
        "post" => post(item, raw).map(Inbound::Post),
        "edit" => Ok(Inbound::Edit(Edit {
            network_id: item.required_id("id")?,
            text: item
                .text("text")?
                .ok_or_else(|| TranslateError::missing("text"))?
                .to_owned(),
            edited_at: at,
        })),
        "delete" => Ok(Inbound::Delete(Delete {
            network_id: item.required_id("id")?,
            deleted_at: at,
        })),
        "reaction" | "unreaction" => Ok(Inbound::Reaction(Reaction {
            of: item.required_id("of")?,
            author: author(item)?,
            kind: item.required_id("reaction")?,
            at,
            added: kind == "reaction",
        })),
        other => Err(TranslateError::UnknownType(other.to_owned())),
    }
}

fn post(item: Fields<'_>, raw: &RawDelivery) -> Result<Post, TranslateError> {
    let thread = item.id("thread")?;
    let attachments = attachments(item)?;
    let text = item.text("text")?;
    if text.is_none() && attachments.is_empty() {
        return Err(TranslateError::missing("text"));
    }
    let visibility = match item.text("visibility")? {
        Some("public") => Visibility::Public,
        Some("private") => Visibility::Private,
        Some(_) => {
            return Err(TranslateError::bad(
                "visibility",
                "neither public nor private",
            ));
        }
        None if thread.is_some() => Visibility::Private,
        None => Visibility::Public,
    };
    Ok(Post {
        network_id: item.required_id("id")?,
        author: author(item)?,
        text: text.unwrap_or_default().to_owned(),
        platform_at: item.time("time")?.unwrap_or(raw.received_at),
        parent: item.id("parent")?,
        thread,
        visibility,
        url: item.words("url")?,
        title: item.words("title")?,
        attachments,
        mentions_us: item.switch("mentions_us")?,
        echo_of: item.id("echo_of")?,
        automatic: false,
    })
}

fn author(item: Fields<'_>) -> Result<Author, TranslateError> {
    let value = item
        .value("author")
        .ok_or_else(|| TranslateError::missing("author"))?;
    let author = Fields::of(value).map_err(|_| TranslateError::bad("author", "not an object"))?;
    let network_id = author
        .id("id")?
        .ok_or_else(|| TranslateError::missing("author.id"))?;
    let handle = author.words("handle")?;
    let name = author
        .words("name")?
        .or_else(|| handle.clone())
        .unwrap_or_else(|| network_id.clone());
    Ok(Author {
        network_id,
        name,
        handle,
        own: author.switch("own")?,
    })
}

fn attachments(item: Fields<'_>) -> Result<Vec<InboundAttachment>, TranslateError> {
    let files = item.objects("attachments")?;
    files
        .into_iter()
        .map(|file| {
            let url = file
                .words("url")?
                .ok_or_else(|| TranslateError::missing("attachments.url"))?;
            Ok(InboundAttachment {
                name: file.words("name")?.unwrap_or_else(|| name_from(&url)),
                media_type: file
                    .words("media_type")?
                    .unwrap_or_else(|| "application/octet-stream".to_owned()),
                size: file.value("size").and_then(Value::as_u64),
                alt: described(file.words("alt")?),
                source: AttachmentSource::Url(url),
            })
        })
        .collect()
}

/// Returns the last part of an address's path, which most networks name files by.
fn name_from(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.is_empty() {
        "attachment".to_owned()
    } else {
        name.to_owned()
    }
}
