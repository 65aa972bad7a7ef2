//! A series laid out by days and slots of the day, so that a clock's change or a closed evening shifts nothing.
//! Slots of a day or more stand one to a row.

use std::collections::HashMap;

use crate::series::civil::{DAY, WEEK};

/// At most so many cells are laid out; what would need more is older than anybody forecasts from.
const MOST_CELLS: i64 = 100_000;

/// Values by row (a day) and slot; `NaN` where nothing was counted.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Seconds of a slot.
    pub period: i64,
    /// Seconds of a row: a day, or one slot where that is longer.
    pub row_seconds: i64,
    /// Slots of a row.
    pub per_row: usize,
    /// Rows of a season: seven days, or one where rows are longer than days.
    pub season_rows: usize,
    /// The number of the first row since 1970.
    pub first_row: i64,
    offset: i64,
    /// Row after row.
    pub values: Vec<f64>,
}

impl Grid {
    /// Lays out values by time; nothing where there is none that is a number.
    pub fn of(points: &[(i64, f64)]) -> Option<Self> {
        let mut points: Vec<(i64, f64)> = points
            .iter()
            .copied()
            .filter(|(_, y)| y.is_finite())
            .collect();
        points.sort_by_key(|(at, _)| *at);
        let &(last, _) = points.last()?;
        let period = usual_gap(&points);
        let row_seconds = if period > DAY { period } else { DAY };
        let per_row = ((row_seconds + period - 1) / period).max(1);
        let reach = (MOST_CELLS / per_row).saturating_mul(row_seconds);
        let start = points.partition_point(|(at, _)| *at < last.saturating_sub(reach));
        let points = &points[start..];
        let (first, _) = *points.first()?;
        let first_row = first.div_euclid(row_seconds);
        let rows = last.div_euclid(row_seconds) - first_row + 1;
        let mut grid = Self {
            period,
            row_seconds,
            per_row: per_row as usize,
            season_rows: if row_seconds == DAY { 7 } else { 1 },
            first_row,
            offset: usual_offset(points, period),
            values: vec![f64::NAN; (rows * per_row) as usize],
        };
        let mut counts = vec![0.0_f64; grid.values.len()];
        for (at, y) in points {
            let Some(cell) = grid.cell(*at).filter(|cell| *cell < counts.len()) else {
                continue;
            };
            // A slot that comes twice, as in the autumn night, counts as their mean.
            let before = if counts[cell] > 0.0 {
                grid.values[cell]
            } else {
                0.0
            };
            counts[cell] += 1.0;
            grid.values[cell] = before + (y - before) / counts[cell];
        }
        Some(grid)
    }

    /// Returns the cell of a time, which may lie behind the last; nothing before the first.
    pub fn cell(&self, at: i64) -> Option<usize> {
        let row = at.div_euclid(self.row_seconds) - self.first_row;
        let slot = at.rem_euclid(self.row_seconds) / self.period;
        (row >= 0).then(|| row as usize * self.per_row + slot as usize)
    }

    /// Returns the time at which a cell begins.
    pub fn time(&self, cell: usize) -> i64 {
        let row = self.first_row + (cell / self.per_row) as i64;
        row * self.row_seconds + (cell % self.per_row) as i64 * self.period + self.offset
    }

    /// Returns how many cells a season has.
    pub fn season(&self) -> usize {
        self.season_rows * self.per_row
    }

    /// Returns the row's place in the season: the weekday.
    pub fn weekday(&self, row: usize) -> usize {
        (self.first_row + row as i64).rem_euclid(self.season_rows as i64) as usize
    }

    /// Returns the cell after the last value.
    pub fn end(&self) -> usize {
        self.values
            .iter()
            .rposition(|y| y.is_finite())
            .map_or(0, |last| last + 1)
    }

    /// Returns the next `horizon` cells that are slots of this series: closed hours are passed over.
    pub fn next(&self, horizon: usize) -> Vec<usize> {
        let end = self.end();
        let season = self.season();
        let weeks = 6;
        let first = self
            .values
            .iter()
            .position(|y| y.is_finite())
            .unwrap_or(end);
        let ever: Vec<bool> = (0..self.per_row)
            .map(|slot| {
                let mut day = self.values.iter().skip(slot).step_by(self.per_row);
                day.any(|y| y.is_finite())
            })
            .collect();
        // Before a whole season is known its days are all alike: one day stands for them.
        let circle = if end < season { self.per_row } else { season };
        let open: Vec<bool> = (0..circle)
            .map(|place| {
                let mut known = (1..=weeks)
                    .filter_map(|week| (end + place).checked_sub(week * season))
                    .filter(|base| *base >= first)
                    .peekable();
                // A weekday not seen yet has the hours of the others.
                if known.peek().is_none() {
                    return ever[(end + place) % self.per_row];
                }
                known.any(|base| self.values.get(base).is_some_and(|y| y.is_finite()))
            })
            .collect();
        if !open.contains(&true) {
            return (end..end + horizon).collect();
        }
        (end..)
            .filter(|cell| open[(cell - end) % circle])
            .take(horizon)
            .collect()
    }
}

/// The most common step between two times.
fn usual_gap(points: &[(i64, f64)]) -> i64 {
    let mut gaps: HashMap<i64, usize> = HashMap::new();
    for pair in points.windows(2) {
        let gap = pair[1].0 - pair[0].0;
        if gap > 0 {
            *gaps.entry(gap).or_default() += 1;
        }
    }
    gaps.into_iter()
        .max_by_key(|(gap, count)| (*count, -gap))
        .map_or(DAY, |(gap, _)| gap.clamp(1, 60 * WEEK))
}

/// The most common distance of a time from the start of its slot.
fn usual_offset(points: &[(i64, f64)], period: i64) -> i64 {
    let mut offsets: HashMap<i64, usize> = HashMap::new();
    for (at, _) in points {
        let row_seconds = if period > DAY { period } else { DAY };
        *offsets
            .entry(at.rem_euclid(row_seconds) % period)
            .or_default() += 1;
    }
    offsets
        .into_iter()
        .max_by_key(|(offset, count)| (*count, -offset))
        .map_or(0, |(offset, _)| offset)
}
