//! What is taken in one by one, outside of any batch: by somebody's choice, or because the network's id
//! of a message of ours is known now.

use kulant_model::ids::{ActorId, IdMaker, MessageId};
use kulant_model::time::Timestamp;
use kulant_store::{StoreError, Tx, messages};

use super::world::{Destination, Item, World};
use super::{decide, keep, load};
use crate::SYSTEM;
use crate::erase::marks::Marks;

/// Takes one thing in that somebody chose, in the transaction of that choice.
pub(crate) fn take_in_by_hand(
    tx: &mut Tx<'_>,
    (destination, ids, now): (&Destination, &IdMaker, Timestamp),
    marks: &Marks,
    item: &Item,
    actor: ActorId,
) -> Result<(), StoreError> {
    let mut world = World::new(destination, ids, now);
    load::load(tx, &mut world, std::slice::from_ref(item), marks)?;
    decide::take_in(&mut world, item);
    // Nothing is deleted by it, so no file is to go.
    keep::keep(tx, &mut world, actor)?;
    Ok(())
}

/// Puts a message of ours, whose network id is known now, in the place of a row that stood for it.
/// Returns false where another message has that id: then it is not to be kept.
pub(crate) fn adopt_network_id(
    tx: &mut Tx<'_>,
    care_ids: &IdMaker,
    destination: &Destination,
    ours: MessageId,
    network_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let old = messages::list_known(tx, destination.inbox, &[network_id])?
        .into_iter()
        .find(|known| known.id != ours);
    let Some(old) = old else {
        return Ok(true);
    };
    if !old.stands_in() {
        decide::warn_of_reused_id(ours);
        return Ok(false);
    }
    let mut world = World::new(destination, care_ids, now);
    let old_id = old.id;
    world.learn(old);
    for known in messages::list_known_by_id(tx, destination.inbox, &[ours])? {
        world.learn(known);
    }
    load::load_below(tx, &mut world, &[old_id])?;
    load::load_matters(tx, &mut world)?;
    decide::adopt(&mut world, ours, old_id);
    messages::replace(tx, old_id, ours)?;
    keep::keep(tx, &mut world, SYSTEM)?;
    Ok(true)
}
