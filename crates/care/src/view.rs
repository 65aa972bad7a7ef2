//! Conversations and messages as people see them, with the names of those who speak.

use std::collections::{BTreeSet, HashMap, HashSet};

use kulant_insight::text::{snippet, tokens};
use kulant_model::conversation::Status;
use kulant_model::event::EventKind;
use kulant_model::ids::{
    AgentId, ContactId, ConversationId, IdentityId, InboxId, MessageId, TagId,
};
use kulant_model::message::{DeliveryState, Direction, Visibility};
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::messages::{self, Attachment, Message};
use kulant_store::reading;
pub use kulant_store::reading::{Assignee, Filter, Place, Sort, Summary, TeamFilter};
use kulant_store::search::{self, Term};
use kulant_store::{Read, contacts, events, inboxes, mentions, reactions};

use crate::accounts;
use crate::error::CareError;
use crate::{Care, SYSTEM, access, deliver, reply};

/// How often more is looked for to fill a page of a search, where few conversations have most of what
/// is found; the page is a short one then.
const SEARCH_ROUNDS: u32 = 20;

/// A message with everything that is shown of it.
#[derive(Debug, Clone)]
pub struct MessageView {
    pub message: Message,
    pub inbox_name: String,
    pub channel: String,
    pub author: Author,
    pub depth: i64,
    pub attachments: Vec<Attachment>,
    pub reactions: Vec<(String, i64)>,
    pub mentions: Vec<AgentId>,
    /// Whether the network can be asked what became of it; only where nobody knows.
    pub can_check: bool,
}

/// Who said something.
#[derive(Debug, Clone, Default)]
pub struct Author {
    pub contact: Option<ContactId>,
    pub name: Option<String>,
    pub handle: Option<String>,
    pub agent_name: Option<String>,
}

/// A page of a list, and where the next one begins.
#[derive(Debug, Clone)]
pub struct Page<T, P> {
    pub items: Vec<T>,
    pub next: Option<P>,
}

/// A conversation found by its words.
#[derive(Debug, Clone)]
pub struct Found {
    pub summary: Summary,
    pub snippet: String,
}

/// A conversation opened.
#[derive(Debug, Clone)]
pub struct Opened {
    pub summary: Summary,
    /// Our own post above the party's comment, as shared context.
    pub post: Option<MessageView>,
    pub public: Option<Side>,
    pub private: Option<Side>,
    pub signature: Option<String>,
    pub voice: String,
    /// The first message that came since somebody read it all; none where nothing is unread.
    pub first_unread: Option<MessageId>,
}

/// What can be said in public, or in private, and to whom.
#[derive(Debug, Clone)]
pub struct Side {
    pub capabilities: &'static kulant_channels::capability::SideCapabilities,
    /// Why nothing can be sent, as a key of the locale files.
    pub reason: Option<String>,
    pub account: String,
    pub to: Option<String>,
}

/// Lists conversations.
pub async fn list(
    care: &Care,
    person: &Person,
    filter: Filter,
    sort: Sort,
    after: Option<Place>,
    limit: i64,
) -> Result<Page<Summary, Place>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let scope = person.scope.clone();
    care.store
        .read(move |read| {
            let mut places = reading::list_ids(read, &scope, &filter, sort, after, limit + 1)?;
            let more = places.len() as i64 > limit;
            places.truncate(limit as usize);
            let ids: Vec<ConversationId> = places.iter().map(|(_, id)| *id).collect();
            Ok(Page {
                items: reading::list_summaries(read, &scope, &ids)?,
                next: more.then(|| places.last().copied()).flatten(),
            })
        })
        .await
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

/// Opens a conversation.
pub async fn open(care: &Care, person: &Person, id: ConversationId) -> Result<Opened, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let (scope, agent, naming) = (person.scope.clone(), person.agent, care.clone());
    let (summary, post, signature, voice, first_unread, inbox) = care
        .store
        .read(move |read| {
            let summary = reading::list_summaries(read, &scope, &[id])?
                .pop()
                .ok_or(CareError::NotFound)?;
            let post = match summary.row.post {
                Some(post) => messages_by_id(&naming, read, &[post])?
                    .pop()
                    .filter(|view| view.message.seen_at.is_some()),
                None => None,
            };
            let signature = reply::signature(read, &summary.row, agent)?;
            let voice = kulant_store::brands::find(read, summary.row.brand)?
                .and_then(|brand| Some(brand.details.get("voice")?.as_str()?.to_owned()))
                .unwrap_or_else(|| "sie".to_owned());
            let first_unread = first_unread(read, &summary)?;
            let inbox = inboxes::find(read, summary.row.inbox)?;
            Ok::<_, CareError>((summary, post, signature, voice, first_unread, inbox))
        })
        .await?;
    let inbox = inbox.ok_or(CareError::NotFound)?;
    let opened = accounts::open(care, inbox)?;
    let account = opened.account(care.now());
    let to = summary
        .handle
        .clone()
        .or_else(|| summary.contact_name.clone());
    let side = |visibility: Visibility| {
        opened
            .channel
            .capabilities()
            .side(visibility)
            .map(|capabilities| Side {
                capabilities,
                reason: opened
                    .channel
                    .send_refusal(&account, visibility)
                    .map(str::to_owned)
                    .or_else(|| {
                        let trouble = opened.inbox.trouble.get("class")?.as_str()?;
                        (trouble == "auth_broken").then(|| "channel.reason.auth_broken".to_owned())
                    })
                    .or_else(|| {
                        opened
                            .inbox
                            .paused_at
                            .map(|_| "channel.reason.paused".to_owned())
                    }),
                account: opened.inbox.name.clone(),
                to: to.clone(),
            })
    };
    Ok(Opened {
        post,
        public: side(Visibility::Public),
        private: side(Visibility::Private),
        signature,
        voice,
        first_unread,
        summary,
    })
}

/// Finds where reading goes on: the log tells what came since the conversation was read to its end.
/// Where nothing came since, as after it was marked unread by hand, it is the newest message.
fn first_unread(read: &mut Read<'_>, summary: &Summary) -> Result<Option<MessageId>, CareError> {
    let row = &summary.row;
    if !row.unread {
        return Ok(None);
    }
    let kinds = [
        EventKind::ReadChanged,
        EventKind::MessageQueued,
        EventKind::AnswerNotNeeded,
        EventKind::StatusChanged,
    ];
    let mut before = i64::MAX;
    let read_at = loop {
        let Some(found) = events::find_newest_of(read, row.id, &kinds, before)? else {
            break 0;
        };
        let facts = &found.event.facts;
        let was_read = match found.event.kind {
            EventKind::ReadChanged => facts["unread"] == false,
            EventKind::StatusChanged => facts["to"] == Status::Resolved.word(),
            // An answer that is tried again was read when it was written.
            EventKind::MessageQueued => found.event.actor != SYSTEM,
            _ => true,
        };
        if was_read {
            break found.sequence;
        }
        before = found.sequence;
    };
    if let Some(first) = messages::find_first_received_after(read, row.id, read_at)? {
        return Ok(Some(first));
    }
    let newest =
        messages::list_newest(read, row.id, (Timestamp(i64::MAX), MessageId(i64::MAX)), 50)?;
    Ok(newest
        .into_iter()
        .find(|message| message.direction == Direction::In)
        .map(|message| message.id))
}

/// Finds a conversation as a list shows it.
pub async fn find(care: &Care, person: &Person, id: ConversationId) -> Result<Summary, CareError> {
    access::require(person, Permission::ReadConversations)?;
    find_within(care, person.scope.clone(), id).await
}

/// Finds a conversation as it stands after this person changed it: the change itself may have taken
/// it out of their scope. To be asked for the answer to that change alone.
pub async fn find_changed(care: &Care, id: ConversationId) -> Result<Summary, CareError> {
    find_within(care, access::scope_of_system(), id).await
}

async fn find_within(
    care: &Care,
    scope: kulant_model::role::Scope,
    id: ConversationId,
) -> Result<Summary, CareError> {
    care.store
        .read(move |read| {
            reading::list_summaries(read, &scope, &[id])?
                .pop()
                .ok_or(CareError::NotFound)
        })
        .await
}

/// Finds tags by name or id, in the order asked for.
pub async fn find_tags(care: &Care, wanted: Vec<String>) -> Result<Vec<Option<TagId>>, CareError> {
    care.store
        .read(move |read| {
            let mut found = Vec::with_capacity(wanted.len());
            for word in wanted {
                let by_name = kulant_store::tags::find_by_name(read, &word)?;
                let tag = match (by_name, word.parse::<TagId>()) {
                    (None, Ok(id)) => kulant_store::tags::find(read, id)?,
                    (by_name, _) => by_name,
                };
                found.push(tag.map(|tag| tag.id));
            }
            Ok(found)
        })
        .await
}

/// Lists a conversation's messages, oldest first or newest first.
pub async fn list_messages(
    care: &Care,
    person: &Person,
    id: ConversationId,
    newest_first: bool,
    after: Option<(Timestamp, MessageId)>,
    limit: i64,
) -> Result<Page<MessageView, (Timestamp, MessageId)>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let (scope, naming) = (person.scope.clone(), care.clone());
    care.store
        .read(move |read| {
            kulant_store::conversations::find(read, id)?
                .filter(|row| scope.includes(row.team))
                .ok_or(CareError::NotFound)?;
            let mut rows = if newest_first {
                let from = after.unwrap_or((Timestamp(i64::MAX), MessageId(i64::MAX)));
                messages::list_newest(read, id, from, limit + 1)?
            } else {
                let from = after.unwrap_or((Timestamp(i64::MIN), MessageId(0)));
                messages::list(read, id, from, limit + 1)?
            };
            let more = rows.len() as i64 > limit;
            rows.truncate(limit as usize);
            let next = rows
                .last()
                .filter(|_| more)
                .map(|row| (row.platform_at, row.id));
            let mut items = with_names(&naming, read, rows)?;
            set_depths(read, id, &mut items)?;
            Ok(Page { items, next })
        })
        .await
}

/// Finds one message within a scope.
pub async fn find_message(
    care: &Care,
    person: &Person,
    id: MessageId,
) -> Result<MessageView, CareError> {
    access::require(person, Permission::ReadConversations)?;
    find_message_changed(care, person, id).await
}

/// Finds a message that this person wrote or changed a moment ago, which a token that may only write
/// is shown as well.
pub async fn find_message_changed(
    care: &Care,
    person: &Person,
    id: MessageId,
) -> Result<MessageView, CareError> {
    let (scope, naming) = (person.scope.clone(), care.clone());
    care.store
        .read(move |read| {
            if !reading::may_see_message(read, &scope, id)? {
                return Err(CareError::NotFound);
            }
            messages_by_id(&naming, read, &[id])?
                .pop()
                .ok_or(CareError::NotFound)
        })
        .await
}

/// Lists what happened to a conversation after a place in the log, with the names of colleagues.
pub async fn list_events(
    care: &Care,
    person: &Person,
    id: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Page<(kulant_model::event::Event, Option<String>), i64>, CareError> {
    access::require(person, Permission::ReadConversations)?;
    let scope = person.scope.clone();
    care.store
        .read(move |read| {
            kulant_store::conversations::find(read, id)?
                .filter(|row| scope.includes(row.team))
                .ok_or(CareError::NotFound)?;
            let mut rows = events::list_of_conversation(read, id, after, limit + 1)?;
            let more = rows.len() as i64 > limit;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|event| event.sequence);
            let actors: Vec<_> = rows.iter().map(|event| event.event.actor).collect();
            let names: HashMap<_, _> = kulant_store::actors::list_names(read, &actors)?
                .into_iter()
                .collect();
            let items = rows
                .into_iter()
                .map(|event| {
                    let name = names.get(&event.event.actor).cloned();
                    (event, name)
                })
                .collect();
            Ok(Page { items, next })
        })
        .await
}

/// Loads messages by their ids with the names of those who speak, oldest first.
pub(crate) fn messages_by_id(
    care: &Care,
    read: &mut Read<'_>,
    ids: &[MessageId],
) -> Result<Vec<MessageView>, CareError> {
    let mut rows = messages::list_by_id(read, ids)?;
    rows.sort_by_key(|row| (row.platform_at, row.id));
    let mut views = with_names(care, read, rows)?;
    for view in &mut views {
        if view.message.parent.is_some() {
            view.depth = messages::depth(read, view.message.id)?;
        }
    }
    Ok(views)
}

fn with_names(
    care: &Care,
    read: &mut Read<'_>,
    rows: Vec<Message>,
) -> Result<Vec<MessageView>, CareError> {
    let ids: Vec<MessageId> = rows.iter().map(|row| row.id).collect();
    let identities: Vec<IdentityId> = rows.iter().filter_map(|row| row.identity).collect();
    let people: HashMap<IdentityId, contacts::Identity> =
        contacts::list_identities_by_id(read, &identities)?
            .into_iter()
            .map(|identity| (identity.id, identity))
            .collect();
    let mut agents: Vec<AgentId> = rows.iter().filter_map(|row| row.agent).collect();
    agents.sort_unstable();
    agents.dedup();
    let agent_names = kulant_store::agents::list_names(read, &agents)?;
    let mut inbox_ids: Vec<_> = rows.iter().map(|row| row.inbox).collect();
    inbox_ids.sort_unstable();
    inbox_ids.dedup();
    let places: HashMap<_, _> = inboxes::list_names(read, &inbox_ids)?
        .into_iter()
        .map(|(id, name, channel)| (id, (name, channel)))
        .collect();
    let mut files: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for file in messages::list_attachments(read, &ids)? {
        if let Some(message) = file.message {
            files.entry(message).or_default().push(file);
        }
    }
    let mut reactions: HashMap<MessageId, Vec<(String, i64)>> = HashMap::new();
    for (message, kind, count) in reactions::count(read, &ids)? {
        reactions.entry(message).or_default().push((kind, count));
    }
    let notes: Vec<MessageId> = rows
        .iter()
        .filter(|row| row.visibility == Visibility::Note)
        .map(|row| row.id)
        .collect();
    let mut mentions: HashMap<MessageId, Vec<AgentId>> = HashMap::new();
    for (message, agent) in mentions::list(read, &notes)? {
        mentions.entry(message).or_default().push(agent);
    }
    let can_be_asked = list_that_can_be_asked(care, read, &rows)?;
    Ok(rows
        .into_iter()
        .map(|message| {
            let identity = message.identity.and_then(|id| people.get(&id));
            let (inbox_name, channel) = places.get(&message.inbox).cloned().unwrap_or_default();
            MessageView {
                author: Author {
                    contact: identity.map(|identity| identity.contact),
                    name: identity.and_then(|identity| identity.name.clone()),
                    handle: identity.and_then(|identity| identity.handle.clone()),
                    agent_name: message
                        .agent
                        .and_then(|agent| agent_names.get(&agent).cloned()),
                },
                depth: 0,
                attachments: files.remove(&message.id).unwrap_or_default(),
                reactions: reactions.remove(&message.id).unwrap_or_default(),
                mentions: mentions.remove(&message.id).unwrap_or_default(),
                inbox_name,
                channel,
                can_check: is_uncertain(&message) && can_be_asked.contains(&message.inbox),
                message,
            }
        })
        .collect())
}

/// Returns whether nobody knows what became of a message, and it has words to look for.
fn is_uncertain(message: &Message) -> bool {
    let state = message.delivery.as_ref().map(|delivery| delivery.state);
    state == Some(DeliveryState::Uncertain) && message.deleted_at.is_none()
}

/// Lists the inboxes whose network can be asked for messages of uncertain fate, each looked at once.
fn list_that_can_be_asked(
    care: &Care,
    read: &mut Read<'_>,
    rows: &[Message],
) -> Result<BTreeSet<InboxId>, CareError> {
    let uncertain: BTreeSet<InboxId> = rows
        .iter()
        .filter(|message| is_uncertain(message))
        .map(|message| message.inbox)
        .collect();
    let mut found = BTreeSet::new();
    for id in uncertain {
        if let Some(inbox) = inboxes::find(read, id)?
            && deliver::can_look_up(&accounts::open(care, inbox)?, care.now())
        {
            found.insert(id);
        }
    }
    Ok(found)
}

/// Tells how deep each message lies below the first, by who answers whom.
fn set_depths(
    read: &mut Read<'_>,
    id: ConversationId,
    items: &mut [MessageView],
) -> Result<(), CareError> {
    if items.iter().all(|item| item.message.parent.is_none()) {
        return Ok(());
    }
    let parents: HashMap<MessageId, Option<MessageId>> =
        messages::list_parents(read, id)?.into_iter().collect();
    for item in items {
        let mut depth = 0;
        let mut above = item.message.parent;
        while let Some(parent) = above {
            match parents.get(&parent) {
                Some(next) if depth < 50 => {
                    depth += 1;
                    above = *next;
                }
                _ => break,
            }
        }
        item.depth = depth;
    }
    Ok(())
}

/// Returns whether a message is one of ours, so that its author is the house and not a customer.
pub fn is_ours(message: &Message) -> bool {
    message.direction == Direction::Out
}
