//! Ours → a forum: answers, new topics, private messages, edits, deletes and likes. A topic carries
//! our id; an answer is looked for among the newest posts of its topic.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::client::{address, ask, base, change, find};
use super::wire::{self, Post, Upload};
use super::{SIDE, poll};
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::http::{Answer, Http, Method, Request};
use crate::outbound::{Action, Outbound, OutboundAttachment, Receipt, SendError};
use crate::signature;
use crate::time::parse_time;

/// The longest title of a topic.
const TITLE: usize = 255;
/// What the forum calls a like.
const LIKE: i64 = 2;

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    match &outbound.action {
        Action::Reply { body, attachments } => {
            check(body)?;
            check_files(attachments)?;
            let mut post = place(account, outbound, body, http).await?;
            post["raw"] = json!(with_files(account, outbound, (body, attachments), http).await?);
            let body = post.to_string().into_bytes();
            let request = Request::post_json(address(account, "/posts.json")?, body);
            match change(account, request, http).await {
                // The same words, or the same topic, twice: an earlier try may have arrived after all.
                Err(refused @ SendError::ContentRejected(_)) if outbound.may_be_there() => {
                    let found = look_for(account, outbound, http).await?;
                    found.ok_or(refused)
                }
                answer => created(account, &answer?),
            }
        }
        Action::Edit { network_id, body } => {
            check(body)?;
            let post: Post = post(account, network_id, http).await?;
            let raw = with_files_of(post.raw.as_deref().unwrap_or_default(), body);
            let body = json!({"post": {"raw": raw}}).to_string().into_bytes();
            let path = address(account, &format!("/posts/{}.json", post.id))?;
            let request = Request {
                method: Method::Put,
                ..Request::post_json(path, body)
            };
            change(account, request, http).await?;
            Ok(done(account, network_id))
        }
        Action::Delete { network_id } => {
            let id = match post_id(account, network_id, http).await {
                // What is not there is deleted.
                Err(SendError::RecipientGone(_)) => return Ok(done(account, network_id)),
                other => other?,
            };
            let request = deletion(address(account, &format!("/posts/{id}.json"))?);
            change(account, request, http).await?;
            Ok(done(account, network_id))
        }
        Action::React {
            network_id,
            kind,
            added,
        } => {
            if kind != "like" {
                let detail = "a forum knows likes and no other reaction";
                return Err(SendError::Forbidden(detail.to_owned()));
            }
            let post = post(account, network_id, http).await?;
            let liked = post
                .actions_summary
                .iter()
                .find(|action| action.id == LIKE)
                .map(|action| action.acted);
            // A forum refuses a second like; the wish is fulfilled all the same.
            if liked == Some(*added) {
                return Ok(done(account, network_id));
            }
            let id = post.id;
            let request = if *added {
                let body = json!({"id": id, "post_action_type_id": LIKE});
                Request::post_json(
                    address(account, "/post_actions.json")?,
                    body.to_string().into_bytes(),
                )
            } else {
                let path = format!("/post_actions/{id}.json?post_action_type_id={LIKE}");
                deletion(address(account, &path)?)
            };
            change(account, request, http).await?;
            Ok(done(account, network_id))
        }
        Action::Hide { .. } => Err(SendError::Forbidden(
            "hiding is left to the forum's moderators".to_owned(),
        )),
    }
}

pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    // Everything else may be done twice without anybody seeing it.
    if !matches!(outbound.action, Action::Reply { .. }) {
        return Ok(None);
    }
    let Some((topic, _)) = answered(outbound)? else {
        let path = format!("/t/external_id/{}.json", external_id(outbound));
        let topic: Option<Value> = find(account, &path, http).await?;
        return Ok(topic
            .and_then(|topic| topic["id"].as_i64())
            .map(|topic| Receipt {
                pause: None,
                network_id: wire::network_id(topic, 1),
                at: account.now,
                url: url(account, None, topic, 1),
            }));
    };
    let body = outbound.body().unwrap_or_default().trim();
    let name = account.setting("api_username").unwrap_or_default();
    let oldest = outbound.looked_for_since(account.now);
    let posts = poll::posts(account, topic, None, http).await?;
    let posts: Vec<Post> = posts
        .into_iter()
        .filter_map(|post| serde_json::from_value(post).ok())
        .collect();
    let is_new = |post: &Post| created_at(post).is_some_and(|at| at >= oldest);
    let new = posts.iter().filter(|post| is_new(post)).count();
    let found = posts.iter().rfind(|post| {
        let id = wire::network_id(post.topic_id, post.number);
        post.username.eq_ignore_ascii_case(name)
                // The same words said before are not meant.
                && !outbound.references.contains(&id)
                && is_new(post)
                // Files are written below the words.
                && post.raw.as_deref().is_some_and(|raw| {
                    raw.trim().strip_prefix(body).is_some_and(|rest| {
                        rest.is_empty() || rest.starts_with("\n\n")
                    })
                })
    });
    if found.is_none() && new >= poll::POSTS_OF_A_TOPIC {
        let detail = "too much was said since to look through";
        return Err(SendError::Uncertain(detail.to_owned()));
    }
    Ok(found.map(|post| receipt(account, post)))
}

/// Returns topic and number of the post that is answered; none where a new topic is to begin.
fn answered(outbound: &Outbound) -> Result<Option<(i64, Option<i64>)>, SendError> {
    let post = outbound
        .in_reply_to
        .as_deref()
        .map(|id| wire::read_id(id).ok_or_else(|| unknown(id)))
        .transpose()?;
    if outbound.visibility == Visibility::Public {
        return Ok(post.map(|(topic, number)| (topic, Some(number))));
    }
    let Some(thread) = outbound.thread.as_deref() else {
        return Ok(None);
    };
    let topic = thread.parse().map_err(|_| unknown(thread))?;
    let number = post.and_then(|(other, number)| (other == topic).then_some(number));
    Ok(Some((topic, number)))
}

/// Returns where the post goes, without its words.
async fn place(
    account: &Account,
    outbound: &Outbound,
    body: &str,
    http: &Http,
) -> Result<Value, SendError> {
    if let Some((topic, number)) = answered(outbound)? {
        let mut post = json!({"topic_id": topic});
        // The first post of a topic is answered by answering the topic.
        if let Some(number) = number.filter(|number| *number > 1) {
            post["reply_to_post_number"] = json!(number);
        }
        return Ok(post);
    }
    let mut post = json!({"title": title(body), "external_id": external_id(outbound)});
    if outbound.visibility == Visibility::Private {
        post["archetype"] = json!("private_message");
        post["target_recipients"] = json!(recipient(account, outbound, http).await?);
    } else if let Some(category) = account.setting("category") {
        let category: i64 = category
            .parse()
            .map_err(|_| SendError::Forbidden("the category is not a number".to_owned()))?;
        post["category"] = json!(category);
    }
    Ok(post)
}

/// Returns the name of whom a private message goes to: as it is known, or as it stands at the post.
async fn recipient(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<String, SendError> {
    if let Some(handle) = &outbound.recipient_handle {
        return Ok(handle.trim_start_matches('@').to_owned());
    }
    let Some(id) = &outbound.in_reply_to else {
        return Err(SendError::RecipientGone("nobody to write to".to_owned()));
    };
    Ok(post(account, id, http).await?.username)
}

/// Uploads the files, which changes nothing that anybody sees, and writes them below the words.
async fn with_files(
    account: &Account,
    outbound: &Outbound,
    (body, files): (&str, &[OutboundAttachment]),
    http: &Http,
) -> Result<String, SendError> {
    let mut raw = body.to_owned();
    for file in files {
        let fields = [("type", "composer"), ("synchronous", "true")];
        let mark = signature::hmac_hex(outbound.message_id.as_bytes(), &file.bytes);
        let request = Request::post_file(
            address(account, "/uploads.json")?,
            &fields,
            ("file", file),
            &mark,
        );
        let answer = match change(account, request, http).await {
            // A file that was uploaded and never named goes away by itself.
            Err(SendError::Uncertain(detail)) => return Err(SendError::RetryBackoff(detail)),
            other => other?,
        };
        let upload: Upload = serde_json::from_slice(&answer.body)
            .map_err(|error| SendError::Unreadable(error.to_string()))?;
        let name: String = file
            .alt
            .as_deref()
            .unwrap_or(&file.name)
            .chars()
            .filter(|sign| !matches!(sign, '[' | ']' | '|' | '\n'))
            .collect();
        raw.push_str("\n\n");
        let (before, behind) = if file.media_type.starts_with("image/") {
            ("![", "](")
        } else {
            ("[", "|attachment](")
        };
        raw.extend([
            before,
            name.as_str(),
            behind,
            upload.short_url.as_str(),
            ")",
        ]);
    }
    Ok(raw)
}

/// Writes the files of a post below the words that take the place of its own.
fn with_files_of(before: &str, body: &str) -> String {
    let is_file = |line: &&str| line.contains("](upload://") && !body.contains(line.trim());
    let mut raw = body.to_owned();
    for line in before.lines().filter(is_file) {
        raw.push_str("\n\n");
        raw.push_str(line.trim());
    }
    raw
}

fn check(body: &str) -> Result<(), SendError> {
    if body.trim().is_empty() {
        return Err(SendError::ContentRejected("the text is empty".to_owned()));
    }
    if !SIDE.fits(body) {
        let detail = "longer than the 32,000 signs of a post";
        return Err(SendError::ContentRejected(detail.to_owned()));
    }
    Ok(())
}

fn check_files(files: &[OutboundAttachment]) -> Result<(), SendError> {
    let Some(limits) = &SIDE.attachments else {
        return Ok(());
    };
    files::check(files, &[FileKind::any(limits.bytes_each)])?;
    if files.len() <= limits.count {
        return Ok(());
    }
    let detail = format!("no more than {} files", limits.count);
    Err(SendError::ContentRejected(detail))
}

/// Makes a title of the first line.
fn title(body: &str) -> String {
    let line = body.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= TITLE {
        return line.to_owned();
    }
    let mut title: String = line.chars().take(TITLE - 1).collect();
    title.push('…');
    title
}

/// Returns what a topic of ours carries, by which it is found again.
fn external_id(outbound: &Outbound) -> String {
    format!("kulant-{}", outbound.message_id)
}

async fn post(account: &Account, network_id: &str, http: &Http) -> Result<Post, SendError> {
    let (topic, number) = wire::read_id(network_id).ok_or_else(|| unknown(network_id))?;
    ask(
        account,
        &format!("/posts/by_number/{topic}/{number}.json"),
        http,
    )
    .await
}

async fn post_id(account: &Account, network_id: &str, http: &Http) -> Result<i64, SendError> {
    Ok(post(account, network_id, http).await?.id)
}

fn deletion(address: String) -> Request {
    Request {
        method: Method::Delete,
        ..Request::get(address)
    }
}

/// Reads the forum's yes. A post that waits for a moderator has no number yet; sending it again would
/// only lay a second one before them.
fn created(account: &Account, answer: &Answer) -> Result<Receipt, SendError> {
    let post: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| SendError::Uncertain(format!("the answer is not understood: {error}")))?;
    if post["action"] == "enqueued" {
        return Ok(done(account, ""));
    }
    // With nested answers allowed, the post may stand inside.
    let post = post.get("post").cloned().unwrap_or(post);
    let post: Post = serde_json::from_value(post)
        .map_err(|error| SendError::Uncertain(format!("the answer is not understood: {error}")))?;
    Ok(receipt(account, &post))
}

fn receipt(account: &Account, post: &Post) -> Receipt {
    Receipt {
        pause: None,
        network_id: wire::network_id(post.topic_id, post.number),
        at: created_at(post).unwrap_or(account.now),
        url: url(
            account,
            post.topic_slug.as_deref(),
            post.topic_id,
            post.number,
        ),
    }
}

fn url(account: &Account, slug: Option<&str>, topic: i64, number: i64) -> Option<String> {
    let base = base(account).ok()?;
    Some(format!("{base}/t/{}/{topic}/{number}", slug.unwrap_or("-")))
}

fn created_at(post: &Post) -> Option<Timestamp> {
    parse_time(post.created_at.as_deref()?, &jiff::tz::TimeZone::UTC)
}

fn done(account: &Account, network_id: &str) -> Receipt {
    Receipt {
        pause: None,
        network_id: network_id.to_owned(),
        at: account.now,
        url: None,
    }
}

fn unknown(id: &str) -> SendError {
    SendError::RecipientGone(format!("no post is called {id}"))
}
