//! The Account Activity API → ours: the older one of X's two ways to push, in the shapes of its first
//! interface. One delivery carries one list of events for one account.

use kulant_model::message::Visibility;
use serde::Deserialize;
use serde_json::{Value, json};

use super::inbound::{self, Read, id, moment, parsed, read};
use super::wire::{Includes, Link, Media, Variant};
use super::{account_id, words};
use crate::delivery::{Account, RawDelivery};
use crate::fields::or_default;
use crate::inbound::{
    Author, Delete, Inbound, InboundAttachment, Post, Reaction, TranslateError, Translation, Unread,
};

/// The lists that are read; typing, reading, following and the like are let be.
const LISTS: [&str; 4] = [
    "tweet_create_events",
    "tweet_delete_events",
    "favorite_events",
    "direct_message_events",
];

#[derive(Deserialize)]
struct Tweet {
    id_str: String,
    #[serde(default)]
    text: String,
    full_text: Option<String>,
    #[serde(rename = "extended_tweet")]
    whole: Option<Extended>,
    created_at: Option<String>,
    timestamp_ms: Option<String>,
    user: Person,
    in_reply_to_status_id_str: Option<String>,
    quoted_status_id_str: Option<String>,
    quoted_status: Option<Box<Quoted>>,
    retweeted_status: Option<Quoted>,
    #[serde(default, deserialize_with = "or_default")]
    entities: Entities,
    #[serde(default, deserialize_with = "or_default")]
    extended_entities: Entities,
}

#[derive(Deserialize)]
struct Quoted {
    id_str: String,
    user: Option<Person>,
}

#[derive(Deserialize)]
struct Extended {
    #[serde(default)]
    full_text: String,
    #[serde(default, deserialize_with = "or_default")]
    entities: Entities,
    #[serde(rename = "extended_entities", default, deserialize_with = "or_default")]
    files: Entities,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entities {
    #[serde(deserialize_with = "or_default")]
    user_mentions: Vec<Named>,
    #[serde(deserialize_with = "or_default")]
    urls: Vec<Link>,
    #[serde(deserialize_with = "or_default")]
    media: Vec<File>,
}

#[derive(Deserialize)]
struct Named {
    id_str: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    /// The number as a text; beside messages people have `id` alone.
    id_str: Option<String>,
    id: Option<Value>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    screen_name: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    url: String,
    media_url_https: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    ext_alt_text: Option<String>,
    video_info: Option<Film>,
}

#[derive(Deserialize)]
struct Film {
    #[serde(default, deserialize_with = "or_default")]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Deleted {
    status: DeletedStatus,
    timestamp_ms: Option<String>,
}

#[derive(Deserialize)]
struct DeletedStatus {
    id: String,
}

#[derive(Deserialize)]
struct Favourite {
    favorited_status: Quoted,
    user: Person,
    created_at: Option<String>,
    timestamp_ms: Option<Value>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type", default)]
    kind: String,
    id: String,
    created_timestamp: Option<String>,
    #[serde(rename = "message_create")]
    created: Option<Created>,
}

#[derive(Deserialize)]
struct Created {
    target: Target,
    sender_id: String,
    message_data: Said,
}

#[derive(Deserialize)]
struct Target {
    recipient_id: String,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    text: String,
    #[serde(default, deserialize_with = "or_default")]
    entities: Entities,
    attachment: Option<Attachment>,
}

#[derive(Deserialize)]
struct Attachment {
    media: Option<File>,
}

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let body: Value = parsed(&raw.body)?;
    let watched = body.get("for_user_id").and_then(Value::as_str);
    let mut translation = Translation::default();
    if watched.is_some() && watched != account_id(account) {
        // One hook serves every account of an app; this is another's.
        return Ok(translation);
    }
    let people = body.get("users").unwrap_or(&Value::Null);
    let mut index = 0;
    for list in LISTS {
        let events = body.get(list).and_then(Value::as_array);
        for event in events.into_iter().flatten() {
            let taken = match list {
                "tweet_create_events" => said(event, account, raw),
                "tweet_delete_events" => deleted(event, raw),
                "favorite_events" => liked(event, account, raw),
                _ => told(event, people, account, raw),
            };
            match taken {
                Ok(taken) => taken.into_iter().for_each(|one| translation.take(one)),
                Err(error) => translation.unread.push(Unread {
                    index,
                    error,
                    body: json!({"for_user_id": watched, list: [event], "users": people})
                        .to_string()
                        .into_bytes(),
                }),
            }
            index += 1;
        }
    }
    Ok(translation)
}

fn said(event: &Value, account: &Account, raw: &RawDelivery) -> Read {
    let tweet: Tweet = read(event)?;
    let author = author(&tweet.user, account)?;
    let time = tweet
        .timestamp_ms
        .as_deref()
        .or(tweet.created_at.as_deref());
    let at = moment(time, raw.received_at)?;
    if let Some(of) = &tweet.retweeted_status {
        return Ok(vec![Inbound::Reaction(Reaction {
            of: id("retweeted_status", &of.id_str)?,
            author,
            kind: "repost".to_owned(),
            at,
            added: true,
        })]);
    }
    let (text, entities, media) = match &tweet.whole {
        Some(whole) => (&whole.full_text, &whole.entities, &whole.files.media),
        None => (
            tweet.full_text.as_ref().unwrap_or(&tweet.text),
            &tweet.entities,
            &tweet.extended_entities.media,
        ),
    };
    let media = if media.is_empty() {
        &entities.media
    } else {
        media
    };
    let own = account_id(account);
    let names_us = entities
        .user_mentions
        .iter()
        .filter_map(|named| named.id_str.as_deref())
        .any(|named| Some(named) == own);
    let quotes_us = tweet
        .quoted_status
        .as_ref()
        .and_then(|quoted| quoted.user.as_ref())
        .is_some_and(|user| user.id().is_some() && user.id() == own);
    let parent = tweet
        .in_reply_to_status_id_str
        .as_deref()
        .or(tweet.quoted_status_id_str.as_deref());
    Ok(vec![Inbound::Post(Post {
        network_id: id("id_str", &tweet.id_str)?,
        text: text_of(text, &entities.urls, media),
        platform_at: at,
        parent: parent
            .map(|parent| id("in_reply_to_status_id_str", parent))
            .transpose()?,
        thread: None,
        visibility: Visibility::Public,
        url: Some(inbound::address(author.handle.as_deref(), &tweet.id_str)),
        title: None,
        attachments: media.iter().filter_map(file).collect(),
        mentions_us: !author.own && (names_us || quotes_us),
        echo_of: None,
        automatic: false,
        author,
    })])
}

fn deleted(event: &Value, raw: &RawDelivery) -> Read {
    let deleted: Deleted = read(event)?;
    Ok(vec![Inbound::Delete(Delete {
        network_id: id("status.id", &deleted.status.id)?,
        deleted_at: moment(deleted.timestamp_ms.as_deref(), raw.received_at)?,
    })])
}

fn liked(event: &Value, account: &Account, raw: &RawDelivery) -> Read {
    let liked: Favourite = read(event)?;
    let time = match liked.timestamp_ms {
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => liked.created_at,
    };
    Ok(vec![Inbound::Reaction(Reaction {
        of: id("favorited_status", &liked.favorited_status.id_str)?,
        author: author(&liked.user, account)?,
        kind: "like".to_owned(),
        at: moment(time.as_deref(), raw.received_at)?,
        added: true,
    })])
}

fn told(event: &Value, people: &Value, account: &Account, raw: &RawDelivery) -> Read {
    let message: Message = read(event)?;
    let Some(created) = message.created.filter(|_| message.kind == "message_create") else {
        return Ok(Vec::new());
    };
    let sender = people
        .get(&created.sender_id)
        .and_then(|person| read::<Person>(person).ok());
    let author = match sender {
        Some(sender) => author(&sender, account)?,
        None => inbound::author(&created.sender_id, &Includes::default(), account)?,
    };
    let other = if author.own {
        &created.target.recipient_id
    } else {
        &created.sender_id
    };
    let media: Vec<File> = created
        .message_data
        .attachment
        .and_then(|attachment| attachment.media)
        .into_iter()
        .collect();
    let links = &created.message_data.entities.urls;
    Ok(vec![Inbound::Post(Post {
        network_id: id("id", &message.id)?,
        text: text_of(&created.message_data.text, links, &media),
        platform_at: moment(message.created_timestamp.as_deref(), raw.received_at)?,
        parent: None,
        thread: Some(id("recipient_id", other)?),
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments: media.iter().filter_map(file).collect(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
        author,
    })])
}

impl Person {
    fn id(&self) -> Option<&str> {
        let id = || self.id.as_ref().and_then(Value::as_str);
        self.id_str.as_deref().or_else(id)
    }
}

fn author(person: &Person, account: &Account) -> Result<Author, TranslateError> {
    let id = person
        .id()
        .ok_or_else(|| TranslateError::missing("id_str"))?;
    let user = json!({"id": id, "name": person.name, "username": person.screen_name});
    let includes = Includes {
        users: vec![user],
        ..Includes::default()
    };
    inbound::author(id, &includes, account)
}

/// Opens the links of a text and leaves those to its own pictures out.
fn text_of(text: &str, links: &[Link], media: &[File]) -> String {
    let mut text = words::readable(text, links);
    for file in media.iter().filter(|file| !file.url.is_empty()) {
        text = text.replacen(&file.url, "", 1);
    }
    text.trim().to_owned()
}

fn file(file: &File) -> Option<InboundAttachment> {
    let variants = file.video_info.as_ref().map(|film| &film.variants);
    let variants = variants.into_iter().flatten().map(|variant| Variant {
        bit_rate: variant.bit_rate,
        content_type: variant.content_type.clone(),
        url: variant.url.clone(),
    });
    inbound::file(Media {
        key: String::new(),
        kind: file.kind.clone(),
        url: file.media_url_https.clone(),
        preview_image_url: None,
        alt_text: file.ext_alt_text.clone(),
        variants: variants.collect(),
    })
}
