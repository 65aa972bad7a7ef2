//! Conversations found by the words of their messages.

use std::collections::{BTreeSet, HashMap, HashSet};

use kulant_insight::text::{snippet, tokens};
use kulant_model::ids::{ConversationId, MessageId};
use kulant_model::role::{Permission, Person};
use kulant_store::messages::{self, Message};
use kulant_store::reading;
use kulant_store::search::{self, Term};

use super::{Filter, Page, Summary};
use crate::error::CareError;
use crate::{Care, access};

/// How often more is looked for to fill a page of a search, where few conversations have most of what
/// is found; the page is a short one then.
const SEARCH_ROUNDS: u32 = 20;

/// A conversation found by its words.
#[derive(Debug, Clone)]
pub struct Found {
    pub summary: Summary,
    pub snippet: String,
}

/// Finds conversations by words in their messages, newest found first.
pub async fn find_by_words(
    care: &Care,
    person: &Person,
    filter: Filter,
    words: &str,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Page<Found, MessageId>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let scope = person.scope.clone();
    let terms = tokens::query_tokens(words);
    let asked: Vec<Term> = terms
        .iter()
        .map(|term| Term {
            alternatives: term.alternatives.clone(),
            prefix: term.prefix,
            excluded: term.excluded,
        })
        .collect();
    care.store
        .read(move |read| {
            let mut hits: Vec<(MessageId, ConversationId)> = Vec::new();
            let mut cursor = before.unwrap_or(MessageId(i64::MAX));
            let mut more = true;
            let mut rounds = 0;
            // Several messages of one conversation are one row, on the page of the newest.
            while more && (hits.len() as i64) < limit && rounds < SEARCH_ROUNDS {
                rounds += 1;
                let batch = (limit * 2).max(20);
                let found = search::find(read, &scope, &filter, &asked, cursor, batch)?;
                more = found.len() as i64 == batch;
                let mut shown: HashSet<ConversationId> = hits.iter().map(|(_, id)| *id).collect();
                if let Some(before) = before {
                    let named: BTreeSet<ConversationId> = found.iter().map(|(_, id)| *id).collect();
                    let named: Vec<ConversationId> =
                        named.into_iter().filter(|id| !shown.contains(id)).collect();
                    shown.extend(search::list_found_from(read, &named, &asked, before)?);
                }
                for (message, conversation) in found {
                    if hits.len() as i64 == limit {
                        more = true;
                        break;
                    }
                    cursor = message;
                    if shown.insert(conversation) {
                        hits.push((message, conversation));
                    }
                }
            }
            let ids: Vec<ConversationId> = hits.iter().map(|(_, id)| *id).collect();
            let texts: HashMap<MessageId, Message> =
                messages::list_by_id(read, &hits.iter().map(|(id, _)| *id).collect::<Vec<_>>())?
                    .into_iter()
                    .map(|message| (message.id, message))
                    .collect();
            let items = reading::list_summaries(read, &scope, &ids)?
                .into_iter()
                .map(|summary| {
                    let message = hits
                        .iter()
                        .find(|(_, id)| *id == summary.row.id)
                        .and_then(|(id, _)| texts.get(id));
                    let snippet = message.map_or_else(String::new, |message| {
                        snippet::snippet(&message.body, &terms, 160).text
                    });
                    Found { summary, snippet }
                })
                .collect();
            Ok(Page {
                items,
                next: more.then_some(cursor),
            })
        })
        .await
}
