//! `kulant migrate`: brings the database forward without serving.

use anyhow::Result;
use clap::Args;
use kulant_care::upgrade::{self, Standing};

use crate::config::Config;
use crate::lock::Lock;
use crate::opening;

/// Bring the database to this version's schema, without serving
///
/// serve does the same at its start; this is for people who want to see it done first. A snapshot
/// of what was before is kept in the folder snapshots of the data folder. Refused while kulant runs
/// on the folder.
///
/// Examples:
///   kulant migrate --data /var/lib/kulant
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Migrate {}

pub(crate) async fn migrate(config: Config) -> Result<()> {
    opening::make_folder(&config.data)?;
    let _lock = Lock::take(&config.data, "migrate")?;
    let store = opening::open_store(&config)?;
    let before = upgrade::standing(&store).await?;
    let upgraded = opening::bring_forward(&config, &store).await?;
    match before {
        Standing::AheadButCompatible(schema) => eprintln!(
            "kulant: the database has schema {schema}, which is newer than this program's {} and fits it",
            upgrade::NEWEST
        ),
        _ if upgraded.steps.is_empty() => {
            eprintln!(
                "kulant: the database has schema {} already",
                upgrade::NEWEST
            );
        }
        _ => eprintln!(
            "kulant: the database has schema {} now; steps taken: {}",
            upgrade::NEWEST,
            upgraded.steps.join(", ")
        ),
    }
    Ok(())
}
