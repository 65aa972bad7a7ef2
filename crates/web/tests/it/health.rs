//! `/healthz`, `/readyz`, `/metrics`.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use kulant_model::role::Role;

use crate::{Client, houses};

#[tokio::test]
async fn a_running_kulant_is_alive_and_ready() {
    for house in houses().await {
        let stranger = house.stranger();
        assert_eq!(stranger.get("/healthz").await.json["status"], "ok");
        assert_eq!(stranger.get("/readyz").await.json["status"], "ready");
    }
}

#[tokio::test]
async fn numbers_are_for_this_machine_and_for_supervisors() {
    async fn asked(client: &Client, peer: &str) -> (u16, String) {
        asked_with(client, peer, None).await
    }
    async fn asked_with(client: &Client, peer: &str, header: Option<&str>) -> (u16, String) {
        let peer: SocketAddr = peer.parse().expect("an address");
        let mut request = Request::builder()
            .uri("/metrics")
            .extension(ConnectInfo(peer));
        if let Some(header) = header {
            request = request.header(header, "127.0.0.1");
        }
        if let Some(cookie) = &client.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = client
            .call(request.body(Body::empty()).expect("a request"))
            .await;
        (answer.status, answer.code().to_owned())
    }
    for house in houses().await {
        let chef = house.administrator().await;
        house.agent("anna@example.org", Role::Agent, &[]).await;
        let anna = house.sign_in("anna@example.org").await;
        let stranger = house.stranger();
        assert_eq!(
            asked(&stranger, "192.0.2.1:5").await,
            (401, "unauthenticated".into())
        );
        assert_eq!(asked(&anna, "192.0.2.1:5").await, (403, "forbidden".into()));
        // Nothing is gathered here: that both get that far says that they may.
        assert_eq!(asked(&chef, "192.0.2.1:5").await, (404, "not_found".into()));
        assert_eq!(
            asked(&stranger, "127.0.0.1:5").await,
            (404, "not_found".into())
        );
        // Behind a web server on this machine every stranger seems to be here.
        for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"] {
            assert_eq!(
                asked_with(&stranger, "127.0.0.1:5", Some(header)).await,
                (401, "unauthenticated".into()),
                "{header}"
            );
        }
        assert_eq!(
            asked_with(&chef, "127.0.0.1:5", Some("x-forwarded-for")).await,
            (404, "not_found".into())
        );
    }
}
