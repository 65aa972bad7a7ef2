//! What all places of reviews have in common: stars and words in public, one answer by us to each, lists
//! to be asked for again and again. How they are asked, each channel says itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::capability::SideCapabilities;
use crate::delivery::{Account, Polled, RawDelivery};
use crate::inbound::{
    Author, Delete, Edit, Inbound, LONGEST_ID, Post, TranslateError, Translation, Unread,
};
use crate::outbound::{Action, Outbound, Receipt, SendError};
use crate::signature;

/// The kind of a delivery of reviews.
pub(crate) const REVIEWS: &str = "reviews";

/// What makes the id of our answer out of that of the review: there is never more than one.
const ANSWER: &str = "/answer";
const OWN: &str = "own";
/// How far back the first call looks.
const HISTORY: Duration = Duration::from_secs(90 * 86_400);
/// How often a list is read to its end, to notice what is gone.
const WHOLE: Duration = Duration::from_secs(86_400);
const PAGES: usize = 5;
const PAGES_OF_A_WHOLE: usize = 40;
const AFTER_TROUBLE: Duration = Duration::from_secs(300);
/// How many reviews are remembered.
const KEPT: usize = 1_000;

/// One review, whatever the place.
pub(crate) struct Review {
    pub(crate) id: String,
    pub(crate) author: Option<String>,
    pub(crate) stars: Option<u64>,
    pub(crate) title: Option<String>,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
    pub(crate) changed_at: Timestamp,
    pub(crate) url: Option<String>,
    pub(crate) answer: Option<Answer>,
}

/// Our answer to a review.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

/// A page of reviews, newest first, each whole in itself.
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<String>,
}

/// Where reviews are listed.
#[async_trait]
pub(crate) trait Source: Sync {
    /// Returns whether the list holds every review there is, so that what is missing is gone.
    fn is_complete(&self) -> bool;

    async fn page(&self, token: Option<&str>) -> Result<Page, SendError>;

    fn read(&self, item: &Value) -> Result<Review, TranslateError>;
}

/// What is to be done about the answer to a review.
pub(crate) enum Wish<'a> {
    Say { review: &'a str, body: &'a str },
    Withdraw { review: &'a str },
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    items: Vec<Value>,
    /// Reviews and answers that were seen with other words before.
    #[serde(default)]
    reworded: Vec<String>,
    #[serde(default)]
    gone: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Cursor {
    #[serde(default)]
    seen: BTreeMap<String, Seen>,
    #[serde(default)]
    whole_at: Option<Timestamp>,
    /// The marks of what could not be read, newest last.
    #[serde(default)]
    unread: Vec<String>,
}

/// A review as it was seen last.
#[derive(Serialize, Deserialize, Clone, PartialEq)]
struct Seen {
    changed_at: Timestamp,
    answered_at: Option<Timestamp>,
}

pub(crate) fn translate(
    raw: &RawDelivery,
    read: impl Fn(&Value) -> Result<Review, TranslateError>,
) -> Result<Translation, TranslateError> {
    if raw.kind != REVIEWS {
        return Err(TranslateError::NotOffered);
    }
    let body: Body = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let mut translation = Translation::default();
    for (index, item) in body.items.iter().enumerate() {
        match read(item).and_then(|review| said(review, &body.reworded)) {
            Ok(taken) => {
                for one in taken {
                    translation.take(one);
                }
            }
            Err(error) => translation.unread.push(Unread {
                index,
                error,
                body: json!({"items": [item], "reworded": body.reworded})
                    .to_string()
                    .into_bytes(),
            }),
        }
    }
    for network_id in body.gone {
        translation.take(Inbound::Delete(Delete {
            network_id,
            deleted_at: raw.received_at,
        }));
    }
    Ok(translation)
}

fn said(review: Review, reworded: &[String]) -> Result<Vec<Inbound>, TranslateError> {
    if review.id.is_empty() {
        return Err(TranslateError::missing("id"));
    }
    let answer_id = answer_id(&review.id);
    if answer_id.len() > LONGEST_ID {
        return Err(TranslateError::bad("id", "too long for an id"));
    }
    let title = [stars(review.stars), review.title]
        .into_iter()
        .flatten()
        .filter(|part| !part.trim().is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let post = |network_id: &str, author: Author, text: String, at: Timestamp| Post {
        network_id: network_id.to_owned(),
        author,
        text,
        platform_at: at,
        parent: None,
        thread: None,
        visibility: Visibility::Public,
        url: review.url.clone(),
        title: None,
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    };
    // Places of reviews name people and do not number them: each review has an author of its own.
    let author = Author {
        network_id: review.id.clone(),
        name: review
            .author
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| review.id.clone()),
        handle: None,
        own: false,
    };
    let mut taken = vec![Inbound::Post(Post {
        title: (!title.is_empty()).then_some(title),
        ..post(&review.id, author, review.text.clone(), review.at)
    })];
    if review.changed_at > review.at || reworded.contains(&review.id) {
        taken.push(Inbound::Edit(Edit {
            network_id: review.id.clone(),
            text: review.text,
            edited_at: review.changed_at,
        }));
    }
    if let Some(answer) = review.answer {
        let own = Author {
            network_id: OWN.to_owned(),
            name: OWN.to_owned(),
            handle: None,
            own: true,
        };
        taken.push(Inbound::Post(Post {
            parent: Some(review.id.clone()),
            ..post(&answer_id, own, answer.text.clone(), answer.at)
        }));
        if reworded.contains(&answer_id) {
            taken.push(Inbound::Edit(Edit {
                network_id: answer_id,
                text: answer.text,
                edited_at: answer.at,
            }));
        }
    }
    Ok(taken)
}

/// Writes stars as these places show them.
fn stars(count: Option<u64>) -> Option<String> {
    let count = count.filter(|count| (1..=5).contains(count))? as usize;
    Some(format!("{}{}", "★".repeat(count), "☆".repeat(5 - count)))
}

pub(crate) async fn poll(
    account: &Account,
    cursor: Option<&str>,
    source: &dyn Source,
) -> Result<Polled, SendError> {
    let mut cursor: Cursor = cursor
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let mut news = News::default();
    let trouble = gather(account, &mut cursor, &mut news, source).await.err();
    let pause = trouble
        .as_ref()
        .map(|trouble| trouble.wait().unwrap_or(AFTER_TROUBLE));
    Ok(Polled {
        deliveries: news.delivery(account.now).into_iter().collect(),
        cursor: serde_json::to_string(&cursor).expect("a cursor is plain JSON"),
        next_in: Some(pause.unwrap_or_else(|| pace(account))),
        trouble,
    })
}

fn pace(account: &Account) -> Duration {
    let seconds = account.settings.get("poll_seconds").and_then(Value::as_u64);
    Duration::from_secs(seconds.unwrap_or(900).clamp(60, 3_600))
}

#[derive(Default)]
struct News {
    items: Vec<Value>,
    reworded: Vec<String>,
    gone: Vec<String>,
}

impl News {
    fn delivery(mut self, now: Timestamp) -> Option<RawDelivery> {
        if self.items.is_empty() && self.gone.is_empty() {
            return None;
        }
        self.items.reverse();
        let body = json!({"items": self.items, "reworded": self.reworded, "gone": self.gone});
        let body = body.to_string().into_bytes();
        Some(RawDelivery {
            kind: REVIEWS.to_owned(),
            key: signature::sha256_hex(&body),
            headers: Vec::new(),
            body,
            received_at: now,
        })
    }
}

async fn gather(
    account: &Account,
    cursor: &mut Cursor,
    news: &mut News,
    source: &dyn Source,
) -> Result<(), SendError> {
    let now = account.now;
    let is_first = cursor.whole_at.is_none();
    let whole = is_first || cursor.whole_at.is_some_and(|last| now.since(last) >= WHOLE);
    let begin = now.before(HISTORY);
    let mut there = BTreeSet::new();
    let mut token: Option<String> = None;
    for _ in 0..if whole { PAGES_OF_A_WHOLE } else { PAGES } {
        let page = source.page(token.as_deref()).await?;
        let mut is_new = false;
        for item in page.items {
            let Ok(review) = source.read(&item) else {
                // It is for translating to say what is wrong with it, once.
                let mark = signature::sha256_hex(item.to_string().as_bytes());
                if !cursor.unread.contains(&mark) {
                    cursor.unread.push(mark);
                    news.items.push(item);
                }
                continue;
            };
            there.insert(review.id.clone());
            let answered_at = review.answer.as_ref().map(|answer| answer.at);
            let known = cursor.remember(&review.id, review.changed_at, answered_at);
            let same = known.as_ref().is_some_and(|known| {
                known.changed_at == review.changed_at && known.answered_at == answered_at
            });
            // What was old when the inbox began stays where it is.
            if same || (known.is_none() && is_first && review.changed_at < begin) {
                continue;
            }
            is_new = true;
            // Some places tell when a review was changed, and not that it was.
            if known
                .as_ref()
                .is_some_and(|known| known.changed_at != review.changed_at)
            {
                news.reworded.push(review.id.clone());
            }
            match (known.and_then(|known| known.answered_at), answered_at) {
                (Some(before), Some(after)) if before != after => {
                    news.reworded.push(answer_id(&review.id));
                }
                (Some(_), None) => news.gone.push(answer_id(&review.id)),
                _ => {}
            }
            news.items.push(item);
        }
        token = page.next;
        if token.is_none() || (!is_new && !whole) {
            break;
        }
    }
    if token.is_none() && whole {
        cursor.whole_at = Some(now);
        if source.is_complete() {
            let missing: Vec<String> = cursor
                .seen
                .keys()
                .filter(|id| !there.contains(*id))
                .cloned()
                .collect();
            for id in missing {
                let known = cursor.seen.remove(&id);
                if known.is_some_and(|known| known.answered_at.is_some()) {
                    news.gone.push(answer_id(&id));
                }
                news.gone.push(id);
            }
        }
    } else if whole {
        // So long a list is never read to its end.
        cursor.whole_at = Some(now);
    }
    cursor.forget_the_oldest();
    Ok(())
}

impl Cursor {
    fn remember(
        &mut self,
        id: &str,
        changed_at: Timestamp,
        answered_at: Option<Timestamp>,
    ) -> Option<Seen> {
        let seen = Seen {
            changed_at,
            answered_at,
        };
        self.seen.insert(id.to_owned(), seen)
    }

    fn forget_the_oldest(&mut self) {
        let surplus = self.unread.len().saturating_sub(KEPT);
        self.unread.drain(..surplus);
        let surplus = self.seen.len().saturating_sub(KEPT);
        let mut by_age: Vec<(Timestamp, String)> = self
            .seen
            .iter()
            .map(|(id, seen)| (seen.changed_at, id.clone()))
            .collect();
        by_age.sort();
        for (_, id) in by_age.into_iter().take(surplus) {
            self.seen.remove(&id);
        }
    }
}

fn answer_id(review: &str) -> String {
    format!("{review}{ANSWER}")
}

/// Reads what is to be done; a second answer to a review takes the place of the first.
pub(crate) fn wish<'a>(
    outbound: &'a Outbound,
    side: &SideCapabilities,
) -> Result<Wish<'a>, SendError> {
    let forbidden = |detail: &str| Err(SendError::Forbidden(detail.to_owned()));
    if outbound.visibility != Visibility::Public {
        return forbidden("reviews are answered in public alone");
    }
    let (review, body) = match &outbound.action {
        Action::Reply { body, attachments } => {
            if !attachments.is_empty() {
                let detail = "answers to reviews carry no files".to_owned();
                return Err(SendError::ContentRejected(detail));
            }
            match &outbound.in_reply_to {
                Some(review) => (review, body),
                None => return forbidden("there is nothing to post here but answers"),
            }
        }
        Action::Edit { network_id, body } => (network_id, body),
        Action::Delete { network_id } if network_id.ends_with(ANSWER) => {
            return Ok(Wish::Withdraw {
                review: bare(network_id),
            });
        }
        Action::Delete { .. } | Action::React { .. } | Action::Hide { .. } => {
            return forbidden("this cannot be done with a review");
        }
    };
    if body.trim().is_empty() {
        return Err(SendError::ContentRejected("the text is empty".to_owned()));
    }
    if !side.fits(body) {
        let most = side.length.or(side.bytes).unwrap_or_default();
        let detail = format!("longer than the {most} signs that fit");
        return Err(SendError::ContentRejected(detail));
    }
    Ok(Wish::Say {
        review: bare(review),
        body,
    })
}

/// Returns the review that an id is about, which may be that of our answer.
fn bare(id: &str) -> &str {
    id.strip_suffix(ANSWER).unwrap_or(id)
}

pub(crate) fn receipt(review: &str, at: Timestamp) -> Receipt {
    Receipt {
        pause: None,
        network_id: answer_id(review),
        at,
        url: None,
    }
}

/// Returns the receipt where the answer at the network has the very words that we sent.
pub(crate) fn found(wish: &Wish<'_>, answer: Option<Answer>) -> Option<Receipt> {
    match wish {
        Wish::Say { review, body } => {
            let answer = answer?;
            let words = |text: &str| {
                text.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            (words(&answer.text) == words(body)).then(|| receipt(review, answer.at))
        }
        // It may be withdrawn twice without harm.
        Wish::Withdraw { .. } => None,
    }
}
