//! Ours → Twilio's messages, the classes of its refusals, and the look into the list of messages for
//! one whose answer was lost.

use kulant_model::message::Visibility;
use url::Url;

use super::inbound::at;
use super::wire::{self, OUR_MESSAGE, Record};
use super::{SIDE, address, authorised, origin};
use crate::delivery::Account;
use crate::http::{Answer, Http, HttpError, Request};
use crate::outbound::{Action, Outbound, Receipt, SendError};

const LOOK_UP_PAGE: &str = "100";
/// The most pages that are looked through.
const LOOK_UP_PAGES: usize = 10;
/// What Twilio writes for signs that would make a message dearer, where it may: ours → theirs.
const FOLDED: &[(&[char], &str)] = &[
    (&['„', '“', '”', '«', '»', '″'], "\""),
    (&['‚', '‘', '’', '‹', '›', '′', '`', '´'], "'"),
    (&['‐', '‑', '‒', '–', '—', '―', '−'], "-"),
    (&['…'], "..."),
];
/// What stands before the words of an account that pays nothing yet.
const TRIAL: &str = "Sent from your Twilio trial account - ";

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    let Action::Reply { body, attachments } = &outbound.action else {
        let detail = "what was sent to a telephone stays as it is";
        return Err(SendError::Forbidden(detail.to_owned()));
    };
    if !attachments.is_empty() {
        return Err(SendError::ContentRejected("no files by SMS".to_owned()));
    }
    if body.trim().is_empty() {
        return Err(SendError::ContentRejected("the text is empty".to_owned()));
    }
    if !SIDE.fits(body) {
        let detail = "longer than the 1,600 units that Twilio takes";
        return Err(SendError::ContentRejected(detail.to_owned()));
    }
    let (ours, theirs) = numbers(account, outbound)?;

    let mut fields = vec![("To", theirs.as_str()), ("Body", body.as_str())];
    match (account.setting("messaging_service"), &ours) {
        (Some(service), _) => fields.push(("MessagingServiceSid", service)),
        (None, Some(number)) => fields.push(("From", number)),
        (None, None) => {
            let detail = "the inbox has neither a number nor a messaging service";
            return Err(SendError::Forbidden(detail.to_owned()));
        }
    }
    let callback = callback(account, &outbound.message_id);
    if let Some(callback) = &callback {
        fields.push(("StatusCallback", callback.as_str()));
    }
    let request = Request::post_form(address(account, "/Messages.json")?, &fields);
    let answer = http.send(authorised(account, request)?).await?;
    match answer.status {
        200..=299 => serde_json::from_slice::<Record>(&answer.body)
            .map(|record| receipt(account, &record))
            .map_err(|error| {
                SendError::Uncertain(format!("the answer is not understood: {error}"))
            }),
        _ => Err(refusal(account, &answer)),
    }
}

/// Looks among the newest messages to that number for these words, as Twilio may have written them.
pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let (_, theirs) = numbers(account, outbound)?;
    let wanted = folded(outbound.body().unwrap_or_default());
    let begin = outbound.looked_for_since(account.now);
    let mut url = Url::parse(&address(account, "/Messages.json")?)
        .map_err(|error| SendError::Forbidden(error.to_string()))?;
    // No day is asked for: what has not left yet has none.
    url.query_pairs_mut()
        .append_pair("To", &theirs)
        .append_pair("PageSize", LOOK_UP_PAGE);
    let mut next = String::from(url);
    for _ in 0..LOOK_UP_PAGES {
        let answer = http
            .send(authorised(account, Request::get(next))?)
            .await
            .map_err(HttpError::when_asking)?;
        if !matches!(answer.status, 200..=299) {
            return Err(refusal(account, &answer));
        }
        let page: wire::Page = serde_json::from_slice(&answer.body)
            .map_err(|error| SendError::Unreadable(error.to_string()))?;
        let mut behind = false;
        let found = page
            .messages
            .into_iter()
            .filter_map(|message| serde_json::from_value::<Record>(message).ok())
            .find(|record| {
                let created = record.date_created.as_deref().and_then(at);
                behind |= created.is_some_and(|created| created < begin);
                record.direction.starts_with("outbound")
                    // The same words said before are not meant.
                    && !outbound.references.contains(&record.sid)
                    && record.to.as_deref() == Some(theirs.as_str())
                    && record.body.as_deref().is_some_and(|body| folded(body) == wanted)
                    && created.is_some_and(|created| created >= begin)
            });
        // The newest come first.
        match page.next_page_uri.filter(|_| found.is_none() && !behind) {
            Some(path) => next = format!("{}{path}", origin(account)),
            None => return Ok(found.map(|record| receipt(account, &record))),
        }
    }
    let detail = "too many messages to look through".to_owned();
    Err(SendError::Uncertain(detail))
}

/// Returns a text as it is the same whatever Twilio made of its signs.
fn folded(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix(TRIAL).unwrap_or(text);
    let mut folded = String::with_capacity(text.len());
    for sign in text.chars() {
        match FOLDED.iter().find(|(ours, _)| ours.contains(&sign)) {
            Some((_, theirs)) => folded.push_str(theirs),
            None => folded.push(sign),
        }
    }
    // Spaces of every width become one.
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns our number, where one is known, and theirs.
fn numbers(account: &Account, outbound: &Outbound) -> Result<(Option<String>, String), SendError> {
    if outbound.visibility != Visibility::Private {
        return Err(SendError::Forbidden("an SMS is private".to_owned()));
    }
    let thread = outbound
        .thread
        .as_deref()
        .and_then(|thread| thread.split_once('/'));
    if let Some((ours, theirs)) = thread {
        return Ok((Some(ours.to_owned()), theirs.to_owned()));
    }
    let theirs = outbound
        .recipient
        .clone()
        .ok_or_else(|| SendError::RecipientGone("no number to write to".to_owned()))?;
    Ok((account.setting("number").map(str::to_owned), theirs))
}

/// Returns the address for news of a message, which carries our id, because nothing else does.
fn callback(account: &Account, message_id: &str) -> Option<String> {
    let mut url = Url::parse(&account.hook_url).ok()?;
    url.query_pairs_mut().append_pair(OUR_MESSAGE, message_id);
    Some(url.into())
}

fn receipt(account: &Account, record: &Record) -> Receipt {
    Receipt {
        pause: None,
        network_id: record.sid.clone(),
        at: record
            .date_created
            .as_deref()
            .and_then(at)
            .unwrap_or(account.now),
        url: None,
    }
}

/// Returns the class of one of Twilio's numbers for what went wrong after a message was taken.
pub(super) fn class_of(code: Option<u32>) -> &'static str {
    class(code.unwrap_or_default(), String::new())
        .unwrap_or(SendError::Bug(String::new()))
        .class()
}

/// Finds the class of a number of Twilio's; none for those that say no more than the status.
fn class(code: u32, detail: String) -> Option<SendError> {
    Some(match code {
        // Not authenticated, account suspended.
        20_003 | 20_005 | 30_002 => SendError::AuthBroken(detail),
        // No such number, blocked, unknown, a landline.
        21_211 | 21_214 | 21_217 | 21_614 | 30_004..=30_006 | 63_003 => {
            SendError::RecipientGone(detail)
        }
        // The person sent STOP.
        21_610 => SendError::OptedOut(detail),
        // No permission for the region, the sender or the way.
        21_408 | 21_606 | 21_608 | 21_612 | 21_659 | 21_660 => SendError::Forbidden(detail),
        // No text, too long, filtered.
        21_602 | 21_605 | 21_617 | 21_619 | 30_007 | 30_019 => SendError::ContentRejected(detail),
        // WhatsApp: more than a day since they wrote.
        63_016 => SendError::WindowClosed(detail),
        // Queue full, not reachable now, unknown.
        20_429 | 21_611 | 30_001 | 30_003 | 30_008 | 63_018 => SendError::RetryBackoff(detail),
        _ => return None,
    })
}

pub(super) fn refusal(account: &Account, answer: &Answer) -> SendError {
    let refused: wire::Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let detail = match refused.code {
        Some(code) => format!("{code}: {}", refused.message),
        None => format!("status {} {}", answer.status, answer.excerpt()),
    };
    if let Some(wait) = answer.retry_after(account.now)
        && matches!(answer.status, 429 | 503)
    {
        return SendError::RetryAfter { wait, detail };
    }
    let by_number = refused.code.and_then(|code| class(code, detail.clone()));
    if let Some(error) = by_number {
        return error;
    }
    match answer.status {
        // The account stands in the address: not to be found is a wrong account.
        401 | 404 => SendError::AuthBroken(detail),
        400 | 413 | 422 => SendError::ContentRejected(detail),
        403 | 300..=399 => SendError::Forbidden(detail),
        429 | 500..=599 => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}
