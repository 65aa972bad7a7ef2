//! Telegram, Bluesky, X, YouTube, Discourse and Twilio: what each refuses, counts and forgets.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Got, World, got};

fn text(told: &Value, place: &str) -> String {
    told.pointer(place)
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
}

async fn call(world: &World, network: &str, path: &str, token: &str, body: Option<Value>) -> Got {
    let method = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let mut request = world.ask(method, network, path);
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    got(request).await
}

#[tokio::test]
async fn telegram_gives_what_was_not_confirmed_again_and_forgets_after_a_day() {
    let world = World::start().await;
    let token = text(
        &world.account("telegram", "hilfe_bot").await,
        "/secrets/token",
    );
    let method = async |name: &str, body: Value| {
        call(
            &world,
            "telegram",
            &format!("/bot{token}/{name}"),
            "",
            Some(body),
        )
        .await
        .body
    };
    world
        .act(
            "telegram",
            json!({"act": "dm", "by": "anna", "text": "eins"}),
        )
        .await;
    let first = method("getUpdates", json!({})).await;
    assert_eq!(method("getUpdates", json!({})).await, first);
    let next = first["result"][0]["update_id"].as_i64().unwrap() + 1;
    assert_eq!(
        method("getUpdates", json!({"offset": next})).await["result"],
        json!([])
    );

    let (waiting, ()) = tokio::join!(method("getUpdates", json!({"timeout": 2})), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        world
            .act(
                "telegram",
                json!({"act": "dm", "by": "anna", "text": "zwei"}),
            )
            .await;
    });
    assert_eq!(
        waiting["result"][0]["message"]["text"], "zwei",
        "who waits is woken"
    );
    world.advance(86_401).await;
    assert_eq!(method("getUpdates", json!({})).await["result"], json!([]));

    method("setWebhook", json!({"url": "https://hook.example"})).await;
    assert_eq!(method("getUpdates", json!({})).await["error_code"], 409);
    let odd = method(
        "setWebhook",
        json!({"url": "https://a.example", "secret_token": "zwei Worte"}),
    )
    .await;
    assert_eq!(odd["error_code"], 400);
    let chat = json!({"chat_id": 1, "text": "x"});
    assert_eq!(
        method("sendMessage", chat).await["description"],
        "Bad Request: chat not found"
    );
    world
        .order(
            "limits",
            json!({"network": "telegram", "name": "chat", "limit": 0}),
        )
        .await;
    let told = world
        .act(
            "telegram",
            json!({"act": "dm", "by": "anna", "text": "drei"}),
        )
        .await;
    let limited = method("sendMessage", json!({"chat_id": told["chat"], "text": "x"})).await;
    assert_eq!(limited["parameters"]["retry_after"], 20);
}

#[tokio::test]
async fn bluesky_counts_signs_and_rotates_sessions() {
    let world = World::start().await;
    let told = world.account("bluesky", "nordtalbahn").await;
    let login = json!({"identifier": told["handle"], "password": told["secrets"]["app_password"]});
    let open = "/xrpc/com.atproto.server.createSession";
    let session = call(&world, "bluesky", open, "", Some(login)).await.body;
    let (access, refresh) = (text(&session, "/accessJwt"), text(&session, "/refreshJwt"));
    let wrong = json!({"identifier": told["handle"], "password": "falsch"});
    let refused = call(&world, "bluesky", open, "", Some(wrong)).await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (401, &json!("AuthenticationRequired"))
    );

    let post = |text: &str| {
        json!({
            "repo": told["id"], "collection": "app.bsky.feed.post", "rkey": "3kaaaaaaaaaa2",
            "record": {"text": text, "createdAt": "2026-11-22T05:00:00Z"},
        })
    };
    let create = "/xrpc/com.atproto.repo.createRecord";
    let long = call(
        &world,
        "bluesky",
        create,
        &access,
        Some(post(&"👨‍👩‍👧".repeat(301))),
    )
    .await;
    assert_eq!(
        long.body["message"],
        "Invalid app.bsky.feed.post record: string too big (maximum 3000, got 5418) at $.record.text"
    );
    let long = call(
        &world,
        "bluesky",
        create,
        &access,
        Some(post(&"ä".repeat(301))),
    )
    .await;
    assert_eq!(
        long.body["message"],
        "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301) at $.record.text"
    );
    assert_eq!(
        call(&world, "bluesky", create, &access, Some(post("eins")))
            .await
            .status,
        200
    );
    assert_eq!(
        call(&world, "bluesky", create, &access, Some(post("zwei")))
            .await
            .status,
        500,
        "the key is taken"
    );

    world.advance(7_201).await;
    let me = "/xrpc/com.atproto.server.getSession";
    let over = call(&world, "bluesky", me, &access, None).await;
    assert_eq!(
        (over.status, &over.body["error"]),
        (400, &json!("ExpiredToken"))
    );
    let renew = "/xrpc/com.atproto.server.refreshSession";
    let renewed = call(&world, "bluesky", renew, &refresh, Some(json!({}))).await;
    assert_eq!(renewed.status, 200);
    assert_eq!(
        call(&world, "bluesky", renew, &refresh, Some(json!({})))
            .await
            .status,
        400,
        "good for once"
    );
    let access = text(&renewed.body, "/accessJwt");
    let lost = call(
        &world,
        "bluesky",
        "/xrpc/com.atproto.identity.resolveHandle?handle=niemand.example",
        &access,
        None,
    )
    .await;
    assert_eq!(lost.body["message"], "Unable to resolve handle");
    assert_eq!(lost.header("ratelimit-policy"), "3000;w=300");
}

#[tokio::test]
async fn x_asks_who_owns_a_hook_and_says_what_is_wrong() {
    let world = World::start().await;
    let told = world.account("x", "nordtalbahn").await;
    let (token, bearer) = (
        text(&told, "/secrets/access_token"),
        text(&told, "/secrets/bearer_token"),
    );
    let hook = json!({"url": "http://127.0.0.1:9/hook"});
    let refused = call(&world, "x", "/2/webhooks", &bearer, Some(hook)).await;
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .starts_with("CrcValidationFailed")
    );
    let port = json!({"url": "https://care.example:8443/hook"});
    let refused = call(&world, "x", "/2/webhooks", &bearer, Some(port)).await;
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .starts_with("UrlValidationFailed")
    );

    let long = call(
        &world,
        "x",
        "/2/tweets",
        &token,
        Some(json!({"text": "日".repeat(141)})),
    )
    .await;
    assert_eq!(
        (long.status, &long.body["type"]),
        (400, &json!("https://api.x.com/2/problems/invalid-request"))
    );
    let sent = call(
        &world,
        "x",
        "/2/tweets",
        &token,
        Some(json!({"text": "日".repeat(140)})),
    )
    .await;
    assert_eq!(
        (sent.status, sent.header("x-rate-limit-limit")),
        (201, "100")
    );
    let few = format!("/2/users/{}/mentions?max_results=3", text(&told, "/id"));
    assert_eq!(call(&world, "x", &few, &token, None).await.status, 400);
    let gone = call(&world, "x", "/2/tweets?ids=12", &token, None).await;
    assert_eq!(
        (gone.status, &gone.body["errors"][0]["resource_id"]),
        (200, &json!("12"))
    );
    assert_eq!(
        call(&world, "x", "/2/users/me", &bearer, None).await.status,
        403,
        "an app is nobody"
    );
    world.advance(7_200).await;
    assert_eq!(
        call(&world, "x", "/2/users/me", &token, None).await.status,
        401
    );
}

#[tokio::test]
async fn youtube_charges_for_everything() {
    let world = World::start().await;
    let told = world.account("youtube", "nordtalbahn").await;
    let token = text(&told, "/secrets/access_token");
    let asked = world
        .act(
            "youtube",
            json!({"act": "comment", "by": "anna", "text": "?"}),
        )
        .await;
    let below = world
        .act(
            "youtube",
            json!({"act": "reply", "by": "ben", "of": asked["id"], "text": "!"}),
        )
        .await;
    world
        .order(
            "limits",
            json!({"network": "youtube", "name": "units", "limit": 101}),
        )
        .await;
    let comments = "/youtube/v3/comments?part=snippet";
    let reply =
        |parent: &Value| json!({"snippet": {"parentId": parent, "textOriginal": "Guten Tag"}});
    let deep = call(
        &world,
        "youtube",
        comments,
        &token,
        Some(reply(&below["id"])),
    )
    .await;
    assert_eq!(
        deep.body["error"]["errors"][0]["reason"],
        "operationNotSupported"
    );
    assert_eq!(
        call(
            &world,
            "youtube",
            comments,
            &token,
            Some(reply(&asked["id"]))
        )
        .await
        .status,
        200
    );
    let list = format!("{comments}&parentId={}", text(&asked, "/id"));
    assert_eq!(
        call(&world, "youtube", &list, &token, None).await.body["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let spent = call(&world, "youtube", &list, &token, None).await;
    assert_eq!(
        (spent.status, &spent.body["error"]["errors"][0]["reason"]),
        (403, &json!("quotaExceeded"))
    );
}

#[tokio::test]
async fn a_forum_refuses_short_words_and_strangers() {
    let world = World::start().await;
    let told = world.account("discourse", "nordtalbahn").await;
    let key = text(&told, "/secrets/api_key");
    let post = async |name: &str, body: Value| {
        let request = world.ask(Method::POST, "discourse", "/posts.json");
        got(request
            .header("api-key", &key)
            .header("api-username", name)
            .json(&body))
        .await
    };
    let stranger = post("anna", json!({})).await;
    assert_eq!(
        (stranger.status, &stranger.body["error_type"]),
        (403, &json!("invalid_access"))
    );
    let topic = |external: &str, raw: &str| json!({"title": "Bauarbeiten", "raw": raw, "external_id": external});
    assert_eq!(post("nordtalbahn", topic("a", "kurz")).await.status, 422);
    assert_eq!(
        post("nordtalbahn", topic("a", "lang genug")).await.status,
        200
    );
    let twice = post("nordtalbahn", topic("a", "noch einmal")).await;
    assert_eq!(twice.body["errors"][0], "External has already been taken");
    let nobody = json!({"title": "Hallo Anna", "raw": "lang genug", "archetype": "private_message", "target_recipients": "anna"});
    assert_eq!(post("nordtalbahn", nobody).await.status, 422);
}

#[tokio::test]
async fn twilio_knows_its_account_and_its_numbers() {
    let world = World::start().await;
    let told = world.account("twilio", "nordtalbahn").await;
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", text(&told, "/id"));
    let (sid, token) = (text(&told, "/id"), text(&told, "/secrets/auth_token"));
    let send = async |token: &str, to: &str, from: &str| {
        let request = world
            .ask(Method::POST, "twilio", &path)
            .basic_auth(&sid, Some(token));
        let fields = format!(
            "To={}&From={}&Body=Gr%C3%BC%C3%9Fe",
            to.replace('+', "%2B"),
            from.replace('+', "%2B")
        );
        let form = "application/x-www-form-urlencoded";
        got(request.header("content-type", form).body(fields)).await
    };
    let own = text(&told, "/settings/number");
    let sent = send(&token, "+491701234567", &own).await;
    assert_eq!(
        (sent.status, &sent.body["num_segments"]),
        (201, &json!("1"))
    );
    assert_eq!(send(&token, "0170", &own).await.body["code"], 21_211);
    assert_eq!(
        send(&token, "+491701234567", "+4930123").await.body["code"],
        21_606
    );
    assert_eq!(
        send("falsch", "+491701234567", &own).await.body["code"],
        20_003
    );
}
