//! The use cases as stories, on both databases.

mod acts;
mod agents;
mod albums;
mod announcing;
mod conversations;
mod crossing;
#[path = "../../../store/tests/it/database.rs"]
mod database;
mod delivery;
mod erasing;
mod erasing_whole;
mod fetching;
mod figures;
mod form;
mod ground;
mod hiding;
mod hits;
mod hits_at_network;
mod hits_let_go;
mod holding;
mod import;
mod intake;
mod joining;
mod lost;
mod network;
mod networks;
mod patience;
mod people;
mod phone;
mod promises;
mod renewing;
mod reply_target;
mod retention;
mod reused_ids;
mod searching;
mod shuffled;
mod snoozing;
mod stopping;
mod tagging;
mod taken_back;
mod trouble_mail;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kulant_care::admin::inboxes::NewInbox;
use kulant_care::{Care, access, admin};
use kulant_channels::delivery::RawDelivery;
use kulant_model::ids::InboxId;
use kulant_model::role::Person;
use kulant_model::time::Timestamp;
use serde_json::{Value as Json, json};

pub use database::NOW as START;
use database::{Database, databases};
use ground::Hands;

/// A kulant without a server around it.
pub struct House {
    pub care: Care,
    pub clock: Arc<Hands>,
    _database: Database,
}

/// Builds one house on each database that is here.
pub async fn houses() -> Vec<House> {
    let mut houses = Vec::new();
    for database in databases().await {
        let clock = Hands::at(START);
        let (store, folder) = (database.store.clone(), database.folder.path());
        houses.push(House {
            care: ground::open(store, folder, ground::settings(), &clock).await,
            clock,
            _database: database,
        });
    }
    houses
}

impl House {
    /// The person who may everything.
    #[expect(clippy::unused_self, reason = "a house has its operator")]
    pub fn operator(&self) -> Person {
        access::operator()
    }

    /// Connects a webhook inbox whose answers go to an address.
    pub async fn inbox(&self, name: &str, settings: Json) -> InboxId {
        self.connect("webhook", name, settings).await
    }

    /// Connects an inbox of a channel.
    pub async fn connect(&self, channel: &str, name: &str, settings: Json) -> InboxId {
        let new = NewInbox {
            name: name.to_owned(),
            channel: channel.to_owned(),
            brand: None,
            team: None,
            settings: Some(settings),
        };
        admin::inboxes::create(&self.care, &self.operator(), new)
            .await
            .expect("an inbox")
            .0
            .id
    }

    /// Stores one delivery with these items.
    pub async fn deliver(&self, inbox: InboxId, items: &[Json]) -> usize {
        let body = json!({ "items": items }).to_string();
        self.deliver_raw(inbox, "webhook", &body).await
    }

    /// Stores one delivery as its network made it.
    pub async fn deliver_raw(&self, inbox: InboxId, kind: &str, body: &str) -> usize {
        static KEY: AtomicU64 = AtomicU64::new(0);
        let key = KEY.fetch_add(1, Ordering::Relaxed);
        let raw = RawDelivery {
            kind: kind.to_owned(),
            key: format!("delivery-{key}"),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            received_at: self.care.now(),
        };
        kulant_care::accept::store(&self.care, inbox, vec![raw])
            .await
            .expect("stored")
    }

    /// Takes in everything that waits.
    pub async fn take_in(&self) {
        kulant_care::intake::take_in_waiting(&self.care)
            .await
            .expect("taken in");
    }
}

/// A public post as the webhook channel delivers it.
pub fn post(id: &str, author: &str, text: &str, second: i64, parent: Option<&str>) -> Json {
    json!({
        "type": "post",
        "id": id,
        "text": text,
        "author": {"id": author, "name": author, "own": author == "us"},
        "time": Timestamp(START.0 - 1_000_000_000 + second * 1_000_000).to_string(),
        "parent": parent,
        "visibility": "public",
    })
}
