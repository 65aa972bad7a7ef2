//! X: the challenge of the hook, events, the rule of being summoned, closed messages, tokens that rotate.

use kulant_channels::delivery::{FindingClass, Search};
use serde_json::json;

use super::sim::{Inbox, Sim, action, outbound, posts, private, reply, told};

#[tokio::test]
async fn posts_are_polled_and_answered_where_we_were_summoned() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("x", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    sim.advance(900).await;
    let asked = inbox
        .id(json!({"act": "post", "by": "anna", "name": "Anna", "to": "nordtalbahn", "text": "Hilfe, siehe example.de/bild", "attachments": [{}]}))
        .await;
    let unsummoned = inbox
        .id(json!({"act": "post", "by": "ben", "text": "Nur so"}))
        .await;
    let taken = inbox.poll().await;
    let post = posts(&taken)[0];
    assert_eq!(post.network_id, asked);
    assert!(
        post.mentions_us && post.text.contains("example.de/bild"),
        "{}",
        post.text
    );

    let found = inbox
        .survives(
            &reply(&asked, "Wir helfen: https://nordtal.example"),
            ("POST", "/2/tweets"),
        )
        .await;
    let own = found.expect("it is there").network_id;
    let refused = inbox
        .send(&reply(&unsummoned, "Hallo Ben"))
        .await
        .expect_err("nobody asked us");
    assert_eq!(refused.class(), "forbidden");
    let twice = inbox
        .send(&reply(&asked, "Wir helfen: https://nordtal.example"))
        .await;
    assert_eq!(twice.expect_err("the same words").class(), "duplicate");
    for act in [
        json!({"type": "react", "network_id": asked, "kind": "like", "added": true}),
        json!({"type": "delete", "network_id": own}),
        json!({"type": "delete", "network_id": own}),
    ] {
        inbox
            .send(&action("public", &act))
            .await
            .unwrap_or_else(|error| panic!("{act}: {error}"));
    }
    inbox.act(json!({"act": "block", "by": "anna"})).await;
    let blocked = inbox
        .send(&reply(&asked, "Noch etwas"))
        .await
        .expect_err("we are blocked");
    assert_eq!(blocked.class(), "forbidden");
}

#[tokio::test]
async fn what_happens_is_pushed_to_a_hook_that_knows_the_secret() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("x", "nordtalbahn", json!({"push": true})).await;
    inbox.poll().await;
    assert_eq!(
        inbox.handshakes(),
        1,
        "X has asked whether the hook is ours"
    );
    assert_eq!(
        inbox.channel.probe(&inbox.account(), sim.http()).await,
        Ok(Vec::new())
    );
    let asked = inbox
        .id(json!({"act": "post", "by": "anna", "to": "nordtalbahn", "text": "Grüß Gott"}))
        .await;
    let message = inbox
        .id(json!({"act": "dm", "by": "anna", "text": "Und privat"}))
        .await;
    let words = told(&inbox.pushed().await);
    assert_eq!(words, [format!("post {asked}"), format!("post {message}")]);
    let receipt = inbox
        .send(&reply(&asked, "Guten Tag"))
        .await
        .expect("it is posted");
    inbox
        .act(json!({"act": "react", "by": "anna", "of": receipt.network_id}))
        .await;
    let words = told(&inbox.pushed().await);
    assert_eq!(
        words,
        [
            format!("own {}", receipt.network_id),
            format!("reaction {}", receipt.network_id)
        ]
    );

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

    // A day later X asks again, and the hook still knows the secret.
    sim.advance(24 * 3_600 + 1).await;
    inbox.pushed().await;
    assert_eq!(inbox.handshakes(), 2);
    inbox.set_secrets(&json!({"consumer_secret": "another"}));
    sim.advance(24 * 3_600 + 1).await;
    inbox.pushed().await;
    let findings = inbox.channel.probe(&inbox.account(), sim.http()).await;
    assert!(matches!(findings.as_deref(), Ok([_, ..])), "{findings:?}");
}

#[tokio::test]
async fn messages_go_to_those_who_take_them() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("x", "nordtalbahn", json!({})).await;
    let asked = inbox
        .act(json!({"act": "post", "by": "anna", "to": "nordtalbahn", "text": "Hallo"}))
        .await;
    let person = asked["person"].as_str().expect("an id");
    let closed = inbox
        .send(&private(person, "Guten Tag"))
        .await
        .expect_err("they take none");
    assert_eq!(closed.class(), "window_closed");
    // A public answer may show a button by which they begin.
    let own = inbox.account().setting("account_id").map(str::to_owned);
    let link = format!(
        "https://x.com/messages/compose?recipient_id={}",
        own.expect("an id")
    );
    assert!(closed.detail().contains(&link), "{closed:?}");
    let post = asked["id"].as_str().expect("an id");
    let invited = reply(post, &format!("Schreiben Sie uns: {link}"));
    let sent = inbox.survives(&invited, ("POST", "/2/tweets")).await;
    assert!(sent.is_some(), "it is there once");
    let transcript = sim.look("transcript?network=x").await;
    let calls = transcript["items"].as_array().expect("a list");
    let written = calls
        .iter()
        .rfind(|call| call["path"] == "/2/tweets" && call["method"] == "POST")
        .expect("it was written");
    let body = written["body"].to_string();
    assert!(
        body.contains("direct_message_deep_link") && body.matches(&link).count() == 1,
        "{body}"
    );
    inbox
        .act(json!({"act": "dm", "by": "anna", "text": "Jetzt doch"}))
        .await;
    let found = inbox
        .survives(&private(person, "Guten Tag"), ("POST", "/messages"))
        .await;
    assert!(found.is_some());
}

#[tokio::test]
async fn tokens_run_out_and_rotate() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("x", "nordtalbahn", json!({})).await;
    sim.advance(2 * 3_600).await;
    let findings = inbox
        .channel
        .probe(&inbox.account(), sim.http())
        .await
        .expect("it answers");
    assert_eq!(findings[0].class, FindingClass::Token);
    let old = inbox.account();
    let renewed = inbox
        .channel
        .renew(&old, sim.http())
        .await
        .expect("it is renewed");
    inbox.set_secrets(&renewed);
    assert_eq!(
        inbox.channel.probe(&inbox.account(), sim.http()).await,
        Ok(Vec::new())
    );
    let again = inbox
        .channel
        .renew(&old, sim.http())
        .await
        .expect_err("it was used up");
    assert_eq!(again.class(), "auth_broken");

    sim.order(
        "limits",
        json!({"network": "x", "name": "post", "limit": 0}),
    )
    .await;
    let post = outbound(
        json!({"visibility": "public", "action": {"type": "reply", "body": "Guten Morgen"}}),
    );
    let limited = inbox.send(&post).await.expect_err("too many");
    assert_eq!(limited.wait().map(|wait| wait.as_secs()), Some(900));
}

#[tokio::test]
async fn nothing_that_was_found_is_stepped_over_near_the_budget() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("x", "nordtalbahn", json!({})).await;
    let search = Search {
        any: vec!["Nordtalbahn".to_owned()],
        hashtags: Vec::new(),
        without: Vec::new(),
        languages: Vec::new(),
        most: 200,
    };
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    let mut said = vec![say(&inbox, 0).await];
    for (budget, news) in [(1_000, 0), (21, 30), (31, 0), (1_000, 130)] {
        for number in 0..news {
            said.push(say(&inbox, number + 1).await);
        }
        inbox.set("search_budget_posts", json!(budget));
        let polled = inbox
            .channel
            .search(&inbox.account(), &search, cursor.as_deref(), sim.http())
            .await
            .expect("it can be looked for");
        found.extend(told(&inbox.translate(&polled.deliveries)));
        let used = inbox.channel.usage(&inbox.account(), &polled.cursor);
        assert!(used.expect("it counts").used <= budget);
        cursor = Some(polled.cursor);
    }
    found.sort_unstable();
    let mut wanted: Vec<String> = said.iter().map(|id| format!("post {id}")).collect();
    wanted.sort_unstable();
    assert_eq!(found, wanted);

    // What is older than a week is out of X's reach; the search goes on with what is new.
    sim.advance(8 * 86_400).await;
    let renewed = inbox.channel.renew(&inbox.account(), sim.http()).await;
    inbox.set_secrets(&renewed.expect("it is renewed"));
    let late = say(&inbox, 999).await;
    for _ in 0..2 {
        let polled = inbox
            .channel
            .search(&inbox.account(), &search, cursor.as_deref(), sim.http())
            .await
            .expect("it can be looked for");
        assert_eq!(polled.trouble, None);
        found = told(&inbox.translate(&polled.deliveries));
        cursor = Some(polled.cursor);
    }
    assert_eq!(found, [format!("post {late}")]);
}

async fn say(inbox: &Inbox<'_>, number: u32) -> String {
    let text = format!("Nordtalbahn {number}");
    inbox
        .id(json!({"act": "post", "by": "anna", "text": text}))
        .await
}

/// Tokens of pages do not live for ever.
#[tokio::test]
async fn a_page_that_x_no_longer_knows_is_begun_anew() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("x", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    let mut said = Vec::new();
    for number in 0..3 {
        let text = format!("Hilfe {number}");
        let act = json!({"act": "post", "by": "anna", "to": "nordtalbahn", "text": text});
        said.push(format!("post {}", inbox.id(act).await));
    }
    inbox.change_cursor(|cursor| cursor["mentions"]["token"] = json!("7140anderswo"));
    let first = inbox.ask().await.expect("it answers");
    let mut found = told(&inbox.translate(&first.deliveries));
    found.extend(told(&inbox.poll().await));
    assert_eq!(found, said);
}

#[tokio::test]
async fn a_right_that_is_missing_is_not_a_closed_window() {
    let sim = Sim::start().await;
    let wish = json!({"scopes": "tweet.read tweet.write users.read offline.access"});
    let inbox = sim.inbox("x", "nordtalbahn", wish).await;
    let asked = inbox
        .act(json!({"act": "post", "by": "anna", "to": "nordtalbahn", "text": "Hallo"}))
        .await;
    let person = asked["person"].as_str().expect("an id");
    let refused = inbox.send(&private(person, "Guten Tag")).await;
    assert_eq!(refused.expect_err("it may not").class(), "forbidden");
}

#[tokio::test]
async fn what_is_pushed_counts_against_the_budget() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("x", "nordtalbahn", json!({"push": true})).await;
    inbox.set("budget_posts", json!(20));
    inbox.poll().await;
    let acts: Vec<_> = (0..12)
        .map(|number| json!({"act": "post", "by": "anna", "to": "nordtalbahn", "text": format!("Hallo {number}")}))
        .collect();
    inbox.act(json!(acts)).await;
    assert_eq!(posts(&inbox.pushed().await).len(), 12);
    sim.advance(3_601).await;
    let polled = inbox.ask().await.expect("it answers");
    let usage = inbox.channel.usage(&inbox.account(), &polled.cursor);
    let usage = usage.expect("it counts");
    assert!(usage.used >= 24, "pushed and asked for: {usage:?}");
    let spent = inbox.ask().await.expect("it answers");
    assert!(
        spent
            .trouble
            .is_some_and(|trouble| trouble.detail().contains("budget of 20 posts"))
    );
}
