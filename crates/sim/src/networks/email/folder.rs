//! A folder of mails: numbers that only rise, the mark under which they are good, and what changed when.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::item::Millis;

/// What the first folder's numbers are good under.
const FIRST_VALIDITY: u32 = 1_795_000_001;

/// A folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Folder {
    pub(super) validity: u32,
    /// The number of the next mail.
    pub(super) next: u32,
    /// Counts what changed (RFC 7162).
    pub(super) changes: u64,
    /// In the order of their numbers.
    pub(super) mails: Vec<Mail>,
}

/// A mail as it stands in a folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mail {
    pub(super) uid: u32,
    /// When it was put there.
    pub(super) at: Millis,
    pub(super) flags: BTreeSet<String>,
    /// What the count of changes was when it changed last.
    pub(super) changed: u64,
    #[serde(with = "in_base64")]
    pub(super) bytes: Vec<u8>,
}

impl Default for Folder {
    fn default() -> Self {
        Self {
            validity: FIRST_VALIDITY,
            next: 1,
            changes: 1,
            mails: Vec::new(),
        }
    }
}

impl Folder {
    /// Puts a mail behind the others and returns its number.
    pub(super) fn add(&mut self, mail: &[u8], at: Millis) -> u32 {
        let uid = self.next;
        self.next += 1;
        self.changes += 1;
        self.mails.push(Mail {
            uid,
            at,
            flags: BTreeSet::new(),
            changed: self.changes,
            bytes: mail.to_vec(),
        });
        uid
    }

    /// Numbers every mail anew: what anybody remembers of the numbers is worth nothing from now on.
    pub(super) fn renumber(&mut self) {
        self.validity += 1;
        self.next = 1;
        for mail in &mut self.mails {
            mail.uid = self.next;
            self.next += 1;
        }
    }

    /// Returns the places of what a set such as `2,4:7,9:*` names, by number or by place.
    pub(super) fn named(&self, set: &str, by_uid: bool) -> Option<Vec<usize>> {
        let last = if by_uid {
            self.mails.last().map_or(0, |mail| mail.uid)
        } else {
            u32::try_from(self.mails.len()).unwrap_or(u32::MAX)
        };
        let number = |text: &str| match text {
            "*" => Some(last),
            text => text.parse::<u32>().ok(),
        };
        let mut ranges = Vec::new();
        for part in set.split(',') {
            let (from, to) = part.split_once(':').unwrap_or((part, part));
            let (from, to) = (number(from)?, number(to)?);
            // The last mail is always named by a range that ends in an asterisk.
            ranges.push((from.min(to), from.max(to)));
        }
        let places = self.mails.iter().enumerate().filter(|(place, mail)| {
            let own = if by_uid { mail.uid } else { *place as u32 + 1 };
            ranges.iter().any(|(from, to)| (*from..=*to).contains(&own))
        });
        Some(places.map(|(place, _)| place).collect())
    }
}

impl Mail {
    /// Returns where the header ends: behind the empty line.
    pub(super) fn header_end(&self) -> usize {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        end.map_or(self.bytes.len(), |end| end + 4)
    }

    /// Returns the fields of a name, unfolded.
    pub(super) fn fields(&self, name: &str) -> Vec<String> {
        let header = String::from_utf8_lossy(&self.bytes[..self.header_end()]);
        let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(known, _)| known.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
            .collect()
    }
}

/// Bytes that need not be text, in a document that is.
mod in_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn sets_name_mails_by_number_and_by_place() {
        let mut folder = Folder::default();
        for _ in 0..4 {
            folder.add(b"a", 0);
        }
        folder.mails.remove(0);
        assert_eq!(folder.named("2:3", true), Some(vec![0, 1]));
        assert_eq!(folder.named("2:3", false), Some(vec![1, 2]));
        assert_eq!(folder.named("9:*", true), Some(vec![2]));
        assert_eq!(folder.named("1,4", true), Some(vec![2]));
        assert_eq!(folder.named("a:b", true), None);
        let validity = folder.validity;
        folder.renumber();
        assert_eq!((folder.mails[0].uid, folder.next), (1, 4));
        assert_ne!(folder.validity, validity);
    }
}
