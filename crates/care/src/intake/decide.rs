//! Decides what one thing that happened at a network means: which message, whose, where it belongs.
//! Works on the world alone, so that every order of the same things ends the same.

mod found;
mod lines;
mod ours;
mod pieces;
mod place;

use kulant_channels::inbound::{
    Delete, Departure, Edit, Inbound, Post, Preference, Reaction as Reacted,
};
use kulant_model::ids::{ContactId, ConversationId, MessageId};
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use kulant_store::reactions::{self, Reaction};

pub(crate) use lines::awaited;
use lines::{attach, fill, identify, line_of};
pub(crate) use ours::{adopt, warn_of_reused_id};
use ours::{confirm_echo, learn_thread, take_in_status};
use place::{place_below, place_private, place_public};

use super::world::{Become, Happening, Item, Stated, World};

/// Takes one item into the world.
pub(crate) fn take_in(world: &mut World<'_>, item: &Item) {
    match &item.inbound {
        Inbound::Piece(piece) => {
            let (id, album) = (piece.network_id.clone(), piece.album.clone());
            world.albums_of.insert(id, album);
        }
        Inbound::Post(post) => {
            take_in_sought(world, item, post);
            found::note(world, item);
        }
        Inbound::Edit(edit) => take_in_edit(world, edit, item.received_at),
        Inbound::Delete(delete) => take_in_delete(world, delete, item.received_at),
        Inbound::Reaction(reaction) => take_in_reaction(world, reaction, item.received_at),
        Inbound::Status(status) => take_in_status(world, status),
        Inbound::Departure(departure) => take_in_departure(world, departure),
        Inbound::Preference(preference) => take_in_preference(world, preference),
        Inbound::Renaming(renaming) => world.renamings.push(renaming.clone()),
    }
}

/// Takes a post in as what the searches that found it make of it.
fn take_in_sought(world: &mut World<'_>, item: &Item, post: &Post) {
    match item.sought.first().map(|sought| sought.becomes) {
        Some(Become::Found) => found::take_in(world, post, item.received_at),
        Some(Become::TakenUp) => {
            let there = world.by_network.get(&post.network_id).copied();
            let was_seen = there.is_some_and(|id| world.line(id).known.seen_at.is_some());
            take_in_post(world, post, item.received_at);
            if !was_seen {
                let here = world.by_network.get(&post.network_id).copied();
                world.found.extend(here);
            }
        }
        Some(Become::Ordinary) | None => take_in_post(world, post, item.received_at),
    }
}

fn take_in_post(world: &mut World<'_>, post: &Post, received_at: Timestamp) {
    if confirm_echo(world, post) {
        return;
    }
    let there = world.by_network.get(&post.network_id).copied();
    if let Some(known) = there.filter(|id| world.line(*id).known.seen_at.is_some()) {
        learn_thread(world, known, post.thread.as_deref());
        return;
    }
    if pieces::add(world, post) {
        return;
    }
    let id = there.unwrap_or_else(|| MessageId(world.next_id()));
    let was_found = there.is_some_and(|id| found::is_found(world, id));
    let identity = (!post.author.own).then(|| identify(world, &post.author, post.platform_at));
    let parent = post
        .parent
        .as_deref()
        .filter(|parent| *parent != post.network_id)
        .map(|parent| line_of(world, parent, received_at));
    let placed = match post.visibility {
        Visibility::Private | Visibility::Note => place_private(world, post, identity, parent),
        Visibility::Public => place_public(world, id, there.is_some(), post, identity, parent),
    };
    fill(world, id, post, received_at, identity, parent, &placed);
    match placed.place {
        Some(place) if there.is_some() => {
            place_below(world, id, id, place, placed.conversation);
        }
        None if there.is_some() => {
            // What was awaited as a public parent is a private message: no shared context.
            for matter in world.matters.values_mut() {
                if matter.row.post == Some(id) {
                    matter.row.post = None;
                    matter.touched = true;
                }
            }
        }
        _ => {}
    }
    note_in_conversation(world, id, post, placed.conversation);
    if was_found {
        world.files_wanted.push(id);
    } else {
        let now = world.now;
        attach(world, id, &post.attachments, Some(now));
    }
    pieces::begin(world, id, post);
}

fn take_in_departure(world: &mut World<'_>, departure: &Departure) {
    let ids = std::iter::once(&departure.person).chain(&departure.also);
    let known: Vec<ContactId> = ids
        .filter_map(|id| Some(world.identities.get(id)?.contact))
        .collect();
    if known.is_empty() {
        world.unmatched_wishes.extend(departure.wish.clone());
    }
    world.departed.extend(known);
}

/// Notes whether somebody wants to hear from us; of one whom nobody knows there is nothing to keep.
fn take_in_preference(world: &mut World<'_>, preference: &Preference) {
    if let Some(identity) = world.identities.get(&preference.person) {
        let (identity, contact) = (identity.id, identity.contact);
        world.preferences.push(Stated {
            identity,
            contact,
            refuses: preference.refuses,
            at: preference.at,
        });
    }
}

/// Lets the conversation know of its new message.
fn note_in_conversation(
    world: &mut World<'_>,
    id: MessageId,
    said: &Post,
    conversation: Option<ConversationId>,
) {
    let line = world.line(id);
    let is_root = conversation.is_some() && line.known.root == Some(id);
    let parent = line.known.parent;
    let is_party = line.whole.as_ref().is_some_and(|whole| whole.is_party);
    let post = parent.filter(|_| is_root).filter(|parent| {
        let above = &world.line(*parent).known;
        above.conversation.is_none() && above.visibility == Visibility::Public
    });
    let waits = !said.author.own && !is_quiet(world, said);
    if let Some(matter) = conversation.and_then(|id| world.matters.get_mut(&id)) {
        matter.touched = true;
        matter.turns |= said.author.own || is_party || is_root;
        if waits {
            matter.row.unread = true;
            matter.party_wrote |= is_party || is_root;
        }
        if is_root {
            matter.row.post = post;
        }
    }
}

/// Returns whether nobody waits for an answer: a machine said it, or it was said long before the
/// account was connected.
pub(super) fn is_quiet(world: &World<'_>, post: &Post) -> bool {
    let history_until = world.destination.history_until;
    post.automatic || history_until.is_some_and(|until| post.platform_at < until)
}

fn take_in_edit(world: &mut World<'_>, edit: &Edit, received_at: Timestamp) {
    let id = line_of(world, &edit.network_id, received_at);
    let line = world.line_mut(id);
    let known = &mut line.known;
    let newer = match known.edited_at {
        None => true,
        // Of two edits at the same time the same one wins in every order.
        Some(before) => (before, known.body.as_str()) < (edit.edited_at, edit.text.as_str()),
    };
    if known.deleted_at.is_some() || !newer {
        return;
    }
    known.body.clone_from(&edit.text);
    known.edited_at = Some(edit.edited_at);
    let (seen, conversation) = (known.seen_at.is_some(), known.conversation);
    line.edited = true;
    world.touch(conversation);
    if seen {
        world.happenings.push(Happening::Edited(id));
    }
}

fn take_in_delete(world: &mut World<'_>, delete: &Delete, received_at: Timestamp) {
    if pieces::take_back(world, delete) {
        return;
    }
    let id = line_of(world, &delete.network_id, received_at);
    if world.hidden.contains(&id) {
        return;
    }
    let line = world.line_mut(id);
    let earlier = match line.known.deleted_at {
        None => true,
        Some(before) => delete.deleted_at < before,
    };
    if !earlier {
        return;
    }
    line.known.deleted_at = Some(delete.deleted_at);
    line.known.edited_at = None;
    line.known.body.clear();
    line.deleted = true;
    if let Some(whole) = &mut line.whole {
        whole.title = None;
        whole.url = None;
    }
    let (seen, conversation) = (line.known.seen_at.is_some(), line.known.conversation);
    world.attachments.retain(|file| file.message != Some(id));
    world.tied_uploads.retain(|(_, message)| *message != id);
    world.touch(conversation);
    if seen {
        world.happenings.push(Happening::Deleted(id));
    }
}

fn take_in_reaction(world: &mut World<'_>, reacted: &Reacted, received_at: Timestamp) {
    if reacted.author.own {
        return;
    }
    let message = line_of(world, &reacted.of, received_at);
    let identity = identify(world, &reacted.author, reacted.at);
    let reaction = Reaction {
        message,
        identity,
        kind: reacted.kind.clone(),
        changed_at: reacted.at,
        removed_at: (!reacted.added).then_some(reacted.at),
    };
    if reaction.kind == reactions::ANY && reacted.added {
        return;
    }
    let key = (message, identity, reacted.kind.clone());
    let newer = world.reactions.get(&key).is_none_or(|before| {
        (before.changed_at, before.removed_at.is_some())
            < (reaction.changed_at, reaction.removed_at.is_some())
    });
    if newer {
        world.reactions.insert(key, reaction);
        world.happenings.push(Happening::Reacted(message));
    }
}
