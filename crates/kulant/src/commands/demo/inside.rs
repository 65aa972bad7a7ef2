//! What runs in the process of the demo's networks: the world, the simulated networks its customers live
//! on, and the file in which these are kept from one start to the next.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use kulant_sim::networks::{self, NetworksHandle, NetworksSettings};
use kulant_sim::{AccountLink, Residence, SimHandle, SimSettings};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tracing::warn;

use super::Pace;
use super::network::{Addresses, Done, Order};
use crate::output::say;

/// How often what stands on the networks is written down.
const WRITE_EVERY: Duration = Duration::from_secs(5);

/// Run the simulated networks of the demo; orders come on standard input, one JSON object a line
#[derive(Args)]
#[command(hide = true)]
pub(crate) struct DemoNetwork {
    #[arg(long)]
    seed: u64,
    #[arg(long, value_enum)]
    pace: Pace,
    #[arg(long)]
    history_days: u32,
    #[arg(long)]
    first_number: u64,
    #[arg(long)]
    file: PathBuf,
}

/// Runs the networks until the input ends.
pub(crate) async fn inhabit(wish: DemoNetwork) -> Result<()> {
    let running = networks::start(NetworksSettings {
        seed: wish.seed,
        first_number: wish.first_number,
        ..NetworksSettings::default()
    })
    .await
    .context("the networks could not be started")?;
    let mut file = Kept::new(wish.file);
    // A past is played on networks on which nothing stands yet.
    if wish.history_days == 0
        && let Some(written) = file.read()
    {
        running.resume(written);
    }
    let mut sim = kulant_sim::start(SimSettings {
        seed: wish.seed,
        pace: match wish.pace {
            Pace::Real => kulant_sim::Pace::Real,
            Pace::Sixty => kulant_sim::Pace::Sixty,
        },
        history_days: wish.history_days,
        waits: true,
        ..SimSettings::default()
    })
    .await
    .context("the world could not be started")?;
    say(serde_json::to_string(&Addresses {
        address: format!("http://{}", sim.address),
        answer_url: sim.answer_url(),
        lookup_url: sim.lookup_url(),
    })?)?;

    let mut lines = lines_of_input()?;
    let mut clock = tokio::time::interval(WRITE_EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            line = lines.recv() => {
                let Some(line) = line else {
                    break;
                };
                let order: Order = serde_json::from_str(&line).context("an order cannot be read")?;
                let begins = matches!(order, Order::Begin { .. });
                let done = match carry_out(order, &mut sim, &running) {
                    Ok(given) => Done::Given(given),
                    Err(error) => Done::Refused(error.to_string()),
                };
                if begins {
                    file.write(&running);
                }
                say(serde_json::to_string(&done)?)?;
            }
            _ = clock.tick() => file.write(&running),
        }
    }
    sim.stop().await;
    file.write(&running);
    running.stop().await;
    Ok(())
}

fn carry_out(order: Order, sim: &mut SimHandle, networks: &NetworksHandle) -> Result<Value> {
    match order {
        Order::Open { wish } => Ok(networks.open(&wish)?),
        Order::Connect(account) => {
            sim.connect(AccountLink {
                name: account.name,
                brand: account.brand,
                hook_url: account.hook_url,
                secret: account.secret,
            })?;
            Ok(Value::Null)
        }
        Order::Begin { residences } => {
            let residences: Vec<Residence> = residences
                .into_iter()
                .map(|resident| Residence {
                    brand: resident.brand,
                    network: resident.network,
                    handle: resident.handle,
                    account: resident.account,
                })
                .collect();
            sim.settle(networks, &residences)?;
            sim.begin();
            Ok(Value::Null)
        }
    }
}

/// The file in which the networks are kept.
struct Kept {
    path: PathBuf,
    newest: String,
}

impl Kept {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            newest: String::new(),
        }
    }

    /// Returns what an earlier start wrote down; none where there was none, or its file is broken.
    fn read(&self) -> Option<Value> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                warn!(error = %error, "what stood on the networks cannot be read");
                return None;
            }
        };
        serde_json::from_str(&text)
            .inspect_err(|error| warn!(error = %error, "what stood on the networks cannot be read"))
            .ok()
    }

    /// Writes down what stands on the networks, if anything has changed; the old file stays until the
    /// new one is whole.
    fn write(&mut self, networks: &NetworksHandle) {
        let text = networks.written().to_string();
        if text == self.newest {
            return;
        }
        match replace(&self.path, &text) {
            Ok(()) => self.newest = text,
            Err(error) => warn!(error = %error, "what stands on the networks cannot be written"),
        }
    }
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("new");
    super::keep(&new, text)?;
    fs::rename(new, path)
}

/// Reads the standard input on a thread of its own, until it ends.
fn lines_of_input() -> Result<mpsc::UnboundedReceiver<String>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        })
        .context("the input cannot be read")?;
    Ok(receiver)
}
