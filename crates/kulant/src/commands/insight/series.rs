//! `kulant insight storms` and `forecast`: numbers over time from plain files.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kulant_insight::series::civil;
use kulant_insight::series::files::{self, Wanted};
use kulant_insight::series::forecast::{Forecast as Made, SpecialDays};
use kulant_insight::series::holidays::Region;
use kulant_insight::series::rows::Trouble;

use super::open;

/// Holidays are reckoned so many years beyond the last row.
const YEARS_AHEAD: i64 = 3;
const MOST_SLOTS: usize = 100_000;

/// Score how far each slot of a series of counts stands out: storms and incidents
///
/// Reads timestamp,value and writes timestamp,score as it goes, one row for each, from what came before
/// it alone. Scores lie between 0 and 1 on one scale for every series; the default threshold is 0.5.
/// After an alarm at 0.5 the same storm stays below for a day. The first day scores nothing.
///
///   from score   false alarms     storms found
///   0.42         1.3 a week       15 of 16
///   0.45         0.8 a week       15 of 16
///   0.47         0.6 a week       15 of 16
///   0.50         1 in 5 weeks     15 of 16
///   0.51         1 in 19 weeks    14 of 16
///
/// Counted on the mentions of five brands over 37 weeks in all, at most one alarm a day, the series by
/// which the scale was set: reckon with more on your own. Above 0.51 storms are lost to the rest.
///
/// Examples:
///   kulant insight storms --input mentions.csv > scores.csv
///   tail -f counts.csv | kulant insight storms --input - --period 1min
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Storms {
    /// Rows of timestamp,value: counts of slots in order of time
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// How long a slot is, such as 5min or 1h [default: the most common step of the first rows]
    #[arg(long, value_name = "LENGTH")]
    period: Option<String>,
}

/// Forecast counts for the coming slots, with intervals
///
/// Reads unique_id,ds,y and writes unique_id,ds,yhat,lo80,hi80,lo95,hi95. Slots are those of the local
/// calendar, all day or opening hours alone; a whole number as ds is the n-th hour. Each series chooses
/// its methods by a backtest on its own past, against the median of the same slot of the last five
/// weeks; from sixty days on it learns the days of the month, and the days after closed ones. Days left
/// out among the slots of --future are taken for closed. Empty intervals mean that the past is too short to promise any.
///
/// Examples:
///   kulant insight forecast --input calls.csv --horizon 336 --holidays DE-NW > next.csv
///   kulant insight forecast --input calls.csv --future slots.csv --special-days launches.csv
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Forecast {
    /// Rows of unique_id,ds,y: what was counted
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// How many slots to forecast after each series' last
    #[arg(
        long,
        value_name = "SLOTS",
        required_unless_present = "future",
        conflicts_with = "future"
    )]
    horizon: Option<usize>,
    /// Rows of unique_id,ds: the slots to forecast
    #[arg(long, value_name = "FILE")]
    future: Option<PathBuf>,
    /// Take the public holidays of a German state for special days, such as DE-NW or DE-BY-augsburg
    #[arg(long, value_name = "REGION")]
    holidays: Option<String>,
    /// Rows of ds,kind: days on which the usual did or will not hold, with a word for their kind
    #[arg(long, value_name = "FILE")]
    special_days: Option<PathBuf>,
    /// Say on standard error how each series was forecast and how sure that is
    #[arg(long)]
    explain: bool,
}

pub(super) fn storms(wish: &Storms) -> Result<()> {
    let slot = match &wish.period {
        None => None,
        Some(text) => {
            let length = civil::read_length(text);
            Some(
                length
                    .with_context(|| format!("--period: {text} is no length such as 5min or 1h"))?,
            )
        }
    };
    finished(
        files::storms(open(&wish.input)?, io::stdout().lock(), slot),
        &wish.input,
    )
}

pub(super) fn forecast(wish: &Forecast) -> Result<()> {
    let history = files::read_history(open(&wish.input)?)
        .with_context(|| wish.input.display().to_string())?;
    let wanted = match (wish.horizon, &wish.future) {
        (_, Some(path)) => Wanted::Slots(
            files::read_future(open(path)?, &history)
                .with_context(|| path.display().to_string())?,
        ),
        (Some(horizon), None) if horizon > MOST_SLOTS => {
            bail!("--horizon: at most {MOST_SLOTS} slots")
        }
        (horizon, None) => Wanted::Horizon(horizon.unwrap_or(1)),
    };
    let special = special_days(wish, &history)?;

    let bar = ProgressBar::new(history.len() as u64);
    bar.set_style(
        ProgressStyle::with_template("{spinner} {bar:30} {pos}/{len} series")
            .context("the progress bar")?,
    );
    let said = |series: &files::Series, made: Option<&Made>| {
        bar.inc(1);
        if wish.explain
            && let Some(made) = made
        {
            bar.suspend(|| eprint!("{}", explained(&series.id, made)));
        }
    };
    let outcome = files::write_forecasts(&history, &wanted, &special, io::stdout().lock(), said);
    bar.finish_and_clear();
    finished(outcome, &wish.input)
}

fn special_days(wish: &Forecast, history: &[files::Series]) -> Result<SpecialDays> {
    let mut special = SpecialDays::default();
    if let Some(path) = &wish.special_days {
        files::read_special_days(open(path)?, &mut special)
            .with_context(|| path.display().to_string())?;
    }
    if let Some(text) = &wish.holidays {
        let region = Region::read(text)
            .with_context(|| format!("--holidays: {text} is no German state such as DE-NW"))?;
        files::add_holidays(&mut special, region, history, YEARS_AHEAD);
    }
    Ok(special)
}

/// Whoever reads the answer may stop reading at any time.
fn finished(outcome: Result<(), Trouble>, input: &Path) -> Result<()> {
    match outcome {
        Err(Trouble::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.with_context(|| input.display().to_string()),
    }
}

/// Tells how a series was forecast: the mixture's backtest, and what it is made of.
fn explained(id: &str, made: &Made) -> String {
    let backtest = &made.backtest;
    let percent = |share: Option<f64>| {
        share.map_or("?".to_owned(), |share| format!("{:.1} %", share * 100.0))
    };
    let mut text = format!(
        "{id}: backtest of {} origins, off by {} (weekly median of five: {})\n",
        backtest.origins,
        percent(backtest.wape),
        percent(backtest.default_wape),
    );
    for trial in backtest.trials.iter().filter(|trial| trial.weight >= 0.005) {
        let (weight, name) = (trial.weight * 100.0, &trial.name);
        let off = percent(Some(trial.wape));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {weight:>3.0} % {name}, off by {off}");
    }
    text
}
