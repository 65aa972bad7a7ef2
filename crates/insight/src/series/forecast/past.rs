//! What a method may see: a grid up to a cut, special days taken out of the learning.

use super::grid::Grid;
use crate::series::charts::{median, quantile};

/// A series up to a cut; everything from there on is the future.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    pub grid: &'a Grid,
    /// The values to learn from: as counted, `NaN` on marked days.
    pub learn: &'a [f64],
    /// The first cell of the future.
    pub cut: usize,
}

impl Past<'_> {
    /// Returns a value of the past; nothing in the future, on marked days and where nothing was counted.
    pub fn at(&self, cell: usize) -> Option<f64> {
        if cell >= self.cut {
            return None;
        }
        self.learn.get(cell).copied().filter(|y| y.is_finite())
    }

    /// Returns the last `count` values of the same place in the season, newest first.
    ///
    /// At most three times as many seasons are looked through.
    pub fn same_place(&self, cell: usize, season: usize, count: usize) -> Vec<f64> {
        let season = season.max(1);
        let mut back = cell;
        if back >= self.cut {
            let over = back - self.cut;
            let steps = over / season + 1;
            let Some(start) = back.checked_sub(steps * season) else {
                return Vec::new();
            };
            back = start;
        }
        let mut values = Vec::with_capacity(count);
        for _ in 0..3 * count {
            values.extend(self.at(back));
            if values.len() == count {
                break;
            }
            let Some(earlier) = back.checked_sub(season) else {
                break;
            };
            back = earlier;
        }
        values
    }
}

/// Marks rows that differ so much from the same weekday around them that they would teach the wrong thing.
///
/// A total far outside what the weekday spreads over is marked, as is a day half empty where others are full.
pub fn unusual_rows(grid: &Grid) -> Vec<bool> {
    let rows = grid.values.len() / grid.per_row;
    let totals: Vec<f64> = (0..rows)
        .map(|row| {
            let cells = &grid.values[row * grid.per_row..(row + 1) * grid.per_row];
            let seen: Vec<f64> = cells.iter().copied().filter(|y| y.is_finite()).collect();
            if seen.is_empty() {
                f64::NAN
            } else {
                (seen.iter().sum::<f64>().max(0.0) + 1.0).ln()
            }
        })
        .collect();
    let season = grid.season_rows;
    let mut gaps = vec![f64::NAN; rows];
    for row in 0..rows {
        if !totals[row].is_finite() {
            continue;
        }
        let around: Vec<f64> = (1..=4)
            .flat_map(|week| {
                [
                    row.checked_sub(week * season),
                    Some(row + week * season).filter(|later| *later < rows),
                ]
            })
            .flatten()
            .map(|other| totals[other])
            .filter(|total| total.is_finite())
            .collect();
        if around.len() >= 3 {
            gaps[row] = totals[row] - median(&around).unwrap_or(totals[row]);
        }
    }
    let mut sizes: Vec<f64> = gaps
        .iter()
        .map(|gap| gap.abs())
        .filter(|g| g.is_finite())
        .collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let usual = quantile(&sizes, 0.5);
    gaps.iter()
        .map(|gap| gap.is_finite() && gap.abs() > (8.0 * usual).max(0.35))
        .collect()
}
