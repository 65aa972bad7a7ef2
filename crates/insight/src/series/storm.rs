//! The storm detector: takes one slot after the other, says how far it stands out, and why.
//! Never looks ahead; who is told, and what a team makes of it, is decided elsewhere.

use std::collections::VecDeque;

use super::civil::{DAY, WEEK};

/// From this score on a slot is an alarm; the same for every series.
pub const THRESHOLD: f64 = 0.5;

const HOUR: i64 = 3_600;
/// The lengths over which counts are summed: a flash storm shows in the short, a slow one in the long.
const WINDOWS: [i64; 4] = [5 * 60, 15 * 60, 30 * 60, HOUR];
/// So far back the past is remembered.
const MEMORY: i64 = 14 * DAY;
/// At most so many sums of the past are kept for each window.
const KEPT: i64 = 4_032;
/// Heights of the usual peaks, and how many times higher a sum stands when an alarm is due.
const PEAKS: [(f64, f64); 3] = [(0.90, 2.09), (0.95, 1.76), (0.99, 1.16)];
/// So many messages an hour are added before logarithms are taken: few on few is no storm.
const BALLAST: f64 = 60.0;
/// The least distance between middle and peak, as a logarithm.
const LEAST_HEIGHT: f64 = 0.1;
/// The height of an alarm in those units, fixed on recorded series.
const ALARM_HEIGHT: f64 = 1.27;
/// After an alarm the same storm stays quiet for so long.
const REST: i64 = DAY;
/// The weight of a new week in what is usual for an hour of the week.
const WEEKLY: f64 = 0.25;

/// What the detector says to one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal {
    /// Between 0 and 1, an alarm from [`THRESHOLD`] on; lower while a storm is already known.
    pub score: f64,
    /// The same without the rest after an alarm: how far the slot stands out by itself.
    pub height: f64,
    /// How long the window is in which it stands out most, in seconds.
    pub window: i64,
    /// What was counted within it.
    pub counted: f64,
    /// What is usual for it at this hour of the week; nothing before a week is known.
    pub usual: Option<f64>,
}

impl Signal {
    /// Returns how many times the usual was counted.
    pub fn factor(&self) -> Option<f64> {
        self.usual
            .filter(|usual| *usual > 0.0)
            .map(|usual| self.counted / usual)
    }

    /// Tells whether this is an alarm.
    pub fn is_alarm(&self) -> bool {
        self.score >= THRESHOLD
    }
}

/// Watches one stream of counts.
#[derive(Debug, Clone)]
pub struct Detector {
    slot: i64,
    last: Option<i64>,
    first: Option<i64>,
    alarmed: Option<i64>,
    windows: Vec<Window>,
    hours: Vec<Hour>,
}

/// The sum over one window and its past.
#[derive(Debug, Clone)]
struct Window {
    length: i64,
    slots: VecDeque<(i64, f64)>,
    sum: f64,
    past: VecDeque<f64>,
    sorted: Vec<f64>,
    room: usize,
    every: i64,
    seen: i64,
}

/// What is usual in one hour of the week.
#[derive(Debug, Clone, Copy, Default)]
struct Hour {
    mean: f64,
    weeks: u32,
    sum: f64,
    slots: f64,
    week: i64,
}

impl Detector {
    /// Makes one for slots of so many seconds.
    pub fn new(slot_seconds: i64) -> Self {
        let slot = slot_seconds.clamp(1, WEEK);
        let mut lengths: Vec<i64> = WINDOWS.iter().map(|length| (*length).max(slot)).collect();
        lengths.dedup();
        Self {
            slot,
            last: None,
            first: None,
            alarmed: None,
            windows: lengths
                .into_iter()
                .map(|length| Window::new(length, slot))
                .collect(),
            hours: vec![Hour::default(); 168],
        }
    }

    /// Takes the next slot; a count that is no number leaves no trace and scores nothing.
    ///
    /// A slot that comes late is taken as of the newest one.
    pub fn push(&mut self, at: i64, count: f64) -> Signal {
        if !count.is_finite() {
            return Signal::silent();
        }
        let count = count.max(0.0);
        let at = self.last.map_or(at, |last| at.max(last));
        self.last = Some(at);
        let first = *self.first.get_or_insert(at);
        for window in &mut self.windows {
            window.add(at, count, self.slot);
        }

        let heights: Vec<f64> = self.windows.iter().map(Window::height).collect();
        let learned = at - first >= DAY && self.windows.iter().all(Window::is_ready);
        let height = heights.iter().sum::<f64>() / heights.len() as f64;
        let height = if learned { height.max(0.0) } else { 0.0 };
        let signal = self.signal(at, height, &heights);

        for window in &mut self.windows {
            window.remember();
        }
        self.learn_hour(at, count);
        signal
    }

    fn signal(&mut self, at: i64, height: f64, heights: &[f64]) -> Signal {
        let mut score = height / (height + ALARM_HEIGHT);
        if score >= THRESHOLD {
            if self.alarmed.is_some_and(|alarmed| at - alarmed <= REST) {
                // Known already: the order is kept, below every alarm.
                score *= THRESHOLD * 0.999;
            } else {
                self.alarmed = Some(at);
            }
        }
        let highest = (0..heights.len())
            .max_by(|a, b| heights[*a].total_cmp(&heights[*b]))
            .unwrap_or(0);
        let window = &self.windows[highest];
        Signal {
            score,
            height,
            window: window.length,
            counted: window.sum,
            usual: self.usual(at, window.length),
        }
    }

    /// Returns what is usual for a window that ends at this hour of the week.
    fn usual(&self, at: i64, length: i64) -> Option<f64> {
        let hour = &self.hours[hour_of_week(at)];
        (hour.weeks > 0).then(|| hour.mean * length as f64 / self.slot as f64)
    }

    /// Counts are held to a few times what the hour is used to, so that a storm does not become the usual.
    fn learn_hour(&mut self, at: i64, count: f64) {
        let hour = &mut self.hours[hour_of_week(at)];
        let week = at.div_euclid(WEEK);
        if hour.week != week && hour.slots > 0.0 {
            let mean = hour.sum / hour.slots;
            let weight = if hour.weeks == 0 { 1.0 } else { WEEKLY };
            hour.mean += weight * (mean - hour.mean);
            hour.weeks += 1;
            (hour.sum, hour.slots) = (0.0, 0.0);
        }
        hour.week = week;
        let bound = if hour.weeks == 0 {
            f64::INFINITY
        } else {
            hour.mean + 3.0 * (hour.mean + 1.0)
        };
        hour.sum += count.min(bound);
        hour.slots += 1.0;
    }
}

impl Signal {
    fn silent() -> Self {
        Self {
            score: 0.0,
            height: 0.0,
            window: 0,
            counted: 0.0,
            usual: None,
        }
    }
}

impl Window {
    fn new(length: i64, slot: i64) -> Self {
        let all = (MEMORY / slot).max(1);
        let every = (all + KEPT - 1) / KEPT;
        Self {
            length,
            slots: VecDeque::new(),
            sum: 0.0,
            past: VecDeque::new(),
            sorted: Vec::new(),
            room: (all / every) as usize,
            every,
            seen: 0,
        }
    }

    fn add(&mut self, at: i64, count: f64, slot: i64) {
        self.slots.push_back((at, count));
        self.sum += count;
        // A slot may come a little late without pushing another out.
        let oldest = at - self.length + slot / 2;
        while let Some((_, old)) = self.slots.pop_front_if(|(at, _)| *at <= oldest) {
            self.sum -= old;
        }
        if self.slots.len() == 1 {
            self.sum = count;
        }
    }

    /// The sum as a logarithm, with its ballast.
    fn level(&self) -> f64 {
        let ballast = BALLAST * self.length as f64 / HOUR as f64;
        (self.sum.max(0.0) + ballast).ln()
    }

    fn is_ready(&self) -> bool {
        self.sorted.len() >= 24
    }

    /// How high the sum stands above the middle of the past, in heights of its usual peaks.
    fn height(&self) -> f64 {
        if self.sorted.is_empty() {
            return 0.0;
        }
        let middle = self.past_quantile(0.5);
        let above = self.level() - middle;
        let heights = PEAKS.map(|(share, due)| {
            above / (self.past_quantile(share) - middle).max(LEAST_HEIGHT) / due
        });
        heights.iter().sum::<f64>() / heights.len() as f64
    }

    fn past_quantile(&self, share: f64) -> f64 {
        super::charts::quantile(&self.sorted, share)
    }

    fn remember(&mut self) {
        self.seen += 1;
        if self.seen % self.every != 0 {
            return;
        }
        let level = self.level();
        if self.past.len() >= self.room
            && let Some(old) = self.past.pop_front()
        {
            let place = self.sorted.partition_point(|value| *value < old);
            self.sorted.remove(place);
        }
        self.past.push_back(level);
        let place = self.sorted.partition_point(|value| *value < level);
        self.sorted.insert(place, level);
    }
}

fn hour_of_week(at: i64) -> usize {
    (at.rem_euclid(WEEK) / HOUR) as usize
}
