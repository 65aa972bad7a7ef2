//! `/brands`: under whose name we speak.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kulant_care::Care;
use kulant_care::admin::brands::{self as care_brands, BrandChange};
use kulant_model::brand::{Opening, Voice};
use kulant_model::ids::BrandId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::choices;
use super::failures::{ReadFailures, VersionedFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Object, Path, Query, some};
use crate::page::{MOST, Page, PageQuery};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, archive))
}

/// A name to speak under.
#[derive(Serialize, ToSchema)]
struct Brand {
    id: String,
    version: i64,
    name: String,
    slug: String,
    /// `sie` or `du`.
    #[schema(example = "sie")]
    voice: &'static str,
    languages: Vec<String>,
    colour: Option<String>,
    signature: Option<String>,
    imprint_url: Option<String>,
    privacy_url: Option<String>,
    hours: Vec<OpenHours>,
    time_zone: String,
    hours_note: Option<String>,
}

/// A span of a weekday in which somebody is there.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OpenHours {
    /// 1 is Monday, 7 is Sunday.
    #[schema(minimum = 1, maximum = 7)]
    day: i64,
    #[schema(example = "08:00")]
    open: String,
    #[schema(example = "20:00")]
    close: String,
}

/// What is set of a brand; what is left out stays, null takes away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BrandFields {
    name: Option<String>,
    slug: Option<String>,
    #[schema(schema_with = choices::voice, required = false)]
    voice: Option<Voice>,
    languages: Option<Vec<String>>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>, example = "#0b6e6e")]
    colour: Option<Option<String>>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    signature: Option<Option<String>>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    imprint_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    privacy_url: Option<Option<String>>,
    #[schema(value_type = Option<Vec<OpenHours>>)]
    hours: Option<Vec<Object<OpenHours>>>,
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    hours_note: Option<Option<String>>,
}

impl From<care_brands::Brand> for Brand {
    fn from(brand: care_brands::Brand) -> Self {
        let details = brand.details;
        Self {
            id: brand.id.to_string(),
            version: brand.version,
            name: brand.name,
            slug: brand.slug,
            voice: details.voice.word(),
            languages: details.languages,
            colour: details.colour,
            signature: details.signature,
            imprint_url: details.imprint_url,
            privacy_url: details.privacy_url,
            hours: details
                .hours
                .into_iter()
                .map(|hours| OpenHours {
                    day: hours.day,
                    open: hours.open,
                    close: hours.close,
                })
                .collect(),
            time_zone: details.time_zone,
            hours_note: details.hours_note,
        }
    }
}

impl From<BrandFields> for BrandChange {
    fn from(fields: BrandFields) -> Self {
        let opening = |Object(hours): Object<OpenHours>| Opening {
            day: hours.day,
            open: hours.open,
            close: hours.close,
        };
        Self {
            name: fields.name,
            slug: fields.slug,
            voice: fields.voice,
            languages: fields.languages,
            colour: fields.colour,
            signature: fields.signature,
            imprint_url: fields.imprint_url,
            privacy_url: fields.privacy_url,
            hours: fields
                .hours
                .map(|hours| hours.into_iter().map(opening).collect()),
            time_zone: fields.time_zone,
            hours_note: fields.hours_note,
        }
    }
}

/// Lists the brands in use.
#[utoipa::path(get, path = "/brands", tag = "brands", params(PageQuery),
    responses((status = 200, body = Page<Brand>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Brand>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_brands::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |brand| brand.id.0).map(Brand::from),
    ))
}

/// Makes a brand.
#[utoipa::path(post, path = "/brands", tag = "brands", request_body = BrandFields,
    responses((status = 201, body = Brand), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<BrandFields>,
) -> Result<impl IntoResponse, Problem> {
    let brand = care_brands::create(&care, &person, body.into()).await?;
    Ok((
        StatusCode::CREATED,
        Tagged(brand.version, Brand::from(brand)),
    ))
}

/// Tells of a brand.
#[utoipa::path(get, path = "/brands/{id}", tag = "brands", params(("id" = String, Path)),
    responses((status = 200, body = Brand), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn show(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<BrandId>,
) -> Result<impl IntoResponse, Problem> {
    let brand = care_brands::find(&care, &person, id).await?;
    Ok(Tagged(brand.version, Brand::from(brand)))
}

/// Changes a brand.
#[utoipa::path(patch, path = "/brands/{id}", tag = "brands",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = BrandFields,
    responses((status = 200, body = Brand), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<BrandId>,
    IfMatch(version): IfMatch,
    Json(body): Json<BrandFields>,
) -> Result<impl IntoResponse, Problem> {
    let brand = care_brands::change(&care, &person, id, (version, body.into())).await?;
    Ok(Tagged(brand.version, Brand::from(brand)))
}

/// Takes a brand out of use; past conversations keep its name.
#[utoipa::path(delete, path = "/brands/{id}", tag = "brands",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn archive(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<BrandId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    care_brands::archive(&care, &person, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
