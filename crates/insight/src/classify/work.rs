//! Training, predicting and evaluating over files of rows, as the command line asks for it.
//! Works on whatever can be read and written; opening files is left to the caller.

use std::io::{self, BufWriter, Read, Write};

use super::learn::{self, Example, TrainError, Wish};
use super::measure::Quality;
use super::model::{Classifier, Desk};
use super::table::{Form, RowError, read_rows};

/// Why a file could not be worked through.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error(transparent)]
    Rows(#[from] RowError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error("the answers could not be written: {0}")]
    Write(io::Error),
    #[error("there are no rows to evaluate")]
    NoRows,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// So many rows are read.
    Rows(u64),
    /// This share of the learning is done.
    Learning(f64),
}

/// Learns a model from the rows of a file.
pub fn train_from(
    input: impl Read,
    form: Option<Form>,
    (text, label): (&str, &str),
    wish: &Wish,
    mut tell: impl FnMut(Progress),
) -> Result<Classifier, WorkError> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    read_rows(input, form, &[text, label], |row, fields| {
        if fields[1].trim().is_empty() {
            return Err(RowError::Field {
                row,
                field: label.to_owned(),
                why: "is empty",
            });
        }
        pairs.push((fields[0].to_string(), fields[1].to_string()));
        tell(Progress::Rows(pairs.len() as u64));
        Ok(())
    })?;
    let examples: Vec<Example<'_>> = pairs
        .iter()
        .map(|(text, label)| Example { text, label })
        .collect();
    Ok(learn::train(&examples, wish, |share| {
        tell(Progress::Learning(share));
    })?)
}

/// Judges the text of every row and writes one line of JSON for each, in the order of the rows.
pub fn predict(
    model: &Classifier,
    input: impl Read,
    form: Option<Form>,
    text: &str,
    output: impl Write,
    mut tell: impl FnMut(Progress),
) -> Result<(), WorkError> {
    let names: Vec<String> = model
        .labels()
        .iter()
        .map(|label| serde_json::Value::from(label.as_str()).to_string())
        .collect();
    let mut output = BufWriter::with_capacity(1 << 16, output);
    let mut desk = Desk::default();
    let mut rows = 0;
    let mut broken = None;
    let read = read_rows(input, form, &[text], |_, fields| {
        let verdict = model.judge(&mut desk, &fields[0]);
        rows += 1;
        tell(Progress::Rows(rows));
        write_verdict(&mut output, &names, &verdict).map_err(|error| {
            let kind = error.kind();
            broken = Some(error);
            RowError::Io(kind.into())
        })
    });
    if let Some(error) = broken {
        return Err(WorkError::Write(error));
    }
    // What was judged before a bad row is still written.
    output.flush().map_err(WorkError::Write)?;
    Ok(read?)
}

fn write_verdict(
    output: &mut impl Write,
    names: &[String],
    verdict: &super::model::Verdict,
) -> io::Result<()> {
    write!(
        output,
        "{{\"label\":{},\"sure\":{},\"score\":{:.5},\"scores\":{{",
        names[verdict.best], verdict.sure, verdict.score
    )?;
    for (place, (name, score)) in names.iter().zip(&verdict.scores).enumerate() {
        let comma = if place > 0 { "," } else { "" };
        write!(output, "{comma}{name}:{score:.5}")?;
    }
    output.write_all(b"}}\n")
}

/// Measures a model on the labelled rows of a file.
pub fn evaluate(
    model: &Classifier,
    input: impl Read,
    form: Option<Form>,
    (text, label): (&str, &str),
    mut tell: impl FnMut(Progress),
) -> Result<Quality, WorkError> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    read_rows(input, form, &[text, label], |_, fields| {
        pairs.push((fields[0].to_string(), fields[1].to_string()));
        tell(Progress::Rows(pairs.len() as u64));
        Ok(())
    })?;
    if pairs.is_empty() {
        return Err(WorkError::NoRows);
    }
    Ok(model.measure(
        pairs
            .iter()
            .map(|(text, label)| (text.as_str(), label.as_str())),
    ))
}

/// Writes a quality as a table for people.
pub fn write_quality(quality: &Quality, mut to: impl Write) -> io::Result<()> {
    writeln!(to, "examples           {}", quality.examples)?;
    writeln!(to, "accuracy           {:.4}", quality.accuracy)?;
    writeln!(to, "macro-F1           {:.4}", quality.macro_f1)?;
    writeln!(to, "calibration error  {:.4}", quality.calibration_error)?;
    writeln!(
        to,
        "sure               {:.4} of them, {:.4} right",
        quality.sure_share, quality.sure_accuracy
    )?;
    writeln!(
        to,
        "\n{:<32} {:>9} {:>9} {:>9} {:>9}",
        "class", "examples", "precision", "recall", "F1"
    )?;
    for class in &quality.classes {
        writeln!(
            to,
            "{:<32} {:>9} {:>9.4} {:>9.4} {:>9.4}",
            class.label, class.examples, class.precision, class.recall, class.f1
        )?;
    }
    writeln!(
        to,
        "\n{:<32} {:>9} {:>9} {:>9}",
        "score", "verdicts", "mean", "right"
    )?;
    for (place, band) in quality
        .bands
        .iter()
        .enumerate()
        .filter(|(_, band)| band.verdicts > 0)
    {
        let name = format!(
            "{:.1} to {:.1}",
            place as f64 / 10.0,
            (place + 1) as f64 / 10.0
        );
        writeln!(
            to,
            "{name:<32} {:>9} {:>9.4} {:>9.4}",
            band.verdicts, band.mean_score, band.accuracy
        )?;
    }
    Ok(())
}
