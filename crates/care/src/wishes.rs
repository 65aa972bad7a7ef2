//! Wishes to be erased that nobody here could be found for: a person must look, and whoever wished it
//! reads on our page that this is so.

use std::time::Duration;

use kulant_channels::delivery::WishStanding;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AlertId, InboxId};
use kulant_model::time::Timestamp;
use kulant_store::alerts::{self, Alert};
use kulant_store::{StoreError, Tx};
use serde_json::json;

use crate::Care;
use crate::error::CareError;
use crate::intake::world::World;

/// The kind of the alert, by which the desk names it.
const KIND: &str = "wish_unmatched";
/// How long such an alert stands: the month within which the law wants an answer.
const STANDS: Duration = Duration::from_secs(30 * 86_400);

/// Raises an alert for each wish that nobody could be found for.
pub(crate) fn raise(tx: &mut Tx<'_>, world: &World<'_>, actor: ActorId) -> Result<(), StoreError> {
    let inbox = world.destination.inbox;
    for code in &world.unmatched_wishes {
        let alert = Alert {
            id: AlertId(world.next_id()),
            kind: KIND.to_owned(),
            key: key(inbox, code),
            inbox: Some(inbox),
            conversation: None,
            message: None,
            facts: json!({"class": KIND, "detail": code}),
            raised_at: world.now,
        };
        if alerts::raise(tx, &alert)? {
            tx.append(
                NewEvent::new(EventKind::AlertRaised, world.now, actor)
                    .inbox(inbox)
                    .facts(json!({"alert": alert.id})),
            );
        }
    }
    Ok(())
}

/// Returns how a wish stands.
pub(crate) async fn find(
    care: &Care,
    inbox: InboxId,
    code: &str,
) -> Result<WishStanding, CareError> {
    let key = key(inbox, code);
    let cleared = care
        .store
        .read(move |read| alerts::find_cleared(read, &key).map_err(CareError::from))
        .await?;
    Ok(match cleared {
        None => WishStanding::Taken,
        Some(None) => WishStanding::Unmatched,
        Some(Some(_)) => WishStanding::LookedInto,
    })
}

/// Ends the alerts whose time is over.
pub(crate) fn end_old(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    alerts::clear_raised_before(tx, KIND, (now.before(STANDS), now))
}

fn key(inbox: InboxId, code: &str) -> String {
    format!("wish:{inbox}:{code}")
}
