//! Tags: free words that a team agrees on.

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, TagId};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::tags;
use serde_json::json;

use super::fields::Faults;
use crate::Care;
use crate::access::require;
use crate::error::CareError;

/// The longest name of a tag.
pub const LONGEST_NAME: usize = 50;
/// The colour of a tag that nobody gave one.
pub const PLAIN: &str = "#8a8578";

/// A tag as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub colour: String,
    /// How many conversations carry it, counted up to 10,000.
    pub uses: i64,
}

/// What is set of a tag; what is absent stays, or takes its default in a new one.
#[derive(Debug, Clone, Default)]
pub struct TagChange {
    pub name: Option<String>,
    pub colour: Option<String>,
}

/// Makes a tag.
pub async fn create(care: &Care, person: &Person, change: TagChange) -> Result<Tag, CareError> {
    require(person, Permission::ManageTags)?;
    let mut tag = tags::Tag {
        id: TagId(care.id()),
        name: String::new(),
        colour: PLAIN.to_owned(),
        created_at: care.now(),
    };
    apply(&mut tag, &change)?;

    let event = changed(tag.id, "created", tag.created_at, person.actor);
    let row = tag.clone();
    care.store
        .write(move |tx| {
            if !tags::insert(tx, &row)? {
                return Err(name_taken());
            }
            tx.append(event);
            Ok(())
        })
        .await?;
    Ok(seen(tag, 0))
}

/// Changes a tag's name and colour, on every conversation that carries it.
pub async fn change(
    care: &Care,
    person: &Person,
    id: TagId,
    change: TagChange,
) -> Result<Tag, CareError> {
    require(person, Permission::ManageTags)?;
    let event = changed(id, "changed", care.now(), person.actor);
    care.store
        .write(move |tx| {
            let mut tag = tags::find(tx, id)?.ok_or(CareError::NotFound)?;
            apply(&mut tag, &change)?;
            if tags::find_by_name(tx, &tag.name)?.is_some_and(|other| other.id != id) {
                return Err(name_taken());
            }
            tags::update(tx, id, &tag.name, &tag.colour)?;
            let uses = tags::count_uses(tx, id)?;
            tx.append(event);
            Ok(seen(tag, uses))
        })
        .await
}

/// Removes a tag, from every conversation too.
pub async fn remove(care: &Care, person: &Person, id: TagId) -> Result<(), CareError> {
    require(person, Permission::ManageTags)?;
    let event = changed(id, "removed", care.now(), person.actor);
    care.store
        .write(move |tx| {
            if !tags::remove(tx, id)? {
                return Err(CareError::NotFound);
            }
            tx.append(event);
            Ok(())
        })
        .await
}

/// Lists tags after a name, in the order of names.
pub async fn list(
    care: &Care,
    _person: &Person,
    after: String,
    limit: i64,
) -> Result<Vec<Tag>, CareError> {
    care.store
        .read(move |read| {
            let rows = tags::list(read, &after, limit)?;
            Ok(rows
                .into_iter()
                .map(|(tag, uses)| seen(tag, uses))
                .collect())
        })
        .await
}

fn apply(tag: &mut tags::Tag, change: &TagChange) -> Result<(), CareError> {
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        tag.name = faults.text("name", name, LONGEST_NAME);
    } else if tag.name.is_empty() {
        faults.add("name", "required", "a value is needed");
    }
    if tag.name.contains(',') {
        faults.add("name", "has_comma", "filters separate tags by commas");
    }
    if let Some(colour) = &change.colour {
        tag.colour = faults.colour("colour", colour);
    }
    faults.end()
}

fn seen(tag: tags::Tag, uses: i64) -> Tag {
    Tag {
        id: tag.id,
        name: tag.name,
        colour: tag.colour,
        uses,
    }
}

fn name_taken() -> CareError {
    CareError::invalid("name", "taken", "there is such a tag")
}

fn changed(id: TagId, change: &str, now: Timestamp, actor: ActorId) -> NewEvent {
    NewEvent::new(EventKind::TagChanged, now, actor).facts(json!({"change": change, "tag": id}))
}
