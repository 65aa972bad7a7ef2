//! What does not go out, and what went out although its answer was lost.

use super::*;

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
    let text = format!("{} https://a.org/{}", "a".repeat(471), "b".repeat(900));
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
async fn a_second_try_is_safe_as_long_as_the_server_knows_the_key_of_the_first() {
    for (minutes, class) in [(50, None), (60, Some("uncertain"))] {
        let others: Vec<Value> = (0..40)
            .map(|number| status(&format!("3{number:02}"), "<p>Anderes</p>"))
            .collect();
        let network = FakeNetwork::start(vec![
            own(),
            Script::json(200, &json!(others)),
            Script::json(200, &json!([status("201", "<p>Anderes</p>")])),
        ])
        .await;
        let outbound = Outbound {
            first_tried_at: Some(NOW.before(std::time::Duration::from_mins(minutes))),
            ..reply("Hallo", Some("anna"))
        };
        let looked = Mastodon
            .look_for(&account(&network), &outbound, &fixture::http())
            .await;
        assert_eq!(looked.as_ref().err().map(SendError::class), class);
        assert_eq!(looked.ok().flatten(), None);
        assert!(network.last_asked().path.ends_with("&limit=40&max_id=339"));
    }
}
