//! `/conversations/{id}/messages` and `/messages`: in by the hook, opened, answered, delivered once.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value as Json, json};

use crate::houses;
use crate::network::{Desk, Turn, post_of, private_of};

async fn one(desk: &Desk<'_>) -> String {
    desk.happens(&[post_of("p1", "anna", "Wo bleibt der Zug?", 1, None)])
        .await;
    let seen = desk.only_conversation(&desk.agent).await;
    seen["id"].as_str().expect("an id").to_owned()
}

fn state(message: &Json) -> &str {
    message["delivery"]["state"].as_str().unwrap_or("none")
}

#[tokio::test]
async fn a_post_comes_in_and_its_answer_goes_out_once() {
    for house in houses().await {
        let desk = house.desk().await;
        let id = one(&desk).await;
        let opened = desk.agent.get(&format!("/api/v1/conversations/{id}")).await;
        assert_eq!(opened.json["capabilities"]["public"]["send"], true);
        assert_eq!(opened.json["reply_target"]["public"]["to"], "@anna");

        let queued = desk.answer(&id, "In zehn Minuten.").await;
        assert_eq!((queued.status, state(&queued.json)), (202, "queued"));
        assert_eq!(queued.json["author"]["is_agent"], true);
        desk.work().await;
        desk.work().await;
        let taken = desk.network.taken();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0]["body"], "In zehn Minuten.");
        assert_eq!(taken[0]["in_reply_to"], "p1");
        assert_eq!(taken[0]["message_id"], queued.json["id"]);
        let sent = desk.newest_message(&id).await;
        assert_eq!(state(&sent), "sent");
        assert_eq!(sent["network_id"], format!("net-{}", queued.id()));
        let conversation = desk.only_conversation(&desk.agent).await;
        assert_eq!(conversation["status"], "waiting");
        assert_eq!(conversation["waiting_since"], Json::Null);
        assert_eq!(conversation["preview_direction"], "out");

        // The network tells of our own words, and of a thanks.
        let mut echo = post_of(
            sent["network_id"].as_str().expect("an id"),
            "us",
            "x",
            9,
            Some("p1"),
        );
        echo["author"]["own"] = json!(true);
        let thanks = json!({
            "type": "reaction", "of": sent["network_id"], "reaction": "thanks",
            "author": {"id": "id-anna", "name": "anna"},
        });
        desk.happens(&[echo, thanks]).await;
        let after = desk.newest_message(&id).await;
        assert_eq!(after["id"], queued.json["id"]);
        assert_eq!(
            after["reactions"],
            json!([{"kind": "thanks", "count": 1, "ours": false}])
        );
    }
}

#[tokio::test]
async fn the_same_key_writes_one_answer() {
    for house in houses().await {
        let desk = house.desk().await;
        let id = one(&desk).await;
        let path = format!("/api/v1/conversations/{id}/messages");
        let body = json!({"body": "Einmal.", "visibility": "public"});
        let key = [("idempotency-key", "one-answer")];
        let first = desk
            .agent
            .send(Method::POST, &path, Some(body.clone()), &key)
            .await;
        let again = desk.agent.send(Method::POST, &path, Some(body), &key).await;
        assert_eq!((first.status, again.status), (202, 202));
        assert_eq!(first.json["id"], again.json["id"]);
        let other = json!({"body": "Zweimal.", "visibility": "public"});
        let reused = desk
            .agent
            .send(Method::POST, &path, Some(other), &key)
            .await;
        assert_eq!(
            (reused.status, reused.code()),
            (422, "idempotency_key_reused")
        );
        desk.work().await;
        assert_eq!(desk.network.taken().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_answer_says_why_and_goes_out_by_hand() {
    for house in houses().await {
        let desk = house.desk().await;
        let id = one(&desk).await;
        desk.network.will([Turn::Refuse(422)]);
        let queued = desk.answer(&id, "So nicht.").await;
        desk.work().await;
        let failed = desk.newest_message(&id).await;
        assert_eq!(state(&failed), "failed");
        assert_eq!(failed["delivery"]["reason"]["class"], "content_rejected");
        let alerts = desk.agent.get("/api/v1/alerts").await;
        assert_eq!(alerts.json["items"][0]["message_id"], queued.json["id"]);
        let reason = json!({"class": "content_rejected", "detail": "not so"});
        assert_eq!(alerts.json["items"][0]["reason"], reason);
        assert_eq!(
            desk.outsider.get("/api/v1/alerts").await.json["items"],
            json!([])
        );
        let overview = desk.supervisor.get("/api/v1/overview").await;
        assert_eq!(overview.json["channels"][0]["failed_out"], 1);

        let message = format!("/api/v1/messages/{}", queued.id());
        let others = desk
            .outsider
            .post(&format!("{message}/retry"), json!({}))
            .await;
        assert_eq!(others.status, 404);
        let again = desk
            .agent
            .post(&format!("{message}/retry"), json!({}))
            .await;
        assert_eq!((again.status, state(&again.json)), (200, "queued"));
        desk.work().await;
        assert_eq!(state(&desk.newest_message(&id).await), "sent");
        assert_eq!(desk.network.taken().len(), 1);
        assert_eq!(
            desk.agent.get("/api/v1/alerts").await.json["items"],
            json!([])
        );
        let needless = desk
            .agent
            .post(&format!("{message}/retry"), json!({}))
            .await;
        assert_eq!(
            (needless.status, needless.code()),
            (409, "message_needs_no_retry")
        );
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_never_sent_twice() {
    for house in houses().await {
        let desk = house.desk().await;
        let id = one(&desk).await;
        desk.network.will([Turn::TakeAndMumble]);
        desk.answer(&id, "Kommt an.").await;
        desk.work().await;
        assert_eq!(state(&desk.newest_message(&id).await), "sending");
        house.clock.pass(Duration::from_secs(3));
        desk.work().await;
        assert_eq!(state(&desk.newest_message(&id).await), "sent");
        assert_eq!(desk.network.taken().len(), 1);
    }
}

#[tokio::test]
async fn where_nobody_can_be_asked_a_person_decides() {
    for house in houses().await {
        let desk = house.desk_with(false).await;
        let id = one(&desk).await;
        desk.network.will([Turn::TakeAndMumble]);
        let queued = desk.answer(&id, "Kommt an?").await;
        desk.work().await;
        let uncertain = desk.newest_message(&id).await;
        assert_eq!(state(&uncertain), "uncertain");
        assert_eq!(uncertain["delivery"]["can_check"], false);
        house.clock.pass(Duration::from_hours(1));
        desk.work().await;
        assert_eq!(desk.network.taken().len(), 1);
        let message = format!("/api/v1/messages/{}", queued.id());
        let check = desk
            .agent
            .post(&format!("{message}/check"), json!({}))
            .await;
        assert_eq!(
            (check.status, check.code()),
            (409, "network_cannot_be_asked")
        );
    }
}

#[tokio::test]
async fn an_answer_can_be_taken_back_before_it_leaves() {
    for house in houses().await {
        let desk = house.desk().await;
        let id = one(&desk).await;
        let queued = desk.answer(&id, "Doch nicht.").await;
        let message = format!("/api/v1/messages/{}", queued.id());
        let back = desk
            .agent
            .post(&format!("{message}/cancel"), json!({}))
            .await;
        assert_eq!((back.status, state(&back.json)), (200, "cancelled"));
        assert_eq!(back.json["body"], "Doch nicht.");
        desk.work().await;
        assert_eq!(desk.network.taken().len(), 0);
        let conversation = desk.only_conversation(&desk.agent).await;
        assert_eq!(conversation["message_count"], 1);

        desk.answer(&id, "Doch.").await;
        desk.work().await;
        let sent = desk.newest_message(&id).await;
        let message = format!("/api/v1/messages/{}", sent["id"].as_str().expect("an id"));
        let late = desk
            .agent
            .post(&format!("{message}/cancel"), json!({}))
            .await;
        assert_eq!((late.status, late.code()), (409, "message_has_left"));
    }
}

#[tokio::test]
async fn a_sent_answer_is_edited_and_taken_back_at_the_network() {
    for house in houses().await {
        let desk = house.desk().await;
        let id = one(&desk).await;
        let queued = desk.answer(&id, "In zehn Minuten.").await;
        desk.work().await;
        let message = format!("/api/v1/messages/{}", queued.id());
        let edit = json!({"body": "In zwölf Minuten."});
        assert_eq!(
            desk.agent
                .post(&format!("{message}/edit"), edit)
                .await
                .status,
            202
        );
        desk.work().await;
        let edited = desk.newest_message(&id).await;
        assert_eq!(edited["body"], "In zwölf Minuten.");
        assert_ne!(edited["edited_at"], Json::Null);

        let gone = desk.agent.send(Method::DELETE, &message, None, &[]).await;
        assert_eq!(gone.status, 202, "{gone:?}");
        desk.work().await;
        let deleted = desk.newest_message(&id).await;
        assert_eq!(deleted["body"], "");
        assert_ne!(deleted["deleted_at"], Json::Null);
        let kinds: Vec<Json> = desk
            .network
            .taken()
            .iter()
            .map(|item| item["type"].clone())
            .collect();
        assert_eq!(kinds, ["reply", "edit", "delete"]);
    }
}

#[tokio::test]
async fn a_reaction_reaches_the_network() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    let id = one(&desk).await;
    let theirs = desk.newest_message(&id).await;
    let path = format!(
        "/api/v1/messages/{}/reactions",
        theirs["id"].as_str().expect("an id")
    );
    let strange = desk
        .agent
        .post(&path, json!({"kind": "shrug", "add": true}))
        .await;
    assert_eq!(strange.fault(), ("kind", "not_a_choice"));
    let like = desk
        .agent
        .post(&path, json!({"kind": "like", "add": true}))
        .await;
    assert_eq!(like.status, 202, "{like:?}");
    desk.work().await;
    assert_eq!(desk.network.taken()[0]["of"], "p1");
}

#[tokio::test]
async fn what_cannot_be_written_says_why() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    desk.happens(&[private_of("p1", "anna", "Geheim", 1)]).await;
    let seen = desk.only_conversation(&desk.agent).await;
    let path = format!(
        "/api/v1/conversations/{}/messages",
        seen["id"].as_str().expect("an id")
    );
    let foreign = desk
        .outsider
        .post(&path, json!({"body": "x", "visibility": "private"}))
        .await;
    assert_eq!(foreign.status, 404);
    for (body, status, code) in [
        (
            json!({"body": " ", "visibility": "private"}),
            422,
            "validation_failed",
        ),
        (json!({"body": "x"}), 422, "validation_failed"),
        (
            json!({"body": "x", "visibility": "loud"}),
            422,
            "validation_failed",
        ),
        (
            json!({"body": "x", "visibility": "private", "attachments": ["7"]}),
            422,
            "validation_failed",
        ),
        (
            json!({"body": "x", "visibility": "private", "in_reply_to": "7"}),
            422,
            "validation_failed",
        ),
        (
            json!({"body": "x", "visibility": "private", "mentions": [desk.agent_id]}),
            422,
            "validation_failed",
        ),
        (
            json!({"body": "x", "visibility": "public"}),
            409,
            "nothing_to_answer",
        ),
    ] {
        let answer = desk.agent.post(&path, body.clone()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{body} {answer:?}"
        );
    }
}

#[tokio::test]
async fn messages_are_paged_from_both_ends() {
    for house in houses().await {
        let desk = house.desk().await;
        let posts: Vec<Json> = (1..=7)
            .map(|number| {
                let parent = (number > 1).then_some("p1");
                post_of(
                    &format!("p{number}"),
                    "anna",
                    &number.to_string(),
                    number,
                    parent,
                )
            })
            .collect();
        desk.happens(&posts).await;
        let seen = desk.only_conversation(&desk.agent).await;
        let id = seen["id"].as_str().expect("an id");
        for (order, expected) in [("oldest", "1234567"), ("newest", "7654321")] {
            let start = format!("/api/v1/conversations/{id}/messages?limit=3&order={order}");
            let mut path = start.clone();
            let mut told = String::new();
            loop {
                let page = desk.agent.get(&path).await;
                for item in page.json["items"].as_array().expect("items") {
                    told += item["body"].as_str().expect("a body");
                }
                let Some(cursor) = page.json["next_cursor"].as_str() else {
                    break;
                };
                path = format!("{start}&cursor={cursor}");
            }
            assert_eq!(told, expected);
        }
    }
}

#[tokio::test]
async fn the_place_of_a_message_is_an_address_of_the_web() {
    for house in houses().await {
        let desk = house.desk().await;
        for (second, (place, told)) in (1..).zip([
            ("https://social.example/1", true),
            ("HTTP://social.example/1", true),
            ("javascript:alert(1)", false),
            ("data:text/html,<script>alert(1)</script>", false),
            ("ü", false),
        ]) {
            let mut post = post_of(place, place, "Wo bleibt der Zug?", second, None);
            post["url"] = json!(place);
            desk.happens(&[post]).await;
            let list = desk.agent.get("/api/v1/conversations?limit=1").await;
            let id = list.json["items"][0]["id"].as_str().expect("an id");
            let message = desk.newest_message(id).await;
            assert_eq!(message["network_id"], place);
            let expected = if told { json!(place) } else { Json::Null };
            assert_eq!(message["url"], expected);
        }
    }
}
