//! Which of our files a network takes: kinds by their media type, and how large each may be. What does
//! not fit is refused before anything is asked of the network, in words that name the file.

use crate::outbound::{OutboundAttachment, SendError};

/// A kind of file that a network takes.
pub(crate) struct FileKind {
    /// Media types; one that ends in `/` stands for all that begin with it, an empty one for all.
    pub(crate) types: &'static [&'static str],
    pub(crate) bytes: u64,
}

/// Refuses files of a kind that is not taken, or larger than what is taken of their kind.
pub(crate) fn check(files: &[OutboundAttachment], kinds: &[FileKind]) -> Result<(), SendError> {
    for file in files {
        let kind = kinds.iter().find(|kind| kind.holds(&file.media_type));
        let Some(kind) = kind else {
            return Err(SendError::ContentRejected(format!(
                "{} is {}, which is not taken here",
                file.name, file.media_type
            )));
        };
        let size = file.bytes.len() as u64;
        if size > kind.bytes {
            return Err(SendError::ContentRejected(format!(
                "{} has {}, and no more than {} are taken here",
                file.name,
                readable(size),
                readable(kind.bytes)
            )));
        }
    }
    Ok(())
}

impl FileKind {
    /// Makes the one kind of a network that takes files of every kind.
    pub(crate) const fn any(bytes: u64) -> Self {
        Self {
            types: &[""],
            bytes,
        }
    }

    fn holds(&self, media_type: &str) -> bool {
        self.types.iter().any(|known| {
            *known == media_type
                || known.is_empty()
                || known.ends_with('/') && media_type.starts_with(known)
        })
    }
}

fn readable(bytes: u64) -> String {
    if bytes >= 1 << 20 {
        // What is a little too large must not read as if it was not.
        let tenths = (bytes * 10).div_ceil(1 << 20);
        return format!("{}.{} MiB", tenths / 10, tenths % 10);
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &[FileKind] = &[
        FileKind {
            types: &["image/png"],
            bytes: 2 << 20,
        },
        FileKind {
            types: &["video/"],
            bytes: 900,
        },
    ];

    fn refused(media_type: &str, size: usize) -> Option<String> {
        let file = OutboundAttachment {
            name: "plan".to_owned(),
            media_type: media_type.to_owned(),
            bytes: vec![0; size],
            alt: None,
        };
        let error = check(&[file], KINDS).err()?;
        assert_eq!(error.class(), "content_rejected");
        Some(error.detail().to_owned())
    }

    #[test]
    fn what_does_not_fit_is_refused_in_clear_words() {
        assert_eq!(refused("image/png", 2 << 20), None);
        assert_eq!(refused("video/mp4", 900), None);
        assert_eq!(
            refused("image/png", (2 << 20) + 1).as_deref(),
            Some("plan has 2.1 MiB, and no more than 2.0 MiB are taken here")
        );
        assert_eq!(
            refused("video/mp4", 901).as_deref(),
            Some("plan has 901 bytes, and no more than 900 bytes are taken here")
        );
        assert_eq!(
            refused("application/zip", 1).as_deref(),
            Some("plan is application/zip, which is not taken here")
        );
        assert!(check(&[], &[FileKind::any(0)]).is_ok());
    }
}
