//! `/views`: saved filters of the list of conversations.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::admin::views::{self as care_views, ViewChange};
use kulant_model::ids::ViewId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::{ReadFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
}

/// A saved filter.
#[derive(Serialize, ToSchema)]
struct View {
    id: String,
    name: String,
    /// Whether everybody has it.
    shared: bool,
    /// The keys and values of `GET /conversations`.
    filter: BTreeMap<String, String>,
}

/// What is set of a view; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ViewFields {
    name: Option<String>,
    shared: Option<bool>,
    /// The keys and values of `GET /conversations`.
    filter: Option<BTreeMap<String, String>>,
}

impl From<care_views::View> for View {
    fn from(view: care_views::View) -> Self {
        Self {
            id: view.id.to_string(),
            name: view.name,
            shared: view.shared,
            filter: view.filter,
        }
    }
}

impl From<ViewFields> for ViewChange {
    fn from(fields: ViewFields) -> Self {
        Self {
            name: fields.name,
            shared: fields.shared,
            filter: fields.filter,
        }
    }
}

/// Lists the shared views and one's own.
#[utoipa::path(get, path = "/views", tag = "views", params(PageQuery),
    responses((status = 200, body = Page<View>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<View>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_views::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |view| view.id.0).map(View::from),
    ))
}

/// Saves a filter.
#[utoipa::path(post, path = "/views", tag = "views", request_body = ViewFields,
    responses((status = 201, body = View), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<ViewFields>,
) -> Result<(StatusCode, Json<View>), Problem> {
    let view = care_views::create(&care, &person, body.into()).await?;
    Ok((StatusCode::CREATED, Json(view.into())))
}

/// Changes a view of one's own, or a shared one where one may.
#[utoipa::path(patch, path = "/views/{id}", tag = "views", params(("id" = String, Path)),
    request_body = ViewFields, responses((status = 200, body = View), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ViewId>,
    Json(body): Json<ViewFields>,
) -> Result<Json<View>, Problem> {
    let view = care_views::change(&care, &person, id, body.into()).await?;
    Ok(Json(view.into()))
}

/// Removes a view of one's own, or a shared one where one may.
#[utoipa::path(delete, path = "/views/{id}", tag = "views", params(("id" = String, Path)),
    responses((status = 204), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn remove(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ViewId>,
) -> Result<StatusCode, Problem> {
    care_views::remove(&care, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
