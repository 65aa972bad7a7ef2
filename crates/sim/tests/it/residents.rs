//! The world's customers on simulated networks: they write there, are answered there, and answer back.

use kulant_sim::networks::{self, NetworksHandle, NetworksSettings};
use kulant_sim::{Residence, SimHandle, SimSettings};
use serde_json::{Value, json};

const HANDLE: &str = "NordtalBahn";

#[tokio::test]
async fn customers_write_to_mastodon_and_take_up_what_is_answered_there() {
    let town = Town::start().await;
    let opened = town.enrol("mastodon").await;
    town.settle(&["mastodon"]);
    town.pass(300).await;
    let token = opened["secrets"]["access_token"].as_str().unwrap();
    let mut written = town.mentions(token).await;
    written.retain(|status| status["in_reply_to_id"].is_null());
    assert!(written.len() > 2, "{}", written.len());
    let mut ours = Vec::new();
    for status in &written {
        let answer = json!({
            "status": format!("@{} Das tut uns leid, wir sehen nach.", status["account"]["acct"].as_str().unwrap()),
            "in_reply_to_id": status["id"],
        });
        let url = town.url("mastodon", "/api/v1/statuses");
        let request = town.client.post(url).bearer_auth(token).json(&answer);
        let answered = request.send().await.unwrap();
        assert_eq!(answered.status(), 200);
        ours.push(answered.json::<Value>().await.unwrap()["id"].clone());
    }
    // The world hears within a second of its own.
    tokio::time::sleep(std::time::Duration::from_millis(1_300)).await;
    town.pass(120).await;
    let below = town
        .mentions(token)
        .await
        .into_iter()
        .filter(|status| ours.contains(&status["in_reply_to_id"]))
        .count();
    assert!(below > 0, "nobody took up an answer");
}

#[tokio::test]
async fn private_matters_go_to_whatsapp_and_comments_below_the_page() {
    let town = Town::start().await;
    town.enrol("whatsapp").await;
    town.enrol("facebook").await;
    town.settle(&["whatsapp", "facebook"]);
    town.pass(1_200).await;
    let state: Value = town
        .client
        .get(format!("{}/_sim/state", town.networks.control_url()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    for (network, what) in [("whatsapp", "messages"), ("facebook", "things")] {
        let count = &state["networks"][network]["state"][what];
        assert!(
            count.as_u64() > Some(0),
            "{network}: {}",
            state["networks"][network]
        );
    }
}

#[tokio::test]
async fn nobody_lives_on_networks_that_are_unknown() {
    let town = Town::start().await;
    let residence = Residence {
        brand: "nordtal".to_owned(),
        network: "orkut".to_owned(),
        handle: HANDLE.to_owned(),
    };
    assert!(town.sim.settle(&town.networks, &[residence]).is_err());
}

struct Town {
    sim: SimHandle,
    networks: NetworksHandle,
    client: reqwest::Client,
}

impl Town {
    async fn start() -> Self {
        let settings = SimSettings {
            history_days: 0,
            ..SimSettings::default()
        };
        Self {
            sim: kulant_sim::start(settings).await.unwrap(),
            networks: networks::start(NetworksSettings::default()).await.unwrap(),
            client: crate::networks::client(),
        }
    }

    fn url(&self, network: &str, path: &str) -> String {
        format!("{}{path}", self.networks.base_url(network).unwrap())
    }

    async fn enrol(&self, network: &str) -> Value {
        let url = format!("{}/_sim/accounts", self.networks.control_url());
        let wish = json!({"network": network, "handle": HANDLE});
        let answer = self.client.post(url).json(&wish).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json().await.unwrap()
    }

    fn settle(&self, networks: &[&str]) {
        let residences: Vec<Residence> = networks
            .iter()
            .map(|network| Residence {
                brand: "nordtal".to_owned(),
                network: (*network).to_owned(),
                handle: HANDLE.to_owned(),
            })
            .collect();
        self.sim.settle(&self.networks, &residences).unwrap();
    }

    /// Lets the world's time pass.
    async fn pass(&self, seconds: u32) {
        let url = format!("http://{}/_sim/clock", self.sim.address);
        let wish = json!({"advance_seconds": seconds});
        let answer = self.client.post(url).json(&wish).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    async fn mentions(&self, token: &str) -> Vec<Value> {
        let url = self.url("mastodon", "/api/v1/notifications?types[]=mention&limit=80");
        let answer = self
            .client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        let told: Vec<Value> = answer.json().await.unwrap();
        told.into_iter()
            .map(|told| told["status"].clone())
            .collect()
    }
}
