//! The control desk of the simulated networks under `/_sim/`: clock, accounts, people, faults, limits,
//! deliveries and the transcript. For tests and the demo world; nobody signs anything here.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::kit::faults::{Rule, Then};
use super::kit::{Done, Frame, Refused, Wish};
use super::station::{Down, DownHow, Station, Town};
use crate::faults::lock;
use crate::item::rfc3339;

type Desk = State<Arc<Town>>;

pub(crate) fn routes(town: Arc<Town>) -> Router {
    Router::new()
        .route("/_sim/state", get(show))
        .route("/_sim/clock", get(show_clock).post(move_clock))
        .route("/_sim/reset", post(reset))
        .route("/_sim/accounts", post(enrol))
        .route("/_sim/{network}/act", post(act))
        .route("/_sim/transcript", get(list_entries).delete(clear_entries))
        .route(
            "/_sim/faults",
            get(list_rules).post(add_rule).delete(clear_rules),
        )
        .route("/_sim/down", post(take_down))
        .route("/_sim/limits", post(lower_limit))
        .route("/_sim/late", post(make_late))
        .route("/_sim/deliveries", get(list_pending).post(steer_deliveries))
        .with_state(town)
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    network: Option<String>,
    #[serde(default)]
    after: u64,
}

async fn show(State(town): Desk) -> Json<Value> {
    let networks: Map<String, Value> = town
        .stations
        .iter()
        .map(|(name, station)| {
            let state = json!({
                "base_url": station.kit.base,
                "down": station.down().map(|down| rfc3339(down.until)),
                "streams": station.kit.streams.count(),
                "pending_deliveries": station.kit.deliveries.pending(None),
                "state": lock(&station.network).show(),
            });
            ((*name).to_owned(), state)
        })
        .collect();
    let seed = *lock(&town.seed);
    Json(json!({"seed": seed, "now": rfc3339(town.clock.now()), "networks": networks}))
}

async fn show_clock(State(town): Desk) -> Json<Value> {
    let now = town.clock.now();
    Json(json!({"now": rfc3339(now), "milliseconds": now}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    advance_seconds: u32,
}

async fn move_clock(State(town): Desk, body: Bytes) -> Response {
    with(&body, |moved: ClockMove| {
        town.clock.advance(i64::from(moved.advance_seconds) * 1_000);
        town.tick();
        let now = town.clock.now();
        Ok(json!({"now": rfc3339(now), "milliseconds": now}))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    seed: Option<u64>,
}

async fn reset(State(town): Desk, body: Bytes) -> Response {
    with(&body, |reset: Reset| {
        let seed = reset.seed.unwrap_or(*lock(&town.seed));
        town.reset(seed);
        Ok(json!({"seed": seed}))
    })
}

async fn enrol(State(town): Desk, body: Bytes) -> Response {
    with(&body, |wish: Wish| {
        let station = find(&town, &wish.network)?;
        station.enrol(&wish)
    })
}

async fn act(State(town): Desk, Path(network): Path<String>, body: Bytes) -> Response {
    with(&body, |wish: Value| {
        let station = find(&town, &network)?;
        let done = match wish {
            Value::Array(wishes) => {
                let done: Result<Vec<Value>, Refused> =
                    wishes.into_iter().map(|wish| station.act(wish)).collect();
                Value::Array(done?)
            }
            wish => station.act(wish)?,
        };
        Ok(done)
    })
}

async fn list_entries(State(town): Desk, Query(asked): Query<Asked>) -> Json<Value> {
    let items = town.transcript.list(asked.network.as_deref(), asked.after);
    Json(json!({"items": items}))
}

async fn clear_entries(State(town): Desk) -> StatusCode {
    town.transcript.clear();
    StatusCode::NO_CONTENT
}

async fn list_rules(State(town): Desk) -> Json<Vec<Rule>> {
    Json(town.rules.list())
}

async fn add_rule(State(town): Desk, body: Bytes) -> Response {
    with(&body, |rule: Rule| {
        if rule.network != "*" {
            find(&town, &rule.network)?;
        }
        let frame = match rule.then {
            Then::HalfOpenStream => Some(Frame::Freeze),
            Then::DropStream => Some(Frame::Drop),
            _ => None,
        };
        let mut met = 0;
        if let Some(frame) = frame {
            for (name, station) in &town.stations {
                if rule.network == "*" || rule.network == *name {
                    met += station.kit.streams.put_all(&frame);
                }
            }
        }
        // What is open already is met at once; else the next stream is.
        if met == 0 && rule.then != Then::DropStream {
            town.rules.add(rule);
        }
        Ok(json!({"streams": met}))
    })
}

async fn clear_rules(State(town): Desk, Query(asked): Query<Asked>) -> StatusCode {
    town.rules.clear(asked.network.as_deref());
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DownWish {
    network: String,
    seconds: u32,
    #[serde(default)]
    how: DownHow,
}

async fn take_down(State(town): Desk, body: Bytes) -> Response {
    with(&body, |wish: DownWish| {
        let station = find(&town, &wish.network)?;
        let until = town.clock.now() + i64::from(wish.seconds) * 1_000;
        station.take_down(Down {
            until,
            how: wish.how,
        });
        Ok(json!({"until": rfc3339(until)}))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitWish {
    network: String,
    name: String,
    limit: u32,
}

async fn lower_limit(State(town): Desk, body: Bytes) -> Response {
    with(&body, |wish: LimitWish| {
        let station = find(&town, &wish.network)?;
        station.kit.limits.lower(&wish.name, wish.limit);
        Ok(json!({}))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LateWish {
    network: String,
    seconds: u32,
}

/// Lets the lists of a network show late what our accounts write.
async fn make_late(State(town): Desk, body: Bytes) -> Response {
    with(&body, |wish: LateWish| {
        find(&town, &wish.network)?.kit.late.set(wish.seconds);
        Ok(json!({}))
    })
}

async fn list_pending(State(town): Desk, Query(asked): Query<Asked>) -> Response {
    let pending = match asked.network.as_deref() {
        Some(network) => find(&town, network).map(|station| station.kit.deliveries.pending(None)),
        None => Ok(town
            .stations
            .values()
            .map(|station| station.kit.deliveries.pending(None))
            .sum()),
    };
    answered(pending.map(|pending| json!({"pending": pending})), 200)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Steering {
    network: String,
    hold: Option<bool>,
    #[serde(default)]
    shuffle: bool,
}

async fn steer_deliveries(State(town): Desk, body: Bytes) -> Response {
    with(&body, |wish: Steering| {
        let kit = &find(&town, &wish.network)?.kit;
        if wish.shuffle {
            kit.deliveries.shuffle(&kit.ids);
        }
        if let Some(hold) = wish.hold {
            kit.deliveries.hold(hold);
        }
        Ok(json!({"pending": kit.deliveries.pending(None)}))
    })
}

fn find<'a>(town: &'a Town, network: &str) -> Result<&'a Station, Refused> {
    town.stations
        .get(network)
        .ok_or_else(|| Refused(404, format!("no network is called {network}")))
}

/// Reads an order and carries it out; an empty body counts as an order without wishes.
fn with<T: DeserializeOwned>(body: &[u8], carry_out: impl FnOnce(T) -> Done) -> Response {
    let body = if body.is_empty() { b"{}" } else { body };
    match serde_json::from_slice(body) {
        Ok(wish) => answered(carry_out(wish), 201),
        Err(error) => answered(Err(Refused(422, error.to_string())), 201),
    }
}

fn answered(done: Done, status: u16) -> Response {
    let (status, body) = match done {
        Ok(body) => (status, body),
        Err(Refused(status, detail)) => (status, json!({"detail": detail})),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}
