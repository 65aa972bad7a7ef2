//! Mastodon against recorded payloads and a fake server: what is sent, how refusals are read, how
//! history, gaps and the stream come in.

mod double;

use futures::StreamExt as _;
use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::delivery::FindingClass;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::inbound::Inbound;
use crate::outbound::{Action, OutboundAttachment};

fn account_at(base_url: &str) -> Account {
    Account {
        secrets: json!({"access_token": "hush"}),
        ..fixture::account(json!({"base_url": base_url}))
    }
}

fn account(network: &FakeNetwork) -> Account {
    account_at(&network.url("/"))
}

fn status(id: &str, content: &str) -> Value {
    json!({
        "id": id, "created_at": "2026-11-22T04:59:00.000Z", "content": content,
        "url": format!("https://sozial.example/@nordtalbahn/{id}"), "visibility": "public",
        "account": {"id": "900", "acct": "nordtalbahn", "display_name": "Nordtalbahn"},
        "in_reply_to_id": "post-1",
    })
}

fn notification(id: &str, made_at: &str) -> Value {
    json!({"id": id, "type": "favourite", "created_at": made_at,
        "account": {"id": "41", "acct": "anna"}, "status": status("105", "")})
}

fn own() -> Script {
    Script::json(200, &json!({"id": "900", "acct": "nordtalbahn"}))
}

fn reply(body: &str, handle: Option<&str>) -> Outbound {
    Outbound {
        recipient: handle.is_none().then(|| "41".to_owned()),
        recipient_handle: handle.map(str::to_owned),
        ..fixture::reply(body)
    }
}

async fn send(network: &FakeNetwork, outbound: &Outbound) -> Result<Receipt, SendError> {
    Mastodon
        .send(&account(network), outbound, &fixture::http())
        .await
}

#[test]
fn recorded_payloads_are_read() {
    fixture::run(&Mastodon);
}

#[tokio::test]
async fn an_answer_names_the_person_once() {
    let cases = [
        (
            "Hallo",
            Some("anna@netz.example"),
            "@anna@netz.example Hallo",
        ),
        ("Hallo", Some("@anna"), "@anna Hallo"),
        (
            "Hallo @Anna@netz.example!",
            Some("anna@netz.example"),
            "Hallo @Anna@netz.example!",
        ),
        ("Hallo @anna.", Some("anna"), "Hallo @anna."),
        ("Hallo @annabel", Some("anna"), "@anna Hallo @annabel"),
        (
            "Hallo @anna@netz.example",
            Some("anna"),
            "@anna Hallo @anna@netz.example",
        ),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (body, handle, sent) in cases {
        network.then(Script::json(200, &status("200", "")));
        let receipt = send(&network, &reply(body, handle))
            .await
            .expect("it is taken");
        assert_eq!(receipt.network_id, "200");
        assert_eq!(receipt.at.to_string(), "2026-11-22T04:59:00.000000Z");
        let asked = network.last_asked();
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/api/v1/statuses")
        );
        assert_eq!(asked.header("idempotency-key"), Some("9001"));
        assert_eq!(asked.header("authorization"), Some("Bearer hush"));
        assert_eq!(
            asked.json(),
            json!({"status": sent, "visibility": "public", "in_reply_to_id": "post-1"})
        );
    }

    // Whoever is known by id alone is asked for.
    network.then(Script::json(200, &json!({"id": "41", "acct": "anna"})));
    network.then(Script::json(200, &status("200", "")));
    send(&network, &reply("Hallo", None))
        .await
        .expect("it is taken");
    let asked = network.asked();
    assert_eq!(asked[asked.len() - 2].path, "/api/v1/accounts/41");
    assert_eq!(network.last_asked().json()["status"], "@anna Hallo");
}

#[tokio::test]
async fn private_answers_and_hand_overs_are_direct_posts() {
    let network = FakeNetwork::start(Vec::new()).await;
    let private = Outbound {
        visibility: Visibility::Private,
        in_reply_to: None,
        ..reply("Hallo", Some("anna"))
    };
    let hand_over = Outbound {
        hand_over: true,
        visibility: Visibility::Private,
        ..reply("Hallo", Some("anna"))
    };
    for (outbound, parent) in [(private, Value::Null), (hand_over, json!("post-1"))] {
        network.then(Script::json(200, &status("200", "")));
        send(&network, &outbound).await.expect("it is taken");
        let sent = network.last_asked().json();
        assert_eq!(sent["visibility"], "direct");
        assert_eq!(sent["status"], "@anna Hallo");
        assert_eq!(sent["in_reply_to_id"], parent);
    }

    let nobody = Outbound {
        visibility: Visibility::Private,
        recipient: None,
        ..reply("Hallo", None)
    };
    let count = network.asked().len();
    assert_eq!(
        send(&network, &nobody).await.expect_err("to whom?").class(),
        "bug"
    );
    assert_eq!(network.asked().len(), count);
}

#[tokio::test]
async fn a_post_of_our_own_names_nobody() {
    let network = FakeNetwork::start(vec![Script::json(200, &status("200", ""))]).await;
    let outbound = Outbound {
        in_reply_to: None,
        ..reply("Am Sonntag geschlossen.", Some("anna"))
    };
    send(&network, &outbound).await.expect("it is taken");
    assert_eq!(
        network.last_asked().json(),
        json!({"status": "Am Sonntag geschlossen.", "visibility": "public"})
    );
}

#[tokio::test]
async fn pictures_go_first_with_their_description() {
    let network = FakeNetwork::start(vec![
        Script::json(202, &json!({"id": "m1", "url": null})),
        Script::json(200, &json!({"id": "m1"})),
        Script::json(200, &status("200", "")),
    ])
    .await;
    let outbound = Outbound {
        action: Action::Reply {
            body: "So sieht es aus".to_owned(),
            attachments: vec![OutboundAttachment {
                name: "plan.png".to_owned(),
                media_type: "image/png".to_owned(),
                bytes: b"\x89PNG".to_vec(),
                alt: Some("Fahrplan ab Sonntag".to_owned()),
            }],
        },
        ..reply("", Some("anna"))
    };
    send(&network, &outbound).await.expect("it is taken");
    let asked = network.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/api/v2/media", "/api/v1/media/m1", "/api/v1/statuses"]
    );
    let upload = String::from_utf8_lossy(&asked[0].body);
    assert!(upload.contains("name=\"description\"\r\n\r\nFahrplan ab Sonntag"));
    assert!(upload.contains("name=\"file\"; filename=\"plan.png\""));
    assert_eq!(asked[2].json()["media_ids"], json!(["m1"]));

    // An upload whose answer is lost has shown nothing to anybody: it may be tried again.
    network.then(Script::Close);
    let error = send(&network, &outbound)
        .await
        .expect_err("the answer is lost");
    assert_eq!(error.class(), "retry_backoff");
}

#[tokio::test]
async fn every_deed_has_its_request() {
    let before =
        json!({"media_attachments": [{"id": "m1", "type": "image"}], "spoiler_text": "Hinweis"});
    let mut before_edit = status("200", "alt");
    before_edit
        .as_object_mut()
        .expect("an object")
        .extend(before.as_object().expect("an object").clone());
    let network = FakeNetwork::start(vec![
        Script::json(200, &before_edit),
        Script::json(200, &status("200", "neu")),
        Script::json(200, &status("200", "")),
        Script::text(404, ""),
        Script::json(200, &status("101", "")),
        Script::json(200, &status("101", "")),
    ])
    .await;
    let act = |action: Action| Outbound {
        action,
        ..reply("", Some("anna"))
    };
    let edit = act(Action::Edit {
        network_id: "200".to_owned(),
        body: "neu".to_owned(),
    });
    send(&network, &edit).await.expect("it is taken");
    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("PUT", "/api/v1/statuses/200")
    );
    assert_eq!(
        asked.json(),
        json!({"status": "@anna neu", "spoiler_text": "Hinweis", "media_ids": ["m1"]})
    );

    let delete = act(Action::Delete {
        network_id: "200".to_owned(),
    });
    for _ in 0..2 {
        assert!(send(&network, &delete).await.is_ok(), "gone is gone");
        assert_eq!(network.last_asked().method, "DELETE");
    }
    for (added, path) in [(true, "favourite"), (false, "unfavourite")] {
        let react = act(Action::React {
            network_id: "101".to_owned(),
            kind: "like".to_owned(),
            added,
        });
        send(&network, &react).await.expect("it is taken");
        assert_eq!(
            network.last_asked().path,
            format!("/api/v1/statuses/101/{path}")
        );
    }

    let count = network.asked().len();
    let unknown = [
        act(Action::React {
            network_id: "101".to_owned(),
            kind: "angry".to_owned(),
            added: true,
        }),
        act(Action::Hide {
            network_id: "101".to_owned(),
            hidden: true,
        }),
    ];
    for outbound in unknown {
        let error = send(&network, &outbound).await.expect_err("not here");
        assert_eq!(error.class(), "forbidden");
    }
    assert_eq!(network.asked().len(), count);
}

#[tokio::test]
async fn what_is_too_long_never_becomes_a_post() {
    let limits =
        |most: u64| json!({"configuration": {"statuses": {"max_characters": most}, "urls": {}}});
    let network = FakeNetwork::start(vec![
        Script::json(200, &limits(500)),
        Script::text(500, ""),
        Script::json(200, &limits(5_000)),
        Script::json(200, &limits(5_000)),
        Script::json(200, &status("200", "")),
    ])
    .await;
    // 6 for "@anna ", 23 for the link however long, 1 between.
    let text = format!("{} https://a.example/{}", "a".repeat(471), "b".repeat(900));
    for _ in 0..2 {
        let error = send(&network, &reply(&text, Some("anna@netz.example"))).await;
        assert_eq!(
            error.expect_err("501 is too much").class(),
            "content_rejected"
        );
    }
    assert!(network.asked().iter().all(|asked| asked.method == "GET"));
    let taken = send(&network, &reply(&text, Some("anna@netz.example"))).await;
    assert!(taken.is_ok(), "this server takes more: {taken:?}");

    let fits = &text[1..];
    network.then(Script::json(200, &status("200", "")));
    let count = network.asked().len();
    assert!(
        send(&network, &reply(fits, Some("anna@netz.example")))
            .await
            .is_ok()
    );
    assert_eq!(network.asked().len(), count + 1, "500 asks nobody");
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let detail = |text: &str| json!({"error": text});
    let cases = [
        (
            Script::json(401, &detail("The access token is invalid")),
            "auth_broken",
            0,
        ),
        (
            Script::json(403, &detail("This action is not allowed")),
            "forbidden",
            0,
        ),
        (
            Script::json(404, &detail("Record not found")),
            "recipient_gone",
            0,
        ),
        (
            Script::json(422, &detail("Validation failed: Text can't be blank")),
            "content_rejected",
            0,
        ),
        (
            Script::json(429, &detail("Too many requests")),
            "retry_backoff",
            0,
        ),
        (
            Script::text(429, "").with("x-ratelimit-reset", "2026-11-22T05:04:00.123456Z"),
            "retry_after",
            240,
        ),
        (
            Script::text(429, "").with("x-ratelimit-reset", "1795323690"),
            "retry_after",
            90,
        ),
        (
            Script::text(429, "").with("retry-after", "7"),
            "retry_after",
            7,
        ),
        (
            Script::text(503, "").with("retry-after", "60"),
            "retry_after",
            60,
        ),
        (Script::text(500, "<h1>Oops</h1>"), "retry_backoff", 0),
        (Script::text(502, ""), "retry_backoff", 0),
        (Script::text(504, ""), "uncertain", 0),
        (
            Script::text(302, "").with("location", "/elsewhere"),
            "forbidden",
            0,
        ),
        (Script::text(418, ""), "bug", 0),
        (Script::text(200, "<html>log in</html>"), "uncertain", 0),
        (Script::Close, "uncertain", 0),
        (Script::Truncate, "uncertain", 0),
        (Script::Stall, "uncertain", 0),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, class, wait) in cases {
        network.then(script.clone());
        let error = send(&network, &reply("Hallo", Some("anna")))
            .await
            .expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        let waits = error.wait().map_or(0, |wait| wait.as_secs());
        assert!(waits.abs_diff(wait) <= 1, "{script:?}: {waits}");
    }
    let without = fixture::account(json!({"base_url": network.url("")}));
    let sent = Mastodon
        .send(&without, &reply("Hallo", Some("anna")), &fixture::http())
        .await;
    assert_eq!(sent.expect_err("no token").class(), "auth_broken");
}

#[tokio::test]
async fn a_lost_post_is_found_by_its_words() {
    let found = status(
        "200",
        "<p><a href=\"https://netz.example/@anna\" class=\"u-url mention\">@<span>anna</span></a> Wir schauen nach:<br />morgen.</p>",
    );
    let network = FakeNetwork::start(vec![
        own(),
        Script::json(200, &json!([status("201", "<p>Anderes</p>"), found])),
        own(),
        Script::json(200, &json!([status("201", "<p>Anderes</p>")])),
        Script::text(503, ""),
    ])
    .await;
    let outbound = reply("Wir schauen nach:\nmorgen.", Some("anna@netz.example"));
    let (account, http) = (account(&network), fixture::http());
    let receipt = Mastodon.look_for(&account, &outbound, &http).await;
    assert_eq!(receipt.expect("asked").expect("found").network_id, "200");
    assert_eq!(
        network.last_asked().path,
        "/api/v1/accounts/900/statuses?exclude_reblogs=true&limit=40"
    );
    assert_eq!(
        Mastodon.look_for(&account, &outbound, &http).await,
        Ok(None)
    );
    let error = Mastodon.look_for(&account, &outbound, &http).await;
    assert_eq!(error.expect_err("it is down").class(), "retry_backoff");
}

#[tokio::test]
async fn by_its_id_alone_a_second_try_is_safe_for_an_hour() {
    let (account, http) = (account_at("https://sozial.example"), fixture::http());
    let id_made = |minutes_ago: i64| {
        let made_at = NOW.as_milliseconds() - minutes_ago * 60_000 - 1_704_067_200_000;
        (made_at << 22).to_string()
    };
    let fresh = Mastodon.look_up(&account, &id_made(50), &http).await;
    assert_eq!(fresh, Ok(None));
    let old = Mastodon.look_up(&account, &id_made(60), &http).await;
    assert_eq!(old.expect_err("the key is forgotten").class(), "uncertain");
}

#[tokio::test]
async fn the_first_poll_reads_the_last_days_and_the_next_goes_on() {
    let network = FakeNetwork::start(vec![
        own(),
        Script::json(200, &json!([])),
        Script::json(
            200,
            &json!([
                notification("1000", "2026-11-22T04:00:00Z"),
                notification("999", "2026-11-21T04:00:00Z"),
            ]),
        ),
        Script::json(
            200,
            &json!([
                notification("998", "2026-11-20T04:00:00Z"),
                notification("500", "2026-10-20T04:00:00Z"),
            ]),
        ),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = Mastodon
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.trouble, None);
    assert_eq!(first.next_in.map(|next| next.as_secs()), Some(60));
    let asked = network.asked();
    assert_eq!(asked[0].path, "/api/v1/accounts/verify_credentials");
    assert!(asked[1].path.starts_with("/api/v1/accounts/900/statuses?"));
    assert!(asked[2].path.contains("types[]=mention") && !asked[2].path.contains("_id="));
    assert!(asked[3].path.ends_with("&max_id=999"));
    let told: Vec<usize> = first
        .deliveries
        .iter()
        .map(|raw| {
            Mastodon
                .translate(&account, raw)
                .expect("readable")
                .taken
                .len()
        })
        .collect();
    assert_eq!(told, [1, 2], "oldest first, without what is too old");

    network.then(Script::json(
        200,
        &json!([status("2000", "<p>Aus der App</p>")]),
    ));
    network.then(Script::json(200, &json!([])));
    network.then(Script::json(
        200,
        &json!([notification("1001", "2026-11-22T04:30:00Z")]),
    ));
    network.then(Script::json(200, &json!([])));
    let second = Mastodon
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    let asked = network.asked();
    assert!(asked[4].path.ends_with("&min_id=0"), "{}", asked[4].path);
    assert!(asked[5].path.ends_with("&min_id=2000"));
    assert!(asked[6].path.ends_with("&min_id=1000"));
    assert!(asked[7].path.ends_with("&min_id=1001"));
    let post = Mastodon
        .translate(&account, &second.deliveries[0])
        .expect("readable");
    let Inbound::Post(post) = &post.taken[0] else {
        panic!("a post of our own comes back");
    };
    assert!(post.author.own);
    assert_eq!(second.deliveries.len(), 2);
}

#[tokio::test]
async fn trouble_in_the_middle_keeps_what_was_read() {
    let network = FakeNetwork::start(vec![
        own(),
        Script::json(200, &json!([status("2000", "<p>Hallo</p>")])),
        Script::json(200, &json!([])),
        Script::text(429, "").with("x-ratelimit-reset", "2026-11-22T05:02:00Z"),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let polled = Mastodon
        .poll(&account, None, &http)
        .await
        .expect("half of it");
    assert_eq!(polled.deliveries.len(), 1);
    assert_eq!(
        polled.trouble.map(|trouble| trouble.class()),
        Some("retry_after")
    );
    assert_eq!(polled.next_in.map(|next| next.as_secs()), Some(120));
    assert!(polled.cursor.contains("2000"));

    network.then(Script::json(
        401,
        &json!({"error": "The access token was revoked"}),
    ));
    let dead = Mastodon.poll(&account, None, &http).await;
    assert_eq!(dead.expect_err("nothing to be had").class(), "auth_broken");
}

#[tokio::test]
async fn few_requests_left_make_it_wait() {
    let empty = || Script::json(200, &json!([]));
    let network = FakeNetwork::start(vec![
        own(),
        empty(),
        empty()
            .with("x-ratelimit-remaining", "3")
            .with("x-ratelimit-reset", "2026-11-22T05:04:00Z"),
    ])
    .await;
    let polled = Mastodon
        .poll(&account(&network), None, &fixture::http())
        .await;
    let next_in = polled.expect("it answers").next_in;
    assert_eq!(next_in.map(|next| next.as_secs()), Some(240));
}

#[tokio::test]
async fn the_stream_catches_up_and_then_tells() {
    let frame = |event: &str, payload: &str| {
        json!({"stream": ["user"], "event": event, "payload": payload}).to_string()
    };
    let note = notification("1003", "2026-11-22T04:59:59Z").to_string();
    let mut stranger = status("300", "<p>Guten Morgen</p>");
    stranger["account"]["id"] = json!("77");
    let network = FakeNetwork::start(Vec::new()).await;
    let streaming = network.url("").replace("http://", "ws://");
    network.then(Script::json(
        200,
        &json!({"configuration": {"urls": {"streaming": streaming}}}),
    ));
    network.then(Script::Socket(vec![
        frame("update", &stranger.to_string()),
        frame("notification", &note),
        frame("delete", "101"),
    ]));
    network.then(own());
    network.then(Script::json(200, &json!([])));
    network.then(Script::json(
        200,
        &json!([notification("1002", "2026-11-22T04:59:00Z")]),
    ));
    network.then(Script::json(200, &json!([])));

    let (account, http) = (account(&network), fixture::http());
    let listening = Mastodon.listen(&account, None, &http).expect("it streams");
    let heard: Vec<Polled> = listening
        .map(|heard| heard.expect("all is well"))
        .collect()
        .await;
    assert_eq!(heard.len(), 3, "the stranger's post is not kept: {heard:?}");
    assert_eq!(heard[0].deliveries[0].kind, NOTIFICATIONS);
    let told: Vec<Inbound> = heard[1..]
        .iter()
        .flat_map(|polled| {
            Mastodon
                .translate(&account, &polled.deliveries[0])
                .expect("readable")
                .taken
        })
        .collect();
    assert!(matches!(&told[0], Inbound::Reaction(reaction) if reaction.of == "105"));
    assert!(matches!(&told[1], Inbound::Delete(delete) if delete.network_id == "101"));
    assert!(heard[1].cursor.contains("\"notification\":\"1003\""));
    let asked = network.asked();
    assert_eq!(asked[1].path, "/api/v1/streaming");
    assert_eq!(asked[1].header("authorization"), Some("Bearer hush"));

    // After a drop, the gap is read from where the stream stopped.
    network.then(Script::json(
        200,
        &json!({"configuration": {"urls": {"streaming": streaming}}}),
    ));
    network.then(Script::Socket(Vec::new()));
    network.then(Script::json(200, &json!([])));
    network.then(Script::json(200, &json!([])));
    let count = network.asked().len();
    let again = Mastodon
        .listen(&account, Some(&heard[2].cursor), &http)
        .expect("it streams");
    let heard: Vec<Result<Polled, SendError>> = again.collect().await;
    assert_eq!(heard.len(), 1);
    assert!(network.asked()[count + 3].path.ends_with("&min_id=1003"));
}

#[tokio::test]
async fn a_stream_that_is_refused_says_why() {
    let network = FakeNetwork::start(vec![Script::text(401, "no")]).await;
    let account = Account {
        settings: json!({"base_url": network.url(""), "streaming_url": network.url("")}),
        ..account(&network)
    };
    let http = fixture::http();
    let heard: Vec<_> = Mastodon
        .listen(&account, None, &http)
        .expect("it streams")
        .collect()
        .await;
    let classes: Vec<&str> = heard
        .iter()
        .filter_map(|heard| heard.as_ref().err().map(SendError::class))
        .collect();
    assert_eq!((heard.len(), classes), (1, vec!["auth_broken"]));
}

#[tokio::test]
async fn the_probe_finds_what_is_wrong() {
    let all = json!({"scopes": ["read", "write:statuses", "write:media", "write:favourites"]});
    let few = json!({"scopes": ["read", "write:statuses", "write:favourites"]});
    let limited = json!({"id": "900", "acct": "nordtalbahn", "limited": true});
    let note = || Script::json(200, &json!([]));
    let cases: Vec<(Vec<Script>, Vec<FindingClass>)> = vec![
        (vec![own(), Script::json(200, &all), note()], vec![]),
        (vec![own(), Script::text(404, ""), note()], vec![]),
        (
            vec![Script::json(401, &json!({"error": "revoked"}))],
            vec![FindingClass::Token],
        ),
        (
            vec![own(), Script::json(200, &few), note()],
            vec![FindingClass::Permission],
        ),
        (
            vec![own(), Script::json(200, &json!({})), Script::text(403, "")],
            vec![FindingClass::Permission],
        ),
        (
            vec![Script::json(200, &limited), Script::json(200, &all), note()],
            vec![FindingClass::Restricted],
        ),
    ];
    for (script, expected) in cases {
        let network = FakeNetwork::start(script).await;
        let findings = Mastodon.probe(&account(&network), &fixture::http()).await;
        let classes: Vec<FindingClass> = findings
            .expect("it answers")
            .into_iter()
            .map(|finding| finding.class)
            .collect();
        assert_eq!(classes, expected);
    }
    let network = FakeNetwork::start(vec![Script::text(500, "")]).await;
    assert!(
        Mastodon
            .probe(&account(&network), &fixture::http())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_is_looked_for_comes_once() {
    let post = |id: &str, text: &str, language: &str| {
        let mut post = status(id, &format!("<p>{text}</p>"));
        post["account"]["id"] = json!("77");
        post["language"] = json!(language);
        post
    };
    let network = FakeNetwork::start(vec![
        own(),
        Script::json(
            200,
            &json!({"statuses": [
                post("1000", "Nordtalbahn zu spät", "de"), post("999", "Nordtalbahn Modellbau", "de"),
                post("998", "Nordtalbahn late", "en"),
            ]}),
        ),
        Script::json(
            200,
            &json!([
                post("1000", "Nordtalbahn zu spät", "de"),
                post("997", "#Nordtalbahn", "de-AT")
            ]),
        ),
    ])
    .await;
    let search = Search {
        any: vec!["nordtalbahn spät".to_owned()],
        hashtags: vec!["#nordtalbahn".to_owned()],
        without: vec!["Modellbau".to_owned()],
        languages: vec!["de".to_owned()],
    };
    let (account, http) = (account(&network), fixture::http());
    let first = Mastodon
        .search(&account, &search, None, &http)
        .await
        .expect("it answers");
    let asked = network.asked();
    assert_eq!(
        asked[1].path,
        "/api/v2/search?type=statuses&limit=40&q=%22nordtalbahn+sp%C3%A4t%22"
    );
    assert_eq!(asked[2].path, "/api/v1/timelines/tag/nordtalbahn?limit=40");
    let found = Mastodon
        .translate(&account, &first.deliveries[0])
        .expect("readable")
        .taken;
    let ids: Vec<&str> = found.iter().map(Inbound::network_id).collect();
    assert_eq!(ids, ["997", "1000"], "newest last, each once");

    network.then(Script::json(200, &json!({"statuses": []})));
    network.then(Script::json(200, &json!([])));
    let second = Mastodon
        .search(&account, &search, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert!(second.deliveries.is_empty());
    assert!(network.last_asked().path.ends_with("&min_id=1000"));
}

#[test]
fn ids_are_ordered_by_length_first() {
    assert!(poll::is_newer("1000", Some("999")));
    assert!(!poll::is_newer("999", Some("1000")));
    assert!(!poll::is_newer("1000", Some("1000")));
    assert!(poll::is_newer("01HZ9", None));
}
