//! What an app may ask of pages, and do there.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Facebook, Thing};
use crate::networks::graph::{
    Caller, List, News, Platform, fields, not_allowed, refused, scoped_id, success, unknown,
};
use crate::networks::kit::{Answer, Call, FileKind, Kit, OwnWord};

const LONGEST_COMMENT: usize = 8_000;
/// What stands below a post or is one.
const PHOTOS: &[FileKind] = &[FileKind {
    types: &[
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/bmp",
        "image/tiff",
        "image/webp",
    ],
    most: 4 << 20,
}];

pub(super) fn answer(net: &mut Facebook, call: &Call, kit: &Kit) -> Answer {
    let path = call.path();
    let path = match path.split_first() {
        Some((version, rest)) if version.starts_with('v') => rest,
        _ => &path[..],
    };
    let pages: Vec<(String, String)> = net
        .pages
        .iter()
        .map(|id| (id.clone(), net.names.get(id).cloned().unwrap_or_default()))
        .collect();
    if let Some(answer) = net.platform.before_tokens(call, path, &pages, kit) {
        return answer;
    }
    let caller = match net.platform.admit(call, kit) {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    let kind = match path {
        [_, "messages" | "conversations" | "message_attachments"] => "messenger",
        _ => "pages",
    };
    if let ("GET", [scoped, "ids_for_pages"]) = (call.method.as_str(), path) {
        return ids_for_pages(net, call, scoped, &caller, kit);
    }
    let meters = match Platform::meter(&caller, kind, kit) {
        Ok(meters) => meters,
        Err(answer) => return answer,
    };
    let answer = net
        .platform
        .common(call, path, &caller, kit)
        .unwrap_or_else(|| respond(net, call, path, &caller, kit));
    answer.with_all(meters)
}

/// Tells, to the app itself only, by which ids a page knows somebody whom the app knows by another.
fn ids_for_pages(net: &Facebook, call: &Call, scoped: &str, caller: &Caller, kit: &Kit) -> Answer {
    if !caller.is_app {
        return not_allowed(kit);
    }
    let wanted = call.param("page");
    let person = net
        .names
        .keys()
        .find(|id| !net.pages.contains(*id) && scoped_id(id) == scoped);
    let Some(person) = person else {
        return unknown(scoped, kit);
    };
    let pages = net
        .pages
        .iter()
        .filter(|page| wanted.as_ref().is_none_or(|wanted| wanted == *page));
    let data: Vec<_> = pages
        .map(|page| json!({"id": person, "page": {"id": page, "name": net.names.get(page)}}))
        .collect();
    Answer::json(200, &json!({"data": data}))
}

fn respond(net: &mut Facebook, call: &Call, path: &[&str], caller: &Caller, kit: &Kit) -> Answer {
    if let ("GET", ["me", "accounts"]) = (call.method.as_str(), path)
        && caller.user
    {
        let shown = |id: &String| (id.clone(), json!({"id": id, "name": net.names.get(id)}));
        let pages: Vec<_> = net.pages.iter().map(shown).collect();
        let whose = (caller.node.as_str(), caller.scopes.as_slice());
        return net.platform.accounts(whose, &pages, kit);
    }
    let needed = match (call.method.as_str(), path) {
        (_, [_, "messages" | "message_attachments" | "conversations"]) => "pages_messaging",
        ("GET", _) => "pages_read_engagement",
        _ => "pages_manage_engagement",
    };
    if !caller.may(needed) {
        return not_allowed(kit);
    }
    let wished = fields(call);
    // What people say is read with a right of its own.
    let of_people = match (call.method.as_str(), path) {
        ("GET", [_, "comments" | "tagged"]) => true,
        ("GET", [_, "feed"]) => wished.iter().any(|field| field.name == "comments"),
        ("GET", [id]) => net
            .things
            .get(*id)
            .is_some_and(|thing| thing.author != caller.node),
        _ => false,
    };
    if of_people && !caller.may("pages_read_user_content") {
        return not_allowed(kit);
    }
    let page = caller.node.clone();
    match (call.method.as_str(), path) {
        ("GET", [id])
            if *id == page
                || (caller.user && Platform::manages(&page, id) && net.pages.contains(*id)) =>
        {
            let mut shown = json!({"id": id, "name": net.names.get(*id)});
            if caller.user && wished.iter().any(|field| field.name == "access_token") {
                let scopes: Vec<&str> = caller.scopes.iter().map(String::as_str).collect();
                shown["access_token"] = json!(net.platform.token(id, &scopes, false, kit));
            }
            Answer::json(200, &shown)
        }
        ("GET", [id, "feed"]) if *id == page => {
            Answer::json(200, &net.feed(&page, &List::asked(call, kit), &wished, kit))
        }
        ("GET", [id, "tagged"]) if *id == page => Answer::json(
            200,
            &net.tagged(&page, &List::asked(call, kit), &wished, kit),
        ),
        ("GET", [id, "conversations"]) if *id == page => {
            let only = call.param("user_id");
            let list = List::asked(call, kit);
            Answer::json(
                200,
                &net.conversations(&page, only.as_deref(), &list, &wished),
            )
        }
        ("GET", [id, "messages"]) if id.starts_with("t_") => {
            let person = id.rsplit('_').next().unwrap_or_default();
            let list = List::asked(call, kit);
            Answer::json(200, &net.messages((&page, person), &list, &wished))
        }
        ("GET", [id, "comments"]) => match net.things.get(*id) {
            Some(thing) => Answer::json(
                200,
                &net.comments(thing, &List::asked(call, kit), &wished, kit),
            ),
            None => unknown(id, kit),
        },
        ("GET", [id]) => match net.things.get(*id) {
            Some(thing) => Answer::json(200, &net.show_thing(thing, &wished, kit)),
            None => unknown(id, kit),
        },
        ("POST", [id, "messages"]) if *id == page => send(net, &page, call, kit),
        ("POST", [id, "message_attachments"]) if *id == page => net.mailbox.upload(call, kit),
        ("POST", [id, "feed" | "photos"]) if *id == page => say(net, &page, None, call, kit),
        ("POST", [id, "comments"]) => match net.things.get(*id).cloned() {
            Some(thing) => say(net, &page, Some(&thing), call, kit),
            None => unknown(id, kit),
        },
        ("POST" | "DELETE", [id, "likes"]) => {
            let Some(thing) = net.things.get_mut(*id) else {
                return unknown(id, kit);
            };
            if call.method == "POST" {
                thing.likes.insert(page, "like".to_owned());
            } else {
                thing.likes.remove(&page);
            }
            success()
        }
        ("POST", [id]) => change(net, id, call, caller, kit),
        ("DELETE", [id]) => match net.things.get(*id) {
            // A page may take away what stands on it, whoever said it, and what it said itself.
            Some(thing) if thing.page == page || thing.author == page => {
                net.remove(id, kit);
                success()
            }
            Some(_) => not_allowed(kit),
            None => unknown(id, kit),
        },
        _ => unknown(path.first().unwrap_or(&""), kit),
    }
}

fn send(net: &mut Facebook, page: &str, call: &Call, kit: &Kit) -> Answer {
    let app = net.platform.app_id.clone();
    let things = &net.things;
    let commenter = |of: &str| {
        let thing = things.get(of)?;
        (thing.author != thing.page).then(|| (thing.author.clone(), thing.at))
    };
    match net.mailbox.send(page, call, &app, kit, commenter) {
        Ok(sent) => {
            if let Some(echo) = sent.echo
                && net.platform.hears(page, "message_echoes")
            {
                News::Message(echo).push(page, kit);
            }
            sent.answer
        }
        Err(answer) => answer,
    }
}

fn say(net: &mut Facebook, page: &str, below: Option<&Thing>, call: &Call, kit: &Kit) -> Answer {
    let text = call.param("message").unwrap_or_default();
    if let Some(file) = call.files.first()
        && kit.limits.objection(PHOTOS, file).is_some()
    {
        let words = "(#324) Missing or invalid image file";
        return refused(400, (324, 1_366_046), words, kit);
    }
    let photo = call.files.first().map(|file| {
        let path = kit.keep_file(&file.name, &file.media_type, file.bytes.clone());
        format!("{}{path}", kit.base)
    });
    if text.trim().is_empty() && photo.is_none() {
        return refused(400, (100, 0), "(#100) Missing message or attachment", kit);
    }
    if below.is_some() && text.chars().count() > LONGEST_COMMENT {
        return refused(400, (100, 0), "(#100) Comment text is too long", kit);
    }
    // Answers stand one level deep: who answers an answer answers the comment above it.
    let (post, parent) = match below {
        None => (None, None),
        Some(thing) => match &thing.post {
            None => (Some(thing.id.clone()), None),
            Some(post) => {
                let parent = thing.parent.clone().unwrap_or_else(|| thing.id.clone());
                (Some(post.clone()), Some(parent))
            }
        },
    };
    let with_photo = photo.is_some();
    let thing = Thing {
        id: String::new(),
        page: page.to_owned(),
        tagged: None,
        author: page.to_owned(),
        text,
        at: kit.now(),
        post,
        parent,
        photo,
        hidden: false,
        likes: BTreeMap::new(),
        order: 0,
    };
    let text = thing.text.clone();
    let id = net.say(thing, kit);
    kit.own_words.note(OwnWord {
        id: id.clone(),
        by: page.to_owned(),
        of: below.map(|thing| thing.id.clone()),
        to: None,
        text,
        private: false,
    });
    if with_photo && below.is_none() {
        let photo = id.rsplit('_').next().unwrap_or_default();
        return Answer::json(200, &json!({"id": photo, "post_id": id}));
    }
    Answer::json(200, &json!({"id": id}))
}

fn change(net: &mut Facebook, id: &str, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let Some(thing) = net.things.get_mut(id) else {
        return unknown(id, kit);
    };
    if let Some(hidden) = call.param("is_hidden") {
        if thing.page != caller.node {
            return not_allowed(kit);
        }
        if thing.author == caller.node || thing.post.is_none() {
            let words = "(#1) An error occurred while hiding the comment";
            return refused(400, (100, 0), words, kit);
        }
        thing.hidden = hidden == "true";
        let verb = if thing.hidden { "hide" } else { "unhide" };
        net.tell(id, verb, kit);
        return success();
    }
    if thing.author != caller.node {
        return not_allowed(kit);
    }
    let text = call.param("message").unwrap_or_default();
    if text.trim().is_empty() {
        return refused(400, (100, 0), "(#100) Missing message or attachment", kit);
    }
    thing.text = text;
    net.tell(id, "edited", kit);
    success()
}
