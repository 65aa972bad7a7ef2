//! What the demo world can be told when it starts.

use std::net::SocketAddr;

/// How fast the world's time runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// A minute takes a minute.
    #[default]
    Real,
    /// An hour takes a minute.
    Sixty,
}

impl Pace {
    /// How many of the world's seconds pass in a second.
    pub fn factor(self) -> i64 {
        match self {
            Self::Real => 1,
            Self::Sixty => 60,
        }
    }
}

/// One company account of the network, connected to an inbox of kulant.
#[derive(Debug, Clone)]
pub struct AccountLink {
    /// What to call the connection in logs (the inbox's name).
    pub name: String,
    /// The company: `nordtal` or `lumenau`, or its full name.
    pub brand: String,
    /// The whole address of the inbox's hook.
    pub hook_url: String,
    /// The hook's secret (`whsec_...`), used in both directions.
    pub secret: String,
}

/// How the world starts.
#[derive(Debug, Clone)]
pub struct SimSettings {
    /// Where the network listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The seed of everything that happens.
    pub seed: u64,
    pub pace: Pace,
    /// Accounts known at the start; more can be connected later.
    pub accounts: Vec<AccountLink>,
    /// How many days of the past are delivered first; 0 for none (a network that was loaded before).
    pub history_days: u32,
    /// True for a world that begins when it is told to (`SimHandle::begin`), and not at once.
    pub waits: bool,
    /// False for a world in which nothing happens by itself.
    pub lively: bool,
    /// The share of deliveries sent twice.
    pub duplicates: f64,
    /// The share of items delivered later than their followers.
    pub shuffles: f64,
    /// The share of deliveries that wait to be sent together with the next ones.
    pub batches: f64,
    /// True to report answers back as own items with `echo_of`, as most networks do.
    pub echoes: bool,
}

impl Default for SimSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            pace: Pace::Real,
            accounts: Vec::new(),
            history_days: 5,
            waits: false,
            lively: true,
            duplicates: 0.03,
            shuffles: 0.03,
            batches: 0.15,
            echoes: true,
        }
    }
}
