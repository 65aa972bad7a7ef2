//! Connecting at the networks' own pages: what a person agrees to becomes what an inbox works with, and
//! nothing else does.

use kulant_channels::Channel;
use kulant_channels::connect::{Agreement, Attempt, ConnectError, Connected, Grant};
use kulant_channels::delivery::Account;
use kulant_channels::http::Request;
use serde_json::{Value, json};

use super::sim::Sim;

const BACK: &str = "https://care.example/connect/callback";
/// 43 signs, as many as there must be.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An inbox that knows its network, and nobody's token.
struct New<'a> {
    sim: &'a Sim,
    channel: &'static dyn Channel,
    account: Account,
}

impl<'a> New<'a> {
    /// Opens accounts at a network, and takes away of the first what connecting is to bring.
    async fn inbox(sim: &'a Sim, channel: &'static str, handles: &[&str]) -> Self {
        for handle in handles.iter().skip(1) {
            sim.order("accounts", json!({"network": channel, "handle": handle}))
                .await;
        }
        let inbox = sim.inbox(channel, handles[0], json!({})).await;
        let mut account = inbox.account();
        let offered = inbox.channel.connecting(&account.settings);
        for name in offered.expect("it has a page").fills {
            for place in [&mut account.settings, &mut account.secrets] {
                place.as_object_mut().expect("an object").remove(*name);
            }
        }
        Self {
            sim,
            channel: inbox.channel,
            account,
        }
    }

    /// Begins, has somebody decide on the network's page, and returns what came back by name.
    async fn ask(&self, decision: &[(&str, &str)]) -> (Agreement, Vec<(String, String)>) {
        let attempt = Attempt {
            redirect_url: BACK.to_owned(),
            state: "a state".to_owned(),
            verifier: VERIFIER.to_owned(),
        };
        let begun = self
            .channel
            .authorise(&self.account, &attempt, self.sim.http())
            .await
            .expect("it begins");
        let shown = self.sim.http().send(Request::get(&begun.url)).await;
        let shown = shown.expect("there is a page");
        assert_eq!(shown.status, 200, "{}: {}", begun.url, shown.excerpt());
        let decided = self
            .sim
            .http()
            .send(Request::post_form(&begun.url, decision))
            .await
            .expect("it leads back");
        let location = decided.header("location").expect("somewhere");
        let location = url::Url::parse(location).expect("an address");
        assert!(location.as_str().starts_with(BACK), "{location}");
        let brought: Vec<(String, String)> = location.query_pairs().into_owned().collect();
        let found = |name: &str| {
            let found = brought.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        assert_eq!(found("state"), "a state");
        let agreement = Agreement {
            code: found("code"),
            redirect_url: BACK.to_owned(),
            verifier: VERIFIER.to_owned(),
            kept: begun.kept,
        };
        (agreement, brought)
    }

    async fn connect(&self, agreement: &Agreement) -> Result<Connected, ConnectError> {
        self.channel
            .connect(&self.account, agreement, self.sim.http())
            .await
    }

    async fn agreed(&self, decision: &[(&str, &str)]) -> Agreement {
        self.ask(decision).await.0
    }

    /// Keeps what came of it, as an inbox does.
    fn keep(&mut self, grant: &Grant) {
        for (place, new) in [
            (&mut self.account.settings, &grant.settings),
            (&mut self.account.secrets, &grant.secrets),
        ] {
            let place = place.as_object_mut().expect("an object");
            place.extend(new.as_object().expect("an object").clone());
        }
    }

    async fn is_well(&self) {
        let found = self.channel.probe(&self.account, self.sim.http()).await;
        assert_eq!(found, Ok(Vec::new()), "{}", self.channel.name());
    }
}

fn granted(connected: Result<Connected, ConnectError>) -> Grant {
    match connected {
        Ok(Connected::Account(grant)) => grant,
        Ok(Connected::Choice { of, .. }) => panic!("nobody was to choose: {of:?}"),
        Err(error) => panic!("not connected: {error}"),
    }
}

const ALLOW: &[(&str, &str)] = &[("_decision", "allow")];

const NETWORKS: [(&str, &str); 5] = [
    ("mastodon", "account"),
    ("x", "account_id"),
    ("youtube", "channel_id"),
    ("facebook", "page_id"),
    ("instagram", "account_id"),
];

#[tokio::test]
async fn an_agreement_makes_an_inbox_that_works() {
    let sim = Sim::start().await;
    for (network, own) in NETWORKS {
        let mut inbox = New::inbox(&sim, network, &["nordtalbahn"]).await;
        let grant = granted(inbox.connect(&inbox.agreed(ALLOW).await).await);
        inbox.keep(&grant);
        inbox.is_well().await;
        assert!(inbox.account.setting(own).is_some(), "{network}");
        let polled = inbox
            .channel
            .poll(&inbox.account, None, sim.http())
            .await
            .unwrap_or_else(|error| panic!("{network}: {error}"));
        assert_eq!(polled.trouble, None, "{network}");

        // The same account again: a new token, everything else as before.
        let again = granted(inbox.connect(&inbox.agreed(ALLOW).await).await);
        assert_eq!(
            again.settings[own], inbox.account.settings[own],
            "{network}"
        );
        inbox.keep(&again);
        inbox.is_well().await;
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_whoever_began() {
    let sim = Sim::start().await;
    for (network, _) in NETWORKS {
        let inbox = New::inbox(&sim, network, &["nordtalbahn"]).await;
        let refused = |connected: Result<Connected, ConnectError>, what: &str| match connected {
            Err(ConnectError::Network(error)) => {
                assert_eq!(error.class(), "auth_broken", "{network}, {what}: {error}");
            }
            other => panic!("{network}, {what}: {other:?}"),
        };
        let agreement = inbox.agreed(ALLOW).await;
        granted(inbox.connect(&agreement).await);
        refused(inbox.connect(&agreement).await, "a second time");

        let mut elsewhere = inbox.agreed(ALLOW).await;
        elsewhere.redirect_url = "https://other.example/connect/callback".to_owned();
        refused(inbox.connect(&elsewhere).await, "another address");

        // Facebook's page takes no proof.
        if !matches!(network, "facebook" | "instagram") {
            let mut stolen = inbox.agreed(ALLOW).await;
            stolen.verifier = "x".repeat(43);
            refused(inbox.connect(&stolen).await, "without the proof");
        }

        let late = inbox.agreed(ALLOW).await;
        sim.advance(1_200).await;
        refused(inbox.connect(&late).await, "too late");
    }
}

#[tokio::test]
async fn a_no_brings_no_code() {
    let sim = Sim::start().await;
    for (network, _) in NETWORKS {
        let inbox = New::inbox(&sim, network, &["nordtalbahn"]).await;
        let (agreement, brought) = inbox.ask(&[("_decision", "deny")]).await;
        assert_eq!(agreement.code, "", "{network}");
        let error = ("error".to_owned(), "access_denied".to_owned());
        assert!(brought.contains(&error), "{network}: {brought:?}");
    }
}

#[tokio::test]
async fn an_inbox_stays_that_of_its_account() {
    let sim = Sim::start().await;
    for (network, own) in NETWORKS {
        let mut inbox = New::inbox(&sim, network, &["nordtalbahn", "suedtalbahn"]).await;
        inbox.account.settings[own] = json!("4711");
        // A person may manage several pages, and none of them is this one.
        let decision = match network {
            "facebook" | "instagram" => [ALLOW[0], ("_account", "all")],
            "mastodon" => [ALLOW[0], ("_account", "suedtalbahn")],
            _ => [ALLOW[0], ("_account", "")],
        };
        let decision: Vec<_> = decision
            .into_iter()
            .filter(|one| !one.1.is_empty())
            .collect();
        let connected = inbox.connect(&inbox.agreed(&decision).await).await;
        assert!(
            matches!(connected, Err(ConnectError::OtherAccount { .. })),
            "{network}: {connected:?}"
        );
    }
}

#[tokio::test]
async fn one_of_several_pages_is_chosen() {
    let sim = Sim::start().await;
    for (network, own) in [("facebook", "page_id"), ("instagram", "account_id")] {
        let mut inbox = New::inbox(&sim, network, &["nordtalbahn", "suedtalbahn"]).await;
        let all = [ALLOW[0], ("_account", "all")];
        let agreement = inbox.agreed(&all).await;
        let Ok(Connected::Choice { kept, of }) = inbox.connect(&agreement).await else {
            panic!("{network}: there is a choice");
        };
        assert_eq!(of.len(), 2, "{network}: {of:?}");
        let wanted = of.iter().find(|one| one.name.contains("suedtal"));
        let wanted = wanted.expect("both are there").id.clone();
        let connect = |choice: &str| {
            let (kept, choice): (Value, String) = (kept.clone(), choice.to_owned());
            let (channel, account) = (inbox.channel, inbox.account.clone());
            let http = sim.http().clone();
            async move {
                channel
                    .connect_chosen(&account, &kept, &choice, &http)
                    .await
            }
        };
        assert!(connect("4711").await.is_err(), "{network}");
        let grant = connect(&wanted).await.expect("it is connected");
        assert_eq!(grant.settings[own], json!(wanted), "{network}");
        inbox.keep(&grant);
        inbox.is_well().await;

        // The person's token is renewed, and the page's with it.
        assert_eq!(
            inbox.account.secret("user_token").map(str::is_empty),
            Some(false)
        );
        let renewed = inbox.channel.renew(&inbox.account, sim.http()).await;
        let renewed = renewed.expect("it is renewed");
        inbox.keep(&Grant {
            settings: json!({}),
            secrets: renewed,
        });
        inbox.is_well().await;
    }
}

#[tokio::test]
async fn a_channel_of_google_can_be_renewed_without_anybody() {
    let sim = Sim::start().await;
    for network in ["youtube", "x"] {
        let mut inbox = New::inbox(&sim, network, &["nordtalbahn"]).await;
        let grant = granted(inbox.connect(&inbox.agreed(ALLOW).await).await);
        inbox.keep(&grant);
        let secrets = inbox
            .channel
            .renew(&inbox.account, sim.http())
            .await
            .expect("it is renewed");
        inbox.keep(&Grant {
            settings: json!({}),
            secrets,
        });
        inbox.is_well().await;
    }
}
