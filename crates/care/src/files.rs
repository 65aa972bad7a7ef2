//! Attachments on disk, one file each under a random name, so that erasing one is removing one.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use kulant_model::time::Timestamp;
use tokio::io::AsyncWriteExt;

/// The file by which the folder belongs to one database: what another one does not know stays.
const MARK: &str = "belongs-to";

/// The folder that holds the files of attachments.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps bytes under a name made by us, durably, before the row that speaks of them.
    pub async fn keep(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        let path = self.path(name)?;
        tokio::task::spawn_blocking(move || {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let part = path.with_extension("part");
            std::fs::write(&part, bytes)?;
            std::fs::File::open(&part)?.sync_all()?;
            std::fs::rename(&part, &path)
        })
        .await
        .map_err(io::Error::other)?
    }

    /// Begins a file that comes piece by piece, so that no upload stands in memory whole.
    pub async fn begin(&self, name: &str) -> io::Result<Draft> {
        let path = self.path(name)?;
        tokio::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).await?;
        let part = path.with_extension("part");
        let file = tokio::fs::File::create(&part).await?;
        Ok(Draft {
            file,
            part: Some(part),
            path,
            size: 0,
        })
    }

    pub async fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        tokio::fs::read(self.path(name)?).await
    }

    /// Returns by which mark the folder belongs to a database; none for a folder that is new.
    pub async fn mark(&self) -> io::Result<Option<String>> {
        match tokio::fs::read_to_string(self.folder.join(MARK)).await {
            Ok(mark) => Ok(Some(mark.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says to which database the folder belongs, durably.
    pub async fn keep_mark(&self, mark: &str) -> io::Result<()> {
        let (folder, mark) = (self.folder.clone(), mark.to_owned());
        tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder)?;
            let part = folder.join("belongs-to.part");
            std::fs::write(&part, mark)?;
            std::fs::File::open(&part)?.sync_all()?;
            std::fs::rename(&part, folder.join(MARK))
        })
        .await
        .map_err(io::Error::other)?
    }

    /// Lets the folder belong to whichever database asks next; blocks.
    pub fn forget_mark(&self) -> io::Result<()> {
        match std::fs::remove_file(self.folder.join(MARK)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    /// Opens a file for reading, for a back-up; blocks.
    pub fn open(&self, name: &str) -> io::Result<std::fs::File> {
        std::fs::File::open(self.path(name)?)
    }

    /// Makes a file, for a back-up that is being restored; blocks.
    pub fn create(&self, name: &str) -> io::Result<std::fs::File> {
        let path = self.path(name)?;
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::File::create(path)
    }

    /// Removes a file; one that is gone already is as good.
    pub async fn remove(&self, name: &str) -> io::Result<()> {
        match tokio::fs::remove_file(self.path(name)?).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    /// Lists files that were last written before a time. Drafts that nobody finished are removed.
    pub async fn list_made_before(&self, time: Timestamp) -> io::Result<Vec<String>> {
        let folder = self.folder.clone();
        let mut names = tokio::task::spawn_blocking(move || list_made_before(&folder, time))
            .await
            .map_err(io::Error::other)??;
        // Whatever somebody else laid there is none of ours.
        names.retain(|name| self.path(name).is_ok());
        Ok(names)
    }

    /// Returns where a file lies; only names that we made ourselves are taken.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let ours = name.len() >= 8
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !ours {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a name of ours",
            ));
        }
        Ok(self.folder.join(&name[..2]).join(name))
    }
}

fn list_made_before(folder: &Path, time: Timestamp) -> io::Result<Vec<String>> {
    let micros = u64::try_from(time.0).unwrap_or(0);
    let time = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
    let mut names = Vec::new();
    let shelves = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
        shelves => shelves?,
    };
    for shelf in shelves {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(shelf.path())? {
            let file = file?;
            let old = match file.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                about => about?.modified()? < time,
            };
            if !old {
                continue;
            }
            if file
                .path()
                .extension()
                .is_some_and(|ending| ending == "part")
            {
                std::fs::remove_file(file.path())?;
            } else if let Some(name) = file.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
    }
    Ok(names)
}

/// A file on its way; what is not finished is gone when it is dropped.
pub struct Draft {
    file: tokio::fs::File,
    part: Option<PathBuf>,
    path: PathBuf,
    size: u64,
}

impl Draft {
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// Returns how many bytes were written so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Puts the file durably in its place.
    pub async fn finish(mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        if let Some(part) = &self.part {
            tokio::fs::rename(part, &self.path).await?;
        }
        self.part = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // What cannot be removed now is no more than a file that nothing names.
            drop(std::fs::remove_file(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_kept_read_and_removed_and_nothing_else_is_reached() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::new(folder.path());
        files.keep("abcdefgh", vec![1, 2]).await.expect("kept");
        assert_eq!(files.read("abcdefgh").await.expect("read"), [1, 2]);
        files.remove("abcdefgh").await.expect("removed");
        files.remove("abcdefgh").await.expect("removed again");

        let mut draft = files.begin("ijklmnop").await.expect("begun");
        for piece in [&[1_u8, 2][..], &[3]] {
            draft.write(piece).await.expect("written");
        }
        assert_eq!(draft.size(), 3);
        assert!(files.read("ijklmnop").await.is_err(), "not before its end");
        draft.finish().await.expect("finished");
        assert_eq!(files.read("ijklmnop").await.expect("read"), [1, 2, 3]);
        drop(files.begin("qrstuvwx").await.expect("begun"));
        let left = std::fs::read_dir(folder.path().join("qr")).expect("a folder");
        assert_eq!(left.count(), 0, "nothing is left of it");
        for name in ["../../etc/passwd", "short", "a/b/c/d/e", ""] {
            assert!(files.read(name).await.is_err(), "{name}");
        }
    }
}
