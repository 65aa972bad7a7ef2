//! For the tests of every network: recorded payload in, expected `Inbound` out; and a small fake
//! network that answers by script, loses answers, and remembers what it was asked.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::Channel;
use crate::delivery::{Account, RawDelivery};
use crate::http::{Http, HttpPolicy};
use crate::outbound::{Action, Outbound};

/// The time at which all tests happen: 2026-11-22T05:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_323_600);

/// A secret that verifies in tests only.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One recorded payload and what it means.
#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    settings: Value,
    #[serde(default)]
    headers: Vec<(String, String)>,
    kind: String,
    #[serde(default)]
    key: String,
    /// The payload: a JSON value, or a text that is taken as it stands.
    body: Value,
    #[serde(default)]
    taken: Vec<Value>,
    /// Items that cannot be read: place and stable word.
    #[serde(default)]
    unread: Vec<(usize, String)>,
    /// The stable word, where the delivery as a whole cannot be read.
    #[serde(default)]
    error: Option<String>,
}

pub(crate) fn account(settings: Value) -> Account {
    Account {
        inbox_id: "4711".to_owned(),
        settings,
        secrets: json!({"signing": [SECRET]}),
        hook_url: "https://care.example/hooks/key".to_owned(),
        now: NOW,
    }
}

pub(crate) fn delivery(kind: &str, body: impl Into<Vec<u8>>) -> RawDelivery {
    RawDelivery {
        kind: kind.to_owned(),
        key: "delivery-1".to_owned(),
        headers: Vec::new(),
        body: body.into(),
        received_at: NOW,
    }
}

pub(crate) fn reply(body: &str) -> Outbound {
    Outbound {
        message_id: "9001".to_owned(),
        visibility: Visibility::Public,
        in_reply_to: Some("post-1".to_owned()),
        references: Vec::new(),
        first_tried_at: None,
        automatic: false,
        subject: None,
        thread: None,
        recipient: Some("anna".to_owned()),
        recipient_handle: None,
        hand_over: false,
        signature: Some("Team Bahnsteig".to_owned()),
        template: None,
        action: Action::Reply {
            body: body.to_owned(),
            attachments: Vec::new(),
        },
    }
}

/// A recorded payload as a delivery, with the inbox that it came to.
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) account: Account,
    pub(crate) raw: RawDelivery,
}

/// Returns every recorded payload of a network.
pub(crate) fn recorded(channel: &dyn Channel) -> Vec<Recorded> {
    let recorded = |(name, case): (String, Case)| Recorded {
        name,
        account: account(case.settings.clone()),
        raw: case.delivery(),
    };
    cases(channel).into_iter().map(recorded).collect()
}

fn cases(channel: &dyn Channel) -> Vec<(String, Case)> {
    let folder = format!(
        "{}/src/{}/fixtures",
        env!("CARGO_MANIFEST_DIR"),
        channel.name()
    );
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("every network has a folder of fixtures") {
        let path = entry.expect("the folder is readable").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a fixture is readable");
        let case: Case = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.push((path.display().to_string(), case));
    }
    cases.sort_by(|one, other| one.0.cmp(&other.0));
    cases
}

impl Case {
    fn delivery(&self) -> RawDelivery {
        let body = match &self.body {
            Value::String(text) => text.clone().into_bytes(),
            value => value.to_string().into_bytes(),
        };
        let mut raw = delivery(&self.kind, body);
        raw.key.clone_from(&self.key);
        raw.headers.clone_from(&self.headers);
        raw
    }
}

/// Translates every recorded payload of a network and compares with what stands beside it.
pub(crate) fn run(channel: &dyn Channel) {
    let cases = cases(channel);
    assert!(!cases.is_empty(), "no fixtures of {}", channel.name());
    for (name, case) in cases {
        check(channel, &case, &name);
    }
}

fn check(channel: &dyn Channel, case: &Case, name: &str) {
    let raw = case.delivery();
    match channel.translate(&account(case.settings.clone()), &raw) {
        Ok(translation) => {
            assert_eq!(case.error, None, "{name} should not be readable");
            let taken = serde_json::to_value(&translation.taken).expect("inbound is JSON");
            assert_eq!(taken, Value::Array(case.taken.clone()), "{name}");
            let unread: Vec<(usize, String)> = translation
                .unread
                .iter()
                .map(|unread| (unread.index, unread.error.code().to_owned()))
                .collect();
            assert_eq!(unread, case.unread, "{name}");
        }
        Err(error) => assert_eq!(case.error.as_deref(), Some(error.code()), "{name}: {error}"),
    }
}

/// What the fake network does with the next request.
#[derive(Debug, Clone)]
pub(crate) enum Script {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Reads the request and closes the connection.
    Close,
    /// Promises more than it sends.
    Truncate,
    /// Reads the request and says nothing.
    Stall,
    /// Opens a websocket, says these texts and then good-bye.
    Socket(Vec<String>),
}

/// A request as the fake network saw it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A network on this machine that answers by script, one request a connection.
pub(crate) struct FakeNetwork {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<VecDeque<Script>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Ends with the network.
    _server: JoinSet<()>,
}

impl Script {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

impl FakeNetwork {
    pub(crate) async fn start(script: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("a bound port has an address");
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut server = JoinSet::new();
        server.spawn({
            let (script, asked) = (Arc::clone(&script), Arc::clone(&asked));
            async move {
                let mut connections = JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    connections.spawn(serve(stream, Arc::clone(&script), Arc::clone(&asked)));
                }
            }
        });
        Self {
            address,
            script,
            asked,
            _server: server,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn then(&self, script: Script) {
        self.script.lock().unwrap().push_back(script);
    }

    /// Forgets the last answer, where nobody asked for it.
    pub(crate) fn take_back(&self) {
        self.script.lock().unwrap().pop_back();
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn last_asked(&self) -> Asked {
        self.asked().pop().expect("something was asked")
    }
}

/// A client that may reach this machine and does not wait long.
pub(crate) fn http() -> Http {
    Http::new(&HttpPolicy {
        allow_private: true,
        timeout: Duration::from_millis(400),
        ..HttpPolicy::default()
    })
    .expect("the client can be made")
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        crate::delivery::header(&self.headers, name)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request carries JSON")
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Mutex<VecDeque<Script>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let key = request.header("sec-websocket-key").map(str::to_owned);
    asked.lock().unwrap().push(request);
    let next = script.lock().unwrap().pop_front();
    match next.unwrap_or_else(|| Script::text(500, "the script is over")) {
        Script::Answer {
            status,
            headers,
            body,
        } => {
            let mut head = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n",
                body.len()
            );
            for (name, value) in headers {
                write!(head, "{name}: {value}\r\n").expect("writing into a string cannot fail");
            }
            head.push_str("\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body).await;
        }
        Script::Close => {}
        Script::Truncate => {
            let head = b"HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{\"id\"";
            let _ = stream.write_all(head).await;
        }
        Script::Stall => tokio::time::sleep(Duration::from_secs(5)).await,
        Script::Socket(texts) => return serve_socket(stream, key.as_deref(), texts).await,
    }
    let _ = stream.shutdown().await;
}

async fn serve_socket(mut stream: TcpStream, key: Option<&str>, texts: Vec<String>) {
    let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
    let head = format!(
        "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    for text in texts {
        let _ = socket.send(Message::text(text)).await;
    }
    let _ = socket.close(None).await;
    while let Some(Ok(_)) = socket.next().await {}
}

async fn read_request(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end + 4);
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length: usize = crate::delivery::header(&headers, "content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Asked {
        method,
        path,
        headers,
        body,
    })
}
