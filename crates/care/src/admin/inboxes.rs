//! Inboxes: connected accounts, made, changed and archived; secrets are sealed and never told again.
//! What their settings and secrets mean stands in `settings`, how people see them in `shown`.

mod settings;
mod shown;

use kulant_channels::Channel;
use kulant_channels::delivery::SIGNING;
use kulant_channels::signature;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, BrandId, InboxId, TeamId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::inboxes::{self, Inbox as Row};
use kulant_store::{StoreError, Tx};
use serde_json::{Map, Value as Json, json};

use super::fields::{Faults, slug_of};
use super::{Wanted, brands, past_name, require_version, settled, teams};
use crate::Care;
use crate::access::require;
use crate::accounts::{open_secrets, seal_secrets};
use crate::deliver::clear_alert;
use crate::error::CareError;
use crate::health;
use crate::jobs::{ask_soon, check_soon};

pub use settings::ROTATION;
pub(crate) use settings::secrets_at;
use settings::{SIGNING_ENDS, read_settings, rotated};
use shown::manager_view;
pub use shown::{Inbox, Managed, Metered, State, find, find_by_name, list};

const LONGEST_NAME: usize = 80;

/// What is asked for when an inbox is made.
#[derive(Debug, Clone, Default)]
pub struct NewInbox {
    pub name: String,
    pub channel: String,
    /// Absent means the oldest brand.
    pub brand: Option<Wanted<BrandId>>,
    /// Absent means the oldest team.
    pub team: Option<Wanted<TeamId>>,
    /// Settings and secrets together, as the channel's schema asks for them.
    pub settings: Option<Json>,
}

/// What is set of an inbox; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct InboxChange {
    pub name: Option<String>,
    pub brand: Option<BrandId>,
    pub team: Option<TeamId>,
    pub paused: Option<bool>,
    /// All settings anew; a secret that is left out or empty stays.
    pub settings: Option<Json>,
}

/// Makes an inbox; returns it with its hook's secret, which is never shown again.
pub async fn create(
    care: &Care,
    person: &Person,
    new: NewInbox,
) -> Result<(Inbox, Option<String>), CareError> {
    require(person, Permission::ManageInboxes)?;
    let mut faults = Faults::default();
    let name = faults.text("name", &new.name, LONGEST_NAME);
    let channel = kulant_channels::find(&new.channel);
    if channel.is_none() {
        faults.add("channel", "not_a_choice", "no such channel");
    }
    let given = new.settings.unwrap_or_else(|| json!({}));
    let (settings, mut secrets, is_connected) = match channel {
        None => (Json::Null, Map::new(), true),
        Some(channel) => read_settings(&mut faults, channel, given, &Map::new()),
    };
    faults.end()?;
    let channel = channel.ok_or(CareError::NotFound)?;

    let id = InboxId(care.id());
    // Every inbox signs something: what comes to its hook, or the addresses that it gives out.
    let secret = signature::new_secret(care.random_bytes());
    secrets.insert(SIGNING.to_owned(), json!([secret]));
    let hook_secret = channel.capabilities().signed_hook.then_some(secret);
    let mut row = Row {
        id,
        version: 1,
        channel: channel.name().to_owned(),
        slug: slug_of(&name),
        name,
        brand: BrandId(0),
        brand_name: String::new(),
        team: TeamId(0),
        team_name: String::new(),
        hook_key: care.secret(),
        settings,
        secrets: seal_secrets(care, id, &Json::Object(secrets))?,
        poll_cursor: None,
        trouble: health::when_set_up(is_connected, care.now()),
        checked_at: None,
        last_received_at: None,
        created_at: care.now(),
        paused_at: None,
        archived_at: None,
        quiet_until: None,
        knocked_at: None,
    };
    let event = changed(&row, "created", row.created_at, person.actor);
    let brand = new.brand.map(|brand| brands::prepare(care, person, brand));
    let team = new.team.map(|team| teams::prepare(care, person, team));
    let (brand, team) = (brand.transpose()?, team.transpose()?);
    let slug_end = id.0 % 1_000_000;
    let row = care
        .store
        .write(move |tx| {
            (row.brand, row.brand_name) = brands::settle(tx, brand)?;
            (row.team, row.team_name) = teams::settle(tx, team)?;
            if inboxes::has_slug(tx, &row.slug)? {
                row.slug = format!("{}-{slug_end}", row.slug);
            }
            free_name(tx, &row)?;
            if !inboxes::insert(tx, &row)? {
                return Err(name_taken());
            }
            if !row.trouble.is_null() {
                inboxes::save_trouble(tx, row.id, &row.trouble, row.created_at)?;
            }
            tx.append(event.team(Some(row.team)).brand(row.brand));
            Ok(row)
        })
        .await?;
    Ok((manager_view(care, row, None)?, hook_secret))
}

/// Changes an inbox, if nobody else did since.
pub async fn change(
    care: &Care,
    person: &Person,
    id: InboxId,
    (seen, change): (i64, InboxChange),
) -> Result<Inbox, CareError> {
    require(person, Permission::ManageInboxes)?;
    let mut row = load(care, id).await?;
    require_version(row.version, seen)?;
    let mut set_up = None;
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        row.name = faults.text("name", name, LONGEST_NAME);
    }
    if let Some(given) = change.settings {
        let channel = channel_of(&row)?;
        let kept = secrets_of(care, &row)?;
        let (settings, mut secrets, is_connected) =
            read_settings(&mut faults, channel, given, &kept);
        set_up = Some(health::when_set_up(is_connected, care.now()));
        for name in [SIGNING, SIGNING_ENDS] {
            if let Some(value) = kept.get(name) {
                secrets.insert(name.to_owned(), value.clone());
            }
        }
        row.settings = settings;
        row.secrets = seal_secrets(care, id, &Json::Object(secrets))?;
    }
    faults.end()?;

    let now = care.now();
    row.paused_at = match change.paused {
        None => row.paused_at,
        Some(true) => row.paused_at.or(Some(now)),
        Some(false) => None,
    };
    let event = changed(&row, "changed", now, person.actor);
    let row = care
        .store
        .write(move |tx| {
            if let Some(brand) = change.brand {
                (row.brand, row.brand_name) = brands::settle(tx, Some(Wanted::Known(brand)))?;
            }
            if let Some(team) = change.team {
                (row.team, row.team_name) = teams::settle(tx, Some(Wanted::Known(team)))?;
            }
            free_name(tx, &row)?;
            row.version = settled(inboxes::update(tx, &row)?)?;
            if let Some(trouble) = set_up {
                // What was wrong was wrong with the settings before.
                row.trouble = trouble;
                inboxes::forget_trouble(tx, id)?;
                if !row.trouble.is_null() {
                    inboxes::save_trouble(tx, id, &row.trouble, now)?;
                }
                clear_alert(tx, &format!("inbox:{id}"), now)?;
                ask_soon(tx, id, now)?;
                check_soon(tx, id, now)?;
            }
            tx.append(event.team(Some(row.team)).brand(row.brand));
            Ok::<_, CareError>(row)
        })
        .await?;
    manager_view(care, row, None)
}

/// Makes a new signing secret and returns it; the one before is believed for a day more, so that
/// the sender can be told in peace.
pub async fn rotate_secret(
    care: &Care,
    person: &Person,
    id: InboxId,
    seen: i64,
) -> Result<(Inbox, String), CareError> {
    require(person, Permission::ManageInboxes)?;
    let mut row = load(care, id).await?;
    require_version(row.version, seen)?;
    if !channel_of(&row)?.capabilities().signed_hook {
        return Err(Refusal::new("inbox_has_no_secret").into());
    }

    let now = care.now();
    let secret = signature::new_secret(care.random_bytes());
    let secrets = rotated(secrets_of(care, &row)?, &secret, now);
    row.secrets = seal_secrets(care, id, &Json::Object(secrets))?;
    let event = changed(&row, "secret_rotated", now, person.actor);
    let row = care
        .store
        .write(move |tx| {
            row.version = settled(inboxes::update(tx, &row)?)?;
            tx.append(event);
            Ok::<_, CareError>(row)
        })
        .await?;
    Ok((manager_view(care, row, None)?, secret))
}

/// Takes an inbox out of use: archived where something speaks of it, else removed.
pub async fn archive(
    care: &Care,
    person: &Person,
    id: InboxId,
    seen: i64,
) -> Result<(), CareError> {
    require(person, Permission::ManageInboxes)?;
    let now = care.now();
    let actor = person.actor;
    care.store
        .write(move |tx| {
            let mut row = inboxes::find(tx, id)?
                .filter(|row| row.archived_at.is_none())
                .ok_or(CareError::NotFound)?;
            require_version(row.version, seen)?;
            tx.append(changed(&row, "archived", now, actor));
            if inboxes::is_referred_to(tx, id)? {
                row.archived_at = Some(now);
                settled(inboxes::update(tx, &row)?)?;
            } else {
                inboxes::remove(tx, id)?;
            }
            Ok(())
        })
        .await
}

/// Seals every inbox's secrets with the newest key; returns how many were sealed with an older one.
pub async fn seal_anew(care: &Care) -> Result<usize, CareError> {
    let mut after = 0;
    let mut changed = 0;
    loop {
        let rows = care
            .store
            .read(move |read| inboxes::list(read, &crate::access::scope_of_system(), after, 100))
            .await?;
        let Some(last) = rows.last() else {
            return Ok(changed);
        };
        after = last.id.0;
        for row in rows {
            if care.settings.secret_keys.is_newest(&row.secrets) {
                continue;
            }
            let secrets = open_secrets(care, row.id, &row.secrets)?;
            let sealed = seal_secrets(care, row.id, &secrets)?;
            care.store
                .write(move |tx| inboxes::save_secrets(tx, row.id, &sealed))
                .await
                .map_err(|error: StoreError| CareError::from(error))?;
            changed += 1;
        }
    }
}

async fn load(care: &Care, id: InboxId) -> Result<Row, CareError> {
    care.store
        .read(move |read| inboxes::find(read, id))
        .await?
        .filter(|row| row.archived_at.is_none())
        .ok_or(CareError::NotFound)
}

fn channel_of(row: &Row) -> Result<&'static dyn Channel, CareError> {
    kulant_channels::find(&row.channel)
        .ok_or_else(|| CareError::Internal(format!("the channel {} is unknown", row.channel)))
}

fn secrets_of(care: &Care, row: &Row) -> Result<Map<String, Json>, CareError> {
    match open_secrets(care, row.id, &row.secrets)? {
        Json::Object(secrets) => Ok(secrets),
        _ => Ok(Map::new()),
    }
}

/// Sees to it that an inbox may have its name: an archived one gives it up, one in use does not.
fn free_name(tx: &mut Tx<'_>, row: &Row) -> Result<(), CareError> {
    let other = inboxes::find_by_name(tx, &row.name)?.filter(|other| other.id != row.id);
    let Some(mut other) = other else {
        return Ok(());
    };
    let archived_at = other.archived_at.ok_or_else(name_taken)?;
    other.name = past_name(&other.name, archived_at);
    if inboxes::find_by_name(tx, &other.name)?.is_some() {
        other.name = format!("{} {}", other.name, other.id);
    }
    settled(inboxes::update(tx, &other)?).map(drop)
}

fn name_taken() -> CareError {
    CareError::invalid("name", "taken", "another inbox has it")
}

pub(crate) fn changed(row: &Row, change: &str, now: Timestamp, actor: ActorId) -> NewEvent {
    NewEvent::new(EventKind::InboxChanged, now, actor)
        .inbox(row.id)
        .team(Some(row.team))
        .brand(row.brand)
        .facts(json!({"change": change}))
}
