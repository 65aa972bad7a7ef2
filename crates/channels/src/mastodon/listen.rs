//! News as they come, by the `user` stream over a websocket. After every connecting, what was missed
//! is asked for; texts that concern nobody here are not kept.

use std::collections::VecDeque;

use futures::stream::{self, BoxStream, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::poll::{self, Cursor, is_newer};
use super::wire::Frame;
use super::{STREAM, ask, inbound};
use crate::delivery::{Account, Polled};
use crate::http::{Http, HttpError, Request};
use crate::outbound::SendError;
use crate::socket::{Opened, Socket};

/// The most catching up at once; the rest comes with the next poll.
const CATCH_UP: usize = 20;

struct Listening<'a> {
    account: &'a Account,
    http: &'a Http,
    cursor: Option<String>,
    socket: Option<Box<Socket>>,
    /// A stopwatch since `account.now`, for a connection may stand for days.
    since: Instant,
    waiting: VecDeque<Result<Polled, SendError>>,
    over: bool,
}

pub(super) fn listen<'a>(
    account: &'a Account,
    cursor: Option<&str>,
    http: &'a Http,
) -> BoxStream<'a, Result<Polled, SendError>> {
    let listening = Listening {
        account,
        http,
        cursor: cursor.map(str::to_owned),
        socket: None,
        since: Instant::now(),
        waiting: VecDeque::new(),
        over: false,
    };
    stream::unfold(listening, |mut listening| async move {
        let next = listening.next().await?;
        Some((next, listening))
    })
    .boxed()
}

impl Listening<'_> {
    async fn next(&mut self) -> Option<Result<Polled, SendError>> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                return Some(next);
            }
            if self.over {
                return None;
            }
            let heard = match &mut self.socket {
                None => self.connect().await,
                Some(socket) => match socket.next().await {
                    None => {
                        self.over = true;
                        Ok(())
                    }
                    Some(Ok(text)) => self.hear(text),
                    Some(Err(error)) => Err(HttpError::when_asking(error)),
                },
            };
            if let Err(error) = heard {
                self.over = true;
                return Some(Err(error));
            }
        }
    }

    /// Opens the stream first and catches up then, so that nothing falls between the two.
    async fn connect(&mut self) -> Result<(), SendError> {
        let address = address(self.account, self.http).await?;
        let request = ask::authorised(self.account, Request::get(address))?;
        let opened = Socket::open(self.http, request)
            .await
            .map_err(HttpError::when_asking)?;
        let mut socket = match opened {
            Opened::Socket(socket) => socket,
            Opened::Refused(answer) => return Err(ask::refusal(&answer, self.account.now)),
        };
        let wish = json!({"type": "subscribe", "stream": "user"}).to_string();
        socket.say(wish).await.map_err(HttpError::when_asking)?;
        self.socket = Some(socket);

        for _ in 0..CATCH_UP {
            let polled = poll::poll(self.account, self.cursor.as_deref(), self.http).await?;
            self.cursor = Some(polled.cursor.clone());
            let more = polled.trouble.is_none() && polled.next_in < Some(poll::pace(self.account));
            self.waiting.push_back(Ok(polled));
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn hear(&mut self, text: String) -> Result<(), SendError> {
        let Ok(frame) = serde_json::from_str::<Frame>(&text) else {
            // Frames of an unknown shape are let be; what they told is asked for in a while.
            return Ok(());
        };
        if let Some(error) = frame.error {
            return Err(SendError::Forbidden(error));
        }
        let mut cursor: Cursor = self
            .cursor
            .as_deref()
            .and_then(|cursor| serde_json::from_str(cursor).ok())
            .unwrap_or_default();
        let now = self.account.now.after(self.since.elapsed());
        let raw = poll::delivery(STREAM, &cursor.own, text.into_bytes(), now);
        if inbound::translate(&raw)
            .is_ok_and(|told| told.taken.is_empty() && told.unread.is_empty())
        {
            return Ok(());
        }
        if frame.event.as_deref() == Some("notification") {
            let told = frame.payload.as_deref().map(serde_json::from_str::<Value>);
            let told = told.and_then(Result::ok);
            if let Some(told) = &told {
                cursor.remember(told);
            }
            if let Some(id) = told.as_ref().and_then(poll::id)
                && is_newer(id, cursor.notification.as_deref())
            {
                cursor.notification = Some(id.to_owned());
            }
        }
        self.cursor = Some(cursor.write());
        self.waiting.push_back(Ok(Polled {
            deliveries: vec![raw],
            cursor: cursor.write(),
            next_in: Some(poll::pace(self.account)),
            trouble: None,
        }));
        Ok(())
    }
}

async fn address(account: &Account, http: &Http) -> Result<String, SendError> {
    let told = match account.setting("streaming_url") {
        Some(address) => Some(address.to_owned()),
        None => {
            ask::instance(account, http)
                .await?
                .configuration
                .urls
                .streaming
        }
    };
    match told {
        Some(address) => Ok(format!(
            "{}/api/v1/streaming",
            address.trim_end_matches('/')
        )),
        None => ask::address(account, "/api/v1/streaming"),
    }
}
