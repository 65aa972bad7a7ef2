//! What the listening post found: kept like a message that is still awaited, so that it belongs to no
//! conversation, and becomes an ordinary one when it comes by itself or is taken up.

use kulant_channels::inbound::{Inbound, Post};
use kulant_model::ids::MessageId;
use kulant_model::message::{Direction, Visibility};
use kulant_model::time::Timestamp;
use kulant_store::hits::Hit;

use super::{attach, identify, line_of};
use crate::intake::world::{Item, Sought, World};

/// Keeps a found post, unless it is here already: as a message, as found before, or as taken back.
pub(super) fn take_in(world: &mut World<'_>, post: &Post, received_at: Timestamp) {
    if post.author.own || post.visibility != Visibility::Public {
        return;
    }
    let id = line_of(world, &post.network_id, received_at);
    let known = &world.line(id).known;
    // A row that only stands for a message has no author.
    let is_awaited = known.seen_at.is_none()
        && known.deleted_at.is_none()
        && known.identity.is_none()
        && known.direction == Direction::In;
    if !is_awaited || world.erased.contains(&post.network_id) {
        return;
    }
    let edited_at = known.edited_at;
    let identity = identify(world, &post.author, post.platform_at);
    let parent = post
        .parent
        .as_deref()
        .filter(|parent| *parent != post.network_id)
        .map(|parent| line_of(world, parent, received_at));
    let place = (world.destination.inbox, id, post.network_id.as_str());
    let mut whole = super::awaited(place, received_at);
    whole.stored_at = world.now;
    whole.identity = Some(identity);
    whole.title.clone_from(&post.title);
    whole.url.clone_from(&post.url);
    whole.platform_at = post.platform_at.min(received_at);
    let line = world.line_mut(id);
    line.known.identity = Some(identity);
    line.known.parent = parent;
    if edited_at.is_none() {
        line.known.body.clone_from(&post.text);
    }
    line.whole = Some(whole);
    world.found.push(id);
    // Most of what is found is never looked at: its files stay where they are until it is taken up.
    attach(world, id, &post.attachments, None);
}

/// Notes which searches found a post that is here now.
pub(super) fn note(world: &mut World<'_>, item: &Item) {
    let Inbound::Post(post) = &item.inbound else {
        return;
    };
    let Some(id) = world.by_network.get(&post.network_id).copied() else {
        return;
    };
    let known = &world.line(id).known;
    let stands = known.identity.is_some()
        && known.deleted_at.is_none()
        && known.direction == Direction::In
        && known.visibility == Visibility::Public;
    if !stands {
        return;
    }
    let (inbox, found_at) = (world.destination.inbox, world.now);
    world.hits.extend(item.sought.iter().map(|sought: &Sought| {
        let hit = Hit {
            search: sought.search,
            message: id,
            inbox,
            found_at,
            dismissed_at: None,
        };
        (hit, sought.tells)
    }));
}

/// Returns whether a message was found before, and is whole but for its conversation.
pub(super) fn is_found(world: &World<'_>, id: MessageId) -> bool {
    let known = &world.line(id).known;
    known.seen_at.is_none() && known.identity.is_some()
}
