//! What a special day does to the usual: past days of its kind against what would have been expected.

use super::charts::median;

/// Below so many past days of a kind there is a range to show, not a point.
pub const ENOUGH_DAYS: usize = 3;

/// By how much days of a kind differed from the forecast without them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uplift {
    pub factor: f64,
    pub low: f64,
    pub high: f64,
    pub days: usize,
}

impl Uplift {
    /// Takes `(actual, forecast without the event)` of past days; nothing where none had a forecast.
    pub fn of(days: &[(f64, f64)]) -> Option<Self> {
        let ratios: Vec<f64> = days
            .iter()
            .filter(|(actual, forecast)| *forecast > 0.0 && actual.is_finite())
            .map(|(actual, forecast)| actual / forecast)
            .collect();
        let factor = median(&ratios)?;
        Some(Self {
            factor,
            low: ratios.iter().copied().fold(f64::INFINITY, f64::min),
            high: ratios.iter().copied().fold(0.0, f64::max),
            days: ratios.len(),
        })
    }

    /// Tells whether the factor stands on enough days to be shown as a point.
    pub fn is_sure(&self) -> bool {
        self.days >= ENOUGH_DAYS
    }
}
