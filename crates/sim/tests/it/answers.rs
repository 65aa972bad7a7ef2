//! What the network does with answers: placed once, found again, refused with a reason, broken on order.

use std::time::{SystemTime, UNIX_EPOCH};

use kulant_sim::{SimHandle, SimSettings, start};
use serde_json::{Value, json};

use crate::receiver::{Receiver, quiet, signature};

#[tokio::test]
async fn an_answer_is_placed_once_and_found_by_its_message_id() {
    let (receiver, sim, post) = world_with_a_post().await;
    let answer = reply(&post, "m-1", "Ja, wir sind da.");

    let first = send(&sim, &answer).await.unwrap();
    assert_eq!(first.0, 201);
    let again = send(&sim, &answer).await.unwrap();
    assert_eq!(again.0, 200);
    assert_eq!(first.1["id"], again.1["id"]);
    assert_eq!(look_up(&sim, "m-1").await, (200, first.1["id"].clone()));
    assert_eq!(look_up(&sim, "m-2").await.0, 404);

    receiver
        .wait_for(|kept| kept.items.iter().any(|item| item["echo_of"] == "m-1"))
        .await;
    sim.stop().await;
    let kept = receiver.kept.lock().unwrap();
    let echoes = kept.items.iter().filter(|item| item["echo_of"] == "m-1");
    assert_eq!(echoes.count(), 1);
}

#[tokio::test]
async fn unsigned_answers_are_refused() {
    let (_receiver, sim, post) = world_with_a_post().await;
    let answer = client()
        .post(sim.answer_url())
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", now())
        .header("webhook-signature", "v1,AAAA")
        .body(reply(&post, "m-1", "Hallo").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(look_up(&sim, "m-1").await.0, 404);
    sim.stop().await;
}

#[tokio::test]
async fn answers_that_cannot_stand_say_why() {
    let (_receiver, sim, post) = world_with_a_post().await;
    assert_eq!(send(&sim, &reply(&post, "m-1", "")).await.unwrap().0, 422);
    let mut unknown = reply(&post, "m-2", "Hallo");
    unknown["type"] = json!("poke");
    assert_eq!(send(&sim, &unknown).await.unwrap().0, 400);
    let epoch = post.split('-').next().unwrap();
    assert_eq!(
        send(&sim, &reply(&format!("{epoch}-zzzz"), "m-3", "Hallo"))
            .await
            .unwrap()
            .0,
        410
    );
    sim.stop().await;
}

#[tokio::test]
async fn faults_happen_on_order() {
    let (_receiver, sim, post) = world_with_a_post().await;

    // A status has no effect, and its pause is told.
    order(
        &sim,
        json!({ "path": "/answer", "method": "POST", "times": 1, "status": 429, "retry_after": 7 }),
    )
    .await;
    let (status, _) = send(&sim, &reply(&post, "m-1", "Eins")).await.unwrap();
    assert_eq!(status, 429);
    assert_eq!(look_up(&sim, "m-1").await.0, 404);

    // A reset cuts the line before any effect.
    order(&sim, json!({ "method": "POST", "times": 1, "reset": true })).await;
    assert!(send(&sim, &reply(&post, "m-1", "Eins")).await.is_err());
    assert_eq!(look_up(&sim, "m-1").await.0, 404);

    // A dropped answer has the effect; asking again finds it, sending again doubles nothing.
    order(
        &sim,
        json!({ "method": "POST", "times": 1, "drop_answer": true }),
    )
    .await;
    assert!(send(&sim, &reply(&post, "m-1", "Eins")).await.is_err());
    let (status, id) = look_up(&sim, "m-1").await;
    assert_eq!(status, 200);
    let (status, placed) = send(&sim, &reply(&post, "m-1", "Eins")).await.unwrap();
    assert_eq!((status, &placed["id"]), (200, &id));

    let transcript: Value = client()
        .get(format!("http://{}/_sim/transcript", sim.address))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let faults: Vec<&str> = transcript["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|call| call["fault"].as_str())
        .collect();
    assert_eq!(faults, ["status", "reset", "drop_answer"]);
    sim.stop().await;
}

#[tokio::test]
async fn latency_is_waited_for() {
    let (_receiver, sim, post) = world_with_a_post().await;
    order(&sim, json!({ "latency_ms": 30_000 })).await;
    let answer = reply(&post, "m-1", "Langsam");
    let slow =
        tokio::time::timeout(std::time::Duration::from_millis(300), send(&sim, &answer)).await;
    assert!(slow.is_err());
    sim.stop().await;
}

#[tokio::test]
async fn the_clock_can_be_moved() {
    let receiver = Receiver::start().await;
    let settings = SimSettings {
        accounts: vec![receiver.link("lumenau")],
        lively: true,
        ..quiet()
    };
    let sim = start(settings).await.unwrap();
    let moved = client()
        .post(format!("http://{}/_sim/clock", sim.address))
        .json(&json!({ "advance_seconds": 1_800 }))
        .send()
        .await
        .unwrap();
    assert_eq!(moved.status(), 200);
    receiver.wait_for(|kept| kept.items.len() > 60).await;
    sim.stop().await;
}

async fn world_with_a_post() -> (Receiver, SimHandle, String) {
    let receiver = Receiver::start().await;
    let sim = start(SimSettings {
        accounts: vec![receiver.link("lumenau")],
        ..quiet()
    })
    .await
    .unwrap();
    let said: Value = client()
        .post(format!("http://{}/_sim/say", sim.address))
        .json(&json!({ "name": "Kim", "brand": "lumenau", "text": "Seid ihr da?" }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    (receiver, sim, said["id"].as_str().unwrap().to_owned())
}

fn reply(post: &str, message_id: &str, body: &str) -> Value {
    json!({
        "type": "reply", "message_id": message_id, "body": body, "visibility": "public",
        "in_reply_to": post, "thread": null, "author": { "signature": null },
    })
}

async fn order(sim: &SimHandle, fault: Value) {
    let answer = client()
        .post(format!("http://{}/_sim/faults", sim.address))
        .json(&fault)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
}

async fn send(sim: &SimHandle, answer: &Value) -> Result<(u16, Value), reqwest::Error> {
    let body = answer.to_string();
    let (id, timestamp) = (format!("msg_{}", answer["message_id"]), now());
    let answer = client()
        .post(sim.answer_url())
        .header(
            "webhook-signature",
            signature(&id, &timestamp, body.as_bytes()),
        )
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .body(body)
        .send()
        .await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

async fn look_up(sim: &SimHandle, message_id: &str) -> (u16, Value) {
    let timestamp = now();
    let answer = client()
        .get(format!("{}?message_id={message_id}", sim.lookup_url()))
        .header("webhook-signature", signature("msg_ask", &timestamp, b""))
        .header("webhook-id", "msg_ask")
        .header("webhook-timestamp", timestamp)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let read: Value = answer.json().await.unwrap();
    (status, read["id"].clone())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test stands for another party's program"
)]
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test stands for another party's program"
)]
fn now() -> String {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .to_string()
}
