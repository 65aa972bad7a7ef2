//! Opens the data folder: database, schema, secret key, files. Long-running commands hold the lock;
//! the others work beside whoever has it, and change no schema under its feet.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use kulant_care::files::Files;
use kulant_care::secrets::SecretKeys;
use kulant_care::upgrade::{self, Standing, Upgraded};
use kulant_care::{Care, DatabaseUrl, Http, HttpPolicy, Parts, Settings, Store, checkup};
use kulant_model::time::Clock;

use crate::ambient::{SystemClock, SystemRandomness};
use crate::config::Config;
use crate::lock::{self, Beside, Lock};

/// The folder of snapshots taken before changes.
pub const SNAPSHOTS: &str = "snapshots";
/// The folder of attachments.
pub const FILES: &str = "files";
/// The file of the secret key.
pub const SECRET_KEY: &str = "secret.key";

/// Makes the data folder, for its owner alone, if it is not there.
pub fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .with_context(|| format!("the data folder {} cannot be made", folder.display()))
}

/// Opens the database as it stands.
pub fn open_store(config: &Config) -> Result<Store> {
    Store::open(&config.database).with_context(|| format!("cannot open {}", config.database))
}

/// Brings the schema forward and says on standard error what was done.
pub async fn bring_forward(config: &Config, store: &Store) -> Result<Upgraded> {
    let snapshots = config.data.join(SNAPSHOTS);
    let upgraded = upgrade::upgrade(store, &snapshots, SystemClock.now()).await?;
    if let Some(snapshot) = &upgraded.snapshot {
        eprintln!(
            "kulant: the database was brought forward; what it was before stands in {}",
            snapshot.display()
        );
    }
    Ok(upgraded)
}

/// Opens the use cases over a database that has its schema.
pub async fn open_care(config: &Config, store: Store, public_url: String) -> Result<Care> {
    let secret_keys = if let Some(text) = &config.secret_key {
        SecretKeys::from_text(&text.0).context("the setting secret_key")?
    } else {
        let path = config.data.join(SECRET_KEY);
        // A new key would open none of the secrets that are there.
        if !path.exists() && checkup::has_sealed(&store).await? {
            bail!(
                "the secret key {} is missing, and without it the inboxes' secrets cannot be opened: \
                 put it back from where you keep it; if it is lost, make a new one by \
                 `head -c 32 /dev/urandom | basenc --base64url > {0}` and give each inbox new secrets",
                path.display()
            );
        }
        SecretKeys::from_file(&path, &SystemRandomness)
            .with_context(|| format!("the secret key {}", path.display()))?
    };
    let http = Http::new(&HttpPolicy {
        allow_private: config.allow_private_networks,
        allowed_hosts: config.allowed_hosts.clone(),
        ..HttpPolicy::default()
    })?;
    Ok(Care::open(Parts {
        store,
        http,
        files: Files::new(config.data.join(FILES)),
        settings: Settings {
            public_url,
            keep_deliveries_days: config.keep_deliveries_days,
            keep_found_days: config.keep_found_days,
            longest_delivery_bytes: config.longest_delivery_bytes,
            largest_file_bytes: config.largest_file_bytes,
            secret_keys,
        },
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
    })
    .await?)
}

/// As `open_beside`, for commands that have nothing to do where nothing is: a folder that was misspelt
/// is not made.
pub async fn open_existing(config: &Config) -> Result<(Care, Beside)> {
    let is_there = match &config.database {
        DatabaseUrl::Sqlite(path) => path.exists(),
        DatabaseUrl::Postgres(_) => {
            upgrade::standing(&open_store(config)?).await? != Standing::Empty
        }
    };
    if !is_there {
        bail!("there is no installation in {}", config.database);
    }
    open_beside(config).await
}

/// Opens everything for a command that works beside a running `serve` as well as alone; nobody puts
/// another database in its place meanwhile.
pub async fn open_beside(config: &Config) -> Result<(Care, Beside)> {
    make_folder(&config.data)?;
    let beside = Beside::join(&config.data)?;
    let store = open_store(config)?;
    match upgrade::standing(&store).await? {
        Standing::Current | Standing::AheadButCompatible(_) => {}
        Standing::Empty => {
            bring_forward(config, &store).await?;
            // A folder that was misspelt is not to be taken for one without conversations.
            eprintln!("kulant: nothing was there yet: made {}", config.database);
        }
        Standing::Behind(_) => {
            let Ok(_lock) = Lock::take(&config.data, "migrate") else {
                bail!(
                    "the database is of an older version and kulant of that version runs on it; \
                     stop it and start it with this version"
                );
            };
            bring_forward(config, &store).await?;
        }
        Standing::TooNew { schema, oldest } => {
            return Err(upgrade::too_new(schema, oldest).into());
        }
    }
    // Links should lead to the server that runs, whatever port it was given.
    let running = lock::holder(&config.data).and_then(|holder| holder.public_url);
    let public_url = match (&config.public_url, running) {
        (None, Some(url)) => url,
        _ => config.link_address(config.listen),
    };
    Ok((open_care(config, store, public_url).await?, beside))
}
