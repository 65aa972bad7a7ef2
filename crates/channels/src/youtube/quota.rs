//! The units that YouTube grants a project for a day, which ends at midnight by the clocks of the
//! Pacific coast. Counted in the cursor, so that a restart forgets nothing.

use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delivery::{Account, Usage};
use crate::outbound::SendError;

/// What reading a list costs.
pub(super) const LIST: u64 = 1;
/// What a project is granted where nobody asked for more.
pub(super) const GRANTED: u64 = 10_000;
/// What of it is kept for answers, which cost 50 each.
pub(super) const RESERVED: u64 = 4_000;
const ZONE: &str = "America/Los_Angeles";

#[derive(Serialize, Deserialize, Default)]
pub(super) struct Quota {
    /// When the day ends for which is counted, in seconds.
    #[serde(default)]
    ends: i64,
    #[serde(default)]
    pub(super) used: u64,
}

impl Quota {
    /// Begins anew where a new day has begun.
    pub(super) fn roll(&mut self, account: &Account) {
        let ends = midnight(account.now).as_seconds();
        if self.ends != ends {
            *self = Self { ends, used: 0 };
        }
    }

    /// Takes down one more request, or says how long to wait where only the answers' share is left.
    pub(super) fn spend(&mut self, account: &Account, units: u64) -> Result<(), SendError> {
        let most = for_reading(account);
        if self.used + units > most {
            return Err(SendError::RetryAfter {
                wait: until_midnight(account.now),
                detail: format!("the {most} units a day for reading are used up"),
            });
        }
        self.used += units;
        Ok(())
    }

    /// Takes down that the network says there is nothing left.
    pub(super) fn exhaust(&mut self, account: &Account) {
        self.used = self.used.max(for_reading(account));
    }

    pub(super) fn usage(&self, account: &Account) -> Usage {
        let until = midnight(account.now);
        Usage {
            unit: "units",
            used: if self.ends == until.as_seconds() {
                self.used
            } else {
                0
            },
            budget: Some(for_reading(account)),
            until,
            limits: Vec::new(),
        }
    }
}

/// Returns how long it is until the network grants anew.
pub(super) fn until_midnight(now: Timestamp) -> Duration {
    midnight(now).since(now).max(Duration::from_secs(1))
}

fn for_reading(account: &Account) -> u64 {
    let number = |name: &str, usual| {
        let number = account.settings.get(name).and_then(Value::as_u64);
        number.unwrap_or(usual)
    };
    number("quota_units", GRANTED).saturating_sub(number("reserved_units", RESERVED))
}

fn midnight(now: Timestamp) -> Timestamp {
    let next = || {
        let zone = TimeZone::get(ZONE).ok()?;
        let today = jiff::Timestamp::from_microsecond(now.0)
            .ok()?
            .to_zoned(zone);
        let next = today.checked_add(1.day()).ok()?.start_of_day().ok()?;
        Some(Timestamp::from_seconds(next.timestamp().as_second()))
    };
    next().unwrap_or_else(|| now.after(Duration::from_secs(86_400)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_by_the_pacific_whatever_the_season() {
        let cases = [
            ("2026-11-22T05:00:00Z", "2026-11-22T08:00:00.000000Z"),
            ("2026-11-22T08:00:00Z", "2026-11-23T08:00:00.000000Z"),
            ("2026-07-01T06:59:59Z", "2026-07-01T07:00:00.000000Z"),
            // The clocks change at two in the morning of these days.
            ("2026-03-08T09:00:00Z", "2026-03-09T07:00:00.000000Z"),
            ("2026-11-01T08:00:00Z", "2026-11-02T08:00:00.000000Z"),
        ];
        for (now, expected) in cases {
            let now: Timestamp = now.parse().expect("a time");
            assert_eq!(midnight(now).to_string(), expected, "{now}");
        }
    }
}
