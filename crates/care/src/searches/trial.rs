//! Tries a search before it is switched on: on what is stored, and on one page of each network. Nothing
//! is kept of it.

use std::time::Duration;

use futures::future::join_all;
use kulant_channels::inbound::Inbound;
use kulant_channels::outbound::SendError;
use kulant_model::ids::{BrandId, IdMaker, InboxId, MessageId};
use kulant_model::listening::Terms;
use kulant_model::message::Visibility;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::{brands, hits, inboxes};

use super::wording::{self, Way};
use crate::access::require;
use crate::accounts::{self, Opened};
use crate::admin::fields::Faults;
use crate::error::CareError;
use crate::{Care, view};

/// How far back what is stored is looked through.
const PAST: Duration = Duration::from_hours(30 * 24);
/// How many stored messages are looked through at most.
const MOST_PAST: i64 = 5_000;
const MOST_EXAMPLES: usize = 10;
/// How many posts a network is asked for: some bill each of them.
const MOST_ASKED: i64 = 10;
/// How long a network may take.
const TIME: Duration = Duration::from_secs(15);

/// What a search would have found.
#[derive(Debug, Clone)]
pub struct Trial {
    /// How many stored messages it would have heard, of how many.
    pub past: (usize, usize),
    pub past_days: u64,
    pub examples: Vec<Example>,
    pub networks: Vec<Asked>,
}

/// A text that was heard.
#[derive(Debug, Clone)]
pub struct Example {
    pub text: String,
    pub author: Option<String>,
    pub url: Option<String>,
    pub at: Timestamp,
}

/// What asking one network gave.
#[derive(Debug, Clone)]
pub struct Asked {
    pub inbox: InboxId,
    pub name: String,
    pub channel: String,
    pub way: Way,
    pub coverage: &'static str,
    /// None where it was not asked or did not answer.
    pub found: Option<usize>,
    pub examples: Vec<Example>,
    pub trouble: Option<(String, String)>,
}

/// Tries what is looked for on a brand's past and on these inboxes.
pub async fn try_out(
    care: &Care,
    person: &Person,
    brand: BrandId,
    terms: &Terms,
    wanted: Vec<InboxId>,
) -> Result<Trial, CareError> {
    require(person, Permission::ManageSearches)?;
    let mut faults = Faults::default();
    let terms = super::checked(&mut faults, terms);
    if terms.is_empty() {
        faults.add("terms", "required", "something to look for is needed");
    }
    faults.end()?;

    let (scope, naming) = (person.scope.clone(), care.clone());
    let since = MessageId(IdMaker::new(0).next(care.now().before(PAST)));
    let listener = wording::listener_of(&terms);
    let (past, examples, opened) = care
        .store
        .read(move |read| {
            brands::find(read, brand)?
                .ok_or_else(|| CareError::invalid("brand", "unknown", "no such brand"))?;
            let past = hits::list_past(read, (&scope, brand), since, MOST_PAST)?;
            let heard: Vec<MessageId> = past
                .iter()
                .filter(|one| listener.hears(&spoken(one.title.as_deref(), &one.body)))
                .map(|one| one.message)
                .collect();
            let shown = &heard[..heard.len().min(MOST_EXAMPLES)];
            let examples = view::messages_by_id(&naming, read, shown)?
                .into_iter()
                .rev()
                .map(|view| Example {
                    text: view.message.body,
                    author: view.author.name,
                    url: view.message.url,
                    at: view.message.platform_at,
                })
                .collect();
            let mut opened = Vec::new();
            for id in wanted.into_iter().take(super::MOST_INBOXES) {
                let inbox = inboxes::find(read, id)?
                    .filter(|inbox| inbox.archived_at.is_none() && inbox.brand == brand)
                    .ok_or_else(|| {
                        CareError::invalid("inboxes", "unknown", format!("no such inbox: {id}"))
                    })?;
                opened.push(accounts::open(&naming, inbox)?);
            }
            Ok::<_, CareError>(((heard.len(), past.len()), examples, opened))
        })
        .await?;

    let networks = join_all(opened.iter().map(|opened| ask(care, opened, &terms))).await;
    Ok(Trial {
        past,
        past_days: PAST.as_secs() / 86_400,
        examples,
        networks,
    })
}

/// Asks one network for one page.
async fn ask(care: &Care, opened: &Opened, terms: &Terms) -> Asked {
    let inbox = &opened.inbox;
    let mut asked = Asked {
        inbox: inbox.id,
        name: inbox.name.clone(),
        channel: inbox.channel.clone(),
        way: wording::way_of(opened.channel),
        coverage: opened.channel.coverage(),
        found: None,
        examples: Vec::new(),
        trouble: None,
    };
    if asked.way != Way::Network || inbox.paused_at.is_some() {
        return asked;
    }
    let account = opened.account(care.now());
    let question = wording::question_of(terms, MOST_ASKED);
    let search = opened.channel.search(&account, &question, None, &care.http);
    let answer = tokio::time::timeout(TIME, search)
        .await
        .unwrap_or_else(|_| Err(SendError::RetryBackoff("no answer in time".to_owned())));
    let polled = match answer {
        Ok(polled) => polled,
        Err(error) => {
            asked.trouble = Some((error.class().to_owned(), error.detail().to_owned()));
            return asked;
        }
    };
    if let Some(error) = &polled.trouble {
        asked.trouble = Some((error.class().to_owned(), error.detail().to_owned()));
    }
    let listener = wording::listener_of(terms);
    let mut posts: Vec<_> = polled
        .deliveries
        .iter()
        .filter_map(|raw| wording::read_safely(opened, &account, raw))
        .flatten()
        .filter_map(|inbound| match inbound {
            Inbound::Post(post) => Some(post),
            _ => None,
        })
        .filter(|post| post.visibility == Visibility::Public && !post.author.own)
        .filter(|post| !listener.leaves_out(&spoken(post.title.as_deref(), &post.text)))
        .collect();
    posts.sort_by_key(|post| std::cmp::Reverse(post.platform_at));
    asked.found = Some(posts.len());
    asked.examples = posts
        .into_iter()
        .take(MOST_EXAMPLES)
        .map(|post| Example {
            text: post.text,
            author: Some(post.author.name).filter(|name| !name.is_empty()),
            url: post.url,
            at: post.platform_at,
        })
        .collect();
    asked
}

/// Returns all that a message says.
pub(crate) fn spoken(title: Option<&str>, text: &str) -> String {
    match title {
        Some(title) => format!("{title}\n{text}"),
        None => text.to_owned(),
    }
}
