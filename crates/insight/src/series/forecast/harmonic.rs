//! Dynamic harmonic regression: waves of the day and of the week on logarithms, older weeks counting less.
//! What was left over in the last slots fades out by its autocorrelation.

use super::past::Past;
use crate::series::civil::DAY;

const DAY_WAVES: usize = 5;
const WEEK_WAVES: usize = 3;
/// Waves of the day whose size may differ by weekday.
const CROSSED: usize = 2;
const HALF_LIFE_DAYS: f64 = 28.0;
const RIDGE: f64 = 1.0;
/// So much past is looked at; the rest weighs next to nothing.
const MEMORY_DAYS: usize = 140;

/// A fitted regression.
#[derive(Debug, Clone)]
pub struct Harmonic {
    weights: Vec<f64>,
    per_row: usize,
    season_rows: usize,
    cut: usize,
    left_over: f64,
    fading: f64,
}

impl Harmonic {
    /// Fits the past; nothing where it is shorter than two weeks of slots below a day.
    pub fn fit(past: Past) -> Option<Self> {
        let per_row = past.grid.per_row;
        if per_row < 4 || past.grid.row_seconds != DAY {
            return None;
        }
        let mut model = Self {
            weights: Vec::new(),
            per_row,
            season_rows: past.grid.season_rows,
            cut: past.cut,
            left_over: 0.0,
            fading: 0.0,
        };
        let start = past.cut.saturating_sub(MEMORY_DAYS * per_row);
        let seen: Vec<(usize, f64)> = (start..past.cut)
            .filter_map(|cell| Some((cell, past.at(cell)?.max(0.0).ln_1p())))
            .collect();
        if past.cut < 14 * per_row || seen.len() < 100 {
            return None;
        }
        let size = model.features(0).len();
        let mut gram = vec![0.0; size * size];
        let mut right = vec![0.0; size];
        // Cells of one place in the season have one row of features: they are added up first.
        let season = per_row * model.season_rows;
        let mut places = vec![(0.0, 0.0); season];
        for (cell, y) in &seen {
            let age = (past.cut - cell) as f64 / per_row as f64;
            let weight = 0.5_f64.powf(age / HALF_LIFE_DAYS);
            let (weights, sum) = &mut places[cell % season];
            *weights += weight;
            *sum += weight * y;
        }
        for (place, (weights, sum)) in places.into_iter().enumerate() {
            if weights == 0.0 {
                continue;
            }
            let row = model.features(place);
            for i in 0..size {
                right[i] += sum * row[i];
                let scaled = weights * row[i];
                for j in 0..=i {
                    gram[i * size + j] += scaled * row[j];
                }
            }
        }
        // The level itself is not drawn to nought.
        for i in 1..size {
            gram[i * size + i] += RIDGE;
        }
        gram[0] += 1e-6;
        model.weights = solve(gram, right)?;
        model.follow(&seen);
        Some(model)
    }

    /// Returns what is expected in a cell.
    pub fn at(&self, cell: usize) -> f64 {
        let ahead = cell.saturating_sub(self.cut) as f64 + 1.0;
        let log = self.log_at(cell) + self.left_over * self.fading.powf(ahead);
        log.min(40.0).exp_m1().max(0.0)
    }

    fn log_at(&self, cell: usize) -> f64 {
        let row = self.features(cell);
        row.iter().zip(&self.weights).map(|(x, w)| x * w).sum()
    }

    /// Learns how what is left over in one slot carries on into the next.
    fn follow(&mut self, seen: &[(usize, f64)]) {
        let from = seen.len().saturating_sub(28 * self.per_row);
        let rest: Vec<(usize, f64)> = seen[from..]
            .iter()
            .map(|(cell, y)| (*cell, y - self.log_at(*cell)))
            .collect();
        let (mut product, mut square) = (0.0, 0.0);
        for pair in rest.windows(2) {
            if pair[1].0 == pair[0].0 + 1 {
                product += pair[0].1 * pair[1].1;
                square += pair[0].1 * pair[0].1;
            }
        }
        if square > 0.0 {
            self.fading = (product / square).clamp(0.0, 0.99);
        }
        if let Some((cell, last)) = rest.last() {
            let gap = (self.cut - 1).saturating_sub(*cell) as f64;
            self.left_over = last * self.fading.powf(gap);
        }
    }

    fn features(&self, cell: usize) -> Vec<f64> {
        use std::f64::consts::TAU;
        let of_day = (cell % self.per_row) as f64 / self.per_row as f64;
        let row = cell / self.per_row % self.season_rows;
        let of_week = (row as f64 + of_day) / self.season_rows as f64;
        let mut row_of = Vec::with_capacity(64);
        row_of.push(1.0);
        let day: Vec<f64> = (1..=DAY_WAVES)
            .flat_map(|k| {
                let angle = TAU * k as f64 * of_day;
                [angle.sin(), angle.cos()]
            })
            .collect();
        row_of.extend(&day);
        for k in 1..=WEEK_WAVES {
            let angle = TAU * k as f64 * of_week;
            row_of.extend([angle.sin(), angle.cos()]);
        }
        // A weekday of its own level, and its own size of the day's first waves.
        for weekday in 0..self.season_rows {
            let own = if weekday == row { 1.0 } else { 0.0 };
            row_of.push(own);
            row_of.extend(day[..2 * CROSSED].iter().map(|wave| own * wave));
        }
        row_of
    }
}

/// Solves a symmetric positive system of which the lower half is given; nothing where it is none.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let mut sum = a[i * n + j];
            for k in 0..j {
                sum -= a[i * n + k] * a[j * n + k];
            }
            if i == j {
                if sum <= 0.0 || !sum.is_finite() {
                    return None;
                }
                a[i * n + i] = sum.sqrt();
            } else {
                a[i * n + j] = sum / a[j * n + j];
            }
        }
    }
    for i in 0..n {
        for k in 0..i {
            b[i] -= a[i * n + k] * b[k];
        }
        b[i] /= a[i * n + i];
    }
    for i in (0..n).rev() {
        for k in i + 1..n {
            b[i] -= a[k * n + i] * b[k];
        }
        b[i] /= a[i * n + i];
    }
    Some(b)
}
