//! Websockets of networks that stream: opened by the HTTP client, behind the same guard, time-outs
//! and limits. Knows no network; gives texts, and an end wherever nothing comes for too long.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::http::{Answer, Http, HttpError, Request};

/// How long a network may be silent before the connection counts as broken.
const LONGEST_SILENCE: Duration = Duration::from_secs(90);
/// After which silence we ask whether the other side is still there.
const PING_AFTER: Duration = Duration::from_secs(40);

/// An open websocket.
pub struct Socket {
    stream: WebSocketStream<reqwest::Upgraded>,
}

/// What the other side said to the wish for a websocket.
pub enum Opened {
    Socket(Box<Socket>),
    /// An ordinary answer, mostly a refusal.
    Refused(Answer),
}

impl Socket {
    /// Opens a websocket; `ws` and `wss` addresses are taken as well as `http` and `https`.
    pub async fn open(http: &Http, mut request: Request) -> Result<Opened, HttpError> {
        request.url = web_address(&request.url);
        let key = generate_key();
        let request = request
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", &key);
        let (answer, upgraded) = http.upgrade(request).await?;
        let Some(upgraded) = upgraded else {
            return Ok(Opened::Refused(answer));
        };
        if answer.header("sec-websocket-accept") != Some(&derive_accept_key(key.as_bytes())) {
            return Err(HttpError::Lost("no websocket answers there".to_owned()));
        }

        let config = WebSocketConfig::default()
            .max_message_size(Some(http.body_limit()))
            .max_frame_size(Some(http.body_limit()));
        let stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        Ok(Opened::Socket(Box::new(Self { stream })))
    }

    /// Says something.
    pub async fn say(&mut self, text: String) -> Result<(), HttpError> {
        self.stream
            .send(Message::text(text))
            .await
            .map_err(|error| HttpError::Lost(error.to_string()))
    }

    /// Waits for the next text; none when the other side says good-bye.
    pub async fn next(&mut self) -> Option<Result<String, HttpError>> {
        let mut silence = Duration::ZERO;
        loop {
            let Ok(message) = tokio::time::timeout(PING_AFTER, self.stream.next()).await else {
                silence += PING_AFTER;
                if silence >= LONGEST_SILENCE {
                    return Some(Err(HttpError::Lost("nothing came for too long".to_owned())));
                }
                if let Err(error) = self.stream.send(Message::Ping(Vec::new().into())).await {
                    return Some(Err(HttpError::Lost(error.to_string())));
                }
                continue;
            };
            silence = Duration::ZERO;
            match message? {
                Ok(Message::Text(text)) => return Some(Ok(text.to_string())),
                Ok(Message::Close(_)) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(HttpError::Lost(error.to_string()))),
            }
        }
    }
}

fn web_address(url: &str) -> String {
    for (socket, web) in [("ws://", "http://"), ("wss://", "https://")] {
        if let Some(rest) = url.strip_prefix(socket) {
            return format!("{web}{rest}");
        }
    }
    url.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, FakeNetwork, Script};

    #[tokio::test]
    async fn texts_go_both_ways_until_the_other_side_closes() {
        let network = FakeNetwork::start(vec![Script::Socket(vec![
            "eins".to_owned(),
            "zwei".to_owned(),
        ])])
        .await;
        let url = network.url("/stream").replace("http://", "ws://");
        let opened = Socket::open(&fixture::http(), Request::get(url).bearer("t")).await;
        let Ok(Opened::Socket(mut socket)) = opened else {
            panic!("the fake network opens a websocket");
        };
        assert_eq!(socket.next().await, Some(Ok("eins".to_owned())));
        socket.say("danke".to_owned()).await.expect("it is open");
        assert_eq!(socket.next().await, Some(Ok("zwei".to_owned())));
        assert_eq!(socket.next().await, None);
        let asked = network.last_asked();
        assert_eq!(asked.header("authorization"), Some("Bearer t"));
        assert_eq!(asked.header("upgrade"), Some("websocket"));
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer_and_a_liar_no_socket() {
        let network = FakeNetwork::start(vec![
            Script::text(401, "no"),
            Script::text(101, "").with("connection", "upgrade"),
            Script::Close,
        ])
        .await;
        let open = || async {
            let request = Request::get(network.url("/stream"));
            Socket::open(&fixture::http(), request).await
        };
        assert!(matches!(open().await, Ok(Opened::Refused(answer)) if answer.status == 401));
        assert!(matches!(open().await, Err(HttpError::Lost(_))));
        assert!(matches!(open().await, Err(HttpError::Lost(_))));
    }

    #[tokio::test]
    async fn inner_networks_are_out_of_reach() {
        let http = Http::new(&crate::http::HttpPolicy::default()).expect("a client");
        let opened = Socket::open(&http, Request::get("wss://127.0.0.1:9/stream")).await;
        assert!(matches!(opened, Err(HttpError::Blocked(_))));
    }
}
