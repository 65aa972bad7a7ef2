//! Meta's refusals → our classes, by code and subcode and never by text, because texts are translated.
//! One table for all three channels: their codes do not overlap.

use std::time::Duration;

use kulant_model::time::Timestamp;
use serde_json::Value;

use super::usage::Usage;
use crate::http::Answer;
use crate::outbound::SendError;

/// What a code means for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Passes by itself.
    Later,
    /// A limit: wait what the network says, or this many seconds.
    Limit(u64),
    /// The token is dead.
    Token,
    /// The time for answering is over.
    Window,
    /// The person or the post is gone.
    Gone,
    /// These words, this file or this template cannot go out.
    Content,
    Forbidden,
    /// The same was said before.
    Twice,
}

const HOUR: u64 = 3_600;

/// Codes from, codes to, the subcode where it matters, and what they mean; the first row counts.
const TABLE: &[(i64, i64, Option<i64>, Meaning)] = &[
    // Windows and people, told apart from missing permissions by the subcode alone.
    (10, 10, Some(2_018_278), Meaning::Window),
    (10, 10, Some(2_534_022), Meaning::Window),
    (2, 2, Some(2_018_344), Meaning::Forbidden),
    (100, 100, Some(2_018_001), Meaning::Gone),
    (100, 100, Some(33), Meaning::Gone),
    // Common to all.
    (0, 0, None, Meaning::Token),
    (1, 2, None, Meaning::Later),
    (3, 3, None, Meaning::Forbidden),
    (4, 4, None, Meaning::Limit(HOUR)),
    (10, 10, None, Meaning::Forbidden),
    (17, 17, None, Meaning::Limit(HOUR)),
    (32, 32, None, Meaning::Limit(HOUR)),
    (100, 100, None, Meaning::Content),
    (102, 102, None, Meaning::Token),
    (190, 190, None, Meaning::Token),
    (200, 299, None, Meaning::Forbidden),
    // A picture that is none, or too large.
    (324, 324, None, Meaning::Content),
    (368, 368, None, Meaning::Forbidden),
    (506, 506, None, Meaning::Twice),
    (551, 551, None, Meaning::Gone),
    (613, 613, None, Meaning::Limit(HOUR)),
    (803, 803, None, Meaning::Gone),
    (1_200, 1_200, None, Meaning::Later),
    // A public message that was answered in private before, by us or in Meta's own inbox.
    (10_900, 10_900, None, Meaning::Twice),
    (10_903, 10_903, None, Meaning::Gone),
    (80_001, 80_014, None, Meaning::Limit(HOUR)),
    // WhatsApp.
    (130_429, 130_429, None, Meaning::Limit(60)),
    (130_472, 130_497, None, Meaning::Forbidden),
    (131_000, 131_000, None, Meaning::Later),
    (131_005, 131_005, None, Meaning::Forbidden),
    (131_008, 131_009, None, Meaning::Content),
    (131_016, 131_016, None, Meaning::Later),
    (131_021, 131_021, None, Meaning::Content),
    (131_026, 131_026, None, Meaning::Gone),
    (131_030, 131_045, None, Meaning::Forbidden),
    (131_047, 131_047, None, Meaning::Window),
    (131_048, 131_048, None, Meaning::Limit(HOUR)),
    (131_049, 131_050, None, Meaning::Forbidden),
    (131_051, 131_053, None, Meaning::Content),
    (131_056, 131_056, None, Meaning::Limit(6)),
    (131_057, 131_057, None, Meaning::Later),
    (131_062, 131_062, None, Meaning::Content),
    (132_015, 132_016, None, Meaning::Forbidden),
    (132_000, 132_999, None, Meaning::Content),
    (133_004, 133_004, None, Meaning::Later),
    (133_000, 133_999, None, Meaning::Forbidden),
];

/// Reads an answer that is no yes; `body` is what could be read of it as JSON.
pub(crate) fn of_answer(answer: &Answer, body: Option<&Value>, now: Timestamp) -> SendError {
    let usage = Usage::of(answer);
    let wait = usage.opens_in.or_else(|| answer.retry_after(now));
    if let Some(error) = body
        .and_then(|body| body.get("error"))
        .filter(|error| error.is_object())
    {
        return of_error(error, wait, answer.status);
    }
    let detail = format!("status {} {}", answer.status, answer.excerpt());
    match answer.status {
        401 => SendError::AuthBroken(detail),
        300..=399 | 403 => SendError::Forbidden(detail),
        404 | 410 => SendError::RecipientGone(detail),
        // Somebody on the way gave up waiting; Meta may have acted.
        408 | 504 => SendError::Uncertain(detail),
        413 => SendError::ContentRejected(detail),
        429 => limited(wait, HOUR, detail),
        500..=599 => match wait {
            Some(wait) => SendError::RetryAfter { wait, detail },
            None => SendError::RetryBackoff(detail),
        },
        _ => SendError::Bug(detail),
    }
}

/// Reads one error object, as it stands in an answer.
fn of_error(error: &Value, wait: Option<Duration>, status: u16) -> SendError {
    let number = |name: &str| error.get(name).and_then(Value::as_i64);
    let code = number("code");
    let detail = words(error);
    let known = code.and_then(|code| meaning(code, number("error_subcode")));
    let passes = error.get("is_transient").and_then(Value::as_bool) == Some(true);
    match known {
        Some(meaning) => class(meaning, wait, detail),
        None if passes || status >= 500 => SendError::RetryBackoff(detail),
        None if status == 401 => SendError::AuthBroken(detail),
        None if status == 403 => SendError::Forbidden(detail),
        None if status == 429 => limited(wait, HOUR, detail),
        None => SendError::Bug(detail),
    }
}

/// Returns class and words of an error that was told later, by the hook.
pub(crate) fn told_later(error: &Value) -> (String, String) {
    let refused = of_error(error, None, 400);
    (refused.class().to_owned(), words(error))
}

fn meaning(code: i64, subcode: Option<i64>) -> Option<Meaning> {
    TABLE
        .iter()
        .find(|(from, to, wanted, _)| {
            (*from..=*to).contains(&code) && (wanted.is_none() || *wanted == subcode)
        })
        .map(|(_, _, _, meaning)| *meaning)
}

fn class(meaning: Meaning, wait: Option<Duration>, detail: String) -> SendError {
    match meaning {
        Meaning::Later => SendError::RetryBackoff(detail),
        Meaning::Limit(seconds) => limited(wait, seconds, detail),
        Meaning::Token => SendError::AuthBroken(detail),
        Meaning::Window => SendError::WindowClosed(detail),
        Meaning::Gone => SendError::RecipientGone(detail),
        Meaning::Content => SendError::ContentRejected(detail),
        Meaning::Forbidden => SendError::Forbidden(detail),
        Meaning::Twice => SendError::Duplicate { network_id: None },
    }
}

fn limited(wait: Option<Duration>, seconds: u64, detail: String) -> SendError {
    SendError::RetryAfter {
        wait: wait.unwrap_or(Duration::from_secs(seconds)),
        detail,
    }
}

/// Returns what Meta says to people where it does, and the code for those who look it up.
fn words(error: &Value) -> String {
    let text = |name: &str| {
        error
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    };
    let details = error
        .get("error_data")
        .and_then(|more| more.get("details"))
        .and_then(Value::as_str);
    let said = text("error_user_msg")
        .or(details)
        .or_else(|| text("message"))
        .or_else(|| text("title"))
        .unwrap_or("refused");
    let said: String = said.chars().take(400).collect();
    let number = |name: &str| error.get(name).and_then(Value::as_i64);
    match (number("code"), number("error_subcode")) {
        (Some(code), Some(subcode)) => format!("{said} ({code}/{subcode})"),
        (Some(code), None) => format!("{said} ({code})"),
        _ => said,
    }
}
