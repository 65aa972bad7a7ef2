//! One engine that learns to put texts into classes (topics, sentiment, kinds, intents) from labelled examples.
//! Texts and labels in, a small model and verdicts out; it knows no class by name.

mod calibrate;
mod features;
mod learn;
mod measure;
mod model;
mod seed;
mod solve;
mod vocabulary;
mod weights;

pub use learn::{Example, TrainError, Wish, train};
pub use measure::{Band, ClassQuality, Quality};
pub use model::{Classifier, Desk, Reason, Verdict};
