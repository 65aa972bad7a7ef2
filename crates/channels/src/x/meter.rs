//! What was asked of X so far: posts read in this month against a budget, and the short limits that
//! X tells in its headers. Kept in the cursor, so that a restart forgets nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delivery::{Account, Limit, Usage};
use crate::http::Answer;
use crate::outbound::SendError;

/// The most that X gives at once.
const PAGE: u64 = 100;

#[derive(Serialize, Deserialize, Default, Clone)]
pub(super) struct Meter {
    /// When counting began, in seconds.
    #[serde(default)]
    began: i64,
    /// How many posts and direct messages X gave since then; it bills by them.
    #[serde(default)]
    pub(super) read: u64,
    /// How much X itself says that it counted for the app, pushed events and all.
    #[serde(default)]
    billed: Option<u64>,
    /// X's short limits by what was asked for.
    #[serde(default)]
    limits: BTreeMap<String, Limit>,
}

impl Meter {
    /// Begins anew where a new month of billing has begun.
    pub(super) fn roll(&mut self, account: &Account) {
        let (began, _) = cycle(account);
        if self.began != began {
            self.began = began;
            self.read = 0;
            self.billed = None;
        }
    }

    /// Takes over what X counted, where its month begins on the day that is set here.
    pub(super) fn hear(&mut self, account: &Account, told: &Value) {
        let number = |name: &str| {
            let told = told.pointer(&format!("/data/{name}"))?;
            told.as_u64().or_else(|| told.as_str()?.parse().ok())
        };
        let day = number("cap_reset_day");
        if day.is_some() && day == Some(number_of_day(account)) {
            self.billed = number("project_usage");
        }
    }

    fn used(&self) -> u64 {
        self.read.max(self.billed.unwrap_or(0))
    }

    /// Returns how much to ask for at once, or how long to wait where budget or limit are used up.
    pub(super) fn page(
        &self,
        account: &Account,
        budget: &str,
        (name, least): (&str, u64),
    ) -> Result<u64, SendError> {
        if let Some(limit) = self.limits.get(name)
            && limit.remaining == 0
            && limit.resets_at > account.now
        {
            return Err(SendError::RetryAfter {
                wait: limit.resets_at.since(account.now),
                detail: format!("the network's limit for {name} is reached"),
            });
        }
        let Some(budget) = number(account, budget) else {
            return Ok(PAGE);
        };
        let left = budget.saturating_sub(self.used());
        if left < least {
            let (_, ends) = cycle(account);
            return Err(SendError::RetryAfter {
                wait: Timestamp::from_seconds(ends).since(account.now),
                detail: format!("the budget of {budget} posts is used up until next month"),
            });
        }
        Ok(left.min(PAGE))
    }

    /// Takes down what an answer cost and what its headers tell.
    pub(super) fn note(&mut self, name: &str, answer: &Answer, items: usize) {
        self.read += items as u64;
        let header = |name: &str| answer.header(name)?.trim().parse::<i64>().ok();
        let (Some(limit), Some(remaining), Some(reset)) = (
            header("x-rate-limit-limit"),
            header("x-rate-limit-remaining"),
            header("x-rate-limit-reset"),
        ) else {
            return;
        };
        let positive = |number: i64| u64::try_from(number).unwrap_or(0);
        let limit = Limit {
            name: name.to_owned(),
            most: positive(limit),
            remaining: positive(remaining),
            resets_at: Timestamp::from_seconds(reset.clamp(0, 1 << 40)),
        };
        self.limits.insert(name.to_owned(), limit);
    }

    pub(super) fn usage(&self, account: &Account, budget: &str) -> Usage {
        let (began, ends) = cycle(account);
        Usage {
            unit: "posts",
            used: if self.began == began { self.used() } else { 0 },
            budget: number(account, budget),
            until: Timestamp::from_seconds(ends),
            limits: self.limits.values().cloned().collect(),
        }
    }
}

/// Returns how long to wait until X begins a new month.
pub(super) fn until_new_cycle(account: &Account) -> Duration {
    Timestamp::from_seconds(cycle(account).1).since(account.now)
}

pub(super) fn number(account: &Account, name: &str) -> Option<u64> {
    let number = account.settings.get(name).and_then(Value::as_u64);
    number.filter(|number| *number > 0)
}

fn number_of_day(account: &Account) -> u64 {
    number(account, "budget_day").unwrap_or(1).clamp(1, 28)
}

/// Returns when the month of billing began and when it ends, in seconds.
fn cycle(account: &Account) -> (i64, i64) {
    let day = number_of_day(account) as i8;
    let edges = || {
        let now = jiff::Timestamp::from_microsecond(account.now.0).ok()?;
        let now: Zoned = now.to_zoned(TimeZone::UTC);
        let this = now.with().day(day).build().ok()?.start_of_day().ok()?;
        let begin = if this > now {
            this.checked_sub(1.month()).ok()?
        } else {
            this
        };
        let end = begin.checked_add(1.month()).ok()?;
        Some((begin.timestamp().as_second(), end.timestamp().as_second()))
    };
    edges().unwrap_or_default()
}
