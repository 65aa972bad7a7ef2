//! Control charts over standardised values, and robust scores against a stretch of the past.
//! Second opinions of the storm detector; each is a few numbers of memory or a sorted stretch.

/// A running mean that forgets, as a statistic of unit variance.
#[derive(Debug, Clone, Copy)]
pub struct Ewma {
    lambda: f64,
    level: f64,
}

impl Ewma {
    /// Makes one that gives the newest value the weight `lambda`.
    pub fn new(lambda: f64) -> Self {
        Self { lambda, level: 0.0 }
    }

    /// Takes the next value and returns the running mean.
    pub fn push(&mut self, z: f64) -> f64 {
        self.level += self.lambda * (z - self.level);
        self.level
    }

    /// Returns the running mean in its own standard deviations.
    pub fn statistic(&self) -> f64 {
        self.level / (self.lambda / (2.0 - self.lambda)).sqrt()
    }
}

/// A sum of what exceeds the allowance, never below nought.
#[derive(Debug, Clone, Copy)]
pub struct Cusum {
    allowance: f64,
    sum: f64,
}

impl Cusum {
    /// Makes one that lets `allowance` standard deviations pass in every slot.
    pub fn new(allowance: f64) -> Self {
        Self {
            allowance,
            sum: 0.0,
        }
    }

    /// Takes the next value and returns the sum.
    pub fn push(&mut self, z: f64) -> f64 {
        self.sum = (self.sum + z - self.allowance).max(0.0);
        self.sum
    }
}

/// Returns after how many slots a sum passes `limit` on average where values are shifted by `shift` (Siegmund).
pub fn cusum_run_length(allowance: f64, limit: f64, shift: f64) -> f64 {
    let drift = allowance - shift;
    let b = limit + 1.166;
    if drift.abs() < 1e-9 {
        return b * b;
    }
    ((2.0 * drift * b).exp() - 2.0 * drift * b - 1.0) / (2.0 * drift * drift)
}

/// Returns how far `x` lies above the median of the past, in its middle half's width plus one count.
pub fn robust_z(past: &[f64], x: f64) -> Option<f64> {
    let sorted = sorted(past)?;
    let width = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
    Some((x - quantile(&sorted, 0.5)) / (width / 1.349 + 1.0))
}

/// Returns the same by the median absolute deviation; nothing where the past does not vary.
pub fn mad_z(past: &[f64], x: f64) -> Option<f64> {
    let values = sorted(past)?;
    let middle = quantile(&values, 0.5);
    let mut deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    deviations.sort_unstable_by(f64::total_cmp);
    let mad = quantile(&deviations, 0.5);
    (mad > 0.0).then(|| 0.6745 * (x - middle) / mad)
}

/// Returns a quantile of sorted values, between two of them in proportion.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// Returns the median; nothing of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    sorted(values).map(|values| quantile(&values, 0.5))
}

fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    let mut values: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    (!values.is_empty()).then_some(values)
}
