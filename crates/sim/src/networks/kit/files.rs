//! Which files a network takes: kinds by their media type, and how large each may be. How a network
//! refuses one is its own matter.

use super::{Limits, Upload};

/// The limit that tests lower, where no file is too large for a test by itself.
const NAME: &str = "file_bytes";

/// A kind of file.
pub(crate) struct FileKind {
    /// Media types; one that ends in `/` stands for all that begin with it, an empty one for all.
    pub(crate) types: &'static [&'static str],
    pub(crate) most: usize,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    Type,
    /// It is larger than this.
    Size(usize),
}

impl FileKind {
    fn holds(&self, media_type: &str) -> bool {
        self.types.iter().any(|known| {
            *known == media_type
                || known.is_empty()
                || known.ends_with('/') && media_type.starts_with(known)
        })
    }
}

impl Limits {
    /// Returns what is wrong with a file: it is of none of these kinds, or too large for the first.
    pub(crate) fn misfit(
        &self,
        kinds: &[FileKind],
        media_type: &str,
        size: usize,
    ) -> Option<Misfit> {
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let Some(kind) = kinds.iter().find(|kind| kind.holds(media_type)) else {
            return Some(Misfit::Type);
        };
        let most = self.lowered(NAME).map_or(kind.most, |most| most as usize);
        (size > most).then_some(Misfit::Size(most))
    }

    /// Returns what is wrong with a file that came with a call.
    pub(crate) fn objection(&self, kinds: &[FileKind], file: &Upload) -> Option<Misfit> {
        self.misfit(kinds, &file.media_type, file.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &[FileKind] = &[
        FileKind {
            types: &["image/png"],
            most: 10,
        },
        FileKind {
            types: &["video/"],
            most: 20,
        },
    ];

    #[test]
    fn a_file_is_measured_by_its_kind() {
        let limits = Limits::default();
        assert_eq!(limits.misfit(KINDS, "image/png", 10), None);
        assert_eq!(
            limits.misfit(KINDS, "image/png", 11),
            Some(Misfit::Size(10))
        );
        assert_eq!(limits.misfit(KINDS, "video/mp4; codecs=avc1", 20), None);
        assert_eq!(limits.misfit(KINDS, "image/gif", 1), Some(Misfit::Type));
        limits.lower("file_bytes", 5);
        assert_eq!(limits.misfit(KINDS, "video/mp4", 6), Some(Misfit::Size(5)));
    }
}
