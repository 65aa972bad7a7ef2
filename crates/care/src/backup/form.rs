//! The form of a back-up's file: gzip over lines of JSON, each line one thing. The last line holds
//! the counts and the digest of everything before it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use kulant_model::time::Timestamp;
use kulant_store::Value;
use kulant_store::dump::Piece;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::BackupError;

/// The number of this form; one that a reader does not know is refused.
const FORM: u32 = 1;
/// How many bytes of a file stand in one line.
const CHUNK: usize = 48 * 1024;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Head(Head),
    Table {
        name: String,
        columns: Vec<String>,
    },
    #[serde(with = "values")]
    Row(Vec<Value>),
    /// An attachment; its bytes follow.
    File {
        name: String,
        size: u64,
        sha256: String,
    },
    Bytes(String),
    SecretKey(String),
    Tail(Tail),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) kulant: String,
    pub(super) form: u32,
    pub(super) schema: i64,
    pub(super) made_at: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tail {
    pub(super) rows: BTreeMap<String, u64>,
    pub(super) files: u64,
    pub(super) missing_files: u64,
    /// The digest of all lines before this one.
    pub(super) sha256: String,
}

impl Head {
    pub(super) fn new(schema: i64, made_at: Timestamp) -> Self {
        Self {
            kulant: env!("CARGO_PKG_VERSION").to_owned(),
            form: FORM,
            schema,
            made_at,
        }
    }
}

impl From<Piece> for Line {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Table { name, columns } => Self::Table { name, columns },
            Piece::Row(values) => Self::Row(values),
        }
    }
}

/// Writes lines.
pub(super) struct Writer {
    out: GzEncoder<BufWriter<File>>,
    digest: Sha256,
}

impl Writer {
    pub(super) fn new(file: File) -> Self {
        Self {
            out: GzEncoder::new(BufWriter::new(file), Compression::fast()),
            digest: Sha256::new(),
        }
    }

    pub(super) fn line(&mut self, line: &Line) -> Result<(), BackupError> {
        let mut text = serde_json::to_vec(line).map_err(|error| not_written(error.into()))?;
        text.push(b'\n');
        self.digest.update(&text);
        self.out.write_all(&text).map_err(not_written)
    }

    /// Writes an attachment; it is read twice, because its digest stands before its bytes.
    pub(super) fn file(&mut self, name: &str, mut file: File) -> Result<(), BackupError> {
        let (size, sha256) = measure(&mut file).map_err(not_written)?;
        io::Seek::rewind(&mut file).map_err(not_written)?;
        self.line(&Line::File {
            name: name.to_owned(),
            size,
            sha256,
        })?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = fill(&mut file, &mut chunk).map_err(not_written)?;
            if count == 0 {
                return Ok(());
            }
            self.line(&Line::Bytes(STANDARD.encode(&chunk[..count])))?;
        }
    }

    pub(super) fn end(mut self, mut tail: Tail) -> Result<File, BackupError> {
        tail.sha256 = hex(&self.digest.clone().finalize());
        self.line(&Line::Tail(tail))?;
        let buffered = self.out.finish().map_err(not_written)?;
        buffered
            .into_inner()
            .map_err(|error| not_written(error.into_error()))
    }
}

/// Reads lines, and complains about everything that is not as it was written.
pub(super) struct Reader<R: Read> {
    lines: BufReader<GzDecoder<BufReader<R>>>,
    digest: Sha256,
    /// The digest of everything before the newest line.
    before: Vec<u8>,
    line: Vec<u8>,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            lines: BufReader::new(GzDecoder::new(BufReader::new(file))),
            digest: Sha256::new(),
            before: Vec::new(),
            line: Vec::new(),
        }
    }

    pub(super) fn head(&mut self) -> Result<Head, BackupError> {
        match self.next() {
            Ok(Line::Head(head)) if head.form == FORM => Ok(head),
            Ok(Line::Head(head)) => Err(BackupError::NotWhole(format!(
                "its form {} is not known here",
                head.form
            ))),
            _ => Err(BackupError::NotWhole(
                "it does not begin as a back-up of kulant".to_owned(),
            )),
        }
    }

    pub(super) fn next(&mut self) -> Result<Line, BackupError> {
        self.line.clear();
        self.lines
            .read_until(b'\n', &mut self.line)
            .map_err(|error| BackupError::NotWhole(error.to_string()))?;
        if self.line.last() != Some(&b'\n') {
            return Err(BackupError::NotWhole("its end is missing".to_owned()));
        }
        let line = serde_json::from_slice(&self.line)
            .map_err(|error| BackupError::NotWhole(error.to_string()))?;
        if matches!(line, Line::Tail(_)) {
            self.before = self.digest.clone().finalize().to_vec();
        }
        self.digest.update(&self.line);
        Ok(line)
    }

    pub(super) fn skip_file(
        &mut self,
        name: &str,
        size: u64,
        sha256: &str,
    ) -> Result<(), BackupError> {
        self.take_file(io::sink(), name, size, sha256)
    }

    /// Copies the bytes of an attachment and compares them with what was said of them.
    pub(super) fn take_file(
        &mut self,
        mut into: impl Write,
        name: &str,
        size: u64,
        sha256: &str,
    ) -> Result<(), BackupError> {
        let mut digest = Sha256::new();
        let mut left = size;
        while left > 0 {
            let Line::Bytes(text) = self.next()? else {
                return Err(BackupError::NotWhole(format!("{name} is cut off")));
            };
            let bytes = STANDARD
                .decode(text)
                .map_err(|error| BackupError::NotWhole(error.to_string()))?;
            digest.update(&bytes);
            into.write_all(&bytes).map_err(|source| BackupError::File {
                what: "an attachment cannot be written",
                source,
            })?;
            left = left
                .checked_sub(bytes.len() as u64)
                .ok_or_else(|| BackupError::NotWhole(format!("{name} is too long")))?;
        }
        into.flush().map_err(|source| BackupError::File {
            what: "an attachment cannot be written",
            source,
        })?;
        if hex(&digest.finalize()) == sha256 {
            Ok(())
        } else {
            Err(BackupError::NotWhole(format!("{name} was changed")))
        }
    }

    /// Compares the digest, and sees to it that nothing follows.
    pub(super) fn end(&mut self, tail: &Tail) -> Result<(), BackupError> {
        let mut rest = [0; 1];
        let more = self
            .lines
            .read(&mut rest)
            .map_err(|error| BackupError::NotWhole(error.to_string()))?;
        if more == 0 && hex(&self.before) == tail.sha256 {
            Ok(())
        } else {
            Err(BackupError::NotWhole("its digest is another".to_owned()))
        }
    }
}

fn measure(file: &mut File) -> io::Result<(u64, String)> {
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    loop {
        let count = fill(file, &mut chunk)?;
        if count == 0 {
            return Ok((size, hex(&digest.finalize())));
        }
        digest.update(&chunk[..count]);
        size += count as u64;
    }
}

/// Fills a buffer as far as the file goes.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn not_written(source: io::Error) -> BackupError {
    BackupError::File {
        what: "the back-up cannot be written",
        source,
    }
}

/// Values of rows as JSON: null, number, text, and bytes as `{"b": base64}`.
mod values {
    use serde::{Deserializer, Serializer, de, ser::SerializeSeq};

    use super::{Deserialize, Engine, Json, STANDARD, Value};

    pub(super) fn serialize<S: Serializer>(
        values: &[Value],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_seq(Some(values.len()))?;
        for value in values {
            match value {
                Value::Null => row.serialize_element(&())?,
                Value::Integer(number) => row.serialize_element(number)?,
                Value::Text(text) => row.serialize_element(text)?,
                Value::Bytes(bytes) => {
                    row.serialize_element(&serde_json::json!({"b": STANDARD.encode(bytes)}))?;
                }
            }
        }
        row.end()
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Value>, D::Error> {
        Vec::<Json>::deserialize(deserializer)?
            .into_iter()
            .map(|value| match value {
                Json::Null => Ok(Value::Null),
                Json::Number(number) => number
                    .as_i64()
                    .map(Value::Integer)
                    .ok_or_else(|| de::Error::custom("a broken number")),
                Json::String(text) => Ok(Value::Text(text)),
                Json::Object(object) => object
                    .get("b")
                    .and_then(Json::as_str)
                    .and_then(|text| STANDARD.decode(text).ok())
                    .map(Value::Bytes)
                    .ok_or_else(|| de::Error::custom("bytes that are none")),
                _ => Err(de::Error::custom("a value of an unknown form")),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        vec![
            Line::Head(Head::new(1, Timestamp(5))),
            Line::Table {
                name: "brands".to_owned(),
                columns: vec!["id".to_owned(), "name".to_owned()],
            },
            Line::Row(vec![
                Value::Integer(i64::MAX),
                Value::Null,
                Value::Text("Grüße\u{1f600}".to_owned()),
                Value::Bytes(vec![0, 255]),
            ]),
        ]
    }

    fn written(folder: &std::path::Path) -> std::path::PathBuf {
        let path = folder.join("backup");
        let mut writer = Writer::new(File::create(&path).expect("a file"));
        for line in lines() {
            writer.line(&line).expect("written");
        }
        let attachment = folder.join("attachment");
        std::fs::write(&attachment, vec![7; CHUNK * 2 + 3]).expect("written");
        let attachment = File::open(attachment).expect("there");
        writer.file("attachment", attachment).expect("written");
        let rows = BTreeMap::from([("brands".to_owned(), 1)]);
        let tail = Tail {
            rows,
            files: 1,
            ..Tail::default()
        };
        writer.end(tail).expect("ended");
        path
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path());
        let mut reader = Reader::new(File::open(&path).expect("there"));
        for line in lines() {
            assert_eq!(reader.next().expect("read"), line);
        }
        let contents = super::super::check(&path).expect("whole");
        assert_eq!((contents.row_count(), contents.files), (1, 1));
    }

    #[test]
    fn nothing_broken_is_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path());
        let whole = std::fs::read(&path).expect("read");
        let broken = folder.path().join("broken");
        let refused = |bytes: &[u8]| {
            std::fs::write(&broken, bytes).expect("written");
            super::super::check(&broken).is_err()
        };
        for length in [0, 1, 20, whole.len() / 2, whole.len() - 9] {
            assert!(refused(&whole[..length]), "cut off at {length}");
        }
        let mut original = String::new();
        GzDecoder::new(&whole[..])
            .read_to_string(&mut original)
            .expect("text");
        for place in (20..whole.len() - 8).step_by(7) {
            let mut changed = whole.clone();
            changed[place] ^= 0x20;
            // A bit that the compression leaves unused changes nothing of what is read.
            let mut read = String::new();
            let harmless = GzDecoder::new(&changed[..])
                .read_to_string(&mut read)
                .is_ok_and(|_| read == original);
            assert!(harmless || refused(&changed), "changed at {place}");
        }
        assert!(refused(b"not a back-up"));

        // Someone who changes the content and compresses it again still has the digest wrong.
        let text = original.replace("Grüße", "Gruesse");
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(text.as_bytes()).expect("written");
        assert!(refused(&out.finish().expect("compressed")));
    }
}
