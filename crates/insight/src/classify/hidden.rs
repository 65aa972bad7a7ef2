//! A small net with one hidden layer beside the linear separators, for models with many classes.
//! Each unit looks at all features at once, so that words that mean alike can stand for each other.

use super::learn::Task;
use super::seed::Chance;
use super::vocabulary::Vocabulary;
use super::weights::Weights;

/// With fewer classes the separators alone are as good, and faster.
pub(crate) const FEWEST_CLASSES: usize = 9;
/// With fewer examples there is nothing to learn beyond single words.
pub(crate) const FEWEST_EXAMPLES: usize = 500;
/// How many units the layer has.
pub(crate) const UNITS: usize = 64;
/// The most features the layer looks at, the most frequent ones: this bounds the model's size.
pub(crate) const MOST_SEEN: usize = 40_000;
const ROUNDS: usize = 8;
/// How many of a hundred features are left out in each step, so that no single one is relied on.
const DROPPED: usize = 35;
const RATE: f32 = 0.1;
/// What the sums of squared slopes begin with: the less, the larger the first steps.
const FIRST_SUM: f32 = 0.002;
/// How much the net counts beside the separators.
const SHARE: f32 = 0.1;
const UNSEEN: u32 = u32::MAX;

/// A net as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Hidden {
    /// What each feature says to each unit.
    pub(crate) inner: Weights,
    /// What each unit says to each class, unit by unit.
    pub(crate) outer: Vec<f32>,
}

impl Hidden {
    /// Learns a net from the chosen rows.
    pub(crate) fn fit(task: &Task<'_>, chosen: &[u32]) -> Self {
        let places = places(task.vocabulary);
        let width = places.iter().filter(|place| **place != UNSEEN).count();
        let mut net = Net::new(width, task.classes, task.seed);
        let mut order = chosen.to_vec();
        let total = (ROUNDS * chosen.len()) as f32;
        let mut done = 0_f32;
        for _ in 0..ROUNDS {
            net.chance.shuffle(&mut order);
            for &row in &order {
                let label = task.truth[row as usize];
                net.learn(
                    &places,
                    task.rows.row(row as usize),
                    label,
                    RATE * (1.0 - done / total),
                );
                done += 1.0;
            }
        }
        let rows = places.iter().map(|place| {
            (*place != UNSEEN).then(|| &net.inner[*place as usize * UNITS..][..UNITS])
        });
        Self {
            inner: Weights::keep_rows(rows, UNITS),
            outer: net.outer.iter().map(|weight| weight * SHARE).collect(),
        }
    }

    pub(crate) fn classes(&self) -> usize {
        self.outer.len() / UNITS
    }

    /// What each unit that `sums` sets in motion says to one class.
    pub(crate) fn says_to(&self, sums: &[f32], class: usize) -> Vec<f32> {
        let rows = sums.iter().zip(self.outer.chunks_exact(self.classes()));
        rows.map(|(sum, row)| if *sum > 0.0 { row[class] } else { 0.0 })
            .collect()
    }

    /// Adds what the units say, after `sums` was filled with what the features say to them.
    pub(crate) fn add(&self, sums: &[f32], margins: &mut [f32]) {
        let classes = self.classes();
        for (sum, row) in sums.iter().zip(self.outer.chunks_exact(classes)) {
            if *sum > 0.0 {
                for (margin, weight) in margins.iter_mut().zip(row) {
                    *margin += sum * weight;
                }
            }
        }
    }
}

/// Where each feature stands in the layer; the bias, which stands last, always does.
fn places(vocabulary: &Vocabulary) -> Vec<u32> {
    let mut rarities = vocabulary.rarities.clone();
    rarities.sort_unstable();
    let rarest = rarities
        .get(MOST_SEEN)
        .map_or(u8::MAX, |rarity| rarity.saturating_sub(1));
    let mut next = 0;
    let bias = std::iter::once(0);
    vocabulary
        .rarities
        .iter()
        .copied()
        .chain(bias)
        .map(|rarity| {
            if rarity > rarest {
                return UNSEEN;
            }
            next += 1;
            next - 1
        })
        .collect()
}

/// A net while it learns, by stochastic descent with a rate for each feature and each unit.
struct Net {
    inner: Vec<f32>,
    outer: Vec<f32>,
    inner_sums: Vec<f32>,
    outer_sums: Vec<f32>,
    units: [f32; UNITS],
    scores: Vec<f32>,
    seen: Vec<(usize, f32)>,
    chance: Chance,
}

impl Net {
    fn new(width: usize, classes: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x41dd);
        let mut noise = |count: usize, size: f32| -> Vec<f32> {
            (0..count)
                .map(|_| (chance.below(2001) as f32 / 1000.0 - 1.0) * size)
                .collect()
        };
        Self {
            inner: noise(width * UNITS, 0.1),
            outer: noise(UNITS * classes, 0.2),
            inner_sums: vec![FIRST_SUM; width],
            outer_sums: vec![FIRST_SUM; UNITS],
            units: [0.0; UNITS],
            scores: vec![0.0; classes],
            seen: Vec::new(),
            chance,
        }
    }

    fn learn(
        &mut self,
        places: &[u32],
        (features, values): (&[u32], &[f32]),
        label: u16,
        rate: f32,
    ) {
        self.seen.clear();
        for (feature, value) in features.iter().zip(values) {
            let place = places[*feature as usize];
            if place != UNSEEN && self.chance.below(100) >= DROPPED {
                self.seen.push((place as usize, *value));
            }
        }
        self.units = [0.0; UNITS];
        for (place, value) in &self.seen {
            for (unit, weight) in self
                .units
                .iter_mut()
                .zip(&self.inner[place * UNITS..][..UNITS])
            {
                *unit += weight * value;
            }
        }
        self.judge();
        self.scores[usize::from(label)] -= 1.0;

        let classes = self.scores.len();
        let error: f32 = self.scores.iter().map(|score| score * score).sum();
        let mut slopes = [0_f32; UNITS];
        for (at, row) in self.outer.chunks_exact_mut(classes).enumerate() {
            let unit = self.units[at];
            if unit <= 0.0 {
                continue;
            }
            slopes[at] = row
                .iter()
                .zip(&self.scores)
                .map(|(weight, score)| weight * score)
                .sum();
            self.outer_sums[at] += unit * unit * error / classes as f32;
            let step = rate * unit / self.outer_sums[at].sqrt();
            for (weight, score) in row.iter_mut().zip(&self.scores) {
                *weight -= step * score;
            }
        }
        let slope: f32 = slopes.iter().map(|slope| slope * slope).sum::<f32>() / UNITS as f32;
        for (place, value) in &self.seen {
            let sum = &mut self.inner_sums[*place];
            *sum += value * value * slope;
            let step = rate * value / sum.sqrt();
            for (weight, slope) in self.inner[place * UNITS..][..UNITS].iter_mut().zip(&slopes) {
                *weight -= step * slope;
            }
        }
    }

    /// Turns what the units were told into scores that add up to one.
    fn judge(&mut self) {
        let classes = self.scores.len();
        self.scores.fill(0.0);
        for (unit, row) in self.units.iter().zip(self.outer.chunks_exact(classes)) {
            if *unit > 0.0 {
                for (score, weight) in self.scores.iter_mut().zip(row) {
                    *score += unit * weight;
                }
            }
        }
        let most = self
            .scores
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in &mut self.scores {
            *score = (*score - most).exp();
            sum += *score;
        }
        for score in &mut self.scores {
            *score /= sum;
        }
    }
}
