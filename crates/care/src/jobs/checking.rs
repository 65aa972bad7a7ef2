//! Looks after every inbox every few minutes: secrets that run out are renewed, and the network is
//! asked whether the account still works, before a customer notices that it does not.

use std::time::Duration;

use kulant_channels::delivery::FindingClass;
use kulant_model::ids::{InboxId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::inboxes;
use kulant_store::jobs::{Job, NewJob};
use serde_json::{Map, Value as Json, json};
use tracing::warn;

use super::Outcome;
use crate::Care;
use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::health::{self, Source, Trouble};
use crate::renewing;

pub(super) const KIND: &str = "check";

/// How often an account is probed.
const EVERY: Duration = Duration::from_mins(5);
/// How often a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_mins(1);
/// How long a network may take to answer a probe.
const TIME: Duration = Duration::from_mins(1);

/// Returns the job that looks after an inbox.
pub(super) fn job_for(care: &Care, inbox: InboxId) -> NewJob {
    NewJob {
        id: JobId(care.id()),
        kind: KIND,
        key: Some(inbox.to_string()),
        inbox: Some(inbox),
        run_at: care.now(),
        payload: json!({ "inbox": inbox }),
    }
}

/// Looks after one inbox once.
pub(super) async fn check(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(opened) = super::inbox_of(care, job).await? else {
        return Ok(Outcome::Done);
    };
    let now = care.now();
    let is_due = opened
        .channel
        .renew_at(&opened.account(now))
        .is_some_and(|at| at <= now);
    let mut opened = Box::new(opened);
    if is_due {
        opened = match renew(care, *opened, Turn::Due).await? {
            Renewed::Fresh(opened) => opened,
            Renewed::Not(wait) => return Ok(Outcome::Afresh(care.now().after(wait))),
        };
    }
    let mut seen = ask(care, &opened).await;
    if seen.refused && renewing::is_worth_it(&opened, now) {
        // The token ended before its time: nobody has to be told if another one is let in.
        opened = match renew(care, *opened, Turn::Early).await? {
            Renewed::Fresh(opened) => opened,
            Renewed::Not(wait) => return Ok(Outcome::Afresh(care.now().after(wait))),
        };
        seen = ask(care, &opened).await;
    }
    keep(care, opened.inbox.id, seen.trouble).await?;

    let account = opened.account(care.now());
    let next = care.now().after(EVERY);
    let renewal = opened.channel.renew_at(&account);
    Ok(Outcome::Afresh(renewal.map_or(next, |at| {
        at.min(next).max(care.now().after(AGAIN))
    })))
}

/// How an account is.
struct Seen {
    trouble: Option<Trouble>,
    /// Whether its token was not accepted.
    refused: bool,
}

/// Asks the network how an account is.
async fn ask(care: &Care, opened: &Opened) -> Seen {
    let account = opened.account(care.now());
    let probing = opened.channel.probe(&account, &care.http);
    match tokio::time::timeout(TIME, probing).await {
        Ok(Ok(findings)) => Seen {
            trouble: Trouble::found(&findings),
            refused: findings
                .iter()
                .any(|finding| finding.class == FindingClass::Token),
        },
        Ok(Err(error)) => Seen {
            trouble: Some(Trouble::of(&error)),
            refused: error.stops_inbox(),
        },
        Err(_) => Seen {
            trouble: Some(Trouble::silent()),
            refused: false,
        },
    }
}

/// Why secrets are renewed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// They run out.
    Due,
    /// They were refused before that.
    Early,
}

/// What became of secrets that run out.
enum Renewed {
    Fresh(Box<Opened>),
    /// They could not be renewed; when to try again.
    Not(Duration),
}

async fn renew(care: &Care, opened: Opened, turn: Turn) -> Result<Renewed, CareError> {
    let now = care.now();
    let account = opened.account(now);
    let id = opened.inbox.id;
    match opened.channel.renew(&account, &care.http).await {
        Ok(mut fresh) => {
            if turn == Turn::Early {
                renewing::mark(&mut fresh, now);
            }
            if !keep_secrets(care, id, (opened.inbox.secrets, fresh)).await? {
                // Somebody set the inbox up anew meanwhile.
                return Ok(Renewed::Not(AGAIN));
            }
            Ok(match accounts::find(care, id).await? {
                Some(opened) => Renewed::Fresh(Box::new(opened)),
                None => Renewed::Not(AGAIN),
            })
        }
        Err(error) => {
            warn!(error = %error, inbox.id = %id, "the secrets of an inbox cannot be renewed");
            keep(care, id, Some(Trouble::of(&error))).await?;
            Ok(Renewed::Not(
                AGAIN.max(error.wait().unwrap_or_default().min(EVERY)),
            ))
        }
    }
}

/// Puts fresh secrets in the place of those of the same names; no if the inbox was set up anew since
/// they were asked for.
async fn keep_secrets(
    care: &Care,
    id: InboxId,
    (before, fresh): (Vec<u8>, Json),
) -> Result<bool, CareError> {
    let mut secrets = match accounts::open_secrets(care, id, &before)? {
        Json::Object(secrets) => secrets,
        _ => Map::new(),
    };
    if let Json::Object(fresh) = fresh {
        secrets.extend(fresh);
    }
    let sealed = accounts::seal_secrets(care, id, &Json::Object(secrets))?;
    care.store
        .write(move |tx| {
            let is_as_before = inboxes::find(tx, id)?.is_some_and(|row| row.secrets == before);
            if is_as_before {
                inboxes::save_secrets(tx, id, &sealed)?;
            }
            Ok(is_as_before)
        })
        .await
}

async fn keep(care: &Care, inbox: InboxId, seen: Option<Trouble>) -> Result<(), CareError> {
    let (ids, now): (_, Timestamp) = (care.ids(), care.now());
    care.store
        .write(move |tx| health::note(tx, (inbox, Source::Probing), seen.as_ref(), (&ids, now)))
        .await
}
