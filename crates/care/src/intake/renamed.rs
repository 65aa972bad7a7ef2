//! People whom their network calls by another id from now on: the identity, its threads and with
//! them the conversation go on; where the new id was known already, two people become one.

use kulant_model::event::{EventKind, NewEvent};
use kulant_store::contacts::{self, Identity};
use kulant_store::{StoreError, Tx, renaming};
use serde_json::json;

use super::world::World;
use crate::SYSTEM;

/// Keeps the new names; after everything else of the batch, so that what came under either is there.
pub(super) fn keep(tx: &mut Tx<'_>, world: &World<'_>) -> Result<(), StoreError> {
    let (inbox, realm) = (world.destination.inbox, &world.destination.realm);
    for renaming in &world.renamings {
        if renaming.from == renaming.to {
            continue;
        }
        let names = [renaming.from.as_str(), renaming.to.as_str()];
        let known = contacts::list_identities_by_network(tx, realm, &names)?;
        let called = |name: &str| known.iter().find(|identity| identity.network_id == name);
        renaming::move_threads(tx, inbox, (names[0], names[1]))?;
        let Some(old) = called(names[0]) else {
            continue;
        };
        if let Some(new) = called(names[1]) {
            renaming::join(tx, new, old)?;
        }
        let handle = renaming.handle.clone().or_else(|| {
            let newer = called(names[1]).and_then(|new| new.handle.clone());
            newer.or_else(|| old.handle.clone())
        });
        let renamed = Identity {
            network_id: renaming.to.clone(),
            handle,
            ..old.clone()
        };
        renaming::rename(tx, &renamed)?;
        tx.append(
            NewEvent::new(EventKind::ContactChanged, world.now, SYSTEM)
                .facts(json!({"contact": old.contact, "renamed": true})),
        );
    }
    Ok(())
}
