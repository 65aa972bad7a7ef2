//! `/inboxes`: connected accounts. Secrets go in and never come out, but for a new hook secret.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kulant_care::Care;
use kulant_care::admin::Wanted;
use kulant_care::admin::inboxes::{self as care_inboxes, InboxChange, NewInbox, State as Standing};
use kulant_model::ids::{BrandId, InboxId, TeamId};
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::failures::{ReadFailures, VersionedFailures, WriteFailures};
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, archive))
        .routes(routes!(rotate_secret))
}

/// One connected account.
#[derive(Serialize, ToSchema)]
struct Inbox {
    id: String,
    version: i64,
    name: String,
    channel: String,
    brand: Named,
    team: Named,
    /// `active`, `paused` or `failing`.
    #[schema(example = "active")]
    state: &'static str,
    health: Health,
    /// Empty for those who do not manage inboxes.
    #[schema(value_type = Object)]
    settings: Value,
    /// The secret settings that have a value.
    secrets_set: Vec<String>,
    /// Where the network delivers, for those who manage inboxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_path: Option<String>,
    /// The hook's signing secret: only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_secret: Option<String>,
    /// Its page on our site.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_path: Option<String>,
}

/// How an inbox is.
#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(format = DateTime)]
    checked_at: Option<String>,
    trouble: Option<Trouble>,
    /// How long the oldest delivery waits that is not taken in yet; 0 where none waits.
    lag_seconds: u64,
    #[schema(format = DateTime)]
    last_received_at: Option<String>,
    /// Until when its network asked us to send nothing; null where nothing waits for that.
    #[schema(format = DateTime)]
    quiet_until: Option<String>,
    /// What its network was asked for so far, where that is counted: one meter for the inbox, and one
    /// for each search of the listening post that asks there.
    usage: Vec<Usage>,
}

/// How much an inbox has used of what its network, or its owner, grants it.
#[derive(Serialize, ToSchema)]
struct Usage {
    /// The search that asks; null for what the inbox asks for itself.
    search: Option<Named>,
    /// What is counted.
    #[schema(example = "posts")]
    unit: &'static str,
    used: u64,
    /// How much may be used; null where nobody set a limit.
    budget: Option<u64>,
    /// When counting begins anew.
    #[schema(format = DateTime)]
    resets_at: String,
    limits: Vec<Limit>,
}

/// How many requests of one sort the network still takes for a short while, as it told last.
#[derive(Serialize, ToSchema)]
struct Limit {
    /// What is asked for, as the network calls it.
    name: String,
    most: u64,
    remaining: u64,
    #[schema(format = DateTime)]
    resets_at: String,
}

/// What is wrong with an inbox.
#[derive(Serialize, Deserialize, ToSchema)]
struct Trouble {
    class: String,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    #[schema(format = DateTime)]
    since: Option<String>,
}

/// A new inbox.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InboxCreation {
    name: String,
    /// One of `GET /channels`.
    channel: String,
    /// Left out: the oldest brand.
    #[schema(value_type = Option<String>)]
    brand: Option<BrandId>,
    /// Left out: the oldest team.
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    /// As the channel's schema says, secrets included.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
}

/// What is set of an inbox; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InboxFields {
    name: Option<String>,
    #[schema(value_type = Option<String>)]
    brand: Option<BrandId>,
    #[schema(value_type = Option<String>)]
    team: Option<TeamId>,
    /// `active` or `paused`.
    state: Option<WantedState>,
    /// All settings anew; a secret that is left out or empty stays.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
}

kulant_model::words! {
    #[derive(ToSchema)]
    #[schema(rename_all = "snake_case")]
    WantedState {
        Active => "active",
        Paused => "paused",
    }
}

impl From<care_inboxes::Metered> for Usage {
    fn from(metered: care_inboxes::Metered) -> Self {
        let usage = metered.usage;
        Self {
            search: metered.search.map(Named::from),
            unit: usage.unit,
            used: usage.used,
            budget: usage.budget,
            resets_at: usage.until.to_string(),
            limits: usage
                .limits
                .into_iter()
                .map(|limit| Limit {
                    name: limit.name,
                    most: limit.most,
                    remaining: limit.remaining,
                    resets_at: limit.resets_at.to_string(),
                })
                .collect(),
        }
    }
}

impl Inbox {
    fn new(inbox: care_inboxes::Inbox, now: Timestamp) -> Self {
        let managed = inbox.managed;
        let lag = inbox
            .waiting_since
            .map_or(0, |since| now.since(since).as_secs());
        Self {
            id: inbox.id.to_string(),
            version: inbox.version,
            name: inbox.name,
            channel: inbox.channel,
            brand: inbox.brand.into(),
            team: inbox.team.into(),
            state: match inbox.state {
                Standing::Active => "active",
                Standing::Paused => "paused",
                Standing::Failing => "failing",
            },
            health: Health {
                checked_at: inbox.checked_at.map(|at| at.to_string()),
                trouble: serde_json::from_value(inbox.trouble).ok(),
                lag_seconds: lag,
                last_received_at: inbox.last_received_at.map(|at| at.to_string()),
                quiet_until: inbox
                    .quiet_until
                    .filter(|until| *until > now)
                    .map(|until| until.to_string()),
                usage: inbox.usage.into_iter().map(Usage::from).collect(),
            },
            hook_path: managed
                .as_ref()
                .and_then(|managed| managed.hook_path.clone()),
            secrets_set: managed
                .as_ref()
                .map(|managed| managed.secrets_set.clone())
                .unwrap_or_default(),
            settings: managed.map_or_else(|| json!({}), |managed| managed.settings),
            hook_secret: None,
            public_path: inbox.public_path,
        }
    }

    fn with_secret(mut self, secret: Option<String>) -> Self {
        self.hook_secret = secret;
        self
    }
}

/// Lists the inboxes in use that feed teams one may see.
#[utoipa::path(get, path = "/inboxes", tag = "inboxes", params(PageQuery),
    responses((status = 200, body = Page<Inbox>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Inbox>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_inboxes::list(&care, &person, after, limit + 1).await?;
    let now = care.now();
    Ok(Json(
        Page::new(found, limit, |inbox| inbox.id.0).map(|inbox| Inbox::new(inbox, now)),
    ))
}

/// Makes an inbox; the answer tells the hook's secret, which is never told again.
#[utoipa::path(post, path = "/inboxes", tag = "inboxes", request_body = InboxCreation,
    responses((status = 201, body = Inbox), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<InboxCreation>,
) -> Result<impl IntoResponse, Problem> {
    let new = NewInbox {
        name: body.name,
        channel: body.channel,
        brand: body.brand.map(Wanted::Known),
        team: body.team.map(Wanted::Known),
        settings: body.settings,
    };
    let (inbox, secret) = care_inboxes::create(&care, &person, new).await?;
    let answer = Inbox::new(inbox, care.now()).with_secret(secret);
    Ok((StatusCode::CREATED, Tagged(answer.version, answer)))
}

/// Tells of an inbox.
#[utoipa::path(get, path = "/inboxes/{id}", tag = "inboxes", params(("id" = String, Path)),
    responses((status = 200, body = Inbox), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn show(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<InboxId>,
) -> Result<impl IntoResponse, Problem> {
    let inbox = care_inboxes::find(&care, &person, id).await?;
    Ok(Tagged(inbox.version, Inbox::new(inbox, care.now())))
}

/// Changes an inbox.
#[utoipa::path(patch, path = "/inboxes/{id}", tag = "inboxes",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = InboxFields,
    responses((status = 200, body = Inbox), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<InboxId>,
    IfMatch(version): IfMatch,
    Json(body): Json<InboxFields>,
) -> Result<impl IntoResponse, Problem> {
    let change = InboxChange {
        name: body.name,
        brand: body.brand,
        team: body.team,
        paused: body.state.map(|state| matches!(state, WantedState::Paused)),
        settings: body.settings,
    };
    let inbox = care_inboxes::change(&care, &person, id, (version, change)).await?;
    Ok(Tagged(inbox.version, Inbox::new(inbox, care.now())))
}

/// Takes an inbox out of use; its conversations stay.
#[utoipa::path(delete, path = "/inboxes/{id}", tag = "inboxes",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn archive(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<InboxId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    care_inboxes::archive(&care, &person, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new signing secret and tells it once; the one before counts for a day more.
#[utoipa::path(post, path = "/inboxes/{id}/secret", tag = "inboxes",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = Inbox), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn rotate_secret(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<InboxId>,
    IfMatch(version): IfMatch,
) -> Result<impl IntoResponse, Problem> {
    let (inbox, secret) = care_inboxes::rotate_secret(&care, &person, id, version).await?;
    let answer = Inbox::new(inbox, care.now()).with_secret(Some(secret));
    Ok(Tagged(answer.version, answer))
}
