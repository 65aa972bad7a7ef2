//! What to expect in the coming slots of one series, with intervals and the backtest that chose the method.
//! The weekly median of five is the default; whatever replaces it has beaten it on this series.

mod backtest;
mod grid;
mod harmonic;
mod methods;
mod past;
mod rhythm;
mod special;
mod weights;

pub use backtest::{Backtest, Trial};
pub use grid::Grid;
pub use methods::Method;
pub use special::SpecialDays;

use backtest::Chosen;
use past::{Past, unusual_rows};

use super::conformal::{conformal_quantile, interval};

/// The shares of facts that the two intervals of a forecast are meant to hold.
pub const SHARES: [f64; 2] = [0.80, 0.95];

/// What is expected of one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The start of the slot, on the wall's clock.
    pub at: i64,
    pub y: f64,
    /// From and to, for each of [`SHARES`]; nothing where the past is too short to promise it.
    pub ranges: [Option<(f64, f64)>; 2],
}

/// A forecast and how it came about.
#[derive(Debug, Clone)]
pub struct Forecast {
    pub slots: Vec<Expected>,
    pub backtest: Backtest,
}

/// Which slots are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// So many slots after the last; closed hours are passed over.
    Next(usize),
    /// These times.
    At(&'a [i64]),
}

/// Forecasts one series; nothing where it has no value at all.
pub fn forecast(points: &[(i64, f64)], special: &SpecialDays, asked: Asked) -> Option<Forecast> {
    let grid = Grid::of(points)?;
    let end = grid.end();
    let cells: Vec<Option<usize>> = match asked {
        Asked::Next(horizon) => grid.next(horizon).into_iter().map(Some).collect(),
        Asked::At(times) => times.iter().map(|at| grid.cell(*at)).collect(),
    };
    let last = cells.iter().flatten().copied().max().unwrap_or(end);
    let marks = special.marks(&grid, last / grid.per_row + 1);
    let learn = learned(&grid, &marks);
    let horizon = (last + 1).saturating_sub(end).max(1);
    let chosen = Chosen::by_backtest(&grid, &learn, &marks, horizon);

    let past = Past {
        grid: &grid,
        learn: &learn,
        cut: end,
    };
    let known: Vec<usize> = cells.iter().flatten().copied().collect();
    let mut usual = chosen.forecast(past, &known).into_iter();
    let lifts = special::uplifts(past, &marks);
    let quantiles = SHARES.map(|share| conformal_quantile(&chosen.residuals, share));
    let slots = cells
        .iter()
        .enumerate()
        .map(|(index, cell)| {
            let y = match cell {
                Some(_) => usual.next().unwrap_or(0.0),
                // Before all that is known there is nothing to go by but the series as a whole.
                None => past_mean(past),
            };
            let at = match (asked, cell) {
                (Asked::At(times), _) => times[index],
                (Asked::Next(_), Some(cell)) => grid.time(*cell),
                (Asked::Next(_), None) => 0,
            };
            let lift = cell
                .and_then(|cell| marks.get(cell / grid.per_row))
                .and_then(|mark| mark.as_ref())
                .map(|kind| lifts.of(kind));
            let ranges = quantiles.map(|quantile| {
                let (low, high) = interval(y, quantile?);
                Some(lift.map_or((low, high), |lift| (low * lift.low, high * lift.high)))
            });
            Expected {
                at,
                y: lift.map_or(y, |lift| y * lift.factor),
                ranges,
            }
        })
        .collect();
    Some(Forecast {
        slots,
        backtest: chosen.backtest,
    })
}

/// The values to learn from: marked and unusual days are left out.
fn learned(grid: &Grid, marks: &[Option<String>]) -> Vec<f64> {
    let unusual = unusual_rows(grid);
    grid.values
        .iter()
        .enumerate()
        .map(|(cell, y)| {
            let row = cell / grid.per_row;
            let marked = marks.get(row).is_some_and(Option::is_some);
            if marked || unusual[row] { f64::NAN } else { *y }
        })
        .collect()
}

fn past_mean(past: Past) -> f64 {
    let seen: Vec<f64> = (0..past.cut).filter_map(|cell| past.at(cell)).collect();
    if seen.is_empty() {
        0.0
    } else {
        seen.iter().sum::<f64>() / seen.len() as f64
    }
}
