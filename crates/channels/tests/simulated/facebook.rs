//! Facebook: the handshake, escaped and batched deliveries, comments, Messenger's window, the one
//! private answer, people who leave.

use kulant_channels::delivery::FindingClass;
use kulant_channels::inbound::Inbound;
use serde_json::json;

use super::sim::{Sim, action, outbound, posts, private, reply, told};

#[tokio::test]
async fn comments_come_in_batches_and_are_answered() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    assert_eq!(inbox.pushed().await, []);
    assert_eq!(inbox.handshakes(), 1);
    assert_eq!(
        inbox.channel.probe(&inbox.account(), sim.http()).await,
        Ok(Vec::new())
    );

    let hold = |hold: bool| json!({"network": "facebook", "hold": hold, "shuffle": !hold});
    sim.order("deliveries", hold(true)).await;
    let first = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Störung 🚆?"}))
        .await;
    let second = inbox
        .id(json!({"act": "comment", "by": "ben", "of": first, "text": "Hier auch"}))
        .await;
    inbox
        .act(json!({"act": "edit", "by": "anna", "of": first, "text": "Störungen?"}))
        .await;
    inbox
        .act(json!({"act": "react", "by": "ben", "of": first, "reaction": "sad"}))
        .await;
    inbox
        .act(json!({"act": "delete", "by": "ben", "of": second}))
        .await;
    sim.order("deliveries", hold(false)).await;
    let deliveries = inbox.raw_pushed().await;
    assert_eq!(deliveries.len(), 1, "all in one delivery");
    assert!(
        deliveries[0].body.is_ascii(),
        "with everything beyond ASCII escaped"
    );
    let mut all = told(&inbox.translate(&deliveries));
    all.sort();
    assert_eq!(all.len(), 6, "with the page's own first post: {all:?}");
    assert!(all.contains(&format!("delete {second}")) && all.contains(&format!("edit {first}")));

    let receipt = inbox
        .send(&reply(&first, "Wir schauen nach."))
        .await
        .expect("it is said");
    let taken = inbox.pushed().await;
    assert_eq!(told(&taken), [format!("own {}", receipt.network_id)]);
    for act in [
        json!({"type": "edit", "network_id": receipt.network_id, "body": "Es fährt wieder."}),
        json!({"type": "hide", "network_id": first, "hidden": true}),
        json!({"type": "react", "network_id": first, "kind": "like", "added": true}),
        json!({"type": "delete", "network_id": receipt.network_id}),
        json!({"type": "delete", "network_id": receipt.network_id}),
    ] {
        inbox
            .send(&action("public", &act))
            .await
            .unwrap_or_else(|error| panic!("{act}: {error}"));
    }
}

#[tokio::test]
async fn deliveries_are_doubled_forged_late_and_tried_again() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    let comment = |text: &str| json!({"act": "comment", "by": "anna", "text": text});
    inbox.act(comment("davor")).await;
    inbox.pushed().await;
    inbox.fault_delivery(json!({"do": "wrong_signature"})).await;
    inbox.act(comment("eins")).await;
    assert_eq!(inbox.pushed().await.len(), 1);
    inbox
        .fault_delivery(json!({"do": "duplicate_delivery", "times": 2}))
        .await;
    inbox.act(comment("zwei")).await;
    assert_eq!(inbox.pushed().await.len(), 1);
    assert_eq!(inbox.refused_and_doubled(), (1, 2));

    inbox
        .fault_delivery(json!({"do": "delay_delivery", "seconds": 60}))
        .await;
    inbox.act(comment("spät")).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    inbox.act(comment("pünktlich")).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    sim.advance(61).await;
    let taken = inbox.pushed().await;
    let texts: Vec<&str> = posts(&taken)
        .iter()
        .map(|post| post.text.as_str())
        .collect();
    assert_eq!(texts, ["pünktlich", "spät"]);

    inbox.fail(1);
    inbox.act(comment("noch einmal")).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    sim.advance(15).await;
    assert_eq!(inbox.pushed().await.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_found_below_the_comment() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Hallo?"}))
        .await;
    inbox.pushed().await;
    let found = inbox
        .survives(&reply(&asked, "Guten Tag."), ("POST", "/comments"))
        .await;
    let echo = inbox.pushed().await;
    assert_eq!(
        told(&echo),
        [format!("own {}", found.expect("it is there").network_id)]
    );
    let gone = reply("1_2", "Guten Tag.");
    assert_eq!(
        inbox.send(&gone).await.expect_err("it never was").class(),
        "recipient_gone"
    );
    inbox.act(json!({"act": "revoke_token"})).await;
    assert_eq!(
        inbox.send(&gone).await.expect_err("nobody").class(),
        "auth_broken"
    );
    let findings = inbox
        .channel
        .probe(&inbox.account(), sim.http())
        .await
        .expect("it answers");
    assert_eq!(findings[0].class, FindingClass::Token);
}

#[tokio::test]
async fn the_window_closes_after_a_day() {
    let sim = Sim::start().await;
    let inbox = sim
        .inbox("facebook", "nordtalbahn", json!({"human_agent": true}))
        .await;
    let asked = inbox
        .id(json!({"act": "dm", "by": "anna", "text": "Meine Nummer: 12"}))
        .await;
    let taken = inbox.pushed().await;
    assert_eq!(told(&taken), [format!("post {asked}")]);
    let thread = posts(&taken)[0].thread.clone().expect("it is private");
    let receipt = inbox
        .send(&private(&thread, "Danke!"))
        .await
        .expect("it is sent");
    let echo = inbox.pushed().await;
    let own = posts(&echo)[0];
    assert_eq!(
        (&own.network_id, own.echo_of.as_deref()),
        (&receipt.network_id, Some("9001"))
    );
    let found = inbox
        .survives(&private(&thread, "Noch etwas."), ("POST", "/messages"))
        .await;
    assert!(found.is_some());

    sim.advance(24 * 3_600 + 1).await;
    inbox
        .send(&private(&thread, "Ein Mensch schreibt."))
        .await
        .expect("a person may");
    sim.advance(7 * 24 * 3_600).await;
    let closed = inbox
        .send(&private(&thread, "Zu spät"))
        .await
        .expect_err("it is closed");
    assert_eq!(closed.class(), "window_closed");
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "Ich noch einmal"}))
        .await;
    inbox
        .send(&private(&thread, "Hallo."))
        .await
        .expect("it is open again");
    inbox.act(json!({"act": "block", "by": "anna"})).await;
    let blocked = inbox
        .send(&private(&thread, "Hallo?"))
        .await
        .expect_err("it is blocked");
    assert_eq!(blocked.class(), "recipient_gone");
}

#[tokio::test]
async fn a_comment_is_answered_in_private_once() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Mein Fall?"}))
        .await;
    let hand_over = outbound(json!({
        "visibility": "private",
        "hand_over": true,
        "in_reply_to": asked,
        "action": {"type": "reply", "body": "Nennen Sie uns Ihre Nummer."},
    }));
    inbox.send(&hand_over).await.expect("once");
    let twice = inbox.send(&hand_over).await.expect_err("and not again");
    assert_eq!(twice.class(), "forbidden");
    let late = inbox
        .id(json!({"act": "comment", "by": "ben", "text": "Und meiner?"}))
        .await;
    sim.advance(7 * 86_400 + 1).await;
    let mut late_answer = hand_over.clone();
    late_answer.in_reply_to = Some(late);
    let late = inbox.send(&late_answer).await.expect_err("it is too late");
    assert_eq!(late.class(), "window_closed");
}

#[tokio::test]
async fn history_is_filled_and_people_are_forgotten() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Damals"}))
        .await;
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "Und privat"}))
        .await;
    inbox.pushed().await;
    let taken = inbox.poll().await;
    assert!(
        told(&taken).contains(&format!("post {asked}")),
        "{:?}",
        told(&taken)
    );
    assert!(posts(&taken).iter().any(|post| post.text == "Und privat"));

    // Whoever only leaves the app wishes nothing to be erased.
    inbox.act(json!({"act": "deauthorise", "by": "anna"})).await;
    let left = inbox.raw_pushed().await;
    assert_eq!(left[0].kind, "deauthorised");
    assert_eq!(told(&inbox.translate(&left)), [] as [String; 0]);
    assert!(!inbox.channel.points_elsewhere(&inbox.account(), &left[0]));

    let person = inbox.act(json!({"act": "depart", "by": "anna"})).await;
    let wish = inbox.raw_pushed().await;
    assert_eq!(told(&inbox.translate(&wish)), [] as [String; 0]);
    assert!(inbox.channel.points_elsewhere(&inbox.account(), &wish[0]));
    let fetched = inbox
        .channel
        .follow_up(&inbox.account(), &wish[0], sim.http())
        .await
        .expect("the app may ask");
    let taken = inbox.translate(&fetched);
    let person = person["person"].as_str().expect("a person has an id");
    let [Inbound::Departure(gone)] = &taken[..] else {
        panic!("a departure: {taken:?}");
    };
    assert_ne!(gone.person, person, "the app knows them by another id");
    assert_eq!(gone.also, [person]);
    assert!(gone.wish.is_some());
    let entries = sim.look("transcript?network=facebook").await;
    let entries = entries["items"].as_array().expect("a list");
    assert!(entries.iter().any(|entry| {
        let answer = entry["answer"].as_str();
        answer.is_some_and(|answer| answer.contains("confirmation_code"))
    }));
}

#[tokio::test]
async fn the_meters_slow_us_down() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Hallo"}))
        .await;
    sim.order(
        "limits",
        json!({"network": "facebook", "name": "calls", "limit": 0}),
    )
    .await;
    let limited = inbox
        .send(&reply(&asked, "Guten Tag."))
        .await
        .expect_err("the meter is full");
    let wait = limited.wait().expect("it says how long").as_secs();
    assert!((3_000..=3_660).contains(&wait), "{wait}");
}

#[tokio::test]
async fn mentions_and_words_below_old_posts_are_found_after_a_gap() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    let native = |text: &str| json!({"act": "native_post", "by": "nordtalbahn", "text": text});
    let oldest = inbox.id(native("Vor hundert Tagen")).await;
    sim.advance(60 * 86_400).await;
    let old = inbox.id(native("Vor vierzig Tagen")).await;
    let said =
        |of: &str, text: &str| json!({"act": "comment", "by": "anna", "of": of, "text": text});
    inbox.act(said(&oldest, "Ein Gespräch")).await;
    inbox.raw_pushed().await;
    inbox.poll_out().await;
    sim.advance(40 * 86_400).await;
    inbox.poll_out().await;

    inbox.fail(10_000);
    let named =
        json!({"act": "post", "by": "ben", "text": "Schade, Nordtalbahn", "elsewhere": true});
    let mention = inbox.id(named).await;
    let below_old = inbox.id(said(&old, "Gilt das noch?")).await;
    let below_oldest = inbox.id(said(&oldest, "Ich noch einmal")).await;
    sim.advance(6 * 3_600 + 60).await;
    let taken = inbox.poll_out().await;
    let words = told(&taken);
    for id in [&mention, &below_old, &below_oldest] {
        assert!(words.contains(&format!("post {id}")), "{id}: {words:?}");
    }
    let named = posts(&taken)
        .into_iter()
        .find(|post| post.network_id == mention);
    assert!(named.is_some_and(|post| post.mentions_us && !post.author.own));
}

#[tokio::test]
async fn what_may_not_be_read_keeps_nothing_else_back() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("facebook", "nordtalbahn", json!({})).await;
    let asked = inbox
        .id(json!({"act": "comment", "by": "anna", "text": "Hallo?"}))
        .await;
    let written = inbox
        .id(json!({"act": "dm", "by": "anna", "text": "Und privat"}))
        .await;
    inbox.raw_pushed().await;
    let refuse = json!({"network": "facebook", "match": {"method": "GET", "path": "/tagged"},
        "then": {"do": "status", "status": 403,
            "body": {"error": {"code": 10, "message": "no permission"}}}});
    sim.order("faults", refuse).await;
    let words = told(&inbox.poll_out().await);
    for id in [&asked, &written] {
        assert!(words.contains(&format!("post {id}")), "{id}: {words:?}");
    }
    sim.advance(900).await;
    inbox.poll_out().await;
    sim.advance(900).await;
    assert_eq!(
        told(&inbox.poll_out().await),
        [] as [String; 0],
        "the rounds go on"
    );
}
