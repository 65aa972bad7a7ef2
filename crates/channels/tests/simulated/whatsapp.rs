//! WhatsApp: people without a number, what becomes of ours, windows and templates.

use serde_json::{Value, json};

use super::sim::{Inbox, Sim, action, outbound, posts, private, told};

async fn written(inbox: &Inbox<'_>, act: Value) -> (String, String) {
    let told = inbox.act(act).await;
    let text = |name: &str| told[name].as_str().expect("it is told").to_owned();
    (text("id"), text("person"))
}

#[tokio::test]
async fn a_message_is_answered_and_followed() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("whatsapp", "nordtalbahn", json!({})).await;
    let (asked, person) = written(
        &inbox,
        json!({"act": "dm", "by": "+491512345678", "name": "Anna", "text": "Hallo"}),
    )
    .await;
    let taken = inbox.pushed().await;
    let post = posts(&taken)[0];
    assert_eq!(
        (post.network_id.as_str(), post.author.name.as_str()),
        (asked.as_str(), "Anna")
    );
    assert_eq!(post.author.handle.as_deref(), Some("+491512345678"));
    assert_eq!(post.thread.as_deref(), Some(person.as_str()));

    let mut answer = private(&person, "Guten Tag");
    answer.in_reply_to = Some(asked.clone());
    let receipt = inbox.send(&answer).await.expect("it is sent");
    let arrived = format!("arrived {}", receipt.network_id);
    assert_eq!(told(&inbox.pushed().await), [arrived.clone(), arrived]);
    let like = json!({"type": "react", "network_id": asked, "kind": "like", "added": true});
    let mut react = action("private", &like);
    react.recipient = Some(person.clone());
    inbox.send(&react).await.expect("it is liked");

    assert_eq!(
        inbox.survives(&answer, ("POST", "/messages")).await,
        None,
        "Meta keeps no list"
    );
    inbox.pushed().await;
    for (act, word) in [
        ("edit", "edit"),
        ("react", "reaction"),
        ("delete", "delete"),
    ] {
        inbox
            .act(json!({"act": act, "by": "+491512345678", "of": asked, "text": "Hallo!"}))
            .await;
        assert_eq!(told(&inbox.pushed().await), [format!("{word} {asked}")]);
    }
}

#[tokio::test]
async fn people_may_hide_their_number() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("whatsapp", "nordtalbahn", json!({})).await;
    let (_, person) = written(&inbox, json!({"act": "dm", "by": "ben", "username": "ben.im.zug", "text": "Hallo", "attachments": [{}]})).await;
    let taken = inbox.pushed().await;
    let post = posts(&taken)[0];
    assert_eq!(post.author.network_id, person);
    assert_eq!(post.author.handle.as_deref(), Some("@ben.im.zug"));
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
    inbox
        .send(&private(&person, "Guten Tag"))
        .await
        .expect("the id is enough");
}

#[tokio::test]
async fn after_a_day_only_templates_arrive() {
    for at_once in [true, false] {
        let sim = Sim::start().await;
        let inbox = sim
            .inbox(
                "whatsapp",
                "nordtalbahn",
                json!({"errors_at_once": at_once}),
            )
            .await;
        let (_, person) =
            written(&inbox, json!({"act": "dm", "by": "anna", "text": "Hallo"})).await;
        sim.advance(24 * 3_600 + 1).await;
        inbox.pushed().await;
        let late = inbox.send(&private(&person, "Zu spät")).await;
        if at_once {
            assert_eq!(late.expect_err("it is closed").class(), "window_closed");
        } else {
            let receipt = late.expect("the call is taken");
            let taken = inbox.pushed().await;
            assert_eq!(told(&taken), [format!("failed {}", receipt.network_id)]);
        }
        let template = |name: &str| {
            outbound(json!({
                "visibility": "private", "thread": person, "recipient": person,
                "template": {"name": name, "language": "de", "parameters": ["Anna"]},
                "action": {"type": "reply", "body": ""},
            }))
        };
        inbox
            .send(&template("antwort_liegt_vor"))
            .await
            .expect("it is approved");
        let unknown = inbox
            .send(&template("gibt_es_nicht"))
            .await
            .expect_err("it is not");
        assert_eq!(unknown.class(), "content_rejected");
    }
}

#[tokio::test]
async fn one_person_gets_no_more_than_the_pace_allows() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("whatsapp", "nordtalbahn", json!({})).await;
    let (_, person) = written(&inbox, json!({"act": "dm", "by": "anna", "text": "Hallo"})).await;
    sim.order(
        "limits",
        json!({"network": "whatsapp", "name": "pair", "limit": 1}),
    )
    .await;
    inbox
        .send(&private(&person, "eins"))
        .await
        .expect("it is sent");
    let limited = inbox
        .send(&private(&person, "zwei"))
        .await
        .expect_err("too fast");
    assert_eq!(limited.wait().map(|wait| wait.as_secs()), Some(6));
}

#[tokio::test]
async fn an_address_of_a_file_runs_out_and_is_asked_for_anew() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("whatsapp", "nordtalbahn", json!({})).await;
    written(
        &inbox,
        json!({"act": "dm", "by": "ben", "text": "Hallo", "attachments": [{}]}),
    )
    .await;
    let taken = inbox.pushed().await;
    let kulant_channels::inbound::AttachmentSource::Url(address) =
        &posts(&taken)[0].attachments[0].source
    else {
        panic!("it is to be fetched");
    };
    let account = inbox.account();
    let request = inbox.channel.file_request(&account, address, sim.http());
    let request = request.await.expect("an address");
    sim.advance(301).await;
    let late = sim.http().send(request).await.expect("an answer");
    assert_eq!(late.status, 404, "five minutes are over");
    let file = inbox
        .channel
        .fetch_file(&inbox.account(), address, 1 << 20, sim.http())
        .await;
    assert!(file.is_ok(), "the next address works");
}

#[tokio::test]
async fn a_new_number_is_a_new_id_of_the_same_person() {
    let sim = Sim::start().await;
    let inbox = sim.inbox("whatsapp", "nordtalbahn", json!({})).await;
    let (_, before) = written(&inbox, json!({"act": "dm", "by": "anna", "text": "Hallo"})).await;
    inbox.pushed().await;
    let changed = inbox
        .act(json!({"act": "change_number", "by": "anna"}))
        .await;
    let now = changed["person"].as_str().expect("a new id");
    let taken = inbox.pushed().await;
    let renamed: Vec<(&str, &str)> = taken
        .iter()
        .filter_map(|inbound| match inbound {
            kulant_channels::inbound::Inbound::Renaming(renaming) => {
                Some((renaming.from.as_str(), renaming.to.as_str()))
            }
            _ => None,
        })
        .collect();
    // The message of the system says it, and the field of its own does.
    assert_eq!(renamed, [(before.as_str(), now); 2]);
    let gone = inbox.send(&private(&before, "x")).await;
    assert!(gone.is_err(), "nobody has the old id any more");
    inbox.send(&private(now, "Guten Tag")).await.expect("sent");
}
