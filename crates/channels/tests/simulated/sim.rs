//! Running networks, a hook as kulant's, and inboxes that are connected to both.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use kulant_channels::Channel;
use kulant_channels::capability::IntakeWay;
use kulant_channels::delivery::{Account, Polled, QUERY_HEADER, RawDelivery};
use kulant_channels::form::{Submission, Upload, thread_key};
use kulant_channels::http::{Http, HttpPolicy, Request};
use kulant_channels::inbound::{Inbound, Post};
use kulant_channels::outbound::{Outbound, Receipt, SendError};
use kulant_model::time::Timestamp;
use kulant_sim::networks::{NetworksHandle, NetworksSettings, start};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// 2026-11-22T05:00:00Z.
const NOW: i64 = 1_795_323_600_000;

/// What reached the hook of one inbox.
#[derive(Default)]
struct Kept {
    channel: String,
    account: Option<Account>,
    deliveries: Vec<RawDelivery>,
    refused: usize,
    doubled: usize,
    handshakes: usize,
    /// How many texts were handed in on our own page.
    submitted: usize,
    /// How many deliveries are refused before one is taken.
    failing: usize,
}

type Hooks = Arc<Mutex<BTreeMap<String, Kept>>>;

/// The networks and the hook.
pub struct Sim {
    networks: NetworksHandle,
    http: Http,
    /// For the control desk, which answers however busy the machine is.
    desk: Http,
    hooks: Hooks,
    hook_url: String,
    _tasks: JoinSet<()>,
}

/// An inbox that is connected to a simulated network.
pub struct Inbox<'a> {
    sim: &'a Sim,
    pub channel: &'static dyn Channel,
    pub opened: Value,
    settings: Value,
    secrets: Value,
    cursor: Option<String>,
    /// How the account was opened.
    wish: Value,
}

impl Sim {
    pub async fn start() -> Self {
        let settings = NetworksSettings {
            start: Some(NOW),
            frozen: true,
            ..NetworksSettings::default()
        };
        let networks = start(settings).await.expect("the networks start");
        let hooks = Hooks::default();
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let hook_url = format!(
            "http://{}/hooks",
            listener.local_addr().expect("it is bound")
        );
        let app = Router::new()
            .route("/hooks/{name}", any(receive))
            .with_state(Arc::clone(&hooks));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, app).await.expect("the hook listens") });
        let client = |seconds: u64| {
            let policy = HttpPolicy {
                allow_private: true,
                timeout: Duration::from_secs(seconds),
                patience: Duration::from_secs(seconds),
                ..HttpPolicy::default()
            };
            Http::new(&policy).expect("a client can be made")
        };
        Self {
            networks,
            http: client(10),
            desk: client(120),
            hooks,
            hook_url,
            _tasks: tasks,
        }
    }

    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Gives an order at the control desk.
    pub async fn order(&self, path: &str, wish: Value) -> Value {
        let url = format!("{}/_sim/{path}", self.networks.control_url());
        let request = Request::post_json(url, wish.to_string().into_bytes());
        let answer = self.desk.send(request).await.expect("the desk answers");
        let body = answer.json().expect("the desk answers in JSON");
        assert_eq!(answer.status, 201, "{path}: {body}");
        body
    }

    pub async fn look(&self, path: &str) -> Value {
        let url = format!("{}/_sim/{path}", self.networks.control_url());
        let answer = self
            .desk
            .send(Request::get(url))
            .await
            .expect("the desk answers");
        answer.json().expect("the desk answers in JSON")
    }

    /// Takes back the orders of this kind that stand.
    pub async fn clear(&self, path: &str) {
        let url = format!("{}/_sim/{path}", self.networks.control_url());
        let mut request = Request::get(url);
        request.method = kulant_channels::http::Method::Delete;
        self.desk.send(request).await.expect("the desk answers");
    }

    pub async fn advance(&self, seconds: u32) {
        // The hook knows the time before the first delivery that is signed at it.
        let then = self.networks.now() + i64::from(seconds) * 1_000;
        for kept in self.hooks.lock().unwrap().values_mut() {
            if let Some(account) = &mut kept.account {
                account.now = Timestamp(then * 1_000);
            }
        }
        self.order("clock", json!({"advance_seconds": seconds}))
            .await;
    }

    /// Opens an account at a network and connects an inbox to it, its hook included.
    pub async fn inbox(&self, channel: &'static str, handle: &str, more: Value) -> Inbox<'_> {
        let mut wish = json!({"network": channel, "handle": handle});
        if let (Value::Object(wish), Value::Object(more)) = (&mut wish, more) {
            wish.extend(more);
        }
        let channel = kulant_channels::find(channel).expect("the channel is known");
        // Where no network lies between, there is nobody to open an account at.
        let local = channel.capabilities().intake == IntakeWay::Local;
        let opened = if local {
            json!({"settings": {}, "secrets": {}})
        } else {
            self.order("accounts", wish.clone()).await
        };
        let mut inbox = Inbox {
            sim: self,
            channel,
            settings: opened["settings"].clone(),
            secrets: opened["secrets"].clone(),
            opened,
            cursor: None,
            wish: Value::Null,
        };
        // The hook must know the inbox before the network asks whether it is ours.
        self.hooks.lock().unwrap().insert(
            channel.name().to_owned(),
            Kept {
                channel: channel.name().to_owned(),
                account: Some(inbox.account()),
                ..Kept::default()
            },
        );
        if local {
            return inbox;
        }
        wish["hook_url"] = json!(inbox.account().hook_url);
        if let Some(secret) = inbox.secrets.pointer("/signing/0") {
            wish["hook_secret"] = secret.clone();
        }
        inbox.opened = self.order("accounts", wish.clone()).await;
        inbox.wish = wish;
        inbox.settings = inbox.opened["settings"].clone();
        inbox.secrets = inbox.opened["secrets"].clone();
        inbox.remember();
        inbox
    }
}

impl Inbox<'_> {
    pub fn account(&self) -> Account {
        let name = self.channel.name();
        Account {
            inbox_id: "4711".to_owned(),
            settings: self.settings.clone(),
            secrets: self.secrets.clone(),
            hook_url: format!("{}/{name}", self.sim.hook_url),
            now: Timestamp(self.sim.networks.now() * 1_000),
        }
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.settings[name] = value;
        self.remember();
    }

    pub fn set_secrets(&mut self, secrets: &Value) {
        if let (Value::Object(known), Value::Object(new)) = (&mut self.secrets, secrets) {
            known.extend(new.clone());
        }
        self.remember();
    }

    /// Connects the same account anew, as an administrator does whose token is dead.
    pub async fn connect_again(&mut self) {
        let opened = self.sim.order("accounts", self.wish.clone()).await;
        self.set_secrets(&opened["secrets"]);
    }

    /// Lets the hook know the inbox as it is now, and what time it is.
    pub fn remember(&self) {
        let mut hooks = self.sim.hooks.lock().unwrap();
        if let Some(kept) = hooks.get_mut(self.channel.name()) {
            kept.account = Some(self.account());
        }
    }

    /// Lets somebody do something on the network, or on our own page.
    pub async fn act(&self, act: Value) -> Value {
        if self.is_local() {
            return match act {
                Value::Array(acts) => acts.iter().map(|act| self.submit(act)).collect(),
                act => self.submit(&act),
            };
        }
        self.sim
            .order(&format!("{}/act", self.channel.name()), act)
            .await
    }

    pub async fn id(&self, act: Value) -> String {
        let told = self.act(act).await;
        told["id"]
            .as_str()
            .expect("what was done has an id")
            .to_owned()
    }

    /// Orders a fault for the next call whose path has this part.
    pub async fn fault(&self, (method, path): (&str, &str), then: Value) {
        let rule = json!({
            "network": self.channel.name(),
            "match": {"method": method, "path": path},
            "times": 1,
            "then": then,
        });
        self.sim.order("faults", rule).await;
    }

    /// Orders a fault for the next delivery.
    pub async fn fault_delivery(&self, then: Value) {
        let rule = json!({"network": self.channel.name(), "times": 1, "then": then});
        self.sim.order("faults", rule).await;
    }

    /// Asks for news until there is no more for now.
    pub async fn poll(&mut self) -> Vec<Inbound> {
        let polled = self.ask().await.expect("the network can be asked");
        assert_eq!(polled.trouble, None);
        self.translate(&polled.deliveries)
    }

    /// Asks for news until the network is to be left alone for a while.
    pub async fn poll_out(&mut self) -> Vec<Inbound> {
        let mut taken = Vec::new();
        for _ in 0..200 {
            let polled = self.ask().await.expect("the network can be asked");
            assert_eq!(polled.trouble, None);
            taken.extend(self.translate(&polled.deliveries));
            if polled.next_in.is_none_or(|wait| wait.as_secs() >= 60) {
                break;
            }
        }
        taken
    }

    /// Asks for news once, whatever comes of it, and remembers how far it came.
    pub async fn ask(&mut self) -> Result<Polled, SendError> {
        let polled = self
            .channel
            .poll(&self.account(), self.cursor.as_deref(), self.sim.http())
            .await?;
        self.cursor = Some(polled.cursor.clone());
        Ok(polled)
    }

    /// Changes what is remembered of where the asking stopped.
    pub fn change_cursor(&mut self, change: impl FnOnce(&mut Value)) {
        let cursor = self.cursor.as_deref().unwrap_or("{}");
        let mut cursor = serde_json::from_str(cursor).expect("the cursor is JSON");
        change(&mut cursor);
        self.cursor = Some(cursor.to_string());
    }

    pub fn translate(&self, deliveries: &[RawDelivery]) -> Vec<Inbound> {
        let mut taken = Vec::new();
        for raw in deliveries {
            let translation = self
                .channel
                .translate(&self.account(), raw)
                .expect("the delivery is readable");
            assert_eq!(
                translation.unread,
                [],
                "{}",
                String::from_utf8_lossy(&raw.body)
            );
            taken.extend(translation.taken);
        }
        taken
    }

    /// Waits until everything was pushed, and reads it, each delivery once.
    pub async fn pushed(&self) -> Vec<Inbound> {
        let deliveries = self.raw_pushed().await;
        self.translate(&deliveries)
    }

    pub fn is_local(&self) -> bool {
        self.channel.capabilities().intake == IntakeWay::Local
    }

    /// Hands in what somebody wrote on our own page, as the page does.
    fn submit(&self, act: &Value) -> Value {
        let text = |name: &str| act[name].as_str().unwrap_or_default().to_owned();
        let mut hooks = self.sim.hooks.lock().unwrap();
        let kept = hooks
            .get_mut(self.channel.name())
            .expect("the inbox is known");
        kept.submitted += 1;
        let files = act["attachments"].as_array().map_or(0, Vec::len);
        let submission = Submission {
            id: format!("s-{}", kept.submitted),
            thread: thread_key(&text("by")),
            name: text("by"),
            text: text("text"),
            attachments: (0..files)
                .map(|number| Upload {
                    id: format!("u-{number}"),
                    name: "bild.png".to_owned(),
                    media_type: "image/png".to_owned(),
                    size: 70,
                })
                .collect(),
            ..Submission::default()
        };
        kept.deliveries
            .push(submission.delivery(self.account().now));
        json!({"id": submission.id})
    }

    pub async fn raw_pushed(&self) -> Vec<RawDelivery> {
        let path = format!("deliveries?network={}", self.channel.name());
        for _ in 0..400 {
            if self.is_local() || self.sim.look(&path).await["pending"] == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut hooks = self.sim.hooks.lock().unwrap();
        let kept = hooks
            .get_mut(self.channel.name())
            .expect("the hook is known");
        std::mem::take(&mut kept.deliveries)
    }

    /// Returns how many deliveries were refused for their signature, and how many came again.
    pub fn refused_and_doubled(&self) -> (usize, usize) {
        let hooks = self.sim.hooks.lock().unwrap();
        let kept = &hooks[self.channel.name()];
        (kept.refused, kept.doubled)
    }

    pub fn handshakes(&self) -> usize {
        self.sim.hooks.lock().unwrap()[self.channel.name()].handshakes
    }

    /// Lets the hook refuse the next deliveries.
    pub fn fail(&self, times: usize) {
        let mut hooks = self.sim.hooks.lock().unwrap();
        hooks
            .get_mut(self.channel.name())
            .expect("the hook is known")
            .failing = times;
    }

    /// Returns how many deliveries the hook still refuses.
    pub fn failing(&self) -> usize {
        self.sim.hooks.lock().unwrap()[self.channel.name()].failing
    }

    pub async fn send(&self, outbound: &Outbound) -> Result<Receipt, SendError> {
        self.channel
            .send(&self.account(), outbound, self.sim.http())
            .await
    }

    pub async fn look_for(&self, outbound: &Outbound) -> Result<Option<Receipt>, SendError> {
        self.channel
            .look_for(&self.account(), outbound, self.sim.http())
            .await
    }

    /// Tries everything that can happen to a request which writes: refused for the pace, broken,
    /// away, and done without an answer; in the end it must be there once.
    pub async fn survives(&self, outbound: &Outbound, write: (&str, &str)) -> Option<Receipt> {
        let status = |status: u16| json!({"do": "status", "status": status});
        self.fault(write, status(429)).await;
        let limited = self.send(outbound).await.expect_err("the pace is limited");
        assert!(limited.is_retryable(), "{limited:?}");
        self.fault(write, status(500)).await;
        let broken = self
            .send(outbound)
            .await
            .expect_err("the network is broken");
        assert!(broken.is_retryable(), "{broken:?}");
        self.fault(
            write,
            json!({"do": "status", "status": 503, "body": "<html>away</html>"}),
        )
        .await;
        let away = self.send(outbound).await.expect_err("the network is away");
        assert!(away.is_retryable(), "{away:?}");
        self.fault(write, json!({"do": "truncated"})).await;

        let half = self
            .send(outbound)
            .await
            .expect_err("half of an answer is none");
        assert_eq!(half.class(), "uncertain", "{half:?}");
        self.look_for(outbound).await.ok().flatten()
    }
}

async fn receive(
    State(hooks): State<Hooks>,
    Path(name): Path<String>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut hooks = hooks.lock().unwrap();
    let Some(kept) = hooks.get_mut(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let channel = kulant_channels::find(&kept.channel).expect("the channel is known");
    let account = kept.account.clone().expect("the inbox is known");
    let answered = |answer: kulant_channels::delivery::HookAnswer| {
        let status = StatusCode::from_u16(answer.status).expect("a status");
        (status, [("content-type", answer.media_type)], answer.body).into_response()
    };
    if method == Method::GET {
        let query = query.unwrap_or_default();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        kept.handshakes += 1;
        return match channel.handshake(&account, &pairs) {
            Some(answer) => answered(answer),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    if kept.failing > 0 {
        kept.failing -= 1;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let mut raw = RawDelivery {
        kind: String::new(),
        key: String::new(),
        headers: headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.to_string(), value)
            })
            .chain(query.map(|query| (QUERY_HEADER.to_owned(), query)))
            .collect(),
        body: body.to_vec(),
        received_at: account.now,
    };
    let Ok(key) = channel.verify(&account, &raw) else {
        kept.refused += 1;
        return StatusCode::UNAUTHORIZED.into_response();
    };
    (raw.kind, raw.key) = (key.kind, key.key);
    let answer = channel.acknowledgement_of(&account, &raw);
    let known = kept
        .deliveries
        .iter()
        .any(|other| other.kind == raw.kind && other.key == raw.key);
    if known {
        kept.doubled += 1;
    } else {
        kept.deliveries.push(raw);
    }
    answered(answer)
}

/// Makes a public answer.
pub fn reply(to: &str, body: &str) -> Outbound {
    outbound(json!({
        "visibility": "public",
        "in_reply_to": to,
        "action": {"type": "reply", "body": body},
    }))
}

/// Makes a private message in a thread.
pub fn private(thread: &str, body: &str) -> Outbound {
    outbound(json!({
        "visibility": "private",
        "thread": thread,
        "recipient": thread,
        "action": {"type": "reply", "body": body},
    }))
}

/// Makes something to be done to what is there already.
pub fn action(visibility: &str, action: &Value) -> Outbound {
    outbound(json!({"visibility": visibility, "action": action}))
}

pub fn outbound(mut wish: Value) -> Outbound {
    if wish.get("message_id").is_none() {
        wish["message_id"] = json!("9001");
    }
    serde_json::from_value(wish).expect("a wish is complete")
}

/// Returns the posts among what was taken in.
pub fn posts(taken: &[Inbound]) -> Vec<&Post> {
    taken
        .iter()
        .filter_map(|inbound| match inbound {
            Inbound::Post(post) => Some(post),
            _ => None,
        })
        .collect()
}

/// Writes what was taken in as short words: what it is, and what it is about.
pub fn told(taken: &[Inbound]) -> Vec<String> {
    taken
        .iter()
        .map(|inbound| {
            let what = match inbound {
                Inbound::Post(post) if post.author.own => "own",
                Inbound::Post(_) => "post",
                Inbound::Edit(_) => "edit",
                Inbound::Delete(_) => "delete",
                Inbound::Reaction(reaction) if reaction.added => "reaction",
                Inbound::Reaction(_) => "unreaction",
                Inbound::Status(status) if status.failure.is_some() => "failed",
                Inbound::Status(_) => "arrived",
                Inbound::Piece(_) => "piece",
                Inbound::Departure(_) => "departure",
                Inbound::Preference(_) => "preference",
                Inbound::Renaming(_) => "renaming",
            };
            format!("{what} {}", inbound.network_id())
        })
        .collect()
}
