//! A small receiver in kulant's place: checks signatures by its own means, keeps what came, fails on order.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kulant_sim::{AccountLink, SimSettings};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Default)]
pub struct Kept {
    /// Delivery ids in the order in which they came, refused ones too.
    pub ids: Vec<String>,
    pub items: Vec<Value>,
    pub batches: Vec<usize>,
    pub wrongly_signed: usize,
    /// How many deliveries are refused before one is taken.
    pub refuse: usize,
}

pub struct Receiver {
    pub kept: Arc<Mutex<Kept>>,
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Receiver {
    pub async fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .route("/hooks/key", post(take))
            .with_state(Arc::clone(&kept));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            kept,
            address,
            _tasks: tasks,
        }
    }

    pub fn link(&self, brand: &str) -> AccountLink {
        AccountLink {
            name: format!("{brand} test"),
            brand: brand.to_owned(),
            hook_url: format!("http://{}/hooks/key", self.address),
            secret: SECRET.to_owned(),
        }
    }

    /// Waits until what was kept is enough.
    pub async fn wait_for(&self, enough: impl Fn(&Kept) -> bool) {
        for _ in 0..600 {
            if enough(&self.kept.lock().unwrap()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!(
            "waited in vain, {} items came",
            self.kept.lock().unwrap().items.len()
        );
    }
}

async fn take(State(kept): State<Arc<Mutex<Kept>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, timestamp) = (text("webhook-id"), text("webhook-timestamp"));
    let expected = signature(&id, &timestamp, &body);
    let mut kept = kept.lock().unwrap();
    kept.ids.push(id);
    if text("webhook-signature") != expected {
        kept.wrongly_signed += 1;
        return StatusCode::UNAUTHORIZED;
    }
    if kept.refuse > 0 {
        kept.refuse -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let read: Value = serde_json::from_slice(&body).unwrap();
    let items = match read.get("items") {
        Some(items) => items.as_array().unwrap().clone(),
        None => vec![read],
    };
    kept.batches.push(items.len());
    kept.items.extend(items);
    StatusCode::ACCEPTED
}

pub fn signature(id: &str, timestamp: &str, body: &[u8]) -> String {
    let key = STANDARD
        .decode(SECRET.strip_prefix("whsec_").unwrap())
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// A quiet world: nothing happens by itself, nothing is doubled or shuffled.
pub fn quiet() -> SimSettings {
    SimSettings {
        seed: 5,
        history_days: 0,
        lively: false,
        duplicates: 0.0,
        shuffles: 0.0,
        batches: 0.0,
        ..SimSettings::default()
    }
}
