//! What people do with a number, and what its staff does on the phone.

use serde_json::{Value, json};

use super::{Message, Number, Person, WhatsApp};
use crate::networks::graph::{News, signed_ask};
use crate::networks::kit::{Act, Done, Kit, Refused, sign};

pub(super) fn act(net: &mut WhatsApp, act: &Act, kit: &Kit) -> Done {
    let wanted = act.to.as_deref();
    let number = net
        .numbers
        .values()
        .find(|number| wanted.is_none_or(|to| number.id == to || number.handle == to))
        .cloned()
        .ok_or_else(|| Refused::not_found("the number"))?;
    match act.what.as_str() {
        "revoke_token" | "expire_token" => {
            let subcode = if act.what == "expire_token" { 463 } else { 460 };
            net.platform.end_tokens(&number.id, subcode);
            return Ok(json!({}));
        }
        "restrict" => {
            if let Some(number) = net.numbers.get_mut(&number.id) {
                "RESTRICTED".clone_into(&mut number.status);
            }
            return Ok(json!({}));
        }
        "read" => {
            net.status(&number, act.target()?, "read", json!({}), kit);
            return Ok(json!({}));
        }
        _ => {}
    }
    let by = net.person(&act.by, act.called(), kit);
    let person = net
        .persons
        .get_mut(&by)
        .ok_or_else(|| Refused::not_found("the person"))?;
    if let Some(username) = act.more("username") {
        person.username = Some(username.to_owned());
    }
    let person = person.clone();
    match act.what.as_str() {
        "dm" | "reply" | "post" => Ok(say(net, &number, &person, act, kit)),
        "native_reply" => native_reply(net, &number, act, kit),
        "edit" => {
            let of = own_message(net, &by, act)?;
            let content = json!({
                "original_message_id": of,
                "message": {"type": "text", "text": {"body": act.text}},
            });
            tell(net, &number, &person, "edit", &content, None, kit);
            Ok(json!({"id": of}))
        }
        "delete" => {
            let of = own_message(net, &by, act)?;
            let content = json!({"original_message_id": of});
            tell(net, &number, &person, "revoke", &content, None, kit);
            Ok(json!({}))
        }
        "react" | "unreact" => {
            let emoji = if act.what == "react" {
                act.reaction.as_deref().unwrap_or("👍")
            } else {
                ""
            };
            let content = json!({"message_id": act.target()?, "emoji": emoji});
            tell(net, &number, &person, "reaction", &content, None, kit);
            Ok(json!({}))
        }
        "block" => {
            net.blocked.insert((number.id, by));
            Ok(json!({}))
        }
        "unblock" => {
            net.blocked.remove(&(number.id, by));
            Ok(json!({}))
        }
        "change_number" => {
            let scoped = format!("DE.{}", kit.ids.digits("scoped", 20));
            let new = format!("49151{}", kit.ids.digits("number", 8));
            let content = json!({
                "body": format!("User {} changed from {} to {new}", person.name, person.number),
                "type": "user_changed_number",
                "wa_id": new,
                "user_id": scoped,
            });
            tell(net, &number, &person, "system", &content, None, kit);
            let mut contact = json!({"profile": {"name": person.name}, "user_id": scoped});
            let mut update = json!({
                "detail": "The user changed their phone number",
                "user_id": {"previous": person.scoped, "current": scoped},
                "timestamp": kit.clock.seconds().to_string(),
            });
            if person.username.is_none() {
                contact["wa_id"] = json!(new);
                update["wa_id"] = json!(new);
            }
            let value = json!({
                "messaging_product": "whatsapp",
                "metadata": {
                    "display_phone_number": number.display,
                    "phone_number_id": number.id,
                },
                "contacts": [contact],
                "user_id_update": [update],
            });
            News::Change("user_id_update", value).push(&number.account, kit);
            if let Some(person) = net.persons.get_mut(&by) {
                (person.number, person.scoped) = (new, scoped.clone());
            }
            Ok(json!({"person": scoped}))
        }
        "depart" | "deauthorise" => {
            if act.what == "depart"
                && let Some(person) = net.persons.get_mut(&by)
            {
                person.gone = true;
            }
            if let Some(url) = net.platform.callbacks.get(&number.account) {
                let ask = signed_ask(
                    act,
                    url,
                    &net.platform.app_secret,
                    (&person.scoped, kit.now()),
                );
                kit.deliveries.ask(format!("departure {by}"), ask);
            }
            Ok(json!({"person": person.scoped}))
        }
        _ => Err(act.unknown()),
    }
}

fn say(net: &mut WhatsApp, number: &Number, person: &Person, act: &Act, kit: &Kit) -> Value {
    let (kind, content) = match act.attachments.first() {
        None => ("text", json!({"body": act.text})),
        Some(file) => {
            let kind = match file.media_type.split('/').next() {
                Some("image") => "image",
                Some("video") => "video",
                Some("audio") => "audio",
                _ => "document",
            };
            let bytes = file.bytes();
            let id = kit.ids.digits("media", 16);
            let mut content = json!({
                "id": id,
                "mime_type": file.media_type,
                "sha256": sign::digest_hex(&bytes),
            });
            if !act.text.is_empty() {
                content["caption"] = json!(act.text);
            }
            if kind == "document" {
                content["filename"] = json!(file.name);
            }
            let size = bytes.len();
            let path = kit.keep_file(&file.name, &file.media_type, bytes);
            net.media.insert(id, (path, file.media_type.clone(), size));
            (kind, content)
        }
    };
    let kind = act.more("type").unwrap_or(kind);
    let content = act.more.get("content").cloned().unwrap_or(content);
    net.heard
        .insert((number.id.clone(), person.handle.clone()), kit.now());
    let wamid = tell(net, number, person, kind, &content, act.of.as_deref(), kit);
    json!({"id": wamid, "person": person.scoped})
}

/// Tells the hook what a person did, and returns the id of it.
fn tell(
    net: &mut WhatsApp,
    number: &Number,
    person: &Person,
    kind: &str,
    content: &Value,
    quoted: Option<&str>,
    kit: &Kit,
) -> String {
    let wamid = WhatsApp::wamid(kit);
    let message = Message {
        number: number.id.clone(),
        person: person.handle.clone(),
        own: false,
        read: false,
    };
    net.messages.insert(wamid.clone(), message);
    let mut item = json!({
        "id": wamid,
        "from_user_id": person.scoped,
        "timestamp": kit.clock.seconds().to_string(),
        "type": kind,
        kind: content,
    });
    if person.username.is_none() {
        item["from"] = json!(person.number);
    }
    if let Some(quoted) = quoted {
        item["context"] = json!({"from": number.display, "id": quoted});
    }
    WhatsApp::tell(number, "messages", &item, person, kit);
    wamid
}

/// Lets the staff answer in the app on the phone, which the hook tells as an echo.
fn native_reply(net: &mut WhatsApp, number: &Number, act: &Act, kit: &Kit) -> Done {
    let known = net.messages.get(act.target()?);
    let person = known
        .filter(|message| message.number == number.id)
        .and_then(|message| net.persons.get(&message.person))
        .cloned()
        .ok_or_else(|| Refused::not_found("the message"))?;
    let wamid = WhatsApp::wamid(kit);
    let message = Message {
        number: number.id.clone(),
        person: person.handle.clone(),
        own: true,
        read: false,
    };
    net.messages.insert(wamid.clone(), message);
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.display, "phone_number_id": number.id},
        "message_echoes": [{
            "from": number.display,
            "to": person.number,
            "to_user_id": person.scoped,
            "id": wamid,
            "timestamp": kit.clock.seconds().to_string(),
            "type": "text",
            "text": {"body": act.text},
        }],
    });
    News::Change("smb_message_echoes", value).push(&number.account, kit);
    Ok(json!({"id": wamid}))
}

fn own_message(net: &WhatsApp, by: &str, act: &Act) -> Result<String, Refused> {
    let of = act.target()?;
    match net.messages.get(of) {
        Some(message) if message.person == by && !message.own => Ok(of.to_owned()),
        Some(_) => Err(Refused(403, "that is somebody else's".to_owned())),
        None => Err(Refused::not_found("the message")),
    }
}
