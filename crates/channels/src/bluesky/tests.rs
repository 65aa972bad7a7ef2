//! Bluesky against recorded payloads and a fake server: sessions, what is sent, how refusals are
//! read, how news come in by asking and by Jetstream.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::StreamExt as _;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::inbound::Inbound;
use crate::outbound::{Action, OutboundAttachment};

const PARENT: &str = "at://did:plc:anna/app.bsky.feed.post/3a";

fn token(expires_in: i64) -> String {
    let claims = json!({"sub": "did:plc:own", "exp": NOW.as_seconds() + expires_in}).to_string();
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
}

fn account(network: &FakeNetwork) -> Account {
    Account {
        secrets: json!({"app_password": "hush", "session_access": token(3_600), "session_refresh": "again"}),
        ..fixture::account(json!({
            "base_url": network.url("/"), "identifier": "nordtalbahn.example", "chat": true,
        }))
    }
}

fn refused(status: u16, error: &str) -> Script {
    Script::json(status, &json!({"error": error, "message": "no"}))
}

fn opened() -> Script {
    let session = json!({"accessJwt": token(7_200), "refreshJwt": "next", "did": "did:plc:own"});
    Script::json(200, &session)
}

/// The post that is answered, itself an answer to another.
fn parent() -> Script {
    Script::json(
        200,
        &json!({"posts": [{
            "uri": PARENT, "cid": "cid-parent", "indexedAt": "2026-11-22T04:31:00.000Z",
            "author": {"did": "did:plc:anna", "handle": "anna.bsky.social"},
            "record": {"text": "x", "reply": {
                "root": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "cid-root"},
                "parent": {"uri": "at://did:plc:own/app.bsky.feed.post/2", "cid": "c2"},
            }},
        }]}),
    )
}

fn made() -> Script {
    let uri = format!(
        "at://did:plc:own/app.bsky.feed.post/{}",
        key::for_message("9001")
    );
    Script::json(200, &json!({"uri": uri, "cid": "cid-new"}))
}

fn reply(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some(PARENT.to_owned()),
        recipient: Some("did:plc:anna".to_owned()),
        ..fixture::reply(body)
    }
}

fn own_post(body: &str) -> Outbound {
    Outbound {
        in_reply_to: None,
        ..reply(body)
    }
}

fn private(body: &str) -> Outbound {
    Outbound {
        visibility: Visibility::Private,
        thread: Some("convo1".to_owned()),
        ..own_post(body)
    }
}

fn act(action: Action) -> Outbound {
    Outbound {
        action,
        ..reply("")
    }
}

async fn send(network: &FakeNetwork, outbound: &Outbound) -> Result<Receipt, SendError> {
    Bluesky
        .send(&account(network), outbound, &fixture::http())
        .await
}

#[test]
fn recorded_payloads_are_read() {
    fixture::run(&Bluesky);
}

#[tokio::test]
async fn an_answer_names_root_and_parent_under_a_key_of_ours() {
    let network = FakeNetwork::start(vec![
        parent(),
        Script::json(200, &json!({"did": "did:plc:anna"})),
        refused(400, "InvalidRequest"),
        made(),
    ])
    .await;
    let body = "Grüße @anna.bsky.social @niemand.example https://a.example #RE7";
    let receipt = send(&network, &reply(body)).await.expect("it is taken");
    assert!(receipt.network_id.ends_with(&key::for_message("9001")));

    let asked = network.asked();
    assert!(
        asked[0]
            .path
            .starts_with("/xrpc/app.bsky.feed.getPosts?uris=at%3A%2F%2Fdid")
    );
    assert_eq!(asked[3].path, "/xrpc/com.atproto.repo.createRecord");
    let wish = asked[3].json();
    assert_eq!(
        (&wish["repo"], &wish["rkey"]),
        (&json!("did:plc:own"), &json!(key::for_message("9001")))
    );
    assert_eq!(wish["record"]["createdAt"], json!(NOW));
    assert_eq!(
        wish["record"]["reply"],
        json!({
            "root": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "cid-root"},
            "parent": {"uri": PARENT, "cid": "cid-parent"},
        })
    );
    let facets = wish["record"]["facets"].as_array().expect("a list");
    assert_eq!(facets.len(), 3, "nobody is called niemand.example");
    assert_eq!(
        facets[0],
        json!({"index": {"byteStart": 8, "byteEnd": 25}, "features": [
            {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:anna"},
        ]})
    );
}

#[tokio::test]
async fn pictures_go_with_their_description() {
    let blob =
        json!({"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/png", "size": 4});
    let network = FakeNetwork::start(vec![Script::json(200, &json!({"blob": blob})), made()]).await;
    let file = |media_type: &str| OutboundAttachment {
        name: "plan".to_owned(),
        media_type: media_type.to_owned(),
        bytes: b"\x89PNG".to_vec(),
        alt: Some("Fahrplan".to_owned()),
    };
    let with = |media_type: &str| Outbound {
        action: Action::Reply {
            body: "Plan".to_owned(),
            attachments: vec![file(media_type)],
        },
        ..own_post("")
    };
    send(&network, &with("image/png"))
        .await
        .expect("it is taken");
    let asked = network.asked();
    assert_eq!(asked[0].header("content-type"), Some("image/png"));
    assert_eq!(
        asked[1].json()["record"]["embed"],
        json!({"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": "Fahrplan"}]})
    );
    let error = send(&network, &with("application/pdf")).await;
    assert_eq!(error.expect_err("no picture").class(), "content_rejected");
    assert_eq!(network.asked().len(), 2);
}

#[tokio::test]
async fn deletes_likes_and_what_cannot_be_done() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({})),
        parent(),
        Script::json(200, &json!({"uri": "at://x", "cid": "c"})),
        Script::json(200, &json!({})),
    ])
    .await;
    let network_id = PARENT.to_owned();
    let like = |added: bool| {
        act(Action::React {
            network_id: network_id.clone(),
            kind: "like".to_owned(),
            added,
        })
    };
    let delete = act(Action::Delete {
        network_id: "at://did:plc:own/app.bsky.feed.post/3x".to_owned(),
    });
    send(&network, &delete).await.expect("it is taken");
    assert_eq!(
        network.last_asked().json(),
        json!({"repo": "did:plc:own", "collection": "app.bsky.feed.post", "rkey": "3x"})
    );
    send(&network, &like(true)).await.expect("it is taken");
    let liked = network.last_asked();
    assert_eq!(liked.path, "/xrpc/com.atproto.repo.putRecord");
    assert_eq!(
        liked.json()["record"]["subject"],
        json!({"uri": PARENT, "cid": "cid-parent"})
    );
    send(&network, &like(false)).await.expect("it is taken");
    assert_eq!(network.last_asked().json()["rkey"], liked.json()["rkey"]);

    let impossible = [
        act(Action::Edit {
            network_id: network_id.clone(),
            body: "neu".to_owned(),
        }),
        act(Action::Delete {
            network_id: "convo1/m1".to_owned(),
        }),
        act(Action::Hide {
            network_id: network_id.clone(),
            hidden: true,
        }),
    ];
    for outbound in impossible {
        assert_eq!(
            send(&network, &outbound)
                .await
                .expect_err("not here")
                .class(),
            "forbidden"
        );
    }
    assert_eq!(network.asked().len(), 4);
}

#[tokio::test]
async fn direct_messages_go_through_the_chat_service() {
    let sent = json!({"id": "m9", "rev": "r", "sender": {"did": "did:plc:own"}, "sentAt": "2026-11-22T05:00:01.000Z"});
    let network = FakeNetwork::start(vec![
        Script::json(200, &sent),
        Script::json(200, &json!({"convo": {"id": "convo7", "members": []}})),
        Script::json(200, &sent),
    ])
    .await;
    let receipt = send(&network, &private("Hallo"))
        .await
        .expect("it is taken");
    assert_eq!(receipt.network_id, "convo1/m9");
    let asked = network.last_asked();
    assert_eq!(asked.path, "/xrpc/chat.bsky.convo.sendMessage");
    assert_eq!(
        asked.header("atproto-proxy"),
        Some("did:web:api.bsky.chat#bsky_chat")
    );
    assert_eq!(
        asked.json(),
        json!({"convoId": "convo1", "message": {"text": "Hallo"}})
    );

    let hand_over = Outbound {
        hand_over: true,
        thread: None,
        ..private("Hallo")
    };
    let receipt = send(&network, &hand_over).await.expect("it is taken");
    assert_eq!(receipt.network_id, "convo7/m9");
    assert_eq!(
        network.asked()[1].path,
        "/xrpc/chat.bsky.convo.getConvoForMembers?members=did%3Aplc%3Aanna"
    );

    for error in [
        "BlockedActor",
        "MessagesDisabled",
        "NotFollowedBySender",
        "RecipientNotFound",
        "AccountSuspended",
    ] {
        network.then(refused(400, error));
        let refused = send(&network, &hand_over)
            .await
            .expect_err("they do not want to");
        assert_eq!(refused.class(), "window_closed", "{error}");
    }
    let mut without = account(&network);
    without.settings["chat"] = json!(false);
    assert_eq!(
        Bluesky.send_refusal(&without, Visibility::Private),
        Some("channel.bluesky.reason.no_chat")
    );
    assert_eq!(Bluesky.send_refusal(&without, Visibility::Public), None);
    let error = Bluesky
        .send(&without, &private("Hallo"), &fixture::http())
        .await;
    assert_eq!(error.expect_err("switched off").class(), "forbidden");
}

#[tokio::test]
async fn what_is_too_long_is_never_sent() {
    let network = FakeNetwork::start(Vec::new()).await;
    // 300 families are 300 signs, and 18 bytes each.
    let cases = [
        own_post(&"a".repeat(301)),
        own_post(&"👩‍👩‍👧".repeat(200)),
        private(&"a".repeat(1_001)),
    ];
    for outbound in cases {
        let error = send(&network, &outbound).await.expect_err("too long");
        assert_eq!(error.class(), "content_rejected");
    }
    assert!(network.asked().is_empty());
    network.then(made());
    assert!(send(&network, &own_post(&"ü".repeat(300))).await.is_ok());
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let reset = (NOW.as_seconds() + 90).to_string();
    let cases = [
        (refused(401, "AuthenticationRequired"), "auth_broken", 1),
        (refused(400, "AccountTakedown"), "auth_broken", 1),
        (refused(403, "Forbidden"), "forbidden", 1),
        (
            Script::json(
                400,
                &json!({"error": "InvalidToken2", "message": "Bad token scope"}),
            ),
            "forbidden",
            1,
        ),
        (refused(404, "XRPCNotSupported"), "recipient_gone", 1),
        (
            Script::json(
                400,
                &json!({"error": "InvalidRequest", "message": "grapheme too big (maximum 300, got 301)"}),
            ),
            "content_rejected",
            2,
        ),
        (refused(413, "PayloadTooLarge"), "content_rejected", 2),
        (
            Script::text(429, "").with("ratelimit-reset", reset),
            "retry_after",
            1,
        ),
        (Script::text(429, ""), "retry_backoff", 2),
        (refused(502, "UpstreamFailure"), "retry_backoff", 2),
        (Script::text(500, "<h1>Oops</h1>"), "retry_backoff", 2),
        (Script::text(504, ""), "uncertain", 1),
        (Script::text(418, ""), "bug", 2),
        (Script::text(200, "<html>log in</html>"), "uncertain", 1),
        (Script::Close, "uncertain", 1),
        (Script::Truncate, "uncertain", 1),
        (Script::Stall, "uncertain", 1),
    ];
    for (script, class, requests) in cases {
        // Where a refusal may mean that the key is taken, the record is looked for.
        let network =
            FakeNetwork::start(vec![script.clone(), refused(400, "RecordNotFound")]).await;
        let error = send(&network, &own_post("Hallo"))
            .await
            .expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        assert_eq!(network.asked().len(), requests, "{script:?}");
    }
    let network = FakeNetwork::start(vec![Script::json(200, &json!({"posts": []}))]).await;
    let error = send(&network, &reply("Hallo"))
        .await
        .expect_err("nothing to answer");
    assert_eq!(error.class(), "recipient_gone");
}

#[tokio::test]
async fn sending_twice_makes_one_post() {
    let uri = format!(
        "at://did:plc:own/app.bsky.feed.post/{}",
        key::for_message("9001")
    );
    let there = json!({"uri": uri, "cid": "c", "value": {"createdAt": "2026-11-22T04:59:00.000Z"}});
    let network = FakeNetwork::start(vec![
        Script::Stall,
        Script::json(200, &there),
        refused(400, "InvalidRequest"),
        Script::json(200, &there),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let outbound = own_post("Hallo");
    let lost = Bluesky.send(&account, &outbound, &http).await;
    assert_eq!(lost.expect_err("the answer is lost").class(), "uncertain");
    let found = Bluesky.look_for(&account, &outbound, &http).await;
    assert_eq!(found.expect("asked").expect("found").network_id, uri);
    assert!(
        network
            .last_asked()
            .path
            .ends_with(&format!("&rkey={}", key::for_message("9001")))
    );
    let again = Bluesky
        .send(&account, &outbound, &http)
        .await
        .expect("the server has it");
    assert_eq!(again.network_id, uri);

    for (status, error) in [(400, "RecordNotFound"), (404, "NotFound")] {
        network.then(refused(status, error));
        assert_eq!(Bluesky.look_up(&account, "9001", &http).await, Ok(None));
    }
    network.then(refused(502, "UpstreamFailure"));
    assert!(Bluesky.look_up(&account, "9001", &http).await.is_err());
}

#[tokio::test]
async fn a_lost_direct_message_is_found_by_its_words() {
    let message = |id: &str, did: &str, at: &str| json!({"id": id, "text": "Hallo", "sender": {"did": did}, "sentAt": at});
    let old = message("m1", "did:plc:own", "2026-11-21T04:59:00.000Z");
    let theirs = message("m2", "did:plc:anna", "2026-11-22T04:59:30.000Z");
    let ours = message("m3", "did:plc:own", "2026-11-22T04:59:00.000Z");
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"messages": [theirs, ours, old]})),
        Script::json(200, &json!({"messages": [theirs, old]})),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let found = Bluesky.look_for(&account, &private("Hallo"), &http).await;
    assert_eq!(
        found.expect("asked").expect("found").network_id,
        "convo1/m3"
    );
    assert_eq!(
        Bluesky.look_for(&account, &private("Hallo"), &http).await,
        Ok(None)
    );
}

#[tokio::test]
async fn sessions_are_renewed_and_replaced() {
    let network = FakeNetwork::start(vec![opened(), refused(400, "ExpiredToken"), opened()]).await;
    let (account, http) = (account(&network), fixture::http());
    let due = Bluesky.renew_at(&account).expect("sessions run out");
    assert_eq!(due.since(NOW).as_secs(), 3_000, "ten minutes early");
    let fresh = Bluesky.renew(&account, &http).await.expect("renewed");
    assert_eq!(
        fresh,
        json!({"session_access": token(7_200), "session_refresh": "next"})
    );
    assert_eq!(
        network.last_asked().header("authorization"),
        Some("Bearer again")
    );

    assert!(
        Bluesky.renew(&account, &http).await.is_ok(),
        "opened anew by the app password"
    );
    let asked = network.last_asked();
    assert_eq!(asked.path, "/xrpc/com.atproto.server.createSession");
    assert_eq!(
        asked.json(),
        json!({"identifier": "nordtalbahn.example", "password": "hush"})
    );

    // A session that the server ended early is replaced in the middle of a call.
    network.then(refused(400, "ExpiredToken"));
    network.then(opened());
    network.then(made());
    assert!(send(&network, &own_post("Hallo")).await.is_ok());
    assert_eq!(
        network.last_asked().header("authorization"),
        Some(format!("Bearer {}", token(7_200)).as_str())
    );

    let unopened = Account {
        secrets: json!({"app_password": "wrong"}),
        ..account.clone()
    };
    assert_eq!(Bluesky.renew_at(&unopened), Some(NOW));
    network.then(refused(401, "AuthenticationRequired"));
    let error = Bluesky
        .renew(&unopened, &http)
        .await
        .expect_err("wrong password");
    assert_eq!(error.class(), "auth_broken");
}

fn notification(key: &str, at: &str) -> Value {
    json!({"uri": format!("at://did:plc:anna/app.bsky.feed.like/{key}"), "cid": "c", "reason": "like",
        "reasonSubject": "at://did:plc:own/app.bsky.feed.post/1", "record": {}, "indexedAt": at,
        "author": {"did": "did:plc:anna", "handle": "anna.bsky.social"}})
}

fn quiet() -> Vec<Script> {
    vec![
        Script::json(200, &json!({"records": []})),
        Script::json(200, &json!({"notifications": []})),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
    ]
}

#[tokio::test]
async fn the_first_poll_reads_the_last_days_and_the_next_goes_on() {
    let message = json!({"id": "m1", "rev": "r", "text": "Hallo", "sender": {"did": "did:plc:anna"}, "sentAt": "2026-11-22T04:00:00.000Z"});
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"records": [{"uri": "at://did:plc:own/app.bsky.feed.post/3b", "cid": "c",
            "value": {"text": "Aus der App", "createdAt": "2026-11-22T03:00:00.000Z"}}]})),
        Script::json(200, &json!({"cursor": "p2", "notifications": [
            notification("3", "2026-11-22T04:00:00.000Z"), notification("2", "2026-11-22T03:00:00.000Z")]})),
        Script::json(200, &json!({"cursor": "p3", "notifications": [
            notification("1", "2026-11-21T04:00:00.000Z"), notification("0", "2026-10-21T04:00:00.000Z")]})),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
        Script::json(200, &json!({"convos": [{"id": "convo1", "lastMessage": message}]})),
        Script::json(200, &json!({"messages": [message]})),
        Script::json(200, &json!({"profiles": [{"did": "did:plc:anna", "handle": "anna.bsky.social", "displayName": "Anna"}]})),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Bluesky
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.trouble, None);
    let told: Vec<Inbound> = first
        .deliveries
        .iter()
        .flat_map(|raw| Bluesky.translate(&account, raw).expect("readable").taken)
        .collect();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(matches!(&told[0], Inbound::Post(post) if post.author.own));
    assert!(
        matches!(&told[1], Inbound::Reaction(reaction) if reaction.at.to_string().starts_with("2026-11-21"))
    );
    assert!(
        matches!(&told[4], Inbound::Post(post) if post.thread.as_deref() == Some("convo1") && post.author.name == "Anna")
    );

    network.then(Script::json(
        200,
        &json!({"records": [{"uri": "at://did:plc:own/app.bsky.feed.post/3b", "value": {}}]}),
    ));
    network.then(Script::json(200, &json!({"cursor": "p2", "notifications": [
        notification("4", "2026-11-22T04:30:00.000Z"), notification("3", "2026-11-22T04:00:00.000Z"),
        notification("2", "2026-11-22T03:00:00.000Z")]})));
    network.then(Script::json(200, &json!({"logs": [], "cursor": "log1"})));
    let second = Bluesky
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(second.deliveries.len(), 1);
    let told = Bluesky
        .translate(&account, &second.deliveries[0])
        .expect("readable")
        .taken;
    assert_eq!(told.len(), 1, "only what is new");
    assert!(network.last_asked().path.ends_with("getLog?cursor=log1"));
}

#[tokio::test]
async fn trouble_in_the_middle_loses_nothing() {
    let reset = (NOW.as_seconds() + 120).to_string();
    let network = FakeNetwork::start(vec![
        Script::json(200, &json!({"records": []})),
        Script::json(200, &json!({"cursor": "p2", "notifications": [notification("3", "2026-11-22T04:00:00.000Z")]})),
        Script::text(429, "").with("ratelimit-reset", reset),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let polled = Bluesky
        .poll(&account, None, &http)
        .await
        .expect("half of it");
    assert!(polled.deliveries.is_empty());
    assert_eq!(
        polled.trouble.map(|trouble| trouble.class()),
        Some("retry_after")
    );
    assert_eq!(polled.next_in.map(|next| next.as_secs()), Some(120));

    for script in [
        Script::json(200, &json!({"records": []})),
        Script::json(
            200,
            &json!({"notifications": [notification("3", "2026-11-22T04:00:00.000Z")]}),
        ),
        Script::json(200, &json!({"logs": [], "cursor": "log1"})),
        Script::json(200, &json!({"convos": []})),
    ] {
        network.then(script);
    }
    let again = Bluesky
        .poll(&account, Some(&polled.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(again.deliveries.len(), 1);
}

#[tokio::test]
async fn jetstream_tells_what_is_for_us() {
    let event = |did: &str, operation: &str, record: Value| {
        json!({"did": did, "time_us": 1_795_323_500_000_000_i64, "kind": "commit", "commit": {
            "operation": operation, "collection": "app.bsky.feed.post", "rkey": "3a", "record": record}})
        .to_string()
    };
    let answer = json!({"text": "Ja", "reply": {
        "root": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "c"},
        "parent": {"uri": "at://did:plc:own/app.bsky.feed.post/1", "cid": "c"}}});
    let account_gone = json!({"did": "did:plc:anna", "time_us": 1_795_323_500_000_001_i64, "kind": "account",
        "account": {"active": false, "status": "deleted"}});
    let network = FakeNetwork::start(vec![Script::Socket(vec![
        event("did:plc:ben", "create", json!({"text": "Guten Morgen"})),
        event("did:plc:ben", "create", answer),
        event("did:plc:carl", "delete", Value::Null),
        event("did:plc:anna", "delete", Value::Null),
        account_gone.to_string(),
    ])])
    .await;
    let mut scripts = quiet();
    scripts[1] = Script::json(
        200,
        &json!({"notifications": [notification("3", "2026-11-22T04:00:00.000Z")]}),
    );
    scripts.push(Script::json(200, &json!({"convos": []})));
    for script in scripts {
        network.then(script);
    }
    let mut account = account(&network);
    let http = fixture::http();
    assert!(
        Bluesky.listen(&account, None, &http).is_none(),
        "only where it is set"
    );
    account.settings["jetstream_url"] = json!(network.url(""));
    let listening = Bluesky.listen(&account, None, &http).expect("it is set");
    let heard: Vec<Polled> = listening
        .map(|heard| heard.expect("all is well"))
        .collect()
        .await;
    let told: Vec<Inbound> = heard[1..]
        .iter()
        .flat_map(|polled| {
            Bluesky
                .translate(&account, &polled.deliveries[0])
                .expect("readable")
                .taken
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(matches!(&told[0], Inbound::Post(post) if post.author.network_id == "did:plc:ben"));
    assert!(
        matches!(&told[1], Inbound::Delete(delete) if delete.network_id.contains("did:plc:anna"))
    );
    assert!(
        matches!(&told[2], Inbound::Departure(departure) if departure.person == "did:plc:anna")
    );
    assert_eq!(
        network.asked()[0].path,
        "/subscribe?wantedCollections=app.bsky.feed.post"
    );

    network.then(Script::Socket(Vec::new()));
    for script in quiet() {
        network.then(script);
    }
    let count = network.asked().len();
    let cursor = heard.last().map(|polled| polled.cursor.clone());
    let again: Vec<_> = Bluesky
        .listen(&account, cursor.as_deref(), &http)
        .expect("set")
        .collect()
        .await;
    assert_eq!(again.len(), 1);
    assert!(
        network.asked()[count]
            .path
            .ends_with("&cursor=1795323495000001"),
        "a little earlier"
    );
}

#[tokio::test]
async fn the_probe_finds_what_is_wrong() {
    let fine = || Script::json(200, &json!({"did": "did:plc:own", "active": true}));
    let closed = Script::json(
        200,
        &json!({"did": "did:plc:own", "active": false, "status": "suspended"}),
    );
    let convos = || Script::json(200, &json!({"convos": []}));
    let bad = Script::json(
        400,
        &json!({"error": "InvalidRequest", "message": "Bad token method"}),
    );
    let cases: Vec<(Vec<Script>, Vec<FindingClass>)> = vec![
        (vec![fine(), convos()], vec![]),
        (vec![refused(401, "AuthMissing")], vec![FindingClass::Token]),
        (
            vec![
                refused(400, "ExpiredToken"),
                refused(401, "AuthenticationRequired"),
            ],
            vec![FindingClass::Token],
        ),
        (vec![fine(), bad], vec![FindingClass::Permission]),
        (vec![closed, convos()], vec![FindingClass::Restricted]),
    ];
    for (script, expected) in cases {
        let network = FakeNetwork::start(script).await;
        let findings = Bluesky.probe(&account(&network), &fixture::http()).await;
        let classes: Vec<FindingClass> = findings
            .expect("it answers")
            .into_iter()
            .map(|finding| finding.class)
            .collect();
        assert_eq!(classes, expected);
    }
}

#[tokio::test]
async fn what_is_looked_for_comes_once() {
    let post = |key: &str, text: &str, at: &str| {
        json!({"uri": format!("at://did:plc:anna/app.bsky.feed.post/{key}"), "cid": "c", "indexedAt": at,
            "author": {"did": "did:plc:anna", "handle": "anna.bsky.social"}, "record": {"text": text}})
    };
    let page = json!({"posts": [
        post("3", "Nordtalbahn zu spät", "2026-11-22T04:00:00.000Z"),
        post("2", "Nordtalbahn Modellbau", "2026-11-22T03:00:00.000Z"),
        post("1", "Nordtalbahn kalt", "2026-11-22T02:00:00.000Z"),
    ]});
    let network =
        FakeNetwork::start(vec![Script::json(200, &page), Script::json(200, &page)]).await;
    let search = Search {
        any: vec!["nordtalbahn".to_owned()],
        hashtags: Vec::new(),
        without: vec!["Modellbau".to_owned()],
        languages: vec!["de".to_owned()],
    };
    let (account, http) = (account(&network), fixture::http());
    let first = Bluesky
        .search(&account, &search, None, &http)
        .await
        .expect("it answers");
    let found = Bluesky
        .translate(&account, &first.deliveries[0])
        .expect("readable")
        .taken;
    let ids: Vec<&str> = found.iter().map(Inbound::network_id).collect();
    assert!(
        ids[0].ends_with("/1") && ids[1].ends_with("/3") && ids.len() == 2,
        "newest last"
    );
    let second = Bluesky
        .search(&account, &search, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert!(second.deliveries.is_empty());
    let asked = network.last_asked();
    assert!(
        asked
            .path
            .contains("q=nordtalbahn&lang=de&since=2026-11-22T04%3A00%3A00"),
        "{}",
        asked.path
    );
}
