//! What people do on Telegram.

use serde_json::{Value, json};

use super::chats::{Chat, Message};
use super::{Bot, Telegram};
use crate::networks::kit::{Act, Done, FileWish, Kit, Refused};

/// Where a chat lies: its id, and the key of private ones.
type Key = (i64, Option<String>);

pub(super) fn act(net: &mut Telegram, act: &Act, kit: &Kit) -> Done {
    let bot = net
        .bot_by(act.to.as_deref())
        .cloned()
        .ok_or_else(|| Refused::not_found("the bot"))?;
    if act.what == "revoke_token" {
        // The old one is dead, the hook stays as it is, with the secret that was given then.
        let token = Telegram::token(bot.id, kit);
        if let Some(bot) = net.bots.get_mut(&bot.id) {
            bot.token.clone_from(&token);
        }
        return Ok(json!({"secrets": {"token": token}}));
    }
    if act.what == "migrate" {
        return migrate(net, &bot, kit);
    }
    let by = net.user(&act.by, act.called(), kit);
    match act.what.as_str() {
        "post" | "comment" | "reply" | "dm" => say(net, &bot, by, act, kit),
        "native_reply" => native_reply(net, &bot, act, kit),
        "edit" => {
            let (key, number) = find(net, &bot, act.target()?)?;
            let chat = net.chats.get_mut(&key).ok_or_else(gone)?;
            let message = chat.messages.get_mut(&number).ok_or_else(gone)?;
            message.text.clone_from(&act.text);
            message.edited = Some(kit.clock.seconds());
            tell(net, &bot, &key, number, true, kit);
            Ok(json!({"id": act.of}))
        }
        "delete" => {
            let (key, number) = find(net, &bot, act.target()?)?;
            let chat = net.chats.get_mut(&key).ok_or_else(gone)?;
            chat.messages.remove(&number);
            // Only business accounts learn of it.
            if let Some(connection) = connection(&bot, &key) {
                let told = json!({
                    "business_connection_id": connection,
                    "chat": chat.show(),
                    "message_ids": [number],
                });
                net.update(bot.id, "deleted_business_messages", &told, kit);
            }
            Ok(json!({}))
        }
        "react" | "unreact" => react(net, &bot, by, act, kit),
        "block" | "unblock" => {
            let blocks = act.what == "block";
            let user = net.users.get_mut(&by).ok_or_else(gone)?;
            if blocks {
                user.blocked.insert(bot.id);
            } else {
                user.blocked.remove(&bot.id);
            }
            let (was, is) = if blocks {
                ("member", "kicked")
            } else {
                ("kicked", "member")
            };
            let told = json!({
                "chat": {"id": by, "type": "private", "first_name": user.name},
                "from": user.show(),
                "date": kit.clock.seconds(),
                "old_chat_member": {"user": bot.show(), "status": was},
                "new_chat_member": {"user": bot.show(), "status": is},
            });
            net.update(bot.id, "my_chat_member", &told, kit);
            Ok(json!({}))
        }
        "depart" => {
            net.users.get_mut(&by).ok_or_else(gone)?.gone = true;
            Ok(json!({}))
        }
        _ => Err(act.unknown()),
    }
}

fn say(net: &mut Telegram, bot: &Bot, by: i64, act: &Act, kit: &Kit) -> Done {
    let (key, reply_to) = place(net, bot, by, act)?;
    let mut numbers = Vec::new();
    let album = (act.attachments.len() > 1).then(|| kit.ids.digits("album", 17));
    let pieces = act.attachments.len().max(1);
    for piece in 0..pieces {
        let text = if piece == 0 { act.text.as_str() } else { "" };
        let mut message = Message::new(Some(by), text, kit);
        message.reply_to = reply_to;
        message.album.clone_from(&album);
        if let Some(file) = act.attachments.get(piece) {
            message.files = Some(attach(net, file, kit));
        }
        let chat = net.chats.get_mut(&key).ok_or_else(gone)?;
        numbers.push(chat.add(message));
    }
    for number in &numbers {
        tell(net, bot, &key, *number, false, kit);
    }
    Ok(json!({
        "id": id(&key, numbers[0], connection(bot, &key)),
        "chat": key.0,
        "message_id": numbers[0],
        "person": by.to_string(),
    }))
}

/// Finds where something is said: below what it answers, in private, or in the bot's group.
fn place(net: &mut Telegram, bot: &Bot, by: i64, act: &Act) -> Result<(Key, Option<i64>), Refused> {
    if act.what == "dm" {
        let connection = bot.business.as_ref().filter(|_| act.flag("business"));
        let connection = connection.map(|(connection, _)| connection.as_str());
        net.private_chat(by, bot.id, connection);
        if let Some(user) = net.users.get_mut(&by) {
            user.started.insert(bot.id);
        }
        let key = (
            by,
            Some(connection.map_or_else(|| bot.id.to_string(), str::to_owned)),
        );
        let answered = act.of.as_deref().map(|of| find(net, bot, of)).transpose()?;
        let reply_to = answered
            .filter(|(place, _)| *place == key)
            .map(|(_, number)| number);
        return Ok((key, reply_to));
    }
    let Some(of) = act.of.as_deref() else {
        let wanted = act.more("chat");
        let group = net.chats.values().find(|chat| {
            chat.bot == bot.id
                && matches!(chat.kind.as_str(), "group" | "supergroup")
                && chat.moved_to.is_none()
                && wanted.is_none_or(|name| chat.title == name || chat.id.to_string() == name)
        });
        let group = group.ok_or_else(|| Refused::not_found("the group"))?;
        return Ok(((group.id, None), None));
    };
    let (key, number) = find(net, bot, of)?;
    // Below the post of a channel one writes in its group, under the copy there.
    let chat = net.chats.get(&key).ok_or_else(gone)?;
    if let Some(comments) = chat.comments.filter(|_| chat.kind == "channel") {
        let copies = net.chats.get(&(comments, None)).ok_or_else(gone)?;
        let copy = copies
            .messages
            .values()
            .find(|message| message.copy_of == Some((key.0, number)))
            .ok_or_else(gone)?;
        return Ok(((comments, None), Some(copy.number)));
    }
    Ok((key, Some(number)))
}

/// Lets the owner of a business account answer by their own program.
fn native_reply(net: &mut Telegram, bot: &Bot, act: &Act, kit: &Kit) -> Done {
    let (_, owner) = bot
        .business
        .clone()
        .ok_or_else(|| Refused(422, "the bot serves no business account".to_owned()))?;
    let (key, number) = find(net, bot, act.target()?)?;
    let mut message = Message::new(Some(owner), &act.text, kit);
    message.reply_to = Some(number);
    let chat = net.chats.get_mut(&key).ok_or_else(gone)?;
    let number = chat.add(message);
    tell(net, bot, &key, number, false, kit);
    Ok(json!({"id": id(&key, number, connection(bot, &key))}))
}

fn react(net: &mut Telegram, bot: &Bot, by: i64, act: &Act, kit: &Kit) -> Done {
    let (key, number) = find(net, bot, act.target()?)?;
    let emoji = act.reaction.as_deref().unwrap_or("👍");
    let user = net.show_author(by);
    let chat = net.chats.get_mut(&key).ok_or_else(gone)?;
    let shown = chat.show();
    let message = chat.messages.get_mut(&number).ok_or_else(gone)?;
    let written = |emoji: Option<&String>| -> Value {
        emoji.map_or_else(
            || json!([]),
            |emoji| json!([{"type": "emoji", "emoji": emoji}]),
        )
    };
    let old = written(message.reactions.get(&by));
    if act.what == "react" {
        message.reactions.insert(by, emoji.to_owned());
    } else {
        message.reactions.remove(&by);
    }
    let new = written(message.reactions.get(&by));
    let told = json!({
        "chat": shown,
        "message_id": number,
        "user": user,
        "date": kit.clock.seconds(),
        "old_reaction": old,
        "new_reaction": new,
    });
    // In a private chat a bot is no administrator, and learns nothing.
    if bot.administrator && key.1.is_none() {
        net.update(bot.id, "message_reaction", &told, kit);
    }
    Ok(json!({}))
}

/// Makes a supergroup of the bot's group: everything that is said from now on is said elsewhere.
fn migrate(net: &mut Telegram, bot: &Bot, kit: &Kit) -> Done {
    let old = net
        .chats
        .values()
        .find(|chat| chat.bot == bot.id && chat.kind == "group" && chat.moved_to.is_none())
        .map(|chat| (chat.id, chat.title.clone()))
        .ok_or_else(|| Refused::not_found("the group"))?;
    let new = net.open_chat("supergroup", &old.1, None, bot.id, kit);
    for (chat, field, other) in [
        (old.0, "migrate_to_chat_id", new),
        (new, "migrate_from_chat_id", old.0),
    ] {
        let key = (chat, None);
        let Some(place) = net.chats.get_mut(&key) else {
            continue;
        };
        let mut message = Message::new(Some(bot.id), "", kit);
        message.files = Some(json!({field: other}));
        let number = place.add(message);
        tell(net, bot, &key, number, false, kit);
    }
    if let Some(chat) = net.chats.get_mut(&(old.0, None)) {
        chat.moved_to = Some(new);
    }
    Ok(json!({"from": old.0.to_string(), "to": new.to_string()}))
}

/// Tells the bot a message, where it is one that the bot gets to read.
pub(super) fn tell(net: &mut Telegram, bot: &Bot, key: &Key, number: i64, edited: bool, kit: &Kit) {
    let Some(chat) = net.chats.get(key) else {
        return;
    };
    let Some(message) = chat.messages.get(&number) else {
        return;
    };
    let connection = connection(bot, key);
    let kind = match (chat.kind.as_str(), connection, edited) {
        (_, Some(_), false) => "business_message",
        (_, Some(_), true) => "edited_business_message",
        ("channel", None, false) => "channel_post",
        ("channel", None, true) => "edited_channel_post",
        (_, None, false) => "message",
        (_, None, true) => "edited_message",
    };
    let group = matches!(chat.kind.as_str(), "group" | "supergroup");
    if group && !bot.administrator && !is_for(bot, chat, message) {
        return;
    }
    let shown = net.show(chat, message, connection);
    net.update(bot.id, kind, &shown, kit);
}

/// Returns whether a bot without rights gets to read a message of a group.
fn is_for(bot: &Bot, chat: &Chat, message: &Message) -> bool {
    let answered = message
        .reply_to
        .and_then(|number| chat.messages.get(&number));
    message.text.starts_with('/')
        || message.text.contains(&format!("@{}", bot.username))
        || answered.is_some_and(|answered| answered.from == Some(bot.id))
}

fn attach(net: &mut Telegram, file: &FileWish, kit: &Kit) -> Value {
    let bytes = file.bytes();
    let size = bytes.len();
    let path = kit.keep_file(&file.name, &file.media_type, bytes);
    let file_id = format!("AgAC{}", kit.ids.letters("file_id", 40));
    let unique = kit.ids.letters("unique", 14);
    net.files.insert(file_id.clone(), (path, size));
    let mut shown = json!({"file_id": file_id, "file_unique_id": unique, "file_size": size});
    if file.media_type.starts_with("image/") {
        shown["width"] = json!(1_280);
        shown["height"] = json!(960);
        return json!({"photo": [shown]});
    }
    shown["file_name"] = json!(file.name);
    shown["mime_type"] = json!(file.media_type);
    json!({"document": shown})
}

/// Returns the connection through which a private chat is read, where it is a business chat.
fn connection<'a>(bot: &'a Bot, key: &Key) -> Option<&'a str> {
    let (connection, _) = bot.business.as_ref()?;
    (key.1.as_ref() == Some(connection)).then_some(connection)
}

/// Writes a message's id: where it lies, and through which connection it is read.
pub(super) fn id(key: &Key, number: i64, connection: Option<&str>) -> String {
    match connection {
        Some(connection) => format!("{}:{number}@{connection}", key.0),
        None => format!("{}:{number}", key.0),
    }
}

/// Finds a message by chat and number, as ids are written here: `chat:number`, or
/// `chat:number@connection` in a business chat.
fn find(net: &Telegram, bot: &Bot, id: &str) -> Result<(Key, i64), Refused> {
    let (numbers, connection) = match id.split_once('@') {
        Some((numbers, connection)) => (numbers, Some(connection.to_owned())),
        None => (id, None),
    };
    let parts = numbers.split_once(':').ok_or_else(gone)?;
    let chat: i64 = parts.0.parse().map_err(|_| gone())?;
    let number: i64 = parts.1.parse().map_err(|_| gone())?;
    let key = if chat > 0 {
        (chat, Some(connection.unwrap_or_else(|| bot.id.to_string())))
    } else {
        (chat, None)
    };
    let there = net
        .chats
        .get(&key)
        .is_some_and(|chat| chat.messages.contains_key(&number));
    if there {
        Ok((key, number))
    } else {
        Err(gone())
    }
}

fn gone() -> Refused {
    Refused::not_found("the message")
}
