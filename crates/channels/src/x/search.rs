//! The listening post: X's search over the last seven days, since the ids seen last, within a budget of
//! its own, because X bills what it finds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::meter::Meter;
use super::poll::{self, encoded, id};
use super::wire::Page;
use super::{FOUND, ask};
use crate::delivery::{Account, Polled, RawDelivery, Search, Usage};
use crate::http::Http;
use crate::outbound::SendError;

/// The longest question that X takes.
const LONGEST: usize = 512;
/// The fewest posts that X gives at once.
const FEWEST: u64 = 10;
/// How much one saved search may find in a month.
const BUDGET: &str = "search_budget_posts";

/// The most pages of one question that are read in one look.
const PAGES: usize = 10;
/// Stands where an id seen last is too old for X to hear of it: all that X still has is new.
const EVERYTHING: &str = "0";

/// Where each question stopped, by the question.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    #[serde(default)]
    seen: BTreeMap<String, String>,
    /// Where reading broke off before it came to what was seen.
    #[serde(default)]
    gaps: BTreeMap<String, Gap>,
    #[serde(default)]
    meter: Meter,
    /// Whose turn is next.
    #[serde(default)]
    next: usize,
}

/// What lies between what was seen and the oldest that was read since.
#[derive(Serialize, Deserialize, Clone)]
struct Gap {
    /// The oldest that was read; X gives what is older than it.
    until: String,
    /// What is seen last once it is filled.
    newest: String,
}

/// What one look has gathered.
#[derive(Default)]
struct News {
    deliveries: Vec<RawDelivery>,
    fetched: usize,
}

pub(super) fn usage(account: &Account, cursor: &str) -> Option<Usage> {
    let cursor: Cursor = serde_json::from_str(cursor).ok()?;
    Some(cursor.meter.usage(account, BUDGET))
}

/// Returns a cursor that has the meter of this one, and has seen nothing.
pub(super) fn meter_of(cursor: &str) -> Option<String> {
    let cursor: Cursor = serde_json::from_str(cursor).ok()?;
    let anew = Cursor {
        meter: cursor.meter,
        ..Cursor::default()
    };
    serde_json::to_string(&anew).ok()
}

pub(super) async fn search(
    account: &Account,
    search: &Search,
    cursor: Option<&str>,
    http: &Http,
) -> Result<Polled, SendError> {
    let mut cursor: Cursor = cursor
        .and_then(|cursor| serde_json::from_str(cursor).ok())
        .unwrap_or_default();
    cursor.meter.roll(account);
    let mut news = News::default();
    let mut trouble = None;
    let questions = questions(search);
    let mut asked = 0;
    while search.goes_on(asked, questions.len(), news.fetched) {
        let question = &questions[(cursor.next + asked) % questions.len()];
        if let Err(error) = ask_one(
            account,
            (question, search.most),
            (&mut cursor, &mut news),
            http,
        )
        .await
        {
            trouble = Some(error);
            break;
        }
        asked += 1;
    }
    cursor.next = (cursor.next + asked) % questions.len().max(1);
    let wait = trouble.as_ref().and_then(SendError::wait);
    Ok(Polled {
        deliveries: news.deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(wait.unwrap_or_else(|| poll::pace(account))),
        trouble,
    })
}

/// Reads what is new for one question, newest first, down to what was seen. Where that is more than
/// the budget or this look allows, the next one goes on with what is older.
async fn ask_one(
    account: &Account,
    (question, most): (&str, usize),
    (cursor, news): (&mut Cursor, &mut News),
    http: &Http,
) -> Result<(), SendError> {
    let began = cursor.seen.get(question).cloned();
    let mut gap = cursor.gaps.get(question).cloned();
    let until = gap.as_ref().map(|gap| gap.until.clone());
    let mut pages = Vec::new();
    let mut token = None;
    let mut outcome = Ok(());
    for number in 1..=PAGES {
        let wanted = most.saturating_sub(news.fetched);
        let bounds = (began.as_deref(), until.as_deref(), token.as_deref());
        let mut page = match page(account, (question, wanted), (bounds, cursor), http).await {
            Ok(page) => page,
            // What happened more than seven days ago is out of reach.
            Err(SendError::ContentRejected(detail)) if detail.contains("until_id") => {
                token = None;
                break;
            }
            Err(SendError::ContentRejected(detail)) if detail.contains("since_id") => {
                cursor
                    .seen
                    .insert(question.to_owned(), EVERYTHING.to_owned());
                return Ok(());
            }
            Err(error) => {
                // What lies below a page that was not given stays to be read.
                token = token.or_else(|| gap.is_some().then(String::new));
                outcome = Err(error);
                break;
            }
        };
        page.data.reverse();
        if let (Some(oldest), Some(newest)) = (page.data.first(), page.data.last()) {
            let known = gap.take().map(|gap| gap.newest);
            gap = Some(Gap {
                until: id(oldest).to_owned(),
                newest: known.unwrap_or_else(|| id(newest).to_owned()),
            });
            news.fetched += page.data.len();
            let body = json!({"data": page.data, "includes": {"users": page.includes.users,
                "media": page.includes.media, "tweets": page.includes.tweets}});
            pages.push(poll::delivery(FOUND, &body, account.now));
        }
        token = page.meta.next_token;
        // What was said before a search began is no news: one page of it.
        if began.is_none() {
            token = None;
        }
        if token.is_none() || number == PAGES || news.fetched >= most {
            break;
        }
    }
    news.deliveries.extend(pages.into_iter().rev());
    match gap {
        Some(gap) if token.is_some() => {
            cursor.gaps.insert(question.to_owned(), gap);
        }
        gap => {
            cursor.gaps.remove(question);
            if let Some(gap) = gap {
                cursor.seen.insert(question.to_owned(), gap.newest);
            }
        }
    }
    outcome
}

/// Between what an answer is to lie: what was seen, where the last look broke off, and the page.
type Bounds<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// Asks for one page between what was seen and where the last look broke off.
async fn page(
    account: &Account,
    (question, wanted): (&str, usize),
    ((since, until, token), cursor): (Bounds<'_>, &mut Cursor),
    http: &Http,
) -> Result<Page, SendError> {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX).max(FEWEST);
    let count = cursor.meter.page(account, BUDGET, ("search", FEWEST))?;
    let count = count.min(wanted);
    let mut path = format!(
        "/2/tweets/search/recent?query={}&max_results={count}&{}",
        encoded(question),
        poll::POST_FIELDS
    );
    let since = since.filter(|since| *since != EVERYTHING);
    for (name, value) in [
        ("since_id", since),
        ("until_id", until),
        ("next_token", token),
    ] {
        if let Some(value) = value {
            poll::add(&mut path, name, value);
        }
    }
    let answer = ask::ask(account, &path, http).await?;
    let page: Page = ask::read(&answer)?;
    cursor.meter.note("search", &answer, page.data.len());
    Ok(page)
}

/// Writes what is looked for as few questions, each short enough.
fn questions(search: &Search) -> Vec<String> {
    let quoted = |words: &String| {
        let words = words.replace('"', " ");
        format!("\"{}\"", words.trim())
    };
    let tags = search
        .hashtags
        .iter()
        .map(|tag| format!("#{}", tag.trim_start_matches('#')));
    let wanted: Vec<String> = search.any.iter().map(quoted).chain(tags).collect();
    let mut rest = String::new();
    for words in &search.without {
        rest.push_str(" -");
        rest.push_str(&quoted(words));
    }
    rest.push_str(" -is:retweet");
    if !search.languages.is_empty() {
        let languages = search.languages.iter().map(|language| {
            let primary = language.split('-').next().unwrap_or_default();
            format!("lang:{}", primary.to_lowercase())
        });
        let languages: Vec<String> = languages.collect();
        rest.push_str(" (");
        rest.push_str(&languages.join(" OR "));
        rest.push(')');
    }

    let length = |text: &str| text.chars().count();
    let mut questions = Vec::new();
    let mut group: Vec<String> = Vec::new();
    for words in wanted {
        group.push(words);
        if length(&question(&group, &rest)) > LONGEST && group.len() > 1 {
            let last = group.pop();
            questions.push(question(&group, &rest));
            group = last.into_iter().collect();
        }
    }
    if !group.is_empty() {
        questions.push(question(&group, &rest));
    }
    questions.retain(|question| length(question) <= LONGEST);
    questions
}

fn question(group: &[String], rest: &str) -> String {
    format!("({}){rest}", group.join(" OR "))
}
