//! `kulant bench intake`: deliveries of one post each at full speed, then at a given rate, then how
//! long one takes to the desk.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use kulant_care::signature;
use kulant_model::role::Role;
use kulant_model::time::Clock;
use serde_json::Value;
use tokio::task::JoinSet;

use super::client::{Connection, Events};
use super::numbers::{Report, Times};
use super::place::{Place, Server};
use super::words;
use crate::ambient::{Stopwatch, SystemClock};
use crate::config::Config;

/// Measure taking in: webhook deliveries of one post each
///
/// Examples:
///   kulant bench intake
///   kulant bench intake --seconds 10 --json
///   kulant bench intake --database postgres://kulant@127.0.0.1/empty
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Intake {
    /// How long deliveries come at full speed
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many connections deliver beside each other
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How many deliveries a second in the second part
    #[arg(long, default_value_t = 500)]
    rate: u64,
    /// How many deliveries a second while the way to the desk is measured
    #[arg(long, default_value_t = 100)]
    desk_rate: u64,
    /// How long the second and the third part last each
    #[arg(long, default_value_t = 20)]
    rate_seconds: u64,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What every sender needs.
#[derive(Clone)]
struct Target {
    address: String,
    hook_path: String,
    secret: String,
    /// The number of the next post.
    next: Arc<AtomicU64>,
}

pub(super) async fn measure(config: Config, wish: Intake) -> Result<()> {
    let place = Place::make(config).await?;
    let token = place.token(0, Role::Administrator).await?;
    let server = place.serve().await?;
    let target = Target {
        address: server.address.clone(),
        hook_path: place.hook_path.clone(),
        secret: place.secret.clone(),
        next: Arc::default(),
    };
    let mut report = Report::default();
    report.text("database", "database", &place.care.store.url().to_string());
    report.number(
        "ready_ms",
        "ready after the start",
        server.ready_after.as_secs_f64() * 1_000.0,
        "ms",
    );
    eprintln!("kulant: {} s at full speed", wish.seconds);
    at_full_speed(&place, &target, &wish, &mut report).await?;
    eprintln!("kulant: {} s at {}/s", wish.rate_seconds, wish.rate);
    let times = at_rate(&target, wish.rate, wish.rate_seconds, wish.connections).await?;
    place.wait_until_caught_up().await?;
    report.times("webhook_at_rate", &format!("2xx at {}/s", wish.rate), times);
    eprintln!(
        "kulant: {} s at {}/s, watched from a desk",
        wish.rate_seconds, wish.desk_rate
    );
    to_the_desk(&server, &target, &token, &wish, &mut report).await?;
    if let Some(memory) = server.memory_mb() {
        report.number("memory_mb", "memory in the end", memory, "MB");
    }
    report.print(wish.json);
    Ok(())
}

async fn at_full_speed(
    place: &Place,
    target: &Target,
    wish: &Intake,
    report: &mut Report,
) -> Result<()> {
    let begun = Stopwatch::start();
    let end = Duration::from_secs(wish.seconds);
    let mut senders = JoinSet::new();
    for _ in 0..wish.connections {
        let target = target.clone();
        senders.spawn(async move {
            let mut connection = Connection::open(&target.address).await?;
            let mut times = Times::default();
            while begun.elapsed() < end {
                let sent = Stopwatch::start();
                target.deliver(&mut connection).await?;
                times.add(sent.elapsed());
            }
            Ok::<_, anyhow::Error>(times)
        });
    }
    let times = gathered(senders).await?;
    let sent = begun.elapsed();
    let lag = place.wait_until_caught_up().await?;
    let count = times.count() as f64;
    report.number(
        "accepted_per_second",
        "accepted at full speed",
        count / sent.as_secs_f64(),
        "posts/s",
    );
    report.number(
        "searchable_per_second",
        "stored, threaded and searchable",
        count / (sent + lag).as_secs_f64(),
        "posts/s",
    );
    report.number(
        "lag_seconds",
        "lag of intake and index at the end",
        lag.as_secs_f64(),
        "s",
    );
    report.times("webhook_at_full_speed", "2xx at full speed", times);
    Ok(())
}

/// Delivers at a steady rate; times count from when a delivery should have left.
async fn at_rate(target: &Target, rate: u64, seconds: u64, connections: usize) -> Result<Times> {
    let begun = Stopwatch::start();
    let turn: Arc<AtomicU64> = Arc::default();
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (target, turn) = (target.clone(), Arc::clone(&turn));
        senders.spawn(async move {
            let mut connection = Connection::open(&target.address).await?;
            let mut times = Times::default();
            loop {
                let number = turn.fetch_add(1, Ordering::Relaxed);
                if number >= rate * seconds {
                    return Ok(times);
                }
                let due = Duration::from_secs_f64(number as f64 / rate as f64);
                tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
                target.deliver(&mut connection).await?;
                times.add(begun.elapsed().saturating_sub(due));
            }
        });
    }
    gathered(senders).await
}

/// Delivers at a rate and watches the live stream for each post.
async fn to_the_desk(
    server: &Server,
    target: &Target,
    token: &str,
    wish: &Intake,
    report: &mut Report,
) -> Result<()> {
    let connection = Connection::open(&server.address).await?;
    let mut events = connection.listen(token).await?;
    let first = target.next.load(Ordering::Relaxed);
    let wanted = wish.desk_rate * wish.rate_seconds;
    let watching = watch(&mut events, wanted);
    let sending = send_noting(target, wish.desk_rate, wanted);
    let deadline = Duration::from_secs(wish.rate_seconds * 2 + 10);
    let both = async { tokio::join!(watching, sending) };
    let (seen, sent) = tokio::time::timeout(deadline, both)
        .await
        .context("not every post came to the desk")?;
    let (seen, sent) = (seen?, sent?);
    let mut times = Times::default();
    for number in first..first + wanted {
        let id = format!("b-{number}");
        let (Some(seen), Some(sent)) = (seen.get(&id), sent.get(&id)) else {
            bail!("the post {id} did not come to the desk");
        };
        times.add(seen.saturating_sub(*sent));
    }
    report.times(
        "to_the_desk",
        &format!("to the desk at {}/s", wish.desk_rate),
        times,
    );
    Ok(())
}

/// Notes when each post was seen, by the process's own time.
async fn watch(events: &mut Events, wanted: u64) -> Result<HashMap<String, Duration>> {
    let mut seen = HashMap::new();
    while (seen.len() as u64) < wanted {
        let (event, text) = events.next().await?;
        let at = since_the_epoch();
        match event.as_str() {
            "change" => {
                let frame: Value = serde_json::from_str(&text)?;
                if let Some(id) = frame["message"]["network_id"].as_str() {
                    seen.entry(id.to_owned()).or_insert(at);
                }
            }
            "reload" => bail!("the desk was told to reload: it could not follow"),
            _ => {}
        }
    }
    Ok(seen)
}

async fn send_noting(target: &Target, rate: u64, wanted: u64) -> Result<HashMap<String, Duration>> {
    const CONNECTIONS: u64 = 8;
    let begun = Stopwatch::start();
    let turn: Arc<AtomicU64> = Arc::default();
    let mut senders = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (target, turn) = (target.clone(), Arc::clone(&turn));
        senders.spawn(async move {
            let mut connection = Connection::open(&target.address).await?;
            let mut sent = HashMap::new();
            loop {
                let number = turn.fetch_add(1, Ordering::Relaxed);
                if number >= wanted {
                    return Ok::<_, anyhow::Error>(sent);
                }
                let due = Duration::from_secs_f64(number as f64 / rate as f64);
                tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
                let at = since_the_epoch();
                let id = target.deliver(&mut connection).await?;
                sent.insert(id, at);
            }
        });
    }
    let mut sent = HashMap::new();
    while let Some(one) = senders.join_next().await {
        sent.extend(one??);
    }
    Ok(sent)
}

impl Target {
    /// Delivers the next post, signed; an answer other than 2xx ends the bench.
    async fn deliver(&self, connection: &mut Connection) -> Result<String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let now = SystemClock.now();
        let id = format!("b-{number}");
        let body = words::post("b", number, now).to_string();
        let headers = signature::sign(&self.secret, &id, now, body.as_bytes())
            .context("the secret cannot be read")?;
        let mut request = format!(
            "POST {} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            self.hook_path,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&name);
            request.push_str(": ");
            request.push_str(&value);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        request.push_str(&body);
        let answer = connection.exchange(request.as_bytes()).await?;
        if !(200..300).contains(&answer.status) {
            bail!(
                "a delivery was answered with {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
        }
        Ok(id)
    }
}

async fn gathered(mut senders: JoinSet<Result<Times>>) -> Result<Times> {
    let mut times = Times::default();
    while let Some(one) = senders.join_next().await {
        times.extend(one??);
    }
    Ok(times)
}

fn since_the_epoch() -> Duration {
    Duration::from_micros(SystemClock.now().0.unsigned_abs())
}
