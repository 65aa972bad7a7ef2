//! The forum's interface, by key and name.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Discourse, Post, Queued, slug};
use crate::item::rfc3339;
use crate::networks::kit::{Answer, Call, FileKind, Kit, Limit, Misfit};

const UPLOADS: &[FileKind] = &[FileKind {
    types: &["image/", "application/pdf", "text/plain"],
    most: 4 << 20,
}];
const CALLS: Limit = Limit {
    name: "calls",
    most: 60,
    span: 60_000,
};
const SHORTEST: usize = 5;
const SHORTEST_TITLE: usize = 5;
const LONGEST: usize = 32_000;
/// How many posts a topic shows at once, and how many the list of the newest.
const PAGE: usize = 20;
const LATEST: usize = 50;

pub(super) fn answer(net: &mut Discourse, call: &Call, kit: &Kit) -> Answer {
    let key = call.header("api-key").unwrap_or_default();
    let name = call.header("api-username").unwrap_or_default();
    let known = net
        .keys
        .get(key)
        .is_some_and(|of| of.eq_ignore_ascii_case(name));
    let Some(user) = net.by_name(name).filter(|_| known).cloned() else {
        return refused(
            403,
            "invalid_access",
            "You are not permitted to view the requested resource. The API username or key is invalid.",
        );
    };
    let now = kit.now();
    let standing = kit.limits.take(CALLS, key, 1, now);
    if !standing.allowed {
        return too_many(standing.wait_seconds(now));
    }
    let bare = call.path.strip_suffix(".json").unwrap_or(&call.path);
    let path: Vec<&str> = bare.split('/').skip(1).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["session", "current"]) => {
            let mut own = net.show_user(user.id);
            if user.silenced {
                own["silenced_till"] = json!("2027-01-01T00:00:00.000Z");
            }
            Answer::json(200, &json!({"current_user": own}))
        }
        ("POST", ["posts"]) => post(net, user.id, call, kit),
        ("GET", ["posts"]) => latest(net, call, kit),
        ("GET", ["posts", "by_number", topic, number]) => {
            let post = number_of(topic)
                .zip(number_of(number))
                .and_then(|(topic, number)| net.by_number(topic, number));
            match post.filter(|post| may_read(net, user.id, post.topic)) {
                Some(post) => Answer::json(200, &net.show_post(post, kit)),
                None => missing(),
            }
        }
        ("PUT", ["posts", id]) => edit(net, user.id, id, call, kit),
        ("DELETE", ["posts", id]) => delete(net, user.id, id, kit),
        ("POST", ["post_actions"]) => like(net, user.id, call, kit),
        ("DELETE", ["post_actions", id]) => {
            match number_of(id).and_then(|id| net.posts.get_mut(&id)) {
                Some(post) => {
                    post.likes.remove(&user.id);
                    Answer::json(200, &json!({"id": post.id}))
                }
                None => missing(),
            }
        }
        ("POST", ["uploads"]) => upload(net, call, kit),
        ("GET", ["t", "external_id", external]) => {
            let topic = net
                .topics
                .values()
                .find(|topic| topic.external_id.as_deref() == Some(*external))
                .map(|topic| topic.id);
            match topic {
                Some(topic) => show_topic(net, (user.id, topic), call, kit),
                None => missing(),
            }
        }
        ("GET", ["t", topic, "posts"]) => some_posts(net, user.id, topic, call, kit),
        ("GET", ["t", topic]) => match number_of(topic) {
            Some(topic) => show_topic(net, (user.id, topic), call, kit),
            None => missing(),
        },
        ("GET", ["topics", "private-messages" | "private-messages-sent", _]) => {
            private_topics(net, user.id, call)
        }
        ("GET", ["search"]) => search(net, call, kit),
        _ => missing(),
    }
}

fn post(net: &mut Discourse, user: i64, call: &Call, kit: &Kit) -> Answer {
    let raw = call.param("raw").unwrap_or_default();
    if let Some(answer) = objection(net, user, &raw) {
        return answer;
    }
    if let Some(topic) = call.number("topic_id") {
        let closed = net.topics.get(&topic).map(|topic| topic.closed);
        match closed {
            Some(false) if may_read(net, user, topic) => {}
            Some(true) => {
                return refused(
                    422,
                    "",
                    "Auf ein geschlossenes Thema kann nicht geantwortet werden.",
                );
            }
            _ => return missing(),
        }
        let reply_to = call
            .number("reply_to_post_number")
            .filter(|number| *number > 0);
        // Whoever says the very same once more is taken to have pressed the button twice.
        let twice = net.posts.values().any(|post| {
            post.topic == topic
                && post.user == user
                && post.raw == raw
                && kit.now() - post.created < 5 * 60_000
        });
        if twice {
            return refused(422, "", "Body is too similar to what you recently posted");
        }
        if net.approval {
            return queued(net, (topic, user), raw, reply_to);
        }
        let id = net.say(topic, user, &raw, reply_to, kit);
        return shown(net, id, kit);
    }
    let title = call.param("title").unwrap_or_default();
    if title.chars().count() < SHORTEST_TITLE {
        return refused(422, "", "Der Titel ist zu kurz (Minimum: 5 Zeichen)");
    }
    let external = call.param("external_id");
    let taken = external.as_ref().is_some_and(|external| {
        net.topics
            .values()
            .any(|topic| topic.external_id.as_ref() == Some(external))
    });
    if taken {
        return refused(422, "", "External has already been taken");
    }
    let private = call.param("archetype").as_deref() == Some("private_message");
    let mut members = None;
    if private {
        let names = call.param("target_recipients").unwrap_or_default();
        let mut found = BTreeSet::from([user]);
        for name in names.split(',').map(str::trim) {
            match net.by_name(name.trim_start_matches('@')) {
                Some(other) if other.ignores.contains(&user) => {
                    return refused(
                        403,
                        "invalid_access",
                        "Sorry, you can't send a personal message to that user.",
                    );
                }
                Some(other) => {
                    found.insert(other.id);
                }
                None => return refused(422, "", "Der Benutzername wurde nicht gefunden."),
            }
        }
        members = Some(found);
    }
    let topic = net.begin(&title, members, kit);
    if let Some(topic) = net.topics.get_mut(&topic) {
        topic.external_id = external;
    }
    let id = net.say(topic, user, &raw, None, kit);
    shown(net, id, kit)
}

/// Lays an answer before the moderators; nobody sees it in the topic.
fn queued(
    net: &mut Discourse,
    (topic, user): (i64, i64),
    raw: String,
    reply_to: Option<i64>,
) -> Answer {
    let shown = json!({
        "action": "enqueued",
        "success": true,
        "pending_post": {"id": net.queue.len() + 1, "raw": raw},
        "pending_count": net.queue.len() + 1,
    });
    net.queue.push(Queued {
        topic,
        user,
        raw,
        reply_to,
    });
    Answer::json(200, &shown)
}

fn objection(net: &Discourse, user: i64, raw: &str) -> Option<Answer> {
    let length = raw.trim().chars().count();
    if net.users.get(&user).is_some_and(|user| user.silenced) {
        return Some(refused(403, "invalid_access", "You are silenced."));
    }
    if length < SHORTEST {
        return Some(refused(
            422,
            "",
            "Der Text ist zu kurz (Minimum: 5 Zeichen)",
        ));
    }
    (length > LONGEST).then(|| refused(422, "", "Der Text ist zu lang (Maximum: 32000 Zeichen)"))
}

fn edit(net: &mut Discourse, user: i64, id: &str, call: &Call, kit: &Kit) -> Answer {
    let given = call.value("post");
    let raw = given["raw"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| call.param("post[raw]"));
    let raw = raw.unwrap_or_default();
    if let Some(answer) = objection(net, user, &raw) {
        return answer;
    }
    let Some(post) = number_of(id).and_then(|id| net.posts.get_mut(&id)) else {
        return missing();
    };
    if post.user != user || post.deleted {
        return refused(
            403,
            "invalid_access",
            "You are not permitted to edit this post.",
        );
    }
    post.raw = raw;
    post.version += 1;
    post.updated = kit.now();
    let id = post.id;
    net.tell_post(id, "post_edited", kit);
    match net.posts.get(&id) {
        Some(post) => Answer::json(200, &json!({"post": net.show_post(post, kit)})),
        None => missing(),
    }
}

fn delete(net: &mut Discourse, user: i64, id: &str, kit: &Kit) -> Answer {
    let Some(post) = number_of(id).and_then(|id| net.posts.get_mut(&id)) else {
        return missing();
    };
    if post.deleted {
        return missing();
    }
    if post.user != user {
        return refused(
            403,
            "invalid_access",
            "You are not permitted to delete this post.",
        );
    }
    post.deleted = true;
    let id = post.id;
    net.tell_post(id, "post_destroyed", kit);
    Answer::json(200, &Value::Null)
}

fn like(net: &mut Discourse, user: i64, call: &Call, kit: &Kit) -> Answer {
    if call.number("post_action_type_id") != Some(2) {
        return refused(400, "invalid_parameters", "post_action_type_id");
    }
    let Some(post) = call.number("id").and_then(|id| net.posts.get_mut(&id)) else {
        return missing();
    };
    if post.user == user {
        return refused(
            403,
            "invalid_access",
            "You are not permitted to like your own post.",
        );
    }
    if !post.likes.insert(user) {
        return refused(403, "invalid_access", "You have already liked this post.");
    }
    let id = post.id;
    shown(net, id, kit)
}

fn upload(net: &mut Discourse, call: &Call, kit: &Kit) -> Answer {
    let Some(file) = call.files.first() else {
        return refused(422, "", "file is missing");
    };
    match kit.limits.objection(UPLOADS, file) {
        Some(Misfit::Type) => {
            let words = "Sorry, the file you are trying to upload is not authorized (authorized extensions: jpg, jpeg, png, gif, heic, heif, webp, avif, pdf, txt).";
            return refused(422, "", words);
        }
        Some(Misfit::Size(most)) => {
            let words = format!(
                "Sorry, the file you are trying to upload is too big (maximum size is {} KB).",
                most >> 10
            );
            return refused(422, "", &words);
        }
        None => {}
    }
    let path = kit.keep_file(&file.name, &file.media_type, file.bytes.clone());
    let short = format!("upload://{}", kit.ids.letters("upload", 27));
    let answer = json!({
        "id": kit.ids.count("upload_id"),
        "url": format!("{}{path}", kit.base),
        "original_filename": file.name,
        "filesize": file.bytes.len(),
        "short_url": short,
    });
    net.uploads.insert(short, path);
    Answer::json(200, &answer)
}

fn latest(net: &Discourse, call: &Call, kit: &Kit) -> Answer {
    let before = call.number("before");
    let posts: Vec<Value> = net
        .posts
        .values()
        .rev()
        .filter(|post| before.is_none_or(|before| post.id < before))
        .filter(|post| !post.deleted)
        .filter(|post| {
            net.topics
                .get(&post.topic)
                .is_some_and(|topic| !topic.private)
        })
        .take(LATEST)
        .map(|post| net.show_post(post, kit))
        .collect();
    Answer::json(200, &json!({"latest_posts": posts}))
}

fn show_topic(net: &Discourse, (user, id): (i64, i64), call: &Call, kit: &Kit) -> Answer {
    let Some(topic) = net.topics.get(&id).filter(|_| may_read(net, user, id)) else {
        return missing();
    };
    let posts: Vec<&Post> = net
        .posts
        .values()
        .filter(|post| post.topic == id && !post.deleted)
        .collect();
    let stream: Vec<i64> = posts.iter().map(|post| post.id).collect();
    let first: Vec<Value> = posts
        .iter()
        .take(PAGE)
        .map(|post| in_topic(net, post, call, kit))
        .collect();
    Answer::json(
        200,
        &json!({
            "post_stream": {"posts": first, "stream": stream},
            "id": id,
            "title": topic.title,
            "slug": slug(&topic.title),
            "posts_count": stream.len(),
            "archetype": if topic.private { "private_message" } else { "regular" },
            "closed": topic.closed,
            "external_id": topic.external_id,
        }),
    )
}

fn some_posts(net: &Discourse, user: i64, topic: &str, call: &Call, kit: &Kit) -> Answer {
    let Some(topic) = number_of(topic).filter(|topic| may_read(net, user, *topic)) else {
        return missing();
    };
    let wanted: Vec<i64> = call
        .params("post_ids")
        .iter()
        .filter_map(|id| number_of(id))
        .collect();
    let posts: Vec<Value> = net
        .posts
        .values()
        .filter(|post| post.topic == topic && !post.deleted && wanted.contains(&post.id))
        .map(|post| in_topic(net, post, call, kit))
        .collect();
    Answer::json(200, &json!({"post_stream": {"posts": posts}, "id": topic}))
}

/// How many topics stand on one page of a list.
const TOPICS: usize = 30;

fn private_topics(net: &Discourse, user: i64, call: &Call) -> Answer {
    let mut topics: Vec<(i64, Value)> = net
        .topics
        .values()
        .filter(|topic| topic.private && topic.members.contains(&user))
        .map(|topic| {
            let posts = net.posts.values().filter(|post| post.topic == topic.id);
            let last = posts.map(|post| post.created).max().unwrap_or_default();
            let shown = json!({
                "id": topic.id,
                "title": topic.title,
                "slug": slug(&topic.title),
                "archetype": "private_message",
                "last_posted_at": rfc3339(last),
            });
            (last, shown)
        })
        .collect();
    topics.sort_by_key(|(last, _)| std::cmp::Reverse(*last));
    let number = call
        .number("page")
        .and_then(|page| usize::try_from(page).ok());
    let begin = number.unwrap_or(0) * TOPICS;
    let all = topics.len();
    let page: Vec<Value> = topics
        .into_iter()
        .skip(begin)
        .take(TOPICS)
        .map(|(_, shown)| shown)
        .collect();
    let mut list = json!({"per_page": TOPICS, "topics": page});
    if begin + TOPICS < all {
        let next = begin / TOPICS + 1;
        list["more_topics_url"] = json!(format!("{}?page={next}", call.path().join("/")));
    }
    Answer::json(200, &json!({"users": [], "topic_list": list}))
}

fn search(net: &Discourse, call: &Call, kit: &Kit) -> Answer {
    let words = call.param("q").unwrap_or_default().to_lowercase();
    let posts: Vec<Value> = net
        .posts
        .values()
        .rev()
        .filter(|post| !post.deleted && post.raw.to_lowercase().contains(&words))
        .filter(|post| {
            net.topics
                .get(&post.topic)
                .is_some_and(|topic| !topic.private)
        })
        .take(LATEST)
        .map(|post| net.show_post(post, kit))
        .collect();
    Answer::json(200, &json!({"posts": posts}))
}

/// Shows a post as it stands in its topic: with what was written only to whoever asks for that.
fn in_topic(net: &Discourse, post: &Post, call: &Call, kit: &Kit) -> Value {
    let mut shown = net.show_post(post, kit);
    if !call.flag("include_raw")
        && let Some(shown) = shown.as_object_mut()
    {
        shown.remove("raw");
    }
    shown
}

fn may_read(net: &Discourse, user: i64, topic: i64) -> bool {
    let topic = net.topics.get(&topic);
    topic.is_some_and(|topic| !topic.private || topic.members.contains(&user))
}

fn shown(net: &Discourse, id: i64, kit: &Kit) -> Answer {
    match net.posts.get(&id) {
        Some(post) => Answer::json(200, &net.show_post(post, kit)),
        None => missing(),
    }
}

fn number_of(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn missing() -> Answer {
    refused(
        404,
        "not_found",
        "The requested URL or resource could not be found.",
    )
}

pub(super) fn refused(status: u16, kind: &str, words: &str) -> Answer {
    if kind.is_empty() {
        return Answer::json(status, &json!({"action": "create_post", "errors": [words]}));
    }
    Answer::json(status, &json!({"errors": [words], "error_type": kind}))
}

pub(super) fn too_many(seconds: i64) -> Answer {
    let words = format!(
        "You've performed this action too many times. Please wait {seconds} seconds before trying again."
    );
    let body = json!({
        "errors": [words],
        "error_type": "rate_limit",
        "extras": {"wait_seconds": seconds, "time_left": format!("{seconds} seconds")},
    });
    Answer::json(429, &body).with("retry-after", seconds)
}
