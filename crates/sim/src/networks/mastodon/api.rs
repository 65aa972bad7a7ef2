//! The server's API: who asks, how often they may, what there is to be asked.

use serde_json::{Value, json};

use super::lists::{notifications, search, statuses_of, tagged};
use super::oauth;
use super::posting::Draft;
use super::show::show_media;
use super::text;
use super::{Mastodon, Status, standing_headers};
use crate::networks::kit::{
    Answer, Call, FileKind, Kit, Limit, Misfit, Network as _, OwnWord, Reply,
};

/// What can stand below a post.
pub(super) const FILES: &[FileKind] = &[
    FileKind {
        types: &[
            "image/jpeg",
            "image/png",
            "image/gif",
            "image/heic",
            "image/heif",
            "image/webp",
            "image/avif",
        ],
        most: 16 << 20,
    },
    FileKind {
        types: &[
            "video/mp4",
            "video/webm",
            "video/quicktime",
            "audio/mpeg",
            "audio/ogg",
            "audio/mp4",
            "audio/wav",
        ],
        most: 99 << 20,
    },
];
const CALLS: Limit = Limit {
    name: "calls",
    most: 300,
    span: 300_000,
};
const MEDIA: Limit = Limit {
    name: "media",
    most: 30,
    span: 1_800_000,
};
const DELETES: Limit = Limit {
    name: "deletes",
    most: 30,
    span: 1_800_000,
};

/// Somebody who asks with a token.
pub(super) struct Caller {
    pub(super) user: u64,
    scopes: Vec<String>,
}

pub(super) fn answer(server: &mut Mastodon, call: &Call, kit: &Kit) -> Reply {
    let path = call.path();
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["api", "v2", "instance"]) => {
            return Answer::json(200, &server.show_instance(kit)).into();
        }
        ("GET", ["api", "v1", "streaming", "health"]) => return Answer::text(200, "OK").into(),
        ("POST", ["api", "v1", "apps"]) => return oauth::register(server, call, kit).into(),
        ("GET" | "POST", ["oauth", "authorize"]) => {
            return oauth::authorise(server, call, kit).into();
        }
        ("POST", ["oauth", "token"]) => return oauth::token(server, call, kit).into(),
        ("POST", ["oauth", "revoke"]) => {
            server
                .tokens
                .remove(&call.param("token").unwrap_or_default());
            return Answer::json(200, &json!({})).into();
        }
        _ => {}
    }
    let token = call
        .bearer()
        .map(str::to_owned)
        .or_else(|| call.param("access_token"));
    // What is public is shown to everybody who asks.
    if let ("GET", ["api", "v1", "statuses", id], None) =
        (call.method.as_str(), path.as_slice(), &token)
    {
        let status = number(id).and_then(|id| server.statuses.get(&id));
        let status = status.filter(|status| server.may_read(status, None));
        return match status {
            Some(status) => Answer::json(200, &server.show_status(status, None, kit)).into(),
            None => missing().into(),
        };
    }
    let Some(token) = token else {
        let words = match path.as_slice() {
            ["api", "v1", "streaming", ..] => "Missing access token",
            _ => "This method requires an authenticated user",
        };
        return error(401, words).into();
    };
    let Some(token) = server.tokens.get(&token).cloned() else {
        let words = match path.as_slice() {
            ["api", "v1", "streaming", ..] => "Invalid access token",
            _ => "The access token is invalid",
        };
        return error(401, words).into();
    };
    let caller = Caller {
        user: token.user,
        scopes: token.scopes,
    };
    if server
        .users
        .get(&caller.user)
        .is_some_and(|user| user.suspended)
    {
        return error(403, "Your login is currently disabled").into();
    }
    if let ["api", "v1", "streaming", ..] = path.as_slice() {
        let mark = caller.user.to_string();
        return match path.len() {
            3 => Reply::Socket(mark),
            _ => Reply::Stream {
                mark,
                media_type: "text/event-stream",
                heartbeat: ":thump\n\n",
            },
        };
    }

    let limit = match (call.method.as_str(), path.as_slice()) {
        ("POST", ["api", _, "media"]) => MEDIA,
        ("DELETE", ["api", "v1", "statuses", _]) => DELETES,
        _ => CALLS,
    };
    let now = kit.now();
    let ends = (now / limit.span + 1) * limit.span;
    let standing = kit
        .limits
        .take_until(limit, &caller.user.to_string(), 1, now, ends);
    let answer = if standing.allowed {
        respond(server, call, &caller, kit)
    } else {
        error(429, "Too many requests")
    };
    answer.with_all(standing_headers(standing)).into()
}

fn respond(server: &mut Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let path = call.path();
    let (needed, what) = match (call.method.as_str(), path.as_slice()) {
        ("GET", ["api", "v1", "accounts", "verify_credentials"]) => ("read:accounts", 0),
        ("GET", ["api", "v1", "apps", "verify_credentials"]) => ("", 1),
        ("GET", ["api", "v1", "accounts", _]) => ("read:accounts", 2),
        ("GET", ["api", "v1", "accounts", _, "statuses"]) => ("read:statuses", 3),
        ("GET", ["api", "v1", "notifications"]) => ("read:notifications", 4),
        ("GET", ["api", "v1", "statuses"]) => ("read:statuses", 14),
        ("GET", ["api", "v1", "statuses", ..]) => ("read:statuses", 5),
        ("POST", ["api", "v1", "statuses"]) => ("write:statuses", 6),
        ("PUT", ["api", "v1", "statuses", _]) => ("write:statuses", 7),
        ("DELETE", ["api", "v1", "statuses", _]) => ("write:statuses", 8),
        ("POST", ["api", "v1", "statuses", _, "favourite" | "unfavourite"]) => {
            ("write:favourites", 9)
        }
        ("POST", ["api", "v1" | "v2", "media"]) => ("write:media", 10),
        ("GET", ["api", "v1", "media", _]) => ("write:media", 11),
        ("GET", ["api", "v1", "timelines", "tag", _]) => ("read:statuses", 12),
        ("GET", ["api", "v2", "search"]) => ("read:search", 13),
        _ => return error(404, "Not Found"),
    };
    if !needed.is_empty() && !caller.may(needed) {
        return error(403, "This action is outside the authorized scopes");
    }
    match what {
        0 => match server.users.get(&caller.user) {
            Some(user) => Answer::json(200, &server.show_user(user)),
            None => server.failure(401, kit),
        },
        1 => Answer::json(
            200,
            &json!({"id": "1", "name": "app", "website": null, "scopes": caller.scopes}),
        ),
        2 => match number(path[3]).and_then(|id| server.users.get(&id)) {
            Some(user) if !user.gone => Answer::json(200, &server.show_user(user)),
            _ => missing(),
        },
        3 => statuses_of(server, call, caller, kit),
        4 => notifications(server, call, caller, kit),
        5 => read(server, &path[3..], caller, kit),
        6 => publish(server, call, caller, kit),
        7 => change(server, call, caller, kit),
        8 => take_back(server, path[3], caller, kit),
        9 => favourite(server, &path[3..], caller, kit),
        10 => upload(server, call, caller, kit),
        11 => media(server, path[3], kit),
        14 => several(server, call, caller, kit),
        12 => tagged(server, path[4], call, caller, kit),
        _ => search(server, call, caller, kit),
    }
}

impl Caller {
    fn may(&self, needed: &str) -> bool {
        let family = needed.split(':').next().unwrap_or(needed);
        self.scopes
            .iter()
            .any(|scope| scope == needed || scope == family)
    }
}

fn read(server: &Mastodon, path: &[&str], caller: &Caller, kit: &Kit) -> Answer {
    let Some(status) = visible(server, path[0], caller) else {
        return missing();
    };
    let show = |status: &Status| server.show_status(status, Some(caller.user), kit);
    match path[1..] {
        [] => Answer::json(200, &show(status)),
        ["context"] => {
            let mut ancestors = Vec::new();
            let mut above = status.parent;
            while let Some(parent) = above.and_then(|id| server.statuses.get(&id)) {
                ancestors.insert(0, show(parent));
                above = parent.parent;
            }
            let mut below = vec![status.id];
            let mut descendants = Vec::new();
            for other in server.statuses.values() {
                let under = other.parent.is_some_and(|parent| below.contains(&parent));
                if under && server.may_read(other, Some(caller.user)) {
                    below.push(other.id);
                    descendants.push(show(other));
                }
            }
            Answer::json(
                200,
                &json!({"ancestors": ancestors, "descendants": descendants}),
            )
        }
        ["source"] => Answer::json(
            200,
            &json!({
                "id": path[0],
                "text": status.text,
                "spoiler_text": status.spoiler,
            }),
        ),
        ["history"] => {
            let now = (status.text.clone(), status.edited.unwrap_or(status.created));
            let versions: Vec<Value> = status
                .history
                .iter()
                .chain([&now])
                .map(|(text, at)| {
                    let content = text::html(text, |name| server.page_of(name));
                    json!({"content": content, "created_at": crate::item::rfc3339(*at)})
                })
                .collect();
            Answer::json(200, &Value::Array(versions))
        }
        _ => error(404, "Not Found"),
    }
}

/// How many posts are given by their ids at once.
const SEVERAL: usize = 20;

fn several(server: &Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let ids = call.params("id");
    if ids.len() > SEVERAL {
        return error(422, "Validation failed: too many ids");
    }
    let shown = ids
        .iter()
        .filter_map(|id| visible(server, id, caller))
        .map(|status| server.show_status(status, Some(caller.user), kit));
    Answer::json(200, &Value::Array(shown.collect()))
}

fn publish(server: &mut Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let key = call.header("idempotency-key").map(str::to_owned);
    let key = key.map(|key| (caller.user, key));
    let known = key.as_ref().and_then(|key| server.keys.get(key));
    if let Some(status) = known.and_then(|(id, _)| server.statuses.get(id)) {
        return Answer::json(200, &server.show_status(status, Some(caller.user), kit));
    }
    let media: Vec<u64> = call
        .params("media_ids")
        .iter()
        .filter_map(|id| number(id))
        .collect();
    let ready = media.iter().all(|id| {
        let media = server.media.get(id);
        media.is_some_and(|media| media.owner == caller.user && media.ready <= kit.now())
    });
    if !ready {
        return error(
            422,
            "Cannot attach files that have not finished processing. Try again in a moment!",
        );
    }
    let (said, spoiler) = (text_of(call, "status"), text_of(call, "spoiler_text"));
    if let Some(words) = server.objection(&said, &spoiler, media.len()) {
        return error(422, &words);
    }
    let parent = match call.param("in_reply_to_id").filter(|id| !id.is_empty()) {
        Some(id) => match visible(server, &id, caller) {
            Some(parent) => Some(parent.id),
            None => {
                return error(
                    404,
                    "The post you are trying to reply to does not appear to exist.",
                );
            }
        },
        None => None,
    };
    let visibility = call
        .param("visibility")
        .unwrap_or_else(|| "public".to_owned());
    if !matches!(
        visibility.as_str(),
        "public" | "unlisted" | "private" | "direct"
    ) {
        return error(
            422,
            "Validation failed: Visibility is not included in the list",
        );
    }
    let draft = Draft {
        text: said,
        spoiler,
        visibility,
        parent,
        quotes: None,
        media,
        language: call.param("language").unwrap_or_else(|| "de".to_owned()),
    };
    let word = OwnWord {
        id: String::new(),
        by: caller.user.to_string(),
        of: draft.parent.map(|parent| parent.to_string()),
        to: None,
        text: draft.text.clone(),
        private: draft.visibility == "direct",
    };
    let id = server.post(caller.user, draft, kit);
    kit.own_words.note(OwnWord {
        id: id.to_string(),
        ..word
    });
    if let Some(key) = key {
        server.keys.insert(key, (id, kit.now()));
    }
    shown(server, id, caller, kit)
}

fn change(server: &mut Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let Some(id) = own(server, &call.segments[3], caller) else {
        return missing();
    };
    let media: Vec<u64> = call
        .params("media_ids")
        .iter()
        .filter_map(|id| number(id))
        .collect();
    let (said, spoiler) = (text_of(call, "status"), text_of(call, "spoiler_text"));
    if let Some(words) = server.objection(&said, &spoiler, media.len()) {
        return error(422, &words);
    }
    server.edit(id, said, Some(spoiler), Some(media), kit);
    shown(server, id, caller, kit)
}

fn take_back(server: &mut Mastodon, id: &str, caller: &Caller, kit: &Kit) -> Answer {
    let Some(id) = own(server, id, caller) else {
        return missing();
    };
    let mut last = server
        .statuses
        .get(&id)
        .map(|status| server.show_status(status, Some(caller.user), kit))
        .unwrap_or_default();
    if let Some(status) = server.delete(id, kit) {
        last["text"] = json!(status.text);
    }
    Answer::json(200, &last)
}

fn favourite(server: &mut Mastodon, path: &[&str], caller: &Caller, kit: &Kit) -> Answer {
    let Some(id) = visible(server, path[0], caller).map(|status| status.id) else {
        return missing();
    };
    if let Some(status) = server.statuses.get_mut(&id) {
        if path[1] == "favourite" {
            status.favourites.insert(caller.user);
        } else {
            status.favourites.remove(&caller.user);
        }
    }
    shown(server, id, caller, kit)
}

fn upload(server: &mut Mastodon, call: &Call, caller: &Caller, kit: &Kit) -> Answer {
    let Some(file) = call.files.iter().find(|file| file.field == "file") else {
        return error(422, "Validation failed: File can't be blank");
    };
    match kit.limits.objection(FILES, file) {
        Some(Misfit::Type) => {
            return error(
                422,
                "Validation failed: File content type is invalid, File is invalid",
            );
        }
        Some(Misfit::Size(most)) => {
            let words = format!("Validation failed: File file size must be less than {most} Bytes");
            return error(422, &words);
        }
        None => {}
    }
    let whole = (
        file.name.as_str(),
        file.media_type.as_str(),
        file.bytes.clone(),
    );
    let id = server.keep_media(caller.user, whole, call.param("description"), kit);
    let media = &server.media[&id];
    let status = if media.ready > kit.now() { 202 } else { 200 };
    Answer::json(status, &show_media(media, kit))
}

fn media(server: &Mastodon, id: &str, kit: &Kit) -> Answer {
    match number(id).and_then(|id| server.media.get(&id)) {
        Some(media) if media.ready > kit.now() => Answer::json(206, &show_media(media, kit)),
        Some(media) => Answer::json(200, &show_media(media, kit)),
        None => missing(),
    }
}

fn shown(server: &Mastodon, id: u64, caller: &Caller, kit: &Kit) -> Answer {
    match server.statuses.get(&id) {
        Some(status) => Answer::json(200, &server.show_status(status, Some(caller.user), kit)),
        None => missing(),
    }
}

fn visible<'a>(server: &'a Mastodon, id: &str, caller: &Caller) -> Option<&'a Status> {
    let status = server.statuses.get(&number(id)?)?;
    server.may_read(status, Some(caller.user)).then_some(status)
}

fn own(server: &Mastodon, id: &str, caller: &Caller) -> Option<u64> {
    let status = server.statuses.get(&number(id)?)?;
    (status.author == caller.user).then_some(status.id)
}

fn text_of(call: &Call, name: &str) -> String {
    call.param(name).unwrap_or_default()
}

pub(super) fn number(id: &str) -> Option<u64> {
    id.parse().ok()
}

pub(super) fn missing() -> Answer {
    error(404, "Record not found")
}

pub(super) fn error(status: u16, words: &str) -> Answer {
    Answer::json(status, &json!({"error": words}))
}
