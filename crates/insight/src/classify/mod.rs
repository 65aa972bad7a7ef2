//! One engine that learns to put texts into classes (topics, sentiment, kinds, intents) from labelled examples.
//! Texts and labels in, a small model and verdicts out; it knows no class by name.

mod calibrate;
mod features;
mod file;
mod hidden;
mod learn;
mod measure;
mod model;
mod seed;
mod solve;
mod table;
mod vocabulary;
mod weights;
mod work;

pub use file::LoadError;
pub use learn::{Example, TrainError, Wish, train};
pub use measure::{Band, ClassQuality, Quality};
pub use model::{Classifier, Desk, Reason, Verdict};
pub use table::{Form, RowError, read_rows};
pub use work::{Progress, WorkError, evaluate, predict, train_from, write_quality};
