//! How an inbox is: what goes wrong while it sends, is asked or is probed, kept in one place with its
//! cause and since when, and cleared by what proves that it is well again.

use kulant_channels::delivery::{Finding, FindingClass};
use kulant_channels::outbound::SendError;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{AlertId, IdMaker, InboxId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::alerts::{self, Alert};
use kulant_store::{Tx, inboxes};
use serde_json::{Value as Json, json};

use crate::SYSTEM;
use crate::deliver::clear_alert;
use crate::error::CareError;
use crate::jobs::ask_soon;
use crate::trouble_mail;

/// The class of trouble where the network no longer accepts who we are, however that was found.
const AUTH: &str = "auth_broken";
/// The class of trouble of an inbox that nobody has connected at its network yet.
const UNCONNECTED: &str = "unconnected";
/// The classes of trouble that end the access of an inbox, so that nothing leaves it.
const BROKEN: &[&str] = &[AUTH, "restricted", UNCONNECTED];
/// The classes of trouble that pass by themselves.
const PASSING: &[&str] = &["retry_after", "retry_backoff", "uncertain"];

/// What kulant did when it saw how an inbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Sending,
    Asking,
    Probing,
}

/// What is wrong with an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    class: &'static str,
    detail: String,
    /// Whether the network asked never to be asked again.
    stopped: bool,
}

impl Source {
    const fn word(self) -> &'static str {
        match self {
            Self::Sending => "send",
            Self::Asking => "ask",
            Self::Probing => "probe",
        }
    }
}

impl Trouble {
    pub(crate) fn of(error: &SendError) -> Self {
        Self {
            class: error.class(),
            detail: error.detail().to_owned(),
            stopped: false,
        }
    }

    /// What is wrong with a network that does not answer.
    pub(crate) fn silent() -> Self {
        Self::of(&SendError::RetryBackoff(
            "no answer within a minute".to_owned(),
        ))
    }

    /// Returns the worst of what a probe found, if it found something.
    pub(crate) fn found(findings: &[Finding]) -> Option<Self> {
        let worst = findings.iter().min_by_key(|finding| match finding.class {
            FindingClass::Token => 0,
            FindingClass::Restricted => 1,
            FindingClass::Permission => 2,
            FindingClass::Subscription => 3,
        })?;
        Some(Self {
            class: match worst.class {
                FindingClass::Token => AUTH,
                FindingClass::Permission => "permission",
                FindingClass::Subscription => "subscription",
                FindingClass::Restricted => "restricted",
            },
            detail: worst.detail.clone(),
            stopped: false,
        })
    }

    /// Marks that the network asked never to be asked again.
    pub(crate) fn stopping(mut self) -> Self {
        self.stopped = true;
        self
    }
}

/// Returns how an inbox is once its settings are kept: well, unless it is still to be connected.
pub(crate) fn when_set_up(is_connected: bool, now: Timestamp) -> Json {
    if is_connected {
        return Json::Null;
    }
    json!({"class": UNCONNECTED, "detail": "", "since": now, "stopped": false, "from": "settings"})
}

/// Returns whether the network asked never to be asked again; a change of the settings lifts it.
pub(crate) fn is_stopped(trouble: &Json) -> bool {
    trouble.get("stopped").and_then(Json::as_bool) == Some(true)
}

/// Returns whether the network does not accept the account.
pub(crate) fn is_locked_out(trouble: &Json) -> bool {
    trouble.get("class").and_then(Json::as_str) == Some(AUTH)
}

/// Returns why nothing can leave an inbox, as a key of the locale files.
pub(crate) fn reason(trouble: &Json) -> Option<String> {
    let class = class_of(trouble)?;
    BROKEN
        .contains(&class)
        .then(|| format!("channel.reason.{class}"))
}

/// Returns since when an inbox has trouble that does not pass by itself.
pub(crate) fn lasting_since(trouble: &Json) -> Option<Timestamp> {
    class_of(trouble).filter(|class| !PASSING.contains(class))?;
    trouble.get("since")?.as_str()?.parse().ok()
}

fn class_of(trouble: &Json) -> Option<&str> {
    trouble.get("class").and_then(Json::as_str)
}

/// Keeps what was seen of an inbox, and tells the log and the people on duty when that is new.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    (inbox, source): (InboxId, Source),
    seen: Option<&Trouble>,
    (ids, now): (&IdMaker, Timestamp),
) -> Result<(), CareError> {
    let Some(row) = inboxes::find(tx, inbox)? else {
        return Ok(());
    };
    let before = row.trouble;
    let known = class_of(&before);
    if !counts(&before, source, seen) {
        inboxes::save_trouble(tx, inbox, &before, now)?;
        return Ok(());
    }

    // What stays goes on since it began, under whatever name it is found next.
    let goes_on = |trouble: &Trouble| {
        known == Some(trouble.class)
            || (lasting_since(&before).is_some() && !PASSING.contains(&trouble.class))
    };
    let since = match (seen, before.get("since")) {
        (Some(trouble), Some(since)) if goes_on(trouble) => since.clone(),
        _ => json!(now),
    };
    let is_same_source = before.get("from").and_then(Json::as_str) == Some(source.word());
    let kept = seen.map_or(Json::Null, |trouble| {
        json!({
            "class": trouble.class,
            "detail": trouble.detail,
            "since": since,
            "stopped": trouble.stopped || (is_stopped(&before) && !is_same_source),
            "from": source.word(),
        })
    });
    inboxes::save_trouble(tx, inbox, &kept, now)?;
    let class = seen.map(|trouble| trouble.class);
    if class != known {
        tx.append(
            NewEvent::new(EventKind::InboxChanged, now, SYSTEM)
                .inbox(inbox)
                .team(Some(row.team))
                .brand(row.brand)
                .facts(json!({"trouble": class})),
        );
    }
    match class {
        Some(class) if !PASSING.contains(&class) => {
            if lasting_since(&before).is_none() {
                trouble_mail::enqueue(tx, JobId(ids.next(now)), inbox, now)?;
            }
            raise(tx, inbox, class, (ids, now))
        }
        Some(_) => Ok(()),
        None => {
            clear_alert(tx, &alert_key(inbox), now)?;
            if known.is_some() && source != Source::Asking {
                // What was said meanwhile is asked for at once.
                ask_soon(tx, inbox, now)?;
            }
            Ok(())
        }
    }
}

/// Returns whether what was seen changes what is known: what passes by itself hides nothing that
/// stays, what is found in another way hides nothing that is worse, and only what proves the contrary
/// clears something.
fn counts(before: &Json, source: Source, seen: Option<&Trouble>) -> bool {
    let Some(known) = class_of(before) else {
        return true;
    };
    if known == UNCONNECTED {
        // Whatever fails, fails for that; connecting or new settings end it.
        return false;
    }
    let is_same_source = before.get("from").and_then(Json::as_str) == Some(source.word());
    match seen {
        Some(trouble) if PASSING.contains(&trouble.class) => {
            is_same_source && PASSING.contains(&known)
        }
        Some(trouble) => is_same_source || rank(trouble.class) < rank(known),
        None if is_stopped(before) => source == Source::Asking,
        // Whatever succeeds in our name proves that the access is not broken; a probe may have asked
        // nobody, because its network has no such question.
        None => is_same_source || (known == AUTH && source != Source::Probing),
    }
}

/// Says how bad a class of trouble is, the worst first.
fn rank(class: &str) -> usize {
    const WORST: [&str; 5] = [
        UNCONNECTED,
        AUTH,
        "restricted",
        "permission",
        "subscription",
    ];
    let passes = PASSING.contains(&class);
    let named = WORST.iter().position(|known| *known == class);
    named.unwrap_or(WORST.len() + usize::from(passes))
}

fn alert_key(inbox: InboxId) -> String {
    format!("inbox:{inbox}")
}

fn raise(
    tx: &mut Tx<'_>,
    inbox: InboxId,
    class: &str,
    (ids, now): (&IdMaker, Timestamp),
) -> Result<(), CareError> {
    let alert = Alert {
        id: AlertId(ids.next(now)),
        kind: "inbox_broken".to_owned(),
        key: alert_key(inbox),
        inbox: Some(inbox),
        conversation: None,
        message: None,
        facts: json!({"class": class}),
        raised_at: now,
    };
    if alerts::raise(tx, &alert)? {
        tx.append(
            NewEvent::new(EventKind::AlertRaised, now, SYSTEM)
                .inbox(inbox)
                .facts(json!({"alert": alert.id})),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing() -> Trouble {
        Trouble::of(&SendError::RetryBackoff("down".to_owned()))
    }

    #[test]
    fn what_passes_hides_nothing_that_stays() {
        let missing = json!({"class": "permission", "from": "probe"});
        assert!(!counts(&missing, Source::Asking, Some(&passing())));
        assert!(!counts(&missing, Source::Asking, None));
        assert!(counts(&missing, Source::Probing, None));
        assert!(!counts(&missing, Source::Probing, Some(&passing())));
        let broken = Trouble::of(&SendError::AuthBroken("gone".to_owned()));
        assert!(counts(&missing, Source::Sending, Some(&broken)));
        let down = json!({"class": "retry_backoff", "from": "ask"});
        assert!(counts(&down, Source::Asking, Some(&passing())));
        assert!(!counts(&down, Source::Probing, Some(&passing())));
        assert!(counts(&down, Source::Probing, Some(&broken)));
    }

    #[test]
    fn what_is_found_in_another_way_hides_nothing_worse() {
        let missing = json!({"class": "permission", "from": "probe"});
        let refused = Trouble::of(&SendError::Forbidden("no".to_owned()));
        assert!(!counts(&missing, Source::Asking, Some(&refused)));
        assert!(counts(&missing, Source::Probing, Some(&refused)));
        let known = json!({"class": "forbidden", "from": "ask"});
        let found = [Finding::new(FindingClass::Permission, "none")];
        assert!(counts(
            &known,
            Source::Probing,
            Trouble::found(&found).as_ref()
        ));
    }

    #[test]
    fn whatever_is_done_in_our_name_proves_that_the_access_is_not_broken() {
        let broken = json!({"class": "auth_broken", "from": "send"});
        for source in [Source::Sending, Source::Asking] {
            assert!(counts(&broken, source, None), "{source:?}");
        }
        assert!(!counts(&broken, Source::Probing, None));
        let found = json!({"class": "auth_broken", "from": "probe"});
        assert!(counts(&found, Source::Probing, None));
        let stopped = json!({"class": "forbidden", "from": "ask", "stopped": true});
        assert!(!counts(&stopped, Source::Probing, None));
        assert!(counts(&stopped, Source::Asking, None));
    }

    #[test]
    fn what_was_never_connected_stays_so_until_somebody_connects_it() {
        let new = when_set_up(false, Timestamp(0));
        assert_eq!(reason(&new).as_deref(), Some("channel.reason.unconnected"));
        let broken = Trouble::of(&SendError::AuthBroken("no token".to_owned()));
        for source in [Source::Sending, Source::Asking, Source::Probing] {
            assert!(!counts(&new, source, Some(&broken)), "{source:?}");
            assert!(!counts(&new, source, None), "{source:?}");
        }
        assert_eq!(when_set_up(true, Timestamp(0)), Json::Null);
    }

    #[test]
    fn the_worst_finding_is_told() {
        let findings = [
            Finding::new(FindingClass::Subscription, "none"),
            Finding::new(FindingClass::Token, "dead"),
        ];
        let trouble = Trouble::found(&findings).expect("something");
        assert_eq!((trouble.class, trouble.detail.as_str()), (AUTH, "dead"));
        assert_eq!(Trouble::found(&[]), None);
    }
}
