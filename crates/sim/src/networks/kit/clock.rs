//! The clock of the simulated networks: it runs with the wall's or stands still, and tests move it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::wall_now;
use crate::item::Millis;

/// A clock that can be moved forwards.
pub(crate) struct SimClock {
    start: Millis,
    /// What the wall said at the start; none where this clock stands still between two moves.
    origin: Option<Millis>,
    skipped: watch::Sender<Millis>,
    /// What it shows while a past is played; `NO_PAST` where none is.
    played: AtomicI64,
}

const NO_PAST: Millis = Millis::MIN;

impl SimClock {
    pub(crate) fn new(start: Option<Millis>, frozen: bool) -> Self {
        let wall = wall_now();
        Self {
            start: start.unwrap_or(wall),
            origin: (!frozen).then_some(wall),
            skipped: watch::Sender::new(0),
            played: AtomicI64::new(NO_PAST),
        }
    }

    pub(crate) fn now(&self) -> Millis {
        let played = self.played.load(Ordering::SeqCst);
        if played != NO_PAST {
            return played;
        }
        let run = self.origin.map_or(0, |origin| wall_now() - origin);
        self.start + run + *self.skipped.borrow()
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.now() / 1_000
    }

    pub(crate) fn advance(&self, time: Millis) {
        self.skipped.send_modify(|skipped| *skipped += time);
    }

    /// Shows a time of the past until it is told another, or none.
    pub(crate) fn play(&self, at: Option<Millis>) {
        self.played.store(at.unwrap_or(NO_PAST), Ordering::SeqCst);
    }

    /// Waits until this clock shows a time, however it comes there.
    pub(crate) async fn reached(&self, at: Millis) {
        let mut moved = self.skipped.subscribe();
        loop {
            let left = at - self.now();
            if left <= 0 {
                return;
            }
            let wait = Duration::from_millis(left.unsigned_abs());
            tokio::select! {
                _ = moved.changed() => {}
                () = tokio::time::sleep(wait), if self.origin.is_some() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SimClock;

    #[tokio::test]
    async fn a_frozen_clock_is_moved_by_hand_alone() {
        let clock = SimClock::new(Some(5_000), true);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        assert_eq!(clock.now(), 5_000);
        let (reached, ()) = tokio::join!(
            async {
                clock.reached(65_000).await;
                clock.now()
            },
            async { clock.advance(60_000) }
        );
        assert_eq!(reached, 65_000);
        assert_eq!(clock.seconds(), 65);
    }

    #[test]
    fn a_past_is_shown_while_it_is_played() {
        let clock = SimClock::new(Some(5_000), true);
        clock.play(Some(1_000));
        assert_eq!(clock.now(), 1_000);
        clock.play(None);
        assert_eq!(clock.now(), 5_000);
    }

    #[tokio::test]
    async fn a_running_clock_gets_there_by_itself() {
        let clock = SimClock::new(Some(1_000), false);
        clock.reached(1_020).await;
        assert!(clock.now() >= 1_020);
    }
}
