//! Ours → theirs: the one answer to a review, which a second one replaces, and taking it back.

use serde_json::json;

use super::ask::{self, address};
use super::wire::{Response, Single};
use super::{PUBLIC, inbound};
use crate::delivery::Account;
use crate::http::{Http, Method};
use crate::outbound::{Outbound, Receipt, SendError};
use crate::review::{self, Wish};

const RESPONSES: &str = "/v1/customerReviewResponses";

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    match review::wish(outbound, &PUBLIC)? {
        Wish::Say { review, body } => {
            let wish = json!({"data": {
                "type": "customerReviewResponses",
                "attributes": {"responseBody": body},
                "relationships": {"review": {"data": {"type": "customerReviews", "id": review}}},
            }});
            let place = (Method::Post, address(account, RESPONSES));
            let answer = ask::act(account, place, Some(&wish), http).await?;
            let made: Single = serde_json::from_slice(&answer.body).map_err(|error| {
                SendError::Uncertain(format!("the answer is not understood: {error}"))
            })?;
            let said = inbound::answer(&made.data);
            Ok(review::receipt(
                review,
                said.map_or(account.now, |said| said.at),
            ))
        }
        Wish::Withdraw { review } => {
            if let Some(response) = find(account, review, http).await? {
                let path = format!("{RESPONSES}/{}", response.id);
                let place = (Method::Delete, address(account, &path));
                match ask::act(account, place, None, http).await {
                    // What is gone needs no deleting.
                    Ok(_) | Err(SendError::RecipientGone(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(review::receipt(review, account.now))
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
    let response = find(account, review, http).await?;
    let answer = response
        .map(|response| inbound::answer(&response))
        .transpose();
    let answer = answer.map_err(|error| SendError::Unreadable(error.to_string()))?;
    Ok(review::found(&wish, answer))
}

async fn find(account: &Account, review: &str, http: &Http) -> Result<Option<Response>, SendError> {
    let place = address(account, &format!("/v1/customerReviews/{review}/response"));
    match ask::ask_for::<Single>(account, place, http).await {
        Ok(single) => Ok(Some(single.data)),
        Err(SendError::RecipientGone(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
