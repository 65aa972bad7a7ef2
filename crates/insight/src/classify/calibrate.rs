//! Turns margins into probabilities that can be believed, by what the margins were worth on texts not learned from.

use super::measure::{self, Judged};
use super::solve;

/// Above so many classes only one scale is fitted: there are too few examples of each for more.
const MOST_OFFSETS: usize = 12;

/// How much a lift of rare classes has to gain, over the root of the number of texts it was measured on.
const HURDLE: f64 = 0.6;

/// How margins become scores.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) scale: f32,
    pub(crate) offsets: Vec<f32>,
    /// From which score on a verdict counts as sure.
    pub(crate) sure_from: f32,
}

/// Margins of texts not learned from, `columns` for each, with their labels.
pub(crate) struct HeldBack<'a> {
    pub(crate) margins: &'a [f32],
    pub(crate) labels: &'a [u16],
    pub(crate) classes: usize,
}

impl Calibration {
    /// Margins as they are, for models with too few examples to hold any back.
    pub(crate) fn plain(classes: usize) -> Self {
        Self {
            scale: 2.0,
            offsets: vec![0.0; classes],
            sure_from: 0.8,
        }
    }

    /// Writes the scores of one text, which add up to one.
    pub(crate) fn scores(&self, margins: &[f32], scores: &mut Vec<f32>) {
        let classes = self.offsets.len();
        scores.clear();
        if classes == 2 {
            scores.extend([-margins[0], margins[0]]);
        } else {
            scores.extend_from_slice(&margins[..classes]);
        }
        for (score, offset) in scores.iter_mut().zip(&self.offsets) {
            *score = *score * self.scale + offset;
        }
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in scores.iter_mut() {
            *score = (*score - most).exp();
            sum += *score;
        }
        for score in scores.iter_mut() {
            *score /= sum;
        }
    }

    /// Fits scale and offsets; `wish` says how much the mean F1 of the classes counts beside accuracy.
    pub(crate) fn fit(held: &HeldBack<'_>, wish: f64, costs: &[f32], precision: f64) -> Self {
        let mut found = Self::plain(held.classes);
        if held.labels.is_empty() {
            return found;
        }
        found.descend(held);
        found.tilt(held, wish, costs);
        found.rescale(held);
        found.set_sure(held, precision);
        found
    }

    /// Descends on the logarithmic loss.
    fn descend(&mut self, held: &HeldBack<'_>) {
        let columns = solve::columns(held.classes);
        let with_offsets = held.classes <= MOST_OFFSETS;
        let texts = held.labels.len();
        let every = if with_offsets {
            1
        } else {
            texts.div_ceil(4000)
        };
        let mut scores = Vec::new();
        let (mut scale_speed, mut speeds) = (0.0_f32, vec![0.0_f32; held.classes]);
        let rounds = if with_offsets { 150 } else { 60 };
        for _ in 0..rounds {
            let mut scale_slope = 0.0;
            let mut slopes = vec![0.0_f32; held.classes];
            let mut seen = 0_usize;
            for text in (0..texts).step_by(every) {
                let margins = &held.margins[text * columns..(text + 1) * columns];
                self.scores(margins, &mut scores);
                scores[usize::from(held.labels[text])] -= 1.0;
                for (class, slope) in scores.iter().enumerate() {
                    let margin = if held.classes == 2 {
                        margins[0] * (class as f32 * 2.0 - 1.0)
                    } else {
                        margins[class]
                    };
                    scale_slope += slope * margin;
                    slopes[class] += slope;
                }
                seen += 1;
            }
            let rate = 1.0 / seen as f32;
            scale_speed = 0.8 * scale_speed - scale_slope * rate * 2.0;
            self.scale = (self.scale + scale_speed).clamp(0.05, 60.0);
            if with_offsets {
                for ((offset, speed), slope) in
                    self.offsets.iter_mut().zip(&mut speeds).zip(&slopes)
                {
                    *speed = 0.8 * *speed - slope * rate;
                    *offset += *speed;
                }
            }
        }
    }

    /// Lifts rare classes as far as accuracy and mean F1 together gain by it, then by what errors cost.
    fn tilt(&mut self, held: &HeldBack<'_>, wish: f64, costs: &[f32]) {
        let mut counts = vec![1_f32; held.classes];
        for label in held.labels {
            counts[usize::from(*label)] += 1.0;
        }
        let all: f32 = counts.iter().sum();
        let lifts: Vec<f32> = counts.iter().map(|count| (all / count).ln()).collect();
        let base = self.offsets.clone();
        let mut best = (f64::NEG_INFINITY, 0.0_f32);
        if wish > 0.0 && held.classes <= MOST_OFFSETS {
            let hurdle = HURDLE / (held.labels.len() as f64).sqrt();
            for step in 0..=8_u8 {
                let lift = f32::from(step) * 0.1;
                for ((offset, base), own) in self.offsets.iter_mut().zip(&base).zip(&lifts) {
                    *offset = base + lift * own;
                }
                let quality = self.quality(held);
                let worth = quality.0 + wish * quality.1;
                // The first step away from none has to be worth more than chance.
                if step == 0 {
                    best = (worth + hurdle, lift);
                } else if worth > best.0 {
                    best = (worth, lift);
                }
            }
        }
        for (((offset, base), own), cost) in
            self.offsets.iter_mut().zip(&base).zip(&lifts).zip(costs)
        {
            *offset = base + best.1 * own + cost.max(1e-6).ln();
        }
    }

    fn judge(&self, held: &HeldBack<'_>) -> Vec<Judged> {
        let columns = solve::columns(held.classes);
        let mut scores = Vec::new();
        held.labels
            .iter()
            .enumerate()
            .map(|(text, label)| {
                self.scores(
                    &held.margins[text * columns..(text + 1) * columns],
                    &mut scores,
                );
                let found = best(&scores);
                Judged {
                    truth: usize::from(*label),
                    found,
                    score: scores[found],
                    sure: scores[found] >= self.sure_from,
                }
            })
            .collect()
    }

    /// Accuracy and mean F1.
    fn quality(&self, held: &HeldBack<'_>) -> (f64, f64) {
        let labels = vec![String::new(); held.classes];
        let quality = measure::measure(&self.judge(held), &labels);
        (quality.accuracy, quality.macro_f1)
    }

    /// Widens or narrows all scores so that the best one says how often it is right; no order changes.
    fn rescale(&mut self, held: &HeldBack<'_>) {
        let mut best_found = (f64::INFINITY, self.clone());
        for step in -10..=10_i8 {
            let factor = (f32::from(step) * 0.07).exp();
            let tried = Self {
                scale: self.scale * factor,
                offsets: self.offsets.iter().map(|offset| offset * factor).collect(),
                sure_from: self.sure_from,
            };
            let loss: f64 = tried
                .judge(held)
                .iter()
                .map(|one| {
                    let score = f64::from(one.score).clamp(1e-6, 1.0 - 1e-6);
                    if one.found == one.truth {
                        -score.ln()
                    } else {
                        -(1.0 - score).ln()
                    }
                })
                .sum();
            if loss < best_found.0 {
                best_found = (loss, tried);
            }
        }
        *self = best_found.1;
    }

    /// Finds the lowest score from which on the verdicts are right as often as wished.
    fn set_sure(&mut self, held: &HeldBack<'_>, precision: f64) {
        let mut judged = self.judge(held);
        judged.sort_by(|left, right| right.score.total_cmp(&left.score));
        let (mut right, mut sure_from) = (0_usize, 0.99_f32);
        for (place, one) in judged.iter().enumerate() {
            right += usize::from(one.found == one.truth);
            if place >= 20 && right as f64 >= precision * (place + 1) as f64 {
                sure_from = one.score;
            }
        }
        self.sure_from = sure_from.clamp(0.5, 0.99);
    }
}

/// The place of the largest score; of equals the first.
pub(crate) fn best(scores: &[f32]) -> usize {
    let mut best = 0;
    for (place, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = place;
        }
    }
    best
}
