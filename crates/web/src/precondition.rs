//! Versions in HTTP: `ETag` out, `If-Match` in. Absent is 428, a lost race 412.

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::input::Json;
use crate::problem::Problem;

/// The version that the writer saw.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub i64);

/// An answer with its version.
#[derive(Debug)]
pub struct Tagged<T>(pub i64, pub T);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IF_MATCH) else {
            return Err(
                Problem::new(StatusCode::PRECONDITION_REQUIRED, "if_match_required")
                    .detail("say which version you saw: If-Match: \"VERSION\""),
            );
        };
        version(value).map(Self).ok_or_else(|| {
            Problem::invalid("If-Match", "unreadable", "a version in quotation marks")
        })
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.0))
            .expect("a number is fine in a header");
        ([(ETAG, tag)], Json(self.1)).into_response()
    }
}

/// Reads `"7"`; also `W/"7"`, which servers between make of it when they compress.
fn version(value: &HeaderValue) -> Option<i64> {
    let text = value.to_str().ok()?.trim();
    let text = text.strip_prefix("W/").unwrap_or(text);
    text.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_strong_and_weak() {
        let read = |text: &str| version(&HeaderValue::from_str(text).expect("a header"));
        assert_eq!(read("\"7\""), Some(7));
        assert_eq!(read("W/\"7\""), Some(7));
        for bad in ["7", "*", "\"x\"", "\"7\", \"8\"", ""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
