//! What people do on Bluesky.

use serde_json::{Value, json};

use super::records::facets;
use super::{Bluesky, LIKE, POST, REPOST, Record, chat, session};
use crate::item::rfc3339;
use crate::networks::kit::{Act, Done, Kit, Refused};

pub(super) fn act(net: &mut Bluesky, act: &Act, kit: &Kit) -> Done {
    let ours = net.own(act)?;
    match act.what.as_str() {
        "revoke_token" => {
            session::revoke(net, &ours);
            return Ok(json!({}));
        }
        "expire_token" => {
            // The sessions end, the app password stays.
            let password = net.people.get(&ours).map(|person| person.password.clone());
            session::revoke(net, &ours);
            if let (Some(person), Some(password)) = (net.people.get_mut(&ours), password) {
                person.password = password;
            }
            return Ok(json!({}));
        }
        "suspend" => {
            if let Some(person) = net.people.get_mut(&ours) {
                person.suspended = true;
            }
            return Ok(json!({}));
        }
        "native_post" => return say(net, &ours, &ours, act, kit),
        "native_reply" => return native_reply(net, &ours, act, kit),
        _ => {}
    }
    let by = net.join(&act.by, act.called(), kit);
    match act.what.as_str() {
        "post" | "comment" | "reply" => say(net, &by, &ours, act, kit),
        "dm" => {
            let convo = chat::open(net, &by, &ours, kit);
            let marks = json!(facets(net, &act.text));
            let shown = chat::say(net, &convo, &by, &act.text, marks, kit);
            let id = shown["id"].as_str().unwrap_or_default();
            Ok(json!({"id": format!("{convo}/{id}"), "thread": convo, "person": by}))
        }
        "edit" => {
            let record = own_record(net, &by, act.target()?)?;
            let mut value = record.value.clone();
            value["text"] = json!(act.text);
            value["facets"] = json!(facets(net, &act.text));
            net.write(&by, &record.collection, &record.rkey, value, kit);
            Ok(json!({"id": record.uri}))
        }
        "delete" => {
            let of = act.target()?;
            if of.starts_with("at://") {
                let record = own_record(net, &by, of)?;
                net.erase(&record.uri, kit);
                return Ok(json!({}));
            }
            let place = of.split_once('/').ok_or_else(gone)?;
            if chat::change(net, place, &by, None, kit) {
                Ok(json!({}))
            } else {
                Err(gone())
            }
        }
        "react" | "unreact" => react(net, &by, act, kit),
        "block" | "unblock" => {
            let person = net.people.get_mut(&by).ok_or_else(gone)?;
            if act.what == "block" {
                person.blocks.insert(ours);
            } else {
                person.blocks.remove(&ours);
            }
            Ok(json!({}))
        }
        "close_dms" | "open_dms" => {
            let person = net.people.get_mut(&by).ok_or_else(gone)?;
            let takes = if act.what == "open_dms" {
                "all"
            } else {
                "none"
            };
            act.more("takes")
                .unwrap_or(takes)
                .clone_into(&mut person.takes_chat);
            Ok(json!({}))
        }
        "depart" => {
            net.people.get_mut(&by).ok_or_else(gone)?.gone = true;
            net.records.retain(|_, record| record.did != by);
            net.notifications
                .retain(|told| !told.uri.starts_with(&format!("at://{by}/")));
            net.account_event(&by, Some("deleted"), kit);
            Ok(json!({"person": by}))
        }
        _ => Err(act.unknown()),
    }
}

impl Bluesky {
    fn own(&self, act: &Act) -> Result<String, Refused> {
        let wanted = act.to.as_deref().map(|to| to.trim_start_matches('@'));
        self.people
            .values()
            .find(|person| {
                person.ours
                    && wanted.is_none_or(|to| {
                        person.did == to
                            || person.handle == to
                            || person.handle.split('.').next() == Some(to)
                    })
            })
            .map(|person| person.did.clone())
            .ok_or_else(|| Refused::not_found("our account"))
    }

    /// Returns the reference that answers and likes name a post by.
    pub(super) fn strong(&self, uri: &str) -> Option<Value> {
        let record = self.records.get(uri)?;
        Some(json!({"uri": record.uri, "cid": record.cid}))
    }
}

fn say(net: &mut Bluesky, by: &str, ours: &str, act: &Act, kit: &Kit) -> Done {
    let mut text = act.text.clone();
    let named = act.what == "post" && act.to.is_some();
    if let Some(person) = net.people.get(ours).filter(|_| named)
        && !text.contains(&format!("@{}", person.handle))
    {
        text = format!("@{} {text}", person.handle);
    }
    let mut value = json!({
        "$type": POST,
        "text": text,
        "createdAt": rfc3339(kit.now()),
        "langs": [act.more("language").unwrap_or("de")],
    });
    let marks = facets(net, &text);
    if !marks.is_empty() {
        value["facets"] = json!(marks);
    }
    if let Some(of) = &act.of {
        let parent = net.records.get(of).ok_or_else(gone)?;
        let root = parent.value.pointer("/reply/root").cloned();
        let parent = net.strong(of).ok_or_else(gone)?;
        value["reply"] = json!({"root": root.unwrap_or_else(|| parent.clone()), "parent": parent});
    } else if !matches!(act.what.as_str(), "post" | "native_post") {
        return Err(Refused(422, "the field of is missing".to_owned()));
    }
    if let Some(quoted) = act.more("quote") {
        let quoted = net.strong(quoted).ok_or_else(gone)?;
        value["embed"] = json!({"$type": "app.bsky.embed.record", "record": quoted});
    }
    if !act.attachments.is_empty() {
        let images: Vec<Value> = act
            .attachments
            .iter()
            .map(|file| {
                let bytes = file.bytes();
                let blob = keep_blob(&file.media_type, bytes, kit);
                json!({"alt": file.alt.as_deref().unwrap_or_default(), "image": blob})
            })
            .collect();
        value["embed"] = json!({"$type": "app.bsky.embed.images", "images": images});
    }
    let rkey = rkey(kit);
    let record = net.write(by, POST, &rkey, value, kit);
    Ok(json!({"id": record.uri, "person": by}))
}

/// Keeps a file and returns how records name it; its path is made of its content's name.
pub(super) fn keep_blob(media_type: &str, bytes: Vec<u8>, kit: &Kit) -> Value {
    let size = bytes.len();
    let path = kit.keep_file("blob", media_type, bytes);
    let letters = b"abcdefghijklmnopqrstuvwxyz234567";
    let cid = format!("bafkrei{}", kit.ids.signs("blob", 52, letters));
    kit.name_file(&path, &format!("/blob/{cid}"));
    json!({"$type": "blob", "ref": {"$link": cid}, "mimeType": media_type, "size": size})
}

/// Makes a record key, which grows with time.
pub(super) fn rkey(kit: &Kit) -> String {
    let count = kit.ids.count("rkey");
    let signs: Vec<char> = "234567abcdefghijklmnopqrstuvwxyz".chars().collect();
    // A time in microseconds as networks write it: 13 signs of five bits each.
    let mut number = (kit.now().unsigned_abs() * 1_000 + count % 1_000) << 10;
    let mut key = Vec::new();
    for _ in 0..13 {
        key.push(signs[(number & 31) as usize]);
        number >>= 5;
    }
    key.into_iter().rev().collect()
}

/// Lets the staff answer in the network's own program: below a post, or in a conversation.
fn native_reply(net: &mut Bluesky, ours: &str, act: &Act, kit: &Kit) -> Done {
    let Some((convo, _)) = act
        .target()?
        .split_once('/')
        .filter(|(convo, _)| *convo != "at:")
    else {
        return say(net, ours, ours, act, kit);
    };
    if !net.convos.contains_key(convo) {
        return Err(gone());
    }
    let marks = json!(facets(net, &act.text));
    let shown = chat::say(net, convo, ours, &act.text, marks, kit);
    let id = shown["id"].as_str().unwrap_or_default();
    Ok(json!({"id": format!("{convo}/{id}"), "thread": convo}))
}

fn react(net: &mut Bluesky, by: &str, act: &Act, kit: &Kit) -> Done {
    let of = act.target()?;
    let added = act.what == "react";
    if !of.starts_with("at://") {
        let sign = act.reaction.as_deref().unwrap_or("❤️");
        let place = of.split_once('/').ok_or_else(gone)?;
        let done = chat::change(net, place, by, Some((sign, added)), kit);
        return if done { Ok(json!({})) } else { Err(gone()) };
    }
    let collection = if act.reaction.as_deref() == Some("repost") {
        REPOST
    } else {
        LIKE
    };
    if added {
        let subject = net.strong(of).ok_or_else(gone)?;
        let value = json!({
            "$type": collection,
            "subject": subject,
            "createdAt": rfc3339(kit.now()),
        });
        let rkey = rkey(kit);
        net.write(by, collection, &rkey, value, kit);
        return Ok(json!({}));
    }
    let known = net.records.values().find(|record| {
        record.did == by
            && record.collection == collection
            && record.value.pointer("/subject/uri").and_then(Value::as_str) == Some(of)
    });
    let uri = known.map(|record| record.uri.clone()).ok_or_else(gone)?;
    net.erase(&uri, kit);
    Ok(json!({}))
}

fn own_record(net: &Bluesky, by: &str, uri: &str) -> Result<Record, Refused> {
    match net.records.get(uri) {
        Some(record) if record.did == by => Ok(record.clone()),
        Some(_) => Err(Refused(403, "that is somebody else's".to_owned())),
        None => Err(gone()),
    }
}

fn gone() -> Refused {
    Refused::not_found("the record")
}
