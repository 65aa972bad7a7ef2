//! X's second interface → ours: events of the Activity API, and pages of posts and direct messages.
//! An edited post has a new id at X; here it keeps the id of its first version.

use jiff::tz::TimeZone;
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::wire::{Event, Includes, Media, Message, Page, Tweet, User, slug};
use super::{
    ACCOUNT_ACTIVITY, ACTIVITY, CHECKED, FOUND, MESSAGES, POSTS, account_activity, account_id,
    words,
};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{
    AttachmentSource, Author, Delete, Edit, Inbound, InboundAttachment, LONGEST_ID, Post, Reaction,
    TranslateError, Translation, Unread, described,
};
use crate::time::parse_time;

pub(super) type Read = Result<Vec<Inbound>, TranslateError>;

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    match raw.kind.as_str() {
        ACTIVITY => event(account, raw),
        ACCOUNT_ACTIVITY => account_activity::translate(account, raw),
        POSTS | FOUND => each(raw, |value, includes| {
            let tweet = read(value)?;
            said(&tweet, includes, account, raw)
        }),
        MESSAGES => each(raw, |value, includes| {
            let message = read(value)?;
            told(&message, includes, account, raw)
        }),
        CHECKED => checked(raw),
        _ => Err(TranslateError::NotOffered),
    }
}

fn each(
    raw: &RawDelivery,
    read_one: impl Fn(&Value, &Includes) -> Read,
) -> Result<Translation, TranslateError> {
    let page: Page = parsed(&raw.body)?;
    let mut translation = Translation::default();
    for (index, value) in page.data.iter().enumerate() {
        match read_one(value, &page.includes) {
            Ok(taken) => taken.into_iter().for_each(|one| translation.take(one)),
            Err(error) => {
                let includes = json!({"users": page.includes.users, "media": page.includes.media,
                    "tweets": page.includes.tweets});
                translation.unread.push(Unread {
                    index,
                    error,
                    body: json!({"data": [value], "includes": includes})
                        .to_string()
                        .into_bytes(),
                });
            }
        }
    }
    Ok(translation)
}

/// Reads what is no longer there when it was asked for again.
fn checked(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let page: Page = parsed(&raw.body)?;
    let mut translation = Translation::default();
    for problem in &page.errors {
        if slug(problem.kind.as_deref()) == "resource-not-found"
            && let Some(gone) = &problem.resource_id
        {
            translation.take(Inbound::Delete(Delete {
                network_id: id("resource_id", gone)?,
                deleted_at: raw.received_at,
            }));
        }
    }
    Ok(translation)
}

fn event(account: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let body: Value = parsed(&raw.body)?;
    let data = body
        .get("data")
        .ok_or_else(|| TranslateError::missing("data"))?;
    let event: Event = read(data)?;
    if let Some(watched) = &event.filter.user_id
        && Some(watched.as_str()) != account_id(account)
    {
        // One hook serves every account of an app; this is another's.
        return Ok(Translation::default());
    }
    let payload = &event.payload;
    let taken = match event.kind.as_str() {
        "post.create" | "post.mention.create" | "post.reply.create" | "post.quote.create" => {
            said(&read(payload)?, &event.includes, account, raw)?
        }
        "post.repost.create" => reposted(&read(payload)?, &event.includes, account, raw)?,
        "post.delete" => vec![Inbound::Delete(Delete {
            network_id: field(payload, "id")?,
            deleted_at: raw.received_at,
        })],
        "like.create" => liked(payload, &event.includes, account, raw)?,
        "dm.received" | "dm.sent" => told(&read(payload)?, &event.includes, account, raw)?,
        _ => Vec::new(),
    };
    let mut translation = Translation::default();
    for one in taken {
        translation.take(one);
    }
    Ok(translation)
}

/// Reads a post; one that was edited is said once more as an edit of its first version.
pub(super) fn said(
    tweet: &Tweet,
    includes: &Includes,
    account: &Account,
    raw: &RawDelivery,
) -> Read {
    if reference(tweet, "retweeted").is_some() {
        return Ok(Vec::new());
    }
    let author_id = tweet
        .author_id
        .as_deref()
        .ok_or_else(|| TranslateError::missing("author_id"))?;
    let author = author(author_id, includes, account)?;
    let (text, links) = match &tweet.note {
        Some(note) if !note.text.is_empty() => (&note.text, &note.entities.urls),
        _ => (&tweet.text, &tweet.entities.urls),
    };
    let replied = tweet
        .in_reply_to_tweet_id
        .as_deref()
        .or_else(|| reference(tweet, "replied_to"));
    let quoted = reference(tweet, "quoted");
    let first = first_version(tweet)?;
    let at = moment(tweet.created_at.as_deref(), raw.received_at)?;
    let handle = author.handle.clone();
    let post = Post {
        network_id: first.clone(),
        text: words::readable(text, links),
        platform_at: at,
        parent: replied
            .or(quoted)
            .map(|parent| id("referenced_tweets", &version_of(parent, includes)))
            .transpose()?,
        thread: None,
        visibility: Visibility::Public,
        url: Some(address(handle.as_deref(), &tweet.id)),
        title: None,
        attachments: files(&tweet.attachments.media_keys, includes),
        mentions_us: !author.own && summons(tweet, includes, account),
        echo_of: None,
        automatic: false,
        author,
    };
    let edited = (tweet.edit_history_tweet_ids.len() > 1).then(|| {
        Inbound::Edit(Edit {
            network_id: first,
            text: post.text.clone(),
            edited_at: at,
        })
    });
    Ok([Some(Inbound::Post(post)), edited]
        .into_iter()
        .flatten()
        .collect())
}

/// Returns whether a post names us or quotes us: only then may an app without a contract answer it.
pub(super) fn summons(tweet: &Tweet, includes: &Includes, account: &Account) -> bool {
    let own = account_id(account);
    let note = tweet.note.as_ref().map(|note| &note.entities);
    let named = [Some(&tweet.entities), note]
        .into_iter()
        .flatten()
        .flat_map(|entities| &entities.mentions)
        .any(|mention| mention.id.is_some() && mention.id.as_deref() == own);
    let quotes_us = reference(tweet, "quoted").is_some_and(|quoted| {
        let author = find::<Tweet>(&includes.tweets, |tweet| tweet.id == quoted)
            .and_then(|tweet| tweet.author_id);
        author.is_some() && author.as_deref() == own
    });
    named || quotes_us
}

fn reposted(tweet: &Tweet, includes: &Includes, account: &Account, raw: &RawDelivery) -> Read {
    let (Some(of), Some(person)) = (reference(tweet, "retweeted"), &tweet.author_id) else {
        return Ok(Vec::new());
    };
    Ok(vec![Inbound::Reaction(Reaction {
        of: id("referenced_tweets", &version_of(of, includes))?,
        author: author(person, includes, account)?,
        kind: "repost".to_owned(),
        at: moment(tweet.created_at.as_deref(), raw.received_at)?,
        added: true,
    })])
}

fn liked(payload: &Value, includes: &Includes, account: &Account, raw: &RawDelivery) -> Read {
    let of = field(payload, "liked_tweet_id")?;
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    // The event names the author of what is liked, and brings the person who likes it along.
    let liker = text("user_id").map(str::to_owned).or_else(|| {
        let authored_by = text("liked_tweet_author_id");
        people(includes)
            .find(|user| Some(user.id.as_str()) != authored_by)
            .map(|user| user.id)
    });
    let Some(liker) = liker else {
        return Ok(Vec::new());
    };
    let at = text("timestamp_ms").or_else(|| text("created_at"));
    Ok(vec![Inbound::Reaction(Reaction {
        of: version_of(&of, includes),
        author: author(&liker, includes, account)?,
        kind: "like".to_owned(),
        at: moment(at, raw.received_at)?,
        added: true,
    })])
}

fn told(message: &Message, includes: &Includes, account: &Account, raw: &RawDelivery) -> Read {
    if message
        .event_type
        .as_deref()
        .is_some_and(|kind| kind != "MessageCreate")
    {
        return Ok(Vec::new());
    }
    let sender = message
        .sender_id
        .as_deref()
        .ok_or_else(|| TranslateError::missing("sender_id"))?;
    let own = account_id(account).unwrap_or_default();
    let conversation = message.dm_conversation_id.as_deref();
    let thread = match conversation {
        Some(conversation) => thread(conversation, own),
        // Without it there are two, and one of them is us.
        None => std::iter::once(&message.sender_id)
            .flatten()
            .chain(&message.participant_ids)
            .find(|person| *person != own)
            .cloned()
            .ok_or_else(|| TranslateError::missing("dm_conversation_id"))?,
    };
    Ok(vec![Inbound::Post(Post {
        network_id: id("id", &message.id)?,
        author: author(sender, includes, account)?,
        text: words::readable(&message.text, &message.entities.urls),
        platform_at: moment(message.created_at.as_deref(), raw.received_at)?,
        parent: None,
        thread: Some(id("dm_conversation_id", &thread)?),
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments: files(&message.attachments.media_keys, includes),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    })])
}

/// Returns the key of a private thread: the other person, or the group of several.
pub(super) fn thread(conversation: &str, own: &str) -> String {
    let other = conversation.split_once('-').and_then(|(one, other)| {
        if one == own {
            Some(other)
        } else {
            (other == own).then_some(one)
        }
    });
    match other {
        Some(other) => other.to_owned(),
        None => format!("{}{conversation}", super::GROUP),
    }
}

pub(super) fn author(
    person: &str,
    includes: &Includes,
    account: &Account,
) -> Result<Author, TranslateError> {
    let known = people(includes).find(|user| user.id == person);
    let network_id = id("author_id", person)?;
    let (name, handle) = known.map_or((String::new(), String::new()), |user| {
        (user.name.trim().to_owned(), user.username)
    });
    Ok(Author {
        own: Some(person) == account_id(account),
        name: [&name, &handle]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or(&network_id)
            .clone(),
        handle: (!handle.is_empty()).then(|| format!("@{handle}")),
        network_id,
    })
}

fn people(includes: &Includes) -> impl Iterator<Item = User> {
    let users = includes.users.iter();
    users
        // Some events wrap a person once more.
        .map(|user| user.get("data").unwrap_or(user))
        .filter_map(|user| read(user).ok())
}

/// Returns where people see a post.
pub(super) fn address(handle: Option<&str>, id: &str) -> String {
    let who = handle.map_or("i", |handle| handle.trim_start_matches('@'));
    format!("https://x.com/{who}/status/{id}")
}

fn files(keys: &[String], includes: &Includes) -> Vec<InboundAttachment> {
    keys.iter()
        .filter_map(|key| find::<Media>(&includes.media, |media| media.key == *key))
        .filter_map(file)
        .collect()
}

/// Reads a picture, or the best file of a film, with its description.
pub(super) fn file(media: Media) -> Option<InboundAttachment> {
    let film = media
        .variants
        .iter()
        .filter(|variant| variant.content_type == "video/mp4")
        .max_by_key(|variant| variant.bit_rate)
        .and_then(|variant| variant.url.clone());
    let (url, media_type) = if let Some(film) = film {
        (film, "video/mp4")
    } else {
        let picture = media.url.or(media.preview_image_url)?;
        let media_type = match ending(&picture).as_str() {
            "png" => "image/png",
            "webp" => "image/webp",
            "gif" => "image/gif",
            _ => "image/jpeg",
        };
        (picture, media_type)
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or(&media.kind).to_owned();
    Some(InboundAttachment {
        name,
        media_type: media_type.to_owned(),
        size: None,
        alt: described(media.alt_text),
        source: AttachmentSource::Url(url),
    })
}

fn ending(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    ending.to_ascii_lowercase()
}

fn reference<'a>(tweet: &'a Tweet, kind: &str) -> Option<&'a str> {
    let found = tweet.referenced_tweets.iter().find(|one| one.kind == kind);
    found.map(|one| one.id.as_str())
}

/// Returns the id that a post had before anybody edited it.
pub(super) fn first_version(tweet: &Tweet) -> Result<String, TranslateError> {
    id(
        "id",
        tweet.edit_history_tweet_ids.first().unwrap_or(&tweet.id),
    )
}

/// Returns the first version of what is referred to, as far as it came along.
fn version_of(reference: &str, includes: &Includes) -> String {
    find::<Tweet>(&includes.tweets, |tweet| tweet.id == reference)
        .and_then(|tweet| tweet.edit_history_tweet_ids.first().cloned())
        .unwrap_or_else(|| reference.to_owned())
}

fn find<T: DeserializeOwned>(values: &[Value], wanted: impl Fn(&T) -> bool) -> Option<T> {
    values
        .iter()
        .filter_map(|value| read::<T>(value).ok())
        .find(wanted)
}

/// Reads a time as either interface writes it; none means the moment of receipt.
pub(super) fn moment(text: Option<&str>, received: Timestamp) -> Result<Timestamp, TranslateError> {
    match text {
        None => Ok(received),
        Some(text) => parse_time(text, &TimeZone::UTC)
            .ok_or_else(|| TranslateError::bad("created_at", "not a time")),
    }
}

pub(super) fn id(name: &str, text: &str) -> Result<String, TranslateError> {
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

fn field(value: &Value, name: &str) -> Result<String, TranslateError> {
    let text = value.get(name).and_then(Value::as_str);
    id(name, text.unwrap_or_default())
}

pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, TranslateError> {
    T::deserialize(value).map_err(|error| TranslateError::Unreadable(error.to_string()))
}

pub(super) fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, TranslateError> {
    serde_json::from_slice(body).map_err(|error| TranslateError::Unreadable(error.to_string()))
}
