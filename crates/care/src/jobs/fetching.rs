//! Fetches files that messages only point at, before their addresses run out or their network takes
//! them away. Each try is noted before it begins, so that a file on which we break keeps no other
//! waiting; one that cannot be had is given up with a word that says why.

use std::time::Duration;

use kulant_channels::http::{Download, HttpError};
use kulant_channels::outbound::SendError;
use kulant_model::ids::{AttachmentId, InboxId, JobId};
use kulant_model::time::Timestamp;
use kulant_store::jobs::{self, Job, NewJob};
use kulant_store::messages::{self, Attachment, Fetched};
use serde_json::json;
use tracing::warn;

use super::Outcome;
use crate::accounts::{self, Opened};
use crate::error::CareError;
use crate::{Care, uploads};

pub(super) const KIND: &str = "fetch";

/// How long one file may take.
const TIME: Duration = Duration::from_mins(1);
/// How many files one turn fetches at most, and for how long it goes on with the next: both together
/// end before another process may take the job over.
const FILES: usize = 50;
const TURN: Duration = Duration::from_mins(1);
/// How often a file is tried before it is given up.
const TRIES: i64 = 10;
/// The first pause after a try that failed; each one after it is twice as long.
const PAUSE: Duration = Duration::from_secs(30);
/// How long files wait whose account is not accepted.
const LOCKED_OUT: Duration = Duration::from_mins(5);
/// How many of its first bytes say what a file is.
const HEAD: usize = 4_096;

/// Why a file did not come.
enum Failure {
    /// It will not come, whoever asks.
    Never(&'static str),
    /// It may come later, at the earliest after a pause that was asked for.
    Later(Option<Duration>),
    /// The network does not know us any more; no file of this inbox is to blame.
    LockedOut,
}

/// Writes down what there is to fetch: files of messages are rows, so that nothing is forgotten and
/// the intake need not think of it.
pub(super) async fn schedule(care: &Care) -> Result<(), CareError> {
    let now = care.now();
    let inboxes: Vec<InboxId> = care
        .store
        .read(move |read| -> Result<_, CareError> {
            let mut inboxes = messages::list_inboxes_to_fetch(read, now)?;
            let mut missing = Vec::new();
            for inbox in inboxes.drain(..) {
                if !jobs::exists(read, KIND, &inbox.to_string())? {
                    missing.push(inbox);
                }
            }
            Ok(missing)
        })
        .await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let ids = care.ids();
    care.store
        .write(move |tx| -> Result<(), CareError> {
            for inbox in inboxes {
                let job = NewJob {
                    id: JobId(ids.next(now)),
                    kind: KIND,
                    key: Some(inbox.to_string()),
                    inbox: Some(inbox),
                    run_at: now,
                    payload: json!({ "inbox": inbox }),
                };
                jobs::enqueue_once(tx, &job)?;
            }
            Ok(())
        })
        .await
}

/// Fetches what is due in one inbox, one file after the other.
pub(super) async fn fetch(care: &Care, job: &Job) -> Result<Outcome, CareError> {
    let id = job.payload.get("inbox").and_then(|id| id.as_str());
    let Some(id) = id.and_then(|id| id.parse::<InboxId>().ok()) else {
        return Ok(Outcome::Done);
    };
    // A paused inbox still takes in, and so what belongs to it.
    let opened = accounts::find(care, id).await?;
    let Some(opened) = opened.filter(|opened| opened.inbox.archived_at.is_none()) else {
        return Ok(Outcome::Done);
    };

    let began = care.now();
    for _ in 0..FILES {
        let Some((file, tries)) = next(care, id).await? else {
            return Ok(Outcome::Done);
        };
        if !fetch_one(care, &opened, &file, tries).await? {
            return Ok(Outcome::Afresh(care.now().after(LOCKED_OUT)));
        }
        if care.now().since(began) > TURN {
            break;
        }
    }
    Ok(Outcome::Afresh(care.now()))
}

/// Finds the next file, and notes that it is being tried.
async fn next(care: &Care, inbox: InboxId) -> Result<Option<(Attachment, i64)>, CareError> {
    let now = care.now();
    care.store
        .write(move |tx| {
            let due = messages::list_to_fetch(tx, inbox, now, 1)?.pop();
            let Some((file, tries)) = due else {
                return Ok(None);
            };
            let pause = PAUSE * (1 << tries.clamp(0, 12));
            let due = file.fetch_at.unwrap_or(now);
            let begun = messages::begin_fetch(tx, file.id, due, now.after(pause))?;
            Ok::<_, CareError>(begun.then_some((file, tries + 1)))
        })
        .await
}

/// Tries one file; no if its account is not accepted or is to rest, so that no other need be tried.
async fn fetch_one(
    care: &Care,
    opened: &Opened,
    file: &Attachment,
    tries: i64,
) -> Result<bool, CareError> {
    let id = file.id;
    // One that was begun so often and never ended is what we break on.
    let outcome = if tries > TRIES {
        Err(Failure::Never("unreachable"))
    } else {
        tokio::time::timeout(TIME, bring(care, opened, file))
            .await
            .unwrap_or(Err(Failure::Later(None)))
    };
    match outcome {
        Ok(fetched) => keep(care, id, fetched).await?,
        Err(Failure::Never(why)) => give_up(care, id, why).await?,
        Err(Failure::Later(None)) if tries >= TRIES => give_up(care, id, "unreachable").await?,
        Err(Failure::Later(None)) => {}
        // Its network wants a rest: that is no try, and no other file is asked for meanwhile.
        Err(Failure::Later(Some(wait))) => {
            put_off(care, id, wait.max(PAUSE)).await?;
            return Ok(false);
        }
        Err(Failure::LockedOut) => {
            put_off(care, id, LOCKED_OUT).await?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Brings a file from its network to the disk, piece by piece.
async fn bring(care: &Care, opened: &Opened, file: &Attachment) -> Result<Fetched, Failure> {
    let Some(address) = &file.source_url else {
        return Err(Failure::Never("gone"));
    };
    let account = opened.account(care.now());
    let channel = opened.channel;
    let request = channel.file_request(&account, address, &care.http).await?;
    let limit = usize::try_from(care.settings.largest_file_bytes).unwrap_or(usize::MAX);
    let mut download = care.http.download(request.limit(limit), TIME).await?;
    if download.status == 401 {
        // Whether the file or the account is not ours to open, nobody said: it is asked for again.
        return Err(Failure::Later(None));
    }
    if let Some(refusal) = kulant_channels::file_refusal(download.status) {
        return Err(refusal.into());
    }
    let file_name = care.secret();
    write(care, &mut download, (file, file_name)).await
}

async fn write(
    care: &Care,
    download: &mut Download,
    (file, file_name): (&Attachment, String),
) -> Result<Fetched, Failure> {
    let full = |error: std::io::Error| {
        warn!(error = %error, "a file could not be kept");
        Failure::Later(None)
    };
    let mut draft = care.files.begin(&file_name).await.map_err(full)?;
    let mut head = Vec::new();
    while let Some(piece) = download.piece().await? {
        let wanted = HEAD.saturating_sub(head.len()).min(piece.len());
        head.extend_from_slice(&piece[..wanted]);
        draft.write(&piece).await.map_err(full)?;
    }
    let size = draft.size();
    draft.finish().await.map_err(full)?;
    let name = uploads::kept_name(&file.name);
    Ok(Fetched {
        media_type: uploads::media_type(&name, &head).to_owned(),
        name,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        file_name,
    })
}

/// Ties a file that is here to its row; where nobody wants it any more, it goes again.
async fn keep(care: &Care, id: AttachmentId, file: Fetched) -> Result<(), CareError> {
    let name = file.file_name.clone();
    let kept = care
        .store
        .write(move |tx| messages::keep_fetched(tx, id, &file).map_err(CareError::from))
        .await;
    if !matches!(kept, Ok(true))
        && let Err(error) = care.files.remove(&name).await
    {
        warn!(error = %error, "a file that nobody wants could not be removed");
    }
    kept.map(drop)
}

async fn give_up(care: &Care, id: AttachmentId, why: &'static str) -> Result<(), CareError> {
    warn!(attachment.id = %id, why, "a file cannot be fetched");
    care.store
        .write(move |tx| messages::give_up_fetch(tx, id, why).map_err(CareError::from))
        .await
}

async fn put_off(care: &Care, id: AttachmentId, wait: Duration) -> Result<(), CareError> {
    let until: Timestamp = care.now().after(wait);
    care.store
        .write(move |tx| messages::put_off_fetch(tx, id, until).map_err(CareError::from))
        .await
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::AuthBroken(_) => Self::LockedOut,
            SendError::RecipientGone(_) => Self::Never("gone"),
            SendError::Forbidden(_) => Self::Never("forbidden"),
            other => Self::Later(other.wait()),
        }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::TooLarge { .. } => Self::Never("too_large"),
            other => other.when_asking().into(),
        }
    }
}
