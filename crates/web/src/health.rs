//! For those who watch over the process: is it alive, is it ready, its numbers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use kulant_care::measures;
use kulant_care::people::{Maker, find_person};
use kulant_care::readiness;
use kulant_model::role::Permission;
use serde_json::json;

use crate::App;
use crate::input::Json;
use crate::limits::Address;
use crate::problem::Problem;
use crate::session::credential;

/// Says that the process answers.
pub async fn alive() -> Json<serde_json::Value> {
    Json(json!({"status": "ok"}))
}

/// Says whether the database answers and has the schema this program needs.
pub async fn ready(State(app): State<App>) -> Result<Json<serde_json::Value>, Problem> {
    readiness::check(&app.care).await?;
    Ok(Json(json!({"status": "ready"})))
}

/// What a web server before us adds to a request that it passes on.
const PASSED_ON: [&str; 6] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// Tells the numbers, to this machine and to whoever may see the overview. A request that a web
/// server on this machine passed on comes from anywhere.
pub async fn metrics(
    State(app): State<App>,
    Address(address): Address,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    let passed_on = PASSED_ON.iter().any(|name| headers.contains_key(*name));
    if passed_on || !address.to_canonical().is_loopback() {
        let credential = credential(&headers).ok_or_else(Problem::unauthenticated)?;
        let known = find_person(&app.care, &credential, Maker::Desk)
            .await?
            .ok_or_else(Problem::unauthenticated)?;
        if !known.person.may(Permission::ReadOverview) {
            return Err(Problem::forbidden());
        }
    }
    let Some(metrics) = &app.settings.metrics else {
        return Err(
            Problem::new(StatusCode::NOT_FOUND, "not_found").detail("no numbers are gathered")
        );
    };
    measures::record(&app.care).await?;
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, metrics.render()).into_response())
}
