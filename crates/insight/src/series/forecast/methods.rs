//! The methods that compete for a series. Each sees the past alone and answers for any later cell.
//! Which of them is listened to is decided by the backtest.

use super::harmonic::Harmonic;
use super::past::Past;
use crate::series::charts::median;
use crate::series::civil::{DAY, Day};
use crate::series::seasonal::{HoltWinters, Smoothing};

/// A way to forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// The median of so many same slots of the week; of five it is the default to beat.
    WeeklyMedian(usize),
    /// The mean of so many same slots of the week; of one it is "as last week".
    WeeklyMean(usize),
    /// The median of so many same slots of the day, whatever the weekday.
    DailyMedian(usize),
    /// Medians of so many weeks, their shape shared among weekdays that are alike.
    Shared(usize),
    /// The median of so many same slots of the week and of so many neighbours on either side.
    Near(usize, usize),
    /// The median of so many same slots on days of the same kind, and of their neighbours: weekdays or weekend.
    SameKind(usize, usize),
    /// Waves of the day and the week, fitted on logarithms.
    Waves,
    /// Level, trend and weekly season that follow.
    HoltWinters,
}

impl Method {
    /// Returns the name shown beside its backtest.
    pub fn name(self) -> String {
        match self {
            Self::WeeklyMedian(weeks) => format!("weekly median of {weeks}"),
            Self::WeeklyMean(1) => "as last week".to_owned(),
            Self::WeeklyMean(weeks) => format!("weekly mean of {weeks}"),
            Self::DailyMedian(days) => format!("daily median of {days}"),
            Self::Shared(weeks) => format!("shared shape of {weeks} weeks"),
            Self::Near(weeks, reach) => format!("median of {weeks} weeks and {reach} neighbours"),
            Self::SameKind(days, reach) => {
                format!("median of {days} days of the kind and {reach} neighbours")
            }
            Self::Waves => "harmonic regression".to_owned(),
            Self::HoltWinters => "Holt-Winters".to_owned(),
        }
    }

    /// How much it is listened to where the backtest finds it as good as the weekly median.
    ///
    /// What takes the middle of many counts holds better on what comes than what follows the last few.
    pub(super) fn prior(self) -> f64 {
        match self {
            Self::Near(..) => 5.0,
            Self::SameKind(..) => 3.0,
            Self::WeeklyMedian(_) | Self::Shared(_) => 1.0,
            Self::WeeklyMean(_) | Self::Waves => 0.5,
            Self::HoltWinters => 0.3,
            Self::DailyMedian(_) => 0.1,
        }
    }

    /// Forecasts the cells; `NaN` where this method has no past to go by.
    pub fn forecast(self, past: Past, cells: &[usize]) -> Vec<f64> {
        let week = past.grid.season();
        let each = |of: &dyn Fn(&[f64]) -> f64, season: usize, count: usize| {
            cells
                .iter()
                .map(|cell| {
                    let values = past.same_place(*cell, season, count);
                    if values.is_empty() {
                        f64::NAN
                    } else {
                        of(&values)
                    }
                })
                .collect()
        };
        let middle = |values: &[f64]| median(values).unwrap_or(f64::NAN);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        match self {
            Self::WeeklyMedian(weeks) => each(&middle, week, weeks),
            Self::WeeklyMean(weeks) => each(&mean, week, weeks),
            Self::DailyMedian(days) => each(&middle, past.grid.per_row, days),
            Self::Shared(weeks) => shared(past, cells, weeks),
            Self::Near(weeks, reach) => near(past, cells, weeks, reach),
            Self::SameKind(days, reach) => same_kind(past, cells, days, reach),
            Self::Waves => Harmonic::fit(past).map_or_else(
                || vec![f64::NAN; cells.len()],
                |waves| cells.iter().map(|cell| waves.at(*cell)).collect(),
            ),
            Self::HoltWinters => holt_winters(past, cells),
        }
    }
}

/// Medians over the same slots of some weeks and the slots beside them.
fn near(past: Past, cells: &[usize], weeks: usize, reach: usize) -> Vec<f64> {
    let season = past.grid.season();
    cells
        .iter()
        .map(|cell| {
            let values: Vec<f64> = (cell.saturating_sub(reach)..=cell + reach)
                .flat_map(|near| past.same_place(near, season, weeks))
                .collect();
            median(&values).unwrap_or(f64::NAN)
        })
        .collect()
}

/// Medians over the same slots, and those beside them, of the last days of the kind: weekdays or weekend.
fn same_kind(past: Past, cells: &[usize], days: usize, reach: usize) -> Vec<f64> {
    let grid = past.grid;
    if grid.row_seconds != DAY {
        return vec![f64::NAN; cells.len()];
    }
    let weekend = |cell: usize| Day(grid.first_row + (cell / grid.per_row) as i64).weekday() >= 6;
    cells
        .iter()
        .map(|cell| {
            let values: Vec<f64> = (0..days * 7 / 2)
                .filter_map(|back| {
                    let row = (past.cut / grid.per_row).checked_sub(back)?;
                    let other = row * grid.per_row + cell % grid.per_row;
                    (weekend(other) == weekend(*cell)).then_some(other)
                })
                .take(days)
                .flat_map(|other| other.saturating_sub(reach)..=other + reach)
                .filter_map(|other| past.at(other))
                .collect();
            median(&values).unwrap_or(f64::NAN)
        })
        .collect()
}

/// Medians of the weekday's slots, their shape drawn towards that of the weekdays that look alike.
fn shared(past: Past, cells: &[usize], weeks: usize) -> Vec<f64> {
    let (per_row, days) = (past.grid.per_row, past.grid.season_rows);
    let season = per_row * days;
    // Short slots of a short past have no week to share.
    if past.cut < season {
        return vec![f64::NAN; cells.len()];
    }
    let end = past.cut.next_multiple_of(per_row);
    // The coming season, weekday by weekday, in the order of rows from the cut.
    let medians: Vec<f64> = (end..end + season)
        .map(|cell| median(&past.same_place(cell, season, weeks)).unwrap_or(f64::NAN))
        .collect();
    let day = |index: usize| &medians[index * per_row..(index + 1) * per_row];
    let levels: Vec<f64> = (0..days).map(|index| known_sum(day(index))).collect();
    let mut profile = vec![f64::NAN; season];
    for own in 0..days {
        let alike: Vec<usize> = (0..days)
            .filter(|other| *other == own || are_alike(day(own), day(*other)))
            .collect();
        for slot in 0..per_row {
            let (mut sum, mut weight) = (0.0, 0.0);
            for &other in &alike {
                let value = day(other)[slot];
                if value.is_finite() && levels[other] > 0.0 {
                    let share = if other == own { 2.0 } else { 1.0 };
                    sum += share * value / levels[other];
                    weight += share;
                }
            }
            if weight > 0.0 {
                profile[own * per_row + slot] = levels[own] * sum / weight;
            }
        }
    }
    cells
        .iter()
        .map(|cell| {
            let place = (cell + season - end % season) % season;
            if profile[place].is_finite() {
                profile[place]
            } else {
                medians[place]
            }
        })
        .collect()
}

/// Two weekdays are alike that are open at the same time and rise and fall together.
fn are_alike(a: &[f64], b: &[f64]) -> bool {
    let both: Vec<(f64, f64)> = a
        .iter()
        .zip(b)
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .map(|(a, b)| (*a, *b))
        .collect();
    let either = a
        .iter()
        .zip(b)
        .filter(|(a, b)| a.is_finite() || b.is_finite())
        .count();
    if both.len() < 4 || both.len() * 5 < either * 4 {
        return false;
    }
    let (sum_a, sum_b) = (
        both.iter().map(|(a, _)| a).sum::<f64>(),
        both.iter().map(|(_, b)| b).sum::<f64>(),
    );
    if sum_a <= 0.0 || sum_b <= 0.0 || !(0.4..2.5).contains(&(sum_a / sum_b)) {
        return false;
    }
    let n = both.len() as f64;
    let (mean_a, mean_b) = (sum_a / n, sum_b / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in &both {
        ab += (a - mean_a) * (b - mean_b);
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
    }
    ab > 0.8 * (aa * bb).sqrt()
}

fn known_sum(values: &[f64]) -> f64 {
    values.iter().filter(|y| y.is_finite()).sum()
}

fn holt_winters(past: Past, cells: &[usize]) -> Vec<f64> {
    let season = past.grid.season();
    let nothing = || vec![f64::NAN; cells.len()];
    if past.cut < 2 * season {
        return nothing();
    }
    // Slots without a value are filled by those of the same place, so that the season stays in step.
    let values: Vec<f64> = (0..past.cut)
        .map(|cell| {
            past.at(cell)
                .unwrap_or_else(|| median(&past.same_place(cell, season, 3)).unwrap_or(0.0))
        })
        .collect();
    let mut best: Option<(f64, HoltWinters)> = None;
    for level in [0.02, 0.1, 0.3] {
        for part in [0.15, 0.4] {
            let smoothing = Smoothing {
                level,
                trend: 0.0,
                season: part,
            };
            let held = season.min(values.len() / 4);
            let (learn, test) = values.split_at(values.len() - held);
            let Some(trial) = HoltWinters::run(learn, season, smoothing) else {
                continue;
            };
            let error: f64 = trial
                .forecast(held)
                .iter()
                .zip(test)
                .map(|(f, y)| (f - y).abs())
                .sum();
            if best.as_ref().is_none_or(|(least, _)| error < *least)
                && let Some(mut model) = HoltWinters::run(&values, season, smoothing)
            {
                // Trends of a week do not go on for ever: the level stays where it is.
                model.trend = 0.0;
                best = Some((error, model));
            }
        }
    }
    let Some((_, model)) = best else {
        return nothing();
    };
    cells
        .iter()
        .map(|cell| {
            let ahead = cell.saturating_sub(past.cut);
            (model.level + model.season[ahead % season]).max(0.0)
        })
        .collect()
}
