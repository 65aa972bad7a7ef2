//! Searches of the listening post at a simulated network: tried, switched on, within their budget, and
//! what they find answered.

use std::time::Duration;

use kulant_care::reply::{NewReply, reply};
use kulant_care::searches::hits::{self, Wanted};
use kulant_care::searches::{self, SearchChange, trial};
use kulant_care::{jobs, view};
use kulant_channels::http::{Http, HttpPolicy, Request};
use kulant_model::ids::{InboxId, JobId};
use kulant_model::listening::SearchState;
use kulant_model::message::{DeliveryState, Visibility};
use kulant_sim::networks::{NetworksHandle, NetworksSettings, start};
use kulant_store::jobs::{self as table, NewJob};
use kulant_store::trials::{self, Trials};
use serde_json::{Value as Json, json};

use crate::hits::{brand, conversations, hits, search, terms, texts};
use crate::{House, START, houses};

/// Networks that are simulated, and how to give orders to them.
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

    async fn order(&self, path: &str, wish: Json) -> Json {
        let url = format!("{}/_sim/{path}", self.handle.control_url());
        let request = Request::post_json(url, wish.to_string().into_bytes());
        let answer = self.http.send(request).await.expect("an answer");
        let body = answer.json().expect("JSON");
        assert_eq!(answer.status, 201, "{path}: {body}");
        body
    }

    /// Connects an inbox to an account of Mastodon.
    async fn mastodon(&self, house: &House) -> InboxId {
        let wish = json!({"network": "mastodon", "handle": "lumenau"});
        let opened = self.order("accounts", wish).await;
        let mut settings = opened["settings"].clone();
        for (name, secret) in opened["secrets"].as_object().expect("secrets") {
            if name != "signing" {
                settings[name] = secret.clone();
            }
        }
        house.connect("mastodon", "Mastodon", settings).await
    }

    async fn say(&self, act: Json) {
        self.order("mastodon/act", act).await;
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

#[tokio::test]
async fn a_post_on_mastodon_is_found_taken_up_and_answered() {
    for house in houses().await {
        let networks = Networks::open().await;
        let inbox = networks.mastodon(&house).await;
        networks
            .say(json!({"act": "post", "by": "anna", "text": "Lumenau geht nicht. Weiss jemand, warum?"}))
            .await;
        networks
            .say(json!({"act": "post", "by": "ben", "text": "Lumenau Gewinnspiel heute"}))
            .await;

        let looked_for = terms(&["Lumenau"]);
        let brand = brand(&house).await;
        let tried = trial::try_out(
            &house.care,
            &house.operator(),
            brand,
            &looked_for,
            vec![inbox],
        )
        .await;
        let network = tried.expect("tried").networks.remove(0);
        assert_eq!((network.found, network.trouble), (Some(1), None));
        let draft = search(&house, inbox, SearchState::Draft, None).await;
        work(&house, &networks, 300).await;
        assert!(hits(&house, draft.id, Wanted::All).await.is_empty(), "off");

        let on = SearchChange {
            state: Some(SearchState::On),
            ..SearchChange::default()
        };
        let made = searches::change(&house.care, &house.operator(), draft.id, (1, on)).await;
        let made = made.expect("switched on");
        work(&house, &networks, 300).await;
        work(&house, &networks, 300).await;
        let found = hits(&house, made.id, Wanted::Open).await;
        assert_eq!(texts(&found), ["Lumenau geht nicht. Weiss jemand, warum?"]);
        assert!(conversations(&house).await.is_empty());

        // One that mentions us comes in by itself and is found as well: one message, one matter.
        networks
            .say(json!({"act": "post", "by": "carl", "to": "lumenau", "text": "Lumenau geht wieder!"}))
            .await;
        work(&house, &networks, 400).await;
        assert_eq!(conversations(&house).await.len(), 1);
        assert_eq!(hits(&house, made.id, Wanted::Open).await.len(), 1);

        let id = found[0].message.message.id;
        let taken = hits::take_up(&house.care, &house.operator(), id).await;
        let taken = taken.expect("a conversation");
        let answer = NewReply {
            conversation: taken,
            body: "Guten Tag, wir sind dran.".to_owned(),
            visibility: Visibility::Public,
            in_reply_to: None,
            send_at: None,
            mentions: Vec::new(),
            attachments: Vec::new(),
            template: None,
            resolve: false,
        };
        let sent = reply(&house.care, &house.operator(), answer).await;
        let sent = sent.expect("an answer");
        work(&house, &networks, 10).await;
        let row = view::find_message(&house.care, &house.operator(), sent).await;
        let row = row.expect("the answer").message;
        let state = row.delivery.as_ref().map(|delivery| delivery.state);
        assert_eq!(state, Some(DeliveryState::Sent), "{row:?}");
    }
}

#[tokio::test]
async fn a_day_has_its_budget_and_tomorrow_a_new_one() {
    for house in houses().await {
        let networks = Networks::open().await;
        let inbox = networks.mastodon(&house).await;
        for number in 1..=3 {
            networks
                .say(json!({"act": "post", "by": "anna", "text": format!("Lumenau {number}")}))
                .await;
        }
        let made = search(&house, inbox, SearchState::On, None).await;
        work(&house, &networks, 1).await;
        assert_eq!(hits(&house, made.id, Wanted::All).await.len(), 3);
        networks
            .say(json!({"act": "post", "by": "anna", "text": "Lumenau 4"}))
            .await;
        work(&house, &networks, 600).await;
        let place = searches::list(&house.care, &house.operator(), 0, 9).await;
        let place = place.expect("searches").remove(0).inboxes.remove(0);
        assert_eq!(
            (place.used_today, place.budget),
            (3, 2),
            "one page is fetched whole"
        );
        assert_eq!(hits(&house, made.id, Wanted::All).await.len(), 3, "spent");
        work(&house, &networks, 24 * 3_600).await;
        assert_eq!(hits(&house, made.id, Wanted::All).await.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_looks_keep_no_more_than_their_places() {
    for house in houses().await {
        let networks = Networks::open().await;
        let inbox = networks.mastodon(&house).await;
        // Three looks that a slow server holds.
        let (ids, now) = ([0; 3].map(|_| JobId(house.care.id())), house.care.now());
        let held = house.care.store.write(move |tx| {
            for id in ids {
                let job = NewJob {
                    id,
                    kind: "search",
                    key: Some(format!("{id}:{id}")),
                    inbox: None,
                    run_at: now,
                    payload: json!({}),
                };
                table::enqueue(tx, &job)?;
            }
            table::claim(tx, None, now, now.after(Duration::from_secs(200)), 3)
        });
        assert_eq!(held.await.expect("claimed").len(), 3);
        let made = search(&house, inbox, SearchState::On, None).await;
        networks
            .say(json!({"act": "post", "by": "anna", "text": "Lumenau ist weg"}))
            .await;
        work(&house, &networks, 60).await;
        assert!(hits(&house, made.id, Wanted::Open).await.is_empty());

        let over = house.care.store.write(move |tx| table::finish(tx, ids[0]));
        over.await.expect("over");
        work(&house, &networks, 60).await;
        assert_eq!(hits(&house, made.id, Wanted::Open).await.len(), 1);
    }
}

#[tokio::test]
async fn what_is_tried_is_counted_and_comes_to_an_end() {
    for house in houses().await {
        let networks = Networks::open().await;
        let inbox = networks.mastodon(&house).await;
        for number in 1..=12 {
            let text = format!("Lumenau {number}");
            networks
                .say(json!({"act": "post", "by": "anna", "text": text}))
                .await;
        }
        let (brand, looked_for) = (brand(&house).await, terms(&["Lumenau"]));
        let (care, operator) = (&house.care, house.operator());
        let tried = async || {
            let tried = trial::try_out(care, &operator, brand, &looked_for, vec![inbox]).await;
            let network = tried.expect("tried").networks.remove(0);
            (network.found, network.trouble.map(|(class, _)| class))
        };
        let mut fetched = 0;
        while fetched < 200 {
            let (found, trouble) = tried().await;
            assert_eq!(trouble, None, "after {fetched}");
            fetched += found.expect("asked");
        }
        let refused = (None, Some("retry_after".to_owned()));
        assert_eq!(tried().await, refused, "the day is over");
        house.clock.pass(Duration::from_hours(24));
        let until = care.now().after(Duration::from_secs(5));
        let beside = care.store.write(move |tx| {
            let trials = trials::find_locked(tx, inbox)?;
            let busy = Trials {
                busy_until: until,
                ..trials
            };
            trials::save(tx, inbox, &busy)
        });
        beside.await.expect("another one is under way");
        assert_eq!(tried().await, refused, "one at a time");
        house.clock.pass(Duration::from_secs(6));
        assert!(tried().await.0.is_some(), "its turn is over");
    }
}
