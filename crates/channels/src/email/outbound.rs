//! Sends answers, files them where the settings name a folder, and looks there for lost ones.

use std::time::Duration;

use kulant_model::time::Timestamp;
use mail_parser::MessageParser;

use super::compose::compose;
use super::imap::Reader;
use super::setup::Setup;
use super::{FILES, smtp};
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::http::Http;
use crate::outbound::{Action, Outbound, Receipt, SendError};

/// How long filing may take; the mail has left by then, and somebody waits to hear of it.
const FILING: Duration = Duration::from_secs(15);

pub(super) async fn send(
    setup: &Setup,
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    let Action::Reply { body, attachments } = &outbound.action else {
        return Err(SendError::Forbidden(
            "mail can be answered, and nothing else".to_owned(),
        ));
    };
    files::check(attachments, &[FileKind::any(FILES.bytes_each)])?;
    if attachments.len() > FILES.count {
        return Err(SendError::ContentRejected(format!(
            "no more than {} files",
            FILES.count
        )));
    }
    let mail = compose(setup, outbound, body, attachments)?;
    smtp::deliver(setup, http, &mail.recipient, &mail.bytes).await?;
    if let (Some(folder), false) = (&setup.sent_folder, setup.sent_by_server)
        && let Err(error) = file(setup, http, folder, &mail.bytes).await
    {
        // The mail has left; that it is not filed must not send it again.
        tracing::warn!(error = %error, inbox.id = %account.inbox_id, "a sent mail was not filed");
    }
    Ok(Receipt {
        pause: None,
        network_id: mail.network_id,
        at: account.now,
        url: None,
    })
}

async fn file(setup: &Setup, http: &Http, folder: &str, mail: &[u8]) -> Result<(), SendError> {
    let filing = async {
        let mut reader = Reader::open(setup, http).await?;
        reader.file(folder, mail).await?;
        reader.close().await;
        Ok(())
    };
    tokio::time::timeout(FILING, filing)
        .await
        .unwrap_or_else(|_| Err(SendError::RetryBackoff("filing took too long".to_owned())))
}

/// Looks for a mail of ours among what was sent. That it is not there says only something where the
/// server files by itself: our own filing may have been what was lost.
pub(super) async fn look_up(
    setup: &Setup,
    account: &Account,
    message_id: &str,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let folder = setup
        .sent_folder
        .as_deref()
        .ok_or_else(|| SendError::Forbidden("no folder of sent mail is named".to_owned()))?;
    if !message_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(SendError::Bug(
            "the message's id does not fit a mail".to_owned(),
        ));
    }
    let mut reader = Reader::open(setup, http).await?;
    reader.enter(folder).await?;
    let query = format!("HEADER Message-ID \"kulant.{message_id}.\"");
    for uid in reader.search(&query).await? {
        let Some(header) = reader.fetch_header(uid).await? else {
            continue;
        };
        let Some(mail) = MessageParser::default().parse_headers(&header) else {
            continue;
        };
        let id = mail.message_id().unwrap_or_default();
        let own = setup.marks.read_id(id);
        if own.is_some_and(|own| own.message_id == message_id) {
            let at = mail.date().map(mail_parser::DateTime::to_timestamp);
            let receipt = Receipt {
                pause: None,
                network_id: id.to_owned(),
                at: at.map_or(account.now, Timestamp::from_seconds),
                url: None,
            };
            reader.close().await;
            return Ok(Some(receipt));
        }
    }
    reader.close().await;
    if setup.sent_by_server {
        Ok(None)
    } else {
        Err(SendError::Uncertain(
            "the mail is not among the sent ones, which does not prove that it did not leave"
                .to_owned(),
        ))
    }
}
