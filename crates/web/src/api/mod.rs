//! The API for the desk and for others: one file per resource, its specification beside it.
//! A new resource is a file here and a line in `resources`.

mod agents;
pub(crate) mod announcements;
mod bounds;
mod brands;
mod calls;
mod channels;
mod choices;
mod connections;
mod contacts;
mod conversations;
mod failures;
mod filters;
mod holding;
mod inboxes;
mod invitations;
mod live;
pub(crate) mod messages;
mod overview;
mod presence;
mod quarantine;
mod searches;
mod session;
pub(crate) mod shapes;
mod tags;
mod teams;
mod tokens;
pub(crate) mod uploads;
mod views;

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::{Router, middleware};
use kulant_model::ids::{BrandId, SearchId, TeamId};
use serde::Serialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi as Document, Server};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::problem::ProblemDocument;
use crate::{App, idempotency, session as who};

/// What the specification says before its routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "kulant",
        description = "The interface of kulant, an open customer care desk. The desk uses nothing else.\n\n\
            Every POST takes `Idempotency-Key`: the same request under the same key has one effect, and \
            for 24 hours the same answer, marked with `Idempotency-Replayed`. A request that failed \
            and wrote nothing frees its key, as every 4xx does. While it is being served, the same key answers 409 \
            `idempotency_key_in_progress`; with another request 422 `idempotency_key_reused`. Where the \
            server broke off in the middle, a message that was written is answered as it was, one that \
            was not is written; any other request answers 409 `outcome_unknown` until the 24 hours are \
            over, and is never done twice by itself. An erasure takes kept answers along: then 409 \
            `answer_erased` says that the request was done.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    components(schemas(ProblemDocument))
)]
struct Opening;

/// A thing with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    id: String,
    name: String,
}

impl Named {
    pub fn new(id: &impl ToString, name: impl Into<String>) -> Self {
        Self {
            id: id.to_string(),
            name: name.into(),
        }
    }
}

impl From<(TeamId, String)> for Named {
    fn from((id, name): (TeamId, String)) -> Self {
        Self::new(&id, name)
    }
}

impl From<(SearchId, String)> for Named {
    fn from((id, name): (SearchId, String)) -> Self {
        Self::new(&id, name)
    }
}

impl From<(BrandId, String)> for Named {
    fn from((id, name): (BrandId, String)) -> Self {
        Self::new(&id, name)
    }
}

/// Returns the routes below `/api/v1`.
pub fn router(app: &App) -> Router<App> {
    let (routes, _) = resources().split_for_parts();
    let text = specification();
    routes
        .route(
            "/openapi.json",
            get(move || async move { ([(CONTENT_TYPE, "application/json")], text) }),
        )
        .layer(middleware::from_fn_with_state(
            app.clone(),
            idempotency::once,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), who::identify))
}

/// Returns the specification as text.
pub fn specification() -> String {
    let (_, mut document) = resources().split_for_parts();
    complete(&mut document);
    document
        .to_pretty_json()
        .expect("the specification is JSON")
        + "\n"
}

/// Lists the resources, one line each.
fn resources() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Opening::openapi())
        .merge(session::routes())
        .merge(invitations::routes())
        .merge(agents::routes())
        .merge(teams::routes())
        .merge(brands::routes())
        .merge(calls::routes())
        .merge(inboxes::routes())
        .merge(connections::routes())
        .merge(channels::routes())
        .merge(tags::routes())
        .merge(views::routes())
        .merge(searches::routes())
        .merge(tokens::routes())
        .merge(conversations::routes())
        .merge(holding::routes())
        .merge(messages::routes())
        .merge(announcements::routes())
        .merge(uploads::routes())
        .merge(contacts::routes())
        .merge(quarantine::routes())
        .merge(overview::routes())
        .merge(live::routes())
        .merge(presence::routes())
}

/// Adds what the macros cannot say.
fn complete(document: &mut Document) {
    document.servers = Some(vec![Server::new("/api/v1")]);
    bounds::add(document);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            who::COOKIE_NAME,
            "Writes carry the header X-CSRF-Token besides, which GET /session tells.",
        ))),
    );
}
