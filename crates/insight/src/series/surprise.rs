//! How surprising a count is: tails of the Poisson and the negative binomial distribution.
//! Knows no time and no season; what to expect comes in as a number.

use std::f64::consts::LN_10;

use super::tails::{ln_beta_inc, ln_gamma_inc};

/// How far counts spread around their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// Not further than chance alone lets them.
    Poisson,
    /// Further: the `r` of the negative binomial distribution, small where they spread far.
    Wide(f64),
}

/// Returns mean, variance and spread of counts by the method of moments; nothing below two counts.
pub fn moments(counts: &[f64]) -> Option<(f64, f64, Spread)> {
    if counts.len() < 2 {
        return None;
    }
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let variance = counts.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let spread = if variance <= mean {
        Spread::Poisson
    } else {
        Spread::Wide(mean * mean / (variance - mean))
    };
    Some((mean, variance, spread))
}

/// Returns the natural logarithm of the chance to see `count` or more where `mean` is usual.
pub fn ln_tail(count: f64, mean: f64, spread: Spread) -> f64 {
    if count <= 0.0 {
        return 0.0;
    }
    if mean <= 0.0 {
        return f64::NEG_INFINITY;
    }
    match spread {
        Spread::Poisson => ln_gamma_inc(count, mean),
        Spread::Wide(r) => ln_beta_inc(count, r, mean / (r + mean)),
    }
}

/// Returns the surprise `S = -log10 p`: 6 is a chance of one in a million.
pub fn surprise(count: f64, mean: f64, spread: Spread) -> f64 {
    (-ln_tail(count, mean, spread) / LN_10).clamp(0.0, 300.0)
}
