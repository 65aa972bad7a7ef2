//! Saying something where it goes wrong: every status, answers that are lost, and saying it once all the same.

use kulant_model::message::Visibility;
use serde_json::{Value, json};

use super::going::asked;
use crate::stand::{Stand, Told, ensure, refused, went};
use kulant_channels::outbound::{Outbound, SendError};

async fn answer(stand: &mut Stand<'_>) -> Result<(Visibility, Outbound), String> {
    let side = stand.side();
    let post = asked(stand, side).await?;
    let answer = stand.answer(&post, "Kennwort marke21, einen Augenblick.");
    Ok((side, answer))
}

/// Says something that meets this fault.
async fn met(stand: &mut Stand<'_>, then: Value) -> Result<(Visibility, SendError), String> {
    let (side, answer) = answer(stand).await?;
    stand.fault(side, then).await;
    let error = refused("it", stand.send(&answer).await)?;
    Ok((side, error))
}

fn status(status: u16) -> Value {
    json!({"do": "status", "status": status})
}

async fn class_of(stand: &mut Stand<'_>, code: u16, expected: &[&str]) -> Told {
    let (side, error) = met(stand, status(code)).await?;
    ensure(expected.contains(&error.class()), || {
        format!("{code} is {}: {error}", error.class())
    })?;
    let writes = stand.writes(side, "marke21").await;
    ensure(writes == 0, || "it was said all the same".to_owned())
}

pub async fn bad_request(stand: &mut Stand<'_>) -> Told {
    let finals = ["content_rejected", "recipient_gone", "forbidden"];
    class_of(stand, 422, &finals).await
}

/// A session may be opened anew without anybody noticing; else the inbox stops.
pub async fn unauthorised(stand: &mut Stand<'_>) -> Told {
    let (side, answer) = answer(stand).await?;
    stand.fault(side, status(401)).await;
    match stand.send(&answer).await {
        Ok(_) => {
            let renews = stand.channel().renew_at(&stand.inbox.account()).is_some();
            ensure(renews, || "nothing could be opened anew".to_owned())
        }
        Err(error) => ensure(error.stops_inbox(), || {
            format!("401 is {}: {error}", error.class())
        }),
    }
}

/// Some networks say by this that a budget is used up, or that the token is dead.
pub async fn forbidden(stand: &mut Stand<'_>) -> Told {
    let (side, error) = met(stand, status(403)).await?;
    let never = matches!(
        error.class(),
        "uncertain" | "bug" | "unreadable" | "retry_backoff"
    );
    ensure(!never, || format!("403 is {}: {error}", error.class()))?;
    let writes = stand.writes(side, "marke21").await;
    ensure(writes == 0, || "it was said all the same".to_owned())
}

pub async fn not_found(stand: &mut Stand<'_>) -> Told {
    // At some networks the account itself is part of the path, and may be what is not found.
    let finals = [
        "recipient_gone",
        "forbidden",
        "content_rejected",
        "auth_broken",
    ];
    class_of(stand, 404, &finals).await
}

pub async fn conflict(stand: &mut Stand<'_>) -> Told {
    let (side, answer) = answer(stand).await?;
    stand.fault(side, status(409)).await;
    let sent = stand.send_through(&answer).await;
    if let Err(error) = &sent {
        ensure(error.class() != "bug", || format!("409: {error}"))?;
    }
    // A network that says it has it already names nothing new.
    let said = sent
        .as_ref()
        .is_ok_and(|receipt| !receipt.network_id.is_empty());
    let writes = stand.writes(side, "marke21").await;
    ensure(writes == usize::from(said), || {
        format!("it was said {writes} times, and the outbox knows of {sent:?}")
    })
}

pub async fn too_fast(stand: &mut Stand<'_>) -> Told {
    class_of(stand, 429, &["retry_after", "retry_backoff"]).await
}

pub async fn crash(stand: &mut Stand<'_>) -> Told {
    class_of(stand, 500, &["retry_backoff", "retry_after"]).await
}

pub async fn bad_gateway(stand: &mut Stand<'_>) -> Told {
    class_of(stand, 502, &["retry_backoff", "retry_after"]).await
}

pub async fn away(stand: &mut Stand<'_>) -> Told {
    let then = json!({"do": "status", "status": 503, "body": "<html>away</html>"});
    let (side, error) = met(stand, then).await?;
    ensure(error.is_retryable(), || format!("503 is {error}"))?;
    let writes = stand.writes(side, "marke21").await;
    ensure(writes == 0, || "it was said all the same".to_owned())
}

pub async fn down(stand: &mut Stand<'_>) -> Told {
    let (_, answer) = answer(stand).await?;
    let away = json!({"network": stand.net.name, "seconds": 30, "how": "unavailable"});
    stand.sim.order("down", away).await;
    let error = refused("it", stand.send(&answer).await)?;
    ensure(error.is_retryable(), || format!("{error}"))?;
    stand.sim.advance(31).await;
    went("afterwards", stand.send(&answer).await).map(drop)
}

/// The network's own limit, not a fault by order.
pub async fn limited(stand: &mut Stand<'_>) -> Told {
    let (_, answer) = answer(stand).await?;
    let (name, limit) = stand.net.limit;
    let order = json!({"network": stand.net.name, "name": name, "limit": limit});
    stand.sim.order("limits", order).await;
    let error = refused("it", stand.send(&answer).await)?;
    ensure(error.is_retryable(), || format!("{error}"))?;
    let wait = error.wait().map(|wait| wait.as_secs());
    ensure(wait.is_none_or(|wait| wait <= 86_400), || {
        format!("it is to wait for {wait:?} s")
    })
}

/// The answer is lost after the effect: it is uncertain, is looked for, and stands there once.
async fn lost(stand: &mut Stand<'_>, then: Value) -> Told {
    let (side, answer) = answer(stand).await?;
    stand.fault(side, then).await;
    let error = refused("it", stand.send(&answer).await)?;
    ensure(error.class() == "uncertain", || {
        format!("a lost answer is {}: {error}", error.class())
    })?;
    if stand.channel().can_look_up(&stand.inbox.account()) {
        let found = went("looking for it", stand.inbox.look_for(&answer).await)?;
        // A network that knows a second try by its key makes one of the two.
        if found.is_none() {
            went("the second try", stand.send(&answer).await)?;
        }
    }
    let count = stand.count_ours(side, "marke21").await?;
    ensure(count == 1, || format!("it stands there {count} times"))
}

pub async fn cut_off_after_effect(stand: &mut Stand<'_>) -> Told {
    lost(stand, json!({"do": "effect_then_reset"})).await
}

pub async fn silence_after_effect(stand: &mut Stand<'_>) -> Told {
    lost(stand, json!({"do": "effect_then_silence"})).await
}

pub async fn half_an_answer(stand: &mut Stand<'_>) -> Told {
    lost(stand, json!({"do": "truncated"})).await
}

/// A success in words that nobody understands may be one.
pub async fn strange_success(stand: &mut Stand<'_>) -> Told {
    let then = json!({"do": "status", "status": 200, "body": "<html>ok</html>"});
    let (_, error) = met(stand, then).await?;
    ensure(error.class() == "uncertain", || {
        format!("it is {}: {error}", error.class())
    })
}

/// Cut off before the effect: nothing is found, and the second try is the only one that counts.
pub async fn cut_off_before(stand: &mut Stand<'_>) -> Told {
    let (side, answer) = answer(stand).await?;
    stand.fault(side, json!({"do": "reset"})).await;
    let error = refused("it", stand.send(&answer).await)?;
    ensure(
        matches!(error.class(), "uncertain" | "retry_backoff"),
        || format!("it is {}: {error}", error.class()),
    )?;
    if error.is_retryable() || stand.channel().can_look_up(&stand.inbox.account()) {
        if !error.is_retryable() {
            let found = went("looking for it", stand.inbox.look_for(&answer).await)?;
            ensure(found.is_none(), || {
                format!("what never was is found: {found:?}")
            })?;
        }
        went("the second try", stand.send(&answer).await)?;
        let count = stand.count_ours(side, "marke21").await?;
        ensure(count == 1, || format!("it stands there {count} times"))?;
    }
    Ok(())
}

/// Looking finds our message and no other of the same words.
pub async fn looked_for(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = asked(stand, side).await?;
    let never = stand.answer(&post, "Das wurde nie gesagt, nirgends.");
    let none = went("looking", stand.inbox.look_for(&never).await)?;
    ensure(none.is_none(), || {
        format!("what never was is found: {none:?}")
    })?;
    let answer = stand.answer(&post, "Das wurde wirklich gesagt, hier.");
    let sent = went("the answer", stand.send(&answer).await)?;
    let found = went("looking", stand.inbox.look_for(&answer).await)?;
    // Nothing found means: a second try is safe, and gives the first one again.
    let known = match found {
        Some(found) => found.network_id,
        None => went("the second try", stand.send(&answer).await)?.network_id,
    };
    ensure(known == sent.network_id, || {
        format!("{known} is found, and {} was sent", sent.network_id)
    })
}

/// The same words were said a minute ago; that is no proof that they were said again.
pub async fn same_words_before(stand: &mut Stand<'_>) -> Told {
    for side in [Visibility::Public, Visibility::Private] {
        let table = stand.channel().capabilities();
        if !table.side(side).is_some_and(|side| side.send) {
            continue;
        }
        let post = asked(stand, side).await?;
        let first = stand.answer(&post, "Gern geschehen, bis bald.");
        let first = went("the first", stand.send(&first).await)?;
        stand.sim.advance(60).await;
        let mut second = stand.answer(&post, "Gern geschehen, bis bald.");
        second.references = vec![post.network_id.clone(), first.network_id.clone()];
        stand.fault(side, json!({"do": "reset"})).await;
        refused("the second", stand.send(&second).await)?;
        let found = went("looking for it", stand.inbox.look_for(&second).await)?;
        ensure(found.is_none(), || {
            format!("what was said before is taken for it: {found:?}")
        })?;
    }
    Ok(())
}

/// Four bad answers in a row, and the message stands there once.
pub async fn stormy(stand: &mut Stand<'_>) -> Told {
    let (side, answer) = answer(stand).await?;
    for then in [
        status(500),
        status(429),
        json!({"do": "status", "status": 503, "body": "<html>away</html>"}),
    ] {
        stand.fault(side, then).await;
    }
    went("in the end", stand.send_through(&answer).await)?;
    let count = stand.count_ours(side, "marke21").await?;
    ensure(count == 1, || format!("it stands there {count} times"))
}

pub async fn customer_gone(stand: &mut Stand<'_>) -> Told {
    let (_, answer) = answer(stand).await?;
    let known = stand.channel().capabilities().side(stand.side()).is_some();
    ensure(known, || "there is nobody to answer".to_owned())?;
    stand.act(json!({"act": "depart", "by": "anna"})).await;
    match stand.send(&answer).await {
        // Where a group or a telephone network takes it, nobody knows better.
        Ok(_) => Ok(()),
        Err(error) => ensure(
            !error.is_retryable() && !matches!(error.class(), "uncertain" | "bug" | "auth_broken"),
            || format!("it is {}: {error}", error.class()),
        ),
    }
}

pub async fn nothing_secret_in_errors(stand: &mut Stand<'_>) -> Told {
    let (side, answer) = answer(stand).await?;
    let account = stand.inbox.account();
    let secrets: Vec<String> = account
        .secrets
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, secret)| secret.as_str().map(str::to_owned))
        .filter(|secret| secret.len() > 8)
        .collect();
    for then in [
        status(401),
        status(403),
        status(500),
        json!({"do": "reset"}),
        json!({"do": "truncated"}),
    ] {
        stand.fault(side, then).await;
        if let Err(error) = stand.send(&answer).await {
            let words = format!("{error} {error:?}");
            let told = secrets.iter().any(|secret| words.contains(secret.as_str()));
            ensure(!told, || "an error has a secret in it".to_owned())?;
        }
    }
    Ok(())
}
