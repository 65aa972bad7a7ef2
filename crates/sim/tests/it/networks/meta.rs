//! The three networks of Meta: proofs, tokens, meters, pages of lists, words of refusals.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Got, World, got};

struct Page {
    id: String,
    token: String,
    app: String,
}

async fn open(world: &World, network: &str) -> Page {
    let told = world.account(network, "nordtalbahn").await;
    let text = |place: &str| {
        told.pointer(place)
            .and_then(Value::as_str)
            .unwrap()
            .to_owned()
    };
    Page {
        id: text("/id"),
        token: text("/secrets/access_token"),
        app: format!(
            "{}|{}",
            text("/settings/app_id"),
            text("/secrets/app_secret")
        ),
    }
}

async fn get(world: &World, network: &str, token: &str, path: &str) -> Got {
    got(world
        .ask(Method::GET, network, &format!("/v26.0/{path}"))
        .bearer_auth(token))
    .await
}

fn code(got: &Got) -> (u16, i64, Option<i64>) {
    let error = &got.body["error"];
    let code = error["code"].as_i64().unwrap_or_default();
    (got.status, code, error["error_subcode"].as_i64())
}

#[tokio::test]
async fn tokens_are_looked_at_proven_exchanged_and_ended() {
    let world = World::start().await;
    let page = open(&world, "facebook").await;
    let me = get(&world, "facebook", &page.token, &page.id).await;
    assert_eq!(me.status, 200);
    let usage: Value = serde_json::from_str(me.header("x-business-use-case-usage")).unwrap();
    assert_eq!(usage[&page.id][0]["type"], "pages");

    let forged = get(
        &world,
        "facebook",
        &page.token,
        &format!("{}?appsecret_proof=00", page.id),
    )
    .await;
    assert_eq!(code(&forged), (400, 100, None));
    let nobody = got(world.ask(Method::GET, "facebook", "/v26.0/1")).await;
    assert_eq!(code(&nobody), (400, 104, None));

    let debug = format!("debug_token?input_token={}", page.token);
    assert_eq!(
        get(&world, "facebook", &page.token, &debug).await.status,
        400,
        "only the app may"
    );
    let known = get(&world, "facebook", &page.app, &debug).await;
    assert_eq!(known.body["data"]["is_valid"], true);
    world.act("facebook", json!({"act": "expire_token"})).await;
    let known = get(&world, "facebook", &page.app, &debug).await;
    assert_eq!(known.body["data"]["is_valid"], false);
    let ended = get(&world, "facebook", &page.token, &page.id).await;
    assert_eq!(code(&ended), (401, 190, Some(463)));
}

#[tokio::test]
async fn lists_come_in_pages_with_the_fields_that_were_wished_for() {
    let world = World::start().await;
    let page = open(&world, "facebook").await;
    let mut last = json!(null);
    for number in 0..5 {
        let comment = json!({"act": "comment", "by": "anna", "text": format!("Nummer {number}")});
        last = world.act("facebook", comment).await;
    }
    let answer = json!({"act": "reply", "by": "ben", "of": last["id"], "text": "darunter"});
    world.act("facebook", answer).await;
    let feed = format!(
        "{}/feed?fields=id,comments.filter(stream).order(reverse_chronological).limit(2){{message,parent}}",
        page.id
    );
    let feed = get(&world, "facebook", &page.token, &feed).await.body;
    let comments = &feed["data"][0]["comments"];
    assert_eq!(comments["data"][0]["message"], "darunter");
    assert_eq!(comments["data"][0]["parent"]["id"], last["id"]);
    assert!(
        feed["data"][0].get("message").is_none(),
        "nobody wished for it"
    );
    assert!(comments["paging"]["next"].is_string());

    let post = feed["data"][0]["id"].as_str().unwrap();
    let mut seen = Vec::new();
    let mut path = format!("{post}/comments?fields=message&limit=2&order=chronological");
    loop {
        let page = get(&world, "facebook", &page.token, &path).await.body;
        let texts = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["message"].clone());
        seen.extend(texts);
        if page["paging"]["next"].is_null() {
            break;
        }
        let after = page["paging"]["cursors"]["after"].as_str().unwrap();
        path = format!("{post}/comments?fields=message&limit=2&order=chronological&after={after}");
    }
    assert_eq!(seen.len(), 5, "answers stand below comments: {seen:?}");
    let unknown = get(&world, "facebook", &page.token, "1_2/comments").await;
    assert_eq!(code(&unknown), (400, 100, Some(33)));
}

#[tokio::test]
async fn windows_and_people_are_refused_by_number() {
    let world = World::start().await;
    for (network, subcode) in [("facebook", 2_018_278), ("instagram", 2_534_022)] {
        let page = open(&world, network).await;
        let told = world
            .act(network, json!({"act": "dm", "by": "anna", "text": "Hallo"}))
            .await;
        let send = async |body: Value| {
            let path = format!("/v26.0/{}/messages", page.id);
            got(world
                .ask(Method::POST, network, &path)
                .bearer_auth(&page.token)
                .json(&body))
            .await
        };
        let message = |tag: bool| {
            let mut body =
                json!({"recipient": {"id": told["person"]}, "message": {"text": "Guten Tag"}});
            if tag {
                body["messaging_type"] = json!("MESSAGE_TAG");
                body["tag"] = json!("HUMAN_AGENT");
            }
            body
        };
        assert_eq!(send(message(false)).await.status, 200);
        let stranger = json!({"recipient": {"id": "1"}, "message": {"text": "Guten Tag"}});
        assert_eq!(code(&send(stranger).await), (400, 100, Some(2_018_001)));
        world.advance(86_401).await;
        assert_eq!(
            code(&send(message(false)).await),
            (400, 10, Some(subcode)),
            "{network}"
        );
        assert_eq!(
            code(&send(message(true)).await).1,
            100,
            "nobody approved that tag"
        );
        world
            .act(network, json!({"act": "dm", "by": "anna", "text": "Hallo"}))
            .await;
        world
            .act(network, json!({"act": "block", "by": "anna"}))
            .await;
        assert_eq!(
            code(&send(message(false)).await),
            (400, 551, Some(1_545_041))
        );
    }
}

#[tokio::test]
async fn a_number_has_its_own_refusals() {
    let world = World::start().await;
    let number = open(&world, "whatsapp").await;
    let told = world
        .act(
            "whatsapp",
            json!({"act": "dm", "by": "anna", "text": "Hallo"}),
        )
        .await;
    let send = async |more: Value| {
        let mut body = json!({"messaging_product": "whatsapp", "recipient": told["person"]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let path = format!("/v26.0/{}/messages", number.id);
        got(world
            .ask(Method::POST, "whatsapp", &path)
            .bearer_auth(&number.token)
            .json(&body))
        .await
    };
    let sent = send(json!({"type": "text", "text": {"body": "Guten Tag"}})).await;
    assert!(
        sent.body["messages"][0]["id"]
            .as_str()
            .unwrap()
            .starts_with("wamid.")
    );
    let long = send(json!({"type": "text", "text": {"body": "a".repeat(4_097)}})).await;
    assert_eq!(code(&long), (400, 100, None));
    assert_eq!(
        code(&send(json!({"type": "hologram"})).await),
        (400, 131_051, None)
    );
    let template = json!({"type": "template", "template": {"name": "antwort_liegt_vor", "language": {"code": "de"}}});
    assert_eq!(
        code(&send(template).await),
        (400, 132_000, None),
        "a parameter is missing"
    );
    world
        .order(
            "limits",
            json!({"network": "whatsapp", "name": "number", "limit": 0}),
        )
        .await;
    assert_eq!(
        code(&send(json!({"type": "text", "text": {"body": "x"}})).await),
        (429, 130_429, None)
    );
}
