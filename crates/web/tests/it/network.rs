//! A desk at work: a team with its people, an inbox on the signed webhook, and the network at its
//! other end, which takes answers or does not.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use kulant_care::{followers, intake, jobs};
use kulant_channels::signature;
use kulant_model::ids::{AgentId, TeamId};
use kulant_model::role::Role;
use kulant_model::time::Timestamp;
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::{Answer, Client, House, START};

/// What the network does with the next answer of ours.
#[derive(Debug, Clone)]
pub enum Turn {
    Take,
    /// Takes it, and its own answer is unreadable, as good as lost.
    TakeAndMumble,
    Refuse(u16),
    RefuseSaying(u16, &'static str),
}

/// The other end of the inbox.
#[derive(Clone, Default)]
pub struct Network {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    taken: Arc<Mutex<Vec<Json>>>,
    secret: Arc<Mutex<String>>,
    serving: Arc<Mutex<JoinSet<()>>>,
}

impl Network {
    async fn open() -> (Self, String) {
        let network = Self::default();
        let router = Router::new()
            .route("/", post(take).get(look_up))
            .with_state(network.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        network
            .serving
            .lock()
            .expect("a lock")
            .spawn(async move { axum::serve(listener, router).await.expect("served") });
        (network, format!("http://{address}/"))
    }

    /// Says what it does with the answers to come; with all others it takes.
    pub fn will(&self, turns: impl IntoIterator<Item = Turn>) {
        self.turns.lock().expect("a lock").extend(turns);
    }

    /// Everything it took.
    pub fn taken(&self) -> Vec<Json> {
        self.taken.lock().expect("a lock").clone()
    }
}

async fn take(State(network): State<Network>, headers: HeaderMap, body: Bytes) -> Response {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().expect("a header of words");
            (name.as_str().to_owned(), value.to_owned())
        })
        .collect();
    let secret = network.secret.lock().expect("a lock").clone();
    signature::verify(&[&secret], &headers, &body, START).expect("signed by us");
    let item: Json = serde_json::from_slice(&body).expect("JSON");
    let turn = network.turns.lock().expect("a lock").pop_front();
    let id = format!("net-{}", item["message_id"].as_str().unwrap_or_default());
    match turn.unwrap_or(Turn::Take) {
        Turn::Take => {
            network.taken.lock().expect("a lock").push(item);
            axum::Json(json!({ "id": id })).into_response()
        }
        Turn::TakeAndMumble => {
            network.taken.lock().expect("a lock").push(item);
            (StatusCode::OK, "hm").into_response()
        }
        Turn::Refuse(status) => refusal(status, "not so"),
        Turn::RefuseSaying(status, detail) => refusal(status, detail),
    }
}

fn refusal(status: u16, detail: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, axum::Json(json!({ "detail": detail }))).into_response()
}

async fn look_up(
    State(network): State<Network>,
    Query(query): Query<std::collections::HashMap<String, String>>,
) -> Response {
    let wanted = &query["message_id"];
    let taken = network.taken();
    if taken.iter().any(|item| item["message_id"] == json!(wanted)) {
        axum::Json(json!({ "id": format!("net-{wanted}") })).into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Everything that a test of the daily work needs.
pub struct Desk<'h> {
    pub house: &'h House,
    pub network: Network,
    pub team: TeamId,
    pub other_team: TeamId,
    pub agent_id: AgentId,
    /// An agent of the team.
    pub agent: Client,
    /// An agent of another team.
    pub outsider: Client,
    pub supervisor: Client,
    pub administrator: Client,
    pub inbox: String,
    hook_path: String,
    secret: String,
}

impl House {
    /// Sets a desk up whose network can be asked for lost answers.
    pub async fn desk(&self) -> Desk<'_> {
        self.desk_with(true).await
    }

    pub async fn desk_with(&self, can_look_up: bool) -> Desk<'_> {
        let (team, other_team) = (self.team("Bahn").await, self.team("Funk").await);
        let agent_id = self.agent("ada@example.org", Role::Agent, &[team]).await;
        self.agent("otto@example.org", Role::Agent, &[other_team])
            .await;
        self.agent("sara@example.org", Role::Supervisor, &[]).await;
        let administrator = self.administrator().await;
        let (network, address) = Network::open().await;
        let mut settings = json!({ "answer_url": address });
        if can_look_up {
            settings["lookup_url"] = json!(address);
        }
        let body = json!({
            "name": "Hafenpost", "channel": "webhook", "team": team, "settings": settings,
        });
        let inbox = administrator.post("/api/v1/inboxes", body).await;
        assert_eq!(inbox.status, 201, "{inbox:?}");
        let text = |name: &str| inbox.json[name].as_str().expect("a text").to_owned();
        *network.secret.lock().expect("a lock") = text("hook_secret");
        Desk {
            house: self,
            network,
            team,
            other_team,
            agent_id,
            agent: self.sign_in("ada@example.org").await,
            outsider: self.sign_in("otto@example.org").await,
            supervisor: self.sign_in("sara@example.org").await,
            administrator,
            inbox: inbox.id(),
            hook_path: text("hook_path"),
            secret: text("hook_secret"),
        }
    }
}

impl Desk<'_> {
    /// Posts a body to the hook as the network does, signed.
    pub async fn hook(&self, id: &str, body: &str) -> Answer {
        self.hook_signed(id, body, &self.secret.clone()).await
    }

    pub async fn hook_signed(&self, id: &str, body: &str, secret: &str) -> Answer {
        let now = self.house.care.now();
        let headers = signature::sign(secret, id, now, body.as_bytes()).expect("a secret");
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.hook_path)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body.to_owned()));
        self.house
            .stranger()
            .call(request.expect("a request"))
            .await
    }

    pub fn hook_path(&self) -> &str {
        &self.hook_path
    }

    /// Lets the network tell of things that happened there, and takes them in.
    pub async fn happens(&self, items: &[Json]) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let id = format!("delivery-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let body = json!({ "items": items }).to_string();
        let answer = self.hook(&id, &body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        self.take_in().await;
    }

    pub async fn take_in(&self) {
        let care = &self.house.care;
        intake::take_in_waiting(care).await.expect("taken in");
        followers::catch_up(care).await.expect("followed");
    }

    /// Does what is due: deliveries to the network above all.
    pub async fn work(&self) {
        while jobs::run_due(&self.house.care).await.expect("worked") > 0 {}
    }

    /// Returns the only conversation that a client sees.
    pub async fn only_conversation(&self, client: &Client) -> Json {
        let list = client.get("/api/v1/conversations").await;
        let items = list.json["items"].as_array().expect("items").clone();
        assert_eq!(items.len(), 1, "{list:?}");
        items[0].clone()
    }

    /// Writes an answer and returns the queued message.
    pub async fn answer(&self, conversation: &str, body: &str) -> Answer {
        let path = format!("/api/v1/conversations/{conversation}/messages");
        let body = json!({"body": body, "visibility": "public"});
        self.agent.post(&path, body).await
    }

    /// Returns the newest message of a conversation.
    pub async fn newest_message(&self, conversation: &str) -> Json {
        let path = format!("/api/v1/conversations/{conversation}/messages?order=newest&limit=1");
        self.agent.get(&path).await.json["items"][0].clone()
    }
}

impl Client {
    /// Makes a versioned change by POST.
    pub async fn change(&self, path: &str, version: i64, body: Json) -> Answer {
        let version = format!("\"{version}\"");
        self.send(Method::POST, path, Some(body), &[("if-match", &version)])
            .await
    }
}

/// A public post of somebody, so many seconds after the beginning of the world.
pub fn post_of(id: &str, author: &str, text: &str, second: i64, parent: Option<&str>) -> Json {
    json!({
        "type": "post",
        "id": id,
        "text": text,
        "author": {"id": format!("id-{author}"), "name": author, "handle": format!("@{author}")},
        "time": Timestamp(START.0 - 1_000_000_000 + second * 1_000_000).to_string(),
        "parent": parent,
        "visibility": "public",
    })
}

/// A private message of somebody.
pub fn private_of(id: &str, author: &str, text: &str, second: i64) -> Json {
    let mut item = post_of(id, author, text, second, None);
    item["visibility"] = json!("private");
    item["thread"] = json!(format!("thread-{author}"));
    item
}
