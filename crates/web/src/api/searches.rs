//! `/searches`, `/hits`: the listening post. What is written and read there is in `shapes`.

mod shapes;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kulant_care::Care;
use kulant_care::searches::hits::{self, Wanted};
use kulant_care::searches::{self as care_searches, trial};
use kulant_care::view;
use kulant_model::ids::{MessageId, SearchId};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::{ReadFailures, VersionedFailures, WriteFailures};
use super::shapes::Conversation;
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;
use shapes::{Dismissal, Hit, HitQuery, Search, SearchFields, Trial, TrialFields};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(try_out))
        .routes(routes!(change, remove))
        .routes(routes!(list_hits))
        .routes(routes!(take_up))
        .routes(routes!(dismiss))
}

/// Lists the searches that run on inboxes of your teams.
#[utoipa::path(get, path = "/searches", tag = "listening", params(PageQuery),
    responses((status = 200, body = Page<Search>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Search>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_searches::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |search| search.id.0).map(Search::from),
    ))
}

/// Makes a search; it asks no network before it is switched on.
#[utoipa::path(post, path = "/searches", tag = "listening", request_body = SearchFields,
    responses((status = 201, body = Search), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<SearchFields>,
) -> Result<impl IntoResponse, Problem> {
    let search = care_searches::create(&care, &person, body.into()).await?;
    Ok((
        StatusCode::CREATED,
        Tagged(search.version, Search::from(search)),
    ))
}

/// Tries a search on stored messages and on one page of each network; nothing is kept but how much was
/// fetched, and beyond 200 posts a day an inbox's network is not asked.
#[utoipa::path(post, path = "/searches/try", tag = "listening", request_body = TrialFields,
    responses((status = 200, body = Trial), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn try_out(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<TrialFields>,
) -> Result<Json<Trial>, Problem> {
    let terms = body.terms.into();
    let trial = trial::try_out(&care, &person, body.brand, &terms, body.inboxes).await?;
    Ok(Json(trial.into()))
}

/// Changes a search, switches it on, mutes it.
#[utoipa::path(patch, path = "/searches/{id}", tag = "listening",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = SearchFields,
    responses((status = 200, body = Search), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<SearchId>,
    IfMatch(version): IfMatch,
    Json(body): Json<SearchFields>,
) -> Result<impl IntoResponse, Problem> {
    let search = care_searches::change(&care, &person, id, (version, body.into())).await?;
    Ok(Tagged(search.version, Search::from(search)))
}

/// Removes a search; what it found and nobody took up is let go of soon.
#[utoipa::path(delete, path = "/searches/{id}", tag = "listening",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn remove(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<SearchId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    care_searches::remove(&care, &person, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists what a search found, newest first.
#[utoipa::path(get, path = "/searches/{id}/hits", tag = "listening",
    params(("id" = String, Path), HitQuery),
    responses((status = 200, body = Page<Hit>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list_hits(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<SearchId>,
    Query(query): Query<HitQuery>,
) -> Result<Json<Page<Hit>>, Problem> {
    let wanted = match query.state.as_deref() {
        None | Some("open") => Wanted::Open,
        Some("taken_up") => Wanted::TakenUp,
        Some("dismissed") => Wanted::Dismissed,
        Some("all") => Wanted::All,
        Some(_) => {
            let words = "open, taken_up, dismissed or all";
            return Err(Problem::invalid("state", "unknown", words));
        }
    };
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let (before, limit) = (page.after()?.unwrap_or(i64::MAX), page.limit(MOST)?);
    let place = (MessageId(before), limit + 1);
    let found = hits::list(&care, &person, id, wanted, place).await?;
    Ok(Json(
        Page::new(found, limit, |hit| hit.message.message.id.0).map(Hit::from),
    ))
}

/// Takes a hit up as a conversation in the queue of its inbox's team.
#[utoipa::path(post, path = "/hits/{id}/take-up", tag = "listening",
    params(("id" = String, Path)),
    responses((status = 200, body = Conversation), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn take_up(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
) -> Result<Json<Conversation>, Problem> {
    let conversation = hits::take_up(&care, &person, id).await?;
    let summary = view::find(&care, &person, conversation).await?;
    Ok(Json(summary.into()))
}

/// Puts a hit aside, or brings it back.
#[utoipa::path(post, path = "/hits/{id}/dismissal", tag = "listening",
    params(("id" = String, Path)), request_body = Dismissal,
    responses((status = 204), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn dismiss(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
    Json(body): Json<Dismissal>,
) -> Result<StatusCode, Problem> {
    hits::dismiss(&care, &person, id, body.dismissed).await?;
    Ok(StatusCode::NO_CONTENT)
}
