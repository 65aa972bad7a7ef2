//! `/conversations`: lists, counters, one of them opened, and what people decide about it.

use axum::extract::State;
use kulant_care::conversations::{self as decide, Assignment};
use kulant_care::view::{self, Place};
use kulant_care::{Care, CareError, overview};
use kulant_model::conversation::{Priority, Status};
use kulant_model::ids::{AgentId, ConversationId, MessageId, TeamId};
use kulant_model::message::Kind;
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::choices;
use super::failures::{ReadFailures, VersionedFailures, WriteFailures};
use super::filters::ListQuery;
use super::shapes::{Conversation, ConversationDetail, Count};
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery, decode, encode};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;

/// The most events of one page.
const MOST_EVENTS: i64 = 500;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(counts))
        .routes(routes!(open))
        .routes(routes!(events))
        .routes(routes!(assign))
        .routes(routes!(set_status))
        .routes(routes!(change_tags))
        .routes(routes!(set_priority))
        .routes(routes!(set_kind))
        .routes(routes!(set_subject))
        .routes(routes!(need_no_answer))
        .routes(routes!(read))
        .routes(routes!(unread))
        .routes(routes!(split))
        .routes(routes!(join))
        .routes(routes!(unjoin))
}

/// The counters beside the views.
#[derive(Serialize, ToSchema)]
struct Counts {
    open_mine: Count,
    open_unassigned: Count,
    open_all: Count,
    waiting: Count,
    snoozed: Count,
    /// Resolved, with words of the last seven days: the list with `status=resolved&within_days=7`.
    resolved_recent: Count,
    mentions: Count,
    quarantine: Count,
    teams: Vec<TeamCounts>,
}

/// The counters of one team's queue.
#[derive(Serialize, ToSchema)]
struct TeamCounts {
    #[schema(value_type = String)]
    id: TeamId,
    open: Count,
    unassigned: Count,
}

/// Something that happened to a conversation.
#[derive(Serialize, ToSchema)]
struct TimelineEvent {
    seq: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(example = "assigned")]
    kind: &'static str,
    actor: Actor,
    #[schema(value_type = Option<Object>)]
    facts: serde_json::Value,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
struct Actor {
    name: Option<String>,
    /// `agent`, or `system` where kulant did it by itself.
    kind: &'static str,
}

/// To whom a conversation goes: an agent, or a team's queue; neither takes it from its owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignmentBody {
    #[schema(value_type = Option<String>)]
    agent: Option<AgentId>,
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StatusBody {
    #[schema(schema_with = choices::status)]
    status: Status,
    /// Until when it sleeps; with `snoozed` alone.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagsBody {
    /// Names; one that is new becomes a tag.
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriorityBody {
    #[schema(schema_with = choices::priority)]
    priority: Priority,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KindBody {
    #[schema(schema_with = choices::kind, required = false)]
    kind: Option<Kind>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubjectBody {
    subject: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SplitBody {
    #[schema(value_type = Vec<String>)]
    messages: Vec<MessageId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JoinBody {
    #[schema(value_type = String)]
    into: ConversationId,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    /// `next_cursor` of the page before; absent for the first.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 500, default = 500)]
    limit: Option<i64>,
}

/// Lists conversations.
#[utoipa::path(get, path = "/conversations", tag = "conversations", params(ListQuery),
    responses((status = 200, body = Page<Conversation>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<Conversation>>, Problem> {
    let (page, sort) = (query.page(), query.sort()?);
    let (words, limit) = (query.words()?, page.limit(MOST)?);
    let filter = query.filter(&care, person.agent).await?;
    if let Some(words) = words {
        let before = page.after::<MessageId>()?;
        let found = view::find_by_words(&care, &person, filter, words, before, limit).await?;
        return Ok(Json(turned(found, Conversation::from)));
    }
    let after = match page.cursor.as_deref() {
        None => None,
        Some(cursor) => Some(read_place(cursor, query.sort_name())?),
    };
    let found = view::list(&care, &person, filter, sort, after, limit).await?;
    Ok(Json(Page {
        items: found.items.into_iter().map(Conversation::from).collect(),
        next_cursor: found
            .next
            .map(|(at, id)| encode(&(query.sort_name(), at.0, id))),
    }))
}

/// Counts what stands behind the views, each up to a cap.
#[utoipa::path(get, path = "/conversations/counts", tag = "conversations",
    responses((status = 200, body = Counts), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn counts(State(care): State<Care>, Who(person): Who) -> Result<Json<Counts>, Problem> {
    let counts = overview::counts(&care, &person).await?;
    Ok(Json(Counts {
        open_mine: counts.open_mine.into(),
        open_unassigned: counts.open_unassigned.into(),
        open_all: counts.open_all.into(),
        waiting: counts.waiting.into(),
        snoozed: counts.snoozed.into(),
        resolved_recent: counts.resolved_recent.into(),
        mentions: counts.mentions.into(),
        quarantine: counts.quarantine.into(),
        teams: counts
            .teams
            .into_iter()
            .map(|team| TeamCounts {
                id: team.team,
                open: team.open.into(),
                unassigned: team.unassigned.into(),
            })
            .collect(),
    }))
}

/// Opens a conversation.
#[utoipa::path(get, path = "/conversations/{id}", tag = "conversations",
    params(("id" = String, Path)),
    responses((status = 200, body = ConversationDetail), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn open(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
) -> Result<Tagged<ConversationDetail>, Problem> {
    let detail = ConversationDetail::from(view::open(&care, &person, id).await?);
    Ok(Tagged(detail.conversation.version, detail))
}

/// Lists what happened to a conversation, oldest first.
#[utoipa::path(get, path = "/conversations/{id}/events", tag = "conversations",
    params(("id" = String, Path), EventsQuery),
    responses((status = 200, body = Page<TimelineEvent>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn events(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    Query(query): Query<EventsQuery>,
) -> Result<Json<Page<TimelineEvent>>, Problem> {
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit.or(Some(MOST_EVENTS)),
    };
    let after = page.after::<i64>()?.unwrap_or_default();
    let limit = page.limit(MOST_EVENTS)?;
    let found = view::list_events(&care, &person, id, after, limit).await?;
    Ok(Json(turned(found, |(event, name)| TimelineEvent {
        seq: event.sequence.to_string(),
        at: event.event.at,
        kind: event.event.kind.word(),
        actor: Actor {
            kind: if name.is_some() { "agent" } else { "system" },
            name,
        },
        facts: event.event.facts,
    })))
}

/// Gives a conversation to an agent, to a team's queue, or to nobody.
#[utoipa::path(post, path = "/conversations/{id}/assignment", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    request_body = Option<AssignmentBody>,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn assign(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<Option<AssignmentBody>>,
) -> Result<Tagged<Conversation>, Problem> {
    let (agent, team) = body.map_or((None, None), |body| (body.agent, body.team));
    let to = match (agent, team) {
        (None, None) => Assignment::Nobody,
        (Some(agent), None) => Assignment::Agent(agent),
        (None, Some(team)) => Assignment::Team(team),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("team", "one_of_two", "an agent or a team"));
        }
    };
    decide::assign(&care, &person, id, version, to).await?;
    changed(&care, id).await
}

/// Moves a conversation's status.
#[utoipa::path(post, path = "/conversations/{id}/status", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = StatusBody,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn set_status(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<StatusBody>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::set_status(&care, &person, id, version, body.status, body.until).await?;
    changed(&care, id).await
}

/// Adds and removes tags by their names.
#[utoipa::path(post, path = "/conversations/{id}/tags", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = TagsBody,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change_tags(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<TagsBody>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::change_tags(&care, &person, id, version, body.add, body.remove).await?;
    changed(&care, id).await
}

/// Sets how much a conversation presses.
#[utoipa::path(post, path = "/conversations/{id}/priority", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = PriorityBody,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn set_priority(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<PriorityBody>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::set_priority(&care, &person, id, version, body.priority).await?;
    changed(&care, id).await
}

/// Sets what a conversation is about.
#[utoipa::path(post, path = "/conversations/{id}/kind", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = KindBody,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn set_kind(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<KindBody>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::set_kind(&care, &person, id, version, body.kind).await?;
    changed(&care, id).await
}

/// Gives a conversation a subject; an empty one takes it away.
#[utoipa::path(post, path = "/conversations/{id}/subject", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = SubjectBody,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn set_subject(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<SubjectBody>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::set_subject(&care, &person, id, version, body.subject).await?;
    changed(&care, id).await
}

/// Says that what was written needs no answer.
#[utoipa::path(post, path = "/conversations/{id}/no-answer-needed", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn need_no_answer(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
) -> Result<Tagged<Conversation>, Problem> {
    decide::need_no_answer(&care, &person, id, version).await?;
    changed(&care, id).await
}

/// Marks a conversation read, for everybody; one's own mentions in it too.
#[utoipa::path(post, path = "/conversations/{id}/read", tag = "conversations",
    params(("id" = String, Path)),
    responses((status = 200, body = Conversation), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn read(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::set_unread(&care, &person, id, false).await?;
    changed(&care, id).await
}

/// Marks a conversation unread, for everybody.
#[utoipa::path(post, path = "/conversations/{id}/unread", tag = "conversations",
    params(("id" = String, Path)),
    responses((status = 200, body = Conversation), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn unread(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::set_unread(&care, &person, id, true).await?;
    changed(&care, id).await
}

/// Gives messages a conversation of their own; answers with the new one.
#[utoipa::path(post, path = "/conversations/{id}/split", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = SplitBody,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn split(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<SplitBody>,
) -> Result<Tagged<Conversation>, Problem> {
    let new = decide::split(&care, &person, id, version, body.messages).await?;
    changed(&care, new).await
}

/// Joins a conversation into another one.
#[utoipa::path(post, path = "/conversations/{id}/join", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = JoinBody,
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn join(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
    Json(body): Json<JoinBody>,
) -> Result<Tagged<Conversation>, Problem> {
    decide::join(&care, &person, id, version, body.into).await?;
    changed(&care, id).await
}

/// Undoes a joining.
#[utoipa::path(post, path = "/conversations/{id}/unjoin", tag = "conversations",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Conversation), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn unjoin(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    IfMatch(version): IfMatch,
) -> Result<Tagged<Conversation>, Problem> {
    decide::unjoin(&care, &person, id, version).await?;
    changed(&care, id).await
}

/// Answers a change with the conversation as it stands now.
pub(super) async fn changed(
    care: &Care,
    id: ConversationId,
) -> Result<Tagged<Conversation>, Problem> {
    let summary = view::find_changed(care, id)
        .await
        .map_err(|error: CareError| Problem::from(error))?;
    Ok(Tagged(summary.row.version, summary.into()))
}

/// Turns a page of `care` into one of ours.
pub(super) fn turned<T, P: Serialize, U>(
    found: view::Page<T, P>,
    turn: impl FnMut(T) -> U,
) -> Page<U> {
    Page {
        next_cursor: found.next.as_ref().map(encode),
        items: found.items.into_iter().map(turn).collect(),
    }
}

/// Reads a cursor, which counts in the order alone in which it was given.
fn read_place(cursor: &str, sort: &str) -> Result<Place, Problem> {
    let (of, at, id) = decode::<(String, i64, ConversationId)>(cursor)?;
    if of == sort {
        Ok((Timestamp(at), id))
    } else {
        Err(Problem::invalid(
            "cursor",
            "not_a_cursor",
            "given in another order",
        ))
    }
}
