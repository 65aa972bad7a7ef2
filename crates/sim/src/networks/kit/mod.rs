//! What all simulated networks share: clock, ids, limits, streams, deliveries, faults, transcript.
//! It knows no network; a network is what implements `Network`.

mod act;
mod call;
mod clock;
mod consent;
mod deliveries;
mod doors;
pub(crate) mod faults;
mod files;
mod ids;
pub(crate) mod kept;
mod late;
mod limits;
mod own_words;
mod reply;
pub(crate) mod sign;
mod streams;
pub(crate) mod transcript;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::watch;

pub(crate) use act::{Act, Done, FileWish, Refused, Wish};
pub(crate) use call::{Call, Upload, encoded};
pub(crate) use clock::SimClock;
pub(crate) use consent::{Agreed, Consents, Fault};
pub(crate) use deliveries::{Deliveries, Hook, Job, Parcel};
pub(crate) use doors::{Said, Step, Want};
pub(crate) use files::{FileKind, Misfit};
pub(crate) use ids::Ids;
pub(crate) use late::Late;
pub(crate) use limits::{Limit, Limits, Standing};
pub(crate) use own_words::{OwnWord, OwnWords};
pub(crate) use reply::{Answer, Ask, Heard, Reply};
pub(crate) use streams::{Frame, Streams};

use crate::faults::lock;
use crate::item::{Millis, rfc3339};

/// One network: its state and its rules. It is called by one at a time and never waits.
pub(crate) trait Network: Send {
    /// Answers a call of the network's own interface.
    fn answer(&mut self, call: &Call, kit: &Kit) -> Reply;

    /// Opens an account of a company and returns what a client needs to use it.
    fn enrol(&mut self, wish: &Wish, kit: &Kit) -> Done;

    /// Does what somebody on the network wants to do.
    fn act(&mut self, act: &Act, kit: &Kit) -> Done;

    /// Writes a refusal in the network's own words, for faults that name only a status.
    fn failure(&self, status: u16, kit: &Kit) -> Answer;

    /// Makes one signed request of items that wait for a hook.
    fn pack(&self, hook: &Hook, items: &[Value], _: &Kit) -> Ask {
        let body = items.first().cloned().unwrap_or_default().to_string();
        Ask::post(hook.url.clone(), "application/json", body)
    }

    /// Makes the request anew for another try; most networks send the same once more.
    fn pack_again(&self, _: &Hook, packed: &Ask, _: &Kit) -> Ask {
        packed.clone()
    }

    /// Returns how many items go into one delivery at most.
    fn batch(&self) -> usize {
        1
    }

    /// Returns after how many seconds a delivery is tried again; none to give up.
    fn retry_seconds(&self, _attempt: u32) -> Option<i64> {
        None
    }

    /// Hears what a hook said to a delivery.
    fn pushed(&mut self, _: &Hook, _: &[Value], _: &Heard, _: &Kit) {}

    /// Hears that nobody tries a delivery any more.
    fn gave_up(&mut self, _: &Hook, _: &Kit) {}

    /// Hears the answer to something it asked, and answers whoever waits for that.
    fn heard(&mut self, _mark: &str, _: &Heard, kit: &Kit) -> Reply {
        self.failure(500, kit).into()
    }

    /// Hears that a stream is open.
    fn opened(&mut self, _stream: u64, _mark: &str, _: &Call, _: &Kit) {}

    /// Hears what was said on a stream.
    fn said(&mut self, _stream: u64, _text: &str, _: &Kit) {}

    /// Hears that a stream has ended.
    fn closed(&mut self, _stream: u64) {}

    /// Names the doors at which it is spoken to line by line, besides HTTP.
    fn doors(&self) -> &'static [&'static str] {
        &[]
    }

    /// Says at a door that the network is away.
    fn turn_away(&self, _door: &str) -> Said {
        Said::nothing().last()
    }

    /// Greets somebody who came to a door.
    fn come_in(&mut self, _door: &str, _session: u64, _: &Kit) -> Said {
        Said::nothing().last()
    }

    /// Names what is asked for at a door, for faults and transcripts; none where it is no request yet.
    fn overheard(&self, _session: u64, _input: &[u8]) -> Option<Step> {
        None
    }

    /// Hears what was said at a door, and answers it.
    fn hear(&mut self, _session: u64, _input: &[u8], _: &Kit) -> Said {
        Said::nothing().last()
    }

    /// Refuses what was said at a door, for faults that name a status, or words besides.
    fn refuse(
        &mut self,
        _session: u64,
        _: &Step,
        _input: &[u8],
        status: u16,
        _words: Option<&str>,
    ) -> Said {
        Said::new(status, Vec::new()).last()
    }

    /// Does what time brings; called when the clock was moved, and about every second.
    fn tick(&mut self, _: &Kit) {}

    /// Writes down what stands on it; nothing where a network forgets at its end.
    fn written(&self) -> Value {
        Value::Null
    }

    /// Goes on with what was written down; no where it cannot.
    fn resume(&mut self, _written: Value, _: &Kit) -> bool {
        false
    }

    /// Tells its state, for people and tests.
    fn show(&self) -> Value {
        json!({})
    }
}

/// What one network is given to work with.
pub(crate) struct Kit {
    pub(crate) name: &'static str,
    /// The network's address as others see it, without a slash at the end.
    pub(crate) base: String,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) ids: Ids,
    pub(crate) limits: Limits,
    pub(crate) streams: Streams,
    pub(crate) deliveries: Deliveries,
    /// What our accounts said.
    pub(crate) own_words: OwnWords,
    /// How late lists show it.
    pub(crate) late: Late,
    files: Mutex<BTreeMap<String, (String, Vec<u8>)>>,
    doors: Mutex<BTreeMap<&'static str, SocketAddr>>,
    happened: watch::Sender<u64>,
}

impl Kit {
    pub(crate) fn new(name: &'static str, base: String, clock: Arc<SimClock>, ids: Ids) -> Self {
        Self {
            name,
            base,
            clock,
            ids,
            limits: Limits::default(),
            streams: Streams::default(),
            deliveries: Deliveries::default(),
            own_words: OwnWords::default(),
            late: Late::default(),
            files: Mutex::default(),
            doors: Mutex::default(),
            happened: watch::Sender::new(0),
        }
    }

    /// Forgets everything but the address and the clock.
    pub(crate) fn reset(&self, seed: u64) {
        self.ids.restart(seed);
        self.limits.clear();
        self.streams.put_all(&Frame::Drop);
        self.deliveries.clear();
        self.own_words.take();
        self.late.clear();
        lock(&self.files).clear();
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Returns the time in RFC 3339 with milliseconds.
    pub(crate) fn now_text(&self) -> String {
        rfc3339(self.now())
    }

    /// Puts an item on its way to the hook of an account.
    pub(crate) fn push(&self, account: &str, item: Value) {
        self.deliveries.push(account, item, self.now());
    }

    /// Wakes whoever waits for news.
    pub(crate) fn wake(&self) {
        self.happened.send_modify(|happened| *happened += 1);
    }

    pub(crate) fn happenings(&self) -> watch::Receiver<u64> {
        self.happened.subscribe()
    }

    pub(crate) fn open_door(&self, door: &'static str, address: SocketAddr) {
        lock(&self.doors).insert(door, address);
    }

    /// Returns where a door is.
    pub(crate) fn door(&self, door: &str) -> Option<SocketAddr> {
        lock(&self.doors).get(door).copied()
    }

    /// Returns where all its doors are.
    pub(crate) fn doors(&self) -> BTreeMap<&'static str, SocketAddr> {
        lock(&self.doors).clone()
    }

    /// Keeps a file and returns the path under the network's address at which anybody gets it.
    pub(crate) fn keep_file(&self, name: &str, media_type: &str, bytes: Vec<u8>) -> String {
        let clean: String = name
            .chars()
            .map(|sign| {
                if sign.is_ascii_alphanumeric() || sign == '.' {
                    sign
                } else {
                    '-'
                }
            })
            .collect();
        let path = format!("/_files/{}/{clean}", self.ids.letters("file", 16));
        lock(&self.files).insert(path.clone(), (media_type.to_owned(), bytes));
        path
    }

    pub(crate) fn file(&self, path: &str) -> Option<(String, Vec<u8>)> {
        lock(&self.files).get(path).cloned()
    }

    /// Gives a file a second path.
    pub(crate) fn name_file(&self, path: &str, name: &str) {
        let mut files = lock(&self.files);
        if let Some(file) = files.get(path).cloned() {
            files.insert(name.to_owned(), file);
        }
    }

    /// Takes a file away, as networks do with what was deleted.
    pub(crate) fn drop_file(&self, path: &str) {
        lock(&self.files).remove(path);
    }
}
