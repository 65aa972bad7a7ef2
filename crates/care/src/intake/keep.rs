//! Writes what the intake decided, in one transaction, with the events that tell of it.

use std::collections::{BTreeMap, BTreeSet};

use kulant_model::conversation::Status;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, ConversationId, InboxId, JobId, MessageId};
use kulant_store::conversations::{Conversation, Tally};
use kulant_store::messages::Message;
use kulant_store::{
    StoreError, Tx, alerts, contacts, conversations, deliveries, hits, messages, parties, pieces,
    promises, reactions,
};
use serde_json::json;

use crate::SYSTEM;
use crate::change::take_tally;
use crate::erase;
use crate::preferences;
use crate::wishes;

use super::world::{Happening, Matter, World};
use super::{refused, renamed};

/// Writes everything that changed; returns the names of files that are to go after the commit.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    world: &mut World<'_>,
    actor: ActorId,
) -> Result<Vec<String>, StoreError> {
    keep_people(tx, world)?;
    for confirmation in &world.confirmations {
        if let Some(old) = confirmation.replaces {
            messages::replace(tx, old, confirmation.message)?;
        }
        deliveries::confirm_sent(
            tx,
            confirmation.message,
            confirmation.network_id.as_deref(),
            confirmation.url.as_deref(),
            confirmation.at,
        )?;
    }
    for (message, thread) in &world.learnt_threads {
        deliveries::save_thread(tx, *message, thread)?;
    }
    let failed = refused::keep(tx, world, actor)?;
    world
        .happenings
        .extend(failed.into_iter().map(Happening::Failed));
    clear_alerts(tx, world)?;
    let mut files = keep_lines(tx, world)?;
    files.extend(keep_pieces(tx, world)?);
    for (old, into) in &mut world.joins {
        messages::move_conversation(tx, old.id, *into)?;
        conversations::copy_tags(tx, old.id, *into)?;
        old.joined_into = Some(*into);
        old.waiting_since = None;
        old.unread = false;
    }
    for (old, into) in &world.joins {
        conversations::renew_inboxes(tx, old.id, old.inbox)?;
        if let Some(matter) = world.matters.get(into) {
            conversations::renew_inboxes(tx, *into, matter.row.inbox)?;
        }
    }
    let joined: Vec<Conversation> = world.joins.iter().map(|(old, _)| old.clone()).collect();
    conversations::save(tx, &joined)?;
    keep_hits(tx, world, actor)?;
    keep_files_and_reactions(tx, world)?;
    let threads: Vec<(String, ConversationId)> = world
        .changed_threads
        .iter()
        .map(|thread| (thread.clone(), world.threads[thread]))
        .collect();
    conversations::save_threads(tx, world.destination.inbox, &threads)?;
    keep_matters(tx, world)?;
    renamed::keep(tx, world)?;
    append_events(tx, world, actor);
    wishes::raise(tx, world, actor)?;
    for contact in &world.departed {
        erase::enqueue(tx, JobId(world.next_id()), *contact, world.now)?;
    }
    Ok(files)
}

/// Marks what the listening post brought, and keeps which search found what.
fn keep_hits(tx: &mut Tx<'_>, world: &World<'_>, actor: ActorId) -> Result<(), StoreError> {
    hits::mark(tx, &world.found, world.now)?;
    hits::note_taken_up(tx, &world.files_wanted)?;
    for (hit, tells) in &world.hits {
        let is_new = !hits::insert(tx, &[*hit])?.is_empty();
        if is_new && *tells {
            tx.append(
                NewEvent::new(EventKind::MessageFound, world.now, actor)
                    .inbox(hit.inbox)
                    .brand(world.destination.brand)
                    .team(Some(world.destination.team))
                    .message(hit.message)
                    .facts(json!({"search": hit.search})),
            );
        }
    }
    Ok(())
}

/// What a person was called for because nobody knew whether it left is settled by its echo.
fn clear_alerts(tx: &mut Tx<'_>, world: &World<'_>) -> Result<(), StoreError> {
    let keys: Vec<String> = world
        .confirmations
        .iter()
        .map(|confirmation| format!("message:{}", confirmation.message))
        .collect();
    if alerts::clear_all(tx, &keys, world.now)? > 0 {
        tx.append(NewEvent::new(EventKind::AlertCleared, world.now, SYSTEM));
    }
    Ok(())
}

fn keep_people(tx: &mut Tx<'_>, world: &World<'_>) -> Result<(), StoreError> {
    let new: Vec<_> = world
        .new_identities
        .iter()
        .map(|key| world.identities[key].clone())
        .collect();
    contacts::insert(tx, &world.destination.realm, &new)?;
    let renamed: Vec<_> = world
        .renamed_identities
        .difference(&world.new_identities)
        .map(|key| world.identities[key].clone())
        .collect();
    contacts::rename(tx, &renamed)?;
    for stated in &world.preferences {
        let word = (stated.identity, stated.refuses, stated.at);
        preferences::keep(tx, word, stated.contact, world.now)?;
    }
    Ok(())
}

fn keep_lines(tx: &mut Tx<'_>, world: &mut World<'_>) -> Result<Vec<String>, StoreError> {
    let mut whole: Vec<Message> = Vec::new();
    let mut moved = Vec::new();
    let mut files = Vec::new();
    let mut ids: Vec<MessageId> = world.lines.keys().copied().collect();
    ids.sort_unstable();
    for id in ids {
        let line = world.line_mut(id);
        let known = &line.known;
        if let Some(message) = line.whole.take() {
            whole.push(Message {
                conversation: known.conversation,
                parent: known.parent,
                root: known.root,
                top: known.top,
                body: known.body.clone(),
                edited_at: known.edited_at,
                deleted_at: known.deleted_at,
                ..message
            });
            continue;
        }
        if line.moved {
            moved.push(known.clone());
        }
        if line.deleted {
            let deleted_at = known.deleted_at.unwrap_or_default();
            messages::delete(tx, id, deleted_at)?;
            files.extend(messages::delete_attachments(tx, id)?);
        } else if line.edited {
            let edited_at = known.edited_at.unwrap_or_default();
            messages::edit(tx, id, &known.body, edited_at)?;
        } else if line.grown {
            messages::complete(tx, id, &known.body)?;
        }
    }
    messages::save(tx, &whole)?;
    messages::move_to(tx, &moved)?;
    Ok(files)
}

/// Keeps the pieces of albums; returns the names of files that were taken back.
fn keep_pieces(tx: &mut Tx<'_>, world: &World<'_>) -> Result<Vec<String>, StoreError> {
    for (old, message) in &world.replaced {
        messages::replace(tx, *old, *message)?;
    }
    let changed: Vec<_> = world
        .changed_pieces
        .iter()
        .map(|id| world.pieces[id].clone())
        .collect();
    pieces::save(tx, world.destination.inbox, &changed)?;
    let mut files = Vec::new();
    for file in &world.files_gone {
        files.extend(messages::delete_attachment(tx, *file)?);
    }
    Ok(files)
}

fn keep_files_and_reactions(tx: &mut Tx<'_>, world: &World<'_>) -> Result<(), StoreError> {
    messages::insert_attachments(tx, &world.attachments)?;
    for (upload, message) in &world.tied_uploads {
        if let Ok(upload) = upload.parse() {
            messages::tie_attachment(tx, upload, *message)?;
        }
    }
    for message in &world.files_wanted {
        messages::fetch_files_of(tx, *message, world.now)?;
    }
    let mut reactions: Vec<_> = world.reactions.values().cloned().collect();
    reactions.sort_unstable_by(|a, b| {
        (a.message, a.identity, &a.kind).cmp(&(b.message, b.identity, &b.kind))
    });
    reactions::save(tx, &reactions)?;
    let mut given: Vec<_> = reactions
        .iter()
        .map(|reaction| (reaction.message, reaction.identity))
        .collect();
    given.dedup();
    if world.destination.one_reaction_each {
        reactions::keep_newest(tx, &given)?;
    }
    reactions::settle(tx, &given)
}

/// Adds up the conversations that changed and keeps them as they stand now.
fn keep_matters(tx: &mut Tx<'_>, world: &mut World<'_>) -> Result<(), StoreError> {
    for matter in world.matters.values() {
        if matter.party_changed {
            parties::mark(tx, matter.row.id, matter.row.identity)?;
        }
    }
    let touched: BTreeSet<ConversationId> = world
        .matters
        .values()
        .filter(|matter| matter.touched)
        .map(|matter| matter.row.id)
        .collect();
    // What counts as settled is read from the rows, so those of quiet conversations come first.
    let quiet: Vec<Conversation> = world
        .matters
        .values()
        .filter(|matter| matter.touched && matter.is_new && matter.row.settled_at.is_some())
        .map(|matter| matter.row.clone())
        .collect();
    conversations::save(tx, &quiet)?;
    let tallies: BTreeMap<ConversationId, Tally> =
        conversations::tally(tx, &touched.iter().copied().collect::<Vec<_>>())?
            .into_iter()
            .map(|tally| (tally.conversation, tally))
            .collect();
    let mut rows = Vec::with_capacity(touched.len());
    for id in touched {
        let matter = world
            .matters
            .get_mut(&id)
            .expect("a touched conversation is in the world");
        if let Some(tally) = tallies.get(&id) {
            add_up(matter, tally);
            if matter.row.next_word_at.is_some() {
                matter.row.next_word_at = promises::find_standing(tx, id)?;
            }
            rows.push(matter.row.clone());
        } else if !matter.is_new {
            // Everything in it went elsewhere; it stays as an empty, resolved shell.
            matter.row.status = Status::Resolved;
            matter.row.waiting_since = None;
            rows.push(matter.row.clone());
        }
    }
    conversations::save(tx, &rows)?;
    let mut inboxes: BTreeSet<(InboxId, ConversationId)> = BTreeSet::new();
    for line in world.lines.values() {
        let conversation = line.known.conversation;
        if let Some(matter) = conversation.and_then(|id| world.matters.get(&id))
            && matter.row.inbox != world.destination.inbox
        {
            inboxes.insert((world.destination.inbox, matter.row.id));
        }
    }
    conversations::save_inboxes(tx, &Vec::from_iter(inboxes))
}

/// Puts what the messages add up to into the conversation, and moves its status by it.
pub(crate) fn add_up(matter: &mut Matter, tally: &Tally) {
    let row = &mut matter.row;
    take_tally(row, tally);
    let waits = tally.waiting_since.is_some();
    let ongoing = matches!(row.status, Status::Open | Status::Waiting);
    if waits && (matter.party_wrote || (matter.turns && ongoing)) {
        row.status = Status::Open;
        row.snoozed_until = None;
        row.resolved_at = None;
    } else if matter.turns && ongoing && !waits && tally.first_response_at.is_some() {
        row.status = Status::Waiting;
    }
}

fn append_events(tx: &mut Tx<'_>, world: &World<'_>, actor: ActorId) {
    let about = |kind: EventKind, conversation: Option<ConversationId>| {
        let event = NewEvent::new(kind, world.now, actor)
            .inbox(world.destination.inbox)
            .brand(world.destination.brand);
        match conversation.and_then(|id| world.matters.get(&id)) {
            Some(matter) => event.conversation(matter.row.id).team(matter.row.team),
            None => event,
        }
    };
    for happening in &world.happenings {
        let of_message = |kind: EventKind, id: MessageId| {
            let conversation = world
                .lines
                .get(&id)
                .and_then(|line| line.known.conversation);
            about(kind, conversation).message(id)
        };
        let event = match *happening {
            Happening::Received(id) => of_message(EventKind::MessageReceived, id),
            Happening::AnsweredNatively(id) => {
                of_message(EventKind::MessageSent, id).facts(json!({"native": true}))
            }
            Happening::Edited(id) => of_message(EventKind::MessageEdited, id),
            Happening::Completed(id) => {
                of_message(EventKind::MessageEdited, id).facts(json!({"piece": true}))
            }
            Happening::Deleted(id) => of_message(EventKind::MessageDeleted, id),
            Happening::Reacted(id) => of_message(EventKind::ReactionChanged, id),
            Happening::Failed(id) => of_message(EventKind::MessageFailed, id),
            Happening::Opened(id) => about(EventKind::ConversationOpened, Some(id)),
            Happening::Joined(from, into) => {
                about(EventKind::ConversationJoined, Some(into)).facts(json!({"joined": from}))
            }
        };
        tx.append(event);
    }
    for confirmation in &world.confirmations {
        let conversation = world
            .lines
            .get(&confirmation.message)
            .and_then(|line| line.known.conversation);
        tx.append(about(EventKind::MessageSent, conversation).message(confirmation.message));
    }
}
