//! Deliveries that could not be read: looked at, taken in again, or discarded by a person.

use std::collections::BTreeMap;

use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::InboxId;
use kulant_model::role::{Permission, Person};
use kulant_store::{inboxes, intakes, intakes::Quarantined};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::error::CareError;
use crate::view::Page;
use crate::{Care, access};

/// The most of a raw body that is shown.
const SHOWN: usize = 256 * 1024;
/// Parts of the names of headers whose values could be secrets.
const SECRET_HEADERS: [&str; 7] = [
    "authorization",
    "cookie",
    "signature",
    "secret",
    "token",
    "password",
    "api-key",
];

/// A delivery, or one item of it, that could not be read.
#[derive(Debug, Clone)]
pub struct Entry {
    pub row: Quarantined,
    pub inbox_name: String,
    /// A stable word for the reason, which the desk translates.
    pub code: String,
    /// What the reason speaks of, by name.
    pub facts: BTreeMap<String, String>,
    /// The same for those who know the formats, in technical words.
    pub detail: String,
}

/// An entry with the delivery as it came.
#[derive(Debug, Clone)]
pub struct Opened {
    pub entry: Entry,
    /// The raw body as text; none once its time is over.
    pub body: Option<String>,
    /// How many bytes the body has, which may be more than is shown.
    pub size: usize,
    pub headers: Vec<(String, String)>,
}

/// Lists the quarantine, newest first, before an entry.
pub async fn list(
    care: &Care,
    person: &Person,
    before: Option<i64>,
    limit: i64,
) -> Result<Page<Entry, i64>, CareError> {
    access::require(person, Permission::ReadQuarantine)?;
    let before = before.unwrap_or(i64::MAX);
    care.store
        .read(move |read| {
            let mut rows = intakes::list_quarantined(read, before, limit + 1)?;
            let more = rows.len() as i64 > limit;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|row| row.id);
            let mut ids: Vec<InboxId> = rows.iter().map(|row| row.inbox).collect();
            ids.sort_unstable();
            ids.dedup();
            let names = inboxes::list_names(read, &ids)?;
            let items = rows.into_iter().map(|row| entry(row, &names)).collect();
            Ok(Page { items, next })
        })
        .await
}

/// Opens an entry with the delivery as it came, secrets left out.
pub async fn open(care: &Care, person: &Person, id: i64) -> Result<Opened, CareError> {
    access::require(person, Permission::ReadQuarantine)?;
    let (row, names, raw) = care
        .store
        .read(move |read| {
            let row = intakes::find_quarantined(read, id)?.ok_or(CareError::NotFound)?;
            let names = inboxes::list_names(read, &[row.inbox])?;
            let raw = intakes::find_raw(read, row.intake)?;
            Ok::<_, CareError>((row, names, raw))
        })
        .await?;
    let raw = raw.unwrap_or_default();
    let headers: Vec<(String, String)> = serde_json::from_str(&raw.headers).unwrap_or_default();
    Ok(Opened {
        entry: entry(row, &names),
        size: raw.body.as_ref().map_or(0, Vec::len),
        body: raw.body.map(|body| {
            let shown = &body[..body.len().min(SHOWN)];
            String::from_utf8_lossy(shown).into_owned()
        }),
        headers: headers
            .into_iter()
            .filter(|(name, _)| {
                let name = name.to_ascii_lowercase();
                !SECRET_HEADERS.iter().any(|part| name.contains(part))
            })
            .collect(),
    })
}

/// Lets the delivery of an entry be taken in again, as after an update that reads it.
pub async fn retake(care: &Care, person: &Person, id: i64) -> Result<(), CareError> {
    access::require(person, Permission::WriteQuarantine)?;
    let (now, actor) = (care.now(), person.actor);
    care.store
        .write(move |tx| {
            let row = intakes::find_quarantined(tx, id)?.ok_or(CareError::NotFound)?;
            if intakes::find_body(tx, row.intake)?.is_none() {
                return Err(kulant_model::refusal::Refusal::new("delivery_is_gone").into());
            }
            intakes::retake(tx, row.intake, row.inbox, now)?;
            tx.append(
                NewEvent::new(EventKind::DeliveryRetaken, now, actor)
                    .inbox(row.inbox)
                    .facts(json!({"intake": row.intake})),
            );
            Ok(())
        })
        .await
}

/// Takes an entry out of the quarantine for good.
pub async fn discard(care: &Care, person: &Person, id: i64) -> Result<(), CareError> {
    access::require(person, Permission::WriteQuarantine)?;
    let (now, actor) = (care.now(), person.actor);
    care.store
        .write(move |tx| {
            let row = intakes::find_quarantined(tx, id)?.ok_or(CareError::NotFound)?;
            intakes::discard_item(tx, id)?;
            tx.append(
                NewEvent::new(EventKind::DeliveryDiscarded, now, actor)
                    .inbox(row.inbox)
                    .facts(json!({"intake": row.intake, "item": row.item})),
            );
            Ok(())
        })
        .await
}

fn entry(row: Quarantined, names: &[(InboxId, String, String)]) -> Entry {
    let reason: Json = serde_json::from_str(&row.reason).unwrap_or(Json::Null);
    let word = |name: &str| {
        reason
            .get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Entry {
        inbox_name: names
            .iter()
            .find(|(id, _, _)| *id == row.inbox)
            .map(|(_, name, _)| name.clone())
            .unwrap_or_default(),
        code: word("code"),
        facts: reason
            .get("facts")
            .and_then(|facts| BTreeMap::deserialize(facts).ok())
            .unwrap_or_default(),
        detail: word("detail"),
        row,
    }
}
