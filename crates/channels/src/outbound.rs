//! What leaves for a network, what the network gives back, and the classes of failure.
//! When to try again is decided elsewhere, from the class.

use std::time::Duration;

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How the message id of a mail to our own people begins: it belongs to no conversation, and what
/// comes back of it is nobody's.
pub const NOTICE: &str = "notice";

/// After how many seconds a lost answer is looked for where the network shows at once what it has.
pub const LOOKS_AT_ONCE: &[u64] = &[2];
/// After how many seconds it is looked for where lists show late what was written, and a request of
/// ours may still be at work: that nothing is there is believed of the last look only.
pub const LOOKS_LATE: &[u64] = &[5, 30, 120];
/// How often something is sent again that was looked for and not found; then a person decides.
pub const SECOND_TRIES: i64 = 2;

/// Since when something is looked for of which nobody says when it was tried first.
const USUAL_SPAN: Duration = Duration::from_hours(1);
/// How far a network's clock and ours may be apart.
const CLOCK_ERROR: Duration = Duration::from_mins(2);

/// Something of ours on its way to a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbound {
    /// Our own message id; the key by which a network or we ourselves find it again.
    pub message_id: String,
    pub visibility: Visibility,
    /// The network's id of what this answers.
    #[serde(default)]
    pub in_reply_to: Option<String>,
    /// The network's ids of what was said before it in this thread, oldest first, as far as known:
    /// mail names them, and whoever looks for it by its words takes none of them for it.
    #[serde(default)]
    pub references: Vec<String>,
    /// When it was first handed over, where that may have had an effect: the answer was lost, or only
    /// a part of it arrived. It is looked for since then; none on a first try.
    #[serde(default)]
    pub first_tried_at: Option<Timestamp>,
    /// Whether a machine wrote it, which some networks want to be told.
    #[serde(default)]
    pub automatic: bool,
    /// What the conversation is called, where the network gives each message a title.
    #[serde(default)]
    pub subject: Option<String>,
    /// The key of the private thread this goes into.
    #[serde(default)]
    pub thread: Option<String>,
    /// The network's id of the person this goes to.
    #[serde(default)]
    pub recipient: Option<String>,
    /// What the network calls that person, where an answer must name them.
    #[serde(default)]
    pub recipient_handle: Option<String>,
    /// Whether this is the private answer to something public (`in_reply_to`).
    #[serde(default)]
    pub hand_over: bool,
    /// Under which name it leaves.
    #[serde(default)]
    pub signature: Option<String>,
    /// A text that the network has approved, to be sent in the place of the body where the time for
    /// free answers is over.
    #[serde(default)]
    pub template: Option<Template>,
    pub action: Action,
}

/// What is to be done at the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    Reply {
        body: String,
        #[serde(default)]
        attachments: Vec<OutboundAttachment>,
    },
    Edit {
        network_id: String,
        body: String,
    },
    Delete {
        network_id: String,
    },
    React {
        network_id: String,
        kind: String,
        added: bool,
    },
    Hide {
        network_id: String,
        hidden: bool,
    },
}

/// A text that the network has approved beforehand, with what is to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub name: String,
    /// As the network names languages, such as `de` or `en_US`.
    pub language: String,
    #[serde(default)]
    pub parameters: Vec<String>,
}

/// A file of ours on its way to a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundAttachment {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
    /// What is to be seen, for those who do not see it.
    #[serde(default)]
    pub alt: Option<String>,
}

/// The network's word that it has what we sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Empty where the network has taken it and names it later.
    pub network_id: String,
    pub at: Timestamp,
    pub url: Option<String>,
    /// For how long nothing more should be sent, where the network says that a limit is near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Duration>,
}

/// The class of a refusal because the person wants nothing from us.
pub const OPTED_OUT: &str = "opted_out";

/// Why something could not be sent, looked up or fetched, by what is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The network named a time after which to try again.
    #[error("the network asks to wait {} s: {detail}", wait.as_secs())]
    RetryAfter { wait: Duration, detail: String },
    /// Nothing happened at the network; try again with growing pauses.
    #[error("not reached: {0}")]
    RetryBackoff(String),
    /// The account must be connected anew; everything of this inbox waits for it.
    #[error("the account is no longer accepted: {0}")]
    AuthBroken(String),
    /// The network's time for answering is over.
    #[error("the reply window is closed: {0}")]
    WindowClosed(String),
    /// The person or the post is no longer there.
    #[error("the recipient is gone: {0}")]
    RecipientGone(String),
    /// The network refuses these words.
    #[error("the content was rejected: {0}")]
    ContentRejected(String),
    /// The network, or our own guard, does not allow it.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// The person told the network that they want nothing from us.
    #[error("the person wants nothing from us: {0}")]
    OptedOut(String),
    /// The network has it already.
    #[error("sent before")]
    Duplicate { network_id: Option<String> },
    /// The request left, its answer was lost: look for the message before trying again.
    #[error("the answer was lost: {0}")]
    Uncertain(String),
    /// A part of it arrived, the rest was refused or not reached, for this reason.
    #[error("only a part arrived: {0}")]
    Partly(Box<Self>),
    /// What the network gave is not what its documentation says.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// A fault of ours.
    #[error("unexpected: {0}")]
    Bug(String),
}

impl SendError {
    /// Returns the stable word for this class.
    pub fn class(&self) -> &'static str {
        match self {
            Self::RetryAfter { .. } => "retry_after",
            Self::RetryBackoff(_) => "retry_backoff",
            Self::AuthBroken(_) => "auth_broken",
            Self::WindowClosed(_) => "window_closed",
            Self::RecipientGone(_) => "recipient_gone",
            Self::ContentRejected(_) => "content_rejected",
            Self::Forbidden(_) => "forbidden",
            Self::OptedOut(_) => OPTED_OUT,
            Self::Duplicate { .. } => "duplicate",
            Self::Uncertain(_) => "uncertain",
            Self::Partly(rest) => rest.class(),
            Self::Unreadable(_) => "unreadable",
            Self::Bug(_) => "bug",
        }
    }

    /// Returns whether the same request may be tried again by itself.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.of_the_rest(),
            Self::RetryAfter { .. } | Self::RetryBackoff(_)
        )
    }

    /// Returns whether the whole inbox is affected and an administrator must act.
    pub fn stops_inbox(&self) -> bool {
        matches!(self.of_the_rest(), Self::AuthBroken(_))
    }

    /// Returns whether a part of it arrived, so that it must not simply be sent again.
    pub const fn is_partly(&self) -> bool {
        matches!(self, Self::Partly(_))
    }

    /// Returns the reason for what did not arrive.
    fn of_the_rest(&self) -> &Self {
        match self {
            Self::Partly(rest) => rest.of_the_rest(),
            whole => whole,
        }
    }

    /// Returns the pause the network asked for.
    pub fn wait(&self) -> Option<Duration> {
        match self.of_the_rest() {
            Self::RetryAfter { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// Returns what the network or the connection said, for people.
    pub fn detail(&self) -> &str {
        match self {
            Self::RetryAfter { detail, .. }
            | Self::RetryBackoff(detail)
            | Self::AuthBroken(detail)
            | Self::WindowClosed(detail)
            | Self::RecipientGone(detail)
            | Self::ContentRejected(detail)
            | Self::Forbidden(detail)
            | Self::OptedOut(detail)
            | Self::Uncertain(detail)
            | Self::Unreadable(detail)
            | Self::Bug(detail) => detail,
            Self::Partly(rest) => rest.detail(),
            Self::Duplicate { network_id } => match network_id {
                Some(network_id) => network_id,
                None => "",
            },
        }
    }
}

impl Outbound {
    /// Returns since when it may have arrived: when it was first tried, less what clocks differ by.
    pub fn looked_for_since(&self, now: Timestamp) -> Timestamp {
        match self.first_tried_at {
            Some(at) => at.before(CLOCK_ERROR),
            None => now.before(USUAL_SPAN),
        }
    }

    /// Returns whether an earlier try may have arrived, at least in part.
    pub const fn may_be_there(&self) -> bool {
        self.first_tried_at.is_some()
    }

    /// Returns what is to be written, where something is.
    pub fn body(&self) -> Option<&str> {
        match &self.action {
            Action::Reply { body, .. } | Action::Edit { body, .. } => Some(body),
            Action::Delete { .. } | Action::React { .. } | Action::Hide { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_retry_classes_are_tried_again() {
        let wait = Duration::from_secs(3);
        let cases = [
            (
                SendError::RetryAfter {
                    wait,
                    detail: "slow".into(),
                },
                "retry_after",
                true,
            ),
            (
                SendError::RetryBackoff("down".into()),
                "retry_backoff",
                true,
            ),
            (SendError::AuthBroken(String::new()), "auth_broken", false),
            (
                SendError::WindowClosed(String::new()),
                "window_closed",
                false,
            ),
            (
                SendError::RecipientGone(String::new()),
                "recipient_gone",
                false,
            ),
            (
                SendError::ContentRejected(String::new()),
                "content_rejected",
                false,
            ),
            (SendError::Forbidden(String::new()), "forbidden", false),
            (SendError::OptedOut(String::new()), OPTED_OUT, false),
            (
                SendError::Duplicate { network_id: None },
                "duplicate",
                false,
            ),
            (SendError::Uncertain(String::new()), "uncertain", false),
            (
                SendError::Partly(Box::new(SendError::RetryBackoff(String::new()))),
                "retry_backoff",
                true,
            ),
            (SendError::Unreadable(String::new()), "unreadable", false),
            (SendError::Bug(String::new()), "bug", false),
        ];
        for (error, class, retryable) in cases {
            assert_eq!(error.class(), class);
            assert_eq!(error.is_retryable(), retryable, "{class}");
            assert_eq!(error.stops_inbox(), class == "auth_broken", "{class}");
        }
    }
}
