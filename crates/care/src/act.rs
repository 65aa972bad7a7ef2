//! What else we do at a network besides sending: edit, delete, react, hide. Done there first, kept here
//! when the network said yes; asked for again after a failure that may pass.

use std::time::Duration;

use kulant_channels::outbound::{Action, Outbound, Receipt, SendError};
use kulant_model::conversation::Status;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AlertId, JobId, MessageId};
use kulant_model::message::Direction;
use kulant_model::refusal::Refusal;
use kulant_model::role::Person;
use kulant_model::time::Timestamp;
use kulant_store::alerts::{self, Alert};
use kulant_store::inboxes;
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::messages::{self, Message};
use kulant_store::{Tx, conversations as rows};
use serde_json::json;
use tracing::warn;

use crate::change::{self, Changing};
use crate::deliver::{self, clear_alert};
use crate::error::CareError;
use crate::health::{self, Source, Trouble};
use crate::jobs::Outcome;
use crate::{Care, SYSTEM, accounts};

/// The word for this work in the table of jobs.
pub(crate) const KIND: &str = "act";

/// How long one try may take.
const TIME: Duration = Duration::from_secs(60);

/// What a person wants done at the network to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Edit {
        body: String,
    },
    Delete,
    React {
        kind: String,
        added: bool,
    },
    /// Hides what somebody else said in public, or shows it again.
    Hide {
        hidden: bool,
    },
}

impl Act {
    fn word(&self) -> &'static str {
        match self {
            Self::Edit { .. } => "edit",
            Self::Delete => "delete",
            Self::React { .. } => "react",
            Self::Hide { .. } => "hide",
        }
    }
}

/// Queues what is to be done at the network, if it can be done there.
pub async fn ask(care: &Care, person: &Person, id: MessageId, act: Act) -> Result<(), CareError> {
    change::require_words(person)?;
    if let Act::Edit { body } = &act
        && body.trim().is_empty()
    {
        return Err(CareError::invalid("body", "required", "write something"));
    }
    let found: Option<Message> = care
        .store
        .read(move |read| messages::find(read, id).map_err(CareError::from))
        .await?;
    let message = found.ok_or(CareError::NotFound)?;
    let opened = accounts::find(care, message.inbox)
        .await?
        .ok_or(CareError::NotFound)?;
    let side = opened.channel.capabilities().side(message.visibility);

    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let message = messages::find(tx, id)?.ok_or(CareError::NotFound)?;
            let row = change::load_of(tx, &changing.person, &message)?;
            let can = side.is_some_and(|side| match &act {
                Act::Edit { body } => side.edit && side.fits(body),
                Act::Delete => side.delete,
                Act::React { .. } => side.reactions,
                Act::Hide { .. } => side.hide,
            });
            let ours = message.direction == Direction::Out;
            let fits = match &act {
                Act::Edit { .. } | Act::Delete => ours,
                Act::React { .. } => true,
                Act::Hide { .. } => !ours && message.deleted_at.is_none(),
            };
            if !can || message.network_id.is_none() || !fits {
                return Err(Refusal::new("network_cannot_do_this").into());
            }
            let job = JobId(changing.next_id());
            // What was asked before and has not begun is not done any more.
            jobs::cancel_earlier(tx, KIND, &replaced(id, &act), job, changing.now)?;
            let payload = match &act {
                Act::Edit { body } => json!({"message": id, "act": act.word(), "body": body}),
                Act::Delete => json!({"message": id, "act": act.word()}),
                Act::React { kind, added } => {
                    json!({"message": id, "act": act.word(), "kind": kind, "added": added})
                }
                Act::Hide { hidden } => json!({
                    "message": id, "act": act.word(), "hidden": hidden,
                    "by": changing.person.actor,
                }),
            };
            jobs::enqueue(
                tx,
                &NewJob {
                    id: job,
                    kind: KIND,
                    key: Some(format!("{}:{job}", place(id, &act))),
                    inbox: Some(message.inbox),
                    run_at: changing.now,
                    payload,
                },
            )?;
            tx.append(
                changing
                    .event_of(EventKind::MessageQueued, &message, row.as_ref())
                    .facts(json!({"act": act.word()})),
            );
            Ok(())
        })
        .await
}

/// Names what is done one after the other at the network: edits and deletions are of one lane.
fn lane(id: MessageId, act: &Act) -> String {
    match act {
        Act::React { kind, .. } => format!("{id}:{}:{kind}", act.word()),
        Act::Hide { .. } => format!("{id}:{}", act.word()),
        Act::Edit { .. } | Act::Delete => format!("{id}:words"),
    }
}

/// Names the place of an act in its lane; the keys of its jobs begin with it.
fn place(id: MessageId, act: &Act) -> String {
    match act {
        Act::React { .. } | Act::Hide { .. } => lane(id, act),
        Act::Edit { .. } | Act::Delete => format!("{}:{}", lane(id, act), act.word()),
    }
}

/// Names what an act makes needless where it has not begun: the last one asked for counts, but a
/// deletion is not undone by an edit.
fn replaced(id: MessageId, act: &Act) -> String {
    match act {
        Act::Edit { .. } => place(id, act),
        Act::Delete | Act::React { .. } | Act::Hide { .. } => lane(id, act),
    }
}

/// Returns until when an earlier wish for the same message is waited for; one that is only waiting to
/// be tried again is given up where the later one replaces it.
async fn waits_for_earlier(
    care: &Care,
    id: MessageId,
    act: &Act,
    job: JobId,
) -> Result<Option<Timestamp>, CareError> {
    let now = care.now();
    let (lane, replaced) = (lane(id, act), replaced(id, act));
    let earlier: Option<Timestamp> = care
        .store
        .write(move |tx| {
            jobs::cancel_earlier(tx, KIND, &replaced, job, now)?;
            jobs::find_earlier(tx, KIND, &lane, job).map_err(CareError::from)
        })
        .await?;
    Ok(earlier.map(|due| due.max(now.after(Duration::from_millis(500)))))
}

/// Does one queued act.
pub(crate) async fn act(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let text = |name: &str| job.payload.get(name).and_then(|text| text.as_str());
    let Some(id) = text("message").and_then(|id| id.parse::<MessageId>().ok()) else {
        return Ok(Outcome::Done);
    };
    let act = match text("act") {
        Some("edit") => Act::Edit {
            body: text("body").unwrap_or_default().to_owned(),
        },
        Some("delete") => Act::Delete,
        Some("hide") => Act::Hide {
            hidden: job.payload.get("hidden") != Some(&json!(false)),
        },
        _ => Act::React {
            kind: text("kind").unwrap_or("like").to_owned(),
            added: job.payload.get("added") != Some(&json!(false)),
        },
    };
    if let Some(until) = waits_for_earlier(care, id, &act, job.id).await? {
        return Ok(Outcome::Afresh(until));
    }
    // Read only now: what was waited for may have deleted it.
    let found: Option<Message> = care
        .store
        .read(move |read| messages::find(read, id).map_err(CareError::from))
        .await?;
    let Some(message) = found.filter(|message| message.deleted_at.is_none()) else {
        return Ok(Outcome::Done);
    };
    let (Some(network_id), Some(opened)) = (
        message.network_id.clone(),
        accounts::find(care, message.inbox).await?,
    ) else {
        return Ok(Outcome::Done);
    };
    if let Some(until) = opened.inbox.quiet_until.filter(|until| *until > care.now()) {
        return Ok(Outcome::Afresh(until));
    }
    let outbound = Outbound {
        message_id: format!("{id}-{}-{}", act.word(), job.id),
        action: match &act {
            Act::Edit { body } => Action::Edit {
                network_id,
                body: body.clone(),
            },
            Act::Delete => Action::Delete { network_id },
            Act::React { kind, added } => Action::React {
                network_id,
                kind: kind.clone(),
                added: *added,
            },
            Act::Hide { hidden } => Action::Hide {
                network_id,
                hidden: *hidden,
            },
        },
        ..addressed(care, message.clone()).await?
    };
    let account = opened.account(care.now());
    let sending = opened.channel.send(&account, &outbound, &care.http);
    let sent = tokio::time::timeout(TIME, sending)
        .await
        .unwrap_or_else(|_| Err(SendError::Uncertain("no answer within a minute".to_owned())));
    if let Ok(Receipt {
        pause: Some(pause), ..
    }) = &sent
    {
        let (inbox, until) = (message.inbox, care.now().after(*pause));
        care.store
            .write(move |tx| {
                inboxes::keep_quiet(tx, inbox, until)?;
                Ok::<_, CareError>(())
            })
            .await?;
    }
    match sent {
        Ok(_) | Err(SendError::Duplicate { .. }) => {
            // Whoever hid something is named; what we said ourselves was named when it was said.
            let by = text("by").and_then(|id| id.parse().ok());
            keep(care, message, act, by.unwrap_or(SYSTEM)).await
        }
        // Doing the same again changes nothing at the network, so a lost answer is just repeated.
        Err(error)
            if job.attempts < 8
                && (error.is_retryable() || matches!(error, SendError::Uncertain(_))) =>
        {
            warn!(error = %error, message.id = %id, "an act is put off");
            let pause = Duration::from_secs(2 << job.attempts);
            let wait = pause.max(error.wait().unwrap_or_default());
            Ok(Outcome::Later(care.now().after(wait)))
        }
        Err(error) => fail(care, message, &act, &error).await,
    }
}

/// Says where something about a message goes at its network; it is no hand-over of its own.
async fn addressed(care: &Care, message: Message) -> Result<Outbound, CareError> {
    care.store
        .read(move |read| {
            let parent = match message.parent {
                Some(parent) => messages::find(read, parent)?,
                None => None,
            };
            let mut outbound = deliver::addressed(read, &message, parent.as_ref())?;
            outbound.hand_over = false;
            if message.direction == Direction::In {
                outbound.in_reply_to = None;
            }
            Ok(outbound)
        })
        .await
}

/// Returns whether a message is there that was neither deleted nor erased.
fn has_words(tx: &mut Tx<'_>, id: MessageId) -> Result<bool, CareError> {
    let found = messages::find(tx, id)?;
    Ok(found.is_some_and(|message| message.deleted_at.is_none()))
}

fn alert_key(id: MessageId, act: &str) -> String {
    format!("act:{id}:{act}")
}

async fn keep(care: &Care, message: Message, act: Act, by: ActorId) -> Result<Outcome, CareError> {
    let now = care.now();
    let files: Vec<String> = care
        .store
        .write(move |tx| {
            let conversation = match message.conversation {
                Some(conversation) => rows::list_locked(tx, &[conversation])?.pop(),
                None => None,
            };
            if !has_words(tx, message.id)? {
                // Deleted or erased while the network was spoken to.
                return Ok(Vec::new());
            }
            clear_alert(tx, &alert_key(message.id, act.word()), now)?;
            let kind = match &act {
                Act::Edit { body } => {
                    messages::edit(tx, message.id, body, now)?;
                    EventKind::MessageEdited
                }
                Act::Delete => EventKind::MessageDeleted,
                Act::React { kind, added } => {
                    messages::set_own_reaction(tx, message.id, kind, added.then_some(now))?;
                    EventKind::ReactionChanged
                }
                Act::Hide { hidden } => {
                    messages::set_hidden(tx, message.id, hidden.then_some(now))?;
                    EventKind::MessageHidden
                }
            };
            let mut files = Vec::new();
            if act == Act::Delete {
                // Nobody needs to see any more to an edit of it that failed.
                clear_alert(tx, &alert_key(message.id, "edit"), now)?;
                messages::delete(tx, message.id, now)?;
                files = messages::delete_attachments(tx, message.id)?;
            }
            let facts = match &act {
                Act::Hide { hidden } => json!({"by_us": true, "hidden": hidden}),
                Act::Edit { .. } | Act::Delete | Act::React { .. } => json!({"by_us": true}),
            };
            let event = NewEvent::new(kind, now, by)
                .inbox(message.inbox)
                .message(message.id)
                .facts(facts);
            let Some(mut row) = conversation else {
                tx.append(event);
                return Ok::<_, CareError>(files);
            };
            let was_answered = row.waiting_since.is_none();
            change::add_up(tx, &mut row)?;
            if was_answered && row.waiting_since.is_some() && row.status == Status::Waiting {
                // What was taken back was the answer.
                row.status = Status::Open;
            }
            tx.append(
                event
                    .conversation(row.id)
                    .inbox(row.inbox)
                    .brand(row.brand)
                    .team(row.team),
            );
            rows::save(tx, &[row])?;
            Ok(files)
        })
        .await?;
    for file in files {
        if let Err(error) = care.files.remove(&file).await {
            warn!(error = %error, "the file of a deleted message could not be removed");
        }
    }
    Ok(Outcome::Done)
}

async fn fail(
    care: &Care,
    message: Message,
    act: &Act,
    error: &SendError,
) -> Result<Outcome, CareError> {
    let now = care.now();
    let (class, detail, word) = (error.class(), error.detail().to_owned(), act.word());
    // The trouble of an inbox has an alert of its own and ends at the next success.
    let trouble = error.stops_inbox().then(|| Trouble::of(error));
    let ids = care.ids();
    let alert = Alert {
        id: AlertId(care.id()),
        kind: "act_failed".to_owned(),
        key: alert_key(message.id, word),
        inbox: Some(message.inbox),
        conversation: message.conversation,
        message: Some(message.id),
        facts: json!({"class": class, "act": word, "detail": detail}),
        raised_at: now,
    };
    care.store
        .write(move |tx| {
            if trouble.is_some() {
                let seen = (message.inbox, Source::Sending);
                health::note(tx, seen, trouble.as_ref(), (&ids, now))?;
            }
            if !has_words(tx, message.id)? {
                return Ok(Outcome::Done);
            }
            if alerts::raise(tx, &alert)? {
                tx.append(
                    NewEvent::new(EventKind::AlertRaised, now, SYSTEM)
                        .inbox(message.inbox)
                        .message(message.id)
                        .facts(json!({"alert": alert.id})),
                );
            }
            Ok::<_, CareError>(Outcome::Done)
        })
        .await
}
