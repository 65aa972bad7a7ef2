//! `kulant sim`: the simulated networks, for trying channels out without anybody's account.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use clap::Args;
use kulant_sim::networks::{self, NetworksSettings};

use crate::output::say;
use crate::serve::wait_for_stop;

/// Run simulated networks to try channels out
///
/// Every network speaks its own protocol below its own address, with its limits and its refusals; enter
/// that address in an inbox as base address. Accounts, customers, faults and the clock are ordered at
/// /_sim/. Nothing is kept when it ends.
///
/// Examples:
///   kulant sim
///   kulant sim --listen 127.0.0.1:9000 --at mastodon=127.0.0.1:9001
///   kulant sim --at email.imap=127.0.0.1:1143 --at email.smtp=127.0.0.1:1025
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Sim {
    /// Where all networks listen, each below its name
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// A network that listens at an address of its own besides, or a door of one that speaks no HTTP; may
    /// be given several times
    #[arg(long, value_name = "NETWORK=ADDRESS")]
    at: Vec<String>,
    /// The seed of every id and every chance
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Let the clock stand still until it is moved at /_sim/clock
    #[arg(long)]
    frozen: bool,
}

pub(crate) async fn sim(wish: Sim) -> Result<()> {
    let ports = wish
        .at
        .iter()
        .map(|at| own_address(at))
        .collect::<Result<_>>()?;
    let stop = wait_for_stop();
    let running = networks::start(NetworksSettings {
        listen: wish.listen,
        ports,
        seed: wish.seed,
        start: None,
        frozen: wish.frozen,
        ..NetworksSettings::default()
    })
    .await
    .context("the networks could not be started")?;
    say(format_args!(
        "desk      {}/_sim/state",
        running.control_url()
    ))?;
    for name in running.names() {
        let address = running.base_url(name).unwrap_or_default();
        say(format_args!("{name:<9} {address}"))?;
        for (door, address) in running.doors(name) {
            say(format_args!("{name:<9} {door}://{address}"))?;
        }
    }
    stop.await;
    running.stop().await;
    Ok(())
}

fn own_address(text: &str) -> Result<(String, SocketAddr)> {
    let Some((name, address)) = text.split_once('=') else {
        bail!("--at wants NETWORK=ADDRESS, such as mastodon=127.0.0.1:9001");
    };
    let address = address
        .parse()
        .with_context(|| format!("{address} is no address"))?;
    Ok((name.to_owned(), address))
}

#[cfg(test)]
mod tests {
    use super::own_address;

    #[test]
    fn an_own_address_names_its_network() {
        let (name, address) = own_address("mastodon=127.0.0.1:9001").expect("it is whole");
        assert_eq!((name.as_str(), address.port()), ("mastodon", 9001));
        assert!(own_address("mastodon").is_err());
        assert!(own_address("mastodon=there").is_err());
    }
}
