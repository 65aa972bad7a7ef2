//! Reviews at Google Business Profile against recorded payloads and a fake network; what all places of
//! reviews have in common is tried here.

use std::time::Duration;

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment};

const REVIEWS: &str = "/v4/accounts/1/locations/2/reviews";

fn account(network: &FakeNetwork) -> Account {
    let mut account = fixture::account(json!({
        "account_id": "1",
        "location_id": "2",
        "client_id": "app",
        "base_url": network.url(""),
        "token_url": network.url("/token"),
    }));
    account.secrets =
        json!({"access_token": "token", "refresh_token": "old", "client_secret": "hush"});
    account
}

fn answer(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("r1".to_owned()),
        ..fixture::reply(body)
    }
}

fn acting(action: Action) -> Outbound {
    Outbound {
        action,
        ..answer("")
    }
}

fn review(id: &str, changed: &str, answered: Option<&str>) -> Value {
    let mut review = json!({"reviewId": id, "reviewer": {"displayName": "Anna"}, "starRating": "TWO",
        "comment": "Naja.", "createTime": "2026-11-20T10:00:00Z",
        "updateTime": format!("2026-11-{changed}:00Z")});
    if let Some(at) = answered {
        let time = format!("2026-11-{at}:00Z");
        review["reviewReply"] = json!({"comment": "Guten Tag", "updateTime": time});
    }
    review
}

fn list(reviews: &[Value], next: Option<&str>) -> Script {
    Script::json(200, &json!({"reviews": reviews, "nextPageToken": next}))
}

fn told(polled: &Polled, account: &Account) -> Vec<String> {
    let mut told = Vec::new();
    for raw in &polled.deliveries {
        let translation = GoogleBusiness
            .translate(account, raw)
            .expect("it is readable");
        for one in translation.taken {
            let kind = serde_json::to_value(&one).expect("JSON")["type"].clone();
            told.push(format!(
                "{} {}",
                kind.as_str().unwrap_or_default(),
                one.network_id()
            ));
        }
    }
    told
}

fn later(account: &Account, hours: u64) -> Account {
    Account {
        now: NOW.after(Duration::from_secs(hours * 3_600)),
        ..account.clone()
    }
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&GoogleBusiness);
}

#[tokio::test]
async fn a_review_has_one_answer_which_a_second_one_replaces() {
    let reply = json!({"comment": "Guten Tag", "updateTime": "2026-11-22T05:00:01Z"});
    let made = || Script::json(200, &reply);
    let network = FakeNetwork::start(vec![
        made(),
        made(),
        made(),
        Script::text(200, "{}"),
        Script::text(404, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let edit = acting(Action::Edit {
        network_id: "r1/answer".to_owned(),
        body: "Guten Tag".to_owned(),
    });
    let below_ours = Outbound {
        in_reply_to: Some("r1/answer".to_owned()),
        ..answer("Guten Tag")
    };
    for outbound in [answer("Guten Tag"), edit, below_ours] {
        let receipt = GoogleBusiness.send(&account, &outbound, &http).await;
        let receipt = receipt.expect("Google takes it");
        assert_eq!(receipt.network_id, "r1/answer");
        assert_eq!(receipt.at.to_string(), "2026-11-22T05:00:01.000000Z");
        let asked = network.last_asked();
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("PUT", "/v4/accounts/1/locations/2/reviews/r1/reply")
        );
        assert_eq!(asked.header("authorization"), Some("Bearer token"));
        assert_eq!(asked.json(), json!({"comment": "Guten Tag"}));
    }
    let delete = acting(Action::Delete {
        network_id: "r1/answer".to_owned(),
    });
    for _ in 0..2 {
        GoogleBusiness
            .send(&account, &delete, &http)
            .await
            .expect("it is gone");
        assert_eq!(network.last_asked().method, "DELETE");
    }
}

#[tokio::test]
async fn what_cannot_go_is_refused_before_anything_is_asked() {
    let network = FakeNetwork::start(Vec::new()).await;
    let file = OutboundAttachment {
        name: "plan.png".to_owned(),
        media_type: "image/png".to_owned(),
        bytes: vec![1],
        alt: None,
    };
    let with_file = Action::Reply {
        body: "Plan".to_owned(),
        attachments: vec![file],
    };
    let theirs = Action::Delete {
        network_id: "r1".to_owned(),
    };
    let like = Action::React {
        network_id: "r1".to_owned(),
        kind: "like".to_owned(),
        added: true,
    };
    let cases = [
        (answer(&"ä".repeat(2_049)), "content_rejected"),
        (answer(" "), "content_rejected"),
        (acting(with_file), "content_rejected"),
        (acting(theirs), "forbidden"),
        (acting(like), "forbidden"),
        (
            Outbound {
                in_reply_to: None,
                ..answer("Hallo")
            },
            "forbidden",
        ),
        (
            Outbound {
                visibility: Visibility::Private,
                ..answer("Hallo")
            },
            "forbidden",
        ),
    ];
    for (outbound, class) in cases {
        let sent = GoogleBusiness
            .send(&account(&network), &outbound, &fixture::http())
            .await;
        assert_eq!(sent.expect_err("it is refused").class(), class);
    }
    assert!(network.asked().is_empty());
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let refused = |status: u16, word: &str| {
        Script::json(
            status,
            &json!({"error": {"code": status, "message": "no", "status": word}}),
        )
    };
    let cases = [
        (refused(400, "INVALID_ARGUMENT"), "content_rejected"),
        (refused(401, "UNAUTHENTICATED"), "auth_broken"),
        (refused(403, "PERMISSION_DENIED"), "forbidden"),
        (refused(404, "NOT_FOUND"), "recipient_gone"),
        (refused(409, "ABORTED"), "retry_backoff"),
        (refused(429, "RESOURCE_EXHAUSTED"), "retry_backoff"),
        (
            refused(429, "RESOURCE_EXHAUSTED").with("retry-after", "9"),
            "retry_after",
        ),
        (refused(500, "INTERNAL"), "retry_backoff"),
        (Script::text(504, ""), "uncertain"),
        (Script::text(302, "").with("location", "/"), "forbidden"),
        (Script::text(418, ""), "bug"),
        (Script::text(200, "<html>"), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    for (script, class) in cases {
        network.then(script.clone());
        let sent = GoogleBusiness
            .send(&account(&network), &answer("Hallo"), &fixture::http())
            .await;
        let error = sent.expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_at_its_review() {
    let network = FakeNetwork::start(vec![
        Script::Close,
        Script::json(200, &review("r1", "20T10:00", None)),
        Script::json(200, &review("r1", "20T10:00", Some("22T04:59"))),
        Script::text(404, ""),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let (ours, other) = (answer("Guten  Tag"), answer("Hallo"));
    let lost = GoogleBusiness
        .send(&account, &ours, &http)
        .await
        .unwrap_err();
    assert_eq!(lost.class(), "uncertain");
    assert_eq!(
        GoogleBusiness.look_for(&account, &ours, &http).await,
        Ok(None)
    );
    let found = GoogleBusiness
        .look_for(&account, &ours, &http)
        .await
        .expect("it answers");
    assert_eq!(
        found.map(|receipt| receipt.network_id).as_deref(),
        Some("r1/answer")
    );
    assert_eq!(network.last_asked().path, format!("{REVIEWS}/r1"));
    assert_eq!(
        GoogleBusiness.look_for(&account, &other, &http).await,
        Ok(None),
        "the review is gone"
    );
}

#[tokio::test]
async fn polls_tell_what_is_new_changed_answered_and_gone() {
    let old = |id: &str| {
        let mut review = review(id, "20T10:00", None);
        review["createTime"] = json!("2026-01-01T10:00:00Z");
        review["updateTime"] = json!("2026-01-01T10:00:00Z");
        review
    };
    let network = FakeNetwork::start(vec![
        list(
            &[
                review("r3", "20T12:00", None),
                review("r2", "20T11:00", Some("20T11:30")),
            ],
            Some("p2"),
        ),
        list(&[review("r1", "20T10:00", None), old("r0")], None),
        // A quarter of an hour later: a new one, an answer, another answer with other words.
        list(
            &[
                review("r4", "22T05:10", None),
                review("r3", "20T12:00", Some("22T05:05")),
                review("r2", "20T11:00", Some("22T05:06")),
            ],
            Some("p2"),
        ),
        list(&[review("r1", "20T10:00", None)], Some("p3")),
        // A day later: one was changed, one answer was withdrawn, one review is gone.
        list(
            &[
                review("r1", "23T01:00", None),
                review("r4", "22T05:10", None),
                review("r2", "20T11:00", None),
            ],
            None,
        ),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let first = GoogleBusiness
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    assert_eq!(
        (first.trouble.as_ref(), first.next_in),
        (None, Some(Duration::from_secs(900)))
    );
    assert_eq!(
        told(&first, &account),
        [
            "post r1",
            "post r2",
            "edit r2",
            "post r2/answer",
            "post r3",
            "edit r3"
        ]
    );
    let paths: Vec<String> = network
        .asked()
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    let query = "?pageSize=50&orderBy=updateTime%20desc";
    assert_eq!(
        paths,
        [
            format!("{REVIEWS}{query}"),
            format!("{REVIEWS}{query}&pageToken=p2")
        ]
    );

    let second = GoogleBusiness
        .poll(&account, Some(&first.cursor), &http)
        .await
        .expect("it answers");
    assert_eq!(
        told(&second, &account),
        [
            "post r2",
            "edit r2",
            "post r2/answer",
            "edit r2/answer",
            "post r3",
            "edit r3",
            "post r3/answer",
            "post r4",
            "edit r4"
        ]
    );
    assert_eq!(
        network.asked().len(),
        4,
        "where nothing is new, nobody reads on"
    );
    let third = GoogleBusiness
        .poll(&later(&account, 24), Some(&second.cursor), &http)
        .await;
    let third = third.expect("it answers");
    assert_eq!(
        told(&third, &account),
        [
            "post r2",
            "edit r2",
            "post r1",
            "edit r1",
            "delete r2/answer",
            "delete r0",
            "delete r3/answer",
            "delete r3"
        ]
    );
    let again = GoogleBusiness
        .poll(&later(&account, 25), Some(&third.cursor), &http)
        .await;
    let again = again.expect("it answers");
    assert_eq!(
        again.trouble.map(|error| error.class()),
        Some("retry_backoff"),
        "the script is over"
    );
    assert_eq!(again.next_in, Some(Duration::from_secs(300)));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_once() {
    let broken = || list(&[json!({"reviewId": "r1"})], None);
    let network = FakeNetwork::start(vec![broken(), broken()]).await;
    let (account, http) = (account(&network), fixture::http());
    let first = GoogleBusiness
        .poll(&account, None, &http)
        .await
        .expect("it answers");
    let translation = GoogleBusiness
        .translate(&account, &first.deliveries[0])
        .expect("a list");
    assert_eq!(translation.unread.len(), 1);
    let second = GoogleBusiness
        .poll(&account, Some(&first.cursor), &http)
        .await;
    assert!(second.expect("it answers").deliveries.is_empty());
}

#[tokio::test]
async fn the_probe_tells_what_is_wrong() {
    let cases = [
        (list(&[], None), None),
        (Script::text(401, ""), Some(FindingClass::Token)),
        (Script::text(403, ""), Some(FindingClass::Permission)),
        (Script::text(404, ""), Some(FindingClass::Permission)),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let found = GoogleBusiness
            .probe(&account(&network), &fixture::http())
            .await;
        let classes: Vec<FindingClass> = found
            .expect("it answers")
            .iter()
            .map(|found| found.class)
            .collect();
        assert_eq!(classes, class.into_iter().collect::<Vec<_>>());
    }
    let network = FakeNetwork::start(vec![Script::text(502, "")]).await;
    let mut account = account(&network);
    assert!(
        GoogleBusiness
            .probe(&account, &fixture::http())
            .await
            .is_err()
    );
    account.secrets["granted_scopes"] = json!("openid");
    let found = GoogleBusiness
        .probe(&account, &fixture::http())
        .await
        .expect("a finding");
    assert_eq!(
        (found[0].class, found[0].detail.as_str()),
        (FindingClass::Permission, SCOPE)
    );
}

#[tokio::test]
async fn a_token_is_renewed() {
    let network =
        FakeNetwork::start(vec![Script::json(200, &json!({"access_token": "new"}))]).await;
    let (account, http) = (account(&network), fixture::http());
    assert_eq!(GoogleBusiness.renew_at(&account), Some(NOW));
    let secrets = GoogleBusiness
        .renew(&account, &http)
        .await
        .expect("a token is given");
    assert_eq!(secrets["access_token"], "new");
    let form = String::from_utf8(network.last_asked().body).expect("a form");
    assert_eq!(
        form,
        "grant_type=refresh_token&client_id=app&client_secret=hush&refresh_token=old"
    );
}
