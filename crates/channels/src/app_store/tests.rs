//! Reviews in the App Store against recorded payloads and a fake network.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::Action;

fn account(network: &FakeNetwork) -> Account {
    let mut account = fixture::account(json!({
        "app_id": "4711",
        "issuer_id": "57246542-96fe-1a63",
        "key_id": "2X9R4HXF34",
        "base_url": network.url(""),
    }));
    account.secrets = json!({"private_key": include_str!("../jwt/p256.pem")});
    account
}

fn answer(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("r1".to_owned()),
        ..fixture::reply(body)
    }
}

fn response(body: &str) -> Value {
    json!({"type": "customerReviewResponses", "id": "a1", "attributes": {"responseBody": body,
        "lastModifiedDate": "2026-11-22T05:00:01Z", "state": "PENDING_PUBLISH"}})
}

fn refused(status: u16) -> Script {
    Script::json(
        status,
        &json!({"errors": [{"status": status.to_string(), "code": "X",
        "title": "No", "detail": "not like that"}]}),
    )
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&AppStore);
}

#[tokio::test]
async fn an_answer_goes_to_its_review_and_is_taken_back() {
    let made = || Script::json(201, &json!({"data": response("Guten Tag")}));
    let network = FakeNetwork::start(vec![
        made(),
        Script::json(200, &json!({"data": response("Guten Tag")})),
        Script::text(204, ""),
        refused(404),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let receipt = AppStore
        .send(&account, &answer("Guten Tag"), &http)
        .await
        .expect("taken");
    assert_eq!(receipt.network_id, "r1/answer");
    assert_eq!(receipt.at.to_string(), "2026-11-22T05:00:01.000000Z");
    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/v1/customerReviewResponses")
    );
    let review = json!({"data": {"type": "customerReviews", "id": "r1"}});
    assert_eq!(
        asked.json(),
        json!({"data": {"type": "customerReviewResponses",
        "attributes": {"responseBody": "Guten Tag"}, "relationships": {"review": review}}})
    );
    let token = asked
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let parts: Vec<Value> = token
        .expect("a token")
        .split('.')
        .take(2)
        .map(|part| {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
        })
        .collect();
    assert_eq!(
        parts[0],
        json!({"alg": "ES256", "typ": "JWT", "kid": "2X9R4HXF34"})
    );
    let now = NOW.as_seconds();
    assert_eq!(
        parts[1],
        json!({"iss": "57246542-96fe-1a63", "aud": "appstoreconnect-v1",
        "iat": now, "exp": now + 600})
    );

    let delete = Outbound {
        action: Action::Delete {
            network_id: "r1/answer".to_owned(),
        },
        ..answer("")
    };
    AppStore
        .send(&account, &delete, &http)
        .await
        .expect("it is gone");
    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("DELETE", "/v1/customerReviewResponses/a1")
    );
    AppStore
        .send(&account, &delete, &http)
        .await
        .expect("it was gone");
    assert_eq!(network.last_asked().path, "/v1/customerReviews/r1/response");
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let cases = [
        (refused(400), "content_rejected"),
        (refused(401), "auth_broken"),
        (refused(403), "forbidden"),
        (refused(404), "recipient_gone"),
        (refused(409), "content_rejected"),
        (refused(422), "content_rejected"),
        (refused(429), "retry_backoff"),
        (refused(429).with("retry-after", "9"), "retry_after"),
        (Script::text(500, ""), "retry_backoff"),
        (Script::text(504, ""), "uncertain"),
        (Script::text(302, "").with("location", "/"), "forbidden"),
        (Script::text(418, ""), "bug"),
        (Script::text(201, "<html>"), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, class) in cases {
        network.then(script.clone());
        let sent = AppStore
            .send(&account(&network), &answer("Hallo"), &fixture::http())
            .await;
        let error = sent.expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        if class == "content_rejected" {
            assert_eq!(error.detail(), "not like that");
        }
    }
    let asked = network.asked().len();
    let long = AppStore
        .send(
            &account(&network),
            &answer(&"a".repeat(5_971)),
            &fixture::http(),
        )
        .await;
    assert_eq!(long.unwrap_err().class(), "content_rejected");
    let mut without = account(&network);
    without.secrets = json!({});
    let sent = AppStore
        .send(&without, &answer("Hallo"), &fixture::http())
        .await;
    assert_eq!(sent.unwrap_err().class(), "auth_broken");
    assert_eq!(network.asked().len(), asked);
}

#[tokio::test]
async fn a_lost_answer_is_found_at_its_review() {
    let network = FakeNetwork::start(vec![
        refused(404),
        Script::json(200, &json!({"data": response("Guten Tag")})),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let outbound = answer("Guten Tag");
    assert_eq!(
        AppStore.look_for(&account, &outbound, &http).await,
        Ok(None)
    );
    let found = AppStore
        .look_for(&account, &outbound, &http)
        .await
        .expect("it answers");
    assert_eq!(
        found.map(|receipt| receipt.network_id).as_deref(),
        Some("r1/answer")
    );
}

#[tokio::test]
async fn answers_are_read_from_beside_the_reviews_and_pages_from_apple_alone() {
    let review = |id: &str, response: Option<&str>| {
        let data = response.map(|id| json!({"type": "customerReviewResponses", "id": id}));
        json!({"type": "customerReviews", "id": id, "attributes": {"rating": 3, "title": "Naja",
            "body": "Geht", "reviewerNickname": "Anna", "createdDate": "2026-11-21T10:00:00Z"},
            "relationships": {"response": {"data": data}}})
    };
    let network = FakeNetwork::start(Vec::new()).await;
    let next = network.url("/v1/apps/4711/customerReviews?cursor=2");
    network.then(Script::json(
        200,
        &json!({"data": [review("r2", Some("a1"))],
        "included": [response("Guten Tag")], "links": {"next": next}}),
    ));
    network.then(Script::json(
        200,
        &json!({"data": [review("r1", None)], "links": {}}),
    ));
    let elsewhere =
        json!({"data": [review("r3", None)], "links": {"next": "https://evil.example/"}});
    network.then(Script::json(200, &elsewhere));
    let (account, http) = (account(&network), fixture::http());
    let first = AppStore
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    let taken = AppStore
        .translate(&account, &first.deliveries[0])
        .expect("readable")
        .taken;
    let ids: Vec<&str> = taken
        .iter()
        .map(crate::inbound::Inbound::network_id)
        .collect();
    assert_eq!(ids, ["r1", "r2", "r2/answer"]);
    let paths: Vec<String> = network
        .asked()
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    assert_eq!(
        paths,
        [
            "/v1/apps/4711/customerReviews?sort=-createdDate&limit=200&include=response",
            "/v1/apps/4711/customerReviews?cursor=2",
        ]
    );
    let second = AppStore
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(
        second.trouble.map(|error| error.class()),
        Some("unreadable")
    );
    assert_eq!(network.asked().len(), 3, "the token goes nowhere else");
}

#[tokio::test]
async fn the_probe_tells_what_is_wrong() {
    let cases = [
        (Script::text(200, "{}"), None),
        (refused(401), Some(FindingClass::Token)),
        (refused(403), Some(FindingClass::Permission)),
        (refused(404), Some(FindingClass::Permission)),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let found = AppStore.probe(&account(&network), &fixture::http()).await;
        let classes: Vec<FindingClass> = found
            .expect("it answers")
            .iter()
            .map(|found| found.class)
            .collect();
        assert_eq!(classes, class.into_iter().collect::<Vec<_>>());
    }
}
