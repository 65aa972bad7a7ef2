//! How requests can fail, for the specification: the same documents for every route.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// How a read can fail.
pub struct ReadFailures;

/// How a write can fail.
pub struct WriteFailures;

/// How a write to something versioned can fail.
pub struct VersionedFailures;

/// How a read can fail of which one person has only so many at once.
pub struct LineFailures;

/// How a request of a stranger can fail.
pub struct StrangerFailures;

const READ: [(&str, &str); 6] = [
    ("401", "Nobody is signed in."),
    ("403", "The person or the token may not."),
    ("404", "It is not there, or not to be seen."),
    ("422", "A field is not as it should be."),
    ("500", "A fault of ours; the log knows it by `error_id`."),
    ("503", "Later; `Retry-After` says when."),
];
const WRITE: [(&str, &str); 4] = [
    ("400", "The body is no JSON."),
    ("409", "A rule says no; `code` says which."),
    ("413", "The body is too large."),
    ("415", "The body is of another media type."),
];
const VERSIONED: [(&str, &str); 2] = [
    ("412", "Somebody was faster; `current_version` is there."),
    ("428", "`If-Match` is missing."),
];
const TOO_OFTEN: (&str, &str) = ("429", "Too often; `Retry-After` says how long to wait.");

impl IntoResponses for ReadFailures {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(READ)
    }
}

impl IntoResponses for LineFailures {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(READ.into_iter().chain([TOO_OFTEN]))
    }
}

impl IntoResponses for WriteFailures {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(READ.into_iter().chain(WRITE))
    }
}

impl IntoResponses for VersionedFailures {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(READ.into_iter().chain(WRITE).chain(VERSIONED))
    }
}

impl IntoResponses for StrangerFailures {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        documented(READ.into_iter().chain(WRITE).chain([TOO_OFTEN]))
    }
}

fn documented(
    failures: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> BTreeMap<String, RefOr<Response>> {
    failures
        .into_iter()
        .map(|(status, description)| {
            let document = Content::new(Some(Ref::from_schema_name("ProblemDocument")));
            let response = ResponseBuilder::new()
                .description(description)
                .content("application/problem+json", document)
                .build();
            (status.to_owned(), RefOr::T(response))
        })
        .collect()
}
