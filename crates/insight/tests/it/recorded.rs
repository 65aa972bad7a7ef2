//! Reads texts of the sets that `KULANT_DATA` names, for measuring. Nothing of them is kept.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Returns the folder of the sets; says so where there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test that measures is told where to read"
    )]
    let folder = std::env::var_os("KULANT_DATA");
    if folder.is_none() {
        eprintln!("skipped: KULANT_DATA is not set");
    }
    folder.map(PathBuf::from)
}

/// Returns one field of all rows of a packed CSV, TSV or JSON Lines file.
pub(crate) fn texts(path: &Path, field: &str) -> Vec<String> {
    let mut text = String::new();
    let file =
        std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    let name = path.to_string_lossy();
    if name.ends_with(".jsonl.gz") {
        return text
            .lines()
            .map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).unwrap();
                let value = &row[field];
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
    }
    let tabs = name.ends_with(".tsv.gz");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs)
        .flexible(true)
        .from_reader(text.as_bytes());
    let column = reader
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == field)
        .unwrap();
    reader
        .records()
        .map(|row| row.unwrap().get(column).unwrap_or_default().to_owned())
        .collect()
}
