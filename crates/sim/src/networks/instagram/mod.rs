//! Instagram accounts, connected by a page or by themselves: comments and mentions in public, direct
//! messages in private.

mod acts;
mod api;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::graph::{self, Field, Kind, List, Mailbox, News, Platform, picked, written_time};
use super::kit::kept;
use super::kit::{Act, Answer, Ask, Call, Done, Heard, Hook, Kit, Network, Reply, Wish};
use crate::item::Millis;

const SCOPES: [&str; 5] = [
    "pages_show_list",
    "pages_manage_metadata",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_messages",
];

/// A company's account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Account {
    id: String,
    username: String,
    /// The page it is connected by; none where it is connected by itself.
    page: Option<String>,
}

/// A picture or a comment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Thing {
    id: String,
    /// The account or person that said it.
    author: String,
    text: String,
    at: Millis,
    /// The picture that a comment stands below; none for a picture.
    media: Option<String>,
    parent: Option<String>,
    hidden: bool,
    likes: BTreeSet<String>,
    order: u64,
}

/// The network.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Instagram {
    platform: Platform,
    mailbox: Mailbox,
    accounts: BTreeMap<String, Account>,
    /// Names of people and accounts, by id.
    names: BTreeMap<String, String>,
    things: BTreeMap<String, Thing>,
    order: u64,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Instagram {
        mailbox: Mailbox::of(Kind::Instagram),
        ..Instagram::default()
    })
}

impl Instagram {
    fn person(&mut self, username: &str, kit: &Kit) -> String {
        let username = username.trim_start_matches('@');
        let known = self.names.iter().find(|(_, name)| *name == username);
        if let Some((id, _)) = known {
            return id.clone();
        }
        let id = kit.ids.digits("person", 16);
        self.names.insert(id.clone(), username.to_owned());
        id
    }

    fn name(&self, id: &str) -> Value {
        json!({"id": id, "username": self.names.get(id)})
    }

    fn say(&mut self, mut thing: Thing, kit: &Kit) -> String {
        self.order += 1;
        thing.order = self.order;
        thing.id = kit.ids.rising("thing", 17_900_000_000_000_000).to_string();
        let id = thing.id.clone();
        self.things.insert(id.clone(), thing);
        self.tell_comment(&id, kit);
        id
    }

    /// Tells the account that owns the picture of a comment; private and other accounts hear nothing.
    fn tell_comment(&self, id: &str, kit: &Kit) {
        let Some(thing) = self.things.get(id) else {
            return;
        };
        let media = thing
            .media
            .as_ref()
            .and_then(|media| self.things.get(media));
        let Some(account) = media.and_then(|media| self.accounts.get(&media.author)) else {
            return;
        };
        let mut from = self.name(&thing.author);
        if thing.author == account.id {
            from["self_ig_scoped_id"] = json!(account.id);
        }
        let mut value = json!({
            "id": thing.id,
            "from": from,
            "text": thing.text,
            "media": {"id": thing.media, "media_product_type": "FEED"},
        });
        if let Some(parent) = &thing.parent {
            value["parent_id"] = json!(parent);
        }
        Self::change("comments", value, account, kit);
    }

    fn change(field: &'static str, value: Value, account: &Account, kit: &Kit) {
        if account.page.is_some() {
            News::Change(field, value).push(&account.id, kit);
        } else {
            News::Flat(field, value).push(&account.id, kit);
        }
    }

    fn show_thing(&self, thing: &Thing, wished: &[Field]) -> Value {
        picked(wished, |field| {
            Some(match field.name.as_str() {
                "id" => json!(thing.id),
                "text" | "caption" => json!(thing.text),
                "timestamp" => written_time(thing.at),
                "username" => json!(self.names.get(&thing.author)),
                // Meta shows the author of a comment where the app may know.
                "from" if thing.media.is_some() => self.name(&thing.author),
                "like_count" => json!(thing.likes.len()),
                "hidden" => json!(thing.hidden),
                "parent_id" => json!(thing.parent.as_ref()?),
                "permalink" => json!(format!("https://www.instagram.com/p/{}/", thing.id)),
                "media" => self.show_thing(self.things.get(thing.media.as_ref()?)?, &field.below),
                "comments" | "replies" => self.below(thing, &List::below(field), &field.below),
                _ => return None,
            })
        })
    }

    /// Writes a page of what stands below a picture or a comment, newest first below pictures.
    fn below(&self, thing: &Thing, list: &List<'_>, wished: &[Field]) -> Value {
        let mut found: Vec<&Thing> = self
            .things
            .values()
            .filter(|other| match &thing.media {
                None => other.media.as_ref() == Some(&thing.id) && other.parent.is_none(),
                Some(_) => other.parent.as_ref() == Some(&thing.id),
            })
            // What was hidden is given by itself only.
            .filter(|other| !other.hidden)
            .collect();
        found.sort_by_key(|thing| thing.order);
        if thing.media.is_none() {
            found.reverse();
        }
        let ids: Vec<String> = found.into_iter().map(|thing| thing.id.clone()).collect();
        list.page(&ids, |id| match self.things.get(id) {
            Some(comment) => self.show_thing(comment, wished),
            None => Value::Null,
        })
    }

    /// Returns the pages that accounts are connected by, with names.
    fn pages(&self) -> Vec<(String, String)> {
        self.accounts
            .values()
            .filter_map(|account| Some((account.page.clone()?, account.username.clone())))
            .collect()
    }

    /// Takes something away, with what stands below it.
    fn remove(&mut self, id: &str) {
        self.things.remove(id);
        self.things.retain(|_, thing| {
            thing.media.as_deref() != Some(id) && thing.parent.as_deref() != Some(id)
        });
    }

    /// Returns whether something stands below a picture of an account.
    fn stands_below(&self, thing: &Thing, account: &Account) -> bool {
        let media = thing.media.as_ref();
        let media = media.and_then(|media| self.things.get(media));
        media.is_some_and(|media| media.author == account.id)
    }

    /// Returns the account that a token's page or account stands for.
    fn account_of(&self, node: &str) -> Option<&Account> {
        self.accounts
            .values()
            .find(|account| account.id == node || account.page.as_deref() == Some(node))
    }
}

impl Network for Instagram {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit).into()
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        self.platform.found(wish, kit);
        let username = wish.handle.trim_start_matches('@').to_owned();
        let id = self.person(&username, kit);
        let alone = wish.more("login") == Some("instagram");
        let page = (!alone).then(|| format!("1{}", kit.ids.digits("page", 14)));
        let account = Account {
            id: id.clone(),
            username: username.clone(),
            page: page.clone(),
        };
        self.accounts.insert(id.clone(), account);
        self.mailbox.human_agent |= wish.flag("human_agent");
        let node = page.clone().unwrap_or_else(|| id.clone());
        let scopes: Vec<&str> = match wish.more("scopes") {
            Some(scopes) => scopes.split([',', ' ']).collect(),
            None => SCOPES.to_vec(),
        };
        let token = self.platform.token(&node, &scopes, alone, kit);
        let subscribed = ["comments", "mentions", "messages"]
            .map(str::to_owned)
            .to_vec();
        self.platform.subscribed.insert(node, subscribed);
        graph::handshake(&mut self.platform, &id, wish, kit);
        Ok(json!({
            "id": id,
            "handle": username,
            "settings": {
                "base_url": kit.base,
                "authorise_url": format!("{}/v26.0/dialog/oauth", kit.base),
                "account_id": id,
                "username": username,
                "page_id": page.unwrap_or_default(),
                "login": if alone { "instagram" } else { "facebook" },
                "app_id": self.platform.app_id,
                "human_agent": self.mailbox.human_agent,
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
        graph::failure(status, kit)
    }

    fn pack(&self, hook: &Hook, items: &[Value], _: &Kit) -> Ask {
        graph::pack("instagram", hook, items)
    }

    fn batch(&self) -> usize {
        50
    }

    fn retry_seconds(&self, attempt: u32) -> Option<i64> {
        graph::retry_seconds(attempt)
    }

    fn gave_up(&mut self, hook: &Hook, kit: &Kit) {
        self.platform.subscribed.remove(&hook.id);
        kit.deliveries.disconnect(&hook.id);
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
        let accounts: Vec<&String> = self
            .accounts
            .values()
            .map(|account| &account.username)
            .collect();
        json!({
            "app": self.platform.show(),
            "accounts": accounts,
            "things": self.things.len(),
            "messages": self.mailbox.messages.len(),
        })
    }
}
