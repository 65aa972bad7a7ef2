//! What we do at the network: answers on both sides, posts of our own, edits, deletes, files, lengths.

use kulant_channels::capability::count_length;
use kulant_channels::inbound::Post;
use kulant_channels::outbound::{Action, Outbound, OutboundAttachment};
use kulant_model::message::Visibility::{self, Private, Public};
use serde_json::{Value, json};

use crate::stand::{Stand, Told, ensure, refused, went};

/// The smallest picture there is.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xe4`\xf8_\x0f\x02\x87\x01\x80\xeb\x47\xba\x92\0\0\0\0IEND\xaeB`\x82";

pub async fn asked(stand: &mut Stand<'_>, side: Visibility) -> Result<Post, String> {
    stand.hear(side, "anna", "Können Sie mir helfen?").await
}

pub async fn public_answer(stand: &mut Stand<'_>) -> Told {
    answered(stand, Public).await
}

pub async fn private_answer(stand: &mut Stand<'_>) -> Told {
    answered(stand, Private).await
}

async fn answered(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = asked(stand, side).await?;
    let answer = stand.answer(&post, "Gern, Kennwort marke17: einen Augenblick.");
    let receipt = went("the answer", stand.send(&answer).await)?;
    ensure(!receipt.network_id.is_empty(), || {
        "the receipt has no id".to_owned()
    })?;
    let count = stand.count_ours(side, "marke17").await?;
    ensure(count == 1, || format!("it stands there {count} times"))
}

pub async fn own_post(stand: &mut Stand<'_>) -> Told {
    let wish = json!({
        "visibility": "public",
        "action": {"type": "reply", "body": "Am Wochenende wird gebaut, Kennwort marke18."},
    });
    let wish = stand.outbound(wish);
    went("the post", stand.send(&wish).await)?;
    let count = stand.count_ours(Public, "marke18").await?;
    ensure(count == 1, || format!("it stands there {count} times"))
}

async fn own(stand: &mut Stand<'_>, side: Visibility) -> Result<(Post, String), String> {
    let post = asked(stand, side).await?;
    let answer = stand.answer(&post, "Gern, einen Augenblick bitte.");
    let receipt = went("the answer", stand.send(&answer).await)?;
    Ok((post, receipt.network_id))
}

async fn done(stand: &mut Stand<'_>, about: &Post, action: Value) -> Told {
    let wish = stand.action(about, &action);
    went(&action["type"].to_string(), stand.send(&wish).await).map(drop)
}

pub async fn public_edit(stand: &mut Stand<'_>) -> Told {
    edit(stand, Public).await
}

pub async fn private_edit(stand: &mut Stand<'_>) -> Told {
    edit(stand, Private).await
}

async fn edit(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let (post, own) = own(stand, side).await?;
    let action =
        json!({"type": "edit", "network_id": own, "body": "Gern, zwei Augenblicke bitte."});
    done(stand, &post, action).await?;
    let strange =
        json!({"type": "edit", "network_id": post.network_id, "body": "Das sagte ich nie."});
    let wish = stand.action(&post, &strange);
    let error = refused("changing a customer's words", stand.send(&wish).await)?;
    ensure(!error.is_retryable(), || format!("{error}"))
}

pub async fn public_delete(stand: &mut Stand<'_>) -> Told {
    delete(stand, Public).await
}

pub async fn private_delete(stand: &mut Stand<'_>) -> Told {
    delete(stand, Private).await
}

/// What is gone already is gone as it should be.
async fn delete(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let (post, own) = own(stand, side).await?;
    let action = json!({"type": "delete", "network_id": own});
    done(stand, &post, action.clone()).await?;
    done(stand, &post, action).await
}

/// What stands below a post of our own can be hidden everywhere.
pub async fn hide(stand: &mut Stand<'_>) -> Told {
    let post = if stand.channel().capabilities().own_posts {
        let wish = stand.outbound(json!({
            "visibility": "public",
            "action": {"type": "reply", "body": "Ab Montag gilt der neue Fahrplan."},
        }));
        let own = went("the post", stand.send(&wish).await)?;
        let act = json!({"act": "reply", "by": "anna", "of": own.network_id, "text": "Was für ein Mist!"});
        let id = stand.inbox.id(act).await;
        stand.post(&id).await?
    } else {
        asked(stand, Public).await?
    };
    for hidden in [true, false] {
        let action = json!({"type": "hide", "network_id": post.network_id, "hidden": hidden});
        done(stand, &post, action).await?;
    }
    Ok(())
}

pub async fn public_reaction(stand: &mut Stand<'_>) -> Told {
    react(stand, Public).await
}

pub async fn private_reaction(stand: &mut Stand<'_>) -> Told {
    react(stand, Private).await
}

async fn react(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = asked(stand, side).await?;
    for added in [true, true, false] {
        let action =
            json!({"type": "react", "network_id": post.network_id, "kind": "like", "added": added});
        done(stand, &post, action).await?;
    }
    Ok(())
}

pub fn with_files(mut wish: Outbound, count: usize) -> Outbound {
    if let Action::Reply { attachments, .. } = &mut wish.action {
        for number in 0..count {
            attachments.push(OutboundAttachment {
                name: format!("plan-{number}.png"),
                media_type: "image/png".to_owned(),
                bytes: PICTURE.to_vec(),
                alt: Some("Der Fahrplan".to_owned()),
            });
        }
    }
    wish
}

pub async fn public_file(stand: &mut Stand<'_>) -> Told {
    file(stand, Public).await
}

pub async fn private_file(stand: &mut Stand<'_>) -> Told {
    file(stand, Private).await
}

async fn file(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = asked(stand, side).await?;
    let answer = stand.answer(&post, "Hier ist der Fahrplan für Sie.");
    went("the picture", stand.send(&with_files(answer, 1)).await).map(drop)
}

pub async fn public_file_too_large(stand: &mut Stand<'_>) -> Told {
    file_too_large(stand, Public).await
}

pub async fn private_file_too_large(stand: &mut Stand<'_>) -> Told {
    file_too_large(stand, Private).await
}

/// One byte more than the table says is refused in words that name the file, and nothing is said.
async fn file_too_large(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let table = stand.channel().capabilities();
    let limits = table.side(side).and_then(|side| side.attachments.clone());
    let most = usize::try_from(limits.ok_or("there is no limit")?.bytes_each).unwrap_or(0);
    let post = asked(stand, side).await?;
    let answer = stand.answer(&post, "Kennwort marke43, ein sehr großes Bild.");
    let answer = with_file(answer, most + 1);
    let error = refused("it", stand.send(&answer).await)?;
    ensure(
        error.class() == "content_rejected" && error.detail().contains("plan-0.png"),
        || format!("{}: {error}", error.class()),
    )?;
    let writes = stand.writes(side, "marke43").await;
    ensure(writes == 0, || "it was said all the same".to_owned())
}

/// Larger ones are not carried about here: that would only take long.
const LARGE: usize = 8 << 20;

/// What the table says may be sent is taken, or refused in words that name the file.
pub async fn file_as_large_as_allowed(stand: &mut Stand<'_>) -> Told {
    for side in [Public, Private] {
        let table = stand.channel().capabilities();
        let limits = table.side(side).and_then(|side| side.attachments.clone());
        let Some(limits) = limits else {
            continue;
        };
        let post = asked(stand, side).await?;
        let answer = stand.answer(&post, "Hier ist ein großes Bild für Sie.");
        let most = usize::try_from(limits.bytes_each).unwrap_or(0);
        let most = most.min(LARGE);
        match stand.send(&with_file(answer, most)).await {
            Err(error) if error.detail().contains("plan-0.png") => {}
            sent => went("the large picture", sent).map(drop)?,
        }
    }
    Ok(())
}

/// A network may take less than we know of; then its own words say so, and nobody tries it again.
pub async fn file_too_large_there(stand: &mut Stand<'_>) -> Told {
    for (side, mark) in [(Public, "marke44"), (Private, "marke45")] {
        let table = stand.channel().capabilities();
        if table
            .side(side)
            .is_none_or(|side| side.attachments.is_none())
        {
            continue;
        }
        let post = asked(stand, side).await?;
        let name = stand.net.name;
        let less = json!({"network": name, "name": "file_bytes", "limit": 10});
        stand.sim.order("limits", less).await;
        let answer = stand.answer(&post, &format!("Kennwort {mark}, hier ist ein Bild."));
        let error = refused("it", stand.send(&with_files(answer, 1)).await)?;
        let more = json!({"network": name, "name": "file_bytes", "limit": 100_000_000});
        stand.sim.order("limits", more).await;
        ensure(error.class() == "content_rejected", || {
            format!("{}: {error}", error.class())
        })?;
        let writes = stand.writes(side, mark).await;
        ensure(writes == 0, || "it was said all the same".to_owned())?;
    }
    Ok(())
}

/// A picture with so much behind it that it is as large as this.
fn with_file(wish: Outbound, size: usize) -> Outbound {
    let mut wish = with_files(wish, 1);
    if let Action::Reply { attachments, .. } = &mut wish.action {
        attachments[0].bytes.resize(size, 0);
    }
    wish
}

pub async fn too_many_files(stand: &mut Stand<'_>) -> Told {
    let post = asked(stand, Public).await?;
    let table = stand.channel().capabilities();
    let limits = table.side(Public).and_then(|side| side.attachments.clone());
    let most = limits.ok_or("there is no limit")?.count;
    let answer = stand.answer(&post, "Kennwort marke19, sehr viele Bilder.");
    let error = refused("it", stand.send(&with_files(answer, most + 1)).await)?;
    ensure(error.class() == "content_rejected", || format!("{error}"))?;
    let writes = stand.writes(Public, "marke19").await;
    ensure(writes == 0, || "it was said all the same".to_owned())
}

pub async fn public_too_long(stand: &mut Stand<'_>) -> Told {
    too_long(stand, Public).await
}

pub async fn private_too_long(stand: &mut Stand<'_>) -> Told {
    too_long(stand, Private).await
}

/// Makes a text of exactly so many units as the network counts them.
fn text_of(length: usize, side: Visibility, stand: &Stand<'_>) -> String {
    let counts = stand
        .channel()
        .capabilities()
        .side(side)
        .map_or(kulant_channels::capability::Counting::Characters, |side| {
            side.counts
        });
    let mut text = "marke20 ".to_owned();
    while count_length(&text, counts) + 4 <= length {
        text.push_str(if text.len().is_multiple_of(3) {
            "abc "
        } else {
            "abcd"
        });
    }
    while count_length(&text, counts) < length {
        text.push('e');
    }
    text
}

fn longest(stand: &Stand<'_>, side: Visibility) -> Result<usize, String> {
    let side = stand.channel().capabilities().side(side);
    side.and_then(|side| side.length)
        .ok_or_else(|| "there is no limit".to_owned())
}

async fn too_long(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = asked(stand, side).await?;
    let text = text_of(longest(stand, side)? + 1, side, stand);
    let answer = stand.answer(&post, &text);
    let error = refused("it", stand.send(&answer).await)?;
    ensure(error.class() == "content_rejected", || format!("{error}"))?;
    let writes = stand.writes(side, "marke20").await;
    ensure(writes == 0, || "it was said all the same".to_owned())
}

pub async fn public_longest(stand: &mut Stand<'_>) -> Told {
    as_long_as_allowed(stand, Public).await
}

pub async fn private_longest(stand: &mut Stand<'_>) -> Told {
    as_long_as_allowed(stand, Private).await
}

async fn as_long_as_allowed(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let mut post = asked(stand, side).await?;
    let mut text = text_of(longest(stand, side)?, side, stand);
    // A network that wants the person named counts the name as well.
    if let Some(handle) = post.author.handle.take() {
        let name = format!("@{} ", handle.trim_start_matches('@'));
        let mut short = text_of(longest(stand, side)? - name.chars().count(), side, stand);
        short.insert_str(0, &name);
        text = short;
        post.author.handle = Some(handle);
    }
    let answer = stand.answer(&post, &text);
    went("the longest text", stand.send(&answer).await).map(drop)
}

pub async fn too_many_bytes(stand: &mut Stand<'_>) -> Told {
    let post = asked(stand, Public).await?;
    let table = stand.channel().capabilities();
    let most = table.side(Public).and_then(|side| side.bytes);
    let most = most.ok_or("there is no limit")?;
    // A family of four is one sign and many bytes.
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    let text = family.repeat(most / family.len() + 1);
    let answer = stand.answer(&post, &text);
    let error = refused("it", stand.send(&answer).await)?;
    ensure(error.class() == "content_rejected", || format!("{error}"))
}

pub async fn links_and_names(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = asked(stand, side).await?;
    let text =
        "Siehe https://nordtal.example/plan?a=1&b=2 oder #nordtal – Grüße 🚆 & <b>bis</b> bald";
    let answer = stand.answer(&post, text);
    went("the answer", stand.send(&answer).await).map(drop)
}

/// What the table says cannot be done is refused before anything is asked of the network.
pub async fn not_offered(stand: &mut Stand<'_>) -> Told {
    for side in [Public, Private] {
        let Some(facts) = stand.channel().capabilities().side(side) else {
            continue;
        };
        let post = asked(stand, side).await?;
        let id = &post.network_id;
        let things = [
            (
                facts.edit,
                json!({"type": "edit", "network_id": id, "body": "Anders."}),
            ),
            (facts.delete, json!({"type": "delete", "network_id": id})),
            (
                facts.hide,
                json!({"type": "hide", "network_id": id, "hidden": true}),
            ),
            (
                facts.reactions,
                json!({"type": "react", "network_id": id, "kind": "like", "added": true}),
            ),
        ];
        for (offered, action) in things {
            if offered {
                continue;
            }
            let wish = stand.action(&post, &action);
            let error = refused(&action.to_string(), stand.send(&wish).await)?;
            let final_one = matches!(error.class(), "forbidden" | "content_rejected");
            ensure(final_one, || format!("{action}: {error}"))?;
        }
        if facts.attachments.is_none() {
            let answer = stand.answer(&post, "Hier ist ein Bild für Sie.");
            let error = refused("a file", stand.send(&with_files(answer, 1)).await)?;
            let final_one = matches!(error.class(), "forbidden" | "content_rejected");
            ensure(final_one, || format!("a file: {error}"))?;
        }
    }
    Ok(())
}

pub async fn handed_over(stand: &mut Stand<'_>) -> Result<Post, String> {
    let post = asked(stand, Public).await?;
    if let Some(opens) = stand.net.opens {
        let mut act = opens();
        act["by"] = json!("anna");
        stand.act(act).await;
    }
    Ok(post)
}

pub async fn hand_over(stand: &mut Stand<'_>) -> Told {
    let post = handed_over(stand).await?;
    let wish = stand.hand_over(&post, "Nennen Sie uns hier Ihre Nummer.");
    went("the hand-over", stand.send(&wish).await).map(drop)
}

pub async fn hand_over_once(stand: &mut Stand<'_>) -> Told {
    let post = handed_over(stand).await?;
    let wish = stand.hand_over(&post, "Nennen Sie uns hier Ihre Nummer.");
    went("the hand-over", stand.send(&wish).await)?;
    let again = stand.hand_over(&post, "Und noch einmal bitte.");
    let error = refused("a second one", stand.send(&again).await)?;
    ensure(matches!(error.class(), "forbidden" | "duplicate"), || {
        format!("{error}")
    })
}

pub async fn hand_over_late(stand: &mut Stand<'_>) -> Told {
    let post = handed_over(stand).await?;
    let rule = stand.channel().capabilities().hand_over;
    let within = rule
        .and_then(|rule| rule.within_seconds)
        .unwrap_or_default();
    stand
        .sim
        .advance(u32::try_from(within + 1).unwrap_or(u32::MAX))
        .await;
    let wish = stand.hand_over(&post, "Nennen Sie uns hier Ihre Nummer.");
    let error = refused("it", stand.send(&wish).await)?;
    ensure(error.class() == "window_closed", || format!("{error}"))
}
