//! Ours → theirs: the one answer to a review, which a second one replaces. It cannot be taken back.

use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::wire::Replied;
use super::{PUBLIC, address, inbound};
use crate::delivery::Account;
use crate::google;
use crate::http::{Http, Method};
use crate::outbound::{Outbound, Receipt, SendError};
use crate::review::{self, Wish};

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    let Wish::Say { review, body } = review::wish(outbound, &PUBLIC)? else {
        let detail = "Google Play lets no program take an answer back";
        return Err(SendError::Forbidden(detail.to_owned()));
    };
    let place = (Method::Post, address(account, &format!("/{review}:reply"))?);
    let wish = json!({"replyText": body});
    let answer = google::act(account, place, Some(&wish), http).await?;
    let replied: Replied = serde_json::from_slice(&answer.body)
        .map_err(|error| SendError::Uncertain(format!("the answer is not understood: {error}")))?;
    let at: Timestamp = inbound::moment(&replied.result.last_edited).unwrap_or(account.now);
    Ok(review::receipt(review, at))
}

/// Looks whether the review is answered with these very words.
pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let wish = review::wish(outbound, &PUBLIC)?;
    let Wish::Say { review, .. } = &wish else {
        return Ok(None);
    };
    let place = address(account, &format!("/{review}"))?;
    let item: Value = match google::ask_for(account, place, http).await {
        Err(SendError::RecipientGone(_)) => return Ok(None),
        other => other?,
    };
    let known = inbound::read(&item).map_err(|error| SendError::Unreadable(error.to_string()))?;
    Ok(review::found(&wish, known.answer))
}
