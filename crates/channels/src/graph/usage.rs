//! How much of Meta's limits is used up, as the headers of every answer say, and the pace that follows.

use std::time::Duration;

use serde_json::Value;

use crate::http::Answer;

/// From here on we go slower.
const SLOW_FROM_PER_CENT: u64 = 80;
/// How long we wait where a limit is reached and nobody says for how long.
const UNSTATED_WAIT: Duration = Duration::from_secs(3_600);
/// How much longer the pauses are near a limit.
const SLOWNESS: u32 = 4;

/// How much longer we wait after sending for each per cent from there on.
const STEP: Duration = Duration::from_secs(15);

const HEADERS: [&str; 3] = ["x-app-usage", "x-page-usage", "x-business-use-case-usage"];

/// The fullest of all meters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    pub(crate) per_cent: u64,
    /// When the network opens again, where it says so.
    pub(crate) opens_in: Option<Duration>,
}

impl Usage {
    pub(crate) fn of(answer: &Answer) -> Self {
        let mut usage = Self::default();
        for name in HEADERS {
            let meters = answer
                .header(name)
                .and_then(|text| serde_json::from_str::<Value>(text).ok());
            if let Some(meters) = meters {
                usage.note(&meters, 0);
            }
        }
        usage
    }

    /// Returns the pause before the next question.
    pub(crate) fn pause(self, usual: Duration) -> Duration {
        if self.per_cent >= 100 {
            usual.max(self.opens_in.unwrap_or(UNSTATED_WAIT))
        } else if self.per_cent >= SLOW_FROM_PER_CENT {
            usual * SLOWNESS
        } else {
            usual
        }
    }

    /// Returns the pause after something was sent: the longer the fuller, and as long as the network
    /// says where a limit is reached.
    pub(crate) fn pause_after_sending(self) -> Option<Duration> {
        match self.per_cent {
            ..SLOW_FROM_PER_CENT => None,
            100.. => Some(self.opens_in.unwrap_or(UNSTATED_WAIT)),
            near => Some(STEP * (near - SLOW_FROM_PER_CENT + 1) as u32),
        }
    }

    /// Keeps the fuller of two.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            per_cent: self.per_cent.max(other.per_cent),
            opens_in: self.opens_in.max(other.opens_in),
        }
    }

    /// The meters stand in an object, or in lists by account below it.
    fn note(&mut self, meters: &Value, depth: usize) {
        if depth > 3 {
            return;
        }
        match meters {
            Value::Array(list) => list.iter().for_each(|inner| self.note(inner, depth + 1)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value.as_f64()) {
                        ("call_count" | "total_time" | "total_cputime", Some(number)) => {
                            self.per_cent = self.per_cent.max(number.max(0.0) as u64);
                        }
                        ("estimated_time_to_regain_access", Some(minutes)) if minutes > 0.0 => {
                            let wait = Duration::from_secs(minutes.min(1_440.0) as u64 * 60);
                            self.opens_in = self.opens_in.max(Some(wait));
                        }
                        (_, None) => self.note(value, depth + 1),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}
