//! What a bench measured: times put in order, and a table of what is told about them.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::output::say;

/// Times of many tries.
#[derive(Default)]
pub(super) struct Times {
    all: Vec<Duration>,
    ordered: bool,
}

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        self.all.push(time);
        self.ordered = false;
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.all.extend(other.all);
        self.ordered = false;
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Returns the time that this share of the tries did not exceed, in milliseconds.
    pub(super) fn percentile(&mut self, share: f64) -> f64 {
        if !self.ordered {
            self.all.sort_unstable();
            self.ordered = true;
        }
        let place = (self.all.len() as f64 * share).ceil() as usize;
        self.all
            .get(place.saturating_sub(1))
            .map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    }

    fn told(&mut self) -> Value {
        json!({
            "count": self.count(),
            "p50_ms": round(self.percentile(0.5)),
            "p99_ms": round(self.percentile(0.99)),
            "max_ms": round(self.percentile(1.0)),
        })
    }
}

/// What is told in the end, in the order in which it was found out.
#[derive(Default)]
pub(super) struct Report {
    lines: Vec<(String, String)>,
    values: Map<String, Value>,
}

impl Report {
    pub(super) fn number(&mut self, name: &str, words: &str, value: f64, unit: &str) {
        self.lines
            .push((words.to_owned(), format!("{} {unit}", round(value))));
        self.values.insert(name.to_owned(), json!(round(value)));
    }

    pub(super) fn text(&mut self, name: &str, words: &str, value: &str) {
        self.lines.push((words.to_owned(), value.to_owned()));
        self.values.insert(name.to_owned(), json!(value));
    }

    pub(super) fn times(&mut self, name: &str, words: &str, mut times: Times) {
        self.lines.push((
            words.to_owned(),
            format!(
                "p50 {:.1} ms   p99 {:.1} ms   max {:.1} ms   ({} tries)",
                times.percentile(0.5),
                times.percentile(0.99),
                times.percentile(1.0),
                times.count()
            ),
        ));
        self.values.insert(name.to_owned(), times.told());
    }

    /// Prints everything on standard output.
    pub(super) fn print(&self, json: bool) {
        if json {
            say(Value::Object(self.values.clone())).ok();
            return;
        }
        let width = self.lines.iter().map(|(words, _)| words.len()).max();
        for (words, value) in &self.lines {
            say(format_args!(
                "{words:<width$}  {value}",
                width = width.unwrap_or(0)
            ))
            .ok();
        }
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let mut times = Times::default();
        (1..=200).for_each(|number| times.add(Duration::from_millis(number)));
        let at = |times: &mut Times, share| times.percentile(share).round() as u64;
        assert_eq!(at(&mut times, 0.5), 100);
        assert_eq!(at(&mut times, 0.99), 198);
        assert_eq!(at(&mut times, 1.0), 200);
        assert_eq!(at(&mut Times::default(), 0.99), 0);
    }
}
