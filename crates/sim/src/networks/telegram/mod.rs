//! Telegram's Bot API: bots, private and business chats, groups that grow, channels with comments;
//! updates by long polling or pushed with a secret token.

mod acts;
mod api;
mod chats;
mod sending;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kit::kept;
use super::kit::{Act, Answer, Ask, Call, Done, Heard, Hook, Kit, Network, Reply, Wish};
use crate::item::Millis;
use chats::Chat;

/// How long updates wait for whoever fetches them.
const UPDATE_LIFE: Millis = 86_400_000;
/// The updates that nobody gets who does not ask for them by name.
const UNASKED: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// A person with an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct User {
    id: i64,
    username: String,
    name: String,
    blocked: BTreeSet<i64>,
    /// The bots that this person wrote to, which may write back.
    started: BTreeSet<i64>,
    gone: bool,
}

/// A bot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Bot {
    id: i64,
    token: String,
    username: String,
    name: String,
    /// Whether it reads everything in its groups, and hears of reactions.
    administrator: bool,
    updates: Vec<(i64, Value, Millis)>,
    last_update: i64,
    allowed: Vec<String>,
    hook: Option<BotHook>,
    /// The connection to a business account, where there is one, and whose that is.
    business: Option<(String, i64)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BotHook {
    url: String,
    secret: String,
    last_error: Option<(i64, String)>,
}

/// The network.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Telegram {
    users: BTreeMap<i64, User>,
    bots: BTreeMap<i64, Bot>,
    #[serde(with = "kept::pairs")]
    chats: BTreeMap<(i64, Option<String>), Chat>,
    /// Where files lie, by their id.
    files: BTreeMap<String, (String, usize)>,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Telegram::default())
}

impl Telegram {
    fn user(&mut self, handle: &str, name: &str, kit: &Kit) -> i64 {
        let username = handle.trim_start_matches('@');
        if let Some(user) = self
            .users
            .values()
            .find(|user| user.username.eq_ignore_ascii_case(username))
        {
            return user.id;
        }
        let id = kit.ids.rising("user", 5_000_000_000) as i64;
        let user = User {
            id,
            username: username.to_owned(),
            name: name.to_owned(),
            blocked: BTreeSet::new(),
            started: BTreeSet::new(),
            gone: false,
        };
        self.users.insert(id, user);
        id
    }

    fn bot_by(&self, wanted: Option<&str>) -> Option<&Bot> {
        let wanted = wanted.map(|name| name.trim_start_matches('@'));
        self.bots.values().find(|bot| {
            wanted.is_none_or(|wanted| bot.username == wanted || bot.id.to_string() == wanted)
        })
    }

    /// Makes a token of a bot, as its owner gets it.
    fn token(id: i64, kit: &Kit) -> String {
        let secret = kit.ids.signs(
            "token",
            35,
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
        );
        format!("{id}:{secret}")
    }

    /// Puts an update on its way to a bot, if it is one the bot asked for.
    fn update(&mut self, bot: i64, kind: &str, content: &Value, kit: &Kit) {
        let Some(bot) = self.bots.get_mut(&bot) else {
            return;
        };
        let wanted = if bot.allowed.is_empty() {
            !UNASKED.contains(&kind)
        } else {
            bot.allowed.iter().any(|allowed| allowed == kind)
        };
        if !wanted {
            return;
        }
        bot.last_update += 1;
        let update = json!({"update_id": bot.last_update, kind: content});
        bot.updates
            .push((bot.last_update, update.clone(), kit.now()));
        if bot.hook.is_some() {
            kit.push(&bot.id.to_string(), update);
        }
    }

    /// Begins to push to a bot's hook, what waits first.
    fn connect(bot: &Bot, kit: &Kit) {
        let id = bot.id.to_string();
        kit.deliveries.disconnect(&id);
        let Some(hook) = &bot.hook else {
            return;
        };
        kit.deliveries.connect(Hook {
            id: id.clone(),
            url: hook.url.clone(),
            secret: hook.secret.clone(),
        });
        for (_, update, _) in &bot.updates {
            kit.push(&id, update.clone());
        }
    }
}

impl Network for Telegram {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit)
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        let username = wish.handle.trim_start_matches('@').to_owned();
        let id = match self.bot_by(Some(&username)) {
            Some(bot) => bot.id,
            None => kit.ids.rising("bot", 7_000_000_000) as i64,
        };
        let token = Self::token(id, kit);
        let known = self.bots.get(&id).cloned();
        let connected = known.as_ref().and_then(|bot| bot.business.clone());
        let business = wish.flag("business").then(|| {
            if let Some(connected) = connected {
                return connected;
            }
            let owner = self.user(&format!("{username}_inhaber"), wish.called(), kit);
            (format!("bc{}", kit.ids.letters("connection", 18)), owner)
        });
        let bot = Bot {
            id,
            token: token.clone(),
            username: username.clone(),
            name: wish.called().to_owned(),
            administrator: !wish.flag("plain_member"),
            business: business.clone(),
            // What was set with an older token stays.
            ..known.unwrap_or_else(|| Bot {
                last_update: kit.ids.rising("update", 800_000_000) as i64,
                ..Bot::default()
            })
        };
        self.bots.insert(id, bot);
        let kind = wish.more("group_kind").unwrap_or("supergroup");
        let group = self.open_chat(kind, wish.more("group").unwrap_or("Hilfe"), None, id, kit);
        let mut settings = json!({"base_url": kit.base, "username": username});
        if let Some(name) = wish.more("channel") {
            let name = name.trim_start_matches('@');
            let channel = self.open_chat("channel", wish.called(), Some(name), id, kit);
            if let Some(chat) = self.chats.get_mut(&(channel, None)) {
                chat.comments = Some(group);
            }
            settings["channel"] = json!(format!("@{name}"));
        }
        Ok(json!({
            "id": id.to_string(),
            "handle": wish.handle,
            "group": group.to_string(),
            "business_connection": business.map(|(connection, _)| connection),
            "settings": settings,
            "secrets": {"token": token},
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, _: &Kit) -> Answer {
        let words = match status {
            401 => "Unauthorized",
            403 => "Forbidden: bot was blocked by the user",
            404 => "Not Found",
            409 => {
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
            }
            429 => return api::too_many(5),
            500..=599 => "Internal Server Error",
            _ => "Bad Request: chat not found",
        };
        api::refused(status, words)
    }

    fn pack(&self, hook: &Hook, items: &[Value], _: &Kit) -> Ask {
        let body = items.first().cloned().unwrap_or_default().to_string();
        let ask = Ask::post(hook.url.clone(), "application/json", body);
        if hook.secret.is_empty() {
            return ask;
        }
        ask.signed("x-telegram-bot-api-secret-token", &hook.secret)
    }

    fn retry_seconds(&self, attempt: u32) -> Option<i64> {
        // About a day in all.
        (attempt < 60).then(|| (1_i64 << attempt.min(11)).min(1_800))
    }

    fn pushed(&mut self, hook: &Hook, items: &[Value], heard: &Heard, kit: &Kit) {
        let Some(bot) = hook.id.parse().ok().and_then(|id| self.bots.get_mut(&id)) else {
            return;
        };
        let id = bot.id;
        if heard.is_success() {
            for item in items {
                let pushed = item["update_id"].as_i64();
                bot.updates.retain(|(update, ..)| Some(*update) != pushed);
            }
            // An answer may be a call itself, whose result nobody learns.
            if let Ok(call) = serde_json::from_slice::<Value>(&heard.body)
                && let Some(method) = call["method"].as_str()
            {
                api::call_silently(self, id, method, &call, kit);
            }
        } else if let Some(known) = &mut bot.hook {
            let words = match heard.status {
                Some(status) => format!("Wrong response from the webhook: {status}"),
                None => "Connection refused".to_owned(),
            };
            known.last_error = Some((kit.clock.seconds(), words));
        }
    }

    fn tick(&mut self, kit: &Kit) {
        let old = kit.now() - UPDATE_LIFE;
        for bot in self.bots.values_mut() {
            bot.updates.retain(|(_, _, at)| *at > old);
        }
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        let bots: Vec<Value> = self
            .bots
            .values()
            .map(|bot| {
                let hook = bot.hook.as_ref().map(|hook| &hook.url);
                json!({"username": bot.username, "waiting": bot.updates.len(), "hook": hook})
            })
            .collect();
        json!({"bots": bots, "users": self.users.len(), "chats": self.chats.len()})
    }
}
