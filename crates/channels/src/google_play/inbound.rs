//! Reviews of an app at Google Play → ours.

use jiff::tz::TimeZone;
use kulant_model::time::Timestamp;
use serde_json::Value;

use super::wire::{Entry, Moment, Record};
use crate::inbound::TranslateError;
use crate::review::{Answer, Review};
use crate::time::parse_time;

pub(super) fn read(item: &Value) -> Result<Review, TranslateError> {
    let record: Record = serde_json::from_value(item.clone())
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let mut said = None;
    let mut answer = None;
    for entry in record.comments {
        match entry {
            Entry {
                user: Some(user), ..
            } => said = Some(user),
            Entry {
                developer: Some(developer),
                ..
            } => answer = Some(developer),
            Entry { .. } => {}
        }
    }
    let said = said.ok_or_else(|| TranslateError::missing("userComment"))?;
    // Old reviews had a title, which stands before a tab.
    let (title, text) = match said.text.split_once('\t') {
        Some((title, text)) => (title.trim(), text.trim()),
        None => ("", said.text.trim()),
    };
    let at = moment(&said.last_modified)?;
    Ok(Review {
        id: record.review_id,
        author: record.author_name,
        stars: said.star_rating,
        title: (!title.is_empty()).then(|| title.to_owned()),
        text: text.to_owned(),
        // Google Play tells when a review was changed last, and not when it was written.
        at,
        changed_at: at,
        url: None,
        answer: answer
            .map(|answer| {
                Ok::<_, TranslateError>(Answer {
                    at: moment(&answer.last_modified)?,
                    text: answer.text,
                })
            })
            .transpose()?,
    })
}

pub(super) fn moment(moment: &Moment) -> Result<Timestamp, TranslateError> {
    let seconds = match &moment.seconds {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(TranslateError::missing("lastModified.seconds")),
    };
    parse_time(&seconds, &TimeZone::UTC)
        .ok_or_else(|| TranslateError::bad("lastModified.seconds", "not a time"))
}
