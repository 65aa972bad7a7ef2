//! Ours → the page: comments and posts in public, Messenger in private, and what can be done to a
//! comment. A public text carries no mark of ours; only Messenger gives one back.

use kulant_model::message::Visibility;
use serde_json::{Value, json};

use super::CAPABILITIES;
use super::wire::{COMMENT_FIELDS, CONVERSATION_FIELDS, MESSAGE_FIELDS, POST_FIELDS};
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::graph::client::{Graph, id_in};
use crate::graph::looking::{self, Place, PrivatePlace, Wanted};
use crate::graph::sending::Sending;
use crate::http::Http;
use crate::outbound::{Action, Outbound, OutboundAttachment, Receipt, SendError};

/// What can be sent in private, and what can stand in public.
const FILES: &[FileKind] = &[FileKind::any(25 << 20)];
const PHOTOS: &[FileKind] = &[FileKind {
    types: &[
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/bmp",
        "image/tiff",
        "image/webp",
    ],
    bytes: 4 << 20,
}];

pub(super) async fn send(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Receipt, SendError> {
    let side = CAPABILITIES
        .side(outbound.visibility)
        .ok_or_else(|| SendError::Forbidden("notes stay here".to_owned()))?;
    if outbound.body().is_some_and(|body| !side.fits(body)) {
        return Err(SendError::ContentRejected(
            "the text is too long".to_owned(),
        ));
    }
    let page = super::page_id(account)?;
    let graph = Graph::open(account, http)?;
    let private = outbound.visibility == Visibility::Private;

    match &outbound.action {
        Action::Reply { attachments, .. } if attachments.len() > 1 => Err(
            SendError::ContentRejected("one file a message is the most".to_owned()),
        ),
        Action::Reply { body, attachments } if private => {
            files::check(attachments, FILES)?;
            let own = [page];
            let sending = Sending {
                private: private_place(&own),
                marks: true,
                platform: None,
                human_agent: account.switch("human_agent").unwrap_or(false),
            };
            sending.send(&graph, outbound, (body, attachments)).await
        }
        Action::Reply { body, attachments } => {
            files::check(attachments, PHOTOS)?;
            let of = outbound.in_reply_to.as_deref();
            match said(&graph, page, of, (body, attachments.first())).await {
                Err(SendError::Duplicate { .. }) if !outbound.may_be_there() => {
                    let detail = "Facebook does not take the same words twice; change them";
                    Err(SendError::ContentRejected(detail.to_owned()))
                }
                answer => answer,
            }
        }
        _ if private => Err(SendError::Forbidden(
            "Messenger lets nobody change what was said".to_owned(),
        )),
        Action::Edit { network_id, body } => {
            let fields = [("message", body.as_str())];
            let answer = graph.post_form(&[network_id], &fields).await?;
            graph.done(&answer, network_id)
        }
        Action::Delete { network_id } => {
            let answer = graph.delete(&[network_id], &[]).await;
            match answer {
                // It is no longer there, which is what was wanted.
                Err(SendError::RecipientGone(_)) => Ok(graph.receipt(network_id)),
                answer => graph.done(&answer?, network_id),
            }
        }
        Action::Hide { network_id, hidden } => {
            let hidden = if *hidden { "true" } else { "false" };
            let answer = graph
                .post_form(&[network_id], &[("is_hidden", hidden)])
                .await?;
            graph.done(&answer, network_id)
        }
        Action::React { kind, .. } if kind != "like" => Err(SendError::ContentRejected(
            "a page can only like".to_owned(),
        )),
        Action::React {
            network_id, added, ..
        } => {
            let path = [network_id.as_str(), "likes"];
            let answer = if *added {
                graph.post(&path, &json!({})).await?
            } else {
                graph.delete(&path, &[]).await?
            };
            graph.done(&answer, network_id)
        }
    }
}

/// Looks where it would stand. What can be done twice without harm need not be looked for: an edit,
/// a like, and the one private answer, of which Meta itself takes no second.
pub(super) async fn look_for(
    account: &Account,
    outbound: &Outbound,
    http: &Http,
) -> Result<Option<Receipt>, SendError> {
    let Action::Reply { body, .. } = &outbound.action else {
        return Ok(None);
    };
    if outbound.hand_over {
        return Ok(None);
    }
    let own = [super::page_id(account)?];
    let graph = Graph::open(account, http)?;
    let wanted = Wanted::of(body);
    if outbound.visibility == Visibility::Private {
        return looking::find_private(&graph, private_place(&own), outbound, wanted).await;
    }
    let Some(of) = outbound.in_reply_to.as_deref() else {
        let place = Place {
            path: &[own[0], "feed"],
            query: &[("fields", POST_FIELDS), ("limit", "25")],
            newest_first: true,
            own: &own,
        };
        return looking::find(&graph, &place, outbound, wanted).await;
    };
    // Answers stand one level deep: what answers an answer stands below the comment above it.
    let top = match above(&graph, own[0], of).await {
        Err(SendError::RecipientGone(_)) => None,
        top => top?,
    };
    for of in [top.as_deref(), Some(of)].into_iter().flatten() {
        let place = Place {
            path: &[of, "comments"],
            query: &[
                ("fields", COMMENT_FIELDS),
                ("order", "reverse_chronological"),
                ("limit", "100"),
            ],
            newest_first: true,
            own: &own,
        };
        let found = looking::find(&graph, &place, outbound, wanted).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Returns the comment above an answer; none above a comment or a post.
async fn above(graph: &Graph<'_>, page: &str, of: &str) -> Result<Option<String>, SendError> {
    let of_a_post = of
        .strip_prefix(page)
        .is_some_and(|rest| rest.starts_with('_'));
    if of_a_post {
        return Ok(None);
    }
    let reading = graph.ask(&[of], &[("fields", "id,parent{id}")]).await?;
    let parent = reading.body.pointer("/parent/id").and_then(Value::as_str);
    Ok(parent.map(str::to_owned))
}

const fn private_place<'a>(own: &'a [&'a str; 1]) -> PrivatePlace<'a> {
    PrivatePlace {
        node: own[0],
        platform: "messenger",
        fields: (CONVERSATION_FIELDS, MESSAGE_FIELDS),
        own,
    }
}

/// Comments below something, or posts on the page where it is below nothing.
async fn said(
    graph: &Graph<'_>,
    page: &str,
    of: Option<&str>,
    (body, file): (&str, Option<&OutboundAttachment>),
) -> Result<Receipt, SendError> {
    if body.is_empty() && file.is_none() {
        return Err(SendError::ContentRejected(
            "there is neither text nor picture".to_owned(),
        ));
    }
    let edge = match (of, file) {
        (Some(of), _) => [of, "comments"],
        (None, Some(_)) => [page, "photos"],
        (None, None) => [page, "feed"],
    };
    let mut fields = vec![("message", body)];
    let answer = match file {
        None => graph.post_form(&edge, &fields).await?,
        Some(file) => {
            if let (None, Some(alt)) = (of, &file.alt) {
                fields.push(("alt_text_custom", alt));
            }
            graph.post_file(&edge, &fields, ("source", file)).await?
        }
    };
    let network_id = id_in(&answer, "post_id")
        .or_else(|| id_in(&answer, "id"))
        .ok_or_else(|| SendError::Uncertain("the answer names no post".to_owned()))?;
    Ok(Receipt {
        url: Some(format!("https://www.facebook.com/{network_id}")),
        ..graph.receipt(&network_id)
    })
}
