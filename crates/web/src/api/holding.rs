//! `/conversations/holding-replies`: a word to many at once, which says when more will be said.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::holding::{self, Held, NewHoldingReplies};
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::announcements::RefusalShown;
use super::failures::WriteFailures;
use crate::App;
use crate::input::Json;
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(hold))
        .routes(routes!(call_back))
}

/// What is to be said to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoldingRepliesBody {
    /// Each once, 500 at most.
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 500)]
    conversations: Vec<ConversationId>,
    /// Variants of the text, at least two; each names the next word's time by `{next_word}`.
    #[schema(min_items = 2, max_items = 20)]
    texts: Vec<String>,
    /// When more will be said.
    #[schema(value_type = String, format = DateTime)]
    next_word_at: Timestamp,
    /// Over how many minutes they leave, evenly.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1440)]
    spread_minutes: u32,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
struct HoldingReplies {
    queued: Vec<QueuedReply>,
    /// Where nothing was written, and why.
    refused: Vec<RefusedReply>,
}

/// A holding reply on its way.
#[derive(Serialize, ToSchema)]
struct QueuedReply {
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    #[schema(value_type = String)]
    message_id: MessageId,
    body: String,
    #[schema(value_type = String, format = DateTime)]
    send_at: Timestamp,
}

/// A conversation to which nothing is written.
#[derive(Serialize, ToSchema)]
struct RefusedReply {
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    refusal: RefusalShown,
}

/// Holding replies to be taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CallBackBody {
    #[schema(value_type = Vec<String>, max_items = 500)]
    messages: Vec<MessageId>,
}

/// Which of them were taken back; the others had left.
#[derive(Serialize, ToSchema)]
struct CalledBack {
    #[schema(value_type = Vec<String>)]
    messages: Vec<MessageId>,
}

/// Says to many at once when more will be said: where the party of each spoke last, in variants by
/// turns, spread evenly. Whoever waits still waits. Where a network's rule says no, nothing is written
/// and the reason is told; all others are written together.
#[utoipa::path(post, path = "/conversations/holding-replies", tag = "conversations",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = HoldingRepliesBody,
    responses((status = 202, body = HoldingReplies), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn hold(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<HoldingRepliesBody>,
) -> Result<(StatusCode, Json<HoldingReplies>), Problem> {
    let new = NewHoldingReplies {
        conversations: body.conversations,
        texts: body.texts,
        next_word_at: body.next_word_at,
        spread: Duration::from_mins(u64::from(body.spread_minutes)),
    };
    let held = holding::hold(&care, &person, new).await?;
    Ok((StatusCode::ACCEPTED, Json(held.into())))
}

/// Takes holding replies back that have not left; their promise goes with them.
#[utoipa::path(post, path = "/conversations/holding-replies/cancel", tag = "conversations",
    request_body = CallBackBody, responses((status = 200, body = CalledBack), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn call_back(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<CallBackBody>,
) -> Result<Json<CalledBack>, Problem> {
    let messages = holding::call_back(&care, &person, &body.messages).await?;
    Ok(Json(CalledBack { messages }))
}

impl From<Held> for HoldingReplies {
    fn from(held: Held) -> Self {
        Self {
            queued: held
                .queued
                .into_iter()
                .map(|one| QueuedReply {
                    conversation_id: one.conversation,
                    message_id: one.message,
                    body: one.body,
                    send_at: one.send_at,
                })
                .collect(),
            refused: held
                .refused
                .into_iter()
                .map(|(conversation_id, refusal)| RefusedReply {
                    conversation_id,
                    refusal: refusal.into(),
                })
                .collect(),
        }
    }
}
