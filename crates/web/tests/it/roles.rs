//! Every route of the specification, called by everybody: a stranger, an agent of another team, an
//! agent of the team, a supervisor, an administrator. A route that is missing in `RULES` fails here.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::Method;
use kulant_care::admin::inboxes::NewInbox;
use kulant_care::admin::tags::TagChange;
use kulant_care::admin::views::ViewChange;
use kulant_care::announce::{self, NewAnnouncement};
use kulant_care::people::invitations;
use kulant_care::people::tokens::{self, NewToken};
use kulant_care::{accept, access, admin, intake, uploads};
use kulant_channels::delivery::RawDelivery;
use kulant_model::ids::{AgentId, InboxId, TeamId};
use kulant_model::role::{Person, Role};
use serde_json::{Value as Json, json};

use crate::{Client, House, houses};

/// A route, what is sent, and what stranger, outsider, agent, supervisor and administrator get.
/// `ok` is every answer that shows that the person may: neither 401 nor 403 nor 404.
/// Versioned writes name a version that never was, so that nothing happens: 412 is `ok`.
struct Rule(&'static str, &'static str, [&'static str; 5]);

const OPEN: [&str; 5] = ["ok", "ok", "ok", "ok", "ok"];
const SIGNED_IN: [&str; 5] = ["401", "ok", "ok", "ok", "ok"];
const SUPERVISORS: [&str; 5] = ["401", "403", "403", "ok", "ok"];
const ADMINISTRATORS: [&str; 5] = ["401", "403", "403", "403", "ok"];
/// What belongs to a team is hidden from agents of others.
const OF_THE_TEAM: [&str; 5] = ["401", "404", "ok", "ok", "ok"];
/// What belongs to the agent is hidden from everybody else.
const OF_THE_AGENT: [&str; 5] = ["401", "404", "ok", "404", "404"];

const RULES: &[Rule] = &[
    // Wrong words on purpose: nobody is signed in or locked out by this walk.
    Rule("POST /session", r#"{"email": 7, "password": 7}"#, OPEN),
    Rule("GET /session", "", SIGNED_IN),
    Rule("PATCH /session/preferences", "{}", SIGNED_IN),
    Rule(
        "POST /session/password",
        r#"{"current": "x", "new": "kurz"}"#,
        SIGNED_IN,
    ),
    Rule("GET /invitations/{secret}", "", OPEN),
    Rule(
        "POST /invitations/{secret}",
        r#"{"password": "kurz"}"#,
        OPEN,
    ),
    Rule("GET /agents", "", SIGNED_IN),
    Rule("POST /agents", "{}", ADMINISTRATORS),
    Rule("GET /agents/{id}", "", SIGNED_IN),
    Rule("PATCH /agents/{id}", "{}", ADMINISTRATORS),
    Rule("DELETE /agents/{id}", "", ADMINISTRATORS),
    Rule("POST /agents/{id}/invitation", "", ADMINISTRATORS),
    Rule("GET /teams", "", SIGNED_IN),
    Rule("POST /teams", "{}", SUPERVISORS),
    Rule("GET /teams/{id}", "", SIGNED_IN),
    Rule("PATCH /teams/{id}", "{}", SUPERVISORS),
    Rule("DELETE /teams/{id}", "", SUPERVISORS),
    Rule("GET /brands", "", SIGNED_IN),
    Rule("POST /brands", "{}", ADMINISTRATORS),
    Rule("GET /brands/{id}", "", SIGNED_IN),
    Rule("PATCH /brands/{id}", "{}", ADMINISTRATORS),
    Rule("DELETE /brands/{id}", "", ADMINISTRATORS),
    Rule("GET /inboxes", "", SIGNED_IN),
    Rule(
        "POST /inboxes",
        r#"{"name": "", "channel": ""}"#,
        ADMINISTRATORS,
    ),
    Rule("GET /inboxes/{id}", "", OF_THE_TEAM),
    Rule("PATCH /inboxes/{id}", "{}", ADMINISTRATORS),
    Rule("DELETE /inboxes/{id}", "", ADMINISTRATORS),
    Rule("POST /inboxes/{id}/secret", "", ADMINISTRATORS),
    // The walk's inbox takes no calls: whoever may is told so.
    Rule(
        "POST /inboxes/{id}/calls",
        r#"{"said": "x", "number": "110"}"#,
        OF_THE_TEAM,
    ),
    Rule("GET /channels", "", SIGNED_IN),
    Rule("GET /tags", "", SIGNED_IN),
    Rule("POST /tags", "{}", SUPERVISORS),
    Rule("PATCH /tags/{id}", "{}", SUPERVISORS),
    Rule("DELETE /tags/{id}", "", SUPERVISORS),
    Rule("GET /views", "", SIGNED_IN),
    Rule("POST /views", "{}", SIGNED_IN),
    Rule("PATCH /views/{id}", "{}", OF_THE_AGENT),
    Rule("DELETE /views/{id}", "", OF_THE_AGENT),
    Rule("GET /searches", "", SIGNED_IN),
    Rule("POST /searches", "{}", SUPERVISORS),
    Rule(
        "POST /searches/try",
        r#"{"brand": "1", "terms": {}}"#,
        SUPERVISORS,
    ),
    Rule("PATCH /searches/{id}", "{}", SUPERVISORS),
    Rule("DELETE /searches/{id}", "", SUPERVISORS),
    Rule("GET /searches/{id}/hits", "", OF_THE_TEAM),
    Rule("POST /hits/{id}/take-up", "", OF_THE_TEAM),
    Rule(
        "POST /hits/{id}/dismissal",
        r#"{"dismissed": false}"#,
        OF_THE_TEAM,
    ),
    // A webhook has no page of its own: who may is told so.
    Rule("GET /inboxes/{id}/connection", "", ADMINISTRATORS),
    Rule("POST /inboxes/{id}/connection", "", ADMINISTRATORS),
    Rule(
        "POST /inboxes/{id}/connection/choice",
        r#"{"account": "x"}"#,
        ADMINISTRATORS,
    ),
    Rule("GET /tokens", "", SIGNED_IN),
    Rule("POST /tokens", r#"{"name": ""}"#, SIGNED_IN),
    Rule("DELETE /tokens/{id}", "", OF_THE_AGENT),
    Rule("GET /conversations", "", SIGNED_IN),
    Rule("GET /conversations/counts", "", SIGNED_IN),
    Rule(
        "POST /conversations/holding-replies",
        r#"{"conversations": ["1"], "texts": ["a"], "next_word_at": "2030-01-01T00:00:00Z"}"#,
        SIGNED_IN,
    ),
    Rule(
        "POST /conversations/holding-replies/cancel",
        r#"{"messages": ["1"]}"#,
        SIGNED_IN,
    ),
    Rule("GET /conversations/{id}", "", OF_THE_TEAM),
    Rule("GET /conversations/{id}/events", "", OF_THE_TEAM),
    Rule("GET /conversations/{id}/messages", "", OF_THE_TEAM),
    Rule(
        "POST /conversations/{id}/messages",
        r#"{"body": "x", "visibility": "note"}"#,
        OF_THE_TEAM,
    ),
    Rule("POST /conversations/{id}/assignment", "null", OF_THE_TEAM),
    Rule(
        "POST /conversations/{id}/status",
        r#"{"status": "resolved"}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /conversations/{id}/tags",
        r#"{"add": ["x"]}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /conversations/{id}/priority",
        r#"{"priority": "high"}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /conversations/{id}/kind",
        r#"{"kind": "praise"}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /conversations/{id}/subject",
        r#"{"subject": "x"}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /conversations/{id}/no-answer-needed",
        "{}",
        OF_THE_TEAM,
    ),
    Rule("POST /conversations/{id}/read", "{}", OF_THE_TEAM),
    Rule("POST /conversations/{id}/unread", "{}", OF_THE_TEAM),
    Rule(
        "POST /conversations/{id}/split",
        r#"{"messages": ["1"]}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /conversations/{id}/join",
        r#"{"into": "1"}"#,
        OF_THE_TEAM,
    ),
    Rule("POST /conversations/{id}/unjoin", "{}", OF_THE_TEAM),
    Rule("POST /messages/{id}/retry", "{}", OF_THE_TEAM),
    Rule("POST /messages/{id}/check", "{}", OF_THE_TEAM),
    Rule("POST /messages/{id}/cancel", "{}", OF_THE_TEAM),
    Rule("POST /messages/{id}/edit", r#"{"body": "x"}"#, OF_THE_TEAM),
    Rule("DELETE /messages/{id}", "", OF_THE_TEAM),
    Rule(
        "POST /messages/{id}/hiding",
        r#"{"hidden": true}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /messages/{id}/reactions",
        r#"{"kind": "like", "add": true}"#,
        OF_THE_TEAM,
    ),
    Rule(
        "POST /messages/{id}/kind",
        r#"{"kind": "praise"}"#,
        OF_THE_TEAM,
    ),
    Rule("GET /posts", "", SUPERVISORS),
    Rule("GET /posts/accounts", "", SUPERVISORS),
    Rule(
        "POST /posts/preview",
        r#"{"brand": "1", "text": "x", "inboxes": ["1"]}"#,
        SUPERVISORS,
    ),
    Rule(
        "POST /posts",
        r#"{"brand": "1", "text": "x", "inboxes": ["1"]}"#,
        SUPERVISORS,
    ),
    Rule("GET /posts/{id}", "", SUPERVISORS),
    // No form: whoever is signed in is told so.
    Rule("POST /uploads", "{}", SIGNED_IN),
    Rule(
        "PATCH /uploads/{id}",
        r#"{"alt": "Ein Fahrplan"}"#,
        OF_THE_AGENT,
    ),
    Rule("GET /attachments/{id}", "", OF_THE_AGENT),
    Rule("GET /contacts", "", SIGNED_IN),
    Rule("GET /contacts/{id}", "", OF_THE_TEAM),
    Rule("PATCH /contacts/{id}", "{}", OF_THE_TEAM),
    Rule("DELETE /contacts/{id}", "", SUPERVISORS),
    Rule("GET /quarantine", "", ADMINISTRATORS),
    Rule("GET /quarantine/{id}", "", ADMINISTRATORS),
    Rule("POST /quarantine/{id}/retake", "", ADMINISTRATORS),
    Rule("DELETE /quarantine/{id}", "", ADMINISTRATORS),
    Rule("GET /overview", "", SUPERVISORS),
    Rule("GET /alerts", "", SIGNED_IN),
    Rule("GET /live", "", SIGNED_IN),
    Rule(
        "POST /presence",
        r#"{"conversation_id": null, "activity": "here"}"#,
        SIGNED_IN,
    ),
    // Last, because it ends what the walk goes on with.
    Rule("DELETE /session", "", SIGNED_IN),
];

/// The house that is walked through, and whom its things belong to.
struct Scene {
    house: House,
    team: TeamId,
    agent: Person,
    inbox: InboxId,
    walkers: [(&'static str, Client); 5],
}

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    for house in houses().await {
        let scene = scene(house).await;
        let mut wrong = Vec::new();
        for Rule(route, body, expected) in RULES {
            for ((who, client), expected) in scene.walkers.iter().zip(expected) {
                let (method, template) = route.split_once(' ').expect("method and path");
                let path = scene.path(template).await;
                let method: Method = method.parse().expect("a method");
                let body: Option<Json> =
                    (!body.is_empty()).then(|| serde_json::from_str(body).expect("JSON"));
                let version = [("if-match", "\"999999\"")];
                let answer = client.send(method, &path, body, &version).await;
                let got = match answer.status {
                    401 => "401",
                    403 => "403",
                    404 => "404",
                    _ => "ok",
                };
                if got != *expected {
                    wrong.push(format!(
                        "{route} as {who}: {} instead of {expected}",
                        answer.status
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn every_route_of_the_specification_has_its_rule() {
    let document: Json = serde_json::from_str(&kulant_web::openapi()).expect("JSON");
    let mut routes = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.0.to_owned()).collect();
    let missing: Vec<&String> = routes.difference(&rules).collect();
    let gone: Vec<&String> = rules.difference(&routes).collect();
    assert!(missing.is_empty(), "routes without a rule: {missing:?}");
    assert!(gone.is_empty(), "rules without a route: {gone:?}");
}

async fn scene(house: House) -> Scene {
    let team = house.team("Eigen").await;
    let other = house.team("Fremd").await;
    let agent = house.agent("agent@example.org", Role::Agent, &[team]).await;
    house
        .agent("fremd@example.org", Role::Agent, &[other])
        .await;
    house
        .agent("aufsicht@example.org", Role::Supervisor, &[])
        .await;
    house
        .agent("chef@example.org", Role::Administrator, &[])
        .await;
    let new = NewInbox {
        name: "Post".to_owned(),
        channel: "webhook".to_owned(),
        team: Some(admin::Wanted::Known(team)),
        settings: Some(json!({"answer_url": "https://example.org/answer"})),
        ..NewInbox::default()
    };
    let (inbox, _) = admin::inboxes::create(&house.care, &access::operator(), new)
        .await
        .expect("an inbox");
    let walkers = [
        ("stranger", house.stranger()),
        ("outsider", house.sign_in("fremd@example.org").await),
        ("agent", house.sign_in("agent@example.org").await),
        ("supervisor", house.sign_in("aufsicht@example.org").await),
        ("administrator", house.sign_in("chef@example.org").await),
    ];
    let mut person = access::operator();
    person.agent = agent;
    Scene {
        team,
        agent: person,
        inbox: inbox.id,
        walkers,
        house,
    }
}

impl Scene {
    /// Fills a path with things of the agent's and the team's; what a call may remove is made anew.
    async fn path(&self, template: &str) -> String {
        let of_an_answer = ["/retry", "/check", "/cancel"];
        let resource = if of_an_answer.iter().any(|end| template.ends_with(end)) {
            "answers"
        } else {
            template.split('/').nth(1).expect("a resource")
        };
        let id = if template.contains('{') {
            self.sample(resource).await
        } else {
            String::new()
        };
        let path = template.replace("{id}", &id).replace("{secret}", &id);
        format!("/api/v1{path}")
    }

    async fn sample(&self, resource: &str) -> String {
        let care = &self.house.care;
        let operator = access::operator();
        let number = care.id();
        match resource {
            "agents" => self.agent.agent.to_string(),
            "teams" => self.team.to_string(),
            "inboxes" => self.inbox.to_string(),
            "brands" => {
                let brands = admin::brands::list(care, &operator, 0, 1).await;
                brands.expect("brands")[0].id.to_string()
            }
            "tags" => {
                let change = TagChange {
                    name: Some(format!("tag {number}")),
                    colour: None,
                };
                let tag = admin::tags::create(care, &operator, change).await;
                tag.expect("a tag").id.to_string()
            }
            "views" => {
                let change = ViewChange {
                    name: Some("Meine".to_owned()),
                    ..ViewChange::default()
                };
                let view = admin::views::create(care, &self.agent, change).await;
                view.expect("a view").id.to_string()
            }
            "searches" => self.search().await,
            "hits" => {
                let search = self.search().await;
                self.post().await;
                let path = format!("/api/v1/searches/{search}/hits?state=all");
                let hits = self.administrator().get(&path).await;
                hits.json["items"][0]["id"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            }
            "tokens" => {
                let new = NewToken {
                    name: "t".to_owned(),
                    scopes: None,
                };
                let token = tokens::create(care, &self.agent, new).await;
                token.expect("a token").0.id.to_string()
            }
            "invitations" => {
                let invited: AgentId = self.agent.agent;
                let link = invitations::invite(care, &operator, invited).await;
                let link = link.expect("a link");
                link.rsplit('/').next().expect("a secret").to_owned()
            }
            "conversations" => self.post().await["id"].as_str().expect("an id").to_owned(),
            "contacts" => {
                let conversation = self.post().await;
                conversation["contact"]["id"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            }
            "answers" => self.answer().await,
            "messages" => {
                let messages = self.messages_path().await;
                let messages = self.administrator().get(&messages).await;
                messages.json["items"][0]["id"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            }
            "posts" => {
                let brand = admin::brands::list(care, &operator, 0, 1).await;
                let new = NewAnnouncement {
                    brand: Some(brand.expect("brands")[0].id),
                    text: "Heute bis 22 Uhr".to_owned(),
                    inboxes: vec![self.inbox],
                    ..NewAnnouncement::default()
                };
                let said = announce::announce(care, &operator, new, None).await;
                said.expect("queued").to_string()
            }
            "attachments" | "uploads" => {
                let file = uploads::upload_by_agent(care, &self.agent, "a.txt", vec![120]).await;
                file.expect("kept").id.to_string()
            }
            "quarantine" => {
                self.deliver("no JSON".to_owned()).await;
                let list = self.administrator().get("/api/v1/quarantine").await;
                list.json["items"][0]["id"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            }
            other => panic!("there is no sample of {other}: add one here"),
        }
    }

    /// Makes a search that runs on the team's inbox.
    async fn search(&self) -> String {
        let brands = self.administrator().get("/api/v1/brands?limit=1").await;
        let body = json!({"brand": brands.json["items"][0]["id"], "name": "Züge", "state": "on",
            "terms": {"words": ["Zug"]}, "inboxes": [{"id": self.inbox.to_string()}]});
        let made = self
            .administrator()
            .send(Method::POST, "/api/v1/searches", Some(body), &[])
            .await;
        assert_eq!(made.status, 201, "{}", made.json);
        made.json["id"].as_str().expect("an id").to_owned()
    }

    fn administrator(&self) -> &Client {
        &self.walkers[4].1
    }

    /// Has a new author post something of the team's, and returns the conversation.
    async fn post(&self) -> Json {
        let number = self.house.care.id();
        self.house.clock.pass(Duration::from_secs(1));
        let item = json!({"type": "post", "id": number.to_string(), "text": "Zug fällt aus",
            "author": {"id": format!("author {number}"), "name": "Anna"},
            "time": self.house.care.now(), "visibility": "public"});
        self.deliver(item.to_string()).await;
        let list = self
            .administrator()
            .get("/api/v1/conversations?limit=1")
            .await;
        list.json["items"][0].clone()
    }

    /// Returns where the messages of a new conversation are.
    async fn messages_path(&self) -> String {
        let conversation = self.post().await;
        let id = conversation["id"].as_str().expect("an id");
        format!("/api/v1/conversations/{id}/messages")
    }

    /// Answers a new conversation; the answer stays queued, because no job runs here.
    async fn answer(&self) -> String {
        let path = self.messages_path().await;
        let body = json!({"body": "Guten Tag", "visibility": "public"});
        let answer = self.administrator().post(&path, body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.id()
    }

    /// Stores a delivery to the team's inbox and takes it in.
    async fn deliver(&self, body: String) {
        let care = &self.house.care;
        let raw = RawDelivery {
            kind: "webhook".to_owned(),
            key: care.id().to_string(),
            headers: Vec::new(),
            body: body.into_bytes(),
            received_at: care.now(),
        };
        accept::store(care, self.inbox, vec![raw])
            .await
            .expect("stored");
        intake::take_in_waiting(care).await.expect("taken in");
    }
}
