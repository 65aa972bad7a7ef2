//! `kulant backup` and `kulant restore`: everything into one file, and everything of it again.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use kulant_care::DatabaseUrl;
use kulant_care::backup::{self as copy, Contents, Plan};
use kulant_care::files::Files;
use kulant_care::upgrade::{self, Standing};
use kulant_model::time::Clock;

use crate::ambient::SystemClock;
use crate::config::Config;
use crate::lock::{Beside, Lock};
use crate::opening;
use crate::output::counted;

/// What a snapshot of an embedded database begins with.
const EMBEDDED: &[u8] = b"SQLite format 3\0";

/// Write database and attachments into one file, while kulant runs or not
///
/// The file is one consistent state, is read again before the command says done, and can be restored
/// into either kind of database. It holds what customers said: keep it as safe as the installation.
/// Without the secret key the inboxes' secrets in it cannot be opened; keep secret.key elsewhere, or
/// put it into the file with --with-secret-key and keep the file safer still.
///
/// Examples:
///   kulant backup /backup/kulant-2026-11-22
///   kulant backup /backup/kulant-$(date +%F) --data /var/lib/kulant --with-secret-key
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Backup {
    /// The file to write; one of this name is replaced
    file: PathBuf,
    /// Put the secret key into the file too
    #[arg(long)]
    with_secret_key: bool,
}

/// Make the database and the attachments of a back-up; takes the data folder for itself
///
/// The file is read through before anything is touched, and counted after. What is there is put
/// aside into the folder snapshots of the data folder, never deleted. Takes what backup wrote, for
/// either kind of database, and the snapshots that are taken before an upgrade. Refused while kulant
/// runs on the folder.
///
/// Examples:
///   kulant restore --data /tmp/trial /backup/kulant-2026-11-22
///   kulant restore --data /var/lib/kulant --database postgres://kulant@db/kulant /backup/kulant-2026-11-22
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Restore {
    /// What backup wrote, or a file of the folder snapshots
    file: PathBuf,
}

pub(crate) async fn backup(config: Config, wish: Backup) -> Result<()> {
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        bail!("there is nothing in {} to back up", config.database);
    }
    let _beside = Beside::join(&config.data)?;
    let store = opening::open_store(&config)?;
    match upgrade::standing(&store).await? {
        Standing::Current | Standing::AheadButCompatible(_) => {}
        Standing::Empty => bail!("there is nothing in {} to back up", config.database),
        Standing::Behind(_) => bail!("bring the database forward first: kulant migrate"),
        Standing::TooNew { schema, oldest } => return Err(upgrade::too_new(schema, oldest).into()),
    }
    let key = secret_key(&config)?;
    if key.is_some() && !wish.with_secret_key {
        eprintln!(
            "kulant: the secret key is not in the back-up; without {} the inboxes' secrets cannot be opened again",
            config.data.join(opening::SECRET_KEY).display()
        );
    }
    let plan = Plan {
        target: wish.file.clone(),
        files: Some(files(&config)),
        secret_key: key.filter(|_| wish.with_secret_key),
        now: SystemClock.now(),
    };
    let url = config.database.clone();
    let contents = tokio::task::spawn_blocking(move || copy::write(&url, &plan)).await??;
    eprintln!(
        "kulant: {} holds {}",
        wish.file.display(),
        described(&contents)
    );
    Ok(())
}

pub(crate) async fn restore(config: Config, wish: Restore) -> Result<()> {
    opening::make_folder(&config.data)?;
    let _lock = Lock::take(&config.data, "restore")?;
    let _alone = Beside::alone(&config.data, "restore")?;
    if is_embedded(&wish.file)? {
        return restore_snapshot(&config, &wish.file).await;
    }
    // A file that is not whole is refused before anything is put aside.
    let file = wish.file.clone();
    tokio::task::spawn_blocking(move || copy::check(&file)).await??;

    let now = SystemClock.now();
    let contents = match &config.database {
        DatabaseUrl::Sqlite(path) => {
            // Made beside the old one and put in its place when it is whole.
            let fresh = path.with_extension("restoring");
            remove_database(&fresh)?;
            let url = DatabaseUrl::Sqlite(fresh.clone());
            let contents = copy::restore(&wish.file, &url, &files(&config), now).await?;
            settle(&fresh).await?;
            put_aside(&config, path)?;
            put_in_place(&fresh, path)?;
            contents
        }
        DatabaseUrl::Postgres(_) => {
            let store = opening::open_store(&config)?;
            if upgrade::standing(&store).await? != Standing::Empty {
                let kept = upgrade::take_snapshot(&store, &snapshots(&config), now).await?;
                eprintln!("kulant: what was there stands in {}", kept.display());
            }
            copy::restore(&wish.file, &config.database, &files(&config), now).await?
        }
    };
    restore_key(&config, &contents)?;
    eprintln!(
        "kulant: restored {} as of {}; search finds everything again a while after the next start",
        described(&contents),
        contents.made_at
    );
    Ok(())
}

async fn restore_snapshot(config: &Config, file: &Path) -> Result<()> {
    let DatabaseUrl::Sqlite(path) = &config.database else {
        bail!(
            "{} is a snapshot of an embedded database; PostgreSQL takes what kulant backup wrote",
            file.display()
        );
    };
    let fresh = path.with_extension("restoring");
    remove_database(&fresh)?;
    // What was put aside in a hurry may have its newest part in the file beside it.
    for ending in ["", "-wal"] {
        let from = with_ending(file, ending);
        if from.exists() {
            fs::copy(&from, with_ending(&fresh, ending))
                .with_context(|| format!("{} cannot be copied", from.display()))?;
        }
    }
    settle(&fresh).await?;
    put_aside(config, path)?;
    put_in_place(&fresh, path)?;
    files(config).forget_mark()?;
    eprintln!("kulant: restored the snapshot {}", file.display());
    Ok(())
}

/// Checks a database that is about to be put in place and brings it into a single file.
async fn settle(fresh: &Path) -> Result<()> {
    let fresh = fresh.to_owned();
    Ok(tokio::task::spawn_blocking(move || upgrade::settle_copy(&fresh)).await??)
}

/// Moves the database that is there, with what belongs to it, into the folder of snapshots.
fn put_aside(config: &Config, path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    // One that is damaged is put aside as it is.
    upgrade::gather(&config.database).ok();
    let folder = snapshots(config);
    fs::create_dir_all(&folder)?;
    let name = SystemClock.now().to_string().replace([':', '.'], "-");
    let target = folder.join(format!("{name}-before-restore.db"));
    for ending in ["", "-wal", "-shm"] {
        let from = with_ending(path, ending);
        if from.exists() {
            fs::rename(&from, with_ending(&target, ending))
                .with_context(|| format!("{} cannot be put aside", from.display()))?;
        }
    }
    eprintln!("kulant: what was there stands in {}", target.display());
    Ok(())
}

fn put_in_place(fresh: &Path, path: &Path) -> Result<()> {
    fs::rename(fresh, path).context("the restored database cannot be put in place")?;
    remove_database(fresh)
}

fn remove_database(path: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        match fs::remove_file(with_ending(path, ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Puts the key of the back-up in place, if there is one; one that is there is put aside.
fn restore_key(config: &Config, contents: &Contents) -> Result<()> {
    let path = config.data.join(opening::SECRET_KEY);
    let Some(key) = &contents.secret_key else {
        if config.secret_key.is_none() && !path.exists() {
            eprintln!(
                "kulant: the back-up holds no secret key; put the old one at {} before the first start, \
                 or give every inbox a new secret",
                path.display()
            );
        }
        return Ok(());
    };
    if fs::read_to_string(&path).is_ok_and(|there| there.trim() == key.trim()) {
        return Ok(());
    }
    if path.exists() {
        fs::rename(&path, with_ending(&path, ".before-restore"))?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    std::io::Write::write_all(&mut file, key.as_bytes())?;
    Ok(())
}

/// Returns the text of the secret key, wherever it comes from; none before the first start.
fn secret_key(config: &Config) -> Result<Option<String>> {
    if let Some(key) = &config.secret_key {
        return Ok(Some(key.0.clone()));
    }
    let path = config.data.join(opening::SECRET_KEY);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

fn is_embedded(path: &Path) -> Result<bool> {
    let mut beginning = [0; EMBEDDED.len()];
    let mut file =
        fs::File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    Ok(file.read_exact(&mut beginning).is_ok() && beginning == EMBEDDED)
}

fn files(config: &Config) -> Files {
    Files::new(config.data.join(opening::FILES))
}

fn snapshots(config: &Config) -> PathBuf {
    config.data.join(opening::SNAPSHOTS)
}

fn described(contents: &Contents) -> String {
    let count = |table: &str| contents.rows.get(table).copied().unwrap_or_default();
    let mut words = format!(
        "{} ({} in {}) and {}",
        counted(contents.row_count(), "row"),
        counted(count("messages"), "message"),
        counted(count("conversations"), "conversation"),
        counted(contents.files, "attachment")
    );
    if contents.missing_files > 0 {
        words += "; ";
        words += &contents.missing_files.to_string();
        words += " more were not on the disk";
    }
    words
}
