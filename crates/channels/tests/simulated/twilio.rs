//! SMS: the signed form, what becomes of ours, people who said STOP.

use serde_json::json;

use super::sim::{Sim, posts, private, told};

#[tokio::test]
async fn a_message_is_answered_and_followed() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("twilio", "nordtalbahn", json!({})).await;
    let sent = inbox.act(json!({"act": "dm", "by": "+491701234567", "text": "Grüße & Fragen?", "attachments": [{}]})).await;
    let asked = sent["id"].as_str().expect("an id");
    let taken = inbox.pushed().await;
    let post = posts(&taken)[0];
    assert_eq!(
        (post.network_id.as_str(), post.text.as_str()),
        (asked, "Grüße & Fragen?")
    );
    assert_eq!(post.thread.as_deref(), sent["thread"].as_str());
    let kulant_channels::inbound::AttachmentSource::Url(address) = &post.attachments[0].source
    else {
        panic!("it is to be fetched");
    };
    let file = inbox
        .channel
        .fetch_file(&inbox.account(), address, 1 << 20, sim.http())
        .await;
    assert!(
        file.expect("it opens with the token")
            .starts_with(b"\x89PNG")
    );

    let thread = post.thread.clone().expect("it is private");
    let receipt = inbox
        .send(&private(&thread, "Guten Tag"))
        .await
        .expect("it is taken");
    let taken = inbox.pushed().await;
    assert_eq!(told(&taken), [format!("arrived {}", receipt.network_id)]);
    let found = inbox
        .survives(&private(&thread, "Noch etwas"), ("POST", "/Messages"))
        .await;
    assert!(found.is_some());
    assert_eq!(
        inbox.channel.probe(&inbox.account(), sim.http()).await,
        Ok(Vec::new())
    );
    let taken = inbox.poll().await;
    assert_eq!(told(&taken), [format!("post {asked}")]);
}

#[tokio::test]
async fn who_said_stop_gets_nothing_and_who_is_away_is_told_of() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("twilio", "nordtalbahn", json!({})).await;
    let sent = inbox
        .act(json!({"act": "dm", "by": "+491701234567", "text": "STOP"}))
        .await;
    let thread = sent["thread"].as_str().expect("a thread").to_owned();
    inbox.pushed().await;
    let stopped = inbox
        .send(&private(&thread, "Schade"))
        .await
        .expect_err("they want nothing");
    assert_eq!(stopped.class(), "opted_out");
    inbox
        .act(json!({"act": "dm", "by": "+491701234567", "text": "START"}))
        .await;
    inbox
        .act(json!({"act": "depart", "by": "+491701234567"}))
        .await;
    inbox.pushed().await;
    let receipt = inbox
        .send(&private(&thread, "Willkommen"))
        .await
        .expect("it is taken");
    assert_eq!(
        told(&inbox.pushed().await),
        [format!("failed {}", receipt.network_id)]
    );
    inbox.act(json!({"act": "revoke_token"})).await;
    let dead = inbox
        .send(&private(&thread, "Hallo"))
        .await
        .expect_err("the token is dead");
    assert_eq!(dead.class(), "auth_broken");
}

#[tokio::test]
async fn forged_and_doubled_forms() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("twilio", "nordtalbahn", json!({})).await;
    inbox.fault_delivery(json!({"do": "wrong_signature"})).await;
    inbox
        .fault_delivery(json!({"do": "duplicate_delivery"}))
        .await;
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "eins"}))
        .await;
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "zwei"}))
        .await;
    assert_eq!(inbox.pushed().await.len(), 2);
    assert_eq!(inbox.refused_and_doubled(), (1, 1));
}

#[tokio::test]
async fn a_messaging_service_writes_signs_otherwise_and_ours_is_found_all_the_same() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("twilio", "nordtalbahn", json!({})).await;
    let service = inbox.opened["messaging_service"].clone();
    assert!(service.is_string(), "{}", inbox.opened);
    inbox.set("messaging_service", service);
    let sent = inbox
        .act(json!({"act": "dm", "by": "+491701234567", "text": "Wann?"}))
        .await;
    let thread = sent["thread"].as_str().expect("a thread").to_owned();
    let answer = private(&thread, "„Gleis 7“ – bis gleich…");
    let found = inbox.survives(&answer, ("POST", "/Messages")).await;
    assert!(found.is_some());
}
