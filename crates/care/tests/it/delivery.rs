//! Answers on their way out: one effect at the network, whatever the network does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kulant_care::act::{self, Act};
use kulant_care::admin::{self, inboxes::InboxChange};
use kulant_care::reply::{NewReply, reply};
use kulant_care::{CareError, deliver, jobs};
use kulant_model::conversation::Status;
use kulant_model::ids::{ConversationId, InboxId, MessageId};
use kulant_model::message::{DeliveryState, Visibility};
use kulant_model::role::Scope;
use kulant_store::reading::{self, Filter, Sort};
use kulant_store::{conversations, messages};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{House, houses, post};

/// What the fake network does with the next request.
#[derive(Debug, Clone)]
enum Turn {
    /// Takes it and answers with an id.
    Take,
    /// Takes it, and takes its time with the answer.
    TakeSlowly,
    /// Takes it, and the answer is lost on the way.
    TakeAndHangUp,
    /// Answers with a status and takes nothing.
    Answer(u16, Json),
}

/// A network that keeps what it took and can be asked for it.
#[derive(Clone, Default)]
struct Network {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    /// How many look-ups to come are answered by a failure.
    deaf: Arc<Mutex<u32>>,
    taken: Arc<Mutex<Vec<Json>>>,
}

impl Network {
    async fn open(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let network = self.clone();
        let mut serving = tokio::task::JoinSet::new();
        let accept = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let network = network.clone();
                serving.spawn(async move { network.serve(stream).await });
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the fake network ends with its test's runtime"
        )]
        drop(tokio::task::spawn(accept));
        format!("http://{address}")
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((head, body)) = read_request(&mut stream).await else {
            return;
        };
        if head.starts_with("GET ") {
            let wanted = head
                .split_once("message_id=")
                .and_then(|(_, rest)| rest.split([' ', '&']).next())
                .unwrap_or_default()
                .to_owned();
            let there = self
                .taken
                .lock()
                .expect("a lock")
                .iter()
                .any(|item| item["message_id"] == json!(wanted));
            let deaf = {
                let mut left = self.deaf.lock().expect("a lock");
                let deaf = *left > 0;
                *left = left.saturating_sub(1);
                deaf
            };
            let (status, body) = if deaf {
                (503, json!({}))
            } else if there {
                (200, json!({"id": format!("at-network-{wanted}")}))
            } else {
                (404, json!({}))
            };
            answer(&mut stream, status, &body).await;
            return;
        }
        let item: Json = serde_json::from_slice(&body).expect("JSON");
        let id = item["message_id"].as_str().unwrap_or_default().to_owned();
        let turn = self.turns.lock().expect("a lock").pop_front();
        match turn.unwrap_or(Turn::Take) {
            Turn::Take => {
                self.taken.lock().expect("a lock").push(item);
                let body = json!({"id": format!("at-network-{id}")});
                answer(&mut stream, 201, &body).await;
            }
            Turn::TakeSlowly => {
                self.taken.lock().expect("a lock").push(item);
                tokio::time::sleep(Duration::from_millis(500)).await;
                let body = json!({"id": format!("at-network-{id}")});
                answer(&mut stream, 201, &body).await;
            }
            Turn::TakeAndHangUp => self.taken.lock().expect("a lock").push(item),
            Turn::Answer(status, body) => answer(&mut stream, status, &body).await,
        }
    }

    fn will(&self, turns: &[Turn]) {
        self.turns
            .lock()
            .expect("a lock")
            .extend(turns.iter().cloned());
    }

    fn taken(&self) -> Vec<Json> {
        self.taken.lock().expect("a lock").clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4_096];
        let count = stream.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length: usize = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if bytes.len() >= head.len() + 4 + length {
                return Some((head.to_owned(), bytes[head.len() + 4..].to_vec()));
            }
        }
        if count == 0 {
            return None;
        }
    }
}

async fn answer(stream: &mut TcpStream, status: u16, body: &Json) {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    drop(stream.write_all((head + &body).as_bytes()).await);
}

/// A house with a network, an inbox and one post that waits for an answer.
async fn waiting(house: &House, network: &Network, look_up: bool) -> (InboxId, ConversationId) {
    let address = network.clone().open().await;
    let settings = if look_up {
        json!({"answer_url": format!("{address}/answer"), "lookup_url": format!("{address}/look")})
    } else {
        json!({"answer_url": format!("{address}/answer")})
    };
    let inbox = house.inbox(&format!("net {address}"), settings).await;
    house
        .deliver(inbox, &[post("c1", "anna", "Wo bleibt der Zug?", 10, None)])
        .await;
    house.take_in().await;
    let id = house
        .care
        .store
        .read(move |read| {
            let filter = Filter {
                inboxes: vec![inbox],
                ..Filter::default()
            };
            reading::list_ids(read, &Scope::Everything, &filter, Sort::Newest, None, 1)
        })
        .await
        .expect("read")[0]
        .1;
    (inbox, id)
}

fn words(conversation: ConversationId, body: &str) -> NewReply {
    NewReply {
        conversation,
        body: body.to_owned(),
        visibility: Visibility::Public,
        in_reply_to: None,
        send_at: None,
        mentions: Vec::new(),
        attachments: Vec::new(),
        resolve: false,
    }
}

/// Does due work, letting the clock pass as the pauses ask.
async fn work(house: &House, rounds: u32, pass: Duration) {
    for _ in 0..rounds {
        while jobs::run_due(&house.care).await.expect("jobs") > 0 {}
        house.clock.pass(pass);
    }
}

async fn state(house: &House, id: MessageId) -> messages::Message {
    house
        .care
        .store
        .read(move |read| messages::find(read, id))
        .await
        .expect("read")
        .expect("the message")
}

fn delivery(message: &messages::Message) -> DeliveryState {
    message.delivery.as_ref().expect("a delivery").state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_arrives_once_and_stops_the_clock() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let sent = reply(
            &house.care,
            &house.operator(),
            words(id, "Gleis 7, in 4 Minuten."),
        )
        .await
        .expect("queued");
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Queued);
        work(&house, 3, Duration::from_secs(5)).await;

        let message = state(&house, sent).await;
        assert_eq!(delivery(&message), DeliveryState::Sent);
        assert_eq!(message.network_id, Some(format!("at-network-{sent}")));
        let taken = network.taken();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0]["in_reply_to"], json!("c1"));
        let row = house
            .care
            .store
            .read(move |read| conversations::find(read, id))
            .await
            .expect("read")
            .expect("the conversation");
        assert_eq!(row.status, Status::Waiting);
        assert!(row.waiting_since.is_none() && row.first_response_at.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_looked_for_and_never_sent_twice() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt gleich."))
            .await
            .expect("queued");
        work(&house, 5, Duration::from_secs(10)).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
        assert_eq!(network.taken().len(), 1, "found, not repeated");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_be_asked_a_person_decides() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, false).await;
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt gleich."))
            .await
            .expect("queued");
        work(&house, 6, Duration::from_secs(600)).await;
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Uncertain
        );
        assert_eq!(network.taken().len(), 1, "never sent again by itself");
        let alerts = house
            .care
            .store
            .read(|read| kulant_store::alerts::list(read, 10))
            .await
            .expect("read");
        assert_eq!(alerts.len(), 1);

        let asked = deliver::check(&house.care, &house.operator(), sent).await;
        assert!(matches!(asked, Err(CareError::Refused(_))));
        deliver::retry(&house.care, &house.operator(), sent)
            .await
            .expect("a person may send it again");
        work(&house, 3, Duration::from_secs(5)).await;
        assert_eq!(delivery(&state(&house, sent).await), DeliveryState::Sent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_go_by_their_class() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        network.will(&[
            Turn::Answer(503, json!({})),
            Turn::Answer(429, json!({})),
            Turn::Answer(500, json!({})),
        ]);
        let patient = reply(&house.care, &house.operator(), words(id, "Geduld"))
            .await
            .expect("queued");
        work(&house, 8, Duration::from_secs(120)).await;
        assert_eq!(delivery(&state(&house, patient).await), DeliveryState::Sent);

        network.will(&[Turn::Answer(422, json!({"detail": "verboten"}))]);
        let refused = reply(&house.care, &house.operator(), words(id, "Nein"))
            .await
            .expect("queued");
        work(&house, 3, Duration::from_secs(5)).await;
        let message = state(&house, refused).await;
        assert_eq!(delivery(&message), DeliveryState::Failed);
        let failure = message
            .delivery
            .and_then(|delivery| delivery.failure)
            .expect("a reason");
        assert_eq!(failure.class, "content_rejected");

        network.will(&[Turn::Answer(401, json!({}))]);
        let locked_out = reply(&house.care, &house.operator(), words(id, "Schlüssel weg"))
            .await
            .expect("queued");
        work(&house, 1, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, locked_out).await),
            DeliveryState::Queued
        );
        let trouble = house
            .care
            .store
            .read(move |read| kulant_store::inboxes::find(read, inbox))
            .await
            .expect("read")
            .expect("the inbox")
            .trouble;
        assert_eq!(trouble["class"], json!("auth_broken"));
        work(&house, 3, Duration::from_secs(120)).await;
        assert_eq!(
            delivery(&state(&house, locked_out).await),
            DeliveryState::Sent
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_can_be_taken_back_until_it_leaves() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let in_five_seconds = house.care.now().after(Duration::from_secs(5));
        let taken_back = reply(
            &house.care,
            &house.operator(),
            NewReply {
                send_at: Some(in_five_seconds),
                ..words(id, "Zu früh")
            },
        )
        .await
        .expect("queued");
        deliver::cancel(&house.care, &house.operator(), taken_back)
            .await
            .expect("taken back");
        work(&house, 4, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, taken_back).await),
            DeliveryState::Cancelled
        );
        assert!(network.taken().is_empty());

        let gone = reply(&house.care, &house.operator(), words(id, "Jetzt"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(1)).await;
        let too_late = deliver::cancel(&house.care, &house.operator(), gone).await;
        assert!(matches!(too_late, Err(CareError::Refused(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_word_under_our_answer_joins_it_even_before_the_receipt() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Bitte?"))
            .await
            .expect("queued");
        // The customer answers at the network before our own receipt is kept.
        let below = format!("at-network-{sent}");
        house
            .deliver(inbox, &[post("c2", "anna", "Danke!", 99, Some(&below))])
            .await;
        house.take_in().await;
        work(&house, 3, Duration::from_secs(5)).await;
        let row = house
            .care
            .store
            .read(move |read| conversations::find(read, id))
            .await
            .expect("read")
            .expect("the conversation");
        assert_eq!(row.message_count, 3, "question, answer and thanks are one");
        let open = house
            .care
            .store
            .read(move |read| {
                let filter = Filter {
                    inboxes: vec![inbox],
                    ..Filter::default()
                };
                reading::list_ids(read, &Scope::Everything, &filter, Sort::Newest, None, 10)
            })
            .await
            .expect("read");
        assert_eq!(open.len(), 1, "no second conversation is left in the list");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_confirms_what_the_answer_did_not() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, false).await;
        network.will(&[Turn::TakeAndHangUp]);
        let sent = reply(&house.care, &house.operator(), words(id, "Kommt"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(
            delivery(&state(&house, sent).await),
            DeliveryState::Uncertain
        );
        let mut echo = post("ours-1", "us", "Kommt", 120, Some("c1"));
        echo["echo_of"] = json!(sent.to_string());
        house.deliver(inbox, &[echo]).await;
        house.take_in().await;
        let message = state(&house, sent).await;
        assert_eq!(delivery(&message), DeliveryState::Sent);
        assert_eq!(message.network_id.as_deref(), Some("ours-1"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_an_earlier_answer_is_no_try() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let operator = house.operator();
        let first = reply(&house.care, &operator, words(id, "Eins")).await;
        let second = reply(&house.care, &operator, words(id, "Zwei")).await;
        let (first, second) = (first.expect("queued"), second.expect("queued"));
        // The first one is held up in the middle, so that the second one waits long.
        let hold = |state: DeliveryState| {
            let store = house.care.store.clone();
            async move {
                store
                    .write(move |tx| -> Result<(), kulant_store::StoreError> {
                        let message = messages::find(tx, first)?.expect("the message");
                        let delivery = messages::Delivery {
                            state,
                            ..message.delivery.expect("a delivery")
                        };
                        kulant_store::deliveries::save(tx, first, &delivery)
                    })
                    .await
                    .expect("kept");
            }
        };
        let key = first.to_string();
        house
            .care
            .store
            .write(move |tx| kulant_store::jobs::cancel(tx, "deliver", &key))
            .await
            .expect("cancelled");
        hold(DeliveryState::Sending).await;
        work(&house, 15, Duration::from_secs(1)).await;
        assert_eq!(
            delivery(&state(&house, second).await),
            DeliveryState::Queued
        );

        // Now the second one leaves, its answer is lost, and one look-up fails.
        hold(DeliveryState::Sent).await;
        network.will(&[Turn::TakeAndHangUp]);
        *network.deaf.lock().expect("a lock") = 1;
        work(&house, 6, Duration::from_secs(10)).await;
        assert_eq!(delivery(&state(&house, second).await), DeliveryState::Sent);
        assert_eq!(network.taken().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_failed_is_no_alert_any_more_once_it_is_done() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let alerts = async || {
            let listed = house
                .care
                .store
                .read(|read| kulant_store::alerts::list(read, 10));
            listed.await.expect("read").len()
        };
        network.will(&[Turn::Answer(422, json!({"detail": "verboten"}))]);
        for standing in [1, 0] {
            let act = Act::Edit {
                body: "Gleis 8".to_owned(),
            };
            act::ask(&house.care, &house.operator(), sent, act)
                .await
                .expect("queued");
            work(&house, 2, Duration::from_secs(5)).await;
            assert_eq!(alerts().await, standing);
        }
        assert_eq!(state(&house, sent).await.body, "Gleis 8");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_edits_in_quick_succession_the_later_one_counts() {
    for house in houses().await {
        let network = Network::default();
        let (_, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let ask = async |body: &str| {
            let act = Act::Edit {
                body: body.to_owned(),
            };
            act::ask(&house.care, &house.operator(), sent, act)
                .await
                .expect("queued");
        };
        let edits = || -> Vec<Json> {
            let taken = network.taken();
            let edits = taken.iter().filter(|item| item["type"] == json!("edit"));
            edits.map(|item| item["body"].clone()).collect()
        };

        network.will(&[Turn::TakeSlowly]);
        ask("Gleis 8").await;
        let running = tokio::join!(jobs::run_due(&house.care), async {
            while edits().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // The network has the first edit and has not answered yet.
            ask("Gleis 9").await;
            jobs::run_due(&house.care).await.expect("jobs");
            assert_eq!(edits(), ["Gleis 8"], "the later one waits");
        });
        running.0.expect("jobs");
        work(&house, 2, Duration::from_secs(5)).await;
        assert_eq!(edits(), ["Gleis 8", "Gleis 9"]);
        assert_eq!(state(&house, sent).await.body, "Gleis 9");

        // One that failed and waits to be tried again is given up for the next.
        network.will(&[Turn::Answer(503, json!({}))]);
        ask("Gleis 10").await;
        jobs::run_due(&house.care).await.expect("jobs");
        ask("Gleis 11").await;
        work(&house, 4, Duration::from_secs(60)).await;
        assert_eq!(edits()[2..], ["Gleis 11"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trouble_of_an_inbox_ends_with_a_success_or_with_new_settings() {
    for house in houses().await {
        let network = Network::default();
        let (inbox, id) = waiting(&house, &network, true).await;
        let sent = reply(&house.care, &house.operator(), words(id, "Gleis 7"))
            .await
            .expect("queued");
        work(&house, 2, Duration::from_secs(5)).await;
        let find = async || {
            let found = admin::inboxes::find(&house.care, &house.operator(), inbox).await;
            found.expect("the inbox")
        };
        for lifts in [false, true] {
            network.will(&[Turn::Answer(401, json!({}))]);
            let edit = Act::Edit {
                body: "Gleis 8".to_owned(),
            };
            act::ask(&house.care, &house.operator(), sent, edit)
                .await
                .expect("queued");
            work(&house, 1, Duration::from_secs(5)).await;
            let broken = find().await;
            assert_eq!(broken.trouble["class"], json!("auth_broken"));
            if lifts {
                let settings = broken.managed.expect("for managers").settings;
                let change = InboxChange {
                    settings: Some(settings),
                    ..InboxChange::default()
                };
                let seen = (broken.version, change);
                admin::inboxes::change(&house.care, &house.operator(), inbox, seen)
                    .await
                    .expect("changed");
            } else {
                reply(&house.care, &house.operator(), words(id, "Gleis 9"))
                    .await
                    .expect("queued");
                work(&house, 2, Duration::from_secs(5)).await;
            }
            assert_eq!(find().await.trouble, Json::Null, "lifted by hand: {lifts}");
        }
    }
}
