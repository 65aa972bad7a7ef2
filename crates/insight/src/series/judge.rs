//! Judges a detector of storms by the rules of the Numenta Anomaly Benchmark: early counts, false costs.
//! Scores alarms against windows in rows; reading the benchmark's files is not its business.

/// What an early find, a false alarm and a miss weigh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    pub found: f64,
    pub false_alarm: f64,
    pub missed: f64,
}

/// The benchmark's usual weights.
pub const STANDARD: Profile = Profile {
    found: 1.0,
    false_alarm: 0.11,
    missed: 1.0,
};
/// False alarms weigh double.
pub const FEW_FALSE_ALARMS: Profile = Profile {
    found: 1.0,
    false_alarm: 0.22,
    missed: 1.0,
};

/// A stretch of rows in which an alarm is right, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub first: usize,
    pub last: usize,
}

/// What alarms over one series came to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Verdict {
    pub score: f64,
    pub windows: usize,
    pub found: usize,
    pub false_alarms: usize,
}

impl Verdict {
    /// Adds the verdict on another series.
    pub fn add(&mut self, other: Self) {
        self.score += other.score;
        self.windows += other.windows;
        self.found += other.found;
        self.false_alarms += other.false_alarms;
    }

    /// Returns the score between 0, nothing ever said, and 100, all found at once and nothing else.
    pub fn normalised(&self, profile: Profile) -> f64 {
        let windows = self.windows as f64;
        let nothing = -profile.missed * windows;
        let perfect = profile.found * windows;
        100.0 * (self.score - nothing) / (perfect - nothing)
    }
}

/// Returns how many rows at the start of a series are not judged.
pub fn probation(rows: usize) -> usize {
    (rows * 15 / 100).min(750)
}

/// Returns the worth of an alarm by its place: -1 at the start of a window, 0 at its end, above it after.
pub fn sigmoid(place: f64) -> f64 {
    if place > 3.0 {
        -1.0
    } else {
        2.0 / (1.0 + (5.0 * place).exp()) - 1.0
    }
}

/// Judges the rows that alarmed, given in order, of a series of `rows` rows.
pub fn judge(alarms: &[usize], windows: &[Window], rows: usize, profile: Profile) -> Verdict {
    let mut verdict = Verdict {
        windows: windows.len(),
        ..Verdict::default()
    };
    let mut found = vec![false; windows.len()];
    for &row in alarms.iter().filter(|row| **row >= probation(rows)) {
        let inside = windows
            .iter()
            .position(|window| (window.first..=window.last).contains(&row));
        if let Some(index) = inside {
            // Only the earliest alarm of a window counts.
            if !found[index] {
                found[index] = true;
                let Window { first, last } = windows[index];
                let place = -((last - row + 1) as f64) / (last - first + 1) as f64;
                verdict.score += profile.found * sigmoid(place) / sigmoid(-1.0);
            }
            continue;
        }
        verdict.false_alarms += 1;
        let before = windows.iter().rfind(|window| window.last < row);
        let worth = before.map_or(-1.0, |window| {
            let width = (window.last - window.first).max(1) as f64;
            sigmoid((row - window.last) as f64 / width)
        });
        verdict.score -= profile.false_alarm * worth.abs();
    }
    verdict.found = found.iter().filter(|found| **found).count();
    verdict.score -= profile.missed * (windows.len() - verdict.found) as f64;
    verdict
}
