//! The listening post: searches that run on networks and on what comes in, tried before they are switched
//! on, each with a budget. What they find is in `hits`; nothing is answered by itself.

pub mod hits;
mod metering;
pub mod trial;
pub(crate) mod wording;

use std::collections::HashMap;

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, BrandId, InboxId, SearchId};
use kulant_model::listening::{SearchState, TakeUp, Terms};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::searches::{self, SearchInbox};
use kulant_store::{Read, StoreError, Tx, brands, inboxes};
use serde_json::{Value as Json, json};

use crate::access::require;
use crate::admin::fields::Faults;
use crate::admin::{require_version, settled};
use crate::error::CareError;
use crate::{Care, jobs};
pub use wording::Way;

const LONGEST_NAME: usize = 80;
const LONGEST_TERM: usize = 100;
const MOST_TERMS: usize = 100;
const MOST_INBOXES: usize = 50;
/// How many posts a day a search may fetch from a network where nothing else is said.
const BUDGET: i64 = 200;
const LARGEST_BUDGET: i64 = 100_000;
/// Up to which number waiting hits are counted.
pub const MOST_COUNTED: i64 = 1_000;

/// A search as people see it.
#[derive(Debug, Clone)]
pub struct Search {
    pub id: SearchId,
    pub version: i64,
    pub brand: (BrandId, String),
    pub name: String,
    pub terms: Terms,
    pub take_up: Option<TakeUp>,
    pub state: SearchState,
    pub inboxes: Vec<Place>,
    /// Hits that nobody took up or dismissed, counted up to `MOST_COUNTED`.
    pub waiting: i64,
}

/// An inbox on which a search runs.
#[derive(Debug, Clone)]
pub struct Place {
    pub inbox: InboxId,
    pub name: String,
    pub channel: String,
    pub way: Way,
    /// What can be found there and what cannot, as a key of the locale files.
    pub coverage: &'static str,
    pub budget: i64,
    pub used_today: i64,
    pub asked_at: Option<Timestamp>,
    pub next_at: Option<Timestamp>,
    /// Class and words of what is wrong.
    pub trouble: Option<(String, String)>,
}

/// What is set of a search; what is absent stays, or takes its default in a new one.
#[derive(Debug, Clone, Default)]
pub struct SearchChange {
    pub brand: Option<BrandId>,
    pub name: Option<String>,
    pub terms: Option<Terms>,
    /// None inside takes the rule away.
    pub take_up: Option<Option<TakeUp>>,
    pub state: Option<SearchState>,
    pub inboxes: Option<Vec<(InboxId, Option<i64>)>>,
}

/// Makes a search, which runs only once it is switched on.
pub async fn create(
    care: &Care,
    person: &Person,
    change: SearchChange,
) -> Result<Search, CareError> {
    require(person, Permission::ManageSearches)?;
    let mut row = searches::Search {
        id: SearchId(care.id()),
        version: 1,
        brand: BrandId(0),
        brand_name: String::new(),
        name: String::new(),
        terms: Json::Null,
        take_up: Json::Null,
        state: SearchState::Draft,
        created_at: care.now(),
    };
    apply(&mut row, &change)?;
    let brand = change
        .brand
        .ok_or_else(|| CareError::invalid("brand", "required", "a value is needed"))?;
    row.brand = brand;

    let event = changed(row.id, "created", care.now(), person.actor);
    let (person, seeing) = (person.clone(), care.clone());
    care.store
        .write(move |tx| {
            brands::find(tx, brand)?
                .filter(|brand| brand.archived_at.is_none())
                .ok_or_else(|| CareError::invalid("brand", "unknown", "no such brand"))?;
            searches::insert(tx, &row)?;
            set_inboxes(tx, &row, change.inboxes.as_deref().unwrap_or_default())?;
            tx.append(event.brand(brand));
            shown_by_id(&seeing, tx, &person, row.id)
        })
        .await
}

/// Changes a search.
pub async fn change(
    care: &Care,
    person: &Person,
    id: SearchId,
    (seen, change): (i64, SearchChange),
) -> Result<Search, CareError> {
    require(person, Permission::ManageSearches)?;
    let now = care.now();
    let event = changed(id, "changed", now, person.actor);
    let (person, seeing) = (person.clone(), care.clone());
    care.store
        .write(move |tx| {
            let mut row = searches::find(tx, id)?.ok_or(CareError::NotFound)?;
            require_version(row.version, seen)?;
            if change.brand.is_some_and(|brand| brand != row.brand) {
                return Err(CareError::invalid(
                    "brand",
                    "fixed",
                    "a search keeps its brand",
                ));
            }
            let before = row.clone();
            apply(&mut row, &change)?;
            settled(searches::update(tx, &row)?)?;
            if let Some(inboxes) = &change.inboxes {
                set_inboxes(tx, &row, inboxes)?;
            }
            // Another name is nothing new to look for, and what a network asked for is kept to.
            let looks =
                before.terms != row.terms || before.state != row.state || change.inboxes.is_some();
            for place in searches::list_inboxes(tx, &[id])? {
                let is_asked_to_wait = place.trouble["class"] == "retry_after";
                if looks && !is_asked_to_wait {
                    jobs::look_soon(tx, (id, place.inbox), now)?;
                }
            }
            tx.append(event.brand(row.brand));
            shown_by_id(&seeing, tx, &person, id)
        })
        .await
}

/// Removes a search. What it found is out of sight with it; the upkeep lets go of what nobody took up.
pub async fn remove(
    care: &Care,
    person: &Person,
    id: SearchId,
    seen: i64,
) -> Result<(), CareError> {
    require(person, Permission::ManageSearches)?;
    let now = care.now();
    let event = changed(id, "removed", now, person.actor);
    care.store
        .write(move |tx| {
            let row = searches::find(tx, id)?.ok_or(CareError::NotFound)?;
            require_version(row.version, seen)?;
            searches::remove(tx, id)?;
            jobs::forget_soon(tx, now)?;
            tx.append(event.brand(row.brand));
            Ok(())
        })
        .await
}

/// Lists the searches that run on an inbox within the scope after an id, oldest first.
pub async fn list(
    care: &Care,
    person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<Search>, CareError> {
    require(person, Permission::ReadConversations)?;
    let (person, seeing) = (person.clone(), care.clone());
    care.store
        .read(move |read| {
            let rows = searches::list(read, &person.scope, after, limit)?;
            shown(&seeing, read, &person, rows)
        })
        .await
}

fn shown_by_id(
    care: &Care,
    read: &mut Read<'_>,
    person: &Person,
    id: SearchId,
) -> Result<Search, CareError> {
    let row = searches::find(read, id)?.ok_or(CareError::NotFound)?;
    shown(care, read, person, vec![row])?
        .pop()
        .ok_or(CareError::NotFound)
}

fn shown(
    care: &Care,
    read: &mut Read<'_>,
    person: &Person,
    rows: Vec<searches::Search>,
) -> Result<Vec<Search>, CareError> {
    let ids: Vec<SearchId> = rows.iter().map(|row| row.id).collect();
    let mut places = searches::list_inboxes(read, &ids)?;
    let waiting: HashMap<SearchId, i64> =
        kulant_store::hits::count_open(read, &person.scope, &ids, MOST_COUNTED)?
            .into_iter()
            .collect();
    let today = day_of(care.now());
    rows.into_iter()
        .map(|row| {
            let waiting = waiting.get(&row.id).copied().unwrap_or_default();
            let (mine, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut places)
                .into_iter()
                .partition(|place| place.search == row.id);
            places = rest;
            Ok(Search {
                id: row.id,
                version: row.version,
                brand: (row.brand, row.brand_name),
                name: row.name,
                terms: wording::terms_of(&row.terms),
                take_up: wording::rule_of(&row.take_up),
                state: row.state,
                inboxes: mine
                    .into_iter()
                    .filter_map(|place| shown_place(place, today))
                    .collect(),
                waiting,
            })
        })
        .collect()
}

fn shown_place(place: SearchInbox, today: i64) -> Option<Place> {
    let channel = kulant_channels::find(&place.channel)?;
    let words = |field: &str| place.trouble.get(field)?.as_str().map(str::to_owned);
    Some(Place {
        inbox: place.inbox,
        name: place.name,
        way: wording::way_of(channel),
        coverage: channel.coverage(),
        channel: place.channel,
        budget: place.budget,
        used_today: if place.used_on == today {
            place.used
        } else {
            0
        },
        asked_at: place.asked_at,
        next_at: place.next_at,
        trouble: words("class").zip(words("detail")),
    })
}

/// Returns the day of a time, counted since 1970, by which budgets are kept.
pub(crate) fn day_of(at: Timestamp) -> i64 {
    at.as_seconds().div_euclid(86_400)
}

fn set_inboxes(
    tx: &mut Tx<'_>,
    row: &searches::Search,
    wanted: &[(InboxId, Option<i64>)],
) -> Result<(), CareError> {
    let mut faults = Faults::default();
    let mut budgets = Vec::new();
    for (id, budget) in wanted.iter().take(MOST_INBOXES) {
        let found = inboxes::find(tx, *id)?
            .filter(|inbox| inbox.archived_at.is_none() && inbox.brand == row.brand);
        let way = found
            .and_then(|inbox| kulant_channels::find(&inbox.channel))
            .map(wording::way_of);
        match way {
            None => faults.add("inboxes", "unknown", format!("no such inbox: {id}")),
            Some(Way::Closed) => {
                faults.add("inboxes", "not_public", format!("nothing public: {id}"));
            }
            Some(_) if searches::count_others_on(tx, *id, row.id)? >= searches::MOST_ON_INBOX => {
                let most = searches::MOST_ON_INBOX;
                faults.add(
                    "inboxes",
                    "too_many",
                    format!("{most} searches at most: {id}"),
                );
            }
            Some(_) => budgets.push((*id, budget.unwrap_or(BUDGET))),
        }
    }
    if wanted.len() > MOST_INBOXES {
        faults.add("inboxes", "too_many", format!("at most {MOST_INBOXES}"));
    }
    if budgets
        .iter()
        .any(|(_, budget)| !(1..=LARGEST_BUDGET).contains(budget))
    {
        faults.add(
            "budget",
            "out_of_range",
            format!("between 1 and {LARGEST_BUDGET}"),
        );
    }
    faults.end()?;
    searches::set_inboxes(tx, row.id, &budgets).map_err(StoreError::into)
}

fn apply(row: &mut searches::Search, change: &SearchChange) -> Result<(), CareError> {
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        row.name = faults.text("name", name, LONGEST_NAME);
    } else if row.name.is_empty() {
        faults.add("name", "required", "a value is needed");
    }
    if let Some(terms) = &change.terms {
        row.terms = json!(checked(&mut faults, terms));
    } else if row.terms.is_null() {
        row.terms = json!(Terms::default());
    }
    if let Some(rule) = &change.take_up {
        let rule = rule.clone().map(|rule| TakeUp {
            question: rule.question,
            words: checked_list(&mut faults, "take_up", &rule.words),
        });
        row.take_up = rule.map_or(Json::Null, |rule| json!(rule));
    }
    row.state = change.state.unwrap_or(row.state);
    if row.state.runs() && wording::terms_of(&row.terms).is_empty() {
        faults.add("terms", "required", "something to look for is needed");
    }
    faults.end()
}

/// Checks what is looked for, without the space around each term.
fn checked(faults: &mut Faults, terms: &Terms) -> Terms {
    let strange = terms.languages.iter().any(|language| {
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !(2..=10).contains(&language.len()) || !language.chars().all(fine)
    });
    if strange || terms.languages.len() > 10 {
        faults.add("languages", "not_a_language", "such as de or en");
    }
    Terms {
        words: checked_list(faults, "words", &terms.words),
        hashtags: checked_list(faults, "hashtags", &terms.hashtags),
        mentions: checked_list(faults, "mentions", &terms.mentions),
        without: checked_list(faults, "without", &terms.without),
        slips: terms.slips,
        languages: terms.languages.clone(),
    }
}

fn checked_list(faults: &mut Faults, field: &str, terms: &[String]) -> Vec<String> {
    if terms.len() > MOST_TERMS {
        faults.add(field, "too_many", format!("at most {MOST_TERMS}"));
    }
    let mut kept: Vec<String> = Vec::new();
    for term in terms.iter().take(MOST_TERMS) {
        let term = term.trim();
        if term.chars().count() > LONGEST_TERM {
            faults.add(
                field,
                "too_long",
                format!("at most {LONGEST_TERM} characters"),
            );
        } else if !term.chars().any(char::is_alphanumeric) {
            if !term.is_empty() {
                faults.add(field, "no_word", "letters or digits are needed");
            }
        } else if !kept.iter().any(|known| known == term) {
            kept.push(term.to_owned());
        }
    }
    kept
}

fn changed(id: SearchId, change: &str, now: Timestamp, actor: ActorId) -> NewEvent {
    NewEvent::new(EventKind::SearchChanged, now, actor)
        .facts(json!({"change": change, "search": id}))
}
