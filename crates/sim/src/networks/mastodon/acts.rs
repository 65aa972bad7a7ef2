//! What customers do on the server.

use serde_json::json;

use super::posting::Draft;
use super::text::{self, Piece};
use super::{Mastodon, User};
use crate::networks::kit::{Act, Done, Frame, Kit, Refused};

pub(super) fn act(server: &mut Mastodon, act: &Act, kit: &Kit) -> Done {
    if act.what == "revoke_token" {
        let ours = server.own(act)?.id;
        server.tokens.retain(|_, token| token.user != ours);
        for (stream, listener) in &server.listeners {
            if listener.user == ours {
                kit.streams.put(*stream, Frame::Close);
            }
        }
        return Ok(json!({}));
    }
    if matches!(act.what.as_str(), "native_post" | "native_reply") {
        let ours = server.own(act)?.id;
        return say(server, ours, act, kit);
    }
    let by = server.join(&act.by, act.called(), false, kit);
    match act.what.as_str() {
        "post" | "comment" | "reply" | "dm" => say(server, by, act, kit),
        "edit" => {
            let id = own_post(server, by, act)?;
            let before = server.statuses.get(&id);
            let media = before.map(|status| status.media.clone());
            let text = before.map_or_else(
                || act.text.clone(),
                |status| with_names(&status.text, &act.text),
            );
            server.edit(id, text, None, media, kit);
            Ok(json!({"id": id.to_string()}))
        }
        "delete" => {
            let id = own_post(server, by, act)?;
            server.delete(id, kit);
            Ok(json!({}))
        }
        "react" | "unreact" => react(server, by, act, kit),
        "block" | "unblock" => {
            let ours = server.own(act)?.id;
            if let Some(user) = server.users.get_mut(&by) {
                if act.what == "block" {
                    user.blocks.insert(ours);
                } else {
                    user.blocks.remove(&ours);
                }
            }
            Ok(json!({}))
        }
        "followed" => {
            let ours = server.own(act)?.id;
            if let Some(user) = server.users.get_mut(&ours) {
                user.follows.insert(by);
            }
            Ok(json!({}))
        }
        "depart" => {
            let posts: Vec<u64> = server
                .statuses
                .values()
                .filter(|status| status.author == by)
                .map(|status| status.id)
                .collect();
            for post in posts {
                server.delete(post, kit);
            }
            server.notifications.retain(|_, told| told.from != by);
            if let Some(user) = server.users.get_mut(&by) {
                user.gone = true;
            }
            Ok(json!({}))
        }
        _ => Err(act.unknown()),
    }
}

impl Mastodon {
    /// Finds the account of ours that something is about.
    fn own(&self, act: &Act) -> Result<&User, Refused> {
        let wanted = act.to.as_deref().map(|to| to.trim_start_matches('@'));
        self.ours()
            .find(|user| wanted.is_none_or(|to| user.acct == to || user.id.to_string() == to))
            .ok_or_else(|| Refused::not_found("our account"))
    }
}

fn say(server: &mut Mastodon, by: u64, act: &Act, kit: &Kit) -> Done {
    let parent = match &act.of {
        Some(of) => Some(find(server, of)?),
        None => None,
    };
    let direct = act.what == "dm";
    let answers = matches!(act.what.as_str(), "comment" | "reply" | "native_reply");
    if parent.is_none() && answers {
        return Err(Refused(422, "the field of is missing".to_owned()));
    }
    // Programs put the names of whom one answers before the text; a new post names whom it names.
    let mut names: Vec<String> = Vec::new();
    if let Some(status) = parent.and_then(|parent| server.statuses.get(&parent)) {
        let answered = [status.author].into_iter().chain(status.mentions.clone());
        names.extend(
            answered
                .filter(|id| *id != by)
                .filter_map(|id| server.users.get(&id))
                .map(|user| user.acct.clone()),
        );
    }
    if direct || act.to.is_some() {
        let ours = server.own(act)?;
        names.extend((ours.id != by).then(|| ours.acct.clone()));
    }
    let mut draft = act.text.clone();
    let said: Vec<String> = text::pieces(&act.text)
        .iter()
        .filter_map(|piece| match piece {
            Piece::Mention(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect();
    names.retain(|name| !said.contains(name));
    names.dedup();
    for name in names.iter().rev() {
        draft = format!("@{name} {draft}");
    }

    let media = act
        .attachments
        .iter()
        .map(|file| {
            let whole = (file.name.as_str(), file.media_type.as_str(), file.bytes());
            server.keep_media(by, whole, file.alt.clone(), kit)
        })
        .collect();
    let visibility = if direct {
        "direct"
    } else {
        act.more("visibility").unwrap_or("public")
    };
    let quotes = act.more("quote").map(|id| find(server, id)).transpose()?;
    let draft = Draft {
        text: draft,
        spoiler: act.more("spoiler").unwrap_or_default().to_owned(),
        visibility: visibility.to_owned(),
        parent,
        quotes,
        media,
        language: act.more("language").unwrap_or("de").to_owned(),
    };
    let id = server.post(by, draft, kit);
    Ok(json!({"id": id.to_string()}))
}

/// Keeps the names before a text, as programs show them to whoever edits it.
fn with_names(before: &str, text: &str) -> String {
    let names: Vec<&str> = before
        .split(' ')
        .take_while(|word| word.starts_with('@'))
        .filter(|name| !text.contains(*name))
        .collect();
    [names, vec![text]].concat().join(" ")
}

fn react(server: &mut Mastodon, by: u64, act: &Act, kit: &Kit) -> Done {
    let id = find(server, act.target()?)?;
    let added = act.what == "react";
    let passes_on = act.reaction.as_deref() == Some("repost");
    let Some(status) = server.statuses.get_mut(&id) else {
        return Err(Refused::not_found("the post"));
    };
    let author = status.author;
    let whole = if passes_on {
        &mut status.reblogs
    } else {
        &mut status.favourites
    };
    let kind = if passes_on { "reblog" } else { "favourite" };
    if added {
        whole.insert(by);
        server.notify(author, by, kind, Some(id), kit);
    } else {
        whole.remove(&by);
        server
            .notifications
            .retain(|_, told| !(told.from == by && told.status == Some(id) && told.kind == kind));
    }
    Ok(json!({}))
}

fn own_post(server: &Mastodon, by: u64, act: &Act) -> Result<u64, Refused> {
    let id = find(server, act.target()?)?;
    match server.statuses.get(&id) {
        Some(status) if status.author == by => Ok(id),
        _ => Err(Refused(403, "that is somebody else's post".to_owned())),
    }
}

fn find(server: &Mastodon, id: &str) -> Result<u64, Refused> {
    id.parse()
        .ok()
        .filter(|id| server.statuses.contains_key(id))
        .ok_or_else(|| Refused::not_found("the post"))
}
