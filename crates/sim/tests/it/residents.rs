//! The world's customers on simulated networks: they write there, are answered there, and answer back;
//! their past happened there when it happened, and networks that are started again know it.

use kulant_sim::networks::{self, NetworksHandle, NetworksSettings};
use kulant_sim::{Residence, SimHandle, SimSettings};
use serde_json::{Value, json};

const HANDLE: &str = "nordtalbahn";
/// Every network on which customers live.
const EVERYWHERE: [&str; 9] = [
    "bluesky",
    "facebook",
    "mastodon",
    "email",
    "instagram",
    "telegram",
    "whatsapp",
    "x",
    "youtube",
];

#[tokio::test]
async fn customers_write_to_mastodon_and_take_up_what_is_answered_there() {
    let town = Town::start(0).await;
    let opened = town.settle(&["mastodon"]).remove(0);
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
    let town = Town::start(0).await;
    town.settle(&["whatsapp", "facebook"]);
    town.pass(1_200).await;
    let state = town.state().await;
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
async fn the_past_happened_on_the_networks_when_it_happened() {
    let town = Town::start(3).await;
    let begun = town.networks.now();
    let opened = town.settle(&["mastodon"]).remove(0);
    let token = opened["secrets"]["access_token"].as_str().unwrap();
    let written = town.mentions(token).await;
    assert!(written.len() > 20, "{}", written.len());
    let times: Vec<&str> = written
        .iter()
        .map(|status| status["created_at"].as_str().unwrap())
        .collect();
    // The newest come first.
    assert!(
        times.is_sorted_by(|newer, older| newer >= older),
        "{times:?}"
    );
    assert!(times[0][..10] > times[times.len() - 1][..10], "{times:?}");
    assert!(town.networks.now() >= begun, "the clock stands in the past");
}

#[tokio::test]
async fn networks_that_are_started_again_know_what_stood_on_them() {
    let town = Town::start(5).await;
    let opened = town.settle(&EVERYWHERE);
    let written = town.networks.written();
    for network in EVERYWHERE {
        assert!(
            written[network].is_object(),
            "{network} writes nothing down"
        );
    }
    let again = networks::start(NetworksSettings {
        first_number: 1_000_000,
        ..NetworksSettings::default()
    })
    .await
    .unwrap();
    again.resume(written.clone());
    assert_eq!(again.written(), written);

    // Accounts are found again, and what was said before the end is answered after it.
    for (network, before) in EVERYWHERE.iter().zip(&opened) {
        let wish = json!({"network": network, "handle": HANDLE, "business": true});
        assert_eq!(again.open(&wish).unwrap()["id"], before["id"], "{network}");
    }
    let token = opened[2]["secrets"]["access_token"].as_str().unwrap();
    let status = town.mentions(token).await.remove(0);
    let answer = json!({"status": "Das ist geklärt.", "in_reply_to_id": status["id"]});
    let answered = town
        .client
        .post(format!(
            "{}/api/v1/statuses",
            again.base_url("mastodon").unwrap()
        ))
        .bearer_auth(token)
        .json(&answer)
        .send()
        .await
        .unwrap();
    assert_eq!(answered.status(), 200);
    let id: Value = answered.json().await.unwrap();
    let number = |id: &Value| id.as_str().unwrap().parse::<u64>().unwrap();
    assert!(
        number(&id["id"]) > number(&status["id"]),
        "an id came again"
    );
}

#[tokio::test]
async fn what_is_broken_is_not_gone_on_with() {
    let town = Town::start(0).await;
    let before = town.networks.written();
    town.networks
        .resume(json!({"mastodon": {"users": 7}, "orkut": {}}));
    assert_eq!(town.networks.written(), before);
}

#[tokio::test]
async fn nobody_lives_on_networks_that_are_unknown() {
    let town = Town::start(0).await;
    let residence = Residence {
        brand: "nordtal".to_owned(),
        network: "orkut".to_owned(),
        handle: HANDLE.to_owned(),
        account: String::new(),
    };
    assert!(town.sim.settle(&town.networks, &[residence]).is_err());
}

struct Town {
    sim: SimHandle,
    networks: NetworksHandle,
    client: reqwest::Client,
}

impl Town {
    /// Starts a world that waits until its customers have settled.
    async fn start(history_days: u32) -> Self {
        let settings = SimSettings {
            history_days,
            waits: true,
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

    /// Opens accounts, lets the customers live there and begins; returns what the networks told.
    fn settle(&self, networks: &[&str]) -> Vec<Value> {
        let opened: Vec<Value> = networks
            .iter()
            .map(|network| {
                let wish = json!({"network": network, "handle": HANDLE, "business": true});
                self.networks.open(&wish).unwrap()
            })
            .collect();
        let residences: Vec<Residence> = networks
            .iter()
            .zip(&opened)
            .map(|(network, opened)| Residence {
                brand: "nordtal".to_owned(),
                network: (*network).to_owned(),
                handle: HANDLE.to_owned(),
                account: opened["id"].as_str().unwrap().to_owned(),
            })
            .collect();
        self.sim.settle(&self.networks, &residences).unwrap();
        self.sim.begin();
        opened
    }

    async fn state(&self) -> Value {
        let url = format!("{}/_sim/state", self.networks.control_url());
        let answer = self.client.get(url).send().await.unwrap();
        answer.json().await.unwrap()
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
