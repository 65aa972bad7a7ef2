//! Mails administrators once when an inbox has trouble that does not pass by itself, by way of an
//! inbox whose settings say so. Without such an inbox nobody is written to.

use std::time::Duration;

use kulant_channels::outbound::{Action, NOTICE, Outbound, SendError};
use kulant_model::ids::{AgentId, InboxId, JobId};
use kulant_model::message::Visibility;
use kulant_model::role::Role;
use kulant_model::time::Timestamp;
use kulant_store::agents::{self, Agent};
use kulant_store::inboxes::{self, Inbox};
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::{StoreError, Tx};
use serde_json::{Value as Json, json};
use tracing::warn;

use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::health;
use crate::jobs::Outcome;
use crate::people::preferences::{Language, language_of};
use crate::{Care, access};

/// The word for this work in the table of jobs.
pub(crate) const KIND: &str = "mail_trouble";

/// The setting by which an inbox is made the one that such mails leave from.
const SETTING: &str = "mails_trouble";
/// How long trouble stands before anybody is written to: what heals meanwhile wakes nobody.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often one mail is tried, with pauses that grow by this much.
const TRIES: i64 = 10;
const PAUSE: Duration = Duration::from_mins(2);
/// How long one try may take.
const TIME: Duration = Duration::from_secs(60);
/// How many inboxes and agents are looked through at most.
const MOST: i64 = 10_000;

const GERMAN: &str = include_str!("../../../templates/mail/trouble.de.txt");
const ENGLISH: &str = include_str!("../../../templates/mail/trouble.en.txt");

/// Whether there is something to be mailed.
enum Found {
    Notice(Box<Notice>),
    /// The trouble stands, but nothing leaves the inbox that tells of it at the moment.
    NoWay,
    Nothing,
}

/// What is to be mailed.
struct Notice {
    broken: Inbox,
    since: Timestamp,
    from: InboxId,
}

/// Writes down that administrators hear of the trouble of an inbox, if it stays.
pub(crate) fn enqueue(
    tx: &mut Tx<'_>,
    id: JobId,
    inbox: InboxId,
    now: Timestamp,
) -> Result<(), StoreError> {
    jobs::enqueue_once(
        tx,
        &NewJob {
            id,
            kind: KIND,
            key: Some(inbox.to_string()),
            inbox: None,
            run_at: now.after(PATIENCE),
            payload: json!({ "inbox": inbox }),
        },
    )
}

/// Finds out who is to hear of it, or writes to one of them.
pub(crate) async fn mail(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let Some(inbox) = id_in(&job.payload, "inbox").map(InboxId) else {
        return Ok(Outcome::Done);
    };
    let notice = match find_notice(care, inbox).await? {
        Found::Notice(notice) => notice,
        Found::NoWay => return Ok(Outcome::Afresh(care.now().after(PAUSE))),
        Found::Nothing => return Ok(Outcome::Done),
    };
    match id_in(&job.payload, "agent").map(AgentId) {
        Some(agent) => write_to(care, job, &notice, agent).await,
        None => spread(care, &notice).await,
    }
}

/// Looks whether the trouble still stands, and by which inbox to tell of it.
async fn find_notice(care: &Care, inbox: InboxId) -> Result<Found, CareError> {
    care.store
        .read(move |read| {
            let Some(broken) = inboxes::find(read, inbox)? else {
                return Ok(Found::Nothing);
            };
            let Some(since) = health::lasting_since(&broken.trouble) else {
                return Ok(Found::Nothing);
            };
            let senders: Vec<Inbox> = inboxes::list(read, &access::scope_of_system(), 0, MOST)?
                .into_iter()
                .filter(|row| row.id != inbox && is_sender(row))
                .collect();
            let Some(from) = senders.iter().find(|row| can_send(row)).map(|row| row.id) else {
                return Ok(if senders.is_empty() {
                    Found::Nothing
                } else {
                    Found::NoWay
                });
            };
            Ok(Found::Notice(Box::new(Notice {
                broken,
                since,
                from,
            })))
        })
        .await
}

fn is_sender(inbox: &Inbox) -> bool {
    inbox.settings.get(SETTING).and_then(Json::as_bool) == Some(true)
}

fn can_send(inbox: &Inbox) -> bool {
    inbox.paused_at.is_none() && health::lasting_since(&inbox.trouble).is_none()
}

/// Writes one job for each administrator, so that each of them is written to once.
async fn spread(care: &Care, notice: &Notice) -> Result<Outcome, CareError> {
    let (ids, now) = (care.ids(), care.now());
    let (inbox, since) = (notice.broken.id, notice.since);
    care.store
        .write(move |tx| {
            for agent in agents::list(tx, 0, MOST)?
                .iter()
                .filter(|agent| hears(agent))
            {
                let job = NewJob {
                    id: JobId(ids.next(now)),
                    kind: KIND,
                    key: Some(format!("{inbox}:{}:{}", agent.id, since.0)),
                    inbox: None,
                    run_at: now,
                    payload: json!({ "inbox": inbox, "agent": agent.id }),
                };
                jobs::enqueue_once(tx, &job)?;
            }
            Ok(Outcome::Done)
        })
        .await
}

fn hears(agent: &Agent) -> bool {
    agent.role == Role::Administrator
        && agent.disabled_at.is_none()
        && agent.password_hash.is_some()
}

async fn write_to(
    care: &Care,
    job: &Job,
    notice: &Notice,
    agent: AgentId,
) -> Result<Outcome, CareError> {
    let found: Option<Agent> = care
        .store
        .read(move |read| agents::find(read, agent).map_err(CareError::from))
        .await?;
    let Some(agent) = found.filter(hears) else {
        return Ok(Outcome::Done);
    };
    let Some(opened) = accounts::find(care, notice.from).await? else {
        return Ok(Outcome::Done);
    };
    let outbound = compose(care, notice, &agent);
    match send(care, &opened, &outbound).await {
        Ok(()) => Ok(Outcome::Done),
        Err(error) if error.is_retryable() && job.attempts < TRIES => {
            let pause = PAUSE * u32::try_from(job.attempts.max(1)).unwrap_or(1);
            let wait = error.wait().unwrap_or_default().max(pause);
            Ok(Outcome::Later(care.now().after(wait)))
        }
        Err(error) => {
            // One whose answer was lost has probably arrived; the alert stands at the desk anyhow.
            warn!(error = %error, inbox.id = %notice.broken.id, "an administrator was not told of trouble by mail");
            Ok(Outcome::Done)
        }
    }
}

async fn send(care: &Care, opened: &Opened, outbound: &Outbound) -> Result<(), SendError> {
    let account = opened.account(care.now());
    let sending = opened.channel.send(&account, outbound, &care.http);
    tokio::time::timeout(TIME, sending)
        .await
        .unwrap_or_else(|_| Err(SendError::Uncertain("no answer within a minute".to_owned())))
        .map(drop)
}

fn compose(care: &Care, notice: &Notice, agent: &Agent) -> Outbound {
    let language = language_of(agent);
    let template = match language {
        Language::German => GERMAN,
        Language::English => ENGLISH,
    };
    let class = notice.broken.trouble.get("class").and_then(Json::as_str);
    let detail = notice.broken.trouble.get("detail").and_then(Json::as_str);
    let text = template
        .replace("{{inbox}}", &notice.broken.name)
        .replace("{{since}}", &notice.since.to_string())
        .replace("{{cause}}", cause(class.unwrap_or_default(), language))
        .replace("{{detail}}", detail.unwrap_or("-"))
        .replace(
            "{{link}}",
            &format!("{}/desk/settings/inboxes", care.settings.public_url),
        );
    let (subject, body) = text.split_once('\n').unwrap_or(("kulant", &text));
    Outbound {
        message_id: format!(
            "{NOTICE}{}-{}-{}",
            notice.broken.id, agent.id, notice.since.0
        ),
        visibility: Visibility::Private,
        in_reply_to: None,
        references: Vec::new(),
        first_tried_at: None,
        automatic: true,
        subject: Some(subject.to_owned()),
        thread: None,
        recipient: Some(agent.email.clone()),
        recipient_handle: None,
        hand_over: false,
        signature: None,
        template: None,
        action: Action::Reply {
            body: body.to_owned(),
            attachments: Vec::new(),
        },
    }
}

/// Says in words what is wrong.
fn cause(class: &str, language: Language) -> &'static str {
    let (german, english) = match class {
        "auth_broken" => (
            "Das Netzwerk hat den Zugang beendet.",
            "the network has ended the access.",
        ),
        "restricted" => (
            "Das Netzwerk hat das Konto eingeschränkt.",
            "the network has restricted the account.",
        ),
        "permission" => ("Es fehlt eine Berechtigung.", "a permission is missing."),
        "subscription" => (
            "Das Netzwerk meldet nicht mehr, was geschieht.",
            "the network no longer tells what happens.",
        ),
        _ => (
            "Das Netzwerk lehnt ab, was kulant möchte.",
            "the network refuses what kulant asks for.",
        ),
    };
    match language {
        Language::German => german,
        Language::English => english,
    }
}

fn id_in(payload: &Json, name: &str) -> Option<i64> {
    payload.get(name)?.as_str()?.parse().ok()
}
