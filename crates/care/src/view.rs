//! Conversations and messages as people see them, with the names of those who speak.

mod found;
mod spoken;

use std::collections::HashMap;

pub use kulant_channels::capability::SideCapabilities;
use kulant_model::conversation::Status;
use kulant_model::event::EventKind;
use kulant_model::ids::{ConversationId, MessageId, TagId};
use kulant_model::message::{Direction, Visibility};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::messages;
use kulant_store::reading;
pub use kulant_store::reading::{Assignee, Filter, Place, Sort, Summary, TeamFilter};
use kulant_store::{Read, events, inboxes};

use crate::accounts;
use crate::error::CareError;
use crate::windows::{self, Window};
use crate::{Care, SYSTEM, access, health, reply};

pub use found::{Found, find_by_words};
pub use spoken::{Author, MessageView, find_message, find_message_changed, is_ours, list_messages};
pub(crate) use spoken::{may_see, messages_by_id};

/// A page of a list, and where the next one begins.
#[derive(Debug, Clone)]
pub struct Page<T, P> {
    pub items: Vec<T>,
    pub next: Option<P>,
}

/// A conversation opened.
#[derive(Debug, Clone)]
pub struct Opened {
    pub summary: Summary,
    /// Our own post above the party's comment, as shared context.
    pub post: Option<MessageView>,
    pub public: Option<Side>,
    pub private: Option<Side>,
    pub signature: Option<String>,
    pub voice: String,
    /// The first message that came since somebody read it all; none where nothing is unread.
    pub first_unread: Option<MessageId>,
}

/// What can be said in public, or in private, and to whom.
#[derive(Debug, Clone)]
pub struct Side {
    pub capabilities: &'static SideCapabilities,
    /// Why nothing can be sent, as a key of the locale files.
    pub reason: Option<String>,
    /// Until when, and how.
    pub window: Window,
    pub account: String,
    pub to: Option<String>,
}

/// Lists conversations.
pub async fn list(
    care: &Care,
    person: &Person,
    filter: Filter,
    sort: Sort,
    after: Option<Place>,
    limit: i64,
) -> Result<Page<Summary, Place>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let scope = person.scope.clone();
    care.store
        .read(move |read| {
            let mut places = reading::list_ids(read, &scope, &filter, sort, after, limit + 1)?;
            let more = places.len() as i64 > limit;
            places.truncate(limit as usize);
            let ids: Vec<ConversationId> = places.iter().map(|(_, id)| *id).collect();
            Ok(Page {
                items: reading::list_summaries(read, &scope, &ids)?,
                next: more.then(|| places.last().copied()).flatten(),
            })
        })
        .await
}

/// Opens a conversation.
pub async fn open(care: &Care, person: &Person, id: ConversationId) -> Result<Opened, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let (scope, agent, naming) = (person.scope.clone(), person.agent, care.clone());
    let now = care.now();
    care.store
        .read(move |read| {
            let summary = reading::list_summaries(read, &scope, &[id])?
                .pop()
                .ok_or(CareError::NotFound)?;
            let post = match summary.row.post {
                Some(post) => messages_by_id(&naming, read, &[post])?
                    .pop()
                    .filter(|view| view.message.seen_at.is_some()),
                None => None,
            };
            let signature = reply::signature(read, &summary.row, agent)?;
            let voice = kulant_store::brands::find(read, summary.row.brand)?
                .and_then(|brand| Some(brand.details.get("voice")?.as_str()?.to_owned()))
                .unwrap_or_else(|| "sie".to_owned());
            let first_unread = first_unread(read, &summary)?;
            let inbox = inboxes::find(read, summary.row.inbox)?.ok_or(CareError::NotFound)?;
            let inbox = accounts::open(&naming, inbox)?;
            let public = side(read, &inbox, (&summary, Visibility::Public), now)?;
            let private = side(read, &inbox, (&summary, Visibility::Private), now)?;
            Ok(Opened {
                summary,
                post,
                public,
                private,
                signature,
                voice,
                first_unread,
            })
        })
        .await
}

/// Finds what can be said on one side of a conversation; none where its network has no such side.
fn side(
    read: &mut Read<'_>,
    opened: &accounts::Opened,
    (summary, visibility): (&Summary, Visibility),
    now: Timestamp,
) -> Result<Option<Side>, CareError> {
    let Some(capabilities) = opened.channel.capabilities().side(visibility) else {
        return Ok(None);
    };
    let window = windows::find(read, opened, (&summary.row, visibility), None)?;
    let refusal = opened
        .channel
        .send_refusal(&opened.account(now), visibility)
        .map(str::to_owned);
    let paused = || {
        let paused_at = opened.inbox.paused_at;
        paused_at.map(|_| "channel.reason.paused".to_owned())
    };
    Ok(Some(Side {
        capabilities,
        reason: refusal
            .or_else(|| health::reason(&opened.inbox.trouble))
            .or_else(paused)
            .or_else(|| window.reason(now)),
        window,
        account: opened.inbox.name.clone(),
        to: summary
            .handle
            .clone()
            .or_else(|| summary.contact_name.clone()),
    }))
}

/// Finds where reading goes on: the log tells what came since the conversation was read to its end.
/// Where nothing came since, as after it was marked unread by hand, it is the newest message.
fn first_unread(read: &mut Read<'_>, summary: &Summary) -> Result<Option<MessageId>, CareError> {
    let row = &summary.row;
    if !row.unread {
        return Ok(None);
    }
    let kinds = [
        EventKind::ReadChanged,
        EventKind::MessageQueued,
        EventKind::AnswerNotNeeded,
        EventKind::StatusChanged,
    ];
    let mut before = i64::MAX;
    let read_at = loop {
        let Some(found) = events::find_newest_of(read, row.id, &kinds, before)? else {
            break 0;
        };
        let facts = &found.event.facts;
        let was_read = match found.event.kind {
            EventKind::ReadChanged => facts["unread"] == false,
            EventKind::StatusChanged => facts["to"] == Status::Resolved.word(),
            // An answer that is tried again was read when it was written.
            EventKind::MessageQueued => found.event.actor != SYSTEM,
            _ => true,
        };
        if was_read {
            break found.sequence;
        }
        before = found.sequence;
    };
    if let Some(first) = messages::find_first_received_after(read, row.id, read_at)? {
        return Ok(Some(first));
    }
    let newest =
        messages::list_newest(read, row.id, (Timestamp(i64::MAX), MessageId(i64::MAX)), 50)?;
    Ok(newest
        .into_iter()
        .find(|message| message.direction == Direction::In)
        .map(|message| message.id))
}

/// Finds a conversation as a list shows it.
pub async fn find(care: &Care, person: &Person, id: ConversationId) -> Result<Summary, CareError> {
    access::require(person, Permission::ReadConversations)?;
    find_within(care, person.scope.clone(), id).await
}

/// Finds a conversation as it stands after this person changed it: the change itself may have taken
/// it out of their scope. To be asked for the answer to that change alone.
pub async fn find_changed(care: &Care, id: ConversationId) -> Result<Summary, CareError> {
    find_within(care, access::scope_of_system(), id).await
}

async fn find_within(
    care: &Care,
    scope: kulant_model::role::Scope,
    id: ConversationId,
) -> Result<Summary, CareError> {
    care.store
        .read(move |read| {
            reading::list_summaries(read, &scope, &[id])?
                .pop()
                .ok_or(CareError::NotFound)
        })
        .await
}

/// Finds tags by name or id, in the order asked for.
pub async fn find_tags(care: &Care, wanted: Vec<String>) -> Result<Vec<Option<TagId>>, CareError> {
    care.store
        .read(move |read| {
            let mut found = Vec::with_capacity(wanted.len());
            for word in wanted {
                let by_name = kulant_store::tags::find_by_name(read, &word)?;
                let tag = match (by_name, word.parse::<TagId>()) {
                    (None, Ok(id)) => kulant_store::tags::find(read, id)?,
                    (by_name, _) => by_name,
                };
                found.push(tag.map(|tag| tag.id));
            }
            Ok(found)
        })
        .await
}

/// Lists what happened to a conversation after a place in the log, with the names of colleagues.
pub async fn list_events(
    care: &Care,
    person: &Person,
    id: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Page<(kulant_model::event::Event, Option<String>), i64>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let scope = person.scope.clone();
    care.store
        .read(move |read| {
            kulant_store::conversations::find(read, id)?
                .filter(|row| scope.includes(row.team))
                .ok_or(CareError::NotFound)?;
            let mut rows = events::list_of_conversation(read, id, after, limit + 1)?;
            let more = rows.len() as i64 > limit;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|event| event.sequence);
            let actors: Vec<_> = rows.iter().map(|event| event.event.actor).collect();
            let names: HashMap<_, _> = kulant_store::actors::list_names(read, &actors)?
                .into_iter()
                .collect();
            let items = rows
                .into_iter()
                .map(|event| {
                    let name = names.get(&event.event.actor).cloned();
                    (event, name)
                })
                .collect();
            Ok(Page { items, next })
        })
        .await
}
