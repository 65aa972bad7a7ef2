//! Loads what the intake must know before it can decide about a batch: one question per kind of row.

use std::collections::BTreeSet;

use kulant_channels::inbound::Inbound;
use kulant_model::ids::{ConversationId, MessageId};
use kulant_store::{StoreError, Tx, contacts, conversations, hits, messages, pieces};

use super::world::{Item, World};
use crate::erase::marks::{self, Marks};

/// Fills the world with everything that the items speak of.
pub(crate) fn load(
    tx: &mut Tx<'_>,
    world: &mut World<'_>,
    items: &[Item],
    marks: &Marks,
) -> Result<(), StoreError> {
    let mut network_ids = BTreeSet::new();
    let mut echoes = BTreeSet::new();
    let mut people = BTreeSet::new();
    let mut threads = BTreeSet::new();
    for item in items {
        if !item.inbound.is_of_person() {
            network_ids.insert(item.inbound.network_id());
        }
        match &item.inbound {
            Inbound::Post(post) => {
                network_ids.extend(post.parent.as_deref());
                echoes.extend(ours(post.echo_of.as_deref()));
                if !post.author.own {
                    people.insert(post.author.network_id.as_str());
                }
                if post.visibility == kulant_model::message::Visibility::Private {
                    threads.insert(
                        post.thread
                            .as_deref()
                            .unwrap_or(post.author.network_id.as_str()),
                    );
                }
            }
            Inbound::Reaction(reaction) if !reaction.author.own => {
                people.insert(reaction.author.network_id.as_str());
            }
            Inbound::Status(status) => echoes.extend(ours(status.echo_of.as_deref())),
            Inbound::Departure(departure) => {
                people.insert(departure.person.as_str());
                people.extend(departure.also.iter().map(String::as_str));
            }
            Inbound::Preference(preference) => {
                people.insert(preference.person.as_str());
            }
            Inbound::Renaming(renaming) => {
                people.extend([renaming.from.as_str(), renaming.to.as_str()]);
            }
            Inbound::Piece(_) | Inbound::Reaction(_) | Inbound::Edit(_) | Inbound::Delete(_) => {}
        }
    }
    let inbox = world.destination.inbox;
    // Somebody may take one of them up at this moment.
    hits::lock_found(tx, inbox, &Vec::from_iter(network_ids.clone()))?;
    for known in messages::list_known(tx, inbox, &Vec::from_iter(network_ids.clone()))? {
        world.learn(known);
    }
    network_ids.retain(|id| !world.by_network.contains_key(*id));
    for known in marks::list_erased(tx, marks, inbox, &Vec::from_iter(network_ids))? {
        world.erased.extend(known.network_id.clone());
        world.learn(known);
    }
    for known in messages::list_known_by_id(tx, inbox, &Vec::from_iter(echoes))? {
        world.learn(known);
    }
    load_pieces(tx, world, items, marks)?;
    load_hidden(tx, world, items)?;
    load_roots(tx, world)?;
    let awaited: Vec<MessageId> = items
        .iter()
        .filter(|item| matches!(item.inbound, Inbound::Post(_)))
        .filter_map(|item| world.by_network.get(item.inbound.network_id()))
        .filter(|id| world.line(**id).known.seen_at.is_none())
        .copied()
        .collect();
    load_below(tx, world, &awaited)?;
    let people = Vec::from_iter(people);
    for identity in contacts::list_identities_by_network(tx, &world.destination.realm, &people)? {
        world.learn_identity(identity);
    }
    world.threads = conversations::list_of_threads(tx, inbox, &Vec::from_iter(threads))?
        .into_iter()
        .collect();
    load_matters(tx, world)
}

/// Loads the albums of which pieces come or are spoken of, with the message that each of them is.
fn load_pieces(
    tx: &mut Tx<'_>,
    world: &mut World<'_>,
    items: &[Item],
    marks: &Marks,
) -> Result<(), StoreError> {
    let inbox = world.destination.inbox;
    let mut named = BTreeSet::new();
    let mut albums = BTreeSet::new();
    for item in items.iter().filter(|item| !item.inbound.is_of_person()) {
        named.insert(item.inbound.network_id());
        match &item.inbound {
            Inbound::Post(post) => named.extend(post.parent.as_deref()),
            Inbound::Piece(piece) => {
                albums.insert(piece.album.as_str());
            }
            _ => {}
        }
    }
    let (named, albums) = (Vec::from_iter(named), Vec::from_iter(albums));
    let mut found = pieces::list_beside(tx, inbox, &named)?;
    found.extend(pieces::list_of_albums(tx, inbox, &albums)?);
    let erased = marks::list_erased_pieces(tx, marks, inbox, &[named, albums].concat())?;
    for piece in &erased {
        world.erased.insert(piece.network_id.clone());
        world.erased_albums.insert(piece.album.clone());
    }
    found.extend(erased);
    let messages: BTreeSet<MessageId> = found.iter().map(|piece| piece.message).collect();
    for known in messages::list_known_by_id(tx, inbox, &Vec::from_iter(messages))? {
        world.learn(known);
    }
    for piece in found {
        if !world.lines.contains_key(&piece.message) {
            continue;
        }
        let id = piece.network_id.clone();
        world.by_network.insert(id.clone(), piece.message);
        world.albums.insert(piece.album.clone(), piece.message);
        world.pieces.insert(id, piece);
    }
    Ok(())
}

/// Reads which message of ours the network speaks of.
pub(super) fn ours(echo_of: Option<&str>) -> Option<MessageId> {
    echo_of?.parse().ok()
}

/// Learns what of the things that are missing we have hidden ourselves.
fn load_hidden(tx: &mut Tx<'_>, world: &mut World<'_>, items: &[Item]) -> Result<(), StoreError> {
    if !world.destination.hidden_goes_missing {
        return Ok(());
    }
    let missing: Vec<MessageId> = items
        .iter()
        .filter(|item| matches!(item.inbound, Inbound::Delete(_)))
        .filter_map(|item| world.by_network.get(item.inbound.network_id()).copied())
        .collect();
    // What stands below a hidden one is not shown either.
    let above = |world: &World<'_>, id: &MessageId| -> Vec<MessageId> {
        let known = world.lines.get(id).map(|line| &line.known);
        known
            .into_iter()
            .flat_map(|known| [known.parent, known.root])
            .flatten()
            .collect()
    };
    let mut asked = missing.clone();
    asked.extend(missing.iter().flat_map(|id| above(world, id)));
    let hidden: BTreeSet<MessageId> = messages::list_marks(tx, &asked)?
        .into_iter()
        .filter(|marks| marks.hidden_at.is_some())
        .map(|marks| marks.message)
        .collect();
    for id in missing {
        if hidden.contains(&id) || above(world, &id).iter().any(|id| hidden.contains(id)) {
            world.hidden.insert(id);
        }
    }
    Ok(())
}

/// Loads the topmost messages above those of the world: their authors are party below them.
fn load_roots(tx: &mut Tx<'_>, world: &mut World<'_>) -> Result<(), StoreError> {
    let roots: BTreeSet<MessageId> = world
        .lines
        .values()
        .filter_map(|line| line.known.root)
        .filter(|root| !world.lines.contains_key(root))
        .collect();
    let inbox = world.destination.inbox;
    for known in messages::list_known_by_id(tx, inbox, &Vec::from_iter(roots))? {
        world.learn(known);
    }
    Ok(())
}

/// Loads everything below placeholders that are seen now.
pub(crate) fn load_below(
    tx: &mut Tx<'_>,
    world: &mut World<'_>,
    awaited: &[MessageId],
) -> Result<(), StoreError> {
    for known in messages::list_known_below(tx, awaited)? {
        world.learn(known);
    }
    Ok(())
}

/// Loads the conversations of all messages and threads in the world, and keeps them from changing.
/// What an agent joined or split while it was waited for is read again, until it stands still.
pub(crate) fn load_matters(tx: &mut Tx<'_>, world: &mut World<'_>) -> Result<(), StoreError> {
    let mut locked = BTreeSet::new();
    loop {
        let named = named_matters(world);
        let fresh: Vec<ConversationId> = named.difference(&locked).copied().collect();
        if fresh.is_empty() {
            world.matters.retain(|id, _| named.contains(id));
            return Ok(());
        }
        for row in conversations::list_locked(tx, &fresh)? {
            world.learn_matter(row);
        }
        locked.extend(fresh);
        if tx.dialect().has_other_writers() {
            find_places_again(tx, world)?;
        }
    }
}

fn named_matters(world: &World<'_>) -> BTreeSet<ConversationId> {
    world
        .lines
        .values()
        .filter_map(|line| line.known.conversation)
        .chain(world.threads.values().copied())
        .collect()
}

/// Reads anew to which conversations messages and threads belong: they were read before the lock.
fn find_places_again(tx: &mut Tx<'_>, world: &mut World<'_>) -> Result<(), StoreError> {
    let placed: Vec<MessageId> = world
        .lines
        .values()
        .filter(|line| line.known.conversation.is_some())
        .map(|line| line.known.id)
        .collect();
    for (id, conversation) in messages::list_conversations(tx, &placed)? {
        world.line_mut(id).known.conversation = conversation;
    }
    let threads: Vec<&str> = world.threads.keys().map(String::as_str).collect();
    let again = conversations::list_of_threads(tx, world.destination.inbox, &threads)?;
    world.threads.extend(again);
    Ok(())
}
