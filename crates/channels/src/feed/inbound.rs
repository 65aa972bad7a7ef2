//! Items → public posts. An item that changed is told twice, as a post and as its edit, so that the
//! new words count whether or not the first ones were ever taken in.

use kulant_model::message::Visibility;
use serde_json::Value;

use super::parse::shown;
use super::wire::{COMMENT, COMMENT_CHANGED, ITEM, ITEM_CHANGED, Item, Words};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{
    AttachmentSource, Author, Edit, Inbound, InboundAttachment, Post, TranslateError, Translation,
};
use crate::text::html_to_text;

/// The longest text that is taken over from an item, in characters.
const LONGEST_TEXT: usize = 50_000;
/// Who wrote what nobody is named for.
const UNKNOWN: &str = "unknown";

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let (is_comment, changed) = match raw.kind.as_str() {
        ITEM => (false, false),
        ITEM_CHANGED => (false, true),
        COMMENT => (true, false),
        COMMENT_CHANGED => (true, true),
        other => return Err(TranslateError::UnknownType(other.to_owned())),
    };
    let item: Item = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    if item.id.is_empty() {
        return Err(TranslateError::missing("id"));
    }

    let title = item
        .title
        .as_ref()
        .map(shown)
        .filter(|title| !title.is_empty());
    let text = item
        .content
        .as_ref()
        .map(readable)
        .filter(|text| !text.is_empty());
    let text = text
        .or_else(|| title.clone())
        .ok_or_else(|| TranslateError::missing("content"))?;
    let edit = changed.then(|| Edit {
        network_id: item.id.clone(),
        text: text.clone(),
        edited_at: item
            .updated
            .filter(|updated| Some(*updated) != item.published)
            .unwrap_or(raw.received_at),
    });
    let mut translation = Translation::of(Inbound::Post(Post {
        author: author(account, &item, is_comment),
        network_id: item.id,
        text,
        platform_at: item.published.unwrap_or(raw.received_at),
        parent: item.parent,
        thread: None,
        visibility: Visibility::Public,
        url: item.url,
        // The titles of comments say "By: Anna" or repeat the item's.
        title: title.filter(|_| !is_comment),
        attachments: item.files.into_iter().map(attachment).collect(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    }));
    if let Some(edit) = edit {
        translation.take(Inbound::Edit(edit));
    }
    Ok(translation)
}

fn readable(words: &Words) -> String {
    let text = if words.html {
        html_to_text(&words.text)
    } else {
        words.text.trim().to_owned()
    };
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
        None => text,
    }
}

fn author(account: &Account, item: &Item, is_comment: bool) -> Author {
    let person = item.author.clone().unwrap_or_default();
    let named = person.name.clone().or_else(|| person.email.clone());
    let named = named.or_else(|| person.url.clone());
    // A feed that names nobody speaks for itself; a comment that names nobody is anybody's.
    let name = named
        .or_else(|| {
            item.feed
                .clone()
                .filter(|feed| !is_comment && !feed.is_empty())
        })
        .unwrap_or_else(|| UNKNOWN.to_owned());
    let ours = account
        .settings
        .get("own_authors")
        .and_then(Value::as_array);
    let is_ours = ours
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|own| own.trim().eq_ignore_ascii_case(&name));
    let network_id = person.url.or(person.email).unwrap_or_else(|| name.clone());
    Author {
        network_id: network_id
            .chars()
            .take(crate::inbound::LONGEST_ID)
            .collect(),
        name,
        handle: None,
        own: is_ours || (!is_comment && account.switch("own").unwrap_or(false)),
    }
}

fn attachment(file: super::wire::File) -> InboundAttachment {
    let path = file.url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    InboundAttachment {
        name: if name.is_empty() { "attachment" } else { name }.to_owned(),
        media_type: file
            .media_type
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        size: file.size,
        alt: None,
        source: AttachmentSource::Url(file.url),
    }
}
