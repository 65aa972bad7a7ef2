//! What all networks have in common: the control desk, faults, absence, limits, the transcript.

use reqwest::Method;
use serde_json::json;

use super::{World, got};

const ME: &str = "/api/v1/accounts/verify_credentials";

fn me(world: &World, account: &serde_json::Value) -> reqwest::RequestBuilder {
    let token = account["secrets"]["access_token"].as_str().unwrap();
    world.ask(Method::GET, "mastodon", ME).bearer_auth(token)
}

fn say(world: &World, account: &serde_json::Value, text: &str) -> reqwest::RequestBuilder {
    let token = account["secrets"]["access_token"].as_str().unwrap();
    world
        .ask(Method::POST, "mastodon", "/api/v1/statuses")
        .bearer_auth(token)
        .json(&json!({"status": text}))
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let world = World::start().await;
        let account = world.account("mastodon", "nordtalbahn").await;
        let post = json!({"act": "post", "by": "anna@netz.example", "text": "Hallo"});
        let first = world.act("mastodon", post.clone()).await;
        world.order("reset", json!({})).await;
        assert_eq!(
            world.account("mastodon", "nordtalbahn").await,
            account_at(&world, &account)
        );
        assert_eq!(world.act("mastodon", post).await, first);
        seen.push((account["id"].clone(), account["secrets"].clone(), first));
    }
    assert_eq!(seen[0], seen[1]);
}

/// The account as this world writes it, whose port is another one every time.
fn account_at(world: &World, account: &serde_json::Value) -> serde_json::Value {
    let mut account = account.clone();
    account["settings"]["base_url"] = json!(world.sim.base_url("mastodon"));
    account
}

#[tokio::test]
async fn ordered_faults_happen_and_pass() {
    let world = World::start().await;
    let account = world.account("mastodon", "nordtalbahn").await;

    world
        .fault("mastodon", json!({"do": "status", "status": 500}))
        .await;
    let broken = got(me(&world, &account)).await;
    assert_eq!(broken.status, 500);
    assert!(
        broken.body["error"].is_string(),
        "in the network's own words"
    );

    let busy =
        json!({"do": "status", "status": 503, "body": "<html>", "headers": {"retry-after": 7}});
    world.fault("mastodon", busy).await;
    let busy = got(me(&world, &account)).await;
    assert_eq!((busy.status, busy.header("retry-after")), (503, "7"));

    world.fault("mastodon", json!({"do": "reset"})).await;
    assert!(me(&world, &account).send().await.is_err());

    world.fault("mastodon", json!({"do": "truncated"})).await;
    let cut = me(&world, &account).send().await.expect("the head arrives");
    assert!(cut.bytes().await.is_err(), "half of the body does not");

    assert_eq!(
        got(me(&world, &account)).await.status,
        200,
        "all have passed"
    );
    let entries = world.look("transcript?network=mastodon").await;
    let faults: Vec<_> = entries["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["fault"])
        .collect();
    assert_eq!(
        faults,
        [
            &json!("status"),
            &json!("status"),
            &json!("reset"),
            &json!("truncated"),
            &json!(null)
        ]
    );
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_effect() {
    let world = World::start().await;
    let account = world.account("mastodon", "nordtalbahn").await;
    for then in ["effect_then_reset", "effect_then_silence"] {
        world.fault("mastodon", json!({"do": then})).await;
        assert!(say(&world, &account, then).send().await.is_err());
    }
    let token = account["secrets"]["access_token"].as_str().unwrap();
    let path = format!(
        "/api/v1/accounts/{}/statuses",
        account["id"].as_str().unwrap()
    );
    let posts = got(world.ask(Method::GET, "mastodon", &path).bearer_auth(token)).await;
    assert_eq!(posts.body.as_array().unwrap().len(), 2, "both were done");
}

#[tokio::test]
async fn a_network_can_be_away_for_a_while() {
    let world = World::start().await;
    let account = world.account("mastodon", "nordtalbahn").await;
    world
        .order("down", json!({"network": "mastodon", "seconds": 30}))
        .await;
    assert_eq!(got(me(&world, &account)).await.status, 503);
    let act = json!({"act": "post", "by": "anna", "text": "Ich bin schon drin"});
    world.act("mastodon", act).await;
    world.advance(30).await;
    assert_eq!(got(me(&world, &account)).await.status, 200);
    world
        .order(
            "down",
            json!({"network": "mastodon", "seconds": 30, "how": "reset"}),
        )
        .await;
    assert!(me(&world, &account).send().await.is_err());
}

#[tokio::test]
async fn limits_are_told_kept_and_renewed() {
    let world = World::start().await;
    let account = world.account("mastodon", "nordtalbahn").await;
    let first = got(me(&world, &account)).await;
    assert_eq!(first.header("x-ratelimit-limit"), "300");
    assert_eq!(first.header("x-ratelimit-remaining"), "299");
    assert_eq!(
        first.header("x-ratelimit-reset"),
        "2026-11-22T05:05:00.000000Z"
    );
    world
        .order(
            "limits",
            json!({"network": "mastodon", "name": "calls", "limit": 2}),
        )
        .await;
    assert_eq!(got(me(&world, &account)).await.status, 200);
    let refused = got(me(&world, &account)).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.body, json!({"error": "Too many requests"}));
    world.advance(300).await;
    assert_eq!(got(me(&world, &account)).await.status, 200);
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused() {
    let world = World::start().await;
    let unknown = world
        .try_order("accounts", json!({"network": "x-files", "handle": "a"}))
        .await;
    assert_eq!(unknown.status, 404);
    let unreadable = world
        .try_order("faults", json!({"network": "*", "then": {"do": "magic"}}))
        .await;
    assert_eq!(unreadable.status, 422);
    world.account("mastodon", "nordtalbahn").await;
    let odd = world
        .try_order("mastodon/act", json!({"act": "fly", "by": "anna"}))
        .await;
    assert_eq!(odd.status, 422);
}
