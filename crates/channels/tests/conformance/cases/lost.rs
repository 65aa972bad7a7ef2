//! Answers that are lost on the way, in all the ways in which ours may not be found again: later, below
//! an answer, among many, shown late, in two parts. In the end it stands there once.

use kulant_channels::inbound::{Inbound, Post};
use kulant_channels::outbound::{Outbound, SECOND_TRIES, SendError};
use kulant_model::message::Visibility::{self, Private, Public};
use serde_json::{Value, json};

use super::going::{asked, handed_over, with_files};
use crate::networks::HANDLE;
use crate::stand::{Stand, Told, ensure, refused, went};

/// How much others say before ours, and after it.
const MANY: usize = 60;

/// The sides on which something is said here.
fn sides(stand: &Stand<'_>) -> Vec<Visibility> {
    let table = stand.channel().capabilities();
    [Public, Private]
        .into_iter()
        .filter(|side| table.side(*side).is_some_and(|side| side.send))
        .collect()
}

/// Sends something whose answer is lost after the effect.
async fn lose(stand: &mut Stand<'_>, to: &Post, body: &str) -> Result<Outbound, String> {
    let mut wish = stand.answer(to, body);
    let tried_at = stand.inbox.account().now;
    stand
        .fault(to.visibility, json!({"do": "effect_then_reset"}))
        .await;
    let error = refused("it", stand.send(&wish).await)?;
    ensure(error.class() == "uncertain", || {
        format!("a lost answer is {}: {error}", error.class())
    })?;
    wish.first_tried_at = Some(tried_at);
    Ok(wish)
}

/// Looks for it once; what is not there is sent again, and where nobody can say it a person decides.
async fn find(stand: &mut Stand<'_>, wish: &Outbound, mark: &str) -> Told {
    match stand.inbox.look_for(wish).await {
        Ok(Some(_)) | Err(SendError::Uncertain(_)) => {}
        Ok(None) => went("the second try", stand.send(wish).await).map(drop)?,
        Err(error) => return Err(format!("looking: {} ({error})", error.class())),
    }
    once(stand, wish.visibility, mark).await
}

async fn once(stand: &mut Stand<'_>, side: Visibility, mark: &str) -> Told {
    let count = stand.count_ours(side, mark).await?;
    ensure(count == 1, || format!("it stands there {count} times"))
}

/// Gets new secrets where the old ones have run out.
async fn renew(stand: &mut Stand<'_>) -> Told {
    let account = stand.inbox.account();
    if stand.channel().renew_at(&account).is_some() {
        let renewed = stand.channel().renew(&account, stand.sim.http()).await;
        stand.inbox.set_secrets(&went("renewing", renewed)?);
    }
    Ok(())
}

/// The network, or we, were away meanwhile.
pub async fn two_hours_later(stand: &mut Stand<'_>) -> Told {
    for (side, mark) in sides(stand).into_iter().zip(["marke31", "marke32"]) {
        let post = asked(stand, side).await?;
        let wish = lose(stand, &post, &format!("Kennwort {mark}, bis gleich.")).await?;
        stand.pass(7_200).await;
        renew(stand).await?;
        find(stand, &wish, mark).await?;
    }
    Ok(())
}

/// Where answers stand one level deep, it is not below what it answers.
pub async fn below_an_answer(stand: &mut Stand<'_>) -> Told {
    let post = asked(stand, Public).await?;
    let first = stand.answer(&post, "Gern, worum geht es?");
    let first = went("the first answer", stand.send(&first).await)?;
    let text = format!("@{HANDLE} Um den Zug um acht.");
    let below = json!({"act": "reply", "by": "anna", "of": first.network_id, "text": text});
    let below = stand.inbox.id(below).await;
    let below = stand.post(&below).await?;
    let wish = lose(stand, &below, "Der kommt, Kennwort marke33.").await?;
    find(stand, &wish, "marke33").await
}

/// So many others speak there that ours is on no first page.
pub async fn among_many(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = asked(stand, side).await?;
    others(stand, &post).await;
    let wish = lose(stand, &post, "Kennwort marke34, bis gleich.").await?;
    others(stand, &post).await;
    find(stand, &wish, "marke34").await
}

async fn others(stand: &Stand<'_>, post: &Post) {
    let said = |number: usize| match post.visibility {
        Private => json!({"act": "dm", "by": "anna", "text": format!("Noch etwas: {number}.")}),
        _ => {
            json!({"act": "reply", "by": "berta", "of": post.network_id, "text": format!("Bei mir auch, {number}.")})
        }
    };
    stand.act(Value::Array((0..MANY).map(said).collect())).await;
}

/// Networks write links, quotes and signs otherwise than they were sent.
pub async fn written_otherwise(stand: &mut Stand<'_>) -> Told {
    for (side, mark) in sides(stand).into_iter().zip(["marke47", "marke48"]) {
        let post = asked(stand, side).await?;
        let body = format!(
            "Kennwort {mark}: „Bitte warten“ – es geht weiter … <b>A & B</b>\n\nhttps://nordtal.example/plan?a=1&b=2 #nordtal"
        );
        let wish = lose(stand, &post, &body).await?;
        find(stand, &wish, mark).await?;
    }
    Ok(())
}

/// What is not in the list yet may be there all the same.
pub async fn shown_late(stand: &mut Stand<'_>) -> Told {
    for (side, mark) in sides(stand).into_iter().zip(["marke35", "marke36"]) {
        let post = asked(stand, side).await?;
        late(stand, 90).await;
        let wish = stand.answer(&post, &format!("Kennwort {mark}, bis gleich."));
        stand.fault(side, json!({"do": "effect_then_reset"})).await;
        let sent = stand.send_through(&wish).await;
        late(stand, 0).await;
        went("in the end", sent)?;
        once(stand, side, mark).await?;
    }
    Ok(())
}

async fn late(stand: &Stand<'_>, seconds: u32) {
    let wish = json!({"network": stand.net.name, "seconds": seconds});
    stand.sim.order("late", wish).await;
}

/// The same words were said in an earlier conversation, of which this one knows nothing.
pub async fn words_of_another_matter(stand: &mut Stand<'_>) -> Told {
    for side in sides(stand) {
        let post = asked(stand, side).await?;
        let first = stand.answer(&post, "Gern geschehen, bis bald.");
        went("the first", stand.send(&first).await)?;
        stand.pass(1_200).await;
        let mut second = stand.answer(&post, "Gern geschehen, bis bald.");
        second.first_tried_at = Some(stand.inbox.account().now);
        stand.fault(side, json!({"do": "reset"})).await;
        refused("the second", stand.send(&second).await)?;
        stand.pass(30).await;
        let found = went("looking for it", stand.inbox.look_for(&second).await)?;
        ensure(found.is_none(), || {
            format!("what was said before is taken for it: {found:?}")
        })?;
    }
    Ok(())
}

/// A network that says yes in words that nobody understands, and never shows anything.
pub async fn never_found(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = asked(stand, side).await?;
    let (method, path) = stand.write_on(side);
    let then = json!({"do": "status", "status": 200, "body": "<html>ok</html>"});
    let rule = json!({
        "network": stand.net.name,
        "match": {"method": method, "path": path},
        "then": then,
    });
    stand.sim.order("faults", rule).await;
    let wish = stand.answer(&post, "Kennwort marke37, bis gleich.");
    let error = refused("it", stand.send_through(&wish).await)?;
    ensure(error.class() == "uncertain", || format!("it is {error}"))?;
    let writes = stand.writes(side, "marke37").await;
    let most = usize::try_from(SECOND_TRIES).unwrap_or_default() + 1;
    ensure((1..=most).contains(&writes), || {
        format!("it was tried {writes} times")
    })
}

/// Where a text and its file are two messages, the second one may be refused; the file is there.
pub async fn text_refused(stand: &mut Stand<'_>) -> Told {
    part(stand, "marke38", json!({"do": "status", "status": 403})).await
}

/// Or the second one meets a limit.
pub async fn text_put_off(stand: &mut Stand<'_>) -> Told {
    part(stand, "marke39", json!({"do": "status", "status": 429})).await
}

async fn part(stand: &mut Stand<'_>, mark: &str, then: Value) -> Told {
    let post = asked(stand, Private).await?;
    let wish = stand.answer(&post, &format!("Kennwort {mark}, der Fahrplan."));
    let mut wish = with_files(wish, 1);
    let (method, path) = stand.write_on(Private);
    let rule = json!({
        "network": stand.net.name,
        "match": {"method": method, "path": path},
        "skip": 1,
        "times": 1,
        "then": then,
    });
    stand.sim.order("faults", rule).await;
    let tried_at = stand.inbox.account().now;
    let sent = stand.send(&wish).await;
    stand
        .sim
        .clear(&format!("faults?network={}", stand.net.name))
        .await;
    // Where one request has both in it, there is no part.
    let Err(error) = sent else { return Ok(()) };
    ensure(error.is_partly() && error.class() != "uncertain", || {
        format!("a known refusal of the text is {error:?}")
    })?;
    // Whoever decides it, a person or the outbox: it is tried again.
    wish.first_tried_at = Some(tried_at);
    stand.pass(3_700).await;
    went("the second try", stand.send(&wish).await)?;
    once_with_file(stand, mark).await
}

/// The answer to the file is lost, and then the one to its words.
pub async fn file_and_words(stand: &mut Stand<'_>) -> Told {
    for (skip, mark) in [(0, "marke40"), (1, "marke41")] {
        let post = asked(stand, Private).await?;
        let wish = stand.answer(&post, &format!("Kennwort {mark}, der Fahrplan."));
        let (method, path) = stand.write_on(Private);
        let rule = json!({
            "network": stand.net.name,
            "match": {"method": method, "path": path},
            "skip": skip,
            "times": 1,
            "then": {"do": "effect_then_reset"},
        });
        stand.sim.order("faults", rule).await;
        let sent = stand.send_through(&with_files(wish, 1)).await;
        stand
            .sim
            .clear(&format!("faults?network={}", stand.net.name))
            .await;
        went("in the end", sent)?;
        once_with_file(stand, mark).await?;
        stand.heard.clear();
        stand.pass(600).await;
    }
    Ok(())
}

async fn once_with_file(stand: &mut Stand<'_>, mark: &str) -> Told {
    once(stand, Private, mark).await?;
    let table = stand.channel().capabilities();
    if !table.side(Private).is_some_and(|side| side.tells.echoes) {
        return Ok(());
    }
    let files: usize = stand
        .heard
        .iter()
        .map(|inbound| match inbound {
            Inbound::Post(post) if post.author.own => post.attachments.len(),
            _ => 0,
        })
        .sum();
    // Not every network tells the files of what comes back.
    ensure(files <= 1, || {
        format!("the file stands there {files} times")
    })
}

/// The one private answer to something public; a network that takes no second one has the first.
pub async fn hand_over(stand: &mut Stand<'_>) -> Told {
    let post = handed_over(stand).await?;
    let wish = stand.hand_over(&post, "Kennwort marke42: nennen Sie uns hier Ihre Nummer.");
    stand
        .fault(Private, json!({"do": "effect_then_reset"}))
        .await;
    went("in the end", stand.send_through(&wish).await)?;
    once(stand, Private, "marke42").await
}
