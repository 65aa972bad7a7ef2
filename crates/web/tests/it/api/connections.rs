//! Connecting at a network's own page, against the simulated networks: whoever began ends it, once and
//! in time, and nobody else; the inbox keeps what it had and fetches what it missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use kulant_care::hash_secret;
use kulant_care::{followers, intake, jobs};
use kulant_channels::http::Request as Call;
use kulant_model::role::Role;
use kulant_sim::networks::{NetworksHandle, NetworksSettings, start};
use kulant_store::connecting::{self, Attempt};
use kulant_web::{WebSettings, router};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::{Answer, Client, House, START, houses};

const INBOXES: &str = "/api/v1/inboxes";
const ALLOW: &[(&str, &str)] = &[("_decision", "allow")];
const PAGE: &str = "/desk/settings/inboxes";

/// A house, the networks around it, and an inbox that nobody has connected yet.
struct Scene {
    house: House,
    sim: NetworksHandle,
    chef: Client,
    inbox: String,
}

impl Scene {
    async fn new(house: House, network: &str, handles: &[&str]) -> Self {
        let settings = NetworksSettings {
            start: Some(START.0 / 1_000),
            frozen: true,
            ..NetworksSettings::default()
        };
        let sim = start(settings).await.expect("the networks start");
        let chef = house.administrator().await;
        let mut scene = Self {
            house,
            sim,
            chef,
            inbox: String::new(),
        };
        let mut wish = Json::Null;
        for handle in handles {
            let account = json!({"network": network, "handle": handle});
            let opened = scene.order("accounts", account).await;
            wish = opened["settings"].clone();
            for name in ["app_secret", "verify_token", "client_secret"] {
                if let Some(secret) = opened["secrets"].get(name) {
                    wish[name] = secret.clone();
                }
            }
        }
        // What comes of connecting is left out.
        for name in ["page_id", "account_id", "channel_id", "account"] {
            wish.as_object_mut().expect("settings").remove(name);
        }
        let new = json!({"name": "Netz", "channel": network, "settings": wish});
        let made = scene.chef.post(INBOXES, new).await;
        assert_eq!(made.status, 201, "{made:?}");
        scene.inbox = made.id();
        scene
    }

    /// Gives an order at the networks' control desk.
    async fn order(&self, path: &str, wish: Json) -> Json {
        let url = format!("{}/_sim/{path}", self.sim.control_url());
        let call = Call::post_json(url, wish.to_string().into_bytes());
        let answer = self.house.care.http.send(call).await.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.excerpt());
        answer.json().expect("JSON")
    }

    fn path(&self) -> String {
        format!("{INBOXES}/{}", self.inbox)
    }

    fn connection(&self) -> String {
        format!("{}/connection", self.path())
    }

    async fn shown(&self) -> Json {
        self.chef.get(&self.path()).await.json
    }

    /// Begins, and returns where a person agrees.
    async fn begin(&self) -> String {
        let begun = self.chef.post(&self.connection(), json!({})).await;
        assert_eq!(begun.status, 201, "{begun:?}");
        begun.json["url"].as_str().expect("an address").to_owned()
    }

    /// Has a person decide on the network's page, and returns where it leads back to.
    async fn decide(&self, url: &str, decision: &[(&str, &str)]) -> String {
        let call = Call::post_form(url, decision);
        let answer = self.house.care.http.send(call).await.expect("an answer");
        let location = answer.header("location").expect("it leads back");
        let back = location.strip_prefix("http://127.0.0.1:8080");
        let back = back.expect("to the address that was set").to_owned();
        assert!(back.starts_with("/connect/callback?"), "{back}");
        back
    }

    /// Begins and agrees, and returns where the network's page leads back to.
    async fn agree(&self) -> String {
        self.decide(&self.begin().await, ALLOW).await
    }

    fn landed(&self, outcome: &str) -> String {
        format!("{PAGE}?inbox={}&connection={outcome}", self.inbox)
    }

    /// Does everything that is due, until nothing is.
    async fn work(&self) {
        let care = &self.house.care;
        jobs::schedule(care).await.expect("scheduled");
        while jobs::run_due(care).await.expect("worked") > 0 {}
        intake::take_in_waiting(care).await.expect("taken in");
        followers::catch_up(care).await.expect("followed");
    }

    async fn attempts(&self, client: &Client) -> Vec<Attempt> {
        let secret = client.cookie.as_deref().and_then(|one| one.split_once('='));
        let hash = hash_secret(secret.expect("a session").1);
        let now = self.house.care.now();
        let found = self.house.care.store.read(move |read| {
            connecting::list_of_session(read, &hash, now).map_err(kulant_care::CareError::from)
        });
        found.await.expect("read")
    }
}

impl House {
    /// Opens a page as a browser with a session does.
    async fn visit(&self, client: &Client, path: &str) -> (u16, String) {
        let cookie = client.cookie.as_deref().unwrap_or_default();
        let request = Request::get(path)
            .header("accept", "text/html,*/*;q=0.8")
            .header("accept-language", "de")
            .header("cookie", cookie);
        let request = request.body(Body::empty()).expect("a request");
        let answer = self.router.clone().oneshot(request).await;
        let (parts, body) = answer.expect("the router always answers").into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (parts.status.as_u16(), text)
    }
}

fn unknown(answer: &Answer, what: &str) {
    let got = (answer.status, answer.code());
    assert_eq!(got, (409, "connection_unknown"), "{what}: {answer:?}");
}

#[tokio::test]
async fn an_inbox_is_connected_loses_its_access_and_is_connected_again() {
    for house in houses().await {
        let scene = Scene::new(house, "mastodon", &["nordtalbahn"]).await;
        let new = scene.shown().await;
        assert_eq!(new["health"]["trouble"]["class"], "unconnected");
        assert_eq!(new["state"], "failing");
        scene.work().await;
        assert_eq!(
            scene.shown().await["health"]["trouble"]["class"],
            "unconnected"
        );
        let transcript = scene.sim.control_url();
        let url = format!("{transcript}/_sim/transcript?network=mastodon");
        let calls = scene.house.care.http.send(Call::get(url)).await;
        let calls = calls.expect("an answer").json().expect("JSON");
        assert_eq!(calls["items"], json!([]), "nobody was asked anything");

        let offer = scene.chef.get(&scene.connection()).await.json;
        assert_eq!(offer["at"], "Mastodon");
        assert_eq!(offer["missing"], json!([]));
        let redirect = "http://127.0.0.1:8080/connect/callback";
        assert_eq!(offer["redirect_url"], redirect);

        let back = scene.agree().await;
        let landed = scene.chef.get(&back).await;
        assert_eq!(landed.status, 303, "{landed:?}");
        assert_eq!(landed.header("location"), scene.landed("connected"));
        assert_eq!(landed.header("cache-control"), "no-store");
        assert_eq!(landed.header("referrer-policy"), "no-referrer");
        let shown = scene.chef.get(&scene.path()).await;
        assert_eq!(shown.json["state"], "active", "{shown:?}");
        assert_eq!(shown.json["settings"]["account"], "nordtalbahn");
        assert_eq!(shown.json["secrets_set"], json!(["access_token"]));
        assert_eq!(shown.json["settings"].get("access_token"), None);
        assert!(scene.attempts(&scene.chef).await.is_empty());

        // What is said comes in; then the access ends, and more is said.
        let says = |text: &str| json!({"act": "post", "by": "anna@netz.example", "text": text, "to": "nordtalbahn"});
        scene.work().await;
        scene.order("mastodon/act", says("eins")).await;
        scene.house.clock.pass(Duration::from_mins(6));
        scene.work().await;
        let list = scene.chef.get("/api/v1/conversations").await.json;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
        let first = list["items"][0]["id"].clone();
        scene
            .order(
                "mastodon/act",
                json!({"act": "revoke_token", "to": "nordtalbahn"}),
            )
            .await;
        scene.house.clock.pass(Duration::from_mins(6));
        scene.work().await;
        let broken = scene.shown().await;
        assert_eq!(
            broken["health"]["trouble"]["class"], "auth_broken",
            "{broken}"
        );
        scene.order("mastodon/act", says("zwei")).await;

        let again = scene.chef.get(&scene.agree().await).await;
        assert_eq!(again.header("location"), scene.landed("connected"));
        let well = scene.shown().await;
        assert_eq!(
            (&well["state"], &well["id"]),
            (&json!("active"), &new["id"])
        );
        // Nobody waits for the turn of the next question.
        scene.work().await;
        let list = scene.chef.get("/api/v1/conversations").await.json;
        let items = list["items"].as_array().expect("a list");
        assert!(items.iter().any(|one| one["id"] == first), "{list}");
        assert!(list.to_string().contains("zwei"), "{list}");
        let alerts = scene.chef.get("/api/v1/alerts").await.json;
        assert_eq!(alerts["items"], json!([]));
    }
}

#[tokio::test]
async fn only_the_session_that_began_ends_it_and_only_once() {
    for house in houses().await {
        let scene = Scene::new(house, "mastodon", &["nordtalbahn"]).await;
        scene
            .house
            .agent("zweite@example.org", Role::Administrator, &[])
            .await;
        let other = scene.house.sign_in("zweite@example.org").await;
        let same_person = scene.house.sign_in("chef@example.org").await;
        let back = scene.agree().await;

        // Somebody is led to a foreign agreement: another person, the same one elsewhere, a stranger.
        unknown(&other.get(&back).await, "another administrator");
        unknown(&same_person.get(&back).await, "another session");
        assert_eq!(scene.house.stranger().get(&back).await.status, 401);
        let mut program = scene.house.stranger();
        program.bearer = Some(token_of(&scene).await);
        assert_eq!(program.get(&back).await.status, 401);
        let begun = program.post(&scene.connection(), json!({})).await;
        assert_eq!(begun.status, 403, "{begun:?}");

        // A state that nobody made, and none at all.
        for query in [
            "state=x&code=y",
            "code=y",
            "state=",
            "error=access_denied",
            "",
        ] {
            let path = format!("/connect/callback?{query}");
            unknown(&scene.chef.get(&path).await, query);
        }
        let landed = scene.chef.get(&back).await;
        assert_eq!(landed.header("location"), scene.landed("connected"));
        unknown(&scene.chef.get(&back).await, "a second time");

        // A newer attempt takes the older one's place.
        let old = scene.agree().await;
        let new = scene.agree().await;
        unknown(&scene.chef.get(&old).await, "an older attempt");
        assert_eq!(scene.chef.get(&new).await.status, 303);

        // Ten minutes, and not a second more.
        let late = scene.agree().await;
        scene.house.clock.pass(Duration::from_mins(10));
        unknown(&scene.chef.get(&late).await, "too late");
        let in_time = scene.agree().await;
        scene.house.clock.pass(Duration::from_secs(599));
        assert_eq!(scene.chef.get(&in_time).await.status, 303);

        // Whoever signs out, or may no longer, ends nothing.
        let begun = other.post(&scene.connection(), json!({})).await;
        let url = begun.json["url"].as_str().expect("an address");
        let back = scene.decide(url, ALLOW).await;
        let agents = scene.chef.get("/api/v1/agents").await.json;
        let zweite = agents["items"].as_array().expect("a list").iter();
        let zweite = zweite
            .clone()
            .find(|one| one["email"] == "zweite@example.org");
        let zweite = zweite.expect("there").clone();
        let path = format!("/api/v1/agents/{}", zweite["id"].as_str().expect("an id"));
        let version = zweite["version"].as_i64().expect("a version");
        let less = scene
            .chef
            .patch(&path, version, json!({"role": "supervisor"}))
            .await;
        assert_eq!(less.status, 200, "{less:?}");
        let refused = other.get(&back).await;
        assert!([401, 403].contains(&refused.status), "{refused:?}");
        let back = scene.agree().await;
        let out = scene
            .chef
            .send(Method::DELETE, "/api/v1/session", None, &[])
            .await;
        assert_eq!(out.status, 204, "{out:?}");
        assert_eq!(scene.chef.get(&back).await.status, 401);
        assert!(scene.attempts(&scene.chef).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_kept_of_an_attempt_tells_nobody_anything() {
    for house in houses().await {
        let scene = Scene::new(house, "mastodon", &["nordtalbahn"]).await;
        // Who says under which host they are makes no difference.
        let headers = [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
        ];
        let begun = scene
            .chef
            .send(Method::POST, &scene.connection(), Some(json!({})), &headers)
            .await;
        let url = begun.json["url"].as_str().expect("an address").to_owned();
        assert!(url.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fconnect%2Fcallback"));
        assert!(url.contains("code_challenge_method=S256"));
        let state = url.split("state=").nth(1).expect("a state");
        let state = state.split('&').next().expect("a state");
        assert!(state.len() >= 32, "{state}");

        let attempts = scene.attempts(&scene.chef).await;
        assert_eq!(attempts.len(), 1);
        let attempt = &attempts[0];
        assert_eq!(attempt.state_hash, Some(hash_secret(state)));
        let kept = String::from_utf8_lossy(&attempt.kept);
        for word in [state, "verifier", "client_secret", "base_url"] {
            assert!(!kept.contains(word), "{word}");
        }
        assert_eq!(
            attempt.expires_at,
            scene.house.care.now().after(Duration::from_mins(10))
        );

        // A write by cookie carries its token, here too.
        let forged = [("x-csrf-token", "x")];
        let path = scene.connection();
        let forged = scene
            .chef
            .send(Method::POST, &path, Some(json!({})), &forged)
            .await;
        assert_eq!((forged.status, forged.code()), (403, "csrf_failed"));
    }
}

#[tokio::test]
async fn a_foreign_attempt_is_refused_by_a_page_in_the_persons_language() {
    for house in houses().await {
        let scene = Scene::new(house, "mastodon", &["nordtalbahn"]).await;
        let path = "/connect/callback?state=x&code=y";
        let (status, page) = scene.house.visit(&scene.chef, path).await;
        assert_eq!(status, 409);
        assert!(page.contains("Hier wurde nichts verbunden"), "{page}");
        assert!(page.contains("/desk/settings/inboxes"), "{page}");
        let language = json!({"language": "en"});
        let path_of_preferences = "/api/v1/session/preferences";
        let set = scene
            .chef
            .send(Method::PATCH, path_of_preferences, Some(language), &[])
            .await;
        assert_eq!(set.status, 200, "{set:?}");
        let (_, page) = scene.house.visit(&scene.chef, path).await;
        assert!(page.contains("Nothing was connected here"), "{page}");
        let (status, page) = scene.house.visit(&scene.house.stranger(), path).await;
        assert_eq!(status, 401);
        assert!(page.contains("Hier wurde nichts verbunden"), "{page}");
    }
}

#[tokio::test]
async fn what_comes_of_it_is_said_in_one_word() {
    for house in houses().await {
        let scene = Scene::new(house, "mastodon", &["nordtalbahn", "suedtalbahn"]).await;
        let landing = async |back: String, outcome: &str| {
            let landed = scene.chef.get(&back).await;
            assert_eq!(
                landed.header("location"),
                scene.landed(outcome),
                "{landed:?}"
            );
        };
        let url = scene.begin().await;
        landing(
            scene.decide(&url, &[("_decision", "deny")]).await,
            "declined",
        )
        .await;
        unknown(
            &scene.chef.get(&scene.decide(&url, ALLOW).await).await,
            "a second thought",
        );

        let forged = scene.agree().await.replace("code=", "code=x");
        landing(forged, "refused").await;
        let back = scene.agree().await;
        let down = json!({"network": "mastodon", "seconds": 60, "how": "unavailable"});
        scene.order("down", down).await;
        landing(back, "unreachable").await;
        let begun = scene.chef.post(&scene.connection(), json!({})).await;
        assert_eq!(
            (begun.status, begun.code()),
            (409, "connection_unreachable")
        );
        scene.order("clock", json!({"advance_seconds": 61})).await;

        landing(scene.agree().await, "connected").await;
        let url = scene.begin().await;
        let other = [ALLOW[0], ("_account", "suedtalbahn")];
        landing(scene.decide(&url, &other).await, "other_account").await;
        let shown = scene.shown().await;
        assert_eq!(shown["settings"]["account"], "nordtalbahn");
        assert_eq!(shown["state"], "active");

        // Set up anew between beginning and end: what was agreed to was something else.
        let back = scene.agree().await;
        let mut settings = shown["settings"].clone();
        settings["poll_seconds"] = json!(120);
        let version = shown["version"].as_i64().expect("a version");
        let changed = json!({"settings": settings});
        let changed = scene.chef.patch(&scene.path(), version, changed).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        landing(back, "changed").await;
    }
}

#[tokio::test]
async fn one_of_several_pages_is_chosen_by_whoever_agreed() {
    for house in houses().await {
        let scene = Scene::new(house, "facebook", &["nordtalbahn", "suedtalbahn"]).await;
        let url = scene.begin().await;
        let all = [ALLOW[0], ("_account", "all")];
        let back = scene.decide(&url, &all).await;
        let landed = scene.chef.get(&back).await;
        assert_eq!(landed.header("location"), scene.landed("choose"));
        let offer = scene.chef.get(&scene.connection()).await;
        let choices = offer.json["choices"].as_array().expect("a list").clone();
        assert_eq!(choices.len(), 2, "{offer:?}");
        assert!(!offer.text.contains("EAA"), "{offer:?}");
        let kept = scene.attempts(&scene.chef).await;
        assert!(!String::from_utf8_lossy(&kept[0].kept).contains("EAA"));

        let choice = format!("{}/choice", scene.connection());
        let wanted = json!({"account": choices[1]["id"]});
        let elsewhere = scene.house.sign_in("chef@example.org").await;
        let offer = elsewhere.get(&scene.connection()).await.json;
        assert_eq!(offer["choices"], json!([]));
        unknown(&elsewhere.post(&choice, wanted.clone()).await, "elsewhere");
        let wrong = scene.chef.post(&choice, json!({"account": "4711"})).await;
        assert_eq!((wrong.status, wrong.fault().1), (422, "not_a_choice"));
        let chosen = scene.chef.post(&choice, wanted.clone()).await;
        assert_eq!(chosen.json["outcome"], "connected", "{chosen:?}");
        unknown(&scene.chef.post(&choice, wanted).await, "a second time");
        let shown = scene.shown().await;
        assert_eq!(shown["settings"]["page_id"], choices[1]["id"]);
        // The hook is still to be entered at the app: that is all that may be missing.
        let trouble = &shown["health"]["trouble"]["class"];
        assert!(trouble.is_null() || trouble == "subscription", "{shown}");
    }
}

#[tokio::test]
async fn what_is_missing_is_said_before_anybody_is_sent_anywhere() {
    for house in houses().await {
        let chef = house.administrator().await;
        let new = json!({"name": "X", "channel": "x", "settings": {}});
        let made = chef.post(INBOXES, new).await;
        assert_eq!(made.status, 201, "{made:?}");
        let path = format!("{INBOXES}/{}/connection", made.id());
        let offer = chef.get(&path).await.json;
        assert_eq!(offer["missing"], json!(["client_id"]));
        let begun = chef.post(&path, json!({})).await;
        assert_eq!(
            (begun.status, begun.code()),
            (409, "connection_needs_settings")
        );

        // What connecting does not bring must still be there.
        let new = json!({"name": "M", "channel": "mastodon", "settings": {}});
        let made = chef.post(INBOXES, new).await;
        assert_eq!(made.fault(), ("settings.base_url", "required"));
        // And tokens that were typed in are as good as ever.
        let settings = json!({"base_url": "http://127.0.0.1:9", "access_token": "t"});
        let new = json!({"name": "M", "channel": "mastodon", "settings": settings});
        let made = chef.post(INBOXES, new).await;
        assert_eq!(made.json["health"]["trouble"], Json::Null, "{made:?}");
    }
}

/// Lays a way to a server on which every question takes its time, once somebody says how much.
async fn slow_way_to(address: &str) -> (String, Arc<AtomicU64>) {
    let bare = address.strip_prefix("http://").expect("an address");
    let server = bare.split('/').next().unwrap_or(bare).to_owned();
    let pause = Arc::new(AtomicU64::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").to_string();
    let way = address.replace(&server, &port);
    let slowness = Arc::clone(&pause);
    let lead = async move {
        while let Ok((asking, _)) = listener.accept().await {
            let (server, slowness) = (server.clone(), Arc::clone(&slowness));
            #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
            drop(tokio::spawn(async move {
                let answering = TcpStream::connect(server).await.expect("the server");
                let (mut questions, mut back) = asking.into_split();
                let (mut answers, mut there) = answering.into_split();
                let ask = async {
                    let mut bytes = [0; 4_096];
                    while let Ok(count @ 1..) = questions.read(&mut bytes).await {
                        let pause = slowness.load(Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(pause)).await;
                        there.write_all(&bytes[..count]).await.expect("asked");
                    }
                };
                tokio::select! {
                    () = ask => {}
                    _ = tokio::io::copy(&mut answers, &mut back) => {}
                }
            }));
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    drop(tokio::spawn(lead));
    (way, pause)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_agreed_to_is_kept_when_nobody_waits_for_it_any_more() {
    for house in houses().await {
        let scene = Scene::new(house, "mastodon", &["nordtalbahn"]).await;
        let shown = scene.shown().await;
        let mut settings = shown["settings"].clone();
        let server = settings["base_url"].as_str().expect("an address");
        let (way, pause) = slow_way_to(server).await;
        settings["base_url"] = json!(way);
        let version = shown["version"].as_i64().expect("a version");
        let changed = json!({"settings": settings});
        let changed = scene.chef.patch(&scene.path(), version, changed).await;
        assert_eq!(changed.status, 200, "{changed:?}");

        let back = scene.agree().await;
        pause.store(400, Ordering::Relaxed);
        let hurried = WebSettings {
            longest_request: Duration::from_millis(300),
            ..WebSettings::default()
        };
        let client = Client {
            router: router(scene.house.care.clone(), hurried),
            cookie: scene.chef.cookie.clone(),
            csrf: scene.chef.csrf.clone(),
            bearer: None,
        };
        assert_eq!(client.get(&back).await.status, 503, "its time was over");
        let mut looks = 0;
        while scene.shown().await["secrets_set"] != json!(["access_token"]) {
            looks += 1;
            assert!(looks < 100, "what the network granted is lost");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(scene.shown().await["state"], "active");
    }
}

/// Makes a token of the administrator's.
async fn token_of(scene: &Scene) -> String {
    let new = json!({"name": "t"});
    let made = scene.chef.post("/api/v1/tokens", new).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json["token"].as_str().expect("a token").to_owned()
}
