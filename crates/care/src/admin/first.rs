//! What an empty database begins with: one brand and one team, so that everything has its place.

use kulant_model::brand::BrandDetails;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{BrandId, TeamId};
use kulant_model::team::TeamKind;
use kulant_store::{brands, settings, teams};
use serde_json::json;

use crate::error::CareError;
use crate::{Care, SYSTEM};

/// The setting that says it was done: who later archives both does not get them back.
const DONE: &str = "ground_laid";

/// Lays the ground of an empty database, once.
pub async fn lay_ground(care: &Care) -> Result<(), CareError> {
    let (brand, team, now) = (BrandId(care.id()), TeamId(care.id()), care.now());
    let details = serde_json::to_value(BrandDetails::default())
        .map_err(|error| CareError::Internal(error.to_string()))?;
    let done = care
        .store
        .read(|read| settings::find(read, DONE).map_err(CareError::from))
        .await?;
    if done.is_some() {
        return Ok(());
    }
    care.store
        .write(move |tx| {
            settings::keep(tx, DONE, "1")?;
            let first_brand = brands::insert(
                tx,
                &brands::Brand {
                    id: brand,
                    version: 1,
                    name: "kulant".to_owned(),
                    slug: "kulant".to_owned(),
                    details,
                    created_at: now,
                    archived_at: None,
                },
            )?;
            if first_brand {
                tx.append(
                    NewEvent::new(EventKind::BrandChanged, now, SYSTEM)
                        .brand(brand)
                        .facts(json!({"change": "created"})),
                );
            }
            let first_team = teams::insert(
                tx,
                &teams::Team {
                    id: team,
                    version: 1,
                    name: "Service".to_owned(),
                    kind: TeamKind::Staff,
                    signature: None,
                    created_at: now,
                    archived_at: None,
                },
            )?;
            if first_team {
                tx.append(
                    NewEvent::new(EventKind::TeamSettingsChanged, now, SYSTEM)
                        .team(Some(team))
                        .facts(json!({"change": "created"})),
                );
            }
            Ok(())
        })
        .await
}
