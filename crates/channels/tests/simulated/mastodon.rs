//! Mastodon: asked and listened to; answered, edited, deleted; answers lost and found.

use futures::StreamExt as _;
use serde_json::json;

use super::sim::{Sim, action, posts, private, reply, told};

#[tokio::test]
async fn a_mention_comes_in_and_an_answer_goes_out() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("mastodon", "nordtalbahn", json!({})).await;
    assert_eq!(inbox.poll().await, []);
    let asked = inbox
        .id(json!({"act": "post", "by": "anna@netz.example", "name": "Anna", "to": "nordtalbahn", "text": "Fährt heute & morgen nichts?"}))
        .await;
    let taken = inbox.poll().await;
    let post = posts(&taken)[0];
    assert_eq!(post.network_id, asked);
    assert_eq!(post.text, "@nordtalbahn Fährt heute & morgen nichts?");
    assert!(post.mentions_us && !post.author.own);

    let mut answer = reply(&asked, "Doch, ab 12 Uhr: https://nordtal.example/plan");
    answer.recipient_handle = Some("@anna@netz.example".to_owned());
    let receipt = inbox.send(&answer).await.expect("it is posted");
    let edit = json!({"type": "edit", "network_id": receipt.network_id, "body": "@anna@netz.example Ab 13 Uhr."});
    inbox
        .send(&action("public", &edit))
        .await
        .expect("it is changed");
    let like = json!({"type": "react", "network_id": asked, "kind": "like", "added": true});
    inbox
        .send(&action("public", &like))
        .await
        .expect("it is liked");
    let taken = inbox.poll().await;
    assert_eq!(told(&taken), [format!("own {}", receipt.network_id)]);
    assert_eq!(posts(&taken)[0].text, "@anna Ab 13 Uhr.");

    let delete = json!({"type": "delete", "network_id": receipt.network_id});
    inbox
        .send(&action("public", &delete))
        .await
        .expect("it is gone");
    inbox
        .send(&action("public", &delete))
        .await
        .expect("it is gone still");
}

#[tokio::test]
async fn a_lost_answer_is_found() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("mastodon", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "post", "by": "ben", "to": "nordtalbahn", "text": "Hallo?"}))
        .await;
    let mut answer = reply(&asked, "Guten Tag.");
    answer.recipient_handle = Some("ben".to_owned());
    let found = inbox.survives(&answer, ("POST", "/api/v1/statuses")).await;
    let again = inbox.send(&answer).await.expect("the key makes it one");
    assert_eq!(
        found.map(|receipt| receipt.network_id),
        Some(again.network_id)
    );

    inbox.act(json!({"act": "block", "by": "ben"})).await;
    let blocked = inbox.send(&reply(&asked, "@ben Noch etwas")).await;
    // The key is that of the first answer, which stands.
    assert!(blocked.is_ok());
    inbox.act(json!({"act": "revoke_token"})).await;
    let dead = inbox.send(&answer).await.expect_err("nobody is let in");
    assert_eq!(dead.class(), "auth_broken");
}

#[tokio::test]
async fn direct_posts_have_their_own_thread() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("mastodon", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    let asked = inbox
        .id(json!({"act": "dm", "by": "carla", "to": "nordtalbahn", "text": "Meine Nummer ist 12"}))
        .await;
    let taken = inbox.poll().await;
    let thread = posts(&taken)[0].thread.clone().expect("it is private");
    let mut answer = private(&thread, "Danke!");
    answer.in_reply_to = Some(asked);
    let receipt = inbox.send(&answer).await.expect("it is sent");
    let taken = inbox.poll().await;
    let own = posts(&taken)[0];
    assert_eq!(
        (&own.network_id, own.thread.as_ref()),
        (&receipt.network_id, Some(&thread))
    );
}

#[tokio::test]
async fn what_a_broken_stream_misses_is_asked_for() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("mastodon", "nordtalbahn", json!({})).await;
    let account = inbox.account();
    let mut stream = inbox
        .channel
        .listen(&account, None, sim.http())
        .expect("it streams");
    let first = stream
        .next()
        .await
        .expect("it begins")
        .expect("it catches up");
    let act = |text: &str| json!({"act": "post", "by": "dora", "to": "nordtalbahn", "text": text});
    // The wish to be told may still be on its way.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    inbox.act(act("eins")).await;
    let heard = stream.next().await.expect("it goes on").expect("it tells");
    assert_eq!(told(&inbox.translate(&heard.deliveries)).len(), 1);
    assert_eq!(first.trouble, None);

    sim.order(
        "faults",
        json!({"network": "mastodon", "then": {"do": "drop_stream"}}),
    )
    .await;
    inbox.act(act("zwei")).await;
    while let Some(Ok(_)) = stream.next().await {}
    drop(stream);
    let mut again = inbox
        .channel
        .listen(&account, Some(&heard.cursor), sim.http())
        .expect("it streams");
    let caught = again
        .next()
        .await
        .expect("it begins")
        .expect("it catches up");
    let taken = inbox.translate(&caught.deliveries);
    assert!(posts(&taken).iter().any(|post| post.text.ends_with("zwei")));
}

#[tokio::test]
async fn what_was_deleted_while_nobody_listened_is_missed_within_a_day() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("mastodon", "nordtalbahn", json!({})).await;
    let say = |by: &str| json!({"act": "post", "by": by, "to": "nordtalbahn", "text": "Hallo?"});
    inbox.poll().await;
    let (gone, hidden) = (inbox.id(say("anna")).await, inbox.id(say("ben")).await);
    assert_eq!(posts(&inbox.poll().await).len(), 2);
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": gone}))
        .await;
    // Whoever blocks us hides from us alone.
    inbox.act(json!({"act": "block", "by": "ben"})).await;
    sim.advance(3_600).await;
    assert_eq!(told(&inbox.poll().await), [] as [String; 0]);
    sim.advance(86_400).await;
    assert_eq!(
        told(&inbox.poll().await),
        [format!("delete {gone}")],
        "{hidden} is there"
    );
    sim.advance(2 * 86_400).await;
    assert_eq!(told(&inbox.poll().await), [] as [String; 0]);
}
