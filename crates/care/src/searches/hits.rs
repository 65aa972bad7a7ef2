//! What the listening post found, for people: listed, put aside, taken up as a conversation. Taking up is
//! what the intake would have done had the message come by itself.

use kulant_channels::inbound::{Author, Inbound, Post};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ConversationId, InboxId, IntakeId, MessageId, SearchId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::messages::Message;
use kulant_store::{Read, contacts, deliveries, erasing, hits, inboxes, messages, searches};
use serde_json::json;

pub use kulant_store::hits::Wanted;

use crate::access::require;
use crate::error::CareError;
use crate::intake;
use crate::view::{self, MessageView};
use crate::{Care, accounts};

/// A message that a search found.
#[derive(Debug, Clone)]
pub struct HitView {
    pub search: SearchId,
    pub found_at: Timestamp,
    pub dismissed_at: Option<Timestamp>,
    pub message: MessageView,
}

/// Lists what a search found within the scope, newest first, before a message.
pub async fn list(
    care: &Care,
    person: &Person,
    search: SearchId,
    wanted: Wanted,
    (before, limit): (MessageId, i64),
) -> Result<Vec<HitView>, CareError> {
    require(person, Permission::ReadConversations)?;
    let (scope, naming) = (person.scope.clone(), care.clone());
    care.store
        .read(move |read| {
            searches::find_seen(read, &scope, search)?.ok_or(CareError::NotFound)?;
            let rows = hits::list(read, (&scope, search), wanted, before, limit)?;
            let ids: Vec<MessageId> = rows.iter().map(|hit| hit.message).collect();
            let mut views = view::messages_by_id(&naming, read, &ids)?;
            Ok(rows
                .into_iter()
                .filter_map(|hit| {
                    let at = views
                        .iter()
                        .position(|view| view.message.id == hit.message)?;
                    Some(HitView {
                        search: hit.search,
                        found_at: hit.found_at,
                        dismissed_at: hit.dismissed_at,
                        message: views.swap_remove(at),
                    })
                })
                .collect())
        })
        .await
}

/// Puts a hit aside, or brings it back.
pub async fn dismiss(
    care: &Care,
    person: &Person,
    message: MessageId,
    dismissed: bool,
) -> Result<(), CareError> {
    require(person, Permission::WriteConversations)?;
    let (now, person) = (care.now(), person.clone());
    care.store
        .write(move |tx| {
            let (inbox, _) = found(tx, &person, message)?;
            let row = inboxes::find(tx, inbox)?.ok_or(CareError::NotFound)?;
            hits::dismiss(tx, message, dismissed.then_some(now))?;
            tx.append(
                NewEvent::new(EventKind::HitDismissed, now, person.actor)
                    .inbox(inbox)
                    .team(Some(row.team))
                    .brand(row.brand)
                    .message(message)
                    .facts(json!({"dismissed": dismissed})),
            );
            Ok(())
        })
        .await
}

/// Takes a hit up as a conversation in the queue of its inbox's team; one that was taken up before is
/// that conversation.
pub async fn take_up(
    care: &Care,
    person: &Person,
    message: MessageId,
) -> Result<ConversationId, CareError> {
    require(person, Permission::WriteConversations)?;

    let asking = person.clone();
    let (inbox, conversation) = care
        .store
        .read(move |read| found(read, &asking, message))
        .await?;
    if let Some(conversation) = conversation {
        return Ok(conversation);
    }
    let opened = accounts::find(care, inbox)
        .await?
        .filter(|opened| opened.inbox.archived_at.is_none())
        .ok_or_else(|| Refusal::new("inbox_is_gone"))?;

    let (ids, now, marks) = (care.ids(), care.now(), care.marks.clone());
    let mut destination = intake::world::Destination::of(&opened);
    // Somebody chose it: however old it is, an answer is wanted.
    destination.history_until = None;
    let person = person.clone();
    care.store
        .write(move |tx| {
            erasing::keep_erasures_out(tx)?;
            // It may come in by itself at this moment.
            deliveries::lock(tx, message)?;
            if let (_, Some(conversation)) = found(tx, &person, message)? {
                return Ok(conversation);
            }
            let row = messages::find(tx, message)?.ok_or(CareError::NotFound)?;
            let item = item_of(tx, &row)?;
            hits::dismiss(tx, message, None)?;
            intake::take_in_by_hand(tx, (&destination, &ids, now), &marks, &item, person.actor)?;
            let (_, conversation) = found(tx, &person, message)?;
            conversation.ok_or_else(|| CareError::Internal("a hit opened nothing".to_owned()))
        })
        .await
}

/// Finds a hit within the scope: on which inbox, and to which conversation it belongs by now.
fn found(
    read: &mut Read<'_>,
    person: &Person,
    message: MessageId,
) -> Result<(InboxId, Option<ConversationId>), CareError> {
    hits::find(read, &person.scope, message)?.ok_or(CareError::NotFound)
}

/// Makes of a found message what its network would have delivered.
fn item_of(read: &mut Read<'_>, row: &Message) -> Result<intake::world::Item, CareError> {
    let identity = row.identity.ok_or(CareError::NotFound)?;
    let author = contacts::list_identities_by_id(read, &[identity])?
        .pop()
        .ok_or(CareError::NotFound)?;
    let parent = match row.parent {
        Some(parent) => messages::find(read, parent)?.and_then(|parent| parent.network_id),
        None => None,
    };
    Ok(intake::world::Item {
        intake: IntakeId(0),
        received_at: row.received_at,
        inbound: Inbound::Post(Post {
            network_id: row.network_id.clone().ok_or(CareError::NotFound)?,
            author: Author {
                network_id: author.network_id,
                name: author.name.unwrap_or_default(),
                handle: author.handle,
                own: false,
            },
            text: row.body.clone(),
            platform_at: row.platform_at,
            parent,
            thread: None,
            visibility: row.visibility,
            url: row.url.clone(),
            title: row.title.clone(),
            attachments: Vec::new(),
            mentions_us: false,
            echo_of: None,
            automatic: false,
        }),
        sought: Vec::new(),
    })
}
