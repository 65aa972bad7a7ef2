//! A wish to be erased names a person by an id within the app, while those who write to a page are
//! known by an id of the page. Which of them it is must be asked for, with the app's own token.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Graph, id_in};
use super::{MATCHED_WISH, SIGNED_REQUEST, hook};
use crate::delivery::{Account, RawDelivery};
use crate::http::Http;
use crate::inbound::{Departure, Inbound, TranslateError, Translation};
use crate::outbound::SendError;
use crate::signature;

/// How long a question that fails is asked again before a person is told of the wish as it came.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Whether a delivery is a wish whose person must be asked for.
pub(crate) fn is_one(raw: &RawDelivery) -> bool {
    raw.kind == SIGNED_REQUEST
}

/// Asks who at our page the person of a wish is.
pub(crate) async fn follow_up(
    account: &Account,
    raw: &RawDelivery,
    http: &Http,
) -> Result<Vec<RawDelivery>, SendError> {
    if !is_one(raw) {
        return Ok(Vec::new());
    }
    let Ok(mut departure) = hook::wish(account, raw) else {
        return Ok(Vec::new());
    };
    match people(account, &departure.person, http).await {
        Ok(people) => departure.also = people,
        Err(error) if error.is_retryable() && account.now < raw.received_at.after(PATIENCE) => {
            return Err(error);
        }
        // Whoever cannot be asked for is looked for by a person.
        Err(_) => {}
    }
    let body = json!({
        "person": departure.person,
        "also": departure.also,
        "wish": departure.wish,
        "at": departure.at,
    });
    let body = body.to_string().into_bytes();
    Ok(vec![RawDelivery {
        kind: MATCHED_WISH.to_owned(),
        key: signature::sha256_hex(&raw.body),
        headers: Vec::new(),
        body,
        received_at: account.now,
    }])
}

/// Reads a wish whose person was asked for.
pub(crate) fn matched(_: &Account, raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let departure: Departure = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    Ok(Translation::of(Inbound::Departure(departure)))
}

async fn people(account: &Account, person: &str, http: &Http) -> Result<Vec<String>, SendError> {
    let missing = |name: &str| SendError::Forbidden(format!("{name} is not set"));
    let setting = |name: &str| account.setting(name).ok_or_else(|| missing(name));
    let secret = account.secret("app_secret");
    let secret = secret.ok_or_else(|| missing("app_secret"))?;
    // The id is written into an address.
    if !person.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Vec::new());
    }
    let token = format!("{}|{secret}", setting("app_id")?);
    let graph = Graph::with_token(account, http, &token)?;
    let page = setting("page_id")?;
    let reading = graph
        .ask(&[person, "ids_for_pages"], &[("page", page)])
        .await?;
    let found = reading.body.get("data").and_then(Value::as_array);
    let of_page = |one: &&Value| {
        one.pointer("/page/id")
            .and_then(Value::as_str)
            .is_none_or(|known| known == page)
    };
    let found = found.into_iter().flatten().filter(of_page);
    Ok(found.filter_map(|one| id_in(one, "id")).collect())
}
