//! Inboxes: connected accounts. Their channel checks the settings, secrets are sealed and never
//! told again, the hook's secret can be changed without a gap.

use std::time::Duration;

use kulant_channels::Channel;
use kulant_channels::delivery::SIGNING;
use kulant_channels::{settings as schema, signature};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, BrandId, InboxId, TeamId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::inboxes::{self, Inbox as Row};
use kulant_store::{Read, StoreError, Tx, brands, teams};
use serde_json::{Map, Value as Json, json};

use super::fields::{Faults, slug_of};
use super::{past_name, require_version, settled};
use crate::Care;
use crate::access::require;
use crate::accounts::{hook_path, open, open_secrets, seal_secrets};
use crate::deliver::clear_alert;
use crate::error::CareError;
use crate::jobs::poll_soon;

const LONGEST_NAME: usize = 80;
/// How long an older signing secret is still believed after a new one was made.
pub const ROTATION: Duration = Duration::from_hours(24);
/// The secret that says until when each signing secret is believed, null for as long as it stands.
const SIGNING_ENDS: &str = "signing_ends";

/// An inbox as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbox {
    pub id: InboxId,
    pub version: i64,
    pub name: String,
    pub channel: String,
    pub brand: (BrandId, String),
    pub team: (TeamId, String),
    pub state: State,
    pub checked_at: Option<Timestamp>,
    /// What is wrong: `{"class", "detail", "since"}`, or null.
    pub trouble: Json,
    /// When the oldest delivery came that is not taken in yet.
    pub waiting_since: Option<Timestamp>,
    pub last_received_at: Option<Timestamp>,
    pub public_path: Option<String>,
    /// For those who manage inboxes alone.
    pub managed: Option<Managed>,
}

/// What only those who manage inboxes are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// The settings, secrets left out.
    pub settings: Json,
    /// The names of the secret settings that have a value.
    pub secrets_set: Vec<String>,
    pub hook_path: Option<String>,
}

/// How an inbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Paused,
    Failing,
}

/// What is asked for when an inbox is made.
#[derive(Debug, Clone, Default)]
pub struct NewInbox {
    pub name: String,
    pub channel: String,
    /// Absent means the oldest brand.
    pub brand: Option<BrandId>,
    /// Absent means the oldest team.
    pub team: Option<TeamId>,
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
    let (settings, mut secrets) = match channel {
        None => (Json::Null, Map::new()),
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
        trouble: Json::Null,
        checked_at: None,
        last_received_at: None,
        created_at: care.now(),
        paused_at: None,
        archived_at: None,
    };
    let event = changed(&row, "created", row.created_at, person.actor);
    let (brand, team, slug_end) = (new.brand, new.team, id.0 % 1_000_000);
    let row = care
        .store
        .write(move |tx| {
            (row.brand, row.brand_name) = brand_of(tx, brand)?;
            (row.team, row.team_name) = team_of(tx, team)?;
            if inboxes::has_slug(tx, &row.slug)? {
                row.slug = format!("{}-{slug_end}", row.slug);
            }
            free_name(tx, &row)?;
            if !inboxes::insert(tx, &row)? {
                return Err(name_taken());
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
    let is_set_up_anew = change.settings.is_some();
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        row.name = faults.text("name", name, LONGEST_NAME);
    }
    if let Some(given) = change.settings {
        let channel = channel_of(&row)?;
        let kept = secrets_of(care, &row)?;
        let (settings, mut secrets) = read_settings(&mut faults, channel, given, &kept);
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
                (row.brand, row.brand_name) = brand_of(tx, Some(brand))?;
            }
            if let Some(team) = change.team {
                (row.team, row.team_name) = team_of(tx, Some(team))?;
            }
            free_name(tx, &row)?;
            row.version = settled(inboxes::update(tx, &row)?)?;
            if is_set_up_anew {
                // What was wrong was wrong with the settings before.
                row.trouble = Json::Null;
                inboxes::forget_trouble(tx, id)?;
                clear_alert(tx, &format!("inbox:{id}"), now)?;
                poll_soon(tx, id, now)?;
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

/// Finds an inbox in use that feeds a team within the person's scope.
pub async fn find(care: &Care, person: &Person, id: InboxId) -> Result<Inbox, CareError> {
    let scope = person.scope.clone();
    let (row, waiting_since) = care
        .store
        .read(move |read| {
            let row = inboxes::find(read, id)?
                .filter(|row| row.archived_at.is_none() && scope.includes(Some(row.team)));
            let waiting = inboxes::oldest_waiting(read, &[id])?;
            Ok::<_, StoreError>((row, waiting.first().map(|(_, at)| *at)))
        })
        .await?;
    let row = row.ok_or(CareError::NotFound)?;
    view_for(care, person, row, waiting_since)
}

/// Lists the inboxes in use that feed teams within the person's scope, after an id.
pub async fn list(
    care: &Care,
    person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<Inbox>, CareError> {
    let scope = person.scope.clone();
    let (rows, waiting) = care
        .store
        .read(move |read| {
            let rows = inboxes::list(read, &scope, after, limit)?;
            let ids: Vec<InboxId> = rows.iter().map(|row| row.id).collect();
            let waiting = inboxes::oldest_waiting(read, &ids)?;
            Ok::<_, StoreError>((rows, waiting))
        })
        .await?;
    rows.into_iter()
        .map(|row| {
            let since = waiting.iter().find(|(id, _)| *id == row.id);
            let since = since.map(|(_, at)| *at);
            view_for(care, person, row, since)
        })
        .collect()
}

/// Finds an inbox in use by its name, for the command line.
pub async fn find_by_name(
    care: &Care,
    person: &Person,
    name: &str,
) -> Result<Option<Inbox>, CareError> {
    let (scope, name) = (person.scope.clone(), name.trim().to_owned());
    let row = care
        .store
        .read(move |read| inboxes::find_by_name(read, &name))
        .await?
        .filter(|row| row.archived_at.is_none() && scope.includes(Some(row.team)));
    row.map(|row| view_for(care, person, row, None)).transpose()
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

/// Returns the secrets of an inbox as they count at a time: signing secrets that are over left out.
pub(crate) fn secrets_at(secrets: &Json, now: Timestamp) -> Json {
    let mut counting = secrets.clone();
    let Some(fields) = counting.as_object_mut() else {
        return counting;
    };
    let Some(ends) = fields.remove(SIGNING_ENDS) else {
        return counting;
    };
    if let Some(Json::Array(signing)) = fields.get_mut(SIGNING) {
        let mut place = 0;
        signing.retain(|_| {
            let end = ends.get(place).and_then(Json::as_i64);
            place += 1;
            end.is_none_or(|end| end > now.0)
        });
    }
    counting
}

/// Puts a new signing secret before those that still count, which end within a day.
fn rotated(mut secrets: Map<String, Json>, new: &str, now: Timestamp) -> Map<String, Json> {
    let ends = secrets.get(SIGNING_ENDS).cloned().unwrap_or(Json::Null);
    let old: Vec<Json> = match secrets.get(SIGNING) {
        Some(Json::Array(old)) => old.clone(),
        Some(Json::String(old)) => vec![json!(old)],
        _ => Vec::new(),
    };
    let mut signing = vec![json!(new)];
    let mut new_ends = vec![Json::Null];
    for (place, secret) in old.into_iter().enumerate() {
        let end = ends.get(place).and_then(Json::as_i64);
        let end = end.unwrap_or_else(|| now.after(ROTATION).0);
        if end > now.0 {
            signing.push(secret);
            new_ends.push(json!(end));
        }
    }
    secrets.insert(SIGNING.to_owned(), Json::Array(signing));
    secrets.insert(SIGNING_ENDS.to_owned(), Json::Array(new_ends));
    secrets
}

/// Takes settings apart from secrets, as the channel's schema says, and has the channel check them.
fn read_settings(
    faults: &mut Faults,
    channel: &dyn Channel,
    mut given: Json,
    kept: &Map<String, Json>,
) -> (Json, Map<String, Json>) {
    let names = schema::secret_names(&channel.settings_schema());
    if let Some(fields) = given.as_object_mut() {
        fields.retain(|_, value| !is_empty(value));
        for name in &names {
            if let (false, Some(value)) = (fields.contains_key(name), kept.get(name)) {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    for fault in channel.validate_settings(&given) {
        let field = match fault.field.as_str() {
            "" => "settings".to_owned(),
            name => format!("settings.{name}"),
        };
        faults.add(&field, fault.code, fault.detail);
    }
    let mut secrets = Map::new();
    if let Some(fields) = given.as_object_mut() {
        for name in names {
            if let Some(value) = fields.remove(&name) {
                secrets.insert(name, value);
            }
        }
    }
    (given, secrets)
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn brand_of(read: &mut Read<'_>, wanted: Option<BrandId>) -> Result<(BrandId, String), CareError> {
    let found = match wanted {
        Some(id) => brands::find(read, id)?.filter(|brand| brand.archived_at.is_none()),
        None => brands::list(read, 0, 1)?.into_iter().next(),
    };
    found
        .map(|brand| (brand.id, brand.name))
        .ok_or_else(|| CareError::invalid("brand", "unknown", "there is no such brand"))
}

fn team_of(read: &mut Read<'_>, wanted: Option<TeamId>) -> Result<(TeamId, String), CareError> {
    let found = match wanted {
        Some(id) => teams::find(read, id)?.filter(|team| team.archived_at.is_none()),
        None => teams::list(read, 0, 1)?.into_iter().next(),
    };
    found
        .map(|team| (team.id, team.name))
        .ok_or_else(|| CareError::invalid("team", "unknown", "there is no such team"))
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

fn view_for(
    care: &Care,
    person: &Person,
    row: Row,
    waiting_since: Option<Timestamp>,
) -> Result<Inbox, CareError> {
    let mut inbox = manager_view(care, row, waiting_since)?;
    if !person.may(Permission::ManageInboxes) {
        inbox.managed = None;
    }
    Ok(inbox)
}

fn manager_view(
    care: &Care,
    row: Row,
    waiting_since: Option<Timestamp>,
) -> Result<Inbox, CareError> {
    let channel = channel_of(&row)?;
    let capabilities = channel.capabilities();
    let kept = secrets_of(care, &row).unwrap_or_default();
    let secrets_set = schema::secret_names(&channel.settings_schema())
        .into_iter()
        .filter(|name| kept.contains_key(name))
        .collect();
    let takes_deliveries = open(care, row.clone())?.takes_deliveries(care.now());
    let hook_path = takes_deliveries.then(|| hook_path(&row));
    Ok(Inbox {
        id: row.id,
        version: row.version,
        name: row.name,
        channel: row.channel,
        brand: (row.brand, row.brand_name),
        team: (row.team, row.team_name),
        state: match (row.paused_at, &row.trouble) {
            (Some(_), _) => State::Paused,
            (None, Json::Null) => State::Active,
            (None, _) => State::Failing,
        },
        checked_at: row.checked_at,
        trouble: row.trouble,
        waiting_since,
        last_received_at: row.last_received_at,
        public_path: capabilities
            .public_page
            .then(|| format!("/form/{}", row.slug)),
        managed: Some(Managed {
            settings: row.settings,
            secrets_set,
            hook_path,
        }),
    })
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

fn changed(row: &Row, change: &str, now: Timestamp, actor: ActorId) -> NewEvent {
    NewEvent::new(EventKind::InboxChanged, now, actor)
        .inbox(row.id)
        .team(Some(row.team))
        .brand(row.brand)
        .facts(json!({"change": change}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_signing_secret_counts_for_a_day_after_the_new_one() {
        let start = Timestamp::from_seconds(1_000_000);
        let first = Map::from_iter([
            (SIGNING.to_owned(), json!(["a"])),
            ("token".to_owned(), json!("t")),
        ]);
        let counting = |secrets: &Map<String, Json>, at: Timestamp| {
            secrets_at(&Json::Object(secrets.clone()), at)
        };
        assert_eq!(
            counting(&first, start),
            json!({"signing": ["a"], "token": "t"})
        );

        let second = rotated(first, "b", start);
        let hours = |hours: u64| start.after(Duration::from_hours(hours));
        assert_eq!(
            counting(&second, hours(23)),
            json!({"signing": ["b", "a"], "token": "t"})
        );
        assert_eq!(counting(&second, hours(24))["signing"], json!(["b"]));

        let third = rotated(second, "c", hours(12));
        assert_eq!(
            counting(&third, hours(13))["signing"],
            json!(["c", "b", "a"])
        );
        assert_eq!(counting(&third, hours(25))["signing"], json!(["c", "b"]));
        assert_eq!(counting(&third, hours(36))["signing"], json!(["c"]));
        let fourth = rotated(third, "d", hours(48));
        assert_eq!(counting(&fourth, hours(49))["signing"], json!(["d", "c"]));
    }
}
