//! Intervals that hold what they promise: split conformal on residuals scaled by the forecast.

/// Returns the scaled residual `|y - f| / sqrt(f + 1)`.
pub fn scaled(actual: f64, forecast: f64) -> f64 {
    (actual - forecast).abs() / scale(forecast)
}

/// Returns by what residuals of a forecast of this size are measured.
pub fn scale(forecast: f64) -> f64 {
    (forecast.max(0.0) + 1.0).sqrt()
}

/// Returns the `ceil((n+1) share)`-th smallest of the residuals; nothing where there are too few for the promise.
pub fn conformal_quantile(residuals: &[f64], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = residuals
        .iter()
        .copied()
        .filter(|r| r.is_finite())
        .collect();
    sorted.sort_unstable_by(f64::total_cmp);
    // A share such as 0.8 is no sum of powers of two: what lies on a rank must not be lifted to the next.
    let rank = ((sorted.len() + 1) as f64 * share - 1e-9).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// Returns the interval around a forecast, never below nought.
pub fn interval(forecast: f64, quantile: f64) -> (f64, f64) {
    let reach = quantile * scale(forecast);
    ((forecast - reach).max(0.0), forecast + reach)
}
