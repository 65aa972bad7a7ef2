//! Opens a database and runs closures on its threads: writes in order of arrival and grouped,
//! reads beside them. Whoever wrote is answered after the commit, never before.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::{oneshot, watch};
use tracing::{error, warn};

use crate::error::StoreError;
use crate::sql::dialect::Dialect;
use crate::sql::postgres::Session;
use crate::sql::sqlite;
use crate::sql::{Connection, Purpose, Read, Tx};
use crate::writing;

/// How many closures wait at most before callers wait themselves.
const QUEUE: usize = 4_096;
/// How many closures share one commit on SQLite at most.
const GROUP: usize = 256;
const SQLITE_READERS: usize = 3;
const POSTGRES_WRITERS: usize = 4;
const POSTGRES_READERS: usize = 4;

/// Where the data lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An embedded SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(String),
}

/// A text that names no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a database is named by postgres://… or by sqlite:FILE")]
pub struct NotADatabase;

impl FromStr for DatabaseUrl {
    type Err = NotADatabase;

    fn from_str(text: &str) -> Result<Self, NotADatabase> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
            .ok_or(NotADatabase)?;
        if path.is_empty() {
            return Err(NotADatabase);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for DatabaseUrl {
    /// Names the database without its password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Postgres(url) => match (url.find("://"), url.rfind('@')) {
                (Some(start), Some(end)) => {
                    write!(formatter, "{}…{}", &url[..start + 3], &url[end..])
                }
                _ => formatter.write_str(url),
            },
        }
    }
}

/// Tells the caller how the commit went.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type WriteJob = Box<dyn for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> (bool, Answer) + Send>;
type ReadJob = Box<dyn for<'t, 'c> FnOnce(&'t mut Read<'c>) + Send>;

/// An open database.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    url: DatabaseUrl,
    writes: Sender<WriteJob>,
    reads: Sender<ReadJob>,
    /// Counts commits, so that followers and workers wake up.
    commits: watch::Sender<u64>,
    closing: Arc<AtomicBool>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Store({})", self.inner.url)
    }
}

impl Store {
    /// Opens the database as it is; `sql::migrate` brings it to the newest schema.
    pub fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let (writes, write_queue) = bounded::<WriteJob>(QUEUE);
        let (reads, read_queue) = bounded::<ReadJob>(QUEUE);
        let (commits, _) = watch::channel(0);
        let closing = Arc::new(AtomicBool::new(false));
        match url {
            DatabaseUrl::Sqlite(path) => {
                open_sqlite(path, &write_queue, &read_queue, &commits, &closing)?;
            }
            DatabaseUrl::Postgres(url) => {
                open_postgres(url, &write_queue, &read_queue, &commits, &closing)?;
            }
        }
        Ok(Self {
            inner: Arc::new(Inner {
                url: url.clone(),
                writes,
                reads,
                commits,
                closing,
            }),
        })
    }

    pub fn url(&self) -> &DatabaseUrl {
        &self.inner.url
    }

    pub fn dialect(&self) -> Dialect {
        match self.inner.url {
            DatabaseUrl::Sqlite(_) => Dialect::Sqlite,
            DatabaseUrl::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Changes whenever something was committed, by this process or by another.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// Runs a closure in a write transaction and returns after its commit. If the closure fails,
    /// nothing of it stays. It runs once; no input or output but SQL belongs inside.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: WriteJob = Box::new(move |tx| {
            let outcome = work(tx);
            let worked = outcome.is_ok();
            let tell: Answer = Box::new(move |committed| {
                let outcome = match (outcome, committed) {
                    (Ok(value), Ok(())) => Ok(value),
                    (Err(error), _) => Err(error),
                    (Ok(_), Err(error)) => Err(E::from(error)),
                };
                // Nobody waits any more when a request was dropped: the commit stands.
                drop(answer.send((worked, outcome)));
            });
            (worked, tell)
        });
        writing::begin();
        self.send(&self.inner.writes, job)
            .await
            .inspect_err(|_| writing::undo())?;
        match answered.await {
            // What the closure wrote was committed, or nobody knows whether it was.
            Ok((true, outcome)) => outcome,
            Ok((false, outcome)) => {
                writing::undo();
                outcome
            }
            // The closure was let go of: its transaction never began, or was undone.
            Err(_) => {
                writing::undo();
                Err(gone().into())
            }
        }
    }

    /// Runs a closure that only reads.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Read<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: ReadJob = Box::new(move |read| {
            drop(answer.send(work(read)));
        });
        self.send(&self.inner.reads, job).await?;
        answered.await.map_err(|_| gone())?
    }

    /// Queues without holding a thread of the runtime while the queue is full.
    async fn send<J: Send + 'static>(&self, queue: &Sender<J>, job: J) -> Result<(), StoreError> {
        let mut job = job;
        loop {
            match queue.try_send(job) {
                Ok(()) => return Ok(()),
                Err(crossbeam_channel::TrySendError::Full(back)) => {
                    job = back;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err(crossbeam_channel::TrySendError::Disconnected(_)) => return Err(gone()),
            }
        }
    }
}

fn gone() -> StoreError {
    StoreError::Busy("the database thread has ended".to_owned())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(1024 * 1024)
        .spawn(work)
        .map(drop)
        .map_err(|error| StoreError::Broken(format!("a thread could not be started: {error}")))
}

fn open_sqlite(
    path: &Path,
    writes: &Receiver<WriteJob>,
    reads: &Receiver<ReadJob>,
    commits: &watch::Sender<u64>,
    closing: &Arc<AtomicBool>,
) -> Result<(), StoreError> {
    let writer = sqlite::open(path, Purpose::Write)?;
    let (queue, counter) = (writes.clone(), commits.clone());
    let log_too_long = Arc::new(AtomicBool::new(false));
    let too_long = Arc::clone(&log_too_long);
    spawn("store-writer", move || {
        while let Ok(first) = queue.recv() {
            write_group(&writer, first, &queue, &counter);
            if too_long.swap(false, Ordering::Relaxed) {
                begin_log_anew(&writer);
            }
        }
    })?;
    for number in 0..SQLITE_READERS {
        let reader = sqlite::open(path, Purpose::Read)?;
        let queue = reads.clone();
        spawn(&format!("store-reader-{number}"), move || {
            while let Ok(job) = queue.recv() {
                read(job, &mut Read::new(Connection::Sqlite(&reader)));
            }
        })?;
    }
    let watcher = sqlite::open(path, Purpose::Write)?;
    let (counter, closing) = (commits.clone(), Arc::clone(closing));
    let wal = PathBuf::from(format!("{}-wal", path.display()));
    spawn("store-watcher", move || {
        watch_sqlite(&watcher, &wal, &counter, &closing, &log_too_long);
    })
}

/// Runs what is waiting in one transaction, each closure in a savepoint of its own.
fn write_group(
    connection: &rusqlite::Connection,
    first: WriteJob,
    queue: &Receiver<WriteJob>,
    commits: &watch::Sender<u64>,
) {
    if !begin(connection) {
        // Dropping the closure tells its caller that the database is busy.
        return;
    }
    let mut answers = Vec::new();
    let mut next = Some(first);
    while let Some(job) = next {
        answers.extend(run_in_savepoint(connection, job));
        // A full disk makes SQLite undo the whole group by itself: nothing may follow in it.
        next = if answers.len() < GROUP && !connection.is_autocommit() {
            queue.try_recv().ok()
        } else {
            None
        };
    }
    let committed = connection.execute_batch("COMMIT").map_err(|error| {
        let error = StoreError::from(error);
        error!(error = %error, "a commit failed");
        drop(connection.execute_batch("ROLLBACK"));
        error
    });
    commits.send_modify(|count| *count += 1);
    for (answer, outcome) in answers {
        answer(match (&committed, outcome) {
            (Ok(()), outcome) => outcome,
            (Err(error), Ok(())) => Err(StoreError::Busy(error.to_string())),
            (Err(_), Err(error)) => Err(error),
        });
    }
}

/// Begins a write, waiting for another process to end its own for half a minute.
fn begin(connection: &rusqlite::Connection) -> bool {
    for _ in 0..6 {
        // Each try waits for the busy time-out of the connection.
        match connection.execute_batch("BEGIN IMMEDIATE") {
            Ok(()) => return true,
            Err(error) => warn!(error = %error, "a write could not begin"),
        }
    }
    false
}

/// Runs a closure; one that panics is undone and ends nobody's thread.
fn run(job: WriteJob, tx: &mut Tx<'_>) -> (bool, Answer) {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(tx))).unwrap_or_else(|_| {
        error!("a write panicked and was undone");
        (false, Box::new(drop))
    })
}

fn run_in_savepoint(
    connection: &rusqlite::Connection,
    job: WriteJob,
) -> Option<(Answer, Result<(), StoreError>)> {
    if let Err(error) = connection.execute_batch("SAVEPOINT one") {
        // Dropping the closure tells its caller.
        warn!(error = %error, "a write could not begin");
        return None;
    }
    let mut tx = Tx::new(Connection::Sqlite(connection));
    let (worked, answer) = run(job, &mut tx);
    let outcome = if worked {
        tx.write_events().map(drop)
    } else {
        Err(StoreError::Conflict("undone by its own failure".to_owned()))
    };
    let end = if outcome.is_ok() {
        "RELEASE one"
    } else {
        "ROLLBACK TO one; RELEASE one"
    };
    let outcome = outcome.and(connection.execute_batch(end).map_err(StoreError::from));
    Some((answer, outcome))
}

/// Runs a reading closure; one that panics ends nobody's thread, its caller hears of it.
fn read(job: ReadJob, read: &mut Read<'_>) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(read))).is_err() {
        error!("a read panicked");
    }
}

/// Notices commits of other processes and brings the write-ahead log into the database beside the
/// writer: once a second, for what is written again and again is carried over once, and each time
/// the disk is busy for some milliseconds. Asks the writer to begin a log anew that grew `too_long`.
fn watch_sqlite(
    connection: &rusqlite::Connection,
    wal: &Path,
    commits: &watch::Sender<u64>,
    closing: &AtomicBool,
    too_long: &AtomicBool,
) {
    const LOOK: Duration = Duration::from_millis(100);
    const LOOKS_PER_CHECKPOINT: u32 = 10;
    const CHECKPOINT_ABOVE: u64 = 8 * 1024 * 1024;
    let mut version = 0_i64;
    let mut looks = 0;
    while !closing.load(Ordering::Relaxed) {
        thread::sleep(LOOK);
        let now = connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))
            .unwrap_or(version);
        if now != version {
            version = now;
            commits.send_modify(|count| *count += 1);
        }
        looks += 1;
        let is_time = looks >= LOOKS_PER_CHECKPOINT;
        if !is_time || wal.metadata().map_or(0, |file| file.len()) <= CHECKPOINT_ABOVE {
            continue;
        }
        looks = 0;
        let frames = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            row.get::<_, i64>(1)
        });
        match frames {
            Ok(frames) => too_long.store(frames > sqlite::WAL_FRAMES, Ordering::Relaxed),
            Err(error) => warn!(error = %error, "the write-ahead log could not be carried over"),
        }
    }
}

/// Begins the write-ahead log from its start, between two writes: without a pause of the writer it
/// would only ever grow. Little of it is left to be carried over; whoever still reads it, as a
/// back-up does for minutes, is waited for so shortly that nobody notices.
fn begin_log_anew(connection: &rusqlite::Connection) {
    const PATIENCE: Duration = Duration::from_millis(20);
    let outcome = connection
        .busy_timeout(PATIENCE)
        .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())));
    // Writes are as patient as before, whatever came of it.
    if let Err(error) = outcome.and(connection.busy_timeout(sqlite::BUSY)) {
        warn!(error = %error, "the write-ahead log could not be begun anew");
    }
}

fn open_postgres(
    url: &str,
    writes: &Receiver<WriteJob>,
    reads: &Receiver<ReadJob>,
    commits: &watch::Sender<u64>,
    closing: &Arc<AtomicBool>,
) -> Result<(), StoreError> {
    // A wrong address is told now, not at the first request; on a thread of its own, because the
    // driver blocks and the caller may stand in the runtime.
    thread::scope(|scope| {
        scope
            .spawn(|| Session::new(url, Purpose::Read).client().map(drop))
            .join()
            .unwrap_or_else(|_| Err(gone()))
    })?;
    for number in 0..POSTGRES_WRITERS {
        let (queue, counter) = (writes.clone(), commits.clone());
        let mut session = Session::new(url, Purpose::Write);
        spawn(&format!("store-writer-{number}"), move || {
            while let Ok(job) = queue.recv() {
                write_alone(&mut session, job, &counter);
            }
        })?;
    }
    for number in 0..POSTGRES_READERS {
        let queue = reads.clone();
        let mut session = Session::new(url, Purpose::Read);
        spawn(&format!("store-reader-{number}"), move || {
            while let Ok(job) = queue.recv() {
                session.mend();
                read(job, &mut Read::new(Connection::Postgres(&mut session)));
            }
        })?;
    }
    let (counter, closing) = (commits.clone(), Arc::clone(closing));
    let mut session = Session::new(url, Purpose::Read);
    spawn("store-watcher", move || {
        watch_postgres(&mut session, &counter, &closing);
    })
}

fn write_alone(session: &mut Session, job: WriteJob, commits: &watch::Sender<u64>) {
    session.mend();
    if let Err(error) = session.begin() {
        // Without a transaction nothing may run; dropping the closure tells its caller.
        warn!(error = %error, "a write could not begin");
        return;
    }
    let mut tx = Tx::new(Connection::Postgres(session));
    let (worked, answer) = run(job, &mut tx);
    let outcome = if worked {
        tx.write_events().map(drop)
    } else {
        Err(StoreError::Conflict("undone by its own failure".to_owned()))
    };
    drop(tx);
    let end = if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended = session.end(end);
    let outcome = outcome.and(ended);
    if outcome.is_ok() {
        commits.send_modify(|count| *count += 1);
    }
    answer(outcome);
}

/// Tells other nodes of our commits and hears of theirs; a wake-up only, never the truth.
fn watch_postgres(session: &mut Session, commits: &watch::Sender<u64>, closing: &AtomicBool) {
    use postgres::fallible_iterator::FallibleIterator;
    let mut own = commits.subscribe();
    let mut listening = false;
    let mut own_process = 0;
    while !closing.load(Ordering::Relaxed) {
        session.mend();
        let outcome = session.client().and_then(|client| {
            if !listening || client.is_closed() {
                client.batch_execute("LISTEN kulant")?;
                own_process = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
            }
            if own.has_changed().unwrap_or(false) {
                own.mark_unchanged();
                client.batch_execute("NOTIFY kulant")?;
            }
            let mut notifications = client.notifications();
            let mut waiting = notifications.timeout_iter(Duration::from_millis(20));
            let mut heard = false;
            while let Some(notification) = waiting.next()? {
                heard |= notification.process_id() != own_process;
            }
            Ok(heard)
        });
        match outcome {
            Ok(heard) => {
                listening = true;
                if heard {
                    commits.send_modify(|count| *count += 1);
                    own.mark_unchanged();
                }
            }
            Err(error) => {
                listening = false;
                warn!(error = %error, "the database cannot be listened to");
                thread::sleep(Duration::from_secs(1));
            }
        }
    }
}
