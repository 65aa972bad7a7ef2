//! The use cases as stories, on both databases: SQLite always, PostgreSQL where
//! `KULANT_TEST_POSTGRES` names a server.

mod conversations;
mod delivery;
mod form;
mod import;
mod intake;
mod shuffled;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use kulant_care::admin::inboxes::NewInbox;
use kulant_care::files::Files;
use kulant_care::{Care, Parts, Randomness, Settings, access, admin, secrets::SecretKeys};
use kulant_channels::delivery::RawDelivery;
use kulant_channels::http::{Http, HttpPolicy};
use kulant_model::ids::InboxId;
use kulant_model::role::Person;
use kulant_model::time::{Clock, Timestamp};
use kulant_store::{DatabaseUrl, Store};
use serde_json::{Value as Json, json};

/// The moment at which the stories begin.
pub const START: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// A clock that stands until it is moved.
pub struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

impl Hands {
    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_micros() as i64, Ordering::Relaxed);
    }
}

/// Randomness that is the same in every run.
struct Counting(AtomicU64);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self
                .0
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// A kulant without a server around it.
pub struct House {
    pub care: Care,
    pub clock: Arc<Hands>,
    server: Option<(String, String)>,
    _folder: tempfile::TempDir,
}

/// Builds one house on each database that is here.
pub async fn houses() -> Vec<House> {
    let mut houses = vec![house(None).await];
    #[expect(
        clippy::disallowed_methods,
        reason = "the test server is named by the environment"
    )]
    if let Ok(server) = std::env::var("KULANT_TEST_POSTGRES") {
        houses.push(house(Some(server)).await);
    }
    houses
}

async fn house(server: Option<String>) -> House {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let folder = tempfile::tempdir().expect("a folder");
    let (url, server) = match server {
        None => (DatabaseUrl::Sqlite(folder.path().join("kulant.db")), None),
        Some(server) => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let name = format!("care_{}_{number}", std::process::id());
            on_server(&server, format!("CREATE DATABASE {name}"));
            let (address, _) = server.rsplit_once('/').expect("a database in the address");
            let url = DatabaseUrl::Postgres(format!("{address}/{name}"));
            (url, Some((server, name)))
        }
    };
    let store = Store::open(&url).expect("a database");
    kulant_store::sql::migrate::migrate(&store, START)
        .await
        .expect("migrated");
    let clock = Arc::new(Hands(AtomicI64::new(START.0)));
    let care = Care::open(Parts {
        store,
        http: Http::new(&HttpPolicy {
            allow_private: true,
            ..HttpPolicy::default()
        })
        .expect("a client"),
        files: Files::new(folder.path().join("files")),
        settings: Settings {
            secret_keys: SecretKeys::from_text("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
                .expect("a key"),
            ..Settings::default()
        },
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        randomness: Arc::new(Counting(AtomicU64::new(1))),
    })
    .await
    .expect("a house");
    House {
        care,
        clock,
        server,
        _folder: folder,
    }
}

fn on_server(server: &str, sql: String) {
    let server = server.to_owned();
    std::thread::spawn(move || {
        postgres::Client::connect(&server, postgres::NoTls)
            .expect("a server")
            .batch_execute(&sql)
            .expect("done");
    })
    .join()
    .expect("the server does as it is told");
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some((server, name)) = self.server.take() {
            on_server(&server, format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

impl House {
    /// The person who may everything.
    #[expect(clippy::unused_self, reason = "a house has its operator")]
    pub fn operator(&self) -> Person {
        access::operator()
    }

    /// Connects a webhook inbox whose answers go to an address.
    pub async fn inbox(&self, name: &str, settings: Json) -> InboxId {
        let new = NewInbox {
            name: name.to_owned(),
            channel: "webhook".to_owned(),
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
        static KEY: AtomicU64 = AtomicU64::new(0);
        let key = KEY.fetch_add(1, Ordering::Relaxed);
        let raw = RawDelivery {
            kind: "webhook".to_owned(),
            key: format!("delivery-{key}"),
            headers: Vec::new(),
            body: json!({ "items": items }).to_string().into_bytes(),
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
