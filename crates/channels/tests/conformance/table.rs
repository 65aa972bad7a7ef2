//! Runs the cases of a network side by side, and prints networks x cases.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::cases::{CASES, Case};
use super::networks::{NETWORKS, Network};
use super::sim::Sim;
use super::stand::Stand;

/// What became of one case at one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// Left out for this fact, which does not hold there.
    NotOffered(&'static str),
    Failed(String),
}

/// The outcomes of one network, by the place of their case.
pub type Column = Vec<Outcome>;

/// How many cases of a network run at a time.
const SIDE_BY_SIDE: usize = 4;

/// What was run already; a network is run once, whoever asks first.
static COLUMNS: Mutex<BTreeMap<&'static str, Arc<Mutex<Option<Column>>>>> =
    Mutex::new(BTreeMap::new());

/// Returns the outcomes of a network, and runs its cases where nobody did.
pub fn column(net: &'static Network) -> Column {
    let place = Arc::clone(
        COLUMNS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(net.name)
            .or_default(),
    );
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.get_or_insert_with(|| run_all(net)).clone()
}

fn run_all(net: &'static Network) -> Column {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        let turns = Arc::new(Semaphore::new(SIDE_BY_SIDE));
        let mut running = JoinSet::new();
        let mut places = BTreeMap::new();
        for (place, case) in CASES.iter().enumerate() {
            let turns = Arc::clone(&turns);
            let task = running.spawn(async move {
                let _turn = turns.acquire().await;
                run(net, case).await
            });
            places.insert(task.id(), place);
        }
        let mut column = vec![Outcome::Failed("it never ran".to_owned()); CASES.len()];
        while let Some(ended) = running.join_next_with_id().await {
            let (id, outcome) = match ended {
                Ok((id, outcome)) => (id, outcome),
                Err(error) => {
                    let id = error.id();
                    let words = error
                        .try_into_panic()
                        .map_or_else(|error| error.to_string(), |panic| said_by(panic.as_ref()));
                    (id, Outcome::Failed(words))
                }
            };
            column[places[&id]] = outcome;
        }
        column
    })
}

async fn run(net: &'static Network, case: &'static Case) -> Outcome {
    let sim = Sim::start().await;
    let mut stand = Stand::open(&sim, net, case.by_hook).await;
    if let Some(missed) = stand.misses(case.needs) {
        return Outcome::NotOffered(missed);
    }
    match (case.run)(&mut stand).await {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn said_by(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| {
            panic
                .downcast_ref::<&str>()
                .map(|words| (*words).to_owned())
        })
        .unwrap_or_else(|| "it panicked".to_owned())
}

/// Draws the table: `ok`, `FAIL`, or the number of the fact for which a case was left out.
pub fn draw(columns: &[Column]) -> String {
    let mut reasons: Vec<&'static str> = Vec::new();
    let mut table = String::new();
    let widest = CASES.iter().map(|case| case.name.len()).max().unwrap_or(0);
    write!(table, "{:widest$}", "").expect("writing into a string cannot fail");
    for net in NETWORKS {
        write!(table, " {:>9}", net.name).expect("writing into a string cannot fail");
    }
    for (place, case) in CASES.iter().enumerate() {
        write!(table, "\n{:widest$}", case.name).expect("writing into a string cannot fail");
        for column in columns {
            let cell = match &column[place] {
                Outcome::Passed => "ok".to_owned(),
                Outcome::Failed(_) => "FAIL".to_owned(),
                Outcome::NotOffered(reason) => {
                    let known = reasons.iter().position(|known| known == reason);
                    let number = known.unwrap_or_else(|| {
                        reasons.push(reason);
                        reasons.len() - 1
                    });
                    format!("- {}", number + 1)
                }
            };
            write!(table, " {cell:>9}").expect("writing into a string cannot fail");
        }
    }
    table.push_str("\n\nleft out, because this does not hold in the network's own table:\n");
    for (number, reason) in reasons.iter().enumerate() {
        writeln!(table, "{:>4}  {reason}", number + 1).expect("writing into a string cannot fail");
    }
    table
}
