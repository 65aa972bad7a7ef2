//! `kulant import`: past messages from a file, with a progress bar where somebody watches.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kulant_care::access::operator;
use kulant_care::import::{self as past, Company, Mapping, Order, Progress};

use crate::ambient::Stopwatch;
use crate::config::{Config, NotUnderstood};
use crate::output::counted;
use crate::{lock, opening};

/// Take in past messages from a file: CSV or JSON Lines, plain or .gz
///
/// The inbox is made where it is missing. Run twice, nothing doubles; stopped, run it again and it
/// goes on. Columns are looked for by the names of the fields: id, text, author, time, parent, url,
/// visibility, title, thread, own; --map says which column holds a field under another name.
/// Works beside a running server and without one.
///
/// Examples:
///   kulant import posts.jsonl --inbox "Posts of 2012"
///   kulant import old.csv.gz --inbox "Old desk" --map id=tweet_id --map text=body
///   kulant import old.jsonl --inbox "Old desk" --map author=user.name --map 'own=!inbound'
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Import {
    /// The file; what it is, is told from its beginning
    file: PathBuf,
    /// The inbox that the messages belong to
    #[arg(long, value_name = "NAME")]
    inbox: String,
    /// Which column holds a field; can be given several times
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
}

pub(crate) async fn import(config: Config, wish: Import) -> Result<()> {
    let begun = Stopwatch::start();
    let mapping =
        Mapping::parse(&wish.map).map_err(|error| NotUnderstood(format!("--map: {error}")))?;
    let size = std::fs::metadata(&wish.file)
        .with_context(|| format!("{} cannot be read", wish.file.display()))?
        .len();
    let (care, _beside) = opening::open_beside(&config).await?;
    let company = match lock::holder(&config.data) {
        Some(_) => Company::BesideServer,
        None => Company::Alone,
    };
    let order = Order {
        file: wish.file,
        inbox: wish.inbox,
        mapping,
        company,
    };

    let bar = bar(size)?;
    let outcome = past::import(&care, &operator(), order, |progress| match progress {
        Progress::Reading { bytes, rows } => {
            bar.set_position(bytes);
            bar.set_message(counted(rows, "row"));
        }
        Progress::TakingIn => {
            bar.set_position(size);
            bar.set_message("taking in");
            bar.enable_steady_tick(Duration::from_millis(200));
        }
    })
    .await;
    bar.finish_and_clear();

    let done = outcome?;
    eprintln!(
        "kulant: {} read: {} taken in, {} known already, {} in quarantine; {:.1} s",
        counted(done.rows(), "row"),
        done.taken_in,
        done.known,
        done.unreadable,
        begun.elapsed().as_secs_f64()
    );
    if done.unreadable > 0 {
        eprintln!("kulant: the desk shows under Quarantine which rows could not be read, and why");
    }
    Ok(())
}

/// Draws on standard error, and only if that is a terminal.
fn bar(size: u64) -> Result<ProgressBar> {
    let style =
        ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {msg}, {eta} left")?;
    Ok(ProgressBar::new(size).with_style(style))
}
