//! Ids as networks make them, the same for the same seed and the same order of events.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::dice::Dice;
use crate::faults::lock;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Makes ids in named series.
pub(crate) struct Ids {
    seed: Mutex<u64>,
    /// What every series counts from.
    first: u64,
    counts: Mutex<HashMap<String, u64>>,
}

impl Ids {
    pub(crate) fn new(seed: u64, first: u64) -> Self {
        Self {
            seed: Mutex::new(seed),
            first,
            counts: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn restart(&self, seed: u64) {
        *lock(&self.seed) = seed;
        lock(&self.counts).clear();
    }

    /// Returns 1, 2, 3 and so on in a series, from the number on that all count from.
    pub(crate) fn count(&self, series: &str) -> u64 {
        let mut counts = lock(&self.counts);
        let count = counts.entry(series.to_owned()).or_insert(self.first);
        *count += 1;
        *count
    }

    /// Returns a number greater than all before it in this series, with gaps like those of a busy network.
    pub(crate) fn rising(&self, series: &str, first: u64) -> u64 {
        let count = self.count(series);
        let gap = self.dice(series, count).below(97) as u64;
        first + count * 97 + gap
    }

    /// Returns digits, the first of them not 0.
    pub(crate) fn digits(&self, series: &str, length: usize) -> String {
        let mut digits = self.signs(series, length, b"0123456789");
        if digits.starts_with('0') {
            digits.replace_range(..1, "7");
        }
        digits
    }

    /// Returns small letters and digits.
    pub(crate) fn letters(&self, series: &str, length: usize) -> String {
        self.signs(series, length, LETTERS)
    }

    /// Returns signs out of the given ones.
    pub(crate) fn signs(&self, series: &str, length: usize, signs: &[u8]) -> String {
        let count = self.count(series);
        let mut dice = self.dice(series, count);
        (0..length)
            .map(|_| dice.pick(signs).map_or('0', |sign| char::from(*sign)))
            .collect()
    }

    /// Returns the dice for one decision.
    pub(crate) fn dice(&self, series: &str, count: u64) -> Dice {
        let name = series
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |mixed, byte| {
                (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Dice::from_parts(&[*lock(&self.seed), name, count])
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let make = |seed| {
            let ids = Ids::new(seed, 0);
            let rising: Vec<u64> = (0..50).map(|_| ids.rising("post", 1_000)).collect();
            assert!(rising.is_sorted_by(|one, two| one < two));
            (rising, ids.letters("key", 12), ids.digits("person", 17))
        };
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
        let ids = Ids::new(7, 0);
        let first = ids.letters("key", 12);
        assert_eq!(first.len(), 12);
        assert_ne!(first, ids.letters("key", 12));
        ids.restart(7);
        assert_eq!(first, ids.letters("key", 12));
    }

    #[test]
    fn a_later_start_makes_no_id_again() {
        let (before, after) = (Ids::new(7, 1_000), Ids::new(7, 1_050));
        let made = |ids: &Ids| -> Vec<(u64, String)> {
            (0..50)
                .map(|_| (ids.rising("post", 9), ids.letters("key", 12)))
                .collect()
        };
        let (before, after) = (made(&before), made(&after));
        assert!(before[49].0 < after[0].0);
        assert!(
            after
                .iter()
                .all(|(_, key)| before.iter().all(|(_, old)| old != key))
        );
    }
}
