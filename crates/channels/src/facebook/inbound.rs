//! A page's news → ours: feed items of the hook, Messenger items, and pages of history.
//! What another page of the same app says is not ours and passed over.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::Value;

use super::wire::{
    POLLED_COMMENTS, POLLED_CONVERSATIONS, POLLED_FEED, POLLED_MESSAGES, POLLED_TAGGED,
};
use crate::delivery::{Account, RawDelivery};
use crate::fields::Fields;
use crate::graph::client::id_in;
use crate::graph::envelope::{self, Entry, Item, time};
use crate::graph::messaging::{file_at, item, kept_message, kind_of_reaction};
use crate::graph::{DEAUTHORISED, GRAPH, MATCHED_WISH, SIGNED_REQUEST, history, wish};
use crate::inbound::{
    Author, Delete, Edit, Inbound, InboundAttachment, Post, Reaction, TranslateError, Translation,
};

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let page = account.setting("page_id").unwrap_or_default();
    match raw.kind.as_str() {
        GRAPH => envelope::read(raw, "page", &|entry, item| read_item(page, entry, item)),
        // Whom it is about must be asked for first.
        SIGNED_REQUEST | DEAUTHORISED => Ok(Translation::default()),
        MATCHED_WISH => wish::matched(account, raw),
        POLLED_FEED | POLLED_TAGGED => {
            history::translate(raw, &|post, _| feed_page_item(post, page))
        }
        POLLED_COMMENTS => history::translate(raw, &|comment, post| {
            let post = post.ok_or_else(|| TranslateError::missing("parent"))?;
            Ok(vec![kept_comment(comment, post, page)?])
        }),
        POLLED_CONVERSATIONS => history::translate(raw, &|conversation, _| {
            let messages = conversation.pointer("/messages/data");
            let messages = messages.and_then(Value::as_array);
            messages
                .into_iter()
                .flatten()
                .rev()
                .map(|message| kept_message(message, page))
                .collect()
        }),
        POLLED_MESSAGES => {
            history::translate(raw, &|message, _| Ok(vec![kept_message(message, page)?]))
        }
        _ => Err(TranslateError::NotOffered),
    }
}

fn read_item(
    page: &str,
    entry: &Entry<'_>,
    item_of: &Item<'_>,
) -> Result<Vec<Inbound>, TranslateError> {
    if entry.id != page {
        return Ok(Vec::new());
    }
    match item_of {
        Item::Message(value) => item(entry, value),
        Item::Change {
            field: "feed",
            value,
        } => feed_item(entry, value, false),
        Item::Change {
            field: "mention",
            value,
        } => feed_item(entry, value, true),
        Item::Change { .. } => Ok(Vec::new()),
    }
}

fn feed_item(
    entry: &Entry<'_>,
    value: &Value,
    mentions_us: bool,
) -> Result<Vec<Inbound>, TranslateError> {
    let item = Fields::of(value)?;
    let kind = item
        .text("item")?
        .ok_or_else(|| TranslateError::missing("item"))?;
    let verb = item.text("verb")?.unwrap_or("add");
    let at = time(item.value("created_time")).unwrap_or(entry.at);
    if matches!(kind, "reaction" | "like") {
        return reaction(entry, item, verb, at);
    }
    let network_id = match kind {
        "comment" => item.required_id("comment_id")?,
        "post" | "status" | "photo" | "video" | "share" | "link" | "album" | "note" => {
            item.required_id("post_id")?
        }
        // Events, offers, ratings without words and what may come.
        _ => return Ok(Vec::new()),
    };
    let text = item.text("message")?.unwrap_or_default().to_owned();
    match verb {
        "add" => {}
        "edit" | "edited" => {
            // The time of an edit is the delivery's; `created_time` is that of the first words.
            return Ok(vec![Inbound::Edit(Edit {
                network_id,
                text,
                edited_at: entry.at,
            })]);
        }
        "remove" | "delete" => {
            return Ok(vec![Inbound::Delete(Delete {
                network_id,
                deleted_at: entry.at,
            })]);
        }
        // Hidden and shown again by moderators, which changes no words.
        _ => return Ok(Vec::new()),
    }
    // A profile picture or a draft is not said to anybody.
    if item
        .value("published")
        .is_some_and(|published| published.as_i64() == Some(0) || published == &Value::Bool(false))
    {
        return Ok(Vec::new());
    }

    let author = author(item, &network_id, entry.id)?;
    let is_comment = kind == "comment";
    let parent = if is_comment {
        item.id("parent_id")?.or(item.id("post_id")?)
    } else {
        None
    };
    let (attachments, link) = attachments(item)?;
    Ok(vec![Inbound::Post(Post {
        mentions_us: mentions_us || (!is_comment && !author.own),
        text: with_link(text, link, attachments.is_empty()),
        parent,
        attachments,
        url: item.words("permalink_url")?.or_else(|| {
            let post = value.pointer("/post/permalink_url")?.as_str()?;
            (!is_comment).then(|| post.to_owned())
        }),
        ..said(network_id, author, at)
    })])
}

fn reaction(
    entry: &Entry<'_>,
    item: Fields<'_>,
    verb: &str,
    at: Timestamp,
) -> Result<Vec<Inbound>, TranslateError> {
    let of = match item.id("comment_id")? {
        Some(comment) => comment,
        None => item.required_id("post_id")?,
    };
    let author = author(item, &of, entry.id)?;
    Ok(vec![Inbound::Reaction(Reaction {
        kind: kind_of_reaction(
            item.words("reaction_type")?.as_deref(),
            Some("like".to_owned()),
        ),
        of,
        author,
        at,
        added: verb != "remove",
    })])
}

/// Reads the author, whom Meta leaves out where the app may not know; then every item has its own.
fn author(item: Fields<'_>, network_id: &str, page: &str) -> Result<Author, TranslateError> {
    let from = item.value("from").map(Fields::of).transpose()?;
    let (id, name) = match from {
        Some(from) => (from.id("id")?, from.words("name")?),
        // Older deliveries wrote the sender flat.
        None => (item.id("sender_id")?, item.words("sender_name")?),
    };
    let id = id.unwrap_or_else(|| format!("unnamed:{network_id}"));
    Ok(Author {
        own: id == page,
        name: name.unwrap_or_else(|| id.clone()),
        network_id: id,
        handle: None,
    })
}

/// Returns the pictures and videos of an item, and the address that it shares.
fn attachments(
    item: Fields<'_>,
) -> Result<(Vec<InboundAttachment>, Option<String>), TranslateError> {
    let mut files = Vec::new();
    if let Some(photos) = item.value("photos").and_then(Value::as_array) {
        let photos = photos.iter().filter_map(Value::as_str);
        files.extend(photos.map(|url| file_at(url, "photo")));
    }
    if files.is_empty()
        && let Some(photo) = item.words("photo")?
    {
        files.push(file_at(&photo, "photo"));
    }
    if let Some(video) = item.words("video")? {
        files.push(file_at(&video, "video"));
    }
    let link = item.words("link")?.filter(|link| {
        // A picture's own address is named as a link too.
        !files.iter().any(|file| matches!(&file.source, crate::inbound::AttachmentSource::Url(url) if url == link))
    });
    Ok((files, link))
}

fn with_link(mut text: String, link: Option<String>, alone: bool) -> String {
    if let Some(link) = link.filter(|link| alone && !text.contains(link.as_str())) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&link);
    }
    text
}

/// Reads one post of the page's feed with the comments below it.
fn feed_page_item(post: &Value, page: &str) -> Result<Vec<Inbound>, TranslateError> {
    let fields = Fields::of(post)?;
    let network_id = fields.required_id("id")?;
    let author = author(fields, &network_id, page)?;
    let at = time(fields.value("created_time"))
        .ok_or_else(|| TranslateError::missing("created_time"))?;
    let mut read = vec![Inbound::Post(Post {
        mentions_us: !author.own,
        text: fields.text("message")?.unwrap_or_default().to_owned(),
        attachments: kept_files(post.pointer("/attachments/data")),
        url: fields.words("permalink_url")?,
        ..said(network_id.clone(), author, at)
    })];
    let comments = post.pointer("/comments/data").and_then(Value::as_array);
    for comment in comments.into_iter().flatten().rev() {
        read.push(kept_comment(comment, &network_id, page)?);
    }
    Ok(read)
}

/// Reads one comment as a list gives it; without a parent of its own it stands below the post.
fn kept_comment(comment: &Value, post: &str, page: &str) -> Result<Inbound, TranslateError> {
    let fields = Fields::of(comment)?;
    let network_id = fields.required_id("id")?;
    let author = author(fields, &network_id, page)?;
    let at = time(fields.value("created_time"))
        .ok_or_else(|| TranslateError::missing("created_time"))?;
    let parent = fields
        .value("parent")
        .and_then(|parent| id_in(parent, "id"));
    let one = fields
        .value("attachment")
        .cloned()
        .map(|one| Value::Array(vec![one]));
    Ok(Inbound::Post(Post {
        text: fields.text("message")?.unwrap_or_default().to_owned(),
        parent: Some(parent.unwrap_or_else(|| post.to_owned())),
        attachments: kept_files(one.as_ref()),
        url: fields.words("permalink_url")?,
        ..said(network_id, author, at)
    }))
}

fn kept_files(list: Option<&Value>) -> Vec<InboundAttachment> {
    let list = list.and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|one| {
            let kind = one.get("type").and_then(Value::as_str).unwrap_or_default();
            if kind.contains("video") {
                let url = one.pointer("/media/source")?.as_str()?;
                return Some(file_at(url, "video"));
            }
            let url = one.pointer("/media/image/src")?.as_str()?;
            kind.contains("photo").then(|| file_at(url, "photo"))
        })
        .collect()
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
