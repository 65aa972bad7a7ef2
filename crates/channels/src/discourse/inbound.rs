//! Events of a forum, and posts that a poll found → ours. Posts in topics are public, those in
//! private messages belong to one thread each; what no person says is let be.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use url::Url;

use super::wire::{self, Event, POST_TYPES, User};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{
    AttachmentSource, Author, Delete, Departure, Edit, Inbound, InboundAttachment, Post, Reaction,
    TranslateError, Translation,
};
use crate::text::{decode_entities, html_to_text};
use crate::time::parse_time;

/// Pictures of these classes belong to the page, not to what somebody wanted to show.
const DECORATION: [&str; 5] = ["emoji", "avatar", "site-icon", "thumbnail", "onebox"];
const MOST_FILES: usize = 20;

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let event: Event = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let inbound = match raw.kind.as_str() {
        "post_created" | "post_recovered" => {
            let post = event.post.ok_or_else(|| TranslateError::missing("post"))?;
            said(&post).then(|| Inbound::Post(post_of(account, &post, raw.received_at)))
        }
        "post_edited" => {
            let post = event.post.ok_or_else(|| TranslateError::missing("post"))?;
            said(&post).then(|| edit(&post, raw.received_at))
        }
        "post_destroyed" => {
            let post = event.post.ok_or_else(|| TranslateError::missing("post"))?;
            Some(Inbound::Delete(delete(&post, raw.received_at)))
        }
        "post_liked" => {
            let like = event.like.ok_or_else(|| TranslateError::missing("like"))?;
            Some(Inbound::Reaction(Reaction {
                of: wire::network_id(like.post.topic_id, like.post.number),
                author: author(account, &like.user),
                kind: "like".to_owned(),
                at: raw.received_at,
                added: true,
            }))
        }
        "user_destroyed" | "user_anonymized" => {
            let user = event.user.ok_or_else(|| TranslateError::missing("user"))?;
            Some(Inbound::Departure(Departure {
                person: user.id.to_string(),
                at: raw.received_at,
                also: Vec::new(),
                wish: None,
            }))
        }
        // Topics are told of once more by their posts; the rest is the forum's own business.
        _ => None,
    };
    Ok(inbound.map_or_else(Translation::default, Translation::of))
}

fn said(post: &wire::Post) -> bool {
    post.kind.is_none_or(|kind| POST_TYPES.contains(&kind))
}

fn post_of(account: &Account, post: &wire::Post, now: Timestamp) -> Post {
    let private = post.topic_archetype.as_deref() == Some("private_message");
    let base = super::client::base(account).unwrap_or_default();
    let slug = post.topic_slug.as_deref().unwrap_or("-");
    // An answer to nobody in particular answers the post that began the topic.
    let parent = post.reply_to_post_number.or((post.number > 1).then_some(1));
    let user = User {
        id: post.user_id,
        username: post.username.clone(),
        name: post.name.clone(),
    };
    let text = text(post);
    Post {
        network_id: wire::network_id(post.topic_id, post.number),
        author: author(account, &user),
        mentions_us: mentions_us(account, post, &text),
        text,
        platform_at: time(post.created_at.as_deref(), now),
        parent: parent.map(|number| wire::network_id(post.topic_id, number)),
        thread: private.then(|| post.topic_id.to_string()),
        visibility: if private {
            Visibility::Private
        } else {
            Visibility::Public
        },
        url: (!base.is_empty())
            .then(|| format!("{base}/t/{slug}/{}/{}", post.topic_id, post.number)),
        title: post.topic_title.clone().filter(|_| post.number == 1),
        attachments: attachments(base, &post.cooked),
        echo_of: None,
        // The forum's own robots have numbers below zero.
        automatic: post.user_id < 0,
    }
}

fn edit(post: &wire::Post, now: Timestamp) -> Inbound {
    // Who deletes their own post leaves it standing for a day, edited to say so.
    if post.user_deleted || post.deleted_at.is_some() {
        return Inbound::Delete(delete(post, now));
    }
    Inbound::Edit(Edit {
        network_id: wire::network_id(post.topic_id, post.number),
        text: text(post),
        edited_at: time(post.updated_at.as_deref(), now),
    })
}

fn delete(post: &wire::Post, now: Timestamp) -> Delete {
    Delete {
        network_id: wire::network_id(post.topic_id, post.number),
        deleted_at: time(post.deleted_at.as_deref(), now),
    }
}

fn author(account: &Account, user: &User) -> Author {
    let own_authors = account.settings.get("own_authors");
    let own = own_authors
        .and_then(|names| names.as_array())
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str())
        .chain(account.setting("api_username"))
        .any(|own| {
            let own = own.trim().trim_start_matches('@');
            own.eq_ignore_ascii_case(&user.username)
        });
    Author {
        network_id: user.id.to_string(),
        name: user
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .unwrap_or(&user.username)
            .to_owned(),
        handle: Some(user.username.clone()).filter(|name| !name.is_empty()),
        own,
    }
}

fn mentions_us(account: &Account, post: &wire::Post, text: &str) -> bool {
    let Some(own) = account.setting("api_username") else {
        return false;
    };
    let answers_us = post
        .reply_to_user
        .as_ref()
        .is_some_and(|answered| answered.username.eq_ignore_ascii_case(own));
    let is_part = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-');
    let mention = format!("@{}", own.to_lowercase());
    let text = text.to_lowercase();
    let named = text.match_indices(&mention).any(|(at, _)| {
        let behind = &text[at + mention.len()..];
        !behind.starts_with(is_part)
    });
    answers_us || named
}

/// Returns the words as the forum shows them; as they were typed, where only those are given.
fn text(post: &wire::Post) -> String {
    if post.cooked.is_empty() {
        post.raw.clone().unwrap_or_default()
    } else {
        html_to_text(&post.cooked)
    }
}

fn time(text: Option<&str>, now: Timestamp) -> Timestamp {
    text.and_then(|text| parse_time(text, &jiff::tz::TimeZone::UTC))
        .unwrap_or(now)
}

/// Finds the pictures and files of a post in its HTML.
fn attachments(base: &str, cooked: &str) -> Vec<InboundAttachment> {
    let mut attachments: Vec<InboundAttachment> = Vec::new();
    for tag in cooked.split('<').skip(1) {
        let end = tag.find('>').unwrap_or(tag.len());
        let (tag, behind) = tag.split_at(end);
        let class = attribute(tag, "class").unwrap_or_default();
        let is_picture = tag.starts_with("img ");
        let address = if is_picture {
            if DECORATION.iter().any(|word| class.contains(word)) {
                continue;
            }
            attribute(tag, "src")
        } else if tag.starts_with("a ") && class.split(' ').any(|word| word == "attachment") {
            attribute(tag, "href")
        } else {
            continue;
        };
        let Some(address) = address.and_then(|address| absolute(base, &address)) else {
            continue;
        };
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default().to_owned();
        let name = if is_picture {
            attribute(tag, "alt").filter(|alt| alt.contains('.'))
        } else {
            Some(decode_entities(behind.trim_start_matches('>').trim()).into())
        };
        let source = AttachmentSource::Url(address);
        if attachments.len() < MOST_FILES && attachments.iter().all(|other| other.source != source)
        {
            attachments.push(InboundAttachment {
                media_type: media_type(&file, is_picture).to_owned(),
                name: name.filter(|name| !name.is_empty()).unwrap_or(file),
                source,
                size: None,
                alt: None,
            });
        }
    }
    attachments
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    let end = value.find('"')?;
    Some(decode_entities(&value[..end]).into())
}

fn absolute(base: &str, address: &str) -> Option<String> {
    let address = Url::parse(&format!("{base}/")).ok()?.join(address).ok()?;
    matches!(address.scheme(), "http" | "https").then(|| address.into())
}

fn media_type(file: &str, is_picture: bool) -> &'static str {
    let ending = file.rsplit('.').next().unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "mp4" => "video/mp4",
        _ if is_picture => "image/jpeg",
        _ => "application/octet-stream",
    }
}
