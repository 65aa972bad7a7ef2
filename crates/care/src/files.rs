//! Attachments on disk, one file each under a random name, so that erasing one is removing one.

use std::io;
use std::path::{Path, PathBuf};

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

    pub async fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        tokio::fs::read(self.path(name)?).await
    }

    /// Removes a file; one that is gone already is as good.
    pub async fn remove(&self, name: &str) -> io::Result<()> {
        match tokio::fs::remove_file(self.path(name)?).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
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
        for name in ["../../etc/passwd", "short", "a/b/c/d/e", ""] {
            assert!(files.read(name).await.is_err(), "{name}");
        }
    }
}
