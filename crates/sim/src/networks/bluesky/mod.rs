//! Bluesky: a server of the AT Protocol with sessions and records, the view of the network behind it,
//! direct messages as a service of their own, and Jetstream.

mod acts;
mod api;
mod chat;
mod records;
mod session;
mod stream;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kit::kept;
use super::kit::{Act, Answer, Call, Done, Kit, Network, Reply, Wish};
use crate::item::Millis;
use chat::Convo;
use session::Session;
use stream::{Event, Listener};

pub(super) const POST: &str = "app.bsky.feed.post";
pub(super) const LIKE: &str = "app.bsky.feed.like";
pub(super) const REPOST: &str = "app.bsky.feed.repost";

/// Somebody with an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Person {
    did: String,
    handle: String,
    name: String,
    ours: bool,
    /// The app password, and whether it opens direct messages.
    password: String,
    may_chat: bool,
    blocks: BTreeSet<String>,
    /// From whom direct messages are taken: `all`, `following` or `none`.
    takes_chat: String,
    gone: bool,
    suspended: bool,
}

/// A record in somebody's repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    uri: String,
    did: String,
    collection: String,
    rkey: String,
    cid: String,
    value: Value,
    at: Millis,
}

/// Something that somebody is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Notification {
    to: String,
    uri: String,
    reason: Cow<'static, str>,
    subject: Option<String>,
    at: Millis,
}

/// The network.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Bluesky {
    people: BTreeMap<String, Person>,
    records: BTreeMap<String, Record>,
    notifications: Vec<Notification>,
    access: BTreeMap<String, Session>,
    refresh: BTreeMap<String, Session>,
    convos: BTreeMap<String, Convo>,
    /// Lines of each person's log of direct messages.
    logs: BTreeMap<String, Vec<(u64, Value)>>,
    #[serde(skip)]
    events: Vec<Event>,
    last_event: i64,
    #[serde(skip)]
    listeners: BTreeMap<u64, Listener>,
}

pub(super) fn new() -> Box<dyn Network> {
    Box::new(Bluesky::default())
}

impl Bluesky {
    fn join(&mut self, handle: &str, name: &str, kit: &Kit) -> String {
        let mut handle = handle.trim_start_matches('@').to_lowercase();
        if !handle.contains('.') {
            handle.push_str(".bsky.social");
        }
        if let Some(person) = self.by_handle(&handle) {
            return person.did.clone();
        }
        let did = format!(
            "did:plc:{}",
            kit.ids
                .signs("did", 24, b"abcdefghijklmnopqrstuvwxyz234567")
        );
        let person = Person {
            did: did.clone(),
            handle,
            name: name.to_owned(),
            ours: false,
            password: String::new(),
            may_chat: false,
            blocks: BTreeSet::new(),
            takes_chat: "all".to_owned(),
            gone: false,
            suspended: false,
        };
        self.people.insert(did.clone(), person);
        did
    }

    fn by_handle(&self, handle: &str) -> Option<&Person> {
        let handle = handle.trim_start_matches('@');
        self.people
            .values()
            .find(|person| !person.gone && person.handle.eq_ignore_ascii_case(handle))
    }

    fn person(&self, id: &str) -> Option<&Person> {
        self.people.get(id).or_else(|| self.by_handle(id))
    }

    fn show_person(&self, did: &str) -> Value {
        match self.people.get(did) {
            Some(person) => json!({
                "did": did,
                "handle": person.handle,
                "displayName": person.name,
                "labels": [],
                "createdAt": "2024-02-06T12:00:00.000Z",
            }),
            None => json!({"did": did, "handle": "handle.invalid"}),
        }
    }
}

impl Network for Bluesky {
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply {
        api::answer(self, call, kit)
    }

    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done {
        let did = self.join(&wish.handle, wish.called(), kit);
        let word = || {
            kit.ids
                .signs("password", 4, b"abcdefghijklmnopqrstuvwxyz234567")
        };
        let password = [word(), word(), word(), word()].join("-");
        let may_chat = !wish.flag("without_chat");
        let mut handle = String::new();
        if let Some(person) = self.people.get_mut(&did) {
            person.ours = true;
            person.password.clone_from(&password);
            person.may_chat = may_chat;
            handle.clone_from(&person.handle);
        }
        Ok(json!({
            "id": did,
            "handle": handle,
            "settings": {
                "base_url": kit.base,
                "jetstream_url": kit.base,
                "image_url": kit.base,
                "identifier": handle,
                "chat": may_chat,
            },
            "secrets": {"app_password": password},
        }))
    }

    fn act(&mut self, act: &Act, kit: &Kit) -> Done {
        acts::act(self, act, kit)
    }

    fn failure(&self, status: u16, kit: &Kit) -> Answer {
        let (name, words) = match status {
            400 => ("ExpiredToken", "Token has expired"),
            401 => ("AuthenticationRequired", "Invalid identifier or password"),
            403 => ("Forbidden", "Forbidden"),
            404 => ("XRPCNotSupported", "XRPCNotSupported"),
            429 => ("RateLimitExceeded", "Rate Limit Exceeded"),
            502 => ("UpstreamFailure", "Upstream service unreachable"),
            503 => ("NotEnoughResources", "Not Enough Resources"),
            _ => ("InternalServerError", "Internal Server Error"),
        };
        let answer = refused(status, name, words);
        if status != 429 {
            return answer;
        }
        answer
            .with("ratelimit-limit", 3_000)
            .with("ratelimit-remaining", 0)
            .with("ratelimit-reset", kit.clock.seconds() + 60)
            .with("ratelimit-policy", "3000;w=300")
    }

    fn opened(&mut self, stream: u64, _: &str, call: &Call, kit: &Kit) {
        stream::open(self, stream, call, kit);
    }

    fn said(&mut self, stream: u64, text: &str, _: &Kit) {
        stream::options(self, stream, text);
    }

    fn closed(&mut self, stream: u64) {
        self.listeners.remove(&stream);
    }

    fn written(&self) -> Value {
        kept::written(self)
    }

    fn resume(&mut self, written: Value, _: &Kit) -> bool {
        kept::read(self, written)
    }

    fn show(&self) -> Value {
        json!({
            "people": self.people.len(),
            "records": self.records.len(),
            "conversations": self.convos.len(),
            "listeners": self.listeners.len(),
        })
    }
}

/// Writes a refusal.
pub(super) fn refused(status: u16, name: &str, words: &str) -> Answer {
    Answer::json(status, &json!({"error": name, "message": words}))
}
