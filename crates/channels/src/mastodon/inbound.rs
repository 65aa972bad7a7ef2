//! Theirs → ours: pages of notifications, pages of posts, texts of the stream.
//! Which account is ours stands in a header that `poll` and `listen` put beside the payload.

use kulant_model::message::Visibility;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{Frame, Media, Notification, Person, Status};
use super::{CHECKED, FOUND, NOTIFICATIONS, OWN_ACCOUNT, STATUSES, STREAM};
use crate::delivery::RawDelivery;
use crate::inbound::{
    AttachmentSource, Author, Delete, Edit, Inbound, InboundAttachment, LONGEST_ID, Post, Reaction,
    TranslateError, Translation, Unread, described,
};
use crate::text::{attribute, html_to_text};

pub(super) fn translate(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    match raw.kind.as_str() {
        NOTIFICATIONS => each(raw, notification),
        STATUSES | FOUND => each(raw, |raw, value| said(raw, value, false)),
        STREAM => frame(raw),
        CHECKED => each(raw, |raw, value| {
            let gone: String = read(value)?;
            Ok(Some(Inbound::Delete(Delete {
                network_id: id(&gone)?,
                deleted_at: raw.received_at,
            })))
        }),
        _ => Err(TranslateError::NotOffered),
    }
}

/// Returns the plain text of a post; names and hashtags are links at Mastodon and stay words here.
pub(super) fn content_text(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<a ") {
        let Some(end) = rest[start..].find('>') else {
            break;
        };
        let tag = &rest[start..=start + end];
        let class = attribute(tag.trim_start_matches("<a").trim_end_matches('>'), "class");
        kept.push_str(&rest[..start]);
        if !class.is_some_and(|class| class.contains("mention") || class.contains("hashtag")) {
            kept.push_str(tag);
        }
        rest = &rest[start + end + 1..];
    }
    kept.push_str(rest);
    html_to_text(&kept)
}

type Item = Result<Option<Inbound>, TranslateError>;

fn each(
    raw: &RawDelivery,
    read: impl Fn(&RawDelivery, &Value) -> Item,
) -> Result<Translation, TranslateError> {
    let items: Vec<Value> = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let mut translation = Translation::default();
    for (index, value) in items.iter().enumerate() {
        match read(raw, value) {
            Ok(Some(inbound)) => translation.take(inbound),
            Ok(None) => {}
            Err(error) => translation.unread.push(Unread {
                index,
                error,
                body: Value::Array(vec![value.clone()]).to_string().into_bytes(),
            }),
        }
    }
    Ok(translation)
}

fn frame(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let frame: Frame = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let payload = frame.payload.unwrap_or_default();
    let value = || {
        serde_json::from_str::<Value>(&payload)
            .map_err(|error| TranslateError::bad("payload", error))
    };
    let taken = match frame.event.as_deref() {
        Some("notification") => notification(raw, &value()?)?,
        Some("update") => said(raw, &value()?, true)?,
        Some("status.update") => Some(edited(&value()?)?),
        Some("delete") => Some(Inbound::Delete(Delete {
            network_id: id(&payload)?,
            deleted_at: raw.received_at,
        })),
        _ => None,
    };
    Ok(taken.map(Translation::of).unwrap_or_default())
}

fn notification(raw: &RawDelivery, value: &Value) -> Item {
    let told: Notification = read(value)?;
    let Some(about) = &told.status else {
        return Ok(None);
    };
    match told.kind.as_str() {
        "mention" | "quote" => {
            let mut post = post(raw, read(about)?)?;
            post.mentions_us = true;
            Ok(Some(Inbound::Post(post)))
        }
        "status" => said(raw, about, false),
        "update" | "quoted_update" => edited(about).map(Some),
        "favourite" | "reblog" => {
            let person = told
                .account
                .ok_or_else(|| TranslateError::missing("account"))?;
            let status: Status = read(about)?;
            let kind = if told.kind == "reblog" {
                "repost"
            } else {
                "like"
            };
            Ok(Some(Inbound::Reaction(Reaction {
                of: id(&status.id)?,
                author: author(raw, &person)?,
                kind: kind.to_owned(),
                at: told.created_at,
                added: true,
            })))
        }
        _ => Ok(None),
    }
}

/// Reads a post; of what merely passes by on our timeline, only what is ours or names us.
fn said(raw: &RawDelivery, value: &Value, passing: bool) -> Item {
    let status: Status = read(value)?;
    if status.reblog.is_some() {
        return Ok(None);
    }
    let post = post(raw, status)?;
    let concerns_us = post.author.own || post.mentions_us;
    Ok((concerns_us || !passing).then_some(Inbound::Post(post)))
}

fn edited(value: &Value) -> Result<Inbound, TranslateError> {
    let status: Status = read(value)?;
    Ok(Inbound::Edit(Edit {
        network_id: id(&status.id)?,
        text: text(&status),
        edited_at: status.edited_at.unwrap_or(status.created_at),
    }))
}

fn post(raw: &RawDelivery, status: Status) -> Result<Post, TranslateError> {
    let author = author(raw, &status.account)?;
    let own_id = raw.header(OWN_ACCOUNT);
    let public = matches!(
        status.visibility.as_deref(),
        None | Some("public" | "unlisted" | "local")
    );
    let thread = if public {
        None
    } else {
        Some(counterpart(&status, &author, own_id))
    };
    let quoted = status.quote.as_ref().and_then(|quote| {
        let whole = quote.quoted_status.as_ref().map(|status| status.id.clone());
        whole.or_else(|| quote.quoted_status_id.clone())
    });
    Ok(Post {
        network_id: id(&status.id)?,
        text: text(&status),
        platform_at: status.created_at,
        parent: status.in_reply_to_id.or(quoted),
        thread,
        visibility: if public {
            Visibility::Public
        } else {
            Visibility::Private
        },
        url: status.url.or(status.uri),
        title: None,
        attachments: status
            .media_attachments
            .into_iter()
            .filter_map(file)
            .collect(),
        mentions_us: status
            .mentions
            .iter()
            .any(|mention| own_id == Some(mention.id.as_str())),
        echo_of: None,
        automatic: status.account.bot,
        author,
    })
}

/// Names the person on the other side of a direct post, whoever of the two wrote it.
fn counterpart(status: &Status, author: &Author, own_id: Option<&str>) -> String {
    let other = if author.own {
        status
            .in_reply_to_account_id
            .iter()
            .chain(status.mentions.iter().map(|mention| &mention.id))
            .find(|id| own_id != Some(id.as_str()))
            .unwrap_or(&author.network_id)
    } else {
        &author.network_id
    };
    other.clone()
}

fn text(status: &Status) -> String {
    let content = content_text(&status.content);
    match status.spoiler_text.trim() {
        "" => content,
        warning => format!("{warning}\n\n{content}"),
    }
}

fn author(raw: &RawDelivery, person: &Person) -> Result<Author, TranslateError> {
    let name = person.display_name.trim();
    Ok(Author {
        network_id: id(&person.id)?,
        name: if name.is_empty() { &person.acct } else { name }.to_owned(),
        handle: Some(format!("@{}", person.acct)),
        own: raw.header(OWN_ACCOUNT) == Some(person.id.as_str()),
    })
}

/// Reads a file with its description.
fn file(media: Media) -> Option<InboundAttachment> {
    let url = media.url.or(media.remote_url)?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let media_type = match (media.kind.as_str(), ending.to_ascii_lowercase().as_str()) {
        (_, "png") => "image/png",
        (_, "gif") => "image/gif",
        (_, "webp") => "image/webp",
        ("image", _) => "image/jpeg",
        ("video" | "gifv", _) => "video/mp4",
        ("audio", _) => "audio/mpeg",
        _ => "application/octet-stream",
    };
    Some(InboundAttachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size: None,
        alt: described(media.description),
        source: AttachmentSource::Url(url),
    })
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, TranslateError> {
    serde_json::from_value(value.clone())
        .map_err(|error| TranslateError::Unreadable(error.to_string()))
}

fn id(text: &str) -> Result<String, TranslateError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TranslateError::missing("id"));
    }
    if text.chars().count() > LONGEST_ID {
        let detail = format!("longer than {LONGEST_ID} characters");
        return Err(TranslateError::bad("id", detail));
    }
    Ok(text.to_owned())
}
