//! Files on their way out: each is uploaded with its description, and waited for where the server
//! still works on it.

use std::time::Duration;

use serde_json::Value;

use super::ask;
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::http::{Answer, Http, HttpError, Request};
use crate::outbound::{OutboundAttachment, SendError};
use crate::signature;

/// How often, and how long apart, the server is asked whether it is done.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_secs(1);

/// What servers take; each says itself which of them.
const KINDS: &[FileKind] = &[FileKind {
    types: &["image/", "video/", "audio/"],
    bytes: 16 << 20,
}];

/// Uploads files and returns their ids; one that nothing comes of is forgotten by the server.
pub(super) async fn upload(
    account: &Account,
    files: &[OutboundAttachment],
    http: &Http,
) -> Result<Vec<String>, SendError> {
    files::check(files, KINDS)?;
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        let fields: Vec<(&str, &str)> = file
            .alt
            .iter()
            .map(|alt| ("description", alt.as_str()))
            .collect();
        let mark = signature::sha256_hex(&file.bytes);
        let request = Request::post_file(
            ask::address(account, "/api/v2/media")?,
            &fields,
            ("file", file),
            &mark,
        );
        let answer = http
            .send(ask::authorised(account, request)?)
            .await
            .map_err(HttpError::when_asking)?;
        if !matches!(answer.status, 200..=299) {
            return Err(match ask::refusal(&answer, account.now) {
                // Nothing is to be seen by anybody yet.
                SendError::Uncertain(detail) => SendError::RetryBackoff(detail),
                error => error,
            });
        }
        let id = id(&answer)?;
        if answer.status == 202 {
            wait_for(account, &id, http).await?;
        }
        ids.push(id);
    }
    Ok(ids)
}

async fn wait_for(account: &Account, id: &str, http: &Http) -> Result<(), SendError> {
    for _ in 0..TRIES {
        let answer = ask::ask(account, &format!("/api/v1/media/{id}"), http).await?;
        if answer.status != 206 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(SendError::RetryBackoff(
        "the server still works on a file".to_owned(),
    ))
}

fn id(answer: &Answer) -> Result<String, SendError> {
    let id = answer
        .json()?
        .get("id")
        .and_then(Value::as_str)
        .map(str::to_owned);
    id.ok_or_else(|| SendError::Unreadable("an upload without an id".to_owned()))
}
