//! Reviews of a place on Google's map → ours.

use kulant_model::time::Timestamp;
use serde_json::Value;

use super::wire::{Record, Reply};
use crate::inbound::TranslateError;
use crate::review::{Answer, Review};

const STARS: [&str; 5] = ["ONE", "TWO", "THREE", "FOUR", "FIVE"];

pub(super) fn read(item: &Value) -> Result<Review, TranslateError> {
    let record: Record = serde_json::from_value(item.clone())
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    let at = moment("createTime", record.create_time.as_deref())?;
    let stars = STARS.iter().position(|word| *word == record.star_rating);
    Ok(Review {
        id: record.review_id,
        author: record
            .reviewer
            .display_name
            .filter(|_| !record.reviewer.is_anonymous),
        stars: stars.map(|stars| stars as u64 + 1),
        title: None,
        text: record.comment,
        at,
        changed_at: match record.update_time.as_deref() {
            Some(time) => moment("updateTime", Some(time))?,
            None => at,
        },
        url: None,
        answer: record
            .review_reply
            .map(|reply| answer(&reply))
            .transpose()?,
    })
}

pub(super) fn answer(reply: &Reply) -> Result<Answer, TranslateError> {
    Ok(Answer {
        text: reply.comment.clone(),
        at: moment("reviewReply.updateTime", reply.update_time.as_deref())?,
    })
}

fn moment(name: &str, text: Option<&str>) -> Result<Timestamp, TranslateError> {
    text.ok_or_else(|| TranslateError::missing(name))?
        .parse()
        .map_err(|error| TranslateError::bad(name, error))
}
