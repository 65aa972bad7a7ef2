//! The Mastodon server: what it tells, what it refuses, and whom it tells what on a stream.

use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Got, World, got};

const NET: &str = "mastodon";

struct Us<'a> {
    world: &'a World,
    id: String,
    token: String,
}

impl<'a> Us<'a> {
    async fn join(world: &'a World) -> Self {
        let account = world.account(NET, "nordtalbahn").await;
        Self {
            world,
            id: account["id"].as_str().unwrap().to_owned(),
            token: account["secrets"]["access_token"]
                .as_str()
                .unwrap()
                .to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Got {
        got(self
            .world
            .ask(Method::GET, NET, path)
            .bearer_auth(&self.token))
        .await
    }

    async fn write(&self, method: Method, path: &str, body: Value) -> Got {
        let request = self.world.ask(method, NET, path).bearer_auth(&self.token);
        got(request.json(&body)).await
    }

    async fn say(&self, body: Value) -> Got {
        self.write(Method::POST, "/api/v1/statuses", body).await
    }

    async fn listen(&self) -> WebSocketStream<TcpStream> {
        let address = self.world.sim.address;
        let url = format!("ws://{address}/{NET}/api/v1/streaming");
        let mut request = url.into_client_request().unwrap();
        let token = format!("Bearer {}", self.token);
        request
            .headers_mut()
            .insert("authorization", token.parse().unwrap());
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut socket, _) = client_async(request, stream)
            .await
            .expect("the stream opens");
        let wish = json!({"type": "subscribe", "stream": "user"}).to_string();
        socket.send(Message::text(wish)).await.unwrap();
        // A wrong wish is answered, so that the right one before it has been heard by then.
        socket
            .send(Message::text(r#"{"type":"subscribe","stream":"x"}"#))
            .await
            .unwrap();
        let heard = hear(&mut socket).await.unwrap();
        assert_eq!(
            heard,
            json!({"error": "Unknown stream type", "status": 400})
        );
        socket
    }
}

async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Option<Value> {
    let next = tokio::time::timeout(std::time::Duration::from_millis(400), socket.next());
    match next.await {
        Ok(Some(Ok(Message::Text(text)))) => serde_json::from_str(&text).ok(),
        _ => None,
    }
}

#[tokio::test]
async fn a_mention_is_told_answered_and_taken_back() {
    let world = World::start().await;
    let us = Us::join(&world).await;
    let mut stream = us.listen().await;
    let act = json!({"act": "post", "by": "anna@netz.example", "to": "nordtalbahn", "text": "Zug <b> weg?"});
    let asked = world.act(NET, act).await;
    let id = asked["id"].as_str().unwrap();
    let frame = hear(&mut stream).await.expect("the stream tells it");
    assert_eq!(frame["event"], "notification");
    let told: Value = serde_json::from_str(frame["payload"].as_str().unwrap()).unwrap();
    assert_eq!(told["status"]["id"], id);
    assert!(
        told["status"]["content"]
            .as_str()
            .unwrap()
            .contains("&lt;b&gt;")
    );

    let notifications = us
        .get("/api/v1/notifications?types[]=mention&min_id=0")
        .await;
    assert_eq!(notifications.body[0]["id"], told["id"]);
    assert!(notifications.header("link").contains("rel=\"prev\""));
    let reply = us
        .say(json!({"status": "@anna@netz.example Kommt.", "in_reply_to_id": id}))
        .await;
    assert_eq!(reply.body["mentions"][0]["acct"], "anna@netz.example");
    assert_eq!(
        hear(&mut stream).await.unwrap()["event"],
        "update",
        "our own post comes back"
    );

    // Whoever is not followed may change a post without our hearing of it; not so a deletion.
    world
        .act(
            NET,
            json!({"act": "edit", "by": "anna@netz.example", "of": id, "text": "@nordtalbahn ja"}),
        )
        .await;
    world
        .act(
            NET,
            json!({"act": "delete", "by": "anna@netz.example", "of": id}),
        )
        .await;
    let frame = hear(&mut stream).await.expect("the stream tells it");
    assert_eq!(
        (&frame["event"], &frame["payload"]),
        (&json!("delete"), &json!(id))
    );
    assert_eq!(us.get(&format!("/api/v1/statuses/{id}")).await.status, 404);
    assert_eq!(us.get("/api/v1/notifications").await.body, json!([]));
}

#[tokio::test]
async fn what_happens_while_nobody_listens_is_not_told_again() {
    let world = World::start().await;
    let us = Us::join(&world).await;
    let mut stream = us.listen().await;
    world
        .order(
            "faults",
            json!({"network": NET, "then": {"do": "half_open_stream"}}),
        )
        .await;
    let act = json!({"act": "post", "by": "ben", "to": "nordtalbahn", "text": "Hört ihr?"});
    world.act(NET, act.clone()).await;
    assert_eq!(hear(&mut stream).await, None, "the line is dead and open");
    world
        .order(
            "faults",
            json!({"network": NET, "then": {"do": "drop_stream"}}),
        )
        .await;
    assert!(!matches!(stream.next().await, Some(Ok(Message::Text(_)))));

    let mut stream = us.listen().await;
    assert_eq!(hear(&mut stream).await, None);
    world.act(NET, act).await;
    assert_eq!(hear(&mut stream).await.unwrap()["event"], "notification");
    assert_eq!(
        us.get("/api/v1/notifications")
            .await
            .body
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_key_makes_a_second_try_harmless_for_an_hour() {
    let world = World::start().await;
    let us = Us::join(&world).await;
    let once = async || {
        let request = world
            .ask(Method::POST, NET, "/api/v1/statuses")
            .bearer_auth(&us.token);
        let request = request.header("idempotency-key", "k1");
        got(request.json(&json!({"status": "Einmal"}))).await.body["id"].clone()
    };
    let first = once().await;
    assert_eq!(once().await, first);
    world.advance(3_601).await;
    assert_ne!(once().await, first);
}

#[tokio::test]
async fn refusals_are_worded_as_by_the_server() {
    let world = World::start().await;
    let us = Us::join(&world).await;
    let long = us.say(json!({"status": "ä".repeat(501)})).await;
    assert_eq!(long.status, 422);
    assert_eq!(
        long.body["error"],
        "Validation failed: Text character limit of 500 exceeded"
    );
    assert_eq!(
        us.say(json!({"status": format!("{} https://a.de/{}", "a".repeat(476), "b".repeat(90))}))
            .await
            .status,
        200
    );
    let blank = us.say(json!({"status": " "})).await;
    assert_eq!(
        blank.body["error"],
        "Validation failed: Text can't be blank"
    );
    let lost = us.say(json!({"status": "x", "in_reply_to_id": "1"})).await;
    assert_eq!(lost.status, 404);

    let asked = world
        .act(
            NET,
            json!({"act": "post", "by": "ben", "to": "nordtalbahn", "text": "?"}),
        )
        .await;
    world.act(NET, json!({"act": "block", "by": "ben"})).await;
    let blocked = us
        .say(json!({"status": "@ben x", "in_reply_to_id": asked["id"]}))
        .await;
    assert_eq!(blocked.status, 404, "whoever blocks us is not there for us");

    let narrow = json!({"network": NET, "handle": "lumenau", "scopes": "read"});
    let narrow = world.order("accounts", narrow).await;
    let token = narrow["secrets"]["access_token"].as_str().unwrap();
    let request = world
        .ask(Method::POST, NET, "/api/v1/statuses")
        .bearer_auth(token);
    let refused = got(request.json(&json!({"status": "x"}))).await;
    assert_eq!(
        (refused.status, refused.body),
        (
            403,
            json!({"error": "This action is outside the authorized scopes"})
        )
    );

    world.act(NET, json!({"act": "revoke_token"})).await;
    let dead = us.get("/api/v1/notifications").await;
    assert_eq!(
        (dead.status, dead.body),
        (401, json!({"error": "The access token is invalid"}))
    );
}

#[tokio::test]
async fn direct_posts_are_for_those_they_name() {
    let world = World::start().await;
    let us = Us::join(&world).await;
    let other = world.account(NET, "lumenau").await;
    let told = world
        .act(
            NET,
            json!({"act": "dm", "by": "anna", "to": "nordtalbahn", "text": "Privat"}),
        )
        .await;
    let path = format!("/api/v1/statuses/{}", told["id"].as_str().unwrap());
    assert_eq!(us.get(&path).await.body["visibility"], "direct");
    let token = other["secrets"]["access_token"].as_str().unwrap();
    assert_eq!(
        got(world.ask(Method::GET, NET, &path).bearer_auth(token))
            .await
            .status,
        404
    );

    world.act(NET, json!({"act": "depart", "by": "anna"})).await;
    assert_eq!(
        us.get(&path).await.status,
        404,
        "whoever goes takes everything along"
    );
    let own = format!("/api/v1/accounts/{}/statuses", us.id);
    assert_eq!(us.get(&own).await.body, json!([]));
}

#[tokio::test]
async fn events_come_over_plain_http_too_and_end_with_the_token() {
    let world = World::start().await;
    let us = Us::join(&world).await;
    let path = "/api/v1/streaming/user";
    let mut stream = world
        .ask(Method::GET, NET, path)
        .bearer_auth(&us.token)
        .send()
        .await
        .unwrap();
    let act = json!({"act": "dm", "by": "anna", "to": "nordtalbahn", "text": "Hallo"});
    world.act(NET, act).await;
    let chunk = stream.chunk().await.unwrap().expect("something is told");
    assert!(chunk.starts_with(b"event: notification\ndata: {"));
    world.act(NET, json!({"act": "revoke_token"})).await;
    assert!(
        stream.chunk().await.unwrap().is_none(),
        "whoever may not read hears no more"
    );
}
