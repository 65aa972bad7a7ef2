//! Tries a search before it is switched on: on what is stored, and on one page of each network. Nothing
//! is kept of it but how much was fetched.

use std::time::Duration;

use futures::future::join_all;
use kulant_channels::inbound::{Inbound, Post};
use kulant_channels::outbound::SendError;
use kulant_model::ids::{BrandId, IdMaker, InboxId, MessageId};
use kulant_model::listening::Terms;
use kulant_model::message::Visibility;
use kulant_model::role::{Permission, Person};
use kulant_model::time::Timestamp;
use kulant_store::{brands, hits, inboxes};

use super::metering::{self, Turn};
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
/// How long a trial keeps others away from the network of its inbox, where it is never ended.
const TURN: Duration = Duration::from_secs(30);

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
    let (past, opened) = care
        .store
        .read(move |read| {
            brands::find(read, brand)?
                .ok_or_else(|| CareError::invalid("brand", "unknown", "no such brand"))?;
            let past = hits::list_past(read, (&scope, brand), since, MOST_PAST)?;
            let mut opened = Vec::new();
            for id in wanted.into_iter().take(super::MOST_INBOXES) {
                let inbox = inboxes::find(read, id)?
                    .filter(|inbox| inbox.archived_at.is_none() && inbox.brand == brand)
                    .ok_or_else(|| {
                        CareError::invalid("inboxes", "unknown", format!("no such inbox: {id}"))
                    })?;
                opened.push(accounts::open(&naming, inbox)?);
            }
            Ok::<_, CareError>((past, opened))
        })
        .await?;

    let looked_at = past.len();
    // Thousands of texts against hundreds of words: no reader of the database waits for that.
    let comparing = tokio::task::spawn_blocking(move || {
        let mut heard: Vec<MessageId> = Vec::new();
        for one in past {
            if listener.hears(&spoken(one.title.as_deref(), &one.body)) {
                heard.push(one.message);
            }
        }
        heard
    });
    let heard = comparing
        .await
        .map_err(|error| CareError::Internal(error.to_string()))?;
    let networks = ask_all(care, opened, terms).await?;
    Ok(Trial {
        past: (heard.len(), looked_at),
        past_days: PAST.as_secs() / 86_400,
        examples: show(care, heard).await?,
        networks,
    })
}

/// Shows the first of the stored messages that were heard.
async fn show(care: &Care, mut heard: Vec<MessageId>) -> Result<Vec<Example>, CareError> {
    heard.truncate(MOST_EXAMPLES);
    let naming = care.clone();
    let views = care
        .store
        .read(move |read| view::messages_by_id(&naming, read, &heard))
        .await?;
    Ok(views
        .into_iter()
        .rev()
        .map(|view| Example {
            text: view.message.body,
            author: view.author.name,
            url: view.message.url,
            at: view.message.platform_at,
        })
        .collect())
}

/// Asks all networks beside each other.
async fn ask_all(care: &Care, opened: Vec<Opened>, terms: Terms) -> Result<Vec<Asked>, CareError> {
    let care = care.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "what a network charges is counted, also when whoever asked hangs up"
    )]
    let asking = tokio::spawn(async move {
        join_all(opened.iter().map(|opened| ask(&care, opened, &terms))).await
    });
    let asked = asking
        .await
        .map_err(|error| CareError::Internal(error.to_string()))?;
    asked.into_iter().collect()
}

/// Asks one network for one page.
async fn ask(care: &Care, opened: &Opened, terms: &Terms) -> Result<Asked, CareError> {
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
        return Ok(asked);
    }
    let now = care.now();
    if inbox.quiet_until.is_some_and(|until| until > now) {
        asked.trouble = Some(wait("the network asks to be left alone"));
        return Ok(asked);
    }
    let (most, meter) = match metering::begin(care, inbox.id, (MOST_ASKED, TURN)).await? {
        Turn::Ask { most, meter } => (most, meter),
        Turn::Wait(why) => {
            asked.trouble = Some(wait(&why));
            return Ok(asked);
        }
    };
    let account = opened.account(now);
    let question = wording::question_of(terms, most);
    let search = opened
        .channel
        .search(&account, &question, meter.as_deref(), &care.http);
    let polled = match tokio::time::timeout(TIME, search).await {
        Ok(Ok(polled)) => polled,
        Ok(Err(error)) => {
            metering::end(care, inbox.id, 0, None).await?;
            asked.trouble = Some((error.class().to_owned(), error.detail().to_owned()));
            return Ok(asked);
        }
        Err(_) => {
            // Whatever it gave late is charged all the same.
            metering::end(care, inbox.id, question.most, None).await?;
            let error = SendError::RetryBackoff("no answer in time".to_owned());
            asked.trouble = Some((error.class().to_owned(), error.detail().to_owned()));
            return Ok(asked);
        }
    };
    if let Some(error) = &polled.trouble {
        asked.trouble = Some((error.class().to_owned(), error.detail().to_owned()));
    }
    let posts: Vec<Post> = polled
        .deliveries
        .iter()
        .filter_map(|raw| wording::read_safely(opened.channel, &account, raw))
        .flatten()
        .filter_map(|inbound| match inbound {
            Inbound::Post(post) => Some(post),
            _ => None,
        })
        .collect();
    let meter = opened.channel.meter_of(&polled.cursor);
    metering::end(care, inbox.id, posts.len(), meter).await?;

    let listener = wording::listener_of(terms);
    let mut posts: Vec<Post> = posts
        .into_iter()
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
    Ok(asked)
}

fn wait(why: &str) -> (String, String) {
    let error = SendError::RetryAfter {
        wait: Duration::ZERO,
        detail: why.to_owned(),
    };
    (error.class().to_owned(), why.to_owned())
}

/// Returns all that a message says.
pub(crate) fn spoken(title: Option<&str>, text: &str) -> String {
    match title {
        Some(title) => format!("{title}\n{text}"),
        None => text.to_owned(),
    }
}
