//! `/presence`: somebody says where they are; kept in memory alone.

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::presence::{self as care_presence, Activity};
use kulant_model::ids::ConversationId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::choices;
use super::failures::WriteFailures;
use crate::App;
use crate::input::Json;
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(report))
}

/// Where somebody is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PresenceBody {
    #[schema(value_type = Option<String>)]
    conversation_id: Option<ConversationId>,
    #[schema(schema_with = choices::activity)]
    activity: Activity,
}

/// Says where one is; to be repeated every 20 seconds, forgotten after 45.
#[utoipa::path(post, path = "/presence", tag = "live", request_body = PresenceBody,
    responses((status = 204), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn report(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<PresenceBody>,
) -> Result<StatusCode, Problem> {
    care_presence::report(&care, &person, body.conversation_id, body.activity).await?;
    Ok(StatusCode::NO_CONTENT)
}
