//! Faults on order: what the network does wrong, how often, and a transcript of what it was asked.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use crate::clock::wall_now;
use crate::cut::Cut;
use crate::hub::SharedHub;
use crate::item::rfc3339;

const MOST_CALLS: usize = 2_000;
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// A fault: which calls it meets and what happens to them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The beginning of the path (`/answer` meets `/answers` too).
    #[serde(default = "default_path")]
    pub path: String,
    #[serde(default)]
    pub method: Option<String>,
    /// How many calls it still meets; absent for all.
    #[serde(default)]
    pub times: Option<u32>,
    /// Waits before anything else.
    #[serde(default)]
    pub latency_ms: u64,
    /// Answers with this status and has no effect.
    #[serde(default)]
    pub status: Option<u16>,
    #[serde(default)]
    pub retry_after: Option<u32>,
    #[serde(default)]
    pub body: Option<serde_json::Value>,
    /// Cuts the connection before any effect.
    #[serde(default)]
    pub reset: bool,
    /// Has the effect, then cuts the connection instead of answering.
    #[serde(default)]
    pub drop_answer: bool,
}

fn default_path() -> String {
    "/answer".to_owned()
}

/// One call that the network received.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    pub at: String,
    pub method: String,
    pub path: String,
    pub query: String,
    pub webhook_id: Option<String>,
    pub body: String,
    /// The status that was answered, or would have been.
    pub status: Option<u16>,
    pub fault: Option<String>,
}

/// The faults on order and the transcript.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Mutex<Vec<Fault>>,
    calls: Mutex<VecDeque<Call>>,
}

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        lock(&self.rules).push(fault);
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        lock(&self.rules).clone()
    }

    pub(crate) fn clear(&self) {
        lock(&self.rules).clear();
    }

    pub(crate) fn list_calls(&self) -> Vec<Call> {
        lock(&self.calls).iter().cloned().collect()
    }

    pub(crate) fn clear_calls(&self) {
        lock(&self.calls).clear();
    }

    fn note(&self, call: Call) {
        let mut calls = lock(&self.calls);
        if calls.len() == MOST_CALLS {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    fn meet(&self, method: &str, path: &str) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        let index = rules.iter().position(|rule| {
            path.starts_with(&rule.path)
                && rule
                    .method
                    .as_ref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
        })?;
        let met = rules[index].clone();
        if let Some(times) = &mut rules[index].times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                rules.remove(index);
            }
        }
        Some(met)
    }
}

/// Locks even after a panic elsewhere: these values are whole after every statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets ordered faults happen to a call and writes it into the transcript.
pub(crate) async fn apply(
    State(hub): State<SharedHub>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let fault = hub.faults.meet(parts.method.as_str(), parts.uri.path());
    let mut call = Call {
        at: rfc3339(wall_now()),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        webhook_id: webhook_id(&parts.headers),
        body: String::from_utf8_lossy(&body).into_owned(),
        status: None,
        fault: fault.as_ref().map(name_of),
    };

    if let Some(fault) = &fault {
        tokio::time::sleep(Duration::from_millis(fault.latency_ms)).await;
        if fault.reset {
            cut.cut();
            hub.faults.note(call);
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if let Some(status) = fault
            .status
            .and_then(|status| StatusCode::from_u16(status).ok())
        {
            call.status = Some(status.as_u16());
            hub.faults.note(call);
            return faulty(status, fault);
        }
    }

    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    call.status = Some(response.status().as_u16());
    hub.faults.note(call);
    if fault.is_some_and(|fault| fault.drop_answer) {
        cut.cut();
    }
    response
}

fn webhook_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("webhook-id")?.to_str().ok()?;
    Some(id.to_owned())
}

fn name_of(fault: &Fault) -> String {
    let name = match fault {
        Fault { reset: true, .. } => "reset",
        Fault {
            status: Some(_), ..
        } => "status",
        Fault {
            drop_answer: true, ..
        } => "drop_answer",
        _ => "latency",
    };
    name.to_owned()
}

fn faulty(status: StatusCode, fault: &Fault) -> Response {
    let body = fault
        .body
        .clone()
        .unwrap_or_else(|| serde_json::json!({ "detail": "ordered by a fault rule" }));
    let mut response = (status, Bytes::from(body.to_string())).into_response();
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    if let Some(seconds) = fault.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
