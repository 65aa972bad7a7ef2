//! Telegram: asked by long polling and pushed with a secret; groups that grow, albums, blocked bots.

use kulant_channels::inbound::Inbound;
use serde_json::json;

use super::sim::{Sim, action, posts, private, reply, told};

#[tokio::test]
async fn a_private_chat_goes_both_ways() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("telegram", "hilfe_bot", json!({})).await;
    let asked = inbox
        .id(json!({"act": "dm", "by": "anna", "text": "Wo ist mein Paket?"}))
        .await;
    let edited = json!({"act": "edit", "by": "anna", "of": asked, "text": "Wo ist mein Päckchen?"});
    inbox.act(edited).await;
    let taken = inbox.poll().await;
    assert_eq!(
        told(&taken),
        [format!("post {asked}"), format!("edit {asked}")]
    );
    let thread = posts(&taken)[0].thread.clone().expect("it is private");

    let receipt = inbox
        .send(&private(&thread, "Unterwegs."))
        .await
        .expect("it is sent");
    let edit = json!({"type": "edit", "network_id": receipt.network_id, "body": "Es ist da."});
    inbox
        .send(&action("private", &edit))
        .await
        .expect("it is changed");
    let delete = json!({"type": "delete", "network_id": receipt.network_id});
    inbox
        .send(&action("private", &delete))
        .await
        .expect("it is gone");
    inbox
        .send(&action("private", &delete))
        .await
        .expect("it is gone still");

    // A bot learns of its own words by their receipts alone, and cannot look for them.
    assert_eq!(
        inbox
            .survives(&private(&thread, "Noch etwas"), ("POST", "sendMessage"))
            .await,
        None
    );
    inbox.act(json!({"act": "block", "by": "anna"})).await;
    let blocked = inbox
        .send(&private(&thread, "Hallo?"))
        .await
        .expect_err("it is blocked");
    assert_eq!(blocked.class(), "recipient_gone");
    let stranger = private("1", "Hallo");
    assert_eq!(
        inbox.send(&stranger).await.expect_err("nobody").class(),
        "recipient_gone"
    );
    inbox.act(json!({"act": "revoke_token"})).await;
    let dead = inbox
        .send(&private(&thread, "x"))
        .await
        .expect_err("nobody is let in");
    assert_eq!(dead.class(), "auth_broken");
}

#[tokio::test]
async fn a_group_is_followed_when_it_grows() {
    let sim = Sim::start().await;
    let more = json!({"group_kind": "group", "group": "Nordtal"});
    let mut inbox = sim.inbox("telegram", "hilfe_bot", more).await;
    // The first asking says that reactions are wanted; Telegram tells them to nobody else.
    inbox
        .act(json!({"act": "post", "by": "ben", "text": "Guten Morgen"}))
        .await;
    inbox.poll().await;
    let asked = inbox
        .id(json!({"act": "post", "by": "ben", "text": "@hilfe_bot hört ihr?"}))
        .await;
    inbox
        .act(json!({"act": "react", "by": "carla", "of": asked, "reaction": "👍"}))
        .await;
    let taken = inbox.poll().await;
    assert_eq!(
        told(&taken),
        [format!("post {asked}"), format!("reaction {asked}")]
    );
    assert!(posts(&taken)[0].mentions_us);

    let moved = inbox.act(json!({"act": "migrate"})).await;
    let receipt = inbox
        .send(&reply(&asked, "Ja!"))
        .await
        .expect("it goes to the new place");
    let new = moved["to"].as_str().expect("the group is elsewhere");
    assert!(
        receipt.network_id.starts_with(&format!("{new}:")),
        "{}",
        receipt.network_id
    );
}

#[tokio::test]
async fn the_pieces_of_an_album_are_named_for_it() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("telegram", "hilfe_bot", json!({})).await;
    let act =
        json!({"act": "dm", "by": "dora", "text": "So sieht es aus", "attachments": [{}, {}, {}]});
    let asked = inbox.id(act).await;
    let taken = inbox.poll().await;
    let pieces: Vec<(&str, &str)> = taken
        .iter()
        .filter_map(|inbound| match inbound {
            Inbound::Piece(piece) => Some((piece.network_id.as_str(), piece.album.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!((pieces.len(), posts(&taken).len()), (3, 3));
    assert_eq!(pieces[0].0, asked);
    assert!(pieces.iter().all(|(_, album)| *album == pieces[0].1));
    let post = posts(&taken)[0];
    let kulant_channels::inbound::AttachmentSource::Url(address) = &post.attachments[0].source
    else {
        panic!("it is to be fetched");
    };
    let bytes = inbox
        .channel
        .fetch_file(&inbox.account(), address, 1 << 20, sim.http())
        .await
        .expect("the file is there");
    assert!(bytes.starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn pushed_updates_carry_the_secret() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("telegram", "hilfe_bot", json!({})).await;
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "davor"}))
        .await;
    inbox.set("push", json!(true));
    inbox.poll().await;
    assert_eq!(inbox.pushed().await.len(), 1, "what waited comes first");

    inbox.fault_delivery(json!({"do": "wrong_signature"})).await;
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "eins"}))
        .await;
    assert_eq!(inbox.pushed().await.len(), 1);
    assert_eq!(inbox.refused_and_doubled(), (1, 0));
    inbox
        .fault_delivery(json!({"do": "duplicate_delivery"}))
        .await;
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "zwei"}))
        .await;
    assert_eq!(inbox.pushed().await.len(), 1);
    assert_eq!(inbox.refused_and_doubled(), (1, 1));

    inbox.fail(2);
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "drei"}))
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    sim.advance(2).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    sim.advance(60).await;
    let taken = inbox.pushed().await;
    assert_eq!(posts(&taken)[0].text, "drei");
    assert_eq!(
        inbox.channel.probe(&inbox.account(), sim.http()).await,
        Ok(Vec::new())
    );
    inbox.set("push", json!(false));
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "vier"}))
        .await;
}

#[tokio::test]
async fn a_new_token_of_the_bot_makes_a_new_secret_of_the_hook() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("telegram", "hilfe_bot", json!({})).await;
    inbox.set("push", json!(true));
    inbox.poll().await;
    let new = inbox.act(json!({"act": "revoke_token"})).await;
    let dead = inbox.send(&private("1", "x")).await;
    assert_eq!(dead.expect_err("it is dead").class(), "auth_broken");
    inbox.set_secrets(&new["secrets"]);
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "Hört ihr?"}))
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    inbox.poll().await;
    let taken = inbox.pushed().await;
    assert_eq!(posts(&taken)[0].text, "Hört ihr?");
    assert!(
        inbox.refused_and_doubled().0 > 0,
        "the old secret is refused"
    );
}

#[tokio::test]
async fn a_call_of_the_bot_is_known_for_one_when_it_is_pushed() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("telegram", "hilfe_bot", json!({})).await;
    // Nobody wrote the name into the settings.
    inbox.set("username", json!(null));
    inbox.set("push", json!(true));
    inbox.poll().await;
    inbox
        .act(json!({"act": "post", "by": "ben", "text": "@hilfe_bot hört ihr?"}))
        .await;
    let taken = inbox.pushed().await;
    assert!(posts(&taken)[0].mentions_us);
}

#[tokio::test]
async fn a_business_chat_is_answered_within_a_day() {
    let sim = Sim::start().await;
    let wish = json!({"business": true});
    let mut inbox = sim.inbox("telegram", "hilfe_bot", wish).await;
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "Hallo", "business": true}))
        .await;
    let taken = inbox.poll().await;
    let thread = posts(&taken)[0].thread.clone().expect("a thread");
    inbox
        .send(&private(&thread, "Guten Tag"))
        .await
        .expect("sent");
    sim.advance(24 * 3_600 + 1).await;
    let late = inbox.send(&private(&thread, "Zu spät")).await;
    assert_eq!(late.expect_err("it is closed").class(), "window_closed");
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "Noch da?", "business": true}))
        .await;
    inbox
        .send(&private(&thread, "Ja"))
        .await
        .expect("it is open again");
}
