//! Ours → the number: texts, files, reactions and approved templates, each with our message id, which
//! comes back with everything that is told of it later.

use kulant_model::message::Visibility;
use serde_json::{Value, json};

use super::CAPABILITIES;
use super::wire::{CAPTION, FEELINGS};
use crate::capability::{Counting, count_length};
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::graph::client::{Graph, id_in};
use crate::graph::sending::{mark_of, unseen};
use crate::http::Http;
use crate::outbound::{Action, Outbound, OutboundAttachment, Receipt, SendError, Template};

/// What can be sent; documents might be larger than what we carry.
const FILES: &[FileKind] = &[
    FileKind {
        types: &["image/jpeg", "image/png"],
        bytes: 5 << 20,
    },
    FileKind {
        types: &["image/webp"],
        bytes: 500 << 10,
    },
    FileKind {
        types: &[
            "audio/aac",
            "audio/mp4",
            "audio/mpeg",
            "audio/amr",
            "audio/ogg",
            "audio/opus",
            "video/mp4",
            "video/3gpp",
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ],
        bytes: 16 << 20,
    },
];

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    let side = CAPABILITIES
        .side(outbound.visibility)
        .filter(|_| outbound.visibility == Visibility::Private)
        .ok_or_else(|| SendError::Forbidden("WhatsApp is private".to_owned()))?;
    if outbound.body().is_some_and(|body| !side.fits(body)) {
        return Err(SendError::ContentRejected(
            "the text is too long".to_owned(),
        ));
    }
    let number = super::number_id(account)?;
    let graph = Graph::open(account, http)?;
    let mut message = addressed(outbound)?;

    let content = match (&outbound.action, &outbound.template) {
        (Action::Reply { .. }, Some(template)) => template_content(template),
        (Action::Reply { attachments, .. }, None) if attachments.len() > 1 => {
            return Err(SendError::ContentRejected(
                "one file a message is the most".to_owned(),
            ));
        }
        (Action::Reply { body, attachments }, None) => match attachments.first() {
            Some(file) => file_content(&graph, number, (body, file)).await?,
            None if body.trim().is_empty() => {
                return Err(SendError::ContentRejected("there is no text".to_owned()));
            }
            None => json!({
                "type": "text",
                "text": {"body": body, "preview_url": body.contains("://")},
            }),
        },
        (
            Action::React {
                network_id,
                kind,
                added,
            },
            _,
        ) => reaction_content(network_id, kind, *added)?,
        _ => {
            return Err(SendError::Forbidden(
                "WhatsApp lets nobody change what was said".to_owned(),
            ));
        }
    };
    if let (Value::Object(message), Value::Object(content)) = (&mut message, content) {
        message.extend(content);
    }

    let answer = graph.post(&[number, "messages"], &message).await?;
    let sent = answer.pointer("/messages/0").unwrap_or(&Value::Null);
    let network_id = id_in(sent, "id")
        .ok_or_else(|| SendError::Uncertain("the answer names no message".to_owned()))?;
    Ok(graph.receipt(&network_id))
}

/// Says to whom, by number where it is known: Meta then goes on telling it. A business-scoped id
/// has a field of its own.
fn addressed(outbound: &Outbound) -> Result<Value, SendError> {
    let known = outbound.thread.as_deref().or(outbound.recipient.as_deref());
    let number = outbound
        .recipient_handle
        .as_deref()
        .and_then(|handle| handle.strip_prefix('+'))
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let (field, to) = match (number, known) {
        (Some(number), _) => ("to", number),
        (None, Some(id)) if id.contains('.') => ("recipient", id),
        (None, Some(id)) => ("to", id),
        (None, None) => return Err(SendError::Bug("a message to nobody".to_owned())),
    };
    let mut message = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        field: to,
        "biz_opaque_callback_data": mark_of(&outbound.message_id),
    });
    let answers = matches!(outbound.action, Action::Reply { .. }) && outbound.template.is_none();
    if let Some(quoted) = outbound.in_reply_to.as_deref().filter(|_| answers) {
        message["context"] = json!({"message_id": quoted});
    }
    Ok(message)
}

/// Brings the file, which nobody sees, and says what it is. What WhatsApp does not show is a document.
async fn file_content(
    graph: &Graph<'_>,
    number: &str,
    (body, file): (&str, &OutboundAttachment),
) -> Result<Value, SendError> {
    if count_length(body, Counting::Characters) > CAPTION {
        return Err(SendError::ContentRejected(format!(
            "beside a file the text has at most {CAPTION} characters"
        )));
    }
    files::check(std::slice::from_ref(file), FILES)?;
    let kind = match file.media_type.as_str() {
        "image/jpeg" | "image/png" => "image",
        "video/mp4" | "video/3gpp" => "video",
        // A voice has no caption; with words it goes as a document.
        "audio/aac" | "audio/mp4" | "audio/mpeg" | "audio/amr" | "audio/ogg" if body.is_empty() => {
            "audio"
        }
        _ => "document",
    };
    let fields = [
        ("messaging_product", "whatsapp"),
        ("type", file.media_type.as_str()),
    ];
    let answer = graph
        .post_file(&[number, "media"], &fields, ("file", file))
        .await
        .map_err(unseen)?;
    let id = id_in(&answer, "id")
        .ok_or_else(|| SendError::RetryBackoff("the answer names no file".to_owned()))?;
    let mut content = json!({"id": id});
    if !body.is_empty() {
        content["caption"] = json!(body);
    }
    if kind == "document" {
        content["filename"] = json!(file.name);
    }
    Ok(json!({"type": kind, kind: content}))
}

fn reaction_content(of: &str, kind: &str, added: bool) -> Result<Value, SendError> {
    let sign = FEELINGS
        .iter()
        .find(|(word, _)| *word == kind)
        .map_or(kind, |(_, sign)| *sign);
    if added && (sign.is_empty() || sign.is_ascii()) {
        return Err(SendError::ContentRejected(
            "there is no sign for this reaction".to_owned(),
        ));
    }
    let emoji = if added { sign } else { "" };
    Ok(json!({"type": "reaction", "reaction": {"message_id": of, "emoji": emoji}}))
}

fn template_content(template: &Template) -> Value {
    let parameters: Vec<Value> = template
        .parameters
        .iter()
        .map(|text| json!({"type": "text", "text": text}))
        .collect();
    let mut content = json!({
        "name": template.name,
        "language": {"code": template.language},
    });
    if !parameters.is_empty() {
        content["components"] = json!([{"type": "body", "parameters": parameters}]);
    }
    json!({"type": "template", "template": content})
}
