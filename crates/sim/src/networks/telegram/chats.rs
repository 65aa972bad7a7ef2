//! Chats and their messages, and how both are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Bot, Telegram, User};
use crate::networks::kit::Kit;

/// Where messages are; a business chat with somebody is another one than the bot's own with them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) username: Option<String>,
    /// The bot that is in it.
    pub(super) bot: i64,
    pub(super) moved_to: Option<i64>,
    /// The group in which the posts of a channel are talked about.
    pub(super) comments: Option<i64>,
    pub(super) messages: BTreeMap<i64, Message>,
    pub(super) last: i64,
}

/// One message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) number: i64,
    pub(super) from: Option<i64>,
    pub(super) date: i64,
    pub(super) edited: Option<i64>,
    pub(super) text: String,
    pub(super) reply_to: Option<i64>,
    pub(super) files: Option<Value>,
    pub(super) album: Option<String>,
    /// The post of a channel that this is a copy of.
    pub(super) copy_of: Option<(i64, i64)>,
    pub(super) reactions: BTreeMap<i64, String>,
}

impl Telegram {
    pub(super) fn open_chat(
        &mut self,
        kind: &str,
        title: &str,
        username: Option<&str>,
        bot: i64,
        kit: &Kit,
    ) -> i64 {
        let known = self
            .chats
            .values()
            .find(|chat| chat.bot == bot && chat.title == title && chat.kind == kind);
        if let Some(chat) = known {
            return chat.id;
        }
        let number = kit.ids.rising("chat", 2_000_000_000) as i64;
        let id = if kind == "group" {
            -number
        } else {
            -1_000_000_000_000 - number
        };
        let chat = Chat {
            id,
            kind: kind.to_owned(),
            title: title.to_owned(),
            username: username.map(str::to_owned),
            bot,
            moved_to: None,
            comments: None,
            messages: BTreeMap::new(),
            last: 0,
        };
        self.chats.insert((id, None), chat);
        id
    }

    /// Returns the chat of somebody with a bot, which is opened by the first message in it.
    pub(super) fn private_chat(
        &mut self,
        user: i64,
        bot: i64,
        connection: Option<&str>,
    ) -> Option<&mut Chat> {
        let person = self.users.get(&user)?;
        let chat = Chat {
            id: user,
            kind: "private".to_owned(),
            title: person.name.clone(),
            username: Some(person.username.clone()),
            bot,
            moved_to: None,
            comments: None,
            messages: BTreeMap::new(),
            last: 0,
        };
        // Every bot counts its own chat with a person, as a business connection does.
        let key = (
            user,
            Some(connection.map_or_else(|| bot.to_string(), str::to_owned)),
        );
        Some(self.chats.entry(key).or_insert(chat))
    }

    /// Writes a message as bots get it.
    pub(super) fn show(&self, chat: &Chat, message: &Message, connection: Option<&str>) -> Value {
        self.show_deep(chat, message, connection, true)
    }

    fn show_deep(
        &self,
        chat: &Chat,
        message: &Message,
        connection: Option<&str>,
        with_answered: bool,
    ) -> Value {
        let mut shown = json!({
            "message_id": message.number,
            "chat": chat.show(),
            "date": message.date,
        });
        let channel = |id: i64| self.chats.get(&(id, None)).map(Chat::show);
        if let Some((origin, number)) = message.copy_of {
            shown["from"] = json!({"id": 777_000, "is_bot": false, "first_name": "Telegram"});
            shown["sender_chat"] = json!(channel(origin));
            shown["is_automatic_forward"] = json!(true);
            shown["forward_origin"] = json!({
                "type": "channel",
                "chat": channel(origin),
                "message_id": number,
                "date": message.date,
            });
        } else if chat.kind == "channel" {
            shown["sender_chat"] = chat.show();
        } else if let Some(from) = message.from {
            shown["from"] = self.show_author(from);
        }
        if let Some(at) = message.edited {
            shown["edit_date"] = json!(at);
        }
        if let Some(connection) = connection {
            shown["business_connection_id"] = json!(connection);
        }
        if let Some(album) = &message.album {
            shown["media_group_id"] = json!(album);
        }
        let entities = entities(&message.text);
        let (text, marks) = match &message.files {
            Some(Value::Object(files)) => {
                for (name, file) in files {
                    shown[name] = file.clone();
                }
                ("caption", "caption_entities")
            }
            _ => ("text", "entities"),
        };
        if !message.text.is_empty() {
            shown[text] = json!(message.text);
            if !entities.is_empty() {
                shown[marks] = json!(entities);
            }
        }
        let answered = message
            .reply_to
            .and_then(|number| chat.messages.get(&number));
        if let Some(answered) = answered.filter(|_| with_answered) {
            shown["reply_to_message"] = self.show_deep(chat, answered, connection, false);
            if answered.copy_of.is_some() {
                shown["message_thread_id"] = json!(answered.number);
            }
        }
        shown
    }

    pub(super) fn show_author(&self, id: i64) -> Value {
        match (self.users.get(&id), self.bots.get(&id)) {
            (Some(user), _) => user.show(),
            (None, Some(bot)) => bot.show(),
            (None, None) => json!({"id": id, "is_bot": false, "first_name": ""}),
        }
    }
}

impl Chat {
    pub(super) fn show(&self) -> Value {
        let mut shown = json!({"id": self.id, "type": self.kind});
        let name = if self.kind == "private" {
            "first_name"
        } else {
            "title"
        };
        shown[name] = json!(self.title);
        if let Some(username) = &self.username {
            shown["username"] = json!(username);
        }
        shown
    }

    pub(super) fn add(&mut self, mut message: Message) -> i64 {
        self.last += 1;
        message.number = self.last;
        self.messages.insert(message.number, message);
        self.last
    }
}

impl Message {
    pub(super) fn new(from: Option<i64>, text: &str, kit: &Kit) -> Self {
        Self {
            number: 0,
            from,
            date: kit.clock.seconds(),
            edited: None,
            text: text.to_owned(),
            reply_to: None,
            files: None,
            album: None,
            copy_of: None,
            reactions: BTreeMap::new(),
        }
    }
}

impl User {
    pub(super) fn show(&self) -> Value {
        json!({
            "id": self.id,
            "is_bot": false,
            "first_name": self.name,
            "username": self.username,
            "language_code": "de",
        })
    }
}

impl Bot {
    pub(super) fn show(&self) -> Value {
        json!({
            "id": self.id,
            "is_bot": true,
            "first_name": self.name,
            "username": self.username,
        })
    }
}

/// Finds names, commands, tags and links, counted in UTF-16 units.
fn entities(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut offset = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end_matches(|sign: char| {
            sign.is_whitespace() || matches!(sign, '.' | ',' | '!' | '?' | ':' | ')')
        });
        let kind = match bare.chars().next() {
            Some('@') if bare.len() > 4 => Some("mention"),
            Some('/') if bare.len() > 1 => Some("bot_command"),
            Some('#') if bare.len() > 1 => Some("hashtag"),
            _ if bare.starts_with("http://") || bare.starts_with("https://") => Some("url"),
            _ => None,
        };
        if let Some(kind) = kind {
            let length = bare.encode_utf16().count();
            found.push(json!({"type": kind, "offset": offset, "length": length}));
        }
        offset += word.encode_utf16().count();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::entities;

    #[test]
    fn marks_count_in_utf_16() {
        let found = entities("🚆 ja @hilfe_bot, /start https://a.de.");
        assert_eq!(found[0]["offset"], 6);
        assert_eq!(found[0]["length"], 10);
        assert_eq!(found[1]["type"], "bot_command");
        assert_eq!(found[2]["length"], 12);
    }
}
