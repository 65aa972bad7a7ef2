//! Puts together what belongs together, and apart what does not: every step can be taken back.

use kulant_model::conversation::{Priority, Status};
use kulant_model::event::EventKind;
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_store::conversations::Conversation;
use kulant_store::messages::{self};
use kulant_store::{conversations as rows, parties};
use serde_json::json;

use crate::change::{self, Changing, change};
use crate::error::CareError;
use crate::{Care, access};

/// Joins a conversation into another one; can be undone.
pub async fn join(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    into: ConversationId,
) -> Result<(), CareError> {
    if id == into {
        return Err(Refusal::new("cannot_join_itself").into());
    }
    change(care, person, id, version, move |tx, row, changing| {
        let mut target = change::load(tx, &changing.person, into)?;
        if target.joined_into.is_some() {
            return Err(Refusal::new("conversation_is_joined").into());
        }
        if target.brand != row.brand {
            return Err(Refusal::new("other_brand").into());
        }
        let moved = rows::list_message_ids(tx, id)?;
        messages::move_conversation(tx, id, into)?;
        rows::copy_tags(tx, id, into)?;
        rows::renew_inboxes(tx, id, row.inbox)?;
        rows::renew_inboxes(tx, into, target.inbox)?;
        target.unread |= row.unread;
        target.settled_at = target.settled_at.max(row.settled_at);
        if row.status == Status::Open {
            target.status = Status::Open;
            target.snoozed_until = None;
            target.resolved_at = None;
        }
        parties::mark(tx, into, target.identity)?;
        change::add_up(tx, &mut target)?;
        row.joined_into = Some(into);
        row.waiting_since = None;
        row.unread = false;
        tx.append(
            changing
                .event(EventKind::ConversationJoined, &target)
                .facts(json!({"joined": id, "messages": moved})),
        );
        tx.append(
            changing
                .event(EventKind::ConversationJoined, row)
                .facts(json!({"into": into})),
        );
        Ok(rows::save(tx, &[target])?)
    })
    .await
}

/// Undoes a joining: the messages that came along go back.
pub async fn unjoin(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
) -> Result<(), CareError> {
    access::require(person, Permission::WriteConversations)?;
    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let mut row = change::load(tx, &changing.person, id)?;
            if row.version != version {
                return Err(CareError::Conflict {
                    current: row.version,
                });
            }
            let into = row
                .joined_into
                .ok_or_else(|| Refusal::new("conversation_is_not_joined"))?;
            let moved = rows::list_joined_messages(tx, into, id)?;
            if moved.is_empty() {
                return Err(Refusal::new("joined_by_the_network").into());
            }
            let mut target = change::load(tx, &changing.person, into)?;
            if target.joined_into.is_some() {
                // What came along has gone on with it.
                return Err(Refusal::new("joined_further").into());
            }
            rows::move_messages(tx, &moved, into, id)?;
            if rows::list_message_ids(tx, id)?.is_empty() {
                return Err(Refusal::new("nothing_to_take_back").into());
            }
            rows::take_threads_back(tx, into, id)?;
            rows::renew_inboxes(tx, id, row.inbox)?;
            rows::renew_inboxes(tx, into, target.inbox)?;
            row.joined_into = None;
            parties::mark(tx, id, row.identity)?;
            parties::mark(tx, into, target.identity)?;
            change::add_up(tx, &mut row)?;
            change::add_up(tx, &mut target)?;
            tx.append(
                changing
                    .event(EventKind::ConversationUnjoined, &row)
                    .facts(json!({"from": into})),
            );
            tx.append(
                changing
                    .event(EventKind::ConversationUnjoined, &target)
                    .facts(json!({"left": id})),
            );
            Ok(rows::save(tx, &[row, target])?)
        })
        .await
}

/// Gives messages a conversation of their own, linked to the one they leave.
pub async fn split(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    mut moving: Vec<MessageId>,
) -> Result<ConversationId, CareError> {
    moving.sort_unstable();
    moving.dedup();
    if moving.is_empty() {
        return Err(CareError::invalid(
            "messages",
            "required",
            "name the messages",
        ));
    }
    change(care, person, id, version, move |tx, row, changing| {
        let there = rows::list_message_ids(tx, id)?;
        if moving.iter().any(|message| !there.contains(message)) {
            return Err(CareError::invalid(
                "messages",
                "unknown",
                "not a message of this conversation",
            ));
        }
        if there.len() == moving.len() {
            return Err(Refusal::new("nothing_would_stay").into());
        }
        let party = messages::list_by_id(tx, &moving)?
            .into_iter()
            .filter(|message| message.identity.is_some())
            .min_by_key(|message| (message.platform_at, message.id))
            .ok_or_else(|| Refusal::new("no_customer_in_selection"))?;
        let contact = match party.identity {
            Some(identity) => kulant_store::contacts::find_identity(tx, identity)?,
            None => None,
        };
        let new = ConversationId(changing.next_id());
        rows::move_messages(tx, &moving, id, new)?;
        let mut opened = Conversation {
            id: new,
            version: 1,
            agent: None,
            contact: contact.as_ref().map(|identity| identity.contact),
            identity: party.identity,
            root: Some(party.id),
            post: row.post,
            subject: None,
            status: Status::Open,
            snoozed_until: None,
            priority: Priority::Normal,
            kind: party.kind,
            unread: false,
            settled_at: None,
            resolved_at: None,
            joined_into: None,
            linked_to: Some(row.id),
            inbox: party.inbox,
            ..row.clone()
        };
        rows::renew_inboxes(tx, new, opened.inbox)?;
        rows::renew_inboxes(tx, id, row.inbox)?;
        parties::mark(tx, new, party.identity)?;
        parties::mark(tx, id, row.identity)?;
        change::add_up(tx, &mut opened)?;
        change::add_up(tx, row)?;
        tx.append(
            changing
                .event(EventKind::ConversationSplit, row)
                .facts(json!({"into": new, "messages": moving})),
        );
        tx.append(
            changing
                .event(EventKind::ConversationOpened, &opened)
                .facts(json!({"split_from": row.id})),
        );
        rows::save(tx, &[opened])?;
        Ok(new)
    })
    .await
}
