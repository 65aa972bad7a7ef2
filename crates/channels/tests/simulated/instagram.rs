//! Instagram: both ways of being connected, mentions without words, direct messages.

use serde_json::json;

use super::sim::{Sim, action, outbound, posts, private, reply, told};

#[tokio::test]
async fn comments_come_in_and_are_answered_either_way_connected() {
    for login in ["facebook", "instagram"] {
        let sim = Sim::start().await;
        let inbox = sim
            .inbox("instagram", "nordtalbahn", json!({"login": login}))
            .await;
        let asked = inbox
            .id(json!({"act": "comment", "by": "anna", "text": "Schön! Wann?"}))
            .await;
        let taken = inbox.pushed().await;
        assert_eq!(told(&taken), [format!("post {asked}")], "{login}");
        let found = inbox
            .survives(&reply(&asked, "Am Sonntag."), ("POST", "/replies"))
            .await;
        let own = found.expect("it is there").network_id;
        assert_eq!(
            told(&inbox.pushed().await),
            [format!("own {own}")],
            "{login}"
        );
        let hide = json!({"type": "hide", "network_id": asked, "hidden": true});
        inbox
            .send(&action("public", &hide))
            .await
            .expect("it is hidden");
        let delete = json!({"type": "delete", "network_id": own});
        inbox
            .send(&action("public", &delete))
            .await
            .expect("it is gone");
        inbox
            .send(&action("public", &delete))
            .await
            .expect("it is gone still");
        assert_eq!(
            inbox.channel.probe(&inbox.account(), sim.http()).await,
            Ok(Vec::new())
        );
    }
}

#[tokio::test]
async fn a_mention_is_fetched_and_answered() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("instagram", "nordtalbahn", json!({})).await;
    let act = json!({"act": "post", "by": "ben", "text": "Im Zug der @nordtalbahn"});
    inbox.act(act).await;
    let deliveries = inbox.raw_pushed().await;
    assert_eq!(inbox.translate(&deliveries), [], "it says only where");
    let account = inbox.account();
    let fetched = inbox
        .channel
        .follow_up(&account, &deliveries[0], sim.http())
        .await;
    let taken = inbox.translate(&fetched.expect("the words can be asked for"));
    let post = posts(&taken)[0];
    assert_eq!(post.text, "Im Zug der @nordtalbahn");
    inbox
        .send(&reply(&post.network_id, "Gute Fahrt!"))
        .await
        .expect("it is answered");
}

#[tokio::test]
async fn direct_messages_have_a_window_and_one_private_answer() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("instagram", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "dm", "by": "anna", "text": "Hallo", "attachments": [{}]}))
        .await;
    let taken = inbox.pushed().await;
    let post = posts(&taken)[0];
    assert_eq!(
        (post.network_id.as_str(), post.attachments.len()),
        (asked.as_str(), 1)
    );
    let thread = post.thread.clone().expect("it is private");
    assert!(
        inbox
            .survives(&private(&thread, "Guten Tag"), ("POST", "/messages"))
            .await
            .is_some()
    );
    inbox.pushed().await;
    let too_long = private(&thread, &"ä".repeat(501));
    assert_eq!(
        inbox
            .send(&too_long)
            .await
            .expect_err("bytes count")
            .class(),
        "content_rejected"
    );
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": asked}))
        .await;
    assert_eq!(told(&inbox.pushed().await), [format!("delete {asked}")]);
    sim.advance(24 * 3_600 + 1).await;
    let closed = inbox
        .send(&private(&thread, "Zu spät"))
        .await
        .expect_err("it is closed");
    assert_eq!(closed.class(), "window_closed");

    let asked = inbox
        .id(json!({"act": "comment", "by": "carla", "text": "Frage"}))
        .await;
    let hand_over = outbound(json!({
        "visibility": "private", "hand_over": true, "in_reply_to": asked,
        "action": {"type": "reply", "body": "Gern hier."},
    }));
    inbox.send(&hand_over).await.expect("once");
    assert_eq!(
        inbox.send(&hand_over).await.expect_err("not again").class(),
        "forbidden"
    );
}

#[tokio::test]
async fn boosted_comments_and_history_do_not_double() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("instagram", "nordtalbahn", json!({})).await;
    let act = json!({"act": "comment", "by": "anna", "text": "Einmal", "boosted": true});
    let asked = inbox.id(act).await;
    let taken = inbox.pushed().await;
    let ids: Vec<&str> = posts(&taken)
        .iter()
        .map(|post| post.network_id.as_str())
        .collect();
    assert!(ids.iter().all(|id| *id == asked), "{ids:?}");
    let taken = inbox.poll().await;
    assert!(
        told(&taken).contains(&format!("post {asked}")),
        "{:?}",
        told(&taken)
    );
}
