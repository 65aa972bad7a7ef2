//! Contacts: who wrote to us, under which identities, about what. A contact is seen by whoever may
//! see one of its conversations.

use std::collections::BTreeSet;

use kulant_insight::text::tokens;
use kulant_model::event::{EventKind, NewEvent};
use kulant_model::ids::{ContactId, IdentityId, InboxId};
use kulant_model::role::{Permission, Person, Scope};
use kulant_model::time::Timestamp;
use kulant_store::contacts::{self as rows, Contact, Identity};
use kulant_store::reading::{self, Filter, Summary};
use kulant_store::search::{self, Term};
use kulant_store::{Read, inboxes, messages};
use serde_json::json;

use crate::error::CareError;
use crate::view::Page;
use crate::{Care, access};

const LONGEST_NAME: usize = 200;
const LONGEST_NOTE: usize = 10_000;
/// How many of a contact's conversations are shown with it.
const CONVERSATIONS: i64 = 20;
/// How many contacts are looked at when somebody is searched for by name.
const CANDIDATES: i64 = 500;

/// A contact with everything that is shown of it.
#[derive(Debug, Clone)]
pub struct ContactView {
    pub contact: Contact,
    pub identities: Vec<IdentityView>,
    /// The newest of those that the person may see; none in a list.
    pub conversations: Vec<Summary>,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// One identity with the place where it is known.
#[derive(Debug, Clone)]
pub struct IdentityView {
    pub identity: Identity,
    pub inbox_name: String,
    pub channel: String,
}

/// What colleagues change of a contact; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct ContactChange {
    pub name: Option<Option<String>>,
    pub note: Option<Option<String>>,
}

/// Lists contacts, newest first, before one: those with these words in name or handle.
pub async fn list(
    care: &Care,
    person: &Person,
    words: &str,
    before: Option<ContactId>,
    limit: i64,
) -> Result<Page<ContactView, ContactId>, CareError> {
    access::require(person, Permission::ReadContacts)?;
    let (scope, words) = (person.scope.clone(), words.trim().to_owned());
    let before = before.unwrap_or(ContactId(i64::MAX));
    care.store
        .read(move |read| {
            let mut found = if words.is_empty() {
                rows::list(read, &scope, before, limit + 1)?
            } else {
                let mut ids = candidates(read, &scope, &words)?;
                ids.retain(|id| *id < before);
                let ids: Vec<ContactId> = ids.into_iter().rev().collect();
                rows::list_by_id(read, &scope, &ids, limit + 1)?
            };
            let more = found.len() as i64 > limit;
            found.truncate(limit as usize);
            let next = found.last().filter(|_| more).map(|contact| contact.id);
            let mut items = Vec::with_capacity(found.len());
            for contact in found {
                items.push(view(read, contact)?);
            }
            Ok(Page { items, next })
        })
        .await
}

/// Finds a contact with its newest conversations within the scope.
pub async fn find(care: &Care, person: &Person, id: ContactId) -> Result<ContactView, CareError> {
    access::require(person, Permission::ReadContacts)?;
    let scope = person.scope.clone();
    care.store
        .read(move |read| {
            let contact = rows::find(read, id)?.ok_or(CareError::NotFound)?;
            may_see(read, &scope, id)?;
            let mut view = view(read, contact)?;
            let ids = reading::list_of_contact(read, &scope, id, CONVERSATIONS)?;
            view.conversations = reading::list_summaries(read, &scope, &ids)?;
            Ok(view)
        })
        .await
}

/// Finds contacts by exactly what one of their identities is known by: network id, handle or name.
pub async fn find_by_identity(
    care: &Care,
    person: &Person,
    text: &str,
) -> Result<Vec<ContactId>, CareError> {
    access::require(person, Permission::ReadContacts)?;
    let (scope, text) = (person.scope.clone(), text.trim().to_owned());
    care.store
        .read(move |read| {
            let mut found = rows::list_ids_by_identity(read, &text, CANDIDATES)?;
            found.retain(|id| may_see(read, &scope, *id).is_ok());
            Ok(found)
        })
        .await
}

/// Changes what colleagues wrote about a contact, if nobody else did since.
pub async fn change(
    care: &Care,
    person: &Person,
    id: ContactId,
    version: i64,
    change: ContactChange,
) -> Result<ContactView, CareError> {
    access::require(person, Permission::WriteContacts)?;
    let name = change.name.map(|name| kept(name, true));
    let note = change.note.map(|note| kept(note, false));
    for (field, text, longest) in [
        ("name", name.as_ref(), LONGEST_NAME),
        ("note", note.as_ref(), LONGEST_NOTE),
    ] {
        let length = text
            .and_then(Option::as_ref)
            .map_or(0, |text| text.chars().count());
        if length > longest {
            let detail = format!("{longest} characters at most");
            return Err(CareError::invalid(field, "too_long", detail));
        }
    }
    if let Some(Some(name)) = &name
        && name.contains(char::is_control)
    {
        let detail = "one line without control characters";
        return Err(CareError::invalid("name", "not_one_line", detail));
    }

    let (scope, actor, now) = (person.scope.clone(), person.actor, care.now());
    care.store
        .write(move |tx| {
            let contact = rows::find(tx, id)?.ok_or(CareError::NotFound)?;
            may_see(tx, &scope, id)?;
            if contact.erased_at.is_some() {
                return Err(kulant_model::refusal::Refusal::new("contact_is_erased").into());
            }
            let conflict = CareError::Conflict {
                current: contact.version,
            };
            if contact.version != version {
                return Err(conflict);
            }
            let name = name.unwrap_or(contact.name);
            let note = note.unwrap_or(contact.note);
            if !rows::update(tx, id, version, name.as_deref(), note.as_deref())? {
                return Err(conflict);
            }
            let newest = reading::list_of_contact(tx, &scope, id, CONVERSATIONS)?;
            let row = match newest.first() {
                Some(conversation) => kulant_store::conversations::find(tx, *conversation)?,
                None => None,
            };
            let event = NewEvent::new(EventKind::ContactChanged, now, actor)
                .facts(json!({ "contact": id }));
            tx.append(match row {
                Some(row) => event
                    .conversation(row.id)
                    .inbox(row.inbox)
                    .brand(row.brand)
                    .team(row.team),
                None => event,
            });
            let contact = rows::find(tx, id)?.ok_or(CareError::NotFound)?;
            let mut view = view(tx, contact)?;
            view.conversations = reading::list_summaries(tx, &scope, &newest)?;
            Ok(view)
        })
        .await
}

/// Says that there is no such contact unless one of its conversations lies within the scope.
pub(crate) fn may_see(read: &mut Read<'_>, scope: &Scope, id: ContactId) -> Result<(), CareError> {
    if *scope == access::scope_of_system() || rows::is_in_scope(read, scope, id)? {
        Ok(())
    } else {
        Err(CareError::NotFound)
    }
}

fn kept(text: Option<String>, one_line: bool) -> Option<String> {
    text.map(|text| {
        let text = text.trim();
        if one_line {
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            text.replace("\r\n", "\n").replace('\0', "")
        }
    })
    .filter(|text| !text.is_empty())
}

/// Finds contacts by the beginning of a name or handle, and by whole words anywhere in them through
/// the full-text index, which holds the authors' names.
fn candidates(
    read: &mut Read<'_>,
    scope: &Scope,
    words: &str,
) -> Result<BTreeSet<ContactId>, CareError> {
    let mut found = BTreeSet::new();
    for beginning in beginnings(words) {
        found.extend(rows::list_ids_by_beginning(
            read, scope, &beginning, CANDIDATES,
        )?);
    }
    let asked: Vec<Term> = tokens::query_tokens(words)
        .into_iter()
        .map(|term| Term {
            alternatives: term.alternatives,
            prefix: term.prefix,
            excluded: term.excluded,
        })
        .collect();
    let newest = kulant_model::ids::MessageId(i64::MAX);
    let hits = search::find(read, scope, &Filter::default(), &asked, newest, CANDIDATES)?;
    let ids: Vec<_> = hits.into_iter().map(|(message, _)| message).collect();
    let authors: BTreeSet<IdentityId> = messages::list_by_id(read, &ids)?
        .into_iter()
        .filter_map(|message| message.identity)
        .collect();
    let wanted = words.to_lowercase();
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    for identity in rows::list_identities_by_id(read, &Vec::from_iter(authors))? {
        let known = [identity.name.as_deref(), identity.handle.as_deref()];
        let known = known
            .map(Option::unwrap_or_default)
            .join(" ")
            .to_lowercase();
        if wanted.iter().all(|word| known.contains(word)) {
            found.insert(identity.contact);
        }
    }
    Ok(found)
}

/// The ways in which a name may begin that is typed in small letters.
fn beginnings(words: &str) -> BTreeSet<String> {
    let small = words.to_lowercase();
    let mut signs = small.chars();
    let capital: String = signs
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(signs)
        .collect();
    [
        words,
        &small,
        &capital,
        words.trim_start_matches('@'),
        &format!("@{small}"),
    ]
    .into_iter()
    .map(str::to_ascii_lowercase)
    .filter(|beginning| !beginning.is_empty())
    .collect()
}

fn view(read: &mut Read<'_>, contact: Contact) -> Result<ContactView, CareError> {
    let identities = rows::list_identities(read, contact.id)?;
    let mut ids: Vec<InboxId> = identities.iter().map(|identity| identity.inbox).collect();
    ids.sort_unstable();
    ids.dedup();
    let places = inboxes::list_names(read, &ids)?;
    let seen = rows::seen(read, contact.id)?;
    let (first_seen_at, last_seen_at) = seen.unwrap_or((contact.created_at, contact.created_at));
    Ok(ContactView {
        identities: identities
            .into_iter()
            .map(|identity| {
                let place = places.iter().find(|(id, _, _)| *id == identity.inbox);
                let (inbox_name, channel) = place
                    .map(|(_, name, channel)| (name.clone(), channel.clone()))
                    .unwrap_or_default();
                IdentityView {
                    identity,
                    inbox_name,
                    channel,
                }
            })
            .collect(),
        conversations: Vec::new(),
        first_seen_at,
        last_seen_at,
        contact,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_typed() {
        assert_eq!(
            Vec::from_iter(beginnings("özlem")),
            ["@özlem", "Özlem", "özlem"]
        );
        assert!(beginnings("@Anna").contains("anna"));
        assert!(beginnings("Anna").contains("@anna"));
    }
}
