//! Where kulant's answers arrive: signed, placed once by message id, and findable by it afterwards.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::wall_now;
use crate::faults::lock;
use crate::hub::{Hub, SharedHub};
use crate::item::rfc3339;
use crate::signature::{self, Signed};
use crate::world::{Answer, AnswerKind, Placed, Refused};

#[derive(Debug, Deserialize)]
struct Received {
    #[serde(rename = "type")]
    kind: String,
    message_id: String,
    of: Option<String>,
    body: Option<String>,
    reaction: Option<String>,
    visibility: Option<String>,
    in_reply_to: Option<String>,
    thread: Option<String>,
    recipient: Option<String>,
    author: Option<Signature>,
}

#[derive(Debug, Deserialize)]
struct Signature {
    signature: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LookUp {
    message_id: String,
}

/// `POST /answer`
pub(crate) async fn receive(
    State(hub): State<SharedHub>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(brand) = find_sender(&hub, &headers, &body) else {
        return refuse(StatusCode::UNAUTHORIZED, "no account has signed this");
    };
    let received: Received = match serde_json::from_slice(&body) {
        Ok(received) => received,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let Some(answer) = read(received) else {
        return refuse(StatusCode::BAD_REQUEST, "unknown type");
    };

    let placed = lock(&hub.world).answer(brand, &answer, hub.clock.now());
    hub.wake.notify_one();
    match placed {
        Ok(placed) => {
            let status = if placed.new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            (status, Json(describe(&hub, &placed))).into_response()
        }
        Err(Refused::Gone) => refuse(StatusCode::GONE, "there is nothing here to answer to"),
        Err(Refused::Text(detail)) => refuse(StatusCode::UNPROCESSABLE_ENTITY, detail),
    }
}

/// `GET /answers?message_id=`
pub(crate) async fn look_up(
    State(hub): State<SharedHub>,
    Query(query): Query<LookUp>,
    headers: HeaderMap,
) -> Response {
    if find_sender(&hub, &headers, b"").is_none() {
        return refuse(StatusCode::UNAUTHORIZED, "no account has signed this");
    }
    let placed = lock(&hub.world).find_answer(&query.message_id);
    match placed {
        Some(placed) => Json(describe(&hub, &placed)).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "no answer has this message id"),
    }
}

fn describe(hub: &Hub, placed: &Placed) -> Value {
    let root = lock(&hub.world).network().root_of(&placed.id).to_owned();
    json!({
        "id": placed.id,
        "time": rfc3339(placed.time),
        "url": format!("{}/post/{root}#{}", hub.base_url, placed.id),
    })
}

fn refuse(status: StatusCode, detail: &str) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}

/// The company whose account has signed a request.
fn find_sender(hub: &Hub, headers: &HeaderMap, body: &[u8]) -> Option<usize> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = Signed {
        id: text("webhook-id")?,
        timestamp: text("webhook-timestamp")?,
        signature: text("webhook-signature")?,
    };
    let now_seconds = wall_now() / 1_000;
    hub.list_accounts()
        .into_iter()
        .find(|(_, link)| signature::verify(&link.secret, signed, body, now_seconds))
        .map(|(brand, _)| brand)
}

fn read(received: Received) -> Option<Answer> {
    let kind = match received.kind.as_str() {
        "reply" => AnswerKind::Reply,
        "edit" => AnswerKind::Edit,
        "delete" => AnswerKind::Delete,
        "reaction" => AnswerKind::Reaction,
        "unreaction" => AnswerKind::Unreaction,
        _ => return None,
    };
    let mut body = received.body.unwrap_or_default();
    let signature = received.author.and_then(|author| author.signature);
    // Shown as the companies of this network do it: the signature stands under the text.
    let wanted = |signature: &String| {
        !signature.is_empty() && !body.trim().is_empty() && !body.contains(signature)
    };
    if let Some(signature) = signature.filter(wanted) {
        body.push('\n');
        body.push_str(&signature);
    }
    Some(Answer {
        kind,
        message_id: received.message_id,
        body,
        private: received.visibility.as_deref() == Some("private"),
        in_reply_to: received.in_reply_to,
        thread: received.thread,
        recipient: received.recipient,
        of: received.of,
        reaction: received.reaction,
    })
}
