//! Ours → theirs: the one answer to a review, which a second one replaces, and taking it back.

use serde_json::{Value, json};

use super::wire::Reply;
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
    match review::wish(outbound, &PUBLIC)? {
        Wish::Say { review, body } => {
            let place = (Method::Put, address(account, &format!("/{review}/reply"))?);
            let wish = json!({"comment": body});
            let answer = google::act(account, place, Some(&wish), http).await?;
            let reply: Reply = serde_json::from_slice(&answer.body).map_err(|error| {
                SendError::Uncertain(format!("the answer is not understood: {error}"))
            })?;
            let said = inbound::answer(&reply);
            Ok(review::receipt(
                review,
                said.map_or(account.now, |said| said.at),
            ))
        }
        Wish::Withdraw { review } => {
            let place = (
                Method::Delete,
                address(account, &format!("/{review}/reply"))?,
            );
            match google::act(account, place, None, http).await {
                // What is gone needs no deleting.
                Ok(_) | Err(SendError::RecipientGone(_)) => {
                    Ok(review::receipt(review, account.now))
                }
                Err(error) => Err(error),
            }
        }
    }
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
