//! What is pushed to a hook: batches, repetitions, duplicates, later connections.

use std::collections::HashSet;

use kulant_sim::{AccountLink, Pace, SimSettings, start};

use crate::receiver::{Receiver, quiet};

#[tokio::test]
async fn the_past_comes_in_batches_and_the_present_follows() {
    let receiver = Receiver::start().await;
    let settings = SimSettings {
        accounts: vec![receiver.link("nordtal")],
        pace: Pace::Sixty,
        duplicates: 0.0,
        shuffles: 0.05,
        ..SimSettings::default()
    };
    let sim = start(settings).await.unwrap();
    receiver.wait_for(|kept| kept.items.len() > 700).await;
    sim.stop().await;

    let kept = receiver.kept.lock().unwrap();
    assert_eq!(kept.wrongly_signed, 0);
    assert!(kept.batches.iter().all(|size| *size <= 200));
    assert!(kept.batches.contains(&200));
    let ids: HashSet<&str> = kept
        .items
        .iter()
        .filter(|item| item["type"] == "post")
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    let posts = kept
        .items
        .iter()
        .filter(|item| item["type"] == "post")
        .count();
    assert_eq!(ids.len(), posts, "no post came twice");
    let times: Vec<&str> = kept
        .items
        .iter()
        .map(|item| item["time"].as_str().unwrap())
        .collect();
    assert!(
        times.windows(2).any(|pair| pair[0] > pair[1]),
        "some came out of order"
    );
}

#[tokio::test]
async fn deliveries_are_repeated_until_they_are_taken() {
    let receiver = Receiver::start().await;
    receiver.kept.lock().unwrap().refuse = 2;
    let sim = start(SimSettings {
        accounts: vec![receiver.link("lumenau")],
        ..quiet()
    })
    .await
    .unwrap();
    say(&sim, "Lumenau", "Seid ihr da?").await;
    receiver.wait_for(|kept| kept.items.len() == 1).await;
    sim.stop().await;

    let kept = receiver.kept.lock().unwrap();
    assert_eq!(kept.ids.len(), 3);
    assert!(
        kept.ids.iter().all(|id| *id == kept.ids[0]),
        "a repetition keeps its id"
    );
    let item = &kept.items[0];
    assert_eq!(item["text"], "Seid ihr da?");
    assert_eq!(item["visibility"], "public");
    assert_eq!(item["mentions_us"], true);
    assert!(item["url"].as_str().unwrap().contains("/post/"));
}

#[tokio::test]
async fn duplicates_are_the_same_delivery() {
    let receiver = Receiver::start().await;
    let settings = SimSettings {
        accounts: vec![receiver.link("lumenau")],
        duplicates: 1.0,
        ..quiet()
    };
    let sim = start(settings).await.unwrap();
    say(&sim, "lumenau", "Doppelt hält besser").await;
    receiver.wait_for(|kept| kept.items.len() == 2).await;
    sim.stop().await;
    let kept = receiver.kept.lock().unwrap();
    assert_eq!(kept.ids[0], kept.ids[1]);
    assert_eq!(kept.items[0], kept.items[1]);
}

#[tokio::test]
async fn accounts_connect_later_and_only_once() {
    let receiver = Receiver::start().await;
    let mut sim = start(quiet()).await.unwrap();
    say(&sim, "nordtal", "Vor der Verbindung").await;
    sim.connect(receiver.link("Nordtal Bahn")).unwrap();
    receiver.wait_for(|kept| kept.items.len() == 1).await;
    assert!(sim.connect(receiver.link("nordtal")).is_err());
    let unknown = AccountLink {
        brand: "Südbahn".to_owned(),
        ..receiver.link("nordtal")
    };
    assert!(sim.connect(unknown).is_err());
    sim.stop().await;
}

async fn say(sim: &kulant_sim::SimHandle, brand: &str, text: &str) {
    let said = serde_json::json!({ "name": "Kim", "brand": brand, "text": text });
    let answer = crate::answers::client()
        .post(format!("http://{}/_sim/say", sim.address))
        .json(&said)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
}
