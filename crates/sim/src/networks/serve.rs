//! The way in to the networks: finds the network, lets ordered faults happen, keeps callers waiting
//! and streams open, and writes everything down.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::control;
use super::kit::faults::Then;
use super::kit::transcript::{Direction, Entry, excerpt};
use super::kit::{Answer, Call, Frame, Reply};
use super::station::{DownHow, Station, Town, exchange};
use crate::cut::Cut;
use crate::faults::lock;
use crate::item::rfc3339;

const LARGEST_BODY: usize = 64 << 20;
/// Longer than any client waits.
const SILENCE: Duration = Duration::from_secs(900);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// One listener: that of all networks, or of one.
#[derive(Clone)]
struct Door {
    town: Arc<Town>,
    fixed: Option<&'static str>,
}

/// Makes the router of one listener.
pub(crate) fn router(town: Arc<Town>, fixed: Option<&'static str>) -> Router {
    let door = Door {
        town: Arc::clone(&town),
        fixed,
    };
    let networks = Router::new().fallback(handle).with_state(door);
    match fixed {
        Some(_) => networks,
        None => control::routes(town).fallback_service(networks),
    }
}

async fn handle(
    State(door): State<Door>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    mut request: Request,
) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, body) = request.into_parts();
    let whole = parts.uri.path();
    let (name, path) = if let Some(name) = door.fixed {
        (name, whole)
    } else {
        let rest = whole.trim_start_matches('/');
        let end = rest.find('/').unwrap_or(rest.len());
        (&rest[..end], &rest[end..])
    };
    let Some((name, station)) = door.town.stations.get_key_value(name) else {
        return (StatusCode::NOT_FOUND, "no network is called so").into_response();
    };
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let query = parts.uri.query().unwrap_or_default();
    let path = if path.is_empty() { "/" } else { path };
    let call = Call::new(parts.method.as_str(), path, query, parts.headers, body);
    if let Some((media_type, bytes)) = station.kit.file(path) {
        return written(Answer::bytes(200, &media_type, bytes));
    }
    let visit = Visit {
        town: Arc::clone(&door.town),
        name,
        cut,
    };
    visit.receive(station, call, upgrade).await
}

/// One call on its way through the town.
struct Visit {
    town: Arc<Town>,
    name: &'static str,
    cut: Cut,
}

impl Visit {
    async fn receive(self, station: &Station, mut call: Call, upgrade: OnUpgrade) -> Response {
        if let Some(down) = station.down() {
            self.note(&call, None, Some("down".to_owned()));
            return match down.how {
                DownHow::Unavailable => written(away()),
                DownHow::Reset => self.gone(),
                DownHow::Silence => silence().await,
            };
        }
        let then = self
            .town
            .rules
            .meet_call(self.name, &call.method, &call.path);
        let fault = then.as_ref().map(Then::name);
        match &then {
            Some(Then::Latency { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Some(Then::Reset) => {
                self.note(&call, None, fault);
                return self.gone();
            }
            Some(Then::Status {
                status,
                body,
                headers,
            }) => {
                let answer = ordered(station, *status, body.as_ref(), headers);
                self.note(&call, Some(&answer), fault);
                return written(answer);
            }
            _ => {}
        }

        let Some(reply) = work(&self.town, station, &mut call, then.as_ref()).await else {
            return silence().await;
        };
        let answer = match reply {
            Reply::Answer(answer) => answer,
            Reply::Socket(mark) => {
                return self.socket(station, &call, &mark, upgrade, then.as_ref());
            }
            Reply::Stream {
                mark,
                media_type,
                heartbeat,
            } => {
                self.note(&call, Some(&Answer::text(200, "")), fault);
                return self.endless(
                    station,
                    &call,
                    &mark,
                    (media_type, heartbeat),
                    then.as_ref(),
                );
            }
            Reply::Wait(_) | Reply::Ask { .. } => lock(&station.network).failure(500, &station.kit),
        };
        self.note(&call, Some(&answer), fault);
        match then {
            Some(Then::EffectThenReset) => {
                self.cut.cut();
                written(answer)
            }
            Some(Then::EffectThenSilence) => silence().await,
            Some(Then::Truncated) => truncated(answer),
            _ => written(answer),
        }
    }

    fn gone(&self) -> Response {
        self.cut.cut();
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }

    fn note(&self, call: &Call, answer: Option<&Answer>, fault: Option<String>) {
        let headers: Map<String, Value> = call
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.to_string(), Value::String(value))
            })
            .collect();
        self.town.transcript.note(Entry {
            seq: 0,
            at: rfc3339(self.town.clock.now()),
            network: self.name.to_owned(),
            direction: Direction::Call,
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.raw_query.clone(),
            headers,
            body: excerpt(&call.body),
            status: answer.map(|answer| answer.status),
            answer: answer
                .map(|answer| excerpt(&answer.body))
                .unwrap_or_default(),
            fault,
        });
    }

    fn socket(
        self,
        station: &Station,
        call: &Call,
        mark: &str,
        upgrade: OnUpgrade,
        then: Option<&Then>,
    ) -> Response {
        let Some(key) = call.header("sec-websocket-key") else {
            let answer = lock(&station.network).failure(400, &station.kit);
            self.note(call, Some(&answer), None);
            return written(answer);
        };
        let accept = derive_accept_key(key.as_bytes());
        let (stream, frames) = station.kit.streams.open();
        lock(&station.network).opened(stream, mark, call, &station.kit);
        if then == Some(&Then::HalfOpenStream) {
            station.kit.streams.put(stream, Frame::Freeze);
        }
        self.note(call, Some(&Answer::text(101, "")), then.map(Then::name));
        let town = Arc::clone(&self.town);
        let pumping = pump(Arc::clone(&town), self.name, stream, frames, upgrade);
        lock(&town.streams).spawn(pumping);
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (
                header::SEC_WEBSOCKET_ACCEPT,
                HeaderValue::from_str(&accept).unwrap_or(HeaderValue::from_static("")),
            ),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }

    fn endless(
        self,
        station: &Station,
        call: &Call,
        mark: &str,
        (media_type, heartbeat): (&'static str, &'static str),
        then: Option<&Then>,
    ) -> Response {
        let (stream, frames) = station.kit.streams.open();
        lock(&station.network).opened(stream, mark, call, &station.kit);
        if then == Some(&Then::HalfOpenStream) {
            station.kit.streams.put(stream, Frame::Freeze);
        }
        let pouring = Pouring {
            town: self.town,
            name: self.name,
            stream,
            frames,
            heartbeat,
            cut: self.cut,
        };
        let body = stream::unfold(pouring, |mut pouring| async move {
            let chunk = pouring.next().await?;
            Some((Ok::<_, io::Error>(chunk), pouring))
        });
        (
            [(header::CONTENT_TYPE, media_type)],
            Body::from_stream(body),
        )
            .into_response()
    }
}

/// Lets the network answer, as often as it keeps the caller waiting; none where it never will.
async fn work(
    town: &Arc<Town>,
    station: &Station,
    call: &mut Call,
    then: Option<&Then>,
) -> Option<Reply> {
    let mut happenings = station.kit.happenings();
    let mut end = None;
    loop {
        happenings.borrow_and_update();
        let kit = &station.kit;
        let reply = lock(&station.network).answer(call, kit);
        let reply = kit.late.keep_back(&kit.own_words, call, reply, kit.now());
        match reply {
            Reply::Wait(patience) if !call.waited => {
                if then == Some(&Then::HalfOpenStream) {
                    return None;
                }
                let end = *end.get_or_insert_with(|| Instant::now() + patience);
                let happened = tokio::time::timeout_at(end, happenings.changed()).await;
                call.waited = happened.is_err();
                if station.down().is_some() {
                    return Some(away().into());
                }
            }
            Reply::Ask { mark, ask } => {
                let client = crate::push::client()?;
                let heard = exchange(town, station.kit.name, &client, &ask, None).await;
                return Some(lock(&station.network).heard(&mark, &heard, &station.kit));
            }
            other => {
                if call.method != "GET" {
                    station.kit.wake();
                }
                return Some(other);
            }
        }
    }
}

async fn pump(
    town: Arc<Town>,
    name: &'static str,
    stream: u64,
    mut frames: UnboundedReceiver<Frame>,
    upgrade: OnUpgrade,
) {
    let Some(station) = town.stations.get(name) else {
        return;
    };
    if let Ok(upgraded) = upgrade.await {
        let io = TokioIo::new(upgraded);
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
        loop {
            tokio::select! {
                frame = frames.recv() => match frame {
                    Some(Frame::Text(text)) => {
                        if socket.send(Message::text(text)).await.is_err() {
                            break;
                        }
                    }
                    Some(Frame::Close) => {
                        let _ = socket.close(None).await;
                        break;
                    }
                    Some(Frame::Freeze) => {
                        frozen(&mut frames).await;
                        break;
                    }
                    Some(Frame::Drop) | None => break,
                },
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        lock(&station.network).said(stream, &text, &station.kit);
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                },
            }
        }
    }
    station.kit.streams.close(stream);
    lock(&station.network).closed(stream);
}

async fn frozen(frames: &mut UnboundedReceiver<Frame>) {
    while let Some(frame) = frames.recv().await {
        if frame == Frame::Drop {
            return;
        }
    }
}

/// An endless body that is being written.
struct Pouring {
    town: Arc<Town>,
    name: &'static str,
    stream: u64,
    frames: UnboundedReceiver<Frame>,
    heartbeat: &'static str,
    cut: Cut,
}

impl Pouring {
    async fn next(&mut self) -> Option<Bytes> {
        match tokio::time::timeout(HEARTBEAT, self.frames.recv()).await {
            Err(_) => Some(Bytes::from_static(self.heartbeat.as_bytes())),
            Ok(Some(Frame::Text(text))) => Some(Bytes::from(text)),
            Ok(Some(Frame::Freeze)) => {
                frozen(&mut self.frames).await;
                self.cut.cut();
                None
            }
            Ok(Some(Frame::Drop)) => {
                self.cut.cut();
                None
            }
            Ok(Some(Frame::Close) | None) => None,
        }
    }
}

impl Drop for Pouring {
    fn drop(&mut self) {
        if let Some(station) = self.town.stations.get(self.name) {
            station.kit.streams.close(self.stream);
            lock(&station.network).closed(self.stream);
        }
    }
}

/// Writes what stands in front of a network that is away.
fn away() -> Answer {
    Answer::html(
        503,
        "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n</html>\r\n",
    )
}

fn ordered(
    station: &Station,
    status: u16,
    body: Option<&Value>,
    headers: &Map<String, Value>,
) -> Answer {
    let mut answer = match body {
        None => lock(&station.network).failure(status, &station.kit),
        Some(Value::String(text)) => Answer::html(status, text),
        Some(value) => Answer::json(status, value),
    };
    for (name, value) in headers {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        answer
            .headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        answer = answer.with(name, value);
    }
    answer
}

async fn silence() -> Response {
    tokio::time::sleep(SILENCE).await;
    StatusCode::GATEWAY_TIMEOUT.into_response()
}

fn written(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Promises the whole answer and breaks off in the middle.
fn truncated(mut answer: Answer) -> Response {
    let whole = answer.body.len();
    let half = Bytes::from(answer.body.split_off(0)).slice(..whole / 2);
    answer = answer.with("content-length", whole);
    let mut response = written(answer);
    let broken = stream::unfold(Some(half), |half| async move {
        if let Some(half) = half {
            return Some((Ok(half), None));
        }
        // What was written must have left before the connection breaks.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let broken = io::Error::from(io::ErrorKind::ConnectionAborted);
        Some((Err(broken), None))
    });
    *response.body_mut() = Body::from_stream(broken);
    response
}
