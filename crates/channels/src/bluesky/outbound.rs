//! Ours → theirs: posts, deletes, likes, direct messages; and looking for what we sent.
//! A post stands under a key made of our message id, so that sending twice makes one post.

use kulant_model::message::Visibility;
use kulant_model::time::Timestamp;
use serde_json::{Value, json};

use super::ask::{Call, Caller, encoded};
use super::rich_text::{self, Meaning};
use super::wire::{PostView, Record, StrongRef};
use super::{POST, PRIVATE, PUBLIC, has_chat, inbound, key, poll};
use crate::capability::SideCapabilities;
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::http::{Http, Method};
use crate::outbound::{
    Action, LOOKS_AT_ONCE, LOOKS_LATE, Outbound, OutboundAttachment, Receipt, SendError,
};

const LIKE: &str = "app.bsky.feed.like";
/// The most pages of direct messages that are looked through.
const PAGES: usize = 10;

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    let private = is_private(outbound);
    match &outbound.action {
        Action::Reply { body, attachments } if private => {
            check_length(body, &PRIVATE)?;
            if !attachments.is_empty() {
                let detail = "direct messages carry no files".to_owned();
                return Err(SendError::ContentRejected(detail));
            }
            if !has_chat(account) {
                let detail = "direct messages are switched off for this inbox".to_owned();
                return Err(SendError::Forbidden(detail));
            }
            let mut caller = Caller::new(account, http).await?;
            tell(account, &mut caller, outbound, body).await
        }
        Action::Reply { body, attachments } => {
            check_length(body, &PUBLIC)?;
            check_files(attachments)?;
            let mut caller = Caller::new(account, http).await?;
            post(account, &mut caller, outbound, (body, attachments)).await
        }
        Action::Delete { network_id } if network_id.starts_with("at://") => {
            let mut caller = Caller::new(account, http).await?;
            let rkey = network_id.rsplit('/').next().unwrap_or_default();
            delete_record(&mut caller, POST, rkey).await?;
            Ok(done(network_id, account.now))
        }
        Action::React {
            network_id,
            kind,
            added,
        } if kind == "like" && network_id.starts_with("at://") => {
            let mut caller = Caller::new(account, http).await?;
            like(account, &mut caller, network_id, *added).await
        }
        Action::Edit { .. }
        | Action::Delete { .. }
        | Action::React { .. }
        | Action::Hide { .. } => Err(SendError::Forbidden(
            "this cannot be done at this network".to_owned(),
        )),
    }
}

/// Looks whether the record that a message would have made is there.
pub(super) async fn look_up(
    account: &Account,
    message_id: &str,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let mut caller = Caller::new(account, http).await?;
    find_record(account, &mut caller, &key::for_message(message_id)).await
}

/// Looks for a direct message among the last ones of its conversation, for all else by its key.
pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let Action::Reply { body, .. } = &outbound.action else {
        // The others may be done twice without harm.
        return Ok(None);
    };
    if !is_private(outbound) {
        return look_up(account, &outbound.message_id, http).await;
    }
    let mut caller = Caller::new(account, http).await?;
    let convo = conversation(&mut caller, outbound).await?;
    let begin = outbound.looked_for_since(account.now);
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES {
        let mut name = format!(
            "chat.bsky.convo.getMessages?convoId={}&limit=100",
            encoded(&convo)
        );
        if let Some(cursor) = &cursor {
            name.push_str("&cursor=");
            name.push_str(&encoded(cursor));
        }
        let page: Value = caller.read(&Call::ask(name).in_chat()).await?;
        let mut behind = false;
        let found = poll::list(&page, "messages").iter().find_map(|message| {
            let sent_at: Timestamp = message.get("sentAt")?.as_str()?.parse().ok()?;
            behind |= sent_at < begin;
            let ours = message.pointer("/sender/did")?.as_str()? == caller.did;
            let same = message.get("text")?.as_str()? == body;
            let network_id = format!("{convo}/{}", message.get("id")?.as_str()?);
            // The same words said before are not meant.
            let known = outbound.references.contains(&network_id);
            (ours && same && !known && sent_at >= begin).then_some(Receipt {
                pause: None,
                network_id,
                at: sent_at,
                url: None,
            })
        });
        cursor = page["cursor"].as_str().map(str::to_owned);
        // The newest come first.
        if found.is_some() || behind || cursor.is_none() {
            return Ok(found);
        }
    }
    let detail = "too much was said since to look through".to_owned();
    Err(SendError::Uncertain(detail))
}

/// A record is shown at once to whoever asks for its key; the list of messages may lag.
pub(super) fn looks_after(outbound: &Outbound) -> &'static [u64] {
    if is_private(outbound) {
        LOOKS_LATE
    } else {
        LOOKS_AT_ONCE
    }
}

async fn post(
    account: &Account,
    caller: &mut Caller<'_>,
    outbound: &Outbound,
    (body, files): (&str, &[OutboundAttachment]),
) -> Result<Receipt, SendError> {
    let mut record = json!({"$type": POST, "text": body, "createdAt": account.now});
    if let Some(parent) = &outbound.in_reply_to {
        let parent = find_post(caller, parent).await?;
        let answered: Option<Record> = serde_json::from_value(parent.record).ok();
        let parent = StrongRef {
            uri: parent.uri,
            cid: parent.cid,
        };
        let root = answered
            .and_then(|record| record.reply)
            .map(|reply| reply.root);
        let root = match root {
            Some(root) if root.cid.is_empty() => {
                let root = find_post(caller, &root.uri).await?;
                StrongRef {
                    uri: root.uri,
                    cid: root.cid,
                }
            }
            Some(root) => root,
            None => parent.clone(),
        };
        record["reply"] = json!({
            "root": {"uri": root.uri, "cid": root.cid},
            "parent": {"uri": parent.uri, "cid": parent.cid},
        });
    }
    let facets = facets(caller, body).await?;
    if !facets.is_empty() {
        record["facets"] = json!(facets);
    }
    let images = upload(caller, files).await?;
    if !images.is_empty() {
        record["embed"] = json!({"$type": "app.bsky.embed.images", "images": images});
    }

    let rkey = key::for_message(&outbound.message_id);
    let wish = json!({"repo": caller.did, "collection": POST, "rkey": rkey, "record": record});
    let told = caller
        .read::<StrongRef>(&Call::tell("com.atproto.repo.createRecord", &wish))
        .await;
    match told {
        Ok(made) => Ok(receipt(account, &made.uri, account.now)),
        // The server refuses a key that it has; then the post is there, from an earlier try.
        Err(
            error
            @ (SendError::ContentRejected(_) | SendError::RetryBackoff(_) | SendError::Bug(_)),
        ) => match find_record(account, caller, &rkey).await {
            Ok(Some(receipt)) => Ok(receipt),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}

async fn tell(
    account: &Account,
    caller: &mut Caller<'_>,
    outbound: &Outbound,
    body: &str,
) -> Result<Receipt, SendError> {
    let convo = conversation(caller, outbound).await?;
    let mut message = json!({"text": body});
    let facets = facets(caller, body).await?;
    if !facets.is_empty() {
        message["facets"] = json!(facets);
    }
    let wish = json!({"convoId": convo, "message": message});
    let call = Call::tell("chat.bsky.convo.sendMessage", &wish).in_chat();
    let told: Value = caller.read(&call).await?;
    let Some(id) = told.get("id").and_then(Value::as_str) else {
        let detail = "a direct message without an id".to_owned();
        return Err(SendError::Uncertain(detail));
    };
    let sent_at = told.get("sentAt").and_then(Value::as_str);
    Ok(Receipt {
        pause: None,
        network_id: format!("{convo}/{id}"),
        at: sent_at
            .and_then(|at| at.parse().ok())
            .unwrap_or(account.now),
        url: None,
    })
}

/// Returns the conversation to speak in; one with a person is found by who they are.
async fn conversation(caller: &mut Caller<'_>, outbound: &Outbound) -> Result<String, SendError> {
    if let Some(thread) = &outbound.thread
        && !outbound.hand_over
    {
        return Ok(thread.clone());
    }
    let Some(person) = &outbound.recipient else {
        return Err(SendError::Bug(
            "a direct message needs somebody to go to".to_owned(),
        ));
    };
    let name = format!(
        "chat.bsky.convo.getConvoForMembers?members={}",
        encoded(person)
    );
    let told: Value = caller.read(&Call::ask(name).in_chat()).await?;
    let id = told.pointer("/convo/id").and_then(Value::as_str);
    id.map(str::to_owned)
        .ok_or_else(|| SendError::Unreadable("a conversation without an id".to_owned()))
}

async fn like(
    account: &Account,
    caller: &mut Caller<'_>,
    network_id: &str,
    added: bool,
) -> Result<Receipt, SendError> {
    // One like for each post, whoever presses the button how often.
    let rkey = key::for_text(network_id);
    if added {
        let post = find_post(caller, network_id).await?;
        let record = json!({
            "$type": LIKE,
            "subject": {"uri": post.uri, "cid": post.cid},
            "createdAt": account.now,
        });
        let wish = json!({"repo": caller.did, "collection": LIKE, "rkey": rkey, "record": record});
        caller
            .call(&Call::tell("com.atproto.repo.putRecord", &wish))
            .await?;
    } else {
        delete_record(caller, LIKE, &rkey).await?;
    }
    Ok(done(network_id, account.now))
}

async fn delete_record(
    caller: &mut Caller<'_>,
    collection: &str,
    rkey: &str,
) -> Result<(), SendError> {
    let wish = json!({"repo": caller.did, "collection": collection, "rkey": rkey});
    caller
        .call(&Call::tell("com.atproto.repo.deleteRecord", &wish))
        .await?;
    Ok(())
}

async fn find_post(caller: &mut Caller<'_>, uri: &str) -> Result<PostView, SendError> {
    let name = format!("app.bsky.feed.getPosts?uris={}", encoded(uri));
    let page: Value = caller.read(&Call::ask(name)).await?;
    match poll::list(&page, "posts").first() {
        Some(post) => inbound::read(post).map_err(|error| SendError::Unreadable(error.to_string())),
        None => Err(SendError::RecipientGone(
            "the post is no longer there".to_owned(),
        )),
    }
}

async fn find_record(
    account: &Account,
    caller: &mut Caller<'_>,
    rkey: &str,
) -> Result<Option<Receipt>, SendError> {
    let name = format!(
        "com.atproto.repo.getRecord?repo={}&collection={POST}&rkey={rkey}",
        encoded(&caller.did)
    );
    let told: Value = match caller.read(&Call::ask(name)).await {
        Ok(told) => told,
        Err(SendError::RecipientGone(_)) => return Ok(None),
        Err(SendError::ContentRejected(detail)) if detail.contains("Could not locate") => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let Some(uri) = told.get("uri").and_then(Value::as_str) else {
        return Err(SendError::Unreadable(
            "a record without an address".to_owned(),
        ));
    };
    let written = told.pointer("/value/createdAt").and_then(Value::as_str);
    let at = written
        .and_then(|at| at.parse().ok())
        .unwrap_or(account.now);
    Ok(Some(receipt(account, uri, at)))
}

async fn facets(caller: &mut Caller<'_>, body: &str) -> Result<Vec<Value>, SendError> {
    let mut facets = Vec::new();
    for stretch in rich_text::stretches(body) {
        let did = match stretch.means {
            Meaning::Name(name) => {
                let name = format!(
                    "com.atproto.identity.resolveHandle?handle={}",
                    encoded(name)
                );
                match caller.read::<Value>(&Call::ask(name)).await {
                    Ok(told) => told.get("did").and_then(Value::as_str).map(str::to_owned),
                    // Nobody is called that: it stays words.
                    Err(SendError::ContentRejected(_) | SendError::RecipientGone(_)) => None,
                    Err(error) => return Err(error),
                }
            }
            _ => None,
        };
        facets.extend(rich_text::facet(&stretch, did.as_deref()));
    }
    Ok(facets)
}

async fn upload(
    caller: &mut Caller<'_>,
    files: &[OutboundAttachment],
) -> Result<Vec<Value>, SendError> {
    let mut images = Vec::with_capacity(files.len());
    for file in files {
        let call = Call {
            method: Method::Post,
            name: "com.atproto.repo.uploadBlob".to_owned(),
            body: file.bytes.clone(),
            media_type: &file.media_type,
            chat: false,
        };
        let told: Value = caller.read(&call).await.map_err(|error| match error {
            // Nothing is to be seen by anybody yet.
            SendError::Uncertain(detail) => SendError::RetryBackoff(detail),
            error => error,
        })?;
        let alt = file.alt.as_deref().unwrap_or_default();
        images.push(json!({"image": told["blob"], "alt": alt}));
    }
    Ok(images)
}

fn is_private(outbound: &Outbound) -> bool {
    outbound.visibility == Visibility::Private || outbound.hand_over
}

fn check_length(body: &str, side: &SideCapabilities) -> Result<(), SendError> {
    if side.fits(body) {
        return Ok(());
    }
    let most = side.length.unwrap_or_default();
    Err(SendError::ContentRejected(format!(
        "longer than {most} signs"
    )))
}

fn check_files(files: &[OutboundAttachment]) -> Result<(), SendError> {
    let Some(limits) = &PUBLIC.attachments else {
        return Ok(());
    };
    let pictures = FileKind {
        types: &["image/"],
        bytes: limits.bytes_each,
    };
    files::check(files, &[pictures])?;
    if files.len() <= limits.count {
        return Ok(());
    }
    let detail = format!("no more than {} pictures", limits.count);
    Err(SendError::ContentRejected(detail))
}

fn receipt(account: &Account, uri: &str, at: Timestamp) -> Receipt {
    let rkey = uri.rsplit('/').next().unwrap_or_default();
    let who = account.setting("identifier").unwrap_or_default();
    Receipt {
        pause: None,
        network_id: uri.to_owned(),
        at,
        url: Some(format!(
            "https://bsky.app/profile/{}/post/{rkey}",
            who.trim_start_matches('@')
        )),
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
