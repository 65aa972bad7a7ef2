//! A number's news → ours: messages of every kind, what became of ours, and what was written in the
//! app on the phone. People are known by their business-scoped id; a number may be missing.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::wire::{FEELINGS, FILES, MEDIA};
use crate::delivery::{Account, RawDelivery};
use crate::fields::Fields;
use crate::graph::client::{Graph, id_in};
use crate::graph::envelope::{self, Entry, Item, time};
use crate::graph::sending::our_id;
use crate::graph::{DEAUTHORISED, GRAPH, SIGNED_REQUEST, hook, refusal};
use crate::http::{Http, Request};
use crate::inbound::{
    AttachmentSource, Author, Delete, Edit, Inbound, InboundAttachment, Post, Reaction, Renaming,
    Status, TranslateError, Translation,
};
use crate::outbound::SendError;

/// The field, and the list in it, that tells of people's new ids.
const UPDATES: &str = "user_id_update";
/// Lists of a change whose items are read one by one.
const LISTS: [&str; 4] = ["messages", "statuses", "message_echoes", UPDATES];

/// One item with what stands around it.
struct Told<'a> {
    value: &'a Value,
    number: &'a str,
    at: Timestamp,
}

pub(super) fn translate(
    account: &Account,
    raw: &RawDelivery,
) -> Result<Translation, TranslateError> {
    let number = account.setting("phone_number_id").unwrap_or_default();
    match raw.kind.as_str() {
        GRAPH => envelope::read(
            &one_by_one(raw),
            "whatsapp_business_account",
            &|entry, item| read_item(number, entry, item),
        ),
        SIGNED_REQUEST => hook::departure(account, raw),
        DEAUTHORISED => Ok(Translation::default()),
        _ => Err(TranslateError::NotOffered),
    }
}

/// Opens a media id: WhatsApp gives an address that works for some minutes, with the token only.
pub(super) async fn file_request(
    account: &Account,
    address: &str,
    http: &Http,
) -> Result<Request, SendError> {
    let media = address
        .strip_prefix(MEDIA)
        .ok_or_else(|| SendError::Forbidden("not a file of WhatsApp".to_owned()))?;
    let graph = Graph::open(account, http)?;
    let query = [("phone_number_id", super::number_id(account)?)];
    let reading = graph.ask(&[media], &query).await?;
    let url = reading.body.get("url").and_then(Value::as_str);
    let url = url.ok_or_else(|| SendError::Unreadable("the file has no address".to_owned()))?;
    let token = account.secret("access_token").unwrap_or_default();
    Ok(Request::get(url).bearer(token))
}

/// Writes a delivery so that each change has one item, and one that is broken stops no other.
fn one_by_one(raw: &RawDelivery) -> RawDelivery {
    let mut raw = raw.clone();
    let Ok(mut body) = serde_json::from_slice::<Value>(&raw.body) else {
        return raw;
    };
    let entries = body.get_mut("entry").and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten() {
        let Some(changes) = entry.get_mut("changes").and_then(Value::as_array_mut) else {
            continue;
        };
        let whole = std::mem::take(changes);
        for change in whole {
            let mut single = Vec::new();
            for list in LISTS {
                let items = change
                    .pointer(&format!("/value/{list}"))
                    .and_then(Value::as_array);
                for item in items.into_iter().flatten() {
                    let mut value = json!({list: [item]});
                    for around in ["metadata", "messaging_product"] {
                        if let Some(known) = change["value"].get(around) {
                            value[around] = known.clone();
                        }
                    }
                    if let Some(known) = contact_of(
                        &change["value"],
                        id_in(item, "from_user_id").as_deref(),
                        id_in(item, "from").as_deref(),
                    ) {
                        value["contacts"] = json!([known]);
                    }
                    single.push(json!({"field": change.get("field"), "value": value}));
                }
            }
            if single.is_empty() {
                changes.push(change);
            } else {
                changes.append(&mut single);
            }
        }
    }
    raw.body = body.to_string().into_bytes();
    raw
}

fn read_item(
    number: &str,
    entry: &Entry<'_>,
    item: &Item<'_>,
) -> Result<Vec<Inbound>, TranslateError> {
    let Item::Change {
        field: "messages" | "message_echoes" | "smb_message_echoes" | UPDATES,
        value,
    } = item
    else {
        return Ok(Vec::new());
    };
    let of = value
        .get("metadata")
        .and_then(|about| id_in(about, "phone_number_id"));
    if of.as_deref() != Some(number) {
        return Ok(Vec::new());
    }
    let told = Told {
        value,
        number,
        at: entry.at,
    };
    let first = |list: &str| value.get(list).and_then(|list| list.get(0));
    if let Some(item) = first("messages") {
        message(&told, item)
    } else if let Some(item) = first("message_echoes") {
        echo(&told, item)
    } else if let Some(item) = first(UPDATES) {
        new_id(&told, item).map(|renaming| renaming.map(Inbound::Renaming).into_iter().collect())
    } else if let Some(item) = first("statuses") {
        status(&told, item).map(|status| vec![status])
    } else {
        // Errors of the number itself; the probe tells them.
        Ok(Vec::new())
    }
}

fn message(told: &Told<'_>, item: &Value) -> Result<Vec<Inbound>, TranslateError> {
    let fields = Fields::of(item)?;
    let kind = fields
        .text("type")?
        .ok_or_else(|| TranslateError::missing("type"))?;
    if kind == "system" {
        let renaming = new_number(told, fields)?;
        return Ok(renaming.map(Inbound::Renaming).into_iter().collect());
    }
    // The mere opening of a chat is nothing said.
    if kind == "request_welcome" {
        return Ok(Vec::new());
    }
    let network_id = fields.required_id("id")?;
    let author = author(told, fields)?;
    let thread = author.network_id.clone();
    said(told, item, (network_id, author, thread))
}

/// Reads that a person has another business-scoped id from now on.
fn new_id(told: &Told<'_>, item: &Value) -> Result<Option<Renaming>, TranslateError> {
    let fields = Fields::of(item)?;
    let text = |place: &str| item.pointer(place).and_then(Value::as_str);
    let (Some(from), Some(to)) = (text("/user_id/previous"), text("/user_id/current")) else {
        return Ok(None);
    };
    Ok(Some(Renaming {
        from: from.to_owned(),
        to: to.to_owned(),
        handle: fields.id("wa_id")?.as_deref().map(handle_of),
        at: time(fields.value("timestamp")).unwrap_or(told.at),
    }))
}

/// Reads that a person has another number from now on, and with it another id.
fn new_number(told: &Told<'_>, fields: Fields<'_>) -> Result<Option<Renaming>, TranslateError> {
    let system = fields.value("system").unwrap_or(&Value::Null);
    let is_it = system.get("type").and_then(Value::as_str) == Some("user_changed_number");
    let number = id_in(system, "wa_id");
    let from = fields.id("from_user_id")?;
    // Known by the number alone, the person has the new number for an id; else the new scoped one.
    let (from, to) = match from {
        Some(from) => (Some(from), id_in(system, "user_id")),
        None => (fields.id("from")?, number.clone()),
    };
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(None);
    };
    Ok(is_it.then(|| Renaming {
        from,
        to,
        handle: number.as_deref().map(handle_of),
        at: time(fields.value("timestamp")).unwrap_or(told.at),
    }))
}

/// Writes a number as people write it.
fn handle_of(number: &str) -> String {
    format!("+{}", number.trim_start_matches('+'))
}

/// Reads what somebody of ours wrote in the app on the phone.
fn echo(told: &Told<'_>, item: &Value) -> Result<Vec<Inbound>, TranslateError> {
    let fields = Fields::of(item)?;
    let network_id = fields.required_id("id")?;
    let thread = match fields.id("to_user_id")? {
        Some(id) => id,
        None => fields.required_id("to")?,
    };
    let name = told
        .value
        .pointer("/metadata/display_phone_number")
        .and_then(Value::as_str);
    let author = Author {
        network_id: told.number.to_owned(),
        name: name.unwrap_or(told.number).to_owned(),
        handle: None,
        own: true,
    };
    said(told, item, (network_id, author, thread))
}

fn said(
    told: &Told<'_>,
    item: &Value,
    (network_id, author, thread): (String, Author, String),
) -> Result<Vec<Inbound>, TranslateError> {
    let fields = Fields::of(item)?;
    let kind = fields.text("type")?.unwrap_or("unsupported");
    let at = time(fields.value("timestamp")).unwrap_or(told.at);
    let content = fields.value(kind).unwrap_or(&Value::Null);
    match kind {
        "reaction" => {
            let reaction = Fields::of(content)?;
            let emoji = reaction.words("emoji")?;
            return Ok(vec![Inbound::Reaction(Reaction {
                of: reaction.required_id("message_id")?,
                author,
                added: emoji.is_some(),
                kind: feeling(emoji),
                at,
            })]);
        }
        "edit" => {
            let of = Fields::of(content)?.required_id("original_message_id")?;
            let message = content.get("message").unwrap_or(&Value::Null);
            let inner = message
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("text");
            let (text, _) = words_and_file(inner, message.get(inner).unwrap_or(&Value::Null))?;
            return Ok(vec![Inbound::Edit(Edit {
                network_id: of,
                text,
                edited_at: at,
            })]);
        }
        "revoke" => {
            return Ok(vec![Inbound::Delete(Delete {
                network_id: Fields::of(content)?.required_id("original_message_id")?,
                deleted_at: at,
            })]);
        }
        _ => {}
    }
    let (text, file) = words_and_file(kind, content)?;
    let quoted = fields
        .value("context")
        .and_then(|quoted| id_in(quoted, "id"));
    Ok(vec![Inbound::Post(Post {
        network_id,
        author,
        text,
        platform_at: at,
        parent: quoted,
        thread: Some(thread),
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments: file.into_iter().collect(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    })])
}

/// Returns what a message of this kind says, and its file where it is one. A kind that has no words
/// is named in brackets, so that nobody's message stays unseen.
fn words_and_file(
    kind: &str,
    content: &Value,
) -> Result<(String, Option<InboundAttachment>), TranslateError> {
    let text = |place: &str| content.pointer(place).and_then(Value::as_str);
    if FILES.contains(&kind) {
        let file = Fields::of(content)?;
        let media = file.required_id("id")?;
        let media_type = file.words("mime_type")?;
        let attachment = InboundAttachment {
            source: AttachmentSource::Url(format!("{MEDIA}{media}")),
            name: file.words("filename")?.unwrap_or_else(|| kind.to_owned()),
            // Voice notes name their codec behind the type.
            media_type: media_type.map_or_else(
                || "application/octet-stream".to_owned(),
                |kind| kind.split(';').next().unwrap_or_default().trim().to_owned(),
            ),
            size: file.value("file_size").and_then(Value::as_u64),
            alt: None,
        };
        let caption = file.text("caption")?.unwrap_or_default().to_owned();
        return Ok((caption, Some(attachment)));
    }
    let words = match kind {
        "text" => text("/body").map(str::to_owned),
        "button" => text("/text").map(str::to_owned),
        "interactive" => [
            "/button_reply/title",
            "/list_reply/title",
            "/nfm_reply/body",
        ]
        .iter()
        .find_map(|place| text(place))
        .map(str::to_owned),
        "location" => Some(location(content)),
        "contacts" => Some(contacts(content)),
        "order" => Some(order(content)),
        _ => None,
    };
    match words {
        Some(words) => Ok((words, None)),
        None if kind == "text" => Err(TranslateError::missing("text.body")),
        None => Ok((format!("[{kind}]"), None)),
    }
}

fn location(place: &Value) -> String {
    let text = |name: &str| place.get(name).and_then(Value::as_str);
    let mut lines: Vec<String> = [text("name"), text("address")]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    let number = |name: &str| place.get(name).and_then(Value::as_f64);
    if let (Some(latitude), Some(longitude)) = (number("latitude"), number("longitude")) {
        lines.push(format!(
            "https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}"
        ));
    }
    lines.join("\n")
}

fn contacts(list: &Value) -> String {
    let cards = list.as_array().into_iter().flatten().map(|card| {
        let name = card.pointer("/name/formatted_name").and_then(Value::as_str);
        let phones = card.get("phones").and_then(Value::as_array);
        let phones = phones
            .into_iter()
            .flatten()
            .filter_map(|phone| phone.get("phone")?.as_str());
        let words: Vec<&str> = name.into_iter().chain(phones).collect();
        words.join(" ")
    });
    cards.collect::<Vec<_>>().join("\n")
}

fn order(order: &Value) -> String {
    let items = order.get("product_items").and_then(Value::as_array);
    let lines = items.into_iter().flatten().map(|item| {
        let product = id_in(item, "product_retailer_id").unwrap_or_default();
        let quantity = id_in(item, "quantity").unwrap_or_default();
        format!("{quantity} × {product}")
    });
    let text = order.get("text").and_then(Value::as_str).map(str::to_owned);
    text.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

fn feeling(emoji: Option<String>) -> String {
    let Some(emoji) = emoji else {
        return String::new();
    };
    // Signs come with and without the mark that asks for colour.
    let plain = |sign: &str| sign.trim_end_matches('\u{fe0f}').to_owned();
    FEELINGS
        .iter()
        .find(|(_, sign)| plain(sign) == plain(&emoji))
        .map_or(emoji, |(word, _)| (*word).to_owned())
}

/// Finds whom the contacts beside the messages tell of under one of these ids.
fn contact_of<'v>(
    value: &'v Value,
    scoped: Option<&str>,
    number: Option<&str>,
) -> Option<&'v Value> {
    let contacts = value.get("contacts")?.as_array()?;
    contacts.iter().find(|contact| {
        let same = |name: &str, known: Option<&str>| {
            known.is_some() && id_in(contact, name).as_deref() == known
        };
        same("user_id", scoped) || same("wa_id", number)
    })
}

/// Reads the author: by the business-scoped id where there is one, else by the number; names stand
/// in the contacts beside the messages.
fn author(told: &Told<'_>, fields: Fields<'_>) -> Result<Author, TranslateError> {
    let scoped = fields.id("from_user_id")?;
    let number = fields.id("from")?;
    let contact = contact_of(told.value, scoped.as_deref(), number.as_deref());
    let told_of = |place: &str| {
        contact?
            .pointer(place)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
    };
    let network_id = scoped
        .or_else(|| told_of("/user_id"))
        .or_else(|| number.clone())
        .ok_or_else(|| TranslateError::missing("from"))?;
    let handle = match number.or_else(|| told_of("/wa_id")) {
        Some(number) => Some(handle_of(&number)),
        None => told_of("/profile/username").map(|name| format!("@{name}")),
    };
    Ok(Author {
        name: told_of("/profile/name")
            .or_else(|| handle.clone())
            .unwrap_or_else(|| network_id.clone()),
        network_id,
        handle,
        own: false,
    })
}

fn status(told: &Told<'_>, item: &Value) -> Result<Inbound, TranslateError> {
    let fields = Fields::of(item)?;
    let failed = fields.text("status")? == Some("failed");
    let error = item.pointer("/errors/0").unwrap_or(&Value::Null);
    let mark = fields.words("biz_opaque_callback_data")?;
    Ok(Inbound::Status(Status {
        network_id: fields.required_id("id")?,
        echo_of: mark.as_deref().and_then(our_id),
        at: time(fields.value("timestamp")).unwrap_or(told.at),
        failure: failed.then(|| refusal::told_later(error)),
    }))
}
