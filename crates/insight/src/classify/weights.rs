//! The weights a model keeps: eight bits each, and of many classes only those that matter.

use super::solve;
use super::vocabulary::Vocabulary;

/// Up to so many columns every feature has a weight for each; beyond, only the classes it speaks for or against are kept.
pub(crate) const MOST_DENSE: usize = 8;
/// The most single weights kept for models with many classes; each takes about two bytes.
const MOST_KEPT: usize = 1_400_000;
/// Exponents of the rows' scales are kept in eighths.
const EIGHTHS: f32 = 8.0;
const EXPONENT_ZERO: f32 = 200.0;

/// Weights of every feature, and of the bias that stands last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weights {
    pub(crate) columns: usize,
    /// For each feature the exponent of its scale; 0 where it says nothing.
    pub(crate) exponents: Vec<u8>,
    /// Where each feature's weights begin, and after the last where they end.
    pub(crate) starts: Vec<u32>,
    /// The column of each weight; empty where every feature has one for each.
    pub(crate) places: Vec<u16>,
    pub(crate) values: Vec<i8>,
    pub(crate) scales: Vec<f32>,
}

impl Weights {
    /// Rounds fitted weights (`stride` for each feature) to what is kept.
    pub(crate) fn keep(fitted: &[f32], classes: usize, vocabulary: &Vocabulary) -> Self {
        let columns = solve::columns(classes);
        let stride = solve::stride(classes);
        if columns <= MOST_DENSE {
            let rows = fitted.chunks_exact(stride);
            return Self::keep_rows(rows.map(|row| Some(&row[..columns])), columns);
        }
        let least = least_kept(fitted, stride, vocabulary);
        let mut kept = Self {
            columns,
            starts: vec![0],
            ..Self::default()
        };
        for (feature, row) in fitted.chunks_exact(stride).enumerate() {
            let row = &row[..columns];
            let exponent = exponent_of(row);
            kept.exponents.push(exponent);
            if exponent > 0 {
                for (column, weight) in row.iter().enumerate() {
                    let value = rounded(*weight, exponent);
                    let bias = feature == vocabulary.len();
                    if value != 0 && (bias || weight.abs() * rarity(vocabulary, feature) >= least) {
                        kept.places.push(column as u16);
                        kept.values.push(value);
                    }
                }
            }
            kept.starts.push(kept.values.len() as u32);
        }
        kept.ready()
    }

    /// Rounds rows of weights to what is kept, all of each row; a feature without a row says nothing.
    pub(crate) fn keep_rows<'a>(
        rows: impl Iterator<Item = Option<&'a [f32]>>,
        columns: usize,
    ) -> Self {
        let mut kept = Self {
            columns,
            starts: vec![0],
            ..Self::default()
        };
        for row in rows {
            let row = row.unwrap_or_default();
            let exponent = exponent_of(row);
            kept.exponents.push(exponent);
            if exponent > 0 {
                kept.values
                    .extend(row.iter().map(|weight| rounded(*weight, exponent)));
            }
            kept.starts.push(kept.values.len() as u32);
        }
        kept.ready()
    }

    /// Works out what is only needed in memory.
    pub(crate) fn ready(mut self) -> Self {
        self.scales = self
            .exponents
            .iter()
            .map(|exponent| scale_of(*exponent) / 127.0)
            .collect();
        self
    }

    /// Adds what a feature says, times its value.
    pub(crate) fn add(&self, feature: u32, value: f32, margins: &mut [f32]) {
        let feature = feature as usize;
        let range = self.starts[feature] as usize..self.starts[feature + 1] as usize;
        let value = value * self.scales[feature];
        if self.places.is_empty() {
            for (margin, weight) in margins.iter_mut().zip(&self.values[range]) {
                *margin += f32::from(*weight) * value;
            }
        } else {
            for (place, weight) in self.places[range.clone()].iter().zip(&self.values[range]) {
                margins[usize::from(*place)] += f32::from(*weight) * value;
            }
        }
    }

    /// What a feature says about one column.
    pub(crate) fn weight(&self, feature: u32, column: usize) -> f32 {
        let mut margins = vec![0.0; self.columns];
        self.add(feature, 1.0, &mut margins);
        margins[column]
    }

    pub(crate) fn is_dense(&self) -> bool {
        self.columns <= MOST_DENSE
    }
}

fn rarity(vocabulary: &Vocabulary, feature: usize) -> f32 {
    vocabulary.rarity(feature as u32)
}

/// The weight, times the feature's rarity, below which there is no room.
fn least_kept(fitted: &[f32], stride: usize, vocabulary: &Vocabulary) -> f32 {
    let mut sizes: Vec<f32> = Vec::new();
    for (feature, row) in fitted
        .chunks_exact(stride)
        .enumerate()
        .take(vocabulary.len())
    {
        let rarity = rarity(vocabulary, feature);
        sizes.extend(
            row.iter()
                .map(|weight| weight.abs() * rarity)
                .filter(|size| *size > 0.0),
        );
    }
    if sizes.len() <= MOST_KEPT {
        return 0.0;
    }
    let at = sizes.len() - MOST_KEPT;
    *sizes.select_nth_unstable_by(at, f32::total_cmp).1
}

fn exponent_of(row: &[f32]) -> u8 {
    let most = row
        .iter()
        .fold(0_f32, |most, weight| most.max(weight.abs()));
    if most <= 0.0 || !most.is_finite() {
        return 0;
    }
    (most.log2() * EIGHTHS + EXPONENT_ZERO)
        .ceil()
        .clamp(1.0, 255.0) as u8
}

fn scale_of(exponent: u8) -> f32 {
    if exponent == 0 {
        return 0.0;
    }
    ((f32::from(exponent) - EXPONENT_ZERO) / EIGHTHS).exp2()
}

fn rounded(weight: f32, exponent: u8) -> i8 {
    (weight / scale_of(exponent) * 127.0)
        .round()
        .clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use crate::classify::calibrate::Calibration;
    use crate::classify::features::{Recipe, Stems};
    use crate::classify::hidden::{Hidden, MOST_SEEN, UNITS};
    use crate::classify::learn::MOST_FEATURES;
    use crate::classify::model::Classifier;
    use crate::classify::seed::Chance;
    use crate::classify::solve;
    use crate::classify::vocabulary::Vocabulary;

    use super::Weights;

    const CLASSES: usize = 150;
    const FEATURES: usize = 20_000;
    /// A key, its rarity, two exponents and the number of its weights.
    const BYTES_OF_A_FEATURE: usize = 7;

    #[test]
    fn the_largest_model_stays_under_eight_megabytes() {
        let mut chance = Chance::new(5);
        let mut weights = |count: usize| -> Vec<f32> {
            let mut one = || chance.below(1001) as f32 / 500.0 - 1.0;
            (0..count).map(|_| one()).collect()
        };
        // More weights than there is room for, over few features, so that the test is quick.
        let fitted = weights((FEATURES + 1) * solve::stride(CLASSES));
        let units = weights((FEATURES + 1) * UNITS);
        let keys = (0..FEATURES as u32).map(|place| place * 13_000).collect();
        let vocabulary = Vocabulary::new(keys, vec![60; FEATURES]);
        let model = Classifier::new(
            "topics".to_owned(),
            (0..CLASSES).map(|class| format!("topic {class}")).collect(),
            Recipe::usual(Stems::German),
            vocabulary.clone(),
            (
                Weights::keep(&fitted, CLASSES, &vocabulary),
                Some(Hidden {
                    inner: Weights::keep_rows(units.chunks_exact(UNITS).map(Some), UNITS),
                    outer: weights(UNITS * CLASSES),
                }),
            ),
            Calibration::plain(CLASSES),
        );
        let mut file = Vec::new();
        model.save(&mut file).unwrap();
        assert!(file.len() > 3_000_000, "{}", file.len());
        let others = (MOST_FEATURES - FEATURES) * BYTES_OF_A_FEATURE;
        let seen = (MOST_SEEN - FEATURES) * UNITS;
        let largest = file.len() + others + seen;
        assert!(largest <= 8_000_000, "{largest}");
    }
}
