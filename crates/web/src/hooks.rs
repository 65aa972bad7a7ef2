//! `/hooks/{key}`: the networks' deliveries. Known hook, raw body with a limit, genuine or not, stored
//! or not; nothing is read before the signature is checked, and everything else happens later.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use kulant_care::accept::{Accepted, Handed, HookAnswer, NotAccepted, accept, answer_handshake};
use kulant_care::{Care, has_hook};

use crate::input::{Path, Query};
use crate::problem::Problem;

/// Answers a network that asks whether a hook is ours, where it does ask.
pub async fn shake_hands(
    State(care): State<Care>,
    Path(key): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let answer = answer_handshake(&care, &key, &query).await?;
    Ok(told(answer.ok_or_else(Problem::not_found)?))
}

/// Takes a delivery; it is durable when this answers.
pub async fn receive(
    State(care): State<Care>,
    Path(key): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    // A stranger's body is not waited for.
    if !has_hook(&care, &key).await? {
        return Err(Problem::not_found());
    }
    let (parts, body) = request.into_parts();
    let most = care.settings.longest_delivery_bytes;
    if told_length(&parts.headers).is_some_and(|length| length > most) {
        return Err(Problem::too_large());
    }
    let body = to_bytes(body, most)
        .await
        .map_err(|_| Problem::too_large())?;

    let handed = Handed {
        query: parts.uri.query().map(str::to_owned),
        headers: kept_headers(&parts.headers),
        body: body.into(),
    };
    let (accepted, answer) = accept(&care, &key, handed)
        .await
        .map_err(|error| match error {
            NotAccepted::NoInbox => Problem::not_found(),
            NotAccepted::NotGenuine(why) => {
                Problem::new(StatusCode::UNAUTHORIZED, "not_genuine").detail(why.to_string())
            }
            NotAccepted::Care(error) => error.into(),
        })?;
    Ok(match accepted {
        // Whoever is told that it will be read later is told as well that it was there before.
        Accepted::Duplicate if answer.status == StatusCode::ACCEPTED.as_u16() => told(
            HookAnswer::json(200, r#"{"accepted":true,"duplicate":true}"#),
        ),
        Accepted::Stored | Accepted::Duplicate => told(answer),
    })
}

fn told(answer: HookAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    if status.is_client_error() {
        return Problem::new(status, "not_genuine")
            .detail(answer.body)
            .into_response();
    }
    (status, [(CONTENT_TYPE, answer.media_type)], answer.body).into_response()
}

/// Returns the headers that are kept with the delivery: all that are text, but nobody's
/// cookies and passwords.
fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| **name != COOKIE && **name != AUTHORIZATION)
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

fn told_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
