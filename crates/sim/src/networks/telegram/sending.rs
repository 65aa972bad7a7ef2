//! The methods that write: who may write where, how much and how often.

use serde_json::{Value, json};

use super::Telegram;
use super::acts::{id, tell};
use super::api::{done, refused, too_many};
use super::chats::Message;
use crate::networks::kit::{Answer, Call, FileKind, Kit, Limit, Misfit, OwnWord, Upload};

const LONGEST_TEXT: usize = 4_096;
const LONGEST_CAPTION: usize = 1_024;
const PHOTOS: &[FileKind] = &[FileKind {
    types: &["image/"],
    most: 10 << 20,
}];
const DOCUMENTS: &[FileKind] = &[FileKind {
    types: &[""],
    most: 50 << 20,
}];
/// How long after a person's last word a bot answers in a business chat.
const BUSINESS_SECONDS: i64 = 24 * 3_600;
/// How long a bot may delete what it said.
const DELETABLE_SECONDS: i64 = 48 * 3_600;

const ALL: Limit = Limit {
    name: "all",
    most: 30,
    span: 1_000,
};
const GROUP: Limit = Limit {
    name: "group",
    most: 20,
    span: 60_000,
};
/// About one a second, with bursts.
const CHAT: Limit = Limit {
    name: "chat",
    most: 20,
    span: 20_000,
};

type Key = (i64, Option<String>);

pub(super) fn write(net: &mut Telegram, bot: i64, method: &str, call: &Call, kit: &Kit) -> Answer {
    let outcome = match method {
        "sendmessage" | "sendphoto" | "senddocument" | "sendmediagroup" => {
            send(net, bot, method, call, kit)
        }
        "editmessagetext" => edit(net, bot, "text", call, kit),
        "editmessagecaption" => edit(net, bot, "caption", call, kit),
        "deletemessage" => delete(net, bot, call, kit),
        "deletebusinessmessages" => delete_business(net, bot, call),
        "setmessagereaction" => react(net, bot, call),
        "sendchataction" => chat(net, bot, call).map(|_| json!(true)),
        _ => Err(refused(404, "Not Found: method not found")),
    };
    match outcome {
        Ok(result) => done(&result),
        Err(answer) => answer,
    }
}

/// Finds the chat that a call names; that of another place, where the chat has moved, is a refusal.
pub(super) fn chat(net: &Telegram, bot: i64, call: &Call) -> Result<Key, Answer> {
    let named = call.param("chat_id").unwrap_or_default();
    let not_found = || refused(400, "Bad Request: chat not found");
    let key = if let Some(name) = named.strip_prefix('@') {
        let chat = net
            .chats
            .values()
            .find(|chat| chat.kind != "private" && chat.username.as_deref() == Some(name));
        (chat.ok_or_else(not_found)?.id, None)
    } else {
        let id: i64 = named
            .parse()
            .map_err(|_| refused(400, "Bad Request: chat_id is empty"))?;
        if id > 0 {
            let key = call
                .param("business_connection_id")
                .unwrap_or_else(|| bot.to_string());
            (id, Some(key))
        } else {
            (id, None)
        }
    };
    let chat = net.chats.get(&key).ok_or_else(not_found)?;
    if chat.bot != bot {
        return Err(not_found());
    }
    if let Some(moved_to) = chat.moved_to {
        let body = json!({
            "ok": false,
            "error_code": 400,
            "description": "Bad Request: group chat was upgraded to a supergroup chat",
            "parameters": {"migrate_to_chat_id": moved_to},
        });
        return Err(Answer::json(400, &body));
    }
    if let Some(user) = net.users.get(&key.0) {
        if user.gone {
            return Err(refused(403, "Forbidden: user is deactivated"));
        }
        if user.blocked.contains(&bot) {
            return Err(refused(403, "Forbidden: bot was blocked by the user"));
        }
        if !user.started.contains(&bot) {
            return Err(refused(
                403,
                "Forbidden: bot can't initiate conversation with a user",
            ));
        }
    }
    Ok(key)
}

/// In a business chat a bot answers only who wrote there within the last day.
fn check_window(net: &Telegram, bot: i64, key: &Key, kit: &Kit) -> Result<(), Answer> {
    if key.1 == Some(bot.to_string()) {
        return Ok(());
    }
    let Some(chat) = net.chats.get(key).filter(|_| key.1.is_some()) else {
        return Ok(());
    };
    let written = chat.messages.values();
    let newest = written
        .filter(|message| message.from == Some(key.0))
        .map(|message| message.date)
        .max();
    match newest {
        Some(at) if kit.clock.seconds() - at <= BUSINESS_SECONDS => Ok(()),
        _ => Err(refused(400, "Bad Request: BUSINESS_PEER_USAGE_MISSING")),
    }
}

fn send(
    net: &mut Telegram,
    bot: i64,
    method: &str,
    call: &Call,
    kit: &Kit,
) -> Result<Value, Answer> {
    let key = chat(net, bot, call)?;
    check_window(net, bot, &key, kit)?;
    pace(&key, bot, kit)?;
    let text = match method {
        "sendmessage" => call.param("text").unwrap_or_default(),
        "sendmediagroup" => {
            let first = call.value("media");
            first[0]["caption"].as_str().unwrap_or_default().to_owned()
        }
        _ => call.param("caption").unwrap_or_default(),
    };
    let length = text.encode_utf16().count();
    if method == "sendmessage" && text.trim().is_empty() {
        return Err(refused(400, "Bad Request: message text is empty"));
    }
    if method == "sendmessage" && length > LONGEST_TEXT {
        return Err(refused(400, "Bad Request: message is too long"));
    }
    if method != "sendmessage" && length > LONGEST_CAPTION {
        return Err(refused(400, "Bad Request: message caption is too long"));
    }
    let reply_to = reply_to(net, &key, call)?;
    let files: Vec<Upload> = match method {
        "sendmessage" => Vec::new(),
        _ if call.files.is_empty() => {
            return Err(refused(
                400,
                "Bad Request: there is no photo in the request",
            ));
        }
        _ => call.files.clone(),
    };
    if method == "sendmediagroup" && !(2..=10).contains(&files.len()) {
        return Err(refused(
            400,
            "Bad Request: strict number of media must be from 2 to 10",
        ));
    }

    let photo = method == "sendphoto" || call.value("media")[0]["type"] == "photo";
    let kinds = if photo { PHOTOS } else { DOCUMENTS };
    for file in &files {
        match kit.limits.objection(kinds, file) {
            Some(Misfit::Type) => return Err(refused(400, "Bad Request: IMAGE_PROCESS_FAILED")),
            Some(Misfit::Size(_)) => return Err(refused(413, "Request Entity Too Large")),
            None => {}
        }
    }

    let album = (files.len() > 1).then(|| kit.ids.digits("album", 17));
    let mut shown = Vec::new();
    let mut word = None;
    for piece in 0..files.len().max(1) {
        let words = if piece == 0 { text.as_str() } else { "" };
        let mut message = Message::new(Some(bot), words, kit);
        message.reply_to = reply_to;
        message.album.clone_from(&album);
        if let Some(file) = files.get(piece) {
            message.files = Some(keep(net, file, photo, kit));
        }
        let number = add(net, bot, &key, message, kit)?;
        let connection = call.param("business_connection_id");
        if piece == 0 {
            let of = reply_to.map(|of| id(&key, of, connection.as_deref()));
            word = Some(OwnWord {
                id: id(&key, number, connection.as_deref()),
                by: bot.to_string(),
                of,
                to: Some(key.0.to_string()),
                text: text.clone(),
                private: key.1.is_some(),
            });
        }
        let place = net.chats.get(&key).ok_or_else(gone)?;
        let message = place.messages.get(&number).ok_or_else(gone)?;
        shown.push(net.show(place, message, connection.as_deref()));
    }
    if let Some(word) = word {
        kit.own_words.note(word);
    }
    match album {
        Some(_) => Ok(Value::Array(shown)),
        None => Ok(shown.swap_remove(0)),
    }
}

/// Adds a message; the post of a channel appears in the channel's group too, and is told there.
fn add(
    net: &mut Telegram,
    bot: i64,
    key: &Key,
    message: Message,
    kit: &Kit,
) -> Result<i64, Answer> {
    let place = net.chats.get_mut(key).ok_or_else(gone)?;
    let number = place.add(message.clone());
    let Some(comments) = place.comments else {
        return Ok(number);
    };
    let mut copy = message;
    copy.copy_of = Some((key.0, number));
    copy.reply_to = None;
    let group = (comments, None);
    if let Some(place) = net.chats.get_mut(&group) {
        let number = place.add(copy);
        if let Some(bot) = net.bots.get(&bot).cloned() {
            tell(net, &bot, &group, number, false, kit);
        }
    }
    Ok(number)
}

fn pace(key: &Key, bot: i64, kit: &Kit) -> Result<(), Answer> {
    let now = kit.now();
    let place = format!("{bot} {}", key.0);
    let limits = [
        (ALL, bot.to_string()),
        (if key.0 < 0 { GROUP } else { CHAT }, place),
    ];
    for (limit, who) in limits {
        let standing = kit.limits.take(limit, &who, 1, now);
        if !standing.allowed {
            return Err(too_many(standing.wait_seconds(now)));
        }
    }
    Ok(())
}

fn reply_to(net: &Telegram, key: &Key, call: &Call) -> Result<Option<i64>, Answer> {
    let parameters = call.value("reply_parameters");
    let Some(number) = parameters["message_id"].as_i64() else {
        return Ok(None);
    };
    let there = net
        .chats
        .get(key)
        .is_some_and(|chat| chat.messages.contains_key(&number));
    match (there, parameters["allow_sending_without_reply"].as_bool()) {
        (true, _) => Ok(Some(number)),
        (false, Some(true)) => Ok(None),
        (false, _) => Err(refused(400, "Bad Request: message to be replied not found")),
    }
}

fn keep(net: &mut Telegram, file: &Upload, photo: bool, kit: &Kit) -> Value {
    let path = kit.keep_file(&file.name, &file.media_type, file.bytes.clone());
    let file_id = format!("BQAC{}", kit.ids.letters("file_id", 40));
    net.files.insert(file_id.clone(), (path, file.bytes.len()));
    let unique = kit.ids.letters("unique", 14);
    let mut shown =
        json!({"file_id": file_id, "file_unique_id": unique, "file_size": file.bytes.len()});
    if photo {
        shown["width"] = json!(800);
        shown["height"] = json!(600);
        return json!({"photo": [shown]});
    }
    shown["file_name"] = json!(file.name);
    shown["mime_type"] = json!(file.media_type);
    json!({"document": shown})
}

fn edit(
    net: &mut Telegram,
    bot: i64,
    field: &str,
    call: &Call,
    kit: &Kit,
) -> Result<Value, Answer> {
    let key = chat(net, bot, call)?;
    let number = call.number("message_id").unwrap_or_default();
    let text = call.param(field).unwrap_or_default();
    let longest = if field == "text" {
        LONGEST_TEXT
    } else {
        LONGEST_CAPTION
    };
    let place = net.chats.get_mut(&key).ok_or_else(gone)?;
    let Some(message) = place.messages.get_mut(&number) else {
        return Err(refused(400, "Bad Request: message to edit not found"));
    };
    if message.from != Some(bot) {
        return Err(refused(400, "Bad Request: message can't be edited"));
    }
    if field == "text" && message.files.is_some() {
        return Err(refused(
            400,
            "Bad Request: there is no text in the message to edit",
        ));
    }
    if text.encode_utf16().count() > longest {
        return Err(refused(400, "Bad Request: MESSAGE_TOO_LONG"));
    }
    if message.text == text {
        return Err(refused(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
        ));
    }
    message.text = text;
    message.edited = Some(kit.clock.seconds());
    let message = message.clone();
    let place = net.chats.get(&key).ok_or_else(gone)?;
    Ok(net.show(
        place,
        &message,
        call.param("business_connection_id").as_deref(),
    ))
}

fn delete(net: &mut Telegram, bot: i64, call: &Call, kit: &Kit) -> Result<Value, Answer> {
    let key = chat(net, bot, call)?;
    let number = call.number("message_id").unwrap_or_default();
    let administrator = net.bots.get(&bot).is_some_and(|bot| bot.administrator);
    let place = net.chats.get_mut(&key).ok_or_else(gone)?;
    let Some(message) = place.messages.get(&number) else {
        return Err(refused(400, "Bad Request: message to delete not found"));
    };
    let own = message.from == Some(bot);
    let old = kit.clock.seconds() - message.date > DELETABLE_SECONDS;
    let may = own || (administrator && key.1.is_none());
    if !may || (old && !administrator) {
        return Err(refused(400, "Bad Request: message can't be deleted"));
    }
    place.messages.remove(&number);
    Ok(json!(true))
}

fn delete_business(net: &mut Telegram, bot: i64, call: &Call) -> Result<Value, Answer> {
    let connection = call.param("business_connection_id");
    let known = net
        .bots
        .get(&bot)
        .and_then(|bot| bot.business.as_ref())
        .is_some_and(|(known, _)| Some(known) == connection.as_ref());
    if !known {
        return Err(refused(400, "Bad Request: business connection not found"));
    }
    let numbers = call.value("message_ids");
    for chat in net
        .chats
        .iter_mut()
        .filter(|((_, key), _)| *key == connection)
    {
        for number in numbers
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_i64)
        {
            chat.1.messages.remove(&number);
        }
    }
    Ok(json!(true))
}

fn react(net: &mut Telegram, bot: i64, call: &Call) -> Result<Value, Answer> {
    let key = chat(net, bot, call)?;
    let number = call.number("message_id").unwrap_or_default();
    let wanted = call.value("reaction");
    let place = net.chats.get_mut(&key).ok_or_else(gone)?;
    let Some(message) = place.messages.get_mut(&number) else {
        return Err(refused(400, "Bad Request: message to react not found"));
    };
    match wanted.as_array().map(Vec::as_slice) {
        Some([]) | None => {
            message.reactions.remove(&bot);
        }
        Some([one]) => {
            let emoji = one["emoji"].as_str().unwrap_or_default();
            if !["👍", "❤", "🙏", "🤣", "😢", "😡", "👎", "🔥", "🎉"].contains(&emoji)
            {
                return Err(refused(400, "Bad Request: REACTION_INVALID"));
            }
            message.reactions.insert(bot, emoji.to_owned());
        }
        Some(_) => return Err(refused(400, "Bad Request: REACTIONS_TOO_MANY")),
    }
    Ok(json!(true))
}

fn gone() -> Answer {
    refused(400, "Bad Request: chat not found")
}
