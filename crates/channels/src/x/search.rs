//! The listening post: X's search over the last seven days, since the ids seen last, within a budget of
//! its own, because X bills what it finds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::meter::Meter;
use super::poll::{self, encoded, id, is_newer};
use super::wire::Page;
use super::{FOUND, ask};
use crate::delivery::{Account, Polled, Search, Usage};
use crate::http::Http;
use crate::outbound::SendError;

/// The longest question that X takes.
const LONGEST: usize = 512;
/// The fewest posts that X gives at once.
const FEWEST: u64 = 10;
/// How much one saved search may find in a month.
const BUDGET: &str = "search_budget_posts";

/// Where each question stopped, by the question.
#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    #[serde(default)]
    seen: BTreeMap<String, String>,
    #[serde(default)]
    meter: Meter,
    /// Whose turn is next.
    #[serde(default)]
    next: usize,
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
    let mut deliveries = Vec::new();
    let mut trouble = None;
    let questions = questions(search);
    let (mut asked, mut fetched) = (0, 0);
    while search.goes_on(asked, questions.len(), fetched) {
        let question = &questions[(cursor.next + asked) % questions.len()];
        let wanted = search.most - fetched;
        match ask_one(account, (question, wanted), &mut cursor, http).await {
            Ok(Some((body, count))) => {
                deliveries.push(poll::delivery(FOUND, &body, account.now));
                fetched += count;
            }
            Ok(None) => {}
            Err(error) => {
                trouble = Some(error);
                break;
            }
        }
        asked += 1;
    }
    cursor.next = (cursor.next + asked) % questions.len().max(1);
    let wait = trouble.as_ref().and_then(SendError::wait);
    Ok(Polled {
        deliveries,
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(wait.unwrap_or_else(|| poll::pace(account))),
        trouble,
    })
}

async fn ask_one(
    account: &Account,
    (question, wanted): (&str, usize),
    cursor: &mut Cursor,
    http: &Http,
) -> Result<Option<(Value, usize)>, SendError> {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX).max(FEWEST);
    let count = cursor.meter.page(account, BUDGET, ("search", FEWEST))?;
    let count = count.min(wanted);
    let mut path = format!(
        "/2/tweets/search/recent?query={}&max_results={count}&{}",
        encoded(question),
        poll::POST_FIELDS
    );
    if let Some(seen) = cursor.seen.get(question) {
        path.push_str("&since_id=");
        path.push_str(&encoded(seen));
    }
    let answer = match ask::ask(account, &path, http).await {
        // An id of more than seven days ago is refused; then all that X still has is new.
        Err(SendError::ContentRejected(detail)) if detail.contains("since_id") => {
            cursor.seen.remove(question);
            return Ok(None);
        }
        other => other?,
    };
    let mut page: Page = ask::read(&answer)?;
    cursor.meter.note("search", &answer, page.data.len());
    if page.data.is_empty() {
        return Ok(None);
    }
    page.data.reverse();
    for post in &page.data {
        let newest = cursor.seen.get(question).map(String::as_str);
        if is_newer(id(post), newest) {
            cursor.seen.insert(question.to_owned(), id(post).to_owned());
        }
    }
    let count = page.data.len();
    let body = json!({"data": page.data, "includes": {"users": page.includes.users,
        "media": page.includes.media, "tweets": page.includes.tweets}});
    Ok(Some((body, count)))
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
