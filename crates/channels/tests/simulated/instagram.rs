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

#[tokio::test]
async fn replies_are_found_far_below_and_late() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("instagram", "nordtalbahn", json!({})).await;
    let comment = |by: &str| json!({"act": "comment", "by": by, "text": "Wann fährt sie?"});
    let old = inbox.id(comment("anna")).await;
    let replies: Vec<_> = (0..120)
        .map(|number| {
            json!({"act": "reply", "by": "ben", "of": old, "text": format!("Nummer {number}")})
        })
        .collect();
    inbox.act(json!(replies)).await;
    let others: Vec<_> = (0..120).map(|_| comment("carla")).collect();
    inbox.act(json!(others)).await;
    inbox.raw_pushed().await;
    let mut seen: Vec<String> = told(&inbox.poll_out().await);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 242, "the picture and everything below it");

    // A new reply below the oldest comment, behind 120 other replies, weeks later, while nobody hears.
    sim.advance(40 * 86_400).await;
    inbox.poll_out().await;
    inbox.fail(10_000);
    let late = inbox
        .id(json!({"act": "reply", "by": "dora", "of": old, "text": "Und heute?"}))
        .await;
    sim.advance(6 * 3_600 + 60).await;
    let taken = inbox.poll_out().await;
    assert!(
        told(&taken).contains(&format!("post {late}")),
        "{:?}",
        told(&taken)
    );
    let reply = posts(&taken)
        .into_iter()
        .find(|post| post.network_id == late);
    assert_eq!(reply.and_then(|post| post.parent.clone()), Some(old));
}

#[tokio::test]
async fn a_deleted_comment_goes_within_a_day_and_a_hidden_one_stays() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("instagram", "nordtalbahn", json!({})).await;
    let comment = |by: &str| json!({"act": "comment", "by": by, "text": "Meine Nummer ist 12"});
    let gone = inbox.id(comment("anna")).await;
    let below = inbox
        .id(json!({"act": "reply", "by": "ben", "of": gone, "text": "Meine ist 13"}))
        .await;
    let hidden = inbox.id(comment("carla")).await;
    let stays = inbox.id(comment("dora")).await;
    inbox.raw_pushed().await;
    inbox.poll_out().await;
    let hide = json!({"type": "hide", "network_id": hidden, "hidden": true});
    inbox
        .send(&action("public", &hide))
        .await
        .expect("it is hidden");
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": gone}))
        .await;
    assert_eq!(told(&inbox.pushed().await), [] as [String; 0]);
    sim.advance(86_400 + 60).await;
    // Whoever may not read any more takes nothing for deleted.
    let rule = |path: &str, code: u32, subcode: u32| {
        let error = json!({"code": code, "error_subcode": subcode, "message": "no"});
        json!({"network": "instagram", "match": {"method": "GET", "path": path},
            "then": {"do": "status", "status": 403, "body": {"error": error}}})
    };
    sim.order("faults", rule(&hidden, 100, 33)).await;
    sim.order("faults", rule("/comments", 10, 0)).await;
    let words = told(&inbox.poll_out().await);
    assert!(
        !words.iter().any(|word| word.starts_with("delete")),
        "{words:?}"
    );
    sim.clear("faults?network=instagram").await;

    sim.advance(86_400).await;
    let mut deleted = told(&inbox.poll_out().await);
    deleted.retain(|word| word.starts_with("delete"));
    deleted.sort();
    let mut expected = [format!("delete {gone}"), format!("delete {below}")];
    expected.sort();
    assert_eq!(deleted, expected, "{hidden} and {stays} are still there");
    sim.advance(86_400).await;
    let again = told(&inbox.poll_out().await);
    assert!(!again.iter().any(|word| word.starts_with("delete")));

    // What was hidden is no more once its author deletes it.
    inbox
        .act(json!({"act": "delete", "by": "carla", "of": hidden}))
        .await;
    sim.advance(86_400).await;
    let deleted = told(&inbox.poll_out().await);
    assert!(deleted.contains(&format!("delete {hidden}")), "{deleted:?}");
}

#[tokio::test]
async fn only_what_stands_below_our_pictures_is_hidden_and_deleted() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("instagram", "nordtalbahn", json!({})).await;
    let picture = inbox
        .id(json!({"act": "post", "by": "ben", "text": "Im Zug"}))
        .await;
    let foreign = inbox
        .id(json!({"act": "comment", "by": "anna", "of": picture, "text": "Schön"}))
        .await;
    for act in [
        json!({"type": "hide", "network_id": foreign, "hidden": true}),
        json!({"type": "delete", "network_id": foreign}),
    ] {
        let refused = inbox.send(&action("public", &act)).await;
        assert_eq!(refused.expect_err("not ours").class(), "forbidden", "{act}");
    }
}
