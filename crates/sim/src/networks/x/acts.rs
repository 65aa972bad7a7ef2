//! What people do on X.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Post, User, X};
use crate::networks::kit::{Act, Done, Kit, Refused};

pub(super) fn act(net: &mut X, act: &Act, kit: &Kit) -> Done {
    let ours = net.own(act)?.clone();
    match act.what.as_str() {
        "revoke_token" => {
            net.tokens.retain(|_, token| token.user != ours.id);
            net.refresh.retain(|_, user| *user != ours.id);
            let told = json!({"user_id": ours.id});
            net.event("oauth.revoke", &ours.id, &told, &json!({}), kit);
            return Ok(json!({}));
        }
        "expire_token" => {
            for token in net
                .tokens
                .values_mut()
                .filter(|token| token.user == ours.id)
            {
                token.expires = kit.now();
            }
            return Ok(json!({}));
        }
        "native_post" | "native_reply" => return say(net, &ours.id, &ours, act, kit),
        "native_dm" => {
            let to = net.join(&act.by, act.called(), kit);
            let sent = net.tell(&ours.id, &to, &act.text, kit);
            return Ok(json!({"id": sent.id}));
        }
        _ => {}
    }
    let by = net.join(&act.by, act.called(), kit);
    match act.what.as_str() {
        "post" | "comment" | "reply" => say(net, &by, &ours, act, kit),
        "dm" => {
            let sent = net.tell(&by, &ours.id, &act.text, kit);
            Ok(json!({"id": sent.id, "person": by, "thread": by}))
        }
        "edit" => {
            // Every version is a post of its own.
            let of = act.target()?;
            let before = net.posts.get(of).cloned().ok_or_else(gone)?;
            if before.author != by {
                return Err(Refused(403, "that is somebody else's post".to_owned()));
            }
            if before.parent.is_some() || before.history.len() > 5 {
                return Err(Refused(409, "this post cannot be edited".to_owned()));
            }
            // Who changes a post leaves the names before it as they stand.
            let names = before
                .text
                .split(' ')
                .take_while(|word| word.starts_with('@') && !act.text.contains(*word));
            let edited = Post {
                text: names
                    .chain([act.text.as_str()])
                    .collect::<Vec<_>>()
                    .join(" "),
                ..before.clone()
            };
            let id = net.say(edited, kit);
            Ok(json!({"id": id, "first": before.history.first()}))
        }
        "delete" => {
            let of = act.target()?;
            match net.posts.get(of) {
                Some(post) if post.author == by => net.remove(of, kit),
                Some(_) => return Err(Refused(403, "that is somebody else's post".to_owned())),
                None => return Err(gone()),
            };
            Ok(json!({}))
        }
        "react" | "unreact" => {
            let of = act.target()?;
            let post = net.posts.get_mut(of).ok_or_else(gone)?;
            if act.what == "unreact" {
                post.likes.remove(&by);
                return Ok(json!({}));
            }
            post.likes.insert(by.clone());
            let author = post.author.clone();
            let payload = json!({
                "id": kit.ids.letters("like", 20),
                "liked_tweet_id": of,
                "liked_tweet_author_id": author,
                "created_at": super::written(kit.now()),
                "timestamp_ms": kit.now(),
            });
            let includes = json!({"users": [net.show_user(&by)]});
            net.event("like.create", &author, &payload, &includes, kit);
            Ok(json!({}))
        }
        "block" | "unblock" => {
            let user = net.users.get_mut(&by).ok_or_else(gone)?;
            if act.what == "block" {
                user.blocks.insert(ours.id);
            } else {
                user.blocks.remove(&ours.id);
            }
            Ok(json!({}))
        }
        "open_dms" | "close_dms" => {
            net.users.get_mut(&by).ok_or_else(gone)?.open = act.what == "open_dms";
            if act.what == "close_dms" {
                // Whoever closes takes no answer either.
                net.messages.retain(|message| message.from != by);
            }
            Ok(json!({}))
        }
        "depart" => {
            let posts: Vec<String> = net
                .posts
                .values()
                .filter(|post| post.author == by)
                .map(|post| post.id.clone())
                .collect();
            for post in posts {
                net.remove(&post, kit);
            }
            net.users.get_mut(&by).ok_or_else(gone)?.gone = true;
            Ok(json!({"person": by}))
        }
        _ => Err(act.unknown()),
    }
}

impl X {
    fn own(&self, act: &Act) -> Result<&User, Refused> {
        let wanted = act.to.as_deref().map(|to| to.trim_start_matches('@'));
        self.users
            .values()
            .find(|user| user.ours && wanted.is_none_or(|to| user.id == to || user.username == to))
            .ok_or_else(|| Refused::not_found("our account"))
    }
}

fn say(net: &mut X, by: &str, ours: &User, act: &Act, kit: &Kit) -> Done {
    let mut text = act.text.clone();
    let named = act.to.is_some() && by != ours.id;
    if named && !text.contains(&format!("@{}", ours.username)) {
        text = format!("@{} {text}", ours.username);
    }
    if let Some(of) = &act.of {
        net.posts.get(of).ok_or_else(gone)?;
    } else if act.what != "post" && act.what != "native_post" {
        return Err(Refused(422, "the field of is missing".to_owned()));
    }
    let mut media = Vec::new();
    for file in &act.attachments {
        let path = kit.keep_file(&file.name, &file.media_type, file.bytes());
        let key = format!("3_{}", kit.ids.digits("media", 19));
        net.media.insert(
            key.clone(),
            (format!("{}{path}", kit.base), file.alt.clone()),
        );
        media.push(key);
    }
    let post = Post {
        id: String::new(),
        author: by.to_owned(),
        text,
        at: kit.now(),
        parent: act.of.clone(),
        quotes: act.more("quote").map(str::to_owned),
        conversation: String::new(),
        mentions: Vec::new(),
        media,
        likes: BTreeSet::new(),
        hidden: false,
        history: Vec::new(),
        language: act.more("language").unwrap_or("de").to_owned(),
    };
    let id = net.say(post, kit);
    Ok(json!({"id": id, "person": by}))
}

fn gone() -> Refused {
    Refused::not_found("the post")
}
