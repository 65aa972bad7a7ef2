//! YouTube against recorded payloads and a fake network.

use std::time::Duration;

use kulant_model::message::Visibility;
use serde_json::json;

use super::*;
use crate::fixture::{self, FakeNetwork, NOW, Script};
use crate::outbound::{Action, OutboundAttachment};

mod asking;

const VIDEO: &str = "dQw4w9WgXcQ";

fn account(network: &FakeNetwork) -> Account {
    let mut account = fixture::account(json!({
        "channel_id": "UCnordbahn",
        "client_id": "app",
        "base_url": network.url(""),
        "token_url": network.url("/token"),
    }));
    account.secrets =
        json!({"access_token": "token", "client_secret": "hush", "refresh_token": "old"});
    account
}

fn answer(body: &str) -> Outbound {
    Outbound {
        in_reply_to: Some("Ugx1".to_owned()),
        ..fixture::reply(body)
    }
}

fn acting(action: Action) -> Outbound {
    Outbound {
        action,
        ..answer("")
    }
}

fn comment(id: &str, author: &str, text: &str, parent: Option<&str>) -> Value {
    json!({"id": id, "snippet": {"videoId": VIDEO, "parentId": parent, "textDisplay": text,
        "textOriginal": text, "authorDisplayName": format!("@{author}"),
        "authorChannelId": {"value": format!("UC{author}")}, "likeCount": 3,
        "publishedAt": "2026-11-22T04:59:00Z", "updatedAt": "2026-11-22T04:59:00Z"}})
}

fn list(items: &[Value]) -> Script {
    Script::json(200, &json!({"items": items}))
}

fn refused(status: u16, reason: &str) -> Script {
    let error = json!({"code": status, "message": "no", "errors": [
        {"domain": "youtube.comment", "reason": reason, "message": "no"}]});
    Script::json(status, &json!({"error": error}))
}

#[test]
fn recorded_payloads_are_translated() {
    fixture::run(&Youtube);
}

#[test]
fn figures_are_read_from_what_came() {
    let video = json!({"items": [{"id": VIDEO, "snippet": {"channelId": "UCnordbahn"},
        "statistics": {"viewCount": "1200", "likeCount": "30", "commentCount": "viele"}}]});
    let raw = fixture::delivery(VIDEOS, video.to_string());
    let expected = Figures {
        network_id: VIDEO.to_owned(),
        views: Some(1_200),
        likes: Some(30),
        replies: None,
    };
    assert_eq!(Youtube.figures(&raw), [expected]);
    let thread = json!({"items": [{"id": "Ugx1", "snippet": {"totalReplyCount": 7,
        "topLevelComment": comment("Ugx1", "anna", "Hallo", None)}}]});
    let raw = fixture::delivery(THREADS, thread.to_string());
    let figures = Youtube.figures(&raw);
    assert_eq!((figures[0].likes, figures[0].replies), (Some(3), Some(7)));
    assert!(
        Youtube
            .figures(&fixture::delivery(THREADS, "<html>"))
            .is_empty()
    );
}

#[tokio::test]
async fn answers_stand_below_the_comment_and_name_whom_they_answer() {
    let top = || list(&[comment("Ugx1", "anna", "Hallo", None)]);
    let below = || list(&[comment("Ugx1.a", "ben", "Nein", Some("Ugx1"))]);
    let made = || Script::json(200, &comment("Ugx1.z", "nordbahn", "x", Some("Ugx1")));
    let nested = |body: &str| Outbound {
        in_reply_to: Some("Ugx1.a".to_owned()),
        ..answer(body)
    };
    let cases = [
        (answer("Guten Tag"), top(), "Guten Tag"),
        (nested("Guten Tag"), below(), "@ben Guten Tag"),
        (nested("Guten Tag, @ben"), below(), "Guten Tag, @ben"),
        (
            Outbound {
                recipient_handle: Some("@ben2".to_owned()),
                ..nested("Guten Tag")
            },
            below(),
            "@ben2 Guten Tag",
        ),
    ];
    for (outbound, parent, text) in cases {
        let network = FakeNetwork::start(vec![parent, made()]).await;
        let sent = Youtube
            .send(&account(&network), &outbound, &fixture::http())
            .await;
        let receipt = sent.expect("YouTube takes it");
        assert_eq!(receipt.network_id, "Ugx1.z");
        assert_eq!(
            receipt.url.as_deref(),
            Some("https://www.youtube.com/watch?v=dQw4w9WgXcQ&lc=Ugx1.z")
        );
        let asked = network.last_asked();
        assert_eq!(asked.path, "/youtube/v3/comments?part=snippet");
        assert_eq!(asked.header("authorization"), Some("Bearer token"));
        assert_eq!(
            asked.json(),
            json!({"snippet": {"parentId": "Ugx1", "textOriginal": text}})
        );
    }

    let thread = json!({"id": "Ugx9", "snippet": {"topLevelComment": comment("Ugx9", "nordbahn", "x", None)}});
    let network = FakeNetwork::start(vec![Script::json(200, &thread), list(&[])]).await;
    let (account, http) = (account(&network), fixture::http());
    let below_video = Outbound {
        in_reply_to: Some(VIDEO.to_owned()),
        ..answer("Fragen? Hier.")
    };
    let sent = Youtube.send(&account, &below_video, &http).await;
    assert_eq!(sent.expect("YouTube takes it").network_id, "Ugx9");
    let comment = json!({"snippet": {"textOriginal": "Fragen? Hier."}});
    assert_eq!(
        network.last_asked().json(),
        json!({"snippet": {"channelId": "UCnordbahn",
        "videoId": VIDEO, "topLevelComment": comment}})
    );
    let gone = Youtube
        .send(&account, &answer("Hallo"), &http)
        .await
        .unwrap_err();
    assert_eq!(gone.class(), "recipient_gone");
    assert_eq!(network.asked().len(), 2, "the fifty units are kept");
}

#[tokio::test]
async fn edits_deletes_and_hiding_go_out() {
    let id = || "Ugx1".to_owned();
    let edit = Action::Edit {
        network_id: id(),
        body: "neu".to_owned(),
    };
    let hide = |hidden| Action::Hide {
        network_id: id(),
        hidden,
    };
    let empty = || Script::text(204, "");
    let moderation = "/youtube/v3/comments/setModerationStatus?id=Ugx1&moderationStatus=";
    let cases = [
        (
            edit,
            Script::json(200, &comment("Ugx1", "nordbahn", "neu", None)),
            "PUT",
            "/youtube/v3/comments?part=snippet".to_owned(),
            json!({"id": "Ugx1", "snippet": {"textOriginal": "neu"}}),
        ),
        (
            Action::Delete { network_id: id() },
            empty(),
            "DELETE",
            "/youtube/v3/comments?id=Ugx1".to_owned(),
            Value::Null,
        ),
        (
            Action::Delete { network_id: id() },
            refused(404, "commentNotFound"),
            "DELETE",
            "/youtube/v3/comments?id=Ugx1".to_owned(),
            Value::Null,
        ),
        (
            hide(true),
            empty(),
            "POST",
            format!("{moderation}heldForReview"),
            Value::Null,
        ),
        (
            hide(false),
            empty(),
            "POST",
            format!("{moderation}published"),
            Value::Null,
        ),
    ];
    for (action, script, method, path, body) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let sent = Youtube
            .send(&account(&network), &acting(action), &fixture::http())
            .await;
        assert_eq!(sent.expect("YouTube takes it").network_id, "Ugx1");
        let asked = network.last_asked();
        assert_eq!((asked.method.as_str(), asked.path), (method, path));
        let sent: Value = serde_json::from_slice(&asked.body).unwrap_or(Value::Null);
        assert_eq!(sent, body);
    }
    let network = FakeNetwork::start(vec![empty()]).await;
    let mut strict = account(&network);
    strict.settings["hide_as"] = json!("rejected");
    let sent = Youtube
        .send(&strict, &acting(hide(true)), &fixture::http())
        .await;
    assert!(sent.is_ok() && network.last_asked().path.ends_with("=rejected"));
}

#[tokio::test]
async fn every_refusal_has_its_class() {
    let cases = [
        (refused(400, "commentTextRequired"), "content_rejected"),
        (refused(400, "commentTextTooLong"), "content_rejected"),
        (refused(400, "invalidCommentMetadata"), "content_rejected"),
        (refused(400, "parentCommentIsPrivate"), "forbidden"),
        (refused(400, "operationNotSupported"), "forbidden"),
        (refused(400, "parentIdMissing"), "bug"),
        (refused(400, "processingFailure"), "retry_backoff"),
        (refused(400, "somethingNew"), "content_rejected"),
        (refused(401, "authError"), "auth_broken"),
        (refused(403, "insufficientPermissions"), "auth_broken"),
        (refused(403, "forbidden"), "forbidden"),
        (refused(403, "ineligibleAccount"), "forbidden"),
        (refused(403, "commentsDisabled"), "forbidden"),
        (refused(403, "quotaExceeded"), "retry_after"),
        (refused(403, "rateLimitExceeded"), "retry_backoff"),
        (refused(404, "commentNotFound"), "recipient_gone"),
        (refused(404, "videoNotFound"), "recipient_gone"),
        (refused(409, "conflict"), "retry_backoff"),
        (Script::text(500, ""), "retry_backoff"),
        (Script::text(504, ""), "uncertain"),
        (Script::text(302, "").with("location", "/"), "forbidden"),
        (Script::text(418, ""), "bug"),
        (Script::text(200, "<html>"), "uncertain"),
        (Script::Close, "uncertain"),
        (Script::Truncate, "uncertain"),
        (Script::Stall, "uncertain"),
    ];
    let network = FakeNetwork::start(Vec::new()).await;
    let below_video = Outbound {
        in_reply_to: Some(VIDEO.to_owned()),
        ..answer("Hallo")
    };
    for (script, class) in cases {
        network.then(script.clone());
        let sent = Youtube
            .send(&account(&network), &below_video, &fixture::http())
            .await;
        let error = sent.expect_err("it is refused");
        assert_eq!(error.class(), class, "{script:?}: {error}");
        if let Some(wait) = error.wait() {
            assert_eq!(
                wait,
                Duration::from_secs(3 * 3_600),
                "until midnight by the Pacific"
            );
        }
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
    let like = Action::React {
        network_id: "Ugx1".to_owned(),
        kind: "like".to_owned(),
        added: true,
    };
    let cases = [
        (answer(&"a".repeat(10_001)), "content_rejected"),
        (answer(" "), "content_rejected"),
        (acting(with_file), "content_rejected"),
        (acting(like), "forbidden"),
        (
            Outbound {
                visibility: Visibility::Private,
                ..answer("Hallo")
            },
            "forbidden",
        ),
        (
            Outbound {
                in_reply_to: None,
                ..answer("Hallo")
            },
            "forbidden",
        ),
    ];
    for (outbound, class) in cases {
        let sent = Youtube
            .send(&account(&network), &outbound, &fixture::http())
            .await;
        assert_eq!(sent.expect_err("it is refused").class(), class);
    }
    let mut without = account(&network);
    without.secrets = json!({"refresh_token": "old"});
    let sent = Youtube.send(&without, &answer("x"), &fixture::http()).await;
    assert_eq!(
        sent.unwrap_err().class(),
        "retry_backoff",
        "a token is on its way"
    );
    assert!(network.asked().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_found_below_its_comment() {
    let below = || list(&[comment("Ugx1.a", "ben", "Nein", Some("Ugx1"))]);
    let ours = comment("Ugx1.z", "nordbahn", "@ben Guten  Tag", Some("Ugx1"));
    let theirs = comment("Ugx1.y", "anna", "@ben Guten Tag", Some("Ugx1"));
    let mut old = ours.clone();
    old["snippet"]["publishedAt"] = json!("2026-11-22T03:59:00Z");
    let first = Script::json(200, &json!({"items": [theirs, old], "nextPageToken": "p2"}));
    let network = FakeNetwork::start(vec![
        below(),
        Script::Close,
        below(),
        first,
        list(&[]),
        below(),
        list(&[ours]),
        list(&[]),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    let outbound = Outbound {
        in_reply_to: Some("Ugx1.a".to_owned()),
        ..answer("Guten Tag")
    };
    let lost = Youtube.send(&account, &outbound, &http).await.unwrap_err();
    assert_eq!(lost.class(), "uncertain");
    assert_eq!(Youtube.look_for(&account, &outbound, &http).await, Ok(None));
    assert!(
        network
            .last_asked()
            .path
            .contains("parentId=Ugx1&pageToken=p2")
    );
    let found = Youtube
        .look_for(&account, &outbound, &http)
        .await
        .expect("it answers");
    assert_eq!(
        found.map(|receipt| receipt.network_id).as_deref(),
        Some("Ugx1.z")
    );
    assert_eq!(
        Youtube.look_for(&account, &outbound, &http).await,
        Ok(None),
        "the comment is gone"
    );

    let thread = json!({"id": "Ugx9", "snippet": {"topLevelComment": comment("Ugx9", "nordbahn", "Hier", None)}});
    let network = FakeNetwork::start(vec![list(&[thread])]).await;
    let below_video = Outbound {
        in_reply_to: Some(VIDEO.to_owned()),
        ..answer("Hier")
    };
    let mut asking = account.clone();
    asking.settings["base_url"] = json!(network.url(""));
    let found = Youtube
        .look_for(&asking, &below_video, &http)
        .await
        .expect("it answers");
    assert_eq!(
        found.map(|receipt| receipt.network_id).as_deref(),
        Some("Ugx9")
    );
}

#[tokio::test]
async fn a_token_is_renewed_and_its_refusal_named() {
    let granted =
        json!({"access_token": "new", "expires_in": 3599, "scope": SCOPE, "token_type": "Bearer"});
    let network = FakeNetwork::start(vec![
        Script::json(200, &granted),
        Script::json(400, &json!({"error": "invalid_grant"})),
    ])
    .await;
    let (account, http) = (account(&network), fixture::http());
    assert_eq!(
        Youtube.renew_at(&account),
        Some(NOW),
        "nobody knows how old it is"
    );
    let secrets = Youtube
        .renew(&account, &http)
        .await
        .expect("a token is given");
    assert_eq!(secrets["access_token"], "new");
    assert_eq!(secrets.get("refresh_token"), None, "the old one stays");
    let form = String::from_utf8(network.last_asked().body).expect("a form");
    assert_eq!(
        form,
        "grant_type=refresh_token&client_id=app&client_secret=hush&refresh_token=old"
    );
    let dead = Youtube.renew(&account, &http).await.unwrap_err();
    assert_eq!(
        dead,
        SendError::AuthBroken("no new token: invalid_grant".to_owned())
    );
}

#[tokio::test]
async fn the_probe_tells_what_is_wrong() {
    let own = |id: &str| list(&[json!({"id": id})]);
    let cases = [
        (own("UCnordbahn"), None),
        (own("UCandere"), Some(FindingClass::Token)),
        (refused(401, "authError"), Some(FindingClass::Token)),
        (refused(403, "forbidden"), Some(FindingClass::Restricted)),
        (refused(403, "quotaExceeded"), None),
    ];
    for (script, class) in cases {
        let network = FakeNetwork::start(vec![script]).await;
        let found = Youtube.probe(&account(&network), &fixture::http()).await;
        let classes: Vec<FindingClass> = found
            .expect("it answers")
            .iter()
            .map(|found| found.class)
            .collect();
        assert_eq!(classes, class.into_iter().collect::<Vec<_>>());
    }
    let network = FakeNetwork::start(vec![Script::text(502, "")]).await;
    let mut account = account(&network);
    assert!(Youtube.probe(&account, &fixture::http()).await.is_err());
    account.secrets["granted_scopes"] = json!("https://www.googleapis.com/auth/youtube.readonly");
    let found = Youtube
        .probe(&account, &fixture::http())
        .await
        .expect("a finding");
    assert_eq!(found[0].class, FindingClass::Permission);
}
