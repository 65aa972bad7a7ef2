//! The way in for networks that are spoken to line by line: listens at their doors, lets ordered faults
//! happen between a command and its answer, and writes everything down.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;

use super::kit::faults::Then;
use super::kit::transcript::{Direction, Entry, excerpt};
use super::kit::{Frame, Said, Step, Want};
use super::station::{DownHow, Station, Town};
use crate::faults::lock;
use crate::item::rfc3339;

/// The longest that is heard before it is answered: more than any mail server takes.
const LONGEST: usize = 64 << 20;

/// Lets people in at a door, as long as the networks run.
pub(crate) async fn listen(
    town: Arc<Town>,
    name: &'static str,
    door: &'static str,
    listener: TcpListener,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let visit = converse(Arc::clone(&town), name, door, stream);
                lock(&town.streams).spawn(visit);
            }
            // Too many open files and the like pass; a tight loop would not let them.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn converse(town: Arc<Town>, name: &'static str, door: &'static str, stream: TcpStream) {
    let Some(station) = town.stations.get(name) else {
        return;
    };
    let _ = stream.set_nodelay(true);
    let (session, frames) = station.kit.streams.open();
    let mut visit = Visit {
        town: &town,
        station,
        session,
        stream,
        frames,
        heard: Vec::new(),
    };
    visit.run(door).await;
    station.kit.streams.close(session);
    lock(&station.network).closed(session);
}

/// One connection.
struct Visit<'a> {
    town: &'a Town,
    station: &'a Station,
    session: u64,
    stream: TcpStream,
    frames: UnboundedReceiver<Frame>,
    heard: Vec<u8>,
}

impl Visit<'_> {
    async fn run(&mut self, door: &'static str) {
        let kit = &self.station.kit;
        let greeting = Step {
            method: door,
            path: "/connect".to_owned(),
            body: Vec::new(),
        };
        if let Some(down) = self.station.down() {
            self.note(&greeting, None, Some("down".to_owned()));
            match down.how {
                DownHow::Unavailable => {
                    let said = lock(&self.station.network).turn_away(door);
                    let _ = self.stream.write_all(&said.text).await;
                }
                DownHow::Reset => {}
                DownHow::Silence => self.silence().await,
            }
            return;
        }
        let greet = |_: &[u8]| lock(&self.station.network).come_in(door, self.session, kit);
        let Some(said) = self.meet(&greeting, greet, &[]).await else {
            return;
        };
        let Some(mut want) = self.say(said).await else {
            return;
        };
        while let Some(input) = self.hear(want).await {
            let step = lock(&self.station.network).overheard(self.session, &input);
            let said = match step {
                Some(step) => {
                    let hear =
                        |input: &[u8]| lock(&self.station.network).hear(self.session, input, kit);
                    self.meet(&step, hear, &input).await
                }
                None => Some(lock(&self.station.network).hear(self.session, &input, kit)),
            };
            kit.wake();
            let Some(said) = said else {
                return;
            };
            match self.say(said).await {
                Some(next) => want = next,
                None => return,
            }
        }
    }

    /// Does what is asked for, or what was ordered in its place; none where the connection is over.
    async fn meet(&self, step: &Step, hear: impl Fn(&[u8]) -> Said, input: &[u8]) -> Option<Said> {
        let name = self.station.kit.name;
        let then = self.town.rules.meet_call(name, step.method, &step.path);
        let fault = then.as_ref().map(Then::name);
        match &then {
            Some(Then::Latency { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Some(Then::Reset) => {
                self.note(step, None, fault);
                return None;
            }
            Some(Then::Status { status, body, .. }) => {
                let words = body.as_ref().map(|body| match body {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                let mut network = lock(&self.station.network);
                let said = network.refuse(self.session, step, input, *status, words.as_deref());
                drop(network);
                self.note(step, Some(&said), fault);
                return Some(said);
            }
            _ => {}
        }
        let said = hear(input);
        self.note(step, Some(&said), fault);
        self.spoil(said, then.as_ref())
    }

    /// Lets the answer come to grief as it was ordered.
    fn spoil(&self, mut said: Said, then: Option<&Then>) -> Option<Said> {
        match then {
            Some(Then::EffectThenReset) => return None,
            Some(Then::EffectThenSilence | Then::HalfOpenStream) => {
                self.station.kit.streams.put(self.session, Frame::Freeze);
                said.text.clear();
            }
            Some(Then::Truncated) => {
                said.text.truncate(said.text.len() / 2);
                said.ends = true;
            }
            _ => {}
        }
        Some(said)
    }

    /// Says something, and returns what is wanted next; none where nothing is.
    async fn say(&mut self, said: Said) -> Option<Want> {
        self.stream.write_all(&said.text).await.ok()?;
        if said.ends {
            // What was said must have left before the connection ends.
            let _ = self.stream.shutdown().await;
            return None;
        }
        Some(said.want)
    }

    /// Hears what is wanted next; meanwhile the network may have something to say of itself.
    async fn hear(&mut self, want: Want) -> Option<Vec<u8>> {
        loop {
            if let Ok(frame) = self.frames.try_recv() {
                self.carry(frame).await?;
                continue;
            }
            if let Some(input) = want.take(&mut self.heard) {
                return Some(input);
            }
            if self.heard.len() > LONGEST {
                return None;
            }
            tokio::select! {
                frame = self.frames.recv() => self.carry(frame?).await?,
                read = self.stream.read_buf(&mut self.heard) => {
                    if read.ok()? == 0 {
                        return None;
                    }
                }
            }
        }
    }

    async fn carry(&mut self, frame: Frame) -> Option<()> {
        match frame {
            Frame::Text(text) => self.stream.write_all(text.as_bytes()).await.ok(),
            Frame::Close | Frame::Drop => None,
            Frame::Freeze => {
                self.silence().await;
                None
            }
        }
    }

    /// Says and hears nothing more until the connection is dropped.
    async fn silence(&mut self) {
        while let Some(frame) = self.frames.recv().await {
            if frame == Frame::Drop {
                return;
            }
        }
    }

    fn note(&self, step: &Step, said: Option<&Said>, fault: Option<String>) {
        let session = Value::String(self.session.to_string());
        self.town.transcript.note(Entry {
            seq: 0,
            at: rfc3339(self.town.clock.now()),
            network: self.station.kit.name.to_owned(),
            direction: Direction::Call,
            method: step.method.to_owned(),
            path: step.path.clone(),
            query: String::new(),
            headers: Map::from_iter([("session".to_owned(), session)]),
            body: excerpt(&step.body),
            status: said.map(|said| said.status),
            answer: said.map(|said| excerpt(&said.text)).unwrap_or_default(),
            fault,
        });
    }
}
