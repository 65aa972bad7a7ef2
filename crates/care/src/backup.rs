//! Writes everything into one file and makes everything of it again: rows, attachments and, if
//! asked for, the secret key. The file is gzip over lines of JSON, with counts and a digest at its
//! end, so that a broken one is never believed. The search index is built anew from the log.

mod form;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use kulant_model::time::Timestamp;
use kulant_store::dump::{self, Piece};
use kulant_store::sql::migrate::{self, NEWEST};
use kulant_store::{DatabaseUrl, Store, StoreError, Value};

use crate::error::CareError;
use crate::files::Files;
use form::{Head, Line, Reader, Tail, Writer};

/// What a back-up is made of.
pub struct Plan {
    pub target: PathBuf,
    /// The folder of attachments; absent for a snapshot of the database alone.
    pub files: Option<Files>,
    /// The text of the secret key, where it is to be in the back-up too.
    pub secret_key: Option<String>,
    pub now: Timestamp,
}

/// What a back-up holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// When it was made.
    pub made_at: Timestamp,
    /// The schema of its rows.
    pub schema: i64,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    pub files: u64,
    /// Attachments that a row speaks of and that were not on the disk.
    pub missing_files: u64,
    pub secret_key: Option<String>,
}

impl Contents {
    /// Returns how many rows there are in all tables.
    pub fn row_count(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// Why a back-up was not made or not taken.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{what}")]
    File {
        what: &'static str,
        source: std::io::Error,
    },
    /// The file is not what it was when it was written, or never was one.
    #[error("the back-up is not whole: {0}")]
    NotWhole(String),
    #[error("the back-up was made by a newer kulant, with schema {0}; this one knows {NEWEST}")]
    TooNew(i64),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Care(#[from] CareError),
}

/// Writes a back-up while others write to the database, and reads it again before it says done.
/// Blocks: not for a thread of the runtime.
pub fn write(url: &DatabaseUrl, plan: &Plan) -> Result<Contents, BackupError> {
    let failed = |what| move |source| BackupError::File { what, source };
    let part = part_of(&plan.target);
    let file = create(&part).map_err(failed("the back-up cannot be written"))?;
    let mut writer = Writer::new(file);
    writer.line(&Line::Head(Head::new(NEWEST, plan.now)))?;

    let mut attachments: Vec<String> = Vec::new();
    let mut rows = BTreeMap::new();
    let mut table = String::new();
    let mut name_at = None;
    dump::read(url, &mut |piece| {
        match &piece {
            Piece::Table { name, columns } => {
                rows.insert(name.clone(), 0);
                table.clone_from(name);
                name_at = (name == "attachments")
                    .then(|| columns.iter().position(|column| column == "file_name"))
                    .flatten();
            }
            Piece::Row(values) => {
                *rows.entry(table.clone()).or_insert(0) += 1;
                if let Some(Value::Text(name)) = name_at.and_then(|at| values.get(at)) {
                    attachments.push(name.clone());
                }
            }
        }
        writer
            .line(&Line::from(piece))
            .map_err(|error| StoreError::Broken(error.to_string()))
    })?;

    let mut tail = Tail {
        rows,
        ..Tail::default()
    };
    for name in attachments {
        let Some(files) = &plan.files else { break };
        match files.open(&name) {
            Ok(file) => {
                writer.file(&name, file)?;
                tail.files += 1;
            }
            // A message can be deleted, with its file, while we read.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => tail.missing_files += 1,
            Err(error) => return Err(failed("an attachment cannot be read")(error)),
        }
    }
    if let Some(key) = &plan.secret_key {
        writer.line(&Line::SecretKey(key.clone()))?;
    }
    writer
        .end(tail)?
        .sync_all()
        .map_err(failed("the back-up cannot be written"))?;

    let contents = check(&part)?;
    std::fs::rename(&part, &plan.target).map_err(failed("the back-up cannot be put in place"))?;
    Ok(contents)
}

/// Reads a back-up through and says what it holds, if it is whole.
pub fn check(path: &Path) -> Result<Contents, BackupError> {
    let mut reader = open(path)?;
    let head = reader.head()?;
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    let mut table = None;
    let mut files = 0;
    let mut secret_key = None;
    let tail = loop {
        match reader.next()? {
            Line::Table { name, .. } => {
                rows.insert(name.clone(), 0);
                table = Some(name);
            }
            Line::Row(_) => {
                let count = table.as_ref().and_then(|name| rows.get_mut(name));
                *count.ok_or_else(|| BackupError::NotWhole("a row of no table".to_owned()))? += 1;
            }
            Line::File { name, size, sha256 } => {
                reader.skip_file(&name, size, &sha256)?;
                files += 1;
            }
            Line::SecretKey(key) => secret_key = Some(key),
            Line::Tail(tail) => break tail,
            Line::Head(_) | Line::Bytes(_) => {
                return Err(BackupError::NotWhole("a line out of its place".to_owned()));
            }
        }
    };
    reader.end(&tail)?;
    if rows != tail.rows || files != tail.files {
        return Err(BackupError::NotWhole(
            "what is there is not what was counted".to_owned(),
        ));
    }
    Ok(Contents {
        made_at: head.made_at,
        schema: head.schema,
        rows,
        files,
        missing_files: tail.missing_files,
        secret_key,
    })
}

/// Makes the database and the attachments of a back-up, in place of what is in the database.
/// The back-up is read through before anything is touched, and counted after.
pub async fn restore(
    path: &Path,
    url: &DatabaseUrl,
    files: &Files,
    now: Timestamp,
) -> Result<Contents, BackupError> {
    let contents = in_background({
        let path = path.to_owned();
        move || check(&path)
    })
    .await?;
    if contents.schema > NEWEST {
        return Err(BackupError::TooNew(contents.schema));
    }
    let store = Store::open(url)?;
    migrate::migrate_to(&store, contents.schema, now).await?;

    let expected = contents.rows.clone();
    let (path, target, folder) = (path.to_owned(), url.clone(), files.clone());
    in_background(move || {
        let mut reader = open(&path)?;
        reader.head()?;
        let written = dump::write(&target, &mut || next_piece(&mut reader, &folder))?;
        let differs = expected
            .iter()
            .find(|(table, count)| written.get(*table) != Some(*count));
        match differs {
            Some((table, _)) => Err(BackupError::NotWhole(format!(
                "{table} does not have the rows that were written"
            ))),
            None => Ok(()),
        }
    })
    .await?;
    migrate::migrate(&store, now).await?;
    // What lies there is this database's from now on.
    files.forget_mark().map_err(|source| BackupError::File {
        what: "the folder of attachments cannot be taken over",
        source,
    })?;
    Ok(contents)
}

/// Gives the next piece of the database; attachments that come by are put on the disk.
fn next_piece(reader: &mut Reader<File>, files: &Files) -> Result<Option<Piece>, StoreError> {
    let broken = |error: BackupError| StoreError::Broken(error.to_string());
    loop {
        return Ok(Some(match reader.next().map_err(broken)? {
            Line::Table { name, columns } => Piece::Table { name, columns },
            Line::Row(values) => Piece::Row(values),
            Line::File { name, size, sha256 } => {
                let failed = |error: std::io::Error| StoreError::Broken(format!("{name}: {error}"));
                let file = files.create(&name).map_err(failed)?;
                reader
                    .take_file(&file, &name, size, &sha256)
                    .map_err(broken)?;
                file.sync_all().map_err(failed)?;
                continue;
            }
            Line::SecretKey(_) => continue,
            Line::Tail(_) => return Ok(None),
            Line::Head(_) | Line::Bytes(_) => {
                return Err(StoreError::Broken("a line out of its place".to_owned()));
            }
        }));
    }
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| CareError::Internal(error.to_string()))?
}

fn open(path: &Path) -> Result<Reader<File>, BackupError> {
    let file = File::open(path).map_err(|source| BackupError::File {
        what: "the back-up cannot be opened",
        source,
    })?;
    Ok(Reader::new(file))
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Makes the file for its owner alone: it holds what customers said.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
