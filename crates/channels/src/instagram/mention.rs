//! Mentions: Instagram tells only where we were mentioned, so the words are fetched. A mention is
//! known by the media it stands at and its comment, because answering it needs both.

use serde_json::{Value, json};

use super::wire::{MENTION, MENTIONED_COMMENT_FIELDS, MENTIONED_MEDIA_FIELDS};
use crate::delivery::{Account, RawDelivery};
use crate::graph::GRAPH;
use crate::graph::client::{Graph, id_in};
use crate::http::Http;
use crate::outbound::SendError;
use crate::signature;

const PREFIX: &str = "mention:";

/// Makes the id by which a mention is known here.
pub(super) fn id_of(media: &str, comment: Option<&str>) -> String {
    match comment {
        Some(comment) => format!("{PREFIX}{media}:{comment}"),
        None => format!("{PREFIX}{media}"),
    }
}

/// Returns media and comment of such an id.
pub(super) fn parts(id: &str) -> Option<(&str, Option<&str>)> {
    let rest = id.strip_prefix(PREFIX)?;
    Some(match rest.split_once(':') {
        Some((media, comment)) => (media, Some(comment)),
        None => (rest, None),
    })
}

/// Fetches the words of every mention in a delivery.
pub(super) async fn follow_up(
    account: &Account,
    raw: &RawDelivery,
    http: &Http,
) -> Result<Vec<RawDelivery>, SendError> {
    let body: Value = serde_json::from_slice(&raw.body).unwrap_or_default();
    if raw.kind != GRAPH {
        return Ok(Vec::new());
    }
    let own = super::account_id(account)?;
    let mut deliveries = Vec::new();
    for (media, comment) in mentions(&body, own) {
        let graph = Graph::open(account, http)?;
        let (field, fields) = match &comment {
            Some(comment) => (
                "mentioned_comment",
                format!("mentioned_comment.comment_id({comment}){MENTIONED_COMMENT_FIELDS}"),
            ),
            None => (
                "mentioned_media",
                format!("mentioned_media.media_id({media}){MENTIONED_MEDIA_FIELDS}"),
            ),
        };
        let reading = match graph.ask(&[own], &[("fields", &fields)]).await {
            // Taken back before we could read it, or said by a private account; the others of the
            // delivery are fetched all the same.
            Err(SendError::RecipientGone(_) | SendError::Forbidden(_)) => continue,
            reading => reading?,
        };
        let found = reading.body.get(field).cloned().unwrap_or_default();
        let body = json!({"media_id": media, "comment_id": comment, "found": found});
        let body = body.to_string().into_bytes();
        deliveries.push(RawDelivery {
            kind: MENTION.to_owned(),
            key: signature::sha256_hex(&body),
            headers: Vec::new(),
            body,
            received_at: account.now,
        });
    }
    Ok(deliveries)
}

/// Returns whether a delivery tells of mentions of us.
pub(super) fn is_in(account: &Account, raw: &RawDelivery) -> bool {
    let Ok(own) = super::account_id(account) else {
        return false;
    };
    let body: Value = serde_json::from_slice(&raw.body).unwrap_or_default();
    raw.kind == GRAPH && !mentions(&body, own).is_empty()
}

/// Returns media and comment of each mention; ids are numbers and nothing else, because they are
/// written into a question.
fn mentions(body: &Value, own: &str) -> Vec<(String, Option<String>)> {
    let entries = body.get("entry").and_then(Value::as_array);
    let entries = entries
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("id").and_then(Value::as_str) == Some(own));
    let mut found = Vec::new();
    for entry in entries {
        let changes = entry.get("changes").and_then(Value::as_array);
        let changes = changes.into_iter().flatten().chain([entry]);
        for change in changes {
            if change.get("field").and_then(Value::as_str) != Some("mentions") {
                continue;
            }
            let number = |name: &str| {
                id_in(change.get("value")?, name)
                    .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
            };
            if let Some(media) = number("media_id") {
                found.push((media, number("comment_id")));
            }
        }
    }
    found
}
