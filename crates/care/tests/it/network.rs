//! A network that takes answers as the tests want, and what they share to speak to it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kulant_care::jobs;
use kulant_care::reply::NewReply;
use kulant_model::ids::{ConversationId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Visibility};
use kulant_model::role::Scope;
use kulant_store::messages;
use kulant_store::reading::{self, Filter, Sort};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{House, post};

/// What the fake network does with the next request.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Takes it and answers with an id.
    Take,
    /// Takes it, and takes its time with the answer.
    TakeSlowly,
    /// Takes it, and the answer is lost on the way.
    TakeAndHangUp,
    /// Takes nothing and answers nothing.
    HangUp,
    /// Answers with a status and takes nothing.
    Answer(u16, Json),
    /// Asks to wait so many seconds and takes nothing.
    AskToWait(u32),
}

/// A network that keeps what it took and can be asked for it.
#[derive(Clone, Default)]
pub struct Network {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    /// How many look-ups to come are answered by a failure.
    deaf: Arc<Mutex<u32>>,
    taken: Arc<Mutex<Vec<Json>>>,
    /// How many answers were brought, taken or not.
    asked: Arc<AtomicUsize>,
}

impl Network {
    async fn open(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let network = self.clone();
        let mut serving = tokio::task::JoinSet::new();
        let accept = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let network = network.clone();
                serving.spawn(async move { network.serve(stream).await });
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the fake network ends with its test's runtime"
        )]
        drop(tokio::task::spawn(accept));
        format!("http://{address}")
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((head, body)) = read_request(&mut stream).await else {
            return;
        };
        if head.starts_with("GET ") {
            let wanted = head
                .split_once("message_id=")
                .and_then(|(_, rest)| rest.split([' ', '&']).next())
                .unwrap_or_default()
                .to_owned();
            let there = self
                .taken
                .lock()
                .expect("a lock")
                .iter()
                .any(|item| item["message_id"] == json!(wanted));
            let deaf = {
                let mut left = self.deaf.lock().expect("a lock");
                let deaf = *left > 0;
                *left = left.saturating_sub(1);
                deaf
            };
            let (status, body) = if deaf {
                (503, json!({}))
            } else if there {
                (200, json!({"id": format!("at-network-{wanted}")}))
            } else {
                (404, json!({}))
            };
            answer(&mut stream, status, &body).await;
            return;
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let item: Json = serde_json::from_slice(&body).expect("JSON");
        let id = item["message_id"].as_str().unwrap_or_default().to_owned();
        let turn = self.turns.lock().expect("a lock").pop_front();
        match turn.unwrap_or(Turn::Take) {
            Turn::Take => {
                self.taken.lock().expect("a lock").push(item);
                let body = json!({"id": format!("at-network-{id}")});
                answer(&mut stream, 201, &body).await;
            }
            Turn::TakeSlowly => {
                self.taken.lock().expect("a lock").push(item);
                tokio::time::sleep(Duration::from_millis(500)).await;
                let body = json!({"id": format!("at-network-{id}")});
                answer(&mut stream, 201, &body).await;
            }
            Turn::TakeAndHangUp => self.taken.lock().expect("a lock").push(item),
            Turn::HangUp => {}
            Turn::Answer(status, body) => answer(&mut stream, status, &body).await,
            Turn::AskToWait(seconds) => {
                let wait = format!("retry-after: {seconds}\r\n");
                answer_with(&mut stream, 429, &wait, &json!({})).await;
            }
        }
    }

    pub fn will(&self, turns: &[Turn]) {
        self.turns
            .lock()
            .expect("a lock")
            .extend(turns.iter().cloned());
    }

    /// Lets so many look-ups to come fail.
    pub fn turn_deaf(&self, look_ups: u32) {
        *self.deaf.lock().expect("a lock") = look_ups;
    }

    /// Takes whatever comes from now on.
    pub fn forget_turns(&self) {
        self.turns.lock().expect("a lock").clear();
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub fn taken(&self) -> Vec<Json> {
        self.taken.lock().expect("a lock").clone()
    }
}

pub async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4_096];
        let count = stream.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length: usize = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if bytes.len() >= head.len() + 4 + length {
                return Some((head.to_owned(), bytes[head.len() + 4..].to_vec()));
            }
        }
        if count == 0 {
            return None;
        }
    }
}

pub async fn answer(stream: &mut TcpStream, status: u16, body: &Json) {
    answer_with(stream, status, "", body).await;
}

async fn answer_with(stream: &mut TcpStream, status: u16, headers: &str, body: &Json) {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    drop(stream.write_all((head + &body).as_bytes()).await);
}

/// A house with a network, an inbox and one post that waits for an answer.
pub async fn waiting(house: &House, network: &Network, look_up: bool) -> (InboxId, ConversationId) {
    let address = network.clone().open().await;
    let settings = if look_up {
        json!({"answer_url": format!("{address}/answer"), "lookup_url": format!("{address}/look")})
    } else {
        json!({"answer_url": format!("{address}/answer")})
    };
    let inbox = house.inbox(&format!("net {address}"), settings).await;
    house
        .deliver(inbox, &[post("c1", "anna", "Wo bleibt der Zug?", 10, None)])
        .await;
    house.take_in().await;
    (inbox, conversations(house, inbox).await[0])
}

/// The conversations of an inbox, newest first.
pub async fn conversations(house: &House, inbox: InboxId) -> Vec<ConversationId> {
    let listed = house.care.store.read(move |read| {
        let filter = Filter {
            inboxes: vec![inbox],
            ..Filter::default()
        };
        reading::list_ids(read, &Scope::Everything, &filter, Sort::Newest, None, 100)
    });
    let listed = listed.await.expect("read");
    listed.into_iter().map(|(_, id)| id).collect()
}

pub fn words(conversation: ConversationId, body: &str) -> NewReply {
    NewReply {
        conversation,
        body: body.to_owned(),
        visibility: Visibility::Public,
        in_reply_to: None,
        send_at: None,
        mentions: Vec::new(),
        attachments: Vec::new(),
        template: None,
        resolve: false,
    }
}

/// Does due work, letting the clock pass as the pauses ask.
pub async fn work(house: &House, rounds: u32, pass: Duration) {
    for _ in 0..rounds {
        while jobs::run_due(&house.care).await.expect("jobs") > 0 {}
        house.clock.pass(pass);
    }
}

pub async fn state(house: &House, id: MessageId) -> messages::Message {
    house
        .care
        .store
        .read(move |read| messages::find(read, id))
        .await
        .expect("read")
        .expect("the message")
}

pub fn delivery(message: &messages::Message) -> DeliveryState {
    message.delivery.as_ref().expect("a delivery").state
}
