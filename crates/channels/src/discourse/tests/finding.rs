//! What went out although its answer was lost, found again.

use super::*;

#[tokio::test]
async fn a_lost_answer_is_found_in_its_topic() {
    let view = |posts: Vec<Value>, stream: Vec<i64>| {
        Script::json(
            200,
            &json!({"id": 77, "post_stream": {"posts": posts, "stream": stream}}),
        )
    };
    let network = FakeNetwork::start(vec![
        Script::Close,
        view(
            vec![post(1000, 1, "anna", "04:00:00")],
            vec![1000, 1004, 1005],
        ),
        Script::json(
            200,
            &json!({"post_stream": {"posts": [
            post(1004, 4, "nordbahn", "04:59:58"), post(1005, 5, "anna", "04:59:59")]}}),
        ),
        view(
            vec![
                post(1002, 2, "nordbahn", "03:59:00"),
                post(1003, 3, "anna", "04:59:00"),
            ],
            vec![],
        ),
        Script::text(500, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let lost = Discourse.send(&account, &answer("Guten Tag"), &http).await;
    assert_eq!(lost.expect_err("the answer is lost").class(), "uncertain");

    let found = Discourse
        .look_for(&account, &answer("Guten Tag"), &http)
        .await;
    let found = found.expect("it runs").expect("it is there");
    assert_eq!(found.network_id, "77/4");
    let paths: Vec<String> = calls(&network).into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        paths[1..],
        [
            "/t/77.json?include_raw=true",
            "/t/77/posts.json?post_ids%5B%5D=1004&post_ids%5B%5D=1005&include_raw=true"
        ]
    );
    assert_eq!(
        Discourse
            .look_for(&account, &answer("Guten Tag"), &http)
            .await,
        Ok(None),
        "older words, and other people's, are not ours"
    );
    let error = Discourse
        .look_for(&account, &answer("Guten Tag"), &http)
        .await;
    assert_eq!(error.expect_err("it is down").class(), "retry_backoff");
}

#[tokio::test]
async fn a_lost_topic_is_found_by_our_own_id() {
    let network = FakeNetwork::start(vec![
        Script::text(301, "").with("location", "/t/s1/90.json"),
        Script::json(200, &json!({"id": 90})),
        Script::text(404, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let topic = Outbound {
        in_reply_to: None,
        ..answer("Neuer Fahrplan")
    };
    let found = Discourse.look_for(&account, &topic, &http).await;
    assert_eq!(
        found.expect("it runs").expect("it is there").network_id,
        "90/1"
    );
    assert_eq!(calls(&network)[0].1, "/t/external_id/kulant-9001.json");
    assert_eq!(network.last_asked().header("api-key"), Some("hush"));
    assert_eq!(Discourse.look_for(&account, &topic, &http).await, Ok(None));

    let edit = acting(Action::Edit {
        network_id: "77/3".to_owned(),
        body: "x".to_owned(),
    });
    assert_eq!(Discourse.look_for(&account, &edit, &http).await, Ok(None));
    assert_eq!(
        network.asked().len(),
        3,
        "an edit is done again without looking"
    );
}
