//! The public pages as a browser without scripts and cookies meets them.

mod conversation;
mod embed;
mod form;
mod pages;
mod samples;
mod words;

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use kulant_care::admin::brands::{self, BrandChange};
use kulant_care::admin::inboxes::NewInbox;
use kulant_care::reply::{NewReply, reply};
use kulant_care::{access, admin, intake, jobs};
use kulant_model::ids::ConversationId;
use kulant_model::message::Visibility;
use kulant_model::role::Scope;
use kulant_store::reading::{self, Filter, Sort, Summary};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use crate::House;

const BOUNDARY: &str = "----kulant";

/// What a browser got.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

/// What a person fills into a form.
#[derive(Clone)]
pub struct Typed {
    pub fields: Vec<(&'static str, String)>,
    pub files: Vec<(&'static str, Vec<u8>)>,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// Finds what stands between two texts.
    pub fn between(&self, start: &str, end: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(start)
            .unwrap_or_else(|| panic!("{start} is not in {}", self.text));
        rest.split(end).next().unwrap_or(rest)
    }

    pub fn token(&self) -> String {
        self.between("name=\"token\" value=\"", "\"").to_owned()
    }

    #[track_caller]
    pub fn has(&self, text: &str) {
        assert!(self.text.contains(text), "{text} is not in {}", self.text);
    }

    #[track_caller]
    pub fn lacks(&self, text: &str) {
        assert!(!self.text.contains(text), "{text} is in {}", self.text);
    }
}

impl Typed {
    pub fn new(token: &str) -> Self {
        let fields = [
            ("token", token),
            ("homepage", ""),
            ("name", "Jörg Öhlmann"),
            ("email", "joerg@example.org"),
            ("subject", "Rechnung"),
            ("text", "Sie stimmt nicht."),
        ];
        Self {
            fields: fields.map(|(name, text)| (name, text.to_owned())).into(),
            files: Vec::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, text: &str) -> Self {
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, text.to_owned()));
        self
    }

    #[must_use]
    pub fn file(mut self, name: &'static str, bytes: &[u8]) -> Self {
        self.files.push((name, bytes.to_vec()));
        self
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, text) in &self.fields {
            let head =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(text.as_bytes());
            body.extend_from_slice(b"\r\n");
        }
        for (name, bytes) in &self.files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 Content-Type: text/html\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body
    }
}

impl House {
    /// Opens a page as a browser does.
    pub async fn browse(&self, path: &str, language: &str) -> Page {
        let request = Request::get(path)
            .header("accept", "text/html,*/*;q=0.8")
            .header("accept-language", language);
        self.page(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// Sends a filled form as a browser does.
    pub async fn fill(&self, path: &str, typed: &Typed) -> Page {
        let request = Request::post(path)
            .header("accept", "text/html,*/*;q=0.8")
            .header("accept-language", "de")
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            );
        self.page(request.body(Body::from(typed.body())).expect("a request"))
            .await
    }

    async fn page(&self, request: Request<Body>) -> Page {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body");
        Page {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Opens a form, reads for a while, and sends it; returns the path of the private page.
    pub async fn write_to(&self, path: &str, typed: impl Fn(&str) -> Typed) -> String {
        let token = self.browse(path, "de").await.token();
        self.clock.pass(Duration::from_secs(30));
        let page = self.fill(path, &typed(&token)).await;
        assert_eq!(page.status, 303, "{}", page.text);
        let place = page.header("location").to_owned();
        assert!(place.ends_with("?new=1"), "{place}");
        place.trim_end_matches("?new=1").to_owned()
    }

    /// Makes an inbox with a contact form; returns the path of its page.
    pub async fn form(&self, name: &str, settings: Json) -> String {
        let new = NewInbox {
            name: name.to_owned(),
            channel: "form".to_owned(),
            brand: None,
            team: None,
            settings: Some(settings),
        };
        admin::inboxes::create(&self.care, &access::operator(), new)
            .await
            .expect("an inbox")
            .0
            .public_path
            .expect("a public page")
    }

    /// Changes the brand that is there from the start.
    pub async fn set_brand(&self, change: BrandChange) {
        let operator = access::operator();
        let brand = brands::list(&self.care, &operator, 0, 1)
            .await
            .expect("listed")
            .remove(0);
        brands::change(&self.care, &operator, brand.id, (brand.version, change))
            .await
            .expect("changed");
    }

    /// Takes in what waits and does the jobs that are due.
    pub async fn work(&self) {
        intake::take_in_waiting(&self.care).await.expect("taken in");
        while jobs::run_due(&self.care).await.expect("jobs") > 0 {}
    }

    /// Lists the conversations as the desk does.
    pub async fn at_desk(&self) -> Vec<Summary> {
        self.work().await;
        self.care
            .store
            .read(|read| {
                let filter = Filter::default();
                let everything = Scope::Everything;
                let places = reading::list_ids(read, &everything, &filter, Sort::Oldest, None, 50)?;
                let ids: Vec<ConversationId> = places.iter().map(|(_, id)| *id).collect();
                reading::list_summaries(read, &everything, &ids)
            })
            .await
            .expect("read")
    }

    /// Answers or notes at the desk.
    pub async fn say(&self, conversation: ConversationId, visibility: Visibility, body: &str) {
        let new = NewReply {
            conversation,
            body: body.to_owned(),
            visibility,
            in_reply_to: None,
            send_at: None,
            mentions: Vec::new(),
            attachments: Vec::new(),
            template: None,
            resolve: false,
        };
        reply(&self.care, &access::operator(), new)
            .await
            .expect("kept");
        self.work().await;
    }
}

/// Settings of a form that asks for nothing special.
pub fn plain() -> Json {
    json!({})
}
