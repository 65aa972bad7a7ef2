//! Invitations: a link that works once, for 48 hours, and sets a password. Also the way back in
//! for somebody who forgot theirs, and the first administrator's way in.

use std::time::Duration;

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, AgentId};
use kulant_model::role::{Permission, Person, Role};
use kulant_model::time::Timestamp;
use kulant_store::{StoreError, Tx, actors, agents, sessions as kept, settings};
use serde_json::json;

use super::sessions::{self, NewSession};
use super::tokens::must_be_here_in_person;
use super::{address_hash, passwords};
use crate::access::require;
use crate::admin::fields::Faults;
use crate::error::CareError;
use crate::{Care, SYSTEM, hash_secret};

/// How long an invitation can be accepted.
pub const VALID: Duration = Duration::from_hours(48);
/// The setting that names the account made for the first administrator.
const FIRST: &str = "first_administrator";
/// The address of the first administrator until they give their own.
const FIRST_EMAIL: &str = "administrator@localhost";
const LONGEST_NAME: usize = 120;

/// Whom an invitation is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    pub name: String,
    pub email: String,
}

/// What somebody gives when they accept. Name and address are for the first administrator, whose
/// account was made before anybody knew them.
#[derive(Default)]
pub struct Acceptance {
    pub password: String,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// Invites an agent, anew if need be, and returns the link; earlier links end.
pub async fn invite(care: &Care, person: &Person, agent: AgentId) -> Result<String, CareError> {
    require(person, Permission::ManagePeople)?;
    // A link sets a password, which would outlive the token.
    must_be_here_in_person(person)?;
    let (secret, now, by) = (care.secret(), care.now(), person.actor);
    let hash = hash_secret(&secret);
    care.store
        .write(move |tx| {
            let known = agents::find(tx, agent)?.ok_or(CareError::NotFound)?;
            if known.disabled_at.is_some() {
                return Err(kulant_model::refusal::Refusal::new("agent_is_disabled").into());
            }
            keep(tx, agent, &hash, now)?;
            let subject = actors::find_of_agent(tx, agent)?;
            tx.append(
                NewEvent::new(EventKind::AgentChanged, now, by)
                    .facts(json!({"change": "invited", "subject": subject})),
            );
            Ok::<_, CareError>(())
        })
        .await?;
    Ok(link(care, &secret))
}

/// Tells whom an invitation is for, while it can be accepted.
pub async fn find(care: &Care, secret: &str) -> Result<Invited, CareError> {
    let (hash, now) = (hash_secret(secret), care.now());
    care.store
        .read(move |read| {
            let invitation = agents::find_invitation(read, &hash)?.ok_or(CareError::NotFound)?;
            let agent = agents::find(read, invitation.agent)?.ok_or(CareError::NotFound)?;
            if !can_be_accepted(&invitation, &agent, now) {
                return Err(CareError::NotFound);
            }
            Ok(Invited {
                name: agent.name,
                email: agent.email,
            })
        })
        .await
}

/// Accepts an invitation: sets the password, ends older sessions, begins a new one.
pub async fn accept(
    care: &Care,
    secret: &str,
    acceptance: Acceptance,
) -> Result<NewSession, CareError> {
    let invited = find(care, secret).await?;
    let mut faults = Faults::default();
    let name = acceptance
        .name
        .map(|name| faults.text("name", &name, LONGEST_NAME));
    let email = acceptance.email.map(|email| faults.email("email", &email));
    faults.end()?;
    passwords::check_new(&acceptance.password, &invited.email, &invited.name)?;
    let password_hash = passwords::hash(care, acceptance.password).await?;

    let (hash, now) = (hash_secret(secret), care.now());
    let mut session = sessions::prepare(care, AgentId(0));
    let mut begun = session.clone();
    session.agent = care
        .store
        .write(move |tx| {
            let invitation = agents::find_invitation(tx, &hash)?.ok_or(CareError::NotFound)?;
            let mut agent = agents::find(tx, invitation.agent)?.ok_or(CareError::NotFound)?;
            let used = can_be_accepted(&invitation, &agent, now)
                && agents::use_invitation(tx, &hash, now)?;
            if !used {
                return Err(CareError::NotFound);
            }
            if agent.email == FIRST_EMAIL {
                introduce(tx, &mut agent, name, email)?;
            }
            agents::save_password(tx, agent.id, &password_hash)?;
            kept::remove_of_agent(tx, agent.id)?;
            kept::remove_failures_below(tx, &address_hash(&agent.email))?;
            begun.agent = agent.id;
            sessions::keep(tx, &begun, now)?;
            let actor = actors::find_of_agent(tx, agent.id)?.unwrap_or(SYSTEM);
            tx.append(
                NewEvent::new(EventKind::AgentChanged, now, actor)
                    .facts(json!({"change": "password", "subject": actor})),
            );
            tx.append(NewEvent::new(EventKind::SignedIn, now, actor));
            Ok(agent.id)
        })
        .await?;
    Ok(session)
}

/// Returns a link for the first administrator as long as nobody else can administer: on an empty
/// database, and again until that link was used. Earlier links end.
pub async fn first_administrator(care: &Care) -> Result<Option<String>, CareError> {
    let (secret, now) = (care.secret(), care.now());
    let hash = hash_secret(&secret);
    let (id, actor) = (AgentId(care.id()), ActorId(care.id()));
    let invited = care
        .store
        .write(move |tx| {
            let Some(agent) = first(tx, id, actor, now)? else {
                return Ok(false);
            };
            keep(tx, agent, &hash, now)?;
            Ok::<_, CareError>(true)
        })
        .await?;
    Ok(invited.then(|| link(care, &secret)))
}

/// Finds or makes the account of the first administrator; none once it is not needed.
fn first(
    tx: &mut Tx<'_>,
    id: AgentId,
    actor: ActorId,
    now: Timestamp,
) -> Result<Option<AgentId>, StoreError> {
    if let Some(known) = settings::find(tx, FIRST)? {
        let known = known.parse().unwrap_or(AgentId(0));
        let waits = agents::find(tx, known)?
            .is_some_and(|agent| agent.password_hash.is_none() && agent.disabled_at.is_none());
        let alone = agents::count_signing_in(tx, Role::Administrator)? == 0;
        return Ok((waits && alone).then_some(known));
    }
    if agents::count(tx)? > 0 {
        return Ok(None);
    }
    let agent = agents::Agent {
        id,
        version: 1,
        email: FIRST_EMAIL.to_owned(),
        name: "Administrator".to_owned(),
        role: Role::Administrator,
        password_hash: None,
        initials: None,
        initials_consented_at: None,
        preferences: json!({}),
        created_at: now,
        disabled_at: None,
    };
    if !agents::insert(tx, &agent)? {
        return Ok(None);
    }
    actors::insert(tx, actor, id)?;
    settings::keep(tx, FIRST, &id.to_string())?;
    tx.append(
        NewEvent::new(EventKind::AgentChanged, now, SYSTEM)
            .facts(json!({"change": "created", "subject": actor})),
    );
    Ok(Some(id))
}

fn introduce(
    tx: &mut Tx<'_>,
    agent: &mut agents::Agent,
    name: Option<String>,
    email: Option<String>,
) -> Result<(), CareError> {
    agent.name = name.unwrap_or_else(|| agent.name.clone());
    agent.email = email.unwrap_or_else(|| agent.email.clone());
    if agents::find_by_email(tx, &agent.email)?.is_some_and(|other| other.id != agent.id) {
        return Err(CareError::invalid("email", "taken", "somebody has it"));
    }
    agents::update(tx, agent)?;
    Ok(())
}

fn keep(tx: &mut Tx<'_>, agent: AgentId, hash: &[u8], now: Timestamp) -> Result<(), StoreError> {
    agents::remove_open_invitations(tx, agent)?;
    agents::insert_invitation(
        tx,
        hash,
        &agents::Invitation {
            agent,
            created_at: now,
            expires_at: now.after(VALID),
            used_at: None,
        },
    )
}

fn can_be_accepted(invitation: &agents::Invitation, agent: &agents::Agent, now: Timestamp) -> bool {
    invitation.used_at.is_none() && invitation.expires_at > now && agent.disabled_at.is_none()
}

fn link(care: &Care, secret: &str) -> String {
    format!("{}/desk/invitation/{secret}", care.settings.public_url)
}
