//! What a conversation is: one matter of one party, its status and what moves it.

use std::time::Duration;

use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::words;

words! {
    /// Where a conversation stands.
    Status {
        Open => "open",
        /// Waiting for the contact.
        Waiting => "waiting",
        /// Asleep until a given time.
        Snoozed => "snoozed",
        Resolved => "resolved",
    }
}

words! {
    /// How much a conversation presses.
    Priority { Low => "low", Normal => "normal", High => "high", Urgent => "urgent" }
}

/// How long after its resolution a private matter goes on as the same conversation.
pub const REOPEN_WINDOW: Duration = Duration::from_secs(7 * 24 * 3600);

/// Returns the status after the party has written again.
pub fn status_after_incoming(status: Status) -> Status {
    match status {
        Status::Open | Status::Waiting | Status::Snoozed | Status::Resolved => Status::Open,
    }
}

/// Returns the status after a person of ours has answered in a way the contact can see.
pub fn status_after_reply(status: Status) -> Status {
    match status {
        Status::Open => Status::Waiting,
        other => other,
    }
}

/// Checks a change of status asked for by a person.
pub fn check_status(
    status: Status,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Refusal> {
    match (status, until) {
        (Status::Snoozed, None) => Err(Refusal::new("snooze_needs_time")),
        (Status::Snoozed, Some(until)) if until <= now => {
            Err(Refusal::new("snooze_must_be_in_future"))
        }
        (Status::Snoozed, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(Refusal::new("only_snooze_takes_time")),
    }
}

/// What is known of a private thread's newest conversation when another message arrives.
#[derive(Debug, Clone, Copy)]
pub struct PrivateMatter {
    pub status: Status,
    pub resolved_at: Option<Timestamp>,
}

/// Returns whether a private message written at `at` still belongs to the matter.
pub fn goes_on(matter: PrivateMatter, at: Timestamp) -> bool {
    match (matter.status, matter.resolved_at) {
        (Status::Resolved, Some(resolved_at)) => at <= resolved_at.after(REOPEN_WINDOW),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snoozing_needs_a_time_ahead_and_nothing_else_takes_one() {
        let now = Timestamp::from_seconds(100);
        let later = Some(Timestamp::from_seconds(101));
        assert!(check_status(Status::Snoozed, later, now).is_ok());
        assert!(check_status(Status::Resolved, None, now).is_ok());
        for (status, until, code) in [
            (Status::Snoozed, None, "snooze_needs_time"),
            (Status::Snoozed, Some(now), "snooze_must_be_in_future"),
            (Status::Open, later, "only_snooze_takes_time"),
        ] {
            let refusal = check_status(status, until, now).expect_err("refused");
            assert_eq!(refusal.code, code);
        }
    }

    #[test]
    fn a_private_matter_goes_on_until_the_window_closes() {
        let resolved_at = Some(Timestamp::from_seconds(0));
        let matter = PrivateMatter {
            status: Status::Resolved,
            resolved_at,
        };
        assert!(goes_on(
            matter,
            Timestamp::from_seconds(0).after(REOPEN_WINDOW)
        ));
        assert!(!goes_on(
            matter,
            Timestamp::from_seconds(1).after(REOPEN_WINDOW)
        ));
        let open = PrivateMatter {
            status: Status::Open,
            resolved_at: None,
        };
        assert!(goes_on(open, Timestamp::from_seconds(9_999_999)));
    }
}
