//! Makes lines of the world: messages with their words, rows that stand for what is awaited, people,
//! and files.

use kulant_channels::inbound::{AttachmentSource, Author, InboundAttachment, Post};
use kulant_model::ids::{AttachmentId, ContactId, IdentityId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Direction, Kind, Visibility};
use kulant_model::time::Timestamp;
use kulant_store::contacts::Identity;
use kulant_store::messages::{Attachment, Delivery, Known, Message};

use super::place::Placed;
use crate::intake::world::{Happening, Line, World};

/// Writes a post into its line, which may have been a placeholder with an edit or a deletion.
pub(super) fn fill(
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

/// Finds the line of a network id, or makes a placeholder for a message not seen yet.
pub(super) fn line_of(
    world: &mut World<'_>,
    network_id: &str,
    received_at: Timestamp,
) -> MessageId {
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
pub(super) fn identify(world: &mut World<'_>, author: &Author, at: Timestamp) -> IdentityId {
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
pub(super) fn attach(
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
                    alt: file.alt.clone(),
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
