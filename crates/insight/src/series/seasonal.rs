//! The plain seasonal methods on evenly spaced values: as a season ago, mean, median, Holt-Winters.
//! Benchmarks and parts of the forecast; they know no calendar.

use super::charts::median;

/// Forecasts `horizon` values by the median of the last `seasons` values of the same place in the season.
pub fn seasonal_median(past: &[f64], season: usize, seasons: usize, horizon: usize) -> Vec<f64> {
    by_place(past, season, seasons, horizon, |values| {
        median(values).unwrap_or(f64::NAN)
    })
}

/// Forecasts by the mean of the last `seasons` values of the same place; one season is the naive forecast.
pub fn seasonal_mean(past: &[f64], season: usize, seasons: usize, horizon: usize) -> Vec<f64> {
    by_place(past, season, seasons, horizon, |values| {
        values.iter().sum::<f64>() / values.len() as f64
    })
}

fn by_place(
    past: &[f64],
    season: usize,
    seasons: usize,
    horizon: usize,
    middle: impl Fn(&[f64]) -> f64,
) -> Vec<f64> {
    let season = season.max(1);
    (0..horizon)
        .map(|ahead| {
            let place = (past.len() + ahead) % season;
            let values: Vec<f64> = (0..past.len())
                .rev()
                .filter(|index| index % season == place && past[*index].is_finite())
                .take(seasons.max(1))
                .map(|index| past[index])
                .collect();
            middle(&values)
        })
        .collect()
}

/// How fast level, trend and season of Holt-Winters follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    pub level: f64,
    pub trend: f64,
    pub season: f64,
}

/// Where additive Holt-Winters stands after its past.
#[derive(Debug, Clone, PartialEq)]
pub struct HoltWinters {
    pub level: f64,
    pub trend: f64,
    /// The seasonal parts of the slots that come next, in order.
    pub season: Vec<f64>,
}

impl HoltWinters {
    /// Starts from the first two seasons and runs through the whole past; nothing below two seasons.
    pub fn run(past: &[f64], season: usize, smoothing: Smoothing) -> Option<Self> {
        if season == 0 || past.len() < 2 * season {
            return None;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let first = mean(&past[..season]);
        let second = mean(&past[season..2 * season]);
        let mut level = first;
        let mut trend = (second - first) / season as f64;
        let mut parts: Vec<f64> = past[..season].iter().map(|y| y - first).collect();
        for (index, y) in past.iter().enumerate() {
            let part = &mut parts[index % season];
            let before = level;
            level = smoothing.level * (y - *part) + (1.0 - smoothing.level) * (level + trend);
            trend = smoothing.trend * (level - before) + (1.0 - smoothing.trend) * trend;
            *part = smoothing.season * (y - level) + (1.0 - smoothing.season) * *part;
        }
        parts.rotate_left(past.len() % season);
        Some(Self {
            level,
            trend,
            season: parts,
        })
    }

    /// Returns the next `horizon` values.
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        (0..horizon)
            .map(|ahead| {
                self.level
                    + self.trend * (ahead + 1) as f64
                    + self.season[ahead % self.season.len()]
            })
            .collect()
    }
}
