//! What the holder of a private link sees and does: their own words, our private replies to them,
//! and one more message. Never a note, never another thread, never who of us wrote.

use kulant_channels::form::Submission;
use kulant_model::conversation::Status;
use kulant_model::ids::AttachmentId;
use kulant_model::message::Direction;
use kulant_model::refusal::Refusal;
use kulant_model::time::Timestamp;
use kulant_store::conversations::{self, Conversation};
use kulant_store::links::{self, Link};
use kulant_store::messages::{self, Attachment, Message};
use kulant_store::{Read, contacts};

use crate::error::CareError;
use crate::form::{self, Filled, Form, FormToken};
use crate::{Care, accounts, hash_secret};

/// So many of a thread's newest messages are shown.
const MOST_MESSAGES: i64 = 500;
/// So many waiting deliveries are looked through for words that were sent a moment ago.
const MOST_WAITING: i64 = 200;
/// Conversations joined into others are followed so far.
const MOST_JOINS: usize = 10;

/// A private thread as its holder sees it.
#[derive(Debug, Clone)]
pub struct Thread {
    pub form: Form,
    /// What a token for this page is made for.
    pub key: String,
    pub subject: Option<String>,
    pub standing: Standing,
    pub lines: Vec<Line>,
}

/// Where the matter stands, as its holder needs to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    WaitsForUs,
    Answered,
    Resolved,
}

/// One thing said in the thread.
#[derive(Debug, Clone)]
pub struct Line {
    pub ours: bool,
    pub text: String,
    pub at: Timestamp,
    pub edited: bool,
    pub taken_back: bool,
    /// The words under which an answer of ours left.
    pub signature: Option<String>,
    pub files: Vec<LineFile>,
}

/// A file of the thread; one that was sent a moment ago has no address yet.
#[derive(Debug, Clone)]
pub struct LineFile {
    pub id: Option<AttachmentId>,
    pub name: String,
    pub size: Option<i64>,
}

/// Everything that one look at a thread loads.
struct Loaded {
    link: Link,
    waiting: Vec<(Submission, Timestamp)>,
    messages: Vec<Message>,
    files: Vec<Attachment>,
    matter: Option<Conversation>,
}

/// Opens the thread that a secret belongs to.
pub async fn open(care: &Care, secret: &str) -> Result<Thread, CareError> {
    let hash = hash_secret(secret);
    let loaded = care.store.read(move |read| load(read, &hash)).await?;
    let inbox = accounts::find(care, loaded.link.inbox)
        .await?
        .ok_or(CareError::NotFound)?
        .inbox;
    let form = form::form_of(care, inbox).await?;
    Ok(thread(form, loaded))
}

/// Keeps one more message of the holder; the same token again is the same message.
pub async fn write(
    care: &Care,
    secret: &str,
    token: &FormToken,
    filled: Filled,
) -> Result<(), CareError> {
    let link = find_link(care, secret).await?;
    let opened = accounts::find(care, link.inbox)
        .await?
        .ok_or(CareError::NotFound)?;
    if opened.inbox.paused_at.is_some() || opened.inbox.archived_at.is_some() {
        return Err(Refusal::new("inbox_is_paused").into());
    }
    let from = name_of(care, &link, opened.realm()).await?;

    form::submit_more(care, &link, token, (from, filled)).await
}

/// Finds a file of the thread; files of any other thread are not there.
pub async fn find_file(
    care: &Care,
    secret: &str,
    id: AttachmentId,
) -> Result<Attachment, CareError> {
    let link = find_link(care, secret).await?;
    care.store
        .read(move |read| links::find_attachment(read, &link, id).map_err(CareError::from))
        .await?
        .filter(|file| file.file_name.is_some())
        .ok_or(CareError::NotFound)
}

async fn find_link(care: &Care, secret: &str) -> Result<Link, CareError> {
    let hash = hash_secret(secret);
    care.store
        .read(move |read| links::find(read, &hash).map_err(CareError::from))
        .await?
        .ok_or(CareError::NotFound)
}

/// The name and address that the holder gave when the thread began.
async fn name_of(
    care: &Care,
    link: &Link,
    realm: String,
) -> Result<(String, Option<String>), CareError> {
    let link = link.clone();
    care.store
        .read(move |read| {
            let known = contacts::list_identities_by_network(read, &realm, &[&link.thread])?.pop();
            if let Some(identity) = known {
                return Ok((identity.name.unwrap_or_default(), identity.handle));
            }
            let first = list_waiting(read, &link)?.into_iter().next();
            Ok(first.map_or_else(Default::default, |(submission, _)| {
                (submission.name, submission.email)
            }))
        })
        .await
}

fn load(read: &mut Read<'_>, hash: &[u8]) -> Result<Loaded, CareError> {
    let link = links::find(read, hash)?.ok_or(CareError::NotFound)?;
    // What waits is read first: taken in meanwhile, it is seen twice and not missed.
    let waiting = list_waiting(read, &link)?;
    let messages = links::list_messages(read, &link, MOST_MESSAGES)?;
    let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
    let files = messages::list_attachments(read, &ids)?;
    let current = conversations::list_of_threads(read, link.inbox, &[&link.thread])?.pop();
    let mut matter = match current {
        Some((_, id)) => conversations::find(read, id)?,
        None => None,
    };
    for _ in 0..MOST_JOINS {
        let Some(into) = matter.as_ref().and_then(|matter| matter.joined_into) else {
            break;
        };
        matter = conversations::find(read, into)?;
    }
    Ok(Loaded {
        link,
        waiting,
        messages,
        files,
        matter,
    })
}

/// Lists what the holder sent and was not taken in yet, oldest first.
fn list_waiting(
    read: &mut Read<'_>,
    link: &Link,
) -> Result<Vec<(Submission, Timestamp)>, CareError> {
    Ok(links::list_waiting_bodies(read, link.inbox, MOST_WAITING)?
        .into_iter()
        .filter_map(|(body, at)| Some((serde_json::from_slice::<Submission>(&body).ok()?, at)))
        .filter(|(submission, _)| submission.thread == link.thread)
        .collect())
}

fn thread(form: Form, loaded: Loaded) -> Thread {
    let taken: Vec<&str> = loaded
        .messages
        .iter()
        .filter_map(|message| message.network_id.as_deref())
        .collect();
    let waiting: Vec<&(Submission, Timestamp)> = loaded
        .waiting
        .iter()
        .filter(|(submission, _)| !taken.contains(&submission.id.as_str()))
        .collect();
    let standing = match &loaded.matter {
        _ if !waiting.is_empty() => Standing::WaitsForUs,
        Some(matter) if matter.status == Status::Resolved => Standing::Resolved,
        Some(matter) if matter.waiting_since.is_some() => Standing::WaitsForUs,
        Some(_) => Standing::Answered,
        None => Standing::WaitsForUs,
    };
    let subject = loaded
        .messages
        .iter()
        .find_map(|message| message.title.clone())
        .or_else(|| waiting.iter().find_map(|(first, _)| first.subject.clone()));
    let mut lines: Vec<Line> = loaded
        .messages
        .iter()
        .map(|message| line(message, &loaded.files))
        .collect();
    lines.extend(waiting.into_iter().map(|(submission, at)| {
        Line {
            ours: false,
            text: submission.text.clone(),
            at: *at,
            edited: false,
            taken_back: false,
            signature: None,
            files: submission
                .attachments
                .iter()
                .map(|file| LineFile {
                    id: None,
                    name: file.name.clone(),
                    size: i64::try_from(file.size).ok(),
                })
                .collect(),
        }
    }));
    Thread {
        form,
        key: loaded.link.thread,
        subject,
        standing,
        lines,
    }
}

fn line(message: &Message, files: &[Attachment]) -> Line {
    Line {
        ours: message.direction == Direction::Out,
        text: message.body.clone(),
        at: message.platform_at,
        edited: message.edited_at.is_some(),
        taken_back: message.deleted_at.is_some(),
        signature: message.signature.clone(),
        files: files
            .iter()
            .filter(|file| file.message == Some(message.id) && file.file_name.is_some())
            .map(|file| LineFile {
                id: Some(file.id),
                name: file.name.clone(),
                size: file.size,
            })
            .collect(),
    }
}
