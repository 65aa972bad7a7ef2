//! News as they come, by Jetstream: posts that speak to us, and what people who spoke to us take back.
//! It knows nothing of likes and direct messages, so that the ordinary asking goes on beside it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::ask::{Caller, encoded};
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
/// How often it is noted how far was heard, where nothing was for us.
const NOTE: Duration = Duration::from_secs(60);
/// How long events wait for others, so that several people are asked for by name at once.
const GATHER: Duration = Duration::from_millis(300);
/// How many events wait at most, and how many names are kept in mind.
const GATHERED: usize = 25;
const NAMES: usize = 1_000;

struct Listening<'a> {
    account: &'a Account,
    address: &'a str,
    http: &'a Http,
    /// How far we came; none before the first asking.
    cursor: Option<Cursor>,
    socket: Option<Box<Socket>>,
    /// A stopwatch since `account.now`, for a connection may stand for days.
    since: Instant,
    ask_at: Instant,
    noted_at: Instant,
    /// How far was heard, by the clock of the stream.
    heard: Option<i64>,
    /// Events that wait until it is known what their authors are called, and until when.
    held: Vec<(String, Value)>,
    name_at: Option<Instant>,
    /// What people are called, by their numbers; the stream does not tell it.
    names: BTreeMap<String, Value>,
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
        cursor: cursor.and_then(|cursor| serde_json::from_str(cursor).ok()),
        socket: None,
        since: Instant::now(),
        ask_at: Instant::now(),
        noted_at: Instant::now(),
        heard: None,
        held: Vec::new(),
        name_at: None,
        names: BTreeMap::new(),
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
        let now = Instant::now();
        if self.name_at.is_some_and(|at| at <= now) || self.held.len() >= GATHERED {
            self.tell().await;
            return Ok(());
        }
        if self.ask_at <= now {
            return self.ask().await;
        }
        let Some(socket) = &mut self.socket else {
            return Ok(());
        };
        let until = self.name_at.unwrap_or(self.ask_at).min(self.ask_at);
        match tokio::time::timeout_at(until, socket.next()).await {
            Err(_) => Ok(()),
            Ok(None) => {
                self.tell().await;
                self.over = true;
                Ok(())
            }
            Ok(Some(Ok(text))) => self.hear(&text),
            Ok(Some(Err(error))) => {
                self.tell().await;
                Err(HttpError::when_asking(error))
            }
        }
    }

    async fn connect(&mut self) -> Result<(), SendError> {
        let mut address = self.address.trim_end_matches('/').to_owned();
        if !address.ends_with("/subscribe") {
            address.push_str("/subscribe");
        }
        address = format!("{address}?wantedCollections={}", encoded(POST));
        if let Some(at) = self.cursor.as_ref().and_then(|cursor| cursor.jetstream) {
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
        self.tell().await;
        let cursor = self.cursor.as_ref().map(Cursor::write);
        let polled = poll::poll(self.account, cursor.as_deref(), self.http).await?;
        self.cursor = serde_json::from_str(&polled.cursor).ok();
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
        let Some(cursor) = &mut self.cursor else {
            return Ok(());
        };
        self.heard = self.heard.max(Some(event.time_us));
        if matters(&event, cursor) {
            let speaks = event.commit.is_some() && event.did != cursor.did;
            if speaks {
                cursor.remember(&event.did);
            }
            let is_new = event
                .commit
                .is_some_and(|commit| commit.operation == "create");
            let waits = speaks && is_new && !self.names.contains_key(&event.did);
            self.held.push((event.did, value));
            // What comes behind one that waits waits with it, so that all stay in order.
            if waits && self.name_at.is_none() {
                self.name_at = Some(Instant::now() + GATHER);
            }
            if self.name_at.is_none() {
                self.deliver(None);
            }
        } else if self.held.is_empty() && self.noted_at.elapsed() >= NOTE {
            self.deliver(None);
        }
        Ok(())
    }

    /// Tells what waits, once it is known what its authors are called; without, where nobody says.
    async fn tell(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let unknown: BTreeSet<&str> = self
            .held
            .iter()
            .map(|(did, _)| did.as_str())
            .filter(|did| !self.names.contains_key(*did))
            .collect();
        let unknown: Vec<String> = unknown.into_iter().map(str::to_owned).collect();
        let asked = match Caller::new(self.account, self.http).await {
            Ok(mut caller) => poll::profiles(&mut caller, &unknown).await,
            Err(error) => Err(error),
        };
        let trouble = match asked {
            Ok(profiles) => {
                if self.names.len() > NAMES {
                    self.names.clear();
                }
                for profile in profiles {
                    let did = profile["did"].as_str().unwrap_or_default().to_owned();
                    self.names.insert(did, profile);
                }
                None
            }
            Err(error) => Some(error),
        };
        self.deliver(trouble);
    }

    /// Hands over what waits, and how far was heard.
    fn deliver(&mut self, trouble: Option<SendError>) {
        self.name_at = None;
        self.noted_at = Instant::now();
        let Some(cursor) = &mut self.cursor else {
            return;
        };
        cursor.jetstream = cursor.jetstream.max(self.heard);
        let now = self.account.now.after(self.since.elapsed());
        let deliveries = std::mem::take(&mut self.held)
            .into_iter()
            .map(|(did, mut event)| {
                if let Some(profile) = self.names.get(&did) {
                    event["profile"] = json!(profile);
                }
                poll::delivery(JETSTREAM, &cursor.did, &event, now)
            })
            .collect();
        self.waiting.push_back(Polled {
            deliveries,
            cursor: cursor.write(),
            next_in: Some(poll::pace(self.account)),
            trouble,
        });
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
