//! Listens and answers: opens so many connections and no more, lets nobody take too long to say what
//! they want, and ends what was begun when it is told to stop. What is answered is the web's matter.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use anyhow::Result;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use kulant_care::Care;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::Layer;
use tracing::debug;

use crate::places::{Place, Places};

/// So long may a connection take to say what it wants, from its first moment or its last answer;
/// bodies have limits of their own.
const SLOWEST_HEAD: Duration = Duration::from_secs(10);
/// So long are last answers waited for.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Answers requests until told to stop; then lets live streams go, ends what was begun, and waits no
/// longer than a while.
pub async fn answer(
    mut listener: TcpListener,
    router: Router,
    care: Care,
    places: Places,
    stopping: watch::Receiver<bool>,
) -> Result<()> {
    let mut open = JoinSet::new();
    let mut told = pin!(told(stopping.clone()));
    loop {
        tokio::select! {
            () = &mut told => break,
            (place, stream, peer) = next(&mut listener, &places) => {
                let Some(place) = places.give(place, peer.ip()) else {
                    debug!(peer = %peer.ip(), "an address has its share of the connections");
                    continue;
                };
                let talk = talk(stream, peer, router.clone(), stopping.clone());
                open.spawn(async move {
                    talk.await;
                    drop(place);
                });
            }
            Some(_) = open.join_next() => {}
        }
    }
    drop(listener);
    care.live.end();
    let ended = async { while open.join_next().await.is_some() {} };
    // Whoever has not ended by then is cut off.
    drop(tokio::time::timeout(LAST_ANSWERS, ended).await);
    Ok(())
}

/// Waits for a free place, then for somebody who wants it.
async fn next(listener: &mut TcpListener, places: &Places) -> (Place, TcpStream, SocketAddr) {
    let place = places.wait().await;
    let (stream, peer) = Listener::accept(listener).await;
    (place, stream, peer)
}

/// Answers one connection, until it ends or is told to.
async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    stopping: watch::Receiver<bool>,
) {
    // Small frames of the live stream must not wait for one another.
    drop(stream.set_nodelay(true));
    let service = Extension(ConnectInfo(peer)).layer(router);
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(SLOWEST_HEAD)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(error = %error, "a connection broke off");
    }
}

/// Waits to be told to stop.
async fn told(mut stopping: watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}
