//! Every failure as a problem document (RFC 9457): the one mapping from `care`'s errors to HTTP.
//! Faults of ours get an id that the person sees and the log has; they are logged here, once.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kulant_care::CareError;
use kulant_care::error::FieldFault;
use serde::Serialize;
use tracing::{error, warn};
use utoipa::ToSchema;

use crate::App;

/// How long to wait after `unavailable`.
const TRY_AGAIN_SECONDS: u64 = 2;

/// A failure on its way to the client; boxed, because every answer has room for one.
#[derive(Debug)]
pub struct Problem(Box<Failure>);

#[derive(Debug)]
struct Failure {
    status: StatusCode,
    document: ProblemDocument,
    retry_after_seconds: Option<u64>,
    /// What the log is told and the client is not.
    cause: Option<String>,
}

/// A failure as the client reads it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemDocument {
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    title: Cow<'static, str>,
    status: u16,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Stays the same between versions.
    #[schema(example = "validation_failed")]
    code: Cow<'static, str>,
    /// With `validation_failed`: what is wrong, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// With `version_conflict`: the version that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_version: Option<i64>,
    /// With a refusal: what it speaks of.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<String, String>,
    /// With `internal`: the name under which the log knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_id: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    field: String,
    code: Cow<'static, str>,
    detail: String,
}

/// Rides on a response until `log_faults` has logged it.
#[derive(Clone)]
struct Cause(String);

impl Problem {
    /// A problem with its stable code.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Failure {
            status,
            document: ProblemDocument {
                kind: "about:blank",
                title: status.canonical_reason().unwrap_or("Problem").into(),
                status: status.as_u16(),
                detail: String::new(),
                code: code.into(),
                errors: Vec::new(),
                current_version: None,
                facts: BTreeMap::new(),
                error_id: None,
            },
            retry_after_seconds: None,
            cause: None,
        }))
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.document.detail = detail.into();
        self
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// Returns how long to wait, as the header says it.
    pub fn wait(&self) -> Option<HeaderValue> {
        self.0.retry_after_seconds.map(HeaderValue::from)
    }

    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated").detail("sign in")
    }

    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden").detail("the person or the token may not")
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
            .detail("it is not there, or you may not see it")
    }

    pub fn rate_limited(seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited")
            .detail("too often: wait as long as Retry-After says")
            .retry_after(seconds)
    }

    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large").detail("the body is too large")
    }

    /// A key under which another request was made.
    pub fn key_reused() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
            .detail("the key was used for another request")
    }

    pub fn unavailable(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            .detail("wait as long as Retry-After says, then send it again")
            .retry_after(TRY_AGAIN_SECONDS);
        problem.0.cause = Some(cause.into());
        problem
    }

    pub fn internal(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
            .detail("a fault of ours: tell the administrator the error_id");
        problem.0.cause = Some(cause.into());
        problem
    }

    /// One field that cannot be taken.
    pub fn invalid(
        field: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self::invalid_fields(vec![FieldProblem {
            field: field.into(),
            code: code.into(),
            detail: detail.into(),
        }])
    }

    fn invalid_fields(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.len() {
            1 => "one field is not as it should be".to_owned(),
            count => format!("{count} fields are not as they should be"),
        };
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed").detail(detail);
        problem.0.document.errors = errors;
        problem
    }
}

impl From<CareError> for Problem {
    fn from(error: CareError) -> Self {
        match error {
            CareError::Refused(refusal) => {
                let mut problem =
                    Self::new(StatusCode::CONFLICT, refusal.code).detail(refusal.to_string());
                problem.0.document.facts = refusal
                    .facts
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                problem
            }
            CareError::Invalid(faults) => {
                Self::invalid_fields(faults.into_iter().map(FieldProblem::from).collect())
            }
            CareError::NotFound => Self::not_found(),
            CareError::Unauthenticated => Self::unauthenticated(),
            CareError::TooOften {
                retry_after_seconds,
            } => Self::rate_limited(retry_after_seconds),
            CareError::Forbidden => Self::forbidden(),
            CareError::Conflict { current } => {
                let mut problem = Self::new(StatusCode::PRECONDITION_FAILED, "version_conflict")
                    .detail("somebody was faster: read it again");
                problem.0.document.current_version = Some(current);
                problem
            }
            CareError::Unavailable(cause) => Self::unavailable(cause),
            CareError::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<FieldFault> for FieldProblem {
    fn from(fault: FieldFault) -> Self {
        Self {
            field: fault.field,
            code: fault.code.into(),
            detail: fault.detail,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let wait = self.wait();
        let failure = *self.0;
        let mut response = document(failure.status, &failure.document);
        let headers = response.headers_mut();
        if let Some(wait) = wait {
            headers.insert(RETRY_AFTER, wait);
        }
        if failure.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(cause) = failure.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// Logs what went wrong on our side, under the id that the client is told.
pub async fn log_faults(State(app): State<App>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let Some(Cause(cause)) = response.extensions_mut().remove() else {
        return response;
    };
    // Paths below these may hold secrets.
    let path = match path.split('/').nth(1) {
        Some("hooks" | "c") => "(secret)",
        _ if path.contains("/invitation") => "(secret)",
        _ => path.as_str(),
    };
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        warn!(http.method = %method, http.path = path, cause, "a request could not be served");
        return response;
    }
    let error_id = app.care.id().to_string();
    kulant_care::measures::count_fault();
    error!(error.id = error_id, http.method = %method, http.path = path, cause, "a request failed");
    let mut problem = Problem::internal(cause);
    problem.0.document.error_id = Some(error_id);
    document(problem.0.status, &problem.0.document)
}

/// Answers for a handler that panicked.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal("a handler panicked").into_response()
}

/// Answers where no route is.
pub async fn no_such_page() -> Problem {
    Problem::not_found()
}

/// Answers where a route has no such method.
pub async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
}

fn document(status: StatusCode, document: &ProblemDocument) -> Response {
    let body = serde_json::to_vec(document).expect("a problem document is JSON");
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(CONTENT_TYPE, kind)], body).into_response()
}
