//! Problems as pages: whoever came with a browser reads a sentence instead of a document.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kulant_care::connect::CALLBACK;
use kulant_care::form::{self, PublicBrand};
use kulant_model::brand::BrandDetails;
use minijinja::context;
use serde_json::Value as Json;

use super::embed;
use super::page::{Frame, Visit, confide};
use crate::App;
use crate::locale::Language;

const LONGEST_DOCUMENT: usize = 64 * 1024;
/// What is read by programs stays a document.
const FOR_PROGRAMS: [&str; 3] = ["/api/", "/hooks/", "/metrics"];

/// The language of somebody who is known, for a page that says no to them; rides on the response.
#[derive(Debug, Clone, Copy)]
pub struct ReaderLanguage(pub Language);

/// Draws a problem as a page, if it is a person who meets it.
pub async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let by_program = FOR_PROGRAMS.iter().any(|start| path.starts_with(start));
    let visit = (!by_program && wants_page(request.headers()))
        .then(|| Visit::read(request.uri(), request.headers()));
    let response = next.run(request).await;
    match visit {
        Some(visit) if is_problem(&response) => {
            let known = response.extensions().get::<ReaderLanguage>().copied();
            let visit = match known {
                Some(ReaderLanguage(language)) => visit.unless_asked(language),
                None => visit,
            };
            draw(&app, &visit, response).await
        }
        _ => response,
    }
}

async fn draw(app: &App, visit: &Visit, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let document: Json = match to_bytes(body, LONGEST_DOCUMENT).await {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Json::Null,
    };
    let brand = match form::find_home(&app.care, None).await {
        Ok((brand, _)) => brand,
        Err(_) => nobody(),
    };
    // Within a foreign frame a page that refuses it is a blank one.
    let embedded = visit.path.starts_with("/form/") && embed::is_embedded(visit);
    let kept = if embedded {
        embed::kept(visit)
    } else {
        Vec::new()
    };
    let frame = Frame {
        visit,
        brand: &brand,
        now: app.care.now(),
        embedded,
        here: visit.address(&visit.path, &kept),
    };
    let page = context! {
        kind => kind(parts.status, &visit.path),
        error_id => document.get("error_id").and_then(Json::as_str),
        seconds => parts.headers.get("retry-after").and_then(|value| value.to_str().ok()),
    };
    let Ok(page) = app.pages.render("site/problem.html", &frame, page) else {
        return (parts.status, "kulant").into_response();
    };
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    let response = confide((parts.status, parts.headers, page).into_response());
    if embedded {
        embed::let_in_anywhere(response)
    } else {
        response
    }
}

/// Which words fit a problem.
fn kind(status: StatusCode, path: &str) -> &'static str {
    match status {
        _ if path == CALLBACK && !status.is_server_error() => "connection",
        StatusCode::NOT_FOUND if path.starts_with("/c/") => "wrong_link",
        StatusCode::NOT_FOUND if path.starts_with("/form/") => "no_form",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::TOO_MANY_REQUESTS => "too_often",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "internal",
        _ => "refused",
    }
}

fn nobody() -> PublicBrand {
    PublicBrand {
        name: "kulant".to_owned(),
        slug: String::new(),
        details: BrandDetails::default(),
    }
}

fn is_problem(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}
