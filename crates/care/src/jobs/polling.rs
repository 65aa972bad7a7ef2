//! Asks networks for news where they do not tell by themselves, each inbox at its own pace.

use std::time::Duration;

use kulant_channels::outbound::SendError;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{InboxId, JobId};
use kulant_store::inboxes;
use kulant_store::jobs::{self, Job, NewJob};
use serde_json::json;

use super::Outcome;
use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::{Care, SYSTEM, accept};

pub(super) const KIND: &str = "poll";

/// How long one poll may take; after that another process could begin the same.
const TIME: Duration = Duration::from_secs(120);

/// Sees to it that every inbox that is polled has its job.
pub(super) async fn schedule(care: &Care) -> Result<(), CareError> {
    let inboxes: Vec<inboxes::Inbox> = care
        .store
        .read(|read| inboxes::list_active(read, 0, 10_000).map_err(CareError::from))
        .await?;
    let polled: Vec<NewJob> = inboxes
        .iter()
        .filter(|inbox| {
            kulant_channels::find(&inbox.channel).is_some_and(|channel| {
                channel.capabilities().intake == kulant_channels::capability::IntakeWay::Poll
            })
        })
        .filter(|inbox| !is_stopped(inbox))
        .map(|inbox| NewJob {
            id: JobId(care.id()),
            kind: KIND,
            key: Some(inbox.id.to_string()),
            inbox: None,
            run_at: care.now(),
            payload: json!({"inbox": inbox.id}),
        })
        .collect();
    let missing: Vec<NewJob> = care
        .store
        .read(move |read| -> Result<_, CareError> {
            let mut missing = Vec::new();
            for job in polled {
                if !jobs::exists(read, job.kind, job.key.as_deref().unwrap_or_default())? {
                    missing.push(job);
                }
            }
            Ok(missing)
        })
        .await?;
    if missing.is_empty() {
        return Ok(());
    }
    care.store
        .write(move |tx| {
            for job in &missing {
                jobs::enqueue_once(tx, job)?;
            }
            Ok(())
        })
        .await
}

/// The network asked never to be asked again; a change of the inbox's settings lifts it.
fn is_stopped(inbox: &inboxes::Inbox) -> bool {
    inbox
        .trouble
        .get("stopped")
        .and_then(serde_json::Value::as_bool)
        == Some(true)
}

/// Polls one inbox once.
pub(super) async fn poll(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(id) = job
        .payload
        .get("inbox")
        .and_then(|id| id.as_str())
        .and_then(|id| id.parse::<InboxId>().ok())
    else {
        return Ok(Outcome::Done);
    };
    let Some(opened) = accounts::find(care, id).await? else {
        return Ok(Outcome::Done);
    };
    if opened.inbox.paused_at.is_some() || opened.inbox.archived_at.is_some() {
        return Ok(Outcome::Done);
    }
    let account = opened.account(care.now());
    let cursor = opened.inbox.poll_cursor.clone();
    let asking = opened.channel.poll(&account, cursor.as_deref(), &care.http);
    let asked = tokio::time::timeout(TIME, asking)
        .await
        .unwrap_or_else(|_| {
            let words = "no answer within two minutes".to_owned();
            Err(SendError::RetryBackoff(words))
        });
    match asked {
        Ok(polled) => {
            accept::store(care, id, polled.deliveries).await?;
            let trouble = polled
                .trouble
                .map(|error| (error.class(), error.detail().to_owned()));
            let stopped = polled.next_in.is_none();
            keep(care, &opened, Some(polled.cursor), trouble, stopped).await?;
            Ok(match polled.next_in {
                Some(wait) => Outcome::Later(care.now().after(wait)),
                None => Outcome::Done,
            })
        }
        Err(error) => {
            let trouble = Some((error.class(), error.detail().to_owned()));
            keep(care, &opened, None, trouble, false).await?;
            let pause = Duration::from_secs(60 << job.attempts.clamp(0, 6));
            Ok(Outcome::Later(care.now().after(pause)))
        }
    }
}

/// Keeps the cursor and the health of the inbox; tells the log when the health changed.
async fn keep(
    care: &Care,
    opened: &Opened,
    cursor: Option<String>,
    trouble: Option<(&'static str, String)>,
    stopped: bool,
) -> Result<(), CareError> {
    let now = care.now();
    let id = opened.inbox.id;
    let before = opened.inbox.trouble.clone();
    let class_before = before
        .get("class")
        .and_then(|class| class.as_str())
        .map(str::to_owned);
    let since = before.get("since").cloned().unwrap_or_else(|| json!(now));
    care.store
        .write(move |tx| {
            if let Some(cursor) = cursor {
                inboxes::save_cursor(tx, id, &cursor, now)?;
            }
            let class = trouble.as_ref().map(|(class, _)| (*class).to_owned());
            let facts = match trouble {
                Some((class, detail)) => {
                    json!({"class": class, "detail": detail, "since": since, "stopped": stopped})
                }
                None => serde_json::Value::Null,
            };
            inboxes::save_trouble(tx, id, &facts, now)?;
            if class != class_before {
                tx.append(
                    NewEvent::new(EventKind::InboxChanged, now, SYSTEM)
                        .inbox(id)
                        .facts(json!({"trouble": class})),
                );
            }
            Ok(())
        })
        .await
}
