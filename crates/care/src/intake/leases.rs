//! Which inboxes this process takes in: one process each, because order counts within an inbox.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kulant_model::ids::InboxId;
use kulant_model::time::Timestamp;
use kulant_store::leases;

use crate::Care;
use crate::error::CareError;

/// How long an inbox stays with the process that takes it in; short, because one may end at any time.
const LEASE: Duration = Duration::from_secs(5);

/// Inboxes that this process takes in, each until when; asked of the database only now and then.
#[derive(Default)]
pub(crate) struct Leases {
    until: Mutex<HashMap<InboxId, Timestamp>>,
}

impl Leases {
    fn lock(&self) -> MutexGuard<'_, HashMap<InboxId, Timestamp>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether this process takes an inbox in; takes it if nobody does.
pub(super) async fn hold_lease(care: &Care, inbox: InboxId) -> Result<bool, CareError> {
    let now = care.now();
    let held = care.leases.lock().get(&inbox).copied();
    if held.is_some_and(|until| now < until.before(LEASE / 2)) {
        return Ok(true);
    }
    let (name, holder, until) = (lease_name(inbox), care.holder(), now.after(LEASE));
    let taken: bool = care
        .store
        .write(move |tx| leases::take(tx, &name, &holder, now, until).map_err(CareError::from))
        .await?;
    if taken {
        care.leases.lock().insert(inbox, until);
    } else {
        care.leases.lock().remove(&inbox);
    }
    Ok(taken)
}

/// Gives every inbox back that this process takes in, so that the next one need not wait.
pub async fn give_leases_back(care: &Care) -> Result<(), CareError> {
    let held: Vec<InboxId> = care.leases.lock().drain().map(|(inbox, _)| inbox).collect();
    if held.is_empty() {
        return Ok(());
    }
    let holder = care.holder();
    care.store
        .write(move |tx| {
            for inbox in held {
                leases::give_back(tx, &lease_name(inbox), &holder)?;
            }
            Ok(())
        })
        .await
}

fn lease_name(inbox: InboxId) -> String {
    format!("intake:{inbox}")
}
