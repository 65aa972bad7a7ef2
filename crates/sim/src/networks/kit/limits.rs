//! How often a network lets itself be asked: counters over a span of time, whose limits tests may lower.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::faults::lock;
use crate::item::Millis;

/// The counters of one network.
#[derive(Default)]
pub(crate) struct Limits {
    counters: Mutex<HashMap<(String, String), Counter>>,
    lowered: Mutex<HashMap<String, u32>>,
}

struct Counter {
    used: u32,
    ends: Millis,
}

/// How a caller stands after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) allowed: bool,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When the counting begins anew.
    pub(crate) reset: Millis,
}

/// One limit as it is documented.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) most: u32,
    pub(crate) span: Millis,
}

impl Limits {
    /// Takes `cost` from what `who` has left.
    pub(crate) fn take(&self, limit: Limit, who: &str, cost: u32, now: Millis) -> Standing {
        self.take_until(limit, who, cost, now, now + limit.span)
    }

    /// Takes `cost` where the counting begins anew at a time of its own, such as midnight.
    pub(crate) fn take_until(
        &self,
        limit: Limit,
        who: &str,
        cost: u32,
        now: Millis,
        ends: Millis,
    ) -> Standing {
        let most = self.lowered(limit.name).unwrap_or(limit.most);
        let mut counters = lock(&self.counters);
        let counter = counters
            .entry((limit.name.to_owned(), who.to_owned()))
            .or_insert(Counter { used: 0, ends });
        if counter.ends <= now {
            *counter = Counter { used: 0, ends };
        }
        let allowed = counter.used + cost <= most;
        if allowed {
            counter.used += cost;
        }
        Standing {
            allowed,
            limit: most,
            remaining: most.saturating_sub(counter.used),
            reset: counter.ends,
        }
    }

    /// Sets another limit, for tests that cannot make thousands of calls.
    pub(crate) fn lower(&self, name: &str, most: u32) {
        lock(&self.lowered).insert(name.to_owned(), most);
    }

    /// Returns the limit that tests set, where they did.
    pub(crate) fn lowered(&self, name: &str) -> Option<u32> {
        lock(&self.lowered).get(name).copied()
    }

    pub(crate) fn clear(&self) {
        lock(&self.counters).clear();
        lock(&self.lowered).clear();
    }
}

impl Standing {
    pub(crate) const fn used(&self) -> u32 {
        self.limit - self.remaining
    }

    /// Returns what is used, in per cent.
    pub(crate) fn percent(&self) -> u32 {
        (self.used() * 100).checked_div(self.limit).unwrap_or(100)
    }

    /// Returns the seconds until the counting begins anew, at least one.
    pub(crate) fn wait_seconds(&self, now: Millis) -> i64 {
        ((self.reset - now + 999) / 1_000).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Limits};

    const LIMIT: Limit = Limit {
        name: "posts",
        most: 2,
        span: 1_000,
    };

    #[test]
    fn a_span_ends_and_begins_anew() {
        let limits = Limits::default();
        let first = limits.take(LIMIT, "me", 1, 100);
        assert_eq!(
            (first.allowed, first.remaining, first.reset),
            (true, 1, 1_100)
        );
        assert!(limits.take(LIMIT, "me", 1, 900).allowed);
        let refused = limits.take(LIMIT, "me", 1, 1_000);
        assert_eq!((refused.allowed, refused.percent()), (false, 100));
        assert_eq!(refused.wait_seconds(1_000), 1);
        assert!(limits.take(LIMIT, "you", 2, 1_000).allowed);
        assert!(limits.take(LIMIT, "me", 1, 1_100).allowed);
    }

    #[test]
    fn a_lowered_limit_counts_at_once() {
        let limits = Limits::default();
        limits.lower("posts", 0);
        assert!(!limits.take(LIMIT, "me", 1, 0).allowed);
        limits.clear();
        assert!(limits.take(LIMIT, "me", 1, 0).allowed);
    }
}
