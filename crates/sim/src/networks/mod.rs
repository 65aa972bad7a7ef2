//! Simulated networks: every one as strict, as slow and as forgetful as the real thing, with a clock,
//! faults and customers on order. They know no crate of kulant and speak each network's own protocol.

mod bluesky;
mod control;
mod discourse;
mod email;
mod facebook;
mod feed;
mod graph;
mod instagram;
mod kit;
mod lines;
mod mastodon;
mod serve;
pub(crate) mod station;
mod telegram;
mod twilio;
mod webhook;
mod whatsapp;
mod x;
mod youtube;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use kit::faults::{Matching, Rule, Then};

use crate::cut::{Cut, CutListener};
use crate::faults;
use crate::item::Millis;
use kit::{Network, Refused};
use station::Town;

/// Makes a network without anybody on it.
type Maker = fn() -> Box<dyn Network>;

/// Every network, one line each.
#[rustfmt::skip]
const NETWORKS: &[(&str, Maker)] = &[
    ("bluesky", bluesky::new),
    ("discourse", discourse::new),
    ("email", email::new),
    ("facebook", facebook::new),
    ("feed", feed::new),
    ("instagram", instagram::new),
    ("mastodon", mastodon::new),
    ("telegram", telegram::new),
    ("twilio", twilio::new),
    ("webhook", webhook::new),
    ("whatsapp", whatsapp::new),
    ("x", x::new),
    ("youtube", youtube::new),
];

/// How the networks start.
#[derive(Debug, Clone)]
pub struct NetworksSettings {
    /// Where all of them listen, each below `/<name>`, and the control desk under `/_sim/`; port 0
    /// takes a free one.
    pub listen: SocketAddr,
    /// Networks that listen at an address of their own besides, and doors that stand at a known one,
    /// such as `email.imap`.
    pub ports: Vec<(String, SocketAddr)>,
    /// The seed of every id and every chance.
    pub seed: u64,
    /// What the clock shows at the start, in milliseconds since 1970; the wall's time where it is none.
    pub start: Option<Millis>,
    /// True for a clock that stands still until it is moved.
    pub frozen: bool,
    /// What every id counts from: 0 for the same ids at every start, more at every start of networks
    /// that go on.
    pub first_number: u64,
}

impl Default for NetworksSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ports: Vec::new(),
            seed: 1,
            start: None,
            frozen: false,
            first_number: 0,
        }
    }
}

/// Running networks; they end when this is stopped or dropped.
pub struct NetworksHandle {
    /// Where all of them listen.
    pub address: SocketAddr,
    town: Arc<Town>,
    tasks: JoinSet<()>,
}

impl NetworksHandle {
    /// Returns the names of all networks.
    pub fn names(&self) -> Vec<&'static str> {
        self.town.stations.keys().copied().collect()
    }

    /// Returns a network's address, to be entered in the place of the real one.
    pub fn base_url(&self, network: &str) -> Option<String> {
        let station = self.town.stations.get(network)?;
        Some(station.kit.base.clone())
    }

    /// Returns where a network is spoken to line by line, by the names of its doors.
    pub fn doors(&self, network: &str) -> BTreeMap<&'static str, SocketAddr> {
        let station = self.town.stations.get(network);
        station
            .map(|station| station.kit.doors())
            .unwrap_or_default()
    }

    /// Returns the address of the control desk, without `/_sim`.
    pub fn control_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns what the clock shows, in milliseconds since 1970.
    pub fn now(&self) -> Millis {
        self.town.clock.now()
    }

    /// Opens an account, or finds it, as the control desk does: the wish in, settings and secrets out.
    pub fn open(&self, wish: &Value) -> io::Result<Value> {
        let invalid = |words: String| io::Error::new(io::ErrorKind::InvalidInput, words);
        let wish: kit::Wish =
            serde_json::from_value(wish.clone()).map_err(|error| invalid(error.to_string()))?;
        let station = self
            .town
            .stations
            .get(wish.network.as_str())
            .ok_or_else(|| invalid(format!("no network is called {}", wish.network)))?;
        station
            .enrol(&wish)
            .map_err(|Refused(_, detail)| invalid(detail))
    }

    /// Writes down what stands on the networks, as far as they can be gone on with.
    pub fn written(&self) -> Value {
        self.town.written()
    }

    /// Goes on with what an earlier start wrote down.
    pub fn resume(&self, written: Value) {
        self.town.resume(written);
    }

    pub(crate) fn town(&self) -> Arc<Town> {
        Arc::clone(&self.town)
    }

    /// Ends the networks and waits until nothing of them runs.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Starts all networks.
pub async fn start(settings: NetworksSettings) -> io::Result<NetworksHandle> {
    let listener = TcpListener::bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let mut own = Vec::new();
    let mut bases: BTreeMap<&'static str, String> = NETWORKS
        .iter()
        .map(|(name, _)| (*name, format!("http://{address}/{name}")))
        .collect();
    let unknown = |name: &str| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("no network is called {name}"),
        )
    };
    let (doors, ports): (Vec<_>, Vec<_>) = settings
        .ports
        .iter()
        .partition(|(name, _)| name.contains('.'));
    for (name, listen) in ports {
        let known = NETWORKS.iter().find(|(known, _)| known == name);
        let (name, _) = known.ok_or_else(|| unknown(name))?;
        let listener = TcpListener::bind(listen).await?;
        bases.insert(*name, format!("http://{}", listener.local_addr()?));
        own.push((*name, listener));
    }

    let town = Arc::new(Town::new(&settings, NETWORKS, bases));
    let mut tasks = JoinSet::new();
    let mut known = Vec::new();
    for (name, station) in &town.stations {
        for door in faults::lock(&station.network).doors() {
            known.push((*name, *door, format!("{name}.{door}")));
        }
    }
    for (name, _) in &doors {
        if !known.iter().any(|(_, _, known)| known == name) {
            return Err(unknown(name));
        }
    }
    for (name, door, whole) in known {
        let wished = doors.iter().find(|(name, _)| *name == whole);
        let free = SocketAddr::new(address.ip(), 0);
        let listener = TcpListener::bind(wished.map_or(free, |(_, listen)| *listen)).await?;
        if let Some(station) = town.stations.get(name) {
            station.kit.open_door(door, listener.local_addr()?);
        }
        tasks.spawn(lines::listen(Arc::clone(&town), name, door, listener));
    }
    for (fixed, listener) in own
        .into_iter()
        .map(|(name, listener)| (Some(name), listener))
        .chain([(None, listener)])
    {
        let app = serve::router(Arc::clone(&town), fixed);
        let app = app.into_make_service_with_connect_info::<Cut>();
        tasks.spawn(async move {
            if let Err(error) = axum::serve(CutListener(listener), app).await {
                tracing::error!(error = %error, "a simulated network has stopped listening");
            }
        });
    }
    for name in town.stations.keys() {
        tasks.spawn(station::run_deliveries(Arc::clone(&town), name));
    }
    tasks.spawn(station::run_clockwork(Arc::clone(&town)));
    Ok(NetworksHandle {
        address,
        town,
        tasks,
    })
}
