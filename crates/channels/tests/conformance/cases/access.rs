//! Access and time: probes, tokens that are taken back or run out, windows that close and open again.

use kulant_channels::delivery::FindingClass;
use kulant_channels::inbound::Inbound;
use kulant_channels::outbound::SendError;
use kulant_model::message::Visibility::{self, Private};
use serde_json::json;

use super::going::asked;
use crate::stand::{Stand, Told, ensure, refused, went};

pub async fn healthy(stand: &mut Stand<'_>) -> Told {
    let account = stand.inbox.account();
    let findings = stand.channel().probe(&account, stand.sim.http()).await;
    ensure(findings == Ok(Vec::new()), || format!("{findings:?}"))
}

pub async fn probe_when_revoked(stand: &mut Stand<'_>) -> Told {
    stand.act(json!({"act": "revoke_token"})).await;
    let account = stand.inbox.account();
    let findings = stand.channel().probe(&account, stand.sim.http()).await;
    let findings = went("the probe", findings)?;
    ensure(
        findings
            .iter()
            .any(|finding| finding.class == FindingClass::Token),
        || format!("{findings:?}"),
    )
}

/// A network that is away says nothing against the account.
pub async fn probe_when_down(stand: &mut Stand<'_>) -> Told {
    let away = json!({"network": stand.net.name, "seconds": 30, "how": "unavailable"});
    stand.sim.order("down", away).await;
    let account = stand.inbox.account();
    match stand.channel().probe(&account, stand.sim.http()).await {
        Ok(findings) => ensure(findings.is_empty(), || format!("{findings:?}")),
        Err(error) => ensure(error.is_retryable(), || format!("{error}")),
    }
}

pub async fn sending_when_revoked(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = asked(stand, side).await?;
    stand.act(json!({"act": "revoke_token"})).await;
    let answer = stand.answer(&post, "Guten Tag, wir sind gleich da.");
    let error = refused("it", stand.send(&answer).await)?;
    ensure(error.stops_inbox(), || {
        format!("it is {}: {error}", error.class())
    })
}

/// A stream or a poll of a dead account says so, and does not fall silent.
pub async fn asking_when_revoked(stand: &mut Stand<'_>) -> Told {
    stand.act(json!({"act": "revoke_token"})).await;
    stand.sim.advance(900).await;
    let trouble = stand.ask_in_trouble().await;
    ensure(trouble.as_ref().is_some_and(SendError::stops_inbox), || {
        format!("asking gave {trouble:?}")
    })
}

/// A token ends between two messages: the next one waits for a new one, and goes out with it.
pub async fn expired_in_the_middle(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = asked(stand, side).await?;
    let first = stand.answer(&post, "Das Erste geht noch hinaus.");
    went("the first", stand.send(&first).await)?;
    stand.act(json!({"act": "expire_token"})).await;
    let second = stand.answer(&post, "Das Zweite, Kennwort marke22.");
    if let Err(error) = stand.send(&second).await {
        ensure(error.stops_inbox() || error.is_retryable(), || {
            format!("it is {}: {error}", error.class())
        })?;
        let account = stand.inbox.account();
        match stand.channel().renew(&account, stand.sim.http()).await {
            Ok(renewed) => stand.inbox.set_secrets(&renewed),
            // What has run out altogether is not renewed: somebody connects the account anew.
            Err(error) if error.stops_inbox() => stand.inbox.connect_again().await,
            Err(error) => return Err(format!("renewing: {} ({error})", error.class())),
        }
        went("the second", stand.send(&second).await)?;
    }
    let count = stand.count_ours(side, "marke22").await?;
    ensure(count == 1, || format!("it stands there {count} times"))
}

/// The account is connected anew, and everything goes on where it stopped.
pub async fn connected_anew(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = asked(stand, side).await?;
    stand.act(json!({"act": "revoke_token"})).await;
    let answer = stand.answer(&post, "Wieder da, Kennwort marke23.");
    let error = refused("it", stand.send(&answer).await)?;
    ensure(error.stops_inbox(), || format!("{error}"))?;
    stand.inbox.connect_again().await;
    went("the same answer", stand.send(&answer).await)?;
    let later = stand.hear(side, "anna", "Sind Sie wieder da?").await?;
    ensure(later.author.network_id == post.author.network_id, || {
        "the customer is somebody else now".to_owned()
    })?;
    let writes = stand.writes(side, "marke23").await;
    ensure(writes == 1, || format!("it was said {writes} times"))
}

pub async fn renewed_in_time(stand: &mut Stand<'_>) -> Told {
    let account = stand.inbox.account();
    let renewed = stand.channel().renew(&account, stand.sim.http()).await;
    let renewed = went("renewing", renewed)?;
    stand.inbox.set_secrets(&renewed);
    let account = stand.inbox.account();
    let next = stand.channel().renew_at(&account);
    ensure(next.is_some_and(|next| next > account.now), || {
        format!("new secrets are to be renewed at {next:?}")
    })?;
    let side = stand.side();
    let post = asked(stand, side).await?;
    let answer = stand.answer(&post, "Guten Tag, es geht weiter.");
    went("the answer", stand.send(&answer).await).map(drop)
}

/// Lets the time pass in which this side may be answered, a person's included.
async fn wait_out(stand: &Stand<'_>, side: Visibility) {
    let side = stand.channel().capabilities().side(side);
    let seconds = side.map_or(0, |side| {
        let window = side.reply_window_seconds.unwrap_or_default();
        window.max(side.human_window_seconds.unwrap_or_default())
    });
    stand
        .sim
        .advance(u32::try_from(seconds + 1).unwrap_or(u32::MAX))
        .await;
}

pub async fn window_closes(stand: &mut Stand<'_>) -> Told {
    let post = asked(stand, Private).await?;
    wait_out(stand, Private).await;
    let late = stand.answer(&post, "Das kommt leider zu spät.");
    match stand.send(&late).await {
        Err(error) => ensure(error.class() == "window_closed", || {
            format!("it is {}: {error}", error.class())
        }),
        // Taken first, and refused in a message of its own.
        Ok(receipt) => {
            let failed = |inbound: &Inbound| {
                matches!(inbound, Inbound::Status(status)
                    if status.network_id == receipt.network_id
                        && status.failure.as_ref().is_some_and(|(class, _)| class == "window_closed"))
            };
            stand.until("the closed window", failed).await.map(drop)
        }
    }
}

pub async fn window_opens_again(stand: &mut Stand<'_>) -> Told {
    asked(stand, Private).await?;
    wait_out(stand, Private).await;
    let again = stand
        .hear(Private, "anna", "Ich melde mich noch einmal.")
        .await?;
    let answer = stand.answer(&again, "Schön, dass Sie schreiben.");
    went("the answer", stand.send(&answer).await).map(drop)
}

pub async fn template(stand: &mut Stand<'_>) -> Told {
    let post = asked(stand, Private).await?;
    wait_out(stand, Private).await;
    let mut wish = stand.answer(&post, "");
    wish.template = Some(kulant_channels::outbound::Template {
        name: "antwort_liegt_vor".to_owned(),
        language: "de".to_owned(),
        parameters: vec!["Anna".to_owned()],
    });
    went("the approved text", stand.send(&wish).await)?;
    if let Some(template) = &mut wish.template {
        "gibt_es_nicht".clone_into(&mut template.name);
    }
    let error = refused("a text that nobody approved", stand.send(&wish).await)?;
    ensure(error.class() == "content_rejected", || format!("{error}"))
}
