//! What members do in the forum.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Discourse, Post};
use crate::networks::kit::{Act, Done, Kit, Refused};

pub(super) fn act(net: &mut Discourse, act: &Act, kit: &Kit) -> Done {
    match act.what.as_str() {
        "revoke_token" => {
            net.keys.clear();
            return Ok(json!({}));
        }
        // A moderator lets pass what waits.
        "approve" => {
            let passed: Vec<Value> = std::mem::take(&mut net.queue)
                .into_iter()
                .map(|post| json!(net.say(post.topic, post.user, &post.raw, post.reply_to, kit)))
                .collect();
            return Ok(json!({"posts": passed}));
        }
        "native_reply" => {
            let by = net.own(act)?;
            return reply(net, by, act, kit);
        }
        _ => {}
    }
    let by = net.join(&act.by, act.called(), kit);
    match act.what.as_str() {
        "post" if act.of.is_none() => {
            let title = title(act);
            let topic = net.begin(&title, None, kit);
            let raw = addressed(net, act);
            Ok(with_files(net, topic, by, &raw, None, act, kit))
        }
        "post" | "comment" | "reply" => reply(net, by, act, kit),
        "dm" => {
            if act.of.is_some() {
                return reply(net, by, act, kit);
            }
            let ours = net.own(act)?;
            let topic = net.begin(&title(act), Some(BTreeSet::from([by, ours])), kit);
            Ok(with_files(net, topic, by, &act.text, None, act, kit))
        }
        "edit" => {
            let post = own_post(net, by, act)?;
            post.raw.clone_from(&act.text);
            post.version += 1;
            post.updated = kit.now();
            let id = post.id;
            net.tell_post(id, "post_edited", kit);
            Ok(json!({"id": act.of}))
        }
        "delete" => {
            let post = own_post(net, by, act)?;
            let id = post.id;
            // One's own post stands for a day to say that it was taken back; a moderator's act is at once.
            if act.flag("at_once") {
                post.deleted = true;
                net.tell_post(id, "post_destroyed", kit);
            } else {
                post.withdrawn = true;
                post.raw.clear();
                post.version += 1;
                post.updated = kit.now();
                net.tell_post(id, "post_edited", kit);
            }
            Ok(json!({}))
        }
        "react" | "unreact" => {
            let added = act.what == "react";
            let post = find(net, act.target()?)?;
            if added {
                post.likes.insert(by);
            } else {
                post.likes.remove(&by);
            }
            let post = post.clone();
            // Nobody is told of a like that was taken back.
            if added {
                let body =
                    json!({"like": {"post": net.show_post(&post, kit), "user": net.show_user(by)}});
                net.tell("like", "post_liked", &body, kit);
            }
            Ok(json!({}))
        }
        "block" | "close_dms" => {
            let ours = net.own(act)?;
            if let Some(user) = net.users.get_mut(&by) {
                user.ignores.insert(ours);
            }
            Ok(json!({}))
        }
        "unblock" | "open_dms" => {
            if let Some(user) = net.users.get_mut(&by) {
                user.ignores.clear();
            }
            Ok(json!({}))
        }
        "depart" => {
            let shown = net.show_user(by);
            let posts: Vec<i64> = net
                .posts
                .values()
                .filter(|post| post.user == by && !post.deleted)
                .map(|post| post.id)
                .collect();
            for post in posts {
                if let Some(post) = net.posts.get_mut(&post) {
                    post.deleted = true;
                }
                net.tell_post(post, "post_destroyed", kit);
            }
            net.users.remove(&by);
            net.tell("user", "user_destroyed", &json!({"user": shown}), kit);
            Ok(json!({"person": by.to_string()}))
        }
        _ => Err(act.unknown()),
    }
}

impl Discourse {
    fn own(&self, act: &Act) -> Result<i64, Refused> {
        let name = act
            .to
            .clone()
            .or_else(|| self.keys.values().next().cloned());
        name.and_then(|name| self.by_name(name.trim_start_matches('@')))
            .map(|user| user.id)
            .ok_or_else(|| Refused::not_found("our account"))
    }
}

fn title(act: &Act) -> String {
    if let Some(title) = act.more("title") {
        return title.to_owned();
    }
    let first = act.text.lines().next().unwrap_or("Frage");
    first.chars().take(80).collect()
}

fn addressed(net: &Discourse, act: &Act) -> String {
    let ours = act
        .to
        .as_deref()
        .and_then(|to| net.by_name(to.trim_start_matches('@')));
    match ours {
        Some(user) if !act.text.contains(&format!("@{}", user.username)) => {
            format!("@{} {}", user.username, act.text)
        }
        _ => act.text.clone(),
    }
}

fn reply(net: &mut Discourse, by: i64, act: &Act, kit: &Kit) -> Done {
    let post = find(net, act.target()?)?.clone();
    let number = (post.number > 1).then_some(post.number);
    Ok(with_files(net, post.topic, by, &act.text, number, act, kit))
}

fn with_files(
    net: &mut Discourse,
    topic: i64,
    by: i64,
    raw: &str,
    reply_to: Option<i64>,
    act: &Act,
    kit: &Kit,
) -> Value {
    let mut raw = raw.to_owned();
    for file in &act.attachments {
        let path = kit.keep_file(&file.name, &file.media_type, file.bytes());
        let short = format!("upload://{}", kit.ids.letters("upload", 27));
        let (before, behind) = if file.media_type.starts_with("image/") {
            ("![", "](")
        } else {
            ("[", "|attachment](")
        };
        raw.extend([
            "\n\n",
            before,
            file.name.as_str(),
            behind,
            short.as_str(),
            ")",
        ]);
        net.uploads.insert(short, path);
    }
    let id = net.say(topic, by, &raw, reply_to, kit);
    let number = net.posts.get(&id).map_or(1, |post| post.number);
    json!({
        "id": format!("{topic}/{number}"),
        "post_id": id,
        "thread": topic.to_string(),
        "person": by.to_string(),
    })
}

/// Finds a post by `topic/number`.
fn find<'a>(net: &'a mut Discourse, id: &str) -> Result<&'a mut Post, Refused> {
    let gone = || Refused::not_found("the post");
    let (topic, number) = id.split_once('/').ok_or_else(gone)?;
    let topic: i64 = topic.parse().map_err(|_| gone())?;
    let number: i64 = number.parse().map_err(|_| gone())?;
    net.posts
        .values_mut()
        .find(|post| post.topic == topic && post.number == number && !post.deleted)
        .ok_or_else(gone)
}

fn own_post<'a>(net: &'a mut Discourse, by: i64, act: &Act) -> Result<&'a mut Post, Refused> {
    let post = find(net, act.target()?)?;
    if post.user != by {
        return Err(Refused(403, "that is somebody else's post".to_owned()));
    }
    Ok(post)
}
