//! `kulant insight read`: language, kind, sentiment, urgency, matters, personal data and keywords of texts.

use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use kulant_insight::classify::Form;
use kulant_insight::text::reading;

use super::open;
use crate::ambient::Stopwatch;
use crate::output::counted;

/// Read the text of every row, as JSON Lines on standard output
///
/// One line for each row, in their order: language, kind, sentiment, points of urgency, dangerous matters,
/// personal data with offsets in characters, keywords.
///
/// Example:
///   kulant insight read --input posts.csv --text body
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Read {
    /// Rows with texts: .jsonl, .csv or .tsv, plain or .gz
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// The field that holds the text
    #[arg(long, value_name = "FIELD")]
    text: String,
}

pub(super) fn read(wish: &Read) -> Result<()> {
    let begun = Stopwatch::start();
    let rows = reading::read_rows_as_json(
        open(&wish.input)?,
        Form::by_name(&wish.input.to_string_lossy()),
        &wish.text,
        io::stdout().lock(),
    )
    .with_context(|| wish.input.display().to_string())?;
    eprintln!(
        "kulant: {} read; {:.1} s",
        counted(rows, "row"),
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}
