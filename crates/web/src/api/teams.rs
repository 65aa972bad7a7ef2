//! `/teams`: agents who share a queue.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kulant_care::Care;
use kulant_care::admin::teams::{self as care_teams, TeamChange};
use kulant_model::ids::{AgentId, TeamId};
use kulant_model::team::TeamKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::choices;
use super::failures::{ReadFailures, VersionedFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Path, Query, some};
use crate::page::{MOST, Page, PageQuery};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, archive))
}

/// Agents who share a queue.
#[derive(Serialize, ToSchema)]
struct Team {
    id: String,
    version: i64,
    name: String,
    /// `staff`, `super_users` or `agency`.
    #[schema(example = "staff")]
    kind: &'static str,
    signature: Option<String>,
    /// Ids of the agents in it.
    members: Vec<String>,
}

/// What is set of a team; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamFields {
    name: Option<String>,
    #[schema(schema_with = choices::team_kind, required = false)]
    kind: Option<TeamKind>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    signature: Option<Option<String>>,
    /// Everybody in it from now on.
    #[schema(value_type = Option<Vec<String>>)]
    members: Option<Vec<AgentId>>,
}

impl From<care_teams::Team> for Team {
    fn from(team: care_teams::Team) -> Self {
        Self {
            id: team.id.to_string(),
            version: team.version,
            name: team.name,
            kind: team.kind.word(),
            signature: team.signature,
            members: team.members.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<TeamFields> for TeamChange {
    fn from(fields: TeamFields) -> Self {
        Self {
            name: fields.name,
            kind: fields.kind,
            signature: fields.signature,
            members: fields.members,
        }
    }
}

/// Lists the teams in use.
#[utoipa::path(get, path = "/teams", tag = "teams", params(PageQuery),
    responses((status = 200, body = Page<Team>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Team>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_teams::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |team| team.id.0).map(Team::from),
    ))
}

/// Makes a team.
#[utoipa::path(post, path = "/teams", tag = "teams", request_body = TeamFields,
    responses((status = 201, body = Team), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<TeamFields>,
) -> Result<impl IntoResponse, Problem> {
    let team = care_teams::create(&care, &person, body.into()).await?;
    Ok((StatusCode::CREATED, Tagged(team.version, Team::from(team))))
}

/// Tells of a team.
#[utoipa::path(get, path = "/teams/{id}", tag = "teams", params(("id" = String, Path)),
    responses((status = 200, body = Team), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn show(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<TeamId>,
) -> Result<impl IntoResponse, Problem> {
    let team = care_teams::find(&care, &person, id).await?;
    Ok(Tagged(team.version, Team::from(team)))
}

/// Changes a team.
#[utoipa::path(patch, path = "/teams/{id}", tag = "teams",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = TeamFields,
    responses((status = 200, body = Team), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<TeamId>,
    IfMatch(version): IfMatch,
    Json(body): Json<TeamFields>,
) -> Result<impl IntoResponse, Problem> {
    let team = care_teams::change(&care, &person, id, (version, body.into())).await?;
    Ok(Tagged(team.version, Team::from(team)))
}

/// Takes a team out of use; its past conversations keep its name.
#[utoipa::path(delete, path = "/teams/{id}", tag = "teams",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn archive(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<TeamId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    care_teams::archive(&care, &person, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
