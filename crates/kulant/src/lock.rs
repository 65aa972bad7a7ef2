//! The file `lock` in the data folder: held by whoever serves, restores or migrates. And the file
//! `lock.beside`, shared by whoever works beside a server and held by a restore alone.
//! The system lets go of both when their holder dies, so a stale file is no obstacle.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const NAME: &str = "lock";
const BESIDE: &str = "lock.beside";
/// Who only looks has the lock for a moment: so often, so long after another, it is tried again.
const TRIES: usize = 10;
const BETWEEN: Duration = Duration::from_millis(20);

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Whoever holds the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    pub command: String,
    /// Where it can be reached, if it serves.
    pub public_url: Option<String>,
}

impl Lock {
    /// Takes the lock, or says in a sentence who has it.
    pub fn take(folder: &Path, command: &str) -> Result<Self> {
        let file = open(folder, NAME)?;
        match try_for_a_moment(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "{} is using {}; stop it first, then run kulant {command} again",
                named(folder),
                folder.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error)
                    .with_context(|| format!("{} cannot be locked", folder.display()));
            }
        }
        let mut lock = Self { file };
        lock.write(command, None)?;
        Ok(lock)
    }

    /// Tells other commands where this process can be reached.
    pub fn tell(&mut self, command: &str, public_url: &str) -> Result<()> {
        self.write(command, Some(public_url))
    }

    fn write(&mut self, command: &str, public_url: Option<&str>) -> Result<()> {
        let mut text = format!("pid {}\ncommand {command}\n", std::process::id());
        if let Some(url) = public_url {
            text = format!("{text}public_url {url}\n");
        }
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file
            .write_all(text.as_bytes())
            .context("the lock cannot be written")
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty file says that nobody is here; the system lets go of the lock itself.
        drop(self.file.set_len(0));
    }
}

/// Keeps the database where it is while somebody works beside a server, until it is dropped.
#[derive(Debug)]
pub struct Beside {
    _file: File,
}

impl Beside {
    /// Joins those who work on a folder, unless its database is just being exchanged.
    pub fn join(folder: &Path) -> Result<Self> {
        let file = open_beside(folder)?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => bail!(
                "{} is using {}; run this again when it has ended",
                named(folder),
                folder.display()
            ),
            // Where files cannot be locked, nobody restores either.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _file: file }),
        }
    }

    /// Has a folder for itself, or says in a sentence that others still work on it.
    pub fn alone(folder: &Path, command: &str) -> Result<Self> {
        let file = open_beside(folder)?;
        match try_for_a_moment(&file) {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another command, as an import, still works on {}; run kulant {command} again when it \
                 has ended",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", folder.display()))
            }
        }
    }
}

/// Returns who holds the lock of a folder. The lock itself is asked and not the number in the file,
/// which after a crash may be another process's, or this one's own.
pub fn holder(folder: &Path) -> Option<Holder> {
    let path = folder.join(NAME);
    let file = File::open(&path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => read(&path),
        Ok(()) => None,
        // Where files cannot be locked, what is written in it has to do.
        Err(TryLockError::Error(_)) => read(&path).filter(|holder| is_alive(holder.pid)),
    }
}

fn open(folder: &Path, name: &str) -> Result<File> {
    let path = folder.join(name);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("{} cannot be opened", path.display()))
}

/// Opens the file of those who work beside a server. It holds nothing, and whoever made it, with which
/// rights ever, shuts nobody else out: to lock it, it is enough to read it.
fn open_beside(folder: &Path) -> Result<File> {
    let path = folder.join(BESIDE);
    if !path.exists() {
        let file = open(folder, BESIDE)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        return Ok(file);
    }
    File::open(&path).with_context(|| format!("{} cannot be opened", path.display()))
}

/// Names whoever holds the lock of a folder, for people.
fn named(folder: &Path) -> String {
    read(&folder.join(NAME)).map_or_else(
        || "another kulant".to_owned(),
        |holder| format!("kulant {} (process {})", holder.command, holder.pid),
    )
}

fn try_for_a_moment(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => sleep(BETWEEN),
            ended => return ended,
        }
    }
    file.try_lock()
}

fn read(path: &PathBuf) -> Option<Holder> {
    let mut text = String::new();
    File::open(path).ok()?.read_to_string(&mut text).ok()?;
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .map(str::to_owned)
    };
    Some(Holder {
        pid: field("pid")?.parse().ok()?,
        command: field("command")?,
        public_url: field("public_url"),
    })
}

fn is_alive(pid: u32) -> bool {
    let processes = Path::new("/proc");
    // Where there is no such list, the file is believed.
    !processes.join("self").exists() || processes.join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_it_and_the_next_hears_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut lock = Lock::take(folder.path(), "serve").expect("free");
        lock.tell("serve", "http://127.0.0.1:1").expect("told");
        let words = Lock::take(folder.path(), "migrate")
            .expect_err("held")
            .to_string();
        assert!(words.contains("kulant serve (process "), "{words}");
        assert!(words.contains("run kulant migrate again"), "{words}");
        let holder = holder(folder.path()).expect("held");
        assert_eq!(holder.public_url.as_deref(), Some("http://127.0.0.1:1"));
        drop(lock);
        assert_eq!(super::holder(folder.path()), None);
        Lock::take(folder.path(), "migrate").expect("free again");
    }

    #[test]
    fn a_restore_waits_for_those_beside_and_they_for_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let joined = [(); 2].map(|()| Beside::join(folder.path()).expect("shared"));
        let words = Beside::alone(folder.path(), "restore")
            .expect_err("shared")
            .to_string();
        assert!(words.contains("run kulant restore again"), "{words}");
        drop(joined);
        let _lock = Lock::take(folder.path(), "restore").expect("free");
        let _alone = Beside::alone(folder.path(), "restore").expect("free");
        let words = Beside::join(folder.path()).expect_err("held").to_string();
        assert!(words.starts_with("kulant restore (process "), "{words}");
    }

    #[test]
    fn what_a_dead_process_left_is_no_obstacle() {
        let folder = tempfile::tempdir().expect("a folder");
        // Its number may have gone to nobody, or to somebody else: here to this very process.
        for pid in [4_000_000_000, std::process::id()] {
            let left = format!("pid {pid}\ncommand serve\npublic_url http://127.0.0.1:1\n");
            std::fs::write(folder.path().join(NAME), left).expect("written");
            assert_eq!(holder(folder.path()), None);
            Lock::take(folder.path(), "serve").expect("free");
        }
    }

    #[test]
    fn who_only_looks_stands_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(Lock::take(folder.path(), "serve").expect("free"));
        let looking = File::open(folder.path().join(NAME)).expect("a file");
        looking.try_lock_shared().expect("free");
        let other = std::thread::spawn(move || {
            sleep(BETWEEN * 2);
            drop(looking);
        });
        Lock::take(folder.path(), "serve").expect("taken when the other has looked");
        other.join().expect("ended");
    }
}
