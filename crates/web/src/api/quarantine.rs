//! `/quarantine`: deliveries that could not be read.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::quarantine::{self as care_quarantine, Entry, Opened};
use kulant_model::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::conversations::turned;
use super::failures::{ReadFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(open, discard))
        .routes(routes!(retake))
}

/// A delivery, or one item of it, that could not be read.
#[derive(Serialize, ToSchema)]
struct Quarantined {
    id: String,
    inbox: Named,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Which item of the delivery, from zero.
    item: i64,
    reason: Unreadable,
}

/// Why it could not be read, or not be taken in.
#[derive(Serialize, ToSchema)]
struct Unreadable {
    /// Stays the same between versions.
    #[schema(example = "missing_field")]
    class: String,
    /// What the class speaks of: `field` of `missing_field` and `bad_value`, `type` of
    /// `unknown_type`, `limit` of `too_many_items`.
    facts: BTreeMap<String, String>,
    /// In technical words, always English.
    detail: Option<String>,
}

/// The same, with the delivery as it came.
#[derive(Serialize, ToSchema)]
struct QuarantinedDetail {
    #[serde(flatten)]
    entry: Quarantined,
    /// The body as text, cut after 256 KiB; null once its time is over.
    raw: Option<String>,
    /// How many bytes the whole body has.
    size: usize,
    /// Without those that could hold a secret.
    headers: Vec<(String, String)>,
}

/// Lists the quarantine, newest first.
#[utoipa::path(get, path = "/quarantine", tag = "quarantine", params(PageQuery),
    responses((status = 200, body = Page<Quarantined>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Quarantined>>, Problem> {
    let (before, limit) = (query.after::<i64>()?, query.limit(MOST)?);
    let found = care_quarantine::list(&care, &person, before, limit).await?;
    Ok(Json(turned(found, Quarantined::from)))
}

/// Shows a delivery that could not be read, as it came.
#[utoipa::path(get, path = "/quarantine/{id}", tag = "quarantine", params(("id" = String, Path)),
    responses((status = 200, body = QuarantinedDetail), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn open(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<i64>,
) -> Result<Json<QuarantinedDetail>, Problem> {
    Ok(Json(
        care_quarantine::open(&care, &person, id).await?.into(),
    ))
}

/// Lets a delivery be taken in again.
#[utoipa::path(post, path = "/quarantine/{id}/retake", tag = "quarantine",
    params(("id" = String, Path)), responses((status = 204), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn retake(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<i64>,
) -> Result<StatusCode, Problem> {
    care_quarantine::retake(&care, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a delivery out of the quarantine for good.
#[utoipa::path(delete, path = "/quarantine/{id}", tag = "quarantine",
    params(("id" = String, Path)), responses((status = 204), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn discard(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<i64>,
) -> Result<StatusCode, Problem> {
    care_quarantine::discard(&care, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Entry> for Quarantined {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.row.id.to_string(),
            inbox: Named::new(&entry.row.inbox, entry.inbox_name),
            received_at: entry.row.received_at,
            at: entry.row.at,
            item: entry.row.item,
            reason: Unreadable {
                class: entry.code,
                facts: entry.facts,
                detail: Some(entry.detail).filter(|detail| !detail.is_empty()),
            },
        }
    }
}

impl From<Opened> for QuarantinedDetail {
    fn from(opened: Opened) -> Self {
        Self {
            raw: opened.body,
            size: opened.size,
            headers: opened.headers,
            entry: opened.entry.into(),
        }
    }
}
