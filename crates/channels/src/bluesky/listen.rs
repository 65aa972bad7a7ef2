//! News as they come, by Jetstream: posts that speak to us, and what people who spoke to us take back.
//! It knows nothing of likes and direct messages, so that the ordinary asking goes on beside it.

use std::collections::VecDeque;

use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::time::Instant;

use super::ask::encoded;
use super::inbound::{concerns, read};
use super::poll::{self, Cursor};
use super::wire::{Event, Record};
use super::{JETSTREAM, POST, ask};
use crate::delivery::{Account, Polled};
use crate::http::{Http, HttpError, Request};
use crate::outbound::SendError;
use crate::socket::{Opened, Socket};

/// How far to go back when connecting again, for servers count a little differently.
const REWIND_MICROS: i64 = 5_000_000;

struct Listening<'a> {
    account: &'a Account,
    address: &'a str,
    http: &'a Http,
    cursor: Option<String>,
    socket: Option<Box<Socket>>,
    /// A stopwatch since `account.now`, for a connection may stand for days.
    since: Instant,
    ask_at: Instant,
    waiting: VecDeque<Polled>,
    over: bool,
}

pub(super) fn listen<'a>(
    account: &'a Account,
    address: &'a str,
    cursor: Option<&str>,
    http: &'a Http,
) -> BoxStream<'a, Result<Polled, SendError>> {
    let listening = Listening {
        account,
        address,
        http,
        cursor: cursor.map(str::to_owned),
        socket: None,
        since: Instant::now(),
        ask_at: Instant::now(),
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
                return Some(Ok(next));
            }
            if self.over {
                return None;
            }
            if let Err(error) = self.step().await {
                self.over = true;
                return Some(Err(error));
            }
        }
    }

    async fn step(&mut self) -> Result<(), SendError> {
        if self.socket.is_none() {
            self.connect().await?;
            return self.ask().await;
        }
        let Some(socket) = &mut self.socket else {
            return Ok(());
        };
        match tokio::time::timeout_at(self.ask_at, socket.next()).await {
            Err(_) => self.ask().await,
            Ok(None) => {
                self.over = true;
                Ok(())
            }
            Ok(Some(Ok(text))) => self.hear(&text),
            Ok(Some(Err(error))) => Err(HttpError::when_asking(error)),
        }
    }

    async fn connect(&mut self) -> Result<(), SendError> {
        let mut address = self.address.trim_end_matches('/').to_owned();
        if !address.ends_with("/subscribe") {
            address.push_str("/subscribe");
        }
        address = format!("{address}?wantedCollections={}", encoded(POST));
        let cursor: Option<Cursor> = self
            .cursor
            .as_deref()
            .and_then(|cursor| serde_json::from_str(cursor).ok());
        if let Some(at) = cursor.and_then(|cursor| cursor.jetstream) {
            address = format!("{address}&cursor={}", at.saturating_sub(REWIND_MICROS));
        }
        let opened = Socket::open(self.http, Request::get(address))
            .await
            .map_err(HttpError::when_asking)?;
        match opened {
            Opened::Socket(socket) => {
                self.socket = Some(socket);
                Ok(())
            }
            Opened::Refused(answer) => Err(ask::refusal(&answer, self.account.now)),
        }
    }

    async fn ask(&mut self) -> Result<(), SendError> {
        let polled = poll::poll(self.account, self.cursor.as_deref(), self.http).await?;
        self.cursor = Some(polled.cursor.clone());
        let pause = polled.next_in.unwrap_or_else(|| poll::pace(self.account));
        self.ask_at = Instant::now() + pause;
        self.waiting.push_back(polled);
        Ok(())
    }

    fn hear(&mut self, text: &str) -> Result<(), SendError> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| SendError::Unreadable(error.to_string()))?;
        let Ok(event) = read::<Event>(&value) else {
            return Ok(());
        };
        let known = self.cursor.as_deref().map(serde_json::from_str::<Cursor>);
        let Some(Ok(mut cursor)) = known else {
            return Ok(());
        };
        if !matters(&event, &cursor) {
            return Ok(());
        }
        cursor.jetstream = Some(event.time_us);
        if event.commit.is_some() && event.did != cursor.did {
            cursor.remember(&event.did);
        }
        self.cursor = Some(cursor.write());
        let now = self.account.now.after(self.since.elapsed());
        self.waiting.push_back(Polled {
            deliveries: vec![poll::delivery(JETSTREAM, &cursor.did, &value, now)],
            cursor: cursor.write(),
            next_in: Some(poll::pace(self.account)),
            trouble: None,
        });
        Ok(())
    }
}

/// Returns whether an event is for us: who writes to us, and what people who did so take back.
fn matters(event: &Event, cursor: &Cursor) -> bool {
    let known = event.did == cursor.did || cursor.people.contains(&event.did);
    match &event.commit {
        None => known && event.account.is_some(),
        Some(commit) if commit.collection != POST => false,
        Some(commit) if commit.operation == "create" => {
            event.did == cursor.did
                || read::<Record>(&commit.record).is_ok_and(|record| concerns(&record, &cursor.did))
        }
        Some(_) => known,
    }
}
