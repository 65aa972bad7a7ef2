//! Serves: opens what is needed, lets every part run, and stops by ending what was begun.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use kulant_care::admin::inboxes;
use kulant_care::people::invitations;
use kulant_care::{Care, DatabaseUrl, followers, jobs, upgrade};
use kulant_web::WebSettings;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::ambient::Stopwatch;
use crate::answer::answer;
use crate::config::{Config, Role};
use crate::lock::Lock;
use crate::opening;
use crate::places::Places;

/// A server that listens, before it is let run.
pub struct Server {
    config: Config,
    care: Care,
    listener: TcpListener,
    /// Where it listens, with the port that was free.
    pub address: SocketAddr,
    /// The address that people use.
    pub public_url: String,
    metrics: Option<PrometheusHandle>,
    _lock: Lock,
}

/// Takes the lock, listens, opens the database and brings it forward.
pub async fn prepare(config: Config, command: &str) -> Result<Server> {
    opening::make_folder(&config.data)?;
    let mut lock = Lock::take(&config.data, command)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("kulant cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let public_url = config.link_address(address);
    // Whoever measures comes first, so that nothing is missing.
    let metrics = PrometheusBuilder::new().install_recorder().ok();
    let store = opening::open_store(&config)?;
    opening::bring_forward(&config, &store).await?;
    let care = opening::open_care(&config, store, public_url.clone()).await?;
    match inboxes::seal_anew(&care).await {
        Ok(0) => {}
        Ok(count) => info!(count, "secrets were sealed anew with the newest key"),
        // Whatever needs a secret that cannot be opened says so itself; the rest goes on.
        Err(error) => warn!(error = %error, "secrets could not be sealed anew"),
    }
    if matches!(config.database, DatabaseUrl::Sqlite(_)) {
        // The lock says that nobody else works here: whoever held something has died.
        jobs::take_over(&care).await?;
    }
    lock.tell(command, &public_url)?;
    Ok(Server {
        config,
        care,
        listener,
        address,
        public_url,
        metrics,
        _lock: lock,
    })
}

impl Server {
    pub fn care(&self) -> &Care {
        &self.care
    }

    /// Returns the one-time link of the first administrator, as long as nobody can administer.
    pub async fn first_link(&self) -> Result<Option<String>> {
        Ok(invitations::first_administrator(&self.care).await?)
    }

    /// Runs until `stop` is over, then ends what was begun within the time that the settings give.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<()> {
        let (tell_stop, stopping) = watch::channel(false);
        let mut parts: JoinSet<Result<()>> = JoinSet::new();
        if self.config.role == Role::Worker {
            // Nobody answers here: whoever knocks is told so at once.
            drop(self.listener);
        } else {
            parts.spawn(answer(
                self.listener,
                kulant_web::router(
                    self.care.clone(),
                    WebSettings {
                        behind_proxy: self.config.behind_proxy,
                        metrics: self.metrics.clone(),
                        templates: Some(self.config.data.join("templates")),
                        ..WebSettings::default()
                    },
                ),
                self.care.clone(),
                Places::new(self.config.most_connections, self.config.behind_proxy),
                stopping.clone(),
            ));
        }
        if self.config.role == Role::Web {
            // Whoever listens here hears of what the workers do.
            let (care, stopping) = (self.care.clone(), stopping.clone());
            parts.spawn(async move {
                followers::live::run(care, stopping).await;
                Ok(())
            });
        }
        if self.config.role != Role::Web {
            let (care, stopping) = (self.care.clone(), stopping.clone());
            parts.spawn(async move {
                jobs::run(care, stopping).await;
                Ok(())
            });
        }
        if let Some(metrics) = self.metrics {
            parts.spawn(upkeep(metrics, stopping));
        }

        let ended_early = tokio::select! {
            () = stop => None,
            ended = parts.join_next() => ended,
        };

        info!("stopping: nothing new is begun");
        // Whoever ended already needs not to be told.
        let _ = tell_stop.send(true);
        let longest = Duration::from_secs(self.config.shutdown_seconds);
        let rest = async {
            while let Some(ended) = parts.join_next().await {
                if let Err(error) = ended.context("a part of the server panicked").flatten() {
                    warn!(error = %error, "a part of the server failed while it ended");
                }
            }
        };
        tokio::select! {
            () = rest => {}
            () = tokio::time::sleep(longest) => {
                warn!("not everything ended in time; it is done at the next start");
            }
            () = wait_for_second_stop() => warn!("told twice to stop; what is cut off is done at the next start"),
        }
        // Whoever copies the file of a stopped server has everything.
        let database = self.config.database.clone();
        let gathered = tokio::task::spawn_blocking(move || upgrade::gather(&database)).await;
        if let Ok(Err(error)) = gathered {
            warn!(error = %error, "the write-ahead log could not be emptied");
        }
        match ended_early {
            Some(ended) => ended
                .context("a part of the server panicked")
                .flatten()
                .and_then(|()| anyhow::bail!("a part of the server ended by itself")),
            None => Ok(()),
        }
    }
}

/// Keeps the memory of the numbers small.
async fn upkeep(metrics: PrometheusHandle, mut stopping: watch::Receiver<bool>) -> Result<()> {
    while !*stopping.borrow() {
        metrics.run_upkeep();
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
    Ok(())
}

/// Listens at once for the wish to stop, by SIGTERM or Ctrl-C, and waits for it: who asks right after
/// the first answer is heard too.
#[cfg(unix)]
pub fn wait_for_stop() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    async move {
        let (Ok(mut term), Ok(mut interrupt)) = signals else {
            // Without signals the process can still be killed, and loses nothing by it.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// Waits for somebody who does not want to wait any longer. Some programs tell a process and its group
/// in one go (`timeout` does): what comes at the same moment is one wish.
async fn wait_for_second_stop() {
    const SAME_MOMENT: Duration = Duration::from_secs(1);
    tokio::time::sleep(SAME_MOMENT).await;
    wait_for_stop().await;
}

/// Waits for the wish to stop, by Ctrl-C.
#[cfg(not(unix))]
pub async fn wait_for_stop() {
    drop(tokio::signal::ctrl_c().await);
}

/// Starts the server, says where it is, and runs it until it is told to stop.
pub async fn serve(config: Config, begun: Stopwatch) -> Result<()> {
    let server = prepare(config, "serve").await?;
    if server.config.role == Role::Worker {
        eprintln!("kulant: works for the desk at {}/desk", server.public_url);
    } else {
        eprintln!("kulant: the desk is at {}/desk", server.public_url);
        // Each link ends the one before, so whoever answers gives it.
        if let Some(link) = server.first_link().await? {
            eprintln!(
                "kulant: nobody can administer yet; open this link once, within 48 hours:\n{link}"
            );
        }
    }
    info!(
        listen = %server.address,
        duration_ms = begun.elapsed().as_millis() as u64,
        "ready"
    );
    server.run(wait_for_stop()).await
}
