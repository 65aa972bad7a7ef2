//! Ours → theirs: answers, edits, deletes, hiding; and looking for an answer below the same comment.
//! Answers are one level deep at YouTube: an answer to an answer stands below the same comment.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::ask::{self, encoded};
use super::wire::{Comment, Page, Thread};
use super::{PUBLIC, channel_id, inbound};
use crate::delivery::Account;
use crate::http::{Answer, Http, Method};
use crate::outbound::{Action, Outbound, Receipt, SendError};

/// The most pages that are looked through.
const PAGES: usize = 10;
/// How long the id of a video is; ids of comments are longer.
const VIDEO_ID: usize = 11;

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    if outbound.visibility != Visibility::Public {
        return Err(SendError::Forbidden(
            "there are no private messages at this network".to_owned(),
        ));
    }
    match &outbound.action {
        Action::Reply { body, attachments } => {
            if !attachments.is_empty() {
                let detail = "comments carry no files".to_owned();
                return Err(SendError::ContentRejected(detail));
            }
            check(body)?;
            reply(account, outbound, body, http).await
        }
        Action::Edit { network_id, body } => {
            check(body)?;
            let wish = json!({"id": network_id, "snippet": {"textOriginal": body}});
            let path = (Method::Put, "/comments?part=snippet");
            let answer = act(account, path, Some(&wish), http).await?;
            told(account, &answer)
        }
        Action::Delete { network_id } => {
            let path = format!("/comments?id={}", encoded(network_id));
            match act(account, (Method::Delete, &path), None, http).await {
                // What is gone needs no deleting.
                Ok(_) | Err(SendError::RecipientGone(_)) => Ok(done(network_id, account.now)),
                Err(error) => Err(error),
            }
        }
        Action::Hide { network_id, hidden } => {
            let status = if *hidden {
                account.setting("hide_as").unwrap_or(super::HELD)
            } else {
                "published"
            };
            let path = format!(
                "/comments/setModerationStatus?id={}&moderationStatus={status}",
                encoded(network_id)
            );
            act(account, (Method::Post, &path), None, http).await?;
            Ok(done(network_id, account.now))
        }
        Action::React { .. } => Err(SendError::Forbidden(
            "YouTube lets no program like a comment".to_owned(),
        )),
    }
}

/// Looks for the same words of ours below the same comment or video.
pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let (Action::Reply { body, .. }, Some(parent)) = (&outbound.action, &outbound.in_reply_to)
    else {
        // The others may be done twice without harm.
        return Ok(None);
    };
    let begin = outbound.looked_for_since(account.now);
    let is_ours = |comment: &Comment, body: &str| {
        let snippet = &comment.snippet;
        let text = snippet
            .text_original
            .as_ref()
            .or(snippet.text_display.as_ref());
        snippet.author_channel_id.value.as_deref() == channel_id(account)
            // The same words said before are not meant.
            && !outbound.references.contains(&comment.id)
            && text.is_some_and(|text| words(text) == words(body))
            && published_at(comment).is_some_and(|at| at >= begin)
    };
    if parent.len() == VIDEO_ID {
        let mut path = format!(
            "/commentThreads?part=snippet&order=time&maxResults=100&textFormat=plainText&videoId={}",
            encoded(parent)
        );
        let first = path.len();
        for _ in 0..PAGES {
            let page: Page = ask::ask_for(account, &path, http).await?;
            let mut threads = page
                .items
                .iter()
                .filter_map(|item| inbound::read::<Thread>(item).ok())
                .map(|thread| thread.snippet.top_level_comment);
            let mut behind = false;
            let found = threads.find(|comment| {
                behind |= published_at(comment).is_some_and(|at| at < begin);
                is_ours(comment, body)
            });
            // The newest come first.
            if found.is_some() || behind || !turn(&mut path, first, &page) {
                return Ok(found.map(|comment| receipt(account, comment)));
            }
        }
        return Err(too_many());
    }

    let place = match place(account, parent, http).await {
        Err(SendError::RecipientGone(_)) => return Ok(None),
        other => other?,
    };
    let wanted = addressed(outbound, &place, body);
    let mut path = format!(
        "/comments?part=snippet&maxResults=100&textFormat=plainText&parentId={}",
        encoded(&place.top)
    );
    let first = path.len();
    for _ in 0..PAGES {
        let page: Page = ask::ask_for(account, &path, http).await?;
        let found = page
            .items
            .iter()
            .filter_map(|item| inbound::read::<Comment>(item).ok())
            .find(|comment| is_ours(comment, &wanted));
        if found.is_some() || !turn(&mut path, first, &page) {
            return Ok(found.map(|comment| receipt(account, comment)));
        }
    }
    // Among so many answers it cannot be said that it is not there.
    Err(too_many())
}

fn published_at(comment: &Comment) -> Option<Timestamp> {
    comment.snippet.published_at.as_deref()?.parse().ok()
}

/// Goes on to the next page, where there is one.
fn turn(path: &mut String, first: usize, page: &Page) -> bool {
    let Some(token) = &page.next_page_token else {
        return false;
    };
    path.truncate(first);
    path.push_str("&pageToken=");
    path.push_str(&encoded(token));
    true
}

fn too_many() -> SendError {
    SendError::Uncertain("too many answers to look through".to_owned())
}

async fn reply(
    account: &Account,
    outbound: &Outbound,
    body: &str,
    http: &Http,
) -> Result<Receipt, SendError> {
    let Some(parent) = &outbound.in_reply_to else {
        let detail = "a channel's own posts are its videos, and those are not made here";
        return Err(SendError::Forbidden(detail.to_owned()));
    };
    let (path, wish) = if parent.len() == VIDEO_ID {
        let comment = json!({"snippet": {"textOriginal": body}});
        let snippet = json!({"channelId": channel_id(account), "videoId": parent,
            "topLevelComment": comment});
        ("/commentThreads?part=snippet", json!({"snippet": snippet}))
    } else {
        // Looking first costs one unit, an answer into the void fifty.
        let place = place(account, parent, http).await?;
        let text = addressed(outbound, &place, body);
        check(&text)?;
        let snippet = json!({"parentId": place.top, "textOriginal": text});
        ("/comments?part=snippet", json!({"snippet": snippet}))
    };
    let answer = act(account, (Method::Post, path), Some(&wish), http).await?;
    told(account, &answer)
}

/// Where an answer goes.
struct Place {
    /// The comment below which all answers stand.
    top: String,
    /// Whom to name, where it answers an answer.
    name: Option<String>,
}

async fn place(account: &Account, parent: &str, http: &Http) -> Result<Place, SendError> {
    let path = format!(
        "/comments?part=snippet&textFormat=plainText&id={}",
        encoded(parent)
    );
    let page: Page = ask::ask_for(account, &path, http).await?;
    let Some(comment) = page.items.first() else {
        let detail = "the comment is no longer there".to_owned();
        return Err(SendError::RecipientGone(detail));
    };
    let comment: Comment =
        inbound::read(comment).map_err(|error| SendError::Unreadable(error.to_string()))?;
    Ok(match comment.snippet.parent_id {
        Some(top) => Place {
            top,
            name: comment
                .snippet
                .author_display_name
                .filter(|name| name.starts_with('@')),
        },
        None => Place {
            top: comment.id,
            name: None,
        },
    })
}

/// Names whoever is answered, where several people speak below one comment.
fn addressed(outbound: &Outbound, place: &Place, body: &str) -> String {
    let handle = outbound.recipient_handle.as_deref();
    let name = place.name.as_ref().map(|name| {
        let handle = handle.filter(|handle| handle.starts_with('@'));
        handle.unwrap_or(name)
    });
    match name {
        Some(name) if !body.contains(name) => format!("{name} {body}"),
        _ => body.to_owned(),
    }
}

/// Asks for something to be done.
async fn act(
    account: &Account,
    path: (Method, &str),
    wish: Option<&Value>,
    http: &Http,
) -> Result<Answer, SendError> {
    let answer = http.send(ask::request(account, path, wish)?).await?;
    match answer.status {
        200..=299 => Ok(answer),
        _ => Err(ask::refusal(account, &answer)),
    }
}

/// Reads the comment out of an answer that says yes.
fn told(account: &Account, answer: &Answer) -> Result<Receipt, SendError> {
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let comment = inbound::read::<Comment>(&value).or_else(|_| {
        inbound::read::<Thread>(&value).map(|thread| thread.snippet.top_level_comment)
    });
    comment
        .map(|comment| receipt(account, comment))
        .map_err(|_| {
            SendError::Uncertain(format!(
                "the answer is not understood: {}",
                answer.excerpt()
            ))
        })
}

fn receipt(account: &Account, comment: Comment) -> Receipt {
    let snippet = comment.snippet;
    let time = snippet.updated_at.or(snippet.published_at);
    Receipt {
        pause: None,
        at: time.and_then(|at| at.parse().ok()).unwrap_or(account.now),
        url: snippet
            .video_id
            .map(|video| inbound::address(&video, Some(&comment.id))),
        network_id: comment.id,
    }
}

fn check(body: &str) -> Result<(), SendError> {
    if body.trim().is_empty() {
        return Err(SendError::ContentRejected("the text is empty".to_owned()));
    }
    if !PUBLIC.fits(body) {
        let most = PUBLIC.length.unwrap_or_default();
        return Err(SendError::ContentRejected(format!(
            "longer than {most} signs"
        )));
    }
    Ok(())
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn done(network_id: &str, now: Timestamp) -> Receipt {
    Receipt {
        pause: None,
        network_id: network_id.to_owned(),
        at: now,
        url: None,
    }
}
