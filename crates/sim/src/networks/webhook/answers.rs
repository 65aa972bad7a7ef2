//! The address that takes our answers, and the one at which a lost one is looked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Account, Item, Webhook};
use crate::networks::kit::{Answer, Call, FileKind, Kit, Limit, OwnWord};
use crate::signature::{self, Signed};

const CALLS: Limit = Limit {
    name: "calls",
    most: 600,
    span: 60_000,
};

const FILES: &[FileKind] = &[FileKind {
    types: &[""],
    most: 10 << 20,
}];

pub(super) fn answer(net: &mut Webhook, call: &Call, kit: &Kit) -> Answer {
    let Some(account) = signer(net, call, kit) else {
        return refused(401, "the signature is wrong");
    };
    let standing = kit.limits.take(CALLS, &account.handle, 1, kit.now());
    if !standing.allowed {
        let wait = standing.wait_seconds(kit.now());
        return refused(429, "too many calls").with("retry-after", wait);
    }
    match (call.method.as_str(), call.path().as_slice()) {
        ("POST", ["answer"]) => take(net, &account, &call.json, kit),
        ("GET", ["answers"]) => {
            let wanted = call.param("message_id").unwrap_or_default();
            match net.answered.get(&wanted) {
                Some(id) => Answer::json(200, &json!({"id": id})),
                None => refused(404, "no such message"),
            }
        }
        _ => refused(404, "there is nothing here"),
    }
}

fn refused(status: u16, detail: &str) -> Answer {
    Answer::json(status, &json!({"detail": detail}))
}

/// Returns whose secret signed the call.
fn signer(net: &Webhook, call: &Call, kit: &Kit) -> Option<Account> {
    let signed = Signed {
        id: call.header("webhook-id")?,
        timestamp: call.header("webhook-timestamp")?,
        signature: call.header("webhook-signature")?,
    };
    let signs = |account: &&Account| {
        !account.revoked
            && signature::verify(&account.secret, signed, &call.body, kit.clock.seconds())
    };
    net.accounts.values().find(signs).cloned()
}

fn take(net: &mut Webhook, account: &Account, said: &Value, kit: &Kit) -> Answer {
    let field = |name: &str| said[name].as_str().map(str::to_owned);
    let (Some(kind), Some(message_id)) = (field("type"), field("message_id")) else {
        return refused(422, "type and message_id are needed");
    };
    if kind == "reply" {
        return reply(net, account, (&message_id, said), kit);
    }
    let Some(of) = field("of") else {
        return refused(422, "of is needed");
    };
    let Some(item) = net.items.get_mut(&of) else {
        return refused(404, "what it is about is not there");
    };
    match kind.as_str() {
        "edit" | "delete" if !item.own => return refused(403, "that is not yours"),
        "edit" if item.gone => return refused(410, "that is gone"),
        "edit" | "reaction" | "unreaction" | "hide" | "unhide" => {}
        "delete" => item.gone = true,
        _ => return refused(422, "an unknown type"),
    }
    Answer::json(200, &json!({"id": of}))
}

fn reply(
    net: &mut Webhook,
    account: &Account,
    (message_id, said): (&str, &Value),
    kit: &Kit,
) -> Answer {
    // The same message again is the same message.
    if let Some(id) = net.answered.get(message_id) {
        return Answer::json(200, &json!({"id": id}));
    }
    let above = said["in_reply_to"].as_str();
    let recipient = above.and_then(|above| net.items.get(above));
    if recipient.is_some_and(|item| net.departed.contains(&item.author)) {
        return refused(404, "the person is gone");
    }
    let attached = said["attachments"].as_array().into_iter().flatten();
    for content in attached.filter_map(|file| file["content"].as_str()) {
        let size = STANDARD.decode(content).unwrap_or_default().len();
        if kit.limits.misfit(FILES, "", size).is_some() {
            return refused(413, "the file is too large");
        }
    }
    let text = said["body"].as_str().unwrap_or_default();
    let private = said["visibility"] == "private";
    let id = format!("i{}", kit.ids.rising("item", 1_000));
    let item = Item {
        account: account.handle.clone(),
        author: account.handle.clone(),
        thread: said["thread"].as_str().map(str::to_owned),
        own: true,
        gone: false,
    };
    let files: Vec<Value> = said["attachments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|file| {
            let word = |name: &str| file[name].as_str().unwrap_or_default();
            let bytes = STANDARD.decode(word("content")).unwrap_or_default();
            let path = kit.keep_file(word("name"), word("media_type"), bytes);
            let url = format!("{}{path}", kit.base);
            json!({"url": url, "name": file["name"], "media_type": file["media_type"]})
        })
        .collect();
    let told = json!({
        "type": "post",
        "id": id,
        "text": text,
        "attachments": files,
        "author": {"id": account.handle, "name": account.name, "own": true},
        "time": kit.now_text(),
        "parent": above,
        "thread": item.thread,
        "visibility": said["visibility"],
        "echo_of": message_id,
    });
    kit.push(&account.handle, told);
    kit.own_words.note(OwnWord {
        id: id.clone(),
        by: account.handle.clone(),
        of: above.map(str::to_owned),
        to: said["recipient"].as_str().map(str::to_owned),
        text: text.to_owned(),
        private,
    });
    net.items.insert(id.clone(), item);
    net.answered.insert(message_id.to_owned(), id.clone());
    Answer::json(201, &json!({"id": id, "time": kit.now_text()}))
}
