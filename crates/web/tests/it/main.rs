//! The routes, called as a client calls them, in the tree of their addresses, on both databases.

mod api;
#[path = "../../../store/tests/it/database.rs"]
mod database;
mod desk;
#[path = "../../../care/tests/it/ground.rs"]
mod ground;
mod health;
mod hooks;
mod idempotency;
mod network;
mod problems;
mod roles;
mod site;
mod specification;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use kulant_care::admin::agents::AgentChange;
use kulant_care::admin::teams::TeamChange;
use kulant_care::people::invitations::{self, Acceptance};
use kulant_care::{Care, Settings, access, admin, secrets::SecretKeys};
use kulant_model::ids::{AgentId, TeamId};
use kulant_model::role::Role;
use kulant_web::{WebSettings, router};
use serde_json::Value as Json;
use tower::ServiceExt;

pub use database::NOW as START;
use database::{Database, databases, sqlite};
use ground::Hands;

/// Everybody's password.
pub const PASSWORD: &str = "drei kleine Züge";

/// A kulant with its routes, but without a port.
pub struct House {
    pub care: Care,
    pub clock: Arc<Hands>,
    router: Router,
    database: Database,
}

/// Builds one house on each database that is here.
pub async fn houses() -> Vec<House> {
    let mut houses = Vec::new();
    for database in databases().await {
        houses.push(house(database, "http://127.0.0.1:8080").await);
    }
    houses
}

/// Builds a house on SQLite that is reached under an address.
pub async fn house_at(public_url: &str) -> House {
    house(sqlite().await, public_url).await
}

async fn house(database: Database, public_url: &str) -> House {
    // Whatever is logged belongs to the test that fails; only the first house sets it up.
    let _ = tracing_subscriber::fmt()
        .with_test_writer()
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .try_init();
    let clock = Hands::at(START);
    let settings = Settings {
        public_url: public_url.to_owned(),
        ..ground::settings()
    };
    let (store, folder) = (database.store.clone(), database.folder.path());
    let care = ground::open(store, folder, settings, &clock).await;
    House {
        router: router(care.clone(), WebSettings::default()),
        care,
        clock,
        database,
    }
}

impl House {
    /// Where everything lies that is not in the database.
    pub fn folder(&self) -> &Path {
        self.database.folder.path()
    }

    /// A client that shows nothing.
    pub fn stranger(&self) -> Client {
        Client {
            router: self.router.clone(),
            cookie: None,
            csrf: None,
            bearer: None,
        }
    }

    /// Opens the same data with other secret keys, one a line.
    pub async fn with_keys(&self, keys: &str) -> Care {
        let settings = Settings {
            secret_keys: SecretKeys::from_text(keys).expect("keys"),
            ..Settings::default()
        };
        let (store, folder) = (self.care.store.clone(), self.folder());
        ground::open(store, folder, settings, &self.clock).await
    }

    /// Makes a team.
    pub async fn team(&self, name: &str) -> TeamId {
        let change = TeamChange {
            name: Some(name.to_owned()),
            ..TeamChange::default()
        };
        admin::teams::create(&self.care, &access::operator(), change)
            .await
            .expect("a team")
            .id
    }

    /// Makes an account that has a password.
    pub async fn agent(&self, email: &str, role: Role, teams: &[TeamId]) -> AgentId {
        let change = AgentChange {
            name: Some(email.split('@').next().unwrap_or(email).to_owned()),
            email: Some(email.to_owned()),
            role: Some(role),
            teams: Some(teams.iter().copied().map(admin::Wanted::Known).collect()),
            disabled: None,
        };
        let operator = access::operator();
        let agent = admin::agents::create(&self.care, &operator, change)
            .await
            .expect("an agent")
            .id;
        let link = invitations::invite(&self.care, &operator, agent)
            .await
            .expect("a link");
        let secret = link.rsplit('/').next().expect("a secret");
        let acceptance = Acceptance {
            password: PASSWORD.to_owned(),
            ..Acceptance::default()
        };
        invitations::accept(&self.care, secret, acceptance)
            .await
            .expect("accepted");
        agent
    }

    /// Signs in over the routes.
    pub async fn sign_in(&self, email: &str) -> Client {
        let mut client = self.stranger();
        let answer = client.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        client
    }

    /// Makes an administrator and signs in.
    pub async fn administrator(&self) -> Client {
        self.agent("chef@example.org", Role::Administrator, &[])
            .await;
        self.sign_in("chef@example.org").await
    }
}

/// Somebody with a browser or a program.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub cookie: Option<String>,
    pub csrf: Option<String>,
    pub bearer: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body, if it is JSON.
    pub json: Json,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The stable word of a problem.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or("")
    }

    /// The words of the first field at fault.
    pub fn fault(&self) -> (&str, &str) {
        let first = &self.json["errors"][0];
        (
            first["field"].as_str().unwrap_or(""),
            first["code"].as_str().unwrap_or(""),
        )
    }

    pub fn id(&self) -> String {
        self.json["id"].as_str().expect("an id").to_owned()
    }
}

impl Client {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Json) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    pub async fn patch(&self, path: &str, version: i64, body: Json) -> Answer {
        let version = format!("\"{version}\"");
        self.send(Method::PATCH, path, Some(body), &[("if-match", &version)])
            .await
    }

    pub async fn delete(&self, path: &str, version: i64) -> Answer {
        let version = format!("\"{version}\"");
        self.send(Method::DELETE, path, None, &[("if-match", &version)])
            .await
    }

    /// Signs in and keeps cookie and token.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let body = serde_json::json!({"email": email, "password": password});
        let answer = self.post("/api/v1/session", body).await;
        self.keep(&answer);
        answer
    }

    /// Keeps the cookie and the token of an answer that began a session.
    pub fn keep(&mut self, answer: &Answer) {
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or("");
        if answer.status == 200 && !cookie.is_empty() {
            self.cookie = Some(cookie.to_owned());
            self.csrf = answer.json["csrf_token"].as_str().map(str::to_owned);
        }
    }

    /// Sends a request with everything this client shows; further headers replace those.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Json>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        let shown = [
            ("cookie", &self.cookie),
            ("x-csrf-token", &self.csrf),
            (
                "authorization",
                &self.bearer.as_ref().map(|token| format!("Bearer {token}")),
            ),
        ];
        for (name, value) in shown {
            if let Some(value) = value
                && !headers.iter().any(|(given, _)| *given == name)
            {
                request = request.header(name, value);
            }
        }
        if body.is_some() && !headers.iter().any(|(given, _)| *given == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.call(request.body(body).expect("a request")).await
    }

    /// Sends a request as it is.
    pub async fn call(&self, request: Request<Body>) -> Answer {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the router always answers");
        let (parts, body) = response.into_parts();
        let endless = parts
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let bytes = if endless {
            Vec::new()
        } else {
            axum::body::to_bytes(body, usize::MAX)
                .await
                .expect("a body")
                .to_vec()
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if parts.status.is_client_error() || parts.status.is_server_error() {
            assert_eq!(
                parts
                    .headers
                    .get("content-type")
                    .map(axum::http::HeaderValue::as_bytes),
                Some(&b"application/problem+json"[..]),
                "{} {text}",
                parts.status
            );
        }
        assert_ne!(parts.status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            json: serde_json::from_str(&text).unwrap_or(Json::Null),
            text,
        }
    }
}
