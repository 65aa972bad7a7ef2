//! What networks say of messages of ours: they come back, are confirmed or refused, and take the place
//! of rows that stood for them.

use kulant_channels::inbound::{Post, Status};
use kulant_model::ids::MessageId;
use kulant_model::message::{Direction, Visibility};
use kulant_model::time::Timestamp;
use tracing::warn;

use super::place::{place_below, place_of};
use crate::intake::load;
use crate::intake::world::{Confirmation, Refused, World};

/// Recognises our own message coming back, and takes it as the network's confirmation.
pub(super) fn confirm_echo(world: &mut World<'_>, post: &Post) -> bool {
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
pub(super) fn learn_thread(world: &mut World<'_>, ours: MessageId, thread: Option<&str>) {
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
pub(super) fn take_in_status(world: &mut World<'_>, status: &Status) {
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
