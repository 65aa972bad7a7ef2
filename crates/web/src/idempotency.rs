//! `Idempotency-Key` on POST: the same request under the same key has one effect and one answer.
//! A request that failed and wrote nothing frees its key; where that is not known, nobody does it
//! again either.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kulant_care::idempotency::{
    Answer, Proof, Trace, Turn, finish, give_up, give_up_wordless, take, traced,
};
use kulant_care::{Care, announce};
use kulant_model::ids::{AgentId, MessageId};
use kulant_model::role::Person;
use sha2::{Digest, Sha256};
use tracing::error;

use crate::App;
use crate::api::{announcements, messages};
use crate::limits;
use crate::problem::Problem;
use crate::session::Identified;

const HEADER: &str = "idempotency-key";
const LONGEST_KEY: usize = 200;
/// What is kept of an answer besides its body.
const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key under which a request is done for the first time.
#[derive(Debug, Clone)]
pub struct Key(pub String);

/// Sees to it that a POST with a key happens once. Strangers and what is never kept pass by.
pub async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(identified) = request.extensions().get::<Identified>().cloned() else {
        return next.run(request).await;
    };
    let key = match key(&request) {
        Ok(Some(key)) => key,
        Ok(None) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    if let Err(problem) = identified.check_csrf(request.method(), request.headers()) {
        return problem.into_response();
    }
    let person = identified.known.person;
    let agent = person.agent;
    match begin(&app, agent, &key, request).await {
        Ok(Begun::First(mut request)) => {
            request.extensions_mut().insert(Key(key.clone()));
            let care = app.care.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "outlives a request that hangs up, so that its answer is kept"
            )]
            let served =
                tokio::spawn(async move { do_it(&care, agent, &key, request, next).await });
            served
                .await
                .unwrap_or_else(|_| Problem::internal("the request broke off").into_response())
        }
        Ok(Begun::Done(answer)) => replay(answer),
        Ok(Begun::Written(message)) => show_written(&app.care, &person, message).await,
        Err(problem) => problem.into_response(),
    }
}

enum Begun {
    First(Request),
    Done(Answer),
    Written(MessageId),
}

async fn begin(app: &App, agent: AgentId, key: &str, request: Request) -> Result<Begun, Problem> {
    let (parts, body) = request.into_parts();
    let most = limits::longest_body(&app.care, &parts.headers);
    let body = to_bytes(body, most)
        .await
        .map_err(|_| Problem::too_large())?;
    // The same change of another version is another request.
    let version = parts.headers.get(IF_MATCH).map(HeaderValue::as_bytes);
    let hash = Sha256::new()
        .chain_update(parts.uri.to_string())
        .chain_update([0])
        .chain_update(version.unwrap_or_default())
        .chain_update([0])
        .chain_update(&body)
        .finalize()
        .to_vec();
    match take(&app.care, agent, key, hash, proof(parts.uri.path())).await? {
        Turn::First => Ok(Begun::First(Request::from_parts(parts, Body::from(body)))),
        Turn::Done(answer) => Ok(Begun::Done(answer)),
        Turn::Written(message) => Ok(Begun::Written(message)),
        Turn::Unknown => Err(
            Problem::new(StatusCode::CONFLICT, "outcome_unknown").detail(
                "the request was begun and broke off; look whether it was done before you send it \
             under another key",
            ),
        ),
        Turn::Erased => Err(Problem::new(StatusCode::CONFLICT, "answer_erased")
            .detail("the request was done; its answer is gone, because somebody was erased since")),
        Turn::InProgress => Err(
            Problem::new(StatusCode::CONFLICT, "idempotency_key_in_progress")
                .detail("the same request is being served")
                .retry_after(1),
        ),
        Turn::Reused => Err(Problem::key_reused()),
    }
}

/// Serves the request and keeps its answer, or frees the key where nothing happened.
async fn do_it(care: &Care, agent: AgentId, key: &str, request: Request, next: Next) -> Response {
    let proof = proof(request.uri().path());
    let (response, trace) = traced(next.run(request)).await;
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return Problem::internal("an answer broke off").into_response();
    };
    let outcome = if parts.status.is_success() {
        let headers = KEPT_HEADERS
            .iter()
            .filter_map(|name| {
                let value = parts.headers.get(name)?.to_str().ok()?;
                Some((name.as_str().to_owned(), value.to_owned()))
            })
            .collect();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers,
            body: body.to_vec(),
        };
        finish(care, agent, key, &answer).await
    } else if parts.status.is_client_error() || trace == Trace::None {
        give_up(care, agent, key).await
    } else if proof != Proof::None {
        give_up_wordless(care, agent, key).await
    } else {
        // Nobody knows how far it came: the key stays taken.
        Ok(())
    };
    if let Err(error) = outcome {
        error!(error = %error, "the answer to an idempotent request could not be kept");
    }
    Response::from_parts(parts, Body::from(body))
}

/// Tells which requests leave word of what they wrote: those that a customer would read twice; and
/// which do nothing more when they come again.
fn proof(path: &str) -> Proof {
    let is_answer = path.starts_with("/conversations/") && path.ends_with("/messages");
    if is_answer || path == "/posts" {
        Proof::Message
    } else if path.starts_with("/inboxes/") && path.ends_with("/calls") {
        Proof::Repeatable
    } else {
        Proof::None
    }
}

async fn show_written(care: &Care, person: &Person, message: MessageId) -> Response {
    let shown = match announce::find_by_message(care, person, message).await {
        Ok(Some(announcement)) => announcements::accepted(care, person, announcement)
            .await
            .map(IntoResponse::into_response),
        Ok(None) => messages::accepted(care, person, message)
            .await
            .map(IntoResponse::into_response),
        Err(error) => Err(error.into()),
    };
    match shown {
        Ok(answer) => replayed(answer),
        Err(problem) => problem.into_response(),
    }
}

fn replay(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(answer.body)).into_response();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    replayed(response)
}

fn replayed(mut response: Response) -> Response {
    let yes = HeaderValue::from_static("true");
    response.headers_mut().insert(REPLAYED, yes);
    response
}

fn key(request: &Request) -> Result<Option<String>, Problem> {
    if request.method() != Method::POST || is_never_kept(request.uri().path()) {
        return Ok(None);
    }
    let Some(value) = request.headers().get(HEADER) else {
        return Ok(None);
    };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Problem::invalid(
            "Idempotency-Key",
            "unreadable",
            format!("1 to {LONGEST_KEY} visible characters"),
        ));
    }
    Ok(Some(key.to_owned()))
}

/// Saying twice that one is there is as good as once; sign-in makes a new session each time, and whoever
/// begins to connect a new attempt.
fn is_never_kept(path: &str) -> bool {
    let ends = ["/presence", "/connection"];
    ends.iter().any(|end| path.ends_with(end))
        || path.contains("/session")
        || path.contains("/invitations/")
}
