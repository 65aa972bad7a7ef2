//! Ours → theirs: posts and answers, direct messages, deletes, likes, hiding; and looking for what we
//! sent. An answer goes only to somebody who named or quoted us, unless a contract says otherwise.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::ask::{self, Caller};
use super::poll::{self, encoded};
use super::wire::{Page, Tweet};
use super::{GROUP, PRIVATE, PUBLIC, inbound, words};
use crate::capability::SideCapabilities;
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::http::{Answer, Http, HttpError, Method, Request};
use crate::oauth;
use crate::outbound::{Action, Outbound, OutboundAttachment, Receipt, SendError};

/// The most pages in which something of ours is looked for; each post that is read costs.
const PAGES: usize = 5;

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    match &outbound.action {
        Action::Reply { body, attachments } if is_private(outbound) => {
            check(body, attachments, &PRIVATE)?;
            tell(account, outbound, body, http).await
        }
        Action::Reply { body, attachments } => {
            check(body, attachments, &PUBLIC)?;
            check_summoned(account, outbound, http).await?;
            post(account, outbound, (body, attachments), http).await
        }
        Action::Delete { network_id } if !is_private(outbound) => {
            let path = format!("/2/tweets/{}", encoded(network_id));
            match act(account, (Method::Delete, &path), None, http).await {
                // What is gone needs no deleting.
                Ok(_) | Err(SendError::RecipientGone(_)) => Ok(done(network_id, account.now)),
                Err(error) => Err(error),
            }
        }
        Action::React {
            network_id,
            kind,
            added,
        } if kind == "like" && !is_private(outbound) => {
            let likes = format!("/2/users/{}/likes", ask::own(account)?);
            let answer = if *added {
                let wish = json!({"tweet_id": network_id});
                act(account, (Method::Post, &likes), Some(&wish), http).await
            } else {
                let path = format!("{likes}/{}", encoded(network_id));
                act(account, (Method::Delete, &path), None, http).await
            };
            answer.map(|_| done(network_id, account.now))
        }
        Action::Hide { network_id, hidden } if !is_private(outbound) => {
            let path = format!("/2/tweets/{}/hidden", encoded(network_id));
            let wish = json!({"hidden": hidden});
            act(account, (Method::Put, &path), Some(&wish), http).await?;
            Ok(done(network_id, account.now))
        }
        Action::Edit { .. }
        | Action::Delete { .. }
        | Action::React { .. }
        | Action::Hide { .. } => Err(SendError::Forbidden(
            "this cannot be done at this network".to_owned(),
        )),
    }
}

/// Looks for the same words under the same post among our newest, or in the thread of messages.
pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let Action::Reply { body, .. } = &outbound.action else {
        // The others may be done twice without harm.
        return Ok(None);
    };
    if is_private(outbound) {
        return find_message(account, outbound, body, http).await;
    }
    let begin = outbound.looked_for_since(account.now);
    let link = deep_link(account);
    let mut path = format!(
        "/2/users/{}/tweets?{}&max_results=100&exclude=retweets&start_time={}",
        ask::own(account)?,
        poll::POST_FIELDS,
        encoded(&start_time(begin)),
    );
    let first = path.len();
    for _ in 0..PAGES {
        let page: Page = ask::ask_for(account, &path, http).await?;
        let found = page
            .data
            .iter()
            .filter_map(|post| inbound::read::<Tweet>(post).ok())
            .find(|post| is_ours(post, outbound, (body, &link), begin));
        if let Some(post) = found {
            return Ok(Some(Receipt {
                pause: None,
                at: made_at(&post).unwrap_or(account.now),
                url: Some(inbound::address(None, &post.id)),
                network_id: post.id,
            }));
        }
        if !turn(&mut path, first, &page) {
            return Ok(None);
        }
    }
    Err(too_many())
}

fn is_ours(
    post: &Tweet,
    outbound: &Outbound,
    (body, link): (&str, &str),
    begin: Timestamp,
) -> bool {
    let replied = post
        .referenced_tweets
        .iter()
        .find(|one| one.kind == "replied_to")
        .map(|one| one.id.as_str());
    let note = post.note.as_ref().map(|note| &note.text);
    let text = note.filter(|text| !text.is_empty()).unwrap_or(&post.text);
    let text = words::readable(text, &post.entities.urls);
    let is_said = |body: &str| words::same(&text, body);
    // The address of a button may stand in the words or not.
    (is_said(body) || without_link(body, link).is_some_and(is_said))
        && replied == outbound.in_reply_to.as_deref()
        // The same words said before are not meant.
        && !outbound.references.contains(&post.id)
        && made_at(post).is_some_and(|at| at >= begin)
}

fn made_at(post: &Tweet) -> Option<Timestamp> {
    post.created_at.as_deref()?.parse().ok()
}

/// Writes a time as X takes it: to the second.
fn start_time(at: Timestamp) -> String {
    let seconds: String = at.to_string().chars().take(19).collect();
    format!("{seconds}Z")
}

/// Goes on to the next page, where there is one.
fn turn(path: &mut String, first: usize, page: &Page) -> bool {
    let Some(token) = &page.meta.next_token else {
        return false;
    };
    path.truncate(first);
    path.push_str("&pagination_token=");
    path.push_str(&encoded(token));
    true
}

fn too_many() -> SendError {
    SendError::Uncertain("too much was said since to look through".to_owned())
}

async fn find_message(
    account: &Account,
    outbound: &Outbound,
    body: &str,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let mut path = format!(
        "/2/dm_conversations/{}/dm_events?max_results=100&event_types=MessageCreate&dm_event.fields=created_at,entities,sender_id,text",
        match place(outbound)? {
            Place::Person(person) => format!("with/{}", encoded(person)),
            Place::Group(group) => encoded(group),
        }
    );
    let first = path.len();
    let own = ask::own(account)?;
    let begin = outbound.looked_for_since(account.now);
    for _ in 0..PAGES {
        let page: Page = ask::ask_for(account, &path, http).await?;
        let mut behind = false;
        let found = page.data.iter().find_map(|event| {
            let message: super::wire::Message = inbound::read(event).ok()?;
            let at: Timestamp = message.created_at.as_deref()?.parse().ok()?;
            behind |= at < begin;
            let text = words::readable(&message.text, &message.entities.urls);
            let ours = message.sender_id.as_deref() == Some(own)
                && !outbound.references.contains(&message.id);
            (ours && at >= begin && words::same(&text, body)).then_some(Receipt {
                pause: None,
                network_id: message.id,
                at,
                url: None,
            })
        });
        // The newest come first.
        if found.is_some() || behind || !turn(&mut path, first, &page) {
            return Ok(found);
        }
    }
    Err(too_many())
}

/// Refuses an answer to somebody who neither named nor quoted us; X would refuse it too, and says less.
async fn check_summoned(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<(), SendError> {
    let Some(parent) = &outbound.in_reply_to else {
        return Ok(());
    };
    if !account.switch("summoned_rule").unwrap_or(true) {
        return Ok(());
    }
    let path = format!("/2/tweets?ids={}&{}", encoded(parent), poll::POST_FIELDS);
    let page: Page = ask::ask_for(account, &path, http).await?;
    let tweet = page.data.first().map(inbound::read::<Tweet>).transpose();
    let tweet = tweet.map_err(|error| SendError::Unreadable(error.to_string()))?;
    let Some(tweet) = tweet else {
        let detail = "the post is no longer there, or may not be seen".to_owned();
        return Err(SendError::RecipientGone(detail));
    };
    let is_ours = tweet.author_id.as_deref() == Some(ask::own(account)?);
    if is_ours || inbound::summons(&tweet, &page.includes, account) {
        return Ok(());
    }
    Err(SendError::Forbidden(
        "not summoned: X takes answers from apps only where the author named or quoted this account"
            .to_owned(),
    ))
}

async fn post(
    account: &Account,
    outbound: &Outbound,
    (body, files): (&str, &[OutboundAttachment]),
    http: &Http,
) -> Result<Receipt, SendError> {
    let media_ids = upload(account, files, http).await?;
    let link = deep_link(account);
    let without = without_link(body, &link);
    let mut wish = json!({"text": without.unwrap_or(body)});
    if let Some(parent) = &outbound.in_reply_to {
        wish["reply"] = json!({
            "in_reply_to_tweet_id": parent,
            "auto_populate_reply_metadata": true,
        });
    }
    if !media_ids.is_empty() {
        wish["media"] = json!({"media_ids": media_ids});
    }
    if outbound.hand_over || without.is_some() {
        // X shows it as a button below the answer.
        wish["direct_message_deep_link"] = json!(link);
    }
    if outbound.automatic {
        wish["made_with_ai"] = json!(true);
    }
    let answer = act(account, (Method::Post, "/2/tweets"), Some(&wish), http).await;
    let answer = match answer {
        // The words are there already: from an earlier try, or under another post.
        Err(SendError::Duplicate { .. }) => {
            let before = look_for(account, outbound, http).await?;
            return Err(match before {
                Some(receipt) => SendError::Duplicate {
                    network_id: Some(receipt.network_id),
                },
                // Lists show late what was written.
                None if outbound.may_be_there() => SendError::Duplicate { network_id: None },
                None => SendError::ContentRejected(
                    "X does not take the same words twice; change them".to_owned(),
                ),
            });
        }
        other => other?,
    };
    let id = told(&answer, "/data/id")?;
    Ok(Receipt {
        pause: None,
        url: Some(inbound::address(None, &id)),
        network_id: id,
        at: account.now,
    })
}

async fn tell(
    account: &Account,
    outbound: &Outbound,
    body: &str,
    http: &Http,
) -> Result<Receipt, SendError> {
    let path = format!(
        "/2/dm_conversations/{}/messages",
        match place(outbound)? {
            Place::Person(person) => format!("with/{}", encoded(person)),
            Place::Group(group) => encoded(group),
        }
    );
    let wish = json!({"text": body});
    let answer = act(account, (Method::Post, &path), Some(&wish), http).await;
    let answer = answer.map_err(|error| match error {
        // The person takes no messages from us: a button below a public answer may help.
        SendError::Forbidden(detail) if !is_our_fault(&detail) => SendError::WindowClosed(format!(
            "{detail} A public answer that ends with {} shows a button to write to us.",
            deep_link(account)
        )),
        error => error,
    })?;
    Ok(Receipt {
        pause: None,
        network_id: told(&answer, "/data/dm_event_id")?,
        at: account.now,
        url: None,
    })
}

/// Returns whether a refusal is about us and our app, and not about who is written to.
fn is_our_fault(detail: &str) -> bool {
    let detail = detail.to_lowercase();
    [
        "suspended",
        "scope",
        "oauth",
        "access level",
        "your account",
        "your app",
        "client",
    ]
    .iter()
    .any(|words| detail.contains(words))
}

/// Returns the address at which somebody begins to write to us in private.
fn deep_link(account: &Account) -> String {
    let own = account.setting("account_id").unwrap_or_default();
    format!("https://x.com/messages/compose?recipient_id={own}")
}

/// Returns the words before the address by which a private talk begins, where they end with it.
fn without_link<'a>(body: &'a str, link: &str) -> Option<&'a str> {
    let words = body.trim_end().strip_suffix(link)?.trim_end();
    (!words.is_empty()).then_some(words)
}

/// Where a direct message goes.
enum Place<'a> {
    Person(&'a str),
    Group(&'a str),
}

fn place(outbound: &Outbound) -> Result<Place<'_>, SendError> {
    let thread = outbound.thread.as_deref().filter(|_| !outbound.hand_over);
    if let Some(group) = thread.and_then(|thread| thread.strip_prefix(GROUP)) {
        return Ok(Place::Group(group));
    }
    thread
        .or(outbound.recipient.as_deref())
        .map(Place::Person)
        .ok_or_else(|| SendError::RecipientGone("nobody to write to".to_owned()))
}

async fn upload(
    account: &Account,
    files: &[OutboundAttachment],
    http: &Http,
) -> Result<Vec<String>, SendError> {
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        let address = ask::address(account, "/2/media/upload");
        let fields = [("media_category", "tweet_image")];
        let mark = format!("kulant-{}", crate::signature::sha256_hex(&file.bytes));
        let request = Request::post_file(address, &fields, ("media", file), &mark)
            .bearer(oauth::token(account)?);
        // Nothing is to be seen by anybody yet.
        let answer = http.send(request).await.map_err(HttpError::when_asking)?;
        if !matches!(answer.status, 200..=299) {
            return Err(ask::refusal(account, &answer));
        }
        let id = told(&answer, "/data/id")
            .map_err(|error| SendError::RetryBackoff(error.detail().to_owned()))?;
        if let Some(alt) = file.alt.as_deref().filter(|alt| !alt.trim().is_empty()) {
            let wish = json!({"id": id, "metadata": {"alt_text": {"text": alt}}});
            let path = (Method::Post, "/2/media/metadata");
            act(account, path, Some(&wish), http)
                .await
                .map_err(|error| match error {
                    SendError::Uncertain(detail) => SendError::RetryBackoff(detail),
                    error => error,
                })?;
        }
        ids.push(id);
    }
    Ok(ids)
}

/// Asks for something to be done.
async fn act(
    account: &Account,
    path: (Method, &str),
    wish: Option<&Value>,
    http: &Http,
) -> Result<Answer, SendError> {
    let request = ask::request(account, Caller::Account, path, wish)?;
    let answer = http.send(request).await?;
    match answer.status {
        200..=299 => Ok(answer),
        _ => Err(ask::refusal(account, &answer)),
    }
}

/// Reads an id out of an answer that says yes.
fn told(answer: &Answer, pointer: &str) -> Result<String, SendError> {
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = told.pointer(pointer).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| {
        SendError::Uncertain(format!(
            "the answer is not understood: {}",
            answer.excerpt()
        ))
    })
}

fn is_private(outbound: &Outbound) -> bool {
    outbound.visibility == Visibility::Private
}

fn check(
    body: &str,
    files: &[OutboundAttachment],
    side: &SideCapabilities,
) -> Result<(), SendError> {
    let rejected = |detail: String| Err(SendError::ContentRejected(detail));
    if body.trim().is_empty() && files.is_empty() {
        return rejected("the text is empty".to_owned());
    }
    if !side.fits(body) {
        let most = side.length.unwrap_or_default();
        return rejected(format!("longer than {most} signs as X counts them"));
    }
    let Some(limits) = &side.attachments else {
        return match files {
            [] => Ok(()),
            _ => rejected("a direct message carries no files".to_owned()),
        };
    };
    if words::cashtags(body) > 1 {
        return rejected("X takes no more than one word like $ABC in a post".to_owned());
    }
    let pictures = FileKind {
        types: &["image/jpeg", "image/png", "image/webp", "image/gif"],
        bytes: limits.bytes_each,
    };
    files::check(files, &[pictures])?;
    if files.len() > limits.count {
        return rejected(format!("no more than {} pictures", limits.count));
    }
    Ok(())
}

fn done(network_id: &str, now: Timestamp) -> Receipt {
    Receipt {
        pause: None,
        network_id: network_id.to_owned(),
        at: now,
        url: None,
    }
}
