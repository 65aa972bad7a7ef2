//! What people do on a page, and what its staff does in Meta's own programs.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Facebook, Thing};
use crate::networks::graph::{News, signed_ask};
use crate::networks::kit::{Act, Done, Kit, Refused};

/// How often a private message may be changed.
const MOST_EDITS: u32 = 5;

pub(super) fn act(net: &mut Facebook, act: &Act, kit: &Kit) -> Done {
    let page = net.page(act)?;
    match act.what.as_str() {
        "revoke_token" => {
            net.platform.end_tokens(&page, 460);
            return Ok(json!({}));
        }
        "expire_token" => {
            net.platform.end_tokens(&page, 463);
            return Ok(json!({}));
        }
        "unsubscribe" => {
            net.platform.subscribed.remove(&page);
            return Ok(json!({}));
        }
        "native_post" => return say(net, &page, &page, None, act, kit),
        "native_reply" => return native_reply(net, &page, act, kit),
        _ => {}
    }
    let by = net.person(&act.by, act.called(), kit);
    match act.what.as_str() {
        "post" => {
            // What stands on somebody's own wall names the page at most.
            let place = if act.flag("elsewhere") { &by } else { &page };
            say(net, place, &by, None, act, kit).map(|told| {
                if act.flag("elsewhere") {
                    net.name_in(told["id"].as_str().unwrap_or_default(), &page, kit);
                }
                told
            })
        }
        "comment" | "reply" => {
            let of = match &act.of {
                Some(of) => of.clone(),
                None => net.newest_post(&page, kit),
            };
            say(net, &page, &by, Some(&of), act, kit)
        }
        "dm" => {
            let whole = (page.as_str(), by.as_str(), false);
            let (mid, mut item) = net.mailbox.take(whole, &act.text, &act.attachments, kit);
            if let Some(of) = &act.of {
                item["message"]["reply_to"] = json!({"mid": of});
            }
            if net.platform.hears(&page, "messages") {
                News::Message(item).push(&page, kit);
            }
            Ok(json!({"id": mid, "person": by}))
        }
        "edit" => edit(net, &page, &by, act, kit),
        "delete" => {
            let of = act.target()?;
            match net.things.get(of) {
                Some(thing) if thing.author == by => net.remove(of, kit),
                Some(_) => return Err(foreign()),
                // Nobody tells a page that a private message was taken back.
                None if net.mailbox.messages.contains_key(of) => {
                    net.mailbox.messages.remove(of);
                }
                None => return Err(Refused::not_found("the message")),
            }
            Ok(json!({}))
        }
        "react" | "unreact" => react(net, &page, &by, act, kit),
        "block" => {
            net.mailbox.blocked.insert((page, by));
            Ok(json!({}))
        }
        "unblock" => {
            net.mailbox.blocked.remove(&(page, by));
            Ok(json!({}))
        }
        "depart" | "deauthorise" => {
            let url = net.platform.callbacks.get(&page).cloned();
            if act.what == "depart" {
                net.things.retain(|_, thing| thing.author != by);
                net.mailbox.forget(&by);
            }
            if let Some(url) = url {
                let ask = signed_ask(act, &url, &net.platform.app_secret, (&by, kit.now()));
                kit.deliveries.ask(format!("departure {by}"), ask);
            }
            Ok(json!({"person": by}))
        }
        _ => Err(act.unknown()),
    }
}

impl Facebook {
    fn page(&self, act: &Act) -> Result<String, Refused> {
        let page = match act.to.as_deref() {
            None => self.pages.iter().next().cloned(),
            Some(to) if self.pages.contains(to) => Some(to.to_owned()),
            Some(to) => self
                .handles
                .get(to)
                .cloned()
                .filter(|id| self.pages.contains(id)),
        };
        page.ok_or_else(|| Refused::not_found("the page"))
    }

    /// Returns the newest post of a page, which says something first where it has not.
    fn newest_post(&mut self, page: &str, kit: &Kit) -> String {
        let newest = self
            .things
            .values()
            .filter(|thing| thing.page == page && thing.author == page && thing.post.is_none())
            .max_by_key(|thing| thing.order);
        if let Some(post) = newest {
            return post.id.clone();
        }
        let mut post = blank(page, page, kit);
        "Willkommen auf unserer Seite.".clone_into(&mut post.text);
        self.say(post, kit)
    }
}

impl Facebook {
    /// Names a page in a post that stands somewhere else, and tells it.
    fn name_in(&mut self, id: &str, page: &str, kit: &Kit) {
        if let Some(post) = self.things.get_mut(id) {
            post.tagged = Some(page.to_owned());
        }
        self.tell(id, "add", kit);
    }
}

fn blank(page: &str, author: &str, kit: &Kit) -> Thing {
    Thing {
        id: String::new(),
        page: page.to_owned(),
        tagged: None,
        author: author.to_owned(),
        text: String::new(),
        at: kit.now(),
        post: None,
        parent: None,
        photo: None,
        hidden: false,
        likes: BTreeMap::new(),
        order: 0,
    }
}

fn say(net: &mut Facebook, page: &str, by: &str, of: Option<&str>, act: &Act, kit: &Kit) -> Done {
    let mut thing = blank(page, by, kit);
    thing.text.clone_from(&act.text);
    if let Some(of) = of {
        let above = net
            .things
            .get(of)
            .ok_or_else(|| Refused::not_found("the post"))?;
        thing.post = Some(above.post.clone().unwrap_or_else(|| above.id.clone()));
        thing.parent = above
            .post
            .as_ref()
            .map(|_| above.parent.clone().unwrap_or_else(|| above.id.clone()));
    }
    thing.photo = act.attachments.first().map(|file| {
        let path = kit.keep_file(&file.name, &file.media_type, file.bytes());
        format!("{}{path}", kit.base)
    });
    let id = net.say(thing, kit);
    Ok(json!({"id": id, "person": by}))
}

/// Lets the staff answer in Meta's own inbox: below a comment, or in private.
fn native_reply(net: &mut Facebook, page: &str, act: &Act, kit: &Kit) -> Done {
    let of = act.target()?;
    if let Some(message) = net.mailbox.messages.get(of) {
        let person = message.person.clone();
        let whole = (page, person.as_str(), true);
        let (mid, mut item) = net.mailbox.take(whole, &act.text, &act.attachments, kit);
        item["message"]["app_id"] = json!(263_902_037_430_900_u64);
        News::Message(item).push(page, kit);
        return Ok(json!({"id": mid}));
    }
    say(net, page, page, Some(of), act, kit)
}

fn edit(net: &mut Facebook, page: &str, by: &str, act: &Act, kit: &Kit) -> Done {
    let of = act.target()?;
    if let Some(thing) = net.things.get_mut(of) {
        if thing.author != by {
            return Err(foreign());
        }
        thing.text.clone_from(&act.text);
        net.tell(of, "edited", kit);
        return Ok(json!({"id": of}));
    }
    let message = net
        .mailbox
        .messages
        .get_mut(of)
        .ok_or_else(|| Refused::not_found("the message"))?;
    if message.edits == MOST_EDITS {
        return Err(Refused(409, "edited five times already".to_owned()));
    }
    message.edits += 1;
    message.text.clone_from(&act.text);
    let item = json!({
        "sender": {"id": by},
        "recipient": {"id": page},
        "timestamp": kit.now(),
        "message_edit": {"mid": of, "text": act.text, "num_edit": message.edits},
    });
    if net.platform.hears(page, "message_edits") {
        News::Message(item).push(page, kit);
    }
    Ok(json!({"id": of}))
}

fn react(net: &mut Facebook, page: &str, by: &str, act: &Act, kit: &Kit) -> Done {
    let of = act.target()?.to_owned();
    let added = act.what == "react";
    let kind = act.reaction.as_deref().unwrap_or("like");
    if net.mailbox.messages.contains_key(&of) {
        let mut reaction = json!({"mid": of, "action": if added { "react" } else { "unreact" }});
        if added {
            reaction["reaction"] = json!(kind);
            reaction["emoji"] = json!("\u{2764}\u{fe0f}");
        }
        let item = json!({
            "sender": {"id": by},
            "recipient": {"id": page},
            "timestamp": kit.now(),
            "reaction": reaction,
        });
        if net.platform.hears(page, "message_reactions") {
            News::Message(item).push(page, kit);
        }
        return Ok(json!({}));
    }
    let thing = net
        .things
        .get_mut(&of)
        .ok_or_else(|| Refused::not_found("the post"))?;
    if added {
        thing.likes.insert(by.to_owned(), kind.to_owned());
    } else {
        thing.likes.remove(by);
    }
    let (post, comment) = (thing.post.clone(), thing.post.is_some());
    let mut value = json!({
        "from": net.name(by),
        "item": "reaction",
        "verb": if added { "add" } else { "remove" },
        "reaction_type": kind,
        "post_id": post.unwrap_or_else(|| of.clone()),
        "created_time": kit.clock.seconds(),
    });
    if comment {
        value["comment_id"] = json!(of);
    }
    if net.platform.hears(page, "feed") {
        News::Change("feed", value).push(page, kit);
    }
    Ok(json!({}))
}

fn foreign() -> Refused {
    Refused(403, "that is somebody else's".to_owned())
}
