//! The control desk of the world under `/_sim/`: clock, faults, transcript, seed. For tests and the curious; unsigned.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::content::brands;
use crate::faults::{Fault, lock};
use crate::hub::{SharedHub, find_brand};
use crate::item::rfc3339;
use crate::world::Guest;

pub(crate) fn routes() -> Router<SharedHub> {
    Router::new()
        .route("/_sim/state", get(show))
        .route("/_sim/clock", get(show).post(move_clock))
        .route(
            "/_sim/faults",
            get(list_faults).post(add_fault).delete(clear_faults),
        )
        .route("/_sim/transcript", get(list_calls).delete(clear_calls))
        .route("/_sim/reset", post(reset))
        .route("/_sim/say", post(say))
}

async fn show(State(hub): State<SharedHub>) -> Json<Value> {
    let items = lock(&hub.world).network().count();
    let accounts: Vec<Value> = hub
        .list_accounts()
        .into_iter()
        .map(|(brand, link)| json!({ "name": link.name, "brand": brands()[brand].slug }))
        .collect();
    Json(json!({
        "seed": hub.settings.seed,
        "now": rfc3339(hub.clock.now()),
        "factor": hub.settings.pace.factor(),
        "items": items,
        "accounts": accounts,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    advance_seconds: Option<u32>,
    paused: Option<bool>,
}

async fn move_clock(State(hub): State<SharedHub>, Json(moved): Json<ClockMove>) -> Json<Value> {
    if let Some(seconds) = moved.advance_seconds {
        let time = i64::from(seconds) * 1_000;
        // What happens in the skipped time is told before the world knows that it was skipped.
        let items = {
            let mut world = lock(&hub.world);
            let items = world.step(hub.clock.now() + time);
            world.skip(time);
            items
        };
        hub.clock.skip(time);
        hub.tell(items);
    }
    if let Some(paused) = moved.paused {
        hub.pause(paused);
    }
    hub.wake.notify_one();
    show(State(hub)).await
}

async fn list_faults(State(hub): State<SharedHub>) -> Json<Vec<Fault>> {
    Json(hub.faults.list())
}

async fn add_fault(State(hub): State<SharedHub>, Json(fault): Json<Fault>) -> StatusCode {
    hub.faults.add(fault);
    StatusCode::CREATED
}

async fn clear_faults(State(hub): State<SharedHub>) -> StatusCode {
    hub.faults.clear();
    StatusCode::NO_CONTENT
}

async fn list_calls(State(hub): State<SharedHub>) -> Json<Value> {
    Json(json!({ "items": hub.faults.list_calls() }))
}

async fn clear_calls(State(hub): State<SharedHub>) -> StatusCode {
    hub.faults.clear_calls();
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
struct Reset {
    seed: Option<u64>,
}

async fn reset(State(hub): State<SharedHub>, Json(reset): Json<Reset>) -> StatusCode {
    hub.reset(reset.seed.unwrap_or(hub.settings.seed));
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
struct Said {
    name: String,
    brand: String,
    text: String,
    parent: Option<String>,
    #[serde(default)]
    private: bool,
}

async fn say(State(hub): State<SharedHub>, Json(said): Json<Said>) -> Response {
    let Some(brand) = find_brand(&said.brand) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "unknown brand").into_response();
    };
    let guest = Guest {
        name: said.name,
        brand,
        text: said.text,
        parent: said.parent,
        private: said.private,
    };
    let id = lock(&hub.world).write(guest, hub.clock.now());
    hub.wake.notify_one();
    (StatusCode::CREATED, Json(json!({ "id": id }))).into_response()
}
