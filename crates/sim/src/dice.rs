//! The world's chance: a small seeded generator (SplitMix64), the same on every machine and in every version.
//! Not for secrets.

/// A seeded source of choices.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Mixes several numbers into one seed, so that every story has its own dice and none disturbs another.
    pub(crate) fn from_parts(parts: &[u64]) -> Self {
        let mut dice = Self(0x6b75_6c61_6e74);
        for part in parts {
            dice.0 ^= *part;
            dice.0 = dice.next();
        }
        dice
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Returns a number from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from + 1).max(1) as u64) as i64
    }

    /// Tells true with the given chance.
    pub(crate) fn chance(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// Returns a waiting time with the given mean, at most five times as long.
    pub(crate) fn wait(&mut self, mean_millis: f64) -> i64 {
        let wait = -(1.0 - self.unit()).ln() * mean_millis;
        wait.min(mean_millis * 5.0) as i64
    }

    /// Picks one of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() {
            return None;
        }
        from.get(self.below(from.len()))
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_seed_gives_the_same_choices() {
        let mut one = Dice::from_parts(&[7, 1]);
        let mut two = Dice::from_parts(&[7, 1]);
        let mut other = Dice::from_parts(&[7, 2]);
        let first: Vec<u64> = (0..9).map(|_| one.next()).collect();
        assert_eq!(first, (0..9).map(|_| two.next()).collect::<Vec<_>>());
        assert_ne!(first, (0..9).map(|_| other.next()).collect::<Vec<_>>());
    }

    #[test]
    fn choices_keep_their_bounds() {
        let mut dice = Dice::from_parts(&[1]);
        for _ in 0..1_000 {
            assert!((3..=5).contains(&dice.between(3, 5)));
            assert!(dice.below(4) < 4);
            assert!((0..=500).contains(&dice.wait(100.0)));
        }
        assert_eq!(dice.pick::<u8>(&[]), None);
    }
}
