//! What people do at an account, and what its staff does in the app.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Account, Instagram, Thing};
use crate::networks::graph::{News, signed_ask};
use crate::networks::kit::{Act, Done, Kit, Refused};

pub(super) fn act(net: &mut Instagram, act: &Act, kit: &Kit) -> Done {
    let account = net.account(act)?;
    match act.what.as_str() {
        "revoke_token" | "expire_token" => {
            let node = account.page.as_deref().unwrap_or(&account.id);
            let subcode = if act.what == "expire_token" { 463 } else { 460 };
            net.platform.end_tokens(node, subcode);
            return Ok(json!({}));
        }
        "native_post" => return Ok(picture(net, &account.id, act, kit)),
        "native_reply" => return native_reply(net, &account, act, kit),
        _ => {}
    }
    let by = net.person(&act.by, kit);
    match act.what.as_str() {
        "post" => {
            let told = picture(net, &by, act, kit);
            mention(
                &account,
                act,
                (told["id"].as_str().unwrap_or_default(), None),
                kit,
            );
            Ok(told)
        }
        "comment" | "reply" => {
            let of = match &act.of {
                Some(of) => of.clone(),
                None => net.newest_picture(&account, kit),
            };
            let told = comment(net, &by, &of, act, kit)?;
            let id = told["id"].as_str().unwrap_or_default();
            let media = net.things.get(id).and_then(|thing| thing.media.clone());
            if let Some(media) = media {
                let ours = net
                    .things
                    .get(&media)
                    .is_some_and(|media| media.author == account.id);
                if !ours {
                    mention(&account, act, (&media, Some(id)), kit);
                }
            }
            Ok(told)
        }
        "dm" => {
            let whole = (account.id.as_str(), by.as_str(), false);
            let (mid, mut item) = net.mailbox.take(whole, &act.text, &act.attachments, kit);
            if let Some(of) = &act.of {
                item["message"]["reply_to"] = json!({"mid": of});
            }
            News::Message(item).push(&account.id, kit);
            Ok(json!({"id": mid, "person": by}))
        }
        "delete" => {
            let of = act.target()?;
            if net.things.contains_key(of) {
                net.remove(of);
                // Nobody is told: whoever reads it again finds nothing.
                return Ok(json!({}));
            }
            net.mailbox
                .messages
                .remove(of)
                .ok_or_else(|| Refused::not_found("the message"))?;
            let item = json!({
                "sender": {"id": by},
                "recipient": {"id": account.id},
                "timestamp": kit.now(),
                "message": {"mid": of, "is_deleted": true},
            });
            News::Message(item).push(&account.id, kit);
            Ok(json!({}))
        }
        "react" | "unreact" => react(net, &account, &by, act, kit),
        "block" => {
            net.mailbox.blocked.insert((account.id, by));
            Ok(json!({}))
        }
        "unblock" => {
            net.mailbox.blocked.remove(&(account.id, by));
            Ok(json!({}))
        }
        "depart" | "deauthorise" => {
            if act.what == "depart" {
                net.things.retain(|_, thing| thing.author != by);
                net.mailbox.forget(&by);
            }
            if let Some(url) = net.platform.callbacks.get(&account.id) {
                let ask = signed_ask(act, url, &net.platform.app_secret, (&by, kit.now()));
                kit.deliveries.ask(format!("departure {by}"), ask);
            }
            Ok(json!({"person": by}))
        }
        _ => Err(act.unknown()),
    }
}

impl Instagram {
    fn account(&self, act: &Act) -> Result<Account, Refused> {
        let wanted = act.to.as_deref().map(|to| to.trim_start_matches('@'));
        self.accounts
            .values()
            .find(|account| wanted.is_none_or(|to| account.id == to || account.username == to))
            .cloned()
            .ok_or_else(|| Refused::not_found("the account"))
    }

    fn newest_picture(&mut self, account: &Account, kit: &Kit) -> String {
        let newest = self
            .things
            .values()
            .filter(|thing| thing.author == account.id && thing.media.is_none())
            .max_by_key(|thing| thing.order);
        match newest {
            Some(media) => media.id.clone(),
            None => self.say(blank(&account.id, "Willkommen!", kit), kit),
        }
    }
}

fn blank(author: &str, text: &str, kit: &Kit) -> Thing {
    Thing {
        id: String::new(),
        author: author.to_owned(),
        text: text.to_owned(),
        at: kit.now(),
        media: None,
        parent: None,
        hidden: false,
        likes: BTreeSet::new(),
        order: 0,
    }
}

fn picture(net: &mut Instagram, by: &str, act: &Act, kit: &Kit) -> Value {
    let id = net.say(blank(by, &act.text, kit), kit);
    json!({"id": id})
}

fn comment(net: &mut Instagram, by: &str, of: &str, act: &Act, kit: &Kit) -> Done {
    let above = net
        .things
        .get(of)
        .cloned()
        .ok_or_else(|| Refused::not_found("the picture"))?;
    let mut thing = blank(by, &act.text, kit);
    thing.media = Some(above.media.clone().unwrap_or_else(|| above.id.clone()));
    thing.parent = above
        .media
        .as_ref()
        .map(|_| above.parent.clone().unwrap_or_else(|| above.id.clone()));
    let id = net.say(thing, kit);
    if act.flag("boosted") {
        // A boosted picture tells its comments for the advertisement too.
        net.tell_comment(&id, kit);
    }
    Ok(json!({"id": id, "person": by}))
}

/// Tells an account that it was named below somebody else's picture; not with which words.
fn mention(account: &Account, act: &Act, (media, comment): (&str, Option<&str>), kit: &Kit) {
    if !act.text.contains(&format!("@{}", account.username)) {
        return;
    }
    let mut value = json!({"media_id": media});
    if let Some(comment) = comment {
        value["comment_id"] = json!(comment);
    }
    Instagram::change("mentions", value, account, kit);
}

fn native_reply(net: &mut Instagram, account: &Account, act: &Act, kit: &Kit) -> Done {
    let of = act.target()?;
    if let Some(message) = net.mailbox.messages.get(of) {
        let person = message.person.clone();
        let whole = (account.id.as_str(), person.as_str(), true);
        let (mid, item) = net.mailbox.take(whole, &act.text, &act.attachments, kit);
        News::Message(item).push(&account.id, kit);
        return Ok(json!({"id": mid}));
    }
    comment(net, &account.id, of, act, kit)
}

fn react(net: &mut Instagram, account: &Account, by: &str, act: &Act, kit: &Kit) -> Done {
    let of = act.target()?;
    let added = act.what == "react";
    if let Some(thing) = net.things.get_mut(of) {
        // Likes are counted, and told to nobody.
        if added {
            thing.likes.insert(by.to_owned());
        } else {
            thing.likes.remove(by);
        }
        return Ok(json!({}));
    }
    if !net.mailbox.messages.contains_key(of) {
        return Err(Refused::not_found("the message"));
    }
    let mut reaction = json!({"mid": of, "action": if added { "react" } else { "unreact" }});
    if added {
        reaction["reaction"] = json!(act.reaction.as_deref().unwrap_or("love"));
        reaction["emoji"] = json!("\u{2764}\u{fe0f}");
    }
    let item = json!({
        "sender": {"id": by},
        "recipient": {"id": account.id},
        "timestamp": kit.now(),
        "reaction": reaction,
    });
    News::Message(item).push(&account.id, kit);
    Ok(json!({}))
}
