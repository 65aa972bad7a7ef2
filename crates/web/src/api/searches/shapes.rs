//! Searches, trials and hits as the interface writes and reads them.

use kulant_care::searches::hits::HitView;
use kulant_care::searches::trial::{self, Asked, Example as CareExample};
use kulant_care::searches::{self as care_searches, Place as CarePlace, SearchChange};
use kulant_model::ids::{BrandId, InboxId};
use kulant_model::listening::{SearchState, TakeUp as Rule, Terms as Wording};
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Named;
use crate::api::shapes::{InboxMark, Message};

/// What a search looks for: any of the words, hashtags and mentions, and nothing of what is left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = SearchTerms)]
pub(super) struct Terms {
    /// Several words with blanks between them are a phrase.
    pub(super) words: Vec<String>,
    pub(super) hashtags: Vec<String>,
    pub(super) mentions: Vec<String>,
    pub(super) without: Vec<String>,
    /// Whether a word of five letters or more may have one wrong; networks look for the words as written.
    pub(super) slips: bool,
    /// BCP 47; empty means every language.
    pub(super) languages: Vec<String>,
}

/// Which hits become conversations by themselves: those that meet every condition.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = TakeUpRule)]
pub(super) struct TakeUp {
    /// Only those that ask something.
    pub(super) question: bool,
    /// Only those that have one of these words.
    pub(super) words: Vec<String>,
}

/// What is wrong at a network.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchTrouble)]
pub(super) struct Trouble {
    pub(super) class: String,
    pub(super) detail: String,
}

/// An inbox on which a search runs.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchPlace)]
pub(super) struct Place {
    pub(super) inbox: InboxMark,
    /// `network`: the network is asked; `incoming`: what the inbox receives is looked through.
    #[schema(example = "network")]
    pub(super) way: &'static str,
    /// What is found there and what is not, as a key of the locale files.
    pub(super) coverage: &'static str,
    /// How many posts a day may be fetched.
    pub(super) budget: i64,
    pub(super) used_today: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) asked_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) next_at: Option<Timestamp>,
    pub(super) trouble: Option<Trouble>,
}

/// A search of the listening post.
#[derive(Serialize, ToSchema)]
pub(super) struct Search {
    pub(super) id: String,
    /// For `If-Match` on the next write.
    pub(super) version: i64,
    pub(super) brand: Named,
    pub(super) name: String,
    #[schema(value_type = String, example = "draft")]
    pub(super) state: SearchState,
    pub(super) terms: Terms,
    pub(super) take_up: Option<TakeUp>,
    pub(super) inboxes: Vec<Place>,
    /// Hits that nobody took up or dismissed, counted up to 1000.
    pub(super) waiting: i64,
}

/// An inbox on which a search is to run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SearchPlaceFields)]
pub(super) struct PlaceFields {
    #[schema(value_type = String)]
    pub(super) id: InboxId,
    /// How many posts a day may be fetched; 200 where nothing is said.
    pub(super) budget: Option<i64>,
}

/// What is set of a search; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchFields {
    /// Fixed once the search is made.
    #[schema(value_type = Option<String>)]
    pub(super) brand: Option<BrandId>,
    pub(super) name: Option<String>,
    pub(super) terms: Option<Terms>,
    /// Null takes the rule away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<TakeUp>)]
    pub(super) take_up: Option<Option<TakeUp>>,
    /// `draft`, `on` or `muted`.
    #[schema(value_type = Option<String>, example = "on")]
    pub(super) state: Option<SearchState>,
    pub(super) inboxes: Option<Vec<PlaceFields>>,
}

/// What is tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrialFields {
    #[schema(value_type = String)]
    pub(super) brand: BrandId,
    pub(super) terms: Terms,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(super) inboxes: Vec<InboxId>,
}

/// A text that the search would have found.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchExample)]
pub(super) struct Example {
    pub(super) text: String,
    pub(super) author: Option<String>,
    pub(super) url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
}

/// What asking one network for one page gave.
#[derive(Serialize, ToSchema)]
pub(super) struct TriedNetwork {
    pub(super) inbox: InboxMark,
    /// `network`, `incoming`, or `closed` where nothing public is said.
    pub(super) way: &'static str,
    /// What is found there and what is not, as a key of the locale files.
    pub(super) coverage: &'static str,
    /// None where the network was not asked or did not answer.
    pub(super) found: Option<usize>,
    pub(super) examples: Vec<Example>,
    pub(super) trouble: Option<Trouble>,
}

/// What a search would have found.
#[derive(Serialize, ToSchema)]
pub(super) struct Trial {
    /// How many stored messages it would have found.
    pub(super) count: usize,
    /// How many were looked through.
    pub(super) looked_at: usize,
    /// How many days back.
    pub(super) days: u64,
    pub(super) examples: Vec<Example>,
    pub(super) networks: Vec<TriedNetwork>,
}

/// A message that a search found.
#[derive(Serialize, ToSchema)]
pub(super) struct Hit {
    /// The message's id.
    pub(super) id: String,
    pub(super) search_id: String,
    #[schema(value_type = String, format = DateTime)]
    pub(super) found_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) dismissed_at: Option<Timestamp>,
    pub(super) message: Message,
}

/// Which hits are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct HitQuery {
    /// `open` (neither taken up nor dismissed), `taken_up`, `dismissed` or `all`.
    #[param(example = "open")]
    pub(super) state: Option<String>,
    /// `next_cursor` of the page before; absent for the first.
    pub(super) cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub(super) limit: Option<i64>,
}

/// Whether a hit is put aside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Dismissal {
    pub(super) dismissed: bool,
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

impl From<trial::Trial> for Trial {
    fn from(trial: trial::Trial) -> Self {
        Self {
            count: trial.past.0,
            looked_at: trial.past.1,
            days: trial.past_days,
            examples: trial.examples.into_iter().map(Example::from).collect(),
            networks: trial.networks.into_iter().map(TriedNetwork::from).collect(),
        }
    }
}
