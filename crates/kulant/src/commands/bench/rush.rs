//! `kulant bench rush`: all networks at once, with duplicates, errors and one of them down, taken in
//! by the true channels while people work at the desk. Nothing may be lost, doubled or out of order.

mod check;
mod inboxes;
mod speak;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use kulant_model::role::Role;
use kulant_sim::networks::{self, NetworksSettings};
use serde_json::json;
use tokio::task::JoinSet;

use super::desk;
use super::numbers::Report;
use super::place::Place;
use crate::ambient::Stopwatch;
use crate::config::Config;

use check::Found;
use inboxes::Inbox;
use speak::Desk;

/// Until connections are held and the first questions are asked.
const SETTLING: Duration = Duration::from_secs(4);
/// How often it is looked what has come, after all was said.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Measure a rush: customers write on all simulated networks at once, and people work at the desk
///
/// Starts the simulated networks and a server that is connected to each of them by its true channel.
/// Some deliveries come twice, forged or late, some calls fail, and one network is down for a while.
/// In the end what the networks were told is compared with what stands at the desk. Networks that
/// have to be asked are asked at their own pace; what is told last is waited for.
///
/// Examples:
///   kulant bench rush
///   kulant bench rush --rate 50 --seconds 20 --down facebook --json
///   kulant bench rush --database postgres://kulant@127.0.0.1/empty
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Rush {
    /// How many posts a second are written on all networks together
    #[arg(long, default_value_t = 200)]
    rate: u64,
    /// How long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// On which networks; all where none is named
    #[arg(long, value_delimiter = ',', value_name = "NETWORK")]
    networks: Vec<String>,
    /// Which share of deliveries comes twice, in per cent
    #[arg(long, default_value_t = 5.0)]
    duplicates: f64,
    /// Which share of calls and deliveries goes wrong, in per cent
    #[arg(long, default_value_t = 2.0)]
    errors: f64,
    /// Which network is down in the midst of it
    #[arg(long, value_name = "NETWORK", default_value = "mastodon")]
    down: String,
    /// How long it is down; at most half of the whole
    #[arg(long, default_value_t = 30)]
    down_seconds: u64,
    /// How many people list and open at the desk
    #[arg(long, default_value_t = 20)]
    agents: usize,
    /// How many milliseconds list and open may take, but for one in a hundred
    #[arg(long, default_value_t = 100.0)]
    bar_ms: f64,
    /// How long the last posts are waited for
    #[arg(long, default_value_t = 600)]
    patience: u64,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) async fn measure(config: Config, wish: Rush) -> Result<()> {
    let shares = speak::shares(&wish.networks)?;
    let place = Place::make(config).await?;
    let mut tokens = Vec::new();
    for number in 0..wish.agents.max(1) {
        tokens.push(place.token(number, Role::Agent).await?);
    }
    let running = networks::start(NetworksSettings::default())
        .await
        .context("the networks could not be started")?;
    let mut desk = Desk::open(&running.address.to_string()).await?;
    let mut known = Vec::new();
    for share in &shares {
        known.push(Inbox::make(&place.care, &mut desk, share).await?);
    }
    let server = place.serve_with(&["--allowed-hosts", "127.0.0.1"]).await?;
    for inbox in &mut known {
        inbox
            .connect(&place.care, &mut desk, &server.address)
            .await?;
    }
    tokio::time::sleep(SETTLING).await;

    eprintln!(
        "kulant: {} posts/s for {} s on {} networks",
        wish.rate,
        wish.seconds,
        shares.len()
    );
    order_faults(&mut desk, &wish).await?;
    let begun = Stopwatch::start();
    let mut speakers = JoinSet::new();
    for (share, rate, all) in speak::parts(&shares, wish.rate, wish.seconds) {
        let desk = Desk::open(&running.address.to_string()).await?;
        speakers.spawn(speak::speak(desk, share, (rate, all), begun));
    }
    let down = async {
        if shares.iter().any(|share| share.network == wish.down) {
            tokio::time::sleep(Duration::from_secs(wish.seconds / 4)).await;
            let seconds = wish.down_seconds.min(wish.seconds / 2);
            eprintln!("kulant: {} is down for {seconds} s", wish.down);
            let order = json!({"network": wish.down, "seconds": seconds});
            desk.order("down", &order).await?;
        }
        Ok::<_, anyhow::Error>(())
    };
    let (worked, was_down) = tokio::join!(desk::work(&server, &tokens, wish.seconds), down);
    was_down?;
    let (mut lists, mut opens) = worked?;
    let mut said = Vec::new();
    while let Some(one) = speakers.join_next().await {
        said.extend(one??);
    }
    let spoken = begun.elapsed();

    let mut report = Report::default();
    report.text("database", "database", &place.care.store.url().to_string());
    report.number("said", "said on all networks", said.len() as f64, "posts");
    report.number(
        "said_per_second",
        "said in a second",
        said.len() as f64 / spoken.as_secs_f64(),
        "posts/s",
    );
    let found = wait_for_all(&place, &known, &said, &wish, &mut report).await?;
    let (list_ms, open_ms) = (lists.percentile(0.99), opens.percentile(0.99));
    report.times("list", "list meanwhile", lists);
    report.times("open", "open meanwhile", opens);
    for (name, words, count) in [
        ("lost", "lost", found.lost.len()),
        ("doubled", "doubled", found.doubled.len()),
        ("out_of_order", "threads out of order", found.out_of_order),
        ("torn", "threads torn apart", found.torn),
    ] {
        report.number(name, words, count as f64, "");
    }
    if let Some(memory) = server.memory_mb() {
        report.number("memory_mb", "memory in the end", memory, "MB");
    }
    report.print(wish.json);
    running.stop().await;
    judge(&found, (list_ms, open_ms), wish.bar_ms)
}

/// Orders what goes wrong: a share of deliveries comes twice, a share of calls is refused, and as many
/// deliveries come forged first, or late.
async fn order_faults(desk: &mut Desk, wish: &Rush) -> Result<()> {
    let errors = wish.errors / 100.0;
    let faults = [
        (wish.duplicates / 100.0, json!({"do": "duplicate_delivery"})),
        (errors / 2.0, json!({"do": "wrong_signature"})),
        (errors / 2.0, json!({"do": "delay_delivery", "seconds": 1})),
        (errors / 2.0, json!({"do": "status", "status": 503})),
        (errors / 2.0, json!({"do": "reset"})),
    ];
    for (share, then) in faults {
        if share > 0.0 {
            let order = json!({"network": "*", "share": share, "then": then});
            desk.order("faults", &order).await?;
        }
    }
    Ok(())
}

/// Looks at what came until all is there or patience ends, and notes when each network was complete.
async fn wait_for_all(
    place: &Place,
    known: &[Inbox],
    said: &[speak::Said],
    wish: &Rush,
    report: &mut Report,
) -> Result<Found> {
    let begun = Stopwatch::start();
    let mut complete: Vec<Option<Duration>> = vec![None; known.len()];
    let found = loop {
        let found = check::look(&place.care, known, said).await?;
        for (inbox, complete) in known.iter().zip(&mut complete) {
            if complete.is_none() && !found.misses(inbox.network) {
                *complete = Some(begun.elapsed());
            }
        }
        if found.lost.is_empty() || begun.elapsed().as_secs() >= wish.patience {
            break found;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    // What comes twice may come late.
    place.wait_until_caught_up().await?;
    for (inbox, complete) in known.iter().zip(complete) {
        let count = said
            .iter()
            .filter(|one| one.network == inbox.network)
            .count();
        let name = format!("{}_seconds", inbox.network);
        let words = format!("{}: {count} posts, the last after", inbox.network);
        if let Some(after) = complete {
            report.number(&name, &words, after.as_secs_f64(), "s");
        }
    }
    if found.lost.is_empty() {
        return check::look(&place.care, known, said).await;
    }
    for lost in found.lost.iter().take(10) {
        eprintln!("kulant: lost: {lost}");
    }
    Ok(found)
}

fn judge(found: &Found, (list_ms, open_ms): (f64, f64), bar_ms: f64) -> Result<()> {
    for doubled in found.doubled.iter().take(10) {
        eprintln!("kulant: doubled: {doubled}");
    }
    if !found.lost.is_empty() {
        bail!("{} posts are lost", found.lost.len());
    }
    if !found.doubled.is_empty() {
        bail!("{} posts stand there more than once", found.doubled.len());
    }
    if found.out_of_order > 0 {
        bail!("{} threads are out of order", found.out_of_order);
    }
    if found.torn > 0 {
        bail!("{} threads are torn apart", found.torn);
    }
    if list_ms >= bar_ms {
        bail!("a list took {list_ms:.0} ms at p99, and {bar_ms:.0} ms is the bar");
    }
    if open_ms >= bar_ms {
        bail!("opening took {open_ms:.0} ms at p99, and {bar_ms:.0} ms is the bar");
    }
    Ok(())
}
