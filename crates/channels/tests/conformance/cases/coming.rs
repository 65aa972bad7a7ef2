//! What customers do, and what of it the network tells: words, threads, changes, files, people who leave.

use kulant_channels::inbound::{AttachmentSource, Inbound, Post};
use kulant_model::message::Visibility::{self, Private, Public};
use serde_json::json;

use crate::stand::{Stand, Told, ensure, went};

/// Everything that has to pass through every layer of every network as it is.
const STRANGE: &str = "Grüße & \"Küsse\" 'n <b>Zug</b> 🚆 50 % #1 \\ {x} – ja?";

pub async fn public_words(stand: &mut Stand<'_>) -> Told {
    let post = stand
        .hear(Public, "anna", "Fährt heute nichts mehr?")
        .await?;
    check_words(&post, Public)
}

pub async fn private_words(stand: &mut Stand<'_>) -> Told {
    let post = stand
        .hear(Private, "anna", "Fährt heute nichts mehr?")
        .await?;
    ensure(post.thread.is_some(), || {
        "a private post is in no thread".to_owned()
    })?;
    check_words(&post, Private)
}

fn check_words(post: &Post, side: Visibility) -> Told {
    ensure(post.visibility == side, || {
        format!("it is told as {:?}", post.visibility)
    })?;
    ensure(post.text.contains("Fährt heute nichts mehr?"), || {
        format!("it says {:?}", post.text)
    })?;
    ensure(!post.author.own, || "a customer is taken for us".to_owned())?;
    ensure(post.echo_of.is_none(), || {
        "a customer's words are taken for an echo".to_owned()
    })?;
    ensure(
        !post.author.network_id.is_empty() && !post.author.name.is_empty(),
        || "the author has no id or no name".to_owned(),
    )
}

pub async fn strange_signs(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = stand.hear(side, "anna", STRANGE).await?;
    ensure(post.text.contains(STRANGE), || {
        format!("it says {:?}", post.text)
    })
}

pub async fn time_of_posting(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let before = stand.inbox.account().now;
    let post = stand.hear(side, "anna", "Wie spät ist es?").await?;
    let off = post
        .platform_at
        .since(before)
        .max(before.since(post.platform_at));
    ensure(off.as_secs() <= 2, || {
        format!("it was said at {:?}, not at {before:?}", post.platform_at)
    })
}

pub async fn answer_names_parent(stand: &mut Stand<'_>) -> Told {
    let first = stand.hear(Public, "anna", "Ist hier jemand?").await?;
    let own = stand.answer(&first, "Ja, wir sind hier.");
    let own = went("the answer", stand.send(&own).await)?;
    let below = json!({"act": "reply", "by": "anna", "of": own.network_id, "text": "Danke schön!"});
    let below = stand.inbox.id(below).await;
    let post = stand.post(&below).await?;
    let parent = post.parent.as_deref();
    // Where answers stand one level deep, all of them are below the first.
    ensure(
        parent == Some(&*own.network_id) || parent == Some(&*first.network_id),
        || format!("its parent is {parent:?}, not {}", own.network_id),
    )
}

pub async fn same_person(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let first = stand.hear(side, "anna", "Das Erste.").await?;
    let other = stand.hear(side, "ben", "Das Zweite.").await?;
    let again = stand.hear(side, "anna", "Das Dritte.").await?;
    ensure(
        first.author.network_id == again.author.network_id
            && first.author.network_id != other.author.network_id,
        || {
            let ids = [&first, &other, &again].map(|post| post.author.network_id.clone());
            format!("anna, ben and anna are {ids:?}")
        },
    )
}

pub async fn same_thread(stand: &mut Stand<'_>) -> Told {
    let first = stand.hear(Private, "anna", "Das Erste von mir.").await?;
    let other = stand.hear(Private, "ben", "Das Zweite von mir.").await?;
    let answer = stand.answer(&first, "Guten Tag, Anna.");
    went("the answer", stand.send(&answer).await)?;
    let again =
        json!({"act": "dm", "by": "anna", "of": first.network_id, "text": "Das Dritte von mir."});
    let again = stand.inbox.id(again).await;
    let again = stand.post(&again).await?;
    ensure(
        first.thread == again.thread && first.thread != other.thread,
        || {
            let threads = [&first, &other, &again].map(|post| post.thread.clone());
            format!("anna, ben and anna write in {threads:?}")
        },
    )
}

pub async fn public_edit(stand: &mut Stand<'_>) -> Told {
    edited(stand, Public).await
}

pub async fn private_edit(stand: &mut Stand<'_>) -> Told {
    edited(stand, Private).await
}

async fn edited(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = stand.hear(side, "anna", "Der Zug um acht.").await?;
    stand.sim.advance(20).await;
    let act =
        json!({"act": "edit", "by": "anna", "of": post.network_id, "text": "Der Zug um neun."});
    stand.act(act).await;
    let new = |inbound: &Inbound| matches!(inbound, Inbound::Edit(edit) if edit.network_id == post.network_id && edit.text.contains("um neun"));
    stand.until("the new words", new).await.map(drop)
}

pub async fn public_delete(stand: &mut Stand<'_>) -> Told {
    deleted(stand, Public).await
}

pub async fn private_delete(stand: &mut Stand<'_>) -> Told {
    deleted(stand, Private).await
}

/// Some networks tell of it at once; at others it is found out within a day.
async fn deleted(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = stand.hear(side, "anna", "Das nehme ich zurück.").await?;
    if stand.channel().capabilities().fills_gaps {
        stand.ask().await;
    }
    stand
        .act(json!({"act": "delete", "by": "anna", "of": post.network_id}))
        .await;
    let gone = |inbound: &Inbound| matches!(inbound, Inbound::Delete(delete) if delete.network_id == post.network_id);
    for _ in 0..2 {
        if stand.soon(gone).await {
            return Ok(());
        }
        stand.next_day().await?;
    }
    stand.until("the delete", gone).await.map(drop)
}

pub async fn public_reaction(stand: &mut Stand<'_>) -> Told {
    reacted(stand, Public).await
}

pub async fn private_reaction(stand: &mut Stand<'_>) -> Told {
    reacted(stand, Private).await
}

/// Some networks tell of reactions to our own words alone.
async fn reacted(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = stand.hear(side, "anna", "Hilft mir jemand?").await?;
    let answer = stand.answer(&post, "Wir helfen Ihnen gern.");
    let own = went("the answer", stand.send(&answer).await)?;
    stand
        .act(json!({"act": "react", "by": "anna", "of": own.network_id}))
        .await;
    let liked = |inbound: &Inbound| matches!(inbound, Inbound::Reaction(reaction) if reaction.of == own.network_id && reaction.added && !reaction.author.own);
    stand.until("the reaction", liked).await.map(drop)
}

pub async fn public_file(stand: &mut Stand<'_>) -> Told {
    let act = (stand.net.speaks)();
    file_of(stand, act).await
}

pub async fn private_file(stand: &mut Stand<'_>) -> Told {
    file_of(stand, json!({"act": "dm"})).await
}

async fn file_of(stand: &mut Stand<'_>, mut act: serde_json::Value) -> Told {
    act["by"] = json!("anna");
    act["text"] = json!("So sieht es hier aus.");
    act["attachments"] = json!([{"alt": "Ein Gleis"}]);
    let id = stand.inbox.id(act).await;
    let post = stand.post(&id).await?;
    let [file] = post.attachments.as_slice() else {
        return Err(format!("it came with {} files", post.attachments.len()));
    };
    let is_picture = |bytes: &[u8]| {
        ensure(bytes.starts_with(b"\x89PNG"), || {
            "the file is not the one that was sent".to_owned()
        })
    };
    let address = match &file.source {
        AttachmentSource::Url(address) => address,
        AttachmentSource::Bytes(bytes) => return is_picture(bytes),
        // What was handed in on our own page lies with us.
        AttachmentSource::Upload(id) => {
            return ensure(!id.is_empty(), || "the file is nowhere".to_owned());
        }
    };
    let account = stand.inbox.account();
    let bytes = stand
        .channel()
        .fetch_file(&account, address, 1 << 20, stand.sim.http())
        .await;
    is_picture(&went("fetching the file", bytes)?)?;
    let limited = stand
        .channel()
        .fetch_file(&account, address, 10, stand.sim.http())
        .await;
    ensure(limited.is_err(), || {
        "a file above the limit was fetched".to_owned()
    })
}

pub async fn departure(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = stand.hear(side, "anna", "Ich bin bald weg.").await?;
    stand.act(json!({"act": "depart", "by": "anna"})).await;
    // Where a network names people otherwise in such a wish, it is told as one that needs a person.
    let gone = |inbound: &Inbound| matches!(inbound, Inbound::Departure(departure) if departure.wish.is_some() || departure.person == post.author.network_id);
    stand.until("the departure", gone).await.map(drop)
}

pub async fn native_answer(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = stand
        .hear(side, "anna", "Antwortet jemand am Telefon?")
        .await?;
    let mut act = (stand.net.native)();
    act["of"] = json!(post.network_id);
    act["text"] = json!("Ja, aus der App.");
    let id = stand.inbox.id(act).await;
    let own = stand.post(&id).await?;
    ensure(own.author.own, || {
        "our own answer is taken for a stranger's".to_owned()
    })?;
    // A key of the network's may be read as an id, as long as none of ours has it.
    let taken_for = own.echo_of.as_deref().filter(|id| stand.has_sent(id));
    ensure(taken_for.is_none(), || {
        format!("it is taken for our message {taken_for:?}")
    })?;
    ensure(own.visibility == side && own.thread == post.thread, || {
        format!("it is {:?} in {:?}", own.visibility, own.thread)
    })
}

pub async fn public_echo(stand: &mut Stand<'_>) -> Told {
    echoed(stand, Public).await
}

pub async fn private_echo(stand: &mut Stand<'_>) -> Told {
    echoed(stand, Private).await
}

async fn echoed(stand: &mut Stand<'_>, side: Visibility) -> Told {
    let post = stand.hear(side, "anna", "Wo ist der Ersatzbus?").await?;
    let answer = stand.answer(&post, "Er steht vor dem Bahnhof.");
    let receipt = went("the answer", stand.send(&answer).await)?;
    let own = stand.post(&receipt.network_id).await?;
    ensure(own.author.own, || {
        "our own answer is taken for a stranger's".to_owned()
    })?;
    ensure(
        own.echo_of
            .as_ref()
            .is_none_or(|id| *id == answer.message_id),
        || format!("it is taken for our message {:?}", own.echo_of),
    )?;
    ensure(own.text.contains("vor dem Bahnhof"), || {
        format!("it says {:?}", own.text)
    })?;
    ensure(own.visibility == side && own.thread == post.thread, || {
        format!("it is {:?} in {:?}", own.visibility, own.thread)
    })
}

pub async fn arrival(stand: &mut Stand<'_>) -> Told {
    let side = stand.side();
    let post = stand.hear(side, "anna", "Kommt das an?").await?;
    let answer = stand.answer(&post, "Es kommt an.");
    let receipt = went("the answer", stand.send(&answer).await)?;
    let arrived = |inbound: &Inbound| matches!(inbound, Inbound::Status(status) if status.network_id == receipt.network_id && status.failure.is_none());
    stand.until("the arrival", arrived).await.map(drop)
}
