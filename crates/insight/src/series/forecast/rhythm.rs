//! What the day of the month and a closed day before it do to a day's total, beside the weekday.
//! Learned from whole days of the past; each effect is drawn towards none where days are few.

use super::past::Past;
use crate::series::charts::median;
use crate::series::civil::{DAY, Day};

/// With less than so many days a month is not told from chance.
const LEAST_DAYS: usize = 60;
/// The weekday's level is that of so many weeks before and after.
const AROUND_WEEKS: usize = 4;
/// How far an effect of one day of the month reaches to its neighbours, in days.
const REACH: f64 = 1.7;
/// So many days without effect are added to what was seen.
const DOUBT: f64 = 1.5;
const HALF_LIFE_DAYS: f64 = 200.0;
/// No single day teaches more than this, as a logarithm.
const MOST: f64 = 0.4;
const ROUNDS: usize = 2;
/// Steps of the circle of the month.
const STEPS: usize = 62;

/// Factors on a day's usual total.
#[derive(Debug, Clone)]
pub(super) struct Rhythm {
    /// By step of the month, as logarithms.
    month: Vec<f64>,
    after_closed: f64,
    first_row: i64,
    /// Rows that follow a closed day.
    follows: Vec<bool>,
}

impl Rhythm {
    /// Learns from the past; rows of which no cell is asked for or known are closed ones.
    pub(super) fn learn(past: Past, cells: &[usize]) -> Option<Self> {
        let grid = past.grid;
        if grid.row_seconds != DAY {
            return None;
        }
        let rows = past.cut.div_ceil(grid.per_row);
        let totals = totals(past, rows);
        if totals.iter().filter(|total| total.is_finite()).count() < LEAST_DAYS {
            return None;
        }
        let mut model = Self {
            month: vec![0.0; STEPS],
            after_closed: 0.0,
            first_row: grid.first_row,
            follows: follows(past, &totals, cells),
        };
        for _ in 0..ROUNDS {
            model.refine(&totals);
        }
        Some(model)
    }

    /// Returns by what the usual of a row is multiplied.
    pub(super) fn factor(&self, row: usize) -> f64 {
        self.log(row).exp()
    }

    fn log(&self, row: usize) -> f64 {
        let after = self.follows.get(row).copied().unwrap_or(false);
        self.month[self.step(row)] + if after { self.after_closed } else { 0.0 }
    }

    fn step(&self, row: usize) -> usize {
        (month_phase(Day(self.first_row + row as i64)) * STEPS as f64) as usize % STEPS
    }

    /// Learns both effects anew from what is left of the totals without them.
    fn refine(&mut self, totals: &[f64]) {
        let plain: Vec<f64> = (0..totals.len())
            .map(|row| totals[row] - self.log(row))
            .collect();
        let mut rest = Vec::new();
        let mut after = Vec::new();
        for (row, total) in totals.iter().enumerate() {
            let Some(level) = level(&plain, row).filter(|_| total.is_finite()) else {
                continue;
            };
            let off = (total - level).clamp(-MOST, MOST);
            if self.follows[row] {
                after.push(off - self.month[self.step(row)]);
            } else {
                rest.push((row, off));
            }
        }
        let mut sums = vec![(0.0, 0.0); STEPS];
        for (row, off) in rest {
            let age = (totals.len() - row) as f64;
            let weight = 0.5_f64.powf(age / HALF_LIFE_DAYS);
            let phase = month_phase(Day(self.first_row + row as i64));
            for (step, (sum, weights)) in sums.iter_mut().enumerate() {
                let gap = ((step as f64 + 0.5) / STEPS as f64 - phase).abs();
                let days = gap.min(1.0 - gap) * 30.4;
                let near = weight * (-0.5 * (days / REACH).powi(2)).exp();
                *sum += near * off;
                *weights += near;
            }
        }
        self.month = sums
            .into_iter()
            .map(|(sum, weights)| sum / (weights + DOUBT))
            .collect();
        let seen = after.len() as f64;
        self.after_closed = median(&after).unwrap_or(0.0) * seen / (seen + 1.0);
    }
}

/// How far a day is into its month, from 0 to below 1.
fn month_phase(day: Day) -> f64 {
    let (_, _, of_month) = day.date();
    let into = of_month - 1;
    let (_, _, length) = Day(day.0 - into + 31).date();
    let length = 32 - length;
    (into as f64 + 0.5) / length as f64
}

/// The logarithm of each whole day's total; `NaN` where the day is not whole.
fn totals(past: Past, rows: usize) -> Vec<f64> {
    let per_row = past.grid.per_row;
    let days: Vec<(usize, f64)> = (0..rows)
        .map(|row| {
            let seen = (row * per_row..(row + 1) * per_row).filter_map(|cell| past.at(cell));
            seen.fold((0, 0.0), |(count, sum), y| (count + 1, sum + y))
        })
        .collect();
    let season = past.grid.season_rows;
    let full: Vec<usize> = (0..season)
        .map(|weekday| {
            let of_day = days.iter().skip(weekday).step_by(season);
            of_day.map(|(count, _)| *count).max().unwrap_or(0)
        })
        .collect();
    days.iter()
        .enumerate()
        .map(|(row, (count, sum))| {
            if *count > 0 && count * 10 >= full[row % season] * 9 && *sum > 0.0 {
                (sum + 1.0).ln()
            } else {
                f64::NAN
            }
        })
        .collect()
}

/// The middle of the same weekday around a row.
fn level(totals: &[f64], row: usize) -> Option<f64> {
    let first = row % 7;
    let around: Vec<f64> = (first..totals.len())
        .step_by(7)
        .filter(|other| other.abs_diff(row) <= 7 * AROUND_WEEKS && totals[*other].is_finite())
        .map(|other| totals[other])
        .collect();
    if around.len() < 4 {
        return None;
    }
    median(&around)
}

/// Tells of each row whether the row before it is usually open and was closed.
fn follows(past: Past, totals: &[f64], cells: &[usize]) -> Vec<bool> {
    let grid = past.grid;
    let last = cells.iter().copied().max().unwrap_or(0).max(past.cut) / grid.per_row + 1;
    let mut open = vec![false; last + 1];
    for (row, open) in open.iter_mut().enumerate().take(totals.len()) {
        let seen = &grid.values[row * grid.per_row..((row + 1) * grid.per_row).min(past.cut)];
        *open = seen.iter().any(|y| y.is_finite());
    }
    let usually: Vec<bool> = (0..7)
        .map(|weekday| {
            let known = open[..totals.len()].iter().skip(weekday).step_by(7);
            let count = known.clone().count();
            known.filter(|open| **open).count() * 2 > count
        })
        .collect();
    for cell in cells {
        open[cell / grid.per_row] = true;
    }
    (0..=last)
        .map(|row| row > 7 && !open[row - 1] && usually[(row - 1) % 7])
        .collect()
}
