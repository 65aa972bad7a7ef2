//! Inboxes as people see them: within their scope, secrets left out.

use kulant_channels::delivery::Usage;
use kulant_channels::settings as schema;
use kulant_model::ids::{BrandId, InboxId, SearchId, TeamId};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::StoreError;
use kulant_store::inboxes::{self, Inbox as Row};
use kulant_store::searches::{self, Place};
use serde_json::Value as Json;

use super::{channel_of, secrets_of};
use crate::Care;
use crate::accounts::{hook_path, open};
use crate::error::CareError;

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
    /// Until when its network asked us to send nothing.
    pub quiet_until: Option<Timestamp>,
    pub usage: Vec<Metered>,
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

/// What a network was asked for so far, for the inbox itself or for a search of the listening post.
#[derive(Debug, Clone, PartialEq)]
pub struct Metered {
    pub search: Option<(SearchId, String)>,
    pub usage: Usage,
}

/// How an inbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Paused,
    Failing,
}

/// Finds an inbox in use that feeds a team within the person's scope.
pub async fn find(care: &Care, person: &Person, id: InboxId) -> Result<Inbox, CareError> {
    let scope = person.scope.clone();
    let (row, waiting_since, places) = care
        .store
        .read(move |read| {
            let row = inboxes::find(read, id)?
                .filter(|row| row.archived_at.is_none() && scope.includes(Some(row.team)));
            let waiting = inboxes::oldest_waiting(read, &[id])?;
            let places = searches::list_places(read, &[id])?;
            Ok::<_, StoreError>((row, waiting.first().map(|(_, at)| *at), places))
        })
        .await?;
    let row = row.ok_or(CareError::NotFound)?;
    view_for(care, person, row, (waiting_since, &places))
}

/// Lists the inboxes in use that feed teams within the person's scope, after an id.
pub async fn list(
    care: &Care,
    person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<Inbox>, CareError> {
    let scope = person.scope.clone();
    let (rows, waiting, places) = care
        .store
        .read(move |read| {
            let rows = inboxes::list(read, &scope, after, limit)?;
            let ids: Vec<InboxId> = rows.iter().map(|row| row.id).collect();
            let waiting = inboxes::oldest_waiting(read, &ids)?;
            let places = searches::list_places(read, &ids)?;
            Ok::<_, StoreError>((rows, waiting, places))
        })
        .await?;
    rows.into_iter()
        .map(|row| {
            let since = waiting.iter().find(|(id, _)| *id == row.id);
            let since = since.map(|(_, at)| *at);
            view_for(care, person, row, (since, &places))
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
    row.map(|row| view_for(care, person, row, (None, &[])))
        .transpose()
}

fn view_for(
    care: &Care,
    person: &Person,
    row: Row,
    (waiting_since, places): (Option<Timestamp>, &[Place]),
) -> Result<Inbox, CareError> {
    let usage = list_usage(care, &row, places)?;
    let mut inbox = Inbox {
        usage,
        ..manager_view(care, row, waiting_since)?
    };
    if !person.may(Permission::ManageInboxes) {
        inbox.managed = None;
    }
    Ok(inbox)
}

/// Reads the meters of an inbox from where its network's cursors keep them, so that they outlive every
/// restart.
fn list_usage(care: &Care, row: &Row, places: &[Place]) -> Result<Vec<Metered>, CareError> {
    let opened = open(care, row.clone())?;
    let account = opened.account(care.now());
    let own = row.poll_cursor.as_deref().map(|cursor| (None, cursor));
    let searching = places
        .iter()
        .filter(|place| place.inbox == row.id)
        .map(|place| {
            (
                Some((place.search, place.name.clone())),
                place.cursor.as_str(),
            )
        });
    Ok(own
        .into_iter()
        .chain(searching)
        .filter_map(|(search, cursor)| {
            let usage = opened.channel.usage(&account, cursor)?;
            Some(Metered { search, usage })
        })
        .collect())
}

pub(super) fn manager_view(
    care: &Care,
    row: Row,
    waiting_since: Option<Timestamp>,
) -> Result<Inbox, CareError> {
    let usage = list_usage(care, &row, &[])?;
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
        quiet_until: row.quiet_until,
        usage,
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
