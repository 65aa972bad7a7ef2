//! The simulated networks as a process of their own, seen from kulant: how they are started, and what
//! is ordered there. They talk by lines: an order goes in, an answer comes out; the end of the input is
//! the end of the networks, so that none is left behind. What runs inside stands in `inside`.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tracing::warn;

use super::Pace;

/// How long the networks may take to start, to do what is ordered, and to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the networks start.
pub(super) struct Start {
    pub(super) seed: u64,
    pub(super) pace: Pace,
    pub(super) history_days: u32,
    /// What every id counts from: more at every start.
    pub(super) first_number: u64,
    /// Where they write down what stands on them, and go on from unless a past is to be played.
    pub(super) file: PathBuf,
}

/// The running networks.
pub(super) struct Network {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Where the world's pages are.
    pub(super) address: String,
    pub(super) answer_url: String,
    pub(super) lookup_url: String,
}

/// What is ordered, as a line of the input.
#[derive(Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Order {
    /// Opens an account on a simulated network, or finds it.
    Open { wish: Value },
    /// Tells the world's own network of a company's hook.
    Connect(Account),
    /// Lets the customers live at these accounts, plays the past and begins.
    Begin { residences: Vec<Resident> },
}

/// A company's account on the world's own network.
#[derive(Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) brand: String,
    pub(super) hook_url: String,
    pub(super) secret: String,
}

/// An account at which a company's customers live.
#[derive(Serialize, Deserialize)]
pub(super) struct Resident {
    pub(super) brand: String,
    pub(super) network: String,
    pub(super) handle: String,
    pub(super) account: String,
}

/// Where the world is, as the first line of the output.
#[derive(Serialize, Deserialize)]
pub(super) struct Addresses {
    pub(super) address: String,
    pub(super) answer_url: String,
    pub(super) lookup_url: String,
}

/// What became of an order, as every other line of the output.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    Given(Value),
    Refused(String),
}

impl Network {
    /// Starts the networks in a process group of their own and waits until they listen.
    pub(super) async fn start(start: &Start) -> Result<Self> {
        let program = std::env::current_exe().context("the program's own file is not known")?;
        let mut command = Command::new(program);
        command
            .arg("demo-network")
            .args(["--seed", &start.seed.to_string()])
            .args(["--history-days", &start.history_days.to_string()])
            .args(["--first-number", &start.first_number.to_string()])
            .arg("--file")
            .arg(&start.file)
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
            .context("the networks could not be started")?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("the networks have no output")?;
        let mut output = BufReader::new(output);
        let addresses: Addresses = read(&mut output).await?;
        Ok(Self {
            child,
            input,
            output,
            address: addresses.address,
            answer_url: addresses.answer_url,
            lookup_url: addresses.lookup_url,
        })
    }

    /// Opens an account and returns its id, its settings and its secrets.
    pub(super) async fn open(&mut self, wish: &Value) -> Result<Value> {
        let wish = wish.clone();
        self.order(&Order::Open { wish }).await
    }

    /// Tells the world's own network of a company's account; from then on it delivers.
    pub(super) async fn connect(&mut self, account: Account) -> Result<()> {
        self.order(&Order::Connect(account)).await.map(drop)
    }

    /// Lets the world begin, with its customers at these accounts.
    pub(super) async fn begin(&mut self, residences: Vec<Resident>) -> Result<()> {
        self.order(&Order::Begin { residences }).await.map(drop)
    }

    async fn order(&mut self, order: &Order) -> Result<Value> {
        let input = self.input.as_mut().context("the networks have ended")?;
        let mut line = serde_json::to_string(order)?;
        line.push('\n');
        input
            .write_all(line.as_bytes())
            .await
            .context("the networks have ended")?;
        match read(&mut self.output).await? {
            Done::Given(given) => Ok(given),
            Done::Refused(reason) => bail!("the networks refused: {reason}"),
        }
    }

    /// Ends the networks and waits for their end.
    pub(super) async fn stop(mut self) {
        drop(self.input.take());
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => warn!(error = %error, "the end of the networks was not seen"),
            Err(_) => warn!("the networks did not end in time and are killed"),
        }
    }
}

async fn read<T: for<'de> Deserialize<'de>>(output: &mut BufReader<ChildStdout>) -> Result<T> {
    let mut line = String::new();
    match tokio::time::timeout(PATIENCE, output.read_line(&mut line)).await {
        Ok(read) => drop(read?),
        Err(_) => bail!("the networks did not answer in time"),
    }
    serde_json::from_str(&line).context("the networks ended before they answered")
}

/// Puts settings and secrets of an opened account together, as an inbox takes them.
pub(super) fn settings_of(opened: &Value, poll_seconds: Option<u64>) -> Value {
    let mut all = serde_json::Map::new();
    for part in ["settings", "secrets"] {
        all.extend(opened[part].as_object().cloned().unwrap_or_default());
    }
    if let Some(seconds) = poll_seconds {
        all.insert("poll_seconds".to_owned(), json!(seconds));
    }
    Value::Object(all)
}
