//! What a channel can do, as data: every limit and window stands here, none in code elsewhere.

use kulant_model::message::Visibility;
use serde::Serialize;

pub use crate::counting::{Counting, count_length};

/// What a channel can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and most mixtures exist"
)]
pub struct Capabilities {
    pub public: Option<SideCapabilities>,
    pub private: Option<SideCapabilities>,
    pub intake: IntakeWay,
    /// Whether the network must be able to reach this kulant from outside.
    pub needs_public_address: bool,
    /// Whether kulant makes a signing secret for every inbox of this channel.
    pub signed_hook: bool,
    /// Whether every inbox of this channel has a page of its own on our site.
    pub public_page: bool,
    /// Whether colleagues write down here what was said in a call.
    pub calls: bool,
    /// Whether a message of ours can be looked for at the network after its answer was lost.
    pub look_up: bool,
    /// Whether history and gaps are filled by asking, besides what is pushed or listened to.
    pub fills_gaps: bool,
    /// How somebody who wrote in public may be answered in private; none where they cannot.
    pub hand_over: Option<HandOver>,
    /// Whether we may post of ourselves, in reply to nothing.
    pub own_posts: bool,
    /// Whether the network lets us look for words.
    pub search: bool,
    /// Whether the network tells that a person left or wants everything gone.
    #[serde(skip)]
    pub departures: bool,
    pub identity_realm: IdentityRealm,
    /// The day on which these facts were compared with the network's documentation.
    pub checked_on: &'static str,
}

/// What a channel can do in public, or in private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideCapabilities {
    pub send: bool,
    /// Why nothing can be sent, as a key of the locale files.
    pub reason: Option<&'static str>,
    /// The longest text, none where there is no limit.
    pub length: Option<usize>,
    pub counts: Counting,
    /// A second limit in UTF-8 bytes, where the network has one.
    pub bytes: Option<usize>,
    pub edit: bool,
    pub delete: bool,
    /// Whether somebody else's message can be hidden from the public.
    pub hide: bool,
    pub reactions: bool,
    /// How long after the contact's last message an answer may go out.
    pub reply_window_seconds: Option<u64>,
    /// How long a person, and no machine, may still answer after that.
    pub human_window_seconds: Option<u64>,
    /// Whether texts that the network has approved may go out after that.
    pub templates: bool,
    pub attachments: Option<AttachmentLimits>,
    /// What the network tells of what stands there.
    #[serde(skip)]
    pub tells: Tells,
}

/// What a network tells us on one of its sides, in whichever way it reaches us; what it does not tell,
/// nobody here can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tells {
    /// New words of what was said before.
    pub edits: bool,
    /// That something was taken back.
    pub deletes: bool,
    pub reactions: bool,
    /// Files that came along.
    pub attachments: bool,
    /// Our own words once they stand there.
    pub echoes: bool,
    /// What our people wrote in the network's own app.
    pub native: bool,
    /// Whether ours arrived.
    pub arrivals: bool,
}

/// The network's rule for answering somebody in private who wrote in public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HandOver {
    pub way: HandOverWay,
    /// How long after the public message.
    pub within_seconds: Option<u64>,
}

/// How the private side is reached from the public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HandOverWay {
    /// A private message at any time.
    Message,
    /// One private message for each public one.
    OneMessage,
    /// A link in public by which the person begins the private thread.
    Link,
}

/// How many files, how large, may go out with one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttachmentLimits {
    pub count: usize,
    pub bytes_each: u64,
}

/// How messages reach us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IntakeWay {
    /// The network calls our hook.
    Push,
    /// We ask the network every while.
    Poll,
    /// We hold a connection open.
    Listen,
    /// Our own pages and commands bring them.
    Local,
}

/// Where an author's network id means the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityRealm {
    /// Within one inbox only.
    Inbox,
    /// In every inbox of this network.
    Network,
}

impl Capabilities {
    /// Returns what can be done where a message of this visibility is read; notes never leave.
    pub const fn side(&self, visibility: Visibility) -> Option<&SideCapabilities> {
        match visibility {
            Visibility::Public => self.public.as_ref(),
            Visibility::Private => self.private.as_ref(),
            Visibility::Note => None,
        }
    }
}

impl Capabilities {
    /// What a channel can do that can do nothing; the others say how they differ.
    pub const NONE: Self = Self {
        public: None,
        private: None,
        intake: IntakeWay::Local,
        needs_public_address: false,
        signed_hook: false,
        public_page: false,
        calls: false,
        look_up: false,
        fills_gaps: false,
        hand_over: None,
        own_posts: false,
        search: false,
        departures: false,
        identity_realm: IdentityRealm::Inbox,
        checked_on: "",
    };
}

impl Tells {
    /// New posts and no more; the others say how they differ.
    pub const NOTHING: Self = Self {
        edits: false,
        deletes: false,
        reactions: false,
        attachments: false,
        echoes: false,
        native: false,
        arrivals: false,
    };
}

impl SideCapabilities {
    /// A side that is only read; the others say how they differ.
    pub const READ_ONLY: Self = Self {
        send: false,
        reason: None,
        length: None,
        counts: Counting::Graphemes,
        bytes: None,
        edit: false,
        delete: false,
        hide: false,
        reactions: false,
        reply_window_seconds: None,
        human_window_seconds: None,
        templates: false,
        attachments: None,
        tells: Tells::NOTHING,
    };

    /// Returns whether a text is short enough.
    pub fn fits(&self, text: &str) -> bool {
        self.length
            .is_none_or(|length| count_length(text, self.counts) <= length)
            && self.bytes.is_none_or(|bytes| text.len() <= bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_up_to_the_limit() {
        let side = SideCapabilities {
            length: Some(5),
            ..SideCapabilities::READ_ONLY
        };
        assert!(side.fits("Gru\u{308}ße"));
        assert!(!side.fits("Grüßen"));
        let narrow = SideCapabilities {
            bytes: Some(7),
            ..side.clone()
        };
        assert!(narrow.fits("Grüße"));
        assert!(!narrow.fits("Grüßé"));
        let endless = SideCapabilities {
            length: None,
            ..side
        };
        assert!(endless.fits(&"a".repeat(100_000)));
    }
}
