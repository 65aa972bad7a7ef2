//! The simulated network as a process of its own: how it is started and told its accounts, and what
//! runs inside it. They talk by lines: addresses come out, accounts go in; the end of the input is
//! the end of the network, so that none is left behind.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use kulant_sim::{AccountLink, SimSettings};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tracing::warn;

use super::Pace;
use crate::output::say;

/// How long the network may take to start, and to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the network starts.
pub(crate) struct Start {
    pub(crate) seed: u64,
    pub(crate) pace: Pace,
    pub(crate) history_days: u32,
}

/// The running network, seen from kulant's side.
pub(crate) struct Network {
    child: Child,
    input: Option<ChildStdin>,
    /// Where its pages are.
    pub(crate) address: String,
    pub(crate) answer_url: String,
    pub(crate) lookup_url: String,
}

/// A company's account, as a line of the input.
#[derive(Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) brand: String,
    pub(crate) hook_url: String,
    pub(crate) secret: String,
}

/// Where the network is, as the one line of its output.
#[derive(Serialize, Deserialize)]
struct Addresses {
    address: String,
    answer_url: String,
    lookup_url: String,
}

/// Run the simulated network of the demo; accounts come on standard input, one JSON object a line
#[derive(Args)]
#[command(hide = true)]
pub(crate) struct DemoNetwork {
    #[arg(long)]
    seed: u64,
    #[arg(long, value_enum)]
    pace: Pace,
    #[arg(long)]
    history_days: u32,
}

impl Network {
    /// Starts the network in a process group of its own and waits until it listens.
    pub(crate) async fn start(start: &Start) -> Result<Self> {
        let program = std::env::current_exe().context("the program's own file is not known")?;
        let mut command = Command::new(program);
        command
            .arg("demo-network")
            .args(["--seed", &start.seed.to_string()])
            .args(["--history-days", &start.history_days.to_string()])
            .args([
                "--pace",
                match start.pace {
                    Pace::Real => "real",
                    Pace::Sixty => "sixty",
                },
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .spawn()
            .context("the network could not be started")?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("the network has no output")?;

        let mut line = String::new();
        let mut output = BufReader::new(output);
        match tokio::time::timeout(PATIENCE, output.read_line(&mut line)).await {
            Ok(read) => drop(read?),
            Err(_) => bail!("the network did not start in time"),
        }
        let addresses: Addresses =
            serde_json::from_str(&line).context("the network ended before it listened")?;
        Ok(Self {
            child,
            input,
            address: addresses.address,
            answer_url: addresses.answer_url,
            lookup_url: addresses.lookup_url,
        })
    }

    /// Tells the network of a company's account; from then on it delivers.
    pub(crate) async fn connect(&mut self, account: &Account) -> Result<()> {
        let input = self.input.as_mut().context("the network has ended")?;
        let mut line = serde_json::to_string(account)?;
        line.push('\n');
        input
            .write_all(line.as_bytes())
            .await
            .context("the network has ended")
    }

    /// Ends the network and waits for its end.
    pub(crate) async fn stop(mut self) {
        drop(self.input.take());
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => warn!(error = %error, "the end of the network was not seen"),
            Err(_) => warn!("the network did not end in time and is killed"),
        }
    }
}

/// Runs the network until its input ends.
pub(crate) async fn inhabit(wish: DemoNetwork) -> Result<()> {
    let mut sim = kulant_sim::start(SimSettings {
        seed: wish.seed,
        pace: match wish.pace {
            Pace::Real => kulant_sim::Pace::Real,
            Pace::Sixty => kulant_sim::Pace::Sixty,
        },
        history_days: wish.history_days,
        ..SimSettings::default()
    })
    .await
    .context("the network could not be started")?;
    let addresses = Addresses {
        address: format!("http://{}", sim.address),
        answer_url: sim.answer_url(),
        lookup_url: sim.lookup_url(),
    };
    say(serde_json::to_string(&addresses)?)?;

    let mut lines = lines_of_input()?;
    while let Some(line) = lines.recv().await {
        let account: Account = serde_json::from_str(&line).context("an account cannot be read")?;
        sim.connect(AccountLink {
            name: account.name,
            brand: account.brand,
            hook_url: account.hook_url,
            secret: account.secret,
        })
        .context("an account cannot be connected")?;
    }
    sim.stop().await;
    Ok(())
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
