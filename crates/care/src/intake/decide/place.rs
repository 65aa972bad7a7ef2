//! Where a message belongs: its place in the public graph or in a private thread, the conversation
//! that it opens or goes on with, and what moves when a message above it is seen at last.

use kulant_channels::inbound::Post;
use kulant_model::conversation::{self, Priority, PrivateMatter, Status};
use kulant_model::ids::{ContactId, ConversationId, IdentityId, MessageId};
use kulant_model::message::Visibility;
use kulant_model::threading::{self, Place};
use kulant_model::time::Timestamp;
use kulant_store::conversations::Conversation;

use super::is_quiet;
use crate::intake::world::{Happening, Matter, World};

/// Where a message goes.
pub(super) struct Placed {
    pub conversation: Option<ConversationId>,
    /// Its place in the public graph; private messages have none.
    pub place: Option<Place>,
    pub is_party: bool,
    pub thread: Option<String>,
}

pub(super) fn place_public(
    world: &mut World<'_>,
    id: MessageId,
    was_awaited: bool,
    post: &Post,
    identity: Option<IdentityId>,
    parent: Option<MessageId>,
) -> Placed {
    let above = parent.and_then(|parent| place_of(world, parent));
    let place = threading::place(id.0, post.author.own, above);
    let conversation = match place.root {
        None => None,
        Some(root) if root == id.0 => Some(open_at(world, id, was_awaited, post, identity)),
        Some(root) => parent
            .and_then(|parent| world.line(parent).known.conversation)
            .or_else(|| {
                world
                    .lines
                    .get(&MessageId(root))
                    .and_then(|line| line.known.conversation)
            })
            .or_else(|| Some(open_at(world, id, was_awaited, post, identity))),
    };
    let is_whose_matter = conversation
        .and_then(|conversation| world.matters.get(&conversation))
        .is_some_and(|matter| matter.row.identity == identity);
    // A conversation that was joined into another one keeps its party there.
    let is_root_author = place
        .root
        .and_then(|root| world.lines.get(&MessageId(root)))
        .map(|line| &line.known)
        .is_some_and(|root| root.identity == identity && root.conversation == conversation);
    let is_party = identity.is_some() && (is_whose_matter || is_root_author);
    Placed {
        conversation,
        place: Some(place),
        is_party,
        thread: None,
    }
}

/// Opens a conversation at a public root, or takes over one that was opened below it before the
/// root was seen: that one's state is kept, its party is the root's author from now on.
fn open_at(
    world: &mut World<'_>,
    root: MessageId,
    was_awaited: bool,
    post: &Post,
    identity: Option<IdentityId>,
) -> ConversationId {
    if !was_awaited {
        return open(world, Some(root), identity, post, None);
    }
    let below = world
        .lines
        .values()
        .filter(|line| line.known.id != root && line.known.top == Some(root))
        .filter_map(|line| line.known.conversation)
        .min();
    let contact = identity.and_then(|identity| contact_of(world, identity));
    let Some(conversation) = below.filter(|id| world.matters.contains_key(id)) else {
        return open(world, Some(root), identity, post, None);
    };
    let matter = world
        .matters
        .get_mut(&conversation)
        .expect("the conversation was just found");
    matter.row.root = Some(root);
    matter.row.identity = identity;
    matter.row.contact = contact;
    matter.party_changed = true;
    matter.touched = true;
    matter.turns = true;
    conversation
}

pub(super) fn place_private(
    world: &mut World<'_>,
    post: &Post,
    identity: Option<IdentityId>,
    parent: Option<MessageId>,
) -> Placed {
    let thread = post
        .thread
        .clone()
        .or_else(|| (!post.author.own).then(|| post.author.network_id.clone()));
    let conversation = match &thread {
        Some(thread) => {
            let above = parent.and_then(|parent| continued(world, parent, identity));
            Some(continue_thread(world, (thread, above), identity, post))
        }
        None => parent.and_then(|parent| world.line(parent).known.conversation),
    };
    Placed {
        conversation,
        place: None,
        is_party: identity.is_some(),
        thread,
    }
}

/// The conversation that a private answer to a known message goes on with: that message's, unless it
/// was said in public and is another person's matter.
fn continued(
    world: &World<'_>,
    parent: MessageId,
    identity: Option<IdentityId>,
) -> Option<ConversationId> {
    let above = &world.line(parent).known;
    let matter = world.matters.get(&above.conversation?)?;
    let is_theirs = above.visibility == Visibility::Private || matter.row.identity == identity;
    is_theirs.then_some(matter.row.id)
}

/// Finds the conversation of a private thread, or that of what is answered where the thread is new;
/// opens the next one when the old matter is over.
fn continue_thread(
    world: &mut World<'_>,
    (thread, above): (&str, Option<ConversationId>),
    identity: Option<IdentityId>,
    post: &Post,
) -> ConversationId {
    let at = post.platform_at;
    let known = world.threads.get(thread).copied();
    let current = known.or(above);
    if let Some(matter) = current.and_then(|id| world.matters.get_mut(&id)) {
        let goes_on = conversation::goes_on(
            PrivateMatter {
                status: matter.row.status,
                resolved_at: matter.row.resolved_at,
            },
            at,
        );
        if goes_on {
            let id = matter.row.id;
            if known.is_none() {
                world.threads.insert(thread.to_owned(), id);
                world.changed_threads.insert(thread.to_owned());
            }
            if matter.row.identity.is_none() && identity.is_some() {
                matter.row.identity = identity;
                matter.touched = true;
                let contact = identity.and_then(|identity| contact_of(world, identity));
                if let Some(matter) = world.matters.get_mut(&id) {
                    matter.row.contact = contact;
                }
            }
            return id;
        }
    }
    let opened = open(world, None, identity, post, current);
    world.threads.insert(thread.to_owned(), opened);
    world.changed_threads.insert(thread.to_owned());
    opened
}

fn open(
    world: &mut World<'_>,
    root: Option<MessageId>,
    identity: Option<IdentityId>,
    post: &Post,
    linked_to: Option<ConversationId>,
) -> ConversationId {
    let id = ConversationId(world.next_id());
    // What nobody waits for is kept without being a matter for anybody.
    let settled_at = is_quiet(world, post).then(|| settled_until(world, post));
    let visibility = match post.visibility {
        Visibility::Public => Visibility::Public,
        Visibility::Private | Visibility::Note => Visibility::Private,
    };
    let contact = identity.and_then(|identity| contact_of(world, identity));
    let row = Conversation {
        id,
        version: 1,
        brand: world.destination.brand,
        inbox: world.destination.inbox,
        team: Some(world.destination.team),
        agent: None,
        contact,
        identity,
        root,
        post: None,
        subject: None,
        status: settled_at.map_or(Status::Open, |_| Status::Resolved),
        snoozed_until: None,
        priority: Priority::Normal,
        kind: None,
        visibility: visibility.word().to_owned(),
        unread: false,
        opened_at: world.now,
        last_message_at: world.now,
        surfaced_at: world.now,
        last_message: MessageId(0),
        message_count: 0,
        voices: 0,
        waiting_since: None,
        settled_at,
        first_response_at: None,
        resolved_at: settled_at,
        joined_into: None,
        linked_to,
        next_word_at: None,
    };
    world.matters.insert(
        id,
        Matter {
            row,
            is_new: true,
            touched: true,
            turns: true,
            party_wrote: false,
            party_changed: false,
        },
    );
    world.happenings.push(Happening::Opened(id));
    id
}

/// Until when what was said in a quiet conversation is settled: up to what a machine said, or up to
/// the end of what is history here.
fn settled_until(world: &World<'_>, post: &Post) -> Timestamp {
    let history_until = world.destination.history_until;
    history_until
        .filter(|until| post.platform_at < *until)
        .unwrap_or(post.platform_at)
}

/// A message whose children were there first is seen at last: everything below its old row is
/// placed anew.
pub(super) fn place_below(
    world: &mut World<'_>,
    old_top: MessageId,
    id: MessageId,
    place: Place,
    conversation: Option<ConversationId>,
) {
    let below: Vec<MessageId> = world
        .lines
        .values()
        .filter(|line| {
            line.known.id != id && line.known.id != old_top && line.known.top == Some(old_top)
        })
        .map(|line| line.known.id)
        .collect();
    let mut joined: Vec<ConversationId> = Vec::new();
    for child in below {
        let line = world.line_mut(child);
        let old = Place {
            root: line.known.root.map(|root| root.0),
            top: old_top.0,
        };
        let new = threading::after_parent_seen(old, place);
        line.known.root = new.root.map(MessageId);
        line.known.top = Some(MessageId(new.top));
        line.moved = true;
        if place.root.is_some() && line.known.conversation != conversation {
            joined.extend(line.known.conversation);
            line.known.conversation = conversation;
        }
    }
    joined.sort_unstable();
    joined.dedup();
    if let Some(into) = conversation {
        for from in joined {
            join(world, from, into);
        }
    }
    if place.root.is_none() {
        // Our own post was seen at last: it is the shared context of the conversations below.
        for matter in world.matters.values_mut() {
            let root_parent = matter
                .row
                .root
                .and_then(|root| world.lines.get(&root))
                .and_then(|line| line.known.parent);
            if root_parent == Some(id) {
                matter.row.post = Some(id);
                matter.touched = true;
            }
        }
    }
}

/// Joins a conversation into another because the network says they are one.
fn join(world: &mut World<'_>, from: ConversationId, into: ConversationId) {
    let Some(old) = world.matters.remove(&from) else {
        return;
    };
    // Messages of the old one that hang elsewhere in it (its notes, its answers) go along.
    for line in world.lines.values_mut() {
        if line.known.conversation == Some(from) {
            line.known.conversation = Some(into);
            line.moved = true;
        }
    }
    for (thread, conversation) in &mut world.threads {
        if *conversation == from {
            *conversation = into;
            world.changed_threads.insert(thread.clone());
        }
    }
    if let Some(matter) = world.matters.get_mut(&into) {
        matter.touched = true;
        matter.turns = true;
        matter.party_changed = true;
        matter.party_wrote |= old.party_wrote;
        matter.row.unread |= old.row.unread;
        matter.row.agent = matter.row.agent.or(old.row.agent);
        matter.row.kind = matter.row.kind.or(old.row.kind);
        matter.row.priority = matter.row.priority.max(old.row.priority);
        matter.row.settled_at = matter.row.settled_at.max(old.row.settled_at);
        if old.row.status == Status::Open {
            matter.row.status = Status::Open;
            matter.row.snoozed_until = None;
            matter.row.resolved_at = None;
        }
    }
    if old.is_new {
        world
            .happenings
            .retain(|happening| *happening != Happening::Opened(from));
        return;
    }
    world.joins.push((old.row, into));
    world.happenings.push(Happening::Joined(from, into));
}

/// A message's place in the public graph; private ones and notes have none.
pub(super) fn place_of(world: &World<'_>, id: MessageId) -> Option<Place> {
    let known = &world.line(id).known;
    if known.visibility != Visibility::Public {
        return None;
    }
    Some(match (known.seen_at, known.top) {
        (Some(_), Some(top)) => Place {
            root: known.root.map(|root| root.0),
            top: top.0,
        },
        (Some(_), None) => Place {
            root: None,
            top: id.0,
        },
        (None, _) => threading::unseen(id.0),
    })
}

fn contact_of(world: &World<'_>, identity: IdentityId) -> Option<ContactId> {
    world.contacts.get(&identity).copied()
}
