//! `/posts`: what we say of ourselves, on several accounts of a brand at once, and what became of it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use kulant_care::Care;
use kulant_care::announce::{self, AccountView, AnnouncementView, Fit, NewAnnouncement};
use kulant_model::ids::{AnnouncementId, AttachmentId, BrandId, InboxId};
use kulant_model::refusal::Refusal;
use kulant_model::role::Person;
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::conversations::turned;
use super::failures::{ReadFailures, WriteFailures};
use super::shapes::{Capability, InboxMark, Message};
use crate::App;
use crate::idempotency::Key;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::problem::Problem;
use crate::session::Who;

/// The most files that go along.
const MOST_FILES: usize = 50;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, announce))
        .routes(routes!(list_accounts))
        .routes(routes!(preview))
        .routes(routes!(open))
}

/// Which of them are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AnnouncementsQuery {
    /// `next_cursor` of the page before; absent for the first.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i64>,
    /// Those of one brand alone.
    #[param(value_type = Option<String>)]
    brand: Option<BrandId>,
}

/// What is to be said, and where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnnouncementBody {
    #[schema(value_type = String)]
    brand: BrandId,
    /// What is said where an account has no text of its own.
    #[serde(default)]
    text: String,
    /// Texts of single accounts, by the ids of their inboxes.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    texts: BTreeMap<InboxId, String>,
    /// The accounts, each once; all of the brand.
    #[schema(value_type = Vec<String>)]
    inboxes: Vec<InboxId>,
    /// Uploads of one's own; every account gets a copy.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
    /// Not before this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    send_at: Option<Timestamp>,
}

/// What we said of ourselves, with what became of it on every account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Announcement {
    #[schema(value_type = String)]
    id: AnnouncementId,
    brand: Named,
    /// Which colleague wrote it.
    author: Option<Named>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    accounts: Vec<PlacedMessage>,
}

/// What stands on one account, or will.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct PlacedMessage {
    message: Message,
    /// How many conversations comments below it opened.
    conversations: i64,
}

/// An account, and what it can say of itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct AnnouncingAccount {
    inbox: InboxMark,
    brand: Named,
    /// `send` and `reason` speak of posts of our own.
    capability: Capability,
}

/// How a text would fit an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct AnnouncementPreview {
    inbox: InboxMark,
    /// What would stand there.
    text: String,
    /// How long the network counts it.
    length: usize,
    limit: Option<usize>,
    /// Why it would not be sent; null where it would.
    refusal: Option<RefusalShown>,
}

/// Why a rule says no.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RefusalShown {
    /// Stays the same between versions.
    #[schema(example = "too_long_for_network")]
    code: String,
    /// What the code speaks of.
    facts: BTreeMap<String, String>,
}

/// Lists what we said of ourselves, newest first.
#[utoipa::path(get, path = "/posts", tag = "posts", params(AnnouncementsQuery),
    responses((status = 200, body = Page<Announcement>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<AnnouncementsQuery>,
) -> Result<Json<Page<Announcement>>, Problem> {
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let (before, limit) = (page.after::<AnnouncementId>()?, page.limit(MOST)?);
    let found = announce::list(&care, &person, query.brand, before, limit).await?;
    Ok(Json(turned(found, Announcement::from)))
}

/// Lists the accounts that can speak of themselves, with how each counts a text.
#[utoipa::path(get, path = "/posts/accounts", tag = "posts",
    responses((status = 200, body = Vec<AnnouncingAccount>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list_accounts(
    State(care): State<Care>,
    Who(person): Who,
) -> Result<Json<Vec<AnnouncingAccount>>, Problem> {
    let found = announce::list_accounts(&care, &person).await?;
    Ok(Json(
        found.into_iter().map(AnnouncingAccount::from).collect(),
    ))
}

/// Shows how a text would fit every account, and why one would refuse it; nothing is kept or sent.
#[utoipa::path(post, path = "/posts/preview", tag = "posts", request_body = AnnouncementBody,
    responses((status = 200, body = Vec<AnnouncementPreview>), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn preview(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<AnnouncementBody>,
) -> Result<Json<Vec<AnnouncementPreview>>, Problem> {
    let fits = announce::preview(&care, &person, &body.read()?).await?;
    Ok(Json(
        fits.into_iter().map(AnnouncementPreview::from).collect(),
    ))
}

/// Says a text on several accounts of a brand: one message for each, which leaves by itself. Where one
/// account refuses its text, nothing is sent anywhere, and `errors` names each of them. Comments below
/// come in as conversations of their own.
#[utoipa::path(post, path = "/posts", tag = "posts",
    params(("Idempotency-Key" = Option<String>, Header)), request_body = AnnouncementBody,
    responses((status = 202, body = Announcement), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn announce(
    State(care): State<Care>,
    Who(person): Who,
    key: Option<Extension<Key>>,
    Json(body): Json<AnnouncementBody>,
) -> Result<(StatusCode, Json<Announcement>), Problem> {
    let key = key.map(|Extension(Key(key))| key);
    let id = announce::announce(&care, &person, body.read()?, key).await?;
    accepted(&care, &person, id).await
}

/// Shows what we said of ourselves, and what became of it.
#[utoipa::path(get, path = "/posts/{id}", tag = "posts", params(("id" = String, Path)),
    responses((status = 200, body = Announcement), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn open(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<AnnouncementId>,
) -> Result<Json<Announcement>, Problem> {
    Ok(Json(announce::find(&care, &person, id).await?.into()))
}

/// Shows what is kept and leaves by itself.
pub(crate) async fn accepted(
    care: &Care,
    person: &Person,
    id: AnnouncementId,
) -> Result<(StatusCode, Json<Announcement>), Problem> {
    let found = announce::find(care, person, id).await?;
    Ok((StatusCode::ACCEPTED, Json(Announcement::from(found))))
}

impl AnnouncementBody {
    fn read(self) -> Result<NewAnnouncement, Problem> {
        if self.attachments.len() > MOST_FILES {
            let detail = format!("{MOST_FILES} at most");
            return Err(Problem::invalid("attachments", "too_many", detail));
        }
        Ok(NewAnnouncement {
            brand: Some(self.brand),
            text: self.text,
            texts: self.texts,
            inboxes: self.inboxes,
            attachments: self.attachments,
            send_at: self.send_at,
        })
    }
}

impl From<AnnouncementView> for Announcement {
    fn from(view: AnnouncementView) -> Self {
        let row = view.row;
        Self {
            id: row.id,
            brand: (row.brand, row.brand_name).into(),
            author: row.agent_name.map(|name| Named::new(&row.agent, name)),
            created_at: row.created_at,
            accounts: view
                .placed
                .into_iter()
                .map(|placed| PlacedMessage {
                    message: placed.message.into(),
                    conversations: placed.conversations,
                })
                .collect(),
        }
    }
}

impl From<AccountView> for AnnouncingAccount {
    fn from(view: AccountView) -> Self {
        Self {
            inbox: InboxMark {
                id: view.inbox.to_string(),
                name: view.name,
                channel: view.channel,
            },
            brand: (view.brand, view.brand_name).into(),
            capability: Capability::of(view.capabilities, view.reason),
        }
    }
}

impl From<Fit> for AnnouncementPreview {
    fn from(fit: Fit) -> Self {
        Self {
            inbox: InboxMark {
                id: fit.inbox.to_string(),
                name: fit.name,
                channel: fit.channel,
            },
            text: fit.text,
            length: fit.length,
            limit: fit.limit,
            refusal: fit.refusal.map(RefusalShown::from),
        }
    }
}

impl From<Refusal> for RefusalShown {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code.to_owned(),
            facts: refusal
                .facts
                .into_iter()
                .map(|(name, fact)| (name.to_owned(), fact))
                .collect(),
        }
    }
}
