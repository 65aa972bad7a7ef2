//! Headers that protect whoever opens our pages. A handler that needs another policy sets its own
//! header; what is there already is left alone.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// For pages: nothing but our own files, no script or style in the page itself, in nobody's frame.
pub const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// For everything that is no page.
const NO_PAGE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Adds the headers that every answer carries.
pub async fn protect(request: Request, next: Next) -> Response {
    let of_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = if is_page(headers) {
        PAGE_POLICY
    } else {
        NO_PAGE_POLICY
    };
    add(headers, CONTENT_SECURITY_POLICY, policy);
    add(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, REFERRER_POLICY, "same-origin");
    add(headers, OPENER_POLICY, "same-origin");
    add(
        headers,
        PERMISSIONS_POLICY,
        "camera=(), microphone=(), geolocation=()",
    );
    if of_api {
        add(headers, CACHE_CONTROL, "no-store");
    }
    response
}

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}
