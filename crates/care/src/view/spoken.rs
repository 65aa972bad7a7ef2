//! Messages as people see them: with the names of those who speak, files, reactions and depth.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use kulant_model::ids::{AgentId, ContactId, ConversationId, IdentityId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Visibility};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::messages::{self, Attachment, Figures, Marks, Message};
use kulant_store::reactions::{self, Counted};
use kulant_store::reading;
use kulant_store::{Read, contacts, inboxes, mentions};

use super::Page;
use crate::accounts;
use crate::error::CareError;
use crate::{Care, access, announce, deliver};

/// A message with everything that is shown of it.
#[derive(Debug, Clone)]
pub struct MessageView {
    pub message: Message,
    pub inbox_name: String,
    pub channel: String,
    pub author: Author,
    pub depth: i64,
    pub attachments: Vec<Attachment>,
    pub reactions: Vec<Counted>,
    pub mentions: Vec<AgentId>,
    /// Whether the network can be asked what became of it; only where nobody knows.
    pub can_check: bool,
    /// Whether the listening post found it.
    pub found: bool,
    /// Since when it is hidden from the public, by us.
    pub hidden_at: Option<Timestamp>,
    /// How it is doing at its network, where the network tells.
    pub figures: Option<Figures>,
}

/// Who said something.
#[derive(Debug, Clone, Default)]
pub struct Author {
    pub contact: Option<ContactId>,
    pub name: Option<String>,
    pub handle: Option<String>,
    pub agent_name: Option<String>,
}

/// Lists a conversation's messages, oldest first or newest first.
pub async fn list_messages(
    care: &Care,
    person: &Person,
    id: ConversationId,
    newest_first: bool,
    after: Option<(Timestamp, MessageId)>,
    limit: i64,
) -> Result<Page<MessageView, (Timestamp, MessageId)>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let (scope, naming) = (person.scope.clone(), care.clone());
    care.store
        .read(move |read| {
            kulant_store::conversations::find(read, id)?
                .filter(|row| scope.includes(row.team))
                .ok_or(CareError::NotFound)?;
            let mut rows = if newest_first {
                let from = after.unwrap_or((Timestamp(i64::MAX), MessageId(i64::MAX)));
                messages::list_newest(read, id, from, limit + 1)?
            } else {
                let from = after.unwrap_or((Timestamp(i64::MIN), MessageId(0)));
                messages::list(read, id, from, limit + 1)?
            };
            let more = rows.len() as i64 > limit;
            rows.truncate(limit as usize);
            let next = rows
                .last()
                .filter(|_| more)
                .map(|row| (row.platform_at, row.id));
            let mut items = with_names(&naming, read, rows)?;
            set_depths(read, id, &mut items)?;
            Ok(Page { items, next })
        })
        .await
}

/// Finds one message within a scope.
pub async fn find_message(
    care: &Care,
    person: &Person,
    id: MessageId,
) -> Result<MessageView, CareError> {
    access::require(person, Permission::ReadConversations)?;
    find_message_changed(care, person, id).await
}

/// Finds a message that this person wrote or changed a moment ago, which a token that may only write
/// is shown as well.
pub async fn find_message_changed(
    care: &Care,
    person: &Person,
    id: MessageId,
) -> Result<MessageView, CareError> {
    let (person, naming) = (person.clone(), care.clone());
    care.store
        .read(move |read| {
            if !may_see(read, &person, id)? {
                return Err(CareError::NotFound);
            }
            messages_by_id(&naming, read, &[id])?
                .pop()
                .ok_or(CareError::NotFound)
        })
        .await
}

/// Returns whether a person may see a message: one of a conversation within the scope, or one that we
/// said of ourselves.
pub(crate) fn may_see(
    read: &mut Read<'_>,
    person: &Person,
    id: MessageId,
) -> Result<bool, CareError> {
    Ok(reading::may_see_message(read, &person.scope, id)? || announce::may_see(read, person, id)?)
}

/// Loads messages by their ids with the names of those who speak, oldest first.
pub(crate) fn messages_by_id(
    care: &Care,
    read: &mut Read<'_>,
    ids: &[MessageId],
) -> Result<Vec<MessageView>, CareError> {
    let mut rows = messages::list_by_id(read, ids)?;
    rows.sort_by_key(|row| (row.platform_at, row.id));
    let mut views = with_names(care, read, rows)?;
    for view in &mut views {
        if view.message.parent.is_some() {
            view.depth = messages::depth(read, view.message.id)?;
        }
    }
    Ok(views)
}

fn with_names(
    care: &Care,
    read: &mut Read<'_>,
    rows: Vec<Message>,
) -> Result<Vec<MessageView>, CareError> {
    let ids: Vec<MessageId> = rows.iter().map(|row| row.id).collect();
    let identities: Vec<IdentityId> = rows.iter().filter_map(|row| row.identity).collect();
    let people: HashMap<IdentityId, contacts::Identity> =
        contacts::list_identities_by_id(read, &identities)?
            .into_iter()
            .map(|identity| (identity.id, identity))
            .collect();
    let mut agents: Vec<AgentId> = rows.iter().filter_map(|row| row.agent).collect();
    agents.sort_unstable();
    agents.dedup();
    let agent_names = kulant_store::agents::list_names(read, &agents)?;
    let mut inbox_ids: Vec<_> = rows.iter().map(|row| row.inbox).collect();
    inbox_ids.sort_unstable();
    inbox_ids.dedup();
    let places: HashMap<_, _> = inboxes::list_names(read, &inbox_ids)?
        .into_iter()
        .map(|(id, name, channel)| (id, (name, channel)))
        .collect();
    let mut files: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for file in messages::list_attachments(read, &ids)? {
        if let Some(message) = file.message {
            files.entry(message).or_default().push(file);
        }
    }
    let mut reactions: HashMap<MessageId, Vec<Counted>> = HashMap::new();
    for counted in reactions::count(read, &ids)? {
        reactions.entry(counted.message).or_default().push(counted);
    }
    let notes: Vec<MessageId> = rows
        .iter()
        .filter(|row| row.visibility == Visibility::Note)
        .map(|row| row.id)
        .collect();
    let mut mentions: HashMap<MessageId, Vec<AgentId>> = HashMap::new();
    for (message, agent) in mentions::list(read, &notes)? {
        mentions.entry(message).or_default().push(agent);
    }
    let can_be_asked = list_that_can_be_asked(care, read, &rows)?;
    let rows = with_waits(care, read, rows)?;
    let marks: HashMap<MessageId, Marks> = messages::list_marks(read, &ids)?
        .into_iter()
        .map(|marks| (marks.message, marks))
        .collect();
    Ok(rows
        .into_iter()
        .map(|message| {
            let identity = message.identity.and_then(|id| people.get(&id));
            let (inbox_name, channel) = places.get(&message.inbox).cloned().unwrap_or_default();
            let marks = marks.get(&message.id);
            MessageView {
                author: Author {
                    contact: identity.map(|identity| identity.contact),
                    name: identity.and_then(|identity| identity.name.clone()),
                    handle: identity.and_then(|identity| identity.handle.clone()),
                    agent_name: message
                        .agent
                        .and_then(|agent| agent_names.get(&agent).cloned()),
                },
                depth: 0,
                attachments: files.remove(&message.id).unwrap_or_default(),
                reactions: reactions.remove(&message.id).unwrap_or_default(),
                mentions: mentions.remove(&message.id).unwrap_or_default(),
                inbox_name,
                channel,
                found: marks.is_some_and(|marks| marks.found),
                hidden_at: marks.and_then(|marks| marks.hidden_at),
                figures: marks.and_then(|marks| marks.figures),
                can_check: is_uncertain(&message) && can_be_asked.contains(&message.inbox),
                message,
            }
        })
        .collect())
}

/// Returns whether nobody knows what became of a message, and it has words to look for.
fn is_uncertain(message: &Message) -> bool {
    let state = message.delivery.as_ref().map(|delivery| delivery.state);
    state == Some(DeliveryState::Uncertain) && message.deleted_at.is_none()
}

/// Lists the inboxes whose network can be asked for messages of uncertain fate, each looked at once.
fn list_that_can_be_asked(
    care: &Care,
    read: &mut Read<'_>,
    rows: &[Message],
) -> Result<BTreeSet<InboxId>, CareError> {
    let uncertain: BTreeSet<InboxId> = rows
        .iter()
        .filter(|message| is_uncertain(message))
        .map(|message| message.inbox)
        .collect();
    let mut found = BTreeSet::new();
    for id in uncertain {
        if let Some(inbox) = inboxes::find(read, id)?
            && deliver::can_look_up(&accounts::open(care, inbox)?, care.now())
        {
            found.insert(id);
        }
    }
    Ok(found)
}

/// Says of messages whose account is locked out when they are tried next: their rows are not written
/// each time they are put off.
fn with_waits(
    care: &Care,
    read: &mut Read<'_>,
    mut rows: Vec<Message>,
) -> Result<Vec<Message>, CareError> {
    let now = care.now();
    let mut places: HashMap<InboxId, Option<inboxes::Inbox>> = HashMap::new();
    for row in &mut rows {
        let Some(delivery) = &mut row.delivery else {
            continue;
        };
        let is_overdue = delivery.state == DeliveryState::Queued
            && delivery.next_attempt_at.is_some_and(|at| at < now);
        if !is_overdue {
            continue;
        }
        let inbox = match places.entry(row.inbox) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(inboxes::find(read, row.inbox)?),
        };
        let waits = inbox
            .as_ref()
            .and_then(|inbox| deliver::waits_for_account(inbox, row.id, now));
        delivery.next_attempt_at = waits.or(delivery.next_attempt_at);
    }
    Ok(rows)
}

/// Tells how deep each message lies below the first, by who answers whom.
fn set_depths(
    read: &mut Read<'_>,
    id: ConversationId,
    items: &mut [MessageView],
) -> Result<(), CareError> {
    if items.iter().all(|item| item.message.parent.is_none()) {
        return Ok(());
    }
    let parents: HashMap<MessageId, Option<MessageId>> =
        messages::list_parents(read, id)?.into_iter().collect();
    for item in items {
        let mut depth = 0;
        let mut above = item.message.parent;
        while let Some(parent) = above {
            match parents.get(&parent) {
                Some(next) if depth < 50 => {
                    depth += 1;
                    above = *next;
                }
                _ => break,
            }
        }
        item.depth = depth;
    }
    Ok(())
}

/// Returns whether a message is one of ours, so that its author is the house and not a customer.
pub fn is_ours(message: &Message) -> bool {
    message.direction == Direction::Out
}
