//! The clocks of the network: the wall's, for signatures, and the world's, which may run faster and be moved by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::item::Millis;

/// Reads the wall's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the demo world stands for other people's servers, which have their own clocks"
)]
pub(crate) fn wall_now() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
        })
}

/// The world's clock.
#[derive(Debug)]
pub(crate) struct Clock {
    start: AtomicI64,
    factor: i64,
    skipped: AtomicI64,
}

impl Clock {
    pub(crate) fn new(start: Millis, factor: i64) -> Self {
        Self {
            start: AtomicI64::new(start),
            factor,
            skipped: AtomicI64::new(0),
        }
    }

    /// The world's time.
    pub(crate) fn now(&self) -> Millis {
        let start = self.start.load(Ordering::SeqCst);
        start + (wall_now() - start) * self.factor + self.skipped.load(Ordering::SeqCst)
    }

    /// How long the wall waits until a time of the world.
    pub(crate) fn wait_until(&self, at: Millis) -> std::time::Duration {
        let wait = (at - self.now()).max(0) / self.factor;
        std::time::Duration::from_millis(wait.unsigned_abs())
    }

    pub(crate) fn skip(&self, time: Millis) {
        self.skipped.fetch_add(time, Ordering::SeqCst);
    }

    pub(crate) fn restart(&self, start: Millis) {
        self.start.store(start, Ordering::SeqCst);
        self.skipped.store(0, Ordering::SeqCst);
    }
}
