//! Reads series from files of comma-separated rows under a header, and says in one line what is wrong with one.
//! Fields may stand in double quotes and never span lines; the file may be packed with gzip.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::civil::{self, Writing};

/// No row of a series is longer.
const LONGEST_ROW: u64 = 1 << 20;
/// How a file begins that is packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a file could not be gone through.
#[derive(Debug)]
pub enum Trouble {
    /// The file is not what it should be; rows count from 1, the header.
    Refused {
        row: u64,
        field: String,
        why: String,
    },
    Io(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { row, field, why } if field.is_empty() => write!(f, "row {row}: {why}"),
            Self::Refused { row, field, why } => write!(f, "row {row}, field {field}: {why}"),
            Self::Io(error) => write!(f, "reading or writing failed: {error}"),
        }
    }
}

impl std::error::Error for Trouble {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused { .. } => None,
            Self::Io(error) => Some(error),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file of rows, of which some columns are wanted.
pub struct Rows<'a> {
    input: Box<dyn BufRead + 'a>,
    /// The wanted columns: name and place.
    columns: Vec<(String, Option<usize>)>,
    row: u64,
    line: Vec<u8>,
    fields: Vec<String>,
}

impl<'a> Rows<'a> {
    /// Opens a file that must have these columns, and may have those besides.
    pub fn open(input: impl Read + 'a, must: &[&str], may: &[&str]) -> Result<Self, Trouble> {
        let mut plain = BufReader::with_capacity(1 << 16, input);
        let input: Box<dyn BufRead + 'a> = if plain.fill_buf()?.starts_with(&GZIP) {
            Box::new(BufReader::with_capacity(
                1 << 16,
                MultiGzDecoder::new(plain),
            ))
        } else {
            Box::new(plain)
        };
        let mut rows = Self {
            input,
            columns: Vec::new(),
            row: 0,
            line: Vec::new(),
            fields: Vec::new(),
        };
        let wanted = must.join(",");
        if !rows.advance()? {
            return Err(refused(
                1,
                "",
                format!("the file is empty; a header {wanted} is needed"),
            ));
        }
        let header: Vec<String> = rows
            .fields
            .iter()
            .map(|name| name.trim().to_lowercase())
            .collect();
        for name in must.iter().chain(may) {
            let place = header.iter().position(|other| other == name);
            if place.is_none() && must.contains(name) {
                let why = format!("the header has no such column; needed are {wanted}");
                return Err(refused(1, name, why));
            }
            rows.columns.push(((*name).to_owned(), place));
        }
        Ok(rows)
    }

    /// Goes to the next row; false at the end. Empty lines are passed over.
    pub fn advance(&mut self) -> Result<bool, Trouble> {
        loop {
            self.line.clear();
            let mut limited = (&mut self.input).take(LONGEST_ROW);
            let read = limited.read_until(b'\n', &mut self.line)?;
            self.row += 1;
            if read == 0 {
                return Ok(false);
            }
            if read as u64 == LONGEST_ROW && self.line.last() != Some(&b'\n') {
                return Err(refused(self.row, "", "is longer than a mebibyte"));
            }
            if self.row == 1 && self.line.starts_with(&[0xef, 0xbb, 0xbf]) {
                self.line.drain(..3);
            }
            while matches!(self.line.last(), Some(b'\n' | b'\r')) {
                self.line.pop();
            }
            if self.line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Ok(text) = std::str::from_utf8(&self.line) else {
                return Err(refused(self.row, "", "is no valid UTF-8"));
            };
            if !split(text, &mut self.fields) {
                return Err(refused(self.row, "", "a quoted field has no end"));
            }
            return Ok(true);
        }
    }

    /// Returns a wanted column of this row; empty where the row is short.
    pub fn field(&self, column: usize) -> &str {
        self.columns
            .get(column)
            .and_then(|(_, place)| self.fields.get((*place)?))
            .map_or("", |field| field.trim())
    }

    /// Reads a wanted column as a time.
    pub fn time(&self, column: usize) -> Result<(i64, Writing), Trouble> {
        let text = self.field(column);
        civil::read(text).ok_or_else(|| {
            self.refuse(
                column,
                format!("{} is no time such as 2026-04-03 17:30:00", shown(text)),
            )
        })
    }

    /// Reads a wanted column as a number; `NaN` where it is empty or says so.
    pub fn number(&self, column: usize) -> Result<f64, Trouble> {
        let text = self.field(column);
        if text.is_empty()
            || ["nan", "na", "null"]
                .iter()
                .any(|none| text.eq_ignore_ascii_case(none))
        {
            return Ok(f64::NAN);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number.abs() < 1e15 => Ok(number),
            _ => Err(self.refuse(column, format!("{} is no number", shown(text)))),
        }
    }

    /// Refuses this row for one of its fields.
    pub fn refuse(&self, column: usize, why: impl Into<String>) -> Trouble {
        let name = self.columns.get(column).map_or("", |(name, _)| name);
        refused(self.row, name, why)
    }
}

/// Writes a field so that it is read back the same.
pub fn quoted(field: &str) -> std::borrow::Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}

fn refused(row: u64, field: &str, why: impl Into<String>) -> Trouble {
    Trouble::Refused {
        row,
        field: field.to_owned(),
        why: why.into(),
    }
}

/// A field as a message shows it: short, and with nothing that moves the cursor.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

/// Splits a line at its commas; false where a quoted field does not end.
fn split(line: &str, fields: &mut Vec<String>) -> bool {
    let mut count = 0;
    let mut rest = line;
    loop {
        if fields.len() == count {
            fields.push(String::new());
        }
        let field = &mut fields[count];
        field.clear();
        count += 1;
        if let Some(inner) = rest.strip_prefix('"') {
            let mut from = inner;
            loop {
                let Some(end) = from.find('"') else {
                    return false;
                };
                field.push_str(&from[..end]);
                from = &from[end + 1..];
                let Some(more) = from.strip_prefix('"') else {
                    break;
                };
                field.push('"');
                from = more;
            }
            rest = from;
        }
        // What follows a closing quote belongs to the field, as lenient readers have it.
        let Some(comma) = rest.find(',') else {
            field.push_str(rest);
            break;
        };
        field.push_str(&rest[..comma]);
        rest = &rest[comma + 1..];
    }
    fields.truncate(count);
    true
}
