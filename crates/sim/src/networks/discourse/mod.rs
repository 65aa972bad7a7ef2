//! A forum that runs Discourse: topics, posts, private messages and likes, by its interface and its
//! signed webhook.

mod acts;
mod api;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::kit::{Act, Answer, Ask, Call, Done, Heard, Hook, Kit, Network, Reply, Wish, sign};
use crate::item::{Millis, rfc3339};

/// The pauses between the tries of a webhook, in seconds.
const RETRIES: [i64; 4] = [60, 300, 1_500, 7_500];
/// After how many failures in a row a webhook is switched off.
const MOST_FAILURES: u32 = 5;

/// A member.
#[derive(Debug, Clone)]
pub(super) struct User {
    id: i64,
    username: String,
    name: String,
    silenced: bool,
    ignores: BTreeSet<i64>,
}

/// A topic, or a private message.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    id: i64,
    title: String,
    private: bool,
    members: BTreeSet<i64>,
    external_id: Option<String>,
    closed: bool,
}

/// A post.
#[derive(Debug, Clone)]
pub(super) struct Post {
    id: i64,
    topic: i64,
    number: i64,
    user: i64,
    raw: String,
    created: Millis,
    updated: Millis,
    version: i64,
    reply_to: Option<i64>,
    likes: BTreeSet<i64>,
    /// Deleted by its author, and standing for a while to say so.
    withdrawn: bool,
    deleted: bool,
}

/// The forum.
/// A post that a moderator has not let pass yet.
#[derive(Debug, Clone)]
struct Queued {
    topic: i64,
    user: i64,
    raw: String,
    reply_to: Option<i64>,
}

#[derive(Default)]
pub(crate) struct Discourse {
    users: BTreeMap<i64, User>,
    topics: BTreeMap<i64, Topic>,
    posts: BTreeMap<i64, Post>,
    /// Keys and whose they are.
    keys: BTreeMap<String, String>,
    hooks: BTreeSet<String>,
    failures: u32,
    uploads: BTreeMap<String, String>,
    /// Whether a moderator reads first what our accounts write, and what waits for that.
    approval: bool,
    queue: Vec<Queued>,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Discourse::default())
}

impl Discourse {
    fn join(&mut self, username: &str, name: &str, kit: &Kit) -> i64 {
        let username = username.trim_start_matches('@');
        if let Some(user) = self.by_name(username) {
            return user.id;
        }
        let id = kit.ids.rising("user", 1_000) as i64;
        let user = User {
            id,
            username: username.to_owned(),
            name: name.to_owned(),
            silenced: false,
            ignores: BTreeSet::new(),
        };
        self.users.insert(id, user);
        id
    }

    fn by_name(&self, username: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| user.username.eq_ignore_ascii_case(username))
    }

    fn by_number(&self, topic: i64, number: i64) -> Option<&Post> {
        self.posts
            .values()
            .find(|post| post.topic == topic && post.number == number && !post.deleted)
    }

    /// Begins a topic.
    fn begin(&mut self, title: &str, members: Option<BTreeSet<i64>>, kit: &Kit) -> i64 {
        let id = kit.ids.rising("topic", 300) as i64;
        let topic = Topic {
            id,
            title: title.to_owned(),
            private: members.is_some(),
            members: members.unwrap_or_default(),
            external_id: None,
            closed: false,
        };
        self.topics.insert(id, topic);
        id
    }

    /// Adds a post to a topic and tells the hook.
    fn say(&mut self, topic: i64, user: i64, raw: &str, reply_to: Option<i64>, kit: &Kit) -> i64 {
        let last = self.posts.values().filter(|post| post.topic == topic);
        let number = last.map(|post| post.number).max().unwrap_or(0) + 1;
        let id = kit.ids.rising("post", 5_000) as i64;
        let post = Post {
            id,
            topic,
            number,
            user,
            raw: raw.to_owned(),
            created: kit.now(),
            updated: kit.now(),
            version: 1,
            reply_to,
            likes: BTreeSet::new(),
            withdrawn: false,
            deleted: false,
        };
        self.posts.insert(id, post);
        if let Some(topic) = self.topics.get_mut(&topic).filter(|topic| topic.private) {
            topic.members.insert(user);
        }
        self.tell_post(id, "post_created", kit);
        id
    }

    fn tell_post(&self, id: i64, event: &str, kit: &Kit) {
        if let Some(post) = self.posts.get(&id) {
            let shown = self.show_post(post, kit);
            self.tell("post", event, &json!({"post": shown}), kit);
        }
    }

    fn tell(&self, kind: &str, event: &str, body: &Value, kit: &Kit) {
        let id = kit.ids.rising("event", 10_000);
        let item = json!({"id": id, "kind": kind, "event": event, "body": body});
        for hook in &self.hooks {
            kit.push(hook, item.clone());
        }
    }

    fn show_user(&self, id: i64) -> Value {
        match self.users.get(&id) {
            Some(user) => json!({
                "id": user.id,
                "username": user.username,
                "name": user.name,
                "avatar_template": "/letter_avatar_proxy/v4/letter/a/{size}.png",
            }),
            None => json!({"id": id, "username": "system", "name": "system"}),
        }
    }

    fn show_post(&self, post: &Post, kit: &Kit) -> Value {
        let user = self.users.get(&post.user);
        let topic = self.topics.get(&post.topic);
        let answered = post
            .reply_to
            .and_then(|number| self.by_number(post.topic, number))
            .and_then(|post| self.users.get(&post.user));
        // Whoever reads by a key is told whether they acted themselves.
        let acted = self
            .keys
            .values()
            .filter_map(|name| self.by_name(name))
            .any(|reader| post.likes.contains(&reader.id));
        let mut shown = json!({
            "id": post.id,
            "name": user.map(|user| &user.name),
            "username": user.map(|user| &user.username),
            "created_at": rfc3339(post.created),
            "updated_at": rfc3339(post.updated),
            "cooked": self.cooked(post, kit),
            "raw": post.raw,
            "post_number": post.number,
            "post_type": 1,
            "reply_count": 0,
            "reply_to_post_number": post.reply_to,
            "topic_id": post.topic,
            "topic_slug": topic.map(|topic| slug(&topic.title)),
            "topic_title": topic.map(|topic| &topic.title),
            "topic_archetype": topic.map(|topic| if topic.private { "private_message" } else { "regular" }),
            "version": post.version,
            "user_id": post.user,
            "user_deleted": post.withdrawn,
            "deleted_at": post.deleted.then(|| kit.now_text()),
            "hidden": false,
            "trust_level": 1,
            "actions_summary": [{"id": 2, "count": post.likes.len(), "can_act": true, "acted": acted}],
        });
        if let Some(answered) = answered {
            shown["reply_to_user"] = json!({"id": answered.id, "username": answered.username});
        }
        shown
    }

    /// Writes a post as HTML: paragraphs, names, pictures and files.
    fn cooked(&self, post: &Post, kit: &Kit) -> String {
        if post.withdrawn {
            return "<p>(Beitrag vom Autor gelöscht)</p>".to_owned();
        }
        let plain = post
            .raw
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let paragraphs: Vec<String> = plain
            .split("\n\n")
            .map(|paragraph| {
                let paragraph = self.with_files(paragraph, kit);
                let words: Vec<String> = paragraph
                    .split(' ')
                    .map(
                        |word| match word.strip_prefix('@').and_then(|name| self.by_name(name)) {
                            Some(user) => format!(
                                "<a class=\"mention\" href=\"/u/{0}\">@{0}</a>",
                                user.username
                            ),
                            None => word.to_owned(),
                        },
                    )
                    .collect();
                format!("<p>{}</p>", words.join(" ").replace('\n', "<br>\n"))
            })
            .collect();
        paragraphs.join("\n")
    }

    fn with_files(&self, paragraph: &str, kit: &Kit) -> String {
        let Some((name, path)) = self.uploads.iter().find_map(|(short, path)| {
            let at = paragraph.find(&format!("]({short})"))?;
            let start = paragraph[..at].rfind('[')? + 1;
            Some((paragraph[start..at].to_owned(), path))
        }) else {
            return paragraph.to_owned();
        };
        let url = format!("{}{path}", kit.base);
        match name.strip_suffix("|attachment") {
            Some(name) => format!("<a class=\"attachment\" href=\"{url}\">{name}</a>"),
            None => format!("<img src=\"{url}\" alt=\"{name}\" width=\"690\" height=\"300\">"),
        }
    }
}

impl Network for Discourse {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit).into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        let username = wish.handle.trim_start_matches('@').to_owned();
        let id = self.join(&username, wish.called(), kit);
        self.approval |= wish.flag("approval");
        let key = kit.ids.signs("key", 64, b"0123456789abcdef");
        self.keys.insert(key.clone(), username.clone());
        let secret = match wish.more("hook_secret") {
            Some(secret) => secret.to_owned(),
            None => kit.ids.letters("hook_secret", 32),
        };
        if let Some(url) = &wish.hook_url {
            self.hooks.insert(username.clone());
            kit.deliveries.connect(Hook {
                id: username.clone(),
                url: url.clone(),
                secret: secret.clone(),
            });
            let ping = json!({"id": kit.ids.rising("event", 10_000), "kind": "ping", "event": "ping", "body": {"ping": "OK"}});
            kit.push(&username, ping);
        }
        Ok(json!({
            "id": id.to_string(),
            "handle": username,
            "settings": {"base_url": kit.base, "api_username": username},
            "secrets": {"api_key": key, "signing": [secret]},
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, _: &Kit) -> Answer {
        match status {
            403 => api::refused(
                403,
                "invalid_access",
                "Die angeforderte Ressource darf nicht angesehen werden.",
            ),
            404 => api::refused(
                404,
                "not_found",
                "Die angeforderte URL oder Ressource konnte nicht gefunden werden.",
            ),
            422 => api::refused(422, "", "Der Beitrag ist zu kurz."),
            429 => api::too_many(15),
            _ => Answer::html(status, "<html><body><h1>Oops</h1></body></html>"),
        }
    }

    fn pack(&self, hook: &Hook, items: &[Value], kit: &Kit) -> Ask {
        let item = items.first().cloned().unwrap_or_default();
        let body = item["body"].to_string();
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let ask = Ask::post(hook.url.clone(), "application/json", body.clone())
            .with("x-discourse-instance", &kit.base)
            .with("x-discourse-event-id", &item["id"])
            .with("x-discourse-event-type", text("kind"))
            .with("x-discourse-event", text("event"));
        if hook.secret.is_empty() {
            return ask;
        }
        let signature = sign::sha256_hex(&hook.secret, body.as_bytes());
        ask.signed("x-discourse-event-signature", format!("sha256={signature}"))
    }

    fn retry_seconds(&self, attempt: u32) -> Option<i64> {
        RETRIES.get(attempt as usize).copied()
    }

    fn pushed(&mut self, hook: &Hook, _: &[Value], heard: &Heard, kit: &Kit) {
        if heard.is_success() {
            self.failures = 0;
            return;
        }
        self.failures += 1;
        if matches!(heard.status, Some(404 | 410)) && self.failures >= MOST_FAILURES {
            self.hooks.remove(&hook.id);
            kit.deliveries.disconnect(&hook.id);
        }
    }

    fn show(&self) -> Value {
        json!({
            "users": self.users.len(),
            "topics": self.topics.len(),
            "posts": self.posts.len(),
            "queue": self.queue.len(),
            "hooks": self.hooks,
        })
    }
}

fn slug(title: &str) -> String {
    let slug: String = title
        .to_lowercase()
        .chars()
        .map(|sign| {
            if sign.is_ascii_alphanumeric() {
                sign
            } else {
                '-'
            }
        })
        .collect();
    slug.trim_matches('-').to_owned()
}
