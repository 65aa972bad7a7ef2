//! What people want of us: whether they take messages at one of their accounts at all. A network
//! tells it when they say so, or when it refuses a message of ours for it.

use kulant_channels::outbound::OPTED_OUT;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ContactId, IdentityId};
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use kulant_store::messages::{self, Message};
use kulant_store::{Read, StoreError, Tx, contacts};
use serde_json::json;

use crate::SYSTEM;
use crate::deliver::recipient_of;

/// Keeps a person's word whether they want to hear from us, and tells of it where it is a new one.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    (identity, refuses, at): (IdentityId, bool, Timestamp),
    contact: ContactId,
    now: Timestamp,
) -> Result<(), StoreError> {
    if contacts::save_preference(tx, identity, refuses, at)? {
        tx.append(
            NewEvent::new(EventKind::ContactChanged, now, SYSTEM)
                .facts(json!({"contact": contact, "refuses": refuses})),
        );
    }
    Ok(())
}

/// Keeps that the person to whom a message went wants nothing from us, where its network refused it
/// for that; as of when it was written, so that what the person said since then counts.
pub(crate) fn keep_refusal(
    tx: &mut Tx<'_>,
    message: &Message,
    class: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if class != OPTED_OUT {
        return Ok(());
    }
    if let Some(identity) = spoken_to(tx, message)?
        && let Some(identity) = contacts::find_identity(tx, identity)?
    {
        let at = message.stored_at;
        keep(tx, (identity.id, true, at), identity.contact, now)?;
    }
    Ok(())
}

/// Returns whether the person to whom a message goes wants nothing from us there.
pub(crate) fn is_refused(read: &mut Read<'_>, message: &Message) -> Result<bool, StoreError> {
    if message.visibility != Visibility::Private {
        return Ok(false);
    }
    let identity = match spoken_to(read, message)? {
        Some(identity) => contacts::find_identity(read, identity)?,
        None => None,
    };
    Ok(identity.is_some_and(|identity| identity.refuses_since.is_some()))
}

fn spoken_to(read: &mut Read<'_>, message: &Message) -> Result<Option<IdentityId>, StoreError> {
    let parent = match message.parent {
        Some(parent) => messages::find(read, parent)?,
        None => None,
    };
    recipient_of(read, message, parent.as_ref())
}
