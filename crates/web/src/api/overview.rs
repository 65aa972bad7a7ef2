//! `/overview` and `/alerts`: how queues and channels are, and what needs a person.

use axum::extract::State;
use kulant_care::Care;
use kulant_care::overview as care_overview;
use kulant_care::presence::{Activity, Present as CarePresent};
use kulant_model::ids::{AlertId, ConversationId, MessageId};
use kulant_model::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::failures::ReadFailures;
use super::shapes::{Conversation, InboxMark, Reason};
use crate::App;
use crate::input::Json;
use crate::page::Page;
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(alerts))
}

/// The supervisor's screen.
#[derive(Serialize, ToSchema)]
struct Overview {
    queues: Vec<Queue>,
    /// Those that have waited longest with a question unanswered in public.
    oldest_public: Vec<Conversation>,
    present: Vec<Present>,
    channels: Vec<ChannelHealth>,
}

/// How one team's queue stands; numbers end at 1,000.
#[derive(Serialize, ToSchema)]
struct Queue {
    team: Named,
    /// Its open conversations, whoever is responsible.
    open: i64,
    /// Those of them that nobody has taken.
    unassigned: i64,
    /// Those of them in which a question of the party stands unanswered in public.
    waiting_public: i64,
    /// Since when the one has waited that waits longest among the open ones, in public or not.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_waiting_since: Option<Timestamp>,
}

/// Somebody who is here; kept in memory alone.
#[derive(Serialize, ToSchema)]
struct Present {
    agent: Named,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    #[schema(value_type = Option<String>)]
    conversation_id: Option<ConversationId>,
    #[schema(value_type = String, example = "reading")]
    activity: Activity,
}

/// How one inbox is.
#[derive(Serialize, ToSchema)]
struct ChannelHealth {
    inbox: InboxMark,
    /// `active`, `paused` or `failing`.
    state: &'static str,
    #[schema(value_type = Option<Object>)]
    trouble: Value,
    lag_seconds: u64,
    queued_out: i64,
    failed_out: i64,
    quarantined: i64,
}

/// A failure that needs a person.
#[derive(Serialize, ToSchema)]
struct Alert {
    #[schema(value_type = String)]
    id: AlertId,
    #[schema(example = "message_not_sent")]
    kind: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = Option<String>)]
    conversation_id: Option<ConversationId>,
    #[schema(value_type = Option<String>)]
    message_id: Option<MessageId>,
    inbox: Option<Named>,
    reason: Option<Reason>,
}

/// Shows the supervisor's screen.
#[utoipa::path(get, path = "/overview", tag = "overview",
    responses((status = 200, body = Overview), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn overview(State(care): State<Care>, Who(person): Who) -> Result<Json<Overview>, Problem> {
    let overview = care_overview::overview(&care, &person).await?;
    Ok(Json(Overview {
        queues: overview.queues.into_iter().map(Queue::from).collect(),
        oldest_public: overview
            .oldest_public
            .into_iter()
            .map(Conversation::from)
            .collect(),
        present: overview.present.into_iter().map(Present::from).collect(),
        channels: overview
            .channels
            .into_iter()
            .map(ChannelHealth::from)
            .collect(),
    }))
}

/// Lists the failures that need a person and stand now, newest first.
#[utoipa::path(get, path = "/alerts", tag = "overview",
    responses((status = 200, body = Page<Alert>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn alerts(State(care): State<Care>, Who(person): Who) -> Result<Json<Page<Alert>>, Problem> {
    let standing = care_overview::list_alerts(&care, &person).await?;
    let items = standing
        .into_iter()
        .map(|standing| {
            let detail = care_overview::reason_of(&standing);
            let alert = standing.alert;
            let class = alert.facts.get("class").and_then(Value::as_str);
            Alert {
                id: alert.id,
                at: alert.raised_at,
                conversation_id: alert.conversation,
                message_id: alert.message,
                inbox: alert
                    .inbox
                    .map(|id| Named::new(&id, standing.inbox_name.unwrap_or_default())),
                reason: class.map(|class| Reason {
                    class: class.to_owned(),
                    detail,
                }),
                kind: alert.kind,
            }
        })
        .collect();
    Ok(Json(Page {
        items,
        next_cursor: None,
    }))
}

impl From<care_overview::Queue> for Queue {
    fn from(queue: care_overview::Queue) -> Self {
        Self {
            team: Named::new(&queue.team, queue.name),
            open: queue.open.count,
            unassigned: queue.unassigned.count,
            waiting_public: queue.waiting_public.count,
            oldest_waiting_since: queue.oldest_waiting_since,
        }
    }
}

impl From<CarePresent> for Present {
    fn from(present: CarePresent) -> Self {
        Self {
            agent: Named::new(&present.agent, present.name),
            since: present.since,
            conversation_id: present.conversation,
            activity: present.activity,
        }
    }
}

impl From<care_overview::ChannelHealth> for ChannelHealth {
    fn from(health: care_overview::ChannelHealth) -> Self {
        Self {
            state: match (health.paused, health.trouble.is_null()) {
                (true, _) => "paused",
                (false, true) => "active",
                (false, false) => "failing",
            },
            inbox: InboxMark {
                id: health.inbox.to_string(),
                name: health.name,
                channel: health.channel,
            },
            trouble: health.trouble,
            lag_seconds: health.lag_seconds,
            queued_out: health.queued_out,
            failed_out: health.failed_out,
            quarantined: health.quarantined,
        }
    }
}
