//! `/inboxes/{id}/calls`: calls that colleagues write down.

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::phone::{self, NewCall};
use kulant_model::ids::{ContactId, ConversationId, InboxId};
use kulant_model::time::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::conversations::changed;
use super::failures::WriteFailures;
use super::shapes::Conversation;
use crate::App;
use crate::input::{Json, Path};
use crate::precondition::Tagged;
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(note))
}

/// A call as it is written down. Who called is told by the number, the contact, the conversation or, where
/// there is none of them, by a name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CallBody {
    /// The matter that it was about; left out, the number finds it or begins a new one.
    #[schema(value_type = Option<String>)]
    conversation: Option<ConversationId>,
    #[schema(value_type = Option<String>)]
    contact: Option<ContactId>,
    /// As people write numbers; without a country code it is one of the inbox's country.
    #[schema(example = "030 123456")]
    number: Option<String>,
    name: Option<String>,
    /// What the caller said.
    said: String,
    /// What we said in the call; it counts as the answer.
    answered: Option<String>,
    /// When we promised to call back: until then the conversation sleeps, then it is on top.
    #[schema(value_type = Option<String>, format = DateTime)]
    call_back_at: Option<Timestamp>,
}

/// Keeps a call in an inbox whose channel takes calls; answers with the conversation that it stands in.
#[utoipa::path(post, path = "/inboxes/{id}/calls", tag = "conversations",
    params(("id" = String, Path)), request_body = CallBody,
    responses((status = 201, body = Conversation), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn note(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<InboxId>,
    Json(body): Json<CallBody>,
) -> Result<(StatusCode, Tagged<Conversation>), Problem> {
    let call = NewCall {
        conversation: body.conversation,
        contact: body.contact,
        number: body.number,
        name: body.name,
        said: body.said,
        answered: body.answered,
        call_back_at: body.call_back_at,
    };
    let conversation = phone::note(&care, &person, id, call).await?;
    Ok((StatusCode::CREATED, changed(&care, conversation).await?))
}
