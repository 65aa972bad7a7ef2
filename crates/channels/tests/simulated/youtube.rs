//! YouTube: comments by asking, answers one level deep, the day's units, tokens that run out.

use serde_json::json;

use super::sim::{Sim, action, posts, reply, told};

#[tokio::test]
async fn comments_are_asked_for_and_answered() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("youtube", "nordtalbahn", json!({})).await;
    inbox
        .act(json!({"act": "native_post", "title": "Die neue Strecke", "text": "Ab Dezember"}))
        .await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Wann genau?"}))
        .await;
    let taken = inbox.poll().await;
    let words = told(&taken);
    assert!(words.contains(&format!("post {asked}")), "{words:?}");
    assert!(
        posts(&taken)
            .iter()
            .any(|post| post.title.as_deref() == Some("Die neue Strecke"))
    );

    let found = inbox
        .survives(&reply(&asked, "Am 13."), ("POST", "/comments"))
        .await;
    let own = found.expect("it is there").network_id;
    let below = inbox
        .id(json!({"act": "reply", "by": "ben", "of": own, "text": "Danke!"}))
        .await;
    inbox
        .send(&reply(&below, "Gern."))
        .await
        .expect("it goes below the same comment");
    for act in [
        json!({"type": "edit", "network_id": own, "body": "Am 14."}),
        json!({"type": "hide", "network_id": asked, "hidden": true}),
        json!({"type": "hide", "network_id": asked, "hidden": false}),
        json!({"type": "delete", "network_id": own}),
        json!({"type": "delete", "network_id": own}),
    ] {
        inbox
            .send(&action("public", &act))
            .await
            .unwrap_or_else(|error| panic!("{act}: {error}"));
    }
    inbox
        .act(json!({"act": "edit", "by": "anna", "of": asked, "text": "Wann ganz genau?"}))
        .await;
    sim.advance(1_000).await;
    let words = told(&inbox.poll().await);
    assert!(words.contains(&format!("post {below}")), "{words:?}");
}

#[tokio::test]
async fn the_units_of_a_day_end_at_midnight_in_california() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("youtube", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Hallo?"}))
        .await;
    sim.order(
        "limits",
        json!({"network": "youtube", "name": "units", "limit": 30}),
    )
    .await;
    let spent = inbox
        .send(&reply(&asked, "Guten Tag"))
        .await
        .expect_err("a reply costs fifty");
    // It is nine in the evening there.
    assert_eq!(spent.wait().map(|wait| wait.as_secs()), Some(3 * 3_600));
}

#[tokio::test]
async fn tokens_run_out_and_are_taken_back() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("youtube", "nordtalbahn", json!({})).await;
    sim.advance(3_601).await;
    let renewed = inbox
        .channel
        .renew(&inbox.account(), sim.http())
        .await
        .expect("it is renewed");
    inbox.set_secrets(&renewed);
    inbox.poll().await;
    inbox.act(json!({"act": "revoke_token"})).await;
    let dead = inbox
        .channel
        .renew(&inbox.account(), sim.http())
        .await
        .expect_err("it is over");
    assert_eq!(dead.class(), "auth_broken");
}

#[tokio::test]
async fn what_is_held_back_is_not_gone() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("youtube", "nordtalbahn", json!({})).await;
    let rude = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Ihr Idioten"}))
        .await;
    let below = inbox
        .id(json!({"act": "reply", "by": "ben", "of": rude, "text": "Selber"}))
        .await;
    inbox.poll().await;
    let hide = |id: &str, hidden: bool| {
        let act = json!({"type": "hide", "network_id": id, "hidden": hidden});
        action("public", &act)
    };
    for id in [&below, &rude] {
        inbox.send(&hide(id, true)).await.expect("it is hidden");
        sim.advance(1_000).await;
        let words = told(&inbox.poll().await);
        assert!(
            !words.iter().any(|words| words.starts_with("delete")),
            "{words:?}"
        );
    }
    inbox.send(&hide(&rude, false)).await.expect("it is shown");
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": rude}))
        .await;
    sim.advance(1_000).await;
    let words = told(&inbox.poll().await);
    assert!(words.contains(&format!("delete {rude}")), "{words:?}");
}

#[tokio::test]
async fn whoever_answers_us_below_an_old_comment_is_heard() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("youtube", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Wann genau?"}))
        .await;
    inbox.poll().await;
    inbox
        .send(&reply(&asked, "Am 13."))
        .await
        .expect("it is sent");
    sim.advance(1_000).await;
    inbox.poll().await;
    let crowd: Vec<_> = (0..305)
        .map(|number| json!({"act": "comment", "by": "ben", "text": format!("Erster {number}")}))
        .collect();
    inbox.act(json!(crowd)).await;
    sim.advance(1_000).await;
    inbox.poll().await;
    let late = inbox
        .id(json!({"act": "reply", "by": "anna", "of": asked, "text": "Wirklich?"}))
        .await;
    sim.advance(1_000).await;
    let words = told(&inbox.poll().await);
    assert!(words.contains(&format!("post {late}")), "{words:?}");
}
