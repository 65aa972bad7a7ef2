//! `kulant bench`: measures taking in, the desk, and a rush of all networks on this machine, with a server
//! of its own as a child process, over loopback and through the same interface as everybody.

mod client;
mod desk;
mod intake;
mod numbers;
mod place;
mod rush;
mod words;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::config::Config;

/// Measure this program on this machine: taking in, working at the desk, a rush of all networks
///
/// Starts a server of its own on a temporary folder, or on an empty database named by --database,
/// and talks to it over loopback. Prints a table, or JSON with --json. Use a release build.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Bench {
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Subcommand)]
enum Wish {
    Intake(intake::Intake),
    Desk(desk::Desk),
    Rush(rush::Rush),
}

pub(crate) async fn bench(config: Config, wish: Bench) -> Result<()> {
    match wish.wish {
        Wish::Intake(wish) => intake::measure(config, wish).await,
        Wish::Desk(wish) => desk::measure(config, wish).await,
        Wish::Rush(wish) => rush::measure(config, wish).await,
    }
}
