//! Gives everything that somebody may see, page by page in the order of ids, so that it can be
//! written out while others work.

use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::role::{Permission, Person};
use kulant_store::reading::Summary;
use kulant_store::{StoreError, exporting, reading};

use crate::Care;
use crate::access::require;
use crate::error::CareError;
use crate::view::{self, MessageView, Page};

/// Lists conversations after an id, those that were joined into another included.
pub async fn list_conversations(
    care: &Care,
    person: &Person,
    after: ConversationId,
    limit: i64,
) -> Result<Page<Summary, ConversationId>, CareError> {
    require(person, Permission::ReadConversations)?;
    let scope = person.scope.clone();
    care.store
        .read(move |read| {
            let ids = exporting::list_conversations_after(read, &scope, after, limit)?;
            let mut items = reading::list_summaries(read, &scope, &ids)?;
            items.sort_by_key(|summary| summary.row.id);
            let next = ids.last().copied();
            Ok::<_, StoreError>(Page { items, next })
        })
        .await
        .map_err(CareError::from)
}

/// Lists messages after an id, our own posts and placeholders included.
pub async fn list_messages(
    care: &Care,
    person: &Person,
    after: MessageId,
    limit: i64,
) -> Result<Page<MessageView, MessageId>, CareError> {
    require(person, Permission::ReadConversations)?;
    let (scope, naming) = (person.scope.clone(), care.clone());
    care.store
        .read(move |read| {
            let ids = exporting::list_messages_after(read, &scope, after, limit)?;
            let mut items = view::messages_by_id(&naming, read, &ids)?;
            items.sort_by_key(|item| item.message.id);
            let next = ids.last().copied();
            Ok(Page { items, next })
        })
        .await
}
