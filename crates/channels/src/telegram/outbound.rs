//! Ours → the Bot API: texts, files, edits, deletes and one reaction a message. A group that became
//! a supergroup is followed; nothing else is tried twice, because a bot cannot look what it sent.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::client::{self, Called};
use super::inbound::REACTIONS;
use super::wire::{self, Message, Place};
use super::{SIDE, link};
use crate::capability::{Counting, count_length};
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::http::{Http, Request};
use crate::outbound::{Action, Outbound, OutboundAttachment, Receipt, SendError};
use crate::signature;

/// The longest text beside a file.
const CAPTION: usize = 1_024;
/// How many files make one album.
const ALBUM_FILES: usize = 10;
/// The largest picture that is shown as one; larger ones go as documents.
const PICTURE_BYTES: usize = 10 << 20;
const FILES: &[FileKind] = &[FileKind::any(50 << 20)];

/// Where something goes.
struct Target {
    chat: Value,
    connection: Option<String>,
    reply_to: Option<i64>,
}

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    match &outbound.action {
        Action::Reply { body, attachments } => {
            let (target, body) = if outbound.hand_over && outbound.thread.is_none() {
                invitation(account, outbound, body, http).await?
            } else {
                (target(account, outbound)?, body.clone())
            };
            check(&body, attachments)?;
            reply(account, outbound, (target, &body, attachments), http).await
        }
        Action::Edit { network_id, body } => {
            check(body, &[])?;
            edit(account, network_id, body, http).await
        }
        Action::Delete { network_id } => delete(account, network_id, http).await,
        Action::React {
            network_id,
            kind,
            added,
        } => {
            let reactions = if *added {
                json!([{"type": "emoji", "emoji": sign(kind)}])
            } else {
                json!([])
            };
            let (place, message_id) = known(network_id)?;
            let parameters =
                json!({"chat_id": place.chat, "message_id": message_id, "reaction": reactions});
            change(account, "setMessageReaction", &parameters, http).await?;
            Ok(done(account, network_id))
        }
        Action::Hide { .. } => Err(SendError::Forbidden(
            "Telegram cannot hide a message".to_owned(),
        )),
    }
}

/// Makes of a private answer a public one that leads to the bot's private chat.
async fn invitation(
    account: &Account,
    outbound: &Outbound,
    body: &str,
    http: &Http,
) -> Result<(Target, String), SendError> {
    let message = outbound.in_reply_to.as_deref().unwrap_or_default();
    let (place, message_id) = known(message)?;
    let payload = link::payload(account, message)
        .ok_or_else(|| SendError::AuthBroken("the inbox has no token".to_owned()))?;
    let username = client::username(account, http).await?;
    let target = Target {
        chat: json!(place.chat),
        connection: None,
        reply_to: Some(message_id),
    };
    let body = format!("{body}\n\nhttps://t.me/{username}?start={payload}");
    Ok((target, body))
}

fn target(account: &Account, outbound: &Outbound) -> Result<Target, SendError> {
    let answered = outbound.in_reply_to.as_deref().map(known).transpose()?;
    let private = match outbound.visibility {
        Visibility::Private => outbound.thread.as_deref().or(outbound.recipient.as_deref()),
        _ => None,
    };
    if let Some(key) = private {
        let place = Place::read(key)
            .ok_or_else(|| SendError::RecipientGone(format!("no chat is called {key}")))?;
        let reply_to = answered.and_then(|(other, id)| (other == place).then_some(id));
        return Ok(Target {
            chat: json!(place.chat),
            connection: place.connection,
            reply_to,
        });
    }
    if let Some((place, message_id)) = answered {
        return Ok(Target {
            chat: json!(place.chat),
            connection: place.connection,
            reply_to: Some(message_id),
        });
    }
    let channel = account
        .setting("channel")
        .ok_or_else(|| SendError::Forbidden("the inbox has no channel of its own".to_owned()))?;
    Ok(Target {
        chat: json!(channel),
        connection: None,
        reply_to: None,
    })
}

fn check(body: &str, attachments: &[OutboundAttachment]) -> Result<(), SendError> {
    let rejected = |detail: String| Err(SendError::ContentRejected(detail));
    if attachments.is_empty() {
        if body.trim().is_empty() {
            return rejected("the text is empty".to_owned());
        }
        if !SIDE.fits(body) {
            return rejected("longer than 4096 signs as Telegram counts them".to_owned());
        }
        return Ok(());
    }
    if attachments.len() > ALBUM_FILES {
        return rejected(format!("more than {ALBUM_FILES} files"));
    }
    files::check(attachments, FILES)?;
    if count_length(body, Counting::Utf16) > CAPTION {
        return rejected(format!("beside a file no more than {CAPTION} signs"));
    }
    Ok(())
}

async fn reply(
    account: &Account,
    outbound: &Outbound,
    (mut target, body, files): (Target, &str, &[OutboundAttachment]),
    http: &Http,
) -> Result<Receipt, SendError> {
    let mut moved = false;
    loop {
        let request = message(account, outbound, (&target, body, files), moved)?;
        match client::call(account, request, http).await? {
            Called::Done(result) => return receipt(result, target.connection.as_deref()),
            Called::Moved(chat) if !moved => {
                target.chat = json!(chat);
                moved = true;
            }
            Called::Moved(chat) => {
                return Err(SendError::RecipientGone(format!("moved to {chat} again")));
            }
        }
    }
}

/// Makes the request; in a chat that moved, the message it answers has another number.
fn message(
    account: &Account,
    outbound: &Outbound,
    (target, body, files): (&Target, &str, &[OutboundAttachment]),
    moved: bool,
) -> Result<Request, SendError> {
    let mut fields = Map::new();
    fields.insert("chat_id".to_owned(), target.chat.clone());
    if let Some(connection) = &target.connection {
        fields.insert("business_connection_id".to_owned(), json!(connection));
    }
    if let Some(message_id) = target.reply_to.filter(|_| !moved) {
        fields.insert(
            "reply_parameters".to_owned(),
            json!({"message_id": message_id}),
        );
    }
    let [file, more @ ..] = files else {
        fields.insert("text".to_owned(), json!(body));
        let body = Value::Object(fields).to_string().into_bytes();
        return Ok(Request::post_json(
            client::address(account, "sendMessage")?,
            body,
        ));
    };

    let (method, named) = if more.is_empty() {
        fields.insert("caption".to_owned(), json!(body));
        if is_picture(file) {
            ("sendPhoto", vec![("photo".to_owned(), file)])
        } else {
            ("sendDocument", vec![("document".to_owned(), file)])
        }
    } else {
        // Pictures and documents do not mix in an album.
        let kind = if files.iter().all(is_picture) {
            "photo"
        } else {
            "document"
        };
        let named: Vec<(String, &OutboundAttachment)> = files
            .iter()
            .enumerate()
            .map(|(index, file)| (format!("file{index}"), file))
            .collect();
        let mut media: Vec<Value> = named
            .iter()
            .map(|(name, _)| json!({"type": kind, "media": format!("attach://{name}")}))
            .collect();
        media[0]["caption"] = json!(body);
        fields.insert("media".to_owned(), Value::Array(media));
        ("sendMediaGroup", named)
    };
    let fields: Vec<(String, String)> = fields
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => (name, text),
            value => (name, value.to_string()),
        })
        .collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let named: Vec<(&str, &OutboundAttachment)> = named
        .iter()
        .map(|(name, file)| (name.as_str(), *file))
        .collect();
    let mark = signature::hmac_hex(outbound.message_id.as_bytes(), &file.bytes);
    Ok(Request::post_files(
        client::address(account, method)?,
        &fields,
        &named,
        &mark,
    ))
}

fn is_picture(file: &OutboundAttachment) -> bool {
    matches!(
        file.media_type.as_str(),
        "image/jpeg" | "image/png" | "image/webp"
    ) && file.bytes.len() <= PICTURE_BYTES
}

async fn edit(
    account: &Account,
    network_id: &str,
    body: &str,
    http: &Http,
) -> Result<Receipt, SendError> {
    let (place, message_id) = known(network_id)?;
    let mut parameters = json!({"chat_id": place.chat, "message_id": message_id, "text": body});
    if let Some(connection) = &place.connection {
        parameters["business_connection_id"] = json!(connection);
    }
    let first = change(account, "editMessageText", &parameters, http).await;
    let changed = match first {
        // The words of a message with files are its caption, and edited by that name.
        Err(SendError::ContentRejected(detail)) if detail.contains("no text in the message") => {
            if count_length(body, Counting::Utf16) > CAPTION {
                let detail = format!("beside a file no more than {CAPTION} signs");
                return Err(SendError::ContentRejected(detail));
            }
            parameters["caption"] = parameters["text"].take();
            if let Some(fields) = parameters.as_object_mut() {
                fields.remove("text");
            }
            change(account, "editMessageCaption", &parameters, http).await
        }
        other => other,
    };
    match changed {
        // These very words stand there already.
        Err(SendError::ContentRejected(detail)) if detail.contains("not modified") => {}
        other => other?,
    }
    Ok(done(account, network_id))
}

async fn delete(account: &Account, network_id: &str, http: &Http) -> Result<Receipt, SendError> {
    let (place, message_id) = known(network_id)?;
    let deleted = if let Some(connection) = &place.connection {
        let parameters = json!({"business_connection_id": connection, "message_ids": [message_id]});
        change(account, "deleteBusinessMessages", &parameters, http).await
    } else {
        let parameters = json!({"chat_id": place.chat, "message_id": message_id});
        change(account, "deleteMessage", &parameters, http).await
    };
    match deleted {
        // What is not there is deleted.
        Err(SendError::RecipientGone(detail)) if detail.contains("message to delete not found") => {
        }
        other => other?,
    }
    Ok(done(account, network_id))
}

async fn change(
    account: &Account,
    method: &str,
    parameters: &Value,
    http: &Http,
) -> Result<(), SendError> {
    let request = Request::post_json(
        client::address(account, method)?,
        parameters.to_string().into_bytes(),
    );
    match client::call(account, request, http).await? {
        Called::Done(_) => Ok(()),
        Called::Moved(chat) => Err(SendError::RecipientGone(format!(
            "the group moved to {chat}"
        ))),
    }
}

/// Reads an id of ours; what is none cannot have been at Telegram.
fn known(network_id: &str) -> Result<(Place, i64), SendError> {
    Place::read_message(network_id)
        .ok_or_else(|| SendError::RecipientGone(format!("no message is called {network_id}")))
}

fn receipt(result: Value, connection: Option<&str>) -> Result<Receipt, SendError> {
    // An album is answered with its pieces; the first carries the words.
    let first = match result {
        Value::Array(mut pieces) if !pieces.is_empty() => pieces.swap_remove(0),
        other => other,
    };
    let message: Message = serde_json::from_value(first)
        .map_err(|error| SendError::Uncertain(format!("the answer is not understood: {error}")))?;
    Ok(Receipt {
        pause: None,
        network_id: Place::of(message.chat.id, connection).message(message.number),
        at: Timestamp::from_seconds(message.date),
        url: wire::address(&message.chat, message.number),
    })
}

fn done(account: &Account, network_id: &str) -> Receipt {
    Receipt {
        pause: None,
        network_id: network_id.to_owned(),
        at: account.now,
        url: None,
    }
}

fn sign(kind: &str) -> &str {
    REACTIONS
        .iter()
        .find(|(word, _)| *word == kind)
        .map_or(kind, |(_, sign)| sign)
}
