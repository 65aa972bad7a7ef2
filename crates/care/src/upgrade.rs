//! Brings a database to the schema of this program, with a snapshot before any change.
//! A database made by a newer program that excludes this one is refused.

use std::path::{Path, PathBuf};

use kulant_model::time::Timestamp;
use kulant_store::sql::migrate;
use kulant_store::{DatabaseUrl, Store, snapshot};

pub use kulant_store::sql::migrate::{NEWEST, Standing};

use crate::backup::{self, Plan};
use crate::error::CareError;

/// What bringing a database forward did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upgraded {
    /// The names of the steps taken, oldest first.
    pub steps: Vec<&'static str>,
    /// Where the state before them lies, if there was one.
    pub snapshot: Option<PathBuf>,
}

/// Tells where a database stands against this program.
pub async fn standing(store: &Store) -> Result<Standing, CareError> {
    store
        .read(|read| migrate::standing(read).map_err(CareError::from))
        .await
}

/// Takes every step that is missing, after a snapshot into this folder if there is something to lose.
pub async fn upgrade(
    store: &Store,
    snapshots: &Path,
    now: Timestamp,
) -> Result<Upgraded, CareError> {
    let snapshot = match standing(store).await? {
        Standing::Current | Standing::AheadButCompatible(_) => return Ok(Upgraded::default()),
        Standing::Empty => None,
        Standing::Behind(_) => Some(take_snapshot(store, snapshots, now).await?),
        Standing::TooNew { schema, oldest } => return Err(too_new(schema, oldest)),
    };
    let steps = migrate::migrate(store, now).await?;
    Ok(Upgraded { steps, snapshot })
}

/// Says that only a newer program may touch this database.
pub fn too_new(schema: i64, oldest: i64) -> CareError {
    CareError::Unavailable(format!(
        "the database has schema {schema}, which needs a kulant that knows schema {oldest} or newer; \
         this one knows {NEWEST}: install the newer program again, or restore an older back-up"
    ))
}

/// Keeps the whole database as it is now in a file that `restore` takes.
pub async fn take_snapshot(
    store: &Store,
    folder: &Path,
    now: Timestamp,
) -> Result<PathBuf, CareError> {
    let name = now.to_string().replace([':', '.'], "-");
    let failed = |error: std::io::Error| {
        CareError::Unavailable(format!("the snapshot could not be written: {error}"))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let url = store.url().clone();
    let ending = match url {
        DatabaseUrl::Sqlite(_) => "db",
        DatabaseUrl::Postgres(_) => "backup",
    };
    let target = folder.join(format!("{name}.{ending}"));
    let written = target.clone();
    tokio::task::spawn_blocking(move || match &url {
        DatabaseUrl::Sqlite(database) => {
            snapshot::write(database, &written).map_err(CareError::from)
        }
        DatabaseUrl::Postgres(_) => backup::write(
            &url,
            &Plan {
                target: written,
                files: None,
                secret_key: None,
                now,
            },
        )
        .map(drop)
        .map_err(|error| CareError::Unavailable(error.to_string())),
    })
    .await
    .map_err(|error| CareError::Internal(error.to_string()))??;
    Ok(target)
}

/// Reads a copied database through and brings it into a single file, before it is put in place.
/// Blocks.
pub fn settle_copy(copy: &Path) -> Result<(), CareError> {
    snapshot::settle(copy)?;
    Ok(())
}

/// Brings everything into the database's file, so that the file alone is whole. Blocks.
pub fn gather(url: &DatabaseUrl) -> Result<(), CareError> {
    kulant_store::upkeep::gather(url)?;
    Ok(())
}

/// Lets the database count anew after much was written at once. Blocks.
pub fn refresh_statistics(url: &DatabaseUrl) -> Result<(), CareError> {
    kulant_store::upkeep::refresh_statistics(url)?;
    Ok(())
}
