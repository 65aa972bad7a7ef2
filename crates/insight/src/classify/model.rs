//! A learned model at work: verdicts on texts, the words that decided them, and single corrections.

use std::collections::BTreeMap;

use super::calibrate::{self, Calibration};
use super::features::{self, Feature, Reader, Recipe};
use super::hidden::{self, Hidden};
use super::measure::{self, Judged, Quality};
use super::solve;
use super::vocabulary::{self, Vocabulary};
use super::weights::Weights;

/// How far one correction may move the margins.
const LARGEST_STEP: f32 = 0.5;
/// The rarity of features that only corrections know.
const UNSEEN_RARITY: f32 = 8.0;

/// What a model says about one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The place of the best label among the model's labels.
    pub best: usize,
    pub sure: bool,
    /// How sure, from 0 to 1.
    pub score: f32,
    /// The score of every label; they add up to one.
    pub scores: Vec<f32>,
}

/// A part of the text that spoke for the verdict, by characters.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    pub start: usize,
    pub end: usize,
    /// The share of all that spoke for the verdict.
    pub weight: f32,
}

/// A learned model.
#[derive(Debug, Clone)]
pub struct Classifier {
    pub(crate) task: String,
    pub(crate) labels: Vec<String>,
    pub(crate) recipe: Recipe,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) weights: Weights,
    pub(crate) hidden: Option<Hidden>,
    pub(crate) calibration: Calibration,
    /// What corrections added, by the features' keys; the bias has none.
    pub(crate) corrections: BTreeMap<u32, Vec<f32>>,
}

/// Reads texts for a model; kept from text to text for the sake of speed.
#[derive(Default)]
pub struct Desk {
    reader: Reader,
    keys: Vec<u32>,
    found: Vec<(u32, u32, f32)>,
    counts: Vec<u32>,
    margins: Vec<f32>,
    units: Vec<f32>,
}

impl Classifier {
    pub(crate) fn new(
        task: String,
        labels: Vec<String>,
        recipe: Recipe,
        vocabulary: Vocabulary,
        weights: (Weights, Option<Hidden>),
        calibration: Calibration,
    ) -> Self {
        Self {
            task,
            labels,
            recipe,
            vocabulary,
            weights: weights.0,
            hidden: weights.1,
            calibration,
            corrections: BTreeMap::new(),
        }
    }

    /// The labels in the order of the scores.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What the model is for.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Judges a text.
    pub fn judge(&self, desk: &mut Desk, text: &str) -> Verdict {
        self.weigh(desk, text);
        let mut scores = Vec::with_capacity(self.labels.len());
        self.calibration.scores(&desk.margins, &mut scores);
        let best = calibrate::best(&scores);
        Verdict {
            best,
            sure: scores[best] >= self.calibration.sure_from,
            score: scores[best],
            scores,
        }
    }

    /// Finds the features of a text, brings them to length one, and adds up what they say.
    fn weigh(&self, desk: &mut Desk, text: &str) {
        desk.counts.resize(self.vocabulary.len(), 0);
        desk.found.clear();
        desk.keys.clear();
        let Desk {
            reader,
            keys,
            found,
            counts,
            ..
        } = desk;
        reader.read(text, &self.recipe, |Feature { key, .. }| {
            if let Some(place) = self.vocabulary.find(key) {
                let count = &mut counts[place as usize];
                if *count == 0 {
                    found.push((place, key, 0.0));
                }
                *count += 1;
            } else if !self.corrections.is_empty()
                && self.corrections.contains_key(&key)
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        });
        let mut squares = [0_f32; features::VIEWS];
        for (place, key, value) in found.iter_mut() {
            let count = std::mem::take(&mut counts[*place as usize]);
            *value = vocabulary::repeated(count) * self.vocabulary.rarity(*place);
            squares[features::view(*key)] += *value * *value;
        }
        let lengths = squares.map(|square| 1.0 / square.max(1e-9).sqrt());
        desk.margins.clear();
        desk.margins.resize(self.weights.columns, 0.0);
        self.weights
            .add(self.vocabulary.len() as u32, 1.0, &mut desk.margins);
        for (place, key, value) in found.iter_mut() {
            *value *= lengths[features::view(*key)];
            self.weights.add(*place, *value, &mut desk.margins);
            if !self.corrections.is_empty() {
                add_correction(self.corrections.get(key), *value, &mut desk.margins);
            }
        }
        if let Some(net) = &self.hidden {
            desk.units.clear();
            desk.units.resize(hidden::UNITS, 0.0);
            net.inner
                .add(self.vocabulary.len() as u32, 1.0, &mut desk.units);
            for (place, _, value) in found.iter() {
                net.inner.add(*place, *value, &mut desk.units);
            }
            net.add(&desk.units, &mut desk.margins);
        }
        for key in keys.iter() {
            let value = UNSEEN_RARITY * lengths[features::view(*key)].min(1.0 / UNSEEN_RARITY);
            add_correction(self.corrections.get(key), value, &mut desk.margins);
        }
    }

    /// Finds the words that spoke most for a label, the strongest first.
    pub fn explain(&self, desk: &mut Desk, text: &str, label: usize, most: usize) -> Vec<Reason> {
        self.weigh(desk, text);
        let column = solve::own_column(label as u16, self.labels.len());
        let sign = if column.is_none() { -1.0 } else { 1.0 };
        let column = column.unwrap_or(0);
        let net = self.hidden.as_ref();
        let net = net.map(|net| (net, net.says_to(&desk.units, column)));
        let mut units = [0_f32; hidden::UNITS];
        let mut says: BTreeMap<u32, f32> = BTreeMap::new();
        for (place, key, value) in &desk.found {
            let mut weight = self.weights.weight(*place, column);
            if let Some(correction) = self.corrections.get(key) {
                weight += correction[column];
            }
            if let Some((net, said)) = &net {
                units.fill(0.0);
                net.inner.add(*place, 1.0, &mut units);
                weight += units
                    .iter()
                    .zip(said)
                    .map(|(unit, said)| unit * said)
                    .sum::<f32>();
            }
            says.insert(*key, weight * value * sign);
        }

        // A feature that stands in several places is shared out among them, one over several words among those.
        let mut stands: BTreeMap<u32, f32> = BTreeMap::new();
        desk.reader.read(text, &self.recipe, |feature| {
            *stands.entry(feature.key).or_default() += 1.0;
        });
        let mut sums: Vec<f32> = Vec::new();
        desk.reader.read(text, &self.recipe, |feature| {
            let Some(say) = says.get(&feature.key) else {
                return;
            };
            let share = say / stands[&feature.key] / (feature.to - feature.from).max(1) as f32;
            if sums.len() < feature.to as usize {
                sums.resize(feature.to as usize, 0.0);
            }
            for sum in &mut sums[feature.from as usize..feature.to as usize] {
                *sum += share;
            }
        });

        let all: f32 = sums.iter().filter(|sum| **sum > 0.0).sum();
        let mut strongest: Vec<(usize, f32)> = sums
            .into_iter()
            .enumerate()
            .filter(|(_, sum)| *sum > 0.0)
            .collect();
        strongest.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        strongest.truncate(most);
        strongest
            .into_iter()
            .filter_map(|(place, sum)| {
                let piece = desk.reader.pieces.get(place)?;
                let start = text[..piece.from].chars().count();
                let end = start + text[piece.from..piece.to].chars().count();
                Some(Reason {
                    start,
                    end,
                    weight: sum / all,
                })
            })
            .collect()
    }

    /// Learns one corrected text at once; says whether the label is one of the model's.
    /// A small step only: training again with the correction among the examples is what keeps a model good.
    pub fn correct(&mut self, desk: &mut Desk, text: &str, label: &str) -> bool {
        let Some(truth) = self.labels.iter().position(|known| known == label) else {
            return false;
        };
        self.weigh(desk, text);
        let mut scores = Vec::new();
        self.calibration.scores(&desk.margins, &mut scores);
        let mut others = scores.clone();
        others[truth] = -1.0;
        let rival = calibrate::best(&others);
        // The margins' distance that the scores imply, offsets included.
        let distance = (scores[truth].max(1e-9) / scores[rival].max(1e-9)).ln()
            / self.calibration.scale.max(0.05);
        let loss = 0.5 - distance;
        if loss <= 0.0 {
            return true;
        }

        let length: f32 = desk
            .found
            .iter()
            .map(|(_, _, value)| value * value)
            .sum::<f32>()
            .max(0.1);
        let columns = self.weights.columns;
        let sides = if columns == 1 { 4.0 } else { 2.0 };
        let step =
            (loss / (sides * length) * if columns == 1 { 2.0 } else { 1.0 }).min(LARGEST_STEP);
        for (_, key, value) in &desk.found {
            let row = self
                .corrections
                .entry(*key)
                .or_insert_with(|| vec![0.0; columns]);
            if columns == 1 {
                row[0] += if truth == 1 {
                    step * value
                } else {
                    -step * value
                };
            } else {
                row[truth] += step * value;
                row[rival] -= step * value;
            }
        }
        true
    }

    /// Measures the model on labelled texts; a label the model does not know counts as missed.
    pub fn measure<'a>(&self, examples: impl Iterator<Item = (&'a str, &'a str)>) -> Quality {
        let mut labels = self.labels.clone();
        let mut desk = Desk::default();
        let mut judged = Vec::new();
        for (text, label) in examples {
            let truth = labels
                .iter()
                .position(|known| known == label)
                .unwrap_or_else(|| {
                    labels.push(label.to_owned());
                    labels.len() - 1
                });
            let verdict = self.judge(&mut desk, text);
            judged.push(Judged {
                truth,
                found: verdict.best,
                score: verdict.score,
                sure: verdict.sure,
            });
        }
        measure::measure(&judged, &labels)
    }
}

fn add_correction(correction: Option<&Vec<f32>>, value: f32, margins: &mut [f32]) {
    for (margin, weight) in margins.iter_mut().zip(correction.into_iter().flatten()) {
        *margin += weight * value;
    }
}
