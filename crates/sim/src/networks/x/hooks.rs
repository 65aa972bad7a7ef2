//! The hook of the app: the challenge on registering and again and again later, subscriptions, and
//! events in the shapes of both interfaces.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{invalid, problem};
use super::{Message, X, written};
use crate::item::Millis;
use crate::networks::kit::{Answer, Ask, Call, Heard, Hook, Kit, Reply, encoded, sign};

const HOUR: Millis = 3_600_000;
/// After how long without a right answer the hook is asked again, and how often.
const CHECK_AFTER: Millis = 24 * HOUR;
const CHECK_EVERY: Millis = HOUR / 2;
/// How long failures that may pass are borne.
const PATIENCE: Millis = 28 * HOUR;

/// A hook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) valid: bool,
    pub(super) created: Millis,
    answered: Millis,
    asked: Millis,
}

/// What is to be told to a hook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) event: String,
    pub(super) user: String,
    pub(super) webhook: Option<String>,
    pub(super) tag: Option<String>,
}

/// Begins to register a hook: first it must answer the challenge.
pub(super) fn register(net: &X, call: &Call, kit: &Kit) -> Reply {
    let url = call.param("url").unwrap_or_default();
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    let local = host.starts_with("127.0.0.1") || host.starts_with("localhost");
    if !local && (!url.starts_with("https://") || host.contains(':')) {
        return invalid("UrlValidationFailed: the URL must be https and have no port").into();
    }
    if net.webhooks.values().any(|hook| hook.url == url) {
        return invalid("DuplicateUrlFailed: the webhook URL provided already exists").into();
    }
    if !net.webhooks.is_empty() {
        return problem(
            403,
            "client-forbidden",
            "Client Forbidden",
            "WebhookLimitExceeded",
        )
        .into();
    }
    ask("create", "-", &url, kit)
}

/// Asks a known hook again.
pub(super) fn validate(net: &X, id: &str, kit: &Kit) -> Reply {
    match net.webhooks.get(id) {
        Some(hook) => ask("validate", id, &hook.url, kit),
        None => not_found(),
    }
}

fn ask(why: &str, id: &str, url: &str, kit: &Kit) -> Reply {
    let (mark, ask) = challenge(why, id, url, kit);
    Reply::Ask { mark, ask }
}

fn challenge(why: &str, id: &str, url: &str, kit: &Kit) -> (String, Ask) {
    let token = kit.ids.letters("crc", 32);
    let joint = if url.contains('?') { '&' } else { '?' };
    let ask = Ask::get(format!("{url}{joint}crc_token={}", encoded(&token)));
    (format!("{why} {id} {token} {url}"), ask)
}

/// Hears what a hook said to the challenge.
pub(super) fn heard(net: &mut X, mark: &str, heard: &Heard, kit: &Kit) -> Reply {
    let mut words = mark.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (why, id, token, url) = (word(), word(), word(), word());
    let expected = sign::sha256_base64(&net.consumer_secret, token.as_bytes());
    let told: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
    let right = heard.status == Some(200)
        && told["response_token"].as_str() == Some(&format!("sha256={expected}"));
    // A wrong word ends it at once; what may be a passing failure is borne for a while.
    let wrong = matches!(heard.status, Some(200..=399)) && !right;
    let now = kit.now();
    match why.as_str() {
        "create" if right => {
            let id = kit
                .ids
                .rising("webhook", 1_980_000_000_000_000_000)
                .to_string();
            let hook = Webhook {
                id: id.clone(),
                url,
                valid: true,
                created: now,
                answered: now,
                asked: now,
            };
            let shown = hook.show();
            net.webhooks.insert(id.clone(), hook);
            connect(net, &id, kit);
            Answer::json(200, &json!({"data": shown})).into()
        }
        "create" => {
            invalid("CrcValidationFailed: CRC GET request failed or the response token is wrong")
                .into()
        }
        _ => {
            if let Some(hook) = net.webhooks.get_mut(&id) {
                hook.asked = now;
                if right {
                    hook.answered = now;
                    hook.valid = true;
                } else if wrong || now - hook.answered > PATIENCE {
                    hook.valid = false;
                }
            }
            connect(net, &id, kit);
            let valid = net.webhooks.get(&id).is_some_and(|hook| hook.valid);
            Answer::json(200, &json!({"data": {"valid": valid, "attempted": true}})).into()
        }
    }
}

/// Pushes to a hook that is valid, and to no other.
pub(super) fn connect(net: &X, id: &str, kit: &Kit) {
    match net.webhooks.get(id) {
        Some(hook) if hook.valid => kit.deliveries.connect(Hook {
            id: id.to_owned(),
            url: hook.url.clone(),
            secret: net.consumer_secret.clone(),
        }),
        _ => kit.deliveries.disconnect(id),
    }
}

/// Asks hooks again that have not shown for a day that they are ours.
pub(super) fn tick(net: &mut X, kit: &Kit) {
    let now = kit.now();
    for hook in net.webhooks.values_mut() {
        let due = now - hook.answered >= CHECK_AFTER && now - hook.asked >= CHECK_EVERY;
        if hook.valid && due {
            hook.asked = now;
            let (mark, ask) = challenge("again", &hook.id, &hook.url, kit);
            kit.deliveries.ask(mark, ask);
        }
    }
}

/// Takes a wish to be told of events.
pub(super) fn subscribe(net: &mut X, user: &str, call: &Call, kit: &Kit) -> Answer {
    let event = call.param("event_type").unwrap_or_default();
    let known = [
        "post.create",
        "post.delete",
        "post.mention.create",
        "post.reply.create",
        "post.quote.create",
        "post.repost.create",
        "like.create",
        "dm.received",
        "dm.sent",
        "dm.read",
        "dm.indicate_typing",
        "follow.follow",
        "oauth.revoke",
    ];
    if !known.contains(&event.as_str()) {
        return invalid(&format!("event_type {event} is not known"));
    }
    let of = call.value("filter")["user_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if of != user {
        return problem(
            403,
            "client-forbidden",
            "Client Forbidden",
            "The user has not authorized this app for private events.",
        );
    }
    let webhook = call.param("webhook_id");
    if webhook
        .as_ref()
        .is_some_and(|id| !net.webhooks.contains_key(id))
    {
        return invalid("webhook_id is not known");
    }
    let subscription = Subscription {
        id: kit
            .ids
            .rising("subscription", 1_970_000_000_000_000_000)
            .to_string(),
        event,
        user: of,
        webhook,
        tag: call.param("tag"),
    };
    let shown = subscription.show();
    let twice = net.subscriptions.iter().any(|known| {
        known.event == subscription.event
            && known.user == subscription.user
            && known.webhook == subscription.webhook
    });
    if twice {
        return problem(
            409,
            "about:blank",
            "Conflict",
            "The subscription exists already.",
        );
    }
    net.subscriptions.push(subscription);
    Answer::json(
        200,
        &json!({"data": {"subscription": shown}, "meta": {"total_subscriptions": net.subscriptions.len()}}),
    )
}

impl X {
    /// Tells what happened to everybody who subscribed to it.
    pub(super) fn event(
        &self,
        kind: &str,
        user: &str,
        payload: &Value,
        includes: &Value,
        kit: &Kit,
    ) {
        for subscription in &self.subscriptions {
            if subscription.event != kind || subscription.user != user {
                continue;
            }
            let Some(webhook) = &subscription.webhook else {
                continue;
            };
            let event = json!({
                "data": {
                    // Some of these numbers are negative.
                    "event_uuid": format!("-{}", kit.ids.digits("event", 18)),
                    "filter": {"user_id": user},
                    "event_type": kind,
                    "tag": subscription.tag,
                    "payload": payload,
                    "includes": includes,
                },
            });
            if kind.starts_with("post.") {
                self.billed.set(self.billed.get() + 1);
            }
            kit.push(webhook, event);
        }
    }

    /// Tells what happened in the older shape.
    pub(super) fn older_event(&self, user: &str, mut event: Value, kit: &Kit) {
        for (webhook, of) in &self.older {
            if of == user {
                event["for_user_id"] = json!(user);
                kit.push(webhook, event.clone());
            }
        }
    }

    pub(super) fn older_post(&self, id: &str, kit: &Kit) {
        let Some(post) = self.posts.get(id) else {
            return;
        };
        let user = |id: &str| {
            let user = self.users.get(id);
            json!({
                "id_str": id,
                "name": user.map(|user| &user.name),
                "screen_name": user.map(|user| &user.username),
            })
        };
        let mentions: Vec<Value> = post
            .mentions
            .iter()
            .map(|id| {
                let mut mention = user(id);
                mention["indices"] = json!([0, 0]);
                mention
            })
            .collect();
        let mut told = json!({
            "created_at": written(post.at),
            "id_str": post.id,
            "user": user(&post.author),
            "in_reply_to_status_id_str": post.parent,
            "quoted_status_id_str": post.quotes,
            "entities": {"user_mentions": mentions, "urls": []},
            "timestamp_ms": post.at.to_string(),
        });
        // Long posts come cut, with the whole beside.
        if post.text.chars().count() > 140 {
            let cut: String = post.text.chars().take(116).collect();
            told["truncated"] = json!(true);
            told["text"] = json!(format!("{cut}…"));
            told["extended_tweet"] =
                json!({"full_text": post.text, "entities": told["entities"].clone()});
        } else {
            told["truncated"] = json!(false);
            told["text"] = json!(post.text);
        }
        let mut concerned: Vec<&String> = post.mentions.iter().chain([&post.author]).collect();
        let above = post
            .parent
            .as_ref()
            .and_then(|parent| self.posts.get(parent));
        concerned.extend(above.map(|above| &above.author));
        concerned.sort();
        concerned.dedup();
        for user in concerned {
            let event = json!({
                "user_has_blocked": false,
                "tweet_create_events": [told.clone()],
            });
            self.older_event(user, event, kit);
        }
    }

    pub(super) fn older_message(&self, message: &Message, kit: &Kit) {
        let users: Value = [&message.from, &message.to]
            .into_iter()
            .filter_map(|id| self.users.get(id))
            .map(|user| {
                let shown = json!({"id": user.id, "name": user.name, "screen_name": user.username});
                (user.id.clone(), shown)
            })
            .collect::<serde_json::Map<String, Value>>()
            .into();
        for user in [&message.from, &message.to] {
            let event = json!({
                "direct_message_events": [{
                    "type": "message_create",
                    "id": message.id,
                    "created_timestamp": message.at.to_string(),
                    "message_create": {
                        "target": {"recipient_id": message.to},
                        "sender_id": message.from,
                        "message_data": {"text": message.text, "entities": {"urls": []}},
                    },
                }],
                "users": users,
            });
            self.older_event(user, event, kit);
        }
    }
}

impl Webhook {
    pub(super) fn show(&self) -> Value {
        json!({
            "id": self.id,
            "url": self.url,
            "valid": self.valid,
            "created_at": written(self.created),
        })
    }
}

impl Subscription {
    pub(super) fn show(&self) -> Value {
        json!({
            "subscription_id": self.id,
            "event_type": self.event,
            "filter": {"user_id": self.user},
            "webhook_id": self.webhook,
            "tag": self.tag,
        })
    }
}

fn not_found() -> Reply {
    problem(
        404,
        "resource-not-found",
        "Not Found Error",
        "Could not find the webhook.",
    )
    .into()
}
