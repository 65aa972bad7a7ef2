//! Announcements as people see them: with what became of each account's message.

use std::collections::HashMap;

use kulant_model::ids::{AnnouncementId, BrandId, MessageId};
use kulant_model::role::{Permission, Person, Scope};
use kulant_store::Read;
use kulant_store::announcements::{self, Announcement};

use crate::error::CareError;
use crate::view::{self, MessageView, Page};
use crate::{Care, access};

/// An announcement with its messages.
#[derive(Debug, Clone)]
pub struct AnnouncementView {
    pub row: Announcement,
    pub placed: Vec<Placed>,
}

/// What stands on one account, or will.
#[derive(Debug, Clone)]
pub struct Placed {
    pub message: MessageView,
    /// How many conversations comments below it opened.
    pub conversations: i64,
}

/// Lists announcements, newest first, before an id.
pub async fn list(
    care: &Care,
    person: &Person,
    brand: Option<BrandId>,
    before: Option<AnnouncementId>,
    limit: i64,
) -> Result<Page<AnnouncementView, AnnouncementId>, CareError> {
    access::require(person, Permission::Announce)?;
    let (scope, naming) = (person.scope.clone(), care.clone());
    let before = before.unwrap_or(AnnouncementId(i64::MAX));
    care.store
        .read(move |read| {
            let mut rows = announcements::list(read, &scope, brand, before, limit + 1)?;
            let more = rows.len() as i64 > limit;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|row| row.id);
            let items = with_messages(&naming, read, &scope, rows)?;
            Ok(Page { items, next })
        })
        .await
}

/// Finds one announcement.
pub async fn find(
    care: &Care,
    person: &Person,
    id: AnnouncementId,
) -> Result<AnnouncementView, CareError> {
    access::require(person, Permission::Announce)?;
    let (scope, naming) = (person.scope.clone(), care.clone());
    care.store
        .read(move |read| {
            let row = announcements::find(read, &scope, id)?.ok_or(CareError::NotFound)?;
            with_messages(&naming, read, &scope, vec![row])?
                .pop()
                .ok_or(CareError::NotFound)
        })
        .await
}

/// Finds the announcement that a message belongs to; none where it belongs to a conversation.
pub async fn find_by_message(
    care: &Care,
    person: &Person,
    message: MessageId,
) -> Result<Option<AnnouncementId>, CareError> {
    if !person.may(Permission::Announce) {
        return Ok(None);
    }
    let scope = person.scope.clone();
    care.store
        .read(move |read| Ok(announcements::find_by_message(read, &scope, message)?))
        .await
}

fn with_messages(
    care: &Care,
    read: &mut Read<'_>,
    scope: &Scope,
    rows: Vec<Announcement>,
) -> Result<Vec<AnnouncementView>, CareError> {
    let ids: Vec<AnnouncementId> = rows.iter().map(|row| row.id).collect();
    let pairs = announcements::list_messages(read, scope, &ids)?;
    let messages: Vec<MessageId> = pairs.iter().map(|(_, message)| *message).collect();
    let below: HashMap<MessageId, i64> =
        announcements::count_conversations_below(read, scope, &messages)?
            .into_iter()
            .collect();
    let mut views: HashMap<MessageId, MessageView> = view::messages_by_id(care, read, &messages)?
        .into_iter()
        .map(|view| (view.message.id, view))
        .collect();
    let mut placed: HashMap<AnnouncementId, Vec<Placed>> = HashMap::new();
    for (announcement, message) in pairs {
        if let Some(view) = views.remove(&message) {
            placed.entry(announcement).or_default().push(Placed {
                conversations: below.get(&message).copied().unwrap_or(0),
                message: view,
            });
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| AnnouncementView {
            placed: placed.remove(&row.id).unwrap_or_default(),
            row,
        })
        .collect())
}
