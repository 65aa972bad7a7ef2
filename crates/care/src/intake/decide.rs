//! Decides what one thing that happened at a network means: which message, whose, where it belongs.
//! Works on the world alone, so that every order of the same things ends the same.

mod found;
mod pieces;
mod place;

use kulant_channels::inbound::{
    AttachmentSource, Author, Delete, Departure, Edit, Inbound, InboundAttachment, Post,
    Preference, Reaction as Reacted, Status,
};
use kulant_model::ids::{AttachmentId, ContactId, ConversationId, IdentityId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Kind, Visibility};
use kulant_model::time::Timestamp;
use kulant_store::contacts::Identity;
use kulant_store::messages::{Attachment, Delivery, Known, Message};
use kulant_store::reactions::{self, Reaction};
use tracing::warn;

use place::{Placed, place_below, place_of, place_private, place_public};

use super::load;
use super::world::{Become, Confirmation, Happening, Item, Line, Refused, Stated, World};

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

/// Recognises our own message coming back, and takes it as the network's confirmation.
fn confirm_echo(world: &mut World<'_>, post: &Post) -> bool {
    let Some(ours) = find_ours(world, post.echo_of.as_deref()) else {
        return false;
    };
    confirm(
        world,
        ours,
        (&post.network_id, post.url.as_deref()),
        post.platform_at,
    );
    learn_thread(world, ours, post.thread.as_deref());
    true
}

fn find_ours(world: &World<'_>, echo_of: Option<&str>) -> Option<MessageId> {
    load::ours(echo_of).filter(|id| {
        let line = world.lines.get(id);
        line.is_some_and(|line| line.known.direction == Direction::Out)
    })
}

/// Gives a message of ours its network id and takes it as sent, unless it has one already.
fn confirm(
    world: &mut World<'_>,
    ours: MessageId,
    (network_id, url): (&str, Option<&str>),
    at: Timestamp,
) {
    let line = world.line(ours);
    if line.known.network_id.is_some() {
        return;
    }
    let conversation = line.known.conversation;
    let replaces = world
        .by_network
        .get(network_id)
        .copied()
        .filter(|old| *old != ours);
    let is_free = replaces.is_none_or(|old| world.line(old).known.stands_in());
    if is_free {
        world.line_mut(ours).known.network_id = Some(network_id.to_owned());
        world.by_network.insert(network_id.to_owned(), ours);
    } else {
        warn_of_reused_id(ours);
    }
    let replaces = replaces.filter(|_| is_free);
    if let Some(old) = replaces {
        adopt(world, ours, old);
    }
    world.confirmations.push(Confirmation {
        message: ours,
        network_id: is_free.then(|| network_id.to_owned()),
        url: url.map(str::to_owned),
        at,
        replaces,
    });
    world.touch(conversation);
}

/// Learns into which private thread a message of ours went: what is said there from now on belongs
/// to its conversation.
fn learn_thread(world: &mut World<'_>, ours: MessageId, thread: Option<&str>) {
    let known = &world.line(ours).known;
    let (Some(thread), Some(conversation)) = (thread, known.conversation) else {
        return;
    };
    let is_new = known.direction == Direction::Out
        && known.visibility == Visibility::Private
        && known.thread.is_none();
    if !is_new {
        return;
    }
    world.line_mut(ours).known.thread = Some(thread.to_owned());
    world.learnt_threads.push((ours, thread.to_owned()));
    world.threads.insert(thread.to_owned(), conversation);
    world.changed_threads.insert(thread.to_owned());
}

/// Takes the network's word on what became of a message of ours; one that we do not know is none of
/// ours.
fn take_in_status(world: &mut World<'_>, status: &Status) {
    let known = world.by_network.get(&status.network_id).copied();
    let known = known.filter(|id| world.line(*id).known.direction == Direction::Out);
    let Some(ours) = find_ours(world, status.echo_of.as_deref()).or(known) else {
        return;
    };
    let Some((class, detail)) = &status.failure else {
        confirm(world, ours, (&status.network_id, None), status.at);
        return;
    };
    world.refused.push(Refused {
        message: ours,
        class: class.clone(),
        detail: detail.clone(),
    });
    let conversation = world.line(ours).known.conversation;
    world.touch(conversation);
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

/// Tells that a network gave a message of ours the id of another one, which keeps it.
pub(crate) fn warn_of_reused_id(ours: MessageId) {
    warn!(message.id = %ours, "the network named an id that another message has; it is not kept");
}

/// Puts a message of ours in the place of a row that stood for it before we knew its network id.
/// What customers wrote below it belongs to its conversation.
pub(crate) fn adopt(world: &mut World<'_>, ours: MessageId, old: MessageId) {
    let conversation = world.line(ours).known.conversation;
    let stale = world.line(old).known.conversation;
    if let Some(place) = place_of(world, ours) {
        place_below(world, old, ours, place, conversation);
    }
    if let Some(line) = world.lines.remove(&old) {
        learn_thread(world, ours, line.known.thread.as_deref());
    }
    for line in world.lines.values_mut() {
        if line.known.parent == Some(old) {
            line.known.parent = Some(ours);
            if let Some(whole) = &mut line.whole {
                whole.parent = Some(ours);
            }
        }
    }
    world.touch(stale);
}

/// Writes a post into its line, which may have been a placeholder with an edit or a deletion.
fn fill(
    world: &mut World<'_>,
    id: MessageId,
    post: &Post,
    received_at: Timestamp,
    identity: Option<IdentityId>,
    parent: Option<MessageId>,
    placed: &Placed,
) {
    let now = world.now;
    let inbox = world.destination.inbox;
    let old = world.lines.remove(&id).map(|line| line.known);
    let edited = old
        .as_ref()
        .and_then(|old| old.edited_at.map(|at| (at, old.body.clone())));
    let deleted_at = old.as_ref().and_then(|old| old.deleted_at);
    let body = match (&edited, deleted_at) {
        (_, Some(_)) => String::new(),
        (Some((_, body)), None) => body.clone(),
        (None, None) => post.text.clone(),
    };
    let direction = if post.author.own {
        Direction::Out
    } else {
        Direction::In
    };
    let known = Known {
        id,
        network_id: Some(post.network_id.clone()),
        direction,
        visibility: post.visibility,
        identity,
        agent: None,
        conversation: placed.conversation,
        parent,
        root: placed.place.and_then(|place| place.root).map(MessageId),
        top: placed.place.map(|place| MessageId(place.top)),
        thread: placed.thread.clone(),
        seen_at: Some(received_at),
        edited_at: edited.map(|(at, _)| at),
        deleted_at,
        body,
    };
    let gone = deleted_at.is_some();
    let whole = Message {
        id,
        inbox,
        conversation: None,
        network_id: known.network_id.clone(),
        direction,
        visibility: post.visibility,
        identity,
        agent: None,
        is_party: placed.is_party,
        // Nobody waits for an answer to what a machine said.
        kind: post.automatic.then_some(Kind::Other),
        title: post.title.clone().filter(|_| !gone),
        body: String::new(),
        url: post.url.clone().filter(|_| !gone),
        parent,
        root: None,
        top: None,
        thread: placed.thread.clone(),
        seen_at: Some(received_at),
        // The network's time, but never later than when we had it.
        platform_at: post.platform_at.min(received_at),
        received_at,
        stored_at: now,
        edited_at: None,
        deleted_at,
        signature: None,
        template: None,
        answers_until: post.author.own.then(|| post.platform_at.min(received_at)),
        delivery: post.author.own.then(|| Delivery {
            state: DeliveryState::Sent,
            send_at: None,
            sent_at: Some(post.platform_at.min(received_at)),
            attempts: 0,
            next_attempt_at: None,
            failure: None,
        }),
    };
    world.by_network.insert(post.network_id.clone(), id);
    world.lines.insert(
        id,
        Line {
            known,
            whole: Some(whole),
            moved: false,
            edited: false,
            deleted: false,
            grown: false,
        },
    );
    world.happenings.push(if post.author.own {
        Happening::AnsweredNatively(id)
    } else {
        Happening::Received(id)
    });
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

/// Finds the line of a network id, or makes a placeholder for a message not seen yet.
fn line_of(world: &mut World<'_>, network_id: &str, received_at: Timestamp) -> MessageId {
    if let Some(id) = world.by_network.get(network_id) {
        return *id;
    }
    let id = MessageId(world.next_id());
    let known = Known {
        id,
        network_id: Some(network_id.to_owned()),
        direction: Direction::In,
        visibility: Visibility::Public,
        identity: None,
        agent: None,
        conversation: None,
        parent: None,
        root: None,
        top: Some(id),
        thread: None,
        seen_at: None,
        edited_at: None,
        deleted_at: None,
        body: String::new(),
    };
    let place = (world.destination.inbox, id, network_id);
    let whole = Message {
        stored_at: world.now,
        ..awaited(place, received_at)
    };
    world.by_network.insert(network_id.to_owned(), id);
    world.lines.insert(
        id,
        Line {
            known,
            whole: Some(whole),
            moved: false,
            edited: false,
            deleted: false,
            grown: false,
        },
    );
    id
}

/// Makes the row of a message that is not seen yet.
pub(crate) fn awaited(
    (inbox, id, network_id): (InboxId, MessageId, &str),
    received_at: Timestamp,
) -> Message {
    Message {
        id,
        inbox,
        conversation: None,
        network_id: Some(network_id.to_owned()),
        direction: Direction::In,
        visibility: Visibility::Public,
        identity: None,
        agent: None,
        is_party: false,
        kind: None,
        title: None,
        body: String::new(),
        url: None,
        parent: None,
        root: None,
        top: Some(id),
        thread: None,
        seen_at: None,
        platform_at: received_at,
        received_at,
        stored_at: received_at,
        edited_at: None,
        deleted_at: None,
        signature: None,
        template: None,
        answers_until: None,
        delivery: None,
    }
}

/// Finds who said it, or notes somebody new; the newest name that the network used counts, and an id
/// in the place of a name is none.
fn identify(world: &mut World<'_>, author: &Author, at: Timestamp) -> IdentityId {
    let is_name = |name: &str| !name.is_empty() && name != author.network_id;
    let name = Some(author.name.trim().to_owned()).filter(|name| !name.is_empty());
    if let Some(identity) = world.identities.get_mut(&author.network_id) {
        let differs = identity.name != name || identity.handle != author.handle;
        let was_named = identity.name.as_deref().is_some_and(is_name);
        let is_named = name.as_deref().is_some_and(is_name);
        let newer = at > identity.named_at && (is_named || !was_named);
        if differs && (newer || (is_named && !was_named)) {
            identity.name = name;
            identity.handle = author.handle.clone().or(identity.handle.take());
            identity.named_at = identity.named_at.max(at);
            world.renamed_identities.insert(author.network_id.clone());
        }
        return identity.id;
    }
    let identity = Identity {
        id: IdentityId(world.next_id()),
        contact: ContactId(world.next_id()),
        inbox: world.destination.inbox,
        network_id: author.network_id.clone(),
        name,
        handle: author.handle.clone(),
        named_at: at,
        refuses_since: None,
    };
    let id = identity.id;
    world.contacts.insert(id, identity.contact);
    world.new_identities.insert(author.network_id.clone());
    world.identities.insert(author.network_id.clone(), identity);
    id
}

/// Notes the files of a message, and when those that lie at the network are fetched.
fn attach(
    world: &mut World<'_>,
    message: MessageId,
    files: &[InboundAttachment],
    fetch_at: Option<Timestamp>,
) {
    if world.line(message).known.deleted_at.is_some() {
        return;
    }
    for file in files {
        match &file.source {
            AttachmentSource::Upload(upload) => {
                world.tied_uploads.push((upload.clone(), message));
            }
            AttachmentSource::Url(url) => {
                let attachment = Attachment {
                    id: AttachmentId(world.next_id()),
                    message: Some(message),
                    inbox: Some(world.destination.inbox),
                    agent: None,
                    name: file.name.clone(),
                    media_type: file.media_type.clone(),
                    size: file.size.map(|size| size as i64),
                    source_url: Some(url.clone()),
                    file_name: None,
                    alt: None,
                    created_at: world.now,
                    fetch_at,
                    missing: None,
                };
                world.attachments.push(attachment);
            }
            // Bytes are put on disk before the batch and arrive here as uploads.
            AttachmentSource::Bytes(_) => {}
        }
    }
}
