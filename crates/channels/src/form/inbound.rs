//! Submissions → private messages of the thread that the page's secret opens.

use kulant_model::message::Visibility;

use super::wire::Submission;
use crate::delivery::RawDelivery;
use crate::inbound::{
    AttachmentSource, Author, Inbound, InboundAttachment, LONGEST_ID, Post, TranslateError,
    Translation,
};

pub(super) fn translate(raw: &RawDelivery) -> Result<Translation, TranslateError> {
    let submission: Submission = serde_json::from_slice(&raw.body)
        .map_err(|error| TranslateError::Unreadable(error.to_string()))?;
    for (field, id) in [("id", &submission.id), ("thread", &submission.thread)] {
        if id.is_empty() {
            return Err(TranslateError::missing(field));
        }
        if id.chars().count() > LONGEST_ID {
            return Err(TranslateError::bad(field, "too long"));
        }
    }
    if submission.text.trim().is_empty() && submission.attachments.is_empty() {
        return Err(TranslateError::missing("text"));
    }

    let email = said(submission.email);
    let name = said(Some(submission.name))
        .or_else(|| email.clone())
        .unwrap_or_else(|| "unknown".to_owned());
    Ok(Translation::of(Inbound::Post(Post {
        network_id: submission.id,
        author: Author {
            // Anybody can type anybody's address: one thread is one identity until proven otherwise.
            network_id: submission.thread.clone(),
            name,
            handle: email,
            own: false,
        },
        text: submission.text,
        platform_at: raw.received_at,
        parent: None,
        thread: Some(submission.thread),
        visibility: Visibility::Private,
        url: said(submission.page_url),
        title: said(submission.subject),
        attachments: submission
            .attachments
            .into_iter()
            .map(|upload| InboundAttachment {
                source: AttachmentSource::Upload(upload.id),
                name: upload.name,
                media_type: upload.media_type,
                size: Some(upload.size),
                alt: None,
            })
            .collect(),
        mentions_us: false,
        echo_of: None,
        automatic: false,
    })))
}

fn said(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}
