//! What a channel can do, as data: every limit and window stands here, none in code elsewhere.
//! Includes how each network counts the length of a text.

use kulant_model::message::Visibility;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

/// What a link counts where links count alike, whatever their length.
const LINK_WEIGHT: usize = 23;

/// What a channel can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Whether a message of ours can be looked for at the network after its answer was lost.
    pub look_up: bool,
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
    pub edit: bool,
    pub delete: bool,
    pub reactions: bool,
    /// How long after the contact's last message an answer may go out.
    pub reply_window_seconds: Option<u64>,
    pub attachments: Option<AttachmentLimits>,
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

/// How a network counts the length of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Unicode code points.
    Characters,
    /// What a reader sees as one sign.
    Graphemes,
    /// UTF-8 bytes.
    Bytes,
    /// Graphemes, but every link counts 23.
    Weighted,
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

impl SideCapabilities {
    /// Returns whether a text is short enough.
    pub fn fits(&self, text: &str) -> bool {
        self.length
            .is_none_or(|length| count_length(text, self.counts) <= length)
    }
}

/// Counts the length of a text the way a network does.
pub fn count_length(text: &str, counting: Counting) -> usize {
    match counting {
        Counting::Characters => text.chars().count(),
        Counting::Graphemes => graphemes(text),
        Counting::Bytes => text.len(),
        Counting::Weighted => weighted(text),
    }
}

fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

fn weighted(text: &str) -> usize {
    let mut rest = text;
    let mut length = 0;
    while let Some(start) = link_start(rest) {
        let link = &rest[start..];
        let end = link_length(link);
        length += graphemes(&rest[..start]) + LINK_WEIGHT;
        rest = &link[end..];
    }
    length + graphemes(rest)
}

/// Finds where the next `http://` or `https://` with something behind it begins.
fn link_start(text: &str) -> Option<usize> {
    text.match_indices("http").map(|(at, _)| at).find(|&at| {
        let link = &text[at..];
        let behind = link
            .strip_prefix("https://")
            .or_else(|| link.strip_prefix("http://"));
        let inside_word = text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        !inside_word && behind.is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
    })
}

/// Returns the bytes of a link up to white space; punctuation at its end belongs to the sentence.
fn link_length(link: &str) -> usize {
    let end = link
        .find(|character: char| character.is_whitespace() || matches!(character, '<' | '>' | '"'))
        .unwrap_or(link.len());
    let mut link = &link[..end];
    while let Some(last) = link.chars().next_back() {
        let closes_nothing = last == ')' && !link.contains('(');
        if !closes_nothing && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'') {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_as_the_network_counts() {
        let cases = [
            ("", Counting::Graphemes, 0),
            ("Grüße", Counting::Characters, 5),
            ("Grüße", Counting::Bytes, 7),
            ("Gru\u{308}ße", Counting::Characters, 6),
            ("Gru\u{308}ße", Counting::Graphemes, 5),
            ("👩‍👩‍👧 hi", Counting::Graphemes, 4),
            ("👩‍👩‍👧 hi", Counting::Characters, 8),
            (
                "see https://example.com/a/very/long/path/indeed now",
                Counting::Weighted,
                31,
            ),
            ("https://a.de", Counting::Weighted, 23),
            ("(https://a.de).", Counting::Weighted, 26),
            ("https://a.de/x_(y)", Counting::Weighted, 23),
            ("http:// is no link", Counting::Weighted, 18),
            ("xhttps://a.de", Counting::Weighted, 13),
            ("https://a.de und https://b.de", Counting::Weighted, 51),
        ];
        for (text, counting, length) in cases {
            assert_eq!(
                count_length(text, counting),
                length,
                "{text:?} by {counting:?}"
            );
        }
    }

    #[test]
    fn a_text_fits_up_to_the_limit() {
        let side = SideCapabilities {
            send: true,
            reason: None,
            length: Some(5),
            counts: Counting::Graphemes,
            edit: false,
            delete: false,
            reactions: false,
            reply_window_seconds: None,
            attachments: None,
        };
        assert!(side.fits("Gru\u{308}ße"));
        assert!(!side.fits("Grüßen"));
        let endless = SideCapabilities {
            length: None,
            ..side
        };
        assert!(endless.fits(&"a".repeat(100_000)));
    }
}
