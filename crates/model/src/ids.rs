//! Typed, time-ordered ids: 41 bits of milliseconds since 2024, 10 bits of node, 12 bits of sequence.
//! They are made by kulant, never by a database; public addresses use unguessable tokens instead.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

/// 2024-01-01T00:00:00Z in milliseconds since 1970.
const ORIGIN_MILLISECONDS: i64 = 1_704_067_200_000;
const NODE_BITS: i64 = 10;
const SEQUENCE_BITS: i64 = 12;

/// How many nodes can make ids beside each other.
pub const NODES: i64 = 1 << NODE_BITS;

/// Makes ids for one process; the node number keeps two processes on one database apart.
#[derive(Debug)]
pub struct IdMaker {
    node: i64,
    /// Milliseconds and sequence of the newest id, as one number that only grows.
    newest: AtomicI64,
}

impl IdMaker {
    pub fn new(node: i64) -> Self {
        Self {
            node: node.rem_euclid(NODES),
            newest: AtomicI64::new(0),
        }
    }

    /// Returns the number that keeps this process apart from others.
    pub const fn node(&self) -> i64 {
        self.node
    }

    /// Returns a number larger than every one this maker gave before, even if the clock steps back.
    pub fn next(&self, now: Timestamp) -> i64 {
        let tick = (now.as_milliseconds() - ORIGIN_MILLISECONDS).max(0) << SEQUENCE_BITS;
        let previous = self
            .newest
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |newest| {
                Some(tick.max(newest + 1))
            })
            .expect("the update always gives a value");
        let own = tick.max(previous + 1);
        let milliseconds = own >> SEQUENCE_BITS;
        let sequence = own & ((1 << SEQUENCE_BITS) - 1);
        (milliseconds << (NODE_BITS + SEQUENCE_BITS)) | (self.node << SEQUENCE_BITS) | sequence
    }
}

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                match text.parse::<i64>() {
                    Ok(number) if number > 0 => Ok(Self(number)),
                    _ => Err(NotAnId),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A brand.
    BrandId,
    /// A team.
    TeamId,
    /// A person who answers for the company.
    AgentId,
    /// The pseudonymous key under which the log names whoever acted.
    ActorId,
    /// One connected account on a channel.
    InboxId,
    /// A raw delivery as received.
    IntakeId,
    /// A customer.
    ContactId,
    /// One account of a contact on one network.
    IdentityId,
    /// One matter of one party.
    ConversationId,
    /// One thing said.
    MessageId,
    /// A file that came with a message or waits for one.
    AttachmentId,
    /// A tag.
    TagId,
    /// A saved filter.
    ViewId,
    /// Work for later.
    JobId,
    /// An API token.
    TokenId,
    /// A failure that needs a person.
    AlertId,
    /// Something we say of ourselves, on several accounts at once.
    AnnouncementId,
    /// A search of the listening post.
    SearchId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_steps_back() {
        let maker = IdMaker::new(3);
        let now = Timestamp::from_milliseconds(ORIGIN_MILLISECONDS + 10_000);
        let earlier = Timestamp::from_milliseconds(ORIGIN_MILLISECONDS + 5_000);
        let ids: Vec<i64> = (0..10_000)
            .map(|turn| maker.next(if turn % 3 == 0 { earlier } else { now }))
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn two_nodes_never_make_the_same_id() {
        let now = Timestamp::from_milliseconds(ORIGIN_MILLISECONDS + 10_000);
        let (one, other) = (IdMaker::new(1), IdMaker::new(2));
        let ids: std::collections::HashSet<i64> = (0..5_000)
            .flat_map(|_| [one.next(now), other.next(now)])
            .collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn ids_are_texts_in_json() {
        assert_eq!(
            serde_json::to_string(&MessageId(7)).expect("an id is JSON"),
            "\"7\""
        );
        assert!("0".parse::<MessageId>().is_err());
        assert!("x".parse::<MessageId>().is_err());
    }
}
