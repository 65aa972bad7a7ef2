//! `kulant insight train`, `predict` and `evaluate`: a classifier of texts from labelled rows.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kulant_insight::classify::{self, Classifier, Form, Progress};

use super::{open, put};
use crate::ambient::Stopwatch;
use crate::output::counted;

/// Learn to put texts into classes from labelled rows
///
/// The model is one small file. The same rows give the same model.
///
/// Example:
///   kulant insight train --input posts.jsonl.gz --text body --label topic --model topics.model
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Train {
    /// Rows with texts and labels: .jsonl, .csv or .tsv, plain or .gz
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// The field that holds the text
    #[arg(long, value_name = "FIELD")]
    text: String,
    /// The field that holds the label: a text, a number, true or false
    #[arg(long, value_name = "FIELD")]
    label: String,
    /// The file that the model is written to
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// What the model is for, kept in it as its name
    #[arg(long, value_name = "NAME", default_value = "")]
    task: String,
}

/// Say for every row which class its text belongs to, as JSON Lines on standard output
///
/// One line for each row, in their order: the best label, whether it is sure, and the score of every label.
///
/// Example:
///   kulant insight predict --model topics.model --input new.csv --text body
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Predict {
    /// A model that train wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Rows with texts: .jsonl, .csv or .tsv, plain or .gz
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// The field that holds the text
    #[arg(long, value_name = "FIELD")]
    text: String,
}

/// Measure a model on labelled rows: accuracy, F1 of every class, and whether its scores can be believed
///
/// Example:
///   kulant insight evaluate --model topics.model --input held-back.csv --text body --label topic
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Evaluate {
    /// A model that train wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Rows with texts and labels: .jsonl, .csv or .tsv, plain or .gz
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// The field that holds the text
    #[arg(long, value_name = "FIELD")]
    text: String,
    /// The field that holds the label
    #[arg(long, value_name = "FIELD")]
    label: String,
}

pub(super) fn train(wish: &Train) -> Result<()> {
    let begun = Stopwatch::start();
    let order = classify::Wish {
        task: wish.task.clone(),
        ..classify::Wish::default()
    };
    let bar = Bar::new()?;
    let mut rows = 0;
    let model = classify::train_from(
        open(&wish.input)?,
        form(&wish.input),
        (&wish.text, &wish.label),
        &order,
        |progress| {
            if let Progress::Rows(count) = progress {
                rows = count;
            }
            bar.show(progress);
        },
    )
    .with_context(|| wish.input.display().to_string())?;
    bar.0.finish_and_clear();

    put(&wish.model, |to| model.save(to))?;
    eprintln!(
        "kulant: {} with {} learned; {:.1} s",
        counted(rows, "row"),
        counted(model.labels().len() as u64, "label"),
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

pub(super) fn predict(wish: &Predict) -> Result<()> {
    let model = load(&wish.model)?;
    let bar = Bar::new()?;
    let done = classify::predict(
        &model,
        open(&wish.input)?,
        form(&wish.input),
        &wish.text,
        io::stdout().lock(),
        |progress| bar.show(progress),
    );
    bar.0.finish_and_clear();
    done.with_context(|| wish.input.display().to_string())
}

pub(super) fn evaluate(wish: &Evaluate) -> Result<()> {
    let model = load(&wish.model)?;
    let bar = Bar::new()?;
    let quality = classify::evaluate(
        &model,
        open(&wish.input)?,
        form(&wish.input),
        (&wish.text, &wish.label),
        |progress| bar.show(progress),
    )
    .with_context(|| wish.input.display().to_string())?;
    bar.0.finish_and_clear();
    classify::write_quality(&quality, io::stdout().lock()).context("the figures cannot be written")
}

fn load(path: &Path) -> Result<Classifier> {
    Classifier::load(open(path)?).with_context(|| path.display().to_string())
}

fn form(path: &Path) -> Option<Form> {
    Form::by_name(&path.to_string_lossy())
}

/// Progress on standard error; nothing is drawn where nobody watches.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Result<Self> {
        let bar = ProgressBar::new(100);
        bar.set_style(
            ProgressStyle::with_template("{spinner} {bar:30} {msg}").context("the progress bar")?,
        );
        Ok(Self(bar))
    }

    fn show(&self, progress: Progress) {
        match progress {
            Progress::Rows(rows) if rows.is_multiple_of(1000) => {
                self.0.set_message(counted(rows, "row"));
            }
            Progress::Rows(_) => {}
            Progress::Learning(share) => {
                self.0.set_message("learning");
                self.0.set_position((share * 100.0) as u64);
            }
        }
    }
}
