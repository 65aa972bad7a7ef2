//! `kulant insight`: reading texts and numbers from plain files, without a desk or its data.

mod learning;
mod reading;
mod series;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

/// Read texts and numbers from plain files: learn, predict, measure
///
/// Every file may be `-` for standard input or output and may be gzip; CSV and TSV have a header row.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Insight {
    #[command(subcommand)]
    wish: Wish,
}

#[derive(Subcommand)]
enum Wish {
    Train(learning::Train),
    Predict(learning::Predict),
    Evaluate(learning::Evaluate),
    Read(reading::Read),
    Storms(series::Storms),
    Forecast(series::Forecast),
}

pub(crate) fn insight(wish: Insight) -> Result<()> {
    match wish.wish {
        Wish::Train(wish) => learning::train(&wish),
        Wish::Predict(wish) => learning::predict(&wish),
        Wish::Evaluate(wish) => learning::evaluate(&wish),
        Wish::Read(wish) => reading::read(&wish),
        Wish::Storms(wish) => series::storms(&wish),
        Wish::Forecast(wish) => series::forecast(&wish),
    }
}

/// Opens a file to read; `-` is standard input.
fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Box::new(file))
}

/// Writes a whole file beside its place and puts it there when it is complete; `-` is standard output.
fn put(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let failed = || format!("{} cannot be written", path.display());
    if path.as_os_str() == "-" {
        return write(&mut io::stdout().lock()).with_context(failed);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = File::create(&part)
        .and_then(|mut file| {
            write(&mut file)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        drop(std::fs::remove_file(&part));
    }
    written.with_context(failed)
}
