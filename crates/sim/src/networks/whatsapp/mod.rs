//! WhatsApp's Cloud API: one number's messages, what becomes of ours, windows and templates. People may
//! hide their number, and are then known by a business-scoped id alone.

mod acts;
mod api;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::graph::{self, News, Platform};
use super::kit::kept;
use super::kit::{Act, Answer, Ask, Call, Done, Heard, Hook, Kit, Network, Reply, Wish};
use crate::item::Millis;

const SCOPES: [&str; 2] = [
    "whatsapp_business_messaging",
    "whatsapp_business_management",
];

/// A company's number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Number {
    id: String,
    /// The business account that it belongs to, by which its news come.
    account: String,
    handle: String,
    display: String,
    status: String,
}

/// A person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Person {
    handle: String,
    name: String,
    /// The business-scoped id, new after a change of numbers.
    scoped: String,
    number: String,
    /// Whether the number is hidden behind a name.
    username: Option<String>,
    gone: bool,
}

/// A message of either side.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    number: String,
    person: String,
    own: bool,
    read: bool,
}

/// The network.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct WhatsApp {
    platform: Platform,
    numbers: BTreeMap<String, Number>,
    persons: BTreeMap<String, Person>,
    messages: BTreeMap<String, Message>,
    /// When a person last wrote to a number.
    #[serde(with = "kept::pairs")]
    heard: BTreeMap<(String, String), Millis>,
    blocked: BTreeSet<(String, String)>,
    media: BTreeMap<String, (String, String, usize)>,
    /// Approved templates: name, language and how many parameters they want.
    #[serde(with = "kept::pairs")]
    templates: BTreeMap<(String, String), usize>,
    /// Whether refusals that the network finds out later are told at once.
    at_once: bool,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(WhatsApp::default())
}

impl WhatsApp {
    fn person(&mut self, handle: &str, name: &str, kit: &Kit) -> String {
        if !self.persons.contains_key(handle) {
            let digits: String = handle.chars().filter(char::is_ascii_digit).collect();
            let number = if handle.starts_with('+') && digits.len() > 7 {
                digits
            } else {
                format!("49151{}", kit.ids.digits("number", 8))
            };
            let person = Person {
                handle: handle.to_owned(),
                name: name.to_owned(),
                scoped: format!("DE.{}", kit.ids.digits("scoped", 20)),
                number,
                username: None,
                gone: false,
            };
            self.persons.insert(handle.to_owned(), person);
        }
        handle.to_owned()
    }

    /// Finds who has a number.
    fn of_number(&self, number: &str) -> Option<&Person> {
        let digits = number.trim_start_matches('+');
        self.persons.values().find(|person| person.number == digits)
    }

    /// Finds who has a business-scoped id.
    fn of_scoped(&self, scoped: &str) -> Option<&Person> {
        self.persons.values().find(|person| person.scoped == scoped)
    }

    fn wamid(kit: &Kit) -> String {
        let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        format!("wamid.HBgN{}==", kit.ids.signs("wamid", 38, signs))
    }

    /// Tells the number's hook something about a person.
    fn tell(number: &Number, list: &str, item: &Value, person: &Person, kit: &Kit) {
        let mut value = json!({
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": number.display,
                "phone_number_id": number.id,
            },
            list: [item],
        });
        if list == "messages" {
            let mut contact = json!({
                "profile": {"name": person.name},
                "user_id": person.scoped,
            });
            match &person.username {
                Some(username) => contact["profile"]["username"] = json!(username),
                None => contact["wa_id"] = json!(person.number),
            }
            value["contacts"] = json!([contact]);
        }
        News::Change("messages", value).push(&number.account, kit);
    }

    /// Tells what became of a message of ours.
    fn status(&self, number: &Number, wamid: &str, status: &str, more: Value, kit: &Kit) {
        let Some(message) = self.messages.get(wamid) else {
            return;
        };
        let Some(person) = self.persons.get(&message.person) else {
            return;
        };
        let mut item = json!({
            "id": wamid,
            "status": status,
            "timestamp": kit.clock.seconds().to_string(),
            "recipient_user_id": person.scoped,
        });
        if person.username.is_none() {
            item["recipient_id"] = json!(person.number);
        }
        if let (Value::Object(item), Value::Object(more)) = (&mut item, more) {
            item.extend(more);
        }
        Self::tell(number, "statuses", &item, person, kit);
    }
}

impl Network for WhatsApp {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit).into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        self.platform.found(wish, kit);
        self.at_once = wish.flag("errors_at_once");
        let known = self
            .numbers
            .values()
            .find(|number| number.handle == wish.handle)
            .cloned();
        let number = known.unwrap_or_else(|| Number {
            id: kit.ids.digits("phone_number", 15),
            account: kit.ids.digits("account", 15),
            handle: wish.handle.clone(),
            display: format!("4930{}", kit.ids.digits("display", 7)),
            status: "CONNECTED".to_owned(),
        });
        let templates = wish.more.get("templates").and_then(Value::as_array);
        for template in templates.into_iter().flatten() {
            let text = |name: &str| template[name].as_str().unwrap_or_default().to_owned();
            let parameters = template["parameters"].as_u64().unwrap_or_default() as usize;
            self.templates
                .insert((text("name"), text("language")), parameters);
        }
        self.templates
            .entry(("antwort_liegt_vor".to_owned(), "de".to_owned()))
            .or_insert(1);
        let token = self.platform.token(&number.id, &SCOPES, false, kit);
        let subscribed = vec!["messages".to_owned()];
        self.platform
            .subscribed
            .insert(number.account.clone(), subscribed);
        self.numbers.insert(number.id.clone(), number.clone());
        graph::handshake(&mut self.platform, &number.account, wish, kit);
        Ok(json!({
            "id": number.id,
            "handle": wish.handle,
            "settings": {
                "base_url": kit.base,
                "phone_number_id": number.id,
                "account_id": number.account,
                "app_id": self.platform.app_id,
            },
            "secrets": {
                "access_token": token,
                "app_secret": self.platform.app_secret,
                "verify_token": self.platform.verify_token,
            },
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, kit: &Kit) -> Answer {
        if status == 429 {
            let words = "(#130429) Rate limit hit";
            return graph::refused(429, (130_429, 0), words, kit);
        }
        if status >= 500 {
            let words = "(#131000) Something went wrong";
            return graph::refused(status, (131_000, 0), words, kit);
        }
        graph::failure(status, kit)
    }

    fn pack(&self, hook: &Hook, items: &[Value], _: &Kit) -> Ask {
        graph::pack("whatsapp_business_account", hook, items)
    }

    fn batch(&self) -> usize {
        20
    }

    fn retry_seconds(&self, attempt: u32) -> Option<i64> {
        // Longer than elsewhere: about a week.
        graph::retry_seconds(attempt).or((attempt < 170).then_some(3_600))
    }

    fn heard(&mut self, mark: &str, heard: &Heard, kit: &Kit) -> Reply {
        graph::take_handshake(&mut self.platform, mark, heard, kit);
        Answer::text(200, "").into()
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        json!({
            "app": self.platform.show(),
            "numbers": self.numbers.len(),
            "persons": self.persons.len(),
            "messages": self.messages.len(),
        })
    }
}
