//! Reads a file row by row, plain or gzip, CSV or JSON Lines, as deliveries with stable keys.
//! Tolerant of what spreadsheets write; a row that cannot be taken apart is kept as it stands.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use kulant_model::time::Timestamp;
use serde_json::{Map, Value};

pub use super::wire::{FIELDS, Mapping};
use super::wire::{REASON, ROW, UNREAD};
use super::{KIND, inbound};
use crate::delivery::RawDelivery;
use crate::signature::sha256_hex;

/// The longest line of JSON that is read.
const LONGEST_LINE: u64 = 10 << 20;
/// How much of the beginning is looked at to tell what a file is.
const SAMPLE: usize = 64 << 10;

/// The rows of one file.
pub struct Rows {
    source: Source,
    mapping: Mapping,
    read: u64,
    bytes_read: Arc<AtomicU64>,
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("cannot read the file")]
    Read(#[from] io::Error),
    #[error("cannot map {0}: give FIELD=COLUMN with one of the fields {fields}", fields = FIELDS.join(", "))]
    BadMapping(String),
    #[error("the file has no column {column} for {field}; its columns are {columns}")]
    NoSuchColumn {
        field: String,
        column: String,
        columns: String,
    },
    #[error("the file is one JSON list; write one object a line instead (jq -c '.[]' does it)")]
    JsonList,
    #[error("the file is UTF-16; save it as UTF-8")]
    Utf16,
    #[error("the file is empty")]
    Empty,
    #[error("the file is neither CSV nor JSON Lines, plain or compressed with gzip")]
    NoText,
}

enum Source {
    Csv {
        reader: Box<csv::Reader<Box<dyn BufRead + Send>>>,
        /// For every field, the place of its column.
        places: Vec<(&'static str, usize)>,
    },
    Lines(Box<dyn BufRead + Send>),
}

impl Rows {
    /// Begins to read; tells compression, format, separator and columns from the file's beginning.
    pub fn open(file: impl Read + Send + 'static, mapping: Mapping) -> Result<Self, ImportError> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let mut plain: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(
            SAMPLE,
            Counted(file, Arc::clone(&bytes_read)),
        ));
        if plain.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
            plain = Box::new(BufReader::with_capacity(SAMPLE, MultiGzDecoder::new(plain)));
        }
        let sample = sample(&mut plain)?;
        if sample.starts_with(&[0xff, 0xfe]) || sample.starts_with(&[0xfe, 0xff]) {
            return Err(ImportError::Utf16);
        }
        if sample.contains(&0) {
            return Err(ImportError::NoText);
        }
        let beginning = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample);
        let (separator, beginning) = separator(beginning);
        let before = sample.len() - beginning.len();
        let first = beginning
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
            .copied();
        if first == Some(b'{') {
            check_first_line(beginning, &mapping)?;
        }
        let mut whole: Box<dyn BufRead + Send> = Box::new(io::Cursor::new(sample).chain(plain));
        io::copy(&mut (&mut whole).take(before as u64), &mut io::sink())?;

        let source = match first {
            Some(b'{') => Source::Lines(whole),
            Some(b'[') => return Err(ImportError::JsonList),
            None => return Err(ImportError::Empty),
            _ => csv_source(whole, separator, &mapping)?,
        };
        Ok(Self {
            source,
            mapping,
            read: 0,
            bytes_read,
        })
    }

    /// Passes over the rows that an earlier run has taken in.
    pub fn skip_to(&mut self, rows: u64) -> Result<(), ImportError> {
        while self.read < rows {
            if self.next_row()?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Returns up to `most` rows as deliveries; none at the end of the file.
    pub fn next_batch(
        &mut self,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<RawDelivery>, ImportError> {
        let mut deliveries = Vec::new();
        while deliveries.len() < most {
            let Some(row) = self.next_row()? else { break };
            deliveries.push(RawDelivery {
                kind: KIND.to_owned(),
                key: key(&row),
                headers: Vec::new(),
                body: Value::Object(row).to_string().into_bytes(),
                received_at: now,
            });
        }
        Ok(deliveries)
    }

    /// Returns how many rows were read or passed over, to be kept as the cursor.
    pub const fn rows_read(&self) -> u64 {
        self.read
    }

    /// Returns how many bytes of the file, as it lies there, were read.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    fn next_row(&mut self) -> Result<Option<Map<String, Value>>, ImportError> {
        let row = match &mut self.source {
            Source::Csv { reader, places } => next_record(reader, places, &self.mapping),
            Source::Lines(lines) => next_object(lines, &self.mapping),
        };
        let Some(mut row) = row? else {
            return Ok(None);
        };
        self.read += 1;
        row.insert(ROW.to_owned(), Value::from(self.read));
        Ok(Some(row))
    }
}

/// Returns what a row is known by: its id, else its content with its place.
fn key(row: &Map<String, Value>) -> String {
    inbound::row_id(row).unwrap_or_else(|| {
        let number = row.get(ROW).and_then(Value::as_u64).unwrap_or_default();
        let content: Vec<String> = FIELDS
            .into_iter()
            .chain([UNREAD])
            .map(|field| row.get(field).unwrap_or(&Value::Null).to_string())
            .collect();
        let hash = sha256_hex(content.join("\n").as_bytes());
        format!("row-{number}-{}", &hash[..16])
    })
}

/// Reads ahead for as much as is looked at.
fn sample(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut sample = Vec::new();
    source.take(SAMPLE as u64).read_to_end(&mut sample)?;
    Ok(sample)
}

/// Returns the separator that the file names in a line of its own, else the one that stands most
/// often in the first line, outside quotes; and what stands behind such a line.
fn separator(beginning: &[u8]) -> (u8, &[u8]) {
    if let [b's', b'e', b'p', b'=', named, rest @ ..] = beginning {
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        if let Some(rest) = rest.strip_prefix(b"\n") {
            return (*named, rest);
        }
    }
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for byte in beginning {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            other => {
                if let Some((_, count)) = counts.iter_mut().find(|(known, _)| known == other) {
                    *count += 1;
                }
            }
        }
    }
    let mut best = counts[0];
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    (best.0, beginning)
}

/// Refuses a file of JSON whose first line shows that the text was looked for in the wrong place.
fn check_first_line(beginning: &[u8], mapping: &Mapping) -> Result<(), ImportError> {
    let line = beginning
        .split(|byte| *byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty());
    let object = line.and_then(|line| serde_json::from_slice::<Map<String, Value>>(line).ok());
    match object {
        Some(object) if find(&object, mapping.column("text")).is_none() => {
            Err(ImportError::NoSuchColumn {
                field: "text".to_owned(),
                column: mapping.column("text").to_owned(),
                columns: object.keys().cloned().collect::<Vec<_>>().join(", "),
            })
        }
        _ => Ok(()),
    }
}

fn csv_source(
    whole: Box<dyn BufRead + Send>,
    separator: u8,
    mapping: &Mapping,
) -> Result<Source, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(whole);
    let header = reader.byte_headers().map_err(unreadable)?;
    let names: Vec<String> = header
        .iter()
        .map(|name| decode(name).trim().to_owned())
        .collect();

    let mut places = Vec::new();
    for field in FIELDS {
        let column = mapping.column(field);
        let exact = names.iter().position(|name| name == column);
        let place = exact.or_else(|| {
            names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(column))
        });
        match place {
            Some(place) => places.push((field, place)),
            None if field == "text" || mapping.columns.contains_key(field) => {
                return Err(ImportError::NoSuchColumn {
                    field: field.to_owned(),
                    column: column.to_owned(),
                    columns: names.join(", "),
                });
            }
            None => {}
        }
    }
    Ok(Source::Csv {
        reader: Box::new(reader),
        places,
    })
}

fn next_record(
    reader: &mut csv::Reader<Box<dyn BufRead + Send>>,
    places: &[(&'static str, usize)],
    mapping: &Mapping,
) -> Result<Option<Map<String, Value>>, ImportError> {
    let mut record = csv::ByteRecord::new();
    loop {
        if !reader.read_byte_record(&mut record).map_err(unreadable)? {
            return Ok(None);
        }
        // A line of nothing but separators is how spreadsheets write an empty row.
        if record.iter().any(|value| !value.is_empty()) {
            break;
        }
    }
    let mut row = Map::new();
    for (field, place) in places {
        if let Some(value) = record.get(*place) {
            keep(&mut row, field, Value::String(decode(value)), mapping);
        }
    }
    Ok(Some(row))
}

fn next_object(
    lines: &mut dyn BufRead,
    mapping: &Mapping,
) -> Result<Option<Map<String, Value>>, ImportError> {
    let mut line = Vec::new();
    while line.iter().all(u8::is_ascii_whitespace) {
        line.clear();
        if lines.take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
    }
    let too_long = line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n');
    if too_long {
        skip_line(lines)?;
        line.truncate(1_000);
    }

    let mut row = Map::new();
    match serde_json::from_slice::<Map<String, Value>>(&line) {
        Ok(object) => {
            for field in FIELDS {
                if let Some(value) = find(&object, mapping.column(field)) {
                    keep(&mut row, field, value.clone(), mapping);
                }
            }
        }
        Err(error) => {
            let reason = if too_long {
                "a line of more than 10 MB".to_owned()
            } else {
                error.to_string()
            };
            row.insert(UNREAD.to_owned(), Value::String(decode(line.trim_ascii())));
            row.insert(REASON.to_owned(), Value::String(reason));
        }
    }
    Ok(Some(row))
}

fn skip_line(lines: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let buffer = lines.fill_buf()?;
        let length = buffer.len();
        if let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            lines.consume(end + 1);
            return Ok(());
        }
        if length == 0 {
            return Ok(());
        }
        lines.consume(length);
    }
}

fn keep(row: &mut Map<String, Value>, field: &str, value: Value, mapping: &Mapping) {
    let value = match inbound::truth(&value) {
        Some(own) if mapping.is_negated(field) => Value::Bool(!own),
        _ => value,
    };
    row.insert(field.to_owned(), value);
}

/// Finds a value by its name, else by a path of names with dots between them.
fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    find(object.get(first)?.as_object()?, rest)
}

/// Reads text as UTF-8, else as Windows-1252, which older spreadsheets write.
fn decode(bytes: &[u8]) -> String {
    const BELOW_LATIN_1: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes
            .iter()
            .map(|byte| match byte {
                0x80..=0x9f => BELOW_LATIN_1[usize::from(byte - 0x80)],
                _ => char::from(*byte),
            })
            .collect(),
    }
}

fn unreadable(error: csv::Error) -> ImportError {
    ImportError::Read(io::Error::other(error))
}

/// Counts what is read, for the progress bar.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
