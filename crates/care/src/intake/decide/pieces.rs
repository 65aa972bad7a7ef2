//! The pieces of an album, which are one message here: a later piece adds its file and its words to
//! the message that is there, in any order and as often as it comes.

use kulant_channels::inbound::{Delete, Post};
use kulant_model::ids::{AttachmentId, MessageId};
use kulant_store::pieces::Piece;

use super::{adopt, attach};
use crate::intake::world::{Happening, World};

/// Notes the first piece of an album, which is the message that the others are added to.
pub(super) fn begin(world: &mut World<'_>, message: MessageId, post: &Post) {
    let Some(album) = world.albums_of.get(&post.network_id).cloned() else {
        return;
    };
    world.albums.insert(album.clone(), message);
    let attachment = newest_file(world, message);
    note(world, post, (album, message), attachment);
}

/// Adds a piece to the message of its album; returns false where it is the first, or no piece.
pub(super) fn add(world: &mut World<'_>, post: &Post) -> bool {
    let known = world.albums_of.get(&post.network_id);
    let Some(message) = known.and_then(|album| world.albums.get(album).copied()) else {
        return false;
    };
    let album = known.cloned().unwrap_or_default();
    if world.erased_albums.contains(&album) {
        // Nothing of it is kept again, and its delivery says nothing any more.
        world.erased.insert(post.network_id.clone());
        return true;
    }
    let awaited = world.by_network.get(&post.network_id).copied();
    let awaited = awaited.filter(|id| *id != message).map(|id| {
        let known = &world.line(id).known;
        let edit = known.edited_at.map(|at| (at, known.body.clone()));
        (id, known.deleted_at, edit)
    });
    let (mut deleted_at, mut edit) = (None, None);
    if let Some((old, deleted, edited)) = awaited {
        (deleted_at, edit) = (deleted, edited);
        stand_aside(world, old, message);
    }
    world.by_network.insert(post.network_id.clone(), message);
    if deleted_at.is_some() {
        note(world, post, (album, message), None);
        if let Some(piece) = world.pieces.get_mut(&post.network_id) {
            piece.deleted_at = deleted_at;
        }
        return true;
    }
    let before = world.attachments.len();
    let now = world.now;
    attach(world, message, &post.attachments, Some(now));
    let attachment = world.attachments.get(before).map(|file| file.id);
    note(world, post, (album, message), attachment);

    let line = world.line_mut(message);
    let known = &mut line.known;
    let is_there = known.deleted_at.is_none();
    match edit {
        Some((at, text)) if is_there && known.edited_at.is_none_or(|before| before < at) => {
            (known.body, known.edited_at) = (text, Some(at));
            line.edited = true;
        }
        None if is_there && known.edited_at.is_none() && !post.text.is_empty() => {
            if !known.body.is_empty() {
                known.body.push('\n');
            }
            known.body.push_str(&post.text);
            line.grown = true;
        }
        _ => {}
    }
    tell(world, message);
    true
}

/// Takes one piece back while others stay; returns false where the whole message goes.
pub(super) fn take_back(world: &mut World<'_>, delete: &Delete) -> bool {
    let Some(piece) = world.pieces.get(&delete.network_id).cloned() else {
        return false;
    };
    if world.erased.contains(&delete.network_id) {
        return true;
    }
    let others_stay = world.pieces.values().any(|other| {
        other.message == piece.message
            && other.network_id != piece.network_id
            && other.deleted_at.is_none()
    });
    if let Some(kept) = world.pieces.get_mut(&delete.network_id) {
        kept.deleted_at = Some(delete.deleted_at);
    }
    world.changed_pieces.insert(delete.network_id.clone());
    if !others_stay {
        return false;
    }
    if piece.deleted_at.is_some() {
        return true;
    }
    if let Some(file) = piece.attachment {
        world.attachments.retain(|known| known.id != file);
        world.files_gone.push(file);
    }
    if piece.has_words {
        // Its words stood in this piece alone, and go with it.
        let line = world.line_mut(piece.message);
        line.known.body.clear();
        line.grown = true;
    }
    tell(world, piece.message);
    true
}

/// Puts the message of the album in the place of a row that stood for one of its pieces.
fn stand_aside(world: &mut World<'_>, old: MessageId, message: MessageId) {
    adopt(world, message, old);
    let given: Vec<_> = world
        .reactions
        .keys()
        .filter(|(of, ..)| *of == old)
        .cloned()
        .collect();
    for key in given {
        if let Some(mut reaction) = world.reactions.remove(&key) {
            reaction.message = message;
            world.reactions.insert((message, key.1, key.2), reaction);
        }
    }
    world.replaced.push((old, message));
}

fn note(
    world: &mut World<'_>,
    post: &Post,
    (album, message): (String, MessageId),
    attachment: Option<AttachmentId>,
) {
    let piece = Piece {
        network_id: post.network_id.clone(),
        album,
        message,
        has_words: !post.text.is_empty(),
        attachment,
        deleted_at: None,
    };
    world.changed_pieces.insert(post.network_id.clone());
    world.pieces.insert(post.network_id.clone(), piece);
}

fn newest_file(world: &World<'_>, message: MessageId) -> Option<AttachmentId> {
    let mut files = world.attachments.iter();
    let file = files.find(|file| file.message == Some(message))?;
    Some(file.id)
}

/// Tells that there is more of a message, or less; one that is new anyway tells of itself.
fn tell(world: &mut World<'_>, message: MessageId) {
    let line = world.line(message);
    let is_new = line.whole.is_some();
    let conversation = line.known.conversation;
    if let Some(matter) = conversation.and_then(|id| world.matters.get_mut(&id)) {
        matter.touched = true;
    }
    if !is_new {
        world.happenings.push(Happening::Completed(message));
    }
}
