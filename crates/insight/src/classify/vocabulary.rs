//! Which features a model knows, where each stands, and how much it weighs by its rarity.

use super::features::{self, Feature, Reader, Recipe};
use super::solve::Rows;

const EMPTY: u32 = u32::MAX;
/// How finely rarity is kept: the model file has one byte for it.
const RARITY_STEPS: f32 = 20.0;

/// The features known, by ascending key.
#[derive(Debug, Default, Clone)]
pub(crate) struct Vocabulary {
    pub(crate) keys: Vec<u32>,
    pub(crate) rarities: Vec<u8>,
    table: Vec<(u32, u32)>,
}

impl Vocabulary {
    /// Builds the look-up over ascending keys.
    pub(crate) fn new(keys: Vec<u32>, rarities: Vec<u8>) -> Self {
        let size = (keys.len() * 2).next_power_of_two().max(16);
        let mut table = vec![(0, EMPTY); size];
        for (place, key) in keys.iter().enumerate() {
            let mut slot = slot(*key, size);
            while table[slot].1 != EMPTY {
                slot = (slot + 1) & (size - 1);
            }
            table[slot] = (*key, place as u32);
        }
        Self {
            keys,
            rarities,
            table,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn find(&self, key: u32) -> Option<u32> {
        let size = self.table.len();
        let mut slot = slot(key, size);
        loop {
            let (found, place) = self.table[slot];
            if place == EMPTY {
                return None;
            }
            if found == key {
                return Some(place);
            }
            slot = (slot + 1) & (size - 1);
        }
    }

    pub(crate) fn rarity(&self, place: u32) -> f32 {
        f32::from(self.rarities[place as usize]) / RARITY_STEPS
    }
}

fn slot(key: u32, size: usize) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> 7) as usize & (size - 1)
}

/// How much more a feature weighs that stands several times in a text.
pub(crate) fn repeated(count: u32) -> f32 {
    if count == 1 {
        1.0
    } else {
        1.0 + (count as f32).ln()
    }
}

/// The features of texts before it is known which of them are kept.
pub(crate) struct Counted {
    starts: Vec<usize>,
    keys: Vec<u32>,
    counts: Vec<u8>,
}

impl Counted {
    pub(crate) fn read<'a>(texts: impl Iterator<Item = &'a str>, recipe: &Recipe) -> Self {
        let mut reader = Reader::default();
        let mut counted = Self {
            starts: vec![0],
            keys: Vec::new(),
            counts: Vec::new(),
        };
        let mut found: Vec<u32> = Vec::new();
        for text in texts {
            found.clear();
            reader.read(text, recipe, |Feature { key, .. }| found.push(key));
            found.sort_unstable();
            for same in found.chunk_by(|left, right| left == right) {
                counted.keys.push(same[0]);
                counted.counts.push(same.len().min(255) as u8);
            }
            counted.starts.push(counted.keys.len());
        }
        counted
    }

    /// Keeps the features that stand in at least so many texts, the most frequent `most` of them.
    pub(crate) fn vocabulary(&self, fewest: usize, most: usize) -> Vocabulary {
        let mut all = self.keys.clone();
        all.sort_unstable();
        let mut found: Vec<(u32, u32)> = all
            .chunk_by(|left, right| left == right)
            .filter(|same| same.len() >= fewest)
            .map(|same| (same[0], same.len() as u32))
            .collect();
        drop(all);
        if found.len() > most {
            found.sort_unstable_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
            found.truncate(most);
            found.sort_unstable();
        }
        let texts = self.starts.len() as f32;
        let rarity = |count: u32| {
            let rarity = (texts / (count as f32 + 1.0)).ln() + 1.0;
            (rarity * RARITY_STEPS).round().clamp(1.0, 255.0) as u8
        };
        let rarities = found.iter().map(|(_, count)| rarity(*count)).collect();
        Vocabulary::new(found.into_iter().map(|(key, _)| key).collect(), rarities)
    }

    /// Writes the texts as rows: each view brought to length one; the last column is always one.
    pub(crate) fn rows(&self, vocabulary: &Vocabulary) -> Rows {
        let bias = vocabulary.len() as u32;
        let mut rows = Rows {
            starts: vec![0],
            width: vocabulary.len() + 1,
            ..Rows::default()
        };
        for text in self.starts.windows(2) {
            let from = rows.features.len();
            let mut squares = [0_f32; features::VIEWS];
            for at in text[0]..text[1] {
                let Some(place) = vocabulary.find(self.keys[at]) else {
                    continue;
                };
                let value = repeated(u32::from(self.counts[at])) * vocabulary.rarity(place);
                squares[features::view(self.keys[at])] += value * value;
                rows.features.push(place);
                rows.values.push(value);
            }
            for (feature, value) in rows.features[from..].iter().zip(&mut rows.values[from..]) {
                *value /= squares[features::view(vocabulary.keys[*feature as usize])].sqrt();
            }
            rows.features.push(bias);
            rows.values.push(1.0);
            rows.starts.push(rows.features.len());
        }
        rows
    }
}
