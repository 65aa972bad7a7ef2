//! What an app may ask of a number, and send by it.

use serde_json::{Value, json};

use super::{Message, Number, WhatsApp};
use crate::item::Millis;
use crate::networks::graph::{Platform, not_allowed, refused, success, unknown};
use crate::networks::kit::{Answer, Call, FileKind, Kit, Limit, Misfit, OwnWord, sign};

const WINDOW: Millis = 24 * 3_600_000;
/// How long the address of a file works.
const MEDIA_SPAN: Millis = 5 * 60_000;
const LONGEST_TEXT: usize = 4_096;
const FILES: &[FileKind] = &[
    FileKind {
        types: &["image/jpeg", "image/png"],
        most: 5 << 20,
    },
    FileKind {
        types: &["image/webp"],
        most: 500 << 10,
    },
    FileKind {
        types: &[
            "audio/aac",
            "audio/mp4",
            "audio/mpeg",
            "audio/amr",
            "audio/ogg",
            "audio/opus",
            "video/mp4",
            "video/3gpp",
        ],
        most: 16 << 20,
    },
    FileKind {
        types: &[
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ],
        most: 100 << 20,
    },
];
/// Messages of one number in a second.
const NUMBER: Limit = Limit {
    name: "number",
    most: 80,
    span: 1_000,
};
/// Messages to one person: one in six seconds, with a burst.
const PAIR: Limit = Limit {
    name: "pair",
    most: 45,
    span: 270_000,
};

/// Why a message cannot be delivered: code and words.
type Objection = (i64, &'static str);

pub(super) fn answer(net: &mut WhatsApp, call: &Call, kit: &Kit) -> Answer {
    let path = call.path();
    let path = match path.split_first() {
        Some((version, rest)) if version.starts_with('v') => rest,
        _ => &path[..],
    };
    let caller = match net.platform.admit(call, kit) {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    if let ["media", media] = path {
        return file(net, media, call, kit);
    }
    let meters = match Platform::meter(&caller, "whatsapp", kit) {
        Ok(meters) => meters,
        Err(answer) => return answer,
    };
    let answer = net.platform.common(call, path, &caller, kit);
    let answer = answer.unwrap_or_else(|| {
        let Some(number) = net.numbers.get(&caller.node).cloned() else {
            return not_allowed(kit);
        };
        respond(net, &number, call, path, kit)
    });
    answer.with_all(meters)
}

fn respond(net: &mut WhatsApp, number: &Number, call: &Call, path: &[&str], kit: &Kit) -> Answer {
    match (call.method.as_str(), path) {
        ("GET", [id]) if *id == number.id => Answer::json(
            200,
            &json!({
                "id": id,
                "display_phone_number": number.display,
                "verified_name": number.handle,
                "status": number.status,
                "quality_rating": "GREEN",
            }),
        ),
        ("POST", [id, "messages"]) if *id == number.id => send(net, number, call, kit),
        ("POST", [id, "media"]) if *id == number.id => upload(net, call, kit),
        ("GET", [media]) => match net.media.get(*media) {
            Some((path, media_type, size)) => Answer::json(
                200,
                &json!({
                    "messaging_product": "whatsapp",
                    "url": format!("{}/v26.0/media/{media}?ext={}", kit.base, kit.now() + MEDIA_SPAN),
                    "mime_type": media_type,
                    "sha256": sign::digest_hex(&kit.file(path).map(|(_, bytes)| bytes).unwrap_or_default()),
                    "file_size": size,
                    "id": media,
                }),
            ),
            None => unknown(media, kit),
        },
        _ => unknown(path.first().unwrap_or(&""), kit),
    }
}

fn file(net: &WhatsApp, media: &str, call: &Call, kit: &Kit) -> Answer {
    if call.number("ext").is_none_or(|until| until < kit.now()) {
        return Answer::text(404, "URL signature expired");
    }
    let kept = net.media.get(media).and_then(|(path, ..)| kit.file(path));
    match kept {
        Some((media_type, bytes)) => Answer::bytes(200, &media_type, bytes),
        None => unknown(media, kit),
    }
}

fn upload(net: &mut WhatsApp, call: &Call, kit: &Kit) -> Answer {
    let Some(file) = call.files.first() else {
        return refused(400, (100, 0), "(#100) The parameter file is required.", kit);
    };
    if call.param("messaging_product").as_deref() != Some("whatsapp") {
        let words = "(#100) The parameter messaging_product is required.";
        return refused(400, (100, 0), words, kit);
    }
    match kit.limits.objection(FILES, file) {
        Some(Misfit::Type) => {
            let words = format!(
                "(#100) Param file must be a file with one of the following types: {}. Received file of type '{}'.",
                FILES
                    .iter()
                    .flat_map(|kind| kind.types)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", "),
                file.media_type
            );
            return refused(400, (100, 0), &words, kit);
        }
        Some(Misfit::Size(most)) => {
            let words = format!("(#100) Param file must be smaller than {most} bytes");
            return refused(400, (100, 0), &words, kit);
        }
        None => {}
    }
    let path = kit.keep_file(&file.name, &file.media_type, file.bytes.clone());
    let id = kit.ids.digits("media", 16);
    net.media.insert(
        id.clone(),
        (path, file.media_type.clone(), file.bytes.len()),
    );
    Answer::json(200, &json!({"id": id}))
}

fn send(net: &mut WhatsApp, number: &Number, call: &Call, kit: &Kit) -> Answer {
    let now = kit.now();
    if call.param("messaging_product").as_deref() != Some("whatsapp") {
        let words = "(#100) The parameter messaging_product is required.";
        return refused(400, (100, 0), words, kit);
    }
    if call.param("status").as_deref() == Some("read") {
        let known = call.param("message_id").unwrap_or_default();
        return match net.messages.get_mut(&known) {
            Some(message) => {
                message.read = true;
                success()
            }
            None => refused(400, (100, 0), "(#100) Invalid parameter", kit),
        };
    }
    // A number and a business-scoped id each have a field of their own.
    let number_field = call.param("to");
    let scoped_field = call.param("recipient");
    let is_misplaced = number_field.as_deref().is_some_and(is_scoped)
        || scoped_field.as_deref().is_some_and(|id| !is_scoped(id));
    if is_misplaced {
        let words = "(#131009) Parameter value is not valid";
        return refused(400, (131_009, 0), words, kit);
    }
    let to = number_field
        .clone()
        .or(scoped_field.clone())
        .unwrap_or_default();
    if to.is_empty() {
        return refused(
            400,
            (131_008, 0),
            "(#131008) Required parameter is missing",
            kit,
        );
    }
    let limits = [
        (NUMBER, number.id.clone(), 130_429, "Rate limit hit"),
        (
            PAIR,
            format!("{} {to}", number.id),
            131_056,
            "(Business Account, Consumer Account) pair rate limit hit",
        ),
    ];
    for (limit, who, code, words) in limits {
        if !kit.limits.take(limit, &who, 1, now).allowed {
            return refused(429, (code, 0), &format!("(#{code}) {words}"), kit);
        }
    }
    if let Err((code, words)) = check(net, call) {
        return refused(400, (code, 0), &format!("(#{code}) {words}"), kit);
    }
    let person = match &number_field {
        Some(number) => net.of_number(number),
        None => net.of_scoped(&to),
    };
    let Some(person) = person.cloned() else {
        return refused(400, (131_026, 0), "(#131026) Message undeliverable", kit);
    };
    let objection = undeliverable(net, number, &person.handle, call, kit);
    if let (Some((code, words)), true) = (objection, net.at_once) {
        return refused(400, (code, 0), &format!("(#{code}) {words}"), kit);
    }

    let wamid = WhatsApp::wamid(kit);
    let message = Message {
        number: number.id.clone(),
        person: person.handle.clone(),
        own: true,
        read: false,
    };
    net.messages.insert(wamid.clone(), message);
    let mark = call.param("biz_opaque_callback_data");
    let mark = mark.map_or(json!({}), |mark| json!({"biz_opaque_callback_data": mark}));
    let mut more = mark;
    if let Some((code, words)) = objection {
        // The call is taken, and what is wrong comes by the hook.
        more["errors"] = json!([{
            "code": code,
            "title": words,
            "message": words,
            "error_data": {"details": words},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }]);
        net.status(number, &wamid, "failed", more, kit);
    } else {
        more["conversation"] =
            json!({"id": kit.ids.letters("conversation", 32), "origin": {"type": "service"}});
        more["pricing"] = json!({"billable": false, "pricing_model": "PMP", "category": "service"});
        let text = call.value("text")["body"].as_str().map(str::to_owned);
        if let Some(text) = text {
            kit.own_words.note(OwnWord {
                id: wamid.clone(),
                by: number.id.clone(),
                of: call.value("context")["message_id"]
                    .as_str()
                    .map(str::to_owned),
                to: Some(person.handle.clone()),
                text,
                private: true,
            });
        }
        net.status(number, &wamid, "sent", more.clone(), kit);
        net.status(number, &wamid, "delivered", more, kit);
    }
    let mut contact = json!({"input": to, "user_id": person.scoped});
    if person.username.is_none() {
        contact["wa_id"] = json!(person.number);
    }
    Answer::json(
        200,
        &json!({
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": wamid}],
        }),
    )
}

/// Returns whether an id is a business-scoped one: a country, a point, and letters and digits.
fn is_scoped(id: &str) -> bool {
    id.split_once('.')
        .is_some_and(|(country, _)| country.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Looks at what can be refused at once.
fn check(net: &WhatsApp, call: &Call) -> Result<(), Objection> {
    let kind = call.param("type").unwrap_or_else(|| "text".to_owned());
    let content = call.value(&kind);
    let quoted = call.value("context");
    if let Some(quoted) = quoted["message_id"].as_str()
        && !net.messages.contains_key(quoted)
    {
        return Err((131_009, "Parameter value is not valid"));
    }
    match kind.as_str() {
        "text" => {
            let body = content["body"].as_str().unwrap_or_default();
            if body.is_empty() {
                return Err((131_008, "Required parameter is missing"));
            }
            if body.chars().count() > LONGEST_TEXT {
                return Err((
                    100,
                    "Param text['body'] must be at most 4096 characters long.",
                ));
            }
        }
        "image" | "video" | "audio" | "document" | "sticker" => {
            let id = content["id"].as_str().unwrap_or_default();
            if !net.media.contains_key(id) && content["link"].is_null() {
                return Err((131_009, "Parameter value is not valid"));
            }
        }
        "reaction" => {
            let of = content["message_id"].as_str().unwrap_or_default();
            if !net.messages.contains_key(of) {
                return Err((131_009, "Parameter value is not valid"));
            }
        }
        "template" => {
            let text = |place: &str| {
                content
                    .pointer(place)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let key = (text("/name").to_owned(), text("/language/code").to_owned());
            let Some(wanted) = net.templates.get(&key) else {
                return Err((132_001, "Template name does not exist in the translation"));
            };
            let given = content
                .pointer("/components/0/parameters")
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            if given != *wanted {
                return Err((
                    132_000,
                    "Number of parameters does not match the expected number of params",
                ));
            }
        }
        "interactive" | "location" | "contacts" => {}
        _ => return Err((131_051, "Unsupported message type")),
    }
    Ok(())
}

/// Finds out what the network finds out only when it delivers.
fn undeliverable(
    net: &WhatsApp,
    number: &Number,
    person: &str,
    call: &Call,
    kit: &Kit,
) -> Option<Objection> {
    let key = (number.id.clone(), person.to_owned());
    if net.persons.get(person).is_some_and(|person| person.gone) || net.blocked.contains(&key) {
        return Some((131_026, "Message undeliverable"));
    }
    let heard = net.heard.get(&key);
    let open = heard.is_some_and(|heard| kit.now() - heard <= WINDOW);
    let template = call.param("type").as_deref() == Some("template");
    (!open && !template).then_some((131_047, "Re-engagement message"))
}
