//! The work of `kulant insight storms` and `kulant insight forecast`: rows in, rows out.
//! Opens no file itself; which to read and where to write comes from the command line.

use std::collections::HashMap;
use std::io::{BufWriter, Read, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::civil::{self, Writing, day_of};
use super::forecast::{Asked, Expected, Forecast, SpecialDays, forecast};
use super::holidays::Region;
use super::rows::{Rows, Trouble, quoted};
use super::storm::Detector;

/// So many rows are looked at to learn how long a slot is; none of them can alarm yet.
const LOOKED_AT: usize = 20;
const USUAL_SLOT: i64 = 300;

/// Scores each row of `timestamp,value` as it comes, and writes `timestamp,score`.
///
/// Without a slot length the most common step of the first rows is taken.
pub fn storms(
    input: impl Read,
    output: impl Write,
    slot_seconds: Option<i64>,
) -> Result<(), Trouble> {
    let mut rows = Rows::open(input, &["timestamp", "value"], &[])?;
    let mut output = BufWriter::new(output);
    writeln!(output, "timestamp,score")?;
    let mut waiting: Vec<(String, i64, f64)> = Vec::new();
    let mut detector = slot_seconds.map(Detector::new);
    while rows.advance()? {
        let (at, _) = rows.time(0)?;
        let value = rows.number(1)?;
        if let Some(detector) = &mut detector {
            score(&mut output, detector, rows.field(0), at, value)?;
            continue;
        }
        waiting.push((rows.field(0).to_owned(), at, value));
        if waiting.len() == LOOKED_AT {
            detector = Some(catch_up(&mut output, &mut waiting)?);
        }
    }
    catch_up(&mut output, &mut waiting)?;
    output.flush()?;
    Ok(())
}

fn catch_up(
    output: &mut impl Write,
    waiting: &mut Vec<(String, i64, f64)>,
) -> Result<Detector, Trouble> {
    let mut steps: HashMap<i64, usize> = HashMap::new();
    for pair in waiting.windows(2) {
        *steps.entry(pair[1].1 - pair[0].1).or_default() += 1;
    }
    let slot = steps
        .into_iter()
        .filter(|(step, _)| *step > 0)
        .max_by_key(|(step, count)| (*count, -step))
        .map_or(USUAL_SLOT, |(step, _)| step);
    let mut detector = Detector::new(slot);
    for (text, at, value) in waiting.drain(..) {
        score(output, &mut detector, &text, at, value)?;
    }
    Ok(detector)
}

fn score(
    output: &mut impl Write,
    detector: &mut Detector,
    text: &str,
    at: i64,
    value: f64,
) -> Result<(), Trouble> {
    let signal = detector.push(at, value);
    writeln!(output, "{},{:.6}", quoted(text), signal.score)?;
    Ok(())
}

/// One series as its file has it.
#[derive(Debug, Clone)]
pub struct Series {
    pub id: String,
    /// Time and count, in the order of the file.
    pub points: Vec<(i64, f64)>,
    writing: Writing,
}

/// Reads `unique_id,ds,y`; series come in the order of their first rows.
pub fn read_history(input: impl Read) -> Result<Vec<Series>, Trouble> {
    let mut rows = Rows::open(input, &["unique_id", "ds", "y"], &[])?;
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Series> = Vec::new();
    while rows.advance()? {
        let (at, writing) = rows.time(1)?;
        let y = rows.number(2)?;
        let place = places.get(rows.field(0)).copied().unwrap_or(all.len());
        if place == all.len() {
            let id = rows.field(0).to_owned();
            places.insert(id.clone(), place);
            all.push(Series {
                id,
                points: Vec::new(),
                writing,
            });
        }
        if (all[place].writing == Writing::Number) != (writing == Writing::Number) {
            return Err(rows.refuse(1, "numbers and dates are mixed in one series"));
        }
        all[place].points.push((at, y));
    }
    Ok(all)
}

/// The slots that are asked for, as their file has them.
#[derive(Debug, Clone, Default)]
pub struct Future {
    /// Place of the series in the history, time, and the time as it was written.
    rows: Vec<(usize, i64, String)>,
}

/// Reads `unique_id,ds`: slots of series that the history knows.
pub fn read_future(input: impl Read, history: &[Series]) -> Result<Future, Trouble> {
    let places: HashMap<&str, usize> = history
        .iter()
        .enumerate()
        .map(|(place, series)| (series.id.as_str(), place))
        .collect();
    let mut rows = Rows::open(input, &["unique_id", "ds"], &[])?;
    let mut future = Future::default();
    while rows.advance()? {
        let (at, writing) = rows.time(1)?;
        let Some(&place) = places.get(rows.field(0)) else {
            return Err(rows.refuse(0, "the history has no such series"));
        };
        if (history[place].writing == Writing::Number) != (writing == Writing::Number) {
            return Err(rows.refuse(1, "the history of this series writes its times otherwise"));
        }
        future.rows.push((place, at, rows.field(1).to_owned()));
    }
    Ok(future)
}

/// Reads special days: a column `ds` or `date`, and a column `kind` that tells one sort from another.
pub fn read_special_days(input: impl Read, special: &mut SpecialDays) -> Result<(), Trouble> {
    let mut rows = Rows::open(input, &[], &["ds", "date", "kind"])?;
    while rows.advance()? {
        let column = usize::from(rows.field(0).is_empty());
        let (at, _) = rows.time(column)?;
        let kind = match rows.field(2) {
            "" => "special",
            kind => kind,
        };
        special.add(day_of(at), kind);
    }
    Ok(())
}

/// Adds the public holidays of a region over all years that the history or the slots asked for may touch.
pub fn add_holidays(
    special: &mut SpecialDays,
    region: Region,
    history: &[Series],
    ahead_years: i64,
) {
    let times = || {
        history
            .iter()
            .flat_map(|series| series.points.iter().map(|(at, _)| *at))
    };
    if let (Some(first), Some(last)) = (times().min(), times().max()) {
        let (first, ..) = day_of(first).date();
        let (last, ..) = day_of(last).date();
        special.add_holidays(region, first.max(last - 100), last + ahead_years);
    }
}

/// What is asked of every series.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// So many slots after the last.
    Horizon(usize),
    Slots(Future),
}

/// Forecasts every series and writes `unique_id,ds,yhat,lo80,hi80,lo95,hi95`; tells of each as it is done.
///
/// An interval that the past is too short for is left empty.
pub fn write_forecasts(
    history: &[Series],
    wanted: &Wanted,
    special: &SpecialDays,
    output: impl Write,
    done: impl Fn(&Series, Option<&Forecast>) + Sync,
) -> Result<(), Trouble> {
    let mut times: Vec<Vec<i64>> = vec![Vec::new(); history.len()];
    if let Wanted::Slots(future) = wanted {
        for (place, at, _) in &future.rows {
            times[*place].push(*at);
        }
    }
    let forecasts = all_forecasts(history, &|place| {
        let series = &history[place];
        let asked = match wanted {
            Wanted::Horizon(horizon) => Asked::Next(*horizon),
            Wanted::Slots(_) => Asked::At(&times[place]),
        };
        let made = forecast(&series.points, special, asked);
        done(series, made.as_ref());
        made
    });

    let mut output = BufWriter::new(output);
    writeln!(output, "unique_id,ds,yhat,lo80,hi80,lo95,hi95")?;
    match wanted {
        Wanted::Horizon(_) => {
            for (series, made) in history.iter().zip(&forecasts) {
                for slot in made.iter().flat_map(|made| &made.slots) {
                    let ds = civil::write(slot.at, series.writing);
                    write_slot(&mut output, &series.id, &ds, Some(slot))?;
                }
            }
        }
        Wanted::Slots(future) => {
            let mut next = vec![0; history.len()];
            for (place, _, ds) in &future.rows {
                let slot = forecasts[*place]
                    .as_ref()
                    .and_then(|made| made.slots.get(next[*place]));
                next[*place] += 1;
                write_slot(&mut output, &history[*place].id, ds, slot)?;
            }
        }
    }
    output.flush()?;
    Ok(())
}

fn write_slot(
    output: &mut impl Write,
    id: &str,
    ds: &str,
    slot: Option<&Expected>,
) -> Result<(), Trouble> {
    write!(output, "{},{}", quoted(id), quoted(ds))?;
    match slot {
        Some(slot) => {
            write!(output, ",{:.4}", slot.y)?;
            for range in slot.ranges {
                match range {
                    Some((low, high)) => write!(output, ",{low:.4},{high:.4}")?,
                    None => write!(output, ",,")?,
                }
            }
        }
        None => write!(output, ",,,,,")?,
    }
    writeln!(output)?;
    Ok(())
}

/// Goes through the series with as many threads as there are cores.
fn all_forecasts(
    history: &[Series],
    make: &(dyn Fn(usize) -> Option<Forecast> + Sync),
) -> Vec<Option<Forecast>> {
    let threads = std::thread::available_parallelism()
        .map_or(1, NonZeroUsize::get)
        .min(history.len());
    if threads <= 1 {
        return (0..history.len()).map(make).collect();
    }
    let next = AtomicUsize::new(0);
    let mut forecasts: Vec<Option<Forecast>> = vec![None; history.len()];
    let parts: Vec<Vec<(usize, Option<Forecast>)>> = std::thread::scope(|scope| {
        let work = || {
            let mut own = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= history.len() {
                    return own;
                }
                own.push((place, make(place)));
            }
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(own) => own,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    for (place, made) in parts.into_iter().flatten() {
        forecasts[place] = made;
    }
    forecasts
}
