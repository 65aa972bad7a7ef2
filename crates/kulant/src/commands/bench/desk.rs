//! `kulant bench desk`: listing, opening and searching with fifty agents at growing sizes, and the
//! memory of the server, idle and with many desks connected.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use kulant_care::accept::{self, RawDelivery};
use kulant_care::{followers, intake, upgrade};
use kulant_model::role::Role;
use kulant_model::time::{Clock, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::client::Connection;
use super::numbers::{Report, Times};
use super::place::{Place, Server};
use super::words;
use crate::ambient::{Stopwatch, SystemClock};
use crate::config::Config;

/// How many posts stand in one delivery of the seed, and how many deliveries are stored at once.
const POSTS: u64 = 200;
const DELIVERIES: u64 = 10;
/// How many searches of each size, and how many of them for the commonest words.
const SEARCHES: usize = 100;
const COMMON_SEARCHES: usize = 20;
/// How often each agent lists and opens.
const PACE: Duration = Duration::from_secs(2);
/// What agents look at: queues, what is theirs, what waits longest, everything.
const LISTS: [&str; 6] = [
    "/api/v1/conversations?status=open",
    "/api/v1/conversations?status=open&assignee=none",
    "/api/v1/conversations?status=open&sort=waiting",
    "/api/v1/conversations?status=open,waiting,snoozed&visibility=public",
    "/api/v1/conversations?status=open&assignee=me",
    "/api/v1/conversations?sort=oldest",
];

/// Measure the desk: list, open and search at growing sizes, and the server's memory
///
/// Conversations are made by the same intake as everybody's, without HTTP. Fifty agents list and
/// open once every two seconds each.
///
/// Examples:
///   kulant bench desk
///   kulant bench desk --sizes 10000,100000 --seconds 10 --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Desk {
    /// At how many conversations it is measured, smallest first
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    sizes: Vec<u64>,
    /// How long the agents work at each size
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// How many agents work
    #[arg(long, default_value_t = 50)]
    agents: usize,
    /// How many desks are connected while the memory is measured
    #[arg(long, default_value_t = 200)]
    desks: usize,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) async fn measure(config: Config, mut wish: Desk) -> Result<()> {
    // There only ever come more.
    wish.sizes.sort_unstable();
    wish.sizes.dedup();
    let place = Place::make(config).await?;
    let mut tokens = Vec::new();
    for number in 0..wish.agents.max(1) {
        // One in ten sees everything, the others see their team's.
        let role = if number % 10 == 0 {
            Role::Administrator
        } else {
            Role::Agent
        };
        tokens.push(place.token(number, role).await?);
    }
    let mut report = Report::default();
    report.text("database", "database", &place.care.store.url().to_string());
    let mut seeded = 0;
    for (index, size) in wish.sizes.iter().enumerate() {
        let begun = Stopwatch::start();
        seed(&place, seeded, *size).await?;
        report.number(
            &format!("seeded_per_second_{size}"),
            &format!("made up to {size}"),
            (size.saturating_sub(seeded)) as f64 / begun.elapsed().as_secs_f64(),
            "conversations/s",
        );
        seeded = *size;

        let server = place.serve().await?;
        report.number(
            &format!("ready_ms_{size}"),
            &format!("ready after the start at {size}"),
            server.ready_after.as_secs_f64() * 1_000.0,
            "ms",
        );
        if index == 0 {
            measure_memory(&server, &tokens, wish.desks, &mut report).await?;
        }
        eprintln!("kulant: {} agents at {size} conversations", wish.agents);
        let (worked, found) = tokio::join!(
            work(&server, &tokens, wish.seconds),
            search(&server, &tokens[0], wish.seconds)
        );
        let (lists, opens) = worked?;
        report.times(&format!("list_{size}"), &format!("list at {size}"), lists);
        report.times(&format!("open_{size}"), &format!("open at {size}"), opens);
        report.times(
            &format!("search_{size}"),
            &format!("search at {size}"),
            found?,
        );
    }
    report.print(wish.json);
    Ok(())
}

/// Makes conversations by the intake itself, from `have` up to `want`, and lets the index follow.
async fn seed(place: &Place, have: u64, want: u64) -> Result<()> {
    eprintln!("kulant: making {} conversations", want.saturating_sub(have));
    let (tell_done, mut done) = watch::channel(false);
    let care = place.care.clone();
    let indexing = async move {
        loop {
            let is_done = *done.borrow();
            let read = followers::catch_up(&care).await?;
            if is_done && read == 0 {
                return Ok::<_, anyhow::Error>(());
            }
            if read == 0 {
                tokio::select! {
                    _ = done.changed() => {}
                    () = tokio::time::sleep(Duration::from_millis(50)) => {}
                }
            }
        }
    };
    let making = async {
        // A minute between two of them: a year and more at a million.
        let start = SystemClock.now().0 - i64::try_from(want)? * 30_000_000;
        let mut number = have;
        while number < want {
            let mut batch = Vec::new();
            while number < want && (batch.len() as u64) < DELIVERIES {
                let end = (number + POSTS).min(want);
                let items: Vec<Value> = (number..end)
                    .map(|post| {
                        let at = Timestamp(start + i64::try_from(post).unwrap_or(0) * 30_000_000);
                        words::post("s", post, at)
                    })
                    .collect();
                batch.push(RawDelivery {
                    kind: "webhook".to_owned(),
                    key: format!("s-{number}"),
                    headers: Vec::new(),
                    body: json!({"items": items}).to_string().into_bytes(),
                    received_at: SystemClock.now(),
                });
                number = end;
            }
            accept::store(&place.care, place.inbox, batch).await?;
            intake::take_in_inbox(&place.care, place.inbox).await?;
        }
        // Whoever indexes reads on until nothing is left.
        let _ = tell_done.send(true);
        Ok::<_, anyhow::Error>(())
    };
    let (made, indexed) = tokio::join!(making, indexing);
    made?;
    indexed?;
    let url = place.care.store.url().clone();
    tokio::task::spawn_blocking(move || upgrade::refresh_statistics(&url)).await??;
    Ok(())
}

async fn measure_memory(
    server: &Server,
    tokens: &[String],
    desks: usize,
    report: &mut Report,
) -> Result<()> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    if let Some(memory) = server.memory_mb() {
        report.number("memory_idle_mb", "memory idle", memory, "MB");
    }
    let mut streams = Vec::new();
    for number in 0..desks {
        let token = &tokens[number % tokens.len()];
        // What a desk asks for when it opens.
        let mut connection = Connection::open(&server.address).await?;
        for path in [
            "/api/v1/session",
            "/api/v1/conversations/counts",
            "/api/v1/conversations?status=open",
        ] {
            connection.get(path, token).await?;
        }
        let connection = Connection::open(&server.address).await?;
        streams.push(connection.listen(token).await?);
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    if let Some(memory) = server.memory_mb() {
        report.number(
            "memory_desks_mb",
            &format!("memory with {desks} desks"),
            memory,
            "MB",
        );
    }
    drop(streams);
    Ok(())
}

/// Lets every agent list and open at their pace.
pub(super) async fn work(
    server: &Server,
    tokens: &[String],
    seconds: u64,
) -> Result<(Times, Times)> {
    let begun = Stopwatch::start();
    let end = Duration::from_secs(seconds);
    let address = Arc::new(server.address.clone());
    let mut agents = JoinSet::new();
    for (number, token) in tokens.iter().enumerate() {
        let (address, token) = (Arc::clone(&address), token.clone());
        let offset = PACE.mul_f64(number as f64 / tokens.len() as f64);
        agents.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let (mut lists, mut opens) = (Times::default(), Times::default());
            for turn in 0_u32.. {
                let due = offset + PACE * turn;
                if due >= end {
                    break;
                }
                tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
                let chance = words::mixed((number as u64) << 32 | u64::from(turn)) as usize;
                let sent = Stopwatch::start();
                let page = read(&mut connection, LISTS[chance % LISTS.len()], &token).await?;
                lists.add(sent.elapsed());

                let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
                let Some(id) = items
                    .get(chance % items.len().max(1))
                    .and_then(|item| item["id"].as_str())
                else {
                    continue;
                };
                let sent = Stopwatch::start();
                read(
                    &mut connection,
                    &format!("/api/v1/conversations/{id}"),
                    &token,
                )
                .await?;
                let messages = format!("/api/v1/conversations/{id}/messages");
                read(&mut connection, &messages, &token).await?;
                opens.add(sent.elapsed());
            }
            Ok::<_, anyhow::Error>((lists, opens))
        });
    }
    let (mut lists, mut opens) = (Times::default(), Times::default());
    while let Some(agent) = agents.join_next().await {
        let (more_lists, more_opens) = agent??;
        lists.extend(more_lists);
        opens.extend(more_opens);
    }
    Ok((lists, opens))
}

/// Searches beside the agents' work, spread over its time.
async fn search(server: &Server, token: &str, seconds: u64) -> Result<Times> {
    let begun = Stopwatch::start();
    let mut connection = Connection::open(&server.address).await?;
    let mut times = Times::default();
    for number in 0..SEARCHES {
        let asked = match words::commonest(COMMON_SEARCHES).get(number) {
            Some(word) => (*word).to_owned(),
            None if number % 4 == 0 => format!("fall{}", words::mixed(number as u64) % 50_021),
            None if number % 4 == 1 => words::word(number).chars().take(4).collect(),
            None => format!("{}+{}", words::word(number), words::word(number * 7)),
        };
        let path = format!("/api/v1/conversations?q={}", encoded(&asked));
        let due = Duration::from_secs(seconds).mul_f64(number as f64 / SEARCHES as f64);
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
        let sent = Stopwatch::start();
        read(&mut connection, &path, token).await?;
        times.add(sent.elapsed());
    }
    Ok(times)
}

async fn read(connection: &mut Connection, path: &str, token: &str) -> Result<Value> {
    let answer = connection.get(path, token).await?;
    if answer.status != 200 {
        bail!(
            "{path} was answered with {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
    }
    serde_json::from_slice(&answer.body).with_context(|| format!("{path} is no JSON"))
}

/// Writes letters beyond ASCII as an address takes them.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'+' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
