//! Reviews of an app in Apple's App Store → ours.

use jiff::tz::TimeZone;
use kulant_model::time::Timestamp;
use serde_json::Value;

use super::wire::{Record, Response};
use crate::inbound::TranslateError;
use crate::review::{Answer, Review};
use crate::time::parse_time;

pub(super) fn read(item: &Value) -> Result<Review, TranslateError> {
    let record: Record = serde_json::from_value(item.clone())
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let said = record.attributes;
    let at = moment("createdDate", said.created_date.as_deref())?;
    Ok(Review {
        id: record.id,
        author: said.reviewer_nickname,
        stars: said.rating,
        title: said.title,
        text: said.body,
        // A changed review has a new date; what it was before is not told.
        at,
        changed_at: at,
        url: None,
        answer: record
            .response
            .map(|response| answer(&response))
            .transpose()?,
    })
}

pub(super) fn answer(response: &Response) -> Result<Answer, TranslateError> {
    let said = &response.attributes;
    Ok(Answer {
        text: said.response_body.clone(),
        at: moment("lastModifiedDate", said.last_modified_date.as_deref())?,
    })
}

fn moment(name: &str, text: Option<&str>) -> Result<Timestamp, TranslateError> {
    let text = text.ok_or_else(|| TranslateError::missing(name))?;
    parse_time(text, &TimeZone::UTC).ok_or_else(|| TranslateError::bad(name, "not a time"))
}
