//! Brands: made, changed, archived where something still speaks of them.

use kulant_model::brand::{BrandDetails, Opening, Voice};
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, BrandId};
use kulant_model::refusal::Refusal;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::{Tx, brands};
use serde_json::json;

use super::fields::{Faults, slug_of};
use super::{Wanted, require_version, settled};
use crate::Care;
use crate::access::require;
use crate::error::CareError;

const LONGEST_NAME: usize = 80;
const LONGEST_SIGNATURE: usize = 200;
const LONGEST_NOTE: usize = 300;
const MOST_OPENINGS: usize = 28;
const LANGUAGES: [&str; 2] = ["de", "en"];

/// A brand as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    pub id: BrandId,
    pub version: i64,
    pub name: String,
    pub slug: String,
    pub details: BrandDetails,
}

/// What is set of a brand; what is absent stays, or takes its default in a new one.
/// In nullable things `Some(None)` takes them away.
#[derive(Debug, Clone, Default)]
pub struct BrandChange {
    pub name: Option<String>,
    pub slug: Option<String>,
    pub voice: Option<Voice>,
    pub languages: Option<Vec<String>>,
    pub colour: Option<Option<String>>,
    pub signature: Option<Option<String>>,
    pub imprint_url: Option<Option<String>>,
    pub privacy_url: Option<Option<String>>,
    pub hours: Option<Vec<Opening>>,
    pub time_zone: Option<String>,
    pub hours_note: Option<Option<String>>,
}

/// Makes a brand.
pub async fn create(care: &Care, person: &Person, change: BrandChange) -> Result<Brand, CareError> {
    let draft = draft(care, person, change)?;
    care.store.write(move |tx| draft.keep(tx).map(brand)).await
}

/// A brand about to be made.
pub(super) struct Draft {
    row: brands::Brand,
    event: NewEvent,
}

impl Draft {
    fn keep(self, tx: &mut Tx<'_>) -> Result<brands::Brand, CareError> {
        if !brands::insert(tx, &self.row)? {
            return Err(slug_taken());
        }
        tx.append(self.event);
        Ok(self.row)
    }
}

fn draft(care: &Care, person: &Person, change: BrandChange) -> Result<Draft, CareError> {
    require(person, Permission::ManageBrands)?;
    let name = change.name.clone().unwrap_or_default();
    let mut brand = Brand {
        id: BrandId(care.id()),
        version: 1,
        slug: slug_of(&name),
        name,
        details: BrandDetails::default(),
    };
    apply(&mut brand, change)?;
    Ok(Draft {
        row: row(&brand, care.now(), None)?,
        event: changed(brand.id, "created", care.now(), person.actor),
    })
}

/// Makes ready a brand of this name, where one is to be made.
pub(super) fn prepare(
    care: &Care,
    person: &Person,
    wanted: Wanted<BrandId>,
) -> Result<Wanted<BrandId, Draft>, CareError> {
    wanted.prepare(|name| {
        let change = BrandChange {
            name: Some(name),
            ..BrandChange::default()
        };
        draft(care, person, change)
    })
}

/// Returns the brand that is meant, made where it is to be made; the oldest where none is named.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    wanted: Option<Wanted<BrandId, Draft>>,
) -> Result<(BrandId, String), CareError> {
    let found = match wanted {
        Some(Wanted::Known(id)) => {
            brands::find(tx, id)?.filter(|brand| brand.archived_at.is_none())
        }
        Some(Wanted::New(draft)) => Some(draft.keep(tx)?),
        None => brands::list(tx, 0, 1)?.into_iter().next(),
    };
    found
        .map(|brand| (brand.id, brand.name))
        .ok_or_else(|| CareError::invalid("brand", "unknown", "there is no such brand"))
}

/// Changes a brand, if nobody else did since.
pub async fn change(
    care: &Care,
    person: &Person,
    id: BrandId,
    (seen, change): (i64, BrandChange),
) -> Result<Brand, CareError> {
    require(person, Permission::ManageBrands)?;
    let event = changed(id, "changed", care.now(), person.actor);
    care.store
        .write(move |tx| {
            let kept = brands::find(tx, id)?.ok_or(CareError::NotFound)?;
            require_version(kept.version, seen)?;
            let (created_at, archived_at) = (kept.created_at, kept.archived_at);
            let mut brand = brand(kept);
            apply(&mut brand, change)?;
            let other = brands::find_by_word(tx, &brand.slug)?;
            if other.is_some_and(|other| other.id != id && other.slug == brand.slug) {
                return Err(slug_taken());
            }
            brand.version = settled(brands::update(tx, &row(&brand, created_at, archived_at)?)?)?;
            tx.append(event);
            Ok(brand)
        })
        .await
}

/// Takes a brand out of use: archived where something speaks of it, else removed.
pub async fn archive(
    care: &Care,
    person: &Person,
    id: BrandId,
    seen: i64,
) -> Result<(), CareError> {
    require(person, Permission::ManageBrands)?;
    let now = care.now();
    let event = changed(id, "archived", now, person.actor);
    care.store
        .write(move |tx| {
            let mut kept = brands::find(tx, id)?
                .filter(|brand| brand.archived_at.is_none())
                .ok_or(CareError::NotFound)?;
            require_version(kept.version, seen)?;
            if brands::has_inboxes(tx, id)? {
                return Err(Refusal::new("brand_has_inboxes").into());
            }
            if brands::list(tx, 0, 2)?.len() < 2 {
                return Err(Refusal::new("last_brand").into());
            }
            if brands::is_referred_to(tx, id)? {
                kept.archived_at = Some(now);
                settled(brands::update(tx, &kept)?)?;
            } else {
                brands::remove(tx, id)?;
            }
            tx.append(event);
            Ok(())
        })
        .await
}

/// Finds a brand in use.
pub async fn find(care: &Care, _person: &Person, id: BrandId) -> Result<Brand, CareError> {
    care.store
        .read(move |read| {
            brands::find(read, id)?
                .filter(|brand| brand.archived_at.is_none())
                .map(brand)
                .ok_or(CareError::NotFound)
        })
        .await
}

/// Lists the brands in use after an id.
pub async fn list(
    care: &Care,
    _person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<Brand>, CareError> {
    let rows: Vec<brands::Brand> = care
        .store
        .read(move |read| brands::list(read, after, limit).map_err(CareError::from))
        .await?;
    Ok(rows.into_iter().map(brand).collect())
}

fn apply(brand: &mut Brand, change: BrandChange) -> Result<(), CareError> {
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        brand.name = faults.text("name", name, LONGEST_NAME);
    } else if brand.name.is_empty() {
        faults.add("name", "required", "a value is needed");
    }
    if let Some(slug) = &change.slug {
        brand.slug = faults.slug("slug", slug);
    }
    apply_details(&mut faults, &mut brand.details, change);
    faults.end()
}

fn apply_details(faults: &mut Faults, details: &mut BrandDetails, change: BrandChange) {
    details.voice = change.voice.unwrap_or(details.voice);
    if let Some(languages) = change.languages {
        let known = languages
            .iter()
            .all(|language| LANGUAGES.contains(&language.as_str()));
        if languages.is_empty() || !known {
            faults.add("languages", "not_a_choice", "one or more of de, en");
        }
        details.languages = languages;
    }
    if let Some(colour) = change.colour {
        details.colour = colour
            .filter(|colour| !colour.trim().is_empty())
            .map(|colour| faults.colour("colour", &colour));
    }
    if let Some(signature) = change.signature {
        details.signature =
            faults.optional_lines("signature", signature.as_deref(), LONGEST_SIGNATURE);
    }
    if let Some(url) = change.imprint_url {
        details.imprint_url = faults.optional_url("imprint_url", url.as_deref());
    }
    if let Some(url) = change.privacy_url {
        details.privacy_url = faults.optional_url("privacy_url", url.as_deref());
    }
    if let Some(hours) = change.hours {
        if hours.len() > MOST_OPENINGS {
            faults.add(
                "hours",
                "too_many",
                format!("at most {MOST_OPENINGS} spans"),
            );
        }
        if hours.iter().any(|opening| opening.minutes().is_none()) {
            faults.add("hours", "not_a_span", "day 1-7, open before close, HH:MM");
        }
        details.hours = hours;
    }
    if let Some(zone) = change.time_zone {
        if jiff::tz::TimeZone::get(&zone).is_err() {
            faults.add("time_zone", "unknown", "a zone such as Europe/Berlin");
        }
        details.time_zone = zone;
    }
    if let Some(note) = change.hours_note {
        details.hours_note = faults.optional_lines("hours_note", note.as_deref(), LONGEST_NOTE);
    }
}

fn slug_taken() -> CareError {
    CareError::invalid(
        "slug",
        "taken",
        "another brand has it, perhaps an archived one",
    )
}

fn changed(id: BrandId, change: &str, now: Timestamp, actor: ActorId) -> NewEvent {
    NewEvent::new(EventKind::BrandChanged, now, actor)
        .brand(id)
        .facts(json!({"change": change}))
}

fn row(
    brand: &Brand,
    created_at: Timestamp,
    archived_at: Option<Timestamp>,
) -> Result<brands::Brand, CareError> {
    Ok(brands::Brand {
        id: brand.id,
        version: brand.version,
        name: brand.name.clone(),
        slug: brand.slug.clone(),
        details: serde_json::to_value(&brand.details)
            .map_err(|error| CareError::Internal(error.to_string()))?,
        created_at,
        archived_at,
    })
}

fn brand(row: brands::Brand) -> Brand {
    Brand {
        id: row.id,
        version: row.version,
        name: row.name,
        slug: row.slug,
        details: serde_json::from_value(row.details).unwrap_or_default(),
    }
}
