//! `/searches`, `/hits`: the listening post.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kulant_care::Care;
use kulant_care::searches::hits::{self, HitView, Wanted};
use kulant_care::searches::trial::{self, Asked, Example as CareExample};
use kulant_care::searches::{self as care_searches, Place as CarePlace, SearchChange};
use kulant_care::view;
use kulant_model::ids::{BrandId, InboxId, MessageId, SearchId};
use kulant_model::listening::{SearchState, TakeUp as Rule, Terms as Wording};
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Named;
use super::failures::{ReadFailures, VersionedFailures, WriteFailures};
use super::shapes::{Conversation, InboxMark, Message};
use crate::App;
use crate::input::{Json, Path, Query};
use crate::page::{MOST, Page, PageQuery};
use crate::precondition::{IfMatch, Tagged};
use crate::problem::Problem;
use crate::session::Who;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(try_out))
        .routes(routes!(change, remove))
        .routes(routes!(list_hits))
        .routes(routes!(take_up))
        .routes(routes!(dismiss))
}

/// What a search looks for: any of the words, hashtags and mentions, and nothing of what is left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SearchTerms)]
struct Terms {
    /// Several words with blanks between them are a phrase.
    words: Vec<String>,
    hashtags: Vec<String>,
    mentions: Vec<String>,
    without: Vec<String>,
    /// Whether a word of five letters or more may have one wrong; networks look for the words as written.
    slips: bool,
    /// BCP 47; empty means every language.
    languages: Vec<String>,
}

/// Which hits become conversations by themselves: those that meet every condition.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = TakeUpRule)]
struct TakeUp {
    /// Only those that ask something.
    question: bool,
    /// Only those that have one of these words.
    words: Vec<String>,
}

/// What is wrong at a network.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchTrouble)]
struct Trouble {
    class: String,
    detail: String,
}

/// An inbox on which a search runs.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchPlace)]
struct Place {
    inbox: InboxMark,
    /// `network`: the network is asked; `incoming`: what the inbox receives is looked through.
    #[schema(example = "network")]
    way: &'static str,
    /// What is found there and what is not, as a key of the locale files.
    coverage: &'static str,
    /// How many posts a day may be fetched.
    budget: i64,
    used_today: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    asked_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    trouble: Option<Trouble>,
}

/// A search of the listening post.
#[derive(Serialize, ToSchema)]
struct Search {
    id: String,
    /// For `If-Match` on the next write.
    version: i64,
    brand: Named,
    name: String,
    #[schema(value_type = String, example = "draft")]
    state: SearchState,
    terms: Terms,
    take_up: Option<TakeUp>,
    inboxes: Vec<Place>,
    /// Hits that nobody took up or dismissed, counted up to 1000.
    waiting: i64,
}

/// An inbox on which a search is to run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SearchPlaceFields)]
struct PlaceFields {
    #[schema(value_type = String)]
    id: InboxId,
    /// How many posts a day may be fetched; 200 where nothing is said.
    budget: Option<i64>,
}

/// What is set of a search; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchFields {
    /// Fixed once the search is made.
    #[schema(value_type = Option<String>)]
    brand: Option<BrandId>,
    name: Option<String>,
    terms: Option<Terms>,
    /// Null takes the rule away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<TakeUp>)]
    take_up: Option<Option<TakeUp>>,
    /// `draft`, `on` or `muted`.
    #[schema(value_type = Option<String>, example = "on")]
    state: Option<SearchState>,
    inboxes: Option<Vec<PlaceFields>>,
}

/// What is tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrialFields {
    #[schema(value_type = String)]
    brand: BrandId,
    terms: Terms,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    inboxes: Vec<InboxId>,
}

/// A text that the search would have found.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchExample)]
struct Example {
    text: String,
    author: Option<String>,
    url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// What asking one network for one page gave.
#[derive(Serialize, ToSchema)]
struct TriedNetwork {
    inbox: InboxMark,
    /// `network`, `incoming`, or `closed` where nothing public is said.
    way: &'static str,
    /// What is found there and what is not, as a key of the locale files.
    coverage: &'static str,
    /// None where the network was not asked or did not answer.
    found: Option<usize>,
    examples: Vec<Example>,
    trouble: Option<Trouble>,
}

/// What a search would have found.
#[derive(Serialize, ToSchema)]
struct Trial {
    /// How many stored messages it would have found.
    count: usize,
    /// How many were looked through.
    looked_at: usize,
    /// How many days back.
    days: u64,
    examples: Vec<Example>,
    networks: Vec<TriedNetwork>,
}

/// A message that a search found.
#[derive(Serialize, ToSchema)]
struct Hit {
    /// The message's id.
    id: String,
    search_id: String,
    #[schema(value_type = String, format = DateTime)]
    found_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    dismissed_at: Option<Timestamp>,
    message: Message,
}

/// Which hits are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HitQuery {
    /// `open` (neither taken up nor dismissed), `taken_up`, `dismissed` or `all`.
    #[param(example = "open")]
    state: Option<String>,
    /// `next_cursor` of the page before; absent for the first.
    cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i64>,
}

/// Whether a hit is put aside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Dismissal {
    dismissed: bool,
}

/// Tells null from absence.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<TakeUp>>, D::Error> {
    Option::<TakeUp>::deserialize(from).map(Some)
}

impl From<Terms> for Wording {
    fn from(terms: Terms) -> Self {
        Self {
            words: terms.words,
            hashtags: terms.hashtags,
            mentions: terms.mentions,
            without: terms.without,
            slips: terms.slips,
            languages: terms.languages,
        }
    }
}

impl From<Wording> for Terms {
    fn from(terms: Wording) -> Self {
        Self {
            words: terms.words,
            hashtags: terms.hashtags,
            mentions: terms.mentions,
            without: terms.without,
            slips: terms.slips,
            languages: terms.languages,
        }
    }
}

impl From<SearchFields> for SearchChange {
    fn from(fields: SearchFields) -> Self {
        let rule = |rule: TakeUp| Rule {
            question: rule.question,
            words: rule.words,
        };
        Self {
            brand: fields.brand,
            name: fields.name,
            terms: fields.terms.map(Wording::from),
            take_up: fields.take_up.map(|given| given.map(rule)),
            state: fields.state,
            inboxes: fields.inboxes.map(|places| {
                let places = places.into_iter();
                places.map(|place| (place.id, place.budget)).collect()
            }),
        }
    }
}

impl From<care_searches::Search> for Search {
    fn from(search: care_searches::Search) -> Self {
        Self {
            id: search.id.to_string(),
            version: search.version,
            brand: search.brand.into(),
            name: search.name,
            state: search.state,
            terms: search.terms.into(),
            take_up: search.take_up.map(|rule| TakeUp {
                question: rule.question,
                words: rule.words,
            }),
            inboxes: search.inboxes.into_iter().map(Place::from).collect(),
            waiting: search.waiting,
        }
    }
}

impl From<CarePlace> for Place {
    fn from(place: CarePlace) -> Self {
        Self {
            inbox: InboxMark {
                id: place.inbox.to_string(),
                name: place.name,
                channel: place.channel,
            },
            way: word_of(place.way),
            coverage: place.coverage,
            budget: place.budget,
            used_today: place.used_today,
            asked_at: place.asked_at,
            next_at: place.next_at,
            trouble: place.trouble.map(Trouble::from),
        }
    }
}

impl From<(String, String)> for Trouble {
    fn from((class, detail): (String, String)) -> Self {
        Self { class, detail }
    }
}

impl From<CareExample> for Example {
    fn from(example: CareExample) -> Self {
        Self {
            text: example.text,
            author: example.author,
            url: example
                .url
                .filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            at: example.at,
        }
    }
}

impl From<Asked> for TriedNetwork {
    fn from(asked: Asked) -> Self {
        Self {
            inbox: InboxMark {
                id: asked.inbox.to_string(),
                name: asked.name,
                channel: asked.channel,
            },
            way: word_of(asked.way),
            coverage: asked.coverage,
            found: asked.found,
            examples: asked.examples.into_iter().map(Example::from).collect(),
            trouble: asked.trouble.map(Trouble::from),
        }
    }
}

impl From<HitView> for Hit {
    fn from(hit: HitView) -> Self {
        Self {
            id: hit.message.message.id.to_string(),
            search_id: hit.search.to_string(),
            found_at: hit.found_at,
            dismissed_at: hit.dismissed_at,
            message: hit.message.into(),
        }
    }
}

const fn word_of(way: care_searches::Way) -> &'static str {
    match way {
        care_searches::Way::Network => "network",
        care_searches::Way::Incoming => "incoming",
        care_searches::Way::Closed => "closed",
    }
}

/// Lists the searches that run on inboxes of your teams.
#[utoipa::path(get, path = "/searches", tag = "listening", params(PageQuery),
    responses((status = 200, body = Page<Search>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list(
    State(care): State<Care>,
    Who(person): Who,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Search>>, Problem> {
    let (after, limit) = (query.after()?.unwrap_or(0), query.limit(MOST)?);
    let found = care_searches::list(&care, &person, after, limit + 1).await?;
    Ok(Json(
        Page::new(found, limit, |search| search.id.0).map(Search::from),
    ))
}

/// Makes a search; it asks no network before it is switched on.
#[utoipa::path(post, path = "/searches", tag = "listening", request_body = SearchFields,
    responses((status = 201, body = Search), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn create(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<SearchFields>,
) -> Result<impl IntoResponse, Problem> {
    let search = care_searches::create(&care, &person, body.into()).await?;
    Ok((
        StatusCode::CREATED,
        Tagged(search.version, Search::from(search)),
    ))
}

/// Tries a search on stored messages and on one page of each network; nothing is kept.
#[utoipa::path(post, path = "/searches/try", tag = "listening", request_body = TrialFields,
    responses((status = 200, body = Trial), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn try_out(
    State(care): State<Care>,
    Who(person): Who,
    Json(body): Json<TrialFields>,
) -> Result<Json<Trial>, Problem> {
    let terms = body.terms.into();
    let trial = trial::try_out(&care, &person, body.brand, &terms, body.inboxes).await?;
    Ok(Json(Trial {
        count: trial.past.0,
        looked_at: trial.past.1,
        days: trial.past_days,
        examples: trial.examples.into_iter().map(Example::from).collect(),
        networks: trial.networks.into_iter().map(TriedNetwork::from).collect(),
    }))
}

/// Changes a search, switches it on, mutes it.
#[utoipa::path(patch, path = "/searches/{id}", tag = "listening",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = SearchFields,
    responses((status = 200, body = Search), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn change(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<SearchId>,
    IfMatch(version): IfMatch,
    Json(body): Json<SearchFields>,
) -> Result<impl IntoResponse, Problem> {
    let search = care_searches::change(&care, &person, id, (version, body.into())).await?;
    Ok(Tagged(search.version, Search::from(search)))
}

/// Removes a search with what it found and nobody took up.
#[utoipa::path(delete, path = "/searches/{id}", tag = "listening",
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), VersionedFailures),
    security(("session" = []), ("bearer" = [])))]
async fn remove(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<SearchId>,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, Problem> {
    care_searches::remove(&care, &person, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists what a search found, newest first.
#[utoipa::path(get, path = "/searches/{id}/hits", tag = "listening",
    params(("id" = String, Path), HitQuery),
    responses((status = 200, body = Page<Hit>), ReadFailures),
    security(("session" = []), ("bearer" = [])))]
async fn list_hits(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<SearchId>,
    Query(query): Query<HitQuery>,
) -> Result<Json<Page<Hit>>, Problem> {
    let wanted = match query.state.as_deref() {
        None | Some("open") => Wanted::Open,
        Some("taken_up") => Wanted::TakenUp,
        Some("dismissed") => Wanted::Dismissed,
        Some("all") => Wanted::All,
        Some(_) => {
            let words = "open, taken_up, dismissed or all";
            return Err(Problem::invalid("state", "unknown", words));
        }
    };
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let (before, limit) = (page.after()?.unwrap_or(i64::MAX), page.limit(MOST)?);
    let place = (MessageId(before), limit + 1);
    let found = hits::list(&care, &person, id, wanted, place).await?;
    Ok(Json(
        Page::new(found, limit, |hit| hit.message.message.id.0).map(Hit::from),
    ))
}

/// Takes a hit up as a conversation in the queue of its inbox's team.
#[utoipa::path(post, path = "/hits/{id}/take-up", tag = "listening",
    params(("id" = String, Path)),
    responses((status = 200, body = Conversation), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn take_up(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
) -> Result<Json<Conversation>, Problem> {
    let conversation = hits::take_up(&care, &person, id).await?;
    let summary = view::find(&care, &person, conversation).await?;
    Ok(Json(summary.into()))
}

/// Puts a hit aside, or brings it back.
#[utoipa::path(post, path = "/hits/{id}/dismissal", tag = "listening",
    params(("id" = String, Path)), request_body = Dismissal,
    responses((status = 204), WriteFailures),
    security(("session" = []), ("bearer" = [])))]
async fn dismiss(
    State(care): State<Care>,
    Who(person): Who,
    Path(id): Path<MessageId>,
    Json(body): Json<Dismissal>,
) -> Result<StatusCode, Problem> {
    hits::dismiss(&care, &person, id, body.dismissed).await?;
    Ok(StatusCode::NO_CONTENT)
}
