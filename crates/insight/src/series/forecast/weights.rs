//! How much each candidate is listened to, by its errors in the backtest and what is known beforehand.
//! The fewer the origins, the more evenly; all weight stays with the default where the mixture does not beat it.

/// What is this much worse than the best is not listened to.
const TOO_BAD: f64 = 1.15;
/// How sharply the better are preferred for each origin, and at most.
const SHARPNESS: (f64, f64) = (6.0, 45.0);

/// Weighs forecasts of the same facts; the first is the default.
pub(super) fn weigh(
    actual: &[f64],
    tried: &[Vec<f64>],
    priors: &[f64],
    origins: usize,
) -> Vec<f64> {
    let sharpness = (SHARPNESS.0 * origins as f64).min(SHARPNESS.1);
    let errors: Vec<f64> = tried
        .iter()
        .map(|forecasts| mean_error(actual, forecasts))
        .collect();
    let best = errors.iter().copied().fold(f64::INFINITY, f64::min);
    let mut weights: Vec<f64> = errors
        .iter()
        .zip(priors)
        .map(|(error, prior)| {
            if *error > best * TOO_BAD {
                0.0
            } else {
                prior * (-sharpness * (error / best.max(1e-12) - 1.0)).exp()
            }
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    if best > 0.0 && sum > 0.0 {
        for weight in &mut weights {
            *weight /= sum;
        }
        let mixed: f64 = actual
            .iter()
            .enumerate()
            .map(|(index, y)| {
                let f: f64 = weights.iter().zip(tried).map(|(w, t)| w * t[index]).sum();
                (y - f).abs()
            })
            .sum::<f64>()
            / actual.len() as f64;
        if mixed < errors[0] {
            return weights;
        }
    }
    let mut default = vec![0.0; tried.len()];
    default[0] = 1.0;
    default
}

/// Returns the mean absolute error.
pub(super) fn mean_error(actual: &[f64], forecasts: &[f64]) -> f64 {
    let sum: f64 = actual
        .iter()
        .zip(forecasts)
        .map(|(y, f)| (y - f).abs())
        .sum();
    sum / actual.len().max(1) as f64
}
