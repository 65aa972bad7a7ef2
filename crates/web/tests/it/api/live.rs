//! `/live`: what happens appears within a second, without gaps, to those who may see it and only as
//! long as they may.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, Request};
use futures::StreamExt;
use kulant_care::jobs;
use kulant_model::role::Role;
use serde_json::{Value as Json, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::network::{Desk, post_of};
use crate::{Client, House, houses};

/// How long anything may take to appear.
const SOON: Duration = Duration::from_secs(1);
/// How long a right that ended may go unnoticed.
const SECONDS: Duration = Duration::from_secs(8);

/// One thing that was said.
#[derive(Debug)]
struct Said {
    event: String,
    id: Option<String>,
    data: Json,
}

/// An open line.
struct Line {
    body: BodyDataStream,
    read: String,
}

impl Line {
    async fn open(client: &Client, last: Option<&str>) -> Self {
        let mut request = Request::builder().method(Method::GET).uri("/api/v1/live");
        if let Some(cookie) = &client.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(token) = &client.bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).expect("a request");
        let answer = client.router.clone().oneshot(request).await;
        let answer = answer.expect("the router always answers");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert!(!answer.headers().contains_key("content-encoding"));
        Self {
            body: answer.into_body().into_data_stream(),
            read: String::new(),
        }
    }

    /// Returns the next thing said; none when the line has ended or nothing was said in time.
    async fn next(&mut self, longest: Duration) -> Option<Said> {
        let said = tokio::time::timeout(longest, self.next_frame()).await;
        said.ok().flatten()
    }

    async fn next_frame(&mut self) -> Option<Said> {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let frame: String = self.read.drain(..end + 2).collect();
                let said = read(&frame);
                if said.is_some() {
                    return said;
                }
                continue;
            }
            let bytes = self.body.next().await?.expect("a line that holds");
            self.read += std::str::from_utf8(&bytes).expect("text");
        }
    }

    /// Returns the next change of a kind, passing over the rest.
    async fn change(&mut self, kind: &str) -> Said {
        loop {
            let said = self.next(SOON).await;
            let said = said.unwrap_or_else(|| panic!("{kind} was not said in time"));
            if said.event == "change" && said.data["kind"] == kind {
                return said;
            }
        }
    }

    async fn event(&mut self, event: &str) -> Said {
        loop {
            let said = self.next(SOON).await;
            let said = said.unwrap_or_else(|| panic!("{event} was not said in time"));
            if said.event == event {
                return said;
            }
        }
    }

    /// Returns whether the line ends soon, whatever is said before.
    async fn ends(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        let waiting = async {
            while let Some(one) = self.next_frame().await {
                said.push(one.event);
            }
        };
        tokio::time::timeout(SECONDS, waiting)
            .await
            .expect("the line ends");
        said
    }
}

fn read(frame: &str) -> Option<Said> {
    let field = |name: &str| {
        frame
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some(Said {
        event: field("event")?.to_owned(),
        id: field("id").map(str::to_owned),
        data: serde_json::from_str(field("data")?).expect("JSON"),
    })
}

/// Lets the background work until it is dropped.
fn at_work(house: &House) -> (JoinSet<()>, watch::Sender<bool>) {
    let (stop, stopped) = watch::channel(false);
    let mut working = JoinSet::new();
    working.spawn(jobs::run(house.care.clone(), stopped));
    (working, stop)
}

async fn hook(desk: &Desk<'_>, id: &str, item: &Json) {
    assert_eq!(desk.hook(id, &item.to_string()).await.status, 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_and_an_assignment_appear_within_a_second() {
    for house in houses().await {
        let desk = house.desk().await;
        let working = at_work(&house);
        let mut line = Line::open(&desk.agent, None).await;
        let hello = line.next(SOON).await.expect("a greeting");
        assert_eq!(hello.event, "hello");
        let mut of_others = Line::open(&desk.outsider, None).await;

        hook(
            &desk,
            "d1",
            &post_of("p1", "anna", "Wo bleibt der Zug?", 1, None),
        )
        .await;
        let received = line.change("message_received").await;
        assert_eq!(received.data["message"]["body"], "Wo bleibt der Zug?");
        assert_eq!(
            received.data["conversation"]["preview"],
            "Wo bleibt der Zug?"
        );
        assert_eq!(received.id.as_deref(), received.data["seq"].as_str());

        let conversation = &received.data["conversation"];
        let id = conversation["id"].as_str().expect("an id");
        let version = conversation["version"].as_i64().expect("a version");
        let path = format!("/api/v1/conversations/{id}/assignment");
        let assigned = desk
            .supervisor
            .change(&path, version, json!({"agent": desk.agent_id}))
            .await;
        assert_eq!(assigned.status, 200);
        let told = line.change("assigned").await;
        assert_eq!(told.data["conversation"]["assignee"]["name"], "ada");
        assert_eq!(
            told.data["conversation"]["version"],
            assigned.json["version"]
        );

        desk.answer(id, "In zehn Minuten.").await;
        let sent = line.change("message_sent").await;
        assert_eq!(sent.data["message"]["delivery"]["state"], "sent");

        // Whoever is of another team heard of none of it.
        while let Some(said) = of_others.next(Duration::from_millis(300)).await {
            assert!(["hello", "here"].contains(&said.event.as_str()), "{said:?}");
        }
        drop(working);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_misses_nothing_and_hears_nothing_twice() {
    for house in houses().await {
        let desk = house.desk().await;
        let working = at_work(&house);
        let mut line = Line::open(&desk.agent, None).await;
        hook(&desk, "d0", &post_of("p0", "anna", "0", 1, None)).await;
        let mut heard = vec![line.change("message_received").await];
        let last = heard[0].id.clone().expect("an id");
        drop(line);
        for number in 1..=5 {
            let item = post_of(
                &format!("p{number}"),
                "anna",
                &number.to_string(),
                number,
                None,
            );
            hook(&desk, &format!("d{number}"), &item).await;
        }
        let mut line = Line::open(&desk.agent, Some(&last)).await;
        assert_eq!(line.next(SOON).await.expect("a greeting").data["seq"], last);
        for number in 6..=9 {
            let item = post_of(
                &format!("p{number}"),
                "anna",
                &number.to_string(),
                number,
                None,
            );
            hook(&desk, &format!("d{number}"), &item).await;
        }
        for _ in 1..=9 {
            heard.push(line.change("message_received").await);
        }
        let bodies: Vec<&str> = heard
            .iter()
            .filter_map(|said| said.data["message"]["body"].as_str())
            .collect();
        assert_eq!(bodies, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        let sequences: Vec<i64> = heard
            .iter()
            .filter_map(|said| said.id.as_ref()?.parse().ok())
            .collect();
        assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]));
        for strange in ["99999999", "-1", "yesterday"] {
            let mut line = Line::open(&desk.agent, Some(strange)).await;
            assert_eq!(line.next(SOON).await.expect("a greeting").event, "hello");
            assert_eq!(line.next(SOON).await.expect("an advice").event, "reload");
        }
        drop(working);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lags_far_behind_is_told_to_reload() {
    let house = &houses().await[0];
    let desk = house.desk().await;
    let working = at_work(house);
    let mut line = Line::open(&desk.agent, None).await;
    for portion in 0..3 {
        let items: Vec<Json> = (0..1_000)
            .map(|number| post_of(&format!("p{portion}-{number}"), "anna", "x", number, None))
            .collect();
        let body = json!({ "items": items });
        hook(&desk, &format!("d{portion}"), &body).await;
    }
    // Whether everything was told is seen by a second line, which listens all the time.
    let mut quick = Line::open(&desk.supervisor, None).await;
    while quick.next(Duration::from_secs(2)).await.is_some() {}
    line.event("reload").await;
    hook(
        &desk,
        "last",
        &post_of("last", "bert", "Und jetzt", 9_999, None),
    )
    .await;
    let received = line.change("message_received").await;
    assert_eq!(received.data["message"]["body"], "Und jetzt");
    drop(working);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colleagues_reading_and_typing_appear_to_those_who_may_see_the_conversation() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let seen = desk.only_conversation(&desk.agent).await;
        let mut line = Line::open(&desk.agent, None).await;
        let mut of_others = Line::open(&desk.outsider, None).await;
        let at = |activity: &str| json!({"conversation_id": seen["id"], "activity": activity});

        let said = desk
            .supervisor
            .post("/api/v1/presence", at("writing"))
            .await;
        assert_eq!(said.status, 204, "{said:?}");
        let presence = line.event("presence").await;
        assert_eq!(presence.data["conversation_id"], seen["id"]);
        assert_eq!(presence.data["agents"][0]["name"], "sara");
        assert_eq!(presence.data["agents"][0]["activity"], "writing");
        let here = line.event("here").await;
        assert_eq!(here.data["agents"][0]["name"], "sara");

        let mut late = Line::open(&desk.agent, None).await;
        let presence = late.event("presence").await;
        assert_eq!(presence.data["agents"][0]["activity"], "writing");
        let overview = desk.supervisor.get("/api/v1/overview").await;
        assert_eq!(overview.json["present"][0]["conversation_id"], seen["id"]);

        let foreign = desk.outsider.post("/api/v1/presence", at("reading")).await;
        assert_eq!(foreign.status, 404);
        let gone = json!({"conversation_id": null, "activity": "gone"});
        desk.supervisor.post("/api/v1/presence", gone).await;
        let presence = line.event("presence").await;
        assert_eq!(presence.data["agents"], json!([]));
        while let Some(said) = of_others.next(Duration::from_millis(200)).await {
            assert!(["hello", "here"].contains(&said.event.as_str()), "{said:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_ends_ends_the_line() {
    for house in houses().await {
        let desk = house.desk().await;
        let working = at_work(&house);

        let made = desk
            .agent
            .post("/api/v1/tokens", json!({"name": "listener"}))
            .await;
        let listener = Client {
            bearer: made.json["token"].as_str().map(str::to_owned),
            ..house.stranger()
        };
        let mut by_token = Line::open(&listener, None).await;
        let path = format!("/api/v1/tokens/{}", made.id());
        let revoked = desk.agent.send(Method::DELETE, &path, None, &[]).await;
        assert_eq!(revoked.status, 204);
        by_token.ends().await;

        let second = house.sign_in("ada@example.org").await;
        let mut signed_out = Line::open(&second, None).await;
        let out = second
            .send(Method::DELETE, "/api/v1/session", None, &[])
            .await;
        assert_eq!(out.status, 204);
        signed_out.ends().await;

        let mut moved = Line::open(&desk.agent, None).await;
        let path = format!("/api/v1/agents/{}", desk.agent_id);
        let agent = desk.administrator.get(&path).await;
        let version = agent.json["version"].as_i64().expect("a version");
        let change = json!({"teams": [desk.other_team]});
        let changed = desk.administrator.patch(&path, version, change).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!(
            moved.ends().await.last().map(String::as_str),
            Some("reload")
        );

        let mut disabled = Line::open(&desk.agent, None).await;
        let gone = desk.administrator.delete(&path, version + 1).await;
        assert!(gone.status < 300, "{gone:?}");
        disabled.ends().await;
        assert_eq!(desk.agent.get("/api/v1/live").await.status, 401);
        drop(working);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_that_left_the_team_is_named_without_a_word_of_it() {
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Geheimes Wort", 1, None)])
            .await;
        let seen = desk.only_conversation(&desk.agent).await;
        let start = Line::open(&desk.agent, None).await.next(SOON).await;
        let start = start.and_then(|said| said.id).expect("a place");
        let path = format!(
            "/api/v1/conversations/{}",
            seen["id"].as_str().expect("an id")
        );
        let version = seen["version"].as_i64().expect("a version");
        let given = json!({"team": desk.other_team});
        let given = desk
            .supervisor
            .change(&format!("{path}/assignment"), version, given)
            .await;
        assert_eq!(given.status, 200);
        let note = json!({"body": "Nur für Funk", "visibility": "note"});
        let note = desk
            .supervisor
            .post(&format!("{path}/messages"), note)
            .await;
        assert_eq!(note.status, 202);

        let mut line = Line::open(&desk.agent, Some(&start)).await;
        let left = line.change("team_changed").await;
        assert_eq!(left.data["conversation_id"], seen["id"]);
        assert_eq!(left.data["conversation"], Json::Null);
        while let Some(said) = line.next(Duration::from_millis(200)).await {
            assert!(said.event != "change", "{said:?}");
        }
        let mut line = Line::open(&desk.outsider, Some(&start)).await;
        let noted = line.change("note_added").await;
        assert_eq!(noted.data["message"]["body"], "Nur für Funk");
    }
}

/// A desk that is left open asks by itself, and nobody sits before it.
#[tokio::test]
async fn a_desk_that_nobody_uses_ends_with_its_session() {
    const HOURS: Duration = Duration::from_hours(1);
    for house in houses().await {
        let desk = house.desk().await;
        desk.happens(&[post_of("p1", "anna", "Hallo", 1, None)])
            .await;
        let agent = &desk.agent;
        let id = desk.only_conversation(agent).await["id"].clone();
        let path = format!("/api/v1/conversations/{}", id.as_str().expect("an id"));
        let mut first = Line::open(agent, None).await;
        house.clock.pass(7 * HOURS);
        let mut second = Line::open(agent, None).await;
        // Long enough for an open line to ask whether its right goes on.
        tokio::time::sleep(Duration::from_secs(5)).await;
        for path in [
            "/api/v1/session".to_owned(),
            "/api/v1/conversations/counts".to_owned(),
            "/api/v1/alerts".to_owned(),
            format!("{path}/messages"),
            format!("{path}/events"),
        ] {
            assert_eq!(agent.get(&path).await.status, 200, "{path}");
        }
        let body = json!({"conversation_id": id, "activity": "reading"});
        assert_eq!(agent.post("/api/v1/presence", body).await.status, 204);
        let reader = house.sign_in("ada@example.org").await;
        let mut third = Line::open(&reader, None).await;
        house.clock.pass(6 * HOURS);
        assert_eq!(agent.get(&path).await.status, 401, "13 hours without use");
        first.ends().await;
        second.ends().await;
        assert_eq!(reader.get(&path).await.status, 200);
        house.clock.pass(7 * HOURS);
        assert_eq!(reader.get(&path).await.status, 200, "opening one is use");
        assert!(third.next(SECONDS).await.is_some(), "and its line goes on");
    }
}

#[tokio::test]
async fn one_person_holds_so_many_lines_and_no_more() {
    let house = houses().await.remove(0);
    let chef = house.administrator().await;
    house
        .agent("anna@example.org", Role::Administrator, &[])
        .await;
    let anna = house.sign_in("anna@example.org").await;
    let mut lines = Vec::new();
    for _ in 0..300 {
        lines.push(Line::open(&chef, None).await);
    }
    let answer = chef.get("/api/v1/live").await;
    assert_eq!((answer.status, answer.code()), (429, "rate_limited"));
    assert_eq!(answer.header("retry-after"), "30");
    assert_eq!(anna.get("/api/v1/live").await.status, 200);
    lines.pop();
    assert_eq!(chef.get("/api/v1/live").await.status, 200);
}
