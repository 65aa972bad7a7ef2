//! Where a bench takes place: a folder of its own that goes away, and a server as a child process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kulant_care::access::operator;
use kulant_care::admin::agents::{self, AgentChange};
use kulant_care::admin::inboxes::{self, NewInbox};
use kulant_care::people::tokens::{self, NewToken};
use kulant_care::upgrade::{self, Standing};
use kulant_care::{Care, DatabaseUrl, checkup};
use kulant_model::ids::InboxId;
use kulant_model::role::Role;
use kulant_model::time::Clock;

use super::client::Connection;
use crate::ambient::{Stopwatch, SystemClock};
use crate::commands::named;
use crate::config::Config;
use crate::{lock, opening};

/// How long the server may take to start, and to catch up in the end.
const PATIENCE: Duration = Duration::from_mins(2);
const TEAM: &str = "Service";

/// The folder, the use cases on its database, and an inbox that takes deliveries.
pub(super) struct Place {
    folder: PathBuf,
    database: Option<String>,
    pub(super) care: Care,
    pub(super) inbox: InboxId,
    pub(super) hook_path: String,
    pub(super) secret: String,
}

/// The server under measurement.
pub(super) struct Server {
    child: Child,
    /// Host and port.
    pub(super) address: String,
    /// How long it took until it answered.
    pub(super) ready_after: Duration,
}

impl Place {
    /// Makes the folder and an empty installation in it.
    pub(super) async fn make(mut config: Config) -> Result<Self> {
        let name = format!("kulant-bench-{}", SystemClock.now().0);
        let folder = std::env::temp_dir().join(name);
        let embedded = config.data.join("kulant.db");
        let database = match &config.database {
            DatabaseUrl::Postgres(url) => Some(url.clone()),
            DatabaseUrl::Sqlite(path) if *path == embedded => None,
            DatabaseUrl::Sqlite(_) => bail!("name a PostgreSQL database, or none"),
        };
        config.data.clone_from(&folder);
        if database.is_none() {
            config.database = DatabaseUrl::Sqlite(folder.join("kulant.db"));
        }
        opening::make_folder(&folder)?;
        if database.is_some() {
            let store = opening::open_store(&config)?;
            if upgrade::standing(&store).await? != Standing::Empty {
                bail!(
                    "{} is not empty; a bench fills what it measures",
                    config.database
                );
            }
        }
        // The folder is its own: nobody restores there.
        let (care, _) = opening::open_beside(&config).await?;
        let new = NewInbox {
            name: "Bench".to_owned(),
            channel: "webhook".to_owned(),
            ..NewInbox::default()
        };
        let (inbox, secret) = inboxes::create(&care, &operator(), new).await?;
        Ok(Self {
            inbox: inbox.id,
            hook_path: inbox
                .managed
                .and_then(|managed| managed.hook_path)
                .context("a webhook inbox has a hook")?,
            secret: secret.context("a webhook inbox has a secret")?,
            folder,
            database,
            care,
        })
    }

    /// Makes an account in the one team there is, and returns a token of its person.
    pub(super) async fn token(&self, number: usize, role: Role) -> Result<String> {
        let team = named::team(&self.care, TEAM).await?;
        let change = AgentChange {
            name: Some(format!("Agent {number}")),
            email: Some(format!("agent-{number}@example.org")),
            role: Some(role),
            teams: Some(vec![team]),
            disabled: None,
        };
        let agent = agents::create(&self.care, &operator(), change).await?;
        let new = NewToken {
            name: "bench".to_owned(),
            scopes: None,
        };
        Ok(tokens::create_for(&self.care, &operator(), agent.id, new)
            .await?
            .1)
    }

    /// Starts a server on the folder and waits until it answers.
    pub(super) async fn serve(&self) -> Result<Server> {
        self.serve_with(&[]).await
    }

    /// As `serve`, with more settings.
    pub(super) async fn serve_with(&self, more: &[&str]) -> Result<Server> {
        let program = std::env::current_exe().context("the program's own file is not known")?;
        let begun = Stopwatch::start();
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-level", "warn"])
            .args(more)
            .arg("--data")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(database) = &self.database {
            command.arg("--database").arg(database);
        }
        let child = command.spawn().context("the server could not be started")?;
        let mut server = Server {
            child,
            address: String::new(),
            ready_after: Duration::ZERO,
        };
        while !server.is_ready(&self.folder).await {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            if begun.elapsed() > PATIENCE {
                bail!("the server was not ready in time");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    /// Waits until everything stored is taken in and indexed; returns how long that took.
    pub(super) async fn wait_until_caught_up(&self) -> Result<Duration> {
        let begun = Stopwatch::start();
        loop {
            let findings = checkup::look_over(&self.care.store, None).await?;
            let behind: i64 = findings.followers.iter().map(|(_, behind)| behind).sum();
            if findings.oldest_waiting.is_none() && behind == 0 {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > PATIENCE {
                bail!("the server did not catch up: {behind} events are not indexed");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Server {
    async fn is_ready(&mut self, folder: &Path) -> bool {
        if self.address.is_empty() {
            let url = lock::holder(folder).and_then(|holder| holder.public_url);
            let Some(address) = url.as_deref().and_then(|url| url.strip_prefix("http://")) else {
                return false;
            };
            address.clone_into(&mut self.address);
        }
        let Ok(mut connection) = Connection::open(&self.address).await else {
            return false;
        };
        let answer = connection.get("/readyz", "").await;
        answer.is_ok_and(|answer| answer.status == 200)
    }

    /// Returns the anonymous memory of the process in megabytes, where the system tells.
    pub(super) fn memory_mb(&self) -> Option<f64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with("Anonymous:"))?;
        let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1_024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
