//! Views: saved filters of the list of conversations, one's own or shared.

use std::collections::BTreeMap;

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ActorId, ViewId};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::views;
use serde_json::json;

use super::fields::Faults;
use crate::Care;
use crate::access::require;
use crate::error::CareError;

const LONGEST_NAME: usize = 80;
const LONGEST_VALUE: usize = 500;

/// What a filter may speak of: the keys of the list of conversations.
pub const FILTER_KEYS: [&str; 13] = [
    "status",
    "inbox",
    "team",
    "assignee",
    "tag",
    "brand",
    "kind",
    "priority",
    "visibility",
    "unread",
    "within_days",
    "q",
    "sort",
];

/// A view as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub id: ViewId,
    pub name: String,
    pub shared: bool,
    pub filter: BTreeMap<String, String>,
}

/// What is set of a view; what is absent stays, or takes its default in a new one.
#[derive(Debug, Clone, Default)]
pub struct ViewChange {
    pub name: Option<String>,
    pub shared: Option<bool>,
    pub filter: Option<BTreeMap<String, String>>,
}

/// Makes a view.
pub async fn create(care: &Care, person: &Person, change: ViewChange) -> Result<View, CareError> {
    require(person, Permission::ReadConversations)?;
    let mut view = View {
        id: ViewId(care.id()),
        name: String::new(),
        shared: false,
        filter: BTreeMap::new(),
    };
    apply(&mut view, change)?;
    require_share(person, view.shared)?;

    let row = row(&view, person, care.now());
    let event = changed(view.id, "created", care.now(), person.actor);
    care.store
        .write(move |tx| {
            views::insert(tx, &row)?;
            tx.append(event);
            Ok::<_, CareError>(())
        })
        .await?;
    Ok(view)
}

/// Changes a view of one's own, or a shared one where one may.
pub async fn change(
    care: &Care,
    person: &Person,
    id: ViewId,
    change: ViewChange,
) -> Result<View, CareError> {
    require(person, Permission::ReadConversations)?;
    let event = changed(id, "changed", care.now(), person.actor);
    let person = person.clone();
    care.store
        .write(move |tx| {
            let kept = views::find(tx, person.agent, id)?.ok_or(CareError::NotFound)?;
            let created_at = kept.created_at;
            let mut view = view(kept);
            require_share(&person, view.shared)?;
            apply(&mut view, change)?;
            require_share(&person, view.shared)?;
            views::update(tx, &row(&view, &person, created_at))?;
            tx.append(event);
            Ok(view)
        })
        .await
}

/// Removes a view of one's own, or a shared one where one may.
pub async fn remove(care: &Care, person: &Person, id: ViewId) -> Result<(), CareError> {
    require(person, Permission::ReadConversations)?;
    let event = changed(id, "removed", care.now(), person.actor);
    let person = person.clone();
    care.store
        .write(move |tx| {
            let kept = views::find(tx, person.agent, id)?.ok_or(CareError::NotFound)?;
            require_share(&person, kept.agent.is_none())?;
            views::remove(tx, id)?;
            tx.append(event);
            Ok(())
        })
        .await
}

/// Lists the shared views and one's own after an id.
pub async fn list(
    care: &Care,
    person: &Person,
    after: i64,
    limit: i64,
) -> Result<Vec<View>, CareError> {
    require(person, Permission::ReadConversations)?;
    let agent = person.agent;
    care.store
        .read(move |read| {
            let rows = views::list(read, agent, after, limit)?;
            Ok(rows.into_iter().map(view).collect())
        })
        .await
}

fn require_share(person: &Person, shared: bool) -> Result<(), CareError> {
    if shared {
        require(person, Permission::ShareViews)
    } else {
        Ok(())
    }
}

fn apply(view: &mut View, change: ViewChange) -> Result<(), CareError> {
    let mut faults = Faults::default();
    if let Some(name) = &change.name {
        view.name = faults.text("name", name, LONGEST_NAME);
    } else if view.name.is_empty() {
        faults.add("name", "required", "a value is needed");
    }
    view.shared = change.shared.unwrap_or(view.shared);
    if let Some(filter) = change.filter {
        for (key, value) in &filter {
            if !FILTER_KEYS.contains(&key.as_str()) {
                faults.add("filter", "unknown", format!("no such filter: {key}"));
            } else if value.chars().count() > LONGEST_VALUE {
                faults.add(
                    "filter",
                    "too_long",
                    format!("at most {LONGEST_VALUE} characters"),
                );
            }
        }
        view.filter = filter;
    }
    faults.end()
}

fn row(view: &View, person: &Person, created_at: Timestamp) -> views::View {
    views::View {
        id: view.id,
        agent: (!view.shared).then_some(person.agent),
        name: view.name.clone(),
        filter: json!(view.filter),
        created_at,
    }
}

fn view(row: views::View) -> View {
    View {
        id: row.id,
        name: row.name,
        shared: row.agent.is_none(),
        filter: serde_json::from_value(row.filter).unwrap_or_default(),
    }
}

fn changed(id: ViewId, change: &str, now: Timestamp, actor: ActorId) -> NewEvent {
    NewEvent::new(EventKind::ViewChanged, now, actor).facts(json!({"change": change, "view": id}))
}
