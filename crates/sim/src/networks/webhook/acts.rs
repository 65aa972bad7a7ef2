//! What people do there, each told in the item that the handbook describes.

use serde_json::{Value, json};

use super::{Item, Webhook};
use crate::networks::kit::{Act, Done, Kit, Refused};

pub(super) fn act(net: &mut Webhook, act: &Act, kit: &Kit) -> Done {
    let account = net.account(act.to.as_deref())?.handle.clone();
    match act.what.as_str() {
        "revoke_token" => {
            if let Some(account) = net.accounts.get_mut(&account) {
                account.revoked = true;
            }
            return Ok(json!({}));
        }
        "depart" => {
            net.departed.insert(act.by.clone());
            return Ok(json!({}));
        }
        _ => {}
    }
    net.people.insert(act.by.clone(), act.called().to_owned());
    match act.what.as_str() {
        "post" | "comment" => Ok(say(net, act, &account, None, kit)),
        "dm" => {
            let thread = format!("{account}-{}", act.by);
            Ok(say(net, act, &account, Some(&thread), kit))
        }
        "reply" => {
            let thread = target(net, act)?.thread.clone();
            Ok(say(net, act, &account, thread.as_deref(), kit))
        }
        "native_post" | "native_reply" => {
            let of = act.of.as_ref().and_then(|of| net.items.get(of));
            let thread = of.and_then(|item| item.thread.clone());
            Ok(say(net, act, &account, thread.as_deref(), kit))
        }
        "edit" | "delete" => {
            let id = act.target()?.to_owned();
            target(net, act)?;
            let mut told = json!({"type": act.what, "id": id, "time": kit.now_text()});
            if act.what == "edit" {
                told["text"] = json!(act.text);
            } else if let Some(item) = net.items.get_mut(&id) {
                item.gone = true;
            }
            kit.push(&account, told);
            Ok(json!({"id": id}))
        }
        "react" | "unreact" => {
            let id = act.target()?.to_owned();
            target(net, act)?;
            let kind = if act.what == "react" {
                "reaction"
            } else {
                "unreaction"
            };
            let told = json!({
                "type": kind,
                "of": id,
                "reaction": act.reaction.as_deref().unwrap_or("like"),
                "author": {"id": act.by, "name": act.called()},
                "time": kit.now_text(),
            });
            kit.push(&account, told);
            Ok(json!({"id": id}))
        }
        _ => Err(act.unknown()),
    }
}

fn target<'a>(net: &'a Webhook, act: &Act) -> Result<&'a Item, Refused> {
    net.items
        .get(act.target()?)
        .filter(|item| !item.gone)
        .ok_or_else(|| Refused::not_found("what it is about"))
}

fn say(net: &mut Webhook, act: &Act, account: &str, thread: Option<&str>, kit: &Kit) -> Value {
    let own = act.what.starts_with("native");
    let author = if own {
        let name = net
            .accounts
            .get(account)
            .map(|account| account.name.clone());
        json!({"id": account, "name": name, "own": true})
    } else {
        json!({"id": act.by, "name": act.called(), "handle": act.by})
    };
    let id = format!("i{}", kit.ids.rising("item", 1_000));
    let files: Vec<Value> = act
        .attachments
        .iter()
        .map(|file| {
            let path = kit.keep_file(&file.name, &file.media_type, file.bytes());
            let url = format!("{}{path}", kit.base);
            json!({"url": url, "name": file.name, "media_type": file.media_type})
        })
        .collect();
    let told = json!({
        "type": "post",
        "id": id,
        "text": act.text,
        "author": author,
        "time": kit.now_text(),
        "parent": act.of,
        "thread": thread,
        "visibility": if thread.is_some() { "private" } else { "public" },
        "attachments": files,
    });
    let item = Item {
        account: account.to_owned(),
        author: if own {
            account.to_owned()
        } else {
            act.by.clone()
        },
        thread: thread.map(str::to_owned),
        own,
        gone: false,
    };
    net.items.insert(id.clone(), item);
    kit.push(account, told);
    json!({"id": id, "thread": thread, "person": act.by})
}
