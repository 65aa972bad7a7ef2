//! Choosing by rolling origin: every method forecasts stretches of the past it has not seen, and the
//! mixture that would have erred least is kept, if it beats the weekly median of five.

use super::grid::Grid;
use super::methods::Method;
use super::past::Past;
use super::rhythm::Rhythm;
use super::weights::{mean_error, weigh};
use crate::series::conformal::scale;

/// The benchmark.
pub const DEFAULT: Method = Method::WeeklyMedian(5);

const METHODS: [Method; 15] = [
    DEFAULT,
    Method::WeeklyMedian(8),
    Method::WeeklyMean(1),
    Method::WeeklyMean(4),
    Method::WeeklyMean(8),
    Method::DailyMedian(1),
    Method::DailyMedian(7),
    Method::Shared(5),
    Method::Shared(10),
    Method::Near(8, 1),
    Method::Near(8, 2),
    Method::SameKind(20, 1),
    Method::SameKind(40, 2),
    Method::Waves,
    Method::HoltWinters,
];
/// How far a forecast follows the level of the last days: the power of the ratio.
const FOLLOWING: [f64; 2] = [0.0, 0.3];
const FOLLOWING_DAYS: usize = 7;
/// After so many days half of the correction is gone.
const FOLLOWING_HALF_LIFE: f64 = 10.0;
const MOST_ORIGINS: usize = 8;

/// How one way to forecast did in the backtest.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub name: String,
    /// Sum of absolute errors over sum of facts.
    pub wape: f64,
    /// Its part in the forecast.
    pub weight: f64,
}

/// What the backtest of a series showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backtest {
    pub origins: usize,
    /// Best first.
    pub trials: Vec<Trial>,
    pub default_wape: Option<f64>,
    pub wape: Option<f64>,
}

/// One method, and how far it follows the level of the last days.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    method: usize,
    power: f64,
    /// Whether the rhythm of the month is taken out of what it learns, and put back.
    rhythm: bool,
}

/// The mixture kept, and what it left over in the backtest.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    parts: Vec<(Candidate, f64)>,
    pub(super) residuals: Vec<f64>,
    pub(super) backtest: Backtest,
}

impl Chosen {
    /// Lets all methods forecast what is known, for about the horizon that is asked for.
    pub(super) fn by_backtest(
        grid: &Grid,
        learn: &[f64],
        marks: &[Option<String>],
        horizon: usize,
    ) -> Self {
        let whole = Past {
            grid,
            learn,
            cut: grid.end(),
        };
        let candidates = candidates(Rhythm::learn(whole, &[]).is_some());
        let priors: Vec<f64> = candidates
            .iter()
            .map(|candidate| METHODS[candidate.method].prior())
            .collect();
        let mut actual = Vec::new();
        let mut tried: Vec<Vec<f64>> = vec![Vec::new(); candidates.len()];
        let origins = origins(grid, horizon);
        for (cut, until) in &origins {
            let past = Past {
                grid,
                learn,
                cut: *cut,
            };
            let cells: Vec<usize> = (*cut..*until)
                .filter(|cell| {
                    grid.values[*cell].is_finite()
                        && marks.get(cell / grid.per_row).is_none_or(Option::is_none)
                })
                .collect();
            actual.extend(cells.iter().map(|cell| grid.values[*cell]));
            for (all, forecasts) in tried
                .iter_mut()
                .zip(every_forecast(past, &cells, &candidates))
            {
                all.extend(forecasts);
            }
        }
        if actual.is_empty() {
            return Self::untested();
        }
        let weights = weigh(&actual, &tried, &priors, origins.len());
        let mixed = |index: usize| -> f64 {
            weights
                .iter()
                .zip(&tried)
                .map(|(weight, forecasts)| weight * forecasts[index])
                .sum()
        };
        let residuals: Vec<f64> = actual
            .iter()
            .enumerate()
            .map(|(index, y)| (y - mixed(index)).abs() / scale(mixed(index)))
            .collect();
        let sum: f64 = actual.iter().sum();
        let wape = |error: f64| (sum > 0.0).then(|| error * actual.len() as f64 / sum);
        let own: f64 = actual
            .iter()
            .enumerate()
            .map(|(index, y)| (y - mixed(index)).abs())
            .sum::<f64>()
            / actual.len() as f64;
        let mut trials: Vec<Trial> = candidates
            .iter()
            .zip(&tried)
            .zip(&weights)
            .filter_map(|((candidate, forecasts), weight)| {
                Some(Trial {
                    name: candidate.name(),
                    wape: wape(mean_error(&actual, forecasts))?,
                    weight: *weight,
                })
            })
            .collect();
        trials.sort_by(|a, b| a.wape.total_cmp(&b.wape));
        Self {
            parts: candidates
                .into_iter()
                .zip(weights)
                .filter(|(_, weight)| *weight > 0.0)
                .collect(),
            residuals,
            backtest: Backtest {
                origins: origins.len(),
                trials,
                default_wape: wape(mean_error(&actual, &tried[0])),
                wape: wape(own),
            },
        }
    }

    fn untested() -> Self {
        Self {
            parts: vec![(candidates(false)[0], 1.0)],
            residuals: Vec::new(),
            backtest: Backtest::default(),
        }
    }

    /// Forecasts the cells by the mixture.
    pub(super) fn forecast(&self, past: Past, cells: &[usize]) -> Vec<f64> {
        let candidates: Vec<Candidate> =
            self.parts.iter().map(|(candidate, _)| *candidate).collect();
        let mut sums = vec![0.0; cells.len()];
        for ((_, weight), forecasts) in
            self.parts
                .iter()
                .zip(every_forecast(past, cells, &candidates))
        {
            for (sum, y) in sums.iter_mut().zip(forecasts) {
                *sum += weight * y;
            }
        }
        sums
    }
}

impl Candidate {
    fn name(&self) -> String {
        let mut name = METHODS[self.method].name();
        if self.rhythm {
            name.push_str(", day of the month");
        }
        if self.power > 0.0 {
            name = format!("{name}, level of {FOLLOWING_DAYS} days");
        }
        name
    }
}

fn candidates(with_rhythm: bool) -> Vec<Candidate> {
    (0..METHODS.len())
        .flat_map(|method| {
            FOLLOWING.map(|power| Candidate {
                method,
                power,
                rhythm: false,
            })
        })
        .flat_map(|candidate| {
            let rhythm = with_rhythm && !matches!(METHODS[candidate.method], Method::HoltWinters);
            [
                Some(candidate),
                rhythm.then_some(Candidate {
                    rhythm,
                    ..candidate
                }),
            ]
        })
        .flatten()
        .collect()
}

/// The stretches of the past to try on: where each begins and where it ends, newest first.
///
/// Where the past is long enough they begin on the weekday and hour on which the forecast begins.
fn origins(grid: &Grid, horizon: usize) -> Vec<(usize, usize)> {
    let end = grid.end();
    let (row, season) = (grid.per_row, grid.season());
    let least = (3 * season).min(end / 2).max(1);
    let length = horizon.min((end - end.min(least)) * 2 / 3).max(1);
    let newest = length.next_multiple_of(season.max(1));
    let (newest, step) = if end >= newest + 3 * season + least {
        (newest, season)
    } else {
        let step = length.next_multiple_of(row).clamp(row, season.max(row));
        (length, step)
    };
    (0..MOST_ORIGINS)
        .map_while(|index| {
            let cut = end.checked_sub(newest + index * step)?;
            (cut >= least).then_some((cut, cut + length))
        })
        .collect()
}

/// Returns the forecasts of each candidate, with and without the rhythm of the month.
fn every_forecast(past: Past, cells: &[usize], candidates: &[Candidate]) -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = vec![Vec::new(); candidates.len()];
    for wanted in [false, true] {
        let places: Vec<usize> = (0..candidates.len())
            .filter(|place| candidates[*place].rhythm == wanted)
            .collect();
        let own: Vec<Candidate> = places.iter().map(|place| candidates[*place]).collect();
        if own.is_empty() {
            continue;
        }
        let rhythm = if wanted {
            Rhythm::learn(past, cells)
        } else {
            None
        };
        let forecasts = match rhythm {
            None => plain_forecasts(past, cells, &own),
            Some(rhythm) => {
                let per_row = past.grid.per_row;
                let factor: Vec<f64> = (0..past.cut.div_ceil(per_row))
                    .map(|row| rhythm.factor(row))
                    .collect();
                let evened: Vec<f64> = past.learn[..past.cut.min(past.learn.len())]
                    .iter()
                    .enumerate()
                    .map(|(cell, y)| y / factor[cell / per_row])
                    .collect();
                let even = Past {
                    learn: &evened,
                    ..past
                };
                let mut forecasts = plain_forecasts(even, cells, &own);
                for forecast in &mut forecasts {
                    for (y, cell) in forecast.iter_mut().zip(cells) {
                        *y *= rhythm.factor(cell / per_row);
                    }
                }
                forecasts
            }
        };
        for (place, forecast) in places.into_iter().zip(forecasts) {
            all[place] = forecast;
        }
    }
    all
}

/// Returns the forecasts of each candidate; where a method has nothing to say, its neighbours speak.
fn plain_forecasts(past: Past, cells: &[usize], candidates: &[Candidate]) -> Vec<Vec<f64>> {
    let fallback = fallback(past, cells);
    let recent = Recent::of(past);
    // A method learns once, for the slots asked for and for those that show its level.
    let all: Vec<usize> = cells.iter().chain(&recent.later).copied().collect();
    let mut bases: Vec<Option<(Vec<f64>, f64)>> = vec![None; METHODS.len()];
    candidates
        .iter()
        .map(|candidate| {
            let (base, off) = bases[candidate.method].get_or_insert_with(|| {
                let mut base = METHODS[candidate.method].forecast(past, &all);
                let off = recent.off(&base[cells.len()..]);
                base.truncate(cells.len());
                for (y, other) in base.iter_mut().zip(&fallback) {
                    if !y.is_finite() {
                        *y = *other;
                    }
                }
                (base, off)
            });
            let log = *off * candidate.power;
            let followed = cells.iter().zip(base.iter()).map(|(cell, y)| {
                let ahead = cell.saturating_sub(past.cut) as f64 / past.grid.per_row as f64;
                y * (log * 0.5_f64.powf(ahead / FOLLOWING_HALF_LIFE)).exp()
            });
            followed.collect()
        })
        .collect()
}

/// What is said where a method has no past: the week's slot, else the day's, else the mean of all.
fn fallback(past: Past, cells: &[usize]) -> Vec<f64> {
    let by_week = DEFAULT.forecast(past, cells);
    let by_day = Method::DailyMedian(7).forecast(past, cells);
    let mean = super::past_mean(past);
    by_week
        .into_iter()
        .zip(by_day)
        .map(|(week, day)| {
            [week, day, mean]
                .into_iter()
                .find(|y| y.is_finite())
                .unwrap_or(0.0)
        })
        .collect()
}

/// The last days, and the slots a season later for which a method says what it would have said of them.
struct Recent {
    later: Vec<usize>,
    seen: f64,
}

impl Recent {
    fn of(past: Past) -> Self {
        let season = past.grid.season().max(1);
        let first = past.cut.saturating_sub(FOLLOWING_DAYS * past.grid.per_row);
        let mut recent = Self {
            later: Vec::new(),
            seen: 0.0,
        };
        for cell in first..past.cut {
            if let Some(y) = past.at(cell) {
                let over = past.cut - cell;
                recent.later.push(cell + over.div_ceil(season) * season);
                recent.seen += y;
            }
        }
        recent
    }

    /// Returns how far the last days were off, as a logarithm.
    fn off(&self, forecasts: &[f64]) -> f64 {
        let expected: f64 = forecasts.iter().filter(|y| y.is_finite()).sum();
        if expected <= 0.0 || self.seen <= 0.0 {
            return 0.0;
        }
        (self.seen / expected).clamp(0.5, 2.0).ln()
    }
}
