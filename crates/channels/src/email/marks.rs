//! Marks of our own in mail: the key of a thread, signed message ids and signed reply addresses.
//! Whoever answers brings one of them back, and nobody else can make them.

use crate::delivery::Account;
use crate::signature::{equal, hmac_hex, sha256_hex};

use super::setup::TOKEN;

/// The length of a thread's key and of a signature, in hex: 64 bits each.
const LENGTH: usize = 16;
/// What our message ids begin with.
const PREFIX: &str = "kulant.";

/// Signs and reads the marks of one inbox.
pub(super) struct Marks {
    /// The newest first, which signs.
    keys: Vec<String>,
    inbox: String,
    /// The parts of the reply pattern before and after the token.
    pattern: Option<(String, String)>,
}

/// What a message id of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnId {
    pub(super) message_id: String,
    pub(super) thread: String,
}

impl Marks {
    pub(super) fn of(account: &Account) -> Self {
        let mut keys: Vec<String> = account
            .signing_secrets()
            .into_iter()
            .map(str::to_owned)
            .collect();
        for name in ["password", "oauth_client_secret"] {
            if let Some(secret) = account.secret(name) {
                keys.push(sha256_hex(format!("reply marks\n{secret}").as_bytes()));
            }
        }
        let pattern = account
            .setting("reply_pattern")
            .and_then(|pattern| pattern.split_once(TOKEN))
            .map(|(before, after)| (before.to_lowercase(), after.to_lowercase()));
        Self {
            keys,
            inbox: account.inbox_id.clone(),
            pattern,
        }
    }

    /// Returns the id of a mail of ours, which tells our message and its thread.
    pub(super) fn message_id(
        &self,
        message_id: &str,
        thread: &str,
        domain: &str,
    ) -> Option<String> {
        let plain = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let said = format!("{message_id}.{thread}");
        let signature = self.sign(&said)?;
        (plain(message_id) && plain(thread)).then(|| format!("{PREFIX}{said}.{signature}@{domain}"))
    }

    /// Reads the id of a mail; none where it is not one of ours.
    pub(super) fn read_id(&self, id: &str) -> Option<OwnId> {
        let (local, _) = id.split_once('@')?;
        let (said, signature) = local.strip_prefix(PREFIX)?.rsplit_once('.')?;
        let (message_id, thread) = said.split_once('.')?;
        self.is_ours(said, signature).then(|| OwnId {
            message_id: message_id.to_owned(),
            thread: thread.to_owned(),
        })
    }

    /// Returns the address to which answers in this thread go, where the settings name a pattern.
    pub(super) fn reply_address(&self, thread: &str) -> Option<String> {
        let (before, after) = self.pattern.as_ref()?;
        let signature = self.sign(thread)?;
        (thread.len() == LENGTH).then(|| format!("{before}{thread}{signature}{after}"))
    }

    /// Reads the thread out of an address; none where it is not one of ours.
    pub(super) fn read_address(&self, address: &str) -> Option<String> {
        let (before, after) = self.pattern.as_ref()?;
        let address = address.to_lowercase();
        let token = address
            .strip_prefix(before.as_str())?
            .strip_suffix(after.as_str())?;
        let (thread, signature) = token.split_at_checked(LENGTH)?;
        self.is_ours(thread, signature).then(|| thread.to_owned())
    }

    fn sign(&self, said: &str) -> Option<String> {
        self.keys.first().map(|key| self.signature(key, said))
    }

    fn is_ours(&self, said: &str, signature: &str) -> bool {
        self.keys
            .iter()
            .any(|key| equal(self.signature(key, said).as_bytes(), signature.as_bytes()))
    }

    fn signature(&self, key: &str, said: &str) -> String {
        let mut signature = hmac_hex(key.as_bytes(), format!("{}\n{said}", self.inbox).as_bytes());
        signature.truncate(LENGTH);
        signature
    }
}

/// Returns the key of the thread that began with this mail.
pub(super) fn thread_key(root: &str) -> String {
    let mut key = sha256_hex(root.as_bytes());
    key.truncate(LENGTH);
    key
}
