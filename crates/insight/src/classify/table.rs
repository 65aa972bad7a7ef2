//! Rows of texts from files: JSON Lines, CSV, and TSV without quotes, plain or gzip.
//! What is wrong with a row is said in one line with its number and field; the number counts lines from 1, the header too.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};

/// A file longer than this in one line is no file of rows.
const LONGEST_LINE: u64 = 64 << 20;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    JsonLines,
    Csv,
    Tsv,
}

impl Form {
    /// Tells the form by a file's name, with or without `.gz`.
    pub fn by_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            _ => None,
        }
    }

    /// Tells the form by how a file begins.
    fn by_beginning(beginning: &[u8]) -> Self {
        let header = beginning
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let first = header
            .iter()
            .find(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
        if first == Some(&b'{') {
            Self::JsonLines
        } else if header.contains(&b'\t') {
            Self::Tsv
        } else {
            Self::Csv
        }
    }
}

/// Why a file could not be gone through.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    #[error("row {row}, field \"{field}\": {why}")]
    Field {
        row: u64,
        field: String,
        why: &'static str,
    },
    #[error("row {row}: {why}")]
    Row { row: u64, why: String },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Gives the wanted fields of every row to `take`, with the row's number. Without a form it is told by the beginning.
pub fn read_rows(
    input: impl Read,
    form: Option<Form>,
    wanted: &[&str],
    mut take: impl FnMut(u64, &[Cow<'_, str>]) -> Result<(), RowError>,
) -> Result<(), RowError> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let zipped = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut input: Box<dyn BufRead + '_> = if zipped {
        Box::new(BufReader::with_capacity(
            1 << 16,
            MultiGzDecoder::new(input),
        ))
    } else {
        Box::new(input)
    };
    let form = match form {
        Some(form) => form,
        None => Form::by_beginning(input.fill_buf()?),
    };
    match form {
        Form::JsonLines => read_json_lines(input, wanted, &mut take),
        Form::Csv => read_csv(input, wanted, &mut take),
        Form::Tsv => read_tsv(input, wanted, &mut take),
    }
}

type Take<'a> = &'a mut dyn FnMut(u64, &[Cow<'_, str>]) -> Result<(), RowError>;

fn unread(row: u64, error: &io::Error) -> RowError {
    RowError::Row {
        row,
        why: format!("cannot be read ({error})"),
    }
}

/// Reads a line without its end; none at the end of the file.
fn read_line(input: &mut dyn BufRead, row: u64, line: &mut Vec<u8>) -> Result<bool, RowError> {
    line.clear();
    let read = input
        .take(LONGEST_LINE)
        .read_until(b'\n', line)
        .map_err(|error| unread(row, &error))?;
    if read as u64 == LONGEST_LINE {
        return Err(RowError::Row {
            row,
            why: "the line is too long".to_owned(),
        });
    }
    if row == 1 && line.starts_with(b"\xef\xbb\xbf") {
        line.drain(..3);
    }
    while line
        .last()
        .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        line.pop();
    }
    Ok(read > 0)
}

fn read_json_lines(
    mut input: Box<dyn BufRead + '_>,
    wanted: &[&str],
    take: Take<'_>,
) -> Result<(), RowError> {
    let mut line = Vec::new();
    let mut row = 1;
    while read_line(&mut input, row, &mut line)? {
        if !line.iter().all(u8::is_ascii_whitespace) {
            let object: Map<String, Value> =
                serde_json::from_slice(&line).map_err(|error| RowError::Row {
                    row,
                    why: format!("not a JSON object ({error})"),
                })?;
            let fields = wanted
                .iter()
                .map(|name| json_field(&object, name, row))
                .collect::<Result<Vec<_>, _>>()?;
            take(row, &fields)?;
        }
        row += 1;
    }
    Ok(())
}

fn json_field<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    row: u64,
) -> Result<Cow<'a, str>, RowError> {
    let fault = |why| RowError::Field {
        row,
        field: name.to_owned(),
        why,
    };
    match object.get(name) {
        Some(Value::String(text)) => Ok(Cow::Borrowed(text)),
        Some(Value::Bool(yes)) => Ok(Cow::Borrowed(if *yes { "true" } else { "false" })),
        Some(Value::Number(number)) => Ok(Cow::Owned(number.to_string())),
        Some(Value::Null) => Err(fault("is null")),
        Some(_) => Err(fault("is neither a text nor a number nor true or false")),
        None => Err(fault("is missing")),
    }
}

fn read_csv(input: Box<dyn BufRead + '_>, wanted: &[&str], take: Take<'_>) -> Result<(), RowError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let header = reader.byte_headers().map_err(csv_error)?.clone();
    if header.is_empty() {
        return Ok(());
    }
    let names: Vec<Cow<'_, str>> = header.iter().map(String::from_utf8_lossy).collect();
    let places = places(&names, wanted)?;
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(csv_error)? {
        let row = record.position().map_or(0, csv::Position::line);
        let fields = pick(&places, wanted, row, |place| record.get(place))?;
        take(row, &fields)?;
    }
    Ok(())
}

fn csv_error(error: csv::Error) -> RowError {
    let row = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => unread(row, &error),
        _ => RowError::Row {
            row,
            why: "not a row of comma-separated values".to_owned(),
        },
    }
}

fn read_tsv(
    mut input: Box<dyn BufRead + '_>,
    wanted: &[&str],
    take: Take<'_>,
) -> Result<(), RowError> {
    let mut line = Vec::new();
    if !read_line(&mut input, 1, &mut line)? {
        return Ok(());
    }
    let header = String::from_utf8_lossy(&line).into_owned();
    let names: Vec<Cow<'_, str>> = header.split('\t').map(Cow::Borrowed).collect();
    let places = places(&names, wanted)?;
    let mut row = 2;
    while read_line(&mut input, row, &mut line)? {
        if !line.is_empty() {
            let columns: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
            let fields = pick(&places, wanted, row, |place| columns.get(place).copied())?;
            take(row, &fields)?;
        }
        row += 1;
    }
    Ok(())
}

fn places(names: &[Cow<'_, str>], wanted: &[&str]) -> Result<Vec<usize>, RowError> {
    let find = |field: &&str| {
        names
            .iter()
            .position(|name| name.trim() == *field)
            .ok_or_else(|| RowError::Field {
                row: 1,
                field: (*field).to_owned(),
                why: "is not in the header",
            })
    };
    wanted.iter().map(find).collect()
}

fn pick<'a>(
    places: &[usize],
    wanted: &[&str],
    row: u64,
    column: impl Fn(usize) -> Option<&'a [u8]>,
) -> Result<Vec<Cow<'a, str>>, RowError> {
    let one = |(place, field): (&usize, &&str)| {
        column(*place)
            .map(String::from_utf8_lossy)
            .ok_or_else(|| RowError::Field {
                row,
                field: (*field).to_owned(),
                why: "is missing",
            })
    };
    places.iter().zip(wanted).map(one).collect()
}
