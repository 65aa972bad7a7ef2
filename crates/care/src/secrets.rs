//! Seals what must not lie in the database in the clear: the networks' access tokens, signing
//! secrets, stored answers. Each sealed value names its key, so that keys can be changed.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::error::CareError;
use crate::{Care, Randomness};

const FORM: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;
const KEY: usize = 32;

/// The keys of an installation, newest first: the newest seals, every one opens.
#[derive(Clone, Default)]
pub struct SecretKeys {
    keys: Arc<Vec<Key>>,
}

#[derive(Clone)]
struct Key {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

/// A text that holds no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key is 32 bytes in base64url, one a line, the newest first")]
pub struct NotAKey;

impl SecretKeys {
    /// Reads keys, one a line, the newest first.
    pub fn from_text(text: &str) -> Result<Self, NotAKey> {
        let keys = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| {
                let bytes = URL_SAFE_NO_PAD
                    .decode(line.trim_end_matches('='))
                    .map_err(|_| NotAKey)?;
                bytes.try_into().map(Key::new).map_err(|_| NotAKey)
            })
            .collect::<Result<Vec<Key>, NotAKey>>()?;
        if keys.is_empty() {
            return Err(NotAKey);
        }
        Ok(Self {
            keys: Arc::new(keys),
        })
    }

    /// Reads the key file, and makes it at the first start, readable by its owner alone.
    pub fn from_file(path: &Path, randomness: &dyn Randomness) -> io::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_file(path, randomness)?,
            Err(error) => return Err(error),
        };
        Self::from_text(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Seals bytes for one place; opened for another place they are not believed.
    fn seal(&self, place: &str, bytes: &[u8], nonce: [u8; NONCE]) -> Result<Vec<u8>, CareError> {
        let key = self
            .keys
            .first()
            .ok_or_else(|| CareError::Internal("there is no secret key".to_owned()))?;
        let payload = Payload {
            msg: bytes,
            aad: place.as_bytes(),
        };
        let sealed = key
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| CareError::Internal("a secret could not be sealed".to_owned()))?;
        let mut blob = Vec::with_capacity(1 + KEY_ID + NONCE + sealed.len());
        blob.push(FORM);
        blob.extend_from_slice(&key.id);
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    fn open(&self, place: &str, blob: &[u8]) -> Result<Vec<u8>, CareError> {
        let unreadable = |why: &str| CareError::Internal(format!("a sealed secret {why}"));
        let (head, sealed) = blob
            .split_at_checked(1 + KEY_ID + NONCE)
            .ok_or_else(|| unreadable("is too short"))?;
        if head[0] != FORM {
            return Err(unreadable("has an unknown form"));
        }
        let key = self
            .keys
            .iter()
            .find(|key| key.id == head[1..=KEY_ID])
            .ok_or_else(|| unreadable("was sealed with a key that is not here"))?;
        let nonce: [u8; NONCE] = head[1 + KEY_ID..]
            .try_into()
            .expect("the head was split at its length");
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        key.cipher
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| unreadable("was changed or belongs elsewhere"))
    }

    /// Returns whether one of the keys opens a blob that was sealed for this place.
    pub fn opens(&self, place: &str, blob: &[u8]) -> bool {
        self.open(place, blob).is_ok()
    }

    /// Returns whether a blob was sealed with the newest key.
    pub fn is_newest(&self, blob: &[u8]) -> bool {
        self.keys
            .first()
            .is_some_and(|key| blob.get(1..=KEY_ID) == Some(&key.id[..]))
    }
}

impl Key {
    fn new(bytes: [u8; KEY]) -> Self {
        let digest = Sha256::digest(bytes);
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        Self {
            id,
            cipher: XChaCha20Poly1305::new(&bytes.into()),
        }
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretKeys({})", self.keys.len())
    }
}

impl Care {
    /// Seals bytes for one place, such as `inbox/7`.
    pub fn seal(&self, place: &str, bytes: &[u8]) -> Result<Vec<u8>, CareError> {
        self.settings
            .secret_keys
            .seal(place, bytes, self.random_bytes())
    }

    /// Opens what was sealed for this place.
    pub fn open_sealed(&self, place: &str, blob: &[u8]) -> Result<Vec<u8>, CareError> {
        self.settings.secret_keys.open(place, blob)
    }
}

fn make_file(path: &Path, randomness: &dyn Randomness) -> io::Result<String> {
    use std::io::Write;
    let mut bytes = [0; KEY];
    randomness.fill(&mut bytes);
    let text = format!("{}\n", URL_SAFE_NO_PAD.encode(bytes));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(text)
        }
        // Another process was faster: its key counts.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => std::fs::read_to_string(path),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Randomness for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn keys(lines: &[u8]) -> SecretKeys {
        let text: Vec<String> = lines
            .iter()
            .map(|byte| URL_SAFE_NO_PAD.encode([*byte; KEY]))
            .collect();
        SecretKeys::from_text(&text.join("\n")).expect("keys")
    }

    #[test]
    fn what_is_sealed_opens_at_its_own_place_alone() {
        let sealed = keys(&[1])
            .seal("inbox/7", b"hush", [9; NONCE])
            .expect("sealed");
        assert!(!sealed.windows(4).any(|window| window == b"hush"));
        assert_eq!(
            keys(&[1]).open("inbox/7", &sealed).expect("opened"),
            b"hush"
        );
        assert!(keys(&[1]).open("inbox/8", &sealed).is_err());
        assert!(keys(&[2]).open("inbox/7", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(
                keys(&[1]).open("inbox/7", &changed).is_err(),
                "byte {place}"
            );
        }
        assert!(keys(&[1]).open("inbox/7", &[]).is_err());
    }

    #[test]
    fn an_older_key_still_opens_and_the_newest_seals() {
        let old = keys(&[1]).seal("x", b"hush", [9; NONCE]).expect("sealed");
        let both = keys(&[2, 1]);
        assert_eq!(both.open("x", &old).expect("opened"), b"hush");
        assert!(!both.is_newest(&old));
        let new = both.seal("x", b"hush", [9; NONCE]).expect("sealed");
        assert!(both.is_newest(&new) && keys(&[1]).open("x", &new).is_err());
    }

    #[test]
    fn without_a_key_nothing_is_sealed() {
        assert!(
            SecretKeys::default()
                .seal("x", b"hush", [9; NONCE])
                .is_err()
        );
        for text in ["", "\n", "short", "!!!"] {
            assert_eq!(SecretKeys::from_text(text).err(), Some(NotAKey), "{text:?}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret.key");
        let first = SecretKeys::from_file(&path, &Fixed(3)).expect("made");
        let sealed = first.seal("x", b"hush", [9; NONCE]).expect("sealed");
        let again = SecretKeys::from_file(&path, &Fixed(4)).expect("read");
        assert_eq!(again.open("x", &sealed).expect("opened"), b"hush");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = path.metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(format!("{first:?}"), "SecretKeys(1)");
    }
}
