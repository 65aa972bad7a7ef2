//! Tokens that a network refuses before their stated end.

use std::time::Duration;

use kulant_care::jobs;
use kulant_channels::http::{Http, HttpPolicy, Request};
use kulant_model::ids::InboxId;
use kulant_sim::networks::{NetworksHandle, NetworksSettings, start};
use serde_json::{Value as Json, json};

use crate::{House, START, houses};

struct Networks {
    handle: NetworksHandle,
    http: Http,
}

impl Networks {
    async fn open() -> Self {
        let settings = NetworksSettings {
            start: Some(START.as_milliseconds()),
            frozen: true,
            ..NetworksSettings::default()
        };
        let policy = HttpPolicy {
            allow_private: true,
            ..HttpPolicy::default()
        };
        Self {
            handle: start(settings).await.expect("the networks start"),
            http: Http::new(&policy).expect("a client"),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/_sim/{path}", self.handle.control_url())
    }

    async fn order(&self, path: &str, wish: Json) -> Json {
        let request = Request::post_json(self.url(path), wish.to_string().into_bytes());
        let answer = self.http.send(request).await.expect("an answer");
        assert_eq!(answer.status, 201, "{path}");
        answer.json().expect("JSON")
    }

    /// Connects an inbox to an account.
    async fn inbox(&self, house: &House, network: &str) -> InboxId {
        let wish = json!({"network": network, "handle": "lumenau"});
        let opened = self.order("accounts", wish).await;
        let mut settings = opened["settings"].clone();
        for (name, secret) in opened["secrets"].as_object().expect("secrets") {
            settings[name] = secret.clone();
        }
        house.connect(network, network, settings).await
    }

    /// Counts the calls of a path.
    async fn count(&self, path: &str) -> usize {
        let request = Request::get(self.url("transcript"));
        let answer = self.http.send(request).await.expect("an answer");
        let transcript = answer.json().expect("JSON");
        let calls = transcript["items"].as_array().expect("a list");
        let is_meant = |call: &&Json| call["path"].as_str().is_some_and(|at| at.contains(path));
        calls.iter().filter(is_meant).count()
    }
}

/// Lets time pass and does all that is due then.
async fn work(house: &House, networks: &Networks, seconds: u64) {
    house.clock.pass(Duration::from_secs(seconds));
    networks
        .order("clock", json!({"advance_seconds": seconds}))
        .await;
    jobs::schedule(&house.care).await.expect("scheduled");
    for _ in 0..3 {
        jobs::run_due(&house.care).await.expect("done");
        house.take_in().await;
    }
}

async fn class(house: &House, inbox: InboxId) -> String {
    let row = house
        .care
        .store
        .read(move |read| kulant_store::inboxes::find(read, inbox))
        .await;
    let trouble = row.expect("read").expect("there").trouble;
    trouble["class"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_token_that_ended_early_is_renewed_at_once_and_only_once() {
    for (network, renewals) in [
        ("x", "/2/oauth2/token"),
        ("youtube", "/token"),
        ("bluesky", "refreshSession"),
    ] {
        for house in houses().await {
            let networks = Networks::open().await;
            let inbox = networks.inbox(&house, network).await;
            for _ in 0..3 {
                work(&house, &networks, 60).await;
            }
            assert_eq!(class(&house, inbox).await, "", "{network}");
            let before = networks.count(renewals).await;
            let sessions = networks.count("createSession").await;

            let act = |act: &str| json!({"act": act, "by": "anna", "text": "Hallo?"});
            let acts = format!("{network}/act");
            networks.order(&acts, act("expire_token")).await;
            for _ in 0..8 {
                work(&house, &networks, 60).await;
                assert_ne!(class(&house, inbox).await, "auth_broken", "{network}");
            }
            assert_eq!(class(&house, inbox).await, "", "{network}");
            assert_eq!(networks.count(renewals).await, before + 1, "{network}");
            // There the long token ended as well: a session is opened, and not with every call.
            let opened = sessions + usize::from(network == "bluesky");
            assert_eq!(networks.count("createSession").await, opened, "{network}");

            // Where that is refused as well, people have to do something.
            networks.order(&acts, act("revoke_token")).await;
            for _ in 0..10 {
                work(&house, &networks, 600).await;
            }
            assert_eq!(class(&house, inbox).await, "auth_broken", "{network}");
        }
    }
}
