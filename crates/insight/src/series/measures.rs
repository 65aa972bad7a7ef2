//! How good a forecast was. Never a mean of percentages: a slot may have no message.

/// Sums of forecast and fact over the same slots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Sum of absolute errors over sum of facts.
    pub wape: f64,
    /// Sum of signed errors over sum of facts; below nought where too little was expected.
    pub bias: f64,
    pub mae: f64,
    pub rmse: f64,
}

/// Measures a forecast; nothing where there is no slot with both numbers.
pub fn accuracy(actual: &[f64], forecast: &[f64]) -> Option<Accuracy> {
    let (mut n, mut sum, mut signed, mut absolute, mut squared) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (y, f) in pairs(actual, forecast) {
        n += 1.0;
        sum += y;
        signed += f - y;
        absolute += (f - y).abs();
        squared += (f - y).powi(2);
    }
    (n > 0.0).then(|| Accuracy {
        wape: absolute / sum,
        bias: signed / sum,
        mae: absolute / n,
        rmse: (squared / n).sqrt(),
    })
}

/// Returns the mean absolute error in units of that of "as a season ago" over the training.
pub fn mase(actual: &[f64], forecast: &[f64], training: &[f64], season: usize) -> Option<f64> {
    let naive = accuracy(training.get(season..)?, training)?.mae;
    Some(accuracy(actual, forecast)?.mae / naive)
}

/// Returns the mean pinball loss of forecasts of one quantile.
pub fn pinball(actual: &[f64], quantiles: &[f64], tau: f64) -> Option<f64> {
    mean(pairs(actual, quantiles).map(|(y, q)| (tau * (y - q)).max((tau - 1.0) * (y - q))))
}

/// Returns the share of facts within their intervals, ends included.
pub fn coverage(actual: &[f64], low: &[f64], high: &[f64]) -> Option<f64> {
    mean(triples(actual, low, high).map(|(y, l, u)| if (l..=u).contains(&y) { 1.0 } else { 0.0 }))
}

/// Returns the mean Winkler score of intervals meant to hold `share` of the facts.
pub fn winkler(actual: &[f64], low: &[f64], high: &[f64], share: f64) -> Option<f64> {
    let weight = 2.0 / (1.0 - share);
    mean(
        triples(actual, low, high)
            .map(|(y, l, u)| (u - l) + weight * ((l - y).max(0.0) + (y - u).max(0.0))),
    )
}

fn pairs<'a>(a: &'a [f64], b: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    a.iter()
        .copied()
        .zip(b.iter().copied())
        .filter(|(a, b)| a.is_finite() && b.is_finite())
}

fn triples<'a>(
    a: &'a [f64],
    b: &'a [f64],
    c: &'a [f64],
) -> impl Iterator<Item = (f64, f64, f64)> + 'a {
    pairs(a, b)
        .zip(c.iter().copied())
        .map(|((a, b), c)| (a, b, c))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}
