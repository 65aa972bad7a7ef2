//! E-mail: threads over two servers, what goes wrong between a question and its answer, reports of mail
//! that did not arrive, and mailboxes that are numbered anew or opened by token.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt as _;
use kulant_channels::connect::{Agreement, ConnectError, Connected};
use kulant_channels::inbound::{AttachmentSource, Inbound, Post};
use kulant_channels::outbound::Outbound;
use serde_json::{Value, json};

use super::sim::{Inbox, Sim, outbound, posts, told};

const CONTENT: (&str, &str) = ("smtp", "/content");

fn answer(to: &Post, number: u32, body: &str) -> Outbound {
    outbound(json!({
        "message_id": number.to_string(),
        "visibility": "private",
        "in_reply_to": to.network_id,
        "thread": to.thread,
        "subject": to.title,
        "recipient": to.author.network_id,
        "recipient_handle": to.author.handle,
        "action": {"type": "reply", "body": body},
    }))
}

async fn written(inbox: &mut Inbox<'_>, act: Value) -> Post {
    let id = inbox.id(act).await;
    let taken = inbox.poll().await;
    let post = posts(&taken).into_iter().find(|post| post.network_id == id);
    post.unwrap_or_else(|| panic!("{id} is not among {:?}", told(&taken)))
        .clone()
}

async fn question(inbox: &mut Inbox<'_>) -> Post {
    let act = json!({"act": "dm", "by": "Jörg Öhlmann", "text": "Wo bleibt der Bus? Ich friere."});
    written(inbox, act).await
}

/// Returns the mails of a folder as the simulator shows them.
async fn folder(sim: &Sim, name: &str) -> Vec<Value> {
    let state = sim.look("state").await;
    let accounts = &state["networks"]["email"]["state"]["accounts"];
    let mails = &accounts["service@nordtalbahn.example"][name]["mails"];
    mails.as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_thread_goes_on_over_both_servers() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
    assert_eq!(
        inbox.channel.probe(&inbox.account(), sim.http()).await,
        Ok(Vec::new())
    );
    let post = question(&mut inbox).await;
    assert_eq!(post.author.network_id, "joerg-oehlmann@post.example");
    assert_eq!(post.author.name, "Jörg Öhlmann");
    assert_eq!(post.title.as_deref(), Some("Wo bleibt der Bus?"));

    let sent = inbox
        .send(&answer(&post, 9001, "Er kommt in fünf Minuten."))
        .await;
    let sent = sent.expect("it leaves");
    let filed = folder(&sim, "Sent").await;
    assert_eq!(filed.len(), 1);
    assert_eq!(filed[0]["to"], "joerg-oehlmann@post.example");
    assert_eq!(filed[0]["subject"], "Re: Wo bleibt der Bus?");

    let again = json!({"act": "reply", "by": "Jörg Öhlmann", "of": sent.network_id, "text": "Danke!", "html": true});
    let id = inbox.id(again).await;
    let taken = inbox.poll().await;
    let [own, thanks] = posts(&taken)[..] else {
        panic!("{:?}", told(&taken));
    };
    let (own, thanks) = if own.author.own {
        (own, thanks)
    } else {
        (thanks, own)
    };
    assert_eq!(
        (own.echo_of.as_deref(), &own.thread),
        (Some("9001"), &post.thread)
    );
    assert_eq!((&thanks.network_id, thanks.text.trim()), (&id, "Danke!"));
    assert_eq!(thanks.parent.as_ref(), Some(&sent.network_id));
    assert_eq!(thanks.thread, post.thread);
    let act = json!({"act": "native_reply", "of": id, "text": "Gern, aus dem Mailprogramm."});
    let native = written(&mut inbox, act).await;
    assert!(native.author.own && native.echo_of.is_none());
    assert_eq!(native.thread, post.thread);
}

/// Whatever happens to a question about the mailbox, no mail is taken for read that was not.
#[tokio::test]
async fn no_mail_is_lost_whatever_happens_to_a_look() {
    let status = |status: u16| json!({"do": "status", "status": status});
    for step in [
        "/connect",
        "/login",
        "/capability",
        "/examine",
        "/uid-search",
        "/uid-fetch",
    ] {
        for then in [
            status(403),
            status(500),
            status(422),
            json!({"do": "status", "status": 200, "body": "* ???"}),
            json!({"do": "reset"}),
            json!({"do": "effect_then_reset"}),
            json!({"do": "truncated"}),
        ] {
            let sim = Sim::start().await;
            let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
            let mut missing = BTreeSet::new();
            for number in 0..3 {
                let act = json!({"act": "dm", "by": "anna", "text": format!("Frage {number}")});
                missing.insert(inbox.id(act).await);
            }
            inbox.fault(("imap", step), then.clone()).await;
            let first = inbox.ask().await;
            let in_trouble = first
                .as_ref()
                .map_or(true, |polled| polled.trouble.is_some());
            for inbound in
                inbox.translate(&first.map(|polled| polled.deliveries).unwrap_or_default())
            {
                missing.remove(inbound.network_id());
            }
            assert!(
                in_trouble || missing.is_empty(),
                "{step} {then}: nobody said that anything was wrong"
            );
            for inbound in inbox.poll().await {
                missing.remove(inbound.network_id());
            }
            assert!(missing.is_empty(), "{step} {then}: {missing:?} are lost");
        }
    }
}

/// A server that fails at every few mails gives them all in the end.
#[tokio::test]
async fn a_look_that_breaks_off_keeps_what_it_brought() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
    inbox.poll().await;
    let mut missing = BTreeSet::new();
    for number in 0..8 {
        let act = json!({"act": "dm", "by": "anna", "text": format!("Frage {number}")});
        missing.insert(inbox.id(act).await);
    }
    let mut before = missing.len();
    for _ in 0..3 {
        // The first of these asks for the sizes of all.
        let rule = json!({
            "network": "email",
            "match": {"method": "imap", "path": "/uid-fetch"},
            "skip": 3,
            "times": 1,
            "then": {"do": "reset"},
        });
        sim.order("faults", rule).await;
        let polled = inbox.ask().await.expect("it brings something");
        for inbound in inbox.translate(&polled.deliveries) {
            missing.remove(inbound.network_id());
        }
        assert_eq!(before - missing.len(), 2);
        assert!(
            polled.trouble.is_some(),
            "nobody said that anything was wrong"
        );
        before = missing.len();
    }
    for inbound in inbox.poll().await {
        missing.remove(inbound.network_id());
    }
    assert!(missing.is_empty(), "{missing:?} are lost");
}

#[tokio::test]
async fn a_mailbox_that_is_numbered_anew_is_read_anew() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
    let first = question(&mut inbox).await;
    inbox.act(json!({"act": "renumber"})).await;
    let second = inbox
        .id(json!({"act": "dm", "by": "ben", "text": "Und ich?"}))
        .await;
    let polled = inbox.ask().await.expect("it can be read");
    let keys: Vec<&str> = polled
        .deliveries
        .iter()
        .map(|raw| raw.key.as_str())
        .collect();
    // What was known comes again under the key that it had, by which it is known.
    assert_eq!(keys, [first.network_id.as_str(), second.as_str()]);
    assert!(inbox.poll().await.is_empty());
}

#[tokio::test]
async fn new_mail_is_told_of_at_once_and_after_a_drop() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
    let (account, http) = (inbox.account(), sim.http().clone());
    let mut stream = inbox
        .channel
        .listen(&account, None, &http)
        .expect("mail is listened to");
    let gap = stream
        .next()
        .await
        .expect("the gap comes first")
        .expect("it can be read");
    assert_eq!(gap.deliveries.len(), 0);
    let (id, told) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            inbox
                .id(json!({"act": "dm", "by": "anna", "text": "Sofort?"}))
                .await
        },
        tokio::time::timeout(Duration::from_secs(20), stream.next()),
    );
    let told = told
        .expect("it is told of")
        .expect("it goes on")
        .expect("it can be read");
    assert_eq!(
        told.deliveries
            .iter()
            .map(|raw| &raw.key)
            .collect::<Vec<_>>(),
        [&id]
    );
    let drop = json!({"network": "email", "then": {"do": "drop_stream"}});
    let (_, ended) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            sim.order("faults", drop).await
        },
        tokio::time::timeout(Duration::from_secs(20), stream.next()),
    );
    let ended = ended.expect("the end is noticed").expect("it is told of");
    assert_eq!(
        ended.expect_err("the stream is over").class(),
        "retry_backoff"
    );
}

#[tokio::test]
async fn who_greets_strangers_later_is_written_to_later() {
    let sim = Sim::start().await;
    let mut inbox = sim
        .inbox("email", "nordtalbahn", json!({"greylists": true}))
        .await;
    let post = question(&mut inbox).await;
    let wish = answer(&post, 9001, "Guten Tag.");
    let early = inbox.send(&wish).await.expect_err("it is too early");
    let wait = early.wait().expect("the server says when").as_secs();
    assert_eq!(early.class(), "retry_after");
    sim.advance(u32::try_from(wait).expect("some minutes"))
        .await;
    inbox.send(&wish).await.expect("now it is taken");
    assert_eq!(folder(&sim, "Sent").await.len(), 1);
}

#[tokio::test]
async fn what_did_not_arrive_comes_back_with_its_reason() {
    for (act, class) in [
        ("depart", "recipient_gone"),
        ("fill", "content_rejected"),
        ("block", "content_rejected"),
    ] {
        let sim = Sim::start().await;
        let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
        let post = question(&mut inbox).await;
        inbox.act(json!({"act": act, "by": "Jörg Öhlmann"})).await;
        let sent = inbox.send(&answer(&post, 9001, "Guten Tag.")).await;
        let sent = sent.expect("our server takes it");
        let taken = inbox.poll().await;
        let failed = taken.iter().find_map(|inbound| match inbound {
            Inbound::Status(status) => Some(status),
            _ => None,
        });
        let failed = failed.unwrap_or_else(|| panic!("{act}: {:?}", told(&taken)));
        assert_eq!(failed.network_id, sent.network_id, "{act}");
        assert_eq!(failed.echo_of.as_deref(), Some("9001"), "{act}");
        let (failure, _) = failed.failure.as_ref().expect("it failed");
        assert_eq!(failure, class, "{act}");
    }
    // Its own people the server knows at once.
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
    let act = json!({"act": "dm", "by": "chef@nordtalbahn.example", "text": "Na?"});
    let post = written(&mut inbox, act).await;
    let gone = inbox.send(&answer(&post, 9002, "Nein.")).await;
    assert_eq!(gone.expect_err("there is nobody").class(), "recipient_gone");
}

#[tokio::test]
async fn a_delay_is_no_failure_and_an_absence_note_wants_no_answer() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
    let post = question(&mut inbox).await;
    let note = json!({"act": "leave_note", "by": "Jörg Öhlmann", "text": "Ich bin im Urlaub."});
    inbox.act(note).await;
    let sent = inbox
        .send(&answer(&post, 9001, "Guten Tag."))
        .await
        .expect("it leaves");
    let delay = json!({"act": "bounce", "of": sent.network_id, "by": "Jörg Öhlmann", "text": "451 4.4.1 nobody answers"});
    inbox.act(delay).await;
    let taken = inbox.poll().await;
    let note = posts(&taken).into_iter().find(|post| !post.author.own);
    let note = note.expect("the note came").clone();
    assert!(note.automatic, "{note:?}");
    assert_eq!(note.thread, post.thread);
    let failed = taken
        .iter()
        .any(|inbound| matches!(inbound, Inbound::Status(_)));
    assert!(!failed, "{:?}", told(&taken));
}

/// Where the server files nothing, we file, and what was lost on the way remains uncertain.
#[tokio::test]
async fn we_file_where_the_server_does_not() {
    let sim = Sim::start().await;
    let mut inbox = sim
        .inbox("email", "nordtalbahn", json!({"files_sent": false}))
        .await;
    let post = question(&mut inbox).await;
    let wish = answer(&post, 9001, "Guten Tag.");
    let sent = inbox.send(&wish).await.expect("it leaves");
    let filed = folder(&sim, "Sent").await;
    assert_eq!(filed.len(), 1);
    assert_eq!(filed[0]["flags"], json!(["\\Seen"]));
    let found = inbox.look_for(&wish).await.expect("it is looked for");
    assert_eq!(found.expect("it is found").network_id, sent.network_id);

    let lost = answer(&post, 9002, "Noch einmal.");
    inbox
        .fault(CONTENT, json!({"do": "effect_then_reset"}))
        .await;
    let error = inbox.send(&lost).await.expect_err("nobody knows");
    assert_eq!(error.class(), "uncertain", "{error}");
    let error = inbox.look_for(&lost).await.expect_err("nobody knows yet");
    assert_eq!(error.class(), "uncertain", "{error}");
    // That a mail is not filed does not send it again.
    inbox
        .fault(("imap", "/append"), json!({"do": "status", "status": 500}))
        .await;
    inbox
        .send(&answer(&post, 9003, "Und noch eins."))
        .await
        .expect("it has left");
}

#[tokio::test]
async fn a_token_opens_both_doors_and_is_renewed() {
    let sim = Sim::start().await;
    let mut inbox = sim
        .inbox("email", "nordtalbahn", json!({"by_token": true}))
        .await;
    let post = question(&mut inbox).await;
    inbox
        .send(&answer(&post, 9001, "Guten Tag."))
        .await
        .expect("it leaves");
    inbox.act(json!({"act": "expire_token"})).await;
    let dead = inbox.ask().await.expect_err("the token is dead");
    assert_eq!(dead.class(), "auth_broken", "{dead}");
    let dead = inbox.send(&answer(&post, 9002, "Hallo?")).await;
    assert_eq!(dead.expect_err("the token is dead").class(), "auth_broken");
    let renewed = inbox.channel.renew(&inbox.account(), sim.http()).await;
    inbox.set_secrets(&renewed.expect("there is another one"));
    inbox
        .send(&answer(&post, 9003, "Weiter geht es."))
        .await
        .expect("it leaves");
    assert_eq!(inbox.poll().await.len(), 2);
    inbox.act(json!({"act": "revoke_token"})).await;
    let over = inbox.channel.renew(&inbox.account(), sim.http()).await;
    assert_eq!(over.expect_err("it is taken back").class(), "auth_broken");
}

#[tokio::test]
async fn mails_in_odd_dress_arrive_all_the_same() {
    let sim = Sim::start().await;
    let mut inbox = sim.inbox("email", "nordtalbahn", json!({})).await;
    let act = json!({
        "act": "dm", "by": "anna", "text": "Siehe Anlage.", "subject": "Foto: äöü",
        "reply_to": "anna.privat@zuhause.example", "attachments": [{"name": "gleis.png"}],
    });
    let post = written(&mut inbox, act).await;
    assert_eq!(post.title.as_deref(), Some("Foto: äöü"));
    assert_eq!(
        post.author.handle.as_deref(),
        Some("anna.privat@zuhause.example")
    );
    let AttachmentSource::Bytes(bytes) = &post.attachments[0].source else {
        panic!("files of mails come along");
    };
    assert!(bytes.starts_with(b"\x89PNG"));
    inbox
        .send(&answer(&post, 9001, "Danke."))
        .await
        .expect("it leaves");
    assert_eq!(
        folder(&sim, "Sent").await[0]["to"],
        "anna.privat@zuhause.example"
    );

    inbox
        .act(json!({"act": "dm", "by": "ben", "text": "Ohne Kennung", "without_id": true}))
        .await;
    let raw = "From: carla@post.example\nSubject: Roh\n\n. Punkt am Anfang\n..und zwei";
    inbox.act(json!({"act": "deliver", "text": raw})).await;
    let taken = inbox.poll().await;
    let strangers: Vec<&str> = posts(&taken)
        .into_iter()
        .filter(|post| !post.author.own)
        .map(|post| post.text.as_str())
        .collect();
    assert_eq!(strangers, ["Ohne Kennung", ". Punkt am Anfang\n..und zwei"]);
    let dots = answer(&post, 9002, "Erste Zeile\n.\n.. und Punkte\nEnde");
    inbox.send(&dots).await.expect("a dot is no end");
    let own = inbox.poll().await;
    assert_eq!(posts(&own)[0].text, "Erste Zeile\n.\n.. und Punkte\nEnde");
}

#[tokio::test]
async fn only_the_mailbox_itself_may_agree() {
    let sim = Sim::start().await;
    let by_token = json!({"by_token": true});
    let inbox = sim.inbox("email", "nordtalbahn", by_token.clone()).await;
    let other = sim.inbox("email", "anna", by_token).await;
    let address = |inbox: &Inbox<'_>| {
        let account = inbox.account();
        account
            .setting("address")
            .expect("a mailbox has an address")
            .to_owned()
    };
    let mut account = inbox.account();
    account.settings["oauth_provider"] = json!("google");
    let agree = async |code: String| {
        let agreement = Agreement {
            code,
            redirect_url: "https://care.example/connect/callback".to_owned(),
            verifier: "v".repeat(43),
            kept: Value::Null,
        };
        inbox
            .channel
            .connect(&account, &agreement, sim.http())
            .await
    };
    let strange = agree(address(&other)).await;
    assert!(
        matches!(strange, Err(ConnectError::OtherAccount { .. })),
        "{strange:?}"
    );
    let own = agree(address(&inbox)).await;
    assert!(matches!(own, Ok(Connected::Account(_))), "{own:?}");
}
