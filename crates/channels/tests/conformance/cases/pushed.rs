//! Deliveries to our hook: signed, forged, doubled, shuffled, late, played again, refused by us.

use std::collections::BTreeSet;

use kulant_channels::delivery::{RawDelivery, SIGNING};
use kulant_channels::inbound::Inbound;
use serde_json::{Value, json};

use crate::stand::{Stand, Told, ensure};

/// How many posts of these words were told of.
fn count(stand: &Stand<'_>, words: &str) -> usize {
    let said =
        |inbound: &&Inbound| matches!(inbound, Inbound::Post(post) if post.text.contains(words));
    stand.heard.iter().filter(said).count()
}

/// Lets somebody speak and returns what reached the hook, with how often it came again and was refused.
async fn one(stand: &mut Stand<'_>, words: &str) -> Result<(), String> {
    let side = stand.side();
    stand.hear(side, "anna", words).await.map(drop)
}

pub async fn hook_is_known(stand: &mut Stand<'_>) -> Told {
    ensure(stand.is_pushed(), || "nothing is pushed".to_owned())?;
    one(stand, "Ist der Weg frei?").await?;
    let account = stand.inbox.account();
    let findings = stand.channel().probe(&account, stand.sim.http()).await;
    ensure(findings == Ok(Vec::new()), || {
        format!("the network finds fault with the hook: {findings:?}")
    })
}

pub async fn wrong_handshake(stand: &mut Stand<'_>) -> Told {
    let account = stand.inbox.account();
    let forged = [
        ("hub.mode", "subscribe"),
        ("hub.verify_token", "erraten"),
        ("hub.challenge", "1158201444"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = stand.channel().handshake(&account, &forged);
    ensure(
        answer.is_none_or(|answer| answer.status >= 400 || !answer.body.contains("1158201444")),
        || "a stranger's handshake is answered".to_owned(),
    )
}

pub async fn forged(stand: &mut Stand<'_>) -> Told {
    stand.fault_any(json!({"do": "wrong_signature"})).await;
    one(stand, "Nur einmal echt.").await?;
    let (refused, _) = stand.inbox.refused_and_doubled();
    ensure(refused == 1, || {
        format!("{refused} deliveries were refused")
    })?;
    ensure(count(stand, "Nur einmal echt.") == 1, || {
        "the forged one was read".to_owned()
    })
}

/// Returns the newest delivery that was believed.
async fn believed(stand: &mut Stand<'_>) -> Result<RawDelivery, String> {
    one(stand, "Das hier ist echt.").await?;
    let raw = stand.raw.last().cloned().ok_or("nothing was pushed")?;
    let account = stand.inbox.account();
    stand
        .channel()
        .verify(&account, &raw)
        .map_err(|error| format!("what was believed is not any more: {error}"))?;
    Ok(raw)
}

pub async fn tampered(stand: &mut Stand<'_>) -> Told {
    let mut raw = believed(stand).await?;
    let account = stand.inbox.account();
    // Where the secret is handed over as it is, the words are not covered by it.
    let signed = raw
        .headers
        .iter()
        .any(|(name, value)| name.contains("signature") && !value.is_empty());
    let place = raw.body.len() / 2;
    raw.body[place] ^= 1;
    if !signed {
        for (_, value) in &mut raw.headers {
            value.push('x');
        }
    }
    ensure(stand.channel().verify(&account, &raw).is_err(), || {
        "a changed delivery is believed".to_owned()
    })
}

pub async fn unsigned(stand: &mut Stand<'_>) -> Told {
    let mut raw = believed(stand).await?;
    let account = stand.inbox.account();
    raw.headers.clear();
    ensure(stand.channel().verify(&account, &raw).is_err(), || {
        "a delivery without a signature is believed".to_owned()
    })
}

pub async fn without_secret(stand: &mut Stand<'_>) -> Told {
    let raw = believed(stand).await?;
    for secrets in [json!({}), json!({SIGNING: []}), json!({SIGNING: [""]})] {
        let mut account = stand.inbox.account();
        account.secrets = secrets;
        ensure(stand.channel().verify(&account, &raw).is_err(), || {
            "an inbox without a secret believes a delivery".to_owned()
        })?;
    }
    // An empty secret is no secret.
    let mut account = stand.inbox.account();
    if let Value::Object(secrets) = &mut account.secrets {
        for secret in secrets.values_mut() {
            *secret = if secret.is_array() {
                json!([""])
            } else {
                json!("")
            };
        }
    }
    ensure(stand.channel().verify(&account, &raw).is_err(), || {
        "an empty secret opens the hook".to_owned()
    })
}

pub async fn doubled(stand: &mut Stand<'_>) -> Told {
    stand
        .fault_any(json!({"do": "duplicate_delivery", "times": 2}))
        .await;
    one(stand, "Einmal gesagt.").await?;
    stand.news().await;
    let (_, doubled) = stand.inbox.refused_and_doubled();
    ensure(doubled == 2, || {
        format!("{doubled} of two copies were known")
    })?;
    ensure(count(stand, "Einmal gesagt.") == 1, || {
        "it was told of twice".to_owned()
    })
}

pub async fn replayed(stand: &mut Stand<'_>) -> Told {
    one(stand, "Vorhin gesagt.").await?;
    stand.fault_any(json!({"do": "replay", "times": 3})).await;
    one(stand, "Gerade gesagt.").await?;
    stand.news().await;
    for words in ["Vorhin gesagt.", "Gerade gesagt."] {
        ensure(count(stand, words) == 1, || {
            format!("{words:?} was told of {} times", count(stand, words))
        })?;
    }
    // What is played again has the key that it had, by which it is known.
    let distinct = |part: fn(&RawDelivery) -> Vec<u8>| -> usize {
        stand.raw.iter().map(part).collect::<BTreeSet<_>>().len()
    };
    let keys = distinct(|raw| format!("{} {}", raw.kind, raw.key).into_bytes());
    let bodies = distinct(|raw| raw.body.clone());
    ensure(bodies < stand.raw.len() && keys == bodies, || {
        format!(
            "{} deliveries of {bodies} bodies have {keys} keys",
            stand.raw.len()
        )
    })
}

pub async fn shuffled(stand: &mut Stand<'_>) -> Told {
    let order = |hold: bool| json!({"network": stand.net.name, "hold": hold, "shuffle": !hold});
    stand.sim.order("deliveries", order(true)).await;
    let side = stand.side();
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(
            stand
                .say(side, "anna", &format!("Nachricht Nummer {number:02}."))
                .await,
        );
    }
    stand.sim.order("deliveries", order(false)).await;
    for id in &ids {
        stand.post(id).await?;
    }
    let times: Vec<_> = ids
        .iter()
        .filter_map(|id| {
            stand.heard.iter().find_map(|inbound| match inbound {
                Inbound::Post(post) if post.network_id == *id => Some(post.platform_at),
                _ => None,
            })
        })
        .collect();
    ensure(count(stand, "Nachricht Nummer") == 12, || {
        format!("{} of 12 came", count(stand, "Nachricht Nummer"))
    })?;
    ensure(times.is_sorted(), || {
        "their times do not tell the order".to_owned()
    })
}

pub async fn late(stand: &mut Stand<'_>) -> Told {
    stand
        .fault_any(json!({"do": "delay_delivery", "seconds": 90}))
        .await;
    let side = stand.side();
    let slow = stand.say(side, "anna", "Ich komme zu spät.").await;
    stand.fault_is_met().await;
    stand.say(side, "anna", "Ich bin pünktlich.").await;
    stand.sim.advance(100).await;
    let slow = stand.post(&slow).await?;
    let quick = |inbound: &Inbound| matches!(inbound, Inbound::Post(post) if post.text.contains("pünktlich"));
    let Inbound::Post(quick) = stand.until("the second", quick).await? else {
        return Err("it is no post".to_owned());
    };
    ensure(slow.platform_at <= quick.platform_at, || {
        "the late one is taken for the newer one".to_owned()
    })
}

pub async fn refused_by_us(stand: &mut Stand<'_>) -> Told {
    stand.inbox.fail(1);
    let side = stand.side();
    let id = stand.say(side, "anna", "Ging die Tür nicht auf?").await;
    stand.door_was_shut().await;
    stand.sim.advance(120).await;
    stand.news().await;
    // A network that does not try again is asked for what we missed.
    if count(stand, "Ging die Tür") == 0 && stand.channel().capabilities().fills_gaps {
        stand.ask().await;
    }
    stand.post(&id).await?;
    ensure(count(stand, "Ging die Tür") == 1, || {
        "it was told of twice".to_owned()
    })
}

pub async fn network_away(stand: &mut Stand<'_>) -> Told {
    let away = json!({"network": stand.net.name, "seconds": 30, "how": "unavailable"});
    stand.sim.order("down", away).await;
    let side = stand.side();
    let id = stand.say(side, "anna", "Hört mich jemand?").await;
    stand.sim.advance(31).await;
    stand.post(&id).await?;
    ensure(count(stand, "Hört mich") == 1, || {
        "it was told of twice".to_owned()
    })
}
