//! `/tags`: free words on conversations.

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::admin::tags::{self as care_tags, TagChange};
use kulant_model::ids::TagId;
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

/// A free word on conversations.
#[derive(Serialize, ToSchema)]
struct Tag {
    id: String,
    name: String,
    #[schema(example = "#8a8578")]
    colour: String,
    /// How many conversations carry it, counted up to 10,000.
    uses: i64,
}

/// What is set of a tag; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagFields {
    name: Option<String>,
    #[schema(example = "#8a8578")]
    colour: Option<String>,
}

impl From<care_tags::Tag> for Tag {
    fn from(tag: care_tags::Tag) -> Self {
        Self {
            id: tag.id.to_string(),
            name: tag.name,
            colour: tag.colour,
            uses: tag.uses,
        }
    }
}

impl From<TagFields> for TagChange {
    fn from(fields: TagFields) -> Self {
        Self {
            name: fields.name,
            colour: fields.colour,
        }
    }
}

/// Lists tags in the order of their names.
#[utoipa::path(get, path = "/tags", tag = "tags", params(PageQuery),
    responses((status = 200, body = Page<Tag>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Tag>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or_default(), query.limit(MOST)?);
    let found = care_tags::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |tag| tag.name.clone()).map(Tag::from),
    ))
}

/// Makes a tag.
#[utoipa::path(post, path = "/tags", tag = "tags", request_body = TagFields,
    responses((status = 201, body = Tag), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<TagFields>,
) -> Result<(StatusCode, Json<Tag>), Problem> {
    let tag = care_tags::create(&care, &person, body.into()).await?;
    Ok((StatusCode::CREATED, Json(tag.into())))
}

/// Changes a tag on every conversation that carries it.
#[utoipa::path(patch, path = "/tags/{id}", tag = "tags", params(("id" = String, Path)),
    request_body = TagFields, responses((status = 200, body = Tag), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<TagId>,
    Json(body): Json<TagFields>,
) -> Result<Json<Tag>, Problem> {
    let tag = care_tags::change(&care, &person, id, body.into()).await?;
    Ok(Json(tag.into()))
}

/// Removes a tag, from every conversation too.
#[utoipa::path(delete, path = "/tags/{id}", tag = "tags", params(("id" = String, Path)),
    responses((status = 204), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn remove(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<TagId>,
) -> Result<StatusCode, Problem> {
    care_tags::remove(&care, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
