//! X's lists over plain HTTP: what was not asked for is not told, and what is not known is refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Got, World, got};

async fn ask(world: &World, path: &str, token: &str) -> Got {
    got(world.ask(Method::GET, "x", path).bearer_auth(token)).await
}

async fn opened(world: &World) -> (String, String) {
    let told = world.account("x", "nordtalbahn").await;
    let token = told["secrets"]["access_token"].as_str().expect("a token");
    let id = told["id"].as_str().expect("an id");
    (id.to_owned(), token.to_owned())
}

fn names(value: &Value) -> Vec<&str> {
    let fields = value.as_object().expect("an object");
    fields.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn only_what_is_asked_for_is_told() {
    let world = World::start().await;
    let (id, token) = opened(&world).await;
    let post = json!({"act": "post", "by": "anna", "to": "nordtalbahn", "text": "Hallo", "attachments": [{}]});
    world.act("x", post).await;
    let path = format!("/2/users/{id}/mentions?max_results=5");
    let bare = ask(&world, &path, &token).await.body;
    assert_eq!(
        names(&bare["data"][0]),
        ["edit_history_tweet_ids", "id", "text"]
    );
    assert_eq!(bare["includes"], Value::Null);

    let more = format!("{path}&tweet.fields=created_at,entities&expansions=author_id");
    let more = ask(&world, &more, &token).await.body;
    let all = [
        "author_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "id",
        "text",
    ];
    assert_eq!(names(&more["data"][0]), all);
    assert_eq!(names(&more["includes"]), ["users"]);
    let users = more["includes"]["users"].as_array().expect("a list");
    assert_eq!((users.len(), &users[0]["username"]), (1, &json!("anna")));

    let media = format!("{path}&expansions=attachments.media_keys&media.fields=url");
    let media = ask(&world, &media, &token).await.body;
    assert_eq!(
        names(&media["includes"]["media"][0]),
        ["media_key", "type", "url"]
    );
    for wrong in [
        "tweet.fields=author",
        "expansions=authors",
        "user.fields=handle",
    ] {
        let refused = ask(&world, &format!("{path}&{wrong}"), &token).await;
        assert_eq!(refused.status, 400, "{wrong}");
        let words = refused.body["errors"][0]["message"].as_str();
        assert!(words.is_some_and(|words| words.contains("is not one of")));
    }
}

#[tokio::test]
async fn messages_are_kept_for_a_month() {
    let world = World::start().await;
    let (_, token) = opened(&world).await;
    let dm = |text: &str| json!({"act": "dm", "by": "anna", "text": text});
    world.act("x", dm("alt")).await;
    world.advance(20 * 86_400).await;
    world.act("x", dm("neu")).await;
    let opened_again = world.account("x", "nordtalbahn").await;
    let token_again = opened_again["secrets"]["access_token"]
        .as_str()
        .expect("a token");
    assert_ne!(token, token_again);
    let both = ask(&world, "/2/dm_events", token_again).await.body;
    assert_eq!(both["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(names(&both["data"][0]), ["event_type", "id", "text"]);
    world.advance(11 * 86_400).await;
    let opened_again = world.account("x", "nordtalbahn").await;
    let token_again = opened_again["secrets"]["access_token"]
        .as_str()
        .expect("a token");
    let one = ask(&world, "/2/dm_events", token_again).await.body;
    assert_eq!(one["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["data"][0]["text"], "neu");
}

#[tokio::test]
async fn a_token_of_a_page_is_good_for_its_own_list() {
    let world = World::start().await;
    let (id, token) = opened(&world).await;
    let mut ids = Vec::new();
    for number in 0..8 {
        let text = format!("Hallo {number}");
        let act = json!({"act": "post", "by": "anna", "to": "nordtalbahn", "text": text});
        ids.push(world.act("x", act).await["id"].clone());
    }
    let path = format!("/2/users/{id}/mentions?max_results=5");
    let first = ask(&world, &path, &token).await.body;
    let next = first["meta"]["next_token"].as_str().expect("there is more");
    // What the next page begins with is gone before it is asked for.
    world
        .act("x", json!({"act": "delete", "by": "anna", "of": ids[2]}))
        .await;
    let second = ask(&world, &format!("{path}&pagination_token={next}"), &token)
        .await
        .body;
    let found: Vec<&Value> = second["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|post| &post["id"])
        .collect();
    assert_eq!(found, [&ids[1], &ids[0]]);
    for elsewhere in [
        format!("/2/users/{id}/tweets?max_results=5&pagination_token={next}"),
        format!("{path}&pagination_token=12"),
    ] {
        assert_eq!(ask(&world, &elsewhere, &token).await.status, 400);
    }
}

#[tokio::test]
async fn one_share_a_post_may_be_named() {
    let world = World::start().await;
    let (_, token) = opened(&world).await;
    for (text, status) in [("$ABC steigt", 201), ("$ABC und $DEF", 400)] {
        let call = world
            .ask(Method::POST, "x", "/2/tweets")
            .bearer_auth(&token);
        assert_eq!(got(call.json(&json!({"text": text}))).await.status, status);
    }
}
