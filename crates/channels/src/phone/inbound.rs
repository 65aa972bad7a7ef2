//! Calls → private messages: what the caller said, and below it what we said.

use kulant_model::message::Visibility;

use super::wire::Call;
use crate::delivery::RawDelivery;
use crate::inbound::{Author, Inbound, LONGEST_ID, Post, TranslateError, Translation};

pub(super) fn translate(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let call: Call = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    for (field, id) in [
        ("id", &call.id),
        ("caller", &call.caller),
        ("thread", &call.thread),
    ] {
        if id.is_empty() {
            return Err(TranslateError::missing(field));
        }
        if id.chars().count() > LONGEST_ID {
            return Err(TranslateError::bad(field, "too long"));
        }
    }
    if call.said.trim().is_empty() {
        return Err(TranslateError::missing("said"));
    }

    let name = written(call.name.as_deref())
        .or_else(|| call.number.clone())
        .unwrap_or_else(|| call.caller.clone());
    let answer_id = call.answer_id();
    let said = Post {
        network_id: call.id.clone(),
        author: Author {
            network_id: call.caller,
            name,
            handle: call.number,
            own: false,
        },
        text: call.said,
        platform_at: raw.received_at,
        parent: None,
        thread: Some(call.thread),
        visibility: Visibility::Private,
        url: None,
        title: None,
        attachments: Vec::new(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    };
    let answer = written(call.answered.as_deref()).map(|text| Post {
        network_id: answer_id,
        author: Author {
            network_id: "us".to_owned(),
            name: String::new(),
            handle: None,
            own: true,
        },
        text,
        parent: Some(call.id),
        ..said.clone()
    });
    let mut translation = Translation::of(Inbound::Post(said));
    translation.taken.extend(answer.map(Inbound::Post));
    Ok(translation)
}

fn written(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
