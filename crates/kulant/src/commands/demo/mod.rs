//! `kulant demo`: a running desk with simulated networks beside it, as a process of their own, which
//! kulant reaches, and is reached by, as the true ones. Everything it sets up could be set up by hand.

mod accounts;
mod cast;
mod inside;
mod network;
mod past;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use kulant_care::Care;
use kulant_care::access::operator;
use kulant_care::admin::{agents, inboxes};
use kulant_care::export;
use kulant_model::ids::ConversationId;
use tracing::warn;

use super::SettingFlags;
use crate::config::{Config, FOLDER_VARIABLE, Given};
use crate::output::say;
use crate::serve;

pub(crate) use inside::{DemoNetwork, inhabit};

use network::Network;

/// The folder used when nothing names one.
const FOLDER: &str = "./kulant-data/demo";
/// The file that remembers what stands on the networks from one start to the next.
const NETWORKS_FILE: &str = "demo-networks.json";
/// Microseconds for one number: of every kind, the networks make at most 250 ids a second.
const MICROSECONDS_AN_ID: u64 = 4_000;
/// Where the networks are, for the guard against inner addresses.
const LOOPBACK: &str = "127.0.0.1";

/// Start kulant with a demo world: invented customers of an invented railway and telecom
///
/// Simulated networks run beside kulant as a process of their own: e-mail, Facebook, Instagram, X,
/// Mastodon, Bluesky, YouTube, WhatsApp, Telegram, and a forum on the signed webhook. kulant talks to
/// them through the true channels, so that what you see is the real path. The addresses and log-ins
/// are printed. The folder is used again at the next start. Ctrl-C ends both.
///
/// Examples:
///   kulant demo
///   kulant demo --pace sixty
///   kulant demo --data /tmp/demo --listen 127.0.0.1:9000
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Demo {
    /// How fast the invented world's time runs: real, or sixty for an hour a minute
    #[arg(long, value_enum, default_value_t = Pace::Real)]
    pace: Pace,
    /// The seed of everything that happens [default: another at each start]
    #[arg(long)]
    seed: Option<u64>,
    /// How many days of the past are delivered at the first start
    #[arg(long, value_name = "DAYS", default_value_t = 5)]
    history_days: u32,
    #[command(flatten)]
    pub(crate) flags: SettingFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pace {
    Real,
    Sixty,
}

/// Says where the demo's data goes, and lets kulant reach the network beside it.
pub(crate) fn settle(given: &mut Given) {
    let named = given
        .variables
        .get(FOLDER_VARIABLE)
        .is_some_and(|folder| !folder.is_empty());
    if given.data.is_none() && !named {
        given.data = Some(PathBuf::from(FOLDER));
    }
}

pub(crate) async fn demo(mut config: Config, wish: Demo) -> Result<()> {
    config.allowed_hosts.push(LOOPBACK.to_owned());
    let folder = config.data.clone();
    let server = match serve::prepare(config.clone(), "demo").await {
        Err(error) if !config.listen_is_named && is_taken(&error) => {
            eprintln!("kulant: {} is taken; another port is used", config.listen);
            config.listen.set_port(0);
            serve::prepare(config, "demo").await?
        }
        outcome => outcome?,
    };
    let now = server.care().now().0.unsigned_abs();
    let seed = wish.seed.unwrap_or(now);

    if !cast::has_begun(&folder) && is_in_use(server.care()).await? {
        bail!(
            "somebody works in {} already, and the demo would make log-ins and companies there: \
             give it a folder of its own",
            folder.display()
        );
    }
    let cast = cast::set_up(server.care(), &folder).await?;
    // A start that was killed before its past came in is as good as none.
    let is_new = export::list_conversations(server.care(), &operator(), ConversationId(0), 1)
        .await?
        .items
        .is_empty();
    let mut network = Network::start(&network::Start {
        seed,
        pace: wish.pace,
        history_days: if is_new { wish.history_days } else { 0 },
        first_number: now / MICROSECONDS_AN_ID,
        file: folder.join(NETWORKS_FILE),
    })
    .await?;
    let residences = accounts::connect(server.care(), &mut network, server.address).await?;
    network.begin(residences).await?;
    let stop = serve::wait_for_stop();
    say(cast.card(&server.public_url, &network.address))?;

    let care = server.care().clone();
    let outcome = server
        .run(async move {
            let settling = async {
                if is_new && let Err(error) = past::settle(&care, &cast.emails()).await {
                    warn!(error = %error, "the past could not be settled");
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = stop => {}
                () = settling => {}
            }
        })
        .await;
    network.stop().await;
    outcome.context("the demo ended early")
}

/// Returns whether somebody has set something up here.
async fn is_in_use(care: &Care) -> Result<bool> {
    let agents = agents::list(care, &operator(), 0, 2).await?;
    let inboxes = inboxes::list(care, &operator(), 0, 1).await?;
    Ok(!inboxes.is_empty() || agents.len() > 1 || agents.iter().any(|agent| !agent.invited))
}

/// Writes a file that nobody else may read.
fn keep(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn is_taken(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
    })
}
