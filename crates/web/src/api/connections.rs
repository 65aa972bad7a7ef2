//! `/inboxes/{id}/connection`: connecting an inbox at its network's own page. Codes and tokens are
//! exchanged behind it and never come out.

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::connect::{self, Offer, Outcome};
use kulant_care::people::Credential;
use kulant_model::ids::InboxId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::failures::{ReadFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Path};
use crate::problem::Problem;
use crate::session::Identified;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, begin))
        .routes(routes!(choose))
}

/// What connecting an inbox at its network's own page takes.
#[derive(Serialize, ToSchema)]
struct Connection {
    /// Whose page it is; null where tokens can only be typed in.
    #[schema(example = "Mastodon")]
    at: Option<&'static str>,
    /// Where the network's page leads back to; some networks must be told beforehand.
    redirect_url: String,
    scopes: Vec<Permit>,
    /// The settings that are needed before.
    missing: Vec<&'static str>,
    /// The accounts that wait to be chosen from.
    choices: Vec<Named>,
}

/// A permission that a person is asked for at the network.
#[derive(Serialize, ToSchema)]
struct Permit {
    #[schema(example = "read:statuses")]
    name: &'static str,
    /// What it is for, as a key of the locale files.
    #[schema(example = "channel.scope.read_both")]
    purpose: &'static str,
}

/// Where a person agrees.
#[derive(Serialize, ToSchema)]
struct ConnectionBegun {
    /// The network's page; it leads back here, to the session that began.
    url: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// The account that an inbox is to be connected with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectionChoice {
    /// One of the `choices`.
    account: String,
}

/// What became of connecting.
#[derive(Serialize, ToSchema)]
struct ConnectionOutcome {
    #[schema(example = "connected")]
    outcome: &'static str,
}

impl From<connect::Permit> for Permit {
    fn from(permit: connect::Permit) -> Self {
        Self {
            name: permit.name,
            purpose: permit.purpose,
        }
    }
}

impl From<Offer> for Connection {
    fn from(offer: Offer) -> Self {
        let choices = offer.choices.into_iter();
        Self {
            at: offer.at,
            redirect_url: offer.redirect_url,
            scopes: offer.scopes.into_iter().map(Permit::from).collect(),
            missing: offer.missing,
            choices: choices.map(|one| Named::new(&one.id, one.name)).collect(),
        }
    }
}

/// Tells what connecting an inbox takes.
#[utoipa::path(get, path = "/inboxes/{id}/connection", tag = "inboxes",
    params(("id" = String, Path)),
    responses((status = 200, body = Connection), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn show(
    State(care): State<Care>,
    identified: Identified,
    Path(id): Path<InboxId>,
) -> Result<Json<Connection>, Problem> {
    let session = session(&identified).ok();
    let offer = connect::show(&care, &identified.known.person, session, id).await?;
    Ok(Json(offer.into()))
}

/// Begins to connect; only by session, because only the same session can end it.
#[utoipa::path(post, path = "/inboxes/{id}/connection", tag = "inboxes",
    params(("id" = String, Path)),
    responses((status = 201, body = ConnectionBegun), WriteFailures),
    security(("session" = [])))]
async fn begin(
    State(care): State<Care>,
    identified: Identified,
    Path(id): Path<InboxId>,
) -> Result<(StatusCode, Json<ConnectionBegun>), Problem> {
    let session = session(&identified)?;
    let begun = connect::begin(&care, &identified.known.person, session, id).await?;
    let begun = ConnectionBegun {
        url: begun.url,
        expires_at: begun.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(begun)))
}

/// Connects with one of the accounts that the network offered.
#[utoipa::path(post, path = "/inboxes/{id}/connection/choice", tag = "inboxes",
    params(("id" = String, Path)), request_body = ConnectionChoice,
    responses((status = 200, body = ConnectionOutcome), WriteFailures),
    security(("session" = [])))]
async fn choose(
    State(care): State<Care>,
    identified: Identified,
    Path(id): Path<InboxId>,
    Json(body): Json<ConnectionChoice>,
) -> Result<Json<ConnectionOutcome>, Problem> {
    let session = session(&identified)?;
    let chosen = (id, body.account.as_str());
    let outcome: Outcome =
        connect::choose(&care, &identified.known.person, session, chosen).await?;
    Ok(Json(ConnectionOutcome {
        outcome: outcome.word(),
    }))
}

/// Returns the session that asks; a token is none.
fn session(identified: &Identified) -> Result<&str, Problem> {
    match &identified.credential {
        Credential::Session(secret) => Ok(secret),
        Credential::Bearer(_) => Err(Problem::forbidden()),
    }
}
