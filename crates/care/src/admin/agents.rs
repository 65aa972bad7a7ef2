//! Who has an account at the desk, in which role and in which teams.

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AgentId, TeamId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person, Role};
use kulant_model::time::Timestamp;
use kulant_store::{Read, StoreError, Tx, actors, agents, sessions, teams as rows, tokens};
use serde_json::json;

use super::fields::Faults;
use super::teams::{self, Draft};
use super::{Wanted, require_version, settled};
use crate::Care;
use crate::access::require;
use crate::error::CareError;

const LONGEST_NAME: usize = 120;

/// An agent as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub id: AgentId,
    pub version: i64,
    pub name: String,
    /// For those who manage people; colleagues need no address to work together.
    pub email: Option<String>,
    pub role: Role,
    pub teams: Vec<(TeamId, String)>,
    pub initials: Option<String>,
    pub disabled_at: Option<Timestamp>,
    /// Whether an invitation has not been accepted yet.
    pub invited: bool,
}

/// What is set of an agent; what is absent stays, or takes its default in a new one.
#[derive(Debug, Clone, Default)]
pub struct AgentChange {
    pub name: Option<String>,
    pub email: Option<String>,
    pub role: Option<Role>,
    /// Every team they are in from now on.
    pub teams: Option<Vec<Wanted<TeamId>>>,
    pub disabled: Option<bool>,
}

/// Makes an account; its person gets in by an invitation.
pub async fn create(care: &Care, person: &Person, change: AgentChange) -> Result<Agent, CareError> {
    require(person, Permission::ManagePeople)?;
    let now = care.now();
    let mut agent = agents::Agent {
        id: AgentId(care.id()),
        version: 1,
        email: String::new(),
        name: String::new(),
        role: Role::Agent,
        password_hash: None,
        initials: None,
        initials_consented_at: None,
        preferences: json!({}),
        created_at: now,
        disabled_at: None,
    };
    apply(&mut agent, &change, now)?;
    let teams = prepare_teams(care, person, change.teams)?;

    let actor = ActorId(care.id());
    let event = changed("created", actor, now, person.actor);
    care.store
        .write(move |tx| {
            if !agents::insert(tx, &agent)? {
                return Err(email_taken());
            }
            actors::insert(tx, actor, agent.id)?;
            keep_teams(tx, agent.id, teams)?;
            tx.append(event);
            Ok(described(tx, vec![agent], Reader::Manager)?.remove(0))
        })
        .await
}

/// Changes an account, if nobody else did since. Who is disabled is out at once: sessions and
/// tokens end.
pub async fn change(
    care: &Care,
    person: &Person,
    id: AgentId,
    (seen, mut change): (i64, AgentChange),
) -> Result<Agent, CareError> {
    require(person, Permission::ManagePeople)?;
    let teams = prepare_teams(care, person, change.teams.take())?;
    let (now, by) = (care.now(), person.actor);
    care.store
        .write(move |tx| {
            // Before anything of them is read: two who end each other's role come one after the other.
            agents::lock_role(tx, Role::Administrator)?;
            let before = agents::find(tx, id)?.ok_or(CareError::NotFound)?;
            require_version(before.version, seen)?;
            let mut agent = before.clone();
            apply(&mut agent, &change, now)?;
            if agents::find_by_email(tx, &agent.email)?.is_some_and(|other| other.id != id) {
                return Err(email_taken());
            }
            agent.version = settled(agents::update(tx, &agent)?)?;
            keep_administrators(tx, &before)?;
            keep_teams(tx, id, teams)?;
            if agent.disabled_at.is_some() {
                sessions::remove_of_agent(tx, id)?;
                tokens::revoke_of_agent(tx, id, now)?;
                agents::remove_open_invitations(tx, id)?;
            }
            let actor = actors::find_of_agent(tx, id)?.unwrap_or(crate::SYSTEM);
            tx.append(changed("changed", actor, now, by));
            Ok(described(tx, vec![agent], Reader::Manager)?.remove(0))
        })
        .await
}

/// Disables an account; what its person wrote stays.
pub async fn disable(
    care: &Care,
    person: &Person,
    id: AgentId,
    seen: i64,
) -> Result<(), CareError> {
    let disabled = AgentChange {
        disabled: Some(true),
        ..AgentChange::default()
    };
    change(care, person, id, (seen, disabled)).await.map(drop)
}

/// Finds an agent, disabled ones included.
pub async fn find(care: &Care, person: &Person, id: AgentId) -> Result<Agent, CareError> {
    let reader = Reader::of(person);
    care.store
        .read(move |read| {
            let agent = agents::find(read, id)?.ok_or(CareError::NotFound)?;
            Ok(described(read, vec![agent], reader)?.remove(0))
        })
        .await
}

/// Lists agents after an id, disabled ones included.
pub async fn list(
    care: &Care,
    person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<Agent>, CareError> {
    let reader = Reader::of(person);
    care.store
        .read(move |read| {
            let rows = agents::list(read, after, limit)?;
            Ok(described(read, rows, reader)?)
        })
        .await
}

/// Finds an agent by an address, for the command line.
pub async fn find_by_email(
    care: &Care,
    person: &Person,
    email: &str,
) -> Result<Option<AgentId>, CareError> {
    require(person, Permission::ManagePeople)?;
    let email = crate::people::kept_email(email);
    care.store
        .read(move |read| Ok(agents::find_by_email(read, &email)?.map(|agent| agent.id)))
        .await
}

/// Who reads of an agent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Manager,
    Colleague,
}

impl Reader {
    fn of(person: &Person) -> Self {
        if person.may(Permission::ManagePeople) {
            Self::Manager
        } else {
            Self::Colleague
        }
    }
}

fn apply(agent: &mut agents::Agent, change: &AgentChange, now: Timestamp) -> Result<(), CareError> {
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        agent.name = faults.text("name", name, LONGEST_NAME);
    } else if agent.name.is_empty() {
        faults.add("name", "required", "a value is needed");
    }
    if let Some(email) = &change.email {
        agent.email = faults.email("email", email);
    } else if agent.email.is_empty() {
        faults.add("email", "required", "a value is needed");
    }
    agent.role = change.role.unwrap_or(agent.role);
    agent.disabled_at = match change.disabled {
        None => agent.disabled_at,
        Some(true) => agent.disabled_at.or(Some(now)),
        Some(false) => None,
    };
    faults.end()
}

/// Says no where a change would leave nobody who can administer.
fn keep_administrators(tx: &mut Tx<'_>, before: &agents::Agent) -> Result<(), CareError> {
    let was_one = before.role == Role::Administrator
        && before.password_hash.is_some()
        && before.disabled_at.is_none();
    if was_one && agents::count_signing_in(tx, Role::Administrator)? == 0 {
        return Err(Refusal::new("last_administrator").into());
    }
    Ok(())
}

fn prepare_teams(
    care: &Care,
    person: &Person,
    wanted: Option<Vec<Wanted<TeamId>>>,
) -> Result<Option<Vec<Wanted<TeamId, Draft>>>, CareError> {
    let prepare = |team| teams::prepare(care, person, team);
    wanted
        .map(|teams| teams.into_iter().map(prepare).collect())
        .transpose()
}

fn keep_teams(
    tx: &mut Tx<'_>,
    agent: AgentId,
    wanted: Option<Vec<Wanted<TeamId, Draft>>>,
) -> Result<(), CareError> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let mut ids = Vec::new();
    for team in wanted {
        ids.push(match team {
            Wanted::Known(id) => id,
            new @ Wanted::New(_) => teams::settle(tx, Some(new))?.0,
        });
    }
    let known = rows::list_in_use(tx, &ids)?;
    if !ids.iter().all(|team| known.contains(team)) {
        return Err(CareError::invalid(
            "teams",
            "unknown",
            "not all of them are teams",
        ));
    }
    rows::replace_of_agent(tx, agent, &ids)?;
    Ok(())
}

/// Adds to agents in which teams they are, and leaves out what the reader need not know.
fn described(
    read: &mut Read<'_>,
    rows: Vec<agents::Agent>,
    reader: Reader,
) -> Result<Vec<Agent>, StoreError> {
    let ids: Vec<AgentId> = rows.iter().map(|agent| agent.id).collect();
    let teams = rows::list_of_agents(read, &ids)?;
    Ok(rows
        .into_iter()
        .map(|row| Agent {
            id: row.id,
            version: row.version,
            name: row.name,
            email: (reader == Reader::Manager).then_some(row.email),
            role: row.role,
            teams: teams
                .iter()
                .filter(|(agent, _, _)| *agent == row.id)
                .map(|(_, team, name)| (*team, name.clone()))
                .collect(),
            initials: row.initials,
            disabled_at: row.disabled_at,
            invited: row.password_hash.is_none(),
        })
        .collect())
}

fn email_taken() -> CareError {
    CareError::invalid("email", "taken", "somebody has it")
}

fn changed(change: &str, subject: ActorId, now: Timestamp, by: ActorId) -> NewEvent {
    NewEvent::new(EventKind::AgentChanged, now, by)
        .facts(json!({"change": change, "subject": subject}))
}
