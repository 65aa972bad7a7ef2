//! Everything that somebody may see as JSON Lines, in the shapes of the interface, for the command
//! line: nothing of it is reached over HTTP.

use kulant_care::contacts;
use kulant_care::error::CareError;
use kulant_care::{Care, export};
use kulant_model::ids::{ContactId, ConversationId, MessageId};
use kulant_model::role::Person;
use serde::Serialize;

use crate::api::shapes::{Contact, Conversation, Message};

const PAGE: i64 = 200;

/// What is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Messages,
    Conversations,
    Contacts,
}

/// Some lines, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    pub text: String,
    pub next: Option<i64>,
}

/// Returns the lines after a place, from the first on where none is given; no text at the end.
pub async fn lines(
    care: &Care,
    person: &Person,
    what: What,
    after: Option<i64>,
) -> Result<Lines, CareError> {
    match what {
        What::Messages => {
            let after = MessageId(after.unwrap_or(0));
            let page = export::list_messages(care, person, after, PAGE).await?;
            let next = page.next.map(|id| id.0);
            written(page.items.into_iter().map(Message::from), next)
        }
        What::Conversations => {
            let after = ConversationId(after.unwrap_or(0));
            let page = export::list_conversations(care, person, after, PAGE).await?;
            let next = page.next.map(|id| id.0);
            written(page.items.into_iter().map(Conversation::from), next)
        }
        What::Contacts => {
            let before = after.map(ContactId);
            let page = contacts::list(care, person, "", before, PAGE).await?;
            let next = page.next.map(|id| id.0);
            written(page.items.into_iter().map(Contact::in_list), next)
        }
    }
}

fn written<T: Serialize>(
    items: impl Iterator<Item = T>,
    next: Option<i64>,
) -> Result<Lines, CareError> {
    let mut text = String::new();
    for item in items {
        let line =
            serde_json::to_string(&item).map_err(|error| CareError::Internal(error.to_string()))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(Lines { text, next })
}
