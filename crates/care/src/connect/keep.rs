//! Keeps what came of connecting: settings and secrets in place of those of the same names, the inbox
//! and its conversations as they were; what was said meanwhile is asked for soon, and how it is.

use kulant_channels::connect::Grant;
use kulant_model::ids::InboxId;
use kulant_model::role::Person;
use kulant_store::inboxes;
use kulant_store::versions::Versioned;
use serde_json::{Map, Value as Json};

use super::{Outcome, open};
use crate::Care;
use crate::accounts::{open_secrets, seal_secrets};
use crate::admin::inboxes::changed;
use crate::deliver::clear_alert;
use crate::error::CareError;
use crate::jobs::{ask_soon, check_soon};

/// How often it is tried again where somebody else changed the inbox at the same moment.
const TRIES: usize = 4;

pub(super) async fn keep(
    care: &Care,
    person: &Person,
    (id, begun_with): (InboxId, Json),
    grant: Grant,
) -> Result<Outcome, CareError> {
    for _ in 0..TRIES {
        let mut row = open(care, id).await?.inbox;
        if row.settings != begun_with {
            return Ok(Outcome::Changed);
        }
        let before = row.secrets.clone();
        let secrets = merged(open_secrets(care, id, &before)?, &grant.secrets);
        row.secrets = seal_secrets(care, id, &secrets)?;
        row.settings = merged(row.settings, &grant.settings);
        let now = care.now();
        let event = changed(&row, "connected", now, person.actor);
        let is_kept = care
            .store
            .write(move |tx| -> Result<_, CareError> {
                // Renewing changes secrets without a new version.
                let as_before = inboxes::find(tx, id)?.is_some_and(|row| row.secrets == before);
                if !as_before {
                    return Ok(false);
                }
                let Versioned::Done { .. } = inboxes::update(tx, &row)? else {
                    return Ok(false);
                };
                inboxes::forget_trouble(tx, id)?;
                clear_alert(tx, &format!("inbox:{id}"), now)?;
                ask_soon(tx, id, now)?;
                check_soon(tx, id, now)?;
                tx.append(event);
                Ok(true)
            })
            .await?;
        if is_kept {
            return Ok(Outcome::Connected);
        }
    }
    Ok(Outcome::Changed)
}

fn merged(known: Json, new: &Json) -> Json {
    let mut known = match known {
        Json::Object(known) => known,
        _ => Map::new(),
    };
    if let Json::Object(new) = new {
        known.extend(new.clone());
    }
    Json::Object(known)
}
