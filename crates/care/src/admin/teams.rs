//! Teams and who is in them.

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AgentId, TeamId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::team::TeamKind;
use kulant_model::time::Timestamp;
use kulant_store::{Read, StoreError, Tx, agents, teams};
use serde_json::json;

use super::fields::Faults;
use super::{Wanted, past_name, require_version, settled};
use crate::Care;
use crate::access::require;
use crate::error::CareError;

const LONGEST_NAME: usize = 80;
const LONGEST_SIGNATURE: usize = 200;

/// A team as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub version: i64,
    pub name: String,
    pub kind: TeamKind,
    pub signature: Option<String>,
    pub members: Vec<AgentId>,
}

/// What is set of a team; what is absent stays, or takes its default in a new one.
#[derive(Debug, Clone, Default)]
pub struct TeamChange {
    pub name: Option<String>,
    pub kind: Option<TeamKind>,
    /// `Some(None)` takes it away.
    pub signature: Option<Option<String>>,
    /// Everybody in the team from now on.
    pub members: Option<Vec<AgentId>>,
}

/// Makes a team.
pub async fn create(care: &Care, person: &Person, change: TeamChange) -> Result<Team, CareError> {
    let draft = draft(care, person, change)?;
    care.store
        .write(move |tx| {
            let team = draft.keep(tx)?;
            Ok(described(tx, vec![team])?.remove(0))
        })
        .await
}

/// A team about to be made.
pub(super) struct Draft {
    row: teams::Team,
    members: Option<Vec<AgentId>>,
    event: NewEvent,
}

impl Draft {
    fn keep(self, tx: &mut Tx<'_>) -> Result<teams::Team, CareError> {
        free_name(tx, &self.row)?;
        if !teams::insert(tx, &self.row)? {
            return Err(name_taken());
        }
        if let Some(members) = &self.members {
            check_members(tx, members)?;
            teams::replace_members(tx, self.row.id, members)?;
        }
        tx.append(self.event);
        Ok(self.row)
    }
}

fn draft(care: &Care, person: &Person, change: TeamChange) -> Result<Draft, CareError> {
    require(person, Permission::ManageTeams)?;
    let now = care.now();
    let mut row = teams::Team {
        id: TeamId(care.id()),
        version: 1,
        name: String::new(),
        kind: TeamKind::Staff,
        signature: None,
        created_at: now,
        archived_at: None,
    };
    apply(&mut row, &change)?;
    Ok(Draft {
        event: changed(row.id, "created", now, person.actor),
        members: change.members,
        row,
    })
}

/// Makes ready a team of this name, where one is to be made.
pub(super) fn prepare(
    care: &Care,
    person: &Person,
    wanted: Wanted<TeamId>,
) -> Result<Wanted<TeamId, Draft>, CareError> {
    wanted.prepare(|name| {
        let change = TeamChange {
            name: Some(name),
            ..TeamChange::default()
        };
        draft(care, person, change)
    })
}

/// Returns the team that is meant, made where it is to be made; the oldest where none is named.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    wanted: Option<Wanted<TeamId, Draft>>,
) -> Result<(TeamId, String), CareError> {
    let found = match wanted {
        Some(Wanted::Known(id)) => teams::find(tx, id)?.filter(|team| team.archived_at.is_none()),
        Some(Wanted::New(draft)) => Some(draft.keep(tx)?),
        None => teams::list(tx, 0, 1)?.into_iter().next(),
    };
    found
        .map(|team| (team.id, team.name))
        .ok_or_else(|| CareError::invalid("team", "unknown", "there is no such team"))
}

/// Changes a team, if nobody else did since.
pub async fn change(
    care: &Care,
    person: &Person,
    id: TeamId,
    (seen, change): (i64, TeamChange),
) -> Result<Team, CareError> {
    require(person, Permission::ManageTeams)?;
    let event = changed(id, "changed", care.now(), person.actor);
    care.store
        .write(move |tx| {
            let mut team = teams::find(tx, id)?
                .filter(|team| team.archived_at.is_none())
                .ok_or(CareError::NotFound)?;
            require_version(team.version, seen)?;
            apply(&mut team, &change)?;
            free_name(tx, &team)?;
            team.version = settled(teams::update(tx, &team)?)?;
            if let Some(members) = &change.members {
                check_members(tx, members)?;
                teams::replace_members(tx, id, members)?;
            }
            tx.append(event);
            Ok(described(tx, vec![team])?.remove(0))
        })
        .await
}

/// Takes a team out of use. Its past conversations keep its name.
pub async fn archive(care: &Care, person: &Person, id: TeamId, seen: i64) -> Result<(), CareError> {
    require(person, Permission::ManageTeams)?;
    let now = care.now();
    let event = changed(id, "archived", now, person.actor);
    care.store
        .write(move |tx| {
            let mut team = teams::find(tx, id)?
                .filter(|team| team.archived_at.is_none())
                .ok_or(CareError::NotFound)?;
            require_version(team.version, seen)?;
            if teams::has_inboxes(tx, id)? {
                return Err(Refusal::new("team_has_inboxes").into());
            }
            if teams::has_open_conversations(tx, id)? {
                return Err(Refusal::new("team_has_conversations").into());
            }
            team.archived_at = Some(now);
            settled(teams::update(tx, &team)?)?;
            teams::replace_members(tx, id, &[])?;
            tx.append(event);
            Ok(())
        })
        .await
}

/// Finds a team in use.
pub async fn find(care: &Care, _person: &Person, id: TeamId) -> Result<Team, CareError> {
    care.store
        .read(move |read| {
            let team = teams::find(read, id)?
                .filter(|team| team.archived_at.is_none())
                .ok_or(CareError::NotFound)?;
            Ok(described(read, vec![team])?.remove(0))
        })
        .await
}

/// Lists the teams in use after an id.
pub async fn list(
    care: &Care,
    _person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<Team>, CareError> {
    care.store
        .read(move |read| {
            let teams = teams::list(read, after, limit)?;
            Ok(described(read, teams)?)
        })
        .await
}

fn apply(team: &mut teams::Team, change: &TeamChange) -> Result<(), CareError> {
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        team.name = faults.text("name", name, LONGEST_NAME);
    } else if team.name.is_empty() {
        faults.add("name", "required", "a value is needed");
    }
    team.kind = change.kind.unwrap_or(team.kind);
    if let Some(signature) = &change.signature {
        team.signature =
            faults.optional_lines("signature", signature.as_deref(), LONGEST_SIGNATURE);
    }
    faults.end()
}

fn check_members(read: &mut Read<'_>, members: &[AgentId]) -> Result<(), CareError> {
    let known = agents::list_enabled(read, members)?;
    if members.iter().all(|member| known.contains(member)) {
        Ok(())
    } else {
        Err(CareError::invalid(
            "members",
            "unknown",
            "not all of them are agents who are not disabled",
        ))
    }
}

/// Adds to teams who is in them.
fn described(read: &mut Read<'_>, rows: Vec<teams::Team>) -> Result<Vec<Team>, StoreError> {
    let ids: Vec<TeamId> = rows.iter().map(|team| team.id).collect();
    let members = teams::list_members(read, &ids)?;
    Ok(rows
        .into_iter()
        .map(|row| Team {
            id: row.id,
            version: row.version,
            name: row.name,
            kind: row.kind,
            signature: row.signature,
            members: members
                .iter()
                .filter(|(team, _)| *team == row.id)
                .map(|(_, agent)| *agent)
                .collect(),
        })
        .collect())
}

/// Sees to it that a team may have its name: an archived one gives it up, one in use does not.
fn free_name(tx: &mut Tx<'_>, team: &teams::Team) -> Result<(), CareError> {
    let other = teams::find_by_name(tx, &team.name)?.filter(|other| other.id != team.id);
    let Some(mut other) = other else {
        return Ok(());
    };
    let archived_at = other.archived_at.ok_or_else(name_taken)?;
    other.name = past_name(&other.name, archived_at);
    if teams::find_by_name(tx, &other.name)?.is_some() {
        other.name = format!("{} {}", other.name, other.id);
    }
    settled(teams::update(tx, &other)?).map(drop)
}

fn name_taken() -> CareError {
    CareError::invalid("name", "taken", "another team has it")
}

fn changed(id: TeamId, change: &str, now: Timestamp, actor: ActorId) -> NewEvent {
    NewEvent::new(EventKind::TeamSettingsChanged, now, actor)
        .team(Some(id))
        .facts(json!({"change": change}))
}
