//! The networks side by side: each with its kit and its state, the clockwork that tells them the time,
//! and the way out for what they push.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::kit::faults::{Rules, Then};
use super::kit::transcript::{Direction, Entry, Transcript, excerpt};
use super::kit::{
    Act, Ask, Done, Frame, Heard, Ids, Job, Kit, Network, Parcel, Refused, SimClock, Wish,
};
use super::{Maker, NetworksSettings};
use crate::faults::lock;
use crate::item::{Millis, rfc3339};

/// All networks and what they have in common.
pub(crate) struct Town {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) rules: Rules,
    pub(crate) transcript: Transcript,
    pub(crate) stations: BTreeMap<&'static str, Station>,
    /// The streams that are open.
    pub(crate) streams: Mutex<JoinSet<()>>,
    pub(crate) seed: Mutex<u64>,
}

/// One network with what it works with.
pub(crate) struct Station {
    pub(crate) kit: Kit,
    pub(crate) network: Mutex<Box<dyn Network>>,
    maker: Maker,
    down: Mutex<Option<Down>>,
}

/// A network that is away for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Down {
    pub(crate) until: Millis,
    pub(crate) how: DownHow,
}

/// How it is to be noticed that a network is away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DownHow {
    /// Something in front of it says 503.
    #[default]
    Unavailable,
    /// Connections are cut.
    Reset,
    /// Nobody answers.
    Silence,
}

impl Town {
    pub(crate) fn new(
        settings: &NetworksSettings,
        networks: &[(&'static str, Maker)],
        mut bases: BTreeMap<&'static str, String>,
    ) -> Self {
        let clock = Arc::new(SimClock::new(settings.start, settings.frozen));
        let station = |(name, maker): &(&'static str, Maker)| {
            let base = bases.remove(name).unwrap_or_default();
            let station = Station {
                kit: Kit::new(
                    name,
                    base,
                    Arc::clone(&clock),
                    Ids::new(settings.seed, settings.first_number),
                ),
                network: Mutex::new(maker()),
                maker: *maker,
                down: Mutex::new(None),
            };
            (*name, station)
        };
        Self {
            stations: networks.iter().map(station).collect(),
            clock: Arc::clone(&clock),
            rules: Rules::default(),
            transcript: Transcript::default(),
            streams: Mutex::new(JoinSet::new()),
            seed: Mutex::new(settings.seed),
        }
    }

    /// Begins anew: nobody is on any network, nothing was said, and no fault is on order.
    pub(crate) fn reset(&self, seed: u64) {
        *lock(&self.seed) = seed;
        self.rules.clear(None);
        self.transcript.clear();
        for station in self.stations.values() {
            station.kit.reset(seed);
            *lock(&station.network) = (station.maker)();
            *lock(&station.down) = None;
            station.kit.wake();
        }
    }

    /// Writes down what stands on every network that can be gone on with.
    pub(crate) fn written(&self) -> Value {
        let networks: Map<String, Value> = self
            .stations
            .iter()
            .map(|(name, station)| ((*name).to_owned(), lock(&station.network).written()))
            .filter(|(_, written)| !written.is_null())
            .collect();
        Value::Object(networks)
    }

    /// Goes on with what was written down; what cannot be read begins anew.
    pub(crate) fn resume(&self, mut written: Value) {
        for (name, station) in &self.stations {
            let Some(written) = written.get_mut(*name).map(Value::take) else {
                continue;
            };
            lock(&station.network).resume(written, &station.kit);
            station.kit.wake();
        }
    }

    /// Lets every network see what time it is.
    pub(crate) fn tick(&self) {
        for station in self.stations.values() {
            lock(&station.network).tick(&station.kit);
            station.kit.wake();
        }
    }
}

impl Station {
    /// Returns how the network is away, where it is.
    pub(crate) fn down(&self) -> Option<Down> {
        let mut down = lock(&self.down);
        if down.is_some_and(|down| down.until <= self.kit.now()) {
            *down = None;
        }
        *down
    }

    /// Opens an account, or finds it.
    pub(crate) fn enrol(&self, wish: &Wish) -> Done {
        let opened = lock(&self.network).enrol(wish, &self.kit);
        self.kit.wake();
        opened
    }

    /// Lets somebody do something.
    pub(crate) fn act(&self, wish: Value) -> Done {
        let act: Act =
            serde_json::from_value(wish).map_err(|error| Refused(422, error.to_string()))?;
        let done = lock(&self.network).act(&act, &self.kit);
        self.kit.wake();
        done
    }

    /// Takes the network away for a while; whoever listens to it hears nothing more.
    pub(crate) fn take_down(&self, down: Down) {
        *lock(&self.down) = Some(down);
        self.kit.streams.put_all(&Frame::Drop);
        self.kit.wake();
    }
}

/// Tells the networks the time about every second, and whenever the clock is moved.
pub(crate) async fn run_clockwork(town: Arc<Town>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        town.tick();
        // The ends of streams are heard, so that their number does not only grow.
        while lock(&town.streams).try_join_next().is_some() {}
    }
}

/// Carries out what one network has to push and to ask, in its order, several hooks at a time.
pub(crate) async fn run_deliveries(town: Arc<Town>, name: &'static str) {
    let Some(client) = crate::push::client() else {
        return;
    };
    let Some(station) = town.stations.get(name) else {
        return;
    };
    let mut changed = station.kit.deliveries.subscribe();
    let mut flying = JoinSet::new();
    loop {
        changed.borrow_and_update();
        if let Some(down) = station.down() {
            tokio::select! {
                () = town.clock.reached(down.until) => {}
                _ = changed.changed() => {}
                Some(_) = flying.join_next() => {}
            }
            continue;
        }
        let batch = lock(&station.network).batch();
        while let Some(job) = station.kit.deliveries.take(town.clock.now(), batch) {
            flying.spawn(carry_out(Arc::clone(&town), name, client.clone(), job));
        }
        let due = station.kit.deliveries.next_due().unwrap_or(Millis::MAX);
        tokio::select! {
            () = town.clock.reached(due), if due != Millis::MAX => {}
            _ = changed.changed() => {}
            Some(_) = flying.join_next() => {}
        }
    }
}

async fn carry_out(town: Arc<Town>, name: &'static str, client: reqwest::Client, job: Job) {
    let Some(station) = town.stations.get(name) else {
        return;
    };
    match job {
        Job::Ask(mark, ask) => {
            let heard = exchange(&town, name, &client, &ask, None).await;
            // Nobody waits for this one; what it changes is the network's own state.
            drop(lock(&station.network).heard(&mark, &heard, &station.kit));
        }
        Job::Push(parcel) => deliver(&town, station, &client, parcel).await,
    }
}

async fn deliver(town: &Town, station: &Station, client: &reqwest::Client, mut parcel: Parcel) {
    let kit = &station.kit;
    let fresh = parcel.attempt == 0 && !parcel.delayed;
    let fault = fresh
        .then(|| town.rules.meet_delivery(kit.name, &parcel.hook.url))
        .flatten();
    if let Some(Then::DelayDelivery { seconds }) = fault {
        parcel.delayed = true;
        parcel.due = kit.now() + i64::from(seconds) * 1_000;
        kit.deliveries.put_back(parcel);
        return;
    }

    let ask = match &parcel.packed {
        Some(packed) => lock(&station.network).pack_again(&parcel.hook, packed, kit),
        None => lock(&station.network).pack(&parcel.hook, &parcel.items, kit),
    };
    if fault == Some(Then::WrongSignature) {
        exchange(town, kit.name, client, &ask.forged(), fault.as_ref()).await;
    }
    let heard = exchange(town, kit.name, client, &ask, None).await;
    if heard.is_success() {
        let more = match fault {
            Some(Then::DuplicateDelivery { times }) => vec![ask.clone(); times as usize],
            Some(Then::Replay { times }) => {
                kit.deliveries.last_sent(&parcel.hook.id, times as usize)
            }
            _ => Vec::new(),
        };
        for again in more {
            exchange(town, kit.name, client, &again, fault.as_ref()).await;
        }
    }

    lock(&station.network).pushed(&parcel.hook, &parcel.items, &heard, kit);
    kit.wake();
    if heard.is_success() {
        kit.deliveries.done(&parcel.hook.id, Some(&ask));
        return;
    }
    let wait = lock(&station.network).retry_seconds(parcel.attempt);
    let Some(wait) = wait else {
        lock(&station.network).gave_up(&parcel.hook, kit);
        kit.deliveries.done(&parcel.hook.id, None);
        return;
    };
    parcel.attempt += 1;
    parcel.due = kit.now() + wait * 1_000;
    parcel.packed = Some(ask);
    kit.deliveries.put_back(parcel);
}

/// Makes a request of the network's own and notes it.
pub(crate) async fn exchange(
    town: &Town,
    name: &str,
    client: &reqwest::Client,
    ask: &Ask,
    fault: Option<&Then>,
) -> Heard {
    let method = reqwest::Method::from_bytes(ask.method.as_bytes()).unwrap_or_default();
    let mut request = client.request(method, &ask.url).body(ask.body.clone());
    for (header, value) in &ask.headers {
        request = request.header(header, value);
    }
    let heard = match request.send().await {
        Ok(answer) => Heard {
            status: Some(answer.status().as_u16()),
            body: answer
                .bytes()
                .await
                .map(|body| body.to_vec())
                .unwrap_or_default(),
        },
        Err(_) => Heard {
            status: None,
            body: Vec::new(),
        },
    };
    let headers: Map<String, Value> = ask
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect();
    town.transcript.note(Entry {
        seq: 0,
        at: rfc3339(town.clock.now()),
        network: name.to_owned(),
        direction: Direction::Delivery,
        method: ask.method.to_owned(),
        path: ask.url.clone(),
        query: String::new(),
        headers,
        body: excerpt(&ask.body),
        status: heard.status,
        answer: excerpt(&heard.body),
        fault: fault.map(Then::name),
    });
    heard
}
