//! What people do below videos, and what the channel's owner does on the site.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Channel, Comment, Youtube};
use crate::networks::kit::{Act, Done, Kit, Refused};

pub(super) fn act(net: &mut Youtube, act: &Act, kit: &Kit) -> Done {
    let ours = net.own(act)?.clone();
    match act.what.as_str() {
        "revoke_token" => {
            net.tokens.retain(|_, (channel, _)| *channel != ours.id);
            net.refresh.retain(|_, channel| *channel != ours.id);
            return Ok(json!({}));
        }
        "expire_token" => {
            for (_, until) in net.tokens.values_mut() {
                *until = kit.now();
            }
            return Ok(json!({}));
        }
        "native_post" => {
            let title = act.more("title").unwrap_or("Ein neues Video");
            let id = net.add_video(&ours.id, title, &act.text, kit);
            return Ok(json!({"id": id}));
        }
        "native_reply" => return say(net, &ours.id, &ours, act, kit),
        "close_comments" => {
            let of = act.target()?;
            net.videos.get_mut(of).ok_or_else(gone)?.comments_closed = true;
            return Ok(json!({}));
        }
        _ => {}
    }
    let by = net.join(&act.by, act.called(), kit);
    match act.what.as_str() {
        "post" | "comment" | "reply" => say(net, &by, &ours, act, kit),
        "edit" => {
            let now = kit.now();
            let comment = own_comment(net, &by, act)?;
            comment.text.clone_from(&act.text);
            comment.updated = now;
            Ok(json!({"id": act.of}))
        }
        "delete" => {
            let id = own_comment(net, &by, act)?.id.clone();
            net.comments
                .retain(|_, comment| comment.id != id && comment.parent.as_ref() != Some(&id));
            Ok(json!({}))
        }
        "react" | "unreact" => {
            let comment = net.comments.get_mut(act.target()?).ok_or_else(gone)?;
            if act.what == "react" {
                comment.likes.insert(by);
            } else {
                comment.likes.remove(&by);
            }
            Ok(json!({}))
        }
        "depart" => {
            if let Some(channel) = net.channels.get_mut(&by) {
                channel.gone = true;
            }
            if !act.flag("comments_stay") {
                net.comments.retain(|_, comment| comment.author != by);
            }
            Ok(json!({"person": by}))
        }
        _ => Err(act.unknown()),
    }
}

impl Youtube {
    fn own(&self, act: &Act) -> Result<&Channel, Refused> {
        let wanted = act.to.as_deref().map(|to| to.trim_start_matches('@'));
        self.channels
            .values()
            .find(|channel| {
                channel.ours
                    && wanted.is_none_or(|to| channel.id == to || channel.handle[1..] == *to)
            })
            .ok_or_else(|| Refused::not_found("our channel"))
    }
}

fn say(net: &mut Youtube, by: &str, ours: &Channel, act: &Act, kit: &Kit) -> Done {
    let of = if let Some(of) = &act.of {
        of.clone()
    } else {
        let newest = net
            .videos
            .values()
            .filter(|video| video.channel == ours.id)
            .max_by_key(|video| video.at);
        match newest {
            Some(video) => video.id.clone(),
            None => net.add_video(&ours.id, "Willkommen", "Unser erstes Video", kit),
        }
    };
    let (video, parent) = match net.comments.get(&of) {
        // Answers stand one level deep.
        Some(above) => (
            above.video.clone(),
            Some(above.parent.clone().unwrap_or_else(|| above.id.clone())),
        ),
        None if net.videos.contains_key(&of) => (of, None),
        None => return Err(gone()),
    };
    let comment = Comment {
        id: String::new(),
        video: video.clone(),
        parent,
        author: by.to_owned(),
        text: act.text.clone(),
        at: kit.now(),
        updated: kit.now(),
        likes: BTreeSet::new(),
        status: if act.flag("held") {
            "heldForReview"
        } else {
            "published"
        }
        .to_owned(),
        order: 0,
    };
    let id = net.say(comment, kit);
    Ok(json!({"id": id, "video": video, "person": by}))
}

fn own_comment<'a>(net: &'a mut Youtube, by: &str, act: &Act) -> Result<&'a mut Comment, Refused> {
    let comment = net.comments.get_mut(act.target()?).ok_or_else(gone)?;
    if comment.author != by {
        return Err(Refused(403, "that is somebody else's comment".to_owned()));
    }
    Ok(comment)
}

fn gone() -> Refused {
    Refused::not_found("the comment")
}
