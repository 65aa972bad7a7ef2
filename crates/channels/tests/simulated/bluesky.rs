//! Bluesky: sessions that end, records under our own keys, direct messages, Jetstream and its cursor.

use futures::StreamExt as _;
use kulant_channels::delivery::FindingClass;
use serde_json::json;

use super::sim::{Sim, action, outbound, posts, private, reply, told};

#[tokio::test]
async fn a_mention_is_answered_within_its_thread() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("bluesky", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    let act = json!({"act": "post", "by": "anna", "name": "Anna", "to": "nordtalbahn", "text": "wann fährt er?", "attachments": [{"alt": "Ein Gleis"}]});
    let asked = inbox.id(act).await;
    inbox
        .act(json!({"act": "react", "by": "ben", "of": asked}))
        .await;
    let taken = inbox.poll().await;
    let post = posts(&taken)[0];
    assert_eq!(post.network_id, asked);
    assert!(post.mentions_us);
    let kulant_channels::inbound::AttachmentSource::Url(address) = &post.attachments[0].source
    else {
        panic!("it is to be fetched");
    };
    let file = inbox
        .channel
        .fetch_file(&inbox.account(), address, 1 << 20, sim.http())
        .await;
    assert!(file.expect("the picture is public").starts_with(b"\x89PNG"));

    let answer = reply(&asked, "@anna.bsky.social Gleich: https://nordtal.example");
    let found = inbox
        .survives(&answer, ("POST", "createRecord"))
        .await
        .expect("it is there");
    let again = inbox.send(&answer).await.expect("the key makes it one");
    assert_eq!(found.network_id, again.network_id);
    let taken = inbox.poll().await;
    let own = posts(&taken)[0];
    assert_eq!(
        (own.network_id.as_str(), own.echo_of.as_deref()),
        (again.network_id.as_str(), Some("9001"))
    );
    assert_eq!(own.parent.as_deref(), Some(asked.as_str()));
    for act in [
        json!({"type": "react", "network_id": asked, "kind": "like", "added": true}),
        json!({"type": "react", "network_id": asked, "kind": "like", "added": true}),
        json!({"type": "react", "network_id": asked, "kind": "like", "added": false}),
        json!({"type": "delete", "network_id": again.network_id}),
    ] {
        inbox
            .send(&action("public", &act))
            .await
            .unwrap_or_else(|error| panic!("{act}: {error}"));
    }
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": asked}))
        .await;
    let gone = inbox.send(&outbound(json!({"message_id": "9002", "visibility": "public", "in_reply_to": asked, "action": {"type": "reply", "body": "?"}}))).await;
    assert_eq!(gone.expect_err("it is gone").class(), "recipient_gone");
}

#[tokio::test]
async fn sessions_end_and_passwords_are_taken_back() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("bluesky", "nordtalbahn", json!({})).await;
    let account = inbox.account();
    let renewed = inbox
        .channel
        .renew(&account, sim.http())
        .await
        .expect("a session opens");
    inbox.set_secrets(&renewed);
    inbox.poll().await;
    sim.advance(121 * 60).await;
    inbox.poll().await;
    let account = inbox.account();
    let next = inbox
        .channel
        .renew(&account, sim.http())
        .await
        .expect("it is renewed");
    assert_ne!(next, renewed);
    inbox.set_secrets(&next);
    inbox.act(json!({"act": "expire_token"})).await;
    let polled = inbox.ask().await.expect("it says so");
    let trouble = polled.trouble.expect("the session is over");
    assert_eq!(trouble.class(), "auth_broken");
    let renewed = inbox.channel.renew(&inbox.account(), sim.http()).await;
    inbox.set_secrets(&renewed.expect("a session opens"));
    inbox.poll().await;
    inbox.act(json!({"act": "revoke_token"})).await;
    let findings = inbox
        .channel
        .probe(&inbox.account(), sim.http())
        .await
        .expect("it answers");
    assert_eq!(findings[0].class, FindingClass::Token);
}

#[tokio::test]
async fn direct_messages_go_both_ways_until_somebody_closes_them() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("bluesky", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    let asked = inbox
        .id(json!({"act": "dm", "by": "anna", "text": "Meine Nummer ist 12"}))
        .await;
    let taken = inbox.poll().await;
    assert_eq!(told(&taken), [format!("post {asked}")]);
    let thread = posts(&taken)[0].thread.clone().expect("it is private");
    let found = inbox
        .survives(&private(&thread, "Danke!"), ("POST", "sendMessage"))
        .await;
    assert!(found.is_some());
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": asked}))
        .await;
    let taken = inbox.poll().await;
    assert!(
        told(&taken).contains(&format!("delete {asked}")),
        "{:?}",
        told(&taken)
    );
    inbox.act(json!({"act": "close_dms", "by": "anna"})).await;
    let closed = inbox
        .send(&private(&thread, "Noch da?"))
        .await
        .expect_err("it is closed");
    assert_eq!(closed.class(), "window_closed");
}

#[tokio::test]
async fn a_password_without_the_right_opens_no_direct_messages() {
    let sim = Sim::start().await;
    let mut inbox = sim
        .inbox("bluesky", "nordtalbahn", json!({"without_chat": true}))
        .await;
    inbox.set("chat", json!(true));
    let findings = inbox
        .channel
        .probe(&inbox.account(), sim.http())
        .await
        .expect("it answers");
    assert_eq!(findings[0].class, FindingClass::Permission, "{findings:?}");
}

#[tokio::test]
async fn the_stream_goes_on_where_it_broke_off() {
    let sim = Sim::start().await;
    let mut inbox = sim
        .inbox("bluesky", "nordtalbahn", json!({"without_chat": true}))
        .await;
    inbox.poll().await;
    let account = inbox.account();
    let mut stream = inbox
        .channel
        .listen(&account, None, sim.http())
        .expect("it streams");
    stream
        .next()
        .await
        .expect("it begins")
        .expect("it catches up");
    let act = |text: &str| json!({"act": "post", "by": "dora", "to": "nordtalbahn", "text": text});
    let first = inbox.id(act("eins")).await;
    let heard = stream.next().await.expect("it goes on").expect("it tells");
    assert_eq!(
        told(&inbox.translate(&heard.deliveries)),
        [format!("post {first}")]
    );
    sim.order(
        "faults",
        json!({"network": "bluesky", "then": {"do": "drop_stream"}}),
    )
    .await;
    while let Some(Ok(_)) = stream.next().await {}
    drop(stream);

    inbox
        .act(json!({"act": "delete", "by": "dora", "of": first}))
        .await;
    let person = inbox.act(json!({"act": "depart", "by": "dora"})).await;
    let mut again = inbox
        .channel
        .listen(&account, Some(&heard.cursor), sim.http())
        .expect("it streams");
    let mut all = Vec::new();
    while !all
        .iter()
        .any(|word: &String| word.starts_with("departure"))
    {
        let next = again.next().await.expect("it goes on").expect("it tells");
        all.extend(told(&inbox.translate(&next.deliveries)));
    }
    assert!(all.contains(&format!("delete {first}")), "{all:?}");
    assert!(all.contains(&format!(
        "departure {}",
        person["person"].as_str().expect("an id")
    )));
}

#[tokio::test]
async fn the_view_may_be_away_and_points_run_out() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("bluesky", "nordtalbahn", json!({})).await;
    inbox
        .fault(
            ("GET", "listNotifications"),
            json!({"do": "status", "status": 502}),
        )
        .await;
    let polled = inbox
        .channel
        .poll(&inbox.account(), None, sim.http())
        .await
        .expect("it says so");
    let trouble = polled.trouble.expect("the view is away");
    assert!(
        trouble.detail().contains("Upstream service unreachable"),
        "{trouble:?}"
    );
    sim.order(
        "limits",
        json!({"network": "bluesky", "name": "points", "limit": 2}),
    )
    .await;
    let post = outbound(
        json!({"visibility": "public", "action": {"type": "reply", "body": "Guten Morgen"}}),
    );
    let limited = inbox.send(&post).await.expect_err("a record costs three");
    assert!(limited.wait().is_some(), "{limited:?}");
}

#[tokio::test]
async fn what_was_deleted_while_nobody_listened_is_missed_within_a_day() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("bluesky", "nordtalbahn", json!({})).await;
    let say = |by: &str| json!({"act": "post", "by": by, "to": "nordtalbahn", "text": "Hallo?"});
    inbox.poll().await;
    let (gone, hidden) = (inbox.id(say("anna")).await, inbox.id(say("ben")).await);
    assert_eq!(posts(&inbox.poll().await).len(), 2);
    inbox
        .act(json!({"act": "delete", "by": "anna", "of": gone}))
        .await;
    // Whoever blocks us is hidden by the view, and still there.
    inbox.act(json!({"act": "block", "by": "ben"})).await;
    sim.advance(3_600).await;
    assert_eq!(told(&inbox.poll().await), [] as [String; 0]);
    sim.advance(86_400).await;
    assert_eq!(
        told(&inbox.poll().await),
        [format!("delete {gone}")],
        "{hidden} is there"
    );
}

#[tokio::test]
async fn people_of_the_stream_are_known_by_name_and_asked_for_together() {
    let sim = Sim::start().await;
    let mut inbox = sim
        .inbox("bluesky", "nordtalbahn", json!({"without_chat": true}))
        .await;
    inbox.poll().await;
    let account = inbox.account();
    let mut stream = inbox
        .channel
        .listen(&account, None, sim.http())
        .expect("it streams");
    stream
        .next()
        .await
        .expect("it begins")
        .expect("it catches up");
    sim.clear("transcript?network=bluesky").await;
    let acts: Vec<_> = ["dora", "emil", "dora"]
        .iter()
        .map(|by| json!({"act": "post", "by": by, "name": by.to_uppercase(), "to": "nordtalbahn", "text": "Hallo?"}))
        .collect();
    inbox.act(json!(acts)).await;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let next = stream.next().await.expect("it goes on").expect("it tells");
        heard.extend(inbox.translate(&next.deliveries));
    }
    let names: Vec<&str> = posts(&heard)
        .iter()
        .map(|post| post.author.name.as_str())
        .collect();
    assert_eq!(names, ["DORA", "EMIL", "DORA"]);
    assert!(posts(&heard)[0].author.handle.is_some());
    let transcript = sim.look("transcript?network=bluesky").await;
    let asked = transcript["items"].as_array().map(|calls| {
        let profiles = |call: &&serde_json::Value| call["path"].to_string().contains("getProfiles");
        calls.iter().filter(profiles).count()
    });
    assert_eq!(asked, Some(1));
}
