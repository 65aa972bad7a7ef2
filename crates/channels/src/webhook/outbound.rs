//! Ours → theirs: signed requests to the answer address and the look-up address.
//! A retry carries the same delivery id, by which the receiver can tell that it knows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::Value;
use url::Url;

use super::{FILES, wire};
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::http::{self, Http, Request};
use crate::outbound::{Action, Outbound, Receipt, SendError};
use crate::signature;

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    let address = account
        .setting("answer_url")
        .ok_or_else(|| SendError::Forbidden("the inbox has no answer address".to_owned()))?;
    if matches!(outbound.action, Action::Hide { .. }) && outbound.visibility != Visibility::Public {
        return Err(SendError::Forbidden(
            "only what is public can be hidden".to_owned(),
        ));
    }
    if let Action::Reply { attachments, .. } = &outbound.action {
        files::check(attachments, &[FileKind::any(FILES.bytes_each)])?;
        if attachments.len() > FILES.count {
            return Err(SendError::ContentRejected(format!(
                "no more than {} files",
                FILES.count
            )));
        }
    }
    let body =
        serde_json::to_vec(&answer(outbound)).map_err(|error| SendError::Bug(error.to_string()))?;

    let mut request = Request::post_json(address, body);
    request
        .headers
        .extend(signed(account, &delivery_id(outbound), &request.body)?);
    let answer = http.send(request).await?;

    if matches!(answer.status, 200..=299) {
        let known_as = match &outbound.action {
            Action::Reply { .. } => outbound.message_id.as_str(),
            Action::Edit { network_id, .. }
            | Action::Delete { network_id }
            | Action::React { network_id, .. }
            | Action::Hide { network_id, .. } => network_id,
        };
        receipt(&answer, known_as, account.now).map_err(SendError::Uncertain)
    } else {
        let refused = refusal(&answer, account.now);
        let nameless = refused == SendError::Duplicate { network_id: None };
        if nameless && account.setting("lookup_url").is_some() {
            // What it says to have, and does not find, nobody knows of.
            let contradicts = "the receiver says to have it, and does not find it";
            return match look_up(account, &outbound.message_id, http).await {
                Ok(Some(receipt)) => Ok(receipt),
                Ok(None) => Err(SendError::Uncertain(contradicts.to_owned())),
                Err(_) => Err(refused),
            };
        }
        Err(refused)
    }
}

pub(super) async fn look_up(
    account: &Account,
    message_id: &str,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let address = account
        .setting("lookup_url")
        .ok_or_else(|| SendError::Uncertain("the inbox has no look-up address".to_owned()))?;
    let mut address =
        Url::parse(address).map_err(|error| SendError::Forbidden(error.to_string()))?;
    address
        .query_pairs_mut()
        .append_pair("message_id", message_id);

    let mut request = Request::get(address);
    request.headers = signed(account, &format!("msg_{message_id}_look_up"), b"")?;
    let answer = http
        .send(request)
        .await
        .map_err(http::HttpError::when_asking)?;

    match answer.status {
        200..=299 => receipt(&answer, message_id, account.now)
            .map(Some)
            .map_err(SendError::Bug),
        404 | 410 => Ok(None),
        _ => Err(refusal(&answer, account.now)),
    }
}

fn answer(outbound: &Outbound) -> wire::Answer<'_> {
    let mut answer = wire::Answer {
        kind: "reply",
        message_id: &outbound.message_id,
        of: None,
        body: outbound.body(),
        reaction: None,
        visibility: outbound.visibility.word(),
        in_reply_to: outbound.in_reply_to.as_deref(),
        thread: outbound.thread.as_deref(),
        recipient: outbound.recipient.as_deref(),
        author: wire::Author {
            signature: outbound.signature.as_deref(),
        },
        attachments: Vec::new(),
    };
    match &outbound.action {
        Action::Reply { attachments, .. } => {
            answer.attachments = attachments
                .iter()
                .map(|file| wire::Attachment {
                    name: &file.name,
                    media_type: &file.media_type,
                    size: file.bytes.len(),
                    alt: file.alt.as_deref(),
                    content: STANDARD.encode(&file.bytes),
                })
                .collect();
        }
        Action::Edit { network_id, .. } => {
            answer.kind = "edit";
            answer.of = Some(network_id);
        }
        Action::Delete { network_id } => {
            answer.kind = "delete";
            answer.of = Some(network_id);
        }
        Action::React {
            network_id,
            kind,
            added,
        } => {
            answer.kind = if *added { "reaction" } else { "unreaction" };
            answer.of = Some(network_id);
            answer.reaction = Some(kind);
        }
        Action::Hide { network_id, hidden } => {
            answer.kind = if *hidden { "hide" } else { "unhide" };
            answer.of = Some(network_id);
        }
    }
    answer
}

/// Names what is done, the same on every retry and different for different deeds.
fn delivery_id(outbound: &Outbound) -> String {
    let message = &outbound.message_id;
    match &outbound.action {
        Action::Reply { .. } => format!("msg_{message}"),
        Action::Edit { body, .. } => {
            let version = signature::sha256_hex(body.as_bytes());
            format!("msg_{message}_edit_{}", &version[..16])
        }
        Action::Delete { .. } => format!("msg_{message}_delete"),
        Action::React { kind, added, .. } => {
            let verb = if *added { "reaction" } else { "unreaction" };
            let version = signature::sha256_hex(kind.as_bytes());
            format!("msg_{message}_{verb}_{}", &version[..16])
        }
        Action::Hide { hidden, .. } => {
            let verb = if *hidden { "hide" } else { "unhide" };
            format!("msg_{message}_{verb}")
        }
    }
}

fn signed(account: &Account, id: &str, body: &[u8]) -> Result<Vec<(String, String)>, SendError> {
    account
        .signing_secrets()
        .first()
        .and_then(|secret| signature::sign(secret, id, account.now, body))
        .ok_or_else(|| SendError::AuthBroken("the inbox has no signing secret".to_owned()))
}

/// Reads the receiver's yes. One who gives no id of its own knows the message by ours; an answer
/// that is no JSON may come from somebody on the way, who passed nothing on.
fn receipt(answer: &http::Answer, known_as: &str, now: Timestamp) -> Result<Receipt, String> {
    if answer.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Receipt {
            pause: None,
            network_id: known_as.to_owned(),
            at: now,
            url: None,
        });
    }
    let received: wire::Received = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("the answer is not understood: {error}"))?;
    Ok(Receipt {
        pause: None,
        network_id: received
            .id
            .as_ref()
            .and_then(id)
            .unwrap_or_else(|| known_as.to_owned()),
        at: received.time.unwrap_or(now),
        url: received.url,
    })
}

fn refusal(answer: &http::Answer, now: Timestamp) -> SendError {
    let detail = serde_json::from_slice::<wire::Refused>(&answer.body).map_or_else(
        |_| format!("status {} {}", answer.status, answer.excerpt()),
        |refused| refused.detail,
    );
    match answer.status {
        401 => SendError::AuthBroken(detail),
        300..=399 => SendError::Forbidden(format!("the answer address redirects: {detail}")),
        403 => SendError::Forbidden(detail),
        404 | 410 => SendError::RecipientGone(detail),
        400 | 413 | 415 | 422 => SendError::ContentRejected(detail),
        // Somebody on the way gave up waiting; the receiver may have acted.
        408 | 504 => SendError::Uncertain(detail),
        409 => SendError::Duplicate {
            network_id: serde_json::from_slice::<Value>(&answer.body)
                .ok()
                .and_then(|body| body.get("id").and_then(id)),
        },
        429 | 503 if answer.retry_after(now).is_some() => SendError::RetryAfter {
            wait: answer.retry_after(now).unwrap_or_default(),
            detail,
        },
        429 | 500..=599 => SendError::RetryBackoff(detail),
        _ => SendError::Bug(detail),
    }
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
