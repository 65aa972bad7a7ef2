//! `/contacts`: who wrote to us, what colleagues noted about them, and how they are erased.

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::contacts::{self as care_contacts, ContactChange};
use kulant_care::{Care, erase};
use kulant_model::ids::ContactId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::conversations::turned;
use super::failures::{ReadFailures, VersionedFailures};
use super::shapes::Contact;
use crate::App;
use crate::input::{Json, Path, Query, some};
use crate::page::{MOST, Page, PageQuery};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;

const LONGEST_SEARCH: usize = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(find, change, remove))
}

/// Which contacts are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ContactsQuery {
    /// The beginning of a name or handle, or whole words of one. The newest 500 found are looked at.
    q: Option<String>,
    /// `next_cursor` of the page before; absent for the first.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i64>,
}

/// What colleagues write about a contact; what is left out stays, null takes it away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactBody {
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<String>)]
    note: Option<Option<String>>,
}

/// Lists contacts, newest first.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(ContactsQuery),
    responses((status = 200, body = Page<Contact>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<ContactsQuery>,
) -> Result<Json<Page<Contact>>, Problem> {
    let words = query.q.unwrap_or_default();
    if words.chars().count() > LONGEST_SEARCH {
        let detail = format!("{LONGEST_SEARCH} characters at most");
        return Err(Problem::invalid("q", "too_long", detail));
    }
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let (before, limit) = (page.after::<ContactId>()?, page.limit(MOST)?);
    let found = care_contacts::list(&care, &person, &words, before, limit).await?;
    Ok(Json(turned(found, Contact::in_list)))
}

/// Shows a contact with its newest conversations.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = String, Path)),
    responses((status = 200, body = Contact), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn find(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ContactId>,
) -> Result<Tagged<Contact>, Problem> {
    let contact = Contact::from(care_contacts::find(&care, &person, id).await?);
    Ok(Tagged(contact.version, contact))
}

/// Changes what colleagues wrote about a contact.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = ContactBody,
    responses((status = 200, body = Contact), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ContactId>,
    IfMatch(version): IfMatch,
    Json(body): Json<ContactBody>,
) -> Result<Tagged<Contact>, Problem> {
    let change = ContactChange {
        name: body.name,
        note: body.note,
    };
    let contact = care_contacts::change(&care, &person, id, version, change).await?;
    let contact = Contact::from(contact);
    Ok(Tagged(contact.version, contact))
}

/// Erases every word, name, address and file of a contact; cannot be undone.
#[utoipa::path(delete, path = "/contacts/{id}", tag = "contacts",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn remove(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ContactId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    erase::erase(&care, &person, id, Some(version)).await?;
    Ok(StatusCode::NO_CONTENT)
}
