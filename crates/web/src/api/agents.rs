//! `/agents`: who has an account at the desk.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kulant_care::Care;
use kulant_care::admin::Wanted;
use kulant_care::admin::agents::{self as care_agents, AgentChange};
use kulant_care::people::invitations;
use kulant_model::ids::{AgentId, TeamId};
use kulant_model::role::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::choices;
use super::failures::{ReadFailures, VersionedFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, disable))
        .routes(routes!(invite))
}

/// A person who answers for the company.
#[derive(Serialize, ToSchema)]
struct Agent {
    id: String,
    version: i64,
    name: String,
    /// Null for those who do not manage people.
    email: Option<String>,
    #[schema(example = "agent")]
    role: &'static str,
    teams: Vec<Named>,
    initials: Option<String>,
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
    /// Whether the invitation was not accepted yet.
    invited: bool,
}

/// What is set of an agent; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgentFields {
    name: Option<String>,
    email: Option<String>,
    #[schema(schema_with = choices::role, required = false)]
    role: Option<Role>,
    /// Every team they are in from now on.
    #[schema(value_type = Option<Vec<String>>)]
    teams: Option<Vec<TeamId>>,
    /// Ends sessions and tokens at once.
    disabled: Option<bool>,
}

/// A link to hand over.
#[derive(Serialize, ToSchema)]
struct InvitationLink {
    link: String,
}

impl From<care_agents::Agent> for Agent {
    fn from(agent: care_agents::Agent) -> Self {
        Self {
            id: agent.id.to_string(),
            version: agent.version,
            name: agent.name,
            email: agent.email,
            role: agent.role.word(),
            teams: agent.teams.into_iter().map(Named::from).collect(),
            initials: agent.initials,
            disabled_at: agent.disabled_at.map(|at| at.to_string()),
            invited: agent.invited,
        }
    }
}

fn known(teams: Vec<TeamId>) -> Vec<Wanted<TeamId>> {
    teams.into_iter().map(Wanted::Known).collect()
}

impl From<AgentFields> for AgentChange {
    fn from(fields: AgentFields) -> Self {
        Self {
            name: fields.name,
            email: fields.email,
            role: fields.role,
            teams: fields.teams.map(known),
            disabled: fields.disabled,
        }
    }
}

/// Lists agents, disabled ones included.
#[utoipa::path(get, path = "/agents", tag = "agents", params(PageQuery),
    responses((status = 200, body = Page<Agent>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Agent>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_agents::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |agent| agent.id.0).map(Agent::from),
    ))
}

/// Makes an account; its person gets in by an invitation.
#[utoipa::path(post, path = "/agents", tag = "agents", request_body = AgentFields,
    responses((status = 201, body = Agent), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<AgentFields>,
) -> Result<impl IntoResponse, Problem> {
    let agent = care_agents::create(&care, &person, body.into()).await?;
    Ok((
        StatusCode::CREATED,
        Tagged(agent.version, Agent::from(agent)),
    ))
}

/// Tells of an agent.
#[utoipa::path(get, path = "/agents/{id}", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = Agent), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn show(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<AgentId>,
) -> Result<impl IntoResponse, Problem> {
    let agent = care_agents::find(&care, &person, id).await?;
    Ok(Tagged(agent.version, Agent::from(agent)))
}

/// Changes an account.
#[utoipa::path(patch, path = "/agents/{id}", tag = "agents",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = AgentFields,
    responses((status = 200, body = Agent), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<AgentId>,
    IfMatch(version): IfMatch,
    Json(body): Json<AgentFields>,
) -> Result<impl IntoResponse, Problem> {
    let agent = care_agents::change(&care, &person, id, (version, body.into())).await?;
    Ok(Tagged(agent.version, Agent::from(agent)))
}

/// Disables an account; what its person wrote stays.
#[utoipa::path(delete, path = "/agents/{id}", tag = "agents",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn disable(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<AgentId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    care_agents::disable(&care, &person, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a link by which the person sets a password; earlier links end.
#[utoipa::path(post, path = "/agents/{id}/invitation", tag = "agents",
    params(("id" = String, Path)),
    responses((status = 201, body = InvitationLink), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn invite(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<AgentId>,
) -> Result<(StatusCode, Json<InvitationLink>), Problem> {
    let link = invitations::invite(&care, &person, id).await?;
    Ok((StatusCode::CREATED, Json(InvitationLink { link })))
}
