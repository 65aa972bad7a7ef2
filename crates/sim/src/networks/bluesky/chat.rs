//! Direct messages: conversations of two, their log, and who takes messages from whom.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Bluesky, refused};
use crate::item::{Millis, rfc3339};
use crate::networks::kit::{Answer, Call, Kit, OwnWord};

/// How many lines of the log come at once.
const PAGE: usize = 50;

/// A conversation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Convo {
    id: String,
    members: [String; 2],
    messages: Vec<Message>,
}

/// A message in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    id: String,
    rev: String,
    from: String,
    text: String,
    facets: Value,
    at: Millis,
    deleted: bool,
}

pub(super) fn answer(net: &mut Bluesky, did: &str, call: &Call, method: &str, kit: &Kit) -> Answer {
    match (call.method.as_str(), method) {
        ("GET", "getConvoForMembers") => {
            let members = call.params("members");
            let Some(other) = members.iter().find(|member| *member != did).cloned() else {
                return refused(
                    400,
                    "InvalidRequest",
                    "Error: Params must have the property \"members\"",
                );
            };
            if let Some(answer) = closed(net, did, &other) {
                return answer;
            }
            let id = open(net, did, &other, kit);
            Answer::json(200, &json!({"convo": show(net, &id)}))
        }
        ("GET", "listConvos") => {
            let limit = call.number("limit").unwrap_or(50).clamp(1, 100) as usize;
            let mut convos: Vec<&Convo> = net
                .convos
                .values()
                .filter(|convo| convo.members.iter().any(|member| member == did))
                .collect();
            convos.sort_by_key(|convo| {
                std::cmp::Reverse(convo.messages.last().map(|last| last.rev.clone()))
            });
            let shown: Vec<Value> = convos
                .iter()
                .take(limit)
                .map(|convo| show(net, &convo.id))
                .collect();
            Answer::json(200, &json!({"convos": shown}))
        }
        ("GET", "getMessages") => {
            let id = call.param("convoId").unwrap_or_default();
            let Some(convo) = member_of(net, did, &id) else {
                return refused(400, "InvalidConvo", "Convo not found");
            };
            let limit = call.number("limit").unwrap_or(50).clamp(1, 100) as usize;
            let begin = call.number("cursor").unwrap_or(0).max(0) as usize;
            let messages: Vec<Value> = convo
                .messages
                .iter()
                .rev()
                .skip(begin)
                .take(limit)
                .map(Message::show)
                .collect();
            let mut shown = json!({"messages": messages});
            if begin + limit < convo.messages.len() {
                shown["cursor"] = json!((begin + limit).to_string());
            }
            Answer::json(200, &shown)
        }
        ("GET", "getLog") => log(net, did, call),
        ("POST", "sendMessage") => {
            let id = call.param("convoId").unwrap_or_default();
            let Some(convo) = member_of(net, did, &id) else {
                return refused(400, "InvalidConvo", "Convo not found");
            };
            let other = convo.other(did);
            let message = call.value("message");
            let text = message["text"].as_str().unwrap_or_default().to_owned();
            if text.graphemes(true).count() > 1_000 || text.len() > 10_000 {
                let words = "Input/message/text must not be longer than 1000 graphemes";
                return refused(400, "InvalidRequest", words);
            }
            if let Some(answer) = closed(net, did, &other) {
                return answer;
            }
            let shown = say(net, &id, did, &text, message["facets"].clone(), kit);
            let number = shown["id"].as_str().unwrap_or_default();
            kit.own_words.note(OwnWord {
                id: format!("{id}/{number}"),
                by: did.to_owned(),
                of: None,
                to: Some(other),
                text,
                private: true,
            });
            Answer::json(200, &shown)
        }
        _ => refused(404, "XRPCNotSupported", "XRPCNotSupported"),
    }
}

/// Opens the conversation of two, or finds it.
pub(super) fn open(net: &mut Bluesky, one: &str, two: &str, kit: &Kit) -> String {
    let known = net.convos.values().find(|convo| {
        convo.members.contains(&one.to_owned()) && convo.members.contains(&two.to_owned())
    });
    if let Some(convo) = known {
        return convo.id.clone();
    }
    let id = kit.ids.letters("convo", 13);
    let convo = Convo {
        id: id.clone(),
        members: [one.to_owned(), two.to_owned()],
        messages: Vec::new(),
    };
    net.convos.insert(id.clone(), convo);
    note(net, &id, "logBeginConvo", json!({}), kit);
    id
}

/// Adds a message and returns it as it is shown.
pub(super) fn say(
    net: &mut Bluesky,
    id: &str,
    from: &str,
    text: &str,
    facets: Value,
    kit: &Kit,
) -> Value {
    let message = Message {
        id: kit.ids.letters("message", 13),
        rev: format!("{:013}", kit.ids.count("rev_order")),
        from: from.to_owned(),
        text: text.to_owned(),
        facets,
        at: kit.now(),
        deleted: false,
    };
    let shown = message.show();
    if let Some(convo) = net.convos.get_mut(id) {
        convo.messages.push(message);
    }
    note(net, id, "logCreateMessage", json!({"message": shown}), kit);
    shown
}

/// Takes a message back, or puts a reaction on it, as its conversation's members see it.
pub(super) fn change(
    net: &mut Bluesky,
    (convo, message): (&str, &str),
    by: &str,
    reaction: Option<(&str, bool)>,
    kit: &Kit,
) -> bool {
    let Some(found) = net
        .convos
        .get_mut(convo)
        .and_then(|convo| convo.messages.iter_mut().find(|known| known.id == message))
    else {
        return false;
    };
    match reaction {
        None => {
            found.deleted = true;
            let shown = json!({
                "$type": "chat.bsky.convo.defs#deletedMessageView",
                "id": found.id,
                "rev": found.rev,
                "sender": {"did": found.from},
                "sentAt": rfc3339(found.at),
            });
            note(
                net,
                convo,
                "logDeleteMessage",
                json!({"message": shown}),
                kit,
            );
        }
        Some((sign, added)) => {
            let line = if added {
                "logAddReaction"
            } else {
                "logRemoveReaction"
            };
            let reaction = json!({
                "value": sign,
                "sender": {"did": by},
                "createdAt": rfc3339(kit.now()),
            });
            let shown = found.show();
            note(
                net,
                convo,
                line,
                json!({"message": shown, "reaction": reaction}),
                kit,
            );
        }
    }
    true
}

/// Returns why somebody gets no messages from somebody else.
fn closed(net: &Bluesky, did: &str, other: &str) -> Option<Answer> {
    let Some(person) = net.people.get(other).filter(|person| !person.gone) else {
        return Some(refused(400, "RecipientNotFound", "recipient not found"));
    };
    let blocks = net
        .people
        .get(did)
        .is_some_and(|own| own.blocks.contains(other));
    if person.blocks.contains(did) || blocks {
        return Some(refused(
            400,
            "BlockedActor",
            "block between recipient and sender",
        ));
    }
    match person.takes_chat.as_str() {
        "none" => Some(refused(
            400,
            "MessagesDisabled",
            "recipient has disabled incoming messages",
        )),
        "following" => Some(refused(
            400,
            "NotFollowedBySender",
            "recipient requires incoming messages to come from someone they follow",
        )),
        _ => None,
    }
}

fn log(net: &Bluesky, did: &str, call: &Call) -> Answer {
    let lines = net.logs.get(did).map_or(&[][..], Vec::as_slice);
    let after: u64 = call
        .param("cursor")
        .and_then(|cursor| cursor.parse().ok())
        .unwrap_or(0);
    // Without a cursor one gets where the log ends, and nothing of what stands in it.
    let page: Vec<&(u64, Value)> = match call.param("cursor") {
        None => Vec::new(),
        Some(_) => lines
            .iter()
            .filter(|(seq, _)| *seq > after)
            .take(PAGE)
            .collect(),
    };
    let end = match (page.last(), call.param("cursor")) {
        (Some((seq, _)), _) => *seq,
        (None, Some(_)) => after,
        (None, None) => lines.last().map_or(0, |(seq, _)| *seq),
    };
    let logs: Vec<&Value> = page.iter().map(|(_, line)| line).collect();
    Answer::json(200, &json!({"logs": logs, "cursor": end.to_string()}))
}

fn note(net: &mut Bluesky, id: &str, kind: &str, more: Value, kit: &Kit) {
    let Some(convo) = net.convos.get(id) else {
        return;
    };
    let mut line = json!({
        "$type": format!("chat.bsky.convo.defs#{kind}"),
        "rev": kit.ids.letters("log", 13),
        "convoId": id,
    });
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    let seq = kit.ids.count("log_order");
    for member in convo.members.clone() {
        net.logs
            .entry(member)
            .or_default()
            .push((seq, line.clone()));
    }
}

fn member_of<'a>(net: &'a Bluesky, did: &str, id: &str) -> Option<&'a Convo> {
    let convo = net.convos.get(id)?;
    convo
        .members
        .iter()
        .any(|member| member == did)
        .then_some(convo)
}

fn show(net: &Bluesky, id: &str) -> Value {
    let Some(convo) = net.convos.get(id) else {
        return Value::Null;
    };
    let members: Vec<Value> = convo
        .members
        .iter()
        .map(|did| net.show_person(did))
        .collect();
    json!({
        "id": id,
        "rev": convo.messages.last().map_or("", |last| last.rev.as_str()),
        "members": members,
        "lastMessage": convo.messages.last().map(Message::show),
        "muted": false,
        "status": "accepted",
        "unreadCount": 0,
    })
}

impl Convo {
    fn other(&self, did: &str) -> String {
        let other = self.members.iter().find(|member| *member != did);
        other.cloned().unwrap_or_default()
    }
}

impl Message {
    fn show(&self) -> Value {
        let mut shown = json!({
            "$type": "chat.bsky.convo.defs#messageView",
            "id": self.id,
            "rev": self.rev,
            "sender": {"did": self.from},
            "sentAt": rfc3339(self.at),
        });
        if self.deleted {
            shown["$type"] = json!("chat.bsky.convo.defs#deletedMessageView");
            return shown;
        }
        shown["text"] = json!(self.text);
        if self.facets.is_array() {
            shown["facets"] = self.facets.clone();
        }
        shown
    }
}
