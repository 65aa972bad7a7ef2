//! The frame of every change that a person makes to a conversation: in scope, at the version that
//! the person saw, kept with its events.

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::conversations::{self, Conversation, Tally};
use kulant_store::messages::Message;
use kulant_store::{StoreError, Tx, deliveries, promises};

use crate::error::CareError;
use crate::{Care, access, announce};

/// What a change has at hand besides the row.
pub(crate) struct Changing {
    pub now: Timestamp,
    pub person: Person,
    pub ids: std::sync::Arc<kulant_model::ids::IdMaker>,
}

impl Changing {
    pub(crate) fn new(care: &Care, person: &Person) -> Self {
        Self {
            now: care.now(),
            person: person.clone(),
            ids: care.ids(),
        }
    }

    /// Starts an event about this conversation by this person.
    pub(crate) fn event(&self, kind: EventKind, row: &Conversation) -> NewEvent {
        NewEvent::new(kind, self.now, self.person.actor)
            .conversation(row.id)
            .inbox(row.inbox)
            .brand(row.brand)
            .team(row.team)
    }

    /// Starts an event about a message by this person, in its conversation where it has one.
    pub(crate) fn event_of(
        &self,
        kind: EventKind,
        message: &Message,
        row: Option<&Conversation>,
    ) -> NewEvent {
        match row {
            Some(row) => self.event(kind, row),
            None => NewEvent::new(kind, self.now, self.person.actor).inbox(message.inbox),
        }
        .message(message.id)
    }

    pub(crate) fn next_id(&self) -> i64 {
        self.ids.next(self.now)
    }
}

/// Loads a conversation that this person may see, kept from changing until the transaction ends.
pub(crate) fn load(
    tx: &mut Tx<'_>,
    person: &Person,
    id: ConversationId,
) -> Result<Conversation, CareError> {
    conversations::list_locked(tx, &[id])?
        .into_iter()
        .next()
        .filter(|row| person.scope.includes(row.team))
        .ok_or(CareError::NotFound)
}

/// Says no unless this person may change messages of ours: answers, or what we say of ourselves.
pub(crate) fn require_words(person: &Person) -> Result<(), CareError> {
    if person.may(Permission::Announce) {
        return Ok(());
    }
    access::require(person, Permission::WriteConversations)
}

/// Loads the conversation of a message that this person may change, as `load` does; none where we
/// said it of ourselves, and the message itself is kept from changing.
pub(crate) fn load_of(
    tx: &mut Tx<'_>,
    person: &Person,
    message: &Message,
) -> Result<Option<Conversation>, CareError> {
    match message.conversation {
        Some(conversation) => {
            access::require(person, Permission::WriteConversations)?;
            load(tx, person, conversation).map(Some)
        }
        None if announce::may_see(tx, person, message.id)? => {
            deliveries::lock(tx, message.id)?;
            Ok(None)
        }
        None => Err(CareError::NotFound),
    }
}

/// Changes a conversation at the version that the person saw. Returns what the closure returns.
pub(crate) async fn change<T, F>(
    care: &Care,
    person: &Person,
    id: ConversationId,
    version: i64,
    work: F,
) -> Result<T, CareError>
where
    T: Send + 'static,
    F: FnOnce(&mut Tx<'_>, &mut Conversation, &Changing) -> Result<T, CareError> + Send + 'static,
{
    access::require(person, Permission::WriteConversations)?;
    let changing = Changing::new(care, person);
    care.store
        .write(move |tx| {
            let mut row = load(tx, &changing.person, id)?;
            if row.version != version {
                return Err(CareError::Conflict {
                    current: row.version,
                });
            }
            if row.joined_into.is_some() {
                return Err(kulant_model::refusal::Refusal::new("conversation_is_joined").into());
            }
            let outcome = work(tx, &mut row, &changing)?;
            conversations::save(tx, &[row])?;
            Ok(outcome)
        })
        .await
}

/// Puts what the messages add up to into a conversation, without moving its status.
pub(crate) fn add_up(tx: &mut Tx<'_>, row: &mut Conversation) -> Result<(), StoreError> {
    if let Some(tally) = conversations::tally(tx, &[row.id])?.into_iter().next() {
        take_tally(row, &tally);
        if row.next_word_at.is_some() {
            row.next_word_at = promises::find_standing(tx, row.id)?;
        }
    } else {
        row.message_count = 0;
        row.waiting_since = None;
        row.last_message = MessageId(0);
    }
    Ok(())
}

/// Copies what the messages add up to.
pub(crate) fn take_tally(row: &mut Conversation, tally: &Tally) {
    row.message_count = tally.message_count;
    row.voices = tally.voices;
    row.opened_at = tally.opened_at;
    // What came back after its snooze stays up until something newer is said.
    let woken_at = Some(row.surfaced_at).filter(|at| *at > row.last_message_at);
    row.last_message_at = tally.last_message_at;
    row.surfaced_at = woken_at.map_or(row.last_message_at, |at| at.max(row.last_message_at));
    row.last_message = tally.last_message;
    row.waiting_since = tally.waiting_since;
    row.first_response_at = tally.first_response_at;
    let visibility = match (tally.has_public, tally.has_private) {
        (true, true) => "mixed",
        (false, true) => "private",
        _ => "public",
    };
    visibility.clone_into(&mut row.visibility);
}
