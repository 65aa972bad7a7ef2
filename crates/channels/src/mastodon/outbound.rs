//! Ours → theirs: posts, direct posts, edits, deletes, favourites; and looking for our own posts.
//! Every post carries our message id as its idempotency key, by which the server knows a second try.

use std::time::Duration;

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::wire::{Person, Status};
use super::{SIDE, ask, inbound, media};
use crate::counting::{count_length, without_hosts};
use crate::delivery::Account;
use crate::http::{Answer, Http, Method, Request};
use crate::outbound::{Action, Outbound, OutboundAttachment, Receipt, SendError};

/// How long the server remembers an idempotency key, less a margin.
const KEY_LIFE: Duration = Duration::from_secs(55 * 60);
/// How many posts stand on a page, and how many pages are looked through.
const PAGE: usize = 40;
const PAGES: usize = 5;

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    match &outbound.action {
        Action::Reply { body, attachments } => {
            post(account, outbound, (body, attachments), http).await
        }
        Action::Edit { network_id, body } => {
            edit(account, outbound, (network_id, body), http).await
        }
        Action::Delete { network_id } => {
            let request = asking(account, Method::Delete, &format!("/{network_id}"), None)?;
            let answer = http.send(request).await?;
            match answer.status {
                // What is gone needs no deleting.
                200..=299 | 404 | 410 => Ok(done(network_id, account.now)),
                _ => Err(ask::refusal(&answer, account.now)),
            }
        }
        Action::React {
            network_id,
            kind,
            added,
        } if kind == "like" => {
            let verb = if *added { "favourite" } else { "unfavourite" };
            let path = format!("/{network_id}/{verb}");
            let answer = http
                .send(asking(account, Method::Post, &path, Some(&json!({})))?)
                .await?;
            match answer.status {
                200..=299 => Ok(done(network_id, account.now)),
                _ => Err(ask::refusal(&answer, account.now)),
            }
        }
        Action::React { kind, .. } => Err(SendError::Forbidden(format!(
            "only likes are known here, not {kind}"
        ))),
        Action::Hide { .. } => Err(SendError::Forbidden(
            "nothing can be hidden at this network".to_owned(),
        )),
    }
}

/// Looks for a post of ours among the newest of our account: same words, under the same post. That it
/// is not there is said only as long as the server makes one post of two tries.
pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let Action::Reply { body, .. } = &outbound.action else {
        // The others may be done twice without harm.
        return Ok(None);
    };
    let own: Person = ask::ask_for(account, "/api/v1/accounts/verify_credentials", http).await?;
    let begin = outbound.looked_for_since(account.now);
    let wanted = words(&addressed(
        outbound,
        body,
        outbound.recipient_handle.as_deref(),
    ));
    let bare = words(body);
    let is_ours = |post: &Status| {
        let said = words(&inbound::content_text(&post.content));
        // Where the name had to be asked for, it stands before our words.
        let same = said == wanted || (outbound.recipient_handle.is_none() && said.ends_with(&bare));
        // The same words said before are not meant.
        let known = outbound.references.contains(&post.id);
        same && !known && post.created_at >= begin && post.in_reply_to_id == outbound.in_reply_to
    };

    let mut before = String::new();
    for _ in 0..PAGES {
        let path = format!(
            "/api/v1/accounts/{}/statuses?exclude_reblogs=true&limit={PAGE}{before}",
            own.id
        );
        let posts: Vec<Value> = ask::ask_for(account, &path, http).await?;
        let count = posts.len();
        let posts: Vec<Status> = posts
            .into_iter()
            .filter_map(|post| serde_json::from_value(post).ok())
            .collect();
        let last = posts
            .last()
            .filter(|last| count == PAGE && last.created_at >= begin)
            .map(|last| last.id.clone());
        if let Some(found) = posts.into_iter().find(|post| is_ours(post)) {
            return Ok(Some(receipt(found)));
        }
        let Some(last) = last else { break };
        before = format!("&max_id={last}");
    }
    let tried_at = outbound.first_tried_at.unwrap_or(account.now);
    if account.now.since(tried_at) < KEY_LIFE {
        return Ok(None);
    }
    let detail = "sent too long ago for a safe second try";
    Err(SendError::Uncertain(detail.to_owned()))
}

async fn post(
    account: &Account,
    outbound: &Outbound,
    (body, files): (&str, &[OutboundAttachment]),
    http: &Http,
) -> Result<Receipt, SendError> {
    check_length(
        account,
        &addressed(outbound, body, outbound.recipient_handle.as_deref()),
        http,
    )
    .await?;
    let handle = handle(account, outbound, http).await?;
    let text = addressed(outbound, body, handle.as_deref());
    check_length(account, &text, http).await?;
    let media_ids = media::upload(account, files, http).await?;

    let visibility = if is_direct(outbound) {
        "direct"
    } else if outbound.in_reply_to.is_some() {
        account.setting("reply_visibility").unwrap_or("public")
    } else {
        "public"
    };
    let mut said = json!({"status": text, "visibility": visibility});
    if let Some(parent) = &outbound.in_reply_to {
        said["in_reply_to_id"] = json!(parent);
    }
    if !media_ids.is_empty() {
        said["media_ids"] = json!(media_ids);
    }
    let request = asking(account, Method::Post, "", Some(&said))?
        .header("idempotency-key", &outbound.message_id);
    read_receipt(&http.send(request).await?, account.now)
}

async fn edit(
    account: &Account,
    outbound: &Outbound,
    (network_id, body): (&str, &str),
    http: &Http,
) -> Result<Receipt, SendError> {
    let text = addressed(outbound, body, outbound.recipient_handle.as_deref());
    check_length(account, &text, http).await?;
    // An edit that does not name the files takes them away.
    let before: Status =
        ask::ask_for(account, &format!("/api/v1/statuses/{network_id}"), http).await?;
    let media_ids: Vec<String> = before
        .media_attachments
        .into_iter()
        .map(|file| file.id)
        .collect();
    let mut said = json!({"status": text});
    if !before.spoiler_text.is_empty() {
        said["spoiler_text"] = json!(before.spoiler_text);
    }
    if !media_ids.is_empty() {
        said["media_ids"] = json!(media_ids);
    }
    let request = asking(account, Method::Put, &format!("/{network_id}"), Some(&said))?;
    read_receipt(&http.send(request).await?, account.now)
}

/// Returns what the person is called, whom an answer must name to reach them.
async fn handle(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<String>, SendError> {
    if let Some(handle) = &outbound.recipient_handle {
        return Ok(Some(handle.clone()));
    }
    let answers = outbound.in_reply_to.is_some() || is_direct(outbound);
    match &outbound.recipient {
        Some(person) if answers => {
            let path = format!("/api/v1/accounts/{person}");
            let person: Person = ask::ask_for(account, &path, http).await?;
            Ok(Some(person.acct))
        }
        _ if is_direct(outbound) => Err(SendError::Bug(
            "a direct post needs somebody to go to".to_owned(),
        )),
        _ => Ok(None),
    }
}

/// Puts the person's name before a text that does not name them.
fn addressed(outbound: &Outbound, body: &str, handle: Option<&str>) -> String {
    let answers = outbound.in_reply_to.is_some()
        || is_direct(outbound)
        || matches!(outbound.action, Action::Edit { .. });
    let handle = handle.map(|handle| handle.trim().trim_start_matches('@'));
    match handle.filter(|handle| answers && !handle.is_empty()) {
        Some(handle) if !names(body, handle) => format!("@{handle} {body}"),
        _ => body.to_owned(),
    }
}

/// Returns whether a text has this name in it, and not only a longer one that begins with it.
fn names(body: &str, handle: &str) -> bool {
    let body = body.to_lowercase();
    let name = format!("@{}", handle.to_lowercase());
    body.match_indices(&name).any(|(at, _)| {
        let mut behind = body[at + name.len()..].chars();
        match behind.next() {
            None => true,
            Some('.' | '-') => !behind.next().is_some_and(char::is_alphanumeric),
            Some(sign) => !(sign.is_alphanumeric() || matches!(sign, '_' | '@')),
        }
    })
}

fn is_direct(outbound: &Outbound) -> bool {
    outbound.visibility == Visibility::Private || outbound.hand_over
}

/// Refuses what is too long; only where it is longer than usual, the server is asked what it allows.
async fn check_length(account: &Account, text: &str, http: &Http) -> Result<(), SendError> {
    let length = count_length(text, SIDE.counts);
    let usual = SIDE.length.unwrap_or(usize::MAX);
    if length <= usual {
        return Ok(());
    }
    let told = ask::instance(account, http).await;
    let limit = told
        .ok()
        .and_then(|instance| instance.configuration.statuses.max_characters)
        .unwrap_or(usual);
    if length <= limit {
        return Ok(());
    }
    let detail = format!("{length} characters, and this server takes {limit}");
    Err(SendError::ContentRejected(detail))
}

fn asking(
    account: &Account,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Request, SendError> {
    let address = ask::address(account, &format!("/api/v1/statuses{path}"))?;
    let mut request = match body {
        Some(body) => Request::post_json(address, body.to_string().into_bytes()),
        None => Request::get(address),
    };
    request.method = method;
    ask::authorised(account, request)
}

fn read_receipt(answer: &Answer, now: Timestamp) -> Result<Receipt, SendError> {
    match answer.status {
        200..=299 => serde_json::from_slice::<Status>(&answer.body)
            .map(receipt)
            .map_err(|error| {
                SendError::Uncertain(format!("the answer is not understood: {error}"))
            }),
        _ => Err(ask::refusal(answer, now)),
    }
}

fn receipt(status: Status) -> Receipt {
    Receipt {
        pause: None,
        network_id: status.id,
        at: status.edited_at.unwrap_or(status.created_at),
        url: status.url.or(status.uri),
    }
}

fn done(network_id: &str, now: Timestamp) -> Receipt {
    Receipt {
        pause: None,
        network_id: network_id.to_owned(),
        at: now,
        url: None,
    }
}

/// Returns a text as it can be compared with what a server shows of it.
fn words(text: &str) -> String {
    let short = without_hosts(text);
    short.split_whitespace().collect::<Vec<_>>().join(" ")
}
