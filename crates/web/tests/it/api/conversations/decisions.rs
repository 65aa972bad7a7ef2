//! What people decide about a conversation, at which version, and who may not.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value as Json, json};

use super::subjects;
use crate::network::post_of;
use crate::{Client, houses};

#[tokio::test]
async fn what_people_decide_is_kept_at_the_version_they_saw() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let seen = desk.only_conversation(&desk.agent).await;
        let path = format!(
            "/api/v1/conversations/{}",
            seen["id"].as_str().expect("an id")
        );
        let version = seen["version"].as_i64().expect("a version");

        let blind = desk
            .agent
            .post(
                &format!("{path}/assignment"),
                json!({"agent": desk.agent_id}),
            )
            .await;
        assert_eq!((blind.status, blind.code()), (428, "if_match_required"));

        let mut version = version;
        for (aspect, body, field, expected) in [
            (
                "assignment",
                json!({"agent": desk.agent_id}),
                "assignee",
                json!({"id": desk.agent_id, "name": "ada"}),
            ),
            (
                "priority",
                json!({"priority": "urgent"}),
                "priority",
                json!("urgent"),
            ),
            ("kind", json!({"kind": "praise"}), "kind", json!("praise")),
            (
                "subject",
                json!({"subject": "Zug"}),
                "subject",
                json!("Zug"),
            ),
            (
                "status",
                json!({"status": "resolved"}),
                "status",
                json!("resolved"),
            ),
            ("status", json!({"status": "open"}), "status", json!("open")),
            ("assignment", json!(null), "assignee", json!(null)),
        ] {
            let answer = desk
                .agent
                .change(&format!("{path}/{aspect}"), version, body)
                .await;
            assert_eq!(answer.status, 200, "{aspect} {answer:?}");
            assert_eq!(answer.json[field], expected, "{aspect}");
            let next = answer.json["version"].as_i64().expect("a version");
            assert!(next > version);
            assert_eq!(answer.header("etag"), format!("\"{next}\""));
            let late = desk
                .agent
                .change(
                    &format!("{path}/priority"),
                    version,
                    json!({"priority": "low"}),
                )
                .await;
            assert_eq!((late.status, late.code()), (412, "version_conflict"));
            assert_eq!(late.json["current_version"], next);
            version = next;
        }
        let tagged = desk
            .agent
            .change(
                &format!("{path}/tags"),
                version,
                json!({"add": ["Zug", "<b>"]}),
            )
            .await;
        let names: BTreeSet<&str> = tagged.json["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .filter_map(|tag| tag["name"].as_str())
            .collect();
        assert_eq!(names, BTreeSet::from(["Zug", "<b>"]));
        assert_eq!(subjects(&desk.agent, "tag=Zug").await.len(), 1);

        let events = desk.agent.get(&format!("{path}/events")).await;
        let kinds: Vec<&str> = events.json["items"]
            .as_array()
            .expect("events")
            .iter()
            .filter_map(|event| event["kind"].as_str())
            .collect();
        for kind in [
            "conversation_opened",
            "message_received",
            "assigned",
            "tags_changed",
        ] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
        assert!(!events.text.contains("Hallo"));
    }
}

#[tokio::test]
async fn what_cannot_be_decided_says_why() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
        .await;
    let seen = desk.only_conversation(&desk.agent).await;
    let path = format!(
        "/api/v1/conversations/{}",
        seen["id"].as_str().expect("an id")
    );
    let version = seen["version"].as_i64().expect("a version");
    for (aspect, body, status, code) in [
        (
            "status",
            json!({"status": "gone"}),
            422,
            "validation_failed",
        ),
        (
            "status",
            json!({"status": "snoozed"}),
            409,
            "snooze_needs_time",
        ),
        ("status", json!({}), 422, "validation_failed"),
        (
            "assignment",
            json!({"agent": "1"}),
            422,
            "validation_failed",
        ),
        (
            "assignment",
            json!({"agent": "1", "team": "1"}),
            422,
            "validation_failed",
        ),
        (
            "assignment",
            json!({"owner": "1"}),
            422,
            "validation_failed",
        ),
        ("tags", json!({"add": [""]}), 422, "validation_failed"),
        ("split", json!({"messages": []}), 422, "validation_failed"),
        (
            "join",
            json!({"into": seen["id"]}),
            409,
            "cannot_join_itself",
        ),
        ("unjoin", json!({}), 409, "conversation_is_not_joined"),
    ] {
        let answer = desk
            .agent
            .change(&format!("{path}/{aspect}"), version, body.clone())
            .await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{aspect} {body}"
        );
    }
}

#[tokio::test]
async fn a_conversation_that_is_given_away_is_gone_for_the_team_that_gave_it() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let seen = desk.only_conversation(&desk.agent).await;
        let path = format!(
            "/api/v1/conversations/{}",
            seen["id"].as_str().expect("an id")
        );
        assert_eq!(desk.outsider.get(&path).await.status, 404);

        let given = desk
            .agent
            .change(
                &format!("{path}/assignment"),
                seen["version"].as_i64().expect("a version"),
                json!({"team": desk.other_team}),
            )
            .await;
        assert_eq!(
            (given.status, &given.json["team"]["name"]),
            (200, &json!("Funk"))
        );
        assert_eq!(desk.agent.get(&path).await.status, 404);
        assert_eq!(desk.outsider.get(&path).await.status, 200);
        assert_eq!(subjects(&desk.agent, "q=hallo").await.len(), 0);
        assert_eq!(subjects(&desk.outsider, "q=hallo").await.len(), 1);
    }
}

#[tokio::test]
async fn splitting_and_joining_can_be_undone() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[
            post_of("p1", "anna", "Hallo", 1, None),
            post_of("p2", "bert", "Und bei mir erst!", 2, Some("p1")),
        ])
        .await;
        let seen = desk.only_conversation(&desk.agent).await;
        let path = format!(
            "/api/v1/conversations/{}",
            seen["id"].as_str().expect("an id")
        );
        let messages = desk.agent.get(&format!("{path}/messages")).await;
        assert_eq!(messages.json["items"][1]["depth"], 1);
        let second = messages.json["items"][1]["id"].clone();
        let version = seen["version"].as_i64().expect("a version");
        let split = desk
            .agent
            .change(
                &format!("{path}/split"),
                version,
                json!({"messages": [second]}),
            )
            .await;
        assert_eq!(split.status, 200, "{split:?}");
        assert_eq!(split.json["linked_to"], seen["id"]);
        assert_eq!(split.json["contact"]["name"], "bert");
        assert_eq!(subjects(&desk.agent, "").await.len(), 2);

        let new = format!("/api/v1/conversations/{}", split.id());
        let version = split.json["version"].as_i64().expect("a version");
        let joined = desk
            .agent
            .change(&format!("{new}/join"), version, json!({"into": seen["id"]}))
            .await;
        assert_eq!(
            (joined.status, &joined.json["joined_into"]),
            (200, &seen["id"])
        );
        assert_eq!(subjects(&desk.agent, "").await.len(), 1);
        let version = joined.json["version"].as_i64().expect("a version");
        let apart = desk
            .agent
            .change(&format!("{new}/unjoin"), version, json!({}))
            .await;
        assert_eq!(
            (apart.status, &apart.json["joined_into"]),
            (200, &Json::Null)
        );
        assert_eq!(subjects(&desk.agent, "").await.len(), 2);
    }
}

#[tokio::test]
async fn what_people_write_comes_back_as_they_wrote_it() {
    for house in houses().await {
        let desk = house.desk().await;
        let nasty = "<script>alert(1)</script> \"quoted\" & \u{202e}evil {{x}} javascript:alert(1)";
        desk.happens(&[post_of(
            "p1",
            "<img src=x onerror=alert(1)>",
            nasty,
            1,
            None,
        )])
        .await;
        let conversation = desk.only_conversation(&desk.agent).await;
        assert_eq!(conversation["preview"], nasty);
        let id = conversation["id"].as_str().expect("an id");
        let messages = desk
            .agent
            .get(&format!("/api/v1/conversations/{id}/messages"))
            .await;
        assert_eq!(messages.json["items"][0]["body"], nasty);
        assert_eq!(messages.header("content-type"), "application/json");
        assert_eq!(messages.header("x-content-type-options"), "nosniff");
        assert!(
            messages
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
}

#[tokio::test]
async fn a_token_that_may_only_read_writes_nothing() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
        .await;
    let made = desk
        .agent
        .post(
            "/api/v1/tokens",
            json!({"name": "reader", "scopes": ["conversations:read"]}),
        )
        .await;
    let reader = Client {
        bearer: made.json["token"].as_str().map(str::to_owned),
        ..house.stranger()
    };
    let seen = desk.only_conversation(&reader).await;
    let path = format!(
        "/api/v1/conversations/{}",
        seen["id"].as_str().expect("an id")
    );
    assert_eq!(reader.get(&path).await.status, 200);
    let version = seen["version"].as_i64().expect("a version");
    let written = reader
        .change(
            &format!("{path}/priority"),
            version,
            json!({"priority": "low"}),
        )
        .await;
    assert_eq!((written.status, written.code()), (403, "forbidden"));
    let reply = json!({"body": "x", "visibility": "public"});
    assert_eq!(
        reader.post(&format!("{path}/messages"), reply).await.status,
        403
    );
    assert_eq!(reader.get("/api/v1/contacts").await.status, 403);
    let cookie_without_token = desk
        .agent
        .send(
            Method::POST,
            &format!("{path}/read"),
            Some(json!({})),
            &[("x-csrf-token", "wrong")],
        )
        .await;
    assert_eq!(cookie_without_token.code(), "csrf_failed");
}
