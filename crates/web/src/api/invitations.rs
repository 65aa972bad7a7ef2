//! `/invitations`: the one-time links by which people get in and set their password.

use axum::extract::State;
use kulant_care::people::invitations::{self, Acceptance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::StrangerFailures;
use super::session::{Session, WithCookie, begun};
use crate::App;
use crate::input::{Json, Path};
use crate::limits::Address;
use crate::problem::Problem;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, accept))
}

/// Whom an invitation is for.
#[derive(Serialize, ToSchema)]
struct Invitation {
    name: String,
    email: String,
}

/// What somebody gives to accept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Accept {
    password: String,
    /// Heeded for the first administrator, whose account was made without a name.
    name: Option<String>,
    /// Heeded for the first administrator, whose account was made without an address.
    email: Option<String>,
}

/// Tells whom an invitation is for.
#[utoipa::path(get, path = "/invitations/{secret}", tag = "session",
    params(("secret" = String, Path)),
    responses((status = 200, body = Invitation), StrangerFailures))]
async fn show(
    State(app): State<App>,
    Address(address): Address,
    Path(secret): Path<String>,
) -> Result<Json<Invitation>, Problem> {
    app.limits.guesses.take(address, app.care.now())?;
    let invited = invitations::find(&app.care, &secret).await?;
    Ok(Json(Invitation {
        name: invited.name,
        email: invited.email,
    }))
}

/// Accepts an invitation: sets the password and signs in.
#[utoipa::path(post, path = "/invitations/{secret}", tag = "session",
    params(("secret" = String, Path)), request_body = Accept,
    responses((status = 200, body = Session), StrangerFailures))]
async fn accept(
    State(app): State<App>,
    Address(address): Address,
    Path(secret): Path<String>,
    Json(body): Json<Accept>,
) -> Result<WithCookie, Problem> {
    app.limits.guesses.take(address, app.care.now())?;
    let acceptance = Acceptance {
        password: body.password,
        name: body.name,
        email: body.email,
    };
    let session = invitations::accept(&app.care, &secret, acceptance).await?;
    begun(&app.care, session).await
}
