//! The simulated networks over plain HTTP, as clients of the real ones see them.

mod email;
mod kit;
mod mastodon;
mod meta;
mod others;
mod x;

use kulant_sim::networks::{NetworksHandle, NetworksSettings, start};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// 2026-11-22T05:00:00Z.
pub const NOW: i64 = 1_795_323_600_000;

/// Running networks and somebody who calls them.
pub struct World {
    pub sim: NetworksHandle,
    pub client: reqwest::Client,
}

/// What was answered.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl World {
    pub async fn start() -> Self {
        let settings = NetworksSettings {
            start: Some(NOW),
            frozen: true,
            ..NetworksSettings::default()
        };
        let sim = start(settings).await.expect("the networks start");
        Self {
            sim,
            client: client(),
        }
    }

    pub fn url(&self, network: &str, path: &str) -> String {
        let base = self.sim.base_url(network).expect("the network is known");
        format!("{base}{path}")
    }

    pub fn ask(&self, method: Method, network: &str, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(network, path))
    }

    /// Gives an order at the control desk; it must be taken.
    pub async fn order(&self, path: &str, wish: Value) -> Value {
        let got = self.try_order(path, wish).await;
        assert!((200..300).contains(&got.status), "{path}: {got:?}");
        got.body
    }

    pub async fn try_order(&self, path: &str, wish: Value) -> Got {
        let url = format!("{}/_sim/{path}", self.sim.control_url());
        got(self.client.post(url).json(&wish)).await
    }

    pub async fn look(&self, path: &str) -> Value {
        let url = format!("{}/_sim/{path}", self.sim.control_url());
        got(self.client.get(url)).await.body
    }

    pub async fn account(&self, network: &str, handle: &str) -> Value {
        self.order("accounts", json!({"network": network, "handle": handle}))
            .await
    }

    pub async fn act(&self, network: &str, act: Value) -> Value {
        self.order(&format!("{network}/act"), act).await
    }

    pub async fn advance(&self, seconds: u32) {
        self.order("clock", json!({"advance_seconds": seconds}))
            .await;
    }

    pub async fn fault(&self, network: &str, then: Value) {
        let rule = json!({"network": network, "times": 1, "then": then});
        self.order("faults", rule).await;
    }
}

/// Makes a call and reads what comes.
pub async fn got(request: RequestBuilder) -> Got {
    let answer = request.send().await.expect("there is an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.expect("the answer is whole");
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    Got {
        status,
        headers,
        body,
    }
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this caller stands for any client of a network, not for kulant's"
)]
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(std::time::Duration::from_secs(3))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client can be made")
}
