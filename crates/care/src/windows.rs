//! Until when somebody may be answered: the networks' windows after the party's last word, and their
//! rules for answering in private what was said in public. The numbers are the channels' data.

use std::time::Duration;

use kulant_channels::capability::{HandOver, HandOverWay, SideCapabilities};
use kulant_model::ids::IdentityId;
use kulant_model::message::Visibility;
use kulant_model::refusal::Refusal;
use kulant_model::time::Timestamp;
use kulant_store::conversations::Conversation;
use kulant_store::messages::Message;
use kulant_store::{Read, contacts, deliveries, parties};

use crate::accounts::Opened;
use crate::error::CareError;

/// The setting by which an account says that people may still answer when machines may not.
const HUMAN: &str = "human_agent";

/// Until when, and how, one side of a conversation may be answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// When the time for answers ends; never, where the network has no such rule.
    pub until: Option<Timestamp>,
    /// How the private side is reached from the public one, where it was not reached yet.
    pub hand_over: Option<HandOverWay>,
    /// The code of the refusal, where the network's rule says no.
    refusal: Option<&'static str>,
}

impl Window {
    /// Returns why nothing may be sent at a time, as a key of the locale files.
    pub(crate) fn reason(&self, now: Timestamp) -> Option<String> {
        let code = self.refusal_at(now)?;
        Some(format!("channel.reason.{code}"))
    }

    /// Says no where the network would, for something that leaves at a time.
    pub(crate) fn check(&self, at: Timestamp) -> Result<(), CareError> {
        match self.refusal_at(at) {
            None => Ok(()),
            Some(code) => {
                let refusal = Refusal::new(code);
                Err(match self.until {
                    Some(until) => refusal.with("until", &until),
                    None => refusal,
                }
                .into())
            }
        }
    }

    fn refusal_at(&self, at: Timestamp) -> Option<&'static str> {
        let closed = match self.hand_over {
            Some(_) => "private_reply_too_late",
            None => "reply_window_closed",
        };
        let is_closed = self.until.is_some_and(|until| until < at);
        self.refusal.or(is_closed.then_some(closed))
    }
}

/// Finds until when a side of a conversation may be answered, and how; `target` is what is answered,
/// the party's newest word where nobody said.
pub(crate) fn find(
    read: &mut Read<'_>,
    opened: &Opened,
    (row, visibility): (&Conversation, Visibility),
    target: Option<&Message>,
) -> Result<Window, CareError> {
    let capabilities = opened.channel.capabilities();
    let Some(side) = capabilities.side(visibility) else {
        return Ok(Window::default());
    };
    let newest = parties::find_newest(read, row.id, visibility, None)?;
    let addressee = [target, newest.as_ref()]
        .into_iter()
        .flatten()
        .find_map(|message| message.identity)
        .or(row.identity);
    if visibility == Visibility::Private && refuses(read, addressee)? {
        return Ok(Window {
            refusal: Some("person_opted_out"),
            ..Window::default()
        });
    }
    if let Some(newest) = newest {
        return Ok(Window {
            until: seconds(opened, side).map(|span| newest.platform_at.after(span)),
            ..Window::default()
        });
    }
    if visibility != Visibility::Private {
        return Ok(Window::default());
    }
    let public = match target.filter(|target| target.visibility == Visibility::Public) {
        Some(target) => Some(target.clone()),
        None => parties::find_newest(read, row.id, Visibility::Public, None)?,
    };
    let (Some(public), Some(rule)) = (public, capabilities.hand_over) else {
        return Ok(Window::default());
    };
    // Where one message is all, only the person's answer opens the private side.
    let is_reached = match public.identity {
        Some(author) if rule.way != HandOverWay::OneMessage => {
            parties::find_thread(read, row.id, opened.inbox.id, author)?.is_some()
        }
        _ => false,
    };
    if is_reached {
        return Ok(Window::default());
    }
    of_hand_over(read, rule, &public)
}

fn refuses(read: &mut Read<'_>, person: Option<IdentityId>) -> Result<bool, CareError> {
    let Some(person) = person else {
        return Ok(false);
    };
    let identity = contacts::find_identity(read, person)?;
    Ok(identity.is_some_and(|identity| identity.refuses_since.is_some()))
}

fn of_hand_over(
    read: &mut Read<'_>,
    rule: HandOver,
    public: &Message,
) -> Result<Window, CareError> {
    let is_used =
        rule.way == HandOverWay::OneMessage && deliveries::has_private_answer(read, public.id)?;
    Ok(Window {
        until: rule
            .within_seconds
            .map(|seconds| public.platform_at.after(Duration::from_secs(seconds))),
        hand_over: Some(rule.way),
        refusal: is_used.then_some("private_reply_used"),
    })
}

/// How long after the party's last word an answer may go out; every answer here is a person's.
fn seconds(opened: &Opened, side: &SideCapabilities) -> Option<Duration> {
    let free = side.reply_window_seconds?;
    let has_humans = opened
        .inbox
        .settings
        .get(HUMAN)
        .and_then(serde_json::Value::as_bool);
    let human = side
        .human_window_seconds
        .filter(|_| has_humans == Some(true));
    Some(Duration::from_secs(free.max(human.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_window_closes_after_its_end() {
        let window = Window {
            until: Some(at(100)),
            ..Window::default()
        };
        assert_eq!(window.reason(at(100)), None);
        assert_eq!(
            window.reason(at(101)).as_deref(),
            Some("channel.reason.reply_window_closed")
        );
        let by_hand = Window {
            hand_over: Some(HandOverWay::OneMessage),
            ..window
        };
        assert!(by_hand.check(at(100)).is_ok());
        assert_eq!(by_hand.refusal_at(at(101)), Some("private_reply_too_late"));
        let used = Window {
            refusal: Some("private_reply_used"),
            ..by_hand
        };
        assert_eq!(used.refusal_at(at(1)), Some("private_reply_used"));
        assert!(Window::default().check(at(i64::MAX / 2_000_000)).is_ok());
    }
}
