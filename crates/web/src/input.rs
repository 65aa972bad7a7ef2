//! What handlers take in: JSON bodies, query strings and path segments, whose faults are problem
//! documents too.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::Problem;

/// A JSON body, in or out.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

/// The query string.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

/// The variable segments of the path; what is no id is not found.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

/// An object within a body, which is no list of its values: serde alone would fill it from one.
#[derive(Debug, Clone)]
pub struct Object<T>(pub T);

/// A form with files.
pub struct Form(pub Multipart);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Multipart::from_request(request, state)
            .await
            .map(Self)
            .map_err(|_| {
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
                    .detail("send multipart/form-data")
            })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
                    .detail("send application/json"),
            );
        }
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| unread(&rejection))?;
        read(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => {
                Problem::internal(format!("an answer is no JSON: {error}")).into_response()
            }
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection| {
                let (field, detail) = split_path(&rejection.body_text());
                Problem::invalid(
                    field.unwrap_or_else(|| "query".to_owned()),
                    "unreadable",
                    detail,
                )
            })
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(segments)| Self(segments))
            .map_err(|_| Problem::not_found())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Named(PhantomData))
    }
}

/// Fills a struct from names with values, and from nothing else.
struct Named<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Named<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Object<T>, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Reads a field that may be left out, be null, or have a value: three different wishes.
pub fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let kind = kind
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large()
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "unreadable_body").detail("the body broke off")
    }
}

/// Reads JSON; text that is none is a bad request, JSON of another shape names its field.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let malformed = |error: &serde_json::Error| {
        Problem::new(StatusCode::BAD_REQUEST, "malformed_json").detail(format!(
            "no JSON at line {}, column {}",
            error.line(),
            error.column()
        ))
    };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            shape_problem(&path, &inner.to_string())
        } else {
            malformed(&inner)
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    // serde fills a struct from a list too, field by field: no body of ours is a list.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::invalid("body", "wrong_type", "an object, no list"));
    }
    Ok(value)
}

fn shape_problem(path: &str, words: &str) -> Problem {
    let words = words.split(" at line ").next().unwrap_or(words);
    let named = |start: &str| {
        words
            .strip_prefix(start)
            .and_then(|rest| rest.split('`').next())
    };
    let within = |name: &str| match path {
        "." | "" => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    if let Some(name) = named("missing field `") {
        return Problem::invalid(within(name), "required", "a value is needed");
    }
    if let Some(name) = named("unknown field `") {
        return Problem::invalid(within(name), "unknown", "no such field");
    }
    let field = if path == "." { "body" } else { path };
    Problem::invalid(field, "wrong_type", words)
}

/// Takes `Failed to deserialize query string: limit: invalid digit` apart.
fn split_path(words: &str) -> (Option<String>, String) {
    let words = words
        .strip_prefix("Failed to deserialize query string: ")
        .unwrap_or(words);
    match words.split_once(": ") {
        Some((field, detail)) if !field.contains(' ') => {
            (Some(field.to_owned()), detail.to_owned())
        }
        _ => (None, words.to_owned()),
    }
}
