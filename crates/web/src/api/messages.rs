//! `/conversations/{id}/messages` and `/messages`: what was said, what we say, and what becomes of it
//! at the network.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::act::{self, Act};
use kulant_care::reply::{self as say, NewReply, Template};
use kulant_care::{Care, conversations as decide, deliver, view};
use kulant_model::ids::{AgentId, AttachmentId, ConversationId, MessageId};
use kulant_model::message::{Kind, Visibility};
use kulant_model::role::Person;
use kulant_model::time::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::choices;
use super::failures::{ReadFailures, WriteFailures};
use super::shapes::Message;
use crate::App;
use crate::idempotency::Key;
use crate::input::{Json, Path, Query};
use crate::page::{Page, PageQuery, encode};
use crate::problem::Problem;
use crate::session::Who;

/// The most messages of one page.
const MOST_MESSAGES: i64 = 200;
/// The most people that one note mentions, and files that one message carries.
const MOST_NAMED: usize = 50;
/// The ways to react that networks have between them.
pub(super) const REACTIONS: [&str; 6] = ["like", "love", "thanks", "laugh", "sad", "angry"];

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, reply))
        .routes(routes!(retry))
        .routes(routes!(check))
        .routes(routes!(cancel))
        .routes(routes!(edit))
        .routes(routes!(remove))
        .routes(routes!(react))
        .routes(routes!(hide))
        .routes(routes!(set_kind))
}

/// Which messages are wanted, and in which order.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MessagesQuery {
    /// `next_cursor` of the page before; absent for the first.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `oldest` (default) or `newest` first.
    order: Option<String>,
}

/// What somebody writes: an answer in public or in private, or a note for colleagues.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    #[serde(default)]
    body: String,
    #[schema(schema_with = choices::visibility)]
    visibility: Visibility,
    /// Which message is answered; absent means the newest incoming one of that visibility, refused
    /// where that is not clear.
    #[schema(value_type = Option<String>)]
    in_reply_to: Option<MessageId>,
    /// Not before this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<Timestamp>,
    /// Colleagues whom a note speaks to.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    mentions: Vec<AgentId>,
    /// Uploads of one's own.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
    /// A text that the network has approved, which goes out in the place of the body; where the time
    /// for answers is over, nothing else does.
    template: Option<NewTemplate>,
    /// Whether the matter is settled with it.
    #[serde(default)]
    resolve: bool,
}

/// A text that the network has approved beforehand, with what is filled in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTemplate {
    name: String,
    /// As the network names languages.
    #[schema(example = "de")]
    language: String,
    #[serde(default)]
    parameters: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    body: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReactionBody {
    #[schema(schema_with = choices::reaction)]
    kind: String,
    /// False takes the reaction back.
    add: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HidingBody {
    /// False shows it again.
    hidden: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KindBody {
    #[schema(schema_with = choices::kind, required = false)]
    kind: Option<Kind>,
}

/// Lists the messages of a conversation.
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "messages",
    params(("id" = String, Path), MessagesQuery),
    responses((status = 200, body = Page<Message>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    let newest_first = match query.order.as_deref() {
        None | Some("oldest") => false,
        Some("newest") => true,
        Some(_) => {
            return Err(Problem::invalid(
                "order",
                "not_a_choice",
                "oldest or newest",
            ));
        }
    };
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let after = page
        .after::<(i64, MessageId)>()?
        .map(|(at, id)| (Timestamp(at), id));
    let limit = page.limit(MOST_MESSAGES)?;
    let found = view::list_messages(&care, &person, id, newest_first, after, limit).await?;
    Ok(Json(Page {
        next_cursor: found.next.map(|(at, id)| encode(&(at.0, id))),
        items: found.items.into_iter().map(Message::from).collect(),
    }))
}

/// Keeps what somebody wrote; an answer is queued and leaves by itself. Under the same
/// `Idempotency-Key` it is written once, even where the server broke off in the middle: the message
/// is answered that was written first.
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "messages",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = NewMessage, responses((status = 202, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn reply(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<ConversationId>,
    key: Option<Extension<Key>>,
    Json(body): Json<NewMessage>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    for (field, count) in [
        ("mentions", body.mentions.len()),
        ("attachments", body.attachments.len()),
    ] {
        if count > MOST_NAMED {
            let detail = format!("{MOST_NAMED} at most");
            return Err(Problem::invalid(field, "too_many", detail));
        }
    }
    let reply = NewReply {
        conversation: id,
        body: body.body,
        visibility: body.visibility,
        in_reply_to: body.in_reply_to,
        send_at: body.send_at,
        mentions: body.mentions,
        attachments: body.attachments,
        template: body.template.map(|template| Template {
            name: template.name,
            language: template.language,
            parameters: template.parameters,
        }),
        resolve: body.resolve,
    };
    let new = match key {
        Some(Extension(Key(key))) => say::reply_once(&care, &person, reply, &key).await?,
        None => say::reply(&care, &person, reply).await?,
    };
    accepted(&care, &person, new).await
}

/// Sends a message again that failed, or whose fate nobody knows.
#[utoipa::path(post, path = "/messages/{id}/retry", tag = "messages", params(("id" = String, Path)),
    responses((status = 200, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn retry(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>, Problem> {
    deliver::retry(&care, &person, id).await?;
    shown(&care, &person, id).await
}

/// Asks the network whether it has a message whose fate nobody knows.
#[utoipa::path(post, path = "/messages/{id}/check", tag = "messages", params(("id" = String, Path)),
    responses((status = 200, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn check(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>, Problem> {
    deliver::check(&care, &person, id).await?;
    shown(&care, &person, id).await
}

/// Takes a message back before it leaves, or one that has not arrived.
#[utoipa::path(post, path = "/messages/{id}/cancel", tag = "messages",
    params(("id" = String, Path)),
    responses((status = 200, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn cancel(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
) -> Result<Json<Message>, Problem> {
    deliver::cancel(&care, &person, id).await?;
    shown(&care, &person, id).await
}

/// Gives a message of ours new words at the network; they stand here once the network took them.
#[utoipa::path(post, path = "/messages/{id}/edit", tag = "messages", params(("id" = String, Path)),
    request_body = EditBody, responses((status = 202, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn edit(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
    Json(body): Json<EditBody>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    act::ask(&care, &person, id, Act::Edit { body: body.body }).await?;
    accepted(&care, &person, id).await
}

/// Takes a message of ours back at the network.
#[utoipa::path(delete, path = "/messages/{id}", tag = "messages", params(("id" = String, Path)),
    responses((status = 202, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn remove(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    act::ask(&care, &person, id, Act::Delete).await?;
    accepted(&care, &person, id).await
}

/// Reacts to a message at the network, or takes that back.
#[utoipa::path(post, path = "/messages/{id}/reactions", tag = "messages",
    params(("id" = String, Path)),
    request_body = ReactionBody, responses((status = 202, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn react(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
    Json(body): Json<ReactionBody>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    if !REACTIONS.contains(&body.kind.as_str()) {
        return Err(Problem::invalid(
            "kind",
            "not_a_choice",
            REACTIONS.join(", "),
        ));
    }
    let act = Act::React {
        kind: body.kind,
        added: body.add,
    };
    act::ask(&care, &person, id, act).await?;
    accepted(&care, &person, id).await
}

/// Hides from the public at the network what somebody else said there, or shows it again.
#[utoipa::path(post, path = "/messages/{id}/hiding", tag = "messages",
    params(("id" = String, Path)),
    request_body = HidingBody, responses((status = 202, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn hide(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
    Json(body): Json<HidingBody>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    let act = Act::Hide {
        hidden: body.hidden,
    };
    act::ask(&care, &person, id, act).await?;
    accepted(&care, &person, id).await
}

/// Sets what a message is about.
#[utoipa::path(post, path = "/messages/{id}/kind", tag = "messages", params(("id" = String, Path)),
    request_body = KindBody, responses((status = 200, body = Message), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn set_kind(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
    Json(body): Json<KindBody>,
) -> Result<Json<Message>, Problem> {
    decide::set_message_kind(&care, &person, id, body.kind).await?;
    shown(&care, &person, id).await
}

async fn shown(care: &Care, person: &Person, id: MessageId) -> Result<Json<Message>, Problem> {
    let message = view::find_message_changed(care, person, id).await?;
    Ok(Json(message.into()))
}

/// Shows what is written and leaves by itself.
pub(crate) async fn accepted(
    care: &Care,
    person: &Person,
    id: MessageId,
) -> Result<(StatusCode, Json<Message>), Problem> {
    shown(care, person, id)
        .await
        .map(|message| (StatusCode::ACCEPTED, message))
}
