//! Comments, the answers below them and our own videos → ours; and the figures of all of them.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::wire::{Comment, Page, Thread, Video};
use super::{MISSING, REPLIES, THREADS, VIDEOS, channel_id};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{
    Author, Delete, Edit, Figures, Inbound, LONGEST_ID, Post, TranslateError, Translation, Unread,
};

/// Comments that are no longer there.
#[derive(Deserialize)]
struct Missing {
    #[serde(default)]
    ids: Vec<String>,
}

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    match raw.kind.as_str() {
        THREADS => each(raw, |value| thread(account, raw, value)),
        REPLIES => each(raw, |value| {
            let comment: Comment = read(value)?;
            Ok(Said::of(comment_read(account, raw, &comment, None)?))
        }),
        VIDEOS => each(raw, |value| video(account, raw, value)),
        MISSING => {
            let missing: Missing = parsed(&raw.body)?;
            let mut translation = Translation::default();
            for gone in &missing.ids {
                translation.take(Inbound::Delete(Delete {
                    network_id: id("ids", gone)?,
                    deleted_at: raw.received_at,
                }));
            }
            Ok(translation)
        }
        _ => Err(TranslateError::NotOffered),
    }
}

/// Reads the figures of videos and comments; what cannot be read has none.
pub(super) fn figures(raw: &RawDelivery) -> Vec<Figures> {
    let page: Page = serde_json::from_slice(&raw.body).unwrap_or_default();
    let items = page.items.iter();
    match raw.kind.as_str() {
        VIDEOS => items
            .filter_map(|value| read::<Video>(value).ok())
            .map(|video| {
                let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
                Figures {
                    network_id: video.id,
                    views: number(video.statistics.views),
                    likes: number(video.statistics.likes),
                    replies: number(video.statistics.comments),
                }
            })
            .collect(),
        THREADS => items
            .filter_map(|value| read::<Thread>(value).ok())
            .map(|thread| Figures {
                network_id: thread.snippet.top_level_comment.id,
                views: None,
                likes: thread.snippet.top_level_comment.snippet.like_count,
                replies: Some(thread.snippet.total_reply_count),
            })
            .collect(),
        REPLIES => items
            .filter_map(|value| read::<Comment>(value).ok())
            .map(|comment| Figures {
                network_id: comment.id,
                likes: comment.snippet.like_count,
                ..Figures::default()
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// What one item says, and which parts of it cannot be read.
#[derive(Default)]
struct Said {
    taken: Vec<Inbound>,
    unread: Vec<(TranslateError, Value)>,
}

impl Said {
    fn of(taken: Vec<Inbound>) -> Self {
        Self {
            taken,
            unread: Vec::new(),
        }
    }
}

fn each(
    raw: &RawDelivery,
    read_one: impl Fn(&Value) -> Result<Said, TranslateError>,
) -> Result<Translation, TranslateError> {
    let page: Page = parsed(&raw.body)?;
    let mut translation = Translation::default();
    for (index, value) in page.items.iter().enumerate() {
        let said = read_one(value).unwrap_or_else(|error| Said {
            taken: Vec::new(),
            unread: vec![(error, value.clone())],
        });
        said.taken.into_iter().for_each(|one| translation.take(one));
        for (error, value) in said.unread {
            translation.unread.push(Unread {
                index,
                error,
                body: json!({"items": [value]}).to_string().into_bytes(),
            });
        }
    }
    Ok(translation)
}

fn thread(account: &Account, raw: &RawDelivery, value: &Value) -> Result<Said, TranslateError> {
    let thread: Thread = read(value)?;
    let video = thread.snippet.video_id.as_deref();
    let top = &thread.snippet.top_level_comment;
    let mut said = Said::of(comment_read(account, raw, top, video)?);
    for reply in &thread.replies.comments {
        let taken =
            read::<Comment>(reply).and_then(|reply| comment_read(account, raw, &reply, video));
        match taken {
            Ok(taken) => said.taken.extend(taken),
            Err(error) => {
                // The thread once more, with this answer alone, so that it can be taken in again.
                let mut alone = value.clone();
                alone["replies"]["comments"] = json!([reply]);
                said.unread.push((error, alone));
            }
        }
    }
    Ok(said)
}

/// Reads a comment; one that was changed later is said once more as an edit.
fn comment_read(
    account: &Account,
    raw: &RawDelivery,
    comment: &Comment,
    video: Option<&str>,
) -> Result<Vec<Inbound>, TranslateError> {
    let snippet = &comment.snippet;
    let video = snippet.video_id.as_deref().or(video);
    let network_id = id("id", &comment.id)?;
    let text = snippet
        .text_original
        .as_ref()
        .or(snippet.text_display.as_ref())
        .ok_or_else(|| TranslateError::missing("textOriginal"))?;
    let platform_at = moment(snippet.published_at.as_deref(), raw.received_at)?;
    let edited_at = moment(snippet.updated_at.as_deref(), platform_at)?;
    let parent = snippet.parent_id.as_deref().or(video);
    let post = Inbound::Post(Post {
        network_id: network_id.clone(),
        author: author(account, comment)?,
        text: text.clone(),
        platform_at,
        parent: parent.map(|parent| id("parentId", parent)).transpose()?,
        thread: None,
        visibility: Visibility::Public,
        url: video.map(|video| address(video, Some(&comment.id))),
        title: None,
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    });
    let edit = (edited_at > platform_at).then(|| {
        Inbound::Edit(Edit {
            network_id,
            text: text.clone(),
            edited_at,
        })
    });
    Ok([Some(post), edit].into_iter().flatten().collect())
}

fn author(account: &Account, comment: &Comment) -> Result<Author, TranslateError> {
    let snippet = &comment.snippet;
    let name = snippet.author_display_name.as_deref().unwrap_or_default();
    let name = name.trim();
    // Who deleted their channel has no more than a name.
    let channel = snippet.author_channel_id.value.as_deref().unwrap_or(name);
    let network_id = id("authorChannelId", channel)?;
    Ok(Author {
        own: Some(channel) == channel_id(account),
        name: if name.is_empty() { channel } else { name }.to_owned(),
        handle: name.starts_with('@').then(|| name.to_owned()),
        network_id,
    })
}

fn video(account: &Account, raw: &RawDelivery, value: &Value) -> Result<Said, TranslateError> {
    let video: Video = read(value)?;
    let snippet = &video.snippet;
    if Some(snippet.channel_id.as_str()) != channel_id(account) {
        return Ok(Said::default());
    }
    let text = match snippet.description.trim() {
        "" => snippet.title.clone(),
        description => description.to_owned(),
    };
    let name = snippet.channel_title.trim();
    Ok(Said::of(vec![Inbound::Post(Post {
        network_id: id("id", &video.id)?,
        author: Author {
            network_id: id("channelId", &snippet.channel_id)?,
            name: if name.is_empty() {
                &snippet.channel_id
            } else {
                name
            }
            .to_owned(),
            handle: None,
            own: true,
        },
        text,
        platform_at: moment(snippet.published_at.as_deref(), raw.received_at)?,
        parent: None,
        thread: None,
        visibility: Visibility::Public,
        url: Some(address(&video.id, None)),
        title: Some(snippet.title.clone()).filter(|title| !title.trim().is_empty()),
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    })]))
}

/// Returns where people see a video, with one comment on top.
pub(super) fn address(video: &str, comment: Option<&str>) -> String {
    let comment = comment.map_or(String::new(), |comment| format!("&lc={comment}"));
    format!("https://www.youtube.com/watch?v={video}{comment}")
}

fn moment(text: Option<&str>, otherwise: Timestamp) -> Result<Timestamp, TranslateError> {
    match text {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .map_err(|error| TranslateError::bad("publishedAt", error)),
    }
}

fn id(name: &str, text: &str) -> Result<String, TranslateError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TranslateError::missing(name));
    }
    if text.len() > LONGEST_ID {
        let detail = format!("longer than {LONGEST_ID} characters");
        return Err(TranslateError::bad(name, detail));
    }
    Ok(text.to_owned())
}

pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, TranslateError> {
    T::deserialize(value).map_err(|error| TranslateError::Unreadable(error.to_string()))
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, TranslateError> {
    serde_json::from_slice(body).map_err(|error| TranslateError::Unreadable(error.to_string()))
}
