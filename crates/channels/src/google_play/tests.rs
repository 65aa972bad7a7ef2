//! Reviews at Google Play against recorded payloads and a fake network.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::Action;

const REVIEWS: &str = "/androidpublisher/v3/applications/de.nordbahn.app/reviews";

fn account(network: &FakeNetwork) -> Account {
    let mut account = fixture::account(json!({
        "package_name": "de.nordbahn.app",
        "service_account": "kulant@nordbahn.iam.example",
        "base_url": network.url(""),
        "token_url": network.url("/token"),
    }));
    account.secrets =
        json!({"access_token": "token", "private_key": include_str!("../jwt/rsa.pem")});
    account
}

fn answer(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("r1".to_owned()),
        ..fixture::reply(body)
    }
}

fn review(answer: Option<&str>) -> Value {
    let said = json!({"userComment": {"text": "Naja", "starRating": 3,
        "lastModified": {"seconds": "1795255200"}}});
    let answer = answer.map(|text| {
        json!({"developerComment": {"text": text, "lastModified": {"seconds": "1795323590"}}})
    });
    let comments: Vec<Value> = std::iter::once(said).chain(answer).collect();
    json!({"reviewId": "r1", "authorName": "Anna", "comments": comments})
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&GooglePlay);
}

#[tokio::test]
async fn an_answer_goes_to_its_review() {
    let made =
        json!({"result": {"replyText": "Guten Tag", "lastEdited": {"seconds": "1795323601"}}});
    let network = FakeNetwork::start(vec![
        Script::json(200, &made),
        Script::json(200, &json!({"result": {}})),
        Script::text(200, "<html>"),
        Script::Stall,
        Script::text(403, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let receipt = GooglePlay
        .send(&account, &answer("Guten Tag"), &http)
        .await
        .expect("taken");
    assert_eq!(receipt.network_id, "r1/answer");
    assert_eq!(receipt.at.as_seconds(), 1_795_323_601);
    let asked = network.last_asked();
    assert_eq!(
        (asked.method.as_str(), asked.path.clone()),
        ("POST", format!("{REVIEWS}/r1:reply"))
    );
    assert_eq!(asked.header("authorization"), Some("Bearer token"));
    assert_eq!(asked.json(), json!({"replyText": "Guten Tag"}));

    let edit = Outbound {
        action: Action::Edit {
            network_id: "r1/answer".to_owned(),
            body: "Neu".to_owned(),
        },
        ..answer("")
    };
    let receipt = GooglePlay
        .send(&account, &edit, &http)
        .await
        .expect("taken");
    assert_eq!(
        (receipt.network_id.as_str(), receipt.at),
        ("r1/answer", NOW)
    );
    for class in ["uncertain", "uncertain", "forbidden"] {
        let sent = GooglePlay.send(&account, &answer("Hallo"), &http).await;
        assert_eq!(sent.unwrap_err().class(), class);
    }
    let asked = network.asked().len();
    let delete = Outbound {
        action: Action::Delete {
            network_id: "r1/answer".to_owned(),
        },
        ..answer("")
    };
    for (outbound, class) in [
        (answer(&"ä".repeat(351)), "content_rejected"),
        (delete, "forbidden"),
    ] {
        let sent = GooglePlay.send(&account, &outbound, &http).await;
        assert_eq!(sent.unwrap_err().class(), class);
    }
    assert_eq!(network.asked().len(), asked);
}

#[tokio::test]
async fn a_lost_answer_is_found_at_its_review() {
    let network = FakeNetwork::start(vec![
        Script::json(200, &review(Some("Anderes"))),
        Script::json(200, &review(Some("Guten Tag"))),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let outbound = answer("Guten Tag");
    assert_eq!(
        GooglePlay.look_for(&account, &outbound, &http).await,
        Ok(None)
    );
    let found = GooglePlay
        .look_for(&account, &outbound, &http)
        .await
        .expect("it answers");
    assert_eq!(
        found.map(|receipt| receipt.at.as_seconds()),
        Some(1_795_323_590)
    );
    assert_eq!(network.last_asked().path, format!("{REVIEWS}/r1"));
}

#[tokio::test]
async fn the_list_holds_a_week_and_what_leaves_it_is_not_gone() {
    let list = |reviews: &[Value], next: Option<&str>| {
        Script::json(
            200,
            &json!({"reviews": reviews, "tokenPagination": {"nextPageToken": next}}),
        )
    };
    let network = FakeNetwork::start(vec![
        list(&[review(None)], Some("p 2")),
        list(&[], None),
        list(&[], None),
    ])
    .await;
    let (mut account, http) = (account(&network), fixture::http());
    let first = GooglePlay
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(first.deliveries.len(), 1);
    assert_eq!(
        network.last_asked().path,
        format!("{REVIEWS}?maxResults=100&token=p+2")
    );
    account.now = NOW.after(std::time::Duration::from_secs(8 * 86_400));
    let second = GooglePlay
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!((second.deliveries.len(), second.trouble), (0, None));
}

#[tokio::test]
async fn the_service_account_proves_itself_by_its_key() {
    let granted = json!({"access_token": "ya29", "expires_in": 3600});
    let network = FakeNetwork::start(vec![
        Script::json(200, &granted),
        Script::json(400, &json!({"error": "invalid_grant"})),
    ])
    .await;
    let (mut account, http) = (account(&network), fixture::http());
    assert_eq!(GooglePlay.renew_at(&account), Some(NOW));
    let secrets = GooglePlay
        .renew(&account, &http)
        .await
        .expect("a token is given");
    assert_eq!(secrets["access_token"], "ya29");
    let form = network.last_asked().body;
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&form).into_owned().collect();
    assert_eq!(fields[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let claims = fields[1].1.split('.').nth(1).expect("three parts");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(
        claims,
        json!({"iss": "kulant@nordbahn.iam.example", "scope": SCOPE, "aud": network.url("/token"),
            "iat": NOW.as_seconds(), "exp": NOW.as_seconds() + 3_600})
    );
    let dead = GooglePlay.renew(&account, &http).await.unwrap_err();
    assert_eq!(dead.class(), "auth_broken");
    account.secrets["private_key"] = json!("no key");
    assert_eq!(
        GooglePlay.renew(&account, &http).await.unwrap_err().class(),
        "auth_broken"
    );
}

#[tokio::test]
async fn the_probe_tells_what_is_wrong() {
    let cases = [
        (Script::text(200, "{}"), None),
        (Script::text(401, ""), Some(FindingClass::Token)),
        (Script::text(403, ""), Some(FindingClass::Permission)),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let found = GooglePlay.probe(&account(&network), &fixture::http()).await;
        let classes: Vec<FindingClass> = found
            .expect("it answers")
            .iter()
            .map(|found| found.class)
            .collect();
        assert_eq!(classes, class.into_iter().collect::<Vec<_>>());
    }
}
