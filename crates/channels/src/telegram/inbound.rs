//! Updates of a bot → ours. Private chats and business chats are private; groups and channels are
//! public. The copy of a channel's post in its group is the post itself, so that comments find it.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;

use super::wire::{
    self, Chat, DeletedMessages, Entity, File, Message, Place, ReactionChange, ReactionKind,
    USERNAME_HEADER, Update, User,
};
use super::{hook, link};
use crate::delivery::{Account, RawDelivery};
use crate::inbound::{
    AttachmentSource, Author, Delete, Edit, Inbound, InboundAttachment, Piece, Post, Reaction,
    TranslateError, Translation,
};

/// The scheme of the address under which a file of Telegram is kept: its id, and no token.
pub(super) const FILE_SCHEME: &str = "telegram:file/";

/// What a text needs to be read: who we are.
struct Us<'a> {
    account: &'a Account,
    bot: Option<i64>,
    username: Option<String>,
    own_authors: Vec<&'a str>,
}

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let us = Us::of(account, raw);
    let update: Update = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;

    let mut translation = Translation::default();
    let new = [
        &update.message,
        &update.channel_post,
        &update.business_message,
    ];
    for message in new.into_iter().flatten() {
        if let Some(post) = us.post(message) {
            if let Some(album) = &message.media_group_id {
                translation.take(Inbound::Piece(Piece {
                    network_id: post.network_id.clone(),
                    album: format!("{}/{album}", place(message).key()),
                }));
            }
            translation.take(Inbound::Post(post));
        }
    }
    let edited = [
        &update.edited_message,
        &update.edited_channel_post,
        &update.edited_business_message,
    ];
    for message in edited.into_iter().flatten() {
        if let Some(edit) = edit(message) {
            translation.take(Inbound::Edit(edit));
        }
    }
    if let Some(deleted) = &update.deleted_business_messages {
        for delete in deletes(deleted, raw.received_at) {
            translation.take(Inbound::Delete(delete));
        }
    }
    if let Some(change) = &update.message_reaction {
        for reaction in us.reactions(change) {
            translation.take(Inbound::Reaction(reaction));
        }
    }
    Ok(translation)
}

impl<'a> Us<'a> {
    fn of(account: &'a Account, raw: &'a RawDelivery) -> Self {
        let own_authors = account.settings.get("own_authors");
        Self {
            account,
            bot: super::bot_id(account),
            username: account
                .setting("username")
                .map(|name| name.trim_start_matches('@').to_owned())
                .or_else(|| raw.header(USERNAME_HEADER).map(str::to_owned))
                .or_else(|| hook::username(raw)),
            own_authors: own_authors
                .and_then(|names| names.as_array())
                .into_iter()
                .flatten()
                .filter_map(|name| Some(name.as_str()?.trim().trim_start_matches('@')))
                .collect(),
        }
    }

    /// Returns what was said; none where a message only tells that somebody came or went.
    fn post(&self, message: &Message) -> Option<Post> {
        let private = message.chat.kind == "private";
        let place = place(message);
        let mut text = words(message);
        let attachments = attachments(message);
        let mut parent = message.answered.as_deref().map(network_id);
        if private && let Some(payload) = start_payload(&text) {
            parent = link::public_message(self.account, &payload).or(parent);
            "/start".clone_into(&mut text);
        }
        if text.is_empty() && attachments.is_empty() {
            return None;
        }
        let to_us = message
            .answered
            .as_deref()
            .and_then(|answered| answered.from.as_ref())
            .is_some_and(|author| Some(author.id) == self.bot);
        Some(Post {
            network_id: network_id(message),
            author: self.author(message)?,
            text,
            platform_at: Timestamp::from_seconds(message.date),
            parent,
            thread: private.then(|| place.key()),
            visibility: if private {
                Visibility::Private
            } else {
                Visibility::Public
            },
            url: wire::address(&message.chat, message.number),
            title: None,
            attachments,
            mentions_us: to_us || self.is_named(message),
            echo_of: None,
            automatic: is_machine(message),
        })
    }

    fn author(&self, message: &Message) -> Option<Author> {
        // Whoever speaks as a chat: a channel below its own post, a group's anonymous administrator.
        if let Some(chat) = &message.sender_chat {
            let speaks_for_itself = chat.id == message.chat.id || message.is_automatic_forward;
            return Some(self.chat_author(chat, speaks_for_itself));
        }
        if message.chat.kind == "channel" {
            return Some(self.chat_author(&message.chat, true));
        }
        let mut author = self.person(message.from.as_ref()?);
        // In a business chat the chat is the other person, whoever else speaks is the account.
        let answers = message.business_connection_id.is_some()
            && author.network_id != message.chat.id.to_string();
        author.own |= answers || message.sender_business_bot.is_some();
        Some(author)
    }

    fn person(&self, user: &User) -> Author {
        let id = user.id.to_string();
        let own = Some(user.id) == self.bot
            || self.own_authors.iter().any(|own| {
                *own == id
                    || user
                        .username
                        .as_deref()
                        .is_some_and(|name| name.eq_ignore_ascii_case(own))
            });
        Author {
            name: full_name(&user.first_name, user.last_name.as_deref())
                .or_else(|| user.username.clone())
                .unwrap_or_else(|| id.clone()),
            handle: user.username.clone(),
            network_id: id,
            own,
        }
    }

    fn chat_author(&self, chat: &Chat, speaks_for_itself: bool) -> Author {
        let id = chat.id.to_string();
        let named = self.own_authors.iter().any(|own| {
            *own == id
                || chat
                    .username
                    .as_deref()
                    .is_some_and(|name| name.eq_ignore_ascii_case(own))
        });
        Author {
            name: chat
                .title
                .clone()
                .or_else(|| full_name(&chat.first_name, chat.last_name.as_deref()))
                .or_else(|| chat.username.clone())
                .unwrap_or_else(|| id.clone()),
            handle: chat.username.clone(),
            network_id: id,
            own: named || speaks_for_itself,
        }
    }

    fn is_named(&self, message: &Message) -> bool {
        let (text, entities) = said(message);
        let units: Vec<u16> = text.encode_utf16().collect();
        entities.iter().any(|entity| {
            if let ("text_mention", Some(user)) = (entity.kind.as_str(), &entity.user) {
                return Some(user.id) == self.bot;
            }
            let Some(username) = self
                .username
                .as_deref()
                .filter(|_| matches!(entity.kind.as_str(), "mention" | "bot_command"))
            else {
                return false;
            };
            let end = entity.offset.saturating_add(entity.length);
            let word = String::from_utf16_lossy(units.get(entity.offset..end).unwrap_or_default());
            word.split_once('@')
                .is_some_and(|(_, name)| name.eq_ignore_ascii_case(username))
        })
    }

    /// Returns what was added and what was taken back, from the states before and after.
    fn reactions(&self, change: &ReactionChange) -> Vec<Reaction> {
        let author = match (&change.user, &change.actor_chat) {
            (Some(user), _) => self.person(user),
            (None, Some(chat)) => self.chat_author(chat, chat.id == change.chat.id),
            (None, None) => return Vec::new(),
        };
        let of = Place::of(change.chat.id, None).message(change.message_id);
        let words = |kinds: &[ReactionKind]| -> Vec<String> { kinds.iter().map(word).collect() };
        let (old, new) = (words(&change.old_reaction), words(&change.new_reaction));
        let reaction = |kind: &String, added| Reaction {
            of: of.clone(),
            author: author.clone(),
            kind: kind.clone(),
            at: Timestamp::from_seconds(change.date),
            added,
        };
        let gone = old.iter().filter(|kind| !new.contains(kind));
        let come = new.iter().filter(|kind| !old.contains(kind));
        gone.map(|kind| reaction(kind, false))
            .chain(come.map(|kind| reaction(kind, true)))
            .collect()
    }
}

fn edit(message: &Message) -> Option<Edit> {
    let text = words(message);
    (!text.is_empty()).then(|| Edit {
        network_id: network_id(message),
        text,
        edited_at: Timestamp::from_seconds(message.edit_date.unwrap_or(message.date)),
    })
}

fn deletes(deleted: &DeletedMessages, now: Timestamp) -> Vec<Delete> {
    let place = Place::of(deleted.chat.id, Some(&deleted.business_connection_id));
    let ids = deleted.message_ids.iter();
    ids.map(|id| Delete {
        network_id: place.message(*id),
        deleted_at: now,
    })
    .collect()
}

/// Returns whether another bot said it; anonymous people speak through one too, but as a chat.
fn is_machine(message: &Message) -> bool {
    message.sender_chat.is_none() && message.from.as_ref().is_some_and(|user| user.is_bot)
}

fn place(message: &Message) -> Place {
    Place::of(message.chat.id, message.business_connection_id.as_deref())
}

/// Returns the id of a message; that of a channel's post for its copy in the channel's group.
fn network_id(message: &Message) -> String {
    if message.is_automatic_forward
        && let Some(origin) = &message.forward_origin
        && let (Some(chat), Some(message_id)) = (&origin.chat, origin.message_id)
    {
        return Place::of(chat.id, None).message(message_id);
    }
    place(message).message(message.number)
}

fn said(message: &Message) -> (&str, &[Entity]) {
    match (&message.text, &message.caption) {
        (Some(text), _) => (text, &message.entities),
        (None, Some(caption)) => (caption, &message.caption_entities),
        (None, None) => ("", &[]),
    }
}

/// Returns the words with the addresses behind linked ones, or what else a message tells.
fn words(message: &Message) -> String {
    let (text, entities) = said(message);
    if !text.is_empty() {
        return with_addresses(text, entities);
    }
    if let Some(venue) = &message.venue {
        return format!("{}, {}", venue.title, venue.address);
    }
    if let Some(location) = &message.location {
        return format!("geo:{},{}", location.latitude, location.longitude);
    }
    if let Some(contact) = &message.contact {
        let name = full_name(&contact.first_name, contact.last_name.as_deref());
        return format!("{}, {}", name.unwrap_or_default(), contact.phone_number);
    }
    if let Some(poll) = &message.poll {
        let options = poll
            .options
            .iter()
            .map(|option| format!("\n• {}", option.text));
        return format!("{}{}", poll.question, options.collect::<String>());
    }
    String::new()
}

/// Writes the address of every linked word behind it; entities count in UTF-16 units.
fn with_addresses(text: &str, entities: &[Entity]) -> String {
    let mut links: Vec<(usize, &str)> = entities
        .iter()
        .filter(|entity| entity.kind == "text_link")
        .filter_map(|entity| {
            let end = entity.offset.saturating_add(entity.length);
            Some((end, entity.url.as_deref()?))
        })
        .collect();
    if links.is_empty() {
        return text.to_owned();
    }
    links.sort_unstable();
    let mut written = String::new();
    let mut links = links.into_iter().peekable();
    let mut units = 0;
    for sign in text.chars() {
        while let Some((_, url)) = links.next_if(|(end, _)| *end <= units) {
            written.extend([" (", url, ")"]);
        }
        written.push(sign);
        units += sign.len_utf16();
    }
    for (_, url) in links {
        written.extend([" (", url, ")"]);
    }
    written
}

/// Returns what stands behind `/start`, by which a person came from a link of ours.
fn start_payload(text: &str) -> Option<String> {
    let rest = text.strip_prefix("/start")?;
    let payload = rest.strip_prefix(' ')?.trim();
    (!payload.is_empty()).then(|| payload.to_owned())
}

fn attachments(message: &Message) -> Vec<InboundAttachment> {
    let mut attachments = Vec::new();
    // Telegram gives a picture in several sizes, the largest last.
    if let Some(photo) = message.photo.last() {
        attachments.push(attachment(photo, "photo.jpg", "image/jpeg"));
    }
    if let Some(animation) = &message.animation {
        // An animation stands there a second time as a document, for older programs.
        attachments.push(attachment(animation, "animation.mp4", "video/mp4"));
    } else if let Some(document) = &message.document {
        attachments.push(attachment(document, "document", "application/octet-stream"));
    }
    let others = [
        (&message.video, "video.mp4", "video/mp4"),
        (&message.audio, "audio.mp3", "audio/mpeg"),
        (&message.voice, "voice.ogg", "audio/ogg"),
        (&message.video_note, "video.mp4", "video/mp4"),
    ];
    for (file, name, media_type) in others {
        attachments.extend(file.as_ref().map(|file| attachment(file, name, media_type)));
    }
    if let Some(sticker) = &message.sticker {
        let (name, media_type) = if sticker.is_animated {
            ("sticker.tgs", "application/x-tgsticker")
        } else if sticker.is_video {
            ("sticker.webm", "video/webm")
        } else {
            ("sticker.webp", "image/webp")
        };
        attachments.push(attachment(sticker, name, media_type));
    }
    attachments
}

fn attachment(file: &File, name: &str, media_type: &str) -> InboundAttachment {
    InboundAttachment {
        source: AttachmentSource::Url(format!("{FILE_SCHEME}{}", file.id)),
        name: file.name.clone().unwrap_or_else(|| name.to_owned()),
        media_type: file
            .mime_type
            .clone()
            .unwrap_or_else(|| media_type.to_owned()),
        size: file.size,
        alt: None,
    }
}

/// The reactions that kulant has words for; the others keep their sign.
pub(super) const REACTIONS: [(&str, &str); 6] = [
    ("like", "👍"),
    ("love", "❤"),
    ("thanks", "🙏"),
    ("laugh", "🤣"),
    ("sad", "😢"),
    ("angry", "😡"),
];

fn word(reaction: &ReactionKind) -> String {
    let Some(emoji) = &reaction.emoji else {
        return reaction.kind.clone();
    };
    REACTIONS
        .iter()
        .find(|(_, sign)| emoji.trim_end_matches('\u{fe0f}') == *sign)
        .map_or_else(|| emoji.clone(), |(word, _)| (*word).to_owned())
}

fn full_name(first: &str, last: Option<&str>) -> Option<String> {
    let name = format!("{first} {}", last.unwrap_or_default());
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
