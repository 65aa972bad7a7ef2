//! What a test's kulant stands on: a clock that is moved by hand, randomness that is the same in
//! every run, and the use cases over a database. The tests of `web` stand on it too.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use kulant_care::files::Files;
use kulant_care::{Care, Parts, Randomness, Settings, secrets::SecretKeys};
use kulant_channels::http::{Http, HttpPolicy};
use kulant_model::time::{Clock, Timestamp};
use kulant_store::Store;

/// The key that seals secrets, unless a test brings others.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A clock that stands until it is moved.
pub struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

impl Hands {
    pub fn at(moment: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(moment.0)))
    }

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

/// Settings with a key.
pub fn settings() -> Settings {
    Settings {
        secret_keys: SecretKeys::from_text(KEY).expect("a key"),
        ..Settings::default()
    }
}

/// Opens the use cases over a store, with their files in a folder.
pub async fn open(store: Store, folder: &Path, settings: Settings, clock: &Arc<Hands>) -> Care {
    Care::open(Parts {
        store,
        http: Http::new(&HttpPolicy {
            // The networks of the tests are on this machine.
            allow_private: true,
            ..HttpPolicy::default()
        })
        .expect("a client"),
        files: Files::new(folder.join("files")),
        settings,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        randomness: Arc::new(Counting(AtomicU64::new(1))),
    })
    .await
    .expect("a house")
}
