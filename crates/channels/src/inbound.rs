//! `Inbound`: the one thing every network is translated into, and the errors of translating.
//! It says what happened at the network; what that means for a conversation is decided elsewhere.

use std::fmt;

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest network id that is kept; a database's index takes no more.
pub const LONGEST_ID: usize = 500;

/// Something that happened at a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Inbound {
    Piece(Piece),
    Post(Post),
    Edit(Edit),
    Delete(Delete),
    Reaction(Reaction),
    Status(Status),
    Departure(Departure),
    Preference(Preference),
    Renaming(Renaming),
}

/// One thing said: a post, a comment or a private message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub network_id: String,
    pub author: Author,
    pub text: String,
    pub platform_at: Timestamp,
    /// The network's id of what it answers, which may not have been seen yet.
    pub parent: Option<String>,
    /// The key of the private thread it belongs to.
    pub thread: Option<String>,
    pub visibility: Visibility,
    pub url: Option<String>,
    pub title: Option<String>,
    #[serde(default)]
    pub attachments: Vec<InboundAttachment>,
    #[serde(default)]
    pub mentions_us: bool,
    /// Our own message id, where the network tells us that this is our message coming back.
    pub echo_of: Option<String>,
    /// Whether a machine said it (an absence note, a list, a newsletter): it is kept, and nobody
    /// waits for an answer to it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub automatic: bool,
}

/// What follows is a piece of an album: several messages of a network that are one to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub network_id: String,
    /// What all pieces share, unique within the inbox.
    pub album: String,
}

/// New words for something said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub network_id: String,
    pub text: String,
    pub edited_at: Timestamp,
}

/// Something said before was taken back; its text must go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    pub network_id: String,
    pub deleted_at: Timestamp,
}

/// A like, a thanks and the like, given or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The network's id of what it reacts to.
    pub of: String,
    pub author: Author,
    pub kind: String,
    pub at: Timestamp,
    pub added: bool,
}

/// What became of something we sent, told by the network later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub network_id: String,
    /// Our own message id, where the network carries it.
    pub echo_of: Option<String>,
    pub at: Timestamp,
    /// Why it did not arrive: the stable word of a class of `SendError`, and the network's words.
    pub failure: Option<(String, String)>,
}

/// A person left the network or wants everything gone: their texts and names must go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    pub person: String,
    pub at: Timestamp,
    /// Further ids under which the network may have named the same person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The code of an explicit wish to be erased, about which a person must be told where nobody is
    /// found; none where somebody only left the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<String>,
}

/// A person said whether they want to hear from us there at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    pub person: String,
    pub refuses: bool,
    pub at: Timestamp,
}

/// The network calls a person by another id from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renaming {
    pub from: String,
    pub to: String,
    /// How people call them there now, where the network tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    pub at: Timestamp,
}

/// How a message of somebody's is doing at its network, as far as the network tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    pub network_id: String,
    pub views: Option<u64>,
    pub likes: Option<u64>,
    pub replies: Option<u64>,
}

/// Who said it, as the network knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub network_id: String,
    pub name: String,
    pub handle: Option<String>,
    /// Whether this is one of our own accounts.
    #[serde(default)]
    pub own: bool,
}

/// A file that came along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundAttachment {
    pub source: AttachmentSource,
    pub name: String,
    pub media_type: String,
    pub size: Option<u64>,
    /// What it shows, in its author's words, for those who do not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

/// Where the bytes of an attachment are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentSource {
    /// At the network, to be fetched.
    Url(String),
    /// Here already.
    Bytes(Vec<u8>),
    /// With us already, as an upload made on one of our own pages.
    Upload(String),
}

/// What one delivery says: everything that could be read, and what could not, each with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translation {
    pub taken: Vec<Inbound>,
    pub unread: Vec<Unread>,
}

/// One item of a delivery that could not be read, as a delivery body of its own, so that it can be
/// kept apart and taken in again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The item's place in its delivery, from zero.
    pub index: usize,
    pub error: TranslateError,
    pub body: Vec<u8>,
}

/// Why a delivery, or one item of it, could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TranslateError {
    #[error("this channel takes no deliveries of this kind")]
    NotOffered,
    #[error("not readable: {0}")]
    Unreadable(String),
    #[error("the field {0} is missing")]
    MissingField(String),
    #[error("the type {0} is unknown")]
    UnknownType(String),
    #[error("the field {field} cannot be read: {detail}")]
    BadValue { field: String, detail: String },
    #[error("more than {limit} items in one delivery")]
    TooManyItems { limit: usize },
}

impl TranslateError {
    /// Returns the stable word for this reason, which the desk translates.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOffered => "not_offered",
            Self::Unreadable(_) => "unreadable",
            Self::MissingField(_) => "missing_field",
            Self::UnknownType(_) => "unknown_type",
            Self::BadValue { .. } => "bad_value",
            Self::TooManyItems { .. } => "too_many_items",
        }
    }

    /// Returns what the reason speaks of, by name, for the sentence that the desk makes of it.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotOffered | Self::Unreadable(_) => Vec::new(),
            Self::MissingField(field) | Self::BadValue { field, .. } => {
                vec![("field", field.clone())]
            }
            Self::UnknownType(kind) => vec![("type", kind.clone())],
            Self::TooManyItems { limit } => vec![("limit", limit.to_string())],
        }
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self::MissingField(field.to_owned())
    }

    pub(crate) fn bad(field: &str, detail: impl fmt::Display) -> Self {
        Self::BadValue {
            field: field.to_owned(),
            detail: detail.to_string(),
        }
    }
}

impl Translation {
    /// Returns a translation of exactly one thing.
    pub fn of(inbound: Inbound) -> Self {
        let mut translation = Self::default();
        translation.take(inbound);
        translation
    }

    /// Adds what was read, with its texts made fit to be kept.
    pub fn take(&mut self, inbound: Inbound) {
        self.taken.push(inbound.cleaned());
    }
}

impl Inbound {
    /// Returns whether this is about a person, and about no message of theirs.
    pub const fn is_of_person(&self) -> bool {
        matches!(
            self,
            Self::Departure(_) | Self::Preference(_) | Self::Renaming(_)
        )
    }

    /// Returns the network's id of the message, or of the person, this is about.
    pub fn network_id(&self) -> &str {
        match self {
            Self::Piece(piece) => &piece.network_id,
            Self::Post(post) => &post.network_id,
            Self::Edit(edit) => &edit.network_id,
            Self::Delete(delete) => &delete.network_id,
            Self::Reaction(reaction) => &reaction.of,
            Self::Status(status) => &status.network_id,
            Self::Departure(departure) => &departure.person,
            Self::Preference(preference) => &preference.person,
            Self::Renaming(renaming) => &renaming.from,
        }
    }

    /// Takes out what no database keeps (NUL) and makes line ends one kind.
    fn cleaned(mut self) -> Self {
        match &mut self {
            Self::Piece(piece) => {
                clean(&mut piece.network_id);
                clean(&mut piece.album);
            }
            Self::Post(post) => {
                clean(&mut post.network_id);
                clean_author(&mut post.author);
                clean(&mut post.text);
                for text in [
                    &mut post.parent,
                    &mut post.thread,
                    &mut post.url,
                    &mut post.title,
                    &mut post.echo_of,
                ]
                .into_iter()
                .flatten()
                {
                    clean(text);
                }
                for attachment in &mut post.attachments {
                    clean(&mut attachment.name);
                    clean(&mut attachment.media_type);
                    if let Some(alt) = &mut attachment.alt {
                        clean(alt);
                    }
                }
            }
            Self::Edit(edit) => {
                clean(&mut edit.network_id);
                clean(&mut edit.text);
            }
            Self::Delete(delete) => clean(&mut delete.network_id),
            Self::Reaction(reaction) => {
                clean(&mut reaction.of);
                clean_author(&mut reaction.author);
                clean(&mut reaction.kind);
            }
            Self::Status(status) => {
                clean(&mut status.network_id);
                if let Some((_, detail)) = &mut status.failure {
                    clean(detail);
                }
            }
            Self::Departure(departure) => {
                clean(&mut departure.person);
                departure.also.iter_mut().for_each(clean);
            }
            Self::Preference(preference) => clean(&mut preference.person),
            Self::Renaming(renaming) => {
                clean(&mut renaming.from);
                clean(&mut renaming.to);
                renaming.handle.iter_mut().for_each(clean);
            }
        }
        self
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the serialiser hands over a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

fn clean_author(author: &mut Author) {
    clean(&mut author.network_id);
    clean(&mut author.name);
    if let Some(handle) = &mut author.handle {
        clean(handle);
    }
}

/// Returns what somebody wrote about a picture; none where they wrote nothing.
pub(crate) fn described(words: Option<String>) -> Option<String> {
    words
        .map(|words| words.trim().to_owned())
        .filter(|words| !words.is_empty())
}

fn clean(text: &mut String) {
    if text.contains('\0') {
        text.retain(|character| character != '\0');
    }
    if text.contains('\r') {
        *text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_fit_to_be_kept() {
        let translation = Translation::of(Inbound::Edit(Edit {
            network_id: "a\0b".to_owned(),
            text: "one\r\ntwo\rthree\0".to_owned(),
            edited_at: Timestamp(1),
        }));
        let Inbound::Edit(edit) = &translation.taken[0] else {
            panic!("an edit stays an edit");
        };
        assert_eq!(edit.network_id, "ab");
        assert_eq!(edit.text, "one\ntwo\nthree");
    }
}
