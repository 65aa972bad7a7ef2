//! The JSON of the Bot API, as far as it is read, and the ids by which messages are known here.
//! Unknown fields and kinds of updates are let be.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kinds of updates asked for; reactions come only to those who name them.
pub(super) const ALLOWED_UPDATES: [&str; 8] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
];

/// The header by which a poll tells the bot's name to whoever reads its deliveries.
pub(super) const USERNAME_HEADER: &str = "bot-username";

/// What every method answers.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) ok: bool,
    pub(super) result: Option<Value>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) parameters: Parameters,
}

#[derive(Deserialize, Default)]
pub(super) struct Parameters {
    pub(super) retry_after: Option<u64>,
    pub(super) migrate_to_chat_id: Option<i64>,
}

/// What a poll remembers.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Cursor {
    /// Whose updates these are.
    #[serde(default)]
    pub(super) bot: Option<i64>,
    /// The first update that was not seen yet.
    pub(super) offset: Option<i64>,
    pub(super) username: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) message: Option<Message>,
    pub(super) edited_message: Option<Message>,
    pub(super) channel_post: Option<Message>,
    pub(super) edited_channel_post: Option<Message>,
    pub(super) business_message: Option<Message>,
    pub(super) edited_business_message: Option<Message>,
    pub(super) deleted_business_messages: Option<DeletedMessages>,
    pub(super) message_reaction: Option<ReactionChange>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(rename = "message_id")]
    pub(super) number: i64,
    pub(super) chat: Chat,
    pub(super) from: Option<User>,
    pub(super) sender_chat: Option<Chat>,
    pub(super) sender_business_bot: Option<User>,
    #[serde(default)]
    pub(super) date: i64,
    pub(super) edit_date: Option<i64>,
    pub(super) text: Option<String>,
    pub(super) caption: Option<String>,
    #[serde(default)]
    pub(super) entities: Vec<Entity>,
    #[serde(default)]
    pub(super) caption_entities: Vec<Entity>,
    #[serde(rename = "reply_to_message")]
    pub(super) answered: Option<Box<Message>>,
    pub(super) business_connection_id: Option<String>,
    /// What the pieces of an album share.
    pub(super) media_group_id: Option<String>,
    #[serde(default)]
    pub(super) is_automatic_forward: bool,
    pub(super) forward_origin: Option<Origin>,
    #[serde(default)]
    pub(super) photo: Vec<File>,
    pub(super) document: Option<File>,
    pub(super) video: Option<File>,
    pub(super) animation: Option<File>,
    pub(super) audio: Option<File>,
    pub(super) voice: Option<File>,
    pub(super) video_note: Option<File>,
    pub(super) sticker: Option<File>,
    pub(super) location: Option<Location>,
    pub(super) venue: Option<Venue>,
    pub(super) contact: Option<ContactCard>,
    pub(super) poll: Option<Poll>,
}

#[derive(Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) title: Option<String>,
    pub(super) username: Option<String>,
    #[serde(default)]
    pub(super) first_name: String,
    pub(super) last_name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) is_bot: bool,
    #[serde(default)]
    pub(super) first_name: String,
    pub(super) last_name: Option<String>,
    pub(super) username: Option<String>,
}

/// A stretch of a text with a meaning, counted in UTF-16 units.
#[derive(Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) url: Option<String>,
    pub(super) user: Option<User>,
}

/// Where a forwarded message was first said.
#[derive(Deserialize)]
pub(super) struct Origin {
    pub(super) chat: Option<Chat>,
    pub(super) message_id: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct File {
    #[serde(rename = "file_id")]
    pub(super) id: String,
    #[serde(rename = "file_name")]
    pub(super) name: Option<String>,
    pub(super) mime_type: Option<String>,
    #[serde(rename = "file_size")]
    pub(super) size: Option<u64>,
    #[serde(default)]
    pub(super) is_animated: bool,
    #[serde(default)]
    pub(super) is_video: bool,
}

#[derive(Deserialize)]
pub(super) struct Location {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

#[derive(Deserialize)]
pub(super) struct Venue {
    pub(super) title: String,
    pub(super) address: String,
}

#[derive(Deserialize)]
pub(super) struct ContactCard {
    pub(super) phone_number: String,
    pub(super) first_name: String,
    pub(super) last_name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Poll {
    pub(super) question: String,
    pub(super) options: Vec<PollOption>,
}

#[derive(Deserialize)]
pub(super) struct PollOption {
    pub(super) text: String,
}

#[derive(Deserialize)]
pub(super) struct DeletedMessages {
    pub(super) business_connection_id: String,
    pub(super) chat: Chat,
    pub(super) message_ids: Vec<i64>,
}

#[derive(Deserialize)]
pub(super) struct ReactionChange {
    pub(super) chat: Chat,
    pub(super) message_id: i64,
    pub(super) user: Option<User>,
    pub(super) actor_chat: Option<Chat>,
    #[serde(default)]
    pub(super) date: i64,
    #[serde(default)]
    pub(super) old_reaction: Vec<ReactionKind>,
    #[serde(default)]
    pub(super) new_reaction: Vec<ReactionKind>,
}

#[derive(Deserialize)]
pub(super) struct ReactionKind {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) emoji: Option<String>,
}

/// A chat as it stands in our ids: with the business connection through which it is read, because
/// that chat and the bot's own with the same person count their messages apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) chat: i64,
    pub(super) connection: Option<String>,
}

impl Place {
    pub(super) fn of(chat: i64, connection: Option<&str>) -> Self {
        Self {
            chat,
            connection: connection.map(str::to_owned),
        }
    }

    /// Returns the key of a private thread: the chat, or the chat and its business connection.
    pub(super) fn key(&self) -> String {
        match &self.connection {
            Some(connection) => format!("{}@{connection}", self.chat),
            None => self.chat.to_string(),
        }
    }

    /// Returns the id of a message, because Telegram counts the messages of every chat apart.
    pub(super) fn message(&self, message_id: i64) -> String {
        match &self.connection {
            Some(connection) => format!("{}:{message_id}@{connection}", self.chat),
            None => format!("{}:{message_id}", self.chat),
        }
    }

    /// Reads the key of a private thread, or a person's id, which is that of their chat.
    pub(super) fn read(key: &str) -> Option<Self> {
        let (chat, connection) = split_connection(key);
        Some(Self::of(chat.parse().ok()?, connection))
    }

    /// Reads the id of a message.
    pub(super) fn read_message(id: &str) -> Option<(Self, i64)> {
        let (numbers, connection) = split_connection(id);
        let (chat, message_id) = numbers.split_once(':')?;
        let place = Self::of(chat.parse().ok()?, connection);
        Some((place, message_id.parse().ok()?))
    }
}

fn split_connection(key: &str) -> (&str, Option<&str>) {
    match key.split_once('@') {
        Some((numbers, connection)) => (numbers, Some(connection)),
        None => (key, None),
    }
}

/// Returns the address of a message that others can open; private chats have none.
pub(super) fn address(chat: &Chat, message_id: i64) -> Option<String> {
    if let Some(username) = &chat.username
        && chat.kind != "private"
    {
        return Some(format!("https://t.me/{username}/{message_id}"));
    }
    let inner = chat.id.to_string();
    let inner = inner.strip_prefix("-100")?;
    Some(format!("https://t.me/c/{inner}/{message_id}"))
}
