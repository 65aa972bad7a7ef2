//! Writes an answer as a mail: headers by which every mail program threads it, the text, the files.

use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

use super::body;
use super::marks::thread_key;
use super::setup::{Setup, one_line};
use crate::outbound::{Outbound, OutboundAttachment, SendError};

/// How many ids stand in the chain besides the first.
const CHAIN: usize = 20;
/// The longest id that fits a line of a mail.
const LONGEST_ID: usize = 900;

/// A mail, ready to be handed over.
pub(super) struct Composed {
    pub(super) network_id: String,
    pub(super) recipient: Address,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn compose(
    setup: &Setup,
    outbound: &Outbound,
    text: &str,
    files: &[OutboundAttachment],
) -> Result<Composed, SendError> {
    let recipient = recipient(outbound)?;
    let chain = chain(outbound);
    let domain = setup.address.domain();
    let thread = match (&outbound.thread, chain.first()) {
        (Some(thread), _) => thread.clone(),
        (None, Some(root)) => thread_key(root),
        (None, None) => thread_key(&format!("{}@{domain}", outbound.message_id)),
    };
    let network_id = setup
        .marks
        .message_id(&outbound.message_id, &thread, domain)
        .ok_or_else(|| SendError::Bug("the message's id does not fit a mail".to_owned()))?;

    let seconds = u64::try_from(setup.now.as_seconds()).unwrap_or(0);
    let mut builder = Message::builder()
        .from(setup.from.clone())
        .to(Mailbox::new(None, recipient.clone()))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{network_id}>")))
        .subject(subject(outbound));
    if let Some(answered) = chain.last() {
        let references: Vec<String> = chain.iter().map(|id| format!("<{id}>")).collect();
        builder = builder
            .in_reply_to(format!("<{answered}>"))
            .references(references.join(" "));
    }
    if let Some(address) = setup.marks.reply_address(&thread) {
        let address = address
            .parse()
            .map_err(|_| SendError::Forbidden("the reply pattern is no address".to_owned()))?;
        builder = builder.reply_to(Mailbox::new(setup.from.name.clone(), address));
    }
    if outbound.automatic {
        let header = HeaderName::new_from_ascii_str("Auto-Submitted");
        builder = builder.raw_header(HeaderValue::new(header, "auto-replied".to_owned()));
    }

    let text = SinglePart::plain(match &outbound.signature {
        Some(signature) => format!("{}\n\n-- \n{signature}\n", text.trim_end()),
        None => format!("{}\n", text.trim_end()),
    });
    let message = if files.is_empty() {
        builder.singlepart(text)
    } else {
        let parts = MultiPart::mixed().singlepart(text);
        builder.multipart(
            files
                .iter()
                .fold(parts, |parts, file| parts.singlepart(attachment(file))),
        )
    };
    let message = message.map_err(|error| SendError::ContentRejected(error.to_string()))?;
    let mut bytes = message.formatted();
    if let Some(signer) = &setup.dkim {
        let header = signer
            .sign(&bytes, setup.now.as_seconds())
            .map_err(SendError::Bug)?;
        bytes.splice(0..0, header.into_bytes());
    }
    Ok(Composed {
        network_id,
        recipient,
        bytes,
    })
}

/// Returns where the mail goes: to where the person wants answers, else to their address.
fn recipient(outbound: &Outbound) -> Result<Address, SendError> {
    [&outbound.recipient_handle, &outbound.recipient]
        .into_iter()
        .flatten()
        .find_map(|address| address.parse().ok())
        .ok_or_else(|| SendError::RecipientGone("there is no address to write to".to_owned()))
}

/// Returns the ids of what was said before, the answered one last.
fn chain(outbound: &Outbound) -> Vec<&str> {
    let answered = outbound.in_reply_to.as_deref();
    let mut chain: Vec<&str> = outbound
        .references
        .iter()
        .map(String::as_str)
        .filter(|id| Some(*id) != answered)
        .chain(answered)
        .filter(|id| {
            let clean = |sign: char| sign.is_ascii_graphic() && !matches!(sign, '<' | '>');
            id.contains('@') && id.len() <= LONGEST_ID && id.chars().all(clean)
        })
        .collect();
    if chain.len() > CHAIN + 1 {
        chain.drain(1..chain.len() - CHAIN);
    }
    chain
}

fn subject(outbound: &Outbound) -> String {
    let title = outbound.subject.as_deref().map(one_line);
    let title = title
        .as_deref()
        .map(body::strip_prefixes)
        .unwrap_or_default();
    match (&outbound.in_reply_to, title) {
        (Some(_), title) => format!("Re: {title}").trim_end().to_owned(),
        (None, title) => title.to_owned(),
    }
}

fn attachment(file: &OutboundAttachment) -> SinglePart {
    let media_type = ContentType::parse(&file.media_type)
        .or_else(|_| ContentType::parse("application/octet-stream"))
        .expect("a plain media type is one");
    Attachment::new(one_line(&file.name)).body(file.bytes.clone(), media_type)
}
