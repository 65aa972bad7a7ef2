//! Learns a model from examples: reads features, fits separators and with many classes a small net, then calibrates on texts held back.

use std::collections::BTreeMap;

use super::calibrate::{Calibration, HeldBack};
use super::features::{Recipe, Stems};
use super::hidden::{self, Hidden};
use super::model::Classifier;
use super::seed::Chance;
use super::solve::{self, Fit, Rows};
use super::vocabulary::{Counted, Vocabulary};
use super::weights::Weights;
use crate::text::language;

/// The most features a model keeps.
pub(crate) const MOST_FEATURES: usize = 320_000;
const MOST_CLASSES: usize = 2_000;
/// Fewer examples than this are all learned from, and none held back.
const FEWEST_TO_HOLD_BACK: usize = 30;

/// One text with the label that people gave it.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    pub text: &'a str,
    pub label: &'a str,
}

/// What training is asked for beside the examples.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What the model is for, kept in it as its name.
    pub task: String,
    pub seed: u64,
    /// How much missing each label costs, where that is not 1.
    pub costs: BTreeMap<String, f32>,
    /// How much the mean F1 of the classes counts beside accuracy when rare classes are lifted.
    pub f1_weight: f64,
    /// How often verdicts marked as sure are to be right.
    pub sure_precision: f64,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            task: String::new(),
            seed: 1,
            costs: BTreeMap::new(),
            f1_weight: 0.1,
            sure_precision: 0.9,
        }
    }
}

/// Why nothing can be learned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    #[error("there are no examples to learn from")]
    NoExamples,
    #[error("all examples bear the same label \"{0}\"; at least two labels are needed")]
    OneLabel(String),
    #[error("there are {0} different labels; at most {MOST_CLASSES} can be learned")]
    TooManyLabels(usize),
}

/// Learns a model; `tell` hears how much of the work is done, from 0 to 1.
pub fn train(
    examples: &[Example<'_>],
    wish: &Wish,
    mut tell: impl FnMut(f64),
) -> Result<Classifier, TrainError> {
    let (labels, truth) = number_labels(examples)?;
    let classes = labels.len();
    let recipe = Recipe::usual(stems_for(examples));

    let counted = Counted::read(examples.iter().map(|example| example.text), &recipe);
    let fewest = if examples.len() < 500 { 1 } else { 2 };
    let vocabulary = counted.vocabulary(fewest, MOST_FEATURES);
    let rows = counted.rows(&vocabulary);
    drop(counted);
    tell(0.15);

    let folds = if examples.len() < FEWEST_TO_HOLD_BACK {
        0
    } else {
        3
    };
    let all: Vec<u32> = (0..examples.len() as u32).collect();
    let fits = (folds + 1) as f64;
    let task = Task {
        rows: &rows,
        vocabulary: &vocabulary,
        truth: &truth,
        classes,
        seed: wish.seed,
    };
    let fitted = task.fit(&all);
    tell(0.15 + 0.8 / fits);

    let columns = solve::columns(classes);
    let mut margins = vec![0_f32; examples.len() * columns];
    let fold_of = folds_of(&truth, classes, folds, wish.seed);
    for fold in 0..folds {
        let learned: Vec<u32> = all
            .iter()
            .copied()
            .filter(|row| fold_of[*row as usize] != fold)
            .collect();
        let part = task.fit(&learned);
        let mut sums = vec![0_f32; solve::stride(classes)];
        for row in (0..examples.len()).filter(|row| fold_of[*row] == fold) {
            task.add_margins(&part, row, &mut sums);
            margins[row * columns..(row + 1) * columns].copy_from_slice(&sums[..columns]);
        }
        tell(0.15 + 0.8 * (fold + 2) as f64 / fits);
    }

    let costs: Vec<f32> = labels
        .iter()
        .map(|label| wish.costs.get(label).copied().unwrap_or(1.0))
        .collect();
    let held = HeldBack {
        margins: &margins,
        labels: if folds == 0 { &[] } else { &truth },
        classes,
    };
    let calibration = Calibration::fit(&held, wish.f1_weight, &costs, wish.sure_precision);
    let weights = Weights::keep(&fitted.weights, classes, &vocabulary);
    tell(1.0);
    Ok(Classifier::new(
        wish.task.clone(),
        labels,
        recipe,
        vocabulary,
        (weights, fitted.net),
        calibration,
    ))
}

/// What is fitted: the texts as rows of numbers, and the number of each one's label.
pub(crate) struct Task<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) truth: &'a [u16],
    pub(crate) classes: usize,
    pub(crate) seed: u64,
}

/// What was fitted to some of the rows.
struct Fitted {
    weights: Vec<f32>,
    net: Option<Hidden>,
}

impl Task<'_> {
    fn fit(&self, chosen: &[u32]) -> Fitted {
        let many = self.classes >= hidden::FEWEST_CLASSES;
        let fit = Fit {
            cost: if many { 0.2 } else { 0.1 },
            balance: 0.0,
            contrast: 0.2,
            rounds: 12,
            seed: self.seed,
        };
        let with_net = many && self.truth.len() >= hidden::FEWEST_EXAMPLES;
        Fitted {
            weights: solve::fit(self.rows, self.truth, self.classes, chosen, &fit),
            net: with_net.then(|| Hidden::fit(self, chosen)),
        }
    }

    /// Writes what was fitted says about a row.
    fn add_margins(&self, fitted: &Fitted, row: usize, sums: &mut [f32]) {
        let (features, values) = self.rows.row(row);
        solve::add_margins(&fitted.weights, features, values, sums);
        if let Some(net) = &fitted.net {
            let mut units = [0_f32; hidden::UNITS];
            for (feature, value) in features.iter().zip(values) {
                net.inner.add(*feature, *value, &mut units);
            }
            net.add(&units, sums);
        }
    }
}

/// Labels in alphabetical order, and the number of each example's label.
fn number_labels(examples: &[Example<'_>]) -> Result<(Vec<String>, Vec<u16>), TrainError> {
    let mut numbers: BTreeMap<&str, u16> =
        examples.iter().map(|example| (example.label, 0)).collect();
    match numbers.len() {
        0 => return Err(TrainError::NoExamples),
        1 => return Err(TrainError::OneLabel(examples[0].label.to_owned())),
        many if many > MOST_CLASSES => return Err(TrainError::TooManyLabels(many)),
        _ => {}
    }
    for (number, at) in numbers.values_mut().enumerate() {
        *at = number as u16;
    }
    let truth = examples
        .iter()
        .map(|example| numbers[example.label])
        .collect();
    Ok((numbers.into_keys().map(str::to_owned).collect(), truth))
}

/// Stems by the language that most of the texts are in.
fn stems_for(examples: &[Example<'_>]) -> Stems {
    let every = examples.len().div_ceil(300).max(1);
    let (mut german, mut english) = (0_usize, 0_usize);
    for example in examples.iter().step_by(every) {
        let text: String = example.text.chars().take(500).collect();
        match language::guess(&text) {
            Some("de") => german += 1,
            Some("en") => english += 1,
            _ => {}
        }
    }
    match german.cmp(&english) {
        std::cmp::Ordering::Greater => Stems::German,
        std::cmp::Ordering::Less => Stems::English,
        std::cmp::Ordering::Equal => Stems::None,
    }
}

/// Deals the examples of each label out over the folds in chance order.
fn folds_of(truth: &[u16], classes: usize, folds: usize, seed: u64) -> Vec<usize> {
    let mut fold_of = vec![0; truth.len()];
    if folds == 0 {
        return fold_of;
    }
    let mut rows: Vec<usize> = (0..truth.len()).collect();
    Chance::new(seed ^ 0xf01d).shuffle(&mut rows);
    let mut next: Vec<usize> = (0..classes).collect();
    for row in rows {
        let turn = &mut next[usize::from(truth[row])];
        fold_of[row] = *turn % folds;
        *turn += 1;
    }
    fold_of
}
