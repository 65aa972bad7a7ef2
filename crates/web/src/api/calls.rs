//! `/inboxes/{id}/calls`: calls that colleagues write down.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::phone::{self, NewCall};
use kulant_care::{Care, CareError, view};
use kulant_model::ids::{ContactId, ConversationId, InboxId};
use kulant_model::time::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::failures::WriteFailures;
use super::shapes::Conversation;
use crate::App;
use crate::idempotency::Key;
use crate::input::{Json, Path};
use crate::precondition::Tagged;
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(note))
}

/// Said where the conversation went to another team in the same moment.
const GONE: &str = "the call is kept; its conversation went to another team";

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
/// With an `Idempotency-Key` the same request may be sent again until it is answered: it is one call, and
/// another one under that key is refused.
#[utoipa::path(post, path = "/inboxes/{id}/calls", tag = "conversations",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = CallBody,
    responses((status = 201, body = Conversation), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn note(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<InboxId>,
    key: Option<Extension<Key>>,
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
    let conversation = match key {
        Some(Extension(Key(key))) => phone::note_once(&care, &person, id, call, &key)
            .await
            .map_err(|error| match error {
                CareError::Refused(refusal) if refusal.code == phone::KEY_REUSED => {
                    Problem::key_reused()
                }
                other => other.into(),
            })?,
        None => phone::note(&care, &person, id, call).await?,
    };
    // Another team's since it was found: the call is kept, but that is not for this person to see.
    let summary = view::find(&care, &person, conversation)
        .await
        .map_err(|error| match error {
            CareError::NotFound => CareError::Unavailable(GONE.to_owned()),
            other => other,
        })?;
    let tagged = Tagged(summary.row.version, summary.into());
    Ok((StatusCode::CREATED, tagged))
}
