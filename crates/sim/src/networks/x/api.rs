//! X's second interface: tokens, limits by endpoint, lists, posts, messages and likes.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::lists::{lookup, messages, search, timeline};
use super::posting::conversation;
use super::weight::weight;
use super::{Post, X, hooks, oauth};
use crate::item::Millis;
use crate::networks::kit::{Answer, Call, FileKind, Kit, Limit, Misfit, OwnWord, Reply, Standing};

const LONGEST: usize = 280;
const LONGEST_MESSAGE: usize = 10_000;
const QUARTER: Millis = 900_000;
/// What is taken as a picture of a post.
const PICTURES: &[FileKind] = &[FileKind {
    types: &["image/jpeg", "image/png", "image/webp", "image/gif"],
    most: 5 << 20,
}];

/// Who calls: a user, or the app alone.
enum Caller {
    User(String, Vec<String>),
    App,
}

pub(super) fn answer(net: &mut X, call: &Call, kit: &Kit) -> Reply {
    let path = call.path();
    if let ("GET" | "POST", ["i", "oauth2", "authorize"]) = (call.method.as_str(), path.as_slice())
    {
        return oauth::authorise(net, call, kit).into();
    }
    let ["2", path @ ..] = path.as_slice() else {
        return missing("page").into();
    };
    if let ("POST", ["oauth2", "token"]) = (call.method.as_str(), path) {
        return renew(net, call, kit).into();
    }
    let caller = match admit(net, call, kit) {
        Ok(caller) => caller,
        Err(answer) => return answer.into(),
    };
    let who = match &caller {
        Caller::User(id, _) => id.clone(),
        Caller::App => "app".to_owned(),
    };
    let limit = limit_of(&call.method, path);
    let standing = kit.limits.take(limit, &who, 1, kit.now());
    if !standing.allowed {
        let answer = problem(429, "about:blank", "Too Many Requests", "Too Many Requests");
        return with_standing(answer, standing).into();
    }
    match (call.method.as_str(), path) {
        ("POST", ["webhooks"]) if matches!(caller, Caller::App) => hooks::register(net, call, kit),
        ("PUT", ["webhooks", id]) if matches!(caller, Caller::App) => hooks::validate(net, id, kit),
        _ => {
            let answer = respond(net, call, path, &caller, kit);
            let costs = match path {
                ["tweets", ..] => true,
                ["users", _, list] => matches!(*list, "mentions" | "tweets"),
                [list, ..] => matches!(*list, "dm_events" | "dm_conversations"),
                [] => false,
            };
            if call.method == "GET" && costs {
                let given: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let given = given["data"].as_array().map_or(0, Vec::len);
                net.billed.set(net.billed.get() + given as u64);
            }
            with_standing(answer, standing).into()
        }
    }
}

fn limit_of(method: &str, path: &[&str]) -> Limit {
    let (name, most, span) = match (method, path) {
        ("POST", ["tweets"]) => ("post", 100, QUARTER),
        ("DELETE", ["tweets", _]) => ("delete", 50, QUARTER),
        ("GET", ["users", _, "mentions"]) => ("mentions", 300, QUARTER),
        ("GET", ["users", _, "tweets"]) => ("timeline", 900, QUARTER),
        ("GET", ["tweets", "search", "recent"]) => ("search", 300, QUARTER),
        ("GET", ["tweets", ..]) => ("lookup", 5_000, QUARTER),
        ("GET", ["dm_events" | "dm_conversations", ..]) => ("dm_events", 15, QUARTER),
        ("POST", ["dm_conversations", ..]) => ("dm", 15, QUARTER),
        ("POST" | "DELETE", ["users", _, "likes", ..]) => ("likes", 50, QUARTER),
        ("PUT", ["tweets", _, "hidden"]) => ("hidden", 50, QUARTER),
        (_, ["webhooks", ..]) => ("webhooks", 450, QUARTER),
        (_, ["activity", ..]) => ("activity", 500, QUARTER),
        _ => ("other", 900, QUARTER),
    };
    Limit { name, most, span }
}

fn with_standing(answer: Answer, standing: Standing) -> Answer {
    answer
        .with("x-rate-limit-limit", standing.limit)
        .with("x-rate-limit-remaining", standing.remaining)
        .with("x-rate-limit-reset", standing.reset / 1_000)
}

fn admit(net: &X, call: &Call, kit: &Kit) -> Result<Caller, Answer> {
    let token = call.bearer().unwrap_or_default();
    if !token.is_empty() && token == net.bearer {
        return Ok(Caller::App);
    }
    match net.tokens.get(token) {
        Some(token) if token.expires > kit.now() => {
            Ok(Caller::User(token.user.clone(), token.scopes.clone()))
        }
        _ => Err(unauthorised()),
    }
}

/// Gives new tokens for a refresh token, which is used up by that.
fn renew(net: &mut X, call: &Call, kit: &Kit) -> Answer {
    let basic = STANDARD.encode(format!("{}:{}", net.client.0, net.client.1));
    let given = call.header("authorization").unwrap_or_default();
    if given != format!("Basic {basic}") {
        let body = json!({"error": "unauthorized_client", "error_description": "Missing valid authorization header"});
        return Answer::json(401, &body);
    }
    if call.param("grant_type").as_deref() == Some("authorization_code") {
        return oauth::exchange(net, call, kit);
    }
    let token = call.param("refresh_token").unwrap_or_default();
    let Some(user) = net.refresh.remove(&token) else {
        let body = json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."});
        return Answer::json(400, &body);
    };
    let (access, refresh) = net.give(&user, super::SCOPES, kit);
    Answer::json(
        200,
        &json!({
            "token_type": "bearer",
            "expires_in": super::TOKEN_LIFE / 1_000,
            "access_token": access,
            "scope": super::SCOPES,
            "refresh_token": refresh,
        }),
    )
}

fn respond(net: &mut X, call: &Call, path: &[&str], caller: &Caller, kit: &Kit) -> Answer {
    match (call.method.as_str(), path, caller) {
        ("GET", ["webhooks"], Caller::App) => {
            let hooks: Vec<Value> = net.webhooks.values().map(hooks::Webhook::show).collect();
            return Answer::json(
                200,
                &json!({"data": hooks, "meta": {"result_count": hooks.len()}}),
            );
        }
        ("GET", ["usage", "tweets"], Caller::App) => {
            let usage = json!({
                "cap_reset_day": 1,
                "project_cap": "2000000",
                "project_id": "1",
                "project_usage": net.billed.get().to_string(),
            });
            return Answer::json(200, &json!({"data": usage}));
        }
        ("DELETE", ["webhooks", id], Caller::App) => {
            net.webhooks.remove(*id);
            kit.deliveries.disconnect(id);
            return Answer::json(200, &json!({"data": {"deleted": true}}));
        }
        (_, ["webhooks", ..], _) => {
            return problem(
                403,
                "unsupported-authentication",
                "Unsupported Authentication",
                "Authenticating with OAuth 2.0 User Context is forbidden for this endpoint.",
            );
        }
        ("GET", ["tweets", "search", "recent"], _) => return either(search(net, call, kit.now())),
        ("GET", ["tweets"], _) => return either(lookup(net, call)),
        _ => {}
    }
    let Caller::User(user, scopes) = caller else {
        return problem(
            403,
            "unsupported-authentication",
            "Unsupported Authentication",
            "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.",
        );
    };
    let needed = match (call.method.as_str(), path) {
        ("GET", ["dm_events" | "dm_conversations", ..]) => "dm.read",
        ("POST", ["dm_conversations", ..]) => "dm.write",
        ("PUT", ["tweets", _, "hidden"]) => "tweet.moderate.write",
        ("POST" | "DELETE", ["users", _, "likes", ..]) => "like.write",
        ("POST" | "DELETE", ["tweets", ..]) => "tweet.write",
        _ => "tweet.read",
    };
    if !scopes.iter().any(|scope| scope == needed) {
        return forbidden(&format!(
            "Your client app is not configured with the scope {needed}."
        ));
    }
    match (call.method.as_str(), path) {
        ("GET", ["users", "me"]) => Answer::json(200, &json!({"data": net.show_user(user)})),
        ("GET", ["users", id, "mentions"]) => {
            let found =
                |post: &Post| post.mentions.iter().any(|named| named == id) && post.author != *id;
            either(timeline(net, call, (5, 100), found))
        }
        ("GET", ["users", id, "tweets"]) => {
            let found = |post: &Post| post.author == *id;
            either(timeline(net, call, (5, 100), found))
        }
        ("POST", ["tweets"]) => publish(net, user, call, kit),
        ("DELETE", ["tweets", id]) => match net.posts.get(*id) {
            Some(post) if post.author == *user => {
                net.remove(id, kit);
                Answer::json(200, &json!({"data": {"deleted": true}}))
            }
            Some(_) => forbidden("You are not authorized to delete this Tweet."),
            None => missing(id),
        },
        ("PUT", ["tweets", id, "hidden"]) => hide(net, user, id, call),
        ("POST", ["users", id, "likes"]) if id == user => {
            let of = call.param("tweet_id").unwrap_or_default();
            match net.posts.get_mut(&of) {
                Some(post) => {
                    post.likes.insert(user.clone());
                    Answer::json(200, &json!({"data": {"liked": true}}))
                }
                None => missing(&of),
            }
        }
        ("DELETE", ["users", id, "likes", of]) if id == user => {
            if let Some(post) = net.posts.get_mut(*of) {
                post.likes.remove(user);
            }
            Answer::json(200, &json!({"data": {"liked": false}}))
        }
        ("GET", ["dm_events"]) => either(messages(net, call, (user, None), kit.now())),
        ("GET", ["dm_conversations", "with", other, "dm_events"]) => {
            either(messages(net, call, (user, Some(other)), kit.now()))
        }
        ("POST", ["dm_conversations", "with", other, "messages"]) => {
            message(net, user, other, call, kit)
        }
        ("POST", ["media", "upload"]) => upload(net, call, kit),
        ("POST", ["media", "metadata"]) => {
            let key = format!("3_{}", call.param("id").unwrap_or_default());
            let alt = call.value("metadata")["alt_text"]["text"]
                .as_str()
                .map(str::to_owned);
            match net.media.get_mut(&key) {
                Some(media) => {
                    media.1 = alt;
                    Answer::json(200, &json!({"data": {"id": call.param("id")}}))
                }
                None => missing(&key),
            }
        }
        ("GET", ["activity", "subscriptions"]) => {
            let known: Vec<Value> = net
                .subscriptions
                .iter()
                .filter(|known| known.user == *user)
                .map(hooks::Subscription::show)
                .collect();
            Answer::json(200, &json!({"data": known}))
        }
        ("POST", ["activity", "subscriptions"]) => hooks::subscribe(net, user, call, kit),
        ("DELETE", ["activity", "subscriptions", id]) => {
            net.subscriptions.retain(|known| known.id != *id);
            Answer::json(200, &json!({"data": {"deleted": true}}))
        }
        ("GET", ["account_activity", "webhooks", id, "subscriptions", "all"]) => {
            let subscribed = net.older.contains(&((*id).to_owned(), user.clone()));
            Answer::json(200, &json!({"data": {"subscribed": subscribed}}))
        }
        ("POST", ["account_activity", "webhooks", id, "subscriptions", "all"]) => {
            if !net.webhooks.contains_key(*id) {
                return missing(id);
            }
            net.older.insert(((*id).to_owned(), user.clone()));
            Answer::json(200, &json!({"data": {"subscribed": true}}))
        }
        _ => missing("page"),
    }
}

fn publish(net: &mut X, user: &str, call: &Call, kit: &Kit) -> Answer {
    let text = call.param("text").unwrap_or_default();
    let media: Vec<String> = call.value("media")["media_ids"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| Some(format!("3_{}", id.as_str()?)))
        .collect();
    if text.trim().is_empty() && media.is_empty() {
        return invalid("text or media is required");
    }
    let link = call.param("direct_message_deep_link");
    let is_ours = |link: &String| {
        link.strip_prefix("https://x.com/messages/compose?recipient_id=") == Some(user)
    };
    if link.is_some_and(|link| !is_ours(&link)) {
        return invalid("direct_message_deep_link must lead to the author.");
    }
    if media.len() > 4 || media.iter().any(|key| !net.media.contains_key(key)) {
        return invalid("Your media IDs are invalid.");
    }
    if weight(&text) > LONGEST {
        return invalid(
            "Your Tweet text is too long. For more details about character limits, visit https://docs.x.com/.",
        );
    }
    if cashtags(&text) > 1 {
        return invalid("A post may have no more than one cashtag.");
    }
    let parent = call.value("reply")["in_reply_to_tweet_id"]
        .as_str()
        .map(str::to_owned);
    if let Some(parent) = &parent {
        let above = net.posts.get(parent);
        let visible = above.is_some_and(|above| {
            let author = net.users.get(&above.author);
            author.is_some_and(|author| !author.blocks.contains(user))
        });
        let Some(above) = above.filter(|_| visible) else {
            return forbidden(
                "You attempted to reply to a Tweet that is deleted or not visible to you.",
            );
        };
        let quoted = above
            .quotes
            .as_ref()
            .and_then(|quoted| net.posts.get(quoted));
        let summoned = above.author == user
            || above.mentions.iter().any(|named| named == user)
            || quoted.is_some_and(|quoted| quoted.author == user);
        let free = net.users.get(user).is_some_and(|user| user.enterprise);
        if !summoned && !free {
            return forbidden(
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.",
            );
        }
    }
    let fresh = kit.now() - 24 * 3_600_000;
    let twice = net
        .posts
        .values()
        .any(|post| post.author == user && plain(net, &post.text) == text && post.at > fresh);
    if twice {
        return forbidden("You are not allowed to create a Tweet with duplicate content.");
    }
    let post = Post {
        id: String::new(),
        author: user.to_owned(),
        text: text.clone(),
        at: kit.now(),
        parent,
        quotes: call.param("quote_tweet_id"),
        conversation: String::new(),
        mentions: Vec::new(),
        media,
        likes: BTreeSet::new(),
        hidden: false,
        history: Vec::new(),
        language: "de".to_owned(),
    };
    let word = OwnWord {
        id: String::new(),
        by: user.to_owned(),
        of: post.parent.clone(),
        to: None,
        text,
        private: false,
    };
    let id = net.say(post, kit);
    kit.own_words.note(OwnWord {
        id: id.clone(),
        ..word
    });
    let shown = net.posts.get(&id).map_or("", |post| post.text.as_str());
    Answer::json(
        201,
        &json!({
            "data": {"id": id, "text": shown, "edit_history_tweet_ids": [id]},
        }),
    )
}

fn either(answer: Result<Answer, Answer>) -> Answer {
    answer.unwrap_or_else(|refused| refused)
}

/// Counts the shares that a text names, as in `$ABC`.
fn cashtags(text: &str) -> usize {
    text.split(|sign: char| !sign.is_alphanumeric() && sign != '$')
        .filter_map(|word| word.strip_prefix('$'))
        .filter(|name| (1..=6).contains(&name.len()))
        .filter(|name| name.bytes().all(|sign| sign.is_ascii_alphabetic()))
        .count()
}

/// Returns a post's text with whole links.
fn plain(net: &X, text: &str) -> String {
    let mut plain = text.to_owned();
    for (short, whole) in &net.links {
        plain = plain.replace(short, whole);
    }
    plain
}

fn hide(net: &mut X, user: &str, id: &str, call: &Call) -> Answer {
    let Some(post) = net.posts.get(id) else {
        return missing(id);
    };
    // Only in a conversation that one began oneself.
    let begun = net
        .posts
        .get(&post.conversation)
        .map(|first| first.author.clone());
    if begun.as_deref() != Some(user) || post.author == user {
        return forbidden("You are not authorized to hide this reply.");
    }
    let hidden = call.flag("hidden");
    if let Some(post) = net.posts.get_mut(id) {
        post.hidden = hidden;
    }
    Answer::json(200, &json!({"data": {"hidden": hidden}}))
}

fn message(net: &mut X, user: &str, other: &str, call: &Call, kit: &Kit) -> Answer {
    let text = call.param("text").unwrap_or_default();
    if text.trim().is_empty() || text.chars().count() > LONGEST_MESSAGE {
        return invalid("The text of the message is missing or too long.");
    }
    let wrote = net
        .messages
        .iter()
        .any(|known| known.from == other && known.to == user);
    let takes = net.users.get(other).is_some_and(|person| {
        !person.gone && !person.blocks.contains(user) && (person.open || wrote)
    });
    if !takes {
        return forbidden("You do not have permission to DM one or more participants.");
    }
    let sent = net.tell(user, other, &text, kit);
    kit.own_words.note(OwnWord {
        id: sent.id.clone(),
        by: user.to_owned(),
        of: None,
        to: Some(other.to_owned()),
        text,
        private: true,
    });
    Answer::json(
        201,
        &json!({
            "data": {"dm_conversation_id": conversation(user, other), "dm_event_id": sent.id},
        }),
    )
}

fn upload(net: &mut X, call: &Call, kit: &Kit) -> Answer {
    let Some(file) = call.files.iter().find(|file| file.field == "media") else {
        return invalid("media is required");
    };
    match kit.limits.objection(PICTURES, file) {
        Some(Misfit::Type) => return invalid("media type unrecognized."),
        Some(Misfit::Size(most)) => {
            return invalid(&format!("File size exceeds {most} bytes."));
        }
        None => {}
    }
    let path = kit.keep_file(&file.name, &file.media_type, file.bytes.clone());
    let id = kit.ids.digits("media", 19);
    let key = format!("3_{id}");
    net.media
        .insert(key.clone(), (format!("{}{path}", kit.base), None));
    Answer::json(
        200,
        &json!({
            "data": {"id": id, "media_key": key, "size": file.bytes.len(), "expires_after_secs": 86_400},
        }),
    )
}

pub(super) fn problem(status: u16, kind: &str, title: &str, detail: &str) -> Answer {
    let kind = match kind {
        "about:blank" => kind.to_owned(),
        slug => format!("https://api.x.com/2/problems/{slug}"),
    };
    let body = json!({"title": title, "detail": detail, "type": kind, "status": status});
    Answer::bytes(status, "application/problem+json", body.to_string())
}

pub(super) fn invalid(detail: &str) -> Answer {
    problem(400, "invalid-request", "Invalid Request", detail)
}

/// Refuses what was given for one parameter.
pub(super) fn invalid_value(parameter: &str, given: &str, words: &str) -> Answer {
    let mut body = json!({
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.x.com/2/problems/invalid-request",
    });
    body["errors"] = json!([{"parameters": {parameter: [given]}, "message": words}]);
    Answer::json(400, &body)
}

pub(super) fn forbidden(detail: &str) -> Answer {
    problem(403, "about:blank", "Forbidden", detail)
}

pub(super) fn unauthorised() -> Answer {
    problem(401, "about:blank", "Unauthorized", "Unauthorized")
}

fn missing(what: &str) -> Answer {
    let detail = format!("Could not find tweet with id: [{what}].");
    problem(404, "resource-not-found", "Not Found Error", &detail)
}
