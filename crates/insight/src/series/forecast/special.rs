//! Special days of a series: which rows they mark, and what they do to the usual.

use std::collections::{BTreeMap, HashMap};

use super::grid::Grid;
use super::methods::Method;
use super::past::Past;
use crate::series::civil::{DAY, Day};
use crate::series::holidays::{Region, holidays};
use crate::series::uplift::Uplift;

/// Days on which the usual does not hold, each with its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecialDays {
    days: BTreeMap<Day, String>,
}

impl SpecialDays {
    /// Adds a day; a day added later wins.
    pub fn add(&mut self, day: Day, kind: &str) {
        self.days.insert(day, kind.to_owned());
    }

    /// Adds the public holidays of a region from one year to another.
    pub fn add_holidays(&mut self, region: Region, first_year: i64, last_year: i64) {
        for year in first_year..=last_year {
            for (day, holiday) in holidays(region, year) {
                self.days
                    .entry(day)
                    .or_insert_with(|| format!("{HOLIDAY}{}", holiday.name()));
            }
        }
    }

    /// Returns the kind of each row; rows longer than a day are never special.
    pub(super) fn marks(&self, grid: &Grid, rows: usize) -> Vec<Option<String>> {
        let rows = rows.max(grid.values.len() / grid.per_row);
        if grid.row_seconds != DAY || self.days.is_empty() {
            return vec![None; rows];
        }
        (0..rows)
            .map(|row| self.days.get(&Day(grid.first_row + row as i64)).cloned())
            .collect()
    }
}

const HOLIDAY: &str = "holiday:";
/// Where nothing is known of a kind, a public holiday is taken for a Sunday at most this high.
const UNKNOWN_RANGE: (f64, f64) = (0.5, 1.5);

/// What each kind of day does.
#[derive(Debug, Clone, Default)]
pub(super) struct Uplifts {
    kinds: HashMap<String, Uplift>,
    holidays: Option<Uplift>,
    sunday: Option<f64>,
}

impl Uplifts {
    /// Returns the uplift of a kind, or of its nearest kin.
    pub(super) fn of(&self, kind: &str) -> Uplift {
        let own = self.kinds.get(kind).copied();
        let kin = if kind.starts_with(HOLIDAY) {
            self.holidays
        } else {
            None
        };
        match (own, kin) {
            (Some(own), _) if own.is_sure() => own,
            // Few days of a kind are drawn towards all holidays.
            (Some(own), Some(kin)) => Uplift {
                factor: (own.factor.max(1e-6) * kin.factor.max(1e-6)).sqrt(),
                low: own.low.min(kin.low),
                high: own.high.max(kin.high),
                days: own.days,
            },
            (Some(few), None) => few,
            (None, Some(kin)) => kin,
            (None, None) => self.unknown(kind.starts_with(HOLIDAY)),
        }
    }

    fn unknown(&self, is_holiday: bool) -> Uplift {
        let factor = match self.sunday {
            Some(sunday) if is_holiday => sunday,
            _ => 1.0,
        };
        Uplift {
            factor,
            low: factor * UNKNOWN_RANGE.0,
            high: factor * UNKNOWN_RANGE.1,
            days: 0,
        }
    }
}

/// Compares each marked day of the past with what the weekly median would have said.
pub(super) fn uplifts(past: Past, marks: &[Option<String>]) -> Uplifts {
    let grid = past.grid;
    let mut days: HashMap<&str, Vec<(f64, f64)>> = HashMap::new();
    for (row, kind) in marks.iter().enumerate() {
        let Some(kind) = kind else { continue };
        let cells: Vec<usize> = (row * grid.per_row..(row + 1) * grid.per_row)
            .filter(|cell| *cell < past.cut && grid.values[*cell].is_finite())
            .collect();
        let before = Past {
            cut: row * grid.per_row,
            ..past
        };
        let usual = Method::WeeklyMedian(5).forecast(before, &cells);
        let (mut actual, mut expected) = (0.0, 0.0);
        for (cell, usual) in cells.iter().zip(usual) {
            if usual.is_finite() {
                actual += grid.values[*cell];
                expected += usual;
            }
        }
        if expected > 0.0 {
            days.entry(kind).or_default().push((actual, expected));
        }
    }
    let all: Vec<(f64, f64)> = days
        .iter()
        .filter(|(kind, _)| kind.starts_with(HOLIDAY))
        .flat_map(|(_, days)| days.iter().copied())
        .collect();
    Uplifts {
        holidays: Uplift::of(&all),
        kinds: days
            .iter()
            .filter_map(|(kind, days)| Some(((*kind).to_owned(), Uplift::of(days)?)))
            .collect(),
        sunday: sunday_share(past),
    }
}

/// How a Sunday stands to the mean of the working days.
fn sunday_share(past: Past) -> Option<f64> {
    let grid = past.grid;
    if grid.season_rows != 7 {
        return None;
    }
    let (mut sundays, mut sundays_seen, mut others, mut others_seen) = (0.0, 0.0, 0.0, 0.0);
    let first = past.cut.saturating_sub(56 * grid.per_row);
    for cell in first..past.cut {
        let Some(y) = past.at(cell) else { continue };
        match Day(grid.first_row + (cell / grid.per_row) as i64).weekday() {
            7 => {
                sundays += y;
                sundays_seen += 1.0;
            }
            6 => {}
            _ => {
                others += y;
                others_seen += 1.0;
            }
        }
    }
    (sundays_seen > 0.0 && others > 0.0)
        .then(|| ((sundays / sundays_seen) / (others / others_seen)).clamp(0.0, 1.5))
}
