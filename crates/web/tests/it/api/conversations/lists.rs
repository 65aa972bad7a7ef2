//! Lists of conversations: pages, filters, order, counts, and where reading goes on.

use serde_json::{Value as Json, json};

use super::{subjects, three};
use crate::network::{post_of, private_of};
use crate::{Client, houses};

#[tokio::test]
async fn lists_are_paged_filtered_and_sorted() {
    for house in houses().await {
        let desk = house.desk().await;
        three(&desk).await;
        let agent = &desk.agent;
        assert_eq!(
            subjects(agent, "").await,
            ["drei Koffer", "zwei Rechnung", "eins Verspätung"]
        );
        assert_eq!(
            subjects(agent, "sort=oldest&limit=1").await,
            ["eins Verspätung"]
        );
        assert_eq!(subjects(agent, "visibility=private").await, ["drei Koffer"]);
        assert_eq!(subjects(agent, "q=rechnungen").await, ["zwei Rechnung"]);
        assert_eq!(subjects(agent, "status=resolved,snoozed").await, [""; 0]);
        assert_eq!(subjects(agent, "status=open,waiting").await.len(), 3);
        assert_eq!(subjects(agent, "assignee=none").await.len(), 3);
        assert_eq!(subjects(agent, "assignee=me").await.len(), 0);
        assert_eq!(subjects(agent, "team=none").await.len(), 0);
        let team = desk.team;
        assert_eq!(subjects(agent, &format!("team={team},none")).await.len(), 3);
        let inbox = &desk.inbox;
        assert_eq!(subjects(agent, &format!("inbox={inbox}")).await.len(), 3);

        let mut seen = Vec::new();
        let mut query = "limit=1&sort=waiting".to_owned();
        loop {
            let page = agent.get(&format!("/api/v1/conversations?{query}")).await;
            seen.push(page.json["items"][0]["preview"].clone());
            let Some(cursor) = page.json["next_cursor"].as_str() else {
                break;
            };
            query = format!("limit=1&sort=waiting&cursor={cursor}");
            let other_order = format!("/api/v1/conversations?cursor={cursor}");
            assert_eq!(
                agent.get(&other_order).await.fault(),
                ("cursor", "not_a_cursor")
            );
        }
        assert_eq!(
            seen,
            [
                json!("eins Verspätung"),
                json!("zwei Rechnung"),
                json!("drei Koffer")
            ]
        );
    }
}

#[tokio::test]
async fn values_that_no_filter_has_are_named() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    for (query, field) in [
        ("status=lost", "status"),
        ("status=open,lost", "status"),
        ("kind=rant", "kind"),
        ("priority=1", "priority"),
        ("visibility=secret", "visibility"),
        ("unread=perhaps", "unread"),
        ("team=x", "team"),
        ("assignee=-1", "assignee"),
        ("inbox=x", "inbox"),
        ("tag=nowhere", "tag"),
        ("mentions=all", "mentions"),
        ("sort=random", "sort"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=xxx", "cursor"),
    ] {
        let answer = desk
            .agent
            .get(&format!("/api/v1/conversations?{query}"))
            .await;
        assert_eq!((answer.status, answer.fault().0), (422, field), "{query}");
    }
    let strange = desk.agent.get("/api/v1/conversations?sttaus=open").await;
    assert_eq!(strange.status, 422);
}

#[tokio::test]
async fn reading_and_mentions_are_counted() {
    for house in houses().await {
        let desk = house.desk().await;
        three(&desk).await;
        let counts = || async { desk.agent.get("/api/v1/conversations/counts").await.json };
        let before = counts().await;
        assert_eq!(before["open_all"], json!({"count": 3, "capped": false}));
        assert_eq!(before["open_unassigned"]["count"], 3);
        assert_eq!(before["mentions"]["count"], 0);
        assert_eq!(before["teams"][0]["id"], json!(desk.team));
        assert_eq!(before["teams"][0]["unassigned"]["count"], 3);
        let of_others = desk.outsider.get("/api/v1/conversations/counts").await.json;
        assert_eq!(of_others["open_all"]["count"], 0);

        let list = desk.agent.get("/api/v1/conversations?unread=true").await;
        assert_eq!(list.json["items"].as_array().map(Vec::len), Some(3));
        let id = list.json["items"][0]["id"].as_str().expect("an id");
        let path = format!("/api/v1/conversations/{id}");
        let note = json!({"body": "Schau mal", "visibility": "note", "mentions": [desk.agent_id]});
        let note = desk
            .supervisor
            .post(&format!("{path}/messages"), note)
            .await;
        assert_eq!(note.status, 202, "{note:?}");
        assert_eq!(counts().await["mentions"]["count"], 1);
        assert_eq!(subjects(&desk.agent, "mentions=me").await.len(), 1);

        let read = desk.agent.post(&format!("{path}/read"), json!({})).await;
        assert_eq!((read.status, &read.json["unread"]), (200, &json!(false)));
        assert_eq!(counts().await["mentions"]["count"], 0);
        let unread = desk.agent.post(&format!("{path}/unread"), json!({})).await;
        assert_eq!(unread.json["unread"], true);
    }
}

#[tokio::test]
async fn what_stands_in_one_line_holds_no_control_characters() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Zug fällt aus", 1, None)])
            .await;
        let conversation = desk.only_conversation(&desk.agent).await;
        let id = conversation["id"].as_str().expect("an id");
        let contact = conversation["contact"]["id"].as_str().expect("an id");
        for odd in ["a\u{0}b", "a\u{8}b"] {
            for (path, body, fault) in [
                ("tags", json!({"add": [odd]}), ("add", "tag_name")),
                (
                    "subject",
                    json!({"subject": odd}),
                    ("subject", "not_one_line"),
                ),
            ] {
                let path = format!("/api/v1/conversations/{id}/{path}");
                let answer = desk.agent.change(&path, 1, body).await;
                assert_eq!((answer.status, answer.fault()), (422, fault), "{odd:?}");
            }
            let path = format!("/api/v1/contacts/{contact}");
            let answer = desk.agent.patch(&path, 1, json!({"name": odd})).await;
            let fault = ("name", "not_one_line");
            assert_eq!((answer.status, answer.fault()), (422, fault), "{odd:?}");
        }
    }
}

#[tokio::test]
async fn reading_goes_on_where_it_ended() {
    for house in houses().await {
        let desk = house.desk().await;
        let path = {
            desk.happens(&[post_of("p1", "anna", "eins", 1, None)])
                .await;
            let id = desk.only_conversation(&desk.agent).await["id"].clone();
            format!("/api/v1/conversations/{}", id.as_str().expect("an id"))
        };
        let agent = &desk.agent;
        let first = || async { agent.get(&path).await.json["first_unread_id"].clone() };
        let id_of = |text: &'static str| {
            let messages = format!("{path}/messages");
            async move {
                let list = agent.get(&messages).await.json;
                let items = list["items"].as_array().expect("items").clone();
                let found = items.into_iter().find(|item| item["body"] == text);
                found.expect("a message")["id"].clone()
            }
        };
        let come = |id: &'static str, second: i64| {
            let item = post_of(id, "anna", id, second, Some("p1"));
            let desk = &desk;
            async move { desk.happens(&[item]).await }
        };
        assert_eq!(first().await, id_of("eins").await);
        agent.post(&format!("{path}/read"), json!({})).await;
        assert_eq!(first().await, Json::Null);

        come("zwei", 2).await;
        come("drei", 3).await;
        assert_eq!(first().await, id_of("zwei").await);
        // A note and a tag are no reading.
        let note = json!({"body": "Hm", "visibility": "note"});
        agent.post(&format!("{path}/messages"), note).await;
        assert_eq!(first().await, id_of("zwei").await);
        let answer = json!({"body": "Ja", "visibility": "public"});
        let sent = agent.post(&format!("{path}/messages"), answer).await;
        assert_eq!(sent.status, 202, "{sent:?}");
        assert_eq!(first().await, Json::Null, "who answers has read");

        come("vier", 4).await;
        assert_eq!(first().await, id_of("vier").await);
        let version = agent.get(&path).await.json["version"].as_i64();
        let version = version.expect("a version");
        let resolved = json!({"status": "resolved"});
        agent
            .change(&format!("{path}/status"), version, resolved)
            .await;
        assert_eq!(first().await, Json::Null, "who resolves has read");
        agent.post(&format!("{path}/unread"), json!({})).await;
        assert_eq!(first().await, id_of("vier").await, "by hand: the newest");
    }
}

#[tokio::test]
async fn what_was_resolved_long_ago_is_not_recent() {
    for house in houses().await {
        let desk = house.desk().await;
        three(&desk).await;
        for item in desk.agent.get("/api/v1/conversations").await.json["items"]
            .as_array()
            .expect("items")
        {
            let path = format!(
                "/api/v1/conversations/{}/status",
                item["id"].as_str().expect("an id")
            );
            let version = item["version"].as_i64().expect("a version");
            let done = json!({"status": "resolved"});
            let answer = desk.agent.change(&path, version, done).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let recent = |agent: Client| async move {
            let counts = agent.get("/api/v1/conversations/counts").await.json;
            let listed = subjects(&agent, "status=resolved&within_days=7").await;
            assert_eq!(counts["resolved_recent"]["count"], json!(listed.len()));
            listed.len()
        };
        assert_eq!(recent(desk.agent.clone()).await, 3);
        house.clock.pass(std::time::Duration::from_hours(8 * 24));
        let agent = house.sign_in("ada@example.org").await;
        assert_eq!(recent(agent.clone()).await, 0);
        assert_eq!(subjects(&agent, "status=resolved").await.len(), 3);
        assert_eq!(
            subjects(&agent, "within_days=20&sort=oldest").await.len(),
            3
        );
        for wrong in ["0", "-1", "x", "3651"] {
            let path = format!("/api/v1/conversations?within_days={wrong}");
            let answer = agent.get(&path).await;
            assert_eq!(
                (answer.status, answer.fault()),
                (422, ("within_days", "not_a_choice"))
            );
        }
    }
}

#[tokio::test]
async fn only_a_question_that_stands_in_public_waits_in_public() {
    for house in houses().await {
        let desk = house.desk().await;
        // In public it is answered, in private it goes on.
        desk.happens(&[post_of("p1", "anna", "Hallo?", 1, None)])
            .await;
        let id = desk.only_conversation(&desk.agent).await["id"].clone();
        let id = id.as_str().expect("an id");
        let messages = format!("/api/v1/conversations/{id}/messages");
        let queue = || async {
            let overview = desk.supervisor.get("/api/v1/overview").await.json;
            let oldest = overview["oldest_public"].as_array().map(Vec::len);
            let queues = overview["queues"].as_array().expect("queues").clone();
            let ours = |queue: &Json| queue["team"]["name"] == "Bahn";
            let queue = queues.into_iter().find(ours).expect("the queue");
            assert_eq!(queue["waiting_public"], json!(oldest));
            (
                queue["open"].as_i64(),
                queue["waiting_public"].as_i64(),
                queue["oldest_waiting_since"].is_string(),
            )
        };
        assert_eq!(queue().await, (Some(1), Some(1), true));
        let answer = json!({"body": "Schreiben Sie uns.", "visibility": "private"});
        let sent = desk.agent.post(&messages, answer).await;
        assert_eq!(sent.status, 202, "{sent:?}");
        desk.work().await;
        assert_eq!(queue().await, (Some(0), Some(0), false));
        let mut private = private_of("p2", "anna", "Meine Nummer ist 7", 2_000);
        private["thread"] = json!("id-anna");
        desk.happens(&[private]).await;
        let mixed = desk.only_conversation(&desk.agent).await;
        assert_eq!(mixed["visibility"], "mixed");
        assert_eq!(queue().await, (Some(1), Some(0), true));
        desk.happens(&[post_of("p3", "anna", "Und nun?", 2_100, Some("p1"))])
            .await;
        assert_eq!(queue().await, (Some(1), Some(1), true));
    }
}
