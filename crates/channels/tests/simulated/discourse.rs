//! A forum: signed events, topics of ours, private messages, likes, the pace it allows.

use serde_json::json;

use super::sim::{Sim, action, outbound, posts, private, reply, told};

#[tokio::test]
async fn a_topic_is_answered_and_the_forum_tells_everything() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("discourse", "nordtalbahn", json!({})).await;
    assert_eq!(inbox.pushed().await, [], "the ping says nothing");
    let asked = inbox
        .id(json!({"act": "post", "by": "anna", "name": "Anna A.", "title": "Wo bleibt der Zug?", "to": "nordtalbahn", "text": "Seit Stunden nichts.", "attachments": [{}]}))
        .await;
    let taken = inbox.pushed().await;
    let post = posts(&taken)[0];
    assert_eq!(post.network_id, asked);
    assert_eq!(post.title.as_deref(), Some("Wo bleibt der Zug?"));
    assert_eq!((post.attachments.len(), post.mentions_us), (1, true));

    let answer = reply(&asked, "Er kommt um zwölf Uhr.");
    let found = inbox
        .survives(&answer, ("POST", "/posts.json"))
        .await
        .expect("it is there");
    assert_eq!(
        told(&inbox.pushed().await),
        [format!("own {}", found.network_id)]
    );
    for act in [
        json!({"type": "edit", "network_id": found.network_id, "body": "Er kommt um eins."}),
        json!({"type": "react", "network_id": asked, "kind": "like", "added": true}),
        json!({"type": "delete", "network_id": found.network_id}),
        json!({"type": "delete", "network_id": found.network_id}),
    ] {
        inbox
            .send(&action("public", &act))
            .await
            .unwrap_or_else(|error| panic!("{act}: {error}"));
    }
    inbox.pushed().await;
    inbox
        .act(json!({"act": "react", "by": "ben", "of": asked}))
        .await;
    inbox
        .act(json!({"act": "edit", "by": "anna", "of": asked, "text": "Seit vier Stunden nichts."}))
        .await;
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": asked}))
        .await;
    let words = told(&inbox.pushed().await);
    assert_eq!(
        words,
        [
            format!("reaction {asked}"),
            format!("edit {asked}"),
            format!("delete {asked}")
        ]
    );
    assert_eq!(
        inbox.channel.probe(&inbox.account(), sim.http()).await,
        Ok(Vec::new())
    );
    assert!(!inbox.poll().await.is_empty());
}

#[tokio::test]
async fn private_messages_and_topics_of_ours() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("discourse", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    let told_of = inbox
        .act(json!({"act": "dm", "by": "ben", "text": "Meine Nummer ist zwölf"}))
        .await;
    let taken = inbox.poll().await;
    let thread = posts(&taken)[0].thread.clone().expect("it is private");
    assert_eq!(told_of["thread"].as_str(), Some(thread.as_str()));
    assert!(
        inbox
            .survives(&private(&thread, "Danke sehr."), ("POST", "/posts.json"))
            .await
            .is_some()
    );
    let own = outbound(
        json!({"visibility": "public", "action": {"type": "reply", "body": "Bauarbeiten am Wochenende"}}),
    );
    let found = inbox.survives(&own, ("POST", "/posts.json")).await;
    assert!(found.is_some(), "a topic carries our id");
    inbox.act(json!({"act": "revoke_token"})).await;
    let dead = inbox
        .send(&private(&thread, "Noch etwas."))
        .await
        .expect_err("the key is dead");
    assert_eq!(dead.class(), "auth_broken");
}

#[tokio::test]
async fn the_forum_tries_again_four_times_and_allows_sixty_calls() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("discourse", "nordtalbahn", json!({})).await;
    inbox.pushed().await;
    inbox.fail(1);
    inbox
        .act(json!({"act": "post", "by": "anna", "text": "Ein Thema zum Probieren"}))
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    sim.advance(60).await;
    assert_eq!(inbox.pushed().await.len(), 1);
    inbox.fault_delivery(json!({"do": "wrong_signature"})).await;
    inbox
        .fault_delivery(json!({"do": "duplicate_delivery"}))
        .await;
    inbox
        .act(json!({"act": "post", "by": "anna", "text": "Noch ein Thema"}))
        .await;
    inbox
        .act(json!({"act": "post", "by": "anna", "text": "Und noch ein Thema"}))
        .await;
    assert_eq!(inbox.pushed().await.len(), 2);
    assert_eq!(inbox.refused_and_doubled(), (1, 1));
    sim.order(
        "limits",
        json!({"network": "discourse", "name": "calls", "limit": 0}),
    )
    .await;
    let own = outbound(
        json!({"visibility": "public", "action": {"type": "reply", "body": "Bauarbeiten"}}),
    );
    let limited = inbox.send(&own).await.expect_err("too many");
    assert!(
        limited.wait().is_some_and(|wait| wait.as_secs() <= 60),
        "{limited:?}"
    );
}

#[tokio::test]
async fn what_waits_for_a_moderator_is_laid_before_them_once() {
    let sim = Sim::start().await;
    let wish = json!({"approval": true});
    let inbox = sim.inbox("discourse", "nordtalbahn", wish).await;
    let asked = inbox
        .id(json!({"act": "post", "by": "anna", "title": "Wo bleibt der Zug?", "to": "nordtalbahn", "text": "Seit Stunden nichts."}))
        .await;
    inbox.pushed().await;
    let answer = reply(&asked, "Er kommt um zwölf Uhr.");
    let sent = inbox.send(&answer).await.expect("it is taken");
    assert_eq!(sent.network_id, "", "it has no number yet");
    let state = sim.look("state").await;
    assert_eq!(state["networks"]["discourse"]["state"]["queue"], 1);
    assert_eq!(inbox.pushed().await, [], "nobody sees it yet");

    let passed = inbox
        .act(json!({"act": "approve", "by": "moderator"}))
        .await;
    assert_eq!(passed["posts"].as_array().map(Vec::len), Some(1));
    let taken = inbox.pushed().await;
    assert_eq!(posts(&taken).len(), 1);
    assert!(posts(&taken)[0].author.own);
}

#[tokio::test]
async fn every_private_topic_of_a_long_gap_is_read() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("discourse", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    let mut wanted = Vec::new();
    for number in 0..65 {
        sim.advance(1).await;
        let by = format!("kunde{number}");
        let text = format!("Mein Zug Nummer {number} fehlt");
        let id = inbox.id(json!({"act": "dm", "by": by, "text": text})).await;
        wanted.push(format!("post {id}"));
    }
    let mut found = Vec::new();
    for _ in 0..8 {
        sim.advance(60).await;
        found.extend(told(&inbox.poll().await));
    }
    wanted.sort_unstable();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, wanted);
    sim.advance(60).await;
    assert_eq!(told(&inbox.poll().await), [] as [String; 0]);
}

#[tokio::test]
async fn an_answer_keeps_its_files_when_its_words_are_changed() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("discourse", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "post", "by": "anna", "title": "Wo bleibt der Zug?", "text": "Seit Stunden nichts."}))
        .await;
    inbox.pushed().await;
    let answer = outbound(json!({
        "visibility": "public",
        "in_reply_to": asked,
        "action": {"type": "reply", "body": "Der Fahrplan:", "attachments": [
            {"name": "plan.png", "media_type": "image/png", "bytes": [137, 80, 78, 71]},
        ]},
    }));
    let sent = inbox.send(&answer).await.expect("it is sent");
    let edit = json!({"type": "edit", "network_id": sent.network_id, "body": "Der neue Fahrplan:"});
    for _ in 0..2 {
        inbox
            .send(&action("public", &edit))
            .await
            .expect("it is changed");
    }
    inbox.pushed().await;
    sim.clear("transcript?network=discourse").await;
    inbox.send(&action("public", &edit)).await.expect("again");
    let transcript = sim.look("transcript?network=discourse").await;
    let written = transcript["items"]
        .as_array()
        .and_then(|calls| calls.iter().find(|call| call["method"] == "PUT"))
        .expect("it was written");
    let body = written["body"].to_string();
    assert_eq!(body.matches("upload://").count(), 1, "{body}");
    assert!(body.contains("Der neue Fahrplan:"), "{body}");
}
