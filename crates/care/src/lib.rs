//! What the platform does, one verb per file: check, load, decide, keep, return.
//! The only crate that opens a write transaction.

pub mod accept;
pub mod access;
pub(crate) mod accounts;
pub mod act;
pub mod admin;
pub mod announce;
pub mod backup;
pub(crate) mod change;
pub mod checkup;
pub mod connect;
pub mod contacts;
pub mod conversations;
pub mod customer;
pub mod deliver;
pub mod erase;
pub mod error;
pub mod export;
pub mod files;
pub(crate) mod follow_up;
pub mod followers;
pub mod form;
pub(crate) mod health;
pub mod holding;
pub mod idempotency;
pub mod import;
pub mod intake;
pub mod jobs;
pub mod measures;
pub mod overview;
pub mod people;
pub mod phone;
pub(crate) mod preferences;
pub mod presence;
pub mod quarantine;
pub mod readiness;
mod renewing;
pub mod reply;
pub mod searches;
pub mod secrets;
mod trouble_mail;
pub mod upgrade;
pub mod uploads;
pub mod view;
pub mod windows;
pub(crate) mod wishes;

use std::sync::Arc;

pub use kulant_channels::http::{Http, HttpPolicy};
pub use kulant_channels::signature;
use kulant_model::ids::{ActorId, IdMaker};
use kulant_model::time::{Clock, Timestamp};
pub use kulant_store::{DatabaseUrl, Store};

pub use accounts::has_hook;
pub use error::CareError;
use files::Files;

/// The actor under whose key the log notes what kulant does by itself.
pub const SYSTEM: ActorId = ActorId(1);

/// What every use case works with. Cheap to clone.
#[derive(Clone)]
pub struct Care {
    pub store: Store,
    pub http: Http,
    pub files: Files,
    pub settings: Arc<Settings>,
    pub clock: Arc<dyn Clock>,
    ids: Arc<IdMaker>,
    randomness: Arc<dyn Randomness>,
    recent: Arc<accounts::Recent>,
    leases: Arc<intake::Leases>,
    gathering: Arc<accept::Gathering>,
    marks: Arc<erase::marks::Marks>,
    room: Arc<deliver::Room>,
    /// Held by whoever takes what was erased out of index and files.
    letting_go: Arc<tokio::sync::Mutex<()>>,
    pub live: Arc<followers::live::Live>,
    pub presence: Arc<presence::Presence>,
}

/// What the operator set, read once at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address under which people reach this kulant, without a slash at the end.
    pub public_url: String,
    /// How long raw deliveries keep their bodies after they came.
    pub keep_deliveries_days: i64,
    /// How long what the listening post found is kept where nobody takes it up.
    pub keep_found_days: i64,
    /// The longest body that a hook accepts.
    pub longest_delivery_bytes: usize,
    /// The largest file that may be attached.
    pub largest_file_bytes: u64,
    /// The keys that seal secrets at rest; without one, nothing can be sealed.
    pub secret_keys: secrets::SecretKeys,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            keep_deliveries_days: 30,
            keep_found_days: 30,
            longest_delivery_bytes: 10 * 1024 * 1024,
            largest_file_bytes: 25 * 1024 * 1024,
            secret_keys: secrets::SecretKeys::default(),
        }
    }
}

/// Gives bytes that nobody can guess; tests give their own.
pub trait Randomness: Send + Sync + 'static {
    fn fill(&self, bytes: &mut [u8]);
}

/// What a `Care` is made of.
pub struct Parts {
    pub store: Store,
    pub http: Http,
    pub files: Files,
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    pub randomness: Arc<dyn Randomness>,
}

impl Care {
    /// Opens the use cases over a migrated database; leases this process its number for ids.
    pub async fn open(parts: Parts) -> Result<Self, CareError> {
        let node = parts
            .store
            .write(move |tx| {
                kulant_store::actors::keep_system(tx, SYSTEM)?;
                kulant_store::settings::next_node(tx)
            })
            .await?;
        let care = Self {
            store: parts.store,
            http: parts.http,
            files: parts.files,
            settings: Arc::new(parts.settings),
            clock: parts.clock,
            ids: Arc::new(IdMaker::new(node)),
            randomness: parts.randomness,
            recent: Arc::default(),
            leases: Arc::default(),
            gathering: Arc::default(),
            marks: Arc::default(),
            room: Arc::default(),
            letting_go: Arc::default(),
            live: Arc::default(),
            presence: Arc::default(),
        };
        admin::first::lay_ground(&care).await?;
        Ok(care)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a new id, larger than every one this process made before.
    pub fn id(&self) -> i64 {
        self.ids.next(self.now())
    }

    /// Names this process where only one may do a piece of work at a time.
    pub(crate) fn holder(&self) -> String {
        self.ids.node().to_string()
    }

    /// Shares the maker of ids with a closure that runs in a transaction.
    pub(crate) fn ids(&self) -> Arc<IdMaker> {
        Arc::clone(&self.ids)
    }

    /// Makes an unguessable text for links, keys and tokens: 192 bits in base64url.
    pub fn secret(&self) -> String {
        use base64::Engine;
        let mut bytes = [0; 24];
        self.randomness.fill(&mut bytes);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Fills bytes with randomness, where a number of bits other than a secret's is needed.
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.randomness.fill(&mut bytes);
        bytes
    }
}

/// Hashes an unguessable secret, as it is stored. Not for passwords, which people choose.
pub fn hash_secret(secret: &str) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(secret.as_bytes()).to_vec()
}
