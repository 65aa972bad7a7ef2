//! Ours → the account: replies to comments and mentions in public, direct messages in private, and
//! what can be done to a comment.

use kulant_model::message::Visibility;

use super::wire::{CONVERSATION_FIELDS, MESSAGE_FIELDS, REPLY_FIELDS};
use super::{CAPABILITIES, mention};
use crate::delivery::Account;
use crate::files::{self, FileKind};
use crate::graph::client::{Graph, id_in};
use crate::graph::looking::{self, Place, PrivatePlace, Wanted};
use crate::graph::sending::Sending;
use crate::http::Http;
use crate::outbound::{Action, Outbound, Receipt, SendError};

/// What can be sent in private.
const FILES: &[FileKind] = &[FileKind {
    types: &[
        "image/png",
        "image/jpeg",
        "image/gif",
        "audio/aac",
        "audio/mp4",
        "audio/x-m4a",
        "audio/wav",
        "video/mp4",
        "video/ogg",
        "video/x-msvideo",
        "video/quicktime",
        "video/webm",
        "application/pdf",
    ],
    bytes: 8 << 20,
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
    let graph = Graph::open(account, http)?;
    if outbound.visibility == Visibility::Private {
        return send_private(&graph, outbound).await;
    }
    match &outbound.action {
        Action::Reply { attachments, .. } if !attachments.is_empty() => Err(
            SendError::ContentRejected("comments hold no files here".to_owned()),
        ),
        Action::Reply { body, .. } if body.trim().is_empty() => {
            Err(SendError::ContentRejected("there is no text".to_owned()))
        }
        Action::Reply { body, .. } => said(&graph, outbound, body).await,
        Action::Delete { network_id } => match graph.delete(&[network_id], &[]).await {
            // It is no longer there, which is what was wanted.
            Err(SendError::RecipientGone(_)) => Ok(graph.receipt(network_id)),
            answer => graph.done(&answer?, network_id),
        },
        Action::Hide { network_id, hidden } => {
            let hidden = if *hidden { "true" } else { "false" };
            let answer = graph.post_form(&[network_id], &[("hide", hidden)]).await?;
            graph.done(&answer, network_id)
        }
        Action::Edit { .. } | Action::React { .. } => Err(SendError::Forbidden(
            "Instagram lets no app edit or like comments".to_owned(),
        )),
    }
}

/// Looks where it would stand; see the page's for what need not be looked for.
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
    let own = own(account)?;
    let graph = Graph::open(account, http)?;
    let wanted = Wanted::of(body);
    if outbound.visibility == Visibility::Private {
        return looking::find_private(&graph, private_place(account, &own)?, outbound, wanted)
            .await;
    }
    let of = outbound.in_reply_to.as_deref().unwrap_or_default();
    if mention::parts(of).is_some() {
        return Err(SendError::Uncertain(
            "what stands below somebody else's picture cannot be read".to_owned(),
        ));
    }
    // Answers stand one level deep: what answers an answer stands below the comment above it.
    let top = match graph.ask(&[of], &[("fields", "id,parent_id")]).await {
        Err(SendError::RecipientGone(_)) => None,
        reading => id_in(&reading?.body, "parent_id"),
    };
    for of in [top.as_deref(), Some(of)].into_iter().flatten() {
        let place = Place {
            path: &[of, "replies"],
            query: &[("fields", REPLY_FIELDS), ("limit", "100")],
            // Nobody says in which order they stand.
            newest_first: false,
            own: &own,
        };
        let found = looking::find(&graph, &place, outbound, wanted).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Returns what stands as the author of what is ours.
fn own(account: &Account) -> Result<Vec<&str>, SendError> {
    let mut own = vec![super::account_id(account)?];
    own.extend(account.setting("username"));
    Ok(own)
}

fn private_place<'a>(
    account: &'a Account,
    own: &'a [&'a str],
) -> Result<PrivatePlace<'a>, SendError> {
    Ok(PrivatePlace {
        node: super::node(account)?,
        platform: "instagram",
        fields: (CONVERSATION_FIELDS, MESSAGE_FIELDS),
        own,
    })
}

async fn send_private(graph: &Graph<'_>, outbound: &Outbound) -> Result<Receipt, SendError> {
    let account = graph.account;
    let of = outbound.in_reply_to.as_deref();
    if outbound.hand_over && of.is_some_and(|of| mention::parts(of).is_some()) {
        return Err(SendError::Forbidden(
            "what stands at somebody else's picture cannot be answered in private".to_owned(),
        ));
    }
    let own = own(account)?;
    let sending = Sending {
        private: private_place(account, &own)?,
        marks: account.switch("metadata").unwrap_or(true),
        platform: (!super::is_alone(account)).then_some("instagram"),
        human_agent: account.switch("human_agent").unwrap_or(false),
    };
    match &outbound.action {
        Action::Reply { attachments, .. } if attachments.len() > 1 => Err(
            SendError::ContentRejected("one file a message is the most".to_owned()),
        ),
        Action::Reply { body, attachments } => {
            files::check(attachments, FILES)?;
            sending.send(graph, outbound, (body, attachments)).await
        }
        // Instagram knows one feeling of an account, the heart.
        Action::React {
            network_id,
            kind,
            added,
        } if matches!(kind.as_str(), "like" | "love") => {
            sending
                .react(graph, outbound, (network_id, "love", *added))
                .await
        }
        Action::React { .. } => Err(SendError::ContentRejected(
            "an account can only give a heart".to_owned(),
        )),
        Action::Edit { .. } | Action::Delete { .. } | Action::Hide { .. } => Err(
            SendError::Forbidden("Instagram lets no app change what was said".to_owned()),
        ),
    }
}

async fn said(graph: &Graph<'_>, outbound: &Outbound, body: &str) -> Result<Receipt, SendError> {
    let of = outbound.in_reply_to.as_deref().ok_or_else(|| {
        SendError::Forbidden("posts of our own need a picture and are made in the app".to_owned())
    })?;
    let mut fields = vec![("message", body)];
    let answer = if let Some((media, comment)) = mention::parts(of) {
        fields.push(("media_id", media));
        fields.extend(comment.map(|comment| ("comment_id", comment)));
        let own = super::account_id(graph.account)?;
        graph.post_form(&[own, "mentions"], &fields).await?
    } else {
        graph.post_form(&[of, "replies"], &fields).await?
    };
    let network_id = id_in(&answer, "id")
        .ok_or_else(|| SendError::Uncertain("the answer names no comment".to_owned()))?;
    Ok(graph.receipt(&network_id))
}
