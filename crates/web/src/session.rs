//! Who asks: found once per request, from the session's cookie or from a bearer token.
//! Writes by cookie need the session's token in `X-CSRF-Token` besides.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kulant_care::Care;
use kulant_care::people::sessions::NewSession;
use kulant_care::people::{Credential, Known, Maker, find_person};
use kulant_model::role::Person;
use subtle::ConstantTimeEq;

use crate::App;
use crate::problem::Problem;

/// The cookie that holds the secret of a session.
pub const COOKIE_NAME: &str = "kulant_session";
/// The header that a write by cookie carries.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Whoever asks; a stranger is answered with 401.
#[derive(Debug, Clone)]
pub struct Who(pub Person);

/// Whoever asks, with what they showed.
#[derive(Debug, Clone)]
pub struct Identified {
    pub known: Known,
    pub credential: Credential,
}

/// Finds out who asks, for every handler below.
pub async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if let Some(credential) = credential(request.headers()) {
        match find_person(&app.care, &credential, maker(&request)).await {
            Ok(None) => {}
            Ok(Some(known)) => {
                request
                    .extensions_mut()
                    .insert(Identified { known, credential });
            }
            Err(error) => return Problem::from(error).into_response(),
        }
    }
    next.run(request).await
}

/// Tells what an open desk asks by itself, again and again, from what somebody must have asked for.
/// Who opens a conversation asks for more than its messages.
fn maker(request: &Request) -> Maker {
    let path = request.uri().path();
    let by_itself = match path {
        "/live" | "/presence" => true,
        "/session" | "/overview" | "/alerts" | "/conversations/counts" => {
            request.method() == Method::GET
        }
        _ => {
            request.method() == Method::GET
                && path.starts_with("/conversations/")
                && (path.ends_with("/messages") || path.ends_with("/events"))
        }
    };
    if by_itself {
        Maker::Desk
    } else {
        Maker::Person
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Identified::from_request_parts(parts, state)
            .await
            .map(|identified| Self(identified.known.person))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identified {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let identified = parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(Problem::unauthenticated)?;
        identified.check_csrf(&parts.method, &parts.headers)?;
        Ok(identified)
    }
}

impl Identified {
    /// Says no to a write by cookie that does not carry the session's token.
    pub fn check_csrf(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(token) = &self.known.csrf_token else {
            return Ok(());
        };
        if method.is_safe() {
            return Ok(());
        }
        let shown = headers
            .get(CSRF_HEADER)
            .map_or(&b""[..], HeaderValue::as_bytes);
        if shown.ct_eq(token.as_bytes()).into() {
            Ok(())
        } else {
            Err(Problem::new(StatusCode::FORBIDDEN, "csrf_failed")
                .detail("a write by cookie carries X-CSRF-Token, which GET /session tells"))
        }
    }
}

/// Returns what somebody shows; a bearer token counts before a cookie.
pub fn credential(headers: &HeaderMap) -> Option<Credential> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let token = value.to_str().ok()?.split_once(' ')?;
        return token
            .0
            .eq_ignore_ascii_case("bearer")
            .then(|| Credential::Bearer(token.1.trim().to_owned()));
    }
    cookie(headers, COOKIE_NAME).map(|secret| Credential::Session(secret.to_owned()))
}

/// Returns the value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(known, value)| *known == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// Returns the cookie that begins a session in the browser.
pub fn beginning(care: &Care, session: &NewSession) -> HeaderValue {
    let seconds = session.expires_at.since(care.now()).as_secs();
    set_cookie(care, &session.secret, seconds)
}

/// Returns the cookie that ends a session in the browser.
pub fn ending(care: &Care) -> HeaderValue {
    set_cookie(care, "", 0)
}

fn set_cookie(care: &Care, value: &str, seconds: u64) -> HeaderValue {
    let secure = if care.settings.public_url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    let text =
        format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("secrets are base64url")
}
